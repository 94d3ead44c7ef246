//! The rewritten job: `job.json` beside its SQL texts.
//!
//! It keeps the writers of the legacy job word for word, because output is sacred, and has SQL where
//! the legacy job had Python. What the lifting depends on stands in it as guards.

use std::collections::BTreeMap;

use relift_diagnostics::{Diagnostic, SourceFile};
use serde_json::{Map, Value as Json, json};

use crate::document::{Fields, Node, Reader, nearest_hint, parse_json};
use crate::job_parsing::{
    DATE_KEYS, read_columns, read_csv_writer, read_data_frame_writer, read_date_mode,
    read_parquet_writer,
};
use crate::{
    ColumnName, CsvFileWriter, DataFrameWriter, DateMode, FileTarget, FrameName, JobName,
    LineEnding, ParquetFileWriter, Side, TableName, WriteMode,
};

/// Version of the format.
pub const REWRITTEN_SCHEMA_VERSION: u32 = 1;

/// A job as it was rewritten.
#[derive(Clone, Debug, PartialEq)]
pub struct RewrittenJob {
    /// `jobName`, the legacy job's.
    pub name: JobName,
    /// Steps, in order.
    pub modules: Vec<RewrittenModule>,
}

/// One step of a rewritten job.
#[derive(Clone, Debug, PartialEq)]
pub enum RewrittenModule {
    /// Reads a table into a frame.
    DataSourcing(RewrittenSource),
    /// Checks an obligation before anything is written.
    Guard(Guard),
    /// Runs SQL over the frames.
    Transformation(RewrittenTransformation),
    /// Writes a Delta table.
    DataFrameWriter(DataFrameWriter),
    /// Writes a CSV file.
    CsvFileWriter(CsvFileWriter),
    /// Writes a folder of Parquet files.
    ParquetFileWriter(ParquetFileWriter),
    /// Runs modules of the legacy job as they are.
    LegacyModules(LegacyModules),
}

/// `LegacyModules`: what of the legacy job has not become SQL.
///
/// They run in the legacy runtime, after the queries and guards, in their own order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LegacyModules {
    /// `configuration`: the legacy job's file.
    pub configuration: String,
    /// `modules`: their indices there.
    pub modules: Vec<usize>,
    /// `given`: those among them whose result is not computed in Python, with the frame that holds it.
    pub given: BTreeMap<usize, FrameName>,
    /// `unchanged`: frames that an External must leave as it finds them, because SQL has read them as they
    /// were; a run in which one is changed fails.
    pub unchanged: BTreeMap<usize, Vec<FrameName>>,
}

/// Where a rewritten job's frame comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum SourceOrigin {
    /// A lake table, on some dates.
    Lake {
        /// `schema` and `table`.
        table: TableName,
        /// Which dates.
        dates: DateMode,
    },
    /// `curated`: the table another job wrote, at the version that (that job, T) committed.
    Curated {
        /// The job that writes it.
        job: JobName,
        /// The table, in the rewrite schema or where the legacy job writes it.
        table: String,
        /// Whose run is read: that of the other job's rewrite, or of the legacy job where that one is kept.
        side: Side,
    },
}

/// `DataSourcing` of a rewritten job.
#[derive(Clone, Debug, PartialEq)]
pub struct RewrittenSource {
    /// `resultName`.
    pub result: FrameName,
    /// Where the rows come from.
    pub origin: SourceOrigin,
    /// `columns`; a lake table's effective date column is appended when it is not listed.
    pub columns: Vec<ColumnName>,
    /// `rowNumber`: BIGINT column that numbers rows from 0 in stored order; only where order matters.
    pub row_number: Option<ColumnName>,
    /// `types`: what the columns were when the job was lifted; a source that holds others is refused.
    pub types: BTreeMap<ColumnName, FrameType>,
}

/// A condition the rewrite depends on; its query must return no row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guard {
    /// `name`.
    pub name: String,
    /// SQL file by dialect.
    pub sql_file: BTreeMap<String, String>,
    /// `obligation`: the condition in words.
    pub obligation: String,
}

