//! The commands, one file each.

mod baseline;
mod demo;
mod doctor;
mod explain;
mod init;
mod lake;
mod lift;
mod log;
mod modernise;
mod reconcile;
mod report;
mod run;
mod runs;
mod scan;
mod score;
mod serve;
mod status;
mod summary;
mod verify;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use relift_job::{DateRange, EffectiveDate, JobName, Side};
use relift_migration::{Migration, Project, Settings};

use crate::bars::Bars;
use crate::exit::Exit;
use crate::output::Format;

/// Takes over portfolios of legacy ETL jobs: reads them, lifts them to set-based SQL, proves the rewrite
/// equal on every effective date, and packages the evidence.
#[derive(Debug, Parser)]
#[command(
    name = "relift",
    version,
    max_term_width = 100,
    arg_required_else_help = true
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// What every command understands.
#[derive(Clone, Debug, Args)]
pub(crate) struct Common {
    /// The workspace: this folder or the nearest one above it that holds relift.toml [default: the current
    /// folder; for `demo`, ./demo].
    #[arg(long, global = true, value_name = "FOLDER")]
    pub(crate) dir: Option<PathBuf>,
    /// How results are printed.
    #[arg(long, global = true, value_enum, default_value_t)]
    pub(crate) format: Format,
    /// No progress on stderr.
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// How many jobs are worked on at the same time [default: the number of cores].
    #[arg(long, global = true, value_name = "N")]
    pub(crate) max_parallel: Option<usize>,
    /// The Python to build the legacy environment with [default: the newest of python3.13 .. python3.11,
    /// python3].
    #[arg(long, global = true, env = "RELIFT_PYTHON", value_name = "PROGRAM")]
    pub(crate) python: Option<PathBuf>,
    /// Where Python environments are kept between workspaces [default: the user's cache folder].
    #[arg(long, global = true, env = "RELIFT_CACHE", value_name = "FOLDER")]
    pub(crate) cache: Option<PathBuf>,
}

impl Common {
    fn folder(&self) -> PathBuf {
        self.dir.clone().unwrap_or_else(|| PathBuf::from("."))
    }

    fn settings(&self) -> Settings {
        Settings {
            workers: self.max_parallel,
            python: self.python.clone(),
            cache: self.cache.clone().or_else(user_cache),
            again: false,
        }
    }

    fn bars(&self) -> Bars {
        Bars::new(self.quiet)
    }

    fn open<'a>(&self, bars: &'a Bars) -> anyhow::Result<Migration<'a>> {
        Ok(Migration::open(&self.folder(), self.settings(), bars)?)
    }

    /// Opens the workspace for work on jobs, `again` on those that were refused.
    fn open_for<'a>(&self, again: Again, bars: &'a Bars) -> anyhow::Result<Migration<'a>> {
        let settings = Settings {
            again: again.again,
            ..self.settings()
        };
        Ok(Migration::open(&self.folder(), settings, bars)?)
    }
}

fn user_cache() -> Option<PathBuf> {
    let folder = |name| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    folder("XDG_CACHE_HOME")
        .or_else(|| Some(folder("HOME")?.join(".cache")))
        .map(|cache| cache.join("relift"))
}

/// Whether jobs that were refused are tried again.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Again {
    /// Begins selected jobs anew that were refused, whole or in part: after an update of relift, or when
    /// the lake has changed. Without it only jobs whose files have changed are.
    #[arg(long)]
    again: bool,
}

/// Which jobs and dates.
#[derive(Clone, Debug, Args)]
pub(crate) struct Scope {
    /// Jobs: names or patterns with *, separated by commas [default: all].
    #[arg(long, short, value_name = "JOBS")]
    select: Vec<String>,
    /// First effective date [default: the workspace's].
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = parse_date)]
    start: Option<EffectiveDate>,
    /// Last effective date [default: the workspace's].
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = parse_date)]
    end: Option<EffectiveDate>,
}

impl Scope {
    fn resolve(&self, migration: &Migration<'_>) -> anyhow::Result<(Vec<JobName>, DateRange)> {
        self.resolve_in(migration.project())
    }

    fn resolve_in(&self, project: &Project) -> anyhow::Result<(Vec<JobName>, DateRange)> {
        Ok((
            project.select(&self.select)?,
            project.dates(self.start, self.end)?,
        ))
    }
}

/// One of the two programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum SideWord {
    /// The jobs as they were.
    Legacy,
    /// Their rewrites.
    Rewrite,
}

impl SideWord {
    fn side(self) -> Side {
        match self {
            Self::Legacy => Side::Legacy,
            Self::Rewrite => Side::Rewrite,
        }
    }
}

pub(crate) fn parse_date(text: &str) -> Result<EffectiveDate, String> {
    EffectiveDate::parse(text).ok_or_else(|| "not a date; write YYYY-MM-DD".to_owned())
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Shows everything on a generated marketplace: 36 bad jobs, lifted where understood, proven equal.
    Demo(demo::Demo),
    /// Creates relift.toml and the folders of a workspace.
    Init(init::Init),
    /// Fills the lake.
    #[command(subcommand)]
    Lake(lake::Lake),
    /// Handles recorded outputs of legacy jobs that cannot run here.
    #[command(subcommand)]
    Baseline(baseline::Baseline),
    /// Reads every job and lists what is found in it.
    Scan(scan::Scan),
    /// Runs one side of jobs for their effective dates.
    Run(run::Run),
    /// Shows how the runs of each job stand.
    Status(status::Status),
    /// Lists what ran, the newest first.
    Runs(runs::Runs),
    /// Shows what a run printed, and where it failed.
    Log(log::Log),
    /// Lifts jobs and writes their rewritten form below artifacts/.
    Lift(lift::Lift),
    /// Compares both sides of jobs on every date.
    Reconcile(reconcile::Reconcile),
    /// Writes the governance package from the ledger.
    Report(report::Report),
    /// Takes jobs all the way; goes on where it was interrupted.
    #[command(alias = "modernize")]
    Modernise(modernise::Modernise),
    /// Checks all evidence again: code, queries, ledger, every number of the package.
    Verify(verify::Verify),
    /// Compares findings and requirements with sealed answer keys.
    Score(score::Score),
    /// Explains a finding's code, a requirement, or a job.
    Explain(explain::Explain),
    /// Says what is missing on this machine and how to get it.
    Doctor(doctor::Doctor),
    /// Shows the package in a browser, on this machine only.
    Serve(serve::Serve),
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let common = &arguments.common;
    match &arguments.command {
        Command::Demo(command) => command.run(common),
        Command::Init(command) => command.run(common),
        Command::Lake(command) => command.run(common),
        Command::Baseline(command) => command.run(common),
        Command::Scan(command) => command.run(common),
        Command::Run(command) => command.run(common),
        Command::Status(command) => command.run(common),
        Command::Runs(command) => command.run(common),
        Command::Log(command) => command.run(common),
        Command::Lift(command) => command.run(common),
        Command::Reconcile(command) => command.run(common),
        Command::Report(command) => command.run(common),
        Command::Modernise(command) => command.run(common),
        Command::Verify(command) => command.run(common),
        Command::Score(command) => command.run(common),
        Command::Explain(command) => command.run(common),
        Command::Doctor(command) => command.run(common),
        Command::Serve(command) => command.run(common),
    }
}
