//! What a loop carries from row to row, as columns of its rows.
//!
//! A variable that only accumulates is a fold by itself. One that is read on the way (a balance in the
//! record of each row, the key of the row before in a comparison, a counter in a dictionary's value) must
//! be known per row. Such variables become columns of the loop's rows first, those they depend on before
//! them; what is left of the loop then reads columns only.

use std::collections::{BTreeMap, BTreeSet};

use relift_dataflow::{
    Base, Column, Expr, ExprKind, NodeId, Op, Refusal, Running, RunningSlot, Schema,
};
use relift_dataflow::{Function, Literal};
use relift_diagnostics::Span;
use relift_job::ColumnName;

use crate::folds::{LoopResult, first_value, name_of, resolve_marker, with_definitions};
use crate::kept::{field_marker, held_marker};
use crate::loops::{Place, get_place, place_marker, presence_marker, slot_marker};
use crate::lowering::{Lowerer, reads_previous};
use crate::state::State;
use crate::values::{Content, Dict, NO_ROW, ObjectId, Rest, SegmentKind, Touched, Value};

/// Something that carries a value from row to row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Carrier {
    Place(Place),
    Dict(ObjectId),
}

/// Carriers as columns.
#[derive(Clone, Debug, Default)]
pub(crate) struct Carried {
    /// The loop's rows with the columns; `None` when nothing has to be known per row.
    pub(crate) rows: Option<NodeId>,
    /// What stands for a carrier's value before the row, by its marker.
    before: BTreeMap<ColumnName, (Carrier, Expr)>,
    /// Values after the row and the columns that hold them.
    after: Vec<(Carrier, Expr, Expr)>,
    columns: BTreeSet<ColumnName>,
}

impl Carried {
    /// The expression with the columns in place of markers, but for those of `own`.
    pub(crate) fn resolve(&self, expr: &Expr, own: Option<&Carrier>) -> Expr {
        if self.rows.is_none() {
            return expr.clone();
        }
        let after = self
            .after
            .iter()
            .find(|(carrier, value, _)| Some(carrier) != own && value == expr);
        if let Some((_, _, column)) = after {
            return column.clone().at(expr.span.clone());
        }
        match &expr.kind {
            ExprKind::Previous(marker) => match self.before.get(marker) {
                Some((carrier, column)) if Some(carrier) != own => {
                    column.clone().at(expr.span.clone())
                }
                _ => expr.clone(),
            },
            _ => expr
                .clone()
                .map_children(&mut |part| self.resolve(&part, own)),
        }
    }

    /// Whether the expression reads one of the columns.
    pub(crate) fn reads(&self, expr: &Expr) -> bool {
        expr.columns()
            .iter()
            .any(|column| self.columns.contains(column))
    }
}

/// One carrier's change per row, over markers.
struct Change {
    carrier: Carrier,
    name: String,
    keys: Vec<Expr>,
    creates: Expr,
    presence: Option<ColumnName>,
    slots: Vec<Slot>,
    span: Span,
}

struct Slot {
    marker: ColumnName,
    name: String,
    /// The value before the first row; of dictionaries nothing.
    initial: Option<Expr>,
    /// Value of a row that creates the entry.
    first: Expr,
    next: Expr,
    /// The value as the loop's body has it.
    whole: Expr,
    never_none: bool,
    /// Whether it is read only where it was set before.
    guarded: bool,
}

impl Change {
    fn exprs(&self) -> impl Iterator<Item = &Expr> {
        self.keys
            .iter()
            .chain([&self.creates])
            .chain(self.slots.iter().flat_map(|slot| [&slot.first, &slot.next]))
    }

    fn owns(&self, marker: &ColumnName) -> bool {
        self.presence.as_ref() == Some(marker)
            || self.slots.iter().any(|slot| slot.marker == *marker)
    }

    /// Markers of others that it reads.
    fn foreign(&self) -> BTreeSet<ColumnName> {
        let mut found = BTreeSet::new();
        for expr in self.exprs() {
            markers(expr, &mut found);
        }
        found.retain(|marker| !self.owns(marker));
        found
    }
}

fn markers(expr: &Expr, found: &mut BTreeSet<ColumnName>) {
    expr.walk(&mut |part| {
        if let ExprKind::Previous(marker) = &part.kind {
            found.insert(marker.clone());
        }
    });
}

