//! `rolling` and `expanding`, and running sums within groups: pandas adds what enters a window and takes
//! away what leaves it, each time with a correction term, so that the last bits depend on all rows before.
//!
//! The sums are therefore carried along row by row, as pandas' own loops do; counts and extremes are
//! windows like any other.

use relift_dataflow::{
    Aggregate, AggregateFunction as A, Base, Bound, Comparison, Expr, ExprKind, Flavour, Frame,
    Function, NodeId, ObligationKind, Op, Refusal, Running, RunningSlot, WindowFunction,
};
use relift_diagnostics::Span;
use relift_job::ColumnName;

use crate::calls::Arguments;
use crate::lowering::Lowerer;
use crate::pandas::elements::missing;
use crate::state::{all, any, choose, not};
use crate::values::{Series, Value};

/// `column.rolling(…)` and `column.expanding(…)`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rolling {
    pub(crate) series: Series,
    /// Number of rows; all up to the current one when there is none.
    pub(crate) window: Option<u64>,
    /// Fewest values for which there is a result.
    pub(crate) least: Option<i64>,
}

/// A sum with its correction term.
#[derive(Clone)]
struct Corrected {
    sum: Expr,
    correction: Expr,
}

impl Corrected {
    /// Kahan's addition.
    fn plus(&self, value: Expr) -> Self {
        let subtract = |a: Expr, b: Expr| Expr::call(Function::Subtract, vec![a, b]);
        let corrected = subtract(value, self.correction.clone());
        let total = Expr::call(Function::Add, vec![self.sum.clone(), corrected.clone()]);
        Self {
            correction: subtract(subtract(total.clone(), self.sum.clone()), corrected),
            sum: total,
        }
    }

    fn or(&self, condition: &Expr, other: &Self) -> Self {
        Self {
            sum: choose(condition, self.sum.clone(), other.sum.clone()),
            correction: choose(condition, self.correction.clone(), other.correction.clone()),
        }
    }
}

fn float(value: f64) -> Expr {
    Expr::literal(relift_dataflow::Literal::Float(value))
}

fn nan() -> Expr {
    float(f64::NAN)
}

fn compare(comparison: Comparison, left: Expr, right: Expr) -> Expr {
    Expr::compare(comparison, Flavour::Python, left, right)
}

fn previous(column: &ColumnName) -> Expr {
    Expr::new(ExprKind::Previous(column.clone()))
}

