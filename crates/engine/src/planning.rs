//! Three steps in the planning of queries that the engine needs to keep its promises.
//!
//! Each works around one shape of plan that DataFusion 55 gets wrong, before its own rules see it. They
//! change how a query is computed, never what it says, so the SQL of rewritten jobs can stay as people
//! write it. `tests/it/planning.rs` shows each shape.

use std::sync::Arc;

use deltalake::datafusion::common::config::ConfigOptions;
use deltalake::datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use deltalake::datafusion::common::{Column, DFSchema, JoinType};
use deltalake::datafusion::error::{DataFusionError, Result};
use deltalake::datafusion::execution::{SendableRecordBatchStream, TaskContext};
use deltalake::datafusion::logical_expr::{Expr, LogicalPlan, Projection, Window};
use deltalake::datafusion::optimizer::AnalyzerRule;
use deltalake::datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use deltalake::datafusion::physical_optimizer::PhysicalOptimizerRule;
use deltalake::datafusion::physical_plan::execution_plan::{
    ChildrenPropertiesMode, ReplaceChildrenOptions,
};
use deltalake::datafusion::physical_plan::joins::{
    HashJoinExec, NestedLoopJoinExec, SortMergeJoinExec,
};
use deltalake::datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use deltalake::datafusion::physical_plan::union::UnionExec;
use deltalake::datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, Partitioning,
    PlanProperties,
};
use futures::{StreamExt, TryStreamExt, stream};

/// Computes what windows are divided and ordered by before the window, once per row.
///
/// DataFusion's removal of common subexpressions may replace a key in one of the functions that share a
/// window and not in the others, which then no longer share it; and it does not know a CASE inside a CASE
/// again once it has sorted by it.
#[derive(Debug)]
pub(crate) struct WindowKeysFirst;

/// How the columns of computed keys start.
const KEY: &str = "__window_key_";

impl AnalyzerRule for WindowKeysFirst {
    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        plan.transform_up_with_subqueries(|node| match node {
            LogicalPlan::Window(window) => keys_first(window),
            other => Ok(Transformed::no(other)),
        })
        .map(|transformed| transformed.data)
    }

    fn name(&self) -> &'static str {
        "window_keys_first"
    }
}

fn keys_first(window: Window) -> Result<Transformed<LogicalPlan>> {
    let mut keys: Vec<Expr> = Vec::new();
    let functions = window
        .window_expr
        .iter()
        .map(|function| over_columns(function, &mut keys))
        .collect::<Result<Vec<_>>>()?;
    if keys.is_empty() {
        return Ok(Transformed::no(LogicalPlan::Window(window)));
    }
    let mut below = columns(window.input.schema());
    below.extend(
        keys.into_iter()
            .enumerate()
            .map(|(place, key)| key.alias(format!("{KEY}{place}"))),
    );
    let below = LogicalPlan::Projection(Projection::try_new(below, window.input)?);
    let over = LogicalPlan::Window(Window::try_new(functions, Arc::new(below))?);
    let above = Projection::try_new(columns(&window.schema), Arc::new(over))?;
    Ok(Transformed::yes(LogicalPlan::Projection(above)))
}

/// A window function whose computed keys are columns, under its old name.
fn over_columns(function: &Expr, keys: &mut Vec<Expr>) -> Result<Expr> {
    let name = function.schema_name().to_string();
    let known = keys.len();
    let changed = function.clone().transform(|expr| {
        let Expr::WindowFunction(mut function) = expr else {
            return Ok(Transformed::no(expr));
        };
        let parameters = &mut function.params;
        let ordered = parameters.order_by.iter_mut().map(|key| &mut key.expr);
        for key in parameters.partition_by.iter_mut().chain(ordered) {
            if matches!(key, Expr::Column(_) | Expr::Literal(..)) {
                continue;
            }
            let place = keys
                .iter()
                .position(|other| other == key)
                .unwrap_or_else(|| {
                    keys.push(key.clone());
                    keys.len() - 1
                });
            *key = Expr::Column(Column::new_unqualified(format!("{KEY}{place}")));
        }
        Ok(Transformed::new(
            Expr::WindowFunction(function),
            true,
            TreeNodeRecursion::Jump,
        ))
    })?;
    let renamed = keys.len() > known || changed.data.schema_name().to_string() != name;
    Ok(match changed.data {
        expr @ Expr::Alias(_) => expr,
        expr if renamed => expr.alias(name),
        expr => expr,
    })
}

