//! What a legacy run leaves behind: staged files and tables, or the reason there are none.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use relift_job::{ColumnName, Job, ModuleKind, SchemaName};
use serde::Deserialize;

use super::LegacyError;
use crate::outputs::{StagedFile, StagedTable};

/// What a run staged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegacyOutcome {
    /// Files, in the order of their modules, then those the job wrote by itself, by path.
    pub files: Vec<StagedFile>,
    /// Tables, in the order of their modules.
    pub tables: Vec<StagedTable>,
    /// What the job printed.
    pub log: PathBuf,
}

/// An exception in a legacy run, with paths relative to the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raised {
    /// Index of the module that was running.
    pub module: usize,
    /// Its type.
    pub module_type: &'static str,
    /// Class of the exception.
    pub exception: String,
    /// Its text.
    pub message: String,
    /// The innermost line of the workspace's own Python.
    pub place: Option<(String, u32)>,
    /// The whole traceback, frames of the runtime itself left out.
    pub traceback: String,
}

impl fmt::Display for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            module,
            module_type,
            exception,
            message,
            place,
            ..
        } = self;
        if let Some((file, line)) = place {
            write!(f, "{file}:{line}: ")?;
        }
        write!(
            f,
            "{exception}: {message} (modules[{module}], {module_type})"
        )
    }
}

/// Why a legacy run has no outcome.
#[derive(Debug, thiserror::Error)]
pub enum LegacyFailure {
    /// The job's own Python or SQL raised.
    #[error("{0}")]
    Raised(Box<Raised>),
    /// A module cannot do what the configuration asks.
    #[error("{file}: modules[{module}] ({module_type}): {message}")]
    Refused {
        /// The configuration.
        file: String,
        /// Index of the module.
        module: usize,
        /// Its type.
        module_type: &'static str,
        /// What is wrong.
        message: String,
    },
    /// The run was stopped by its time limit.
    #[error(
        "the run was stopped after {seconds} seconds\nhint: the limit is `[legacy] run_seconds_max` in relift.toml"
    )]
    TimedOut {
        /// The limit.
        seconds: u64,
    },
    /// The run was stopped for what it used as a whole.
    #[error("the run was stopped: {what}")]
    Exceeded {
        /// What, and the way out.
        what: String,
    },
    /// The process of the run ended without an answer.
    #[error(
        "the Python process of the run ended without an answer: {reason}{}",
        ending(printed)
    )]
    Died {
        /// How it ended.
        reason: String,
        /// The end of what it printed.
        printed: String,
    },
    /// A staged path would leave the output zone, or is neither file nor folder.
    #[error("the run left {path} in its folder, which cannot be committed: {reason}")]
    Staged {
        /// The path.
        path: String,
        /// Why not.
        reason: &'static str,
    },
    /// The staging folder cannot be used.
    #[error("cannot {doing} {}", path.display())]
    Staging {
        /// What was tried.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// No worker could be started for the run.
    #[error(transparent)]
    Worker(#[from] LegacyError),
}

fn ending(printed: &str) -> String {
    if printed.is_empty() {
        String::new()
    } else {
        format!("\n{printed}")
    }
}

/// A worker's answer to one request.
#[derive(Debug, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub(super) enum Reply {
    /// Every module ran.
    Done {
        files: Vec<WrittenFile>,
        tables: Vec<WrittenTable>,
    },
    /// The job's Python or SQL raised.
    Raised {
        module: Option<usize>,
        exception: String,
        message: String,
        file: Option<String>,
        line: Option<u32>,
        traceback: String,
    },
    /// A module could not do its work.
    Refused {
        module: Option<usize>,
        message: String,
    },
    /// Stopped by the limit.
    TimedOut,
    /// Stopped for what it and its processes used together.
    Exceeded { what: String },
    /// The child ended by itself.
    Died { reason: String },
}

/// A file writer's result.
#[derive(Debug, Deserialize)]
pub(super) struct WrittenFile {
    module: usize,
    staged: PathBuf,
    rows: Option<u64>,
}

/// A table writer's result.
#[derive(Debug, Deserialize)]
pub(super) struct WrittenTable {
    module: usize,
    arrow: PathBuf,
    rows: u64,
    untyped: Vec<String>,
}

/// Facts of the run that a reply is read with.
pub(super) struct Context<'a> {
    pub(super) job: &'a Job,
    pub(super) date: String,
    pub(super) curated_schema: &'a SchemaName,
    pub(super) staging: &'a Path,
    pub(super) seconds_max: u64,
}

