//! What holds after all events: the one source of every report.

use std::collections::{BTreeMap, BTreeSet};

use relift_job::Side;
use relift_team::{End, JobState, Stage};

use crate::event::{
    CauseNamed, Construct, Disposed, Finding, JobDiscovered, JobRewritten, ObligationAnswered,
    Requirement, RunFinished, TestDesigned,
};
use crate::{
    Attention, Cell, CellCompared, CellStatus, Disposition, Isolation, Level, PackageVerdict,
    RowsCompared,
};

/// The whole conversion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// Name of the workspace.
    pub workspace: String,
    /// Every effective date, ISO, ascending.
    pub dates: Vec<String>,
    /// Every job in scope, by name.
    pub jobs: BTreeMap<String, JobModel>,
    /// Jobs that events speak of although they are not in scope.
    pub surplus: BTreeSet<String>,
}

/// One job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobModel {
    /// Its name.
    pub name: String,
    /// Its files, inputs and outputs.
    pub discovered: JobDiscovered,
    /// Where it stands with the team.
    pub state: JobState,
    /// Why it was sent back, round by round.
    pub reopened: Vec<Reopened>,
    /// Bad practice.
    pub findings: Vec<Finding>,
    /// What became of it.
    pub disposed: Vec<Disposed>,
    /// What the data answered.
    pub obligations: Vec<ObligationAnswered>,
    /// What it does.
    pub requirements: Vec<Requirement>,
    /// How far its constructs were lifted.
    pub constructs: Vec<Construct>,
    /// Its tests.
    pub tests: Vec<TestDesigned>,
    /// What was written, by round.
    pub rewrites: BTreeMap<u32, JobRewritten>,
    /// Causes found, by round and name.
    pub causes: BTreeMap<(u32, String), CauseNamed>,
    /// Runs, by date and side; a later round replaces an earlier one.
    pub runs: BTreeMap<(String, String), RunFinished>,
    /// Comparisons, by date and round.
    pub cells: BTreeMap<(String, u32), CellCompared>,
}

/// A job was sent back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reopened {
    /// From where.
    pub from: Stage,
    /// To where.
    pub to: Stage,
    /// The round that began.
    pub round: u32,
    /// Why.
    pub cause: String,
}

/// Every name of the scope in exactly one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conservation {
    /// Job names by how they ended, every end listed.
    pub ended: BTreeMap<&'static str, Vec<String>>,
    /// Jobs that have not ended.
    pub open: Vec<String>,
    /// Jobs events speak of although they are not in scope.
    pub surplus: Vec<String>,
    /// (job, date) cells by status, every status listed.
    pub cells: BTreeMap<&'static str, usize>,
    /// Whether jobs and cells add up to the scope and nothing is left over.
    pub holds: bool,
}

impl Model {
    /// How many legacy runs there are by how well they were isolated; `None` where no record says so.
    pub fn isolation(&self) -> BTreeMap<Option<Isolation>, usize> {
        let mut counts = BTreeMap::new();
        for run in self.jobs.values().flat_map(|job| job.runs.values()) {
            if run.side == "legacy" {
                *counts.entry(run.isolation).or_default() += 1;
            }
        }
        counts
    }

    /// Every cell of a job, one per date of the scope.
    pub fn cells<'a>(&'a self, job: &'a JobModel) -> impl Iterator<Item = Cell<'a>> {
        self.dates.iter().map(move |date| Cell::of(job, date))
    }

    /// Every cell of the scope, with its job.
    pub fn all_cells(&self) -> impl Iterator<Item = (&JobModel, Cell<'_>)> {
        self.jobs
            .values()
            .flat_map(move |job| self.cells(job).map(move |cell| (job, cell)))
    }

    /// Whether a job is rewritten, audited and equal on every date.
    pub fn passes(&self, job: &JobModel) -> bool {
        job.state.end() == Some(End::Done)
            && self.cells(job).all(|cell| cell.status == CellStatus::Pass)
    }

    /// One word for where a job stands: its stage or its end, or `differs` when it was done once but
    /// a later comparison no longer agrees.
    pub fn status(&self, job: &JobModel) -> &'static str {
        match job.state.end() {
            Some(End::Done) if !self.passes(job) => CellStatus::Differs.word(),
            _ => job.state.word(),
        }
    }

    /// The package's verdict.
    pub fn verdict(&self) -> PackageVerdict {
        PackageVerdict::of(self)
    }

    /// What a job asks of a human, by its worst date.
    pub fn attention(&self, job: &JobModel) -> Attention {
        self.dates
            .iter()
            .filter_map(|date| job.compared(date))
            .map(Attention::of)
            .max()
            .unwrap_or(Attention::None)
    }

    /// The books.
    pub fn conservation(&self) -> Conservation {
        let mut ended: BTreeMap<&'static str, Vec<String>> = End::ALL
            .iter()
            .map(|end| (end.word(), Vec::new()))
            .collect();
        let mut open = Vec::new();
        for job in self.jobs.values() {
            match job.state.end() {
                Some(end) => ended.entry(end.word()).or_default().push(job.name.clone()),
                None => open.push(job.name.clone()),
            }
        }
        let mut cells: BTreeMap<&'static str, usize> = CellStatus::ALL
            .iter()
            .map(|status| (status.word(), 0))
            .collect();
        for (_, cell) in self.all_cells() {
            *cells.entry(cell.status.word()).or_default() += 1;
        }
        let jobs = ended.values().map(Vec::len).sum::<usize>() + open.len();
        let holds = jobs == self.jobs.len()
            && cells.values().sum::<usize>() == self.jobs.len() * self.dates.len()
            && self.surplus.is_empty();
        Conservation {
            ended,
            open,
            surplus: self.surplus.iter().cloned().collect(),
            cells,
            holds,
        }
    }
}

