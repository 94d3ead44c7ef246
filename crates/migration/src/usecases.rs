//! A workspace opened for work, and what can be done with it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use relift_governance::CellCompared;
use relift_governance::score::Score;
use relift_job::{Catalog, DateRange, Edge, EffectiveDate, Job, JobName, Side, TableName};
use relift_platform::control::{RunRecord, RunStatus};
use relift_platform::lake::{self, LakeError, LakeProgress, LakeSize, LakeSummary, Load};
use relift_team::Stage;

use crate::analysis::{Analysis, UpstreamFacts, upstream_facts};
use crate::bench::Bench;
use crate::comparison::compare;
use crate::conversion::{Standing, Until, drive};
use crate::hypotheses::not_repeatable;
use crate::package::{self, Summary};
use crate::runs::perform;
use crate::runs::plan::{self, Reprocess, RunPlan};
use crate::scoring::score_workspace;
use crate::verify::{Verification, verify};
use crate::{LakeRequest, MigrationError, Progress, Project, Settings, ledger};

/// A workspace this process owns while the value lives.
pub struct Migration<'a> {
    pub(crate) bench: Bench<'a>,
}

/// What a scan says of a job.
#[derive(Clone, Debug)]
pub struct JobScan {
    /// The job.
    pub job: JobName,
    /// Number of modules.
    pub modules: usize,
    /// Module types with SQL or Python in them, such as `External`.
    pub kinds: Vec<&'static str>,
    /// Codes of the findings, with repetitions, in order.
    pub findings: Vec<String>,
    /// `flat`, `window` and so on, when it can be lifted.
    pub level: Option<String>,
    /// What is wrong with it or stands in the way of lifting.
    pub problems: Vec<String>,
    /// Whether its input cannot be used.
    pub rejected: bool,
}

/// A run that was made or found current.
#[derive(Clone, Debug)]
pub struct RunResult {
    /// The job.
    pub job: JobName,
    /// The date.
    pub date: EffectiveDate,
    /// The side.
    pub side: Side,
    /// How it ended.
    pub status: RunStatus,
    /// Which attempt it was.
    pub attempt: u32,
    /// Rows written.
    pub rows: Option<u64>,
    /// Files written.
    pub files: Option<u64>,
    /// Hash over everything it wrote.
    pub output_hash: Option<String>,
    /// What went wrong.
    pub error: Option<String>,
}

impl RunResult {
    fn new(run: RunRecord) -> Self {
        Self {
            job: run.key.job,
            date: run.key.date,
            side: run.key.side,
            status: run.status,
            attempt: run.attempt,
            rows: run.outcome.rows,
            files: run.outcome.files,
            output_hash: run.outcome.output_hash,
            error: run.outcome.error,
        }
    }
}

/// A compared (job, date).
#[derive(Clone, Debug)]
pub struct CellResult {
    /// What was found.
    pub compared: CellCompared,
}

/// Reads a job and the jobs whose tables it reads, from the catalog alone.
fn analysed(
    project: &Project,
    job: &Job,
    catalog: &Catalog,
) -> Result<Arc<Analysis>, MigrationError> {
    let mut known = |edge: &Edge, table: &TableName| {
        let facts = match project.jobs.get(&edge.needs) {
            Some(writer) => {
                analysed(project, writer, catalog)?.written_facts(project, writer, table)
            }
            None => None,
        };
        Ok(match facts {
            Some(facts) => UpstreamFacts::Known(Side::Rewrite, facts),
            None => UpstreamFacts::Kept(edge.needs.clone(), None),
        })
    };
    let upstream = upstream_facts(project, &job.name, &mut known)?;
    Analysis::of(project, job, catalog, None, &upstream).map(Arc::new)
}

impl<'a> Migration<'a> {
    /// Opens the workspace of `folder` and takes its lock.
    pub fn open(
        folder: &Path,
        settings: Settings,
        progress: &'a dyn Progress,
    ) -> Result<Self, MigrationError> {
        Ok(Self {
            bench: Bench::new(Project::open(folder)?, settings, progress)?,
        })
    }

    /// The workspace.
    pub fn project(&self) -> &Project {
        &self.bench.project
    }

