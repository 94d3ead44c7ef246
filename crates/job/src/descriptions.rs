//! What tables and columns mean, in the users' words: `dictionary.toml`.
//!
//! ```toml
//! [[table]]
//! name = "market.orders"
//! description = "One row per order placed that day."
//! owner = "sales"                                  # optional
//! columns = { order_id = "The order.", status = "Where it stands that evening." }
//! ```

use std::collections::BTreeMap;

use relift_diagnostics::{Diagnostic, SourceFile, Span};

use crate::document::{Node, Reader, parse_toml};

/// What is told of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableDescription {
    /// In a sentence or two.
    pub description: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Columns with what they mean.
    pub columns: BTreeMap<String, (String, Span)>,
    /// Where it stands.
    pub span: Span,
}

/// What is told of all tables, by `schema.table`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Descriptions {
    /// By table.
    pub tables: BTreeMap<String, TableDescription>,
}

impl Descriptions {
    /// Parses the file; whether tables and columns exist is for the caller to check.
    pub fn parse(source: &SourceFile) -> Result<Self, Vec<Diagnostic>> {
        let document = parse_toml(source)?;
        let mut reader = Reader::new(source);
        let descriptions = read(&mut reader, &document);
        reader.finish(descriptions)
    }
}

fn read(reader: &mut Reader<'_>, document: &Node) -> Option<Descriptions> {
    let root = reader.object(document, "", &["table"])?;
    let Some(node) = root.get("table") else {
        return Some(Descriptions::default());
    };
    let mut tables = BTreeMap::new();
    for (at, item) in reader.list(node, "table")?.iter().enumerate() {
        let path = format!("table[{at}]");
        let keys = ["name", "description", "owner", "columns"];
        let Some(fields) = reader.object(item, &path, &keys) else {
            continue;
        };
        let Some(name) = reader.name(&fields, "name") else {
            continue;
        };
        let mut columns = BTreeMap::new();
        if let Some(node) = fields.get("columns")
            && let Some(told) = reader.any_object(node, &fields.path_of("columns"))
        {
            for (column, node) in told.entries() {
                let path = told.path_of(column);
                if let Some(text) = reader.as_text(node, &path) {
                    columns.insert(column.to_owned(), (text, reader.span(&node.range)));
                }
            }
        }
        let description = reader.optional_text(&fields, "description");
        let owner = reader.optional_text(&fields, "owner");
        let line = item.range.start..(item.range.start + 1).min(item.range.end);
        let described = TableDescription {
            description,
            owner,
            columns,
            span: reader.span(&line),
        };
        if tables.insert(name.clone(), described).is_some() {
            reader.report(&line, &path, format!("table \"{name}\" is described twice"));
        }
    }
    Some(Descriptions { tables })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_and_columns_are_described() {
        let text = "[[table]]\nname = \"s.t\"\ndescription = \"Things.\"\ncolumns = { a = \"The first.\" }\n";
        let told = Descriptions::parse(&SourceFile::new("dictionary.toml", text)).expect("sound");
        let table = &told.tables["s.t"];
        assert_eq!(table.description.as_deref(), Some("Things."));
        assert_eq!(table.columns["a"].0, "The first.");
        let wrong = "[[table]]\nname = \"s.t\"\ndescripton = \"x\"\n";
        let told =
            Descriptions::parse(&SourceFile::new("dictionary.toml", wrong)).expect_err("a problem");
        assert!(
            told[0].to_string().contains("dictionary.toml:3"),
            "{}",
            told[0]
        );
    }
}
