//! Reading and loading a partition of the lake, each beside plain Parquet in the same run.
//!
//! Seconds differ between machines; what a scan in stored order costs beyond reading the file, and what
//! making rows and committing them durably costs beyond writing a file, are ratios that do not. Both
//! sides take turns, and the ratio of their medians is printed. Called without `--bench`, as a test run
//! does, there is one turn of a small partition.

mod turns;

use std::cell::RefCell;
use std::fs::File;
use std::hint::black_box;
use std::path::PathBuf;

use arrow::array::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use relift_engine::Lake;
use relift_job::{ColumnName, DateRange, EffectiveDate, TableName};
use relift_platform::lake::{GeneratorOptions, LakeProgress, LakeSize, generate};
use tokio::runtime::Runtime;

use turns::medians;

const DATE_COLUMN: &str = "as_of";
const BATCH_ROWS: usize = 8192;

/// A lake with one large partition of order lines.
struct Place {
    runtime: Runtime,
    folder: tempfile::TempDir,
    options: GeneratorOptions,
    lake: Lake,
    table: TableName,
    columns: Vec<ColumnName>,
    /// The partition's only data file.
    file: PathBuf,
    rows: u64,
}

impl Place {
    fn generated(order_lines: u64) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let date = EffectiveDate::parse("2024-10-16").expect("a date");
        let dates = DateRange {
            first: date,
            last: date,
        };
        let mut options = GeneratorOptions::new(dates, DATE_COLUMN);
        options.tables = vec!["order_lines".to_owned()];
        let size = LakeSize::OrderLines(order_lines);
        options.customers = size.customers(dates).expect("a size");
        let summary = runtime
            .block_on(generate(folder.path(), &options, &mut |_| {}))
            .expect("generated");

        let lake = Lake::open(folder.path().to_owned(), DATE_COLUMN);
        let table = TableName::new(options.schema.as_str(), "order_lines");
        let whole = runtime
            .block_on(lake.scan_table(&table, 0))
            .expect("a table");
        let columns = whole
            .schema()
            .fields()
            .iter()
            .map(|field| field.name().as_str().into())
            .collect();
        let partition = lake
            .table_folder(&table)
            .join(format!("{DATE_COLUMN}={date}"));
        let file = std::fs::read_dir(partition)
            .expect("a partition")
            .map(|entry| entry.expect("an entry").path())
            .find(|path| path.extension().is_some_and(|kind| kind == "parquet"))
            .expect("a data file");
        Self {
            runtime,
            folder,
            options,
            lake,
            table,
            columns,
            file,
            rows: summary.rows,
        }
    }

    /// Reads the partition as jobs do; answers with its rows.
    fn scan(&self) -> usize {
        let dates = [self.options.dates.first];
        let scan = self
            .runtime
            .block_on(self.lake.scan(&self.table, 0, &dates, &self.columns))
            .expect("a scan");
        let rows = scan.read().map(|batch| batch.expect("rows").num_rows());
        rows.sum()
    }

    /// Reads the data file and nothing else; answers with its rows.
    fn read_file(&self) -> usize {
        let file = File::open(&self.file).expect("the data file");
        let batches = ParquetRecordBatchReaderBuilder::try_new(file)
            .and_then(|builder| builder.with_batch_size(BATCH_ROWS).build())
            .expect("a reader");
        batches.map(|batch| batch.expect("rows").num_rows()).sum()
    }

    /// Makes rows from a seed not used before and commits them in place of the partition's.
    fn load(&mut self) -> u64 {
        self.options.seed += 1;
        let mut ignored = |_: &LakeProgress| {};
        let load = generate(self.folder.path(), &self.options, &mut ignored);
        self.runtime.block_on(load).expect("loaded").rows
    }

    /// Writes rows that are there to a file, with the same compression and without a sync.
    fn write_file(&self, batches: &[RecordBatch]) -> u64 {
        let copy = self.folder.path().join("copy.parquet");
        let file = File::create(copy).expect("a file");
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .build();
        let mut writer =
            ArrowWriter::try_new(file, batches[0].schema(), Some(properties)).expect("a writer");
        for batch in batches {
            writer.write(batch).expect("written");
        }
        writer.close().expect("closed");
        self.rows
    }

    fn batches(&self) -> Vec<RecordBatch> {
        let file = File::open(&self.file).expect("the data file");
        ParquetRecordBatchReaderBuilder::try_new(file)
            .and_then(|builder| builder.with_batch_size(BATCH_ROWS).build())
            .expect("a reader")
            .collect::<Result<_, _>>()
            .expect("rows")
    }
}

#[expect(clippy::print_stdout, reason = "the figures are the result")]
fn main() {
    let measured = std::env::args().any(|word| word == "--bench");
    let (rounds, order_lines) = if measured { (15, 500_000) } else { (1, 1_000) };
    let place = Place::generated(order_lines);
    let batches = place.batches();
    assert_eq!(place.scan(), place.read_file(), "both read the same rows");
    let scan = medians(
        rounds,
        || {
            black_box(place.scan());
        },
        || {
            black_box(place.read_file());
        },
    );
    let rows = place.rows;
    let place = RefCell::new(place);
    let load = medians(
        rounds,
        || {
            black_box(place.borrow_mut().load());
        },
        || {
            black_box(place.borrow().write_file(&batches));
        },
    );
    println!("{rows} order lines, medians of {rounds} rounds");
    for (what, [ours, plain]) in [("scan", scan), ("load", load)] {
        let ratio = ours.as_secs_f64() / plain.as_secs_f64();
        println!("lake {what:5} {ours:>10.3?}  plain Parquet {plain:>10.3?}  ratio {ratio:.2}");
    }
}
