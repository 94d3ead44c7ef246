//! From the parser's lines and columns to spans of the file the SQL stands in.

use std::ops::Range;

use super::dialect::Sqlite;
use relift_diagnostics::Span;
use sqlparser::ast::Spanned;
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer};

/// SQL and where it stands.
pub struct SqlText<'a> {
    /// The text.
    pub text: &'a str,
    /// Place of a byte range of the text.
    pub span_of: &'a dyn Fn(Range<usize>) -> Span,
}

/// The tokens of a text with their byte ranges.
pub(crate) struct Places<'a> {
    sql: &'a SqlText<'a>,
    line_starts: Vec<usize>,
    tokens: Vec<(Token, Range<usize>)>,
}

impl<'a> Places<'a> {
    /// Reads the tokens; what cannot be read is the parser's to report.
    pub(crate) fn new(sql: &'a SqlText<'a>) -> Self {
        let line_starts = std::iter::once(0)
            .chain(sql.text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        let mut places = Self {
            sql,
            line_starts,
            tokens: Vec::new(),
        };
        let tokens = Tokenizer::new(&Sqlite, sql.text)
            .tokenize_with_location()
            .unwrap_or_default();
        places.tokens = tokens
            .into_iter()
            .filter(|TokenWithSpan { token, .. }| {
                !matches!(token, Token::Whitespace(_) | Token::EOF)
            })
            .map(|TokenWithSpan { token, span }| {
                let range = places.offset(span.start)..places.offset(span.end);
                (token, range)
            })
            .collect();
        places
    }

    /// The whole text.
    pub(crate) fn whole(&self) -> Span {
        (self.sql.span_of)(0..self.sql.text.len())
    }

    /// Place of a part of the syntax tree.
    pub(crate) fn of(&self, part: &impl Spanned) -> Span {
        match self.range(part.span()) {
            Some(range) => (self.sql.span_of)(self.closed(range)),
            None => self.whole(),
        }
    }

    /// Place of an error the parser describes by line and column.
    pub(crate) fn of_location(&self, line: u64, column: u64) -> Span {
        let start = self.offset(Location::new(line, column));
        let end = self
            .tokens
            .iter()
            .find(|(_, range)| range.end > start)
            .map_or(self.sql.text.len(), |(_, range)| range.end);
        (self.sql.span_of)(start.min(end)..end)
    }

    /// The text of an item of a SELECT list as SQLite names the column without an alias: from its first
    /// token to the comma or keyword that ends it.
    pub(crate) fn item_text(&self, item: &impl Spanned) -> Option<&str> {
        let start = self.range(item.span())?.start;
        let mut first = self
            .tokens
            .iter()
            .position(|(_, range)| range.start >= start)?;
        // The tree drops parentheses and signs before an expression.
        while first > 0
            && matches!(
                self.tokens[first - 1].0,
                Token::LParen | Token::Minus | Token::Plus
            )
        {
            first -= 1;
        }
        let mut depth = 0_i32;
        let mut last = first;
        for (index, (token, _)) in self.tokens.iter().enumerate().skip(first) {
            match token {
                Token::LParen => depth += 1,
                Token::RParen if depth == 0 => break,
                Token::RParen => depth -= 1,
                Token::Comma | Token::SemiColon if depth == 0 => break,
                Token::Word(word)
                    if depth == 0
                        && word.quote_style.is_none()
                        && [
                            "FROM", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "UNION",
                        ]
                        .contains(&word.value.to_ascii_uppercase().as_str()) =>
                {
                    break;
                }
                _ => {}
            }
            last = index;
        }
        self.sql
            .text
            .get(self.tokens[first].1.start..self.tokens[last].1.end)
    }

    /// Extends a range over the parentheses that are open at its end.
    fn closed(&self, range: Range<usize>) -> Range<usize> {
        let mut depth = 0_i32;
        let mut end = range.end;
        for (token, place) in self
            .tokens
            .iter()
            .filter(|(_, place)| place.start >= range.start)
        {
            if place.start < range.end {
                match token {
                    Token::LParen => depth += 1,
                    Token::RParen => depth -= 1,
                    _ => {}
                }
            } else if depth > 0 && *token == Token::RParen {
                depth -= 1;
                end = place.end;
            } else {
                break;
            }
        }
        range.start..end
    }

    fn range(&self, span: sqlparser::tokenizer::Span) -> Option<Range<usize>> {
        if span.start.line == 0 {
            return None;
        }
        let (start, end) = (self.offset(span.start), self.offset(span.end));
        Some(start..end.max(start))
    }

    /// Byte offset of a line and a column counted in characters, both from 1.
    fn offset(&self, location: Location) -> usize {
        let line = usize::try_from(location.line.saturating_sub(1)).unwrap_or(usize::MAX);
        let Some(start) = self.line_starts.get(line) else {
            return self.sql.text.len();
        };
        let column = usize::try_from(location.column.saturating_sub(1)).unwrap_or(usize::MAX);
        self.sql.text[*start..]
            .char_indices()
            .nth(column)
            .map_or(self.sql.text.len(), |(at, _)| start + at)
    }
}
