//! Graphs as text.

use std::fmt;

use relift_diagnostics::Span;
use relift_job::{ColumnName, DateMode};

use super::literal::{name_text, quoted_text, span_text};
use crate::interpret::LoopProgram;
use crate::{
    Aggregate, Bound, Cardinality, Dataflow, Expr, FoldKind, FoldState, FrameBinding, GroupOrder,
    JoinKind, Node, NodeId, ObligationKind, Op, Order, OrderTerm, PickWhich, Running, SortKey,
    WindowFunction,
};

/// A block longer than this is broken into one entry per line.
const LINE_CHARACTERS_MAX: usize = 100;

impl fmt::Display for Dataflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "job {}", name_text(self.job.as_str()))?;
        if let Some(version) = &self.sqlite {
            writeln!(f, "sqlite {}", quoted_text(version))?;
        }
        writeln!(f)?;
        let mut module = None;
        for (id, node) in self.nodes() {
            if module != Some(node.module) {
                module = Some(node.module);
                writeln!(f, "module {}", node.module)?;
            }
            let name = node.name.as_deref().map(name_text).unwrap_or_default();
            let gap = if name.is_empty() { "" } else { " " };
            writeln!(
                f,
                "{id}{gap}{name} = {}{}",
                op_text(&node.op),
                spans_text(&node.spans)
            )?;
            if let Some(facts) = facts_text(node) {
                writeln!(f, "  -- {facts}")?;
            }
        }
        bindings(f, "frames", &self.frames)?;
        bindings(f, "reads", &self.reads)?;
        if !self.sinks.is_empty() {
            writeln!(f, "\nsinks")?;
        }
        for sink in &self.sinks {
            writeln!(f, "module {} {}", sink.module, sink.input)?;
        }
        if !self.obligations.is_empty() {
            writeln!(f, "\nobligations")?;
        }
        for obligation in &self.obligations {
            let condition = match &obligation.kind {
                ObligationKind::NeverMissing(columns) => block("never_missing ", &names(columns)),
                ObligationKind::Unique(columns) => block("unique ", &names(columns)),
                ObligationKind::Holds(condition) => block("holds ", &[condition.to_string()]),
                ObligationKind::NotEmpty => "not_empty".to_owned(),
            };
            let why = quoted_text(&obligation.why);
            let spans = spans_text(&obligation.spans);
            writeln!(f, "{} {condition} {why}{spans}", obligation.node)?;
        }
        Ok(())
    }
}

fn bindings(f: &mut fmt::Formatter<'_>, title: &str, list: &[FrameBinding]) -> fmt::Result {
    if !list.is_empty() {
        writeln!(f, "\n{title}")?;
    }
    for binding in list {
        let frame = name_text(binding.frame.as_str());
        writeln!(f, "module {} {frame} = {}", binding.module, binding.node)?;
    }
    Ok(())
}

fn op_text(op: &Op) -> String {
    match op {
        Op::Scan {
            table,
            columns,
            dates,
            frame,
        } => {
            let dates = match dates {
                DateMode::Exact => "exact".to_owned(),
                DateMode::Between(range) => format!("between {} {}", range.first, range.last),
                DateMode::Lookback(days) => format!("lookback {days}"),
                DateMode::MostRecentPrior => "most_recent_prior".to_owned(),
                DateMode::MostRecent => "most_recent".to_owned(),
            };
            let head = format!(
                "Scan {}.{} {dates} as {} ",
                name_text(table.schema.as_str()),
                name_text(&table.table),
                name_text(frame.as_str())
            );
            block(&head, &names(columns))
        }
        Op::Values { columns, rows } => {
            let rows: Vec<_> = rows
                .iter()
                .map(|row| {
                    let cells: Vec<_> = row.iter().map(Expr::to_string).collect();
                    format!("({})", cells.join(", "))
                })
                .collect();
            let head = block("Values ", &names(columns));
            block(&format!("{head} rows "), &rows)
        }
        Op::Filter { input, predicate } => {
            of(&block("Filter ", &[predicate.to_string()]), &[*input])
        }
        Op::Map { input, columns } => of(&block("Map ", &assignments(columns)), &[*input]),
        Op::Join {
            left,
            right,
            kind,
            on,
            null_safe,
            condition,
            presence,
        } => {
            let mut entries: Vec<_> = on.iter().map(|(l, r)| format!("on {l} = {r}")).collect();
            entries.extend(
                condition
                    .iter()
                    .map(|condition| format!("where {condition}")),
            );
            entries.extend(
                presence
                    .iter()
                    .map(|name| format!("presence {}", name_text(name.as_str()))),
            );
            let safe = if *null_safe { "null_safe " } else { "" };
            let head = format!("Join {} {safe}", kind.word());
            of(&block(&head, &entries), &[*left, *right])
        }
        Op::Aggregate {
            input,
            keys,
            aggregates,
            order,
        } => {
            let mut entries: Vec<_> = assignments(keys)
                .into_iter()
                .map(|key| format!("by {key}"))
                .collect();
            entries.extend(aggregates.iter().map(|(name, aggregate)| {
                format!(
                    "{} := {}",
                    name_text(name.as_str()),
                    aggregate_text(aggregate)
                )
            }));
            let head = format!("Aggregate {} ", order.word());
            of(&block(&head, &entries), &[*input])
        }
        Op::Pick { input, keys, which } => {
            let head = format!("Pick {} ", which.word());
            of(&block(&head, &names(keys)), &[*input])
        }
        Op::Sort { input, by } => {
            let entries: Vec<_> = by.iter().map(sort_text).collect();
            of(&block("Sort ", &entries), &[*input])
        }
        Op::Limit { input, count } => of(&format!("Limit {count} "), &[*input]),
        Op::Distinct { input } => of("Distinct ", &[*input]),
        Op::Union { inputs } => of("Union ", inputs),
        Op::When { input, condition } => of(&block("When ", &[condition.to_string()]), &[*input]),
        Op::Window {
            input,
            partition,
            order,
            functions,
        } => {
            let mut entries: Vec<_> = partition.iter().map(|key| format!("by {key}")).collect();
            entries.extend(order.iter().map(|key| format!("order {}", sort_text(key))));
            entries.extend(functions.iter().map(|(name, function)| {
                format!("{} := {}", name_text(name.as_str()), window_text(function))
            }));
            of(&block("Window ", &entries), &[*input])
        }
        Op::Running(running) => of(&block("Running ", &running_text(running)), &[running.input]),
        Op::Fold(fold) => {
            let states: Vec<_> = fold.states.iter().map(state_text).collect();
            of(&block("Fold ", &states), &[fold.input])
        }
        Op::State { fold, state } => of(&format!("State {state} "), &[*fold]),
    }
}

