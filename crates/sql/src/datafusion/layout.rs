//! The look of a query: one clause per line, one column per line when they do not fit, a comment over
//! each common table expression.

use super::block::{Body, JoinKind, Select, Source};
use super::fragment::{Aliases, conjunct_text, order_text};
use super::identifier::quoted;

/// Longest line before a list is broken.
const WIDTH: usize = 96;

/// A named part of a query.
#[derive(Clone, Debug)]
pub(crate) struct TableExpression {
    /// Its name.
    pub(crate) name: String,
    /// What it holds.
    pub(crate) comment: String,
    /// How it is computed.
    pub(crate) body: Body,
}

/// The text of a query, ending in a line feed.
pub(crate) fn query_text(parts: &[TableExpression], last: &Body) -> String {
    let mut text = String::new();
    for (index, part) in parts.iter().enumerate() {
        text.push_str(if index == 0 { "WITH " } else { ",\n" });
        text.push_str(&quoted(&part.name));
        text.push_str(" AS (\n");
        if !part.comment.is_empty() {
            let comment = part.comment.replace(['\n', '\r'], " ");
            text.push_str("    -- ");
            text.push_str(&comment);
            text.push('\n');
        }
        text.push_str(&body_text(&part.body, 4));
        text.push_str("\n)");
    }
    if !parts.is_empty() {
        text.push('\n');
    }
    text.push_str(&body_text(last, 0));
    text.push('\n');
    text
}

fn body_text(body: &Body, indent: usize) -> String {
    let pad = " ".repeat(indent);
    match body {
        Body::Select(select) => select_text(select, indent),
        Body::Union(branches) => {
            let branches: Vec<String> = branches
                .iter()
                .map(|branch| select_text(branch, indent))
                .collect();
            branches.join(&format!("\n{pad}UNION ALL\n"))
        }
        Body::Values { columns, rows } => {
            let names: Vec<String> = columns
                .iter()
                .enumerate()
                .map(|(index, name)| format!("column{} AS {}", index + 1, quoted(name)))
                .collect();
            let rows: Vec<String> = rows
                .iter()
                .map(|row| format!("{pad}    ({})", row.join(", ")))
                .collect();
            format!(
                "{pad}SELECT {}\n{pad}FROM (VALUES\n{}\n{pad})",
                names.join(", "),
                rows.join(",\n")
            )
        }
    }
}

fn select_text(select: &Select, indent: usize) -> String {
    let pad = " ".repeat(indent);
    let aliases = aliases(&select.sources);
    let columns: Vec<String> = select
        .columns
        .iter()
        .map(|(name, sql)| {
            let text = sql.text(&aliases);
            let bare = text == quoted(name)
                || text.rsplit_once('.').is_some_and(|(alias, column)| {
                    column == quoted(name) && is_alias(alias, &aliases)
                });
            if bare {
                text
            } else {
                format!("{text} AS {}", quoted(name))
            }
        })
        .collect();
    let distinct = if select.distinct { "DISTINCT " } else { "" };
    let mut lines = vec![listed(&format!("{pad}SELECT {distinct}"), &columns, indent)];
    for source in &select.sources {
        lines.push(source_text(source, &aliases, &pad));
    }
    lines.extend(clause("WHERE", &select.filters, &aliases, &pad));
    if let Some(keys) = select.group.as_ref().filter(|keys| !keys.is_empty()) {
        let keys: Vec<String> = keys.iter().map(|key| key.text(&aliases)).collect();
        lines.push(format!("{pad}GROUP BY {}", keys.join(", ")));
    }
    lines.extend(clause("HAVING", &select.having, &aliases, &pad));
    if !select.order.is_empty() {
        lines.push(format!(
            "{pad}ORDER BY {}",
            order_text(&select.order, &aliases)
        ));
    }
    if let Some(limit) = select.limit {
        lines.push(format!("{pad}LIMIT {limit}"));
    }
    lines.join("\n")
}

fn is_alias(text: &str, aliases: &Aliases) -> bool {
    aliases.names.values().any(|alias| quoted(alias) == text)
}

fn listed(head: &str, items: &[String], indent: usize) -> String {
    let one_line = format!("{head}{}", items.join(", "));
    if one_line.chars().count() <= WIDTH && items.len() <= 8 {
        return one_line;
    }
    let pad = " ".repeat(indent + 4);
    let items: Vec<String> = items.iter().map(|item| format!("{pad}{item}")).collect();
    format!("{}\n{}", head.trim_end(), items.join(",\n"))
}

fn clause(
    word: &str,
    conditions: &[super::fragment::Sql],
    aliases: &Aliases,
    pad: &str,
) -> Option<String> {
    if conditions.is_empty() {
        return None;
    }
    let texts: Vec<String> = conditions
        .iter()
        .map(|condition| {
            if conditions.len() == 1 {
                condition.text(aliases)
            } else {
                conjunct_text(condition, aliases)
            }
        })
        .collect();
    Some(format!(
        "{pad}{word} {}",
        texts.join(&format!("\n{pad}  AND "))
    ))
}

fn source_text(source: &Source, aliases: &Aliases, pad: &str) -> String {
    let alias = &aliases.names[&source.id];
    let table = if *alias == source.table {
        quoted(&source.table)
    } else {
        format!("{} AS {}", quoted(&source.table), quoted(alias))
    };
    let on = || {
        let on: Vec<String> = source
            .on
            .iter()
            .map(|condition| conjunct_text(condition, aliases))
            .collect();
        on.join(" AND ")
    };
    match source.join {
        JoinKind::First => format!("{pad}FROM {table}"),
        JoinKind::Cross => format!("{pad}CROSS JOIN {table}"),
        JoinKind::Inner => format!("{pad}JOIN {table} ON {}", on()),
        JoinKind::Left => format!("{pad}LEFT JOIN {table} ON {}", on()),
    }
}

/// Each source goes by its table's name, numbered when the table stands there twice.
fn aliases(sources: &[Source]) -> Aliases {
    let mut names = super::identifier::Names::default();
    Aliases {
        names: sources
            .iter()
            .map(|source| (source.id, names.unique(&source.table)))
            .collect(),
        qualify: sources.len() > 1,
    }
}
