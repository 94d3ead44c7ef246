//! The CSV file writer.

use std::fs;
use std::path::Path;

use relift_job::{CsvFileWriter, EffectiveDate, LineEnding, Workspace};
use relift_values::{CsvRecords, DateFormat, push_csv_record};

use super::cells::column_texts;
use super::{Frame, WriterError};

/// What a CSV file depends on beside its rows.
#[derive(Clone, Debug)]
pub struct CsvSettings<'a> {
    /// The writer module.
    pub writer: &'a CsvFileWriter,
    /// Settings of the workspace: date format, output date column.
    pub workspace: &'a Workspace,
    /// The date processed.
    pub date: EffectiveDate,
    /// The recorded processing time, for `{timestamp}`.
    pub processing_time: jiff::Timestamp,
    /// The one-row frame of `trailerSource`.
    pub trailer_values: Option<&'a Frame>,
}

/// Writes header, rows carried over from `prior`, the frame's rows and the trailer; returns the rows written.
pub fn write_csv(
    path: &Path,
    frame: &Frame,
    prior: Option<&Path>,
    settings: &CsvSettings<'_>,
) -> Result<u64, WriterError> {
    let dates = DateFormat::parse(
        settings
            .workspace
            .csv_date_format
            .as_deref()
            .unwrap_or("iso"),
    )?;
    let schema = frame.rows.schema();
    let mut header: Vec<String> = schema
        .fields()
        .iter()
        .map(|field| field.name().clone())
        .collect();
    header.push(settings.workspace.output_date_column.clone());
    let line_end = match settings.writer.line_ending {
        LineEnding::Lf => "\n",
        LineEnding::CrLf => "\r\n",
    };
    let mut text = String::new();
    if settings.writer.include_header {
        push_csv_record(&mut text, header.iter().map(String::as_str), line_end);
    }
    let mut rows = 0;
    if let Some(prior) = prior {
        for record in prior_records(prior, &header, settings)? {
            push_csv_record(&mut text, record.iter().map(String::as_str), line_end);
            rows += 1;
        }
    }
    let columns = schema.fields().iter().zip(frame.rows.columns());
    let columns: Result<Vec<Vec<String>>, _> = columns
        .map(|(field, column)| column_texts(field.name(), column, &dates))
        .collect();
    let columns = columns?;
    let today = dates.text(settings.date.0);
    for row in 0..frame.row_count() {
        let cells = columns
            .iter()
            .map(|column| column[row].as_str())
            .chain([today.as_str()]);
        push_csv_record(&mut text, cells, line_end);
        rows += 1;
    }
    if let Some(format) = &settings.writer.trailer {
        text.push_str(&trailer(format, rows, settings, &dates)?);
        text.push_str(line_end);
    }
    fs::write(path, text).map_err(WriterError::io("write", path))?;
    Ok(rows)
}

fn trailer(
    format: &str,
    rows: u64,
    settings: &CsvSettings<'_>,
    dates: &DateFormat,
) -> Result<String, WriterError> {
    let time = settings.processing_time.to_zoned(jiff::tz::TimeZone::UTC);
    let mut tokens = vec![
        ("row_count".to_owned(), rows.to_string()),
        ("date".to_owned(), settings.date.to_string()),
        (
            "timestamp".to_owned(),
            time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        ),
    ];
    if let Some(values) = settings.trailer_values {
        if values.row_count() != 1 {
            let frame = settings
                .writer
                .trailer_source
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default();
            return Err(WriterError::TrailerRows {
                frame,
                rows: values.row_count(),
            });
        }
        for (field, column) in values
            .rows
            .schema()
            .fields()
            .iter()
            .zip(values.rows.columns())
        {
            let text = column_texts(field.name(), column, dates)?.swap_remove(0);
            match tokens.iter_mut().find(|(name, _)| name == field.name()) {
                Some((_, value)) => *value = text,
                None => tokens.push((field.name().clone(), text)),
            }
        }
    }
    let replaced = |text: String, (name, value): &(String, String)| {
        text.replace(&format!("{{{name}}}"), value)
    };
    Ok(tokens.iter().fold(format.to_owned(), replaced))
}

/// Rows of the earlier partition as text, its trailer dropped, in today's column order.
fn prior_records(
    path: &Path,
    header: &[String],
    settings: &CsvSettings<'_>,
) -> Result<Vec<Vec<String>>, WriterError> {
    let refused = |detail: String| WriterError::Prior {
        prior: path.to_owned(),
        detail,
    };
    let text = fs::read_to_string(path).map_err(WriterError::io("read", path))?;
    let body = match settings.writer.trailer {
        Some(_) => {
            let lines = text.trim_end_matches(['\r', '\n']);
            &text[..lines.rfind(['\r', '\n']).map_or(0, |at| at + 1)]
        }
        None => text.as_str(),
    };
    let mut records = CsvRecords::new(body).map(|(_, fields)| fields);
    if !settings.writer.include_header {
        return Ok(records.collect());
    }
    let Some(earlier) = records.next() else {
        return Ok(Vec::new());
    };
    if earlier == header {
        return Ok(records.collect());
    }
    let unknown: Vec<&str> = earlier
        .iter()
        .filter(|name| !header.contains(name))
        .map(String::as_str)
        .collect();
    if !unknown.is_empty() {
        return Err(refused(format!(
            "it has columns that today's rows lack: {}",
            unknown.join(", ")
        )));
    }
    let places: Vec<Option<usize>> = header
        .iter()
        .map(|name| earlier.iter().position(|before| before == name))
        .collect();
    records
        .map(|record| {
            let cell = |place: &Option<usize>| match place {
                Some(at) => record
                    .get(*at)
                    .cloned()
                    .ok_or_else(|| refused("a row is shorter than its header".into())),
                None => Ok(String::new()),
            };
            places.iter().map(cell).collect()
        })
        .collect()
}
