//! Answer keys: what the author of a job says it does, written before any analysis saw it.
//!
//! ```toml
//! schema_version = 1
//! job = "late_orders"
//! business = "Which orders are late."
//!
//! [[requirement]]
//! id = "late"
//! kind = "filter"                        # one of RequirementKind
//! text = "When ..., the job shall ..."
//! columns = ["order_id"]                 # output columns it decides; none: the rows themselves
//! source = "externals/late.py:11-12,20"  # or "jobs/late_orders.json#modules[2].trailerFormat"
//! literals = ["late"]                    # constants of the code it accounts for
//!
//! [[flaw]]
//! code = "AP6"
//! location = "externals/late.py:9"
//! note = "rows are visited one by one"
//!
//! [[preserved_defect]]
//! id = "stale"
//! columns = []
//! source = "externals/late.py:30"
//! text = "The date in the last line is a day old."
//! ```
//!
//! Keys are sealed: only scoring reads them, after the fact.

use std::fmt;

use relift_diagnostics::{Diagnostic, SourceFile, Span};

use crate::JobName;
use crate::document::{Fields, Node, Reader, Value, parse_json, parse_toml};

const SCHEMA_VERSION: i64 = 1;

/// The key of one job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerKey {
    /// The job.
    pub job: JobName,
    /// What it is for.
    pub business: String,
    /// What it does.
    pub requirements: Vec<KeyRequirement>,
    /// What is wrong with its code.
    pub flaws: Vec<KeyFlaw>,
    /// What is wrong with its output and has to stay.
    pub defects: Vec<KeyDefect>,
}

/// One true requirement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRequirement {
    /// Unique in its job.
    pub id: String,
    /// What it is about.
    pub kind: RequirementKind,
    /// The sentence.
    pub text: String,
    /// Output columns it decides.
    pub columns: Vec<String>,
    /// Where the code does it.
    pub place: CodePlace,
    /// Constants it accounts for.
    pub literals: Vec<String>,
    /// Where it stands in the key.
    pub span: Span,
}

/// One planted flaw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFlaw {
    /// `AP1` and onward.
    pub code: String,
    /// Where it is.
    pub place: CodePlace,
    /// What was planted.
    pub note: String,
    /// Where it stands in the key.
    pub span: Span,
}

/// Wrong output that a rewrite reproduces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyDefect {
    /// Unique in its job.
    pub id: String,
    /// Output columns it shows in.
    pub columns: Vec<String>,
    /// Where it comes from.
    pub place: CodePlace,
    /// What is wrong.
    pub text: String,
}

macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $name:ident = $word:literal,)+) => {
        /// What a true requirement is about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum RequirementKind {
            $($(#[doc = $doc])+ $name,)+
        }

        impl RequirementKind {
            /// Every kind with its word.
            pub const ALL: &[(&'static str, Self)] = &[$(($word, Self::$name)),+];
        }
    };
}

kinds! {
    /// Which dates or rows of a table are read.
    Source = "source",
    /// Which rows count.
    Filter = "filter",
    /// A value found in another table.
    Lookup = "lookup",
    /// Rows of two tables put together.
    Join = "join",
    /// Groups and what is summed over them.
    Aggregate = "aggregate",
    /// A value computed from others.
    Derive = "derive",
    /// A value chosen by conditions.
    Classify = "classify",
    /// What stands where a value is missing.
    Default = "default",
    /// How numbers are rounded.
    Round = "round",
    /// In which order rows stand.
    Order = "order",
    /// How a file looks: header, trailer, line ends.
    Format = "format",
    /// What is kept of earlier dates.
    Append = "append",
    /// What depends on the calendar.
    Calendar = "calendar",
    /// A value that depends on neighbouring rows.
    Window = "window",
    /// Rows of two tables that use each other up.
    Match = "match",
    /// Which of several equal rows counts.
    Dedupe = "dedupe",
    /// Whether and where something is written.
    Write = "write",
}

impl RequirementKind {
    /// Its word.
    pub fn word(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(_, kind)| *kind == self)
            .map_or("", |(word, _)| *word)
    }
}

/// A place in legacy code: lines of a file, or a path in a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodePlace {
    /// `externals/late.py:11-12,20`; first and last lines, from 1.
    Lines {
        /// The file, relative to the workspace.
        file: String,
        /// First and last line of each stretch.
        stretches: Vec<(u32, u32)>,
    },
    /// `jobs/late_orders.json#modules[2].sql`.
    Path {
        /// The file, relative to the workspace.
        file: String,
        /// The path; empty for the whole document.
        path: String,
    },
}

