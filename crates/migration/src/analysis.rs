//! A whole job as one dataflow: each module lowered by its frontend onto the frames left by those before.
//!
//! Input that cannot be used (no such table, a syntax error) is told apart from code that is understood
//! too little to be replaced: the first ends the job with an error, the second leaves it as it is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use relift_dataflow::{Base, Dataflow, FrameBinding, NodeId, Obligation, Op, Refusal, Sink};
use relift_diagnostics::{Diagnostic, SourceFile, Span};
use relift_job::{
    Catalog, ColumnFacts, ColumnName, DataSourcing, Dialect, Edge, External, FrameName, Job,
    JobName, LakeType, ModuleKind, Nulls, Side, TableFacts, TableName, Transformation,
};
use relift_lift::{Decision, Level, Lifted, WrittenBy, lift};
use relift_python::ExternalCode;
use relift_python::pandas::{Written, written_frame};
use relift_python::syntax::{self, ModuleSyntax};
use relift_sql::sqlite::{self, SqlText};

use crate::modules::{module_name, siblings};
use crate::own_sql::Sqlite;
use crate::partial::{Partial, Understood, partial};
use crate::runs::recorded;
use crate::{MigrationError, Project};

/// A refusal and the module it is about, if it is about one.
pub(crate) type RefusedAt = (Option<usize>, Refusal);

/// What is known of a job's code.
pub(crate) struct Analysis {
    /// The job in relational form, dead parts included; modules that were refused are missing in it.
    pub(crate) flow: Dataflow,
    /// The files it consists of, the configuration first.
    pub(crate) sources: Vec<SourceFile>,
    /// Why the job cannot be used as it is.
    pub(crate) rejected: Vec<Diagnostic>,
    /// The lifted form, or everything that stands in its way.
    pub(crate) lifted: Result<Lifted, Vec<RefusedAt>>,
    /// What can be lifted around modules that cannot, where these are not all.
    pub(crate) partial: Option<Partial>,
    /// Externals that parse, by module.
    pub(crate) externals: BTreeMap<usize, ModuleSyntax>,
    /// Modules of the portfolio that these import, each with the first that does.
    pub(crate) siblings: BTreeMap<usize, Vec<ModuleSyntax>>,
    /// The tables of other jobs it reads, and whose runs.
    pub(crate) written_by: BTreeMap<TableName, WrittenBy>,
    /// The lake's catalog and the tables of other jobs; `None` when the job reads none of those.
    extended: Option<Catalog>,
}

/// What is known of a table another job writes.
#[derive(Clone, Debug)]
pub(crate) enum UpstreamFacts {
    /// The run of which side is read, and the columns it writes.
    Known(Side, TableFacts),
    /// The job that writes it is kept legacy, and what it writes cannot be built on: why, when there is more
    /// to say than that.
    Kept(JobName, Option<String>),
    /// The job itself wrote it, on the date before.
    Own,
}

/// What is known of the tables a job reads of other jobs; `known` answers for those whose writer is sound.
pub(crate) fn upstream_facts(
    project: &Project,
    job: &JobName,
    known: &mut dyn FnMut(&Edge, &TableName) -> Result<UpstreamFacts, MigrationError>,
) -> Result<BTreeMap<TableName, UpstreamFacts>, MigrationError> {
    let mut found = BTreeMap::new();
    for edge in project.edges.needs(job) {
        for read in &edge.reads {
            if found.contains_key(&read.table) {
                continue;
            }
            let facts = if project.jobs.contains_key(&edge.needs) {
                known(edge, &read.table)?
            } else {
                UpstreamFacts::Kept(edge.needs.clone(), None)
            };
            found.insert(read.table.clone(), facts);
        }
    }
    for read in project.edges.own_reads(job) {
        found.insert(read.table.clone(), UpstreamFacts::Own);
    }
    Ok(found)
}

