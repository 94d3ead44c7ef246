//! Places of rows in a list: `enumerate`, slices, items by their place, neighbours.
//!
//! A place is a number per row, counted among the rows that belong together, so that a part of a list is a
//! condition on it.

use relift_dataflow::{
    Aggregate, AggregateFunction, Comparison, Expr, Flavour, Frame, Function, Literal, NodeId, Op,
    Order, PickWhich, Refusal, SortKey, WindowFunction,
};
use relift_diagnostics::Span;
use relift_job::ColumnName;

use crate::iteration::Iteration;
use crate::lowering::Lowerer;
use crate::state::all;
use crate::values::{Matching, Relation, Term, Value};

/// Which part of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) lower: Option<i64>,
    pub(crate) upper: Option<i64>,
    /// `[::-1]`, of the whole list only.
    pub(crate) reversed: bool,
}

impl Lowerer<'_> {
    pub(crate) fn fresh_column(&self, node: NodeId, name: &str) -> ColumnName {
        let schema = &self.flow.node(node).schema;
        let mut column = ColumnName::from(name);
        let mut count = 1;
        while schema.has(&column) {
            count += 1;
            column = ColumnName::from(format!("{name}_{count}"));
        }
        column
    }

    /// The rows with further columns computed over those that belong together.
    pub(crate) fn windowed(
        &mut self,
        rows: &Matching,
        functions: Vec<(ColumnName, WindowFunction)>,
        span: &Span,
    ) -> Result<NodeId, Refusal> {
        let node = rows.relation.node;
        if self.flow.node(node).order == Order::Unordered {
            return Err(Refusal::new(
                "place of a row",
                "nothing says in which order the rows stand",
                Some(span.clone()),
            ));
        }
        let name = self.flow.node(node).name.clone();
        self.add(
            Op::Window {
                input: node,
                partition: rows
                    .on
                    .iter()
                    .map(|(column, _)| Expr::column(column.clone()))
                    .collect(),
                order: Vec::new(),
                functions,
            },
            span,
            name.as_deref(),
        )
    }

    /// `enumerate(rows, start)`.
    pub(crate) fn enumerated(
        &mut self,
        rows: &Matching,
        start: i64,
        span: &Span,
    ) -> Result<Matching, Refusal> {
        let place = self.fresh_column(rows.relation.node, "place");
        let functions = vec![(place.clone(), WindowFunction::RowNumber)];
        let node = self.windowed(rows, functions, span)?;
        let mut number = Term::template(&place);
        if start != 1 {
            let shift = Expr::int(start - 1);
            number.expr = Expr::call(Function::Add, vec![number.expr, shift]);
        }
        Ok(Matching {
            relation: Relation {
                node,
                element: Value::Tuple(vec![
                    Value::Scalar(number.at(span)),
                    rows.relation.element.clone(),
                ]),
            },
            on: rows.on.clone(),
        })
    }

    /// A slice of the rows.
    pub(crate) fn part_of(
        &mut self,
        rows: &Matching,
        part: Part,
        span: &Span,
    ) -> Result<Matching, Refusal> {
        let node = rows.relation.node;
        let same = |node: NodeId| Matching {
            relation: Relation {
                node,
                element: rows.relation.element.clone(),
            },
            on: rows.on.clone(),
        };
        let place = self.fresh_column(node, "place");
        let numbered = (place.clone(), WindowFunction::RowNumber);
        if part.reversed {
            let node = self.windowed(rows, vec![numbered], span)?;
            let by = vec![SortKey {
                expr: Expr::column(place),
                descending: true,
                missing_first: false,
            }];
            return Ok(same(self.add(Op::Sort { input: node, by }, span, None)?));
        }
        let (lower, upper) = (part.lower.unwrap_or(0), part.upper);
        if lower == 0 && upper.is_none() {
            return Ok(rows.clone());
        }
        if lower == 0
            && rows.on.is_empty()
            && let Some(count) = upper.and_then(|count| u64::try_from(count).ok())
        {
            return Ok(Matching::all(self.first_rows(
                &rows.relation,
                count,
                span,
            )?));
        }
        let total = self.fresh_column(node, "places");
        let mut functions = vec![numbered];
        if lower < 0 || upper.is_some_and(|upper| upper < 0) {
            let count = Aggregate {
                function: AggregateFunction::Count,
                argument: None,
                filter: None,
            };
            functions.push((
                total.clone(),
                WindowFunction::Over {
                    aggregate: count,
                    frame: Frame::WHOLE,
                },
            ));
        }
        let node = self.windowed(rows, functions, span)?;
        // A bound from the end is one from the beginning, counted in a list that long.
        let bound = |end: i64| {
            if end < 0 {
                Expr::call(
                    Function::Add,
                    vec![Expr::column(total.clone()), Expr::int(end)],
                )
            } else {
                Expr::int(end)
            }
        };
        let compare = |comparison, end| {
            Expr::compare(
                comparison,
                Flavour::Python,
                Expr::column(place.clone()),
                bound(end),
            )
        };
        let mut conditions = Vec::new();
        if lower != 0 {
            conditions.push(compare(Comparison::Gt, lower));
        }
        if let Some(upper) = upper {
            conditions.push(compare(Comparison::Le, upper));
        }
        let predicate = all(conditions).at(Some(span.clone()));
        let input = node;
        Ok(same(self.add(
            Op::Filter { input, predicate },
            span,
            None,
        )?))
    }

    /// `rows[index]`; an index beyond the ends raises.
    pub(crate) fn item_at(
        &mut self,
        rows: &Matching,
        index: i64,
        span: &Span,
    ) -> Result<Value, Refusal> {
        let why = "an index beyond the end of the list raises IndexError";
        match index {
            0 => self.end_of(rows, PickWhich::First, "subscript", why, span),
            -1 => self.end_of(rows, PickWhich::Last, "subscript", why, span),
            _ => {
                // From the end: counted in the list turned round.
                let (rows, index) = if index < 0 {
                    let part = Part {
                        lower: None,
                        upper: None,
                        reversed: true,
                    };
                    (self.part_of(rows, part, span)?, -index - 1)
                } else {
                    (rows.clone(), index)
                };
                let part = Part {
                    lower: Some(index),
                    upper: Some(index + 1),
                    reversed: false,
                };
                let part = self.part_of(&rows, part, span)?;
                self.end_of(&part, PickWhich::First, "subscript", why, span)
            }
        }
    }

    /// `zip(rows, rows[k:])`: each row with the one so many places after it.
    pub(crate) fn neighbours(
        &mut self,
        parts: &[Matching],
        span: &Span,
    ) -> Result<Option<Matching>, Refusal> {
        let [first, second] = parts else {
            return Ok(None);
        };
        let Some(distance) = self.tail_of(second, first) else {
            return Ok(None);
        };
        let node = first.relation.node;
        let schema = self.flow.node(node).schema.clone();
        let place = self.fresh_column(node, "place");
        let total = self.fresh_column(node, "places");
        let mut functions = vec![
            (place.clone(), WindowFunction::RowNumber),
            (
                total.clone(),
                WindowFunction::Over {
                    aggregate: Aggregate {
                        function: AggregateFunction::Count,
                        argument: None,
                        filter: None,
                    },
                    frame: Frame::WHOLE,
                },
            ),
        ];
        let mut later: Vec<(ColumnName, ColumnName)> = Vec::new();
        for column in schema.names() {
            let next = self.fresh_column(node, &format!("next_{column}"));
            functions.push((
                next.clone(),
                WindowFunction::Offset {
                    value: Expr::column(column.clone()),
                    rows: -distance,
                    default: Expr::literal(Literal::None),
                },
            ));
            later.push((column.clone(), next));
        }
        let windowed = self.windowed(first, functions, span)?;
        let predicate = Expr::compare(
            Comparison::Le,
            Flavour::Python,
            Expr::column(place),
            Expr::call(
                Function::Subtract,
                vec![Expr::column(total), Expr::int(distance)],
            ),
        );
        let input = windowed;
        let node = self.add(Op::Filter { input, predicate }, span, None)?;
        let next = second.relation.element.map_terms(&mut |term| Term {
            expr: term.expr.clone().substitute(&|column| {
                let (_, next) = later.iter().find(|(own, _)| own == column)?;
                let value = Expr::column(next.clone());
                // The rows that are kept have a next one.
                Some(if schema.ty(column).is_some_and(|ty| !ty.missing.none) {
                    Expr::call(Function::Known, vec![value])
                } else {
                    value
                })
            }),
            ..term.clone()
        });
        Ok(Some(Matching {
            relation: Relation {
                node,
                element: Value::Tuple(vec![first.relation.element.clone(), next]),
            },
            on: first.on.clone(),
        }))
    }

    /// How many rows of `whole` are left out at the beginning of `part`, when nothing else is.
    fn tail_of(&self, part: &Matching, whole: &Matching) -> Option<i64> {
        let Op::Filter { input, predicate } = &self.flow.node(part.relation.node).op else {
            return None;
        };
        let Op::Window {
            input: source,
            partition,
            order,
            functions,
        } = &self.flow.node(*input).op
        else {
            return None;
        };
        let [(place, WindowFunction::RowNumber)] = &functions[..] else {
            return None;
        };
        let own: Vec<Expr> = whole
            .on
            .iter()
            .map(|(column, _)| Expr::column(column.clone()))
            .collect();
        if *source != whole.relation.node
            || !order.is_empty()
            || *partition != own
            || part.on != whole.on
            || part.relation.element != whole.relation.element
        {
            return None;
        }
        let relift_dataflow::ExprKind::Call(
            Function::Compare(Comparison::Gt, Flavour::Python),
            sides,
        ) = &predicate.kind
        else {
            return None;
        };
        match (sides[0].as_column(), sides[1].as_literal()) {
            (Some(column), Some(Literal::Int(count))) if column == place && *count > 0 => {
                Some(*count)
            }
            _ => None,
        }
    }

    /// `reversed(rows)`.
    pub(crate) fn reversed(&mut self, value: &Value, span: &Span) -> Result<Value, Refusal> {
        let part = Part {
            lower: None,
            upper: None,
            reversed: true,
        };
        match self.iterate(value, span)? {
            Iteration::Items(mut items) => {
                items.reverse();
                Ok(Value::Tuple(items))
            }
            Iteration::Rows(relation) => {
                let rows = self.part_of(&Matching::all(relation), part, span)?;
                Ok(Value::Rows(Box::new(rows.relation)))
            }
            Iteration::Matching(rows) => {
                Ok(Value::Matching(Box::new(self.part_of(&rows, part, span)?)))
            }
        }
    }
}
