//! `relift_lake`: what SQL of a job's own sees of the lake, and what it is told when it asks for more.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int32Array, RecordBatch,
    StringArray, TimestampMicrosecondArray,
};
use relift_engine::{CommitMode, Lake, TableCommit, commit_table};
use relift_job::{EffectiveDate, TableName};
use relift_platform::legacy::{LakeView, LegacyFailure, LegacyOutcome, LegacyRuntime};

use crate::legacy::{Place, SETTINGS};

/// A job that is one External; what it leaves in `out.txt` is its answer.
const JOB: &str = r#"{"type": "External", "module": "own_sql.py"}"#;

fn date(text: &str) -> EffectiveDate {
    EffectiveDate::parse(text).expect("a date")
}

async fn commit(
    lake: &Lake,
    table: &TableName,
    columns: Vec<(&str, ArrayRef)>,
    mode: CommitMode,
) -> u64 {
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns
            .into_iter()
            .map(|(name, column)| (name, column, true)),
    )
    .expect("columns of one length");
    let commit = TableCommit {
        root: lake.root().to_owned(),
        table: table.clone(),
        app_id: format!("{mode:?}"),
        generation: 1,
        mode,
        schema: batch.schema(),
        batches: vec![batch],
        metadata: BTreeMap::new(),
    };
    commit_table(&commit)
        .await
        .expect("committed")
        .delta_version
}

/// Sales of two days, values of every type with and without NULL; a table without dates beside it.
async fn lake(root: &Path) -> (Lake, BTreeMap<TableName, u64>) {
    let lake = Lake::open(root.to_owned(), "as_of");
    let sales = TableName::new("market", "sales");
    let mut versions = BTreeMap::new();
    for (day, ids) in [("2024-10-01", [3, 1]), ("2024-10-02", [2, 4])] {
        let days = date(day).days_since_epoch();
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("id", Arc::new(Int32Array::from(ids.to_vec()))),
            ("qty", Arc::new(Int32Array::from(vec![Some(7), None]))),
            (
                "name",
                Arc::new(StringArray::from(vec![Some("Zoë's \"x\""), None])),
            ),
            (
                "price",
                Arc::new(
                    Decimal128Array::from(vec![Some(1005), None])
                        .with_precision_and_scale(12, 2)
                        .expect("a scale"),
                ),
            ),
            ("score", Arc::new(Float64Array::from(vec![Some(0.1), None]))),
            ("open", Arc::new(BooleanArray::from(vec![Some(true), None]))),
            ("due", Arc::new(Date32Array::from(vec![Some(days), None]))),
            (
                "at",
                Arc::new(TimestampMicrosecondArray::from(vec![
                    Some(1_727_788_496_789_000),
                    None,
                ])),
            ),
            ("as_of", Arc::new(Date32Array::from(vec![days, days]))),
        ];
        let mode = CommitMode::ReplacePartition {
            column: "as_of".into(),
            date: date(day),
        };
        versions.insert(sales.clone(), commit(&lake, &sales, columns, mode).await);
    }
    for name in ["codes", "unnamed"] {
        let table = TableName::new("market", name);
        let columns: Vec<(&str, ArrayRef)> = vec![("code", Arc::new(Int32Array::from(vec![1])))];
        let version = commit(&lake, &table, columns, CommitMode::OverwriteAll).await;
        if name == "codes" {
            versions.insert(table, version);
        }
    }
    (lake, versions)
}

struct Setup {
    place: Place,
    runtime: LegacyRuntime,
    lake: Lake,
    versions: BTreeMap<TableName, u64>,
}

impl Setup {
    async fn new() -> Self {
        let place = Place::new(SETTINGS);
        let (lake, versions) = lake(&place.root().join("lake")).await;
        Self {
            runtime: place.runtime(1),
            place,
            lake,
            versions,
        }
    }

    /// Runs `body`, in which `connection` is one to the lake, and returns what it gives to `tell`.
    async fn ask(&self, day: &str, body: &str) -> Result<String, LegacyFailure> {
        let body: String = body.lines().map(|line| format!("    {line}\n")).collect();
        self.place.external(
            "own_sql.py",
            &format!(
                "import relift_lake\nimport pandas\nimport sqlite3\n\ndef execute(state):\n    \
                 connection = relift_lake.connect()\n    tell = lambda *said: print(*said, file=open('out.txt', 'a'))\n\
                 {body}    return state\n"
            ),
        );
        let job = self.place.job(JOB);
        let staging = self.place.staging(&format!("probe-{day}"));
        let view = LakeView::write(
            &self.lake,
            &self.versions,
            date(day),
            &staging.join("in/lake"),
        )
        .await
        .unwrap_or_else(|error| panic!("{error}"));
        let outcome: LegacyOutcome = self.place.run_given(
            &self.runtime,
            &job,
            day,
            BTreeMap::new(),
            BTreeMap::new(),
            Some(view),
        )?;
        let answer = fs::read_to_string(&outcome.files[0].staged).expect("an answer");
        fs::remove_dir_all(&staging).expect("it is there");
        Ok(answer)
    }

