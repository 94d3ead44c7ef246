//! How well findings and requirements agree with sealed answer keys.
//!
//! A fold over the ledger's model and the keys, made after the fact; nothing it says flows back into
//! analysis. It needs no judgement: what agrees is decided by code places, finding codes and kinds.
//!
//! * A planted flaw is *found* when a finding of its code touches its place. A finding is *confirmed*
//!   when it touches a planted flaw of its code. Findings beyond the key may well be true; they count
//!   against precision all the same.
//! * A true requirement is *found* when a requirement of an answering kind ([`KINDS`]) cites code that
//!   touches its place; it is *complete* when each of its literals also stands in the sentences of those
//!   requirements. A derived requirement is *confirmed* when it is among those of some true one.
//!   Assumptions and kinds no key asks for are not counted.
//! * A place that touches an `External` module in a job's configuration stands for the Python file too,
//!   since one author names the call and another the code.

mod place;
mod requirements;

use std::collections::{BTreeMap, BTreeSet};

use relift_job::{AnswerKey, CodePlace};

use crate::Model;

pub use place::JobCode;
pub use requirements::KINDS;

use place::Region;

/// Counts behind one precision and one recall.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// What the key lists.
    pub expected: usize,
    /// Of those, what was found.
    pub found: usize,
    /// What the analysis reported.
    pub reported: usize,
    /// Of those, what the key confirms.
    pub confirmed: usize,
}

impl Tally {
    /// Found of expected; `None` when nothing was expected.
    pub fn recall(&self) -> Option<f64> {
        share(self.found, self.expected)
    }

    /// Confirmed of reported; `None` when nothing was reported.
    pub fn precision(&self) -> Option<f64> {
        share(self.confirmed, self.reported)
    }

    fn add(&mut self, other: Self) {
        self.expected += other.expected;
        self.found += other.found;
        self.reported += other.reported;
        self.confirmed += other.confirmed;
    }
}

fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// The score of a portfolio.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Score {
    /// By job.
    pub jobs: BTreeMap<String, JobScore>,
    /// Findings by code.
    pub codes: BTreeMap<String, Tally>,
    /// All findings.
    pub findings: Tally,
    /// All requirements.
    pub requirements: Tally,
    /// True requirements found with all their literals stated.
    pub complete: usize,
    /// Jobs of the scope without a key; they count nowhere.
    pub without_key: BTreeSet<String>,
    /// Keys of jobs that are not in scope; they count nowhere.
    pub without_job: BTreeSet<String>,
}

/// The score of a job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobScore {
    /// Findings.
    pub findings: Tally,
    /// Requirements.
    pub requirements: Tally,
    /// True requirements found with all their literals stated.
    pub complete: usize,
    /// Planted flaws that were not found, as `code place: note`.
    pub missed_flaws: Vec<String>,
    /// True requirements that were not found, as `id place: text`.
    pub missed_requirements: Vec<String>,
    /// True requirements found without some of their literals, as `id: literals`.
    pub incomplete_requirements: Vec<String>,
}

/// Scores the jobs that have a key; `code` holds the legacy files of each job.
pub fn score(model: &Model, keys: &[AnswerKey], code: &BTreeMap<String, JobCode>) -> Score {
    let mut score = Score::default();
    let keyed: BTreeMap<&str, &AnswerKey> =
        keys.iter().map(|key| (key.job.as_str(), key)).collect();
    score.without_key = model
        .jobs
        .keys()
        .filter(|job| !keyed.contains_key(job.as_str()))
        .cloned()
        .collect();
    let empty = JobCode::default();
    for (name, key) in keyed {
        let Some(job) = model.jobs.get(name) else {
            score.without_job.insert(name.to_owned());
            continue;
        };
        let code = code.get(name).unwrap_or(&empty);
        let mut own = JobScore::default();
        let flaws: Vec<Region> = key
            .flaws
            .iter()
            .map(|flaw| code.region(&flaw.place))
            .collect();
        let findings: Vec<(&str, Region)> = job
            .findings
            .iter()
            .map(|finding| (finding.code.as_str(), code.region_of(&finding.location)))
            .collect();
        for (flaw, region) in key.flaws.iter().zip(&flaws) {
            let found = findings
                .iter()
                .any(|(finding, place)| *finding == flaw.code && place.touches(region));
            if !found {
                let missed = format!("{} {}: {}", flaw.code, flaw.place, flaw.note);
                own.missed_flaws.push(missed);
            }
            let tally = Tally {
                expected: 1,
                found: usize::from(found),
                ..Tally::default()
            };
            own.findings.add(tally);
            score.codes.entry(flaw.code.clone()).or_default().add(tally);
        }
        for (finding, place) in &findings {
            let confirmed = key
                .flaws
                .iter()
                .zip(&flaws)
                .any(|(flaw, region)| flaw.code == *finding && place.touches(region));
            let tally = Tally {
                reported: 1,
                confirmed: usize::from(confirmed),
                ..Tally::default()
            };
            own.findings.add(tally);
            score
                .codes
                .entry((*finding).to_owned())
                .or_default()
                .add(tally);
        }
        requirements::score(&mut own, key, job, code);
        score.findings.add(own.findings);
        score.requirements.add(own.requirements);
        score.complete += own.complete;
        score.jobs.insert(name.to_owned(), own);
    }
    score
}

/// Places of keys that lead nowhere, as `job: place`; such a key was not kept up to date.
pub fn stray_places(keys: &[AnswerKey], code: &BTreeMap<String, JobCode>) -> Vec<String> {
    let mut stray = Vec::new();
    for key in keys {
        let Some(code) = code.get(key.job.as_str()) else {
            continue;
        };
        let places = key
            .requirements
            .iter()
            .map(|requirement| &requirement.place);
        let places = places
            .chain(key.flaws.iter().map(|flaw| &flaw.place))
            .chain(key.defects.iter().map(|defect| &defect.place));
        let missing = |place: &&CodePlace| !code.leads_somewhere(place);
        stray.extend(
            places
                .filter(missing)
                .map(|place| format!("{}: {place}", key.job)),
        );
    }
    stray
}

#[cfg(test)]
mod tests;
