//! What a job computes although another one computes and writes it: recognised over the whole portfolio, and
//! read instead.
//!
//! Relations are compared by digests of what they mean, so that finding them is one look-up per relation. A
//! relation is replaced only when a table holds the very rows, in the same order where anything observes it,
//! and when each of its columns comes back from the table with the type it has: what a table cannot hold, or
//! holds otherwise, is computed again.

use std::collections::{BTreeMap, BTreeSet};

use relift_dataflow::{
    Base, Canonical, Cardinality, ColumnType, Dataflow, Expr, ExprKind, Function, GroupOrder,
    JoinKind, Missing, NodeId, Obligation, ObligationKind, Op, Parameter, Rewriter, TypeError,
};
use relift_job::{Catalog, ColumnName, DateMode, FrameName, JobName, TableName};

use crate::tidy::tidy;
use crate::{Decision, Level, Lifted};

/// Fewest operations that are worth reading a table for; a filtered scan has one.
const OPERATIONS_MIN: usize = 2;

/// A table that a job writes anew on each of its dates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenTable {
    /// The table, as readers name it.
    pub table: TableName,
    /// Index among the job's sinks.
    pub sink: usize,
}

/// A lifted job with the tables of its that others may read.
#[derive(Clone, Debug)]
pub struct Writer<'a> {
    /// The job.
    pub job: JobName,
    /// Its lifted form.
    pub flow: &'a Dataflow,
    /// Its tables.
    pub tables: Vec<WrittenTable>,
}

/// A relation of a job that stands in the table of another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// The relation, in the lifted form of the job that would read.
    pub node: NodeId,
    /// The job that writes it.
    pub home: JobName,
    /// The table.
    pub table: TableName,
    /// Columns of the relation, with their names in the table.
    pub columns: Vec<(ColumnName, ColumnName)>,
}

/// Relations of written tables by what they mean.
#[derive(Debug, Default)]
pub struct SharedRelations {
    by_rows: BTreeMap<String, Vec<Relation>>,
    /// What each job checks before it writes anything.
    checked: BTreeMap<JobName, BTreeSet<String>>,
}

#[derive(Debug)]
struct Relation {
    home: JobName,
    table: TableName,
    sequence: String,
    /// Name and type of each column by its meaning.
    columns: BTreeMap<String, (ColumnName, ColumnType)>,
}

