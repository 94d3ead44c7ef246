//! What jobs cannot get at: the probes of `probes/`, each run as a job and once without any isolation.
//!
//! A probe proves something only if it gets through where nothing holds it back, so each is run by
//! the same interpreter outside first. One that fails there too is not applicable on this machine.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use relift_platform::legacy::{LegacyFailure, LegacyRuntime};
use relift_sandbox::IsolationLevel;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::legacy::{Place, SETTINGS, SOURCE, environment, sales};

const MEMORY_MB_MAX: u64 = 256;

#[derive(Deserialize)]
struct Probe {
    name: String,
    topic: String,
    tries: String,
    check: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Attempt {
    outcome: Outcome,
    why: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Through,
    Blocked,
    NotHere,
}

/// The process that probes reach for; it ends with its input.
struct Victim(Child);

impl Drop for Victim {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        self.0.wait().expect("the victim ends by itself");
    }
}

struct Suite {
    place: Place,
    python: PathBuf,
    facts: Value,
    _victim: Victim,
    // Open on purpose in every process that this one starts and that does not close it.
    _leaked: File,
}

impl Suite {
    fn new() -> Self {
        let settings = SETTINGS.replace(
            "run_seconds_max = 20",
            &format!("run_seconds_max = 12\nrun_memory_mb_max = {MEMORY_MB_MAX}"),
        );
        let place = Place::new(&settings);
        let secret = uuid::Uuid::new_v4().to_string();
        let sealed = place.folder.path().join("sealed/key.toml");
        fs::write(&sealed, format!("answer = \"{secret}\"\n")).expect("a file");
        let other = place.staging("other-run");
        fs::create_dir_all(&other).expect("a folder");
        fs::write(other.join("staged.csv"), &secret).expect("a file");
        let probes = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/probes");
        for entry in fs::read_dir(probes).expect("the probes") {
            let entry = entry.expect("a file");
            if entry.path().extension().is_some_and(|kind| kind == "py") {
                let text = fs::read_to_string(entry.path()).expect("text");
                place.external(&entry.file_name().to_string_lossy(), &text);
            }
        }
        let leaked = File::open(&sealed).expect("it is there");
        fcntl(&leaked, FcntlArg::F_SETFD(FdFlag::empty())).expect("a flag of an open file");

        let python = environment().python;
        let mut victim = Command::new(&python)
            .arg(place.root().join("externals/victim.py"))
            .args([&sealed, place.folder.path()])
            .arg(&secret)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the victim starts");
        let mut line = String::new();
        BufReader::new(victim.stdout.take().expect("it is piped"))
            .read_line(&mut line)
            .expect("the victim tells facts");
        let mut facts: Value = serde_json::from_str(&line).expect("JSON");
        let more = json!({
            "sealed": sealed,
            "secret": secret,
            "other_run": other.join("staged.csv"),
            "externals": place.root().join("externals"),
            "starter": std::process::id(),
            "variable": format!("CARGO_MANIFEST_DIR={}", env!("CARGO_MANIFEST_DIR")),
            "memory_bytes_max": MEMORY_MB_MAX << 20,
        });
        for (name, value) in more.as_object().expect("an object") {
            facts[name] = value.clone();
        }
        Self {
            place,
            python,
            facts,
            _victim: Victim(victim),
            _leaked: leaked,
        }
    }

    /// Asks the table of probes, or one of them, without any isolation.
    fn python(&self, folder: &Path, arguments: &[&str]) -> String {
        // A shell between, so that a probe may kill its parent.
        let output = Command::new("/bin/sh")
            .args(["-c", "\"$@\"; true", "sh"])
            .arg(&self.python)
            .arg("-B")
            .arg(self.place.root().join("externals/attempt.py"))
            .args(arguments)
            .current_dir(folder)
            .output()
            .expect("the shell starts");
        String::from_utf8(output.stdout).expect("text")
    }

    fn probes(&self) -> Vec<Probe> {
        let listed = self.python(self.place.folder.path(), &["names"]);
        serde_json::from_str(&listed).expect("a list of probes")
    }

    fn facts(&self, name: &str, work: &Path, outside: bool) -> PathBuf {
        let mut facts = self.facts.clone();
        facts["work"] = json!(work);
        facts["outside"] = json!(outside);
        let path = self
            .place
            .folder
            .path()
            .join(format!("{name}-{outside}.json"));
        fs::write(&path, facts.to_string()).expect("a file");
        path
    }

