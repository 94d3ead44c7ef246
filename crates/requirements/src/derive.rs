//! Reads requirements off a lifted job.

use std::collections::{BTreeMap, BTreeSet};

use relift_dataflow::{Dataflow, Node, NodeId, Obligation, Op};
use relift_diagnostics::{SourceFile, Span};
use relift_job::{ColumnName, Job, ModuleKind};
use relift_lift::Lifted;
use relift_sql::datafusion::{Ordered, print_query, print_violations};

use crate::outputs::output_demands;
use crate::sentences::{Demand, assumption, demands};
use crate::words::dates_in_words;
use crate::{Citation, Evidence, EvidenceQuery, EvidenceSource, Requirement, Requirements, Trace};

/// Revision of a requirement that is derived for the first time.
const REVISION: u32 = 1;

/// What requirements are traced to.
#[derive(Clone, Copy, Debug)]
pub struct Traced<'a> {
    /// Legacy files by name, for the hashes of citations.
    pub sources: &'a BTreeMap<String, SourceFile>,
    /// SQL file of each output, in the order of the sinks.
    pub sink_files: &'a [String],
}

/// Derives the requirements of a job: those of each relation its outputs need, one per obligation, and
/// those of its writers. What is demanded twice in the same words is one requirement.
pub fn derive(job: &Job, lifted: &Lifted, traced: Traced<'_>) -> Requirements {
    let flow = &lifted.flow;
    let mut deriver = Deriver {
        job,
        flow,
        traced,
        needed_by: flow
            .sinks
            .iter()
            .map(|sink| flow.reachable([sink.input]))
            .collect(),
        ids: BTreeSet::new(),
        requirements: Vec::new(),
    };
    for (id, node) in flow.nodes() {
        let trace = deriver.trace(id, node.module);
        // Relations that only guards need are described by the guards.
        if trace.writers.is_empty() {
            continue;
        }
        let query = deriver.query(id);
        for demand in demands(flow, id) {
            let places = demand.spans.iter().chain(&node.spans);
            let evidence = Evidence {
                code: deriver.citations(places),
                query: query.clone(),
            };
            deriver.push(&demand, evidence, trace.clone());
        }
    }
    for obligation in &flow.obligations {
        deriver.assumption(obligation);
    }
    for (index, sink) in flow.sinks.iter().enumerate() {
        let Some(module) = job.modules.get(sink.module) else {
            continue;
        };
        let query = deriver.query(sink.input);
        let schema = &flow.node(sink.input).schema;
        let columns: Vec<&str> = schema.names().map(ColumnName::as_str).collect();
        for demand in output_demands(&module.kind, &columns) {
            let evidence = Evidence {
                code: deriver.citations(std::iter::once(&module.span)),
                query: query.clone(),
            };
            let trace = Trace {
                module: sink.module,
                sql_files: traced.sink_files.get(index).cloned().into_iter().collect(),
                writers: vec![sink.module],
            };
            deriver.push(&demand, evidence, trace);
        }
    }
    Requirements::new(job.name.as_str(), deriver.requirements)
}

struct Deriver<'a> {
    job: &'a Job,
    flow: &'a Dataflow,
    traced: Traced<'a>,
    /// For each sink, whether it needs each relation.
    needed_by: Vec<Vec<bool>>,
    ids: BTreeSet<String>,
    requirements: Vec<Requirement>,
}

