//! Source files: a head that says what the file is, a size one can hold in mind, nothing unfinished.

use std::path::{Path, PathBuf};

use anyhow::Context;

/// Longer files hide a noun of their own.
const LINES_MAX: usize = 1000;

/// Written apart so that this file does not complain about itself.
const UNFINISHED: &[&str] = &[
    concat!("to", "do!("),
    concat!("unimple", "mented!("),
    concat!("#[", "ignore"),
];

pub(super) fn check() -> anyhow::Result<Vec<String>> {
    let mut complaints = Vec::new();
    for root in ["crates", "xtask"] {
        for file in rust_files(Path::new(root))? {
            let text = std::fs::read_to_string(&file)
                .with_context(|| format!("cannot read {}", file.display()))?;
            let name = file.display();
            if !text.starts_with("//!") {
                complaints.push(format!("{name}: does not open with `//!` and what it is"));
            }
            let lines = text.lines().count();
            if lines > LINES_MAX {
                complaints.push(format!(
                    "{name}: {lines} lines; is there a noun to split along?"
                ));
            }
            for (number, line) in text.lines().enumerate() {
                if UNFINISHED.iter().any(|word| line.contains(word)) {
                    complaints.push(format!(
                        "{name}:{}: unfinished or switched off: {}",
                        number + 1,
                        line.trim()
                    ));
                }
            }
        }
    }
    Ok(complaints)
}

fn rust_files(root: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)
            .with_context(|| format!("cannot list {}", folder.display()))?
        {
            let path = entry?.path();
            if path.is_dir() {
                if path.file_name().is_some_and(|name| name != "target") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
