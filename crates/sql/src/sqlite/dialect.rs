//! How SQLite reads expressions, where the parser's own dialect differs.
//!
//! `||` binds tighter than `*`, a sign tighter than both; `<` and its like bind tighter than `=`, `IS`,
//! `IN`, `LIKE` and `BETWEEN`, which are equal and go from left to right; all operators on bits are equal.
//! `GLOB`, `IS` between any two values and shifts are operators.

use std::any::TypeId;

use sqlparser::ast::{BinaryOperator, Expr, Statement, UnaryOperator};
use sqlparser::dialect::{Dialect, Precedence, SQLiteDialect};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;

/// SQLite's language.
#[derive(Debug)]
pub(crate) struct Sqlite;

const SIGN: u8 = 43;
const CONCATENATION: u8 = 41;
const BITS: u8 = 25;
const ORDER: u8 = 21;
const EQUALITY: u8 = 20;

/// Name of the operator in the syntax tree.
pub(crate) const GLOB: &str = "GLOB";

impl Dialect for Sqlite {
    fn dialect(&self) -> TypeId {
        SQLiteDialect {}.dialect()
    }

    fn is_delimited_identifier_start(&self, ch: char) -> bool {
        SQLiteDialect {}.is_delimited_identifier_start(ch)
    }

    fn identifier_quote_style(&self, identifier: &str) -> Option<char> {
        SQLiteDialect {}.identifier_quote_style(identifier)
    }

    fn is_identifier_start(&self, ch: char) -> bool {
        SQLiteDialect {}.is_identifier_start(ch)
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        SQLiteDialect {}.is_identifier_part(ch)
    }

    fn supports_filter_during_aggregation(&self) -> bool {
        true
    }

    fn supports_in_empty_list(&self) -> bool {
        true
    }

    fn supports_limit_comma(&self) -> bool {
        true
    }

    fn supports_notnull_operator(&self) -> bool {
        true
    }

    fn supports_comma_separated_trim(&self) -> bool {
        true
    }

    fn supports_window_clause_named_window_reference(&self) -> bool {
        false
    }

    fn parse_statement(&self, parser: &mut Parser) -> Option<Result<Statement, ParserError>> {
        SQLiteDialect {}.parse_statement(parser)
    }

    fn parse_prefix(&self, parser: &mut Parser) -> Option<Result<Expr, ParserError>> {
        let op = match &parser.peek_token_ref().token {
            Token::Minus => UnaryOperator::Minus,
            Token::Plus => UnaryOperator::Plus,
            Token::Tilde => UnaryOperator::BitwiseNot,
            _ => return None,
        };
        parser.next_token();
        Some(parser.parse_subexpr(SIGN).map(|expr| Expr::UnaryOp {
            op,
            expr: Box::new(expr),
        }))
    }

    fn parse_infix(
        &self,
        parser: &mut Parser,
        expr: &Expr,
        precedence: u8,
    ) -> Option<Result<Expr, ParserError>> {
        let shift = match &parser.peek_token_ref().token {
            Token::ShiftLeft => Some(BinaryOperator::PGBitwiseShiftLeft),
            Token::ShiftRight => Some(BinaryOperator::PGBitwiseShiftRight),
            _ => None,
        };
        if let Some(op) = shift {
            parser.next_token();
            return Some(binary(parser, expr, op, BITS));
        }
        let negated = is_word(parser, 0, "NOT");
        if is_word(parser, usize::from(negated), GLOB) {
            parser.next_token();
            if negated {
                parser.next_token();
            }
            let op = BinaryOperator::Custom(GLOB.to_owned());
            return Some(binary(parser, expr, op, EQUALITY).map(|glob| {
                if negated {
                    Expr::UnaryOp {
                        op: UnaryOperator::Not,
                        expr: Box::new(Expr::Nested(Box::new(glob))),
                    }
                } else {
                    glob
                }
            }));
        }
        if is_word(parser, 0, "IS") {
            let negated = is_word(parser, 1, "NOT");
            let known = ["NULL", "TRUE", "FALSE", "DISTINCT", "UNKNOWN"];
            let after = 1 + usize::from(negated);
            if known.iter().any(|word| is_word(parser, after, word)) {
                return None;
            }
            parser.next_token();
            if negated {
                parser.next_token();
            }
            let left = Box::new(expr.clone());
            return Some(parser.parse_subexpr(EQUALITY).map(|right| {
                let right = Box::new(right);
                if negated {
                    Expr::IsDistinctFrom(left, right)
                } else {
                    Expr::IsNotDistinctFrom(left, right)
                }
            }));
        }
        SQLiteDialect {}.parse_infix(parser, expr, precedence)
    }

