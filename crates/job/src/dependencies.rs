//! Declared edges between jobs: `dependencies.toml`.
//!
//! ```toml
//! [[dependency]]
//! job = "late_orders"      # runs after ...
//! needs = "clean_orders"   # ... this one
//! when = "same_day"        # or "latest": a job without a run that day counts as its latest
//! ```

use relift_diagnostics::{Diagnostic, SourceFile, Span};

use crate::JobName;
use crate::document::{Node, Reader, parse_toml};

/// Which run of the needed job must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DependencyWhen {
    /// The run of the same effective date.
    SameDay,
    /// The latest run at or before the effective date.
    Latest,
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
}

/// All declared edges, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dependencies {
    /// Edges.
    pub edges: Vec<Dependency>,
}

impl Dependencies {
    /// Parses the file; whether the jobs exist is for the caller to check.
    pub fn parse(source: &SourceFile) -> Result<Self, Vec<Diagnostic>> {
        let document = parse_toml(source)?;
        let mut reader = Reader::new(source);
        let dependencies = read_dependencies(&mut reader, &document);
        reader.finish(dependencies)
    }
}

fn read_dependencies(reader: &mut Reader<'_>, document: &Node) -> Option<Dependencies> {
    let root = reader.object(document, "", &["dependency"])?;
    let Some(node) = root.get("dependency") else {
        return Some(Dependencies::default());
    };
    let items = reader.list(node, "dependency")?;
    let mut edges = Vec::with_capacity(items.len());
    for (at, item) in items.iter().enumerate() {
        let path = format!("dependency[{at}]");
        let Some(fields) = reader.object(item, &path, &["job", "needs", "when"]) else {
            continue;
        };
        let job = reader.name(&fields, "job");
        let needs = reader.name(&fields, "needs");
        let words = [
            ("same_day", DependencyWhen::SameDay),
            ("latest", DependencyWhen::Latest),
        ];
        let when = reader
            .choice(&fields, "when", &words)
            .unwrap_or(DependencyWhen::SameDay);
        let (Some(job), Some(needs)) = (job, needs) else {
            continue;
        };
        if job == needs {
            reader.report(
                &item.range,
                &path,
                format!("job \"{job}\" cannot need itself"),
            );
        }
        edges.push(Dependency {
            job: job.into(),
            needs: needs.into(),
            when,
            span: reader.span(&item.range),
        });
    }
    Some(Dependencies { edges })
}
