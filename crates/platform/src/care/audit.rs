//! The audit of a lake: every table on every date, read once.
//!
//! First the logs and the files' footers are looked at, then samples of three dates suggest keys and
//! references, then each table is read once, only the columns that a rule needs, several tables side by
//! side. A table that cannot be read is a finding and does not end the audit.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{Date32Type, Schema, SchemaRef};
use relift_engine::{Inventory, Lake, Scan};
use relift_job::{CareSettings, ColumnName, DateRange, EffectiveDate, TableName};
use serde::Serialize;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::calendar::{KnownDates, expectations};
use super::cells::{date_of_day, joint_mark, marks, type_word};
use super::drift::schema_drift;
use super::keys::{self, KeyWatch};
use super::partitions::{FileCheck, cells, check_files};
use super::personal::{ContentJudge, Personal, PersonalColumns};
use super::references::{self, MarksByDate, Reference, TableColumns, TableShape};
use super::times::{TimeWatch, is_time};
use super::{CareError, Cell, CellState, Check, Expectation, Finding, Origin, Weight};

/// Version of the audit's JSON.
const SCHEMA_VERSION: u32 = 1;
/// Rows of a date that keys are guessed from.
const SAMPLE_ROWS: usize = 16_384;

/// What to audit.
pub struct AuditRequest<'a> {
    /// The lake.
    pub lake: &'a Lake,
    /// Tables; all when empty.
    pub tables: &'a [TableName],
    /// Dates.
    pub range: DateRange,
    /// Dates from which calendars are learned; more than the audited ones, so that a few can be audited.
    pub learned_from: DateRange,
    /// Declared calendars.
    pub settings: &'a CareSettings,
    /// Declared keys.
    pub keys: &'a [TableColumns],
    /// Declared references.
    pub references: &'a [Reference],
    /// Tables read side by side.
    pub workers: usize,
}

/// A step of the audit, for who waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CareProgress {
    /// The table that is done.
    pub table: TableName,
    /// Tables done so far.
    pub done: usize,
    /// Tables there are.
    pub total: usize,
}

/// Everything found.
#[derive(Clone, Debug, Serialize)]
pub struct Audit {
    /// Version of this form.
    pub schema_version: u32,
    /// First date.
    pub first: String,
    /// Last date.
    pub last: String,
    /// Findings that are errors.
    pub errors: usize,
    /// Findings that are warnings.
    pub warnings: usize,
    /// Each table.
    pub tables: Vec<TableAudit>,
    /// References looked at.
    pub references: Vec<Reference>,
    /// All findings, the worst first.
    pub findings: Vec<Finding>,
}

/// One table.
#[derive(Clone, Debug, Serialize)]
pub struct TableAudit {
    /// Its name.
    pub table: String,
    /// The version looked at.
    pub version: u64,
    /// Its files.
    pub files: usize,
    /// Its rows in the range.
    pub rows: u64,
    /// Whether a file outside any date cannot be trusted.
    pub damaged: bool,
    /// When it should have data, in words.
    pub calendar: Option<String>,
    /// How that is known.
    pub calendar_origin: Option<Origin>,
    /// Its columns.
    pub columns: Vec<AuditedColumn>,
    /// Keys that hold on every date.
    pub keys: Vec<Vec<String>>,
    /// Each date of the range; none when it is not partitioned by date.
    pub cells: Vec<Cell>,
}

/// A column of an audited table.
#[derive(Clone, Debug, Serialize)]
pub struct AuditedColumn {
    /// Its name.
    pub name: String,
    /// Its type.
    pub data_type: String,
    /// Whether it tells of persons.
    pub personal: Option<Personal>,
}

impl Audit {
    /// Cells of all tables in a state.
    pub fn cells_in(&self, state: CellState) -> usize {
        self.tables
            .iter()
            .flat_map(|table| &table.cells)
            .filter(|cell| cell.state == state)
            .count()
    }

