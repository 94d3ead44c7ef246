//! Which (job, date) will run, and why, before anything runs.

use std::collections::{BTreeMap, BTreeSet};

use relift_job::{DateRange, DependencyWhen, Edge, EffectiveDate, JobName, Side};
use relift_platform::control::RunStates;

use super::survey::{JobBasis, Recorded, Standing, is_there, standing};
use crate::bench::Bench;
use crate::{MigrationError, Project};

/// Which recorded runs are made again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reprocess {
    /// None: only what is missing runs. A run whose code or inputs have changed counts as missing.
    Missing,
    /// Those that failed, besides what is missing.
    #[default]
    MissingAndErrored,
    /// All of them.
    All,
}

impl Reprocess {
    /// The word of the command.
    pub fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::MissingAndErrored => "missing_and_errored",
            Self::All => "all",
        }
    }
}

/// Why a date runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// It has not run to its end yet.
    Missing,
    /// Its code, its Python or the tables it reads have changed since.
    Stale,
    /// It failed.
    Errored,
    /// A job whose output it reads runs again.
    Upstream,
    /// All were asked for.
    Asked,
}

impl Why {
    /// The word used in tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Stale => "stale",
            Self::Errored => "errored",
            Self::Upstream => "upstream runs",
            Self::Asked => "asked for",
        }
    }
}

/// What is planned for one job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedJob {
    /// The job.
    pub job: JobName,
    /// Dates that run, with the reason.
    pub dates: BTreeMap<EffectiveDate, Why>,
    /// Dates that stay as they are, by how they stand.
    pub kept: BTreeMap<Standing, usize>,
    /// Jobs of the same side whose tables it reads, with which run of them.
    pub(crate) reads: Vec<(JobName, DependencyWhen)>,
}

/// What will run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunPlan {
    /// The side.
    pub side: Side,
    /// What was asked for.
    pub reprocess: Reprocess,
    /// Dates that were looked at.
    pub dates: DateRange,
    /// Selected jobs so that each stands behind those it needs.
    pub jobs: Vec<PlannedJob>,
    /// Selected jobs that have no rewrite to run.
    pub not_rewritten: Vec<JobName>,
    /// Edges of selected jobs that nobody declared.
    pub undeclared: Vec<Edge>,
}

impl RunPlan {
    /// How many runs it is.
    pub fn count(&self) -> usize {
        self.jobs.iter().map(|job| job.dates.len()).sum()
    }

    /// Pairs of a run and an earlier one it waits for; runs are numbered job by job, date by date.
    pub(crate) fn waits(&self, edges: &relift_job::Edges) -> Vec<(u32, u32)> {
        let mut first: BTreeMap<&JobName, (u32, &PlannedJob)> = BTreeMap::new();
        let mut next = 0;
        let mut waits = Vec::new();
        for job in &self.jobs {
            let start = next;
            for (at, date) in (start..).zip(job.dates.keys()) {
                if at > start {
                    waits.push((at, at - 1));
                }
                let needed = edges.needs(&job.job).iter();
                let needed = needed.map(|edge| (&edge.needs, edge.when));
                let read = job.reads.iter().map(|(needs, when)| (needs, *when));
                let needed: BTreeSet<_> = needed.chain(read).collect();
                for (needs, when) in needed {
                    let Some((other, planned)) = first.get(needs) else {
                        continue;
                    };
                    // Dates of a job run in order, so waiting for the last of them is waiting for all.
                    let needed = match when {
                        DependencyWhen::SameDay => {
                            planned.dates.contains_key(date).then_some(*date)
                        }
                        DependencyWhen::Latest => planned
                            .dates
                            .range(..=*date)
                            .next_back()
                            .map(|(date, _)| *date),
                    };
                    let place = needed.map(|needed| planned.dates.range(..needed).count());
                    waits.extend(place.map(|place| (at, *other + place as u32)));
                }
                next = at + 1;
            }
            first.insert(&job.job, (start, job));
        }
        waits
    }
}

/// Dates as ranges: `2024-10-01 .. 2024-10-04, 2024-10-07`.
pub fn compressed(dates: impl IntoIterator<Item = EffectiveDate>) -> String {
    ranges(dates)
        .into_iter()
        .map(|range| {
            if range.first == range.last {
                range.first.to_string()
            } else {
                format!("{} .. {}", range.first, range.last)
            }
        })
        .collect::<Vec<_>>()
        .join(", ")
}

/// Dates, ascending, as ranges without gaps.
pub fn ranges(dates: impl IntoIterator<Item = EffectiveDate>) -> Vec<DateRange> {
    let mut ranges: Vec<DateRange> = Vec::new();
    for date in dates {
        match ranges.last_mut() {
            Some(last) if last.last.0.tomorrow().is_ok_and(|next| next == date.0) => {
                last.last = date;
            }
            _ => ranges.push(DateRange {
                first: date,
                last: date,
            }),
        }
    }
    ranges
}

