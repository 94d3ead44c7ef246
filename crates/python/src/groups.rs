//! Dictionaries whose entries hold lists or sets that grow row by row: the rows of a loop by a key.
//!
//! What the loop appends to the list of an entry, or adds to its set, becomes rows of a relation of its own, with the key beside
//! each; the entry holds which of them are its own. Nothing is nested, so a later loop over the entry's
//! list is a join.

use relift_dataflow::{
    Emit, Expr, ExprKind, FoldKind, FoldState, Function, Literal, NodeId, Op, Refusal,
};
use relift_diagnostics::Span;
use relift_job::ColumnName;

use crate::folds::{resolve_marker, same_columns, with_numpy};
use crate::lowering::{Lowerer, reads_previous};
use crate::mappings::Flattened;
use crate::merging::resolve;
use crate::state::{State, all, any, not};
use crate::values::{
    Condition, Content, Mapping, Matching, ObjectId, Record, RecordKind, Relation, Rest, Segment,
    SegmentKind, Template, Value,
};

/// Stands for the relation of a growing list until the loop ends.
const PLACEHOLDER: u32 = u32::MAX;

/// What the rows of a loop append to one list of their entry.
#[derive(Clone, Debug)]
pub(crate) struct Grown {
    segments: Vec<Segment>,
    /// It is a set.
    set: bool,
}

/// Names and values.
type Columns = Vec<(ColumnName, Expr)>;

/// The entry whose list grows.
#[derive(Clone, Copy)]
pub(crate) struct Entry<'e> {
    /// What holds around the loop.
    pub(crate) path: &'e [Condition],
    /// Stands for whether the entry is there before the row.
    pub(crate) marker: &'e ColumnName,
    pub(crate) keys: &'e [(ColumnName, Expr)],
    pub(crate) name: &'e str,
    pub(crate) span: &'e Span,
}

/// The rows of a growing list of all entries.
pub(crate) struct GrownRows {
    pub(crate) state: FoldState,
    pub(crate) element: Template,
    /// Columns that hold the key, and what the dictionary calls them.
    pub(crate) on: Vec<(ColumnName, ColumnName)>,
    /// They are the items of sets.
    pub(crate) set: bool,
}

/// The relation a growing list will be, by its number.
pub(crate) fn placeholder(index: usize) -> NodeId {
    NodeId(PLACEHOLDER - u32::try_from(index).unwrap_or(0))
}

pub(crate) fn is_placeholder(value: &Value) -> bool {
    matches!(value, Value::Matching(matching) if matching.relation.node.0 > PLACEHOLDER - 64)
}

/// What stands for a list or set of an entry until the loop ends; a set's elements are told as pairs of
/// nothing.
fn standing_for(index: usize, set: bool) -> Value {
    Value::Matching(Box::new(Matching {
        relation: Relation {
            node: placeholder(index),
            element: if set {
                Value::Tuple(Vec::new())
            } else {
                Value::Unbound
            },
        },
        on: Vec::new(),
    }))
}

fn stands_for_set(matching: &Matching) -> bool {
    matching.relation.element == Value::Tuple(Vec::new())
}

/// Whether an entry's template has a growing list in it.
pub(crate) fn has_placeholder(template: &Template) -> bool {
    match template {
        Value::Tuple(items) | Value::FrozenList(items) => items.iter().any(has_placeholder),
        Value::Record(record) => record.fields.iter().any(|(_, item)| has_placeholder(item)),
        other => is_placeholder(other),
    }
}

