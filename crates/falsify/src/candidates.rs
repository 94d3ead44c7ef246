//! Values at which a lake column's meaning changes.
//!
//! Boundaries of every comparison the column takes part in, missing values where its type allows them,
//! empty text, zero, and amounts on which rounding modes disagree. Columns that are compared with each
//! other, as join keys are, share their values, so that matches happen.

use std::collections::{BTreeMap, BTreeSet};

use relift_dataflow::interpret::Value;
use relift_dataflow::{
    Base, ColumnType, Dataflow, Expr, ExprKind, Function, Literal, NodeId, Op, Parameter,
};

use crate::origins::{Source, sources};

/// Most values of one column.
const VALUES_MAX: usize = 12;

/// Values of every scanned column, ordinary ones first.
pub(crate) fn candidates(flow: &Dataflow, date: i32) -> BTreeMap<Source, Vec<Value>> {
    let mut constants: BTreeMap<Source, Vec<Literal>> = BTreeMap::new();
    let mut equals: Vec<(Source, Source)> = Vec::new();
    for (_, node) in flow.nodes() {
        let inputs = match &node.op {
            Op::State { .. } => Vec::new(),
            op => op.inputs(),
        };
        for expr in node.op.exprs() {
            comparisons(flow, &inputs, expr, date, &mut constants, &mut equals);
        }
        if let Op::Join {
            left, right, on, ..
        } = &node.op
        {
            for (l, r) in on {
                pair(flow, (&[*left], l), (&[*right], r), &mut equals);
            }
        }
    }
    let mut values: BTreeMap<Source, Vec<Value>> = BTreeMap::new();
    for (id, node) in flow.nodes() {
        if !matches!(node.op, Op::Scan { .. }) {
            continue;
        }
        for column in node.schema.columns() {
            let source = (id, column.name.clone());
            let known = constants
                .get(&source)
                .map(Vec::as_slice)
                .unwrap_or_default();
            values.insert(source, of_type(column.ty, known, date));
        }
    }
    // Twice, so that values travel along chains of equal columns.
    for _ in 0..2 {
        for (left, right) in &equals {
            let mut shared = values.get(left).cloned().unwrap_or_default();
            for value in values.get(right).cloned().unwrap_or_default() {
                if !shared.contains(&value) {
                    shared.push(value);
                }
            }
            for source in [left, right] {
                if let Some(own) = values.get_mut(source) {
                    let nullable = own.contains(&Value::None);
                    own.clear();
                    own.extend(
                        shared
                            .iter()
                            .filter(|value| nullable || **value != Value::None)
                            .take(VALUES_MAX)
                            .cloned(),
                    );
                }
            }
        }
    }
    values
}

fn pair(
    flow: &Dataflow,
    left: (&[NodeId], &Expr),
    right: (&[NodeId], &Expr),
    equals: &mut Vec<(Source, Source)>,
) {
    let (left, right) = (
        sources(flow, left.0, left.1),
        sources(flow, right.0, right.1),
    );
    for l in &left {
        for r in &right {
            let base = |(node, name): &Source| flow.node(*node).schema.ty(name).map(|ty| ty.base);
            if l != r && base(l) == base(r) {
                equals.push((l.clone(), r.clone()));
            }
        }
    }
}

fn comparisons(
    flow: &Dataflow,
    inputs: &[NodeId],
    expr: &Expr,
    date: i32,
    constants: &mut BTreeMap<Source, Vec<Literal>>,
    equals: &mut Vec<(Source, Source)>,
) {
    expr.walk(&mut |part| {
        if let ExprKind::Lookup { relation, keys, .. } = &part.kind {
            for (column, key) in keys {
                let stored = Expr::column(column.clone());
                pair(flow, (inputs, key), (&[*relation], &stored), equals);
            }
        }
        let ExprKind::Call(function, arguments) = &part.kind else {
            return;
        };
        let compares = matches!(
            function,
            Function::Compare(..)
                | Function::StartsWith
                | Function::EndsWith
                | Function::Contains
                | Function::Greatest
                | Function::Least
                | Function::Coalesce
                | Function::NullIf
        );
        if !compares {
            return;
        }
        let all: BTreeSet<Source> = arguments
            .iter()
            .flat_map(|argument| sources(flow, inputs, argument))
            .collect();
        for argument in arguments {
            let mut literals = Vec::new();
            argument.walk(&mut |part| match &part.kind {
                ExprKind::Literal(literal) => literals.push(literal.clone()),
                ExprKind::Parameter(Parameter::EffectiveDate) => {
                    literals.push(Literal::Date(date));
                }
                _ => {}
            });
            for literal in literals {
                for source in &all {
                    let known = constants.entry(source.clone()).or_default();
                    if !known.contains(&literal) {
                        known.push(literal.clone());
                    }
                }
            }
        }
        if let [left, right] = &arguments[..] {
            pair(flow, (inputs, left), (inputs, right), equals);
        }
    });
}