    fn outside(&self, probe: &Probe) -> Attempt {
        let folder = self.place.folder.path().join("outside").join(&probe.name);
        let work = folder.join("work");
        for part in ["work", "in"] {
            fs::create_dir_all(folder.join(part)).expect("a folder");
        }
        fs::write(folder.join("in/0.arrow"), "input").expect("a file");
        let facts = self.facts(&probe.name, &work, true);
        let attempt = self.asked(&facts, "try", &probe.name, &work);
        self.checked(probe, attempt, &facts, &work)
    }

    /// Runs the probe as a job, as any job is run.
    fn inside(&self, runtime: &LegacyRuntime, probe: &Probe) -> Attempt {
        let name = &probe.name;
        let staging = self.place.staging("probe-2024-10-01");
        let work = staging.join("work");
        let facts = self.facts(name, &work, false);
        let told = fs::read_to_string(&facts).expect("it was just written");
        self.place.external(
            "probe.py",
            &format!("import json\nimport attempt\n\nFACTS = json.loads({told:?})\n\n\ndef execute(state):\n    attempt.execute_probe({name:?}, FACTS)\n    return state\n"),
        );
        let job = self.place.job(&format!(
            r#"{SOURCE}, {{"type": "External", "module": "probe.py"}}"#
        ));
        let ran = self
            .place
            .run(runtime, &job, "2024-10-01", Some(&sales()), None);
        let attempt = match ran {
            // What a probe leaves in its folder may be refused; that it ran is what counts here.
            Ok(_) | Err(LegacyFailure::Staged { .. }) => {
                let text = fs::read_to_string(work.join("outcome.json")).expect("an outcome");
                serde_json::from_str(&text).expect("JSON")
            }
            // Stopped as a whole: by a limit, or by a layer that ends the process.
            Err(
                failure @ (LegacyFailure::Exceeded { .. }
                | LegacyFailure::TimedOut { .. }
                | LegacyFailure::Died { .. }),
            ) => Attempt {
                outcome: Outcome::Blocked,
                why: failure.to_string(),
            },
            Err(failure) => panic!("{name} was not run: {failure}"),
        };
        self.checked(probe, attempt, &facts, &work)
    }

    fn asked(&self, facts: &Path, what: &str, name: &str, folder: &Path) -> Attempt {
        let told = facts.display().to_string();
        let text = self.python(folder, &[&told, what, name]);
        let last = text.lines().last().unwrap_or_default();
        serde_json::from_str(last).unwrap_or_else(|_| panic!("{name}: {text}"))
    }

    /// Lets the outside say whether it worked, where only the outside can tell.
    fn checked(&self, probe: &Probe, attempt: Attempt, facts: &Path, work: &Path) -> Attempt {
        if !probe.check {
            return attempt;
        }
        let seen = self.asked(facts, "check", &probe.name, work);
        // What one attempt has left must not answer for the next.
        let left = [self.facts["signalled"].as_str(), Some("late")];
        for path in left.into_iter().flatten() {
            let _ = fs::remove_file(work.join(path));
        }
        Attempt {
            outcome: seen.outcome,
            why: attempt.why,
        }
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "the table is for people who ask")]
fn no_probe_gets_out_of_a_run_and_each_gets_through_outside() {
    let suite = Suite::new();
    let runtime = suite.place.runtime(1);
    if runtime.isolation() < IsolationLevel::Complete {
        return; // declared with every record; a test cannot add the layer
    }
    let control = Probe {
        name: "control".to_owned(),
        topic: String::new(),
        tries: String::new(),
        check: false,
    };
    assert_eq!(
        suite.inside(&runtime, &control).outcome,
        Outcome::Through,
        "what every run may do is not blocked"
    );
    let (mut table, mut escaped, mut applicable) = (String::new(), Vec::new(), 0);
    for probe in suite.probes() {
        let outside = suite.outside(&probe);
        let inside = suite.inside(&runtime, &probe);
        if inside.outcome == Outcome::Through {
            escaped.push(format!("{} {}: {}", probe.name, probe.tries, inside.why));
        }
        let applies = outside.outcome == Outcome::Through;
        applicable += usize::from(applies);
        let word = if applies { "through" } else { "not applicable" };
        table += &format!(
            "{:<10} {:<38} outside: {word} ({}); inside: {:?} ({})\n",
            probe.topic, probe.name, outside.why, inside.outcome, inside.why
        );
    }
    println!("{table}{applicable} probes get through outside");
    assert!(escaped.is_empty(), "{escaped:#?}\n{table}");
    let least = if nix::unistd::getuid().is_root() {
        60
    } else {
        30
    };
    assert!(applicable >= least, "only {applicable} apply\n{table}");
}
