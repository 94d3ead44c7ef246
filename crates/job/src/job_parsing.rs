//! Reads a job's JSON into [`Job`]; unknown keys, missing keys and wrong types are errors with their place.

use relift_diagnostics::{Diagnostic, SourceFile};

use crate::document::{Fields, Node, Reader, Value, decoded_offsets, nearest_hint, parse_json};
use crate::{
    ColumnName, CsvFileWriter, DataFrameWriter, DataSourcing, DateMode, DateRange, Dialect,
    External, FileTarget, Job, LineEnding, Module, ModuleKind, ParquetFileWriter, TableName,
    Transformation, Workspace, WriteMode,
};

pub(crate) const WRITE_MODES: [(&str, WriteMode); 2] = [
    ("Overwrite", WriteMode::Overwrite),
    ("Append", WriteMode::Append),
];
const LINE_ENDINGS: [(&str, LineEnding); 2] = [("LF", LineEnding::Lf), ("CRLF", LineEnding::CrLf)];
pub(crate) const DIALECTS: [(&str, Dialect); 2] =
    [("sqlite", Dialect::Sqlite), ("spark", Dialect::Spark)];
const MODULE_TYPES: [&str; 6] = [
    "DataSourcing",
    "Transformation",
    "External",
    "DataFrameWriter",
    "CsvFileWriter",
    "ParquetFileWriter",
];
pub(crate) const FILE_TARGET_KEYS: [&str; 4] = [
    "outputDirectory",
    "jobDirName",
    "outputTableDirName",
    "fileName",
];
pub(crate) const DATE_KEYS: [&str; 5] = [
    "minEffectiveDate",
    "maxEffectiveDate",
    "lookbackDays",
    "mostRecentPrior",
    "mostRecent",
];

impl Job {
    /// Parses a job's configuration; every problem found is in the error, in the order of the file.
    pub fn parse(source: &SourceFile, workspace: &Workspace) -> Result<Self, Vec<Diagnostic>> {
        let document = parse_json(source)?;
        let mut reader = Reader::new(source);
        let job = read_job(&mut reader, &document, source, workspace);
        reader.finish(job)
    }
}

fn read_job(
    reader: &mut Reader<'_>,
    document: &Node,
    source: &SourceFile,
    workspace: &Workspace,
) -> Option<Job> {
    let fields = reader.object(document, "", &["jobName", "firstEffectiveDate", "modules"])?;
    let name = reader.name(&fields, "jobName");
    let first_effective_date = reader.optional_date(&fields, "firstEffectiveDate");
    let node = reader.required(&fields, "modules")?;
    let items = reader.list(node, "modules")?;
    let mut modules = Vec::with_capacity(items.len());
    for (at, item) in items.iter().enumerate() {
        let kind = read_module(reader, item, &format!("modules[{at}]"), source, workspace);
        if let Some(kind) = kind {
            modules.push(Module {
                span: reader.span(&item.range),
                kind,
            });
        }
    }
    if modules.len() == items.len() {
        check_frames(reader, items, &modules);
    }
    Some(Job {
        name: name?.into(),
        first_effective_date,
        modules,
        file: source.whole().file,
    })
}

fn read_module(
    reader: &mut Reader<'_>,
    node: &Node,
    path: &str,
    source: &SourceFile,
    workspace: &Workspace,
) -> Option<ModuleKind> {
    let fields = reader.any_object(node, path)?;
    let module_type = reader.text(&fields, "type")?;
    match module_type.as_str() {
        "DataSourcing" => {
            let keys = [
                "type",
                "resultName",
                "schema",
                "table",
                "columns",
                "additionalFilter",
            ];
            reader.check_keys(&fields, &[&keys[..], &DATE_KEYS].concat());
            read_data_sourcing(reader, &fields, workspace).map(ModuleKind::DataSourcing)
        }
        "Transformation" => {
            reader.check_keys(&fields, &["type", "resultName", "sql", "dialect"]);
            let result = reader.name(&fields, "resultName");
            let sql = reader.name(&fields, "sql");
            let dialect = reader.choice(&fields, "dialect", &DIALECTS);
            let literal = fields.get("sql")?;
            let sql_offsets = match literal.value {
                Value::Text(_) => decoded_offsets(source.text(), &literal.range),
                _ => Vec::new(),
            };
            Some(ModuleKind::Transformation(Transformation {
                result: result?.into(),
                sql: sql?,
                sql_offsets,
                dialect,
            }))
        }
        "External" => {
            reader.check_keys(&fields, &["type", "module", "function"]);
            let module = reader.name(&fields, "module");
            let function = reader
                .optional_text(&fields, "function")
                .unwrap_or_else(|| "execute".to_owned());
            Some(ModuleKind::External(External {
                module: module?,
                function,
            }))
        }
        "DataFrameWriter" => {
            let writer = read_data_frame_writer(reader, &fields)?;
            if writer.schema.as_ref() == Some(&workspace.rewrite_schema)
                && let Some(schema) = fields.get("targetSchema")
            {
                let message = format!(
                    "\"{}\" is where rewritten jobs write",
                    workspace.rewrite_schema
                );
                reader.report(&schema.range, &fields.path_of("targetSchema"), message);
            }
            Some(ModuleKind::DataFrameWriter(writer))
        }
        "CsvFileWriter" => {
            let writer = read_csv_writer(reader, &fields, &[])?;
            Some(ModuleKind::CsvFileWriter(writer))
        }
        "ParquetFileWriter" => {
            read_parquet_writer(reader, &fields).map(ModuleKind::ParquetFileWriter)
        }
        unknown => {
            let range = fields
                .get("type")
                .map_or(node.range.clone(), |node| node.range.clone());
            let hint = nearest_hint(unknown, MODULE_TYPES.into_iter());
            let path = fields.path_of("type");
            reader.report_with_hint(
                &range,
                &path,
                format!("unknown module type \"{unknown}\""),
                &hint,
            );
            None
        }
    }
}

