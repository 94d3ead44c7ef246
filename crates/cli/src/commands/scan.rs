//! `relift scan`.

use clap::Args;
use serde_json::Value;

use super::{Common, Scope};
use crate::exit::Exit;
use crate::output::{Format, Listing, print_text};

/// Reads every job: what it consists of, the bad practice in it, whether it can be lifted. Nothing is run.
#[derive(Debug, Args)]
pub(super) struct Scan {
    #[command(flatten)]
    scope: Scope,
}

impl Scan {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<Exit> {
        let bars = common.bars();
        let migration = common.open(&bars)?;
        let (jobs, _) = self.scope.resolve(&migration)?;
        let scans = migration.scan(&jobs)?;
        let mut listing =
            Listing::new(&["job", "modules", "code", "findings", "lifts to", "problems"]);
        for scan in &scans {
            let mut codes: Vec<(String, usize)> = Vec::new();
            for code in &scan.findings {
                match codes.iter_mut().find(|(known, _)| known == code) {
                    Some((_, count)) => *count += 1,
                    None => codes.push((code.clone(), 1)),
                }
            }
            codes.sort_by_key(|(code, _)| {
                code.trim_start_matches(char::is_alphabetic)
                    .parse::<u32>()
                    .unwrap_or(0)
            });
            let findings: Vec<String> = codes
                .into_iter()
                .map(|(code, count)| {
                    if count > 1 {
                        format!("{code} x{count}")
                    } else {
                        code
                    }
                })
                .collect();
            listing.row(vec![
                scan.job.as_str().into(),
                scan.modules.into(),
                scan.kinds.join(", ").into(),
                findings.join(", ").into(),
                scan.level.clone().map_or(Value::Null, Into::into),
                match common.format {
                    Format::Json => scan.problems.clone().into(),
                    Format::Text => scan.problems.len().into(),
                },
            ]);
        }
        listing.print(common.format)?;
        if common.format == Format::Text {
            for scan in &scans {
                for problem in &scan.problems {
                    print_text(&format!("{}: {problem}", scan.job))?;
                }
            }
        }
        let sound = scans.iter().all(|scan| !scan.rejected);
        Ok(if sound {
            Exit::Good
        } else {
            Exit::ChecksFailed
        })
    }
}