impl Analysis {
    /// Reads the job's code; `sqlite` is the release its Transformations run in, where that is known.
    pub(crate) fn of(
        project: &Project,
        job: &Job,
        catalog: &Catalog,
        sqlite: Option<String>,
        upstream: &BTreeMap<TableName, UpstreamFacts>,
    ) -> Result<Self, MigrationError> {
        let sources = project.sources(job)?;
        let known = upstream.iter().filter_map(|(table, facts)| match facts {
            UpstreamFacts::Known(_, facts) => Some((table.clone(), facts.clone())),
            UpstreamFacts::Kept(..) | UpstreamFacts::Own => None,
        });
        let mut extended = (!upstream.is_empty()).then(|| catalog.clone());
        if let Some(extended) = &mut extended {
            extended.tables.extend(known);
        }
        let catalog = extended.as_ref().unwrap_or(catalog);
        let mut flow = Dataflow::new(job.name.clone());
        flow.sqlite = sqlite;
        let mut lowering = Lowering {
            project,
            job,
            catalog,
            upstream,
            configuration: &sources[0],
            flow,
            frames: BTreeMap::new(),
            conditional: BTreeMap::new(),
            numbers: BTreeMap::new(),
            unknown: BTreeMap::new(),
            rejected: Vec::new(),
            refusals: Vec::new(),
            externals: BTreeMap::new(),
            siblings: BTreeMap::new(),
            remembered: BTreeSet::new(),
            used: BTreeSet::new(),
            files: BTreeMap::new(),
            remembering: BTreeSet::new(),
            lowered: BTreeSet::new(),
            unbounded: BTreeSet::new(),
        };
        for index in 0..job.modules.len() {
            lowering.module(index);
        }
        let Lowering {
            flow,
            rejected,
            refusals,
            externals,
            siblings,
            files,
            remembering,
            lowered,
            unbounded,
            ..
        } = lowering;
        // Nobody hands such a table to what stays Python.
        let unreachable = refusals.iter().any(|(module, _)| {
            let kind = module.and_then(|module| job.modules.get(module));
            matches!(kind.map(|module| &module.kind), Some(ModuleKind::DataSourcing(source))
                if upstream.contains_key(&source.table))
        });
        let mut lifted = if refusals.is_empty() && rejected.is_empty() {
            lift(&flow, catalog).map_err(|refusals| {
                refusals
                    .into_iter()
                    .map(|refusal| (None, refusal))
                    .collect()
            })
        } else {
            Err(refusals)
        };
        let written_by = written_by(project, job, upstream);
        if let Ok(lifted) = &mut lifted {
            lifted
                .decisions
                .extend(kept_reads(job, lifted, &written_by));
            lifted.decisions.sort_by_key(|decision| decision.module);
        }
        let partial = match &lifted {
            Err(refused)
                if rejected.is_empty()
                    && !unreachable
                    && recorded::of(project, &job.name).is_none() =>
            {
                let of_modules = refused.iter().filter(|(module, _)| module.is_some());
                let refused: Vec<RefusedAt> = of_modules.cloned().collect();
                partial(&Understood {
                    job,
                    flow: &flow,
                    refused: &refused,
                    externals: &externals,
                    files: &files,
                    remembering: &remembering,
                    lowered: &lowered,
                    unbounded: &unbounded,
                    catalog,
                })
            }
            _ => None,
        };
        // What stays Python reads where its side writes: it cannot be given what a legacy run left.
        let reads_legacy = |partial: &Partial| {
            partial.kept.modules.iter().any(|module| {
                let kind = job.modules.get(*module).map(|module| &module.kind);
                matches!(kind, Some(ModuleKind::DataSourcing(source))
                    if written_by.get(&source.table).is_some_and(|writer| writer.side == Side::Legacy))
            })
        };
        let partial = partial.filter(|partial| !reads_legacy(partial));
        Ok(Self {
            flow,
            sources,
            rejected,
            lifted,
            partial,
            externals,
            siblings,
            written_by,
            extended,
        })
    }

    /// The lifted form of the job, or of the part of it that can be lifted.
    pub(crate) fn rewritable(&self) -> Option<&Lifted> {
        let partial = self.partial.as_ref().map(|partial| &partial.lifted);
        self.lifted.as_ref().ok().or(partial)
    }

    /// The catalog the job is understood with, `lake` being that of the lake alone.
    pub(crate) fn catalog<'a>(&'a self, lake: &'a Catalog) -> &'a Catalog {
        self.extended.as_ref().unwrap_or(lake)
    }

