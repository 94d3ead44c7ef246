//! What the output would be without a piece of bad practice that the rewrite keeps.
//!
//! "The output depends on it" is a claim like any other, so it is tried: the rewrite without the thing is run
//! and compared with what the legacy job wrote. The first date that differs is the evidence. Where no date
//! differs, nothing is claimed. A control run of the unchanged rewrite on that date has to be equal, so that
//! the difference is the change's.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, new_null_array};
use arrow::datatypes::{Field, Schema, SchemaRef};
use relift_antipatterns::Finding;
use relift_dataflow::{Dataflow, Expr, Literal, Op, Rewriter};
use relift_falsify::with_literals;
use relift_job::{Catalog, ColumnName, DateMode, EffectiveDate, FrameName, Job, Side};
use relift_lift::Lifted;
use relift_platform::outputs::{StagedFile, StagedTable};
use relift_reconcile::{Output, RunOutput, Status, TextLayout, reconcile};

use crate::bench::Bench;
use crate::runs::{
    RewriteFiles, nominal_processing_time, read_arrow, remove_folder, rewrite_upstream, run_key,
    stage_rewrite,
};
use crate::stages::write_down;
use crate::{MigrationError, comparison};

/// Experiments per job; what is beyond costs time and is not claimed.
const EXPERIMENTS_MAX: usize = 16;

/// The rewrite without something.
struct Experiment {
    /// What was changed, in words.
    change: String,
    flow: Dataflow,
}

/// Tries out what the rewrite of one job keeps.
pub(crate) struct Laboratory<'a> {
    bench: &'a Bench<'a>,
    job: &'a Job,
    lifted: Lifted,
    catalog: Catalog,
    left: usize,
    /// Dates on which the unchanged rewrite is known to be equal, or not.
    controls: BTreeMap<EffectiveDate, bool>,
}

impl<'a> Laboratory<'a> {
    /// For a job that is lifted.
    pub(crate) fn of(bench: &'a Bench<'a>, job: &'a Job) -> Result<Option<Self>, MigrationError> {
        let analysis = bench.analysis(&job.name)?;
        let Ok(lifted) = &analysis.lifted else {
            return Ok(None);
        };
        Ok(Some(Self {
            bench,
            job,
            lifted: lifted.clone(),
            catalog: analysis.catalog(bench.catalog()?).clone(),
            left: EXPERIMENTS_MAX,
            controls: BTreeMap::new(),
        }))
    }

    /// What shows that the output depends on what was found, as a clause; `None` when nothing does.
    pub(crate) fn evidence(&mut self, finding: &Finding) -> Result<Option<String>, MigrationError> {
        for experiment in experiments(finding, &self.lifted.flow, &self.catalog) {
            if self.left == 0 {
                return Ok(None);
            }
            self.left -= 1;
            let changed = Lifted {
                flow: experiment.flow,
                ..self.lifted.clone()
            };
            let Some(files) = self.files(&changed)? else {
                continue;
            };
            if let Some((date, difference)) = self.first_difference(&files)? {
                return Ok(Some(format!(
                    "{}: {date} differs: {difference}",
                    experiment.change
                )));
            }
        }
        Ok(None)
    }

    /// The graph of the job's own lowering.
    pub(crate) fn flow(&self) -> &Dataflow {
        &self.lifted.flow
    }

    /// What is known of the tables it reads.
    pub(crate) fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The first date on which the rewrite with this graph differs, and how. Dates of `first` are looked at
    /// before the others. Also a graph that cannot be written down differs.
    pub(crate) fn differs(
        &self,
        flow: &Dataflow,
        first: &[EffectiveDate],
    ) -> Result<Option<(EffectiveDate, String)>, MigrationError> {
        let changed = Lifted {
            flow: flow.clone(),
            ..self.lifted.clone()
        };
        let whole = self.bench.project.workspace.dates;
        let Some(files) = self.files(&changed)? else {
            return Ok(Some((whole.first, "it cannot be written down".to_owned())));
        };
        let rest = whole.iter().filter(|date| !first.contains(date));
        for date in first.iter().copied().chain(rest) {
            if let Some(difference) = self.difference(&files, date)? {
                return Ok(Some((date, difference)));
            }
        }
        Ok(None)
    }