    /// Partitions that are missing or damaged.
    pub fn gaps(&self) -> Vec<(TableName, Option<EffectiveDate>, CellState)> {
        let mut gaps = Vec::new();
        for table in &self.tables {
            let Some((schema, name)) = table.table.split_once('.') else {
                continue;
            };
            let table_name = TableName::new(schema, name);
            if table.cells.is_empty() && table.damaged {
                gaps.push((table_name.clone(), None, CellState::Damaged));
            }
            for cell in &table.cells {
                if matches!(cell.state, CellState::Missing | CellState::Damaged) {
                    gaps.push((table_name.clone(), Some(cell.date), cell.state));
                }
            }
        }
        gaps
    }
}

/// A table as far as its log and its files tell.
struct Known {
    inventory: Inventory,
    files: FileCheck,
    schema: SchemaRef,
    /// Dates that can be read.
    sound: Vec<EffectiveDate>,
    partitioned: bool,
}

/// Looks at completeness alone: which partitions are missing or damaged. Nothing but logs and footers
/// is read.
pub async fn completeness(request: &AuditRequest<'_>) -> Result<Audit, CareError> {
    let mut findings = Vec::new();
    let known = look_at_files(request, &mut findings).await?;
    let expected = expected_of(request, &known)?;
    let mut tables = Vec::new();
    for (name, known) in &known {
        tables.push(table_audit(
            known,
            expected.get(name),
            request,
            &mut findings,
        ));
    }
    Ok(whole(request, tables, Vec::new(), findings))
}

/// Audits the tables; `progress` is told each one that is done.
pub async fn audit(
    request: &AuditRequest<'_>,
    progress: &(dyn Fn(&CareProgress) + Sync),
) -> Result<Audit, CareError> {
    let mut findings = Vec::new();
    let mut known = look_at_files(request, &mut findings).await?;
    let expected = expected_of(request, &known)?;
    let mut tables: BTreeMap<TableName, TableAudit> = BTreeMap::new();
    for (name, known) in &known {
        findings.extend(schema_drift(&known.inventory));
        let table = table_audit(known, expected.get(name), request, &mut findings);
        tables.insert(name.clone(), table);
    }
    let unreadable = declared_problems(request, &known);
    findings.extend(unreadable);

    let samples = take_samples(request, &known, &mut findings).await?;
    known.retain(|name, _| samples.contains_key(name));
    let shapes: Vec<TableShape> = known
        .iter()
        .map(|(name, known)| TableShape {
            schema: name.schema.to_string(),
            table: name.table.to_string(),
            columns: known
                .schema
                .fields()
                .iter()
                .map(|field| (field.name().clone(), field.data_type().clone()))
                .collect(),
            unique: samples[name]
                .keys
                .iter()
                .filter(|key| key.len() == 1)
                .flatten()
                .cloned()
                .collect(),
        })
        .collect();
    let mut references: Vec<Reference> = request
        .references
        .iter()
        .filter(|reference| {
            [&reference.from, &reference.to]
                .iter()
                .all(|side| has_columns(&known, side))
        })
        .cloned()
        .collect();
    for suggested in references::suggested(&shapes) {
        let declared = references
            .iter()
            .any(|other| other.from == suggested.from && other.to == suggested.to);
        if !declared {
            references.push(suggested);
        }
    }

    let passes = read_tables(request, &known, &samples, &references, progress).await?;
    let mut collected: BTreeMap<TableColumns, MarksByDate> = BTreeMap::new();
    for (name, outcome) in passes {
        match outcome {
            Ok(pass) => {
                findings.extend(pass.findings);
                collected.extend(pass.marks);
                if let Some(table) = tables.get_mut(&name) {
                    table.keys = pass.keys;
                    for column in &mut table.columns {
                        column.personal = samples[&name].personal.get(&column.name);
                    }
                }
            }
            Err(error) => findings.push(not_audited(&name, &error.to_string())),
        }
    }
    let mut found_references = Vec::new();
    for reference in references {
        let sides = (collected.get(&reference.from), collected.get(&reference.to));
        if let (Some(child), Some(parent)) = sides {
            let checked = references::check(&reference, child, parent);
            findings.extend(checked.findings);
            if checked.is_reference {
                found_references.push(reference);
            }
        }
    }
    Ok(whole(
        request,
        tables.into_values().collect(),
        found_references,
        findings,
    ))
}