/// Values of a type around the constants.
fn of_type(ty: ColumnType, constants: &[Literal], date: i32) -> Vec<Value> {
    let mut values: Vec<Value> = Vec::new();
    let mut add = |value: Value| {
        if !values.contains(&value) {
            values.push(value);
        }
    };
    match ty.base {
        Base::Bool => {
            add(Value::Bool(true));
            add(Value::Bool(false));
        }
        Base::Int64 => {
            for constant in constants.iter().filter_map(whole) {
                for near in [constant, constant - 1, constant + 1] {
                    add(Value::Int(near));
                }
            }
            for ordinary in [1, 2, 0, -1] {
                add(Value::Int(ordinary));
            }
        }
        Base::Float64 | Base::Number => {
            for constant in constants.iter().filter_map(number) {
                for near in [constant, constant - 0.01, constant + 0.01] {
                    add(Value::Float(near));
                }
            }
            // 2.675 and 0.145 round differently as binary and as decimal values.
            for ordinary in [0.1, 0.2, 2.675, 0.145, 0.0, -1.5] {
                add(Value::Float(ordinary));
            }
        }
        Base::Decimal {
            precision, scale, ..
        } => {
            let limit = 10_i128.pow(u32::from(precision.min(38)));
            let unit = 10_f64.powi(i32::from(scale));
            let fits = |unscaled: i128| unscaled.abs() < limit;
            for constant in constants.iter().filter_map(number) {
                let unscaled = (constant * unit).round() as i128;
                for near in [unscaled, unscaled - 1, unscaled + 1] {
                    if fits(near) {
                        add(Value::decimal(near, i32::from(scale)));
                    }
                }
            }
            // Half-way cases of rounding one digit less, and a negative amount.
            for ordinary in [110, 225, 5, 15, 1005, 0, -125] {
                if fits(ordinary) {
                    add(Value::decimal(ordinary, i32::from(scale)));
                }
            }
        }
        Base::Text => {
            for constant in constants {
                if let Literal::Text(text) = constant {
                    add(Value::Text(text.clone()));
                    add(Value::Text(format!("{text}x")));
                    add(Value::Text(text.to_lowercase()));
                    add(Value::Text(text.to_uppercase()));
                }
            }
            for ordinary in ["a", "b", "", " a "] {
                add(Value::Text(ordinary.to_owned()));
            }
        }
        Base::Date => {
            for constant in constants {
                if let Literal::Date(day) = constant {
                    for near in [*day, day - 1, day + 1] {
                        add(Value::Date(near));
                    }
                }
            }
            for ordinary in [date, date - 1, date + 1, date - 31] {
                add(Value::Date(ordinary));
            }
        }
        Base::Timestamp => {
            let midnight = i64::from(date) * 86_400_000_000;
            for ordinary in [midnight, midnight - 1, midnight + 3_600_000_000] {
                add(Value::Timestamp(ordinary));
            }
        }
        Base::Nothing => add(Value::None),
    }
    values.truncate(VALUES_MAX);
    if ty.missing.none && !values.contains(&Value::None) {
        values.insert(values.len().min(2), Value::None);
    }
    values
}

fn whole(literal: &Literal) -> Option<i64> {
    match literal {
        Literal::Int(value) => Some(*value),
        Literal::Float(value) if value.abs() < 1e15 => Some(value.round() as i64),
        Literal::Decimal { .. } => number(literal).map(|value| value.round() as i64),
        _ => None,
    }
    .filter(|value| value.abs() < i64::MAX / 2)
}

fn number(literal: &Literal) -> Option<f64> {
    match literal {
        Literal::Int(value) => Some(*value as f64),
        Literal::Float(value) if value.is_finite() => Some(*value),
        Literal::Decimal { unscaled, scale } => {
            Some(*unscaled as f64 / 10_f64.powi(i32::from(*scale)))
        }
        _ => None,
    }
}
