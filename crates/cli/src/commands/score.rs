//! `relift score`.

use clap::Args;
use relift_governance::score::{Score as Found, Tally};
use serde_json::{Value, json};

use super::Common;
use crate::exit::Exit;
use crate::output::{Format, Listing, print_json, print_text};

/// Compares what was found with the sealed answer keys, after the fact: precision and recall of findings
/// per code, and of requirements. Nothing else reads the keys.
#[derive(Debug, Args)]
pub(super) struct Score {
    /// Lists every planted flaw and true requirement that was missed.
    #[arg(long)]
    missed: bool,
}

impl Score {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<Exit> {
        let bars = common.bars();
        let migration = common.open(&bars)?;
        let score = migration.score()?;
        if common.format == Format::Json {
            print_json(&document(&score))?;
        } else {
            self.print_text(&score)?;
        }
        Ok(Exit::Good)
    }

    fn print_text(&self, score: &Found) -> anyhow::Result<()> {
        let mut codes = Listing::new(&[
            "findings",
            "planted",
            "found",
            "recall %",
            "reported",
            "confirmed",
            "precision %",
        ]);
        for (code, tally) in &score.codes {
            codes.row(row(code, tally));
        }
        codes.row(row("all", &score.findings));
        codes.print(Format::Text)?;
        let mut jobs = Listing::new(&[
            "job",
            "flaws found",
            "findings confirmed",
            "requirements found",
            "complete",
            "requirements confirmed",
        ]);
        let of = |part: usize, whole: usize| Value::from(format!("{part}/{whole}"));
        for (name, job) in &score.jobs {
            jobs.row(vec![
                name.as_str().into(),
                of(job.findings.found, job.findings.expected),
                of(job.findings.confirmed, job.findings.reported),
                of(job.requirements.found, job.requirements.expected),
                of(job.complete, job.requirements.expected),
                of(job.requirements.confirmed, job.requirements.reported),
            ]);
        }
        jobs.print(Format::Text)?;
        let percent = |share: Option<f64>| {
            share.map_or_else(|| "-".to_owned(), |share| format!("{:.1} %", share * 100.0))
        };
        print_text(&format!(
            "requirements: recall {}, with all literals {}, precision {}",
            percent(score.requirements.recall()),
            percent(
                (score.requirements.expected > 0)
                    .then(|| score.complete as f64 / score.requirements.expected as f64)
            ),
            percent(score.requirements.precision()),
        ))?;
        for job in &score.without_key {
            print_text(&format!("{job}: no answer key; counts nowhere"))?;
        }
        for job in &score.without_job {
            print_text(&format!("{job}: a key without a job; counts nowhere"))?;
        }
        if self.missed {
            for (name, job) in &score.jobs {
                let missed = job.missed_flaws.iter().map(|text| ("missed flaw", text));
                let missed = missed
                    .chain(
                        job.missed_requirements
                            .iter()
                            .map(|text| ("missed requirement", text)),
                    )
                    .chain(
                        job.incomplete_requirements
                            .iter()
                            .map(|text| ("literals not stated", text)),
                    );
                for (what, text) in missed {
                    print_text(&format!("{name}: {what}: {text}"))?;
                }
            }
        }
        Ok(())
    }
}

fn row(name: &str, tally: &Tally) -> Vec<Value> {
    let percent = |share: Option<f64>| {
        share.map_or(Value::Null, |share| format!("{:.1}", share * 100.0).into())
    };
    vec![
        name.into(),
        tally.expected.into(),
        tally.found.into(),
        percent(tally.recall()),
        tally.reported.into(),
        tally.confirmed.into(),
        percent(tally.precision()),
    ]
}

fn document(score: &Found) -> Value {
    let tally = |tally: &Tally| {
        json!({
            "expected": tally.expected,
            "found": tally.found,
            "recall": tally.recall(),
            "reported": tally.reported,
            "confirmed": tally.confirmed,
            "precision": tally.precision(),
        })
    };
    let jobs: Vec<Value> = score
        .jobs
        .iter()
        .map(|(name, job)| {
            json!({
                "job": name,
                "findings": tally(&job.findings),
                "requirements": tally(&job.requirements),
                "requirements_complete": job.complete,
                "missed_flaws": job.missed_flaws,
                "missed_requirements": job.missed_requirements,
                "incomplete_requirements": job.incomplete_requirements,
            })
        })
        .collect();
    let codes: Vec<Value> = score
        .codes
        .iter()
        .map(|(code, counts)| json!({ "code": code, "findings": tally(counts) }))
        .collect();
    json!({
        "schema_version": 1,
        "findings": tally(&score.findings),
        "codes": codes,
        "requirements": tally(&score.requirements),
        "requirements_complete": score.complete,
        "jobs": jobs,
        "without_key": score.without_key,
        "without_job": score.without_job,
    })
}