fn whole(
    request: &AuditRequest<'_>,
    tables: Vec<TableAudit>,
    references: Vec<Reference>,
    mut findings: Vec<Finding>,
) -> Audit {
    findings.sort_by(|a, b| {
        (a.weight, &a.table, a.check, a.date, &a.message)
            .cmp(&(b.weight, &b.table, b.check, b.date, &b.message))
    });
    findings.dedup();
    let count = |weight| {
        findings
            .iter()
            .filter(|finding| finding.weight == weight)
            .count()
    };
    Audit {
        schema_version: SCHEMA_VERSION,
        first: request.range.first.to_string(),
        last: request.range.last.to_string(),
        errors: count(Weight::Error),
        warnings: count(Weight::Warning),
        tables,
        references,
        findings,
    }
}

async fn look_at_files(
    request: &AuditRequest<'_>,
    findings: &mut Vec<Finding>,
) -> Result<BTreeMap<TableName, Known>, CareError> {
    let lake = request.lake;
    let names = if request.tables.is_empty() {
        lake.tables()?
    } else {
        request.tables.to_vec()
    };
    let mut known = BTreeMap::new();
    for name in names {
        let inventory = match lake.inventory(&name) {
            Ok(inventory) => inventory,
            Err(error) => {
                findings.push(not_audited(&name, &error.to_string()));
                continue;
            }
        };
        if inventory.deletion_vectors {
            findings.push(not_audited(&name, "it has deletion vectors"));
            continue;
        }
        // Only the log is read for the columns.
        let schema = match lake.scan_table(&name, inventory.version).await {
            Ok(scan) => scan.schema(),
            Err(error) => {
                findings.push(not_audited(&name, &error.to_string()));
                continue;
            }
        };
        let date_column = lake.effective_date_column();
        let files = check_files(&inventory, date_column, request.range, &schema);
        let partitioned = inventory.is_partitioned_by(date_column);
        let dates: BTreeSet<EffectiveDate> = inventory
            .files
            .iter()
            .filter_map(|file| file.date)
            .filter(|date| request.range.contains(*date) && !files.damaged.contains(date))
            .collect();
        known.insert(
            name,
            Known {
                inventory,
                files,
                schema,
                sound: dates.into_iter().collect(),
                partitioned,
            },
        );
    }
    Ok(known)
}

/// What is expected of each table, learned beside all tables of the lake, whichever are audited.
fn expected_of(
    request: &AuditRequest<'_>,
    known: &BTreeMap<TableName, Known>,
) -> Result<BTreeMap<TableName, Expectation>, CareError> {
    let lake = request.lake;
    let mut dates = BTreeMap::new();
    for name in lake.tables()? {
        let read;
        let inventory = match known.get(&name) {
            Some(known) => &known.inventory,
            None => match lake.inventory(&name) {
                Ok(found) => {
                    read = found;
                    &read
                }
                // A table that cannot be read is told of where it is audited.
                Err(_) => continue,
            },
        };
        if !inventory.is_partitioned_by(lake.effective_date_column()) {
            continue;
        }
        let in_range = |date: &EffectiveDate| request.learned_from.contains(*date);
        let removed = inventory.removed_dates();
        let own = KnownDates {
            present: inventory
                .files
                .iter()
                .filter_map(|file| file.date)
                .filter(in_range)
                .collect(),
            removed: removed.into_keys().filter(in_range).collect(),
        };
        dates.insert(name, own);
    }
    Ok(expectations(&dates, request.settings, request.learned_from))
}

fn table_audit(
    known: &Known,
    expected: Option<&Expectation>,
    request: &AuditRequest<'_>,
    findings: &mut Vec<Finding>,
) -> TableAudit {
    findings.extend(known.files.findings.iter().cloned());
    let cells = match expected {
        Some(expected) => {
            let (cells, missing) = cells(&known.inventory, &known.files, expected, request.range);
            findings.extend(missing);
            cells
        }
        None => Vec::new(),
    };
    TableAudit {
        table: known.inventory.table.to_string(),
        version: known.inventory.version,
        files: known.inventory.files.len(),
        rows: known.files.rows_total,
        damaged: known.files.damaged_undated,
        calendar: expected.map(Expectation::words),
        calendar_origin: expected.map(|expected| expected.origin),
        columns: known
            .schema
            .fields()
            .iter()
            .map(|field| AuditedColumn {
                name: field.name().clone(),
                data_type: type_word(field.data_type()),
                personal: None,
            })
            .collect(),
        keys: Vec::new(),
        cells,
    }
}

