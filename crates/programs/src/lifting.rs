//! A program as the product sees it: catalog, dataflow, lifted form, rewritten job.

use std::collections::{BTreeMap, BTreeSet};

use relift_dataflow::{Dataflow, NodeId, Obligation, Refusal, Sink};
use relift_diagnostics::SourceFile;
use relift_job::{
    Catalog, ColumnFacts, ColumnName, DateRange, EffectiveDate, FrameName, Job, JobName,
    ModuleKind, Nulls, TableFacts, TableName, Workspace,
};
use relift_lift::{Level, Lifted, Rewrite, emit, lift};
use relift_python::pandas::{Written, written_frame};
use relift_python::{ExternalCode, Siblings, lower_external, pandas};
use relift_sql::sqlite::{SqlText, lower_query};
use serde_json::json;

use crate::own_sql::Sqlite;
use crate::program::{ModuleText, Program, RESULT};

/// Schema of every table.
pub(crate) const SCHEMA: &str = "lake";

/// A program that was understood, lifted and printed.
pub struct Understood {
    /// As the frontends lowered it.
    pub flow: Dataflow,
    /// As the rules lifted it.
    pub lifted: Lifted,
    /// As it is printed.
    pub rewrite: Rewrite,
    /// What the program's answer is in `flow`.
    pub root: NodeId,
    /// How far it was lifted: the worst of its constructs.
    pub level: Level,
}

/// Why a program stays as it is, and at which step this was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// `frontend`, `lift` or `print`.
    pub step: &'static str,
    /// Everything that stands in the way.
    pub refusals: Vec<Refusal>,
}

/// Settings of the workspace all programs live in.
pub fn workspace() -> Workspace {
    let day = EffectiveDate::parse("2024-01-01").expect("it is a date");
    let range = DateRange {
        first: day,
        last: day,
    };
    let text = Workspace::initial_text("programs", range);
    Workspace::parse(&SourceFile::new("relift.toml", &text)).expect("it is its own first text")
}

/// The job a program is: its sources, its modules, one CSV file.
pub(crate) fn job(program: &Program, workspace: &Workspace) -> Result<Job, String> {
    let date_column = &workspace.effective_date_column;
    let mut modules: Vec<serde_json::Value> = program
        .tables
        .iter()
        .map(|table| {
            let columns: Vec<&str> = table
                .columns
                .iter()
                .map(|column| column.name.as_str())
                .filter(|name| name != date_column)
                .collect();
            json!({"type": "DataSourcing", "resultName": table.name, "schema": SCHEMA, "table": table.name, "columns": columns})
        })
        .collect();
    modules.extend(program.modules.iter().map(|module| match module {
        ModuleText::Python { function, .. } => {
            json!({"type": "External", "module": "program.py", "function": function})
        }
        ModuleText::Sql { text, result } => {
            json!({"type": "Transformation", "resultName": result, "sql": text})
        }
    }));
    modules.push(json!({"type": "CsvFileWriter", "source": RESULT, "outputDirectory": "Output/curated",
        "jobDirName": "program", "outputTableDirName": "result", "fileName": "result.csv", "writeMode": "Overwrite"}));
    let text = json!({"jobName": "program", "modules": modules}).to_string();
    Job::parse(&SourceFile::new("job.json", &text), workspace).map_err(|problems| {
        let texts: Vec<String> = problems
            .iter()
            .map(|problem| format!("{problem:?}"))
            .collect();
        texts.join("; ")
    })
}

/// What a lake would say of the tables: a column with NULLs has them on all dates with rows, or on some.
pub(crate) fn catalog(program: &Program) -> Catalog {
    let mut tables = BTreeMap::new();
    for (at, table) in program.tables.iter().enumerate() {
        let columns = table
            .columns
            .iter()
            .enumerate()
            .map(|(place, column)| {
                let filled = program.days.iter().filter(|day| !day.rows[at].is_empty());
                let with_null = filled
                    .clone()
                    .filter(|day| day.rows[at].iter().any(|row| row[place].is_null()))
                    .count();
                let nulls = match (with_null, filled.count()) {
                    (0, 0) if column.nullable => Nulls::Sometimes,
                    (0, _) => Nulls::Never,
                    (some, all) if some == all => Nulls::Always,
                    _ => Nulls::Sometimes,
                };
                ColumnFacts {
                    name: ColumnName::from(column.name.as_str()),
                    lake_type: column.lake_type,
                    nulls,
                }
            })
            .collect();
        tables.insert(
            TableName::new(SCHEMA, &table.name),
            TableFacts {
                columns,
                version: 0,
            },
        );
    }
    Catalog { tables }
}

