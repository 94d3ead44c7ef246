//! The case folders: jobs of other people and other trades, each with the verdict it must get.
//!
//! `UPDATE=1` rewrites what the program says (`verdict.txt`, `lifted.sql`); what the legacy job
//! produced (`output.csv`) is rewritten by `UPDATE_ORACLE=1` only, from the legacy runs alone.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use relift_job::Side;

use crate::typed_csv::TypedCsv;
use crate::workspace::{Place, all};

#[test]
fn each_case_gets_its_verdict() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cases");
    let only = std::env::var("CASE").ok();
    let mut folders: Vec<PathBuf> = std::fs::read_dir(&root)
        .expect("the cases")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.join("job.json").is_file())
        .filter(|path| {
            only.as_deref()
                .is_none_or(|only| only.split(',').any(|only| path.ends_with(only)))
        })
        .collect();
    folders.sort();
    assert!(!folders.is_empty(), "no case is named {only:?}");
    let waiting = Mutex::new(folders);
    let complaints = Mutex::new(Vec::new());
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|threads| {
        for _ in 0..workers {
            threads.spawn(|| {
                while let Some(folder) = { waiting.lock().expect("no panic").pop() } {
                    let result = std::panic::catch_unwind(|| Case::read(&folder).check());
                    let name = folder
                        .file_name()
                        .unwrap_or_default()
                        .to_string_lossy()
                        .into_owned();
                    let found =
                        result.unwrap_or_else(|_| vec!["it panicked, see above".to_owned()]);
                    let found = found
                        .into_iter()
                        .map(|complaint| format!("{name}: {complaint}"));
                    complaints.lock().expect("no panic").extend(found);
                }
            });
        }
    });
    let complaints = complaints.into_inner().expect("no panic");
    assert!(
        complaints.is_empty(),
        "{}\n(UPDATE=1 accepts verdicts and SQL)",
        complaints.join("\n")
    );
}

struct Case {
    folder: PathBuf,
    job: serde_json::Value,
    tables: BTreeMap<String, TypedCsv>,
}

impl Case {
    fn read(folder: &Path) -> Self {
        let text = std::fs::read_to_string(folder.join("job.json")).expect("job.json");
        let job = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let tables = std::fs::read_dir(folder.join("tables"))
            .expect("tables")
            .map(|entry| {
                let path = entry.expect("an entry").path();
                let name = path
                    .file_stem()
                    .expect("a name")
                    .to_string_lossy()
                    .into_owned();
                (
                    name,
                    TypedCsv::parse(&std::fs::read_to_string(&path).expect("a table")),
                )
            })
            .collect();
        Self {
            folder: folder.to_owned(),
            job,
            tables,
        }
    }

