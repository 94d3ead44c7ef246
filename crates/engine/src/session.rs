//! A DataFusion session as rewritten jobs need it: one partition, names as written, reads only.
//!
//! With one partition the order of rows that a scan has is the order the plan sees, and a float sum
//! adds in that order each time. Names are case-sensitive because those of pandas frames are.

use std::fmt;
use std::sync::Arc;

use arrow::array::{Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use deltalake::datafusion::catalog::TableProvider;
use deltalake::datafusion::catalog::streaming::StreamingTable;
use deltalake::datafusion::common::TableReference;
use deltalake::datafusion::datasource::MemTable;
use deltalake::datafusion::error::DataFusionError;
use deltalake::datafusion::execution::context::SQLOptions;
use deltalake::datafusion::execution::session_state::SessionStateBuilder;
use deltalake::datafusion::execution::{SendableRecordBatchStream, TaskContext};
use deltalake::datafusion::physical_optimizer::optimizer::PhysicalOptimizer;
use deltalake::datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use deltalake::datafusion::physical_plan::streaming::PartitionStream;
use deltalake::datafusion::prelude::{DataFrame, SessionConfig, SessionContext};
use futures::StreamExt;

use crate::planning::{OuterSidesForget, UnionsInOrder, WindowKeysFirst};
use crate::scan::{BatchStream, Scan};
use crate::{EngineError, functions};

/// Tables by name, and queries over them.
pub struct Session {
    context: SessionContext,
}

/// Rows of a query.
#[derive(Clone, Debug)]
pub struct QueryResult {
    /// Columns, also when there are no rows.
    pub schema: SchemaRef,
    /// Rows, in the query's order.
    pub batches: Vec<RecordBatch>,
}

impl QueryResult {
    /// How many rows there are.
    pub fn row_count(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }
}

impl Session {
    /// Starts a session without tables.
    pub fn new() -> Self {
        let mut config = SessionConfig::new().with_target_partitions(1);
        let parser = &mut config.options_mut().sql_parser;
        parser.enable_ident_normalization = false;
        parser.map_string_types_to_utf8view = false;
        // A CASE that cannot be NULL by its conditions is known not to be only to the logical plan; the check
        // takes that for a fault of the planner.
        config
            .options_mut()
            .execution
            .skip_physical_aggregate_schema_check = true;
        // It gives one column two names and then finds that name twice.
        config
            .options_mut()
            .optimizer
            .enable_leaf_expression_pushdown = false;
        let defaults = SessionStateBuilder::new_with_default_features().with_config(config);
        let mut physical = PhysicalOptimizer::new().rules;
        physical.insert(0, Arc::new(UnionsInOrder));
        physical.insert(1, Arc::new(OuterSidesForget));
        let state = defaults
            .with_analyzer_rule(Arc::new(WindowKeysFirst))
            .with_physical_optimizer_rules(physical)
            .build();
        let context = SessionContext::new_with_state(state);
        functions::register(&context);
        Self { context }
    }

    /// Names a scan, optionally with a BIGINT column that numbers its rows from 0.
    ///
    /// Files are read when a query runs, and again for each query.
    pub fn register_scan(
        &self,
        name: &str,
        scan: Scan,
        row_number: Option<&str>,
    ) -> Result<(), EngineError> {
        let scan = match row_number {
            Some(column) => scan.with_row_number(column)?,
            None => scan,
        };
        let source = Arc::new(ScanSource {
            schema: scan.schema(),
            scan,
        });
        let table = StreamingTable::try_new(source.scan.schema(), vec![source])
            .map_err(EngineError::query)?;
        self.register(name, Arc::new(table))
    }

    /// Names rows that are in memory.
    pub fn register_batches(
        &self,
        name: &str,
        schema: SchemaRef,
        batches: Vec<RecordBatch>,
    ) -> Result<(), EngineError> {
        let table = MemTable::try_new(schema, vec![batches]).map_err(EngineError::query)?;
        self.register(name, Arc::new(table))
    }

    /// Names rows that are in memory, optionally with a BIGINT column that numbers them from 0.
    pub fn register_rows(
        &self,
        name: &str,
        rows: QueryResult,
        row_number: Option<&str>,
    ) -> Result<(), EngineError> {
        let Some(row_number) = row_number else {
            return self.register_batches(name, rows.schema, rows.batches);
        };
        let mut fields = rows.schema.fields().to_vec();
        fields.push(Arc::new(Field::new(row_number, DataType::Int64, false)));
        let schema = Arc::new(Schema::new(fields));
        let mut seen = 0;
        let mut batches = Vec::with_capacity(rows.batches.len());
        for batch in &rows.batches {
            let next = seen + batch.num_rows() as i64;
            let mut columns = batch.columns().to_vec();
            columns.push(Arc::new(Int64Array::from_iter_values(seen..next)));
            batches.push(RecordBatch::try_new(Arc::clone(&schema), columns)?);
            seen = next;
        }
        self.register_batches(name, schema, batches)
    }

    /// Runs a query and collects its rows.
    pub async fn query(&self, sql: &str) -> Result<QueryResult, EngineError> {
        let (schema, mut stream) = self.stream(sql).await?;
        let mut batches = Vec::new();
        while let Some(batch) = stream.next().await {
            batches.push(batch?);
        }
        Ok(QueryResult { schema, batches })
    }

    /// Starts a query; rows arrive as they are made.
    pub async fn stream(&self, sql: &str) -> Result<(SchemaRef, BatchStream), EngineError> {
        let frame = self.plan(sql).await?;
        let stream = frame.execute_stream().await.map_err(EngineError::query)?;
        let schema = stream.schema();
        Ok((
            schema,
            Box::pin(stream.map(|batch| batch.map_err(EngineError::query))),
        ))
    }

    /// Columns a query would have, without running it.
    pub async fn schema_of(&self, sql: &str) -> Result<SchemaRef, EngineError> {
        let frame = self.plan(sql).await?;
        Ok(Arc::clone(frame.schema().inner()))
    }

    async fn plan(&self, sql: &str) -> Result<DataFrame, EngineError> {
        let reads_only = SQLOptions::new()
            .with_allow_ddl(false)
            .with_allow_dml(false)
            .with_allow_statements(false);
        self.context
            .sql_with_options(sql, reads_only)
            .await
            .map_err(EngineError::query)
    }

    fn register(&self, name: &str, table: Arc<dyn TableProvider>) -> Result<(), EngineError> {
        let reference = TableReference::bare(name);
        self.context
            .deregister_table(reference.clone())
            .map_err(EngineError::query)?;
        self.context
            .register_table(reference, table)
            .map_err(EngineError::query)?;
        Ok(())
    }
}

impl Default for Session {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}

/// A scan as a source of a plan.
#[derive(Debug)]
struct ScanSource {
    schema: SchemaRef,
    scan: Scan,
}

impl PartitionStream for ScanSource {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let batches = self
            .scan
            .stream()
            .map(|batch| batch.map_err(|error| DataFusionError::External(Box::new(error))));
        Box::pin(RecordBatchStreamAdapter::new(
            Arc::clone(&self.schema),
            batches,
        ))
    }
}
