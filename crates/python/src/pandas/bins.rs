//! `pd.cut`: which of several intervals a number lies in.

use relift_dataflow::{Base, Comparison, Expr, Flavour, Function, Literal, Refusal};

use crate::calls::Arguments;
use crate::lowering::Lowerer;
use crate::pandas::elements::missing;
use crate::state::{all, choose, not};
use crate::values::{Series, Value};

/// Columns of labels with an order of their own; what they are made of, as a column of texts.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Categories {
    pub(crate) series: Series,
}

impl Lowerer<'_> {
    /// `pd.cut(column, bins, labels=…)` with constant edges.
    pub(crate) fn cut_column(&mut self, arguments: &Arguments) -> Result<Value, Refusal> {
        arguments.only(2, &["x", "bins", "labels", "right", "include_lowest"])?;
        let span = arguments.span.clone();
        let Value::Series(series) = arguments.need(0, "x")?.clone() else {
            return Err(arguments.refuse("only a column is lifted"));
        };
        let ty = self.type_over(&series.expr, series.frame)?;
        if !matches!(ty.base, Base::Int64 | Base::Float64 | Base::Number) || ty.missing.none {
            return Err(arguments.refuse(format!("it is not lifted for a column of {ty}")));
        }
        let (right, lowest) = (
            arguments.flag("right", true)?,
            arguments.flag("include_lowest", false)?,
        );
        let bins = arguments.need(1, "bins")?.clone();
        let edges = self
            .fixed_items(&bins)
            .ok_or_else(|| arguments.refuse("the edges are not constant"))?
            .iter()
            .map(edge)
            .collect::<Option<Vec<f64>>>()
            .ok_or_else(|| arguments.refuse("the edges are not constant"))?;
        if edges.len() < 2 || edges.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err(arguments.refuse("its edges do not increase"));
        }
        let mut labels = Vec::new();
        match arguments.named("labels").cloned() {
            Some(flag) if flag.as_bool() == Some(false) => {
                labels.extend((0..edges.len() - 1).map(|place| Expr::int(place as i64)));
            }
            Some(given) => {
                let given = self.fixed_items(&given).unwrap_or_default();
                for label in &given {
                    let text = label
                        .as_text()
                        .ok_or_else(|| arguments.refuse("its labels are not constant texts"))?;
                    labels.push(Expr::text(text));
                }
                if labels.len() + 1 != edges.len() {
                    return Err(arguments.refuse("there is not one label for each interval"));
                }
                if given
                    .iter()
                    .enumerate()
                    .any(|(at, label)| given[..at].contains(label))
                {
                    return Err(arguments.refuse("two of its labels are the same"));
                }
            }
            None => return Err(arguments.refuse("intervals as labels are not lifted")),
        }
        let numbers = !matches!(labels[0].as_literal(), Some(Literal::Text(_)));
        let value = &series.expr;
        // Infinity is written as the comparison with the numbers next to it.
        let beyond = |comparison, edge: f64| {
            let (comparison, edge) = match comparison {
                Comparison::Ge | Comparison::Le if edge.is_infinite() => {
                    return not(missing(value));
                }
                Comparison::Gt if edge.is_infinite() => (Comparison::Ge, -f64::MAX),
                Comparison::Lt if edge.is_infinite() => (Comparison::Le, f64::MAX),
                comparison => (comparison, edge),
            };
            let edge = Expr::literal(Literal::Float(edge));
            Expr::compare(comparison, Flavour::Python, value.clone(), edge)
        };
        let mut chosen = Expr::none();
        for (place, label) in labels.into_iter().enumerate().rev() {
            let above = if right && !(lowest && place == 0) {
                Comparison::Gt
            } else {
                Comparison::Ge
            };
            let below = if right {
                Comparison::Le
            } else {
                Comparison::Lt
            };
            let inside = all([beyond(above, edges[place]), beyond(below, edges[place + 1])]);
            chosen = choose(&inside, label, chosen);
        }
        let base = if numbers { Base::Int64 } else { Base::Text };
        let plain = relift_dataflow::ColumnType::of(base);
        let expr = self.with_nan(chosen, plain, series.frame, arguments)?;
        let expr = expr.at(Some(span));
        self.type_over(&expr, series.frame)?;
        let made = Series {
            frame: series.frame,
            expr,
        };
        Ok(if numbers {
            Value::Series(made)
        } else {
            Value::Categories(Box::new(Categories { series: made }))
        })
    }

    /// Methods of a column of labels with an order.
    pub(crate) fn categories_method(
        &mut self,
        categories: &Categories,
        name: &str,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let series = categories.series.clone();
        if name != "astype" {
            return Err(arguments.refuse("this method of categories is not lifted"));
        }
        arguments.only(1, &["dtype"])?;
        let target = match arguments.need(0, "dtype")? {
            Value::Global(path) => path.trim_start_matches("builtins.").to_owned(),
            other => other.as_text().unwrap_or("").to_owned(),
        };
        match target.as_str() {
            "object" => Ok(Value::Series(series)),
            "str" => {
                let gap = missing(&series.expr);
                let known = Expr::call(Function::NotMissing, vec![series.expr.clone()]);
                let text = choose(&gap, Expr::text("nan"), known);
                self.column_of(series.frame, text, &arguments.span)
            }
            _ => Err(arguments.refuse(format!("categories as {target} are not lifted"))),
        }
    }
}

/// A constant edge.
fn edge(value: &Value) -> Option<f64> {
    match value {
        Value::Scalar(term) => match term.as_literal()? {
            Literal::Int(whole) => Some(*whole as f64),
            Literal::Float(float) if !float.is_nan() => Some(*float),
            _ => None,
        },
        _ => None,
    }
}
