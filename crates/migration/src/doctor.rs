//! What is missing on this machine, or wrong in the workspace, and how to get it right.

use std::path::Path;

use relift_job::Isolation;
use relift_platform::legacy::{EnvironmentRequest, find_interpreter, prepare};

use crate::project::SETTINGS;
use crate::{MigrationError, Progress, Project, Settings};

/// How one thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// As it should be.
    Good,
    /// Works, with less.
    Warning,
    /// Something cannot work.
    Bad,
}

/// One examined thing.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What was looked at.
    pub what: &'static str,
    /// How it is.
    pub health: Health,
    /// What was found.
    pub found: String,
    /// What to do, when something is to be done.
    pub remedy: Option<String>,
}

impl Finding {
    fn good(what: &'static str, found: impl Into<String>) -> Self {
        Self {
            what,
            health: Health::Good,
            found: found.into(),
            remedy: None,
        }
    }

    fn bad(what: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            what,
            health: Health::Bad,
            found: found.into(),
            remedy: Some(remedy.into()),
        }
    }
}

/// Looks at everything; never stops at the first problem.
pub fn examine(folder: &Path, settings: &Settings, progress: &dyn Progress) -> Vec<Finding> {
    let mut findings = vec![python(settings)];
    let project = Project::open(folder);
    let wanted = project.as_ref().map(|project| project.workspace.isolation);
    findings.push(isolation(wanted.unwrap_or(Isolation::Prefer)));
    match project {
        Ok(project) => {
            findings.push(Finding::good(
                "workspace",
                project.root.display().to_string(),
            ));
            findings.push(environment(&project, settings, progress));
            findings.push(jobs(&project));
            findings.push(lake(&project));
        }
        Err(MigrationError::NoWorkspace { .. }) => findings.push(Finding {
            what: "workspace",
            health: Health::Warning,
            found: format!("no {SETTINGS} in {} or above", folder.display()),
            remedy: Some(
                "`relift init` makes this folder a workspace, `relift demo` shows one".to_owned(),
            ),
        }),
        Err(error) => findings.push(Finding::bad(
            "workspace",
            error.whole(),
            "correct the file named",
        )),
    }
    findings
}

fn python(settings: &Settings) -> Finding {
    match find_interpreter(settings.python.as_deref()) {
        Ok(found) => {
            let (major, minor, patch) = found.version;
            Finding::good(
                "Python",
                format!("{major}.{minor}.{patch} at {}", found.executable.display()),
            )
        }
        Err(error) => {
            let text = error.to_string();
            let (found, hint) = text
                .split_once("\nhint: ")
                .unwrap_or((&text, "install Python 3.11 or newer with venv"));
            Finding::bad("Python", found, hint)
        }
    }
}

fn environment(project: &Project, settings: &Settings, progress: &dyn Progress) -> Finding {
    let Some(cache) = settings.cache.clone() else {
        return Finding::bad(
            "Python packages",
            "no folder to keep them in",
            "set HOME, XDG_CACHE_HOME or --cache",
        );
    };
    let requirements = project
        .workspace
        .requirements
        .as_ref()
        .map(|file| project.root.join(file));
    let request = EnvironmentRequest {
        cache: &cache,
        python: settings.python.as_deref(),
        requirements: requirements.as_deref(),
    };
    match prepare(request, &|text| progress.note(text)) {
        Ok(ready) => Finding::good("Python packages", ready.identity.to_string()),
        Err(error) => {
            let text = error.to_string();
            let (found, hint) = text
                .split_once("\nhint: ")
                .unwrap_or((&text, "see the message"));
            Finding::bad("Python packages", found, hint)
        }
    }
}

fn isolation(wanted: Isolation) -> Finding {
    let (level, missing) = relift_sandbox::probe();
    if missing.is_empty() {
        return Finding::good("isolation", level.to_string());
    }
    let layers: Vec<String> = missing.iter().map(ToString::to_string).collect();
    let remedies: Vec<&str> = missing.iter().map(|missing| missing.remedy).collect();
    Finding {
        what: "isolation",
        health: match wanted {
            Isolation::Require => Health::Bad,
            Isolation::Prefer => Health::Warning,
        },
        found: format!("{level}; missing: {}", layers.join("; ")),
        remedy: Some(remedies.join("; ")),
    }
}

fn jobs(project: &Project) -> Finding {
    let total = project.scope().len();
    if total == 0 {
        let folders = project.workspace.job_folders.join(", ");
        return Finding::bad(
            "jobs",
            format!("no *.json in {folders}"),
            "put job configurations there",
        );
    }
    match project.broken.first_key_value() {
        None => Finding::good("jobs", format!("{total} read")),
        Some((name, problems)) => Finding::bad(
            "jobs",
            format!(
                "{} of {total} cannot be read; {name}: {}",
                project.broken.len(),
                problems[0]
            ),
            "correct the file named; `relift scan` lists every problem",
        ),
    }
}

fn lake(project: &Project) -> Finding {
    match project.lake.tables() {
        Ok(tables) if tables.is_empty() => Finding::bad(
            "lake",
            format!("no tables in {}", project.lake.root().display()),
            "`relift lake import --schema NAME --from FOLDER` brings Parquet files in",
        ),
        Ok(tables) => Finding::good("lake", format!("{} tables", tables.len())),
        Err(error) => Finding::bad("lake", error.to_string(), "see the message"),
    }
}