/// Understands, lifts and prints a program. An error of the outer kind is a fault of the program's form.
pub fn understand(
    program: &Program,
    workspace: &Workspace,
    sqlite: &str,
) -> Result<Result<Understood, Refused>, String> {
    let job = job(program, workspace)?;
    let catalog = catalog(program);
    let mut flow = Dataflow::new(JobName::from("program"));
    flow.sqlite = Some(sqlite.to_owned());
    let mut frames: BTreeMap<FrameName, NodeId> = BTreeMap::new();
    let mut conditional = BTreeMap::new();
    let mut numbers: BTreeMap<FrameName, Obligation> = BTreeMap::new();
    let mut texts = program.modules.iter().enumerate();
    for (index, module) in job.modules.iter().enumerate() {
        match &module.kind {
            ModuleKind::DataSourcing(sourcing) => {
                let node = pandas::source_frame(
                    &mut flow,
                    sourcing,
                    workspace,
                    index,
                    Some(&module.span),
                    &catalog,
                )
                .map_err(|error| error.to_string())?;
                frames.insert(sourcing.result.clone(), node);
            }
            ModuleKind::External(_) | ModuleKind::Transformation(_) => {
                let Some((number, text)) = texts.next() else {
                    return Err("the job has more modules than the program".to_owned());
                };
                let lowered = match text {
                    ModuleText::Python { text, function } => {
                        let source = SourceFile::new(&format!("module_{}.py", number + 1), text);
                        let name = format!("module_{}", number + 1);
                        let code = ExternalCode {
                            source: &source,
                            function,
                            name: &name,
                            siblings: &Siblings::default(),
                            sql: Some(&Sqlite),
                        };
                        let lowered = lower_external(&mut flow, &code, &frames, index, &catalog);
                        lowered.map(|lowered| {
                            for (frame, _) in &lowered.frames_read {
                                flow.obligations.extend(numbers.remove(frame));
                                if let Some(obligation) = conditional.remove(frame) {
                                    flow.obligations.push(obligation);
                                }
                            }
                            for (frame, node) in lowered.frames_set {
                                conditional.remove(&frame);
                                numbers.remove(&frame);
                                frames.insert(frame, node);
                            }
                            conditional.extend(lowered.frames_conditional);
                        })
                    }
                    ModuleText::Sql { text, result } => {
                        let source = SourceFile::new(&format!("module_{}.sql", number + 1), text);
                        let span_of = |range| source.span(range);
                        let sql = SqlText {
                            text,
                            span_of: &span_of,
                        };
                        let lowered = lower_query(&mut flow, &sql, &frames, index, &catalog);
                        lowered.map(|lowered| {
                            for (frame, _) in &lowered.frames_read {
                                if let Some(obligation) = conditional.remove(frame) {
                                    flow.obligations.push(obligation);
                                }
                            }
                            flow.rename(lowered.node, result);
                            if let Some(obligation) = lowered.if_python_reads {
                                numbers.insert(FrameName::from(result.as_str()), obligation);
                            }
                            frames.insert(FrameName::from(result.as_str()), lowered.node);
                        })
                    }
                };
                if let Err(refusals) = lowered {
                    return Ok(Err(Refused {
                        step: "frontend",
                        refusals,
                    }));
                }
            }
            ModuleKind::CsvFileWriter(writer) => {
                let Some(root) = frames.get(&writer.source).copied() else {
                    return Ok(Err(Refused {
                        step: "frontend",
                        refusals: vec![Refusal::new(
                            "frame",
                            "no module sets the frame that is written",
                            None,
                        )],
                    }));
                };
                if let Some(obligation) = conditional.remove(&writer.source) {
                    flow.obligations.push(obligation);
                }
                let written = written_frame(&mut flow, root, Written::Text, index, &catalog);
                match written {
                    Ok(input) => flow.sinks.push(Sink {
                        module: index,
                        input,
                    }),
                    Err(error) => {
                        return Ok(Err(Refused {
                            step: "frontend",
                            refusals: vec![Refusal::new("output", error.to_string(), None)],
                        }));
                    }
                }
            }
            ModuleKind::DataFrameWriter(_) | ModuleKind::ParquetFileWriter(_) => {}
        }
    }
    Ok(lifted(&job, flow, &catalog))
}

fn lifted(job: &Job, flow: Dataflow, catalog: &Catalog) -> Result<Understood, Refused> {
    let root = flow.sinks[0].input;
    let lifted = lift(&flow, catalog).map_err(|refusals| Refused {
        step: "lift",
        refusals,
    })?;
    let rewrite =
        emit(job, &lifted, &BTreeMap::new(), &BTreeSet::new()).map_err(|refusals| Refused {
            step: "print",
            refusals,
        })?;
    let level = lifted
        .decisions
        .iter()
        .map(|decision| decision.level)
        .max()
        .unwrap_or(Level::Flat);
    Ok(Understood {
        flow,
        lifted,
        rewrite,
        root,
        level,
    })
}
