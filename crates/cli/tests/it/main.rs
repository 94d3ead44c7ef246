//! The program from outside: what commands print and how they exit, on a workspace with a sound job and
//! one that raises.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

const SETTINGS: &str = r#"
[workspace]
name = "harbour"
[dates]
first = "2024-10-01"
last = "2024-10-03"
[lake]
root = "lake"
effective_date_column = "as_of"
[portfolio]
jobs = ["jobs"]
python_path = ["externals"]
"#;

const SOUND: &str = "import pandas as pd


def execute(shared_state):
    day = shared_state[\"__etlEffectiveDate\"].day
    shared_state[\"out\"] = pd.DataFrame([[day, \"Zoë\"]], columns=[\"day\", \"who\"])
    return shared_state
";

const RAISING: &str = "import pandas as pd


def execute(shared_state):
    print(\"looking at the second day\")
    if shared_state[\"__etlEffectiveDate\"].day == 2:
        raise ValueError(\"no tide table\")
    shared_state[\"out\"] = pd.DataFrame([[1]], columns=[\"n\"])
    return shared_state
";

struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
        };
        place.write("relift.toml", SETTINGS);
        std::fs::create_dir_all(place.root().join("lake")).expect("a folder");
        for (job, code) in [("sound", SOUND), ("raising", RAISING)] {
            place.write(&format!("externals/{job}.py"), code);
            place.write(
                &format!("jobs/{job}.json"),
                &format!(
                    r#"{{"jobName": "{job}", "modules": [
{{"type": "External", "module": "{job}.py"}},
{{"type": "CsvFileWriter", "source": "out", "outputDirectory": "Output/curated", "jobDirName": "{job}",
  "outputTableDirName": "out", "fileName": "out.csv", "writeMode": "Overwrite"}}]}}"#
                ),
            );
        }
        place
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.root().join(name);
        std::fs::create_dir_all(path.parent().expect("below the root")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }

    fn relift(&self, words: &[&str]) -> Output {
        let cache = std::env::var_os("RELIFT_CACHE").map_or_else(
            || Path::new(env!("CARGO_TARGET_TMPDIR")).join("python"),
            PathBuf::from,
        );
        Command::new(env!("CARGO_BIN_EXE_relift"))
            .args(words)
            .arg("--dir")
            .arg(self.root())
            .env("RELIFT_CACHE", cache)
            .output()
            .expect("it starts")
    }

    /// What a command that exits with `code` prints on stdout.
    fn printed(&self, words: &[&str], code: i32) -> String {
        let output = self.relift(words);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert_eq!(
            output.status.code(),
            Some(code),
            "{words:?}\n{}{}",
            text(&output.stdout),
            text(&output.stderr)
        );
        text(&output.stdout)
    }

    fn json(&self, words: &[&str], code: i32) -> Value {
        let words: Vec<&str> = words.iter().copied().chain(["--format", "json"]).collect();
        let text = self.printed(&words, code);
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{words:?}: {error}\n{text}"))
    }

    /// What a command that exits with 2 says on stderr.
    fn complaint(&self, words: &[&str]) -> String {
        let output = self.relift(words);
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }
}

#[test]
fn runs_are_planned_made_told_and_their_errors_lead_to_the_line() {
    let place = Place::new();
    let planned = place.printed(&["run", "--side", "legacy", "--dry-run"], 0);
    assert!(planned.contains("6 legacy runs"), "{planned}");

    place.printed(&["run", "--side", "legacy"], 1);
    let status = place.printed(&["status"], 0);
    assert!(status.contains("1 failed"), "{status}");
    let again = place.printed(
        &[
            "run",
            "--side",
            "legacy",
            "--reprocess",
            "missing",
            "--dry-run",
        ],
        0,
    );
    assert!(again.contains("0 legacy runs"), "{again}");
    let again = place.printed(&["run", "--side", "legacy", "--dry-run"], 0);
    assert!(
        again.contains("1 legacy runs") && again.contains("2024-10-02"),
        "{again}"
    );

    let log = place.printed(&["log", "raising", "2024-10-02"], 0);
    for part in [
        "looking at the second day",
        "no tide table",
        "externals/raising.py:7",
        "modules[0]",
    ] {
        assert!(log.contains(part), "{part}: {log}");
    }
    let runs = place.json(&["runs", "raising"], 0);
    assert!(runs.to_string().contains("no tide table"), "{runs}");

    place.write("externals/raising.py", &RAISING.replace("== 2", "== 20"));
    place.printed(&["run", "--side", "legacy"], 0);
    let status = place.json(&["status"], 0);
    assert_eq!(
        (&status["runs"]["failed"], &status["runs"]["done"]),
        (&0.into(), &6.into())
    );
}

#[test]
fn wrong_use_exits_with_2_and_says_what_to_do() {
    let place = Place::new();
    let unknown = place.complaint(&["run", "--side", "legacy", "--select", "soudn"]);
    assert!(unknown.contains("sound"), "{unknown}");
    let outside = place.complaint(&["run", "--side", "legacy", "--start", "2023-01-01"]);
    assert!(outside.contains("2024-10-01"), "{outside}");
    let keyless = place.complaint(&["score"]);
    assert!(keyless.contains("[sealed] paths"), "{keyless}");
    let nowhere = place.complaint(&["log", "sound", "2024-10-09"]);
    assert!(nowhere.contains("2024-10-09"), "{nowhere}");

    place.write(
        "jobs/sound.json",
        "{\"jobName\": \"sound\", \"modules\": [{\"type\": \"Extrenal\"}]}",
    );
    let scan = place.relift(&["scan"]);
    let text =
        String::from_utf8_lossy(&scan.stdout).into_owned() + &String::from_utf8_lossy(&scan.stderr);
    assert_eq!(scan.status.code(), Some(1), "{text}");
    assert!(
        text.contains("External") && text.contains("jobs/sound.json:1"),
        "{text}"
    );
}