fn not_audited(table: &TableName, reason: &str) -> Finding {
    Finding::new(
        Weight::Error,
        Check::NotAudited,
        &table.to_string(),
        format!("the table cannot be read: {reason}"),
    )
}

fn has_columns(known: &BTreeMap<TableName, Known>, wanted: &TableColumns) -> bool {
    known
        .iter()
        .find(|(name, _)| name.to_string() == wanted.table)
        .is_some_and(|(_, known)| {
            wanted
                .columns
                .iter()
                .all(|column| known.schema.field_with_name(column).is_ok())
        })
}

/// Declared keys and references that speak of nothing there is.
fn declared_problems(
    request: &AuditRequest<'_>,
    known: &BTreeMap<TableName, Known>,
) -> Vec<Finding> {
    let references = request
        .references
        .iter()
        .flat_map(|reference| [&reference.from, &reference.to]);
    let mut problems = Vec::new();
    for wanted in request.keys.iter().chain(references) {
        let audited = request.tables.is_empty()
            || request
                .tables
                .iter()
                .any(|table| table.to_string() == wanted.table);
        if audited && !has_columns(known, wanted) {
            let message = format!(
                "a declared check names {}({}), which is not there",
                wanted.table,
                wanted.columns.join(", ")
            );
            problems.push(
                Finding::new(Weight::Error, Check::NotAudited, &wanted.table, message)
                    .known(Origin::Declared),
            );
        }
    }
    problems
}

/// What samples of a table suggest.
struct Sample {
    keys: Vec<Vec<String>>,
    personal: PersonalColumns,
}

async fn take_samples(
    request: &AuditRequest<'_>,
    known: &BTreeMap<TableName, Known>,
    findings: &mut Vec<Finding>,
) -> Result<BTreeMap<TableName, Sample>, CareError> {
    let mut tasks = JoinSet::new();
    let permits = Arc::new(Semaphore::new(request.workers.max(1)));
    for (name, known) in known {
        let mut scans = Vec::new();
        if known.partitioned {
            let dates = &known.sound;
            let picked: BTreeSet<usize> = match dates.len() {
                0 => BTreeSet::new(),
                count => [0, count / 2, count - 1].into(),
            };
            let columns = columns_of(&known.schema);
            for at in picked {
                scans.push(
                    request
                        .lake
                        .scan(name, known.inventory.version, &[dates[at]], &columns)
                        .await?,
                );
            }
        } else if !known.files.damaged_undated {
            scans.push(
                request
                    .lake
                    .scan_table(name, known.inventory.version)
                    .await?,
            );
        }
        let (name, schema) = (name.clone(), Arc::clone(&known.schema));
        let date_column = request.lake.effective_date_column().to_owned();
        let permits = Arc::clone(&permits);
        tasks.spawn(async move {
            let _permit = permits.acquire_owned().await;
            let sampled_name = name.clone();
            let sampled = tokio::task::spawn_blocking(move || {
                sample(&sampled_name, &schema, &date_column, &scans)
            });
            (name, sampled.await)
        });
    }
    let mut samples = BTreeMap::new();
    while let Some(finished) = tasks.join_next().await {
        let Some((name, sampled)) = ended(finished) else {
            continue;
        };
        match ended(sampled) {
            Some(Ok(sample)) => {
                samples.insert(name, sample);
            }
            Some(Err(error)) => findings.push(not_audited(&name, &error.to_string())),
            None => {}
        }
    }
    Ok(samples)
}

/// The value of a task; a panic goes on here. Nobody cancels these tasks but the runtime's own end.
pub(super) fn ended<T>(finished: Result<T, tokio::task::JoinError>) -> Option<T> {
    match finished {
        Ok(value) => Some(value),
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => None,
    }
}