impl JobModel {
    /// The comparison that counts for a date: the one of the latest round.
    pub fn compared(&self, date: &str) -> Option<&CellCompared> {
        self.cells
            .range((date.to_owned(), 0)..=(date.to_owned(), u32::MAX))
            .next_back()
            .map(|(_, cell)| cell)
    }

    /// Whether what the legacy job wrote on a date was imported from a recording.
    pub fn recorded(&self, date: &str) -> bool {
        let key = (date.to_owned(), Side::Legacy.word().to_owned());
        self.runs.get(&key).is_some_and(|run| run.recorded)
    }

    /// Rows over all dates, as they stand.
    pub fn rows(&self, dates: &[String]) -> RowsCompared {
        dates
            .iter()
            .filter_map(|date| self.compared(date))
            .fold(RowsCompared::default(), |sum, cell| sum.plus(cell.rows))
    }

    /// What became of a finding, and why. Findings of one code at one place are settled in their order;
    /// a settlement they share stands for all of them.
    pub fn disposition(&self, finding: &Finding) -> (Disposition, &str) {
        let earlier = self
            .findings
            .iter()
            .take_while(|other| !std::ptr::eq(*other, finding))
            .filter(|other| other.code == finding.code && other.location == finding.location)
            .count();
        let settled: Vec<&Disposed> = self
            .disposed
            .iter()
            .filter(|disposed| {
                disposed.code == finding.code && disposed.location == finding.location
            })
            .collect();
        settled
            .get(earlier)
            .or(settled.last().filter(|_| settled.len() == 1))
            .map_or_else(
                || (Disposition::Open, self.open_reason()),
                |disposed| (disposed.disposition, disposed.reason.as_str()),
            )
    }

    /// How many findings became what.
    pub fn findings_with(&self, disposition: Disposition) -> usize {
        self.findings
            .iter()
            .filter(|finding| self.disposition(finding).0 == disposition)
            .count()
    }

    /// The weakest level among the job's constructs; a job that was lifted around some of them is partial.
    pub fn level(&self) -> Option<Level> {
        let levels = || self.constructs.iter().map(|construct| construct.level);
        levels()
            .find(|level| *level == Level::Partial)
            .or_else(|| levels().max())
    }

    /// What was written last.
    pub fn rewrite(&self) -> Option<&JobRewritten> {
        self.rewrites.values().next_back()
    }

    /// Tests of a requirement.
    pub fn tests_of<'a>(&'a self, requirement: &'a str) -> impl Iterator<Item = &'a str> {
        self.tests
            .iter()
            .filter(move |test| test.requirements.iter().any(|tested| tested == requirement))
            .map(|test| test.test.as_str())
    }

    /// New code of a requirement.
    pub fn code_of<'a>(&'a self, requirement: &'a str) -> impl Iterator<Item = &'a str> {
        self.rewrite()
            .into_iter()
            .flat_map(|rewrite| &rewrite.implements)
            .filter(move |implements| implements.requirement == requirement)
            .map(|implements| implements.code.as_str())
    }

    fn open_reason(&self) -> &'static str {
        match self.state.end() {
            Some(End::Legacy) => "the job was not rewritten",
            Some(_) => "no decision was recorded",
            None => "the conversion is not finished",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{FindingsDisposed, JobAnalysed};
    use crate::{LedgerEvent, ScopeDeclared};

    #[test]
    fn findings_of_one_place_are_not_confused() {
        let finding = |message: &str| Finding {
            code: "AP4".to_owned(),
            location: "jobs/late.json:10".to_owned(),
            message: message.to_owned(),
        };
        let disposed = |disposition, reason: &str| Disposed {
            code: "AP4".to_owned(),
            location: "jobs/late.json:10".to_owned(),
            disposition,
            reason: reason.to_owned(),
        };
        let events = [
            LedgerEvent::ScopeDeclared(ScopeDeclared {
                workspace: "october".to_owned(),
                first: "2024-10-01".to_owned(),
                last: "2024-10-01".to_owned(),
                jobs: vec!["late".to_owned()],
            }),
            LedgerEvent::JobAnalysed(JobAnalysed {
                job: "late".to_owned(),
                findings: vec![finding("currency"), finding("region"), finding("fee")],
            }),
            LedgerEvent::FindingsDisposed(FindingsDisposed {
                job: "late".to_owned(),
                findings: vec![
                    disposed(Disposition::Eliminated, "gone"),
                    disposed(Disposition::LoadBearing, "needed"),
                ],
            }),
        ];
        let model = Model::fold(&events).expect("folds");
        let job = &model.jobs["late"];
        let became: Vec<Disposition> = job
            .findings
            .iter()
            .map(|finding| job.disposition(finding).0)
            .collect();
        assert_eq!(
            became,
            [
                Disposition::Eliminated,
                Disposition::LoadBearing,
                Disposition::Open
            ]
        );
    }
}
