//! What an operator demands, as EARS sentences.

use relift_dataflow::{
    Aggregate, AggregateFunction, Dataflow, Expr, ExprKind, Function, GroupOrder, JoinKind, NodeId,
    Op, PickWhich, Schema, type_of,
};
use relift_diagnostics::Span;
use relift_job::ColumnName;

use crate::Kind;
use crate::words::{
    condition_in_words, dates_in_words, humanised, listed, mode_in_words, relation_name,
    value_in_words,
};

/// One demand of an operator.
pub(crate) struct Demand {
    pub(crate) kind: Kind,
    /// Words of the identifier.
    pub(crate) slug: String,
    pub(crate) sentence: String,
    /// Places of the expression it is about, before those of the relation.
    pub(crate) spans: Vec<Span>,
}

impl Demand {
    fn new(kind: Kind, slug: impl Into<String>, sentence: String) -> Self {
        Self {
            kind,
            slug: slug.into(),
            sentence,
            spans: Vec::new(),
        }
    }

    fn of(mut self, exprs: &[&Expr]) -> Self {
        for expr in exprs {
            expr.walk(&mut |part| {
                if let Some(span) = &part.span
                    && !self.spans.contains(span)
                {
                    self.spans.push(span.clone());
                }
            });
        }
        self
    }
}

/// The demands of a relation; at least one.
pub(crate) fn demands(flow: &Dataflow, id: NodeId) -> Vec<Demand> {
    let node = flow.node(id);
    let name = relation_name(flow, id);
    let from = |input: NodeId| relation_name(flow, input);
    let columns = |names: &[ColumnName]| -> String {
        let words: Vec<String> = names.iter().map(|name| humanised(name.as_str())).collect();
        listed(&words)
    };
    match &node.op {
        Op::Scan {
            table,
            columns: read,
            dates,
            ..
        } => vec![Demand::new(
            Kind::Source,
            format!("source {}", table.table),
            format!(
                "The job shall read {} of table {table} for {}.",
                columns(read),
                dates_in_words(dates)
            ),
        )],
        Op::Values { rows, .. } => vec![Demand::new(
            Kind::Source,
            format!("constants {name}"),
            format!("The job shall use {} fixed rows as {name}.", rows.len()),
        )],
        Op::Filter { input, predicate } => vec![
            Demand::new(
                Kind::Filter,
                format!("filter {name}"),
                format!(
                    "When {}, the job shall use the row of {}; otherwise it shall leave it out.",
                    condition_in_words(flow, predicate),
                    from(*input)
                ),
            )
            .of(&[predicate]),
        ],
        Op::Map { input, columns } => map_demands(flow, &name, *input, columns),
        Op::Join { .. } => join_demands(flow, id, &name),
        Op::Aggregate {
            input,
            keys,
            aggregates,
            order,
        } => aggregate_demands(flow, &name, *input, keys, aggregates, *order),
        Op::Pick { input, keys, which } => {
            let which = match which {
                PickWhich::First => "first",
                PickWhich::Last => "last",
            };
            vec![Demand::new(
                Kind::Choice,
                format!("{which} {name}"),
                format!(
                    "When the same {} appears more than once in {}, the job shall use the {which} entry.",
                    columns(keys),
                    from(*input)
                ),
            )]
        }
        Op::Sort { input, by } => {
            let terms: Vec<String> = by
                .iter()
                .map(|key| {
                    let direction = if key.descending { "descending" } else { "ascending" };
                    format!("{} {direction}", value_in_words(flow, &key.expr))
                })
                .collect();
            let exprs: Vec<&Expr> = by.iter().map(|key| &key.expr).collect();
            vec![
                Demand::new(
                    Kind::Order,
                    format!("order {name}"),
                    format!(
                        "The job shall order the rows of {} by {}, rows that are equal there keeping their order.",
                        from(*input),
                        listed(&terms)
                    ),
                )
                .of(&exprs),
            ]
        }
        Op::Limit { input, count } => vec![Demand::new(
            Kind::Choice,
            format!("limit {name}"),
            format!("The job shall use the first {count} rows of {} only.", from(*input)),
        )],
        Op::Distinct { input } => vec![Demand::new(
            Kind::Choice,
            format!("distinct {name}"),
            format!(
                "When rows of {} are equal in all columns, the job shall use one of them, at its first appearance.",
                from(*input)
            ),
        )],
        Op::Union { inputs } => {
            let names: Vec<String> = inputs.iter().map(|input| from(*input)).collect();
            vec![Demand::new(
                Kind::Order,
                format!("append {name}"),
                format!("The job shall put the rows of {} one after the other.", listed(&names)),
            )]
        }
        Op::When { input, condition } => vec![
            Demand::new(
                Kind::Condition,
                format!("condition {name}"),
                format!(
                    "While {}, the job shall produce {}; otherwise it shall produce no rows for it.",
                    condition_in_words(flow, condition),
                    from(*input)
                ),
            )
            .of(&[condition]),
        ],
        Op::Fold(_) | Op::State { .. } => vec![Demand::new(
            Kind::Derive,
            format!("loop {name}"),
            format!("The job shall build {name} row by row as the legacy loop does."),
        )],
    }
}