impl Context<'_> {
    /// Reads a reply.
    pub(super) fn outcome(&self, reply: Reply) -> Result<LegacyOutcome, LegacyFailure> {
        match reply {
            Reply::Done { files, tables } => self.staged(files, tables),
            Reply::Raised {
                module,
                exception,
                message,
                file,
                line,
                traceback,
            } => {
                let module = module.unwrap_or_default();
                let place = file.zip(line);
                let module_type = self.module_type(module);
                Err(LegacyFailure::Raised(Box::new(Raised {
                    module,
                    module_type,
                    exception,
                    message,
                    place,
                    traceback,
                })))
            }
            Reply::Refused { module, message } => {
                let module = module.unwrap_or_default();
                let (file, module_type) = (self.job.file.to_string(), self.module_type(module));
                Err(LegacyFailure::Refused {
                    file,
                    module,
                    module_type,
                    message,
                })
            }
            Reply::TimedOut => Err(LegacyFailure::TimedOut {
                seconds: self.seconds_max,
            }),
            Reply::Exceeded { what } => Err(LegacyFailure::Exceeded {
                what: match what.as_str() {
                    "memory" => "it used more memory than allowed\nhint: the limit is `[legacy] run_memory_mb_max` in relift.toml".to_owned(),
                    _ => format!("it had too many {what} at the same time"),
                },
            }),
            Reply::Died { reason } => Err(LegacyFailure::Died {
                reason,
                printed: self.printed(),
            }),
        }
    }

    /// The end of the run's log.
    pub(super) fn printed(&self) -> String {
        let text = std::fs::read(self.log()).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(10)..].join("\n")
    }

    fn log(&self) -> PathBuf {
        self.staging.join("log.txt")
    }

    fn module_type(&self, module: usize) -> &'static str {
        self.job
            .modules
            .get(module)
            .map_or("?", |module| module.kind.type_name())
    }

    fn staged(
        &self,
        files: Vec<WrittenFile>,
        tables: Vec<WrittenTable>,
    ) -> Result<LegacyOutcome, LegacyFailure> {
        let mut staged_files = Vec::new();
        for WrittenFile {
            module,
            staged,
            rows,
        } in files
        {
            let target = match self.job.modules.get(module).map(|module| &module.kind) {
                Some(ModuleKind::CsvFileWriter(writer)) => &writer.target,
                Some(ModuleKind::ParquetFileWriter(writer)) => &writer.target,
                _ => return Err(self.unexpected(module)),
            };
            let relative = format!(
                "{}/{}/{}/{}",
                target.job_dir, target.table_dir, self.date, target.file_name
            );
            staged_files.push(StagedFile {
                module: Some(module),
                relative: inside(relative)?,
                staged: self.own(staged)?,
                rows,
            });
        }
        let mut staged_tables = Vec::new();
        for WrittenTable {
            module,
            arrow,
            rows,
            untyped,
        } in tables
        {
            let Some(ModuleKind::DataFrameWriter(writer)) =
                self.job.modules.get(module).map(|module| &module.kind)
            else {
                return Err(self.unexpected(module));
            };
            let schema = writer
                .schema
                .clone()
                .unwrap_or_else(|| self.curated_schema.clone());
            let untyped = untyped.into_iter().map(ColumnName::from).collect();
            staged_tables.push(StagedTable {
                module,
                schema,
                table: writer.table.clone(),
                mode: writer.mode,
                arrow_file: self.own(arrow)?,
                rows,
                untyped,
            });
        }
        self.collect(&self.staging.join("work"), "", &mut staged_files)?;
        Ok(LegacyOutcome {
            files: staged_files,
            tables: staged_tables,
            log: self.log(),
        })
    }

    /// A reply comes from a process that ran foreign code, so it is believed only as far as it makes sense.
    fn unexpected(&self, module: usize) -> LegacyFailure {
        LegacyFailure::Died {
            reason: format!("its answer names a writer in modules[{module}]"),
            printed: self.printed(),
        }
    }

    fn own(&self, path: PathBuf) -> Result<PathBuf, LegacyFailure> {
        let plain = path.parent() == Some(&self.staging.join("out"));
        let kept = path
            .symlink_metadata()
            .is_ok_and(|found| !found.file_type().is_symlink());
        if plain && kept {
            Ok(path)
        } else {
            let reason = "it is not a file or folder of this run's output";
            Err(LegacyFailure::Staged {
                path: path.display().to_string(),
                reason,
            })
        }
    }

    /// Adds the files the job wrote by itself below its working folder.
    fn collect(
        &self,
        folder: &Path,
        inside_work: &str,
        files: &mut Vec<StagedFile>,
    ) -> Result<(), LegacyFailure> {
        let failed = |source| LegacyFailure::Staging {
            doing: "list",
            path: folder.to_owned(),
            source,
        };
        let mut entries = std::fs::read_dir(folder)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(failed)?;
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let name = entry
                .file_name()
                .into_string()
                .map_err(|name| LegacyFailure::Staged {
                    path: name.to_string_lossy().into_owned(),
                    reason: "its name is not UTF-8",
                })?;
            let path = format!("{inside_work}{name}");
            let kind = entry.file_type().map_err(failed)?;
            if kind.is_dir() {
                self.collect(&entry.path(), &format!("{path}/"), files)?;
            } else if kind.is_file() {
                let relative = inside(format!("{}/files/{}/{path}", self.job.name, self.date))?;
                files.push(StagedFile {
                    module: None,
                    relative,
                    staged: entry.path(),
                    rows: None,
                });
            } else {
                return Err(LegacyFailure::Staged {
                    path,
                    reason: "it is neither a file nor a folder",
                });
            }
        }
        Ok(())
    }
}

/// Checks that a path stays below the folder it is relative to.
fn inside(relative: String) -> Result<String, LegacyFailure> {
    let leaves = relative
        .split('/')
        .any(|part| matches!(part, "" | "." | ".."))
        || relative.contains('\0');
    if leaves {
        return Err(LegacyFailure::Staged {
            path: relative,
            reason: "its path leaves the output folder",
        });
    }
    Ok(relative)
}