impl Deriver<'_> {
    fn trace(&self, id: NodeId, module: usize) -> Trace {
        let mut trace = Trace {
            module,
            ..Trace::default()
        };
        for (index, sink) in self.flow.sinks.iter().enumerate() {
            if !self.needed_by[index][id.0 as usize] {
                continue;
            }
            trace.writers.push(sink.module);
            if let Some(file) = self.traced.sink_files.get(index)
                && !trace.sql_files.contains(file)
            {
                trace.sql_files.push(file.clone());
            }
        }
        trace
    }

    /// A query that shows a relation's rows; none when it has no exact SQL of its own.
    fn query(&self, id: NodeId) -> Option<EvidenceQuery> {
        let printed = print_query(self.flow, id, Ordered::No).ok()?;
        self.evidence_query(&printed)
    }

    /// The query as evidence; none where it reads what an External reads of the lake by itself, since it is
    /// asked again by the sources of the configuration.
    fn evidence_query(
        &self,
        printed: &relift_sql::datafusion::PrintedQuery,
    ) -> Option<EvidenceQuery> {
        let own = printed.sources.iter().any(|source| {
            let module = self.job.modules.get(self.flow.node(source.scan).module);
            matches!(
                module.map(|module| &module.kind),
                Some(ModuleKind::External(_))
            )
        });
        if own {
            return None;
        }
        let sources = printed
            .sources
            .iter()
            .filter_map(|source| {
                let node: &Node = self.flow.node(source.scan);
                let Op::Scan { table, dates, .. } = &node.op else {
                    return None;
                };
                Some(EvidenceSource {
                    name: source.name.clone(),
                    table: table.to_string(),
                    dates: dates_in_words(dates),
                    module: node.module,
                    columns: source.columns.iter().map(ToString::to_string).collect(),
                    row_number: source.row_number.as_ref().map(ColumnName::to_string),
                })
            })
            .collect();
        Some(EvidenceQuery {
            sql: printed.sql.clone(),
            sources,
            results: BTreeMap::new(),
        })
    }

    fn citations<'s>(&self, spans: impl IntoIterator<Item = &'s Span>) -> Vec<Citation> {
        let mut places: Vec<Citation> = Vec::new();
        for span in spans {
            let hash = self
                .traced
                .sources
                .get(&*span.file)
                .map(|file| file.hash(span).to_string());
            let place = Citation {
                file: span.file.to_string(),
                first_line: span.first_line,
                last_line: span.last_line,
                start: span.start,
                end: span.end,
                hash,
            };
            if !places.contains(&place) {
                places.push(place);
            }
        }
        places
    }

    fn assumption(&mut self, obligation: &Obligation) {
        let flow = self.flow;
        let demand = assumption(flow, obligation);
        let node = flow.node(obligation.node);
        let query = print_violations(flow, obligation)
            .ok()
            .and_then(|printed| self.evidence_query(&printed));
        let evidence = Evidence {
            code: self.citations(obligation.spans.iter().chain(&node.spans)),
            query,
        };
        let mut trace = self.trace(obligation.node, node.module);
        trace.sql_files.clear();
        self.push(&demand, evidence, trace);
    }

    fn push(&mut self, demand: &Demand, evidence: Evidence, trace: Trace) {
        let same =
            |own: &&mut Requirement| own.kind == demand.kind && own.sentence == demand.sentence;
        if let Some(known) = self.requirements.iter_mut().find(same) {
            for place in evidence.code {
                if !known.evidence.code.contains(&place) {
                    known.evidence.code.push(place);
                }
            }
            for file in trace.sql_files {
                if !known.trace.sql_files.contains(&file) {
                    known.trace.sql_files.push(file);
                }
            }
            for writer in trace.writers {
                if !known.trace.writers.contains(&writer) {
                    known.trace.writers.push(writer);
                }
            }
            return;
        }
        let (job, slug) = (slug(self.job.name.as_str()), slug(&demand.slug));
        let id = (1..=u32::MAX)
            .map(|number| match number {
                1 => format!("req~{job}.{slug}~{REVISION}"),
                _ => format!("req~{job}.{slug}-{number}~{REVISION}"),
            })
            .find(|id| !self.ids.contains(id))
            .expect("a job has finitely many requirements");
        self.ids.insert(id.clone());
        self.requirements.push(Requirement {
            id,
            kind: demand.kind,
            sentence: demand.sentence.clone(),
            evidence,
            trace,
        });
    }
}

/// Lower-case words joined by hyphens; `_` stays in job names.
fn slug(words: &str) -> String {
    let mut slug = String::new();
    for letter in words.chars() {
        if letter.is_alphanumeric() || letter == '_' {
            slug.extend(letter.to_lowercase());
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
    }
    slug.trim_end_matches('-').to_owned()
}
