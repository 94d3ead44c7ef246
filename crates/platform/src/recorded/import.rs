//! Bringing recorded outputs into the workspace, each to the place its writer names.
//!
//! Two layouts are understood: a folder per date, and the platform's own output folder, where dates stand
//! below each output. A date that is imported again replaces what was there; other dates stay.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use relift_job::{DateRange, EffectiveDate, FileTarget, Job, ModuleKind};

use super::tables::{self, ByDate};
use super::{FILES, OUTPUTS, RecordedError, TABLES, recording_hash};

/// What is imported.
#[derive(Clone, Copy, Debug)]
pub struct Import<'a> {
    /// The job whose outputs they are.
    pub job: &'a Job,
    /// Where they lie.
    pub from: &'a Path,
    /// Dates of the workspace; others are left out.
    pub dates: DateRange,
    /// Column that tells the date in a table of many dates.
    pub date_column: &'a str,
    /// Whether that column is one of the job's own and stays in its rows.
    pub keep_date_column: bool,
}

/// What became of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It was not recorded before.
    New,
    /// Something else was recorded before.
    Replaced,
    /// The same was recorded before.
    Unchanged,
}

/// What was imported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportSummary {
    /// Every imported date.
    pub dates: BTreeMap<EffectiveDate, Change>,
    /// Dates found that are none of the workspace's.
    pub left_out: BTreeSet<EffectiveDate>,
}

/// Imports recorded outputs into `into`, the folder of the job's recordings.
pub fn import(import: &Import<'_>, into: &Path) -> Result<ImportSummary, RecordedError> {
    let scratch = into.join(".import.part");
    remove(&scratch)?;
    fs::create_dir_all(&scratch).map_err(RecordedError::file("create", &scratch))?;
    let collected = Collector::new(import, &scratch).collect();
    let summary = collected.and_then(|(dates, left_out)| {
        let mut summary = ImportSummary {
            left_out,
            ..ImportSummary::default()
        };
        for date in dates {
            let change = put(
                &scratch.join(date.to_string()),
                &into.join(date.to_string()),
            )?;
            summary.dates.insert(date, change);
        }
        Ok(summary)
    });
    remove(&scratch)?;
    if summary.is_err() {
        // Leaves no folder behind that would say the job has recordings; one that holds some stays.
        let _ = fs::remove_dir(into);
    }
    summary
}

/// Puts a date's new folder in the place of the old one.
fn put(new: &Path, old: &Path) -> Result<Change, RecordedError> {
    if !old.exists() {
        fs::rename(new, old).map_err(RecordedError::file("name", old))?;
        return Ok(Change::New);
    }
    if recording_hash(new)? == recording_hash(old)? {
        return Ok(Change::Unchanged);
    }
    let mut aside = new.as_os_str().to_owned();
    aside.push(".old");
    fs::rename(old, &aside).map_err(RecordedError::file("replace", old))?;
    fs::rename(new, old).map_err(RecordedError::file("name", old))?;
    Ok(Change::Replaced)
}

fn remove(folder: &Path) -> Result<(), RecordedError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(RecordedError::file("remove", folder)(error))
        }
        _ => Ok(()),
    }
}

/// An output of the job.
struct Writer<'a> {
    target: &'a FileTarget,
    /// Parquet folders are taken whole.
    folder: bool,
}

impl Writer<'_> {
    /// Places below a date's folder where its output may lie, the longest first.
    fn places(&self) -> [String; 3] {
        let FileTarget {
            job_dir,
            table_dir,
            file_name,
            ..
        } = self.target;
        [
            format!("{job_dir}/{table_dir}/{file_name}"),
            format!("{table_dir}/{file_name}"),
            file_name.clone(),
        ]
    }
}

struct Collector<'a> {
    import: &'a Import<'a>,
    scratch: &'a Path,
    writers: Vec<Writer<'a>>,
    tables: BTreeSet<&'a str>,
    has_externals: bool,
    dates: BTreeSet<EffectiveDate>,
    left_out: BTreeSet<EffectiveDate>,
}

