//! A loop that a query carries as text, for what SQL has no form for.
//!
//! The rows come from the query, in order and one key at a time; the program says what the loop does with
//! each. It is the same code that interprets [`Running`] in a graph.

use relift_diagnostics::{Diagnostic, SourceFile};
use relift_job::{ColumnName, JobName};
use relift_values::SqliteRelease;

use super::{Interpreter, Parameters, Raised, Table, Value};
use crate::text::{loop_text, parse_loop};
use crate::{Base, Column, ColumnType, Dataflow, Running, Schema};

/// A loop over rows that are given from outside.
#[derive(Clone, Debug, PartialEq)]
pub struct LoopProgram {
    /// Columns of a row.
    pub columns: Vec<ColumnName>,
    /// Columns whose missing values are NaN rather than None.
    pub nan: Vec<ColumnName>,
    /// What it does; its keys are empty.
    pub running: Running,
}

impl LoopProgram {
    /// Reads a program.
    pub fn parse(text: &str) -> Result<Self, Diagnostic> {
        parse_loop(&SourceFile::new("loop", text))
    }

    /// Runs it over rows of [`LoopProgram::columns`]. `bases` are the base types of the slots. Each answer
    /// holds, for every slot, the value before the row and the value after it.
    pub fn run(&self, rows: Vec<Vec<Value>>, bases: &[Base]) -> Result<Vec<Vec<Value>>, Raised> {
        let flow = Dataflow::new(JobName::from("loop"));
        let inputs = |_, _: &crate::Op| None;
        // What depends on the run is given to the loop as a column.
        let parameters = Parameters {
            effective_date: 0,
            processing_time: 0,
            sqlite: SqliteRelease::Before343,
        };
        let interpreter = Interpreter::new(&flow, &inputs, parameters);
        let slots = self.running.slots.iter().zip(bases);
        let schema = Schema::new(
            slots
                .map(|(slot, base)| Column {
                    name: slot.before.clone(),
                    ty: ColumnType::of(*base),
                })
                .collect(),
        );
        let width = self.columns.len();
        let table = Table::new(self.columns.iter().cloned(), rows);
        let answers = interpreter.running(&table, &self.running, &schema)?;
        // Each answer begins with the row itself and whether the entry was there.
        Ok(answers
            .into_iter()
            .map(|mut row| row.split_off(width + 1))
            .collect())
    }
}

impl std::fmt::Display for LoopProgram {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&loop_text(self))
    }
}