impl CodePlace {
    /// Reads either form; `None` when it is neither.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some((file, path)) = text.split_once('#') {
            return Some(Self::Path {
                file: file.to_owned(),
                path: path.to_owned(),
            });
        }
        let (file, lines) = text.rsplit_once(':')?;
        let stretches: Option<Vec<(u32, u32)>> = lines
            .split(',')
            .map(|stretch| {
                let (first, last) = stretch.split_once('-').unwrap_or((stretch, stretch));
                let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
                (0 < first && first <= last).then_some((first, last))
            })
            .collect();
        Some(Self::Lines {
            file: file.to_owned(),
            stretches: stretches?,
        })
    }

    /// The file.
    pub fn file(&self) -> &str {
        match self {
            Self::Lines { file, .. } | Self::Path { file, .. } => file,
        }
    }
}

impl fmt::Display for CodePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path { file, path } => write!(f, "{file}#{path}"),
            Self::Lines { file, stretches } => {
                write!(f, "{file}")?;
                for (at, (first, last)) in stretches.iter().enumerate() {
                    write!(f, "{}{first}", if at == 0 { ':' } else { ',' })?;
                    if first != last {
                        write!(f, "-{last}")?;
                    }
                }
                Ok(())
            }
        }
    }
}

/// Where a path such as `modules[2].sql` stands in a JSON document; `None` when it leads nowhere.
pub fn locate_in_json(source: &SourceFile, path: &str) -> Option<Span> {
    let document = parse_json(source).ok()?;
    let mut node = &document;
    for step in path.split('.').filter(|step| !step.is_empty()) {
        let (key, indexes) = step.split_once('[').unwrap_or((step, ""));
        if !key.is_empty() {
            let Value::Table(entries) = &node.value else {
                return None;
            };
            node = &entries.iter().find(|entry| entry.key == key)?.node;
        }
        for index in indexes.split('[').filter(|index| !index.is_empty()) {
            let Value::List(items) = &node.value else {
                return None;
            };
            node = items.get(index.strip_suffix(']')?.parse::<usize>().ok()?)?;
        }
    }
    Some(source.span(node.range.clone()))
}

impl AnswerKey {
    /// Parses a key.
    pub fn parse(source: &SourceFile) -> Result<Self, Vec<Diagnostic>> {
        let document = parse_toml(source)?;
        let mut reader = Reader::new(source);
        let key = read_key(&mut reader, &document);
        reader.finish(key)
    }
}

fn read_key(reader: &mut Reader<'_>, document: &Node) -> Option<AnswerKey> {
    let known = [
        "schema_version",
        "job",
        "business",
        "requirement",
        "flaw",
        "preserved_defect",
    ];
    let root = reader.object(document, "", &known)?;
    if let Some(version) = reader.required(&root, "schema_version")
        && !matches!(version.value, Value::Whole(SCHEMA_VERSION))
    {
        reader.report(
            &version.range,
            "schema_version",
            format!("only version {SCHEMA_VERSION} is known"),
        );
    }
    let job = reader.name(&root, "job");
    let business = reader.text(&root, "business");
    let requirements = each(reader, &root, "requirement", read_requirement);
    let flaws = each(reader, &root, "flaw", read_flaw);
    let defects = each(reader, &root, "preserved_defect", read_defect);
    Some(AnswerKey {
        job: job?.into(),
        business: business?.trim().to_owned(),
        requirements,
        flaws,
        defects,
    })
}

