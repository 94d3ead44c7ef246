//! Writes a lifted job down: `job.json` and its SQL texts.
//!
//! Every output becomes one query over the sources it needs; what the lifting depends on becomes a guard
//! that must return no row before anything is written. Writers are the legacy job's, word for word.

use std::collections::{BTreeMap, BTreeSet};

use relift_dataflow::{
    Base, Dataflow, NodeId, Obligation, ObligationKind, Op, Refusal, Schema, Sink,
};
use relift_diagnostics::Span;
use relift_job::{
    ColumnName, DateMode, FrameColumn, FrameName, FrameType, Guard, Job, JobName, ModuleKind,
    RewrittenJob, RewrittenModule, RewrittenSource, RewrittenTransformation, Side, SourceOrigin,
    TableName,
};
use relift_sql::datafusion::{Ordered, PrintedQuery, print_query, print_violations};

use crate::Lifted;

/// The dialect of the printed SQL.
const DIALECT: &str = "datafusion";

/// A rewritten job with its texts.
#[derive(Clone, Debug)]
pub struct Rewrite {
    /// The job.
    pub job: RewrittenJob,
    /// Text of each SQL file by name.
    pub files: BTreeMap<String, String>,
    /// SQL file of each output, in the order of the sinks.
    pub sink_files: Vec<String>,
    /// Frames that hold the result of a Transformation for modules that stay as they are, by its index.
    pub given: BTreeMap<usize, FrameName>,
}

/// Whose run left a curated table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenBy {
    /// The job.
    pub job: JobName,
    /// Its rewrite, or the legacy job where that one is kept.
    pub side: Side,
}

/// Prints a lifted job. `upstream` names the job that writes each curated table this one reads;
/// tables of `read_on` are read by other jobs, which may depend on the order of their rows.
pub fn emit(
    job: &Job,
    lifted: &Lifted,
    upstream: &BTreeMap<TableName, WrittenBy>,
    read_on: &BTreeSet<String>,
) -> Result<Rewrite, Vec<Refusal>> {
    let mut emitter = Emitter {
        job,
        lifted,
        upstream,
        read_on,
        sources: Vec::new(),
        guards: Vec::new(),
        steps: Vec::new(),
        writers: Vec::new(),
        files: BTreeMap::new(),
        sink_files: Vec::new(),
        given: BTreeMap::new(),
        outputs: Vec::new(),
        refusals: Vec::new(),
    };
    emitter.reserve_sources();
    for obligation in &lifted.flow.obligations {
        emitter.guard(obligation);
    }
    for index in 0..lifted.flow.sinks.len() {
        emitter.output(index);
    }
    if !emitter.refusals.is_empty() {
        return Err(emitter.refusals);
    }
    let modules = emitter
        .sources
        .into_iter()
        .map(|(_, source)| RewrittenModule::DataSourcing(source))
        .chain(emitter.guards.into_iter().map(RewrittenModule::Guard))
        .chain(
            emitter
                .steps
                .into_iter()
                .map(RewrittenModule::Transformation),
        )
        .chain(emitter.writers)
        .collect();
    Ok(Rewrite {
        job: RewrittenJob {
            name: job.name.clone(),
            modules,
        },
        files: emitter.files,
        sink_files: emitter.sink_files,
        given: emitter.given,
    })
}

struct Emitter<'a> {
    job: &'a Job,
    lifted: &'a Lifted,
    upstream: &'a BTreeMap<TableName, WrittenBy>,
    read_on: &'a BTreeSet<String>,
    sources: Vec<(NodeId, RewrittenSource)>,
    guards: Vec<Guard>,
    steps: Vec<RewrittenTransformation>,
    writers: Vec<RewrittenModule>,
    files: BTreeMap<String, String>,
    sink_files: Vec<String>,
    given: BTreeMap<usize, FrameName>,
    /// Queries that exist, by relation.
    outputs: Vec<(NodeId, FrameName, String)>,
    refusals: Vec<Refusal>,
}

