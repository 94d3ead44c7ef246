//! Rewritten jobs run over a real lake in a temporary folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, Date32Array, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray,
};
use arrow::datatypes::DataType;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use relift_diagnostics::SourceFile;
use relift_engine::{CommitMode, Lake, TableCommit, commit_table};
use relift_job::{DateRange, EffectiveDate, JobName, RewrittenJob, TableName, Workspace};
use relift_platform::set_based::{CuratedInput, RewriteFailure, RewriteOutcome, RewriteRun, run};

const JOB: &str = r#"{"schema_version": 1, "jobName": "sales", "modules": [
  {"type": "DataSourcing", "resultName": "sales", "schema": "market", "table": "sales", "columns": ["id", "name", "price"], "rowNumber": "row_no"},
  {"type": "Guard", "name": "price_known", "sqlFile": {"datafusion": "guard.sql"}, "obligation": "every sale has an id"},
  {"type": "Transformation", "resultName": "out", "sqlFile": {"datafusion": "out.sql"}, "columns": [
    {"name": "id", "type": "int64"}, {"name": "name", "type": "text"}, {"name": "price", "type": "decimal(9,2)"},
    {"name": "rounded", "type": "float64"}, {"name": "day", "type": "date"}, {"name": "cheap", "type": "bool"}]},
  {"type": "Transformation", "resultName": "totals", "sqlFile": {"datafusion": "totals.sql"}, "columns": [{"name": "total", "type": "decimal(19,2)"}]},
  {"type": "CsvFileWriter", "source": "out", "outputDirectory": "Output/curated", "jobDirName": "sales", "outputTableDirName": "all", "fileName": "sales.csv", "writeMode": "Append", "trailerFormat": "TRAILER|{row_count}|{date}|{timestamp}|{total}", "trailerSource": "totals", "lineEnding": "CRLF"},
  {"type": "ParquetFileWriter", "source": "out", "outputDirectory": "Output/curated", "jobDirName": "sales", "outputTableDirName": "parts", "fileName": "sales", "writeMode": "Append", "numParts": 2},
  {"type": "DataFrameWriter", "source": "out", "targetTable": "sales_out", "writeMode": "Overwrite"}
]}"#;

fn texts() -> BTreeMap<String, String> {
    [
        ("guard.sql", "SELECT id FROM sales WHERE id IS NULL"),
        (
            "out.sql",
            "SELECT id, name, price, py_round(CAST(price AS DOUBLE) / 3, 4) AS rounded, \
             (SELECT effective_date FROM run_parameters) AS day, price < 2 AS cheap FROM sales ORDER BY row_no DESC",
        ),
        ("totals.sql", "SELECT sum(price) AS total FROM out"),
    ]
    .into_iter()
    .map(|(file, sql)| (file.to_owned(), sql.to_owned()))
    .collect()
}

fn date(text: &str) -> EffectiveDate {
    EffectiveDate::parse(text).expect("a date")
}

fn workspace() -> Workspace {
    let dates = DateRange {
        first: date("2024-10-01"),
        last: date("2024-10-31"),
    };
    let text = Workspace::initial_text("october", dates).replace(
        "csv_date_format = \"iso\"",
        "csv_date_format = \"%-m/%-d/%Y\"",
    );
    Workspace::parse(&SourceFile::new("relift.toml", &text)).expect("settings")
}

fn rows(ids: &[Option<i64>], names: &[Option<&str>], cents: &[i128]) -> RecordBatch {
    let prices = Decimal128Array::from(cents.to_vec())
        .with_precision_and_scale(9, 2)
        .expect("fits");
    let columns: [(&str, ArrayRef); 3] = [
        ("id", Arc::new(Int64Array::from(ids.to_vec()))),
        ("name", Arc::new(StringArray::from(names.to_vec()))),
        ("price", Arc::new(prices)),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true)))
        .expect("a batch")
}

async fn commit(root: &Path, table: TableName, day: &str, batch: &RecordBatch) -> u64 {
    let days = Date32Array::from_value(date(day).days_since_epoch(), batch.num_rows());
    let mut columns: Vec<(String, ArrayRef, bool)> = batch
        .schema()
        .fields()
        .iter()
        .zip(batch.columns())
        .map(|(field, column)| (field.name().clone(), Arc::clone(column), true))
        .collect();
    columns.push(("as_of".to_owned(), Arc::new(days), true));
    let batch = RecordBatch::try_from_iter_with_nullable(columns).expect("a batch");
    let commit = TableCommit {
        root: root.to_owned(),
        table,
        app_id: day.to_owned(),
        generation: 1,
        mode: CommitMode::ReplacePartition {
            column: "as_of".into(),
            date: date(day),
        },
        schema: batch.schema(),
        batches: vec![batch],
        metadata: BTreeMap::new(),
    };
    commit_table(&commit)
        .await
        .expect("committed")
        .delta_version
}

struct Setup {
    folder: tempfile::TempDir,
    lake: Lake,
    workspace: Workspace,
}

