//! JSON and TOML documents with the place of every value, and the reading of fixed keys out of them.
//!
//! Both formats become one tree, so that a missing key, a wrong type or a misspelt name is reported in
//! the same words: file and line, path, and the nearest known name. Reading goes on after a problem;
//! a user gets all of them at once.

use std::ops::Range;

use jsonc_parser::ast;
use jsonc_parser::common::Ranged;
use relift_diagnostics::{Diagnostic, SourceFile, Span};
use toml::de::{DeTable, DeValue};

use crate::EffectiveDate;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) range: Range<usize>,
    pub(crate) value: Value,
}

/// What a document can hold.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Null,
    Truth(bool),
    Whole(i64),
    OtherNumber,
    Text(String),
    List(Vec<Node>),
    Table(Vec<Entry>),
}

/// A key with its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_range: Range<usize>,
    pub(crate) node: Node,
}

impl Value {
    fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Truth(_) => "true or false",
            Self::Whole(_) => "a whole number",
            Self::OtherNumber => "a number with a fraction",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Table(_) => "an object",
        }
    }
}

/// Parses strict JSON (RFC 8259).
pub(crate) fn parse_json(source: &SourceFile) -> Result<Node, Vec<Diagnostic>> {
    let strict = jsonc_parser::ParseOptions {
        allow_comments: false,
        allow_loose_object_property_names: false,
        allow_trailing_commas: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    let parsed = jsonc_parser::parse_to_ast(
        source.text(),
        &jsonc_parser::CollectOptions::default(),
        &strict,
    );
    match parsed {
        Ok(parsed) => match parsed.value {
            Some(value) => Ok(json_node(&value)),
            None => Err(vec![
                Diagnostic::error("the file is empty")
                    .at(source.whole())
                    .hint("a configuration is one JSON object"),
            ]),
        },
        Err(error) => {
            let range = error.range();
            let message = error.kind().to_string();
            Err(vec![
                Diagnostic::error(format!("malformed JSON: {}", lower_first(&message)))
                    .at(source.span(range.start..range.end))
                    .hint("strict JSON: double quotes, no comments, no comma after the last entry"),
            ])
        }
    }
}

fn json_node(value: &ast::Value<'_>) -> Node {
    let range = value.range();
    let plain = match value {
        ast::Value::NullKeyword(_) => Value::Null,
        ast::Value::BooleanLit(literal) => Value::Truth(literal.value),
        ast::Value::NumberLit(literal) => literal
            .value
            .parse()
            .map_or(Value::OtherNumber, Value::Whole),
        ast::Value::StringLit(literal) => Value::Text(literal.value.to_string()),
        ast::Value::Array(array) => Value::List(array.elements.iter().map(json_node).collect()),
        ast::Value::Object(object) => Value::Table(
            object
                .properties
                .iter()
                .map(|property| Entry {
                    key: property.name.as_str().to_owned(),
                    key_range: property.range.start..property.value.range().start,
                    node: json_node(&property.value),
                })
                .collect(),
        ),
    };
    Node {
        range: range.start..range.end,
        value: plain,
    }
}

/// Parses TOML.
pub(crate) fn parse_toml(source: &SourceFile) -> Result<Node, Vec<Diagnostic>> {
    let parsed = DeTable::parse(source.text()).map_err(|error| {
        let message = lower_first(error.message());
        vec![
            Diagnostic::error(format!("malformed TOML: {message}"))
                .at(source.span(error.span().unwrap_or(0..0))),
        ]
    })?;
    let range = parsed.span();
    Ok(Node {
        range,
        value: toml_table(parsed.get_ref()),
    })
}

fn toml_table(table: &DeTable<'_>) -> Value {
    let mut entries: Vec<Entry> = table
        .iter()
        .map(|(key, value)| Entry {
            key: key.get_ref().to_string(),
            key_range: key.span(),
            node: Node {
                range: value.span(),
                value: toml_value(value.get_ref()),
            },
        })
        .collect();
    entries.sort_by_key(|entry| entry.key_range.start);
    Value::Table(entries)
}

fn toml_value(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or(Value::OtherNumber, Value::Whole),
        DeValue::Float(_) => Value::OtherNumber,
        DeValue::Boolean(truth) => Value::Truth(*truth),
        DeValue::Datetime(datetime) => Value::Text(datetime.to_string()),
        DeValue::Array(array) => Value::List(
            array
                .iter()
                .map(|item| Node {
                    range: item.span(),
                    value: toml_value(item.get_ref()),
                })
                .collect(),
        ),
        DeValue::Table(table) => toml_table(table),
    }
}