    /// Columns of a table the lifted job writes, as a job reads them that sources it.
    pub(crate) fn written_facts(
        &self,
        project: &Project,
        job: &Job,
        table: &TableName,
    ) -> Option<TableFacts> {
        let lifted = self.lifted.as_ref().ok()?;
        let curated = &project.workspace.curated_schema;
        let sink = lifted.flow.sinks.iter().find(|sink| {
            let module = job.modules.get(sink.module).map(|module| &module.kind);
            matches!(module, Some(ModuleKind::DataFrameWriter(writer))
                if *writer.table == *table.table
                    && *writer.schema.as_ref().unwrap_or(curated) == table.schema)
        })?;
        let mut columns = Vec::new();
        for column in lifted.flow.node(sink.input).schema.columns() {
            let lake_type = lake_type(column.ty.base)?;
            let nulls = if column.ty.missing.possible() {
                Nulls::Sometimes
            } else {
                Nulls::Never
            };
            columns.push(ColumnFacts {
                name: column.name.clone(),
                lake_type,
                nulls,
            });
        }
        let date = ColumnName::from(project.workspace.effective_date_column.as_str());
        if columns.iter().all(|column| column.name != date) {
            columns.push(ColumnFacts {
                name: date,
                lake_type: LakeType::Date,
                nulls: Nulls::Never,
            });
        }
        // Which version is read depends on the date; see the runs.
        Some(TableFacts {
            columns,
            version: 0,
        })
    }
}

/// The type of a column in a table that was written with values of this type; `None` when it has none.
pub(crate) fn lake_type(base: Base) -> Option<LakeType> {
    Some(match base {
        Base::Bool => LakeType::Boolean,
        Base::Int64 => LakeType::Int64,
        Base::Float64 => LakeType::Float64,
        Base::Text => LakeType::Text,
        Base::Date => LakeType::Date,
        Base::Timestamp => LakeType::Timestamp,
        // As the writers store every decimal.
        Base::Decimal { .. } => LakeType::Decimal {
            precision: 38,
            scale: 18,
        },
        Base::Number | Base::Nothing => return None,
    })
}

/// Whose runs left the tables of other jobs that a job reads.
fn written_by(
    project: &Project,
    job: &Job,
    upstream: &BTreeMap<TableName, UpstreamFacts>,
) -> BTreeMap<TableName, WrittenBy> {
    let known = upstream.iter().filter_map(|(table, facts)| match facts {
        UpstreamFacts::Known(side, _) => {
            let writer = WrittenBy {
                job: project.edges.home(&job.name, table)?.clone(),
                side: *side,
            };
            Some((table.clone(), writer))
        }
        UpstreamFacts::Kept(..) | UpstreamFacts::Own => None,
    });
    known.collect()
}

/// Decisions about frames that come from jobs which are kept legacy.
fn kept_reads(
    job: &Job,
    lifted: &Lifted,
    written_by: &BTreeMap<TableName, WrittenBy>,
) -> Vec<Decision> {
    let scans = lifted.flow.nodes().filter_map(|(_, node)| match &node.op {
        Op::Scan { table, frame, .. } => Some((node.module, table, frame)),
        _ => None,
    });
    let kept = scans.filter_map(|(module, table, frame)| {
        let writer = written_by.get(table)?;
        (writer.side == Side::Legacy).then(|| Decision {
            module,
            construct: format!("frame \"{frame}\""),
            level: Level::Flat,
            rule: "read-legacy-output",
            reason: format!(
                "job \"{}\", which writes {table}, is not rewritten as a whole, so what its legacy run of the same date left is read",
                writer.job
            ),
            span: job.modules.get(module).map(|module| module.span.clone()),
        })
    });
    kept.collect()
}

/// Why a job is not lifted that reads the output of one that is not.
pub(crate) fn needs_kept(job: &JobName) -> String {
    format!("it needs the output of job \"{job}\", which is kept legacy")
}

struct Lowering<'a> {
    project: &'a Project,
    job: &'a Job,
    catalog: &'a Catalog,
    upstream: &'a BTreeMap<TableName, UpstreamFacts>,
    configuration: &'a SourceFile,
    flow: Dataflow,
    frames: BTreeMap<FrameName, NodeId>,
    /// Frames that some paths of an External leave unset, with what must hold for them to be there.
    conditional: BTreeMap<FrameName, Obligation>,
    /// Results of queries, with what must hold for Python to find numbers in their columns.
    numbers: BTreeMap<FrameName, Obligation>,
    /// Frames a refused module may have set, and that module.
    unknown: BTreeMap<FrameName, usize>,
    rejected: Vec<Diagnostic>,
    refusals: Vec<RefusedAt>,
    externals: BTreeMap<usize, ModuleSyntax>,
    siblings: BTreeMap<usize, Vec<ModuleSyntax>>,
    /// Files in which an External may have left something that a later one would find.
    remembered: BTreeSet<Arc<str>>,
    /// Files of the Externals so far.
    used: BTreeSet<Arc<str>>,
    /// Files of each.
    files: BTreeMap<usize, BTreeSet<Arc<str>>>,
    /// Those that leave something in their modules.
    remembering: BTreeSet<usize>,
    /// Modules that are in the dataflow.
    lowered: BTreeSet<usize>,
    /// Externals whose code may change the interpreter.
    unbounded: BTreeSet<usize>,
}

