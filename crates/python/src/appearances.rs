//! Lists to which a row is appended where a key appears for the first time.

use relift_dataflow::{Emit, Expr, ExprKind, Function, Literal, NodeId, Op, PickWhich, Refusal};
use relift_job::ColumnName;

use crate::folds::{LoopResult, resolve_marker, with_definitions};
use crate::loops::presence_marker;
use crate::lowering::{Lowerer, reads_previous};
use crate::state::{State, all};
use crate::values::{Content, Dict, Rest};

/// Rows appended only where a key appears for the first time: the first row of every key.
pub(crate) fn first_appearances(
    lowerer: &mut Lowerer<'_>,
    result: &LoopResult<'_>,
    finished: &State,
    emits: &[Emit],
    name: Option<&str>,
) -> Result<NodeId, Refusal> {
    let span = result.span;
    let refuse = || {
        Refusal::new(
            "for loop",
            "what it adds to a list depends on what earlier rows left behind",
            Some(span.clone()),
        )
    };
    let [emit] = emits else {
        return Err(refuse());
    };
    if emit.columns.iter().any(|(_, value)| reads_previous(value)) {
        return Err(refuse());
    }
    for id in &lowerer.changed_objects(result.entry, finished) {
        let Some(Content::Dict(Dict {
            rest: Rest::Touched(touched),
            ..
        })) = finished.heap.get(id).map(|object| &object.content)
        else {
            continue;
        };
        let marker = presence_marker(result.scope, *id);
        let absent = resolve_marker(&emit.guard, &marker, false);
        let present = resolve_marker(&emit.guard, &marker, true);
        if reads_previous(&absent) || !present.is_false() {
            continue;
        }
        let creates = resolve_marker(&touched.present, &marker, false);
        let conjuncts = |expr: &Expr| match &expr.kind {
            ExprKind::Call(Function::And, parts) => parts.clone(),
            ExprKind::Literal(Literal::Bool(true)) => Vec::new(),
            _ => vec![expr.clone()],
        };
        let (needed, given) = (conjuncts(&creates), conjuncts(&absent));
        if reads_previous(&creates) || needed.iter().any(|part| !given.contains(part)) {
            continue;
        }
        let keys = lowerer.flatten_key(&touched.key, finished, &touched.span)?;
        let row = lowerer.scopes.last().cloned();
        let used: Vec<ColumnName> = needed
            .iter()
            .chain(&given)
            .chain(keys.columns.iter().map(|(_, term)| &term.expr))
            .chain(emit.columns.iter().map(|(_, value)| value))
            .flat_map(Expr::columns)
            .collect();
        let mut input = with_definitions(lowerer, result.relation.node, row.as_ref(), used, span)?;
        if !needed.is_empty() {
            input = lowerer.add(
                Op::Filter {
                    input,
                    predicate: all(needed.clone()),
                },
                span,
                None,
            )?;
        }
        let mut columns: Vec<(ColumnName, Expr)> = lowerer
            .flow
            .node(input)
            .schema
            .names()
            .map(|name| (name.clone(), Expr::column(name.clone())))
            .collect();
        let mut key_columns = Vec::new();
        let mut computed = false;
        for (column, term) in keys.columns {
            if let Some(column) = term.expr.as_column() {
                key_columns.push(column.clone());
                continue;
            }
            computed = true;
            let mut fresh = column.clone();
            let mut count = 1;
            while columns.iter().any(|(name, _)| *name == fresh) {
                count += 1;
                fresh = ColumnName::from(format!("{column}_{count}"));
            }
            key_columns.push(fresh.clone());
            columns.push((fresh, term.expr));
        }
        if computed {
            input = lowerer.add(Op::Map { input, columns }, span, None)?;
        }
        let mut node = lowerer.add(
            Op::Pick {
                input,
                keys: key_columns,
                which: PickWhich::First,
            },
            span,
            None,
        )?;
        let further: Vec<Expr> = given
            .into_iter()
            .filter(|part| !needed.contains(part))
            .collect();
        if !further.is_empty() {
            node = lowerer.add(
                Op::Filter {
                    input: node,
                    predicate: all(further),
                },
                span,
                None,
            )?;
        }
        return lowerer.add(
            Op::Map {
                input: node,
                columns: emit.columns.clone(),
            },
            span,
            name,
        );
    }
    Err(refuse())
}