fn state_text(state: &FoldState) -> String {
    let name = name_text(&state.name);
    let text = match &state.kind {
        FoldKind::Rows(emits) => {
            let entries: Vec<_> = emits
                .iter()
                .map(|emit| {
                    block(
                        &format!("when {} ", emit.guard),
                        &assignments(&emit.columns),
                    )
                })
                .collect();
            block(&format!("rows {name} "), &entries)
        }
        FoldKind::Map {
            keys,
            creates,
            slots,
        } => {
            let mut entries: Vec<_> = assignments(keys)
                .into_iter()
                .map(|key| format!("by {key}"))
                .collect();
            entries.push(format!("creates {creates}"));
            entries.extend(slots.iter().map(|slot| {
                let name = name_text(slot.name.as_str());
                format!("slot {name} first {} next {}", slot.first, slot.next)
            }));
            block(&format!("map {name} "), &entries)
        }
        FoldKind::Scalar {
            name: column,
            initial,
            next,
        } => {
            let column = name_text(column.as_str());
            let entry = format!("{column} initial {initial} next {next}");
            block(&format!("scalar {name} "), &[entry])
        }
    };
    text + &spans_text(&state.spans)
}

fn aggregate_text(aggregate: &Aggregate) -> String {
    let argument = aggregate
        .argument
        .as_ref()
        .map(Expr::to_string)
        .unwrap_or_default();
    let filter = aggregate
        .filter
        .as_ref()
        .map(|filter| format!(" where {filter}"))
        .unwrap_or_default();
    format!("{}({argument}){filter}", aggregate.function.name())
}

/// The program of a loop that stands in a query.
pub(crate) fn loop_text(program: &LoopProgram) -> String {
    let list = |title: &str, columns: &[ColumnName]| {
        format!("{title} {{ {} }}", names(columns).join(", "))
    };
    let mut parts = vec![list("columns", &program.columns)];
    if !program.nan.is_empty() {
        parts.push(list("nan", &program.nan));
    }
    parts.push(format!(
        "{{ {} }}",
        running_text(&program.running).join(", ")
    ));
    parts.join(" ")
}

fn running_text(running: &Running) -> Vec<String> {
    let mut entries: Vec<_> = running.keys.iter().map(|key| format!("by {key}")).collect();
    entries.push(format!("creates {}", running.creates));
    entries.push(format!("presence {}", name_text(running.presence.as_str())));
    entries.extend(running.slots.iter().map(|slot| {
        let before = name_text(slot.before.as_str());
        let after = name_text(slot.after.as_str());
        format!(
            "slot {before} after {after} first {} next {}",
            slot.first, slot.next
        )
    }));
    entries
}

