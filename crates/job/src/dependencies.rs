//! Declared edges between jobs: `dependencies.toml`.
//!
//! ```toml
//! [[dependency]]
//! job = "late_orders"      # runs after ...
//! needs = "clean_orders"   # ... this one
//! when = "same_day"        # or "latest": a job without a run that day counts as its latest
//! ```

use std::collections::BTreeSet;

use relift_diagnostics::{Diagnostic, SourceFile, Span};

use crate::JobName;
use crate::document::{Fields, Node, Reader, nearest_name, parse_toml};

/// Which run of the needed job must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DependencyWhen {
    /// The run of the same effective date.
    SameDay,
    /// The latest run at or before the effective date.
    Latest,
}

impl DependencyWhen {
    /// The word in the file.
    pub fn word(self) -> &'static str {
        match self {
            Self::SameDay => "same_day",
            Self::Latest => "latest",
        }
    }
}

/// One edge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// The job that waits.
    pub job: JobName,
    /// The job it waits for.
    pub needs: JobName,
    /// Which run of it.
    pub when: DependencyWhen,
    /// Where it is declared.
    pub span: Span,
    /// Where its `job` stands.
    pub job_span: Span,
    /// Where its `needs` stands.
    pub needs_span: Span,
}

/// All declared edges, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dependencies {
    /// Edges.
    pub edges: Vec<Dependency>,
}

impl Dependencies {
    /// Parses the file; whether the jobs exist is told by [`Dependencies::unknown_jobs`].
    pub fn parse(source: &SourceFile) -> Result<Self, Vec<Diagnostic>> {
        let document = parse_toml(source)?;
        let mut reader = Reader::new(source);
        let dependencies = read_dependencies(&mut reader, &document);
        reader.finish(dependencies)
    }

    /// An error for each name that is no job.
    pub fn unknown_jobs(&self, known: &BTreeSet<JobName>) -> Vec<Diagnostic> {
        let mut problems = Vec::new();
        for (at, edge) in self.edges.iter().enumerate() {
            let names = [
                (&edge.job, &edge.job_span, "job"),
                (&edge.needs, &edge.needs_span, "needs"),
            ];
            for (name, span, key) in names {
                if known.contains(name) {
                    continue;
                }
                let hint = match nearest_name(name.as_str(), known.iter().map(JobName::as_str)) {
                    Some(near) => format!("did you mean \"{near}\"?"),
                    None => "a job is named by `jobName` in its configuration".to_owned(),
                };
                problems.push(
                    Diagnostic::error(format!("there is no job \"{name}\""))
                        .at(span.clone())
                        .path(format!("dependency[{at}].{key}"))
                        .hint(hint),
                );
            }
        }
        problems
    }
}

fn read_dependencies(reader: &mut Reader<'_>, document: &Node) -> Option<Dependencies> {
    let root = reader.object(document, "", &["dependency"])?;
    let Some(node) = root.get("dependency") else {
        return Some(Dependencies::default());
    };
    let items = reader.list(node, "dependency")?;
    let mut edges: Vec<Dependency> = Vec::with_capacity(items.len());
    let mut seen = BTreeSet::new();
    for (at, item) in items.iter().enumerate() {
        let path = format!("dependency[{at}]");
        let Some(fields) = reader.object(item, &path, &["job", "needs", "when"]) else {
            continue;
        };
        let job = reader.name(&fields, "job");
        let needs = reader.name(&fields, "needs");
        let words =
            [DependencyWhen::SameDay, DependencyWhen::Latest].map(|when| (when.word(), when));
        let when = reader
            .choice(&fields, "when", &words)
            .unwrap_or(DependencyWhen::SameDay);
        let (Some(job), Some(needs)) = (job, needs) else {
            continue;
        };
        let edge = Dependency {
            span: reader.span(&item.range),
            job_span: span_of(reader, &fields, "job", item),
            needs_span: span_of(reader, &fields, "needs", item),
            job: job.into(),
            needs: needs.into(),
            when,
        };
        if edge.job == edge.needs {
            let message = format!("job \"{}\" cannot need itself", edge.job);
            reader.report(&item.range, &path, message);
        } else if !seen.insert((edge.job.clone(), edge.needs.clone())) {
            let message = format!(
                "that \"{}\" needs \"{}\" is declared twice",
                edge.job, edge.needs
            );
            reader.report(&item.range, &path, message);
        }
        edges.push(edge);
    }
    Some(Dependencies { edges })
}

fn span_of(reader: &Reader<'_>, fields: &Fields<'_>, key: &str, item: &Node) -> Span {
    let range = fields.get(key).map_or(&item.range, |node| &node.range);
    reader.span(range)
}
