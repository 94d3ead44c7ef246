//! An opened workspace: its settings, its jobs and the code they consist of.
//!
//! A job whose configuration cannot be read stays in scope under the name it has or the name of its
//! file, so that no job can disappear between the folder and the report.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use relift_diagnostics::{ContentHash, Diagnostic, SourceFile};
use relift_engine::Lake;
use relift_job::{
    DateRange, Dependencies, Edges, EffectiveDate, External, Job, JobName, ModuleKind, Workspace,
};

use crate::MigrationError;

/// The settings file of a workspace.
pub const SETTINGS: &str = "relift.toml";

/// An opened workspace.
pub struct Project {
    /// Absolute path of the folder that holds `relift.toml`.
    pub root: PathBuf,
    /// Its settings.
    pub workspace: Workspace,
    /// The lake.
    pub lake: Lake,
    /// Jobs whose configuration is sound.
    pub jobs: BTreeMap<JobName, Job>,
    /// Jobs whose configuration is not, with what is wrong.
    pub broken: BTreeMap<JobName, Vec<Diagnostic>>,
    /// Which job waits for which.
    pub edges: Edges,
    /// Files below the import roots that are no Python, listed when they are first asked for.
    pub(crate) beside_code: OnceLock<Vec<String>>,
}

impl Project {
    /// Opens the workspace of `folder` or of the nearest folder above it.
    pub fn open(folder: &Path) -> Result<Self, MigrationError> {
        let start = std::path::absolute(folder).map_err(MigrationError::file("find", folder))?;
        let root = start
            .ancestors()
            .find(|folder| folder.join(SETTINGS).is_file())
            .ok_or(MigrationError::NoWorkspace {
                folder: start.clone(),
            })?
            .to_owned();
        let settings = read_source(&root, SETTINGS)?;
        let workspace = Workspace::parse(&settings).map_err(MigrationError::Configuration)?;
        let lake = Lake::open(
            root.join(&workspace.lake_root),
            workspace.effective_date_column.as_str(),
        );
        let mut project = Self {
            root,
            workspace,
            lake,
            jobs: BTreeMap::new(),
            broken: BTreeMap::new(),
            edges: Edges::default(),
            beside_code: OnceLock::new(),
        };
        project.load_jobs()?;
        project.load_edges()?;
        Ok(project)
    }

    fn load_jobs(&mut self) -> Result<(), MigrationError> {
        for folder in self.workspace.job_folders.clone() {
            for file in files_below(&self.root, &folder, "json")? {
                let source = read_source(&self.root, &file)?;
                let stem = Path::new(&file)
                    .file_stem()
                    .map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
                match Job::parse(&source, &self.workspace) {
                    Ok(job) if self.jobs.contains_key(&job.name) => {
                        let other = &self.jobs[&job.name].file;
                        let problem = Diagnostic::error(format!("{other} has the same jobName"))
                            .at(source.whole())
                            .path("jobName")
                            .hint("give one of the two another name");
                        self.broken.entry(stem.into()).or_default().push(problem);
                    }
                    Ok(job) => {
                        self.jobs.insert(job.name.clone(), job);
                    }
                    Err(problems) => self.broken.entry(stem.into()).or_default().extend(problems),
                }
            }
        }
        Ok(())
    }

    /// Jobs in a circle and jobs that read nobody knows whose table cannot be run in any order, so they
    /// count as broken.
    fn load_edges(&mut self) -> Result<(), MigrationError> {
        let declared = match &self.workspace.dependencies {
            None => Dependencies::default(),
            Some(file) => {
                let source = read_source(&self.root, file)?;
                Dependencies::parse(&source).map_err(MigrationError::Configuration)?
            }
        };
        let problems = declared.unknown_jobs(&self.scope());
        if !problems.is_empty() {
            return Err(MigrationError::Configuration(problems));
        }
        let curated = &self.workspace.curated_schema;
        self.edges = Edges::of(self.jobs.values(), curated, &declared);
        for (job, problems) in self.edges.faults() {
            self.jobs.remove(job);
            let known = self.broken.entry(job.clone()).or_default();
            known.extend(problems.iter().cloned());
        }
        Ok(())
    }

    /// Every name in scope: sound and broken jobs.
    pub fn scope(&self) -> BTreeSet<JobName> {
        self.jobs
            .keys()
            .chain(self.broken.keys())
            .cloned()
            .collect()
    }

    /// The error about a name that is no job.
    pub(crate) fn unknown_job(&self, name: &str) -> MigrationError {
        MigrationError::NothingSelected {
            selection: name.to_owned(),
            known: listed(&self.scope()),
        }
    }

    /// Sound jobs chosen by `selection`: names or patterns with `*`, separated by commas; all when empty.
    pub fn select(&self, selection: &[String]) -> Result<Vec<JobName>, MigrationError> {
        let patterns: Vec<&str> = selection
            .iter()
            .flat_map(|text| text.split(','))
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .collect();
        let scope = self.scope();
        let mut chosen = BTreeSet::new();
        for pattern in &patterns {
            if let Some(name) = scope.get(*pattern) {
                chosen.insert(name.clone());
                continue;
            }
            let before = chosen.len();
            if pattern.contains('*') {
                chosen.extend(
                    scope
                        .iter()
                        .filter(|name| matches_pattern(pattern, name.as_str()))
                        .cloned(),
                );
            }
            if chosen.len() == before {
                return Err(MigrationError::NothingSelected {
                    selection: (*pattern).to_owned(),
                    known: listed(&scope),
                });
            }
        }
        let wanted = |name: &&JobName| patterns.is_empty() || chosen.contains(*name);
        Ok(self.jobs.keys().filter(wanted).cloned().collect())
    }