fn map_demands(
    flow: &Dataflow,
    name: &str,
    input: NodeId,
    columns: &[(ColumnName, Expr)],
) -> Vec<Demand> {
    let mut demands = Vec::new();
    let mut carried = Vec::new();
    for (column, value) in columns {
        let plain = without_marks(value);
        if let Some(source) = plain.as_column() {
            let (new, old) = (humanised(column.as_str()), humanised(source.as_str()));
            carried.push(if new == old {
                new
            } else {
                format!("{old} as {new}")
            });
            continue;
        }
        let column = humanised(column.as_str());
        demands.push(
            Demand::new(
                Kind::Derive,
                format!("{column} of {name}"),
                format!(
                    "The job shall set {column} of {name} to {}.",
                    value_in_words(flow, value)
                ),
            )
            .of(&[value]),
        );
        demands.extend(rounding_demands(flow, name, &column, value));
    }
    if demands.is_empty() {
        demands.push(Demand::new(
            Kind::Derive,
            format!("columns of {name}"),
            format!(
                "The job shall carry {} of {} over into {name}.",
                listed(&carried),
                relation_name(flow, input)
            ),
        ));
    }
    demands
}

fn without_marks(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Call(Function::Known | Function::ToPandasFloat | Function::SqliteReal, inner)
            if inner.len() == 1 =>
        {
            without_marks(&inner[0])
        }
        _ => expr,
    }
}

fn rounding_demands(flow: &Dataflow, name: &str, column: &str, value: &Expr) -> Vec<Demand> {
    let mut demands: Vec<Demand> = Vec::new();
    value.walk(&mut |part| {
        let ExprKind::Call(function, arguments) = &part.kind else {
            return;
        };
        let how = match function {
            Function::PyRound => "as Python rounds: the exact binary value, ties to the even digit",
            Function::PyRoundToInt => "to a whole number, ties to the even one",
            Function::NumpyRound => "as numpy rounds: scaled, ties to the even digit",
            Function::SqliteRound => "as SQLite rounds: ties away from zero",
            Function::Quantize(mode) => mode_in_words(*mode),
            _ => return,
        };
        let digits = arguments
            .get(1)
            .map(|digits| format!(" to {} digits", value_in_words(flow, digits)))
            .unwrap_or_default();
        let sentence = format!("The job shall round {column} of {name}{digits} {how}.");
        if demands.iter().all(|demand| demand.sentence != sentence) {
            let slug = format!("rounding {column} of {name}");
            demands.push(Demand::new(Kind::Rounding, slug, sentence).of(&[part]));
        }
    });
    demands
}

fn join_demands(flow: &Dataflow, id: NodeId, name: &str) -> Vec<Demand> {
    let Op::Join {
        left,
        right,
        kind,
        on,
        null_safe,
        condition,
        ..
    } = &flow.node(id).op
    else {
        return Vec::new();
    };
    let (left_name, right_name) = (relation_name(flow, *left), relation_name(flow, *right));
    let mut matches: Vec<String> = on
        .iter()
        .map(|(l, r)| {
            format!(
                "{} equals {}",
                value_in_words(flow, l),
                value_in_words(flow, r)
            )
        })
        .collect();
    matches.extend(
        condition
            .iter()
            .map(|extra| condition_in_words(flow, extra)),
    );
    let matching = listed(&matches);
    let (demand, sentence) = match kind {
        JoinKind::Left => (
            Kind::Lookup,
            format!(
                "When a row of {left_name} has no entry in {right_name} whose {matching}, the job shall keep the row without values of {right_name}; otherwise it shall add them."
            ),
        ),
        JoinKind::Inner => (
            Kind::Join,
            format!(
                "When {matching}, the job shall combine the row of {left_name} with that of {right_name}; rows without a partner it shall leave out."
            ),
        ),
        JoinKind::Semi => (
            Kind::Join,
            format!(
                "When {right_name} has a row such that {matching}, the job shall use the row of {left_name}, once."
            ),
        ),
        JoinKind::Anti => (
            Kind::Join,
            format!(
                "When {right_name} has a row such that {matching}, the job shall leave the row of {left_name} out."
            ),
        ),
        JoinKind::Cross => (
            Kind::Join,
            format!("The job shall combine each row of {left_name} with each row of {right_name}."),
        ),
    };
    let exprs: Vec<&Expr> = on
        .iter()
        .flat_map(|(l, r)| [l, r])
        .chain(condition)
        .collect();
    let verb = if demand == Kind::Lookup {
        "lookup"
    } else {
        "join"
    };
    let slug = format!("{verb} {right_name} for {name}");
    let mut demands = vec![Demand::new(demand, slug, sentence).of(&exprs)];
    if *null_safe {
        let nullable = |side: NodeId, expr: &Expr| {
            type_of(expr, &flow.node(side).schema, &Schema::default(), flow)
                .is_ok_and(|ty| ty.missing.possible())
        };
        let keys: Vec<String> = on
            .iter()
            .filter(|(l, _)| nullable(*left, l))
            .map(|(l, _)| value_in_words(flow, l))
            .collect();
        demands.push(
            Demand::new(
                Kind::Lookup,
                format!("missing key in {right_name} for {name}"),
                format!(
                    "When {} of {left_name} has no value, the job shall match it with the entry of {right_name} that has no value there either.",
                    listed(&keys)
                ),
            )
            .of(&exprs),
        );
    }
    demands
}