impl Setup {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("lake");
        let sales = TableName::new("market", "sales");
        let first = rows(
            &[Some(1), Some(2), Some(3)],
            &[Some("a,b"), None, Some("q\"é")],
            &[199, 250, 1000],
        );
        commit(&root, sales.clone(), "2024-10-01", &first).await;
        commit(
            &root,
            sales.clone(),
            "2024-10-02",
            &rows(&[Some(4)], &[Some("d")], &[150]),
        )
        .await;
        commit(
            &root,
            sales,
            "2024-10-03",
            &rows(&[None], &[Some("e")], &[150]),
        )
        .await;
        Self {
            lake: Lake::open(root, "as_of"),
            folder,
            workspace: workspace(),
        }
    }

    async fn run(
        &self,
        job: &str,
        sql: &BTreeMap<String, String>,
        day: &str,
        prior: &BTreeMap<usize, PathBuf>,
        curated: &BTreeMap<(JobName, String), CuratedInput<'_>>,
    ) -> Result<RewriteOutcome, RewriteFailure> {
        let job = RewrittenJob::parse(&SourceFile::new("job.json", job)).expect("a rewritten job");
        let staging = self.folder.path().join(format!("staging-{day}"));
        let processing_time = "2024-11-01T04:05:06.789Z".parse().expect("a time");
        run(RewriteRun {
            job: &job,
            sql,
            workspace: &self.workspace,
            date: date(day),
            processing_time,
            lake: &self.lake,
            versions: &BTreeMap::new(),
            curated,
            prior,
            staging: &staging,
        })
        .await
    }
}

#[tokio::test]
async fn a_rewritten_job_writes_what_python_would() {
    let setup = Setup::new().await;
    let none = BTreeMap::new();
    let first = setup
        .run(JOB, &texts(), "2024-10-01", &BTreeMap::new(), &none)
        .await
        .expect("it runs");
    assert_eq!(first.files[0].relative, "sales/all/2024-10-01/sales.csv");
    assert_eq!(first.input_versions[&TableName::new("market", "sales")], 2);
    let csv = fs::read_to_string(&first.files[0].staged).expect("a file");
    assert_eq!(
        csv,
        "id,name,price,rounded,day,cheap,etl_effective_date\r\n\
         3,\"q\"\"é\",10.00,3.3333,10/1/2024,False,10/1/2024\r\n\
         2,,2.50,0.8333,10/1/2024,False,10/1/2024\r\n\
         1,\"a,b\",1.99,0.6633,10/1/2024,True,10/1/2024\r\n\
         TRAILER|3|2024-10-01|2024-11-01T04:05:06Z|14.49\r\n"
    );
    let parts = parquet_parts(&first.files[1].staged);
    assert_eq!(
        parts
            .iter()
            .map(|(name, batch)| (name.as_str(), batch.num_rows()))
            .collect::<Vec<_>>(),
        [("part-00000.parquet", 2), ("part-00001.parquet", 1)]
    );
    let types: Vec<DataType> = parts[0]
        .1
        .schema()
        .fields()
        .iter()
        .map(|field| field.data_type().clone())
        .collect();
    let decimal = DataType::Decimal128(38, 18);
    let (int, text) = (DataType::Int64, DataType::Utf8);
    assert_eq!(
        types,
        [
            int,
            text,
            decimal,
            DataType::Float64,
            DataType::Date32,
            DataType::Boolean,
            DataType::Date32
        ]
    );
    assert_eq!(
        (first.tables[0].rows, first.tables[0].schema.as_str()),
        (3, "double_secret_curated")
    );

    let prior = BTreeMap::from([
        (4, first.files[0].staged.clone()),
        (5, first.files[1].staged.clone()),
    ]);
    let second = setup
        .run(JOB, &texts(), "2024-10-02", &prior, &none)
        .await
        .expect("it runs");
    let csv = fs::read_to_string(&second.files[0].staged).expect("a file");
    assert_eq!(csv.lines().count(), 6);
    assert!(csv.ends_with("4,d,1.50,0.5,10/2/2024,True,10/2/2024\r\nTRAILER|4|2024-10-02|2024-11-01T04:05:06Z|1.50\r\n"));
    let parts = parquet_parts(&second.files[1].staged);
    assert_eq!(
        parts
            .iter()
            .map(|(_, batch)| batch.num_rows())
            .collect::<Vec<_>>(),
        [2, 2]
    );
}

fn parquet_parts(folder: &Path) -> Vec<(String, RecordBatch)> {
    let mut names: Vec<PathBuf> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    names.sort();
    names
        .into_iter()
        .map(|path| {
            let reader =
                ParquetRecordBatchReaderBuilder::try_new(fs::File::open(&path).expect("a file"))
                    .expect("Parquet");
            let batch = reader
                .build()
                .expect("a reader")
                .next()
                .expect("rows")
                .expect("a batch");
            (
                path.file_name()
                    .expect("a name")
                    .to_string_lossy()
                    .into_owned(),
                batch,
            )
        })
        .collect()
}