impl SharedRelations {
    /// Enters the tables of all jobs.
    pub fn of<'a>(writers: impl IntoIterator<Item = Writer<'a>>) -> Self {
        let mut relations = Self::default();
        for Writer { job, flow, tables } in writers {
            if tables.is_empty() {
                continue;
            }
            let mut canonical = Canonical::new(flow);
            for WrittenTable { table, sink } in tables {
                let Some(node) = flow.sinks.get(sink).map(|sink| sink.input) else {
                    continue;
                };
                let columns = flow.node(node).schema.columns().iter();
                let columns = columns.map(|column| {
                    let meaning = canonical.column(node, &column.name);
                    (meaning, (column.name.clone(), column.ty))
                });
                let columns = columns.collect();
                let relation = Relation {
                    home: job.clone(),
                    table,
                    sequence: canonical.sequence(node),
                    columns,
                };
                let rows = canonical.rows(node);
                relations.by_rows.entry(rows).or_default().push(relation);
            }
            let mut checked = BTreeSet::new();
            for obligation in &flow.obligations {
                checked.extend(canonical.conditions_of(obligation.node, &obligation.kind));
            }
            relations.checked.insert(job, checked);
        }
        relations
    }

    /// Relations of a job that stand in tables of the jobs that `may_read` accepts: the largest ones, none
    /// below another.
    pub fn shares(
        &self,
        job: &JobName,
        flow: &Dataflow,
        may_read: &dyn Fn(&JobName) -> bool,
    ) -> Vec<Share> {
        if self.by_rows.is_empty() {
            return Vec::new();
        }
        let mut canonical = Canonical::new(flow);
        let observed = order_observed(flow);
        let mut shares = Vec::new();
        let mut wanted: BTreeSet<NodeId> = flow.sinks.iter().map(|sink| sink.input).collect();
        // Users come before what they use, so what only stands below a found relation is never reached.
        while let Some(node) = wanted.pop_last() {
            let found = self.relation(job, flow, node, &observed, &mut canonical, may_read);
            match found {
                Some(share) => shares.push(share),
                None => wanted.extend(flow.dependencies(node)),
            }
        }
        shares.reverse();
        shares
    }

    fn relation(
        &self,
        job: &JobName,
        flow: &Dataflow,
        node: NodeId,
        observed: &[bool],
        canonical: &mut Canonical<'_>,
        may_read: &dyn Fn(&JobName) -> bool,
    ) -> Option<Share> {
        let known = flow.node(node);
        let candidates = self.by_rows.get(&canonical.rows(node))?;
        if known.cardinality == Cardinality::One
            || known.schema.columns().is_empty()
            || canonical.operations(node) < OPERATIONS_MIN
        {
            return None;
        }
        let sequence = canonical.sequence(node);
        for relation in candidates {
            let ordered = relation.sequence == sequence || !observed[node.0 as usize];
            if relation.home == *job || !ordered || !may_read(&relation.home) {
                continue;
            }
            let columns: Option<Vec<_>> = known
                .schema
                .columns()
                .iter()
                .map(|column| {
                    let meaning = canonical.column(node, &column.name);
                    let (stored, ty) = relation.columns.get(&meaning)?;
                    restored(*ty, column.ty)?;
                    Some((column.name.clone(), stored.clone()))
                })
                .collect();
            if let Some(columns) = columns {
                return Some(Share {
                    node,
                    home: relation.home.clone(),
                    table: relation.table.clone(),
                    columns,
                });
            }
        }
        None
    }

    /// The lifted job with the shared relations read; `None` when an output would get another type. `catalog`
    /// describes their tables as [`stored`] says.
    pub fn read(
        &self,
        lifted: &Lifted,
        shares: &[Share],
        catalog: &Catalog,
    ) -> Result<Option<Lifted>, TypeError> {
        let mut old = lifted.flow.clone();
        let obligations = std::mem::take(&mut old.obligations);
        let by_node: BTreeMap<NodeId, &Share> =
            shares.iter().map(|share| (share.node, share)).collect();
        let mut rewriter = Rewriter::new(&old, catalog);
        let mut frames: BTreeSet<String> = old
            .nodes()
            .filter_map(|(_, node)| match &node.op {
                Op::Scan { frame, .. } => Some(frame.as_str().to_lowercase()),
                _ => None,
            })
            .collect();
        let mut decisions = lifted.decisions.clone();
        for (id, node) in old.nodes() {
            let Some(share) = by_node.get(&id) else {
                rewriter.keep(id)?;
                continue;
            };
            let scan = Op::Scan {
                table: share.table.clone(),
                columns: share
                    .columns
                    .iter()
                    .map(|(_, stored)| stored.clone())
                    .collect(),
                dates: DateMode::Exact,
                frame: free_frame(&share.table, &mut frames),
            };
            let scan = rewriter.add(id, scan)?;
            let columns = share.columns.iter().map(|(own, stored)| {
                let wanted = node
                    .schema
                    .ty(own)
                    .ok_or_else(|| TypeError::UnknownColumn(own.clone()))?;
                let value = Expr::column(stored.clone());
                Ok((
                    own.clone(),
                    if wanted.missing == Missing::NAN {
                        Expr::call(Function::ToPandasFloat, vec![value])
                    } else {
                        value
                    },
                ))
            });
            let columns = columns.collect::<Result<_, TypeError>>()?;
            rewriter.replace(
                id,
                Op::Map {
                    input: scan,
                    columns,
                },
            )?;
            decisions.push(decision(&old, share));
        }
        for obligation in obligations {
            let node = rewriter.new_id(obligation.node);
            let kind = match &obligation.kind {
                ObligationKind::Holds(condition) => {
                    ObligationKind::Holds(rewriter.expr(condition.clone()))
                }
                other => other.clone(),
            };
            if !self.is_checked(&lifted.flow, &obligation, shares) {
                rewriter.flow.obligations.push(Obligation {
                    node,
                    kind,
                    ..obligation
                });
            }
        }
        decisions.sort_by_key(|decision| decision.module);
        let flow = tidy(&rewriter.finish(), catalog)?;
        // What was known of a relation beyond its columns' types is not known of a table.
        let types = |flow: &Dataflow| -> Vec<(ColumnName, Base, Missing)> {
            let inputs = flow.sinks.iter().map(|sink| flow.node(sink.input));
            let columns = inputs.flat_map(|node| node.schema.columns());
            columns
                .map(|column| (column.name.clone(), column.ty.base, column.ty.missing))
                .collect()
        };
        let same = types(&flow) == types(&lifted.flow);
        Ok(same.then(|| Lifted {
            flow,
            decisions,
            sink_schemas: lifted.sink_schemas.clone(),
        }))
    }

    /// Whether the job cannot run where the obligation is broken, because a job whose table it reads checks
    /// the same of rows that the job no longer sees itself.
    fn is_checked(&self, flow: &Dataflow, obligation: &Obligation, shares: &[Share]) -> bool {
        let replaced: BTreeSet<NodeId> = shares.iter().map(|share| share.node).collect();
        let mut seen: BTreeSet<NodeId> = BTreeSet::new();
        let mut waiting: Vec<NodeId> = flow.sinks.iter().map(|sink| sink.input).collect();
        while let Some(node) = waiting.pop() {
            if seen.insert(node) && !replaced.contains(&node) {
                waiting.extend(flow.dependencies(node));
            }
        }
        if seen.contains(&obligation.node) {
            return false;
        }
        let asked = Canonical::new(flow).conditions_of(obligation.node, &obligation.kind);
        let known = |condition: &String| {
            shares.iter().any(|share| {
                self.checked
                    .get(&share.home)
                    .is_some_and(|checked| checked.contains(condition))
            })
        };
        asked.iter().all(known)
    }
}