    fn get_next_precedence(&self, parser: &Parser) -> Option<Result<u8, ParserError>> {
        let found = match &parser.peek_token_ref().token {
            Token::StringConcat => CONCATENATION,
            Token::Ampersand | Token::Pipe | Token::ShiftLeft | Token::ShiftRight => BITS,
            Token::Lt | Token::LtEq | Token::Gt | Token::GtEq => ORDER,
            Token::Word(word) if word.keyword == Keyword::NOT && is_word(parser, 1, GLOB) => {
                EQUALITY
            }
            Token::Word(_) if is_word(parser, 0, GLOB) => EQUALITY,
            _ => return None,
        };
        Some(Ok(found))
    }

    fn prec_value(&self, precedence: Precedence) -> u8 {
        match precedence {
            Precedence::Eq | Precedence::Like | Precedence::Is | Precedence::Between => EQUALITY,
            Precedence::Ampersand | Precedence::Pipe => BITS,
            other => SQLiteDialect {}.prec_value(other),
        }
    }
}

fn binary(
    parser: &mut Parser,
    left: &Expr,
    op: BinaryOperator,
    precedence: u8,
) -> Result<Expr, ParserError> {
    let left = Box::new(left.clone());
    parser
        .parse_subexpr(precedence)
        .map(|right| Expr::BinaryOp {
            left,
            op,
            right: Box::new(right),
        })
}

/// Whether a token further on is that word, unquoted.
fn is_word(parser: &Parser, at: usize, wanted: &str) -> bool {
    matches!(&parser.peek_nth_token_ref(at).token, Token::Word(word)
        if word.quote_style.is_none() && word.value.eq_ignore_ascii_case(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An expression with every operation in parentheses.
    fn nested(expr: &Expr) -> String {
        match expr {
            Expr::BinaryOp { left, op, right } => {
                format!("({} {op} {})", nested(left), nested(right))
            }
            Expr::UnaryOp { op, expr } => format!("({op} {})", nested(expr)),
            Expr::Nested(inner) => nested(inner),
            Expr::Between {
                expr, low, high, ..
            } => format!(
                "({} BETWEEN {} AND {})",
                nested(expr),
                nested(low),
                nested(high)
            ),
            Expr::Like { expr, pattern, .. } => {
                format!("({} LIKE {})", nested(expr), nested(pattern))
            }
            Expr::IsNull(inner) => format!("({} IS NULL)", nested(inner)),
            Expr::IsDistinctFrom(left, right) => {
                format!("({} IS NOT {})", nested(left), nested(right))
            }
            Expr::IsNotDistinctFrom(left, right) => {
                format!("({} IS {})", nested(left), nested(right))
            }
            other => other.to_string(),
        }
    }

    #[test]
    fn operators_bind_as_sqlite_binds_them() {
        for (text, expected) in [
            ("a / b || c", "(a / (b || c))"),
            ("-a || b", "((- a) || b)"),
            ("-a * b", "((- a) * b)"),
            ("a = b < c", "(a = (b < c))"),
            ("a < b = c", "((a < b) = c)"),
            ("a = b IS NULL", "((a = b) IS NULL)"),
            ("a LIKE b = c", "((a LIKE b) = c)"),
            ("a << 1 + 2", "(a << (1 + 2))"),
            ("a & b | c", "((a & b) | c)"),
            ("a | b & c", "((a | b) & c)"),
            ("a IS NOT 'x' AND b", "((a IS NOT 'x') AND b)"),
            ("a IS b = c", "((a IS b) = c)"),
            ("NOT a GLOB 'x*' OR b", "((NOT (a GLOB 'x*')) OR b)"),
            ("a NOT GLOB b", "(NOT (a GLOB b))"),
            ("a BETWEEN 1 AND 2 = 1", "((a BETWEEN 1 AND 2) = 1)"),
            ("a + b || c", "(a + (b || c))"),
            ("a > b & 1", "(a > (b & 1))"),
        ] {
            let mut parser = Parser::new(&Sqlite).try_with_sql(text).expect("tokens");
            let expr = parser.parse_expr().expect("an expression");
            assert_eq!(nested(&expr), expected, "{text}");
        }
    }
}