#[tokio::test]
async fn a_day_without_rows_writes_header_and_trailer_only() {
    let setup = Setup::new().await;
    let job = JOB
        .replace("|{total}", "")
        .replace(", \"trailerSource\": \"totals\"", "");
    let outcome = setup
        .run(
            &job,
            &texts(),
            "2024-10-09",
            &BTreeMap::new(),
            &BTreeMap::new(),
        )
        .await
        .expect("it runs");
    let csv = fs::read_to_string(&outcome.files[0].staged).expect("a file");
    assert_eq!(csv.lines().count(), 2);
    assert!(csv.ends_with("TRAILER|0|2024-10-09|2024-11-01T04:05:06Z\r\n"));
    assert_eq!(
        fs::read_dir(&outcome.files[1].staged)
            .expect("a folder")
            .count(),
        0
    );
    assert_eq!(outcome.tables[0].untyped.len(), 6);
}

#[tokio::test]
async fn faults_are_named() {
    let setup = Setup::new().await;
    let none = BTreeMap::new();
    let guard = setup
        .run(JOB, &texts(), "2024-10-03", &BTreeMap::new(), &none)
        .await
        .expect_err("a guard");
    assert_eq!(
        guard.to_string(),
        "guard price_known found 1 rows that break its obligation: every sale has an id"
    );
    let mut sql = texts();
    sql.insert(
        "totals.sql".into(),
        "SELECT CAST(1.5 AS DOUBLE) AS total".into(),
    );
    let typed = setup
        .run(JOB, &sql, "2024-10-01", &BTreeMap::new(), &none)
        .await
        .expect_err("a type");
    assert!(
        typed
            .to_string()
            .contains("modules[3] (totals): column total is Float64 in the query"),
        "{typed}"
    );
    sql.insert("totals.sql".into(), "SELECT 1 AS summe".into());
    let named = setup
        .run(JOB, &sql, "2024-10-01", &BTreeMap::new(), &none)
        .await
        .expect_err("a name");
    assert!(
        named
            .to_string()
            .contains("the query gives columns summe, declared are total"),
        "{named}"
    );
    sql.insert("totals.sql".into(), "SELECT nothing FROM out".into());
    let failed = setup
        .run(JOB, &sql, "2024-10-01", &BTreeMap::new(), &none)
        .await
        .expect_err("a query");
    assert_eq!(
        failed.to_string(),
        "modules[3] (totals.sql): the query failed"
    );
    sql.remove("totals.sql");
    let missing = setup
        .run(JOB, &sql, "2024-10-01", &BTreeMap::new(), &none)
        .await
        .expect_err("a file");
    assert!(
        missing
            .to_string()
            .contains("there is no file totals.sql beside job.json"),
        "{missing}"
    );
    let absent = JOB.replace("\"table\": \"sales\"", "\"table\": \"sale\"");
    let absent = setup
        .run(&absent, &texts(), "2024-10-01", &BTreeMap::new(), &none)
        .await
        .expect_err("a table");
    assert_eq!(absent.to_string(), "modules[0]: cannot read the source");
}

#[tokio::test]
async fn a_job_reads_what_another_rewritten_job_committed() {
    let setup = Setup::new().await;
    let root = setup.folder.path().join("zone");
    let table = TableName::new("double_secret_curated", "clean");
    let values: ArrayRef = Arc::new(Float64Array::from(vec![Some(0.1), None]));
    let batch = RecordBatch::try_from_iter_with_nullable([("x", values, true)]).expect("a batch");
    let version = commit(&root, table.clone(), "2024-10-01", &batch).await;
    let zone = Lake::open(root, "as_of");
    let job = r#"{"schema_version": 1, "jobName": "reader", "modules": [
      {"type": "DataSourcing", "resultName": "clean", "curated": {"job": "cleaner", "table": "clean"}, "columns": ["x"]},
      {"type": "Transformation", "resultName": "out", "sqlFile": {"datafusion": "out.sql"}, "columns": [{"name": "x", "type": "float64"}]},
      {"type": "CsvFileWriter", "source": "out", "outputDirectory": "o", "jobDirName": "r", "outputTableDirName": "t", "fileName": "x.csv", "writeMode": "Overwrite"}]}"#;
    let sql = BTreeMap::from([("out.sql".to_owned(), "SELECT x FROM clean".to_owned())]);
    let missing = setup
        .run(job, &sql, "2024-10-01", &BTreeMap::new(), &BTreeMap::new())
        .await
        .expect_err("no run yet");
    assert!(
        missing
            .to_string()
            .contains("job cleaner has not committed table clean"),
        "{missing}"
    );
    let input = CuratedInput {
        zone: &zone,
        table,
        version,
    };
    let curated = BTreeMap::from([(("cleaner".into(), "clean".to_owned()), input)]);
    let outcome = setup
        .run(job, &sql, "2024-10-01", &BTreeMap::new(), &curated)
        .await
        .expect("it runs");
    let csv = fs::read_to_string(&outcome.files[0].staged).expect("a file");
    assert_eq!(csv, "x,etl_effective_date\n0.1,10/1/2024\n,10/1/2024\n");
}
