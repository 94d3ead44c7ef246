//! `cargo xtask rule-mutants`: whether a test notices each wrong variant of the lowering rules.
//!
//! The tests of the crates that hold rules and printers are built once with the wrong variants in them, all
//! switched off, and run once for each variant. A variant no test notices is a survivor, and a fault.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, bail, ensure};
use serde_json::Value;

/// Where the variants are listed.
const LIST: &str = "crates/dataflow/src/mutants.rs";

/// Crates whose tests must notice them.
const CRATES: [&str; 3] = ["relift-lift", "relift-sql", "relift-dataflow"];

/// A test binary and the folder it runs in.
struct Binary {
    file: PathBuf,
    folder: PathBuf,
}

impl Binary {
    fn passes(&self, mutant: Option<&str>) -> anyhow::Result<bool> {
        let mut command = Command::new(&self.file);
        command
            .arg("--quiet")
            .current_dir(&self.folder)
            .env_remove("UPDATE")
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if let Some(mutant) = mutant {
            command.env("RULE_MUTANT", mutant);
        }
        let status = command.status();
        Ok(status
            .with_context(|| format!("running {}", self.file.display()))?
            .success())
    }
}

/// Runs the tests under each variant, or under those whose words contain `only`.
pub(crate) fn rule_mutants(only: Option<&str>) -> anyhow::Result<()> {
    let binaries = build()?;
    for binary in &binaries {
        ensure!(
            binary.passes(None)?,
            "{} fails without any wrong variant",
            binary.file.display()
        );
    }
    let text = std::fs::read_to_string(LIST).with_context(|| format!("reading {LIST}"))?;
    let mutants = listed(&text);
    ensure!(!mutants.is_empty(), "{LIST} lists no variants");
    let mut survivors = Vec::new();
    let mut count = 0;
    for (word, what) in mutants {
        if only.is_some_and(|only| !word.contains(only)) {
            continue;
        }
        count += 1;
        let mut noticed = false;
        for binary in &binaries {
            if !binary.passes(Some(&word))? {
                noticed = true;
                break;
            }
        }
        if noticed {
            say(&format!("{word}: noticed"));
        } else {
            say(&format!("{word}: SURVIVES. {what}"));
            survivors.push(word);
        }
    }
    say(&format!(
        "{count} wrong variants, {} survive",
        survivors.len()
    ));
    if !survivors.is_empty() {
        bail!("no test notices {}", survivors.join(", "));
    }
    Ok(())
}

/// Builds the tests and returns their binaries.
fn build() -> anyhow::Result<Vec<Binary>> {
    let mut command = Command::new(env!("CARGO"));
    command.args(["test", "--no-run", "--quiet", "--message-format=json"]);
    for name in CRATES {
        command.args(["-p", name]);
    }
    command.args(["--features", "relift-dataflow/rule-mutants"]);
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .context("starting cargo")?;
    ensure!(output.status.success(), "the tests do not build");
    let mut binaries = Vec::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let Ok(message) = serde_json::from_str::<Value>(line) else {
            continue;
        };
        let (Some(file), Some(manifest)) = (
            message["executable"].as_str(),
            message["manifest_path"].as_str(),
        ) else {
            continue;
        };
        let mut folder = PathBuf::from(manifest);
        folder.pop();
        binaries.push(Binary {
            file: PathBuf::from(file),
            folder,
        });
    }
    ensure!(!binaries.is_empty(), "cargo built no tests");
    Ok(binaries)
}

/// Word and description of each variant.
fn listed(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut description = String::new();
    for line in text.lines().map(str::trim) {
        if let Some(part) = line.strip_prefix("/// ") {
            part.clone_into(&mut description);
        } else if let Some((name, word)) = line.split_once(" = ")
            && name.chars().all(char::is_alphanumeric)
            && let Some(word) = word
                .strip_prefix('"')
                .and_then(|word| word.strip_suffix("\","))
        {
            found.push((word.to_owned(), std::mem::take(&mut description)));
        }
    }
    found
}

#[expect(clippy::print_stdout, reason = "the list is the result")]
fn say(line: &str) {
    println!("{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_are_listed_with_what_they_do() {
        let text = "mutants! {\n    /// Too few.\n    TooFew = \"too-few\",\n    /// Too many.\n    TooMany = \"too-many\",\n}\nlet on = 1;\n";
        let expected = [("too-few", "Too few."), ("too-many", "Too many.")];
        let found = listed(text);
        let found: Vec<(&str, &str)> = found.iter().map(|(a, b)| (&**a, &**b)).collect();
        assert_eq!(found, expected);
    }
}