/// The template with relations in the place of what stood for them.
pub(crate) fn with_relation(
    template: &Template,
    index: usize,
    relation: &Relation,
    on: &[(ColumnName, ColumnName)],
) -> Template {
    match template {
        Value::Matching(matching)
            if matching.relation.node == placeholder(index) && stands_for_set(matching) =>
        {
            let keys = columns_of(&relation.element);
            Value::Members(Box::new(Mapping {
                node: relation.node,
                keys,
                key: relation.element.clone(),
                value: Value::Tuple(Vec::new()),
                outer: on
                    .iter()
                    .map(|(own, key)| (own.clone(), crate::values::Term::template(key)))
                    .collect(),
            }))
        }
        Value::Matching(matching) if matching.relation.node == placeholder(index) => {
            Value::Matching(Box::new(Matching {
                relation: relation.clone(),
                on: on
                    .iter()
                    .map(|(own, key)| (own.clone(), crate::values::Term::template(key)))
                    .collect(),
            }))
        }
        Value::Tuple(items) => Value::Tuple(
            items
                .iter()
                .map(|item| with_relation(item, index, relation, on))
                .collect(),
        ),
        Value::FrozenList(items) => Value::FrozenList(
            items
                .iter()
                .map(|item| with_relation(item, index, relation, on))
                .collect(),
        ),
        Value::Record(record) => Value::Record(std::rc::Rc::new(Record {
            kind: record.kind,
            fields: record
                .fields
                .iter()
                .map(|(name, item)| (name.clone(), with_relation(item, index, relation, on)))
                .collect(),
        })),
        other => other.clone(),
    }
}

/// The columns of a template that is one scalar or a tuple of scalars.
fn columns_of(element: &Template) -> Vec<ColumnName> {
    let mut found = Vec::new();
    let _ = element.map_terms(&mut |term| {
        found.extend(term.expr.as_column().cloned());
        term.clone()
    });
    found
}

/// An entry without its growing lists, and those lists.
fn frozen(value: &Value, state: &State, grown: &mut Vec<Grown>) -> Value {
    match &resolve(value, state) {
        Value::Object(id) if state.heap.get(id).is_some_and(|object| object.escaped) => {
            value.clone()
        }
        Value::Object(id) => match state.heap.get(id).map(|object| &object.content) {
            Some(Content::List(segments)) => {
                let fixed = segments.iter().all(|segment| {
                    segment.guard.is_empty() && matches!(segment.kind, SegmentKind::Item(_))
                });
                if fixed {
                    return Value::FrozenList(
                        segments
                            .iter()
                            .filter_map(|segment| match &segment.kind {
                                SegmentKind::Item(item) => Some(frozen(item, state, grown)),
                                _ => None,
                            })
                            .collect(),
                    );
                }
                let items = segments.iter().all(|segment| {
                    matches!(segment.kind, SegmentKind::Item(_) | SegmentKind::Earlier)
                });
                if !items {
                    return value.clone();
                }
                grown.push(Grown {
                    segments: segments.clone(),
                    set: false,
                });
                standing_for(grown.len() - 1, false)
            }
            Some(Content::Members(segments)) => {
                grown.push(Grown {
                    segments: segments.clone(),
                    set: true,
                });
                standing_for(grown.len() - 1, true)
            }
            Some(Content::Dict(dict)) if !dict.set && dict.rest == Rest::Nothing => {
                let mut fields = Vec::new();
                for (key, item) in &dict.entries {
                    let relift_dataflow::Literal::Text(field) = key else {
                        return value.clone();
                    };
                    fields.push((field.clone(), frozen(item, state, grown)));
                }
                Value::Record(std::rc::Rc::new(Record {
                    kind: dict.class.map_or(RecordKind::Dict, RecordKind::Instance),
                    fields,
                }))
            }
            _ => value.clone(),
        },
        Value::Tuple(items) => Value::Tuple(
            items
                .iter()
                .map(|item| frozen(item, state, grown))
                .collect(),
        ),
        other => other.clone(),
    }
}