    fn files(&self, lifted: &Lifted) -> Result<Option<RewriteFiles>, MigrationError> {
        let written_by = &self.bench.analysis(&self.job.name)?.written_by;
        let written = write_down(self.bench, &self.job.name, lifted, written_by)?;
        Ok(written.ok().map(|rewrite| RewriteFiles {
            job: rewrite.job,
            sql: rewrite.files,
            code: String::new(),
            legacy: None,
        }))
    }

    fn first_difference(
        &mut self,
        files: &RewriteFiles,
    ) -> Result<Option<(EffectiveDate, String)>, MigrationError> {
        for date in self.bench.project.workspace.dates.iter() {
            if let Some(difference) = self.difference(files, date)?
                && self.control(date)?
            {
                return Ok(Some((date, difference)));
            }
        }
        Ok(None)
    }

    fn control(&mut self, date: EffectiveDate) -> Result<bool, MigrationError> {
        if let Some(known) = self.controls.get(&date) {
            return Ok(*known);
        }
        let equal = match self.files(&self.lifted)? {
            Some(files) => self.difference(&files, date)?.is_none(),
            None => false,
        };
        self.controls.insert(date, equal);
        Ok(equal)
    }

    /// How the output of a date differs from the legacy job's; `None` also where that one left none.
    fn difference(
        &self,
        files: &RewriteFiles,
        date: EffectiveDate,
    ) -> Result<Option<String>, MigrationError> {
        let bench = self.bench;
        let name = &self.job.name;
        let run = bench
            .store
            .read()
            .latest_run(&run_key(name, date, Side::Legacy))?;
        let legacy = comparison::output(bench, self.job, date, Side::Legacy, run.as_ref())?;
        let RunOutput::Wrote(written) = &legacy else {
            return Ok(None);
        };
        let Ok(read) = rewrite_upstream(bench, name, files, date)? else {
            return Ok(None);
        };
        let staging = bench.staging().join(format!("{name}-{date}-experiment"));
        remove_folder(&staging)?;
        std::fs::create_dir_all(&staging)
            .map_err(MigrationError::file("create", staging.as_path()))?;
        let time = nominal_processing_time(date);
        let changed = match stage_rewrite(bench, files, &read, date, time, &staging)? {
            Ok(outcome) => RunOutput::Wrote(staged(&outcome.files, &outcome.tables, written)?),
            Err(failure) => RunOutput::Raised(failure.to_string()),
        };
        remove_folder(&staging)?;
        let comparison = reconcile(&legacy, &changed, date);
        Ok((comparison.status != Status::Pass).then(|| comparison.cause_line()))
    }
}

/// What was staged, under the names the comparison of runs uses; `legacy` says how it is laid out.
pub(crate) fn staged(
    files: &[StagedFile],
    tables: &[StagedTable],
    legacy: &BTreeMap<String, Output>,
) -> Result<BTreeMap<String, Output>, MigrationError> {
    let mut outputs = BTreeMap::new();
    for file in files {
        // A place is `{job dir}/{table dir}/{date}/{file}`, and `{job}/files/{date}/{file}` of a file that
        // the job wrote by itself.
        let mut parts: Vec<&str> = file.relative.split('/').collect();
        if file.module.is_some() && parts.len() > 2 {
            parts.remove(parts.len() - 2);
        } else if file.module.is_none() && parts.len() > 3 {
            parts.remove(2);
            parts.remove(0);
        }
        let name = parts.join("/");
        let output = if file.staged.is_dir() {
            Output::Parquet {
                parts: comparison::parts(&file.staged)?,
            }
        } else {
            let bytes = std::fs::read(&file.staged)
                .map_err(MigrationError::file("read", file.staged.as_path()))?;
            let layout = match legacy.get(&name) {
                Some(Output::Text { layout, .. }) => *layout,
                _ => TextLayout::default(),
            };
            Output::Text { bytes, layout }
        };
        outputs.insert(name, output);
    }
    for table in tables {
        let (schema, batches) = read_arrow(&table.arrow_file)?;
        let known = match legacy.get(&table.table) {
            Some(Output::Table { schema, .. }) => Some(schema),
            _ => None,
        };
        let (schema, batches) = typed(&schema, &batches, &table.untyped, known)?;
        outputs.insert(table.table.clone(), Output::Table { schema, batches });
    }
    Ok(outputs)
}