    /// The dates of a command: the workspace's range, narrowed.
    pub fn dates(
        &self,
        start: Option<EffectiveDate>,
        end: Option<EffectiveDate>,
    ) -> Result<DateRange, MigrationError> {
        let whole = self.workspace.dates;
        let range = DateRange {
            first: start.unwrap_or(whole.first),
            last: end.unwrap_or(whole.last),
        };
        if !whole.contains(range.first) || !whole.contains(range.last) || range.first > range.last {
            let what = format!(
                "{} .. {} is not inside the dates of the workspace, {} .. {} (relift.toml, [dates])",
                range.first, range.last, whole.first, whole.last
            );
            return Err(MigrationError::Dates { what });
        }
        Ok(range)
    }

    /// The source of an External, found below a `python_path` root.
    pub fn external(&self, external: &External) -> Result<SourceFile, Diagnostic> {
        let candidates = self.module_files(&external.module);
        for file in &candidates {
            if self.root.join(file).is_file() {
                return read_source(&self.root, file).map_err(|error| {
                    Diagnostic::error(error.to_string()).hint("the file must be UTF-8 text")
                });
            }
        }
        Err(
            Diagnostic::error(format!("there is no External \"{}\"", external.module))
                .hint(format!("looked for {}", candidates.join(", "))),
        )
    }

    /// Where a module could be: `late.py`, `sub/late.py` or dotted `sub.late`.
    fn module_files(&self, module: &str) -> Vec<String> {
        let relative = match module.strip_suffix(".py") {
            Some(path) => path.to_owned(),
            None => module.replace('.', "/"),
        };
        self.workspace
            .python_path
            .iter()
            .map(|root| format!("{root}/{relative}.py"))
            .collect()
    }

    /// All source files a job consists of: its configuration, its Externals and the modules of the
    /// portfolio these import, each once.
    pub fn sources(&self, job: &Job) -> Result<Vec<SourceFile>, MigrationError> {
        let mut found = vec![read_source(&self.root, &job.file)?];
        let mut add = |source: SourceFile| {
            if found.iter().all(|known| known.name() != source.name()) {
                found.push(source);
            }
        };
        for module in &job.modules {
            let ModuleKind::External(external) = &module.kind else {
                continue;
            };
            // One that is missing is said when the job is analysed or run.
            let Ok(source) = self.external(external) else {
                continue;
            };
            add(source.clone());
            let imported = self.imported(external, &source)?;
            for module in imported {
                add(module.source);
            }
        }
        Ok(found)
    }

    /// Hash over all source files of a job, and the data beside them that it reads, with their names: a run counts only for the code it ran.
    pub fn code_hash(&self, job: &Job) -> Result<ContentHash, MigrationError> {
        let mut text = String::new();
        let sources = self.sources(job)?;
        for (file, hash) in self.data_files(&sources)? {
            text.push_str(&format!("{file}\n{hash}\n"));
        }
        for source in sources {
            let name = source.name();
            text.push_str(&format!(
                "{name}\n{}\n",
                ContentHash::of(source.text().as_bytes())
            ));
        }
        Ok(ContentHash::of(text.as_bytes()))
    }

    /// Folder of a job's artifacts.
    pub fn artifacts(&self, job: &JobName) -> PathBuf {
        self.root.join("artifacts").join(job.as_str())
    }

    /// Folder of live state: ledger, control store, logs.
    pub fn state(&self) -> PathBuf {
        self.root.join(".relift")
    }
}

/// Reads a text file of the workspace.
pub(crate) fn read_source(root: &Path, file: &str) -> Result<SourceFile, MigrationError> {
    let path = root.join(file);
    let text = std::fs::read_to_string(&path).map_err(MigrationError::file("read", path))?;
    Ok(SourceFile::new(file, &text))
}

/// Files with an extension in a folder of the workspace, sorted, as paths relative to the workspace.
fn files_below(root: &Path, folder: &str, extension: &str) -> Result<Vec<String>, MigrationError> {
    let path = root.join(folder);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&path).map_err(MigrationError::file("list", path.as_path()))? {
        let entry = entry
            .map_err(MigrationError::file("list", path.as_path()))?
            .path();
        if entry.extension().is_some_and(|found| found == extension)
            && let Some(name) = entry.file_name().and_then(|name| name.to_str())
        {
            files.push(format!("{}/{name}", folder.trim_end_matches('/')));
        }
    }
    files.sort();
    Ok(files)
}

/// Names for an error message; those of a large portfolio are cut.
fn listed(names: &BTreeSet<JobName>) -> String {
    const SHOWN: usize = 40;
    let shown: Vec<&str> = names.iter().take(SHOWN).map(JobName::as_str).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{}, and {more} more", shown.join(", ")),
    }
}

/// Whether `*` patterns match; everything else is literal.
pub(crate) fn matches_pattern(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((head, rest)) => name.strip_prefix(head).is_some_and(|tail| {
            (0..=tail.len())
                .filter(|at| tail.is_char_boundary(*at))
                .any(|at| matches_pattern(rest, &tail[at..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_names() {
        assert!(matches_pattern("order*", "order_totals"));
        assert!(matches_pattern("*_fees", "payment_fees"));
        assert!(!matches_pattern("order", "order_totals"));
    }
}