    /// Reads the selected jobs; everything is recorded, nothing is run.
    pub fn scan(&self, jobs: &[JobName]) -> Result<Vec<JobScan>, MigrationError> {
        drive(&self.bench, jobs, Until::Stage(Stage::Profile))?;
        let mut scans = Vec::new();
        for (job, problems) in &self.bench.project.broken {
            scans.push(JobScan {
                job: job.clone(),
                modules: 0,
                kinds: Vec::new(),
                findings: Vec::new(),
                level: None,
                problems: problems.iter().map(ToString::to_string).collect(),
                rejected: true,
            });
        }
        for name in jobs {
            let Some(job) = self.bench.project.jobs.get(name) else {
                continue;
            };
            let analysis = self.bench.analysis(name)?;
            let level = analysis.lifted.as_ref().ok().map(|lifted| {
                let weakest = lifted.decisions.iter().map(|decision| decision.level).max();
                weakest.map_or("flat", relift_lift::Level::word).to_owned()
            });
            let partial = analysis.partial.as_ref();
            let level =
                level.or_else(|| partial.map(|_| relift_lift::Level::Partial.word().to_owned()));
            let refusals = analysis
                .lifted
                .as_ref()
                .err()
                .into_iter()
                .flatten()
                .map(|(_, refusal)| refusal.to_string());
            let mut kinds: Vec<&str> = job
                .modules
                .iter()
                .map(|module| module.kind.type_name())
                .filter(|kind| matches!(*kind, "Transformation" | "External"))
                .collect();
            kinds.dedup();
            scans.push(JobScan {
                job: name.clone(),
                modules: job.modules.len(),
                kinds,
                findings: self
                    .bench
                    .findings(name)?
                    .iter()
                    .map(|finding| finding.code.to_owned())
                    .collect(),
                level,
                problems: analysis
                    .rejected
                    .iter()
                    .map(ToString::to_string)
                    .chain(refusals)
                    .collect(),
                rejected: !analysis.rejected.is_empty(),
            });
        }
        scans.sort_by(|a, b| a.job.cmp(&b.job));
        Ok(scans)
    }

    /// Generates the demonstration lake for the workspace's dates.
    pub fn generate_lake(
        &self,
        seed: Option<u64>,
        customers: Option<u32>,
    ) -> Result<LakeSummary, MigrationError> {
        self.fill_lake(&LakeRequest {
            seed,
            size: customers.map_or(LakeSize::Demo, LakeSize::Customers),
            ..LakeRequest::default()
        })
    }

    /// Brings Parquet files into the lake.
    pub fn import_lake(&self, schema: &str, from: &Path) -> Result<LakeSummary, MigrationError> {
        let schema = schema.into();
        self.with_lake_progress(|tell| {
            self.bench
                .wait(lake::import(&self.bench.project.lake, &schema, from, tell))
        })
    }

    pub(crate) fn with_lake_progress(
        &self,
        work: impl FnOnce(&mut (dyn FnMut(&LakeProgress) + Send)) -> Result<LakeSummary, LakeError>,
    ) -> Result<LakeSummary, MigrationError> {
        let progress = self.bench.progress;
        let mut begun = false;
        let mut written = 0;
        let start = Instant::now();
        let summary = work(&mut |done: &LakeProgress| {
            if !begun {
                progress.begin("lake", done.total as u64);
                begun = true;
            }
            if let Load::Written { rows } = done.load {
                written += rows;
            }
            let speed = written as f64 / start.elapsed().as_secs_f64().max(0.001) / 1_000.0;
            let date = done.date.map_or_else(String::new, |date| date.to_string());
            let table = &done.table.table;
            progress.step("lake", &format!("{speed:.0}k rows/s {table} {date}"));
        });
        progress.end("lake");
        Ok(summary?)
    }

    /// Jobs of the scope whose configuration cannot be read, with what is wrong first.
    pub fn broken_selected(&self) -> Vec<(JobName, String)> {
        let first = |problems: &Vec<relift_diagnostics::Diagnostic>| {
            problems.first().map(ToString::to_string)
        };
        let broken = &self.bench.project.broken;
        broken
            .iter()
            .map(|(job, problems)| (job.clone(), first(problems).unwrap_or_default()))
            .collect()
    }

    /// Says which runs a command would make, and why, without making them.
    pub fn plan(
        &self,
        jobs: &[JobName],
        dates: DateRange,
        side: Side,
        reprocess: Reprocess,
    ) -> Result<RunPlan, MigrationError> {
        plan::plan(&self.bench, jobs, dates, side, reprocess)
    }

    /// Makes the planned runs; a failed one is recorded and the others go on.
    pub fn perform(&self, plan: &RunPlan) -> Result<Vec<RunResult>, MigrationError> {
        for job in &plan.not_rewritten {
            self.bench.progress.note(&format!(
                "{job} has no rewritten job below artifacts/; run `relift lift`"
            ));
        }
        perform::perform(&self.bench, plan)?;
        let mut results = Vec::new();
        for job in &plan.jobs {
            for run in self.bench.store.read().latest_runs(Some(&job.job))? {
                if run.key.side == plan.side && plan.dates.contains(run.key.date) {
                    results.push(RunResult::new(run));
                }
            }
        }
        results.sort_by(|a, b| (&a.job, a.date).cmp(&(&b.job, b.date)));
        Ok(results)
    }

    /// Runs one side of jobs for each date that has no current run.
    pub fn run(
        &self,
        jobs: &[JobName],
        dates: DateRange,
        side: Side,
    ) -> Result<Vec<RunResult>, MigrationError> {
        self.perform(&self.plan(jobs, dates, side, Reprocess::default())?)
    }