/// The rows with the types the table has for columns without a value.
fn typed(
    schema: &SchemaRef,
    batches: &[RecordBatch],
    untyped: &[ColumnName],
    known: Option<&SchemaRef>,
) -> Result<(SchemaRef, Vec<RecordBatch>), MigrationError> {
    let wanted = |field: &Field| -> Field {
        let found = known.and_then(|known| known.field_with_name(field.name()).ok());
        match found {
            Some(found) if untyped.iter().any(|name| name.as_str() == field.name()) => {
                field.clone().with_data_type(found.data_type().clone())
            }
            _ => field.clone(),
        }
    };
    let fields: Vec<Field> = schema.fields().iter().map(|field| wanted(field)).collect();
    let typed: SchemaRef = Arc::new(Schema::new(fields));
    let batches = batches.iter().map(|batch| {
        let columns = batch.columns().iter().zip(typed.fields());
        let columns: Vec<ArrayRef> = columns
            .map(|(column, field)| {
                if column.data_type() == field.data_type() {
                    Arc::clone(column)
                } else {
                    new_null_array(field.data_type(), batch.num_rows())
                }
            })
            .collect();
        RecordBatch::try_new(Arc::clone(&typed), columns)
            .map_err(|error| MigrationError::Record(error.to_string()))
    });
    let batches = batches.collect::<Result<_, _>>()?;
    Ok((typed, batches))
}

/// The rewrite without what was found, in as many ways as there are.
fn experiments(finding: &Finding, flow: &Dataflow, catalog: &Catalog) -> Vec<Experiment> {
    match (finding.code, &finding.frame, &finding.column) {
        ("AP5", ..) => stand_ins(finding, flow, catalog).into_iter().collect(),
        ("AP7", ..) => numbers(finding, flow, catalog),
        ("AP9", _, Some(column)) => renamed(column, flow, catalog).into_iter().collect(),
        ("AP10", Some(frame), _) => narrowed(frame, flow, catalog).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// One experiment per number: it becomes larger by one.
#[expect(
    clippy::float_cmp,
    reason = "a literal is looked for by its very value"
)]
fn numbers(finding: &Finding, flow: &Dataflow, catalog: &Catalog) -> Vec<Experiment> {
    let Some(span) = &finding.span else {
        return Vec::new();
    };
    let words = finding.message.split(|letter: char| letter.is_whitespace());
    let found = words.filter_map(|word| {
        let text = word.trim_end_matches(',').trim_matches(['\'', '"']);
        let number: f64 = text.replace('_', "").parse().ok()?;
        let other = |literal: &Literal| match literal {
            Literal::Int(int) if *int as f64 == number => Some(Literal::Int(int.checked_add(1)?)),
            Literal::Float(float) if *float == number => Some(Literal::Float(float + 1.0)),
            Literal::Decimal { unscaled, scale } => {
                let one = 10_i128.checked_pow(u32::try_from(*scale).ok()?)?;
                let same = *unscaled as f64 / one as f64 == number;
                same.then(|| Literal::Decimal {
                    unscaled: unscaled + one,
                    scale: *scale,
                })
            }
            _ => None,
        };
        Some(Experiment {
            change: format!("with one more than {text}"),
            flow: with_literals(flow, catalog, span, &other)?,
        })
    });
    found.collect()
}