impl Emitter<'_> {
    fn flow(&self) -> &Dataflow {
        &self.lifted.flow
    }

    /// Names of sources are taken before results are named.
    fn reserve_sources(&mut self) {
        let mut queries = Vec::new();
        let mut refusals = Vec::new();
        let flow = &self.lifted.flow;
        for sink in &flow.sinks {
            match print_query(flow, sink.input, self.ordered(sink)) {
                Ok(query) => queries.push(query),
                Err(refusal) => refusals.push(refusal),
            }
        }
        for query in &queries {
            self.sources_of(query, None);
        }
        self.refusals.extend(refusals);
    }

    /// One query serves all outputs of a relation, so it is ordered when any of them is a file or is read on.
    fn ordered(&self, sink: &Sink) -> Ordered {
        let observed = self.lifted.flow.sinks.iter().any(|other| {
            let module = self.job.modules.get(other.module);
            other.input == sink.input
                && match module.map(|module| &module.kind) {
                    Some(
                        ModuleKind::CsvFileWriter(_)
                        | ModuleKind::ParquetFileWriter(_)
                        | ModuleKind::Transformation(_),
                    ) => true,
                    Some(ModuleKind::DataFrameWriter(writer)) => {
                        self.read_on.contains(&writer.table)
                    }
                    _ => false,
                }
        });
        if observed { Ordered::Yes } else { Ordered::No }
    }

    fn output(&mut self, index: usize) {
        let sink = self.flow().sinks[index].clone();
        let Some(module) = self.job.modules.get(sink.module) else {
            return;
        };
        let span = Some(module.span.clone());
        let (source, text_file) = match &module.kind {
            ModuleKind::DataFrameWriter(writer) => (&writer.source, false),
            ModuleKind::CsvFileWriter(writer) => (&writer.source, true),
            ModuleKind::ParquetFileWriter(writer) => (&writer.source, false),
            ModuleKind::Transformation(step) => (&step.result, false),
            ModuleKind::DataSourcing(_) | ModuleKind::External(_) => {
                self.refusals.push(Refusal::new(
                    "output",
                    "it is not written by a writer",
                    span,
                ));
                return;
            }
        };
        let ordered = self.ordered(&sink);
        let known = self
            .outputs
            .iter()
            .find(|(node, ..)| *node == sink.input)
            .map(|(_, frame, file)| (frame.clone(), file.clone()));
        let named = match known {
            Some(named) => Some(named),
            None => self.step(index, source, ordered, span.as_ref()),
        };
        let Some((frame, file)) = named else { return };
        if let Some(legacy) = self.lifted.sink_schemas.get(index)
            && text_file
        {
            self.check_texts(legacy, span.as_ref());
        }
        self.sink_files.push(file);
        let writer = match &module.kind {
            ModuleKind::DataFrameWriter(writer) => {
                let mut writer = writer.clone();
                writer.source = frame;
                RewrittenModule::DataFrameWriter(writer)
            }
            ModuleKind::ParquetFileWriter(writer) => {
                let mut writer = writer.clone();
                writer.source = frame;
                RewrittenModule::ParquetFileWriter(writer)
            }
            ModuleKind::CsvFileWriter(writer) => {
                if writer.trailer_source.is_some() {
                    self.refusals.push(Refusal::new(
                        "CsvFileWriter",
                        "a trailer source belongs to rewritten jobs",
                        span,
                    ));
                }
                let mut writer = writer.clone();
                writer.source = frame;
                RewrittenModule::CsvFileWriter(writer)
            }
            ModuleKind::Transformation(_) => {
                self.given.insert(sink.module, frame);
                return;
            }
            ModuleKind::DataSourcing(_) | ModuleKind::External(_) => return,
        };
        self.writers.push(writer);
    }

    /// Adds the query of an output; returns the name of its frame and of its file.
    fn step(
        &mut self,
        index: usize,
        source: &FrameName,
        ordered: Ordered,
        span: Option<&Span>,
    ) -> Option<(FrameName, String)> {
        let node = self.flow().sinks[index].input;
        // Why it cannot be printed is known from the first attempt.
        let query = print_query(self.flow(), node, ordered).ok()?;
        self.sources_of(&query, span);
        let mut columns = Vec::new();
        for (name, ty) in &query.columns {
            let Some(frame_type) = frame_type(ty.base) else {
                self.refusals.push(Refusal::new(
                    format!("column \"{name}\""),
                    format!("its type is {ty}, which no output format has"),
                    span.cloned(),
                ));
                return None;
            };
            columns.push(FrameColumn {
                name: name.clone(),
                frame_type,
            });
        }
        let frame = self.free_frame(source);
        let file = self.free_file(&file_stem(frame.as_str()));
        self.files.insert(file.clone(), query.sql);
        self.steps.push(RewrittenTransformation {
            result: frame.clone(),
            sql_file: BTreeMap::from([(DIALECT.to_owned(), file.clone())]),
            columns,
        });
        self.outputs.push((node, frame.clone(), file.clone()));
        Some((frame, file))
    }

    /// Texts of these types depend on more than the value.
    fn check_texts(&mut self, schema: &Schema, span: Option<&Span>) {
        for column in schema.columns() {
            let unpadded = matches!(
                column.ty.base,
                Base::Number | Base::Decimal { padded: false, .. }
            );
            if unpadded {
                self.refusals.push(Refusal::new(
                    format!("column \"{}\"", column.name),
                    "how many digits its text has depends on each value's history",
                    span.cloned(),
                ));
            }
        }
    }

    fn free_frame(&self, wanted: &FrameName) -> FrameName {
        let taken = |name: &str| {
            let same = |other: &FrameName| other.as_str().eq_ignore_ascii_case(name);
            self.sources.iter().any(|(_, source)| same(&source.result))
                || self.steps.iter().any(|step| same(&step.result))
        };
        if !taken(wanted.as_str()) {
            return wanted.clone();
        }
        let name = (1..=u32::MAX)
            .map(|number| match number {
                1 => format!("{wanted}_out"),
                _ => format!("{wanted}_out_{number}"),
            })
            .find(|name| !taken(name))
            .expect("a job has finitely many frames");
        name.into()
    }

    fn free_file(&self, stem: &str) -> String {
        (1..=u32::MAX)
            .map(|number| match number {
                1 => format!("{stem}.sql"),
                _ => format!("{stem}_{number}.sql"),
            })
            .find(|file| !self.files.contains_key(file))
            .expect("a job has finitely many files")
    }

    /// Adds what a query reads to the sources.
    fn sources_of(&mut self, query: &PrintedQuery, span: Option<&Span>) {
        for source in &query.sources {
            let node = self.lifted.flow.node(source.scan);
            let Op::Scan { table, dates, .. } = &node.op else {
                continue;
            };
            let place = node.spans.first().or(span);
            let known = self
                .sources
                .iter_mut()
                .find(|(_, known)| known.result.as_str() == source.name);
            if let Some((scan, known)) = known {
                let clash = *scan != source.scan
                    || matches!((&known.row_number, &source.row_number), (Some(a), Some(b)) if a != b);
                if clash {
                    self.refusals.push(Refusal::new(
                        format!("frame \"{}\"", source.name),
                        "two sources of the job are filled under this name",
                        place.cloned(),
                    ));
                    continue;
                }
                // In the scan's order, whoever asks first.
                known.columns = node
                    .schema
                    .names()
                    .filter(|name| known.columns.contains(name) || source.columns.contains(name))
                    .cloned()
                    .collect();
                known.types = types_of(&node.schema, &known.columns);
                if known.row_number.is_none() {
                    known.row_number.clone_from(&source.row_number);
                }
                continue;
            }
            let origin = match self.upstream.get(table) {
                Some(WrittenBy { job, side }) if *dates == DateMode::Exact => {
                    SourceOrigin::Curated {
                        job: job.clone(),
                        table: table.table.to_string(),
                        side: *side,
                    }
                }
                Some(WrittenBy { job, .. }) => {
                    self.refusals.push(Refusal::new(
                        format!("frame \"{}\"", source.name),
                        format!("it reads the output of job \"{job}\" on other dates than its own"),
                        place.cloned(),
                    ));
                    continue;
                }
                None => SourceOrigin::Lake {
                    table: table.clone(),
                    dates: dates.clone(),
                },
            };
            self.sources.push((
                source.scan,
                RewrittenSource {
                    result: source.name.as_str().into(),
                    origin,
                    columns: source.columns.clone(),
                    row_number: source.row_number.clone(),
                    types: types_of(&node.schema, &source.columns),
                },
            ));
        }
    }

    fn guard(&mut self, obligation: &Obligation) {
        let query = match print_violations(self.flow(), obligation) {
            Ok(query) => query,
            Err(refusal) => {
                self.refusals.push(refusal);
                return;
            }
        };
        self.sources_of(&query, obligation.spans.first());
        let condition = condition_text(self.flow(), obligation);
        let file = self.free_file(&format!("guard_{:02}", self.guards.len() + 1));
        let name = file.trim_end_matches(".sql").to_owned();
        self.files.insert(file.clone(), query.sql);
        self.guards.push(Guard {
            name,
            sql_file: BTreeMap::from([(DIALECT.to_owned(), file)]),
            obligation: condition,
        });
    }
}