fn read_data_sourcing(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    workspace: &Workspace,
) -> Option<DataSourcing> {
    let result = reader.name(fields, "resultName");
    let schema = reader.name(fields, "schema");
    let table = reader.name(fields, "table");
    let columns = read_columns(reader, fields);
    let filter = reader
        .optional_text(fields, "additionalFilter")
        .filter(|filter| !filter.trim().is_empty());
    let dates = read_date_mode(reader, fields);
    let schema = schema?;
    if schema == workspace.rewrite_schema.as_str()
        && let Some(node) = fields.get("schema")
    {
        reader.report(
            &node.range,
            &fields.path_of("schema"),
            "a legacy job cannot read what rewritten jobs write",
        );
    }
    let (columns, column_spans) = columns?;
    Some(DataSourcing {
        result: result?.into(),
        table: TableName::new(schema, &table?),
        columns,
        column_spans,
        filter,
        dates: dates?,
    })
}

pub(crate) fn read_columns(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
) -> Option<(Vec<ColumnName>, Vec<relift_diagnostics::Span>)> {
    let node = reader.required(fields, "columns")?;
    let path = fields.path_of("columns");
    let texts = reader.texts(node, &path)?;
    for (at, (column, _)) in texts.iter().enumerate() {
        if column.is_empty() {
            reader.report(&node.range, &format!("{path}[{at}]"), "must not be empty");
        } else if texts[..at].iter().any(|(earlier, _)| earlier == column) {
            reader.report(
                &node.range,
                &format!("{path}[{at}]"),
                format!("column \"{column}\" is listed twice"),
            );
        }
    }
    Some(
        texts
            .into_iter()
            .map(|(column, span)| (ColumnName::from(column), span))
            .unzip(),
    )
}