impl Lowerer<'_> {
    /// An entry as columns; lists that grow become relations of their own.
    pub(crate) fn flatten_entry(
        &self,
        value: &Value,
        state: &State,
    ) -> Result<(Flattened, Vec<Grown>), Refusal> {
        let escaped = Refusal::new("dictionary", "its entries also stand in a list", None);
        let refused = match self.flatten(value, state, "value") {
            Ok(fields) => return Ok((fields, Vec::new())),
            Err(refusal) => refusal,
        };
        let mut grown = Vec::new();
        let stripped = frozen(value, state, &mut grown);
        if grown.is_empty() {
            return Err(refused);
        }
        if Self::reaches_escaped(&stripped, state) {
            return Err(escaped);
        }
        Ok((self.flatten(&stripped, state, "value")?, grown))
    }

    /// The appends to a growing list of an entry, with the entry's key beside each.
    pub(crate) fn grown_rows(
        &self,
        grown: &Grown,
        finished: &State,
        entry: &Entry<'_>,
    ) -> Result<GrownRows, Refusal> {
        let Entry {
            path,
            marker,
            keys,
            name,
            span,
        } = *entry;
        let refuse = |reason: &str| Refusal::new("list", reason, Some(span.clone()));
        if !matches!(grown.segments.first(), Some(first) if first.kind == SegmentKind::Earlier) {
            return Err(refuse("each row gives the entry another list"));
        }
        let guard_of = |segment: &Segment| {
            all(segment
                .guard
                .iter()
                .filter(|fact| !path.contains(fact))
                .map(|fact| fact.expr.clone()))
        };
        if !keeps_earlier(&grown.segments, |segment| {
            resolve_marker(&guard_of(segment), marker, true)
        }) {
            return Err(refuse("the list of an entry is not always kept"));
        }
        let mut emits: Vec<(Vec<Expr>, Columns)> = Vec::new();
        let mut element: Option<Template> = None;
        for segment in &grown.segments {
            let guard = guard_of(segment);
            let item = match &segment.kind {
                SegmentKind::Earlier => continue,
                SegmentKind::Item(item) => item,
                SegmentKind::Rows(_) | SegmentKind::Matching(_) => {
                    return Err(refuse(
                        "rows of another relation are added to the list of an entry",
                    ));
                }
            };
            let fields = if grown.set {
                self.flatten_key(item, finished, span)?
            } else {
                self.flatten(item, finished, "item")?
            };
            element = Some(match element {
                None => fields.template,
                Some(first) if same_columns(&first, &fields.template) => {
                    with_numpy(&first, &fields.template)
                }
                Some(_) => return Err(refuse("its items do not always have the same fields")),
            });
            let columns: Vec<(ColumnName, Expr)> = fields
                .columns
                .into_iter()
                .map(|(name, term)| (name, term.expr))
                .collect();
            match emits.last_mut() {
                Some((guards, same)) if *same == columns && is_other(guards, &guard, marker) => {
                    guards.push(guard);
                }
                _ => emits.push((vec![guard], columns)),
            }
        }
        let Some(element) = element else {
            return Err(refuse("nothing is ever added to the list of an entry"));
        };
        let taken: Vec<ColumnName> = emits
            .iter()
            .flat_map(|(_, columns)| columns.iter().map(|(name, _)| name.clone()))
            .collect();
        let mut key_columns: Vec<(ColumnName, Expr)> = Vec::new();
        let mut on = Vec::new();
        for (key, value) in keys {
            let mut own = key.clone();
            let mut count = 1;
            while taken.contains(&own) || key_columns.iter().any(|(other, _)| *other == own) {
                count += 1;
                own = ColumnName::from(format!("{key}_{count}"));
            }
            key_columns.push((own.clone(), value.clone()));
            on.push((own, key.clone()));
        }
        let mut rows = Vec::new();
        for (guards, columns) in emits {
            // Whether the entry is new decides how it is appended, not whether.
            let guard = |present: bool| {
                any(guards
                    .iter()
                    .map(|guard| resolve_marker(guard, marker, present)))
            };
            let (new, later) = (guard(false), guard(true));
            if new != later || reads_previous(&new) {
                return Err(refuse(
                    "whether something is added depends on what earlier rows left behind",
                ));
            }
            if columns.iter().any(|(_, value)| reads_previous(value)) {
                return Err(refuse(
                    "what is added depends on what earlier rows left behind",
                ));
            }
            rows.push(Emit {
                guard: new,
                columns: key_columns.iter().cloned().chain(columns).collect(),
            });
        }
        let state = FoldState {
            name: name.to_owned(),
            kind: FoldKind::Rows(rows),
            spans: vec![span.clone()],
        };
        Ok(GrownRows {
            state,
            element,
            on,
            set: grown.set,
        })
    }

    /// The object a placeholder stands for while the loop runs.
    pub(crate) fn earlier_items(&mut self, placeholder: &Value) -> Value {
        let earlier = vec![Segment {
            guard: Vec::new(),
            kind: SegmentKind::Earlier,
        }];
        let set = matches!(placeholder, Value::Matching(matching) if stands_for_set(matching));
        self.object(if set {
            Content::Members(earlier)
        } else {
            Content::List(earlier)
        })
    }

    /// The items of a growing set, each once for each key.
    pub(crate) fn different(
        &mut self,
        rows: &Relation,
        on: &[(ColumnName, ColumnName)],
        span: &Span,
    ) -> Result<Relation, Refusal> {
        let columns = on
            .iter()
            .map(|(own, _)| own.clone())
            .chain(columns_of(&rows.element))
            .map(|column| (column.clone(), Expr::column(column)))
            .collect();
        let input = self.add(
            Op::Map {
                input: rows.node,
                columns,
            },
            span,
            None,
        )?;
        Ok(Relation {
            node: self.add(Op::Distinct { input }, span, None)?,
            element: rows.element.clone(),
        })
    }

    /// Gives an entry's template the relation of one of its lists.
    pub(crate) fn bind_group(
        &mut self,
        id: ObjectId,
        index: usize,
        relation: &Relation,
        on: &[(ColumnName, ColumnName)],
    ) {
        if let Some(object) = self.state.heap.get_mut(&id)
            && let Content::Dict(dict) = &mut object.content
            && let Rest::Built(mapping) = &mut dict.rest
        {
            mapping.value = with_relation(&mapping.value, index, relation, on);
        }
    }
}