/// Parsers' messages start with a capital; ours do not.
fn lower_first(message: &str) -> String {
    let mut letters = message.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(letters).collect()
    })
}

/// One object of a document, with the path that leads to it.
#[derive(Clone, Debug)]
pub(crate) struct Fields<'n> {
    entries: &'n [Entry],
    range: Range<usize>,
    path: String,
}

impl<'n> Fields<'n> {
    /// The value of a key; null counts as absent.
    pub(crate) fn get(&self, key: &str) -> Option<&'n Node> {
        let entry = self.entries.iter().find(|entry| entry.key == key)?;
        (!matches!(entry.node.value, Value::Null)).then_some(&entry.node)
    }

    /// Every key with its value, in the order of the file.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'n str, &'n Node)> {
        self.entries
            .iter()
            .map(|entry| (entry.key.as_str(), &entry.node))
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    pub(crate) fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }
}

/// Reads a document and collects what is wrong with it.
pub(crate) struct Reader<'s> {
    source: &'s SourceFile,
    diagnostics: Vec<Diagnostic>,
}

impl<'s> Reader<'s> {
    pub(crate) fn new(source: &'s SourceFile) -> Self {
        Self {
            source,
            diagnostics: Vec::new(),
        }
    }

    /// The value, or everything that was found wrong.
    pub(crate) fn finish<T>(self, value: Option<T>) -> Result<T, Vec<Diagnostic>> {
        match value {
            Some(value) if self.diagnostics.is_empty() => Ok(value),
            _ => Err(self.diagnostics),
        }
    }

    pub(crate) fn span(&self, range: &Range<usize>) -> Span {
        self.source.span(range.clone())
    }

    pub(crate) fn report(&mut self, range: &Range<usize>, path: &str, message: impl Into<String>) {
        let diagnostic = Diagnostic::error(message).at(self.span(range));
        self.diagnostics.push(if path.is_empty() {
            diagnostic
        } else {
            diagnostic.path(path)
        });
    }

    pub(crate) fn report_with_hint(
        &mut self,
        range: &Range<usize>,
        path: &str,
        message: impl Into<String>,
        hint: &str,
    ) {
        self.report(range, path, message);
        if let Some(last) = self.diagnostics.last_mut() {
            last.hint = Some(hint.to_owned());
        }
    }

