//! A position in the text with the few moves a grammar without infix operators needs.

use std::ops::Range;
use std::sync::Arc;

use relift_diagnostics::{Diagnostic, SourceFile, Span};

use super::literal::is_word;

/// Deepest nesting of expressions that is read; deeper ones could exhaust the stack.
const DEPTH_MAX: usize = 200;

pub(super) struct Cursor<'a> {
    file: &'a SourceFile,
    at: usize,
    depth: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(file: &'a SourceFile) -> Self {
        Self {
            file,
            at: 0,
            depth: 0,
        }
    }

    fn rest(&self) -> &'a str {
        let text: &'a str = self.file.text();
        &text[self.at..]
    }

    /// An error about a range of the text.
    pub(super) fn error_at(&self, range: Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(message).at(self.file.span(range))
    }

    /// An error at what comes next.
    pub(super) fn expected(&mut self, what: &str) -> Diagnostic {
        self.skip_blank();
        let found: String = self.rest().split_whitespace().next().map_or_else(
            || "the end".to_owned(),
            |word| {
                let shown: String = word.chars().take(20).collect();
                format!("`{shown}`")
            },
        );
        self.error_at(
            self.at..self.at + 1,
            format!("expected {what}, found {found}"),
        )
    }

    /// Position after blanks and comments, for ranges of errors.
    pub(super) fn position(&mut self) -> usize {
        self.skip_blank();
        self.at
    }

    /// Goes back to a position got before.
    pub(super) fn back_to(&mut self, position: usize) {
        self.at = position;
    }

    fn skip_blank(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            if !trimmed.starts_with("--") {
                return;
            }
            self.at += trimmed.find('\n').unwrap_or(trimmed.len());
        }
    }

    pub(super) fn at_end(&mut self) -> bool {
        self.skip_blank();
        self.rest().is_empty()
    }

    /// Whether punctuation comes next.
    pub(super) fn sees(&mut self, symbol: &str) -> bool {
        self.skip_blank();
        self.rest().starts_with(symbol)
    }

    /// Takes punctuation if it comes next.
    pub(super) fn takes(&mut self, symbol: &str) -> bool {
        let seen = self.sees(symbol);
        if seen {
            self.at += symbol.len();
        }
        seen
    }

    pub(super) fn expect(&mut self, symbol: &str) -> Result<(), Diagnostic> {
        if self.takes(symbol) {
            Ok(())
        } else {
            Err(self.expected(&format!("`{symbol}`")))
        }
    }

    /// The word that comes next, untaken; empty when there is none.
    pub(super) fn peek_word(&mut self) -> &'a str {
        self.skip_blank();
        let rest = self.rest();
        let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        &rest[..end]
    }

    pub(super) fn word(&mut self) -> &'a str {
        let word = self.peek_word();
        self.at += word.len();
        word
    }

    /// Takes a word if it comes next.
    pub(super) fn takes_word(&mut self, word: &str) -> bool {
        let seen = self.peek_word() == word;
        if seen {
            self.at += word.len();
        }
        seen
    }

    pub(super) fn expect_word(&mut self, word: &str) -> Result<(), Diagnostic> {
        if self.takes_word(word) {
            Ok(())
        } else {
            Err(self.expected(&format!("`{word}`")))
        }
    }

    /// Takes what stands before the next blank.
    pub(super) fn until_blank(&mut self) -> &'a str {
        self.skip_blank();
        let rest = self.rest();
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    /// Takes the characters of a number: digits, letters, sign, point.
    pub(super) fn number(&mut self) -> &'a str {
        self.skip_blank();
        let rest = self.rest();
        let mut previous = ' ';
        let end = rest
            .char_indices()
            .find(|(at, c)| {
                let sign = matches!(c, '+' | '-') && (*at == 0 || matches!(previous, 'e' | 'E'));
                previous = *c;
                !(sign || c.is_ascii_alphanumeric() || *c == '.')
            })
            .map_or(rest.len(), |(at, _)| at);
        self.at += end;
        &rest[..end]
    }

    /// A plain or quoted name.
    pub(super) fn name(&mut self, what: &str) -> Result<String, Diagnostic> {
        if self.sees("\"") {
            return self.quoted('"');
        }
        let word = self.peek_word();
        if word.is_empty() || word.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(self.expected(what));
        }
        self.at += word.len();
        Ok(word.to_owned())
    }

    /// Text in quotes of the given kind.
    pub(super) fn quoted(&mut self, quote: char) -> Result<String, Diagnostic> {
        let start = self.position();
        if !self.takes(quote.encode_utf8(&mut [0; 4])) {
            return Err(self.expected("quoted text"));
        }
        let mut text = String::new();
        let mut characters = self.rest().char_indices();
        while let Some((at, c)) = characters.next() {
            if c == quote {
                self.at += at + 1;
                return Ok(text);
            }
            if c != '\\' {
                text.push(c);
                continue;
            }
            let escaped = match characters.next().map(|(_, c)| c) {
                Some('n') => Some('\n'),
                Some('r') => Some('\r'),
                Some('t') => Some('\t'),
                Some('u') => {
                    let code: String = characters
                        .by_ref()
                        .map(|(_, c)| c)
                        .skip_while(|c| *c == '{')
                        .take_while(|c| *c != '}')
                        .collect();
                    u32::from_str_radix(&code, 16).ok().and_then(char::from_u32)
                }
                other => other.filter(|c| *c == '\\' || *c == quote),
            };
            let Some(escaped) = escaped else {
                let bad = self.at + at;
                return Err(self.error_at(bad..bad + 2, "unknown escape in quoted text"));
            };
            text.push(escaped);
        }
        Err(self.error_at(start..start + 1, "quoted text does not end"))
    }

    /// Places, as many as follow.
    pub(super) fn spans(&mut self) -> Result<Vec<Span>, Diagnostic> {
        let mut spans = Vec::new();
        while self.takes("@") {
            spans.push(self.span()?);
        }
        Ok(spans)
    }

    fn span(&mut self) -> Result<Span, Diagnostic> {
        let start = self.at;
        let file = if self.rest().starts_with('"') {
            self.quoted('"')?
        } else {
            let rest = self.rest();
            let end = rest
                .find(|c: char| c.is_whitespace() || c == '[')
                .unwrap_or(rest.len());
            let colon = rest[..end].rfind(':').unwrap_or(end);
            self.at += colon;
            rest[..colon].to_owned()
        };
        let parsed = self.span_numbers();
        let Some([first_line, last_line, first, end]) = parsed else {
            return Err(self
                .error_at(start..self.at, "not a place")
                .hint("a place is written `@file:first-last[start..end]`"));
        };
        Ok(Span {
            file: Arc::from(file),
            start: first,
            end,
            first_line,
            last_line,
        })
    }

    /// `:11-12[120..180]` or `:11[120..180]`.
    fn span_numbers(&mut self) -> Option<[u32; 4]> {
        let number = |cursor: &mut Self| cursor.word().parse().ok();
        if !self.takes(":") {
            return None;
        }
        let first_line = number(self)?;
        let last_line = if self.takes("-") {
            number(self)?
        } else {
            first_line
        };
        let numbers = (
            self.takes("["),
            number(self)?,
            self.takes(".."),
            number(self)?,
        );
        let (true, start, true, end) = numbers else {
            return None;
        };
        self.takes("]")
            .then_some([first_line, last_line, start, end])
    }

    /// Enters a nested expression.
    pub(super) fn descend(&mut self) -> Result<(), Diagnostic> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            let at = self.at;
            return Err(self.error_at(
                at..at + 1,
                format!("expressions nest deeper than {DEPTH_MAX} levels"),
            ));
        }
        Ok(())
    }

    /// Leaves it.
    pub(super) fn ascend(&mut self) {
        self.depth -= 1;
    }
}