impl Lowering<'_> {
    fn module(&mut self, index: usize) {
        let job = self.job;
        let module = &job.modules[index];
        match &module.kind {
            ModuleKind::DataSourcing(sourcing) => self.data_sourcing(index, &module.span, sourcing),
            ModuleKind::Transformation(transformation) => {
                self.transformation(index, &module.span, transformation);
            }
            ModuleKind::External(external) => self.external(index, external),
            ModuleKind::DataFrameWriter(writer) => self.sink(index, &module.span, &writer.source),
            ModuleKind::ParquetFileWriter(writer) => self.sink(index, &module.span, &writer.source),
            ModuleKind::CsvFileWriter(writer) => {
                if writer.trailer_source.is_some() {
                    let reason = "a trailer that takes its tokens from a frame is not lifted yet";
                    self.refuse(
                        index,
                        Refusal::new("trailerSource", reason, Some(module.span.clone())),
                    );
                }
                self.sink(index, &module.span, &writer.source);
            }
        }
    }

    fn bind(&mut self, index: usize, frame: &FrameName, node: NodeId) {
        self.unknown.remove(frame);
        self.conditional.remove(frame);
        self.numbers.remove(frame);
        self.frames.insert(frame.clone(), node);
        self.lowered.insert(index);
        self.flow.frames.push(FrameBinding {
            module: index,
            frame: frame.clone(),
            node,
        });
    }

    /// A module reads a frame; one that may be unset makes its being there an obligation.
    fn read(&mut self, index: usize, frame: &FrameName, node: NodeId) {
        if let Some(obligation) = self.conditional.remove(frame) {
            self.flow.obligations.push(obligation);
        }
        self.flow.reads.push(FrameBinding {
            module: index,
            frame: frame.clone(),
            node,
        });
    }

    /// Frames nobody knows, as a refusal names one, in lower case.
    fn unknown_as(&self, construct: impl Fn(&FrameName) -> String) -> BTreeSet<String> {
        let frames = self.unknown.keys();
        frames
            .map(|frame| construct(frame).to_lowercase())
            .collect()
    }

    fn refuse(&mut self, index: usize, refusal: Refusal) {
        self.refusals.push((Some(index), refusal));
    }

    fn reject(&mut self, index: usize, key: &str, diagnostic: Diagnostic) {
        let span = self.job.modules[index].span.clone();
        let placed = if diagnostic.span.is_some() {
            diagnostic
        } else {
            diagnostic.at(span)
        };
        let path = format!("modules[{index}]{key}");
        self.rejected.push(if placed.path.is_some() {
            placed
        } else {
            placed.path(path)
        });
    }

    fn data_sourcing(&mut self, index: usize, span: &Span, sourcing: &DataSourcing) {
        let kept = match self.upstream.get(&sourcing.table) {
            None | Some(UpstreamFacts::Known(..)) => None,
            Some(UpstreamFacts::Kept(job, why)) => Some(match why {
                Some(why) => format!("{}, and {why}", needs_kept(job)),
                None => needs_kept(job),
            }),
            Some(UpstreamFacts::Own) => Some(
                "it reads what the job itself wrote on the date before, which is not lifted yet"
                    .to_owned(),
            ),
        };
        if let Some(reason) = kept {
            let construct = format!("frame \"{}\"", sourcing.result);
            self.frames.remove(&sourcing.result);
            self.unknown.insert(sourcing.result.clone(), index);
            return self.refuse(index, Refusal::new(construct, reason, Some(span.clone())));
        }
        let Some(facts) = self.catalog.tables.get(&sourcing.table) else {
            let known: Vec<String> = self
                .catalog
                .tables
                .keys()
                .map(ToString::to_string)
                .collect();
            let message = if sourcing.table.schema == self.project.workspace.curated_schema {
                format!(
                    "no job writes the table {}, and the lake does not have it either",
                    sourcing.table
                )
            } else {
                format!("the lake has no table {}", sourcing.table)
            };
            let problem =
                Diagnostic::error(message).hint(format!("its tables are: {}", known.join(", ")));
            return self.reject(index, ".table", problem);
        };
        let missing: Vec<_> = sourcing
            .columns
            .iter()
            .filter(|name| facts.column(name.as_str()).is_none())
            .collect();
        for name in &missing {
            let at = sourcing
                .columns
                .iter()
                .position(|column| column == *name)
                .unwrap_or(0);
            let known: Vec<&str> = facts
                .columns
                .iter()
                .map(|column| column.name.as_str())
                .collect();
            let mut problem =
                Diagnostic::error(format!("table {} has no column \"{name}\"", sourcing.table))
                    .hint(format!("its columns are: {}", known.join(", ")));
            if let Some(span) = sourcing.column_spans.get(at) {
                problem = problem.at(span.clone());
            }
            self.reject(index, &format!(".columns[{at}]"), problem);
        }
        if !missing.is_empty() {
            return;
        }
        let workspace = &self.project.workspace;
        let made = relift_python::pandas::source_scan(
            &mut self.flow,
            sourcing,
            workspace,
            index,
            Some(span),
            self.catalog,
        );
        let scan = match made {
            Ok(node) => node,
            Err(error) => return self.reject(index, "", Diagnostic::error(error.to_string())),
        };
        let rows = match &sourcing.filter {
            None => scan,
            Some(filter) => match self.filtered(index, span, scan, filter) {
                Ok(node) => node,
                Err(refusals) => {
                    self.unknown.insert(sourcing.result.clone(), index);
                    return refusals
                        .into_iter()
                        .for_each(|refusal| self.refuse(index, refusal));
                }
            },
        };
        let framed = relift_python::pandas::framed_rows(
            &mut self.flow,
            sourcing,
            workspace,
            rows,
            self.catalog,
        );
        match framed {
            Ok(node) => self.bind(index, &sourcing.result, node),
            Err(error) => self.reject(index, "", Diagnostic::error(error.to_string())),
        }
    }

    /// Rows of a scan that the filter lets through; it sees the lake's own values.
    fn filtered(
        &mut self,
        index: usize,
        span: &Span,
        scan: NodeId,
        filter: &str,
    ) -> Result<NodeId, Vec<Refusal>> {
        let text = SqlText {
            text: filter,
            span_of: &|_| span.clone(),
        };
        let predicate = sqlite::lower_predicate(&self.flow, &text, scan, index, self.catalog)?;
        let kept = Op::Filter {
            input: scan,
            predicate,
        };
        self.flow
            .add(kept, index, vec![span.clone()], None, self.catalog)
            .map_err(|error| {
                vec![Refusal::new(
                    "additionalFilter",
                    error.to_string(),
                    Some(span.clone()),
                )]
            })
    }

    fn transformation(&mut self, index: usize, span: &Span, transformation: &Transformation) {
        let dialect = transformation
            .dialect
            .unwrap_or(self.project.workspace.sql_dialect);
        if dialect != Dialect::Sqlite {
            let refusal = Refusal::new(
                "Transformation",
                "only SQLite's dialect is lifted yet",
                Some(span.clone()),
            );
            self.unknown.insert(transformation.result.clone(), index);
            return self.refuse(index, refusal);
        }
        let configuration = self.configuration.clone();
        let offsets = transformation.sql_offsets.clone();
        let span_of = move |range: std::ops::Range<usize>| {
            let place = |at: usize| {
                offsets
                    .get(at)
                    .or(offsets.last())
                    .map_or(0, |offset| *offset as usize)
            };
            configuration.span(place(range.start)..place(range.end))
        };
        let text = SqlText {
            text: &transformation.sql,
            span_of: &span_of,
        };
        match sqlite::lower_query(&mut self.flow, &text, &self.frames, index, self.catalog) {
            Ok(lowered) => {
                for (frame, node) in lowered.frames_read {
                    self.read(index, &frame, node);
                }
                self.flow
                    .rename(lowered.node, transformation.result.as_str());
                self.bind(index, &transformation.result, lowered.node);
                if let Some(obligation) = lowered.if_python_reads {
                    self.numbers
                        .insert(transformation.result.clone(), obligation);
                }
            }
            Err(refusals) => {
                // A frame that a refused module would have made is not missing.
                let unknown = self.unknown_as(|frame| format!("table \"{frame}\""));
                refusals
                    .into_iter()
                    .filter(|refusal| !unknown.contains(&refusal.construct.to_lowercase()))
                    .for_each(|refusal| self.refuse(index, refusal));
                self.unknown.insert(transformation.result.clone(), index);
            }
        }
    }

    fn external(&mut self, index: usize, external: &External) {
        let source = match self.project.external(external) {
            Ok(source) => source,
            Err(problem) => return self.reject(index, ".module", problem),
        };
        let parsed = match syntax::parse(&source) {
            Ok(parsed) => parsed,
            Err(problems) => {
                return problems
                    .into_iter()
                    .for_each(|problem| self.reject(index, ".module", problem));
            }
        };
        let imported = match self.project.imported(external, &source) {
            Ok(imported) => imported,
            Err(error) => {
                let problem = Diagnostic::error(error.whole());
                return self.reject(
                    index,
                    ".module",
                    problem.hint("the file must be UTF-8 text"),
                );
            }
        };
        let uses = syntax::shared_state_uses(&parsed);
        self.externals.insert(index, parsed);
        let files: BTreeSet<Arc<str>> = imported
            .iter()
            .map(|module| &module.source)
            .chain([&source])
            .map(|source| source.name().clone())
            .collect();
        let unread = imported
            .iter()
            .filter(|module| !self.used.contains(module.source.name()))
            .filter_map(|module| module.syntax.clone())
            .collect();
        self.siblings.insert(index, unread);
        self.used.extend(files.iter().cloned());
        self.files.insert(index, files.clone());
        let siblings = siblings(&imported);
        let code = ExternalCode {
            source: &source,
            function: &external.function,
            name: &module_name(external),
            siblings: &siblings,
            sql: Some(&Sqlite),
        };
        let before = self.flow.clone();
        let mut lowered =
            relift_python::lower_external(&mut self.flow, &code, &self.frames, index, self.catalog);
        if let Some(file) = files.intersection(&self.remembered).next() {
            let reason = "an External before it may have left something in a module they share";
            let construct = format!("module {file}");
            self.flow = before;
            lowered = Err(vec![Refusal::new(construct, reason, Some(source.whole()))]);
        }
        let code = || {
            let imported = imported.iter().filter_map(|module| module.syntax.as_ref());
            self.externals.get(&index).into_iter().chain(imported)
        };
        let remembers = match &lowered {
            Ok(lowered) => lowered.remembers,
            // Code that is not understood may change whatever it can reach.
            Err(_) => {
                imported.iter().any(|module| module.syntax.is_none())
                    || code().any(syntax::keeps_state)
            }
        };
        if code().any(syntax::changes_process) {
            self.unbounded.insert(index);
        }
        if remembers {
            self.remembered.extend(files);
            self.remembering.insert(index);
        }
        match lowered {
            Ok(lowered) => {
                self.lowered.insert(index);
                for (frame, node) in lowered.frames_read {
                    self.flow.obligations.extend(self.numbers.remove(&frame));
                    self.read(index, &frame, node);
                }
                for (frame, node) in lowered.frames_set {
                    self.bind(index, &frame, node);
                }
                self.conditional.extend(lowered.frames_conditional);
            }
            Err(refusals) => {
                let unknown = self.unknown_as(|frame| format!("shared_state[\"{frame}\"]"));
                for found in uses {
                    let frame = FrameName::from(found.key.as_str());
                    if found.written {
                        self.frames.remove(&frame);
                        self.unknown.insert(frame, index);
                    } else if let Some(node) = self.frames.get(&frame).copied() {
                        self.read(index, &frame, node);
                    }
                }
                refusals
                    .into_iter()
                    .filter(|refusal| !unknown.contains(&refusal.construct.to_lowercase()))
                    .for_each(|refusal| self.refuse(index, refusal));
            }
        }
    }

    fn sink(&mut self, index: usize, span: &Span, source: &FrameName) {
        if let Some(node) = self.frames.get(source).copied() {
            self.read(index, source, node);
            self.lowered.insert(index);
            let written = match self.job.modules.get(index).map(|module| &module.kind) {
                Some(ModuleKind::CsvFileWriter(_)) => Written::Text,
                _ => Written::Typed,
            };
            match written_frame(&mut self.flow, node, written, index, self.catalog) {
                Ok(input) => self.flow.sinks.push(Sink {
                    module: index,
                    input,
                }),
                Err(error) => self.reject(index, ".source", Diagnostic::error(error.to_string())),
            }
            return;
        }
        if self.refusals.is_empty() && self.rejected.is_empty() {
            let known: Vec<String> = self.frames.keys().map(ToString::to_string).collect();
            let problem =
                Diagnostic::error(format!("no module before it makes the frame \"{source}\""))
                    .at(span.clone())
                    .hint(format!("frames so far: {}", known.join(", ")));
            self.reject(index, ".source", problem);
        }
    }
}