fn aggregate_demands(
    flow: &Dataflow,
    name: &str,
    input: NodeId,
    keys: &[(ColumnName, Expr)],
    aggregates: &[(ColumnName, Aggregate)],
    order: GroupOrder,
) -> Vec<Demand> {
    let mut demands = Vec::new();
    let from = relation_name(flow, input);
    let key_words: Vec<String> = keys
        .iter()
        .map(|(_, key)| value_in_words(flow, key))
        .collect();
    let key_exprs: Vec<&Expr> = keys.iter().map(|(_, key)| key).collect();
    if keys.is_empty() {
        demands.push(Demand::new(
            Kind::Aggregate,
            format!("total {name}"),
            format!("The job shall produce one row {name} over all rows of {from}, also when there are none."),
        ));
    } else {
        demands.push(
            Demand::new(
                Kind::Aggregate,
                format!("group {name}"),
                format!(
                    "The job shall produce one row of {name} for each {} in {from}, rows without a value forming one group.",
                    listed(&key_words)
                ),
            )
            .of(&key_exprs),
        );
        let sentence = match order {
            GroupOrder::FirstSeen => Some(format!(
                "The job shall list the groups of {name} in the order in which they first appear in {from}."
            )),
            GroupOrder::ByKey => Some(format!(
                "The job shall list the groups of {name} ascending by their key."
            )),
            GroupOrder::Unordered => None,
        };
        demands.extend(sentence.map(|sentence| {
            Demand::new(Kind::Order, format!("order of {name}"), sentence).of(&key_exprs)
        }));
    }
    for (column, aggregate) in aggregates {
        let column = humanised(column.as_str());
        let what = aggregate
            .argument
            .as_ref()
            .map(|argument| value_in_words(flow, argument))
            .unwrap_or_default();
        let value = match aggregate.function {
            AggregateFunction::Count => "the number of rows".to_owned(),
            AggregateFunction::CountValues => format!("the number of rows with a value of {what}"),
            AggregateFunction::CountDistinct => format!("the number of different values of {what}"),
            AggregateFunction::Sum | AggregateFunction::SqlSum => {
                format!("the exact sum of {what}")
            }
            AggregateFunction::FloatSum | AggregateFunction::SqlFloatSum => {
                format!("the sum of {what}, added one after the other in the order of the rows")
            }
            AggregateFunction::SqlAverage => format!("the average of {what}"),
            AggregateFunction::Min => format!("the smallest {what}"),
            AggregateFunction::Max => format!("the largest {what}"),
            AggregateFunction::First => format!("{what} of the first row"),
            AggregateFunction::Last => format!("{what} of the last row"),
            AggregateFunction::Any => format!("whether for some row {what}"),
            AggregateFunction::All => format!("whether for every row {what}"),
        };
        let only = aggregate
            .filter
            .as_ref()
            .map(|filter| format!(", of the rows where {}", condition_in_words(flow, filter)))
            .unwrap_or_default();
        let exprs: Vec<&Expr> = aggregate.argument.iter().chain(&aggregate.filter).collect();
        demands.push(
            Demand::new(
                Kind::Aggregate,
                format!("{column} of {name}"),
                format!("The job shall set {column} of {name} to {value}{only}."),
            )
            .of(&exprs),
        );
    }
    demands
}