pub(crate) fn read_date_mode(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<DateMode> {
    let first = reader.optional_date(fields, "minEffectiveDate");
    let last = reader.optional_date(fields, "maxEffectiveDate");
    let lookback = reader.optional_count(fields, "lookbackDays", 0);
    let most_recent_prior = reader.optional_truth(fields, "mostRecentPrior") == Some(true);
    let most_recent = reader.optional_truth(fields, "mostRecent") == Some(true);
    let bounds = [
        ("minEffectiveDate", "maxEffectiveDate"),
        ("maxEffectiveDate", "minEffectiveDate"),
    ];
    for (given, absent) in bounds {
        if let Some(node) = fields.get(given)
            && fields.get(absent).is_none()
        {
            reader.report(
                &node.range,
                &fields.path_of(given),
                format!("needs \"{absent}\" beside it"),
            );
            return None;
        }
    }
    let mut modes = Vec::new();
    if let (Some(first), Some(last)) = (first, last) {
        if last < first
            && let Some(node) = fields.get("maxEffectiveDate")
        {
            let message = format!("{last} is before \"minEffectiveDate\" {first}");
            reader.report(&node.range, &fields.path_of("maxEffectiveDate"), message);
        }
        modes.push((
            "minEffectiveDate",
            DateMode::Between(DateRange { first, last }),
        ));
    }
    if let Some(days) = lookback {
        modes.push(("lookbackDays", DateMode::Lookback(days)));
    }
    if most_recent_prior {
        modes.push(("mostRecentPrior", DateMode::MostRecentPrior));
    }
    if most_recent {
        modes.push(("mostRecent", DateMode::MostRecent));
    }
    if modes.len() > 1 {
        let (second, _) = &modes[1];
        let names: Vec<String> = modes.iter().map(|(key, _)| format!("\"{key}\"")).collect();
        if let Some(node) = fields.get(second) {
            let message = format!("more than one date mode: {}", names.join(" and "));
            reader.report_with_hint(
                &node.range,
                &fields.path_of(second),
                message,
                "keep one of them",
            );
        }
        return None;
    }
    Some(modes.pop().map_or(DateMode::Exact, |(_, mode)| mode))
}

pub(crate) fn read_data_frame_writer(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
) -> Option<DataFrameWriter> {
    reader.check_keys(
        fields,
        &["type", "source", "targetTable", "targetSchema", "writeMode"],
    );
    let source = reader.name(fields, "source");
    let table = reader.name(fields, "targetTable");
    let schema = reader.optional_text(fields, "targetSchema");
    let mode = reader.required_choice(fields, "writeMode", &WRITE_MODES);
    let (table, schema) = (table?, schema.map(Into::into));
    if !path_part(&table) {
        report_path_part(reader, fields, "targetTable");
    }
    Some(DataFrameWriter {
        source: source?.into(),
        table,
        schema,
        mode: mode?,
    })
}

pub(crate) fn read_csv_writer(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    extra_keys: &[&str],
) -> Option<CsvFileWriter> {
    let keys = [
        "type",
        "source",
        "writeMode",
        "includeHeader",
        "trailerFormat",
        "lineEnding",
    ];
    reader.check_keys(fields, &[&keys[..], &FILE_TARGET_KEYS, extra_keys].concat());
    let source = reader.name(fields, "source");
    let target = read_file_target(reader, fields);
    let mode = reader.required_choice(fields, "writeMode", &WRITE_MODES);
    let include_header = reader
        .optional_truth(fields, "includeHeader")
        .unwrap_or(true);
    let trailer = reader.optional_text(fields, "trailerFormat");
    let line_ending = reader
        .choice(fields, "lineEnding", &LINE_ENDINGS)
        .unwrap_or(LineEnding::Lf);
    let trailer_source = reader
        .optional_text(fields, "trailerSource")
        .map(Into::into);
    Some(CsvFileWriter {
        source: source?.into(),
        target: target?,
        mode: mode?,
        include_header,
        trailer,
        line_ending,
        trailer_source,
    })
}

pub(crate) fn read_parquet_writer(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
) -> Option<ParquetFileWriter> {
    reader.check_keys(
        fields,
        &[
            &["type", "source", "writeMode", "numParts"][..],
            &FILE_TARGET_KEYS,
        ]
        .concat(),
    );
    let source = reader.name(fields, "source");
    let target = read_file_target(reader, fields);
    let mode = reader.required_choice(fields, "writeMode", &WRITE_MODES);
    let parts = reader.optional_count(fields, "numParts", 1).unwrap_or(1);
    Some(ParquetFileWriter {
        source: source?.into(),
        target: target?,
        mode: mode?,
        parts,
    })
}

fn read_file_target(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<FileTarget> {
    let output_directory = reader.text(fields, "outputDirectory");
    let mut parts = Vec::new();
    for key in ["jobDirName", "outputTableDirName", "fileName"] {
        let part = reader.name(fields, key);
        if part.as_deref().is_some_and(|part| !path_part(part)) {
            report_path_part(reader, fields, key);
        }
        parts.push(part);
    }
    let mut parts = parts.into_iter();
    let mut next = || parts.next().flatten();
    let (job_dir, table_dir, file_name) = (next(), next(), next());
    Some(FileTarget {
        output_directory: output_directory?,
        job_dir: job_dir?,
        table_dir: table_dir?,
        file_name: file_name?,
    })
}

/// Whether the text names one entry of a folder and cannot lead out of it.
fn path_part(text: &str) -> bool {
    !text.contains(['/', '\\', '\0']) && text != "." && text != ".."
}

fn report_path_part(reader: &mut Reader<'_>, fields: &Fields<'_>, key: &str) {
    if let Some(node) = fields.get(key) {
        reader.report(
            &node.range,
            &fields.path_of(key),
            "must be one folder or file name, without separators",
        );
    }
}

/// Reports a writer whose frame no earlier module makes; an External may make any frame.
fn check_frames(reader: &mut Reader<'_>, items: &[Node], modules: &[Module]) {
    let mut known: Vec<&str> = Vec::new();
    for (at, module) in modules.iter().enumerate() {
        let source = match &module.kind {
            ModuleKind::DataSourcing(sourcing) => {
                known.push(sourcing.result.as_str());
                continue;
            }
            ModuleKind::Transformation(transformation) => {
                known.push(transformation.result.as_str());
                continue;
            }
            ModuleKind::External(_) => return,
            ModuleKind::DataFrameWriter(writer) => &writer.source,
            ModuleKind::CsvFileWriter(writer) => &writer.source,
            ModuleKind::ParquetFileWriter(writer) => &writer.source,
        };
        if !known.contains(&source.as_str()) {
            let hint = nearest_hint(source.as_str(), known.iter().copied());
            let message = format!("no earlier module makes a frame \"{source}\"");
            let path = format!("modules[{at}]");
            let Some(fields) = reader.any_object(&items[at], &path) else {
                continue;
            };
            let range = fields
                .get("source")
                .map_or(items[at].range.clone(), |node| node.range.clone());
            reader.report_with_hint(&range, &fields.path_of("source"), message, &hint);
        }
    }
}