fn window_text(function: &WindowFunction) -> String {
    match function {
        WindowFunction::RowNumber => "row_number".to_owned(),
        WindowFunction::Rank => "rank".to_owned(),
        WindowFunction::DenseRank => "dense_rank".to_owned(),
        WindowFunction::Tile(count) => format!("tile {count}"),
        WindowFunction::Offset {
            value,
            rows,
            default,
        } => format!("offset {rows} of {value} default {default}"),
        WindowFunction::Over { aggregate, frame } => format!(
            "{} rows {} to {}",
            aggregate_text(aggregate),
            bound_text(frame.start),
            bound_text(frame.end)
        ),
    }
}

fn bound_text(bound: Bound) -> String {
    match bound {
        Bound::Unbounded => "unbounded".to_owned(),
        Bound::Preceding(rows) => format!("preceding {rows}"),
        Bound::CurrentRow => "current".to_owned(),
        Bound::Peers => "peers".to_owned(),
        Bound::Following(rows) => format!("following {rows}"),
    }
}

fn sort_text(key: &SortKey) -> String {
    criterion(&key.expr.to_string(), key.descending, key.missing_first)
}

fn criterion(what: &str, descending: bool, missing_first: bool) -> String {
    let descending = if descending { " desc" } else { "" };
    let missing_first = if missing_first { " missing_first" } else { "" };
    format!("{what}{descending}{missing_first}")
}

/// `name := value`, or the name alone when the value is the column of that name.
fn assignments(columns: &[(ColumnName, Expr)]) -> Vec<String> {
    columns
        .iter()
        .map(|(name, value)| {
            let text = name_text(name.as_str());
            if value.as_column() == Some(name) {
                text
            } else {
                format!("{text} := {value}")
            }
        })
        .collect()
}

fn names(columns: &[ColumnName]) -> Vec<String> {
    columns
        .iter()
        .map(|name| name_text(name.as_str()))
        .collect()
}

fn of(operator: &str, inputs: &[NodeId]) -> String {
    let inputs: Vec<_> = inputs.iter().map(NodeId::to_string).collect();
    format!("{operator}({})", inputs.join(", "))
}

/// Entries in braces, on one line when they fit.
fn block(head: &str, entries: &[String]) -> String {
    let inline = entries.join(", ");
    let short = head.len() + inline.len() <= LINE_CHARACTERS_MAX && !inline.contains('\n');
    if entries.is_empty() {
        format!("{head}{{}}")
    } else if short {
        format!("{head}{{ {inline} }}")
    } else {
        let lines: Vec<_> = entries
            .iter()
            .map(|entry| format!("\n    {}", entry.replace('\n', "\n    ")))
            .collect();
        format!("{head}{{{}\n}}", lines.join(","))
    }
}

fn spans_text(spans: &[Span]) -> String {
    let places: Vec<_> = spans.iter().map(span_text).collect();
    let gap = if places.is_empty() { "" } else { "  " };
    format!("{gap}{}", places.join(" "))
}

/// What follows from the operator; `None` for a fold, which has no rows of its own.
fn facts_text(node: &Node) -> Option<String> {
    if matches!(node.op, Op::Fold(_)) {
        return None;
    }
    let columns: Vec<_> = node
        .schema
        .columns()
        .iter()
        .map(|column| format!("{} {}", name_text(column.name.as_str()), column.ty))
        .collect();
    let mut facts = vec![columns.join(", ")];
    if node.cardinality == Cardinality::One {
        facts.push("one row".to_owned());
    } else {
        match &node.order {
            Order::Unordered => facts.push("unordered".to_owned()),
            Order::By(terms) => {
                let terms: Vec<_> = terms.iter().map(term_text).collect();
                facts.push(format!("in order of {}", terms.join(", ")));
            }
        }
        facts.extend(
            node.keys
                .iter()
                .map(|key| format!("key ({})", names(key).join(", "))),
        );
    }
    Some(facts.join("; "))
}

fn term_text(term: &OrderTerm) -> String {
    match term {
        OrderTerm::Position(id) => format!("stored {id}"),
        OrderTerm::FirstSeen(id) => format!("first_seen {id}"),
        OrderTerm::Branch(id) => format!("branch {id}"),
        OrderTerm::Emission(id) => format!("emission {id}"),
        OrderTerm::Column {
            name,
            descending,
            missing_first,
        } => criterion(&name_text(name.as_str()), *descending, *missing_first),
    }
}

impl JoinKind {
    pub(super) const ALL: [Self; 5] =
        [Self::Inner, Self::Left, Self::Semi, Self::Anti, Self::Cross];

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Inner => "inner",
            Self::Left => "left",
            Self::Semi => "semi",
            Self::Anti => "anti",
            Self::Cross => "cross",
        }
    }
}

impl GroupOrder {
    pub(super) const ALL: [Self; 3] = [Self::FirstSeen, Self::ByKey, Self::Unordered];

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::FirstSeen => "first_seen",
            Self::ByKey => "by_key",
            Self::Unordered => "unordered",
        }
    }
}

impl PickWhich {
    pub(super) const ALL: [Self; 2] = [Self::First, Self::Last];

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Last => "last",
        }
    }
}