fn sample(
    name: &TableName,
    schema: &Schema,
    date_column: &str,
    scans: &[Scan],
) -> Result<Sample, CareError> {
    let mut judges: Vec<ContentJudge> = schema
        .fields()
        .iter()
        .map(|field| ContentJudge::of(&name.table, field.name(), field.data_type()))
        .collect();
    let mut samples = Vec::new();
    for scan in scans {
        let mut batches: Vec<RecordBatch> = Vec::new();
        let mut rows = 0;
        for batch in scan.read() {
            let batch = in_order(&batch?, schema)?;
            rows += batch.num_rows();
            for (judge, column) in judges.iter_mut().zip(batch.columns()) {
                judge.see(column);
            }
            batches.push(batch);
            if rows >= SAMPLE_ROWS {
                break;
            }
        }
        samples.push(batches);
    }
    let mut personal = PersonalColumns::default();
    for (judge, field) in judges.iter().zip(schema.fields()) {
        if let Some(found) = judge.verdict() {
            personal.insert(field.name(), found);
        }
    }
    let keys = keys::guess(&name.table, schema, date_column, &samples);
    Ok(Sample { keys, personal })
}

fn in_order(batch: &RecordBatch, schema: &Schema) -> Result<RecordBatch, CareError> {
    let batch_schema = batch.schema();
    let indices = schema
        .fields()
        .iter()
        .map(|field| batch_schema.index_of(field.name()))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(batch.project(&indices)?)
}

fn columns_of(schema: &Schema) -> Vec<ColumnName> {
    schema
        .fields()
        .iter()
        .map(|field| ColumnName::from(field.name().as_str()))
        .collect()
}

/// What reading a table gave.
struct Pass {
    findings: Vec<Finding>,
    marks: Vec<(TableColumns, MarksByDate)>,
    keys: Vec<Vec<String>>,
}

/// What to watch while reading a table.
struct Watches {
    name: TableName,
    date_column: String,
    keys: Vec<KeyWatch>,
    marks: Vec<(TableColumns, MarksByDate)>,
    times: Vec<TimeWatch>,
    personal: PersonalColumns,
}

async fn read_tables(
    request: &AuditRequest<'_>,
    known: &BTreeMap<TableName, Known>,
    samples: &BTreeMap<TableName, Sample>,
    references: &[Reference],
    progress: &(dyn Fn(&CareProgress) + Sync),
) -> Result<BTreeMap<TableName, Result<Pass, CareError>>, CareError> {
    let mut tasks = JoinSet::new();
    let permits = Arc::new(Semaphore::new(request.workers.max(1)));
    for (name, known) in known {
        let watches = watches(request, name, known, &samples[name], references);
        let columns: BTreeSet<&str> = watches.columns().into_iter().collect();
        let columns: Vec<ColumnName> = columns.into_iter().map(ColumnName::from).collect();
        let scan = if known.partitioned {
            let version = known.inventory.version;
            request
                .lake
                .scan(name, version, &known.sound, &columns)
                .await?
        } else {
            request
                .lake
                .scan_table(name, known.inventory.version)
                .await?
        };
        let damaged = !known.partitioned && known.files.damaged_undated;
        let (name, permits) = (name.clone(), Arc::clone(&permits));
        tasks.spawn(async move {
            let _permit = permits.acquire_owned().await;
            let read = tokio::task::spawn_blocking(move || {
                if damaged || (columns.is_empty()) {
                    Ok(watches.finish())
                } else {
                    watches.read(&scan)
                }
            });
            (name, read.await)
        });
    }
    let total = known.len();
    let mut passes = BTreeMap::new();
    while let Some(finished) = tasks.join_next().await {
        let Some((name, read)) = ended(finished) else {
            continue;
        };
        let Some(pass) = ended(read) else {
            continue;
        };
        passes.insert(name.clone(), pass);
        progress(&CareProgress {
            table: name,
            done: passes.len(),
            total,
        });
    }
    Ok(passes)
}

