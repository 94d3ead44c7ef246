//! Names as SQL writes them: quoted only when they must be.

use std::collections::BTreeSet;

use relift_dataflow::Refusal;
use sqlparser::keywords::{
    ALL_KEYWORDS, ALL_KEYWORDS_INDEX, RESERVED_FOR_COLUMN_ALIAS, RESERVED_FOR_IDENTIFIER,
    RESERVED_FOR_TABLE_ALIAS, RESERVED_FOR_TABLE_FACTOR,
};

use crate::names::free_name;

/// Words that cannot stand as a bare name everywhere a column or table may stand, beside those the parser
/// itself sets apart.
const RESERVED: &[&str] = &[
    "all",
    "and",
    "anti",
    "any",
    "array",
    "as",
    "asc",
    "between",
    "both",
    "by",
    "case",
    "cast",
    "connect",
    "cross",
    "cube",
    "current_date",
    "current_time",
    "current_timestamp",
    "date",
    "decimal",
    "delete",
    "desc",
    "describe",
    "distinct",
    "drop",
    "else",
    "end",
    "escape",
    "except",
    "exclude",
    "exists",
    "explain",
    "extract",
    "false",
    "fetch",
    "filter",
    "first",
    "floor",
    "ceil",
    "following",
    "for",
    "from",
    "full",
    "global",
    "grant",
    "group",
    "grouping",
    "having",
    "if",
    "in",
    "inner",
    "insert",
    "intersect",
    "interval",
    "into",
    "is",
    "join",
    "last",
    "lateral",
    "left",
    "like",
    "limit",
    "match",
    "minus",
    "natural",
    "not",
    "null",
    "nulls",
    "offset",
    "on",
    "or",
    "order",
    "outer",
    "over",
    "overlay",
    "partition",
    "position",
    "preceding",
    "prior",
    "qualify",
    "range",
    "right",
    "rollup",
    "row",
    "rows",
    "sample",
    "select",
    "semi",
    "set",
    "similar",
    "some",
    "start",
    "substring",
    "table",
    "tablesample",
    "then",
    "time",
    "timestamp",
    "top",
    "trim",
    "true",
    "try_cast",
    "unbounded",
    "union",
    "unnest",
    "unpivot",
    "update",
    "user",
    "using",
    "values",
    "view",
    "when",
    "where",
    "window",
    "with",
    "within",
];

/// The name, in double quotes unless it can stand bare.
pub(crate) fn quoted(name: &str) -> String {
    if is_plain(name) && !is_reserved(name) {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}

fn is_reserved(name: &str) -> bool {
    let parsed_otherwise = || {
        let place = ALL_KEYWORDS.binary_search(&name.to_ascii_uppercase().as_str());
        place.is_ok_and(|place| {
            let keyword = &ALL_KEYWORDS_INDEX[place];
            [
                RESERVED_FOR_COLUMN_ALIAS,
                RESERVED_FOR_TABLE_ALIAS,
                RESERVED_FOR_TABLE_FACTOR,
                RESERVED_FOR_IDENTIFIER,
            ]
            .iter()
            .any(|words| words.contains(keyword))
        })
    };
    RESERVED.contains(&name.to_ascii_lowercase().as_str()) || parsed_otherwise()
}

/// Text as a constant.
pub(crate) fn text_literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn is_plain(name: &str) -> bool {
    let mut characters = name.chars();
    characters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// A name in lower case with underscores, made of what is usable in `text`.
pub(crate) fn snake_case(text: &str) -> String {
    let mut name = String::new();
    let mut before_lower = false;
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            if c.is_ascii_uppercase() && before_lower {
                name.push('_');
            }
            before_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
            name.push(c.to_ascii_lowercase());
        } else {
            before_lower = false;
            if !name.is_empty() && !name.ends_with('_') {
                name.push('_');
            }
        }
    }
    let name = name.trim_matches('_');
    if name.is_empty() {
        "relation".to_owned()
    } else if name.starts_with(|c: char| c.is_ascii_digit()) {
        format!("_{name}")
    } else {
        name.to_owned()
    }
}

/// Names already given, compared without case.
#[derive(Debug, Default)]
pub(crate) struct Names {
    taken: BTreeSet<String>,
}

impl Names {
    /// Marks a name as taken.
    pub(crate) fn take(&mut self, name: &str) {
        self.taken.insert(name.to_ascii_lowercase());
    }

    /// The wanted name, numbered from 2 if it is taken.
    pub(crate) fn unique(&mut self, wanted: &str) -> String {
        let name = free_name(wanted, |name| {
            self.taken.contains(&name.to_ascii_lowercase())
        });
        self.take(&name);
        name
    }
}

/// Refuses to print an operation.
pub(crate) fn refuse<T>(
    construct: impl Into<String>,
    reason: impl Into<String>,
    span: Option<&relift_diagnostics::Span>,
) -> Result<T, Refusal> {
    Err(Refusal::new(construct, reason, span.cloned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_only_when_needed() {
        assert_eq!(quoted("order_id"), "order_id");
        assert_eq!(quoted("order"), "\"order\"");
        // Words of other dialects that the parser takes for the start of a clause.
        for word in ["sort", "Format", "open", "pivot", "output"] {
            assert_eq!(quoted(word), format!("\"{word}\""));
        }
        assert_eq!(quoted("Order id"), "\"Order id\"");
        assert_eq!(snake_case("lateOrders by Region"), "late_orders_by_region");
        assert_eq!(snake_case("2nd"), "_2nd");
        let mut names = Names::default();
        assert_eq!(names.unique("a"), "a");
        assert_eq!(names.unique("A"), "A_2");
    }
}