/// Makes columns of what has to be known per row.
pub(crate) fn carried(
    lowerer: &mut Lowerer<'_>,
    result: &LoopResult<'_>,
    finished: &State,
) -> Result<Carried, Refusal> {
    let changes = changes(lowerer, result, finished);
    let owner = |marker: &ColumnName| changes.iter().position(|change| change.owns(marker));
    // Whoever is read by another, or by a list, and whatever those depend on.
    let mut wanted: BTreeSet<usize> = BTreeSet::new();
    let mut open: Vec<ColumnName> = read_by_lists(lowerer, result, finished)
        .into_iter()
        .collect();
    open.extend(changes.iter().flat_map(Change::foreign));
    let mut demanded = BTreeSet::new();
    for (holds, _) in result.demands {
        markers(holds, &mut demanded);
    }
    open.extend(demanded);
    while let Some(marker) = open.pop() {
        if let Some(index) = owner(&marker)
            && wanted.insert(index)
        {
            open.extend(changes[index].foreign());
        }
    }
    let mut carried = Carried::default();
    if wanted.is_empty() {
        return Ok(carried);
    }
    let mut used: Vec<ColumnName> = Vec::new();
    for index in &wanted {
        used.extend(changes[*index].exprs().flat_map(Expr::columns));
    }
    let row = lowerer.scopes.last().cloned();
    let mut rows = with_definitions(
        lowerer,
        result.relation.node,
        row.as_ref(),
        used,
        result.span,
    )?;
    let mut waiting: Vec<usize> = wanted.into_iter().collect();
    while !waiting.is_empty() {
        let group = ready(&changes, &waiting, &owner)?;
        waiting.retain(|index| !group.contains(index));
        let group: Vec<&Change> = group.iter().map(|index| &changes[*index]).collect();
        rows = add_running(lowerer, rows, &group, &mut carried)?;
        carried.rows = Some(rows);
    }
    Ok(carried)
}

/// The next carriers that depend on none of those waiting, or only on each other.
fn ready(
    changes: &[Change],
    waiting: &[usize],
    owner: &impl Fn(&ColumnName) -> Option<usize>,
) -> Result<Vec<usize>, Refusal> {
    let needs = |index: usize| -> BTreeSet<usize> {
        changes[index]
            .foreign()
            .iter()
            .filter_map(owner)
            .filter(|other| waiting.contains(other))
            .collect()
    };
    if let Some(index) = waiting.iter().find(|index| needs(**index).is_empty()) {
        return Ok(vec![*index]);
    }
    let reached = |from: usize| {
        let mut seen = BTreeSet::new();
        let mut open = vec![from];
        while let Some(index) = open.pop() {
            for other in needs(index) {
                if seen.insert(other) {
                    open.push(other);
                }
            }
        }
        seen
    };
    // A cycle that nothing else waits for comes first.
    let cycle = waiting
        .iter()
        .map(|index| reached(*index))
        .min_by_key(BTreeSet::len)
        .unwrap_or_default();
    let plain = cycle
        .iter()
        .all(|index| changes[*index].presence.is_none() && changes[*index].keys.is_empty());
    match cycle.first() {
        Some(first) if !plain => Err(Refusal::new(
            "for loop",
            "a dictionary's entries and other variables depend on each other from row to row",
            Some(changes[*first].span.clone()),
        )),
        _ => Ok(cycle.into_iter().collect()),
    }
}

/// Every carrier whose change can be written down. One that cannot is not offered: what needs it is
/// refused where it is read.
fn changes(lowerer: &Lowerer<'_>, result: &LoopResult<'_>, finished: &State) -> Vec<Change> {
    let mut found: Vec<Change> = result
        .plan
        .scalars
        .keys()
        .filter_map(|place| scalar_change(result, finished, place))
        .collect();
    found.extend(
        result
            .plan
            .records
            .keys()
            .filter_map(|place| record_change(lowerer, result, finished, place)),
    );
    for id in lowerer.changed_objects(result.entry, finished) {
        if let Some(Content::Dict(Dict {
            rest: Rest::Touched(touched),
            ..
        })) = finished.heap.get(&id).map(|object| &object.content)
            && let Some(change) = dict_change(lowerer, result, finished, id, touched)
        {
            found.push(change);
        }
    }
    found
}