fn watches(
    request: &AuditRequest<'_>,
    name: &TableName,
    known: &Known,
    sample: &Sample,
    references: &[Reference],
) -> Watches {
    let table = name.to_string();
    let date_column = request.lake.effective_date_column();
    let mut keys: Vec<KeyWatch> = request
        .keys
        .iter()
        .filter(|key| {
            key.table == table
                && key
                    .columns
                    .iter()
                    .all(|column| known.schema.field_with_name(column).is_ok())
        })
        .map(|key| KeyWatch::new(key.columns.clone(), Origin::Declared))
        .collect();
    for guess in &sample.keys {
        if known.partitioned && !keys.iter().any(|key| key.columns == *guess) {
            keys.push(KeyWatch::new(guess.clone(), Origin::Discovered));
        }
    }
    let mut wanted: BTreeSet<TableColumns> = BTreeSet::new();
    for side in references.iter().flat_map(|found| [&found.from, &found.to]) {
        if side.table == table {
            wanted.insert(side.clone());
        }
    }
    let times = known
        .schema
        .fields()
        .iter()
        .filter(|field| {
            known.partitioned && is_time(field.data_type()) && field.name() != date_column
        })
        .map(|field| TimeWatch::new(field.name()))
        .collect();
    Watches {
        name: name.clone(),
        date_column: date_column.to_owned(),
        keys,
        marks: wanted
            .into_iter()
            .map(|columns| (columns, MarksByDate::default()))
            .collect(),
        times,
        personal: sample.personal.clone(),
    }
}

impl Watches {
    fn columns(&self) -> Vec<&str> {
        let keys = self.keys.iter().flat_map(|key| &key.columns);
        let marks = self.marks.iter().flat_map(|(side, _)| &side.columns);
        keys.chain(marks)
            .map(String::as_str)
            .chain(self.times.iter().map(TimeWatch::column))
            .collect()
    }

    fn read(mut self, scan: &Scan) -> Result<Pass, CareError> {
        for batch in scan.read() {
            self.see(&batch?);
        }
        Ok(self.finish())
    }

    fn see(&mut self, batch: &RecordBatch) {
        let date = batch
            .column_by_name(&self.date_column)
            .and_then(|dates| dates.as_primitive_opt::<Date32Type>())
            .filter(|dates| !dates.is_empty())
            .map(|dates| date_of_day(dates.value(0)));
        let mut marked: BTreeMap<String, Vec<Option<u64>>> = BTreeMap::new();
        let sides = self.marks.iter().map(|(side, _)| &side.columns);
        let keys = self.keys.iter().map(|key| &key.columns);
        for name in sides.chain(keys).flatten() {
            if let (false, Some(column)) = (marked.contains_key(name), batch.column_by_name(name)) {
                marked.insert(name.clone(), marks(column));
            }
        }
        let parts = |columns: &[String]| -> Option<Vec<&[Option<u64>]>> {
            columns
                .iter()
                .map(|name| marked.get(name).map(Vec::as_slice))
                .collect()
        };
        for key in &mut self.keys {
            if let Some(parts) = parts(&key.columns) {
                key.see(date, batch, &parts, &self.personal);
            }
        }
        for (side, collected) in &mut self.marks {
            let Some(parts) = parts(&side.columns) else {
                continue;
            };
            for row in 0..batch.num_rows() {
                if let Some(mark) = joint_mark(&parts, row) {
                    collected.add(date, mark);
                }
            }
        }
        for time in &mut self.times {
            if let (Some(date), Some(column)) = (date, batch.column_by_name(time.column())) {
                time.see(date, column);
            }
        }
    }

    fn finish(self) -> Pass {
        let table = self.name.to_string();
        let mut findings: Vec<Finding> = self
            .keys
            .iter()
            .flat_map(|key| key.findings(&table))
            .collect();
        findings.extend(
            self.times
                .iter()
                .flat_map(|time| time.findings(&table, &self.personal)),
        );
        Pass {
            findings,
            keys: self
                .keys
                .iter()
                .filter(|key| key.holds())
                .map(|key| key.columns.clone())
                .collect(),
            marks: self.marks,
        }
    }
}
