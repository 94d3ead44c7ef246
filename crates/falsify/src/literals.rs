//! A constant of the legacy code exchanged in a lifted graph: what the output would be with another one.
//!
//! Lowering copies constants and simplification moves them, so they are found by their value near the place
//! they stand at: at their own place, at that of the expression around them, or at that of the relation.

use relift_dataflow::{Dataflow, Expr, ExprKind, Literal, Op, Rewriter};
use relift_diagnostics::Span;
use relift_job::Catalog;

/// The graph with every constant at `place` for which `other` has an answer exchanged for that answer, and
/// without obligations; `None` when there is none, or when the result is not well typed.
pub fn with_literals(
    flow: &Dataflow,
    catalog: &Catalog,
    place: &Span,
    other: &dyn Fn(&Literal) -> Option<Literal>,
) -> Option<Dataflow> {
    let mut old = flow.clone();
    old.obligations.clear();
    let mut rewriter = Rewriter::new(&old, catalog);
    let mut count = 0_usize;
    for (id, node) in old.nodes() {
        let near_node = node.spans.iter().any(|span| is_near(span, place));
        let op = node.op.clone().rebuild(&mut |input| input, &mut |expr| {
            let expr = expr.map(&mut |part| {
                let near = part
                    .span
                    .as_ref()
                    .map_or(near_node, |span| is_near(span, place));
                in_parts(part, place, near, other, &mut count)
            });
            exchanged(expr, place, near_node, other, &mut count)
        });
        let op: Op = rewriter.op(op);
        rewriter.replace(id, op).ok()?;
    }
    (count > 0).then(|| rewriter.finish())
}

fn is_near(span: &Span, place: &Span) -> bool {
    span.contains(place) || place.contains(span)
}

/// Exchanges constants directly below an expression.
fn in_parts(
    mut part: Expr,
    place: &Span,
    near: bool,
    other: &dyn Fn(&Literal) -> Option<Literal>,
    count: &mut usize,
) -> Expr {
    let mut change = |below: &mut Expr| {
        let taken = std::mem::replace(below, Expr::none());
        *below = exchanged(taken, place, near, other, count);
    };
    match &mut part.kind {
        ExprKind::Call(_, arguments) => arguments.iter_mut().for_each(&mut change),
        ExprKind::If { arms, otherwise } => {
            for (test, value) in arms {
                change(test);
                change(value);
            }
            change(otherwise);
        }
        ExprKind::Lookup { keys, .. } => keys.iter_mut().for_each(|(_, key)| change(key)),
        ExprKind::Column(_)
        | ExprKind::Literal(_)
        | ExprKind::Parameter(_)
        | ExprKind::Scalar { .. }
        | ExprKind::Previous(_) => {}
    }
    part
}

/// The constant's successor, when it is a constant at the place.
fn exchanged(
    expr: Expr,
    place: &Span,
    near: bool,
    other: &dyn Fn(&Literal) -> Option<Literal>,
    count: &mut usize,
) -> Expr {
    let here = expr.span.as_ref().map_or(near, |span| is_near(span, place));
    let ExprKind::Literal(literal) = &expr.kind else {
        return expr;
    };
    match other(literal).filter(|_| here) {
        Some(literal) => {
            *count += 1;
            Expr::literal(literal).at(expr.span)
        }
        None => expr,
    }
}

#[cfg(test)]
mod tests {
    use relift_dataflow::{Comparison, Flavour, NodeId};
    use relift_diagnostics::SourceFile;
    use relift_job::{ColumnFacts, DateMode, LakeType, Nulls, TableFacts, TableName};

    use super::*;

    /// `size > 3 and size < 9`, with a place for each comparison.
    fn graph(source: &SourceFile) -> (Dataflow, Catalog) {
        let size = ColumnFacts {
            name: "size".into(),
            lake_type: LakeType::Int64,
            nulls: Nulls::Never,
        };
        let facts = TableFacts {
            columns: vec![size],
            version: 0,
        };
        let table = TableName::new("port", "ships");
        let catalog = Catalog {
            tables: [(table.clone(), facts)].into_iter().collect(),
        };
        let mut flow = Dataflow::new("late".into());
        let scan = Op::Scan {
            table,
            columns: vec!["size".into()],
            dates: DateMode::Exact,
            frame: "ships".into(),
        };
        let input = flow
            .add(scan, 0, Vec::new(), None, &catalog)
            .expect("typed");
        let test = |comparison, limit, range| {
            Expr::compare(
                comparison,
                Flavour::Python,
                Expr::column("size"),
                Expr::int(limit),
            )
            .at(Some(source.span(range)))
        };
        let predicate = Expr::all([
            test(Comparison::Gt, 3, 0..8),
            test(Comparison::Lt, 9, 13..21),
        ]);
        flow.add(
            Op::Filter { input, predicate },
            1,
            Vec::new(),
            None,
            &catalog,
        )
        .expect("typed");
        (flow, catalog)
    }

    #[test]
    fn only_constants_at_the_place_change() {
        let source = SourceFile::new("ships.py", "size > 3 and size < 9");
        let (flow, catalog) = graph(&source);
        let more = |literal: &Literal| match literal {
            Literal::Int(number) => Some(Literal::Int(number + 1)),
            _ => None,
        };
        let change = |range| {
            let changed = with_literals(&flow, &catalog, &source.span(range), &more)?;
            let mut numbers = Vec::new();
            for expr in changed.node(NodeId(1)).op.exprs() {
                expr.walk(&mut |part| {
                    if let ExprKind::Literal(Literal::Int(number)) = part.kind {
                        numbers.push(number);
                    }
                });
            }
            Some(numbers)
        };
        assert_eq!(change(7..8), Some(vec![4, 9]));
        assert_eq!(change(20..21), Some(vec![3, 10]));
        assert_eq!(change(0..21), Some(vec![4, 10]));
        assert_eq!(change(9..12), None);
    }
}
