//! The frame boundaries of the legacy runtime, one table of cases: what a lake value is in Python, in SQLite
//! and back, and in a file, on a date with it, with NULL beside it, and without any rows.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int32Array,
    RecordBatch, StringArray, TimestampMicrosecondArray,
};
use relift_platform::legacy::{LegacyFailure, LegacyRuntime};

use crate::legacy::{Place, SETTINGS, csv_writer, write_arrow};

const TELL: &str = "def execute(state):\n    lines = []\n    for name in ('v', 'q'):\n        if name in state:\n            \
    column = state[name]['x']\n            lines.append(f'{column.dtype} {[(type(v).__name__, str(v)) for v in column.tolist()]}')\n    \
    open('told.txt', 'w').write('\\n'.join(lines))\n    return state\n";

fn column(values: ArrayRef) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable([("x", values, true)]).expect("a batch")
}

fn decimals(values: Vec<Option<i128>>) -> ArrayRef {
    let values = Decimal128Array::from(values).with_precision_and_scale(12, 2);
    Arc::new(values.expect("a scale"))
}

/// What the frame holds, what a query gives back, and the lines of the file without the date.
fn crossed(place: &Place, runtime: &LegacyRuntime, batch: &RecordBatch) -> [String; 3] {
    place.external("tell.py", TELL);
    let writer = csv_writer("v", r#""writeMode": "Overwrite""#);
    let job = place.job(&format!(
        r#"{{"type": "DataSourcing", "resultName": "v", "schema": "m", "table": "v", "columns": ["x"]}},
           {{"type": "Transformation", "resultName": "q", "sql": "SELECT x FROM v"}},
           {{"type": "External", "module": "tell.py"}}, {writer}"#
    ));
    let staging = place.staging("probe-2024-10-01");
    fs::create_dir_all(staging.join("in")).expect("a folder");
    let input = staging.join("in/0.arrow");
    write_arrow(&input, batch);
    let inputs = BTreeMap::from([(0, input)]);
    let outcome = place
        .run_given(runtime, &job, "2024-10-01", inputs, BTreeMap::new(), None)
        .unwrap_or_else(|error: LegacyFailure| panic!("{error}"));
    let csv = fs::read_to_string(&outcome.files[0].staged).expect("a file");
    let told = fs::read_to_string(&outcome.files[1].staged).expect("a file");
    let (frame, query) = told.split_once('\n').expect("two lines");
    let cells: Vec<&str> = csv
        .lines()
        .skip(1)
        .map(|line| line.trim_end_matches(",2024-10-01"))
        .collect();
    [frame.to_owned(), query.to_owned(), cells.join(" ")]
}

#[test]
fn values_cross_from_the_lake_to_python_sqlite_and_text() {
    let place = Place::new(SETTINGS);
    let runtime = place.runtime(1);
    let day = |days: Vec<Option<i32>>| -> ArrayRef { Arc::new(Date32Array::from(days)) };
    let cases: Vec<(&str, ArrayRef, [&str; 3])> = vec![
        (
            "integers",
            Arc::new(Int32Array::from(vec![1, 2])),
            [
                "int64 [('int', '1'), ('int', '2')]",
                "int64 [('int', '1'), ('int', '2')]",
                "1 2",
            ],
        ),
        (
            "integers with NULL on this date only",
            Arc::new(Int32Array::from(vec![Some(1), None])),
            [
                "float64 [('float', '1.0'), ('float', 'nan')]",
                "float64 [('float', '1.0'), ('float', 'nan')]",
                "1.0 ",
            ],
        ),
        (
            "integers that are all NULL",
            Arc::new(Int32Array::from(vec![None, None])),
            [
                "float64 [('float', 'nan'), ('float', 'nan')]",
                "object [('NoneType', 'None'), ('NoneType', 'None')]",
                " ",
            ],
        ),
        (
            "no rows",
            Arc::new(Int32Array::from(Vec::<i32>::new())),
            ["object []", "object []", ""],
        ),
        (
            "booleans",
            Arc::new(BooleanArray::from(vec![true, false])),
            [
                "bool [('bool', 'True'), ('bool', 'False')]",
                "int64 [('int', '1'), ('int', '0')]",
                "True False",
            ],
        ),
        (
            "booleans with NULL",
            Arc::new(BooleanArray::from(vec![Some(true), None])),
            [
                "object [('bool', 'True'), ('NoneType', 'None')]",
                "float64 [('float', '1.0'), ('float', 'nan')]",
                "True ",
            ],
        ),
        (
            "decimals as floats",
            decimals(vec![Some(250), Some(10), None]),
            [
                "float64 [('float', '2.5'), ('float', '0.1'), ('float', 'nan')]",
                "float64 [('float', '2.5'), ('float', '0.1'), ('float', 'nan')]",
                "2.5 0.1 ",
            ],
        ),
        (
            "floats of 32 bits, NaN and infinity",
            Arc::new(Float32Array::from(vec![
                Some(0.5),
                Some(f32::INFINITY),
                Some(f32::NAN),
            ])),
            [
                "float64 [('float', '0.5'), ('float', 'inf'), ('float', 'nan')]",
                "float64 [('float', '0.5'), ('float', 'inf'), ('float', 'nan')]",
                "0.5 inf ",
            ],
        ),
        (
            "whole floats",
            Arc::new(Float64Array::from(vec![1.0, 1e16])),
            [
                "float64 [('float', '1.0'), ('float', '1e+16')]",
                "float64 [('float', '1.0'), ('float', '1e+16')]",
                "1.0 1e+16",
            ],
        ),
        (
            "text, empty and NULL",
            Arc::new(StringArray::from(vec![Some("é"), Some(""), None])),
            [
                "object [('str', 'é'), ('str', ''), ('NoneType', 'None')]",
                "object [('str', 'é'), ('str', ''), ('NoneType', 'None')]",
                "é  ",
            ],
        ),
        (
            "dates",
            day(vec![Some(19_997), None]),
            [
                "object [('date', '2024-10-01'), ('NoneType', 'None')]",
                "object [('str', '2024-10-01'), ('NoneType', 'None')]",
                "2024-10-01 ",
            ],
        ),
        (
            "timestamps, their fraction cut off in SQLite",
            Arc::new(TimestampMicrosecondArray::from(vec![
                Some(1_727_788_496_789_000),
                None,
            ])),
            [
                "datetime64[us] [('Timestamp', '2024-10-01 13:14:56.789000'), ('NaTType', 'NaT')]",
                "object [('str', '2024-10-01T13:14:56'), ('NoneType', 'None')]",
                "2024-10-01 13:14:56.789000 ",
            ],
        ),
    ];
    let mut complaints = Vec::new();
    for (name, values, expected) in cases {
        let found = crossed(&place, &runtime, &column(values));
        if found != expected {
            complaints.push(format!("{name}: {found:?}, expected {expected:?}"));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn exact_decimals_keep_their_scale_in_python_and_are_floats_in_sqlite() {
    let place = Place::new(&SETTINGS.replace("[legacy]", "[legacy]\ndecimals = \"exact\""));
    let runtime = place.runtime(1);
    let found = crossed(
        &place,
        &runtime,
        &column(decimals(vec![Some(250), Some(0), None])),
    );
    assert_eq!(
        found,
        [
            "object [('Decimal', '2.50'), ('Decimal', '0.00'), ('NoneType', 'None')]",
            "float64 [('float', '2.5'), ('float', '0.0'), ('float', 'nan')]",
            "2.50 0.00 "
        ]
    );
}

#[test]
fn every_question_for_the_time_gets_the_recorded_one() {
    let place = Place::new(SETTINGS);
    let runtime = place.runtime(1);
    place.external(
        "clock.py",
        "import datetime, time\nfrom datetime import date, datetime as dt\nimport pandas as pd\n\ndef execute(state):\n    \
         told = [date.today(), dt.now(), dt.utcnow(), datetime.datetime.today(), pd.Timestamp.now(), pd.Timestamp.today(),\n            \
         time.strftime('%Y-%m-%d %H:%M:%S'), dt.fromtimestamp(time.time()), dt.now(datetime.timezone.utc)]\n    \
         open('told.txt', 'w').write('\\n'.join(str(t)[:19] for t in told))\n    return state\n",
    );
    let job = place.job(r#"{"type": "External", "module": "clock.py"}"#);
    let outcome = place
        .run(&runtime, &job, "2024-10-01", None, None)
        .unwrap_or_else(|error| panic!("{error}"));
    let told = fs::read_to_string(&outcome.files[0].staged).expect("a file");
    let mut lines = told.lines();
    assert_eq!(lines.next(), Some("2024-11-01"));
    assert!(lines.all(|line| line == "2024-11-01 06:30:00"), "{told}");
}

#[test]
fn files_a_job_writes_itself_are_collected_and_none_is_an_outcome_too() {
    let place = Place::new(SETTINGS);
    let runtime = place.runtime(1);
    place.external(
        "own.py",
        "import os\n\ndef execute(state):\n    day = state['__etlEffectiveDate']\n    if day.weekday() == 1:\n        \
         for block in range(2):\n            with open('log.csv', 'a') as file:\n                file.write(f'header\\n{block}\\n')\n        \
         os.makedirs('deep/er')\n        open('deep/er/b.txt', 'w').write(str(day))\n    return state\n",
    );
    let job = place.job(r#"{"type": "External", "module": "own.py"}"#);
    let written = |day: &str| -> Vec<(String, String)> {
        let outcome = place
            .run(&runtime, &job, day, None, None)
            .unwrap_or_else(|error| panic!("{error}"));
        let read = |path| fs::read_to_string(path).expect("a file");
        let files = outcome.files.iter();
        files
            .map(|file| (file.relative.clone(), read(&file.staged)))
            .collect()
    };
    let expected = [
        (
            "probe/files/2024-10-01/deep/er/b.txt".to_owned(),
            "2024-10-01".to_owned(),
        ),
        (
            "probe/files/2024-10-01/log.csv".to_owned(),
            "header\n0\nheader\n1\n".to_owned(),
        ),
    ];
    assert_eq!(written("2024-10-01"), expected);
    assert_eq!(
        written("2024-10-01"),
        expected,
        "a repeated run appends nothing twice"
    );
    assert_eq!(written("2024-10-02"), [], "no file on this date");
}