    /// Takes a value as an object and checks its keys; a key that is not known or comes twice is reported.
    pub(crate) fn object<'n>(
        &mut self,
        node: &'n Node,
        path: &str,
        known: &[&str],
    ) -> Option<Fields<'n>> {
        let fields = self.any_object(node, path)?;
        self.check_keys(&fields, known);
        Some(fields)
    }

    /// Takes a value as an object whose keys are checked later.
    pub(crate) fn any_object<'n>(&mut self, node: &'n Node, path: &str) -> Option<Fields<'n>> {
        let Value::Table(entries) = &node.value else {
            self.report(
                &node.range,
                path,
                format!("expected an object, found {}", node.value.kind()),
            );
            return None;
        };
        Some(Fields {
            entries,
            range: node.range.clone(),
            path: path.to_owned(),
        })
    }

    pub(crate) fn check_keys(&mut self, fields: &Fields<'_>, known: &[&str]) {
        for (at, entry) in fields.entries.iter().enumerate() {
            let path = fields.path_of(&entry.key);
            if !known.contains(&entry.key.as_str()) {
                let hint = nearest_hint(&entry.key, known.iter().copied());
                self.report_with_hint(
                    &entry.key_range,
                    &path,
                    format!("unknown key \"{}\"", entry.key),
                    &hint,
                );
            } else if fields.entries[..at]
                .iter()
                .any(|earlier| earlier.key == entry.key)
            {
                self.report(
                    &entry.key_range,
                    &path,
                    format!("key \"{}\" appears twice", entry.key),
                );
            }
        }
    }

    pub(crate) fn required<'n>(&mut self, fields: &Fields<'n>, key: &str) -> Option<&'n Node> {
        let found = fields.get(key);
        if found.is_none() {
            // The whole object is long; its first line is where one looks.
            let first = fields.range.start..(fields.range.start + 1).min(fields.range.end);
            self.report(&first, fields.path(), format!("missing key \"{key}\""));
        }
        found
    }

    pub(crate) fn text(&mut self, fields: &Fields<'_>, key: &str) -> Option<String> {
        let node = self.required(fields, key)?;
        self.as_text(node, &fields.path_of(key))
    }

    /// Text that must not be empty: a name or a part of a path.
    pub(crate) fn name(&mut self, fields: &Fields<'_>, key: &str) -> Option<String> {
        let text = self.text(fields, key)?;
        if text.is_empty() {
            let node = fields.get(key)?;
            self.report(&node.range, &fields.path_of(key), "must not be empty");
            return None;
        }
        Some(text)
    }

    pub(crate) fn optional_text(&mut self, fields: &Fields<'_>, key: &str) -> Option<String> {
        let node = fields.get(key)?;
        self.as_text(node, &fields.path_of(key))
    }

    pub(crate) fn as_text(&mut self, node: &Node, path: &str) -> Option<String> {
        if let Value::Text(text) = &node.value {
            return Some(text.clone());
        }
        self.report(
            &node.range,
            path,
            format!("expected text, found {}", node.value.kind()),
        );
        None
    }

    /// One value of any kind, as text; a number with a fraction as it is written.
    pub(crate) fn scalar(&mut self, node: &Node, path: &str) -> Option<String> {
        match &node.value {
            Value::Text(text) => Some(text.clone()),
            Value::Whole(number) => Some(number.to_string()),
            Value::Truth(truth) => Some(truth.to_string()),
            Value::OtherNumber => {
                let written = self.source.text().get(node.range.clone())?;
                Some(written.replace('_', ""))
            }
            Value::Null | Value::List(_) | Value::Table(_) => {
                let message = format!("expected one value, found {}", node.value.kind());
                self.report(&node.range, path, message);
                None
            }
        }
    }

    pub(crate) fn optional_truth(&mut self, fields: &Fields<'_>, key: &str) -> Option<bool> {
        let node = fields.get(key)?;
        if let Value::Truth(truth) = node.value {
            return Some(truth);
        }
        let message = format!("expected true or false, found {}", node.value.kind());
        self.report(&node.range, &fields.path_of(key), message);
        None
    }

    /// A whole number of at least `least` that fits 32 bits.
    pub(crate) fn optional_count(
        &mut self,
        fields: &Fields<'_>,
        key: &str,
        least: u32,
    ) -> Option<u32> {
        let node = fields.get(key)?;
        if let Value::Whole(number) = node.value
            && let Ok(count) = u32::try_from(number)
            && count >= least
        {
            return Some(count);
        }
        let message = format!("expected a whole number of at least {least}");
        self.report(&node.range, &fields.path_of(key), message);
        None
    }

    pub(crate) fn optional_date(
        &mut self,
        fields: &Fields<'_>,
        key: &str,
    ) -> Option<EffectiveDate> {
        let node = fields.get(key)?;
        let path = fields.path_of(key);
        let text = self.as_text(node, &path)?;
        let date = (text.len() == 10)
            .then(|| EffectiveDate::parse(&text))
            .flatten();
        if date.is_none() {
            self.report(
                &node.range,
                &path,
                format!("\"{text}\" is not a date written YYYY-MM-DD"),
            );
        }
        date
    }

    pub(crate) fn list<'n>(&mut self, node: &'n Node, path: &str) -> Option<&'n [Node]> {
        if let Value::List(items) = &node.value {
            return Some(items);
        }
        self.report(
            &node.range,
            path,
            format!("expected a list, found {}", node.value.kind()),
        );
        None
    }

    /// A list of texts with the place of each.
    pub(crate) fn texts(&mut self, node: &Node, path: &str) -> Option<Vec<(String, Span)>> {
        let items = self.list(node, path)?;
        let mut texts = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            let text = self.as_text(item, &format!("{path}[{at}]"))?;
            texts.push((text, self.span(&item.range)));
        }
        Some(texts)
    }

    /// One of a few words.
    pub(crate) fn choice<T: Copy>(
        &mut self,
        fields: &Fields<'_>,
        key: &str,
        choices: &[(&str, T)],
    ) -> Option<T> {
        let node = fields.get(key)?;
        let path = fields.path_of(key);
        let word = self.as_text(node, &path)?;
        let found = choices
            .iter()
            .find(|(name, _)| *name == word)
            .map(|(_, value)| *value);
        if found.is_none() {
            let hint = nearest_hint(&word, choices.iter().map(|(name, _)| *name));
            self.report_with_hint(
                &node.range,
                &path,
                format!("unknown value \"{word}\""),
                &hint,
            );
        }
        found
    }

    pub(crate) fn required_choice<T: Copy>(
        &mut self,
        fields: &Fields<'_>,
        key: &str,
        choices: &[(&str, T)],
    ) -> Option<T> {
        self.required(fields, key)?;
        self.choice(fields, key, choices)
    }
}