    /// Runs the case and returns what is not as its files say.
    fn check(&self) -> Vec<String> {
        let dates = self.tables.values().flat_map(|table| table.values("as_of"));
        let (first, last) = dates.fold(
            (None, None),
            |(first, last): (Option<&str>, Option<&str>), date| {
                (
                    Some(first.map_or(date, |first| first.min(date))),
                    Some(last.map_or(date, |last| last.max(date))),
                )
            },
        );
        let place = Place::new(first.expect("a date"), last.expect("a date"), "");
        place.write("jobs/job.json", &self.job.to_string());
        if let Ok(code) = std::fs::read_to_string(self.folder.join("external.py")) {
            place.write("externals/external.py", &code);
        }
        for (file, content) in files_below(&self.folder.join("modules")) {
            place.write(&format!("externals/{file}"), &content);
        }
        let schema = self
            .modules()
            .find_map(|module| module["schema"].as_str())
            .expect("a schema");
        place.import(schema, &self.tables);

        let migration = place.open();
        let jobs = all(&migration);
        let name = self.job["jobName"].as_str().expect("a name");
        assert!(
            jobs.iter().any(|job| job.as_str() == name),
            "{:?}",
            migration.broken_selected()
        );
        let legacy = migration
            .run(&jobs, migration.project().workspace.dates, Side::Legacy)
            .expect("legacy runs");
        let (_, summary) = migration.modernise(&jobs).expect("modernised");

        let mut verdict = summary.jobs[0].status.clone();
        if let Some(level) = &summary.jobs[0].level {
            verdict.push_str(&format!(", {level}"));
        }
        if let Some(cause) = &summary.jobs[0].cause {
            verdict.push_str(&format!("\n{cause}"));
        }
        verdict.push('\n');
        for run in legacy
            .iter()
            .filter_map(|run| Some((run.date, run.error.as_ref()?)))
        {
            verdict.push_str(&format!(
                "{} legacy {}\n",
                run.0,
                run.1.lines().last().unwrap_or_default()
            ));
        }
        for line in place.matrix(name) {
            verdict.push_str(&format!("{line}\n"));
        }
        let mut complaints = Vec::new();
        self.expect(
            "output.csv",
            &Case::output(&place),
            "UPDATE_ORACLE",
            &mut complaints,
        );
        self.expect("verdict.txt", verdict.as_bytes(), "UPDATE", &mut complaints);
        self.expect(
            "lifted.sql",
            lifted_sql(&place, name).as_bytes(),
            "UPDATE",
            &mut complaints,
        );
        complaints
    }

    fn modules(&self) -> impl Iterator<Item = &serde_json::Value> {
        self.job["modules"].as_array().expect("modules").iter()
    }

    /// The text files the legacy job wrote.
    fn output(place: &Place) -> Vec<u8> {
        let written = place.files("output/curated");
        let mut text = Vec::new();
        for (path, content) in written
            .iter()
            .filter(|(path, _)| has_extension(path, "csv"))
        {
            let short = path.trim_start_matches("output/curated/");
            text.extend(format!("== {short}\n").into_bytes());
            text.extend(content);
        }
        text
    }

    fn expect(&self, file: &str, found: &[u8], update: &str, complaints: &mut Vec<String>) {
        let path = self.folder.join(file);
        let expected = std::fs::read(&path).unwrap_or_default();
        if expected == found {
            return;
        }
        if std::env::var_os(update).is_some() {
            if found.is_empty() {
                std::fs::remove_file(&path).expect("removed");
            } else {
                std::fs::write(&path, found).expect("written");
            }
            return;
        }
        let (expected, found) = (
            String::from_utf8_lossy(&expected),
            String::from_utf8_lossy(found),
        );
        complaints.push(format!("{file} should be\n{expected}but is\n{found}"));
    }
}

/// The queries of the rewritten job without what they say about themselves.
fn lifted_sql(place: &Place, job: &str) -> String {
    let mut text = String::new();
    for (path, content) in place.files(&format!("artifacts/{job}")) {
        let Some(file) = path
            .rsplit('/')
            .next()
            .filter(|file| has_extension(file, "sql"))
        else {
            continue;
        };
        if file.starts_with("guard_") {
            continue;
        }
        text.push_str(&format!("== {file}\n"));
        let content = String::from_utf8(content).expect("SQL is text");
        for line in content
            .lines()
            .filter(|line| !line.trim_start().starts_with("--"))
        {
            text.push_str(&format!("{line}\n"));
        }
    }
    text
}

/// Modules and files that the External of a case finds beside itself.
fn files_below(folder: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let Ok(entries) = std::fs::read_dir(folder) else {
        return files;
    };
    for path in entries.map(|entry| entry.expect("an entry").path()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            let inside = files_below(&path).into_iter();
            files.extend(inside.map(|(file, content)| (format!("{name}/{file}"), content)));
        } else {
            let content = std::fs::read_to_string(&path).expect("text");
            files.insert(name.into_owned(), content);
        }
    }
    files
}

fn has_extension(file: &str, extension: &str) -> bool {
    std::path::Path::new(file)
        .extension()
        .is_some_and(|found| found == extension)
}