/// The types of these columns, where frames have such a type.
fn types_of(schema: &Schema, columns: &[ColumnName]) -> BTreeMap<ColumnName, FrameType> {
    let known = columns.iter().filter_map(|name| {
        let ty = schema.ty(name)?;
        Some((name.clone(), frame_type(ty.base)?))
    });
    known.collect()
}

fn frame_type(base: Base) -> Option<FrameType> {
    Some(match base {
        Base::Bool => FrameType::Bool,
        Base::Int64 => FrameType::Int64,
        Base::Float64 => FrameType::Float64,
        Base::Text => FrameType::Text,
        Base::Date => FrameType::Date,
        Base::Timestamp => FrameType::Timestamp,
        Base::Decimal {
            precision, scale, ..
        } if scale >= 0 => FrameType::Decimal { precision, scale },
        Base::Decimal { .. } | Base::Number | Base::Nothing => return None,
    })
}

/// An obligation in words, with what would happen otherwise.
pub fn condition_text(flow: &Dataflow, obligation: &Obligation) -> String {
    let name = flow
        .node(obligation.node)
        .name
        .clone()
        .unwrap_or_else(|| "the rows".to_owned());
    let list = |columns: &[ColumnName]| {
        let names: Vec<&str> = columns.iter().map(ColumnName::as_str).collect();
        names.join(", ")
    };
    let condition = match &obligation.kind {
        ObligationKind::NeverMissing(columns) => {
            format!("{} of {name} never missing", list(columns))
        }
        ObligationKind::Unique(columns) => format!("{} unique in {name}", list(columns)),
        ObligationKind::Holds(condition) => {
            match relift_sql::datafusion::condition_text(flow, obligation.node, condition) {
                Some(sql) => format!("{sql} in every row of {name}"),
                None => format!("a condition on every row of {name}"),
            }
        }
        ObligationKind::NotEmpty => format!("{name} not empty"),
    };
    if obligation.why.is_empty() {
        condition
    } else {
        format!("{condition}; otherwise {}", obligation.why)
    }
}

/// A file name that every file system takes.
fn file_stem(name: &str) -> String {
    let stem: String = name
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() || letter == '_' || letter == '-' {
                letter.to_ascii_lowercase()
            } else {
                '_'
            }
        })
        .collect();
    if stem.is_empty() {
        "output".to_owned()
    } else {
        stem
    }
}