/// One stand-in for a missing value gives way to the other one.
#[expect(
    clippy::float_cmp,
    reason = "a literal is looked for by its very value"
)]
fn stand_ins(finding: &Finding, flow: &Dataflow, catalog: &Catalog) -> Option<Experiment> {
    let (_, rest) = finding.message.split_once("\" is ")?;
    let (own, others) = rest.split_once(" here, ")?;
    let (other, _) = others.split_once(" at ")?;
    let (from, to) = (constant(own)?, constant(other)?);
    let exchange = |literal: &Literal| match (literal, &from, &to) {
        (Literal::Text(text), Literal::Text(own), Literal::Text(_)) if text == own => {
            Some(to.clone())
        }
        (Literal::Int(int), Literal::Float(own), Literal::Float(other))
            if *int as f64 == *own && other.fract() == 0.0 =>
        {
            Some(Literal::Int(*other as i64))
        }
        (Literal::Float(float), Literal::Float(own), Literal::Float(_)) if float == own => {
            Some(to.clone())
        }
        _ => None,
    };
    Some(Experiment {
        change: format!("with {other} instead of {own}"),
        flow: with_literals(flow, catalog, finding.span.as_ref()?, &exchange)?,
    })
}

/// A constant as it is written in Python or SQL; numbers all as floats.
fn constant(text: &str) -> Option<Literal> {
    let text = text.trim();
    for quote in ['\'', '"'] {
        if let Some(inner) = text
            .strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote))
        {
            return Some(Literal::Text(inner.to_owned()));
        }
    }
    text.parse().ok().map(Literal::Float)
}

/// The output column has another name.
fn renamed(column: &ColumnName, flow: &Dataflow, catalog: &Catalog) -> Option<Experiment> {
    let mut old = flow.clone();
    old.obligations.clear();
    let mut rewriter = Rewriter::new(&old, catalog);
    for (id, _) in old.nodes() {
        rewriter.keep(id).ok()?;
    }
    let mut any = false;
    for sink in &old.sinks {
        let node = old.node(sink.input);
        if !node.schema.has(column) {
            continue;
        }
        any = true;
        let columns = node.schema.names().map(|name| {
            let renamed = if name == column {
                ColumnName::from(format!("{name}_renamed").as_str())
            } else {
                name.clone()
            };
            (renamed, Expr::column(name.clone()))
        });
        let op = Op::Map {
            input: rewriter.new_id(sink.input),
            columns: columns.collect(),
        };
        let outer = rewriter.add(sink.input, op).ok()?;
        rewriter.redirect(sink.input, outer);
    }
    any.then(|| Experiment {
        change: format!("with another name for \"{column}\""),
        flow: rewriter.finish(),
    })
}

/// The source reads its own date only.
fn narrowed(frame: &FrameName, flow: &Dataflow, catalog: &Catalog) -> Option<Experiment> {
    let mut old = flow.clone();
    old.obligations.clear();
    let mut rewriter = Rewriter::new(&old, catalog);
    let mut any = false;
    for (id, node) in old.nodes() {
        let op = match rewriter.op(node.op.clone()) {
            Op::Scan {
                table,
                columns,
                frame: own,
                dates,
            } if own == *frame && dates != DateMode::Exact => {
                any = true;
                Op::Scan {
                    table,
                    columns,
                    frame: own,
                    dates: DateMode::Exact,
                }
            }
            other => other,
        };
        rewriter.replace(id, op).ok()?;
    }
    any.then(|| Experiment {
        change: format!("with the run's own date of \"{frame}\" alone"),
        flow: rewriter.finish(),
    })
}
