//! What an operator demands, as EARS sentences.

use relift_dataflow::{
    Aggregate, AggregateFunction, Dataflow, Expr, ExprKind, Function, GroupOrder, JoinKind, NodeId,
    Obligation, ObligationKind, Op, PickWhich,
};
use relift_diagnostics::Span;
use relift_job::ColumnName;

use crate::Kind;
use crate::windows::window_demands;
use crate::words::{
    Scope, alternatives, column_name, dates_in_words, humanised, is_made_up, listed, places,
    relation_name, value_of, without_marks,
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
    pub(crate) fn new(kind: Kind, slug: impl Into<String>, sentence: String) -> Self {
        Self {
            kind,
            slug: slug.into(),
            sentence,
            spans: Vec::new(),
        }
    }

    pub(crate) fn of(mut self, exprs: &[&Expr]) -> Self {
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

/// The demands of a relation; none when all it does is to select or rename columns for others.
pub(crate) fn demands(flow: &Dataflow, id: NodeId) -> Vec<Demand> {
    let node = flow.node(id);
    let name = relation_name(flow, id);
    let from = |input: NodeId| relation_name(flow, input);
    let inputs = node.op.inputs();
    let scope = Scope::over(flow, &inputs);
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
                "The job shall read {} from table {table} for {}.",
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
                    scope.condition(predicate),
                    from(*input)
                ),
            )
            .of(&[predicate]),
        ],
        Op::Map { columns, .. } => map_demands(flow, id, &name, &inputs, columns),
        Op::Join { .. } => join_demands(flow, id, &name),
        Op::Aggregate {
            input,
            keys,
            aggregates,
            order,
        } => aggregate_demands(flow, id, *input, keys, aggregates, *order),
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
                    format!("{} {direction}", scope.value(&key.expr))
                })
                .collect();
            let exprs: Vec<&Expr> = by.iter().map(|key| &key.expr).collect();
            vec![
                Demand::new(
                    Kind::Order,
                    format!("order {name}"),
                    format!(
                        "The job shall order the rows of {} by {}, keeping the order of rows that are equal there.",
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
                    scope.condition(condition),
                    from(*input)
                ),
            )
            .of(&[condition]),
        ],
        Op::Window {
            input,
            partition,
            order,
            functions,
        } => window_demands(flow, id, *input, partition, order, functions),
        Op::Running(_) | Op::Fold(_) | Op::State { .. } => vec![Demand::new(
            Kind::Derive,
            format!("loop {name}"),
            format!("The job shall build {name} row by row as the legacy loop does."),
        )],
    }
}

fn map_demands(
    flow: &Dataflow,
    id: NodeId,
    name: &str,
    inputs: &[NodeId],
    columns: &[(ColumnName, Expr)],
) -> Vec<Demand> {
    let scope = Scope::over(flow, inputs);
    let mut demands = Vec::new();
    for (index, (column, value)) in columns.iter().enumerate() {
        let column = humanised(column.as_str());
        let beside = Scope {
            beside: &columns[..index],
            ..scope
        };
        let words = beside.value(value);
        let slug = format!("{column} of {name}");
        let target = value_of(&column, name);
        if without_marks(value).as_column().is_some() {
            // Whatever is still called the same, or made up by a lifting, says nothing new.
            let renamed = without_marks(value).as_column() != Some(&columns[index].0);
            if renamed && scope.bare(value) != column && !is_made_up(flow, id, &columns[index]) {
                let sentence = format!("The job shall set {target} to {words}.");
                demands.push(Demand::new(Kind::Derive, slug, sentence).of(&[value]));
            }
            continue;
        }
        let sentence = if words == format!("{column} as a binary floating-point number") {
            format!("The job shall hold {target} as a binary floating-point number.")
        } else {
            format!("The job shall set {target} to {words}.")
        };
        demands.push(Demand::new(Kind::Derive, slug, sentence).of(&[value]));
        demands.extend(rounding_demands(name, &column, value));
    }
    demands
}