impl<'a> Collector<'a> {
    fn new(import: &'a Import<'a>, scratch: &'a Path) -> Self {
        let mut writers = Vec::new();
        let mut tables = BTreeSet::new();
        let mut has_externals = false;
        for module in &import.job.modules {
            match &module.kind {
                ModuleKind::CsvFileWriter(writer) => writers.push(Writer {
                    target: &writer.target,
                    folder: false,
                }),
                ModuleKind::ParquetFileWriter(writer) => writers.push(Writer {
                    target: &writer.target,
                    folder: true,
                }),
                ModuleKind::DataFrameWriter(writer) => {
                    tables.insert(writer.table.as_str());
                }
                ModuleKind::External(_) => has_externals = true,
                ModuleKind::DataSourcing(_) | ModuleKind::Transformation(_) => {}
            }
        }
        Self {
            import,
            scratch,
            writers,
            tables,
            has_externals,
            dates: BTreeSet::new(),
            left_out: BTreeSet::new(),
        }
    }

    fn collect(
        mut self,
    ) -> Result<(BTreeSet<EffectiveDate>, BTreeSet<EffectiveDate>), RecordedError> {
        for (date, folder) in dates_below(self.import.from)? {
            if self.begins(date)? {
                self.date_folder(date, &folder)?;
            }
        }
        self.platform_layout()?;
        self.whole_tables()?;
        if self.dates.is_empty() {
            return Err(RecordedError::Nothing {
                job: self.import.job.name.clone(),
                from: self.import.from.to_owned(),
                expected: self.expected(),
            });
        }
        Ok((self.dates, self.left_out))
    }

    /// Makes room for a date; false when it is none of the workspace's.
    fn begins(&mut self, date: EffectiveDate) -> Result<bool, RecordedError> {
        if !self.import.dates.contains(date) {
            self.left_out.insert(date);
            return Ok(false);
        }
        let folder = self.of(date);
        fs::create_dir_all(&folder).map_err(RecordedError::file("create", &folder))?;
        self.dates.insert(date);
        Ok(true)
    }

    fn of(&self, date: EffectiveDate) -> PathBuf {
        self.scratch.join(date.to_string())
    }

    /// Everything in the folder of one date.
    fn date_folder(&self, date: EffectiveDate, folder: &Path) -> Result<(), RecordedError> {
        let mut claimed: BTreeSet<PathBuf> = BTreeSet::new();
        for writer in &self.writers {
            for place in writer.places() {
                let path = folder.join(&place);
                if !path.exists() {
                    continue;
                }
                if !claimed.insert(path.clone()) {
                    let same = self
                        .writers
                        .iter()
                        .filter(|other| other.places().contains(&place));
                    return Err(RecordedError::Ambiguous {
                        job: self.import.job.name.clone(),
                        file: path,
                        name: writer.target.file_name.clone(),
                        places: same.map(|other| other.places()[0].clone()).collect(),
                    });
                }
                self.take(date, writer, &path)?;
                break;
            }
        }
        for table in &self.tables {
            for place in [folder.join(format!("{table}.parquet")), folder.join(table)] {
                let files = tables::files(&place)?;
                if !files.is_empty() {
                    tables::copy(&files, &self.table_place(date, table))?;
                    claimed.insert(place);
                    break;
                }
            }
        }
        self.own_files(date, folder, folder, &claimed)
    }

    fn table_place(&self, date: EffectiveDate, table: &str) -> PathBuf {
        self.of(date).join(TABLES).join(format!("{table}.parquet"))
    }

    fn take(
        &self,
        date: EffectiveDate,
        writer: &Writer<'_>,
        from: &Path,
    ) -> Result<(), RecordedError> {
        let to = self.of(date).join(OUTPUTS).join(&writer.places()[0]);
        if writer.folder != from.is_dir() {
            let what = if writer.folder {
                "it is a file, a Parquet output is a folder of part files"
            } else {
                "it is a folder, the output is a file"
            };
            return Err(RecordedError::Dates {
                file: from.to_owned(),
                detail: what.to_owned(),
            });
        }
        if !writer.folder {
            return copy_file(from, &to);
        }
        fs::create_dir_all(&to).map_err(RecordedError::file("create", &to))?;
        for part in tables::files(from)? {
            let name = part.file_name().unwrap_or_default().to_owned();
            copy_file(&part, &to.join(name))?;
        }
        Ok(())
    }