/// Whether what earlier rows appended is there on every path, once and before what this row appends.
///
/// Paths of a branch each bring it, under conditions that exclude each other.
fn keeps_earlier(segments: &[Segment], guard: impl Fn(&Segment) -> Expr) -> bool {
    let guards: Vec<Expr> = segments.iter().map(guard).collect();
    let mut atoms = Vec::new();
    for guard in &guards {
        collect_atoms(guard, &mut atoms);
    }
    if atoms.len() > MOST_ATOMS {
        return false;
    }
    (0..1_usize << atoms.len()).all(|case| {
        let mut last = None;
        let mut count = 0;
        let mut first = None;
        for (index, guard) in guards.iter().enumerate() {
            if !holds_in(guard, &atoms, case) {
                continue;
            }
            first = first.or(Some(index));
            if segments[index].kind == SegmentKind::Earlier {
                count += 1;
                last = Some(index);
            }
        }
        count == 1 && first == last
    })
}

/// How many conditions are told apart before giving up.
const MOST_ATOMS: usize = 10;

/// What a condition is made of by `and`, `or` and `not`; of two opposites only one.
fn collect_atoms(expr: &Expr, atoms: &mut Vec<Expr>) {
    match &expr.kind {
        ExprKind::Literal(Literal::Bool(_)) => {}
        ExprKind::Call(Function::And | Function::Or | Function::Not, parts) => {
            for part in parts {
                collect_atoms(part, atoms);
            }
        }
        _ if atoms.contains(expr) || atoms.contains(&not(expr.clone())) => {}
        _ => atoms.push(expr.clone()),
    }
}

/// Whether the condition holds where those atoms hold whose bit is set.
fn holds_in(expr: &Expr, atoms: &[Expr], case: usize) -> bool {
    match &expr.kind {
        ExprKind::Literal(Literal::Bool(value)) => *value,
        ExprKind::Call(Function::And, parts) => {
            parts.iter().all(|part| holds_in(part, atoms, case))
        }
        ExprKind::Call(Function::Or, parts) => parts.iter().any(|part| holds_in(part, atoms, case)),
        ExprKind::Call(Function::Not, parts) => {
            !parts.iter().any(|part| holds_in(part, atoms, case))
        }
        _ => match atoms.iter().position(|atom| atom == expr) {
            Some(index) => case >> index & 1 == 1,
            None => {
                let opposite = not(expr.clone());
                atoms
                    .iter()
                    .position(|atom| *atom == opposite)
                    .is_some_and(|index| case >> index & 1 == 0)
            }
        },
    }
}

/// Whether the append is the other half of what the guards say: one for a new entry, one for an old.
fn is_other(guards: &[Expr], guard: &Expr, marker: &ColumnName) -> bool {
    guards.iter().all(|other| {
        let never_both = |present: bool| {
            resolve_marker(other, marker, present).is_false()
                || resolve_marker(guard, marker, present).is_false()
        };
        never_both(true) && never_both(false)
    })
}