fn scalar_change(result: &LoopResult<'_>, finished: &State, place: &Place) -> Option<Change> {
    let (Some(Value::Scalar(initial)), Some(Value::Scalar(next))) =
        (get_place(result.entry, place), get_place(finished, place))
    else {
        return None;
    };
    if initial.scope != NO_ROW || reads_previous(&initial.expr) {
        return None;
    }
    let marker = place_marker(result.scope, place);
    let ty = result.plan.scalars.get(place)?;
    Some(Change {
        carrier: Carrier::Place(place.clone()),
        name: place.column().to_string(),
        keys: Vec::new(),
        creates: Expr::bool(true),
        presence: None,
        slots: vec![Slot {
            name: place.column().to_string(),
            initial: Some(initial.expr.clone()),
            first: next.expr.clone(),
            next: next.expr.clone(),
            whole: next.expr.clone(),
            never_none: !ty.missing.none,
            guarded: false,
            marker,
        }],
        span: next
            .expr
            .span
            .clone()
            .unwrap_or_else(|| result.span.clone()),
    })
}

/// A kept record: whether it is there, and its fields.
fn record_change(
    lowerer: &Lowerer<'_>,
    result: &LoopResult<'_>,
    finished: &State,
    place: &Place,
) -> Option<Change> {
    let plan = result.plan.records.get(place)?;
    let initial = lowerer
        .kept(get_place(result.entry, place)?, result.entry)
        .ok()?;
    let after = lowerer.kept(get_place(finished, place)?, finished).ok()?;
    let name = place.column();
    let held = plan.optional.then(|| Slot {
        marker: held_marker(result.scope, place),
        name: format!("has_{name}"),
        initial: Some(initial.held),
        first: after.held.clone(),
        next: after.held.clone(),
        whole: after.held,
        never_none: true,
        guarded: false,
    });
    let mut slots: Vec<Slot> = held.into_iter().collect();
    for (index, (field, term)) in after.fields?.columns.into_iter().enumerate() {
        let (_, ty) = plan.slots.iter().find(|(slot, _)| *slot == field)?;
        let start = match &initial.fields {
            Some(fields) => {
                let start = &fields.columns.get(index)?.1;
                if start.scope != NO_ROW || reads_previous(&start.expr) {
                    return None;
                }
                start.expr.clone()
            }
            None => Expr::none(),
        };
        slots.push(Slot {
            marker: field_marker(result.scope, place, &field),
            name: format!("{name}_{field}"),
            initial: Some(start),
            first: term.expr.clone(),
            next: term.expr.clone(),
            whole: term.expr,
            never_none: !ty.missing.none,
            guarded: initial.fields.is_none(),
        });
    }
    Some(Change {
        carrier: Carrier::Place(place.clone()),
        name: name.to_string(),
        keys: Vec::new(),
        creates: Expr::bool(true),
        presence: None,
        slots,
        span: result.span.clone(),
    })
}

fn dict_change(
    lowerer: &Lowerer<'_>,
    result: &LoopResult<'_>,
    finished: &State,
    id: ObjectId,
    touched: &Touched,
) -> Option<Change> {
    let plan = result.plan.dicts.get(&id)?;
    let presence = presence_marker(result.scope, id);
    let value = lowerer.flatten(&touched.value, finished, "value").ok()?;
    let key = lowerer
        .flatten_key(&touched.key, finished, &touched.span)
        .ok()?;
    let creates = resolve_marker(&touched.present, &presence, false);
    if !resolve_marker(&touched.present, &presence, true).is_true() {
        return None;
    }
    let name = name_of(result.entry, id).unwrap_or_else(|| "entry".to_owned());
    let own: BTreeSet<ColumnName> = value
        .columns
        .iter()
        .map(|(column, _)| slot_marker(result.scope, id, column.as_str()))
        .collect();
    let slots = value
        .columns
        .iter()
        .map(|(column, term)| {
            let marker = slot_marker(result.scope, id, column.as_str());
            let (_, ty) = plan.slots.iter().find(|(slot, _)| slot == column)?;
            Some(Slot {
                name: if column.as_str() == "value" {
                    name.clone()
                } else {
                    column.to_string()
                },
                initial: None,
                first: first_value(resolve_marker(&term.expr, &presence, false), &|marker| {
                    own.contains(marker)
                })?,
                next: resolve_marker(&term.expr, &presence, true),
                whole: term.expr.clone(),
                never_none: !ty.missing.none,
                guarded: true,
                marker,
            })
        })
        .collect::<Option<Vec<_>>>()?;
    let mut read = BTreeSet::new();
    markers(&creates, &mut read);
    for (_, term) in &key.columns {
        markers(&term.expr, &mut read);
    }
    if read
        .iter()
        .any(|marker| *marker == presence || own.contains(marker))
    {
        return None;
    }
    Some(Change {
        carrier: Carrier::Dict(id),
        name,
        keys: key.columns.into_iter().map(|(_, term)| term.expr).collect(),
        creates,
        presence: Some(presence),
        slots,
        span: touched.span.clone(),
    })
}