/// `did you mean "x"? known are ...`, the first part only when a known word is near.
pub fn nearest_hint<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> String {
    let known: Vec<&str> = known.collect();
    let list = known.join(", ");
    match nearest_name(word, known.iter().copied()) {
        Some(name) => format!("did you mean \"{name}\"? known are {list}"),
        None => format!("known are {list}"),
    }
}

/// The known word that was most likely meant; none when no word is near.
pub(crate) fn nearest_name<'k>(
    word: &str,
    known: impl Iterator<Item = &'k str>,
) -> Option<&'k str> {
    let word = word.to_lowercase();
    known
        .map(|name| {
            (
                strsim::damerau_levenshtein(&name.to_lowercase(), &word),
                name,
            )
        })
        .min()
        .filter(|(distance, name)| *distance <= 1 + name.len() / 3)
        .map(|(_, name)| name)
}

/// Place in the file of each byte of a decoded JSON string, and of its end.
///
/// `range` covers the literal with its quotes; the text between is known to be well formed.
pub(crate) fn decoded_offsets(source: &str, range: &Range<usize>) -> Vec<u32> {
    let mut offsets = Vec::new();
    let raw = &source[range.start + 1..range.end - 1];
    let base = range.start + 1;
    let mut at = 0;
    while let Some(c) = raw[at..].chars().next() {
        let start = (base + at) as u32;
        if c != '\\' {
            offsets.extend((0..c.len_utf8()).map(|byte| start + byte as u32));
            at += c.len_utf8();
            continue;
        }
        let unit = |at: usize| {
            raw.get(at + 2..at + 6)
                .and_then(|hex| u32::from_str_radix(hex, 16).ok())
        };
        let (length, decoded) = match raw.as_bytes().get(at + 1) {
            Some(b'u') => match unit(at) {
                // A pair of surrogates is one character of four bytes.
                Some(0xd800..=0xdbff) => (12, 4),
                Some(code) => (6, char::from_u32(code).map_or(3, char::len_utf8)),
                None => (2, 1),
            },
            _ => (2, 1),
        };
        offsets.extend(std::iter::repeat_n(start, decoded));
        at += length;
    }
    offsets.push((base + raw.len()) as u32);
    offsets
}