    /// Lifts the selected jobs and writes their rewritten form.
    pub fn lift(&self, jobs: &[JobName]) -> Result<Vec<Standing>, MigrationError> {
        let standings = drive(&self.bench, jobs, Until::Stage(Stage::Run))?;
        Ok(standings
            .into_iter()
            .filter(|standing| jobs.contains(&standing.job))
            .collect())
    }

    /// Compares both sides of the selected jobs on each date, from what is committed.
    pub fn reconcile(
        &self,
        jobs: &[JobName],
        dates: DateRange,
    ) -> Result<Vec<CellResult>, MigrationError> {
        let bench = &self.bench;
        bench
            .progress
            .begin("comparing", (jobs.len() * dates.iter().count()) as u64);
        let rounds = ledger::rounds(bench.store.read())?;
        let mut results = Vec::new();
        for name in jobs {
            let Some(job) = bench.project.jobs.get(name) else {
                continue;
            };
            let round = rounds.get(name).copied().unwrap_or(1);
            let mut events = Vec::new();
            for date in dates.iter() {
                if let Some(found) = compare(bench, job, date, round)? {
                    events.extend(found.events());
                    results.push(CellResult {
                        compared: found.cell,
                    });
                }
                bench.progress.step("comparing", &format!("{name} {date}"));
            }
            ledger::append(&bench.store, &events)?;
        }
        bench.progress.end("comparing");
        Ok(results)
    }

    /// How a legacy job's output of a date changes when it is run again in a process of its own, and what of it
    /// could be excluded from comparison; `None` when it does not change. Nothing is excluded by asking.
    pub fn repeat(
        &self,
        job: &JobName,
        date: EffectiveDate,
    ) -> Result<Option<String>, MigrationError> {
        let known = self.bench.project.jobs.get(job);
        let job = known.ok_or_else(|| self.bench.project.unknown_job(job.as_str()))?;
        not_repeatable(&self.bench, job, date)
    }

    /// Writes the governance package from the ledger.
    pub fn report(&self) -> Result<Summary, MigrationError> {
        package::write(&self.bench)
    }

    /// Takes the selected jobs all the way and writes the package.
    pub fn modernise(&self, jobs: &[JobName]) -> Result<(Vec<Standing>, Summary), MigrationError> {
        let dates = self.bench.project.workspace.dates.iter().count();
        self.bench
            .progress
            .begin("runs", (2 * dates * jobs.len()) as u64);
        let standings = drive(&self.bench, jobs, Until::End)?;
        self.bench.progress.end("runs");
        Ok((standings, self.report()?))
    }

    /// Checks all evidence again.
    pub fn verify(&self) -> Result<Verification, MigrationError> {
        verify(&self.bench)
    }

    /// How well what was found agrees with the sealed answer keys; the only use case that reads them.
    pub fn score(&self) -> Result<Score, MigrationError> {
        score_workspace(&self.bench)
    }

    /// How a job is lifted, free of names: rules with their levels in the order of the code, then how many
    /// operators of each kind the lifted form has, or what stands in the way. `catalog` describes the lake.
    pub fn lift_outline(
        project: &Project,
        job: &JobName,
        catalog: &Catalog,
    ) -> Result<Vec<String>, MigrationError> {
        let Some(known) = project.jobs.get(job) else {
            return Err(MigrationError::Unknown(format!(
                "there is no sound job \"{job}\" in this workspace"
            )));
        };
        let analysis = analysed(project, known, catalog)?;
        let lifted = match &analysis.lifted {
            Ok(lifted) => lifted,
            Err(refusals) => {
                let refused = refusals.iter().map(|(module, _)| match module {
                    Some(module) => format!("refused in modules[{module}]"),
                    None => "refused".to_owned(),
                });
                return Ok(refused.collect());
            }
        };
        let rules = lifted.decisions.iter().map(|decision| {
            let (module, level) = (decision.module, decision.level.word());
            format!("modules[{module}] {} {level}", decision.rule)
        });
        let mut operators: BTreeMap<String, usize> = BTreeMap::new();
        for (_, node) in lifted.flow.nodes() {
            let shown = format!("{:?}", node.op);
            let word = shown.split(|letter: char| !letter.is_alphanumeric()).next();
            *operators
                .entry(word.unwrap_or_default().to_owned())
                .or_default() += 1;
        }
        let operators = operators
            .into_iter()
            .map(|(word, count)| format!("{count} {word}"));
        Ok(rules.chain(operators).collect())
    }

    /// What is known of the lake's tables.
    pub fn catalog(&self) -> Result<&Catalog, MigrationError> {
        self.bench.catalog()
    }

    /// Explains a finding's code, a requirement or a job.
    pub fn explain(&self, word: &str) -> Result<String, MigrationError> {
        crate::explain::explain(&self.bench, word)
    }
}
