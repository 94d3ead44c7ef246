//! Obligations as queries for what breaks them: no row means that the obligation holds.

use std::collections::BTreeMap;

use relift_dataflow::{
    Aggregate, AggregateFunction, Comparison, Dataflow, Expr, ExprKind, Flavour, Function,
    GroupOrder, NodeId, Obligation, ObligationKind, Op, Refusal, Schema, type_of,
};
use relift_job::{Catalog, ColumnName};

use super::compiler::{Ordered, PrintedQuery, print_query};
use super::expression::Translator;
use super::fragment::{Aliases, Sql};

/// Prints a query for the rows, or groups of rows, that break an obligation.
pub fn print_violations(flow: &Dataflow, obligation: &Obligation) -> Result<PrintedQuery, Refusal> {
    let mut flow = flow.clone();
    let root = violations(&mut flow, obligation)?;
    print_query(&flow, root, Ordered::No)
}

/// A condition over the columns of a relation as SQL, for people; `None` when it has no such form, as
/// when it asks other relations.
pub fn condition_text(flow: &Dataflow, node: NodeId, condition: &Expr) -> Option<String> {
    let schema = &flow.node(node).schema;
    let columns = schema
        .names()
        .map(|name| (name.clone(), Sql::column(0, name.as_str())))
        .collect();
    let none = BTreeMap::new();
    let translator = Translator {
        flow,
        schema,
        columns: &columns,
        one_row: &none,
        tables: &none,
    };
    let aliases = Aliases {
        names: BTreeMap::new(),
        qualify: false,
    };
    let sql = translator.condition(condition).ok()?;
    Some(sql.text(&aliases))
}

fn violations(flow: &mut Dataflow, obligation: &Obligation) -> Result<NodeId, Refusal> {
    let input = obligation.node;
    match &obligation.kind {
        ObligationKind::NeverMissing(columns) => {
            let missing = columns
                .iter()
                .map(|column| Expr::call(Function::IsMissing, vec![Expr::column(column.clone())]))
                .collect::<Vec<_>>();
            let predicate = match <[Expr; 1]>::try_from(missing) {
                Ok([one]) => one,
                Err(several) => Expr::call(Function::Or, several),
            };
            rows(flow, obligation, predicate, columns)
        }
        ObligationKind::Holds(condition) => {
            let columns = condition.columns();
            let schema = &flow.node(input).schema;
            let ty = type_of(condition, schema, &Schema::default(), flow).map_err(|error| {
                Refusal::new("obligation", error.to_string(), condition.span.clone())
            })?;
            // A condition that is NULL is not true either.
            let broken = if ty.missing.possible() {
                let known = Expr::call(
                    Function::Coalesce,
                    vec![condition.clone(), Expr::bool(false)],
                );
                known.negated()
            } else {
                condition.clone().negated()
            };
            rows(flow, obligation, broken, &columns)
        }
        ObligationKind::Unique(columns) => {
            let keys = columns
                .iter()
                .map(|column| (column.clone(), Expr::column(column.clone())))
                .collect();
            let count = free_column(flow, input, "occurrences");
            let grouped = add(
                flow,
                obligation,
                Op::Aggregate {
                    input,
                    keys,
                    aggregates: vec![(count.clone(), count_rows())],
                    order: GroupOrder::Unordered,
                },
            )?;
            let several = compare(Comparison::Gt, Expr::column(count), Expr::int(1));
            add(
                flow,
                obligation,
                Op::Filter {
                    input: grouped,
                    predicate: several,
                },
            )
        }
        ObligationKind::NotEmpty => {
            let count = ColumnName::from("row_count");
            let counted = add(
                flow,
                obligation,
                Op::Aggregate {
                    input,
                    keys: Vec::new(),
                    aggregates: vec![(count.clone(), count_rows())],
                    order: GroupOrder::Unordered,
                },
            )?;
            let none = compare(Comparison::Eq, Expr::column(count), Expr::int(0));
            add(
                flow,
                obligation,
                Op::Filter {
                    input: counted,
                    predicate: none,
                },
            )
        }
    }
}

/// Rows for which `broken` is true, with the columns concerned.
fn rows(
    flow: &mut Dataflow,
    obligation: &Obligation,
    broken: Expr,
    columns: &[ColumnName],
) -> Result<NodeId, Refusal> {
    let filtered = add(
        flow,
        obligation,
        Op::Filter {
            input: obligation.node,
            predicate: broken,
        },
    )?;
    let mut columns: Vec<(ColumnName, Expr)> = columns
        .iter()
        .map(|column| (column.clone(), Expr::column(column.clone())))
        .collect();
    if columns.is_empty() {
        columns.push((
            ColumnName::from("violation"),
            Expr::new(ExprKind::Literal(relift_dataflow::Literal::Int(1))),
        ));
    }
    add(
        flow,
        obligation,
        Op::Map {
            input: filtered,
            columns,
        },
    )
}

fn add(flow: &mut Dataflow, obligation: &Obligation, op: Op) -> Result<NodeId, Refusal> {
    let module = flow.node(obligation.node).module;
    let span = obligation.spans.first().cloned();
    // Only scans ask the catalog, and none is added.
    flow.add(
        op,
        module,
        obligation.spans.clone(),
        None,
        &Catalog::default(),
    )
    .map_err(|error| Refusal::new("obligation", error.to_string(), span))
}

fn count_rows() -> Aggregate {
    Aggregate {
        function: AggregateFunction::Count,
        argument: None,
        filter: None,
    }
}

fn compare(comparison: Comparison, left: Expr, right: Expr) -> Expr {
    Expr::compare(comparison, Flavour::Sql, left, right)
}

fn free_column(flow: &Dataflow, node: NodeId, wanted: &str) -> ColumnName {
    let schema = &flow.node(node).schema;
    ColumnName::from(crate::names::free_name(wanted, |name| {
        schema.names().any(|own| own.as_str() == name)
    }))
}
