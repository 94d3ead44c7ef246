//! Dictionaries and sets in the entries of a dictionary: `totals.setdefault(a, {})[b] = …`.
//!
//! They are the parts of one dictionary whose keys are pairs, the outer key first: what is done to the
//! inner one is done to the pair, and the loop leaves one relation by pairs. The order of the pairs of one
//! outer key is that of the inner dictionary. That a dictionary has such entries is seen when an inner one
//! is given a key that depends on the row; the loop is then executed again, the pairs being there.

use relift_dataflow::Refusal;
use relift_diagnostics::Span;
use relift_job::ColumnName;

use crate::lowering::Lowerer;
use crate::statements::Exits;
use crate::values::{
    Content, Dict, Factory, Mapping, Object, ObjectId, Part, Rest, Template, Term, Value,
};

/// The inner dictionaries of a dictionary.
#[derive(Clone, Debug)]
pub(crate) struct Inner {
    /// The dictionary whose keys are pairs.
    pub(crate) flat: ObjectId,
    set: bool,
    factory: Option<Factory>,
}

/// How often a loop is executed again because of dictionaries inside others.
const DEPTH_MAX: usize = 3;

impl Lowerer<'_> {
    /// Executes a loop, and again where it turns out to fill dictionaries inside others.
    pub(crate) fn with_inner_dicts(
        &mut self,
        run: &mut dyn FnMut(&mut Self) -> Result<Exits, Refusal>,
    ) -> Result<Exits, Refusal> {
        if self.in_rows() {
            return run(self);
        }
        for _ in 0..DEPTH_MAX {
            self.add_flat_dicts();
            let (before, snapshot) = (self.state.clone(), self.snapshot());
            let known = self.inner.len();
            let outcome = run(self);
            if self.inner.len() == known {
                return outcome;
            }
            self.restore(&snapshot);
            self.state = before;
        }
        self.add_flat_dicts();
        run(self)
    }

    /// The dictionaries by pairs of those that are there.
    fn add_flat_dicts(&mut self) {
        for (outer, inner) in &self.inner {
            if self.state.heap.contains_key(&inner.flat) {
                continue;
            }
            let Some(object) = self.state.heap.get(outer) else {
                continue;
            };
            let flat = Object {
                scope: object.scope,
                born: object.born.clone(),
                escaped: false,
                content: Content::Dict(Dict {
                    set: inner.set,
                    class: None,
                    factory: inner.factory.clone(),
                    entries: Vec::new(),
                    rest: Rest::Nothing,
                }),
            };
            self.state.heap.insert(inner.flat, flat);
        }
    }

    /// Notes that an object is given keys that depend on the row, where it is the entry of a dictionary.
    pub(crate) fn note_inner(&mut self, id: ObjectId) {
        let Ok(Dict { set, factory, .. }) = self.dict(id).cloned() else {
            return;
        };
        let holder = self.state.heap.iter().find_map(|(outer, object)| {
            let Content::Dict(Dict {
                rest: Rest::Touched(touched),
                ..
            }) = &object.content
            else {
                return None;
            };
            (touched.value == Value::Object(id)).then_some(*outer)
        });
        if let Some(outer) = holder
            && !self.inner.contains_key(&outer)
        {
            let flat = self.reserve();
            self.inner.insert(outer, Inner { flat, set, factory });
        }
    }

    /// What stands for an empty dictionary that becomes the entry of a key, where its entries are known to
    /// be kept by pairs.
    pub(crate) fn as_inner(
        &mut self,
        outer: ObjectId,
        key: &Value,
        fresh: &Value,
    ) -> Option<Value> {
        let inner = self.inner.get(&outer)?.clone();
        let Value::Object(id) = fresh else {
            return None;
        };
        let dict = self.dict(*id).ok()?;
        let empty = dict.entries.is_empty()
            && dict.rest == Rest::Nothing
            && dict.class.is_none()
            && dict.set == inner.set
            && self.state.heap.contains_key(&inner.flat);
        if !empty {
            return None;
        }
        if let Some(object) = self.state.heap.get_mut(id)
            && let Content::Dict(dict) = &mut object.content
        {
            dict.rest = Rest::Part(Box::new(Part {
                flat: inner.flat,
                key: key.clone(),
            }));
        }
        Some(fresh.clone())
    }

    /// Whether the value is an inner dictionary kept by pairs.
    pub(crate) fn part_of_pairs(&self, value: &Value) -> Option<&Part> {
        let Value::Object(id) = value else {
            return None;
        };
        match &self.state.heap.get(id)?.content {
            Content::Dict(Dict {
                rest: Rest::Part(part),
                ..
            }) => Some(part),
            _ => None,
        }
    }

    /// Says of which key the inner dictionary is the entry.
    pub(crate) fn key_of_part(&mut self, value: &Value, key: &Value) {
        if let Value::Object(id) = value
            && let Some(object) = self.state.heap.get_mut(id)
            && let Content::Dict(Dict {
                rest: Rest::Part(part),
                ..
            }) = &mut object.content
        {
            part.key = key.clone();
        }
    }

    /// A stored inner dictionary as an object of the current row.
    pub(crate) fn object_of_part(&mut self, part: &Part) -> Value {
        let (set, factory) = match self.dict(part.flat) {
            Ok(dict) => (dict.set, dict.factory.clone()),
            Err(_) => (false, None),
        };
        self.object(Content::Dict(Dict {
            set,
            class: None,
            factory,
            entries: Vec::new(),
            rest: Rest::Part(Box::new(part.clone())),
        }))
    }

    /// Both keys as one.
    pub(crate) fn pair_key(part: &Part, key: &Value, span: &Span) -> Result<Value, Refusal> {
        let refuse = |reason: &str| Refusal::new("dictionary", reason, Some(span.clone()));
        let mut items = Vec::new();
        for (key, inner) in [(&part.key, false), (key, true)] {
            match key {
                Value::Tuple(parts) if inner && parts.len() < 2 => {
                    return Err(refuse(
                        "the key of an inner dictionary is a tuple of one item",
                    ));
                }
                Value::Tuple(parts) => items.extend(parts.iter().cloned()),
                Value::Unbound => return Err(refuse("whose entry it is, is not known")),
                other => items.push(other.clone()),
            }
        }
        Ok(Value::Tuple(items))
    }

    /// The entries of one outer key, once the loop that fills them has ended.
    pub(crate) fn settle_part(&mut self, id: ObjectId) {
        let Some(part) = self.part_of_pairs(&Value::Object(id)).cloned() else {
            return;
        };
        let seen = match self.state.heap.get(&part.flat).map(|flat| &flat.content) {
            Some(Content::Dict(flat)) => match &flat.rest {
                Rest::Nothing if flat.entries.is_empty() && !self.in_filling(part.flat) => {
                    Some(Rest::Nothing)
                }
                Rest::Built(mapping) => Self::entries_of(mapping, &part.key)
                    .map(|mapping| Rest::Built(Box::new(mapping))),
                _ => None,
            },
            Some(Content::Poisoned(refusal)) => {
                let refusal = refusal.clone();
                self.state.poison(id, &refusal);
                return;
            }
            _ => None,
        };
        if let Some(seen) = seen
            && let Some(object) = self.state.heap.get_mut(&id)
            && let Content::Dict(dict) = &mut object.content
        {
            dict.rest = seen;
        }
    }

    /// Whether a loop may be filling the dictionary by pairs.
    fn in_filling(&self, flat: ObjectId) -> bool {
        let outer = self.inner.iter().find(|(_, inner)| inner.flat == flat);
        let filled = outer
            .and_then(|(outer, _)| self.dict(*outer).ok())
            .is_some_and(|outer| matches!(outer.rest, Rest::Built(_)));
        self.in_rows() && !filled
    }

    fn entries_of(mapping: &Mapping, key: &Value) -> Option<Mapping> {
        let mut terms: Vec<Term> = Vec::new();
        let mut plain = true;
        for item in match key {
            Value::Tuple(items) => &items[..],
            other => std::slice::from_ref(other),
        } {
            match item {
                Value::Scalar(term) => terms.push(term.clone()),
                _ => plain = false,
            }
        }
        let Value::Tuple(items) = &mapping.key else {
            return None;
        };
        if !plain || items.len() != mapping.keys.len() || terms.len() >= items.len() {
            return None;
        }
        let (own, rest) = mapping.keys.split_at(terms.len());
        let mut outer: Vec<(ColumnName, Term)> = own.iter().cloned().zip(terms).collect();
        let count = outer.len();
        outer.extend(mapping.outer.iter().cloned());
        Some(Mapping {
            node: mapping.node,
            keys: rest.to_vec(),
            key: match &items[count..] {
                [one] => one.clone(),
                several => Value::Tuple(several.to_vec()),
            },
            value: mapping.value.clone(),
            outer,
        })
    }
}

/// The entry's template with its own key in the place of what stood for it.
pub(crate) fn with_own_key(value: &Template, key: &Template) -> Template {
    match value {
        Value::Within(part) => Value::Within(Box::new(Part {
            flat: part.flat,
            key: key.clone(),
        })),
        other => other.clone(),
    }
}