/// `Transformation` of a rewritten job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RewrittenTransformation {
    /// `resultName`.
    pub result: FrameName,
    /// SQL file by dialect.
    pub sql_file: BTreeMap<String, String>,
    /// Columns of the result, in order; the run fails when the query gives others.
    pub columns: Vec<FrameColumn>,
}

/// A column of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameColumn {
    /// Its name.
    pub name: ColumnName,
    /// Its type.
    pub frame_type: FrameType,
}

/// Types of frame columns; each can hold NULL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FrameType {
    /// 64-bit integer.
    Int64,
    /// Binary float.
    Float64,
    /// Exact decimal.
    Decimal {
        /// Total digits, at most 38.
        precision: u8,
        /// Digits after the point.
        scale: i8,
    },
    /// UTF-8 text.
    Text,
    /// True or false.
    Bool,
    /// Calendar date.
    Date,
    /// Microseconds since 1970, without zone.
    Timestamp,
}

impl FrameType {
    /// Parses the word in `job.json`: `int64`, `decimal(12,2)` and so on.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "int64" => Self::Int64,
            "float64" => Self::Float64,
            "text" => Self::Text,
            "bool" => Self::Bool,
            "date" => Self::Date,
            "timestamp" => Self::Timestamp,
            _ => {
                let inside = text.strip_prefix("decimal(")?.strip_suffix(')')?;
                let (precision, scale) = inside.split_once(',')?;
                let (precision, scale) =
                    (precision.trim().parse().ok()?, scale.trim().parse().ok()?);
                let fits = (1..=38).contains(&precision)
                    && i16::from(scale) <= i16::from(precision)
                    && scale >= 0;
                return fits.then_some(Self::Decimal { precision, scale });
            }
        })
    }
}

impl std::fmt::Display for FrameType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Int64 => f.write_str("int64"),
            Self::Float64 => f.write_str("float64"),
            Self::Decimal { precision, scale } => write!(f, "decimal({precision},{scale})"),
            Self::Text => f.write_str("text"),
            Self::Bool => f.write_str("bool"),
            Self::Date => f.write_str("date"),
            Self::Timestamp => f.write_str("timestamp"),
        }
    }
}

impl RewrittenJob {
    /// Parses `job.json`.
    pub fn parse(source: &SourceFile) -> Result<Self, Vec<Diagnostic>> {
        let document = parse_json(source)?;
        let mut reader = Reader::new(source);
        let job = read_rewritten(&mut reader, &document);
        reader.finish(job)
    }

    /// Prints `job.json`; parsing it gives the same job.
    pub fn to_json(&self) -> String {
        let modules: Vec<Json> = self.modules.iter().map(module_json).collect();
        let document = json!({
            "schema_version": REWRITTEN_SCHEMA_VERSION,
            "jobName": self.name.as_str(),
            "modules": modules,
        });
        let text = serde_json::to_string_pretty(&document).expect("a JSON value always prints");
        text + "\n"
    }

    /// SQL files the job needs for a dialect, in the order of the modules.
    pub fn sql_files<'j>(&'j self, dialect: &'j str) -> impl Iterator<Item = &'j str> {
        self.modules.iter().filter_map(move |module| match module {
            RewrittenModule::Guard(guard) => guard.sql_file.get(dialect).map(String::as_str),
            RewrittenModule::Transformation(step) => step.sql_file.get(dialect).map(String::as_str),
            _ => None,
        })
    }
}

const TYPES: [&str; 7] = [
    "DataSourcing",
    "Guard",
    "Transformation",
    "DataFrameWriter",
    "CsvFileWriter",
    "ParquetFileWriter",
    "LegacyModules",
];

fn read_rewritten(reader: &mut Reader<'_>, document: &Node) -> Option<RewrittenJob> {
    let fields = reader.object(document, "", &["schema_version", "jobName", "modules"])?;
    let version = reader.optional_count(&fields, "schema_version", 1);
    if version != Some(REWRITTEN_SCHEMA_VERSION) {
        let message = format!("this release reads schema_version {REWRITTEN_SCHEMA_VERSION}");
        reader.report_with_hint(
            &document.range,
            "schema_version",
            message,
            "lift the job again",
        );
    }
    let name = reader.name(&fields, "jobName");
    let node = reader.required(&fields, "modules")?;
    let items = reader.list(node, "modules")?;
    let modules = items
        .iter()
        .enumerate()
        .filter_map(|(at, item)| read_module(reader, item, &format!("modules[{at}]")))
        .collect();
    Some(RewrittenJob {
        name: name?.into(),
        modules,
    })
}

