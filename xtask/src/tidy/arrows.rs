//! Which crate may use which: the table of ARCHITECTURE.md, checked against the manifests.

use std::collections::BTreeSet;
use std::process::Command;

use anyhow::{Context, ensure};
use serde_json::Value;

const PURE: &[&str] = &[
    "values",
    "diagnostics",
    "job",
    "dataflow",
    "python",
    "sql",
    "antipatterns",
    "lift",
];

/// Crate and the crates of ours it may name, development dependencies included.
const MAY_USE: &[(&str, &[&str])] = &[
    ("values", &[]),
    ("diagnostics", &[]),
    ("job", &["diagnostics"]),
    ("dataflow", &["values", "job", "diagnostics"]),
    ("python", &["dataflow", "values", "job", "diagnostics"]),
    ("sql", &["dataflow", "values", "job", "diagnostics"]),
    (
        "antipatterns",
        &["python", "sql", "dataflow", "values", "job", "diagnostics"],
    ),
    ("lift", &["sql", "dataflow", "values", "job", "diagnostics"]),
    (
        "requirements",
        &["lift", "sql", "dataflow", "values", "job", "diagnostics"],
    ),
    (
        "falsify",
        &["sql", "dataflow", "values", "job", "diagnostics"],
    ),
    ("reconcile", &["values", "job", "diagnostics"]),
    ("team", &["job", "diagnostics"]),
    (
        "governance",
        &[
            "antipatterns",
            "lift",
            "requirements",
            "falsify",
            "reconcile",
            "team",
            "python",
            "sql",
            "dataflow",
            "values",
            "job",
            "diagnostics",
        ],
    ),
    ("sandbox", &[]),
    ("engine", &["sql", "values", "job", "diagnostics"]),
    (
        "platform",
        &["engine", "sandbox", "values", "job", "diagnostics"],
    ),
    (
        "migration",
        &[
            "platform",
            "engine",
            "sandbox",
            "governance",
            "team",
            "reconcile",
            "falsify",
            "requirements",
            "lift",
            "antipatterns",
            "sql",
            "python",
            "dataflow",
            "values",
            "job",
            "diagnostics",
        ],
    ),
    (
        "programs",
        &[
            "platform",
            "engine",
            "lift",
            "sql",
            "python",
            "dataflow",
            "values",
            "job",
            "diagnostics",
        ],
    ),
    ("dashboard", &["migration", "governance"]),
    (
        "cli",
        &[
            "dashboard",
            "migration",
            "governance",
            "platform",
            "job",
            "diagnostics",
        ],
    ),
];

/// Crates only `engine` may name.
const ENGINE_ONLY: &[&str] = &["deltalake", "datafusion", "object_store"];

/// Crates that no pure crate may name, because they do IO or read a clock.
const RIM_ONLY: &[&str] = &["tokio", "rusqlite", "tempfile", "axum", "nix"];

pub(super) fn check() -> anyhow::Result<Vec<String>> {
    let output = Command::new("cargo")
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .output()
        .context("cannot run cargo metadata")?;
    ensure!(
        output.status.success(),
        "cargo metadata: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata["packages"].as_array().context("no packages")?;
    let mut complaints = Vec::new();
    let mut seen = BTreeSet::new();
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        if name == "xtask" {
            continue;
        }
        let short = name.strip_prefix("relift-").unwrap_or(name);
        let Some((_, may_use)) = MAY_USE.iter().find(|(of, _)| *of == short) else {
            complaints.push(format!(
                "{name}: not in the table of xtask/src/tidy/arrows.rs"
            ));
            continue;
        };
        seen.insert(short);
        if package["description"]
            .as_str()
            .unwrap_or_default()
            .is_empty()
        {
            complaints.push(format!("{name}: no description in its Cargo.toml"));
        }
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let used = dependency["name"].as_str().unwrap_or_default();
            let development = dependency["kind"].as_str() == Some("dev");
            if let Some(used) = used.strip_prefix("relift-") {
                // Tests may look at both ends of what their crate is between.
                if !development && !may_use.contains(&used) {
                    complaints.push(format!("{name} may not use relift-{used}"));
                }
            } else if short != "engine" && ENGINE_ONLY.contains(&used) {
                complaints.push(format!(
                    "{name} may not use {used}: only relift-engine does"
                ));
            } else if !development && PURE.contains(&short) && RIM_ONLY.contains(&used) {
                complaints.push(format!("{name} may not use {used}: it does no IO"));
            }
        }
    }
    let missing = MAY_USE
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| !seen.contains(name));
    complaints.extend(missing.map(|name| format!("relift-{name} does not exist")));
    Ok(complaints)
}
