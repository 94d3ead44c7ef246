//! The reference interpreter: what a graph means, in code too plain to be clever.
//!
//! A difference between the legacy job and the interpreter is a frontend's fault, one between the
//! interpreter and the printed SQL a lowering's. Property tests and adversarial tables run on it without
//! an engine. Nothing is planned or indexed; a relation is computed once and kept.

mod aggregates;
mod expression;
mod folds;
mod functions;
mod program;
mod raised;
mod relations;
mod table;
mod value;
mod windows;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use relift_job::{ColumnName, EffectiveDate};
use relift_values::SqliteRelease;

pub use program::LoopProgram;
pub use raised::{Cause, Raised};
pub use table::Table;
pub use value::Value;

use crate::{Dataflow, Expr, NodeId, Obligation, ObligationKind, Op};
use expression::Scope;

/// Gives the rows of a scan for the run's date; further columns do no harm.
pub type Inputs<'a> = dyn Fn(NodeId, &Op) -> Option<Table> + 'a;

/// What a run is given, and what of its environment its meaning depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// The effective date, in days since 1970-01-01.
    pub effective_date: i32,
    /// The processing time, in microseconds since 1970-01-01.
    pub processing_time: i64,
    /// Release of the legacy interpreter's SQLite.
    pub sqlite: SqliteRelease,
}

impl Parameters {
    /// A run of that date, processed at its midnight with SQLite before 3.43.
    pub fn on(date: EffectiveDate) -> Self {
        let effective_date = date.days_since_epoch();
        Self {
            effective_date,
            processing_time: i64::from(effective_date) * 86_400_000_000,
            sqlite: SqliteRelease::Before343,
        }
    }
}

/// Computes the rows of a relation.
pub fn interpret(
    flow: &Dataflow,
    root: NodeId,
    inputs: &Inputs<'_>,
    parameters: Parameters,
) -> Result<Table, Raised> {
    let table = Interpreter::new(flow, inputs, parameters).table(root)?;
    Ok(Rc::unwrap_or_clone(table))
}

/// Returns the rows that break an obligation; none when it is met. A relation that should not be empty
/// is broken by one row without columns.
pub fn violations(
    flow: &Dataflow,
    obligation: &Obligation,
    inputs: &Inputs<'_>,
    parameters: Parameters,
) -> Result<Table, Raised> {
    Interpreter::new(flow, inputs, parameters).violations(obligation)
}

/// A graph with inputs, and the relations computed so far.
pub struct Interpreter<'a> {
    flow: &'a Dataflow,
    inputs: &'a Inputs<'a>,
    parameters: Parameters,
    computed: RefCell<BTreeMap<NodeId, Rc<Table>>>,
}

impl<'a> Interpreter<'a> {
    /// Nothing is computed until it is asked for.
    pub fn new(flow: &'a Dataflow, inputs: &'a Inputs<'a>, parameters: Parameters) -> Self {
        Self {
            flow,
            inputs,
            parameters,
            computed: RefCell::default(),
        }
    }

    /// Computes the rows of a relation, and of those it needs.
    pub fn table(&self, id: NodeId) -> Result<Rc<Table>, Raised> {
        if let Some(table) = self.computed.borrow().get(&id) {
            return Ok(Rc::clone(table));
        }
        let table = Rc::new(self.compute(id).map_err(|raised| raised.within(id))?);
        self.computed.borrow_mut().insert(id, Rc::clone(&table));
        Ok(table)
    }

    /// Evaluates an expression over one row.
    pub fn evaluate(
        &self,
        expr: &Expr,
        columns: &[ColumnName],
        row: &[Value],
    ) -> Result<Value, Raised> {
        self.eval(expr, Scope::of(columns, row))
    }

    /// Returns the rows that break an obligation; see [`violations`].
    pub fn violations(&self, obligation: &Obligation) -> Result<Table, Raised> {
        let table = self.table(obligation.node)?;
        let mut broken = Table::new(table.columns.iter().cloned(), Vec::new());
        match &obligation.kind {
            ObligationKind::NeverMissing(columns) => {
                let checked = relations::indices(&table, columns)?;
                let missing = |row: &&Vec<Value>| checked.iter().any(|at| row[*at].is_missing());
                broken.rows = table.rows.iter().filter(missing).cloned().collect();
            }
            ObligationKind::Unique(columns) => {
                let checked = relations::indices(&table, columns)?;
                let groups = relations::groups(
                    table
                        .rows
                        .iter()
                        .map(|row| relations::key(checked.iter().map(|at| row[*at].clone()))),
                );
                let mut repeated: Vec<usize> = groups
                    .into_iter()
                    .filter(|rows| rows.len() > 1)
                    .flatten()
                    .collect();
                repeated.sort_unstable();
                broken.rows = repeated
                    .into_iter()
                    .map(|row| table.rows[row].clone())
                    .collect();
            }
            ObligationKind::Holds(condition) => {
                for row in &table.rows {
                    if !self
                        .eval(condition, Scope::of(&table.columns, row))?
                        .is_true()
                    {
                        broken.rows.push(row.clone());
                    }
                }
            }
            ObligationKind::NotEmpty => {
                broken.columns.clear();
                if table.rows.is_empty() {
                    broken.rows.push(Vec::new());
                }
            }
        }
        Ok(broken)
    }
}