/// How to break ties; decimal rounding names its mode where it stands.
fn rounding_demands(name: &str, column: &str, value: &Expr) -> Vec<Demand> {
    let mut demands: Vec<Demand> = Vec::new();
    value.walk(&mut |part| {
        let ExprKind::Call(function, arguments) = &part.kind else {
            return;
        };
        let how = match function {
            Function::PyRound => format!(
                "to {} from the exact binary value, and to the even digit in a tie",
                places(arguments)
            ),
            Function::PyRoundToInt => {
                "to a whole number from the exact binary value, and to the even one in a tie"
                    .to_owned()
            }
            Function::NumpyRound => format!(
                "to {} by scaling the value first, and to the even digit in a tie",
                places(arguments)
            ),
            Function::SqliteRound => {
                format!("to {}, and away from zero in a tie", places(arguments))
            }
            _ => return,
        };
        let sentence = format!(
            "When it rounds {}, the job shall round {how}.",
            value_of(column, name)
        );
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
    let (of_left, of_right) = ([*left], [*right]);
    let (of_left, of_right) = (Scope::over(flow, &of_left), Scope::over(flow, &of_right));
    let (mut same, mut other) = (Vec::new(), Vec::new());
    for (l, r) in on {
        let (own, its) = (of_left.bare(l), of_right.bare(r));
        if own == its {
            same.push(its);
        } else {
            other.push(format!("its {its} is {}", of_left.value(l)));
        }
    }
    let both = [*left, *right];
    other.extend(
        condition
            .iter()
            .map(|extra| Scope::over(flow, &both).condition(extra)),
    );
    let mut matching = String::new();
    if !same.is_empty() {
        matching = format!(" with the same {}", listed(&same));
    }
    if !other.is_empty() {
        let word = if same.is_empty() {
            " such that"
        } else {
            " and such that"
        };
        matching.extend([word, " ", &listed(&other)]);
    }
    let partner_keys: Vec<&ColumnName> = on.iter().filter_map(|(_, r)| r.as_column()).collect();
    let single = flow
        .node(*right)
        .keys
        .iter()
        .any(|key| key.iter().all(|column| partner_keys.contains(&column)));
    let entry = if single { "the row" } else { "every row" };
    let (demand, sentence) = match kind {
        JoinKind::Left => (
            Kind::Lookup,
            format!(
                "For each row of {left_name}, the job shall look up {entry} of {right_name}{matching}, and keep the row of {left_name} when there is none."
            ),
        ),
        JoinKind::Inner => (
            Kind::Join,
            format!(
                "For each row of {left_name}, the job shall look up {entry} of {right_name}{matching}, and leave the row of {left_name} out when there is none."
            ),
        ),
        JoinKind::Semi => (
            Kind::Join,
            format!(
                "When {right_name} has a row{matching}, the job shall use the row of {left_name}, once; otherwise it shall leave it out."
            ),
        ),
        JoinKind::Anti => (
            Kind::Join,
            format!(
                "When {right_name} has a row{matching}, the job shall leave the row of {left_name} out; otherwise it shall use it."
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
        let keys: Vec<String> = on
            .iter()
            .filter(|(l, r)| of_left.can_be_missing(l) && of_right.can_be_missing(r))
            .map(|(l, _)| of_left.value(l))
            .collect();
        // Where one side always has a value, missing ones find nothing anyway.
        if keys.is_empty() {
            return demands;
        }
        demands.push(
            Demand::new(
                Kind::Lookup,
                format!("missing key in {right_name} for {name}"),
                format!(
                    "When {} of {left_name} has no value, the job shall match it with the row of {right_name} that has no value there either.",
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
    id: NodeId,
    input: NodeId,
    keys: &[(ColumnName, Expr)],
    aggregates: &[(ColumnName, Aggregate)],
    order: GroupOrder,
) -> Vec<Demand> {
    let mut demands = Vec::new();
    let (name, from) = (relation_name(flow, id), relation_name(flow, input));
    let inputs = [input];
    let scope = Scope::over(flow, &inputs);
    let key_words: Vec<String> = keys.iter().map(|(_, key)| scope.value(key)).collect();
    let key_exprs: Vec<&Expr> = keys.iter().map(|(_, key)| key).collect();
    if keys.is_empty() {
        demands.push(Demand::new(
            Kind::Aggregate,
            format!("total {name}"),
            format!("The job shall produce one row of {name} over all rows of {from}, also when there are none."),
        ));
    } else {
        demands.push(
            Demand::new(
                Kind::Aggregate,
                format!("group {name}"),
                format!(
                    "The job shall produce one row of {name} for each {}{} in {from}{}.",
                    if keys.len() > 1 {
                        "combination of "
                    } else {
                        ""
                    },
                    listed(&key_words),
                    if key_exprs.iter().any(|key| scope.can_be_missing(key)) {
                        ", a missing value counting as a value of its own"
                    } else {
                        ""
                    }
                ),
            )
            .of(&key_exprs),
        );
        let sentence = match order {
            GroupOrder::FirstSeen => Some(format!(
                "The job shall list the rows of {name} in the order in which each {} first appears in {from}.",
                listed(&key_words)
            )),
            GroupOrder::ByKey => Some(format!(
                "The job shall list the rows of {name} by {} ascending.",
                listed(&key_words)
            )),
            GroupOrder::Unordered => None,
        };
        demands.extend(sentence.map(|sentence| {
            Demand::new(Kind::Order, format!("order of {name}"), sentence).of(&key_exprs)
        }));
    }
    for (column, aggregate) in aggregates {
        let column = column_name(flow, id, column);
        let value = aggregate_words(&scope, aggregate, &from);
        let exprs = aggregate.exprs();
        demands.push(
            Demand::new(
                Kind::Aggregate,
                format!("{column} of {name}"),
                format!("The job shall set {} to {value}.", value_of(&column, &name)),
            )
            .of(&exprs),
        );
    }
    demands
}

/// What an aggregate is over rows called `rows`.
pub(crate) fn aggregate_words(scope: &Scope<'_>, aggregate: &Aggregate, rows: &str) -> String {
    let what = aggregate
        .argument
        .as_ref()
        .map(|argument| scope.operand(argument))
        .unwrap_or_default();
    let value = match aggregate.function {
        AggregateFunction::Count => format!("the number of its rows in {rows}"),
        AggregateFunction::CountValues => {
            format!("the number of its rows in {rows} with a value of {what}")
        }
        AggregateFunction::CountDistinct => format!("the number of different values of {what}"),
        AggregateFunction::Sum | AggregateFunction::SqlSum => format!("the sum of {what}"),
        AggregateFunction::FloatSum | AggregateFunction::SqlFloatSum => {
            format!("the sum of {what}, added in the order of the rows")
        }
        AggregateFunction::SqlAverage => format!("the average of {what}"),
        AggregateFunction::PandasGroupSum => {
            format!("the sum of {what}, added in the order of the rows with a correction term")
        }
        AggregateFunction::PandasSum => {
            format!("the sum of {what}, added in pairs in the order of the rows")
        }
        AggregateFunction::PandasGroupMean | AggregateFunction::PandasMean => {
            format!("the average of {what}")
        }
        AggregateFunction::PandasGroupVariance | AggregateFunction::PandasVariance => {
            format!("the sample variance of {what}")
        }
        AggregateFunction::PandasMedian => format!("the median of {what}"),
        AggregateFunction::Min => format!("the smallest {what}"),
        AggregateFunction::Max => format!("the largest {what}"),
        AggregateFunction::First => format!("{what} of the first row"),
        AggregateFunction::Last => format!("{what} of the last row"),
        AggregateFunction::Any | AggregateFunction::All => {
            let some = if aggregate.function == AggregateFunction::Any {
                "some"
            } else {
                "every"
            };
            let condition = aggregate
                .argument
                .as_ref()
                .map(|argument| scope.condition(argument));
            format!("whether in {some} row {}", condition.unwrap_or_default())
        }
    };
    let counts = matches!(aggregate.function, AggregateFunction::Count);
    let only = aggregate
        .filter
        .as_ref()
        .map(|filter| {
            let over = if counts { "" } else { ", over the rows" };
            format!("{over} where {}", scope.condition(filter))
        })
        .unwrap_or_default();
    format!("{value}{only}")
}

/// The demand that the data keeps what the rewrite relies on.
pub(crate) fn assumption(flow: &Dataflow, obligation: &Obligation) -> Demand {
    let name = relation_name(flow, obligation.node);
    let inputs = [obligation.node];
    let scope = Scope::over(flow, &inputs);
    let words = |columns: &[ColumnName]| -> Vec<String> {
        columns
            .iter()
            .map(|column| scope.value(&Expr::column(column.clone())))
            .collect()
    };
    let trigger = match &obligation.kind {
        ObligationKind::NeverMissing(columns) => {
            format!(
                "{} is missing in a row of {name}",
                alternatives(&words(columns))
            )
        }
        ObligationKind::Unique(columns) => {
            format!(
                "two rows of {name} have the same {}",
                listed(&words(columns))
            )
        }
        ObligationKind::Holds(condition) => {
            format!("for a row of {name} {}", scope.negation(condition))
        }
        ObligationKind::NotEmpty => format!("{name} has no rows"),
    };
    let sentence = format!("If {trigger}, then the job shall stop before it writes anything.");
    Demand {
        kind: Kind::Assumption,
        slug: format!("assumption {name}"),
        sentence,
        spans: obligation.spans.clone(),
    }
}