/// The type of a column of this type once it has been in a table; `None` when that depends on the rows of the
/// date, or is another one.
pub fn stored(ty: ColumnType) -> Option<ColumnType> {
    let missing = match ty.base {
        // pandas stores an integer column with a missing value as floats.
        Base::Int64 | Base::Timestamp if ty.missing.possible() => return None,
        Base::Bool | Base::Int64 | Base::Text | Base::Date | Base::Timestamp if !ty.missing.nan => {
            ty.missing
        }
        // NULL and NaN become one.
        Base::Float64 if !ty.missing.possible() => Missing::NEVER,
        Base::Float64 if ty.missing.none != ty.missing.nan => Missing::NONE,
        // A table of decimals has 18 digits after the point, whatever there were.
        _ => return None,
    };
    Some(ColumnType {
        missing,
        from_decimal: None,
        ..ty
    })
}

/// How a column that was written as `written` becomes `wanted` when it is read back.
fn restored(written: ColumnType, wanted: ColumnType) -> Option<()> {
    let found = stored(written)?;
    let same_kind = written.missing == wanted.missing;
    (found.base == wanted.base && same_kind).then_some(())
}

fn decision(flow: &Dataflow, share: &Share) -> Decision {
    let upwards = std::iter::successors(Some(share.node), |id| match &flow.node(*id).op {
        Op::Map { input, .. } | Op::Sort { input, .. } => Some(*input),
        _ => None,
    });
    let name = upwards
        .filter_map(|id| flow.node(id).name.clone())
        .last()
        .unwrap_or_else(|| "relation".to_owned());
    let node = flow.node(share.node);
    Decision {
        module: node.module,
        construct: format!("relation `{name}`"),
        level: Level::Flat,
        rule: "read-shared-output",
        reason: format!(
            "job \"{}\" computes the same rows and columns and writes them to {}",
            share.home, share.table
        ),
        span: node.spans.first().cloned(),
    }
}

/// A name for a frame that no other source has.
fn free_frame(table: &TableName, taken: &mut BTreeSet<String>) -> FrameName {
    let name = (1..=u32::MAX)
        .map(|number| match number {
            1 => table.table.to_string(),
            _ => format!("{}_{number}", table.table),
        })
        .find(|name| !taken.contains(&name.to_lowercase()))
        .expect("a job has finitely many frames");
    taken.insert(name.to_lowercase());
    name.as_str().into()
}

/// For each relation, whether the order of its rows can show in an output.
fn order_observed(flow: &Dataflow) -> Vec<bool> {
    let mut observed = vec![false; flow.nodes().count()];
    for sink in &flow.sinks {
        observed[sink.input.0 as usize] = true;
    }
    for (id, node) in flow.nodes().rev() {
        let own = observed[id.0 as usize];
        let below = match &node.op {
            Op::Aggregate {
                aggregates, order, ..
            } => {
                (own && *order == GroupOrder::FirstSeen)
                    || aggregates
                        .iter()
                        .any(|(_, one)| one.function.observes_order())
            }
            // A sort keeps the order of ties, and of an unordered relation nothing is known.
            _ => true,
        };
        if below {
            for dependency in flow.dependencies(id) {
                observed[dependency.0 as usize] = true;
            }
        }
    }
    observed
}

/// Whether a column holds the date of the run in every row. `dates` is the effective date column of scans.
pub fn is_run_date(flow: &Dataflow, id: NodeId, column: &ColumnName, dates: &ColumnName) -> bool {
    let value = |input: NodeId, value: &Expr| run_date(flow, input, value, dates);
    match &flow.node(id).op {
        Op::Scan { dates: mode, .. } => column == dates && *mode == DateMode::Exact,
        Op::Map { input, columns } => columns
            .iter()
            .find(|(name, _)| name == column)
            .is_some_and(|(_, expr)| value(*input, expr)),
        Op::Filter { input, .. }
        | Op::Pick { input, .. }
        | Op::Sort { input, .. }
        | Op::Limit { input, .. }
        | Op::Distinct { input }
        | Op::When { input, .. } => is_run_date(flow, *input, column, dates),
        Op::Join {
            left, right, kind, ..
        } => {
            if flow.node(*left).schema.has(column) {
                is_run_date(flow, *left, column, dates)
            } else {
                matches!(kind, JoinKind::Inner | JoinKind::Cross)
                    && flow.node(*right).schema.has(column)
                    && is_run_date(flow, *right, column, dates)
            }
        }
        Op::Aggregate { input, keys, .. } => keys
            .iter()
            .find(|(name, _)| name == column)
            .is_some_and(|(_, expr)| value(*input, expr)),
        Op::Union { inputs } => inputs
            .iter()
            .all(|input| is_run_date(flow, *input, column, dates)),
        _ => false,
    }
}

fn run_date(flow: &Dataflow, input: NodeId, expr: &Expr, dates: &ColumnName) -> bool {
    match &expr.kind {
        ExprKind::Column(name) => is_run_date(flow, input, name, dates),
        ExprKind::Parameter(Parameter::EffectiveDate) => true,
        ExprKind::Call(Function::Known | Function::IsoText, arguments) => arguments
            .first()
            .is_some_and(|argument| run_date(flow, input, argument, dates)),
        _ => false,
    }
}
