//! `cargo xtask programs`: builds the program generator beside the product and runs it.
//!
//! Built together with `relift-cli` every dependency has the features it has in the product, so that
//! DataFusion is not compiled once more.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use serde_json::Value;

pub(crate) fn programs(seeds: &str, save: Option<&Path>) -> anyhow::Result<()> {
    let mut generator = Command::new(built()?);
    generator.args(["--seeds", seeds]);
    if let Some(folder) = save {
        generator.arg("--save").arg(folder);
    }
    let status = generator.status().context("cannot run the generator")?;
    ensure!(status.success(), "the generator ended with {status}");
    Ok(())
}

fn built() -> anyhow::Result<PathBuf> {
    let output = Command::new("cargo")
        .args([
            "build",
            "--package",
            "relift-cli",
            "--package",
            "relift-programs",
        ])
        .arg("--message-format=json-render-diagnostics")
        .stderr(std::process::Stdio::inherit())
        .output()
        .context("cannot run cargo")?;
    ensure!(output.status.success(), "the generator does not build");
    String::from_utf8(output.stdout)?
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find(|message| {
            message["reason"] == "compiler-artifact"
                && message["target"]["name"] == "programs"
                && message["executable"].is_string()
        })
        .and_then(|message| message["executable"].as_str().map(PathBuf::from))
        .context("cargo names no executable for it")
}