/// Markers that the records of lists read. A list of first appearances needs none of them per row.
fn read_by_lists(
    lowerer: &Lowerer<'_>,
    result: &LoopResult<'_>,
    finished: &State,
) -> BTreeSet<ColumnName> {
    let mut found = BTreeSet::new();
    for id in result.started.heap.differing(&finished.heap) {
        let content = |state: &'_ State| state.heap.get(&id).map(|object| object.content.clone());
        let (Some(Content::List(old)), Some(Content::List(new))) =
            (content(result.started), content(finished))
        else {
            continue;
        };
        let added = new.get(old.len()..).unwrap_or_default();
        let mut guards = BTreeSet::new();
        let mut values = BTreeSet::new();
        for segment in added {
            for fact in &segment.guard {
                if !result.entry.path.contains(fact) {
                    markers(&fact.expr, &mut guards);
                }
            }
            if let SegmentKind::Item(item) = &segment.kind
                && let Ok(fields) = lowerer.flatten(item, finished, "item")
            {
                for (_, term) in &fields.columns {
                    markers(&term.expr, &mut values);
                }
            }
        }
        let first_appearance = values.is_empty()
            && added.len() == 1
            && guards.len() == 1
            && lowerer
                .changed_objects(result.entry, finished)
                .into_iter()
                .any(|dict| {
                    guards.contains(&presence_marker(result.scope, dict)) && {
                        let marker = presence_marker(result.scope, dict);
                        let guard = crate::state::all(
                            added[0]
                                .guard
                                .iter()
                                .filter(|fact| !result.entry.path.contains(fact))
                                .map(|fact| fact.expr.clone()),
                        );
                        resolve_marker(&guard, &marker, true).is_false()
                    }
                });
        if !first_appearance {
            found.extend(guards);
            found.extend(values);
        }
    }
    found
}