    async fn refused(&self, body: &str) -> String {
        match self.ask("2024-10-01", body).await {
            Err(LegacyFailure::Raised(raised)) => {
                format!("{}: {}", raised.exception, raised.message)
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn own_sql_sees_every_type_in_stored_order_and_no_later_date() {
    let setup = Setup::new().await;
    let all = "for row in connection.execute('SELECT * FROM market.sales'):\n    tell(row)";
    assert_eq!(
        setup.ask("2024-10-01", all).await.expect("it runs"),
        "(3, 7, 'Zoë\\'s \"x\"', 10.05, 0.1, 1, '2024-10-01', '2024-10-01T13:14:56', '2024-10-01')\n\
         (1, None, None, None, None, None, None, None, '2024-10-01')\n"
    );
    let ids = "tell([row[0] for row in connection.execute('SELECT id FROM sales')])";
    for (day, expected) in [
        ("2024-09-30", "[]\n"),
        ("2024-10-01", "[3, 1]\n"),
        ("2024-10-02", "[3, 1, 2, 4]\n"),
        ("2024-10-09", "[3, 1, 2, 4]\n"),
    ] {
        assert_eq!(
            setup.ask(day, ids).await.expect("it runs"),
            expected,
            "{day}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_connection_is_one_pandas_and_db_api_code_know() {
    let setup = Setup::new().await;
    let body = "import warnings\nwarnings.simplefilter('error')\n\
        frame = pandas.read_sql_query('SELECT id, qty, date(\\'now\\') AS today FROM market.sales WHERE id > ?', connection, params=[1])\n\
        tell(frame.to_dict('list'), list(map(str, frame.dtypes)))\n\
        with connection:\n    cursor = connection.cursor()\n    cursor.execute('SELECT count(*) AS n FROM market.sales')\n\
        tell(cursor.description[0][0], cursor.fetchone(), isinstance(connection, sqlite3.Connection))\n\
        connection.execute('CREATE TEMP TABLE own AS SELECT id FROM sales')\n\
        connection.executemany('INSERT INTO own VALUES (?)', [(8,), (9,)])\n\
        tell(connection.execute('SELECT sum(id) FROM own').fetchone())\n\
        tell(relift_lake.apilevel, relift_lake.paramstyle, relift_lake.OperationalError is sqlite3.OperationalError)";
    assert_eq!(
        setup.ask("2024-10-01", body).await.expect("it runs"),
        "{'id': [3], 'qty': [7], 'today': ['2024-11-01']} ['int64', 'int64', 'object']\n\
         n (2,) True\n(21,)\n2.0 qmark True\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_handed_over_is_named() {
    let setup = Setup::new().await;
    let cases = [
        (
            "connection.execute('SELECT * FROM market.unnamed')",
            "OperationalError: table market.unnamed was not handed to this run, because its name stands in no text of \
             the job's Python; write it whole in a string, such as \"market.unnamed\"",
        ),
        (
            "connection.execute('SELECT * FROM codes')",
            "OperationalError: table market.codes is not partitioned by as_of, so there is no telling which rows are of \
             no later date",
        ),
        (
            "connection.execute('SELECT * FROM stock.sales')",
            "OperationalError: the lake has no table stock.sales; its tables are: market.codes, market.sales, \
             market.unnamed",
        ),
        (
            "pandas.read_sql_query('SELECT * FROM nowhere', connection)",
            "DatabaseError: Execution failed on sql 'SELECT * FROM nowhere': the lake has no table nowhere; its tables \
             are: market.codes, market.sales, market.unnamed",
        ),
        (
            "connection.execute('DELETE FROM market.sales')",
            "OperationalError: relift_lake is a read-only view of the lake; a table of your own must be a TEMP table",
        ),
        (
            "connection.execute('CREATE TABLE t (x)')",
            "OperationalError: relift_lake is a read-only view of the lake; a table of your own must be a TEMP table",
        ),
        (
            "connection.execute('SELECT nope FROM sales')",
            "OperationalError: no such column: nope",
        ),
    ];
    for (body, expected) in cases {
        assert_eq!(setup.refused(body).await, expected);
    }
}