    /// What no writer claimed is a file an External wrote by itself, if there is one.
    fn own_files(
        &self,
        date: EffectiveDate,
        root: &Path,
        folder: &Path,
        claimed: &BTreeSet<PathBuf>,
    ) -> Result<(), RecordedError> {
        for path in entries(folder)? {
            let hidden = path
                .file_name()
                .is_none_or(|name| name.to_string_lossy().starts_with(['.', '_']));
            if hidden || claimed.contains(&path) {
                continue;
            }
            if path.is_dir() {
                self.own_files(date, root, &path, claimed)?;
            } else if self.has_externals {
                let inside = path.strip_prefix(root).unwrap_or(&path);
                let inside = inside.strip_prefix(FILES).unwrap_or(inside);
                copy_file(&path, &self.of(date).join(FILES).join(inside))?;
            } else {
                return Err(RecordedError::Unexpected {
                    job: self.import.job.name.clone(),
                    file: path,
                    expected: self.expected(),
                });
            }
        }
        Ok(())
    }

    /// `{job dir}/{table dir}/{date}/{file}`, as the platform itself lays outputs out.
    fn platform_layout(&mut self) -> Result<(), RecordedError> {
        let writers = std::mem::take(&mut self.writers);
        for writer in &writers {
            let FileTarget {
                job_dir,
                table_dir,
                file_name,
                ..
            } = writer.target;
            for (date, folder) in dates_below(&self.import.from.join(job_dir).join(table_dir))? {
                let path = folder.join(file_name);
                if self.begins(date)? && path.exists() {
                    self.take(date, writer, &path)?;
                }
            }
        }
        self.writers = writers;
        let own = self.import.from.join(self.import.job.name.as_str());
        for (date, folder) in dates_below(&own.join(FILES))? {
            if self.has_externals && self.begins(date)? {
                self.own_files(date, &folder, &folder, &BTreeSet::new())?;
            }
        }
        Ok(())
    }

    /// `{table}.parquet` or `{table}/` with the rows of many dates.
    fn whole_tables(&mut self) -> Result<(), RecordedError> {
        for table in self.tables.clone() {
            let from = self.import.from;
            for place in [from.join(format!("{table}.parquet")), from.join(table)] {
                let files = tables::files(&place)?;
                if files.is_empty() {
                    continue;
                }
                let by = ByDate {
                    column: self.import.date_column,
                    keep: self.import.keep_date_column,
                    dates: self.import.dates,
                };
                let place = |date| self.table_place(date, table);
                for date in tables::split(&files, &by, place)? {
                    self.dates.insert(date);
                }
                break;
            }
        }
        Ok(())
    }

    fn expected(&self) -> Vec<String> {
        let files = self
            .writers
            .iter()
            .map(|writer| format!("<date>/{}", writer.places()[0]));
        let tables = self.tables.iter().flat_map(|table| {
            [
                format!("<date>/{table}.parquet"),
                format!("{table}.parquet"),
            ]
        });
        files.chain(tables).collect()
    }
}

/// Folders named by a date.
fn dates_below(folder: &Path) -> Result<BTreeMap<EffectiveDate, PathBuf>, RecordedError> {
    if !folder.is_dir() {
        return Ok(BTreeMap::new());
    }
    let dated = |path: PathBuf| {
        let date = EffectiveDate::parse(path.file_name()?.to_str()?)?;
        path.is_dir().then_some((date, path))
    };
    Ok(entries(folder)?.into_iter().filter_map(dated).collect())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, RecordedError> {
    let entries: Result<Vec<_>, _> =
        fs::read_dir(folder).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    let mut entries = entries.map_err(RecordedError::file("list", folder))?;
    entries.sort();
    Ok(entries)
}

fn copy_file(from: &Path, to: &Path) -> Result<(), RecordedError> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(RecordedError::file("create", folder))?;
    }
    fs::copy(from, to).map_err(RecordedError::file("copy", from))?;
    Ok(())
}