fn columns(schema: &DFSchema) -> Vec<Expr> {
    schema.columns().into_iter().map(Expr::Column).collect()
}

/// Reads the parts of a UNION one after the other.
///
/// Without it they are read side by side, and which row comes first is chance; and DataFusion, which knows
/// that a constant column is the same within each part, forgets by a join above that it differs between
/// them.
#[derive(Debug)]
pub(crate) struct UnionsInOrder;

impl PhysicalOptimizerRule for UnionsInOrder {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|node| {
            Ok(if node.downcast_ref::<UnionExec>().is_some() {
                Transformed::yes(Fence::around(node))
            } else {
                Transformed::no(node)
            })
        })
        .map(|transformed| transformed.data)
    }

    fn name(&self) -> &'static str {
        "unions_in_order"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// Hides from outer joins what holds for the rows of a side only where there is a row.
///
/// DataFusion takes a column that is constant below the join, such as `TRUE AS found`, to be constant above
/// it, though it is NULL where nothing was found, and leaves it out of ORDER BY.
#[derive(Debug)]
pub(crate) struct OuterSidesForget;

impl PhysicalOptimizerRule for OuterSidesForget {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|node| {
            let Some(kind) = join_type(node.as_ref()) else {
                return Ok(Transformed::no(node));
            };
            let may_miss = match kind {
                JoinType::Left => [false, true],
                JoinType::Right => [true, false],
                JoinType::Full => [true, true],
                _ => return Ok(Transformed::no(node)),
            };
            let sides: Vec<Arc<dyn ExecutionPlan>> = node
                .children()
                .into_iter()
                .zip(may_miss)
                .map(|(side, may_miss)| {
                    let known = !side.equivalence_properties().eq_group().is_empty();
                    if may_miss && known {
                        Fence::around(Arc::clone(side))
                    } else {
                        Arc::clone(side)
                    }
                })
                .collect();
            let how = ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute);
            node.replace_children(sides, how).map(Transformed::yes)
        })
        .map(|transformed| transformed.data)
    }

    fn name(&self) -> &'static str {
        "outer_sides_forget"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

fn join_type(node: &dyn ExecutionPlan) -> Option<JoinType> {
    if let Some(join) = node.downcast_ref::<HashJoinExec>() {
        return Some(*join.join_type());
    }
    if let Some(join) = node.downcast_ref::<NestedLoopJoinExec>() {
        return Some(*join.join_type());
    }
    node.downcast_ref::<SortMergeJoinExec>()
        .map(SortMergeJoinExec::join_type)
}

/// All partitions of its input as one, in their order, with nothing known of their columns.
#[derive(Clone, Debug)]
struct Fence {
    input: Arc<dyn ExecutionPlan>,
    properties: Arc<PlanProperties>,
}

impl Fence {
    fn around(input: Arc<dyn ExecutionPlan>) -> Arc<dyn ExecutionPlan> {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(input.schema()),
            Partitioning::UnknownPartitioning(1),
            input.pipeline_behavior(),
            input.boundedness(),
        );
        Arc::new(Self {
            input,
            properties: Arc::new(properties),
        })
    }
}

impl DisplayAs for Fence {
    fn fmt_as(&self, kind: DisplayFormatType, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match kind {
            DisplayFormatType::TreeRender => Ok(()),
            _ => f.write_str("Fence"),
        }
    }
}

impl ExecutionPlan for Fence {
    fn name(&self) -> &'static str {
        "Fence"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        _f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(
            children,
            ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute),
        )
    }

    fn replace_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn ExecutionPlan>>,
        _options: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match (children.pop(), children.is_empty()) {
            (Some(input), true) => Ok(Self::around(input)),
            _ => Err(DataFusionError::Internal("it has one input".to_owned())),
        }
    }

    fn execute(
        &self,
        _partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let input = Arc::clone(&self.input);
        let parts = 0..input.output_partitioning().partition_count();
        // A part is started when the one before it has ended.
        let rows = stream::iter(parts)
            .map(move |part| input.execute(part, Arc::clone(&context)))
            .try_flatten();
        let schema = self.input.schema();
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, rows)))
    }
}