fn read_module(reader: &mut Reader<'_>, node: &Node, path: &str) -> Option<RewrittenModule> {
    let fields = reader.any_object(node, path)?;
    let module_type = reader.text(&fields, "type")?;
    match module_type.as_str() {
        "DataSourcing" => read_source(reader, &fields).map(RewrittenModule::DataSourcing),
        "Guard" => {
            reader.check_keys(&fields, &["type", "name", "sqlFile", "obligation"]);
            let name = reader.name(&fields, "name");
            let sql_file = read_sql_file(reader, &fields);
            let obligation = reader.name(&fields, "obligation");
            Some(RewrittenModule::Guard(Guard {
                name: name?,
                sql_file: sql_file?,
                obligation: obligation?,
            }))
        }
        "Transformation" => {
            reader.check_keys(&fields, &["type", "resultName", "sqlFile", "columns"]);
            let result = reader.name(&fields, "resultName");
            let sql_file = read_sql_file(reader, &fields);
            let columns = read_frame_columns(reader, &fields);
            Some(RewrittenModule::Transformation(RewrittenTransformation {
                result: result?.into(),
                sql_file: sql_file?,
                columns: columns?,
            }))
        }
        "DataFrameWriter" => {
            read_data_frame_writer(reader, &fields).map(RewrittenModule::DataFrameWriter)
        }
        "CsvFileWriter" => {
            read_csv_writer(reader, &fields, &["trailerSource"]).map(RewrittenModule::CsvFileWriter)
        }
        "ParquetFileWriter" => {
            read_parquet_writer(reader, &fields).map(RewrittenModule::ParquetFileWriter)
        }
        "LegacyModules" => read_legacy_modules(reader, &fields).map(RewrittenModule::LegacyModules),
        unknown => {
            let hint = nearest_hint(unknown, TYPES.into_iter());
            let path = fields.path_of("type");
            reader.report_with_hint(
                &node.range,
                &path,
                format!("unknown module type \"{unknown}\""),
                &hint,
            );
            None
        }
    }
}