impl Lowerer<'_> {
    /// `series.rolling(window, min_periods)` and `series.expanding(min_periods)`.
    pub(crate) fn rolling(
        series: &Series,
        expanding: bool,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let at = usize::from(!expanding);
        let window = if expanding {
            arguments.only(1, &["min_periods"])?;
            None
        } else {
            arguments.only(2, &["window", "min_periods"])?;
            let window = arguments
                .need(0, "window")?
                .as_int()
                .and_then(|rows| u64::try_from(rows).ok())
                .filter(|rows| *rows > 0)
                .ok_or_else(|| arguments.refuse("the window is not a constant number of rows"))?;
            Some(window)
        };
        let least = match arguments.get(at, "min_periods") {
            Some(least) if !least.is_none() => Some(
                least
                    .as_int()
                    .filter(|least| *least >= 0)
                    .ok_or_else(|| arguments.refuse("`min_periods` is not constant"))?,
            ),
            _ => None,
        };
        Ok(Value::Rolling(Box::new(Rolling {
            series: series.clone(),
            window,
            least,
        })))
    }

    /// `series.rolling(…).mean()` and its like.
    pub(crate) fn rolling_method(
        &mut self,
        rolling: &Rolling,
        name: &str,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let span = arguments.span.clone();
        let known = matches!(name, "sum" | "mean" | "min" | "max" | "count");
        if !known {
            return Err(arguments.refuse("this method of windows is not lifted"));
        }
        arguments.only(0, &[])?;
        let series = &rolling.series;
        let ty = self.type_over(&series.expr, series.frame)?;
        if !matches!(ty.base, Base::Int64 | Base::Float64 | Base::Number) || ty.missing.none {
            return Err(arguments.refuse(format!("it is not lifted for a column of {ty}")));
        }
        self.require_typed(
            series.frame,
            "a column of objects has no windows and raises DataError",
            &span,
        );
        let value = self.free_column(&[series.frame], "value");
        let held = self.held_beside(series, &value, &span)?;
        let column = Expr::column(value.clone());
        let gap = if self.type_over(&column, held)?.missing.possible() {
            missing(&column)
        } else {
            Expr::bool(false)
        };
        let frame = Frame {
            start: rolling
                .window
                .map_or(Bound::Unbounded, |rows| Bound::Preceding(rows - 1)),
            end: Bound::CurrentRow,
        };
        let over = |function, argument: Option<Expr>, filter: Expr| WindowFunction::Over {
            aggregate: Aggregate {
                function,
                argument,
                filter: (!filter.is_true()).then_some(filter),
            },
            frame,
        };
        let count = self.free_column(&[held], "values");
        let mut functions = vec![(count.clone(), over(A::Count, None, not(gap.clone())))];
        let extreme = self.free_column(&[held], "extreme");
        let leaving = self.free_column(&[held], "leaving");
        let negative = self.free_column(&[held], "negative_values");
        let signed = ty.base == Base::Float64 && ty.from_decimal.is_none();
        let rows = self.free_column(&[held], "rows");
        match name {
            "count" => functions.push((rows.clone(), over(A::Count, None, Expr::bool(true)))),
            "min" | "max" => {
                if signed {
                    self.no_negative_zero(held, &column, &gap, &span);
                }
                let function = if name == "min" { A::Min } else { A::Max };
                let extremes = over(function, Some(column.clone()), not(gap.clone()));
                functions.push((extreme.clone(), extremes));
            }
            "sum" | "mean" => {
                if let Some(rows) = rolling.window {
                    let offset = WindowFunction::Offset {
                        value: column.clone(),
                        rows: rows as i64,
                        default: if gap.is_false() { Expr::none() } else { nan() },
                    };
                    functions.push((leaving.clone(), offset));
                }
                let below = compare(Comparison::Lt, column.clone(), float(0.0));
                let below = if signed {
                    any([below, is_negative_zero(&column)])
                } else {
                    below
                };
                functions.push((
                    negative.clone(),
                    over(A::Count, None, all([not(gap.clone()), below])),
                ));
            }
            _ => {}
        }
        let mut node = self.add(
            Op::Window {
                input: held,
                partition: Vec::new(),
                order: Vec::new(),
                functions,
            },
            &span,
            None,
        )?;
        let values = Expr::column(count);
        let result = match name {
            "count" => Expr::call(Function::ToFloat, vec![values.clone()]),
            "min" | "max" => Expr::call(Function::ToPandasFloat, vec![Expr::column(extreme)]),
            _ => {
                let leaves = rolling.window.map(|_| {
                    let leaving = Expr::column(leaving);
                    (
                        not(missing(&leaving)),
                        Expr::call(Function::NotMissing, vec![leaving]),
                    )
                });
                let single = rolling.window == Some(1);
                let (carried, sums) =
                    self.carried_sum(node, &[], (&column, &gap), leaves.as_ref(), single, &span)?;
                node = carried;
                let alike = compare(Comparison::Ge, sums.alike.clone(), values.clone());
                let counted = Expr::call(Function::ToFloat, vec![values.clone()]);
                // Without values there is no last one.
                let last = Expr::call(Function::Known, vec![sums.last.clone()]);
                if name == "sum" {
                    let product = Expr::call(Function::Multiply, vec![last, counted]);
                    choose(&alike, product, sums.sum.clone())
                } else {
                    let quotient = Expr::call(Function::Divide, vec![sums.sum.clone(), counted]);
                    let negatives = Expr::column(negative);
                    let below = all([
                        compare(Comparison::Eq, negatives.clone(), Expr::int(0)),
                        compare(Comparison::Lt, quotient.clone(), float(0.0)),
                    ]);
                    let above = all([
                        compare(Comparison::Eq, negatives, values.clone()),
                        compare(Comparison::Gt, quotient.clone(), float(0.0)),
                    ]);
                    let rest = choose(&any([below, above]), float(0.0), quotient);
                    choose(&alike, last, rest)
                }
            }
        };
        let least = rolling
            .least
            .unwrap_or(rolling.window.map_or(1, |rows| rows as i64));
        let expr = match (name, least) {
            // What is counted are ones and zeros, of which none is missing.
            ("count", least) => {
                let enough = compare(Comparison::Ge, Expr::column(rows), Expr::int(least));
                choose(&enough, result, nan())
            }
            (_, least) => {
                let enough = compare(Comparison::Ge, values.clone(), Expr::int(least.max(1)));
                let other = if name == "sum" && least == 0 {
                    float(0.0)
                } else {
                    nan()
                };
                choose(&enough, result, other)
            }
        };
        self.column_of(node, expr, &span)
    }

    /// `groups["x"].cumsum()` of floats.
    pub(crate) fn compensated_total(
        &mut self,
        series: &Series,
        keys: &[Expr],
        span: &Span,
    ) -> Result<(NodeId, Expr), Refusal> {
        let value = self.free_column(&[series.frame], "value");
        let held = self.held_beside(series, &value, span)?;
        let column = Expr::column(value);
        let gap = if self.type_over(&column, held)?.missing.possible() {
            missing(&column)
        } else {
            Expr::bool(false)
        };
        let (node, sums) = self.carried_sum(held, keys, (&column, &gap), None, false, span)?;
        Ok((node, choose(&gap, nan(), sums.sum)))
    }

    /// The rows with the values of a column beside them as floats.
    fn held_beside(
        &mut self,
        series: &Series,
        name: &ColumnName,
        span: &Span,
    ) -> Result<NodeId, Refusal> {
        let ty = self.type_over(&series.expr, series.frame)?;
        let value = match ty.base {
            Base::Float64 => series.expr.clone(),
            _ => Expr::call(Function::ToFloat, vec![series.expr.clone()]),
        };
        self.with_column(series.frame, name, value, span)
    }

    /// Rows with the corrected sum up to each. A value that leaves is taken away before the new one is added.
    fn carried_sum(
        &mut self,
        input: NodeId,
        keys: &[Expr],
        (value, gap): (&Expr, &Expr),
        leaves: Option<&(Expr, Expr)>,
        single: bool,
        span: &Span,
    ) -> Result<(NodeId, Sums), Refusal> {
        let nodes = [input];
        let name = |lowerer: &Self, stem: &str, side: &str| {
            lowerer.free_column(&nodes, &format!("{stem} {side}"))
        };
        let present = if gap.is_false() {
            value.clone()
        } else {
            Expr::call(Function::NotMissing, vec![value.clone()])
        };
        let zero = Corrected {
            sum: float(0.0),
            correction: float(0.0),
        };
        let first = zero.plus(present.clone());
        let mut slots = Vec::new();
        let mut slot = |lowerer: &Self, stem: &str, first: Expr, next: &dyn Fn(Expr) -> Expr| {
            let before = name(lowerer, stem, "before");
            let after = name(lowerer, stem, "after");
            slots.push(RunningSlot {
                first,
                next: next(previous(&before)),
                before: before.clone(),
                after: after.clone(),
            });
            (previous(&before), Expr::column(after))
        };
        // The slots are named first, so that each can read the others.
        let kept = |expr: Expr| expr;
        let (sum, sum_after) = slot(
            self,
            "sum",
            choose(gap, float(0.0), first.sum.clone()),
            &kept,
        );
        let (added, _) = slot(
            self,
            "correction",
            choose(gap, float(0.0), first.correction.clone()),
            &kept,
        );
        let mut after_leaving = Corrected {
            sum: sum.clone(),
            correction: added.clone(),
        };
        let mut removed_next = None;
        if let Some((leaves, leaving)) = leaves {
            let (removed, _) = slot(self, "correction of removals", float(0.0), &kept);
            let own = Corrected {
                sum: sum.clone(),
                correction: removed,
            };
            let without = own.plus(Expr::call(Function::Negate, vec![leaving.clone()]));
            let left = without.or(leaves, &own);
            removed_next = Some(left.correction);
            after_leaving.sum = left.sum;
        }
        if single {
            after_leaving = zero;
            removed_next = removed_next.map(|_| float(0.0));
        }
        let with = after_leaving.plus(present.clone());
        let next = after_leaving.or(gap, &with);
        let alike_first = choose(gap, Expr::int(0), Expr::int(1));
        let last_first = choose(gap, Expr::none(), present.clone());
        let (last, last_after) = slot(self, "last value", last_first, &kept);
        let (alike, alike_after) = slot(self, "equal values", alike_first.clone(), &kept);
        let same = all([
            not(Expr::call(Function::IsNone, vec![last.clone()])),
            compare(
                Comparison::Eq,
                Expr::call(Function::Known, vec![last.clone()]),
                present.clone(),
            ),
        ]);
        let more = Expr::call(Function::Add, vec![alike.clone(), Expr::int(1)]);
        let mut nexts = vec![next.sum, next.correction];
        nexts.extend(removed_next);
        if single {
            nexts.push(choose(gap, Expr::none(), present.clone()));
            nexts.push(alike_first);
        } else {
            nexts.push(choose(gap, last, present));
            nexts.push(choose(
                gap,
                alike.clone(),
                choose(&same, more, Expr::int(1)),
            ));
        }
        for (slot, next) in slots.iter_mut().zip(nexts) {
            slot.next = next;
        }
        let presence = self.free_column(&nodes, "begun");
        let node = self.add(
            Op::Running(Running {
                input,
                keys: keys.to_vec(),
                creates: Expr::bool(true),
                presence,
                slots,
            }),
            span,
            None,
        )?;
        Ok((
            node,
            Sums {
                sum: sum_after,
                last: last_after,
                alike: alike_after,
            },
        ))
    }

    /// Demands that no value is -0.0, which equals 0.0 and is written otherwise.
    pub(crate) fn no_negative_zero(
        &mut self,
        frame: NodeId,
        value: &Expr,
        gap: &Expr,
        span: &Span,
    ) {
        self.oblige(
            frame,
            ObligationKind::Holds(any([gap.clone(), not(is_negative_zero(value))])),
            "which of 0.0 and -0.0 is the smaller is left open",
            span,
        );
    }
}

/// What stands beside a row after it was added.
struct Sums {
    sum: Expr,
    /// The last value that was not missing.
    last: Expr,
    /// How many values equal to it were added in a row.
    alike: Expr,
}

fn is_negative_zero(value: &Expr) -> Expr {
    compare(
        Comparison::Eq,
        Expr::call(Function::ToText, vec![value.clone()]),
        Expr::text("-0.0"),
    )
}
