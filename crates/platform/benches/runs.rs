//! What a run costs beyond its work: the writers beside plain ones, and an empty legacy job.
//!
//! The writers print as the legacy runtime does, cell by cell; the ratio says what that costs beyond a
//! writer that is free to choose. The empty job goes the whole way of a run in a warm worker (fork,
//! isolation, a module chain that does nothing, collecting its outputs), without a commit. Called
//! without `--bench`, as a test run does, there is one turn of a few rows and no Python.

mod turns;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{
    ArrayRef, Date32Array, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray,
};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use relift_diagnostics::SourceFile;
use relift_job::{DateRange, EffectiveDate, Job, ModuleKind, Workspace};
use relift_platform::legacy::{
    EnvironmentRequest, LegacyConfig, LegacyRun, LegacyRuntime, prepare,
};
use relift_platform::writers::{CsvSettings, Frame, write_csv, write_parquet};

use turns::medians;

const DATE: &str = "2024-10-16";
const PROCESSED: &str = "2024-10-17T06:00:00Z";

fn date() -> EffectiveDate {
    EffectiveDate::parse(DATE).expect("a date")
}

fn workspace() -> Workspace {
    let dates = DateRange {
        first: date(),
        last: date(),
    };
    let text = Workspace::initial_text("bench", dates);
    Workspace::parse(&SourceFile::new("relift.toml", &text)).expect("its own first text")
}

fn job(workspace: &Workspace, modules: &str) -> Job {
    let text = format!(r#"{{"jobName": "bench", "modules": [{modules}]}}"#);
    Job::parse(&SourceFile::new("jobs/bench.json", &text), workspace).expect("a job")
}

fn rows(count: i64) -> RecordBatch {
    let cents = (0..count).map(|row| Some(i128::from(row * 37 % 100_000)));
    let cents: Decimal128Array = cents.collect();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new((0..count).map(Some).collect::<Int64Array>())),
        (
            "share",
            Arc::new(
                (0..count)
                    .map(|row| Some(row as f64 / 7.0))
                    .collect::<Float64Array>(),
            ),
        ),
        (
            "name",
            Arc::new(
                (0..count)
                    .map(|row| Some(format!("name {}", row % 1_000)))
                    .collect::<StringArray>(),
            ),
        ),
        (
            "amount",
            Arc::new(cents.with_precision_and_scale(12, 2).expect("a scale")),
        ),
        (
            "day",
            Arc::new(
                (0..count)
                    .map(|row| Some((19_000 + row % 900) as i32))
                    .collect::<Date32Array>(),
            ),
        ),
    ];
    RecordBatch::try_from_iter(columns).expect("columns of one length")
}

/// The writers of the set-based runtime, each beside a plain writer of the same rows.
fn writers(rounds: usize, count: i64, folder: &Path) -> Vec<(&'static str, [Duration; 2])> {
    let workspace = workspace();
    let job = job(
        &workspace,
        r#"{"type": "External", "module": "nothing.py"},
           {"type": "CsvFileWriter", "source": "out", "outputDirectory": "Output/curated", "jobDirName": "j",
            "outputTableDirName": "t", "fileName": "f.csv", "writeMode": "Overwrite"}"#,
    );
    let ModuleKind::CsvFileWriter(writer) = &job.modules[1].kind else {
        unreachable!("the module is a CSV writer");
    };
    let settings = CsvSettings {
        writer,
        workspace: &workspace,
        date: date(),
        processing_time: PROCESSED.parse().expect("a time"),
        trailer_values: None,
    };
    let frame = Frame { rows: rows(count) };
    let create = |name: &str| File::create(folder.join(name)).expect("a file");
    let csv = medians(
        rounds,
        || {
            write_csv(&folder.join("ours.csv"), &frame, None, &settings).expect("written");
        },
        || {
            let mut plain = arrow::csv::Writer::new(create("plain.csv"));
            plain.write(&frame.rows).expect("written");
        },
    );
    let parquet = medians(
        rounds,
        || {
            write_parquet(&folder.join("ours"), &frame, None, 1, "date", date()).expect("written");
        },
        || {
            let properties = WriterProperties::builder()
                .set_compression(Compression::SNAPPY)
                .build();
            let mut plain = ArrowWriter::try_new(
                create("plain.parquet"),
                frame.rows.schema(),
                Some(properties),
            )
            .expect("a writer");
            plain.write(&frame.rows).expect("written");
            plain.close().expect("closed");
        },
    );
    vec![("csv", csv), ("parquet", parquet)]
}

/// The median time of a legacy run that does nothing, in a warm worker.
fn empty_run(rounds: usize, folder: &Path) -> Duration {
    let workspace = workspace();
    let root = folder.join("workspace");
    std::fs::create_dir_all(root.join("externals")).expect("a folder");
    std::fs::write(
        root.join("externals/nothing.py"),
        "def execute(shared_state):\n    return shared_state\n",
    )
    .expect("a file");
    let job = job(
        &workspace,
        r#"{"type": "External", "module": "nothing.py"}"#,
    );
    let cache = std::env::var_os("RELIFT_CACHE").map_or_else(
        || Path::new(env!("CARGO_TARGET_TMPDIR")).join("python"),
        PathBuf::from,
    );
    let request = EnvironmentRequest {
        cache: &cache,
        python: None,
        requirements: None,
    };
    let environment = prepare(request, &|_| ()).unwrap_or_else(|error| panic!("{error}"));
    let runtime = LegacyRuntime::start(LegacyConfig {
        environment,
        workspace_root: &root,
        workspace: &workspace,
        cache: &cache,
        staging_root: &folder.join("staging"),
        workers: 1,
    })
    .unwrap_or_else(|error| panic!("{error}"));
    let mut round = 0;
    let mut run = || {
        round += 1;
        runtime
            .run(&LegacyRun {
                job: &job,
                date: date(),
                processing_time: PROCESSED.parse().expect("a time"),
                inputs: BTreeMap::new(),
                prior: BTreeMap::new(),
                part: None,
                lake: None,
                staging: &folder.join("staging").join(format!("run-{round}")),
            })
            .unwrap_or_else(|error| panic!("{error}"));
    };
    // The first run waits for the worker to be warm.
    run();
    medians(rounds, run, || ())[0]
}

#[expect(clippy::print_stdout, reason = "the figures are the result")]
fn main() {
    let measured = std::env::args().any(|word| word == "--bench");
    let (rounds, count) = if measured { (15, 200_000) } else { (1, 100) };
    let folder = tempfile::tempdir().expect("a temporary folder");
    println!("{count} rows, medians of {rounds} rounds");
    for (what, [ours, plain]) in writers(rounds, count, folder.path()) {
        let ratio = ours.as_secs_f64() / plain.as_secs_f64();
        println!("write {what:8} {ours:>10.3?}  plain {plain:>10.3?}  ratio {ratio:.2}");
    }
    if measured {
        let empty = empty_run(rounds, folder.path());
        println!("an empty legacy run in a warm worker, without a commit: {empty:.3?}");
    }
}