fn read_source(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<RewrittenSource> {
    let keys = [
        "type",
        "resultName",
        "schema",
        "table",
        "curated",
        "columns",
        "rowNumber",
        "types",
    ];
    reader.check_keys(fields, &[&keys[..], &DATE_KEYS].concat());
    let result = reader.name(fields, "resultName");
    let origin = if let Some(node) = fields.get("curated") {
        let path = fields.path_of("curated");
        let curated = reader.object(node, &path, &["job", "table", "side"])?;
        let job = reader.name(&curated, "job");
        let table = reader.name(&curated, "table");
        let side = match reader.optional_text(&curated, "side") {
            None => Side::Rewrite,
            Some(word) => Side::parse(&word).unwrap_or_else(|| {
                let message = format!("unknown side \"{word}\"");
                let path = curated.path_of("side");
                reader.report_with_hint(&node.range, &path, message, "known are legacy, rewrite");
                Side::Rewrite
            }),
        };
        for key in ["schema", "table"].into_iter().chain(DATE_KEYS) {
            if let Some(node) = fields.get(key) {
                reader.report(
                    &node.range,
                    &fields.path_of(key),
                    "does not go with \"curated\"",
                );
            }
        }
        Some(SourceOrigin::Curated {
            job: job?.into(),
            table: table?,
            side,
        })
    } else {
        let schema = reader.name(fields, "schema");
        let table = reader.name(fields, "table");
        let dates = read_date_mode(reader, fields);
        Some(SourceOrigin::Lake {
            table: TableName::new(schema?, &table?),
            dates: dates?,
        })
    };
    let columns = read_columns(reader, fields);
    let row_number = reader.optional_text(fields, "rowNumber").map(Into::into);
    let types = read_types(reader, fields);
    Some(RewrittenSource {
        result: result?.into(),
        origin: origin?,
        columns: columns?.0,
        row_number,
        types: types?,
    })
}

fn read_legacy_modules(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<LegacyModules> {
    reader.check_keys(
        fields,
        &["type", "configuration", "modules", "given", "unchanged"],
    );
    let configuration = reader.name(fields, "configuration")?;
    let node = reader.required(fields, "modules")?;
    let path = fields.path_of("modules");
    let mut read = LegacyModules {
        configuration,
        ..LegacyModules::default()
    };
    for (at, item) in reader.list(node, &path)?.iter().enumerate() {
        let path = format!("{path}[{at}]");
        let item = reader.object(item, &path, &["module", "given", "unchanged"])?;
        let module = reader.optional_count(&item, "module", 0);
        let module = module.and_then(|module| usize::try_from(module).ok());
        let Some(module) = module.filter(|_| item.get("module").is_some()) else {
            reader.report(&node.range, &path, "\"module\" must be an index");
            return None;
        };
        read.modules.push(module);
        if let Some(frame) = reader.optional_text(&item, "given") {
            read.given.insert(module, frame.into());
        }
        if let Some(node) = item.get("unchanged") {
            let frames = reader.texts(node, &item.path_of("unchanged"))?;
            let frames = frames.into_iter().map(|(frame, _)| frame.into());
            read.unchanged.insert(module, frames.collect());
        }
    }
    Some(read)
}

fn read_types(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
) -> Option<BTreeMap<ColumnName, FrameType>> {
    let Some(node) = fields.get("types") else {
        return Some(BTreeMap::new());
    };
    let path = fields.path_of("types");
    let object = reader.any_object(node, &path)?;
    let mut types = BTreeMap::new();
    for (name, value) in object.entries() {
        let path = object.path_of(name);
        let word = reader.as_text(value, &path)?;
        types.insert(name.into(), parsed_type(reader, value, &path, &word)?);
    }
    Some(types)
}

/// The type of that word, or a problem at the node.
fn parsed_type(reader: &mut Reader<'_>, node: &Node, path: &str, word: &str) -> Option<FrameType> {
    let parsed = FrameType::parse(word);
    if parsed.is_none() {
        let known =
            "known are int64, float64, decimal(precision,scale), text, bool, date, timestamp";
        let message = format!("unknown column type \"{word}\"");
        reader.report_with_hint(&node.range, path, message, known);
    }
    parsed
}

fn read_sql_file(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<BTreeMap<String, String>> {
    let node = reader.required(fields, "sqlFile")?;
    let path = fields.path_of("sqlFile");
    let files = reader.object(node, &path, &["datafusion", "spark"])?;
    let mut by_dialect = BTreeMap::new();
    let datafusion = reader.name(&files, "datafusion")?;
    by_dialect.insert("datafusion".to_owned(), datafusion);
    if let Some(spark) = reader.optional_text(&files, "spark") {
        by_dialect.insert("spark".to_owned(), spark);
    }
    Some(by_dialect)
}

fn read_frame_columns(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<Vec<FrameColumn>> {
    let node = reader.required(fields, "columns")?;
    let items = reader.list(node, &fields.path_of("columns"))?;
    let mut columns = Vec::with_capacity(items.len());
    for (at, item) in items.iter().enumerate() {
        let path = format!("{}[{at}]", fields.path_of("columns"));
        let column = reader.object(item, &path, &["name", "type"])?;
        let name = reader.name(&column, "name");
        let word = reader.text(&column, "type")?;
        let frame_type = parsed_type(reader, item, &column.path_of("type"), &word);
        columns.push(FrameColumn {
            name: name?.into(),
            frame_type: frame_type?,
        });
    }
    Some(columns)
}

fn module_json(module: &RewrittenModule) -> Json {
    let mut object = Map::new();
    let mut put = |key: &str, value: Json| {
        object.insert(key.to_owned(), value);
    };
    match module {
        RewrittenModule::DataSourcing(source) => {
            put("type", "DataSourcing".into());
            put("resultName", source.result.as_str().into());
            match &source.origin {
                SourceOrigin::Lake { table, dates } => {
                    put("schema", table.schema.as_str().into());
                    put("table", (*table.table).into());
                    match dates {
                        DateMode::Exact => {}
                        DateMode::Between(range) => {
                            put("minEffectiveDate", range.first.to_string().into());
                            put("maxEffectiveDate", range.last.to_string().into());
                        }
                        DateMode::Lookback(days) => put("lookbackDays", (*days).into()),
                        DateMode::MostRecentPrior => put("mostRecentPrior", true.into()),
                        DateMode::MostRecent => put("mostRecent", true.into()),
                    }
                }
                SourceOrigin::Curated { job, table, side } => {
                    let mut curated = json!({"job": job.as_str(), "table": table});
                    if *side == Side::Legacy {
                        curated["side"] = side.word().into();
                    }
                    put("curated", curated);
                }
            }
            let columns: Vec<&str> = source.columns.iter().map(ColumnName::as_str).collect();
            put("columns", columns.into());
            if let Some(row_number) = &source.row_number {
                put("rowNumber", row_number.as_str().into());
            }
            if !source.types.is_empty() {
                let types = source.types.iter();
                let words = types.map(|(name, ty)| (name.to_string(), ty.to_string().into()));
                put("types", Json::Object(words.collect()));
            }
        }
        RewrittenModule::Guard(guard) => {
            put("type", "Guard".into());
            put("name", guard.name.as_str().into());
            put("sqlFile", json!(guard.sql_file));
            put("obligation", guard.obligation.as_str().into());
        }
        RewrittenModule::Transformation(step) => {
            put("type", "Transformation".into());
            put("resultName", step.result.as_str().into());
            put("sqlFile", json!(step.sql_file));
            let column = |column: &FrameColumn| json!({"name": column.name.as_str(), "type": column.frame_type.to_string()});
            put("columns", step.columns.iter().map(column).collect());
        }
        RewrittenModule::DataFrameWriter(writer) => {
            put("type", "DataFrameWriter".into());
            put("source", writer.source.as_str().into());
            put("targetTable", writer.table.as_str().into());
            if let Some(schema) = &writer.schema {
                put("targetSchema", schema.as_str().into());
            }
            put("writeMode", write_mode(writer.mode).into());
        }
        RewrittenModule::CsvFileWriter(writer) => {
            put("type", "CsvFileWriter".into());
            put("source", writer.source.as_str().into());
            put_target(&mut put, &writer.target);
            put("writeMode", write_mode(writer.mode).into());
            put("includeHeader", writer.include_header.into());
            if let Some(trailer) = &writer.trailer {
                put("trailerFormat", trailer.as_str().into());
            }
            let ending = match writer.line_ending {
                LineEnding::Lf => "LF",
                LineEnding::CrLf => "CRLF",
            };
            put("lineEnding", ending.into());
            if let Some(source) = &writer.trailer_source {
                put("trailerSource", source.as_str().into());
            }
        }
        RewrittenModule::ParquetFileWriter(writer) => {
            put("type", "ParquetFileWriter".into());
            put("source", writer.source.as_str().into());
            put_target(&mut put, &writer.target);
            put("writeMode", write_mode(writer.mode).into());
            put("numParts", writer.parts.into());
        }
        RewrittenModule::LegacyModules(legacy) => {
            put("type", "LegacyModules".into());
            put("configuration", legacy.configuration.as_str().into());
            let modules = legacy.modules.iter().map(|module| {
                let mut item = Map::new();
                item.insert("module".to_owned(), (*module).into());
                if let Some(frame) = legacy.given.get(module) {
                    item.insert("given".to_owned(), frame.as_str().into());
                }
                if let Some(frames) = legacy.unchanged.get(module) {
                    let frames: Vec<&str> = frames.iter().map(FrameName::as_str).collect();
                    item.insert("unchanged".to_owned(), frames.into());
                }
                Json::Object(item)
            });
            put("modules", modules.collect());
        }
    }
    Json::Object(object)
}

fn put_target(put: &mut impl FnMut(&str, Json), target: &FileTarget) {
    put("outputDirectory", target.output_directory.as_str().into());
    put("jobDirName", target.job_dir.as_str().into());
    put("outputTableDirName", target.table_dir.as_str().into());
    put("fileName", target.file_name.as_str().into());
}

fn write_mode(mode: WriteMode) -> &'static str {
    match mode {
        WriteMode::Overwrite => "Overwrite",
        WriteMode::Append => "Append",
    }
}