/// Plans the runs of a side.
pub(crate) fn plan(
    bench: &Bench<'_>,
    selected: &[JobName],
    dates: DateRange,
    side: Side,
    reprocess: Reprocess,
) -> Result<RunPlan, MigrationError> {
    let project = &bench.project;
    let selected: BTreeSet<&JobName> = selected.iter().collect();
    let states = bench.store.read().run_states(side)?;
    let legacy = match side {
        Side::Legacy => RunStates::new(),
        Side::Rewrite => bench.store.read().run_states(Side::Legacy)?,
    };
    let recorded = Recorded {
        own: &states,
        legacy: match side {
            Side::Legacy => &states,
            Side::Rewrite => &legacy,
        },
    };
    let latest = bench.versions()?;
    let days: Vec<EffectiveDate> = dates.iter().collect();
    let mut plan = RunPlan {
        side,
        reprocess,
        dates,
        jobs: Vec::new(),
        not_rewritten: Vec::new(),
        undeclared: Vec::new(),
    };
    let mut bases = BTreeMap::new();
    for name in project.edges.order() {
        let Some(job) = project.jobs.get(name).filter(|_| selected.contains(name)) else {
            continue;
        };
        let basis = match side {
            Side::Legacy => {
                // Python is not needed to say that nothing has run yet.
                let compared = reprocess != Reprocess::All && states.contains_key(name);
                let code = if compared {
                    bench.legacy_code(job)?
                } else {
                    "".into()
                };
                Some(JobBasis::legacy(project, job, code, latest)?)
            }
            Side::Rewrite => JobBasis::rewrite(project, job, latest)?,
        };
        let Some(basis) = basis else {
            plan.not_rewritten.push(name.clone());
            continue;
        };
        bases.insert(name, basis);
    }
    let mut planned: BTreeMap<&JobName, BTreeSet<EffectiveDate>> = BTreeMap::new();
    let order = ordered(project, side, &bases)?;
    for name in &order {
        let Some((name, basis)) = bases.get_key_value(name) else {
            continue;
        };
        let name: &JobName = name;
        let own_side = basis.reads().iter().filter(|read| read.side == side);
        let edges = project.edges.needs(name);
        let undeclared = edges.iter().filter(|edge| edge.declared.is_none());
        plan.undeclared.extend(undeclared.cloned());
        let mut own = PlannedJob {
            job: name.clone(),
            dates: BTreeMap::new(),
            kept: BTreeMap::new(),
            reads: own_side.map(|read| (read.job.clone(), read.when)).collect(),
        };
        for date in &days {
            let again = |needs: &JobName, when: DependencyWhen| {
                planned.get(needs).is_some_and(|dates| match when {
                    DependencyWhen::SameDay => dates.contains(date),
                    DependencyWhen::Latest => dates.range(..=*date).next().is_some(),
                })
            };
            let stands = standing(recorded, name, *date, Some(basis));
            let reads_again = own.reads.iter().any(|(needs, when)| again(needs, *when))
                || (basis.reads_itself() && !own.dates.is_empty());
            let why = match (reprocess, stands) {
                (Reprocess::All, _) => Some(Why::Asked),
                (_, Standing::Missing) => Some(Why::Missing),
                (_, Standing::Skipped) => {
                    // It is tried again once what stood in its way is there or is about to be.
                    let waited = side == Side::Rewrite
                        || edges.iter().all(|edge| {
                            again(&edge.needs, edge.when)
                                || is_there(&states, &edge.needs, edge.when, *date)
                        });
                    let read = basis.reads().iter().all(|read| {
                        (read.side == side && again(&read.job, read.when))
                            || recorded.has(read, *date)
                    });
                    let open = waited && read;
                    open.then_some(Why::Missing)
                }
                (Reprocess::MissingAndErrored, Standing::Failed) => Some(Why::Errored),
                (Reprocess::Missing, Standing::Failed) => None,
                (_, Standing::Done | Standing::Stale) if reads_again => Some(Why::Upstream),
                (_, Standing::Stale) => Some(Why::Stale),
                (_, Standing::Done) => None,
            };
            match why {
                Some(why) => {
                    own.dates.insert(*date, why);
                }
                None => *own.kept.entry(stands).or_default() += 1,
            }
        }
        if !own.dates.is_empty() {
            planned.insert(name, own.dates.keys().copied().collect());
        }
        plan.jobs.push(own);
    }
    Ok(plan)
}

/// Selected jobs so that each stands behind those whose tables its runs read.
fn ordered(
    project: &Project,
    side: Side,
    bases: &BTreeMap<&JobName, JobBasis>,
) -> Result<Vec<JobName>, MigrationError> {
    let reads = bases.iter().flat_map(|(job, basis)| {
        let own = basis.reads().iter().filter(|read| read.side == side);
        own.map(|read| ((*job).clone(), read.job.clone()))
    });
    let reads: Vec<_> = reads.collect();
    project.edges.order_with(&reads).map_err(|circle| {
        let names: Vec<&str> = circle.iter().map(JobName::as_str).collect();
        MigrationError::Unknown(format!(
            "rewritten jobs read each other's tables in a circle: {}; lift them again",
            names.join(", ")
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> EffectiveDate {
        EffectiveDate::parse(text).expect("a date")
    }

    #[test]
    fn dates_without_gaps_are_one_range() {
        let dates = [
            "2024-09-30",
            "2024-10-01",
            "2024-10-03",
            "2024-10-05",
            "2024-10-06",
        ]
        .map(day);
        assert_eq!(
            compressed(dates),
            "2024-09-30 .. 2024-10-01, 2024-10-03, 2024-10-05 .. 2024-10-06"
        );
        assert_eq!(compressed([]), "");
    }
}