/// Adds the columns of carriers that share their rows.
fn add_running(
    lowerer: &mut Lowerer<'_>,
    rows: NodeId,
    group: &[&Change],
    carried: &mut Carried,
) -> Result<NodeId, Refusal> {
    let schema = lowerer.flow.node(rows).schema.clone();
    let mut taken: Vec<ColumnName> = schema.names().cloned().collect();
    if let Some(row) = lowerer.scopes.last() {
        taken.extend(row.defined.iter().map(|(name, _)| name.clone()));
    }
    let mut fresh = |wanted: &str| {
        let mut name = ColumnName::from(wanted);
        let mut count = 1;
        while taken.contains(&name) {
            count += 1;
            name = ColumnName::from(format!("{wanted}_{count}"));
        }
        taken.push(name.clone());
        name
    };
    let first_change = group[0];
    let presence = fresh(&match &first_change.carrier {
        Carrier::Dict(_) => format!("has_{}", first_change.name),
        Carrier::Place(_) => "has_previous".to_owned(),
    });
    let names: BTreeMap<&ColumnName, (ColumnName, ColumnName)> = group
        .iter()
        .flat_map(|change| &change.slots)
        .map(|slot| {
            let before = fresh(&format!("previous_{}", slot.name));
            (&slot.marker, (before, fresh(&slot.name)))
        })
        .collect();
    let initials: BTreeMap<&ColumnName, &Expr> = group
        .iter()
        .flat_map(|change| &change.slots)
        .filter_map(|slot| Some((&slot.marker, slot.initial.as_ref()?)))
        .collect();
    let known: BTreeSet<&ColumnName> = group
        .iter()
        .flat_map(|change| &change.slots)
        .filter(|slot| slot.never_none)
        .map(|slot| &slot.marker)
        .collect();
    let mark = |expr: Expr, marker: &ColumnName| {
        if known.contains(marker) {
            Expr::call(Function::Known, vec![expr])
        } else {
            expr
        }
    };
    let mut slots = Vec::new();
    for change in group {
        for slot in &change.slots {
            let first = carried
                .resolve(&slot.first, None)
                .map(&mut |part| match &part.kind {
                    ExprKind::Previous(marker) => {
                        initials.get(marker).map_or(part.clone(), |initial| {
                            (*initial).clone().at(part.span.clone())
                        })
                    }
                    _ => part,
                });
            let next = carried
                .resolve(&slot.next, None)
                .map(&mut |part| match &part.kind {
                    ExprKind::Previous(marker) => {
                        names.get(marker).map_or(part.clone(), |(before, _)| {
                            mark(Expr::new(ExprKind::Previous(before.clone())), marker)
                                .at(part.span.clone())
                        })
                    }
                    _ => part,
                });
            if reads_previous(&first) {
                return Err(Refusal::new(
                    "for loop",
                    "a value is carried from row to row together with one that is not lifted",
                    Some(change.span.clone()),
                ));
            }
            let (before, after) = names[&slot.marker].clone();
            slots.push(RunningSlot {
                before,
                after,
                first,
                next,
            });
        }
    }
    let resolved = |exprs: &[Expr]| -> Vec<Expr> {
        exprs
            .iter()
            .map(|expr| carried.resolve(expr, None))
            .collect()
    };
    let running = Running {
        input: rows,
        keys: resolved(&first_change.keys),
        creates: carried.resolve(&first_change.creates, None),
        presence: presence.clone(),
        slots,
    };
    let foreign = |expr: &&Expr| {
        let mut found = BTreeSet::new();
        markers(expr, &mut found);
        found
            .iter()
            .any(|marker| !names.values().any(|(before, _)| before == marker))
    };
    let op = Op::Running(running);
    if op.exprs().iter().any(foreign) {
        return Err(Refusal::new(
            "for loop",
            "a value is carried from row to row together with one that is not lifted",
            Some(first_change.span.clone()),
        ));
    }
    let node = lowerer.add(op, &first_change.span, None)?;
    let schema = lowerer.flow.node(node).schema.clone();
    let made: Vec<Column> = schema
        .columns()
        .iter()
        .filter(|column| {
            column.name == presence
                || names
                    .values()
                    .any(|(before, after)| [before, after].contains(&&column.name))
        })
        .cloned()
        .collect();
    lowerer.widen_rows(&made);
    for change in group {
        if let Some(marker) = &change.presence {
            carried.before.insert(
                marker.clone(),
                (change.carrier.clone(), Expr::column(presence.clone())),
            );
        }
        for slot in &change.slots {
            let (before, after) = &names[&slot.marker];
            let column = mark(Expr::column(before.clone()), &slot.marker);
            let value = match &slot.initial {
                _ if slot.guarded => column,
                None => column,
                Some(initial) if matches!(initial.as_literal(), Some(Literal::None)) => {
                    Expr::column(before.clone())
                }
                Some(initial) => {
                    Expr::branch(Expr::column(presence.clone()), column, initial.clone())
                }
            };
            carried
                .before
                .insert(slot.marker.clone(), (change.carrier.clone(), value));
            let simple = slot.whole.as_column().is_some() || slot.whole.as_literal().is_some();
            if reads_previous(&slot.whole) && !simple {
                let always = change.creates.is_true();
                let column = Expr::column(after.clone());
                let column = if always || !known.contains(&slot.marker) {
                    column
                } else {
                    Expr::call(Function::Known, vec![column])
                };
                carried
                    .after
                    .push((change.carrier.clone(), slot.whole.clone(), column));
            }
            let ty = schema.ty(before).map(|ty| ty.base);
            let started = slot.initial.as_ref().and_then(Expr::as_literal);
            if matches!((ty, started), (Some(Base::Float64), Some(Literal::Int(_)))) {
                // Before the first addition an int would be read where floats follow.
                carried.before.remove(&slot.marker);
            }
        }
    }
    carried
        .columns
        .extend(made.into_iter().map(|column| column.name));
    Ok(node)
}

impl Lowerer<'_> {
    /// Makes further columns of the rows being looped over known to the types of expressions.
    fn widen_rows(&mut self, made: &[Column]) {
        if let Some(row) = self.scopes.last_mut() {
            let mut columns = row.schema.columns().to_vec();
            columns.extend(made.iter().cloned());
            row.schema = Schema::new(columns);
        }
    }
}
