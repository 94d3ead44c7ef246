//! Finds a Python interpreter that legacy jobs can run in.
//!
//! A name on the search path proves nothing (version managers install names that refuse to run),
//! so every candidate is asked what it is before it is believed.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use super::EnvironmentError;

/// Minor versions of Python 3 for which packages are pinned, the preferred one first.
const MINOR_VERSIONS: [u32; 3] = [13, 12, 11];

const PROBE: &str = "import importlib.util, json, os, sys
print(json.dumps({
    'implementation': sys.implementation.name,
    'version': list(sys.version_info[:3]),
    'executable': os.path.realpath(sys.executable),
    'prefixes': sorted({sys.base_prefix, sys.base_exec_prefix, os.path.dirname(os.__file__)}),
    'installs': importlib.util.find_spec('venv') is not None and importlib.util.find_spec('ensurepip') is not None,
}))";

/// A usable interpreter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interpreter {
    /// The program, links resolved.
    pub executable: PathBuf,
    /// Major, minor and patch version.
    pub version: (u32, u32, u32),
    /// Folders its standard library is in.
    pub prefixes: Vec<PathBuf>,
}

#[derive(Deserialize)]
struct Answer {
    implementation: String,
    version: (u32, u32, u32),
    executable: PathBuf,
    prefixes: Vec<PathBuf>,
    installs: bool,
}

/// Finds an interpreter: the wanted one, else the newest supported one on the search path.
pub fn find_interpreter(wanted: Option<&Path>) -> Result<Interpreter, EnvironmentError> {
    let candidates: Vec<PathBuf> = match wanted {
        Some(path) => vec![path.to_owned()],
        None => MINOR_VERSIONS
            .iter()
            .map(|minor| format!("python3.{minor}").into())
            .chain(["python3".into(), "python".into()])
            .collect(),
    };
    let mut tried = Vec::new();
    for candidate in candidates {
        match examine(&candidate) {
            Ok(interpreter) => return Ok(interpreter),
            Err(reason) => tried.push(format!("{}: {reason}", candidate.display())),
        }
    }
    Err(EnvironmentError::NoInterpreter {
        tried: tried.join("\n  "),
    })
}

fn examine(candidate: &Path) -> Result<Interpreter, String> {
    let output = Command::new(candidate)
        .args(["-I", "-c", PROBE])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let line = said
            .lines()
            .map(str::trim)
            .find(|line| !line.is_empty())
            .unwrap_or("no message");
        return Err(format!("does not run ({}): {line}", output.status));
    }
    let answer: Answer = serde_json::from_slice(&output.stdout)
        .map_err(|_| "is no Python interpreter".to_owned())?;
    let (major, minor, patch) = answer.version;
    if answer.implementation != "cpython" {
        return Err(format!(
            "is {}, legacy jobs need CPython",
            answer.implementation
        ));
    }
    if major != 3 || !MINOR_VERSIONS.contains(&minor) {
        return Err(format!(
            "is Python {major}.{minor}.{patch}, supported are 3.11 to 3.13"
        ));
    }
    if !answer.installs {
        return Err(format!(
            "is Python {major}.{minor}.{patch} without venv and ensurepip (on Debian and Ubuntu: apt install python3.{minor}-venv)"
        ));
    }
    Ok(Interpreter {
        executable: answer.executable,
        version: answer.version,
        prefixes: answer.prefixes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_no_python_is_named_with_the_reason() {
        let error =
            find_interpreter(Some(Path::new("/bin/true"))).expect_err("it is no interpreter");
        assert!(
            error
                .to_string()
                .contains("/bin/true: is no Python interpreter"),
            "{error}"
        );
        let error =
            find_interpreter(Some(Path::new("/no/such/python"))).expect_err("it is missing");
        assert!(
            error.to_string().contains("hint: install Python 3.11"),
            "{error}"
        );
    }
}