/// The items of a list that can be read; what is wrong with the others is reported.
fn each<T>(
    reader: &mut Reader<'_>,
    root: &Fields<'_>,
    key: &str,
    read: fn(&mut Reader<'_>, &Node, &str) -> Option<T>,
) -> Vec<T> {
    let Some(items) = root.get(key).and_then(|node| reader.list(node, key)) else {
        return Vec::new();
    };
    items
        .iter()
        .enumerate()
        .filter_map(|(at, item)| read(reader, item, &format!("{key}[{at}]")))
        .collect()
}

fn read_requirement(reader: &mut Reader<'_>, node: &Node, path: &str) -> Option<KeyRequirement> {
    let known = ["id", "kind", "text", "columns", "source", "literals"];
    let fields = reader.object(node, path, &known)?;
    let id = reader.text(&fields, "id");
    let kind = reader.required_choice(&fields, "kind", RequirementKind::ALL);
    let text = reader.text(&fields, "text");
    let columns = words(reader, &fields, "columns");
    let place = place(reader, &fields, "source");
    let literals = words(reader, &fields, "literals");
    Some(KeyRequirement {
        id: id?,
        kind: kind?,
        text: text?,
        columns,
        place: place?,
        literals,
        span: reader.span(&node.range),
    })
}

fn read_flaw(reader: &mut Reader<'_>, node: &Node, path: &str) -> Option<KeyFlaw> {
    let fields = reader.object(node, path, &["code", "location", "note"])?;
    let code = reader.text(&fields, "code");
    let place = place(reader, &fields, "location");
    let note = reader.text(&fields, "note");
    Some(KeyFlaw {
        code: code?,
        place: place?,
        note: note?,
        span: reader.span(&node.range),
    })
}

fn read_defect(reader: &mut Reader<'_>, node: &Node, path: &str) -> Option<KeyDefect> {
    let fields = reader.object(node, path, &["id", "columns", "source", "text"])?;
    let id = reader.text(&fields, "id");
    let columns = words(reader, &fields, "columns");
    let place = place(reader, &fields, "source");
    let text = reader.text(&fields, "text");
    Some(KeyDefect {
        id: id?,
        columns,
        place: place?,
        text: text?,
    })
}

fn words(reader: &mut Reader<'_>, fields: &Fields<'_>, key: &str) -> Vec<String> {
    let path = fields.path_of(key);
    reader
        .required(fields, key)
        .and_then(|node| reader.texts(node, &path))
        .unwrap_or_default()
        .into_iter()
        .map(|(word, _)| word)
        .collect()
}

fn place(reader: &mut Reader<'_>, fields: &Fields<'_>, key: &str) -> Option<CodePlace> {
    let node = reader.required(fields, key)?;
    let path = fields.path_of(key);
    let text = reader.as_text(node, &path)?;
    let place = CodePlace::parse(&text);
    if place.is_none() {
        reader.report_with_hint(
            &node.range,
            &path,
            format!("\"{text}\" is no place in code"),
            "write \"file.py:11-12,20\" or \"jobs/job.json#modules[2].sql\"",
        );
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = r#"
schema_version = 1
job = "late_orders"
business = "Which orders are late."

[[requirement]]
id = "late"
kind = "filter"
text = "When an order is late, the job shall list it."
columns = []
source = "externals/late.py:11-12,20"
literals = ["late"]

[[flaw]]
code = "AP4"
location = "jobs/late_orders.json#modules[0].columns"
note = "unused"
"#;

    #[test]
    fn a_key_is_read() {
        let key = AnswerKey::parse(&SourceFile::new("late_orders.toml", KEY)).expect("a key");
        assert_eq!(key.requirements[0].kind, RequirementKind::Filter);
        assert_eq!(
            key.requirements[0].place.to_string(),
            "externals/late.py:11-12,20"
        );
        assert_eq!(key.flaws[0].place.file(), "jobs/late_orders.json");
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let text = KEY
            .replace("\"filter\"", "\"fliter\"")
            .replace("late.py:11-12,20", "late.py");
        let problems = AnswerKey::parse(&SourceFile::new("late_orders.toml", &text))
            .expect_err("two mistakes");
        let shown: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert!(shown[0].contains("did you mean \"filter\""), "{shown:?}");
        assert!(shown[1].contains("is no place in code"), "{shown:?}");
    }

    #[test]
    fn paths_lead_into_documents() {
        let source = SourceFile::new("a.json", "{\n\"modules\": [\n{\"sql\": \"x\"}\n]}");
        let span = locate_in_json(&source, "modules[0].sql").expect("it is there");
        assert_eq!(source.snippet(&span), "\"x\"");
        assert!(locate_in_json(&source, "modules[1]").is_none());
        assert!(locate_in_json(&source, "modules[0].sql.x").is_none());
    }
}
