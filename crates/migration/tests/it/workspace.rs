//! Workspaces in temporary folders.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use relift_job::JobName;
use relift_migration::{Migration, Settings, Silent};
use tempfile::TempDir;

use crate::typed_csv::TypedCsv;

/// A workspace that vanishes with the value.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    /// One whose settings are those of the demonstration but for the dates and `more` lines of `[legacy]`.
    pub(crate) fn new(first: &str, last: &str, more: &str) -> Self {
        let place = Self {
            folder: tempfile::tempdir().expect("a folder"),
        };
        let settings = format!(
            "[workspace]\nname = \"trial\"\n[dates]\nfirst = \"{first}\"\nlast = \"{last}\"\n[lake]\nroot = \"lake\"\n\
             effective_date_column = \"as_of\"\n[portfolio]\njobs = [\"jobs\"]\npython_path = [\"externals\"]\n\
             [legacy]\nsql_dialect = \"sqlite\"\n{more}\n[output]\ncurated_schema = \"curated\"\n\
             rewrite_schema = \"double_secret_curated\"\nfiles = \"output\"\n"
        );
        place.write("relift.toml", &settings);
        for folder in ["jobs", "externals"] {
            std::fs::create_dir_all(place.root().join(folder)).expect("created");
        }
        place
    }

    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        let path = self.root().join(file);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("created");
        std::fs::write(path, text).expect("written");
    }

    pub(crate) fn read(&self, file: &str) -> String {
        let path = self.root().join(file);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    pub(crate) fn open(&self) -> Migration<'static> {
        Migration::open(self.root(), settings(), &Silent).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Brings tables into the lake.
    pub(crate) fn import(&self, schema: &str, tables: &BTreeMap<String, TypedCsv>) {
        let from = self.root().join("import");
        for (name, table) in tables {
            table.write_parquet(&from.join(name).join("part.parquet"));
        }
        self.open()
            .import_lake(schema, &from)
            .unwrap_or_else(|error| panic!("{error}"));
    }

    /// Every file below a folder by its path in the workspace, with its content.
    pub(crate) fn files(&self, folder: &str) -> BTreeMap<String, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut waiting = vec![PathBuf::from(folder)];
        while let Some(folder) = waiting.pop() {
            let Ok(entries) = std::fs::read_dir(self.root().join(&folder)) else {
                continue;
            };
            for entry in entries {
                let below = folder.join(entry.expect("an entry").file_name());
                let path = self.root().join(&below);
                if path.is_dir() {
                    waiting.push(below);
                } else {
                    found.insert(
                        below.to_string_lossy().into_owned(),
                        std::fs::read(path).expect("read"),
                    );
                }
            }
        }
        found
    }

    /// Lines of the matrix about a job.
    pub(crate) fn matrix(&self, job: &str) -> Vec<String> {
        let start = format!("{job},");
        let matrix = self.read("governance/match_matrix.csv");
        matrix
            .lines()
            .filter_map(|line| line.strip_prefix(&start))
            .map(str::to_owned)
            .collect()
    }
}

/// All sound jobs.
pub(crate) fn all(migration: &Migration<'_>) -> Vec<JobName> {
    migration.project().select(&[]).expect("jobs")
}

/// Two workspaces are at work at a time, with one worker each.
pub(crate) fn settings() -> Settings {
    let cache = std::env::var_os("RELIFT_CACHE").map_or_else(
        || Path::new(env!("CARGO_TARGET_TMPDIR")).join("python"),
        PathBuf::from,
    );
    Settings {
        workers: Some(1),
        python: None,
        cache: Some(cache),
        again: false,
    }
}
