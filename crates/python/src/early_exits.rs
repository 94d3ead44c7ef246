//! Loops that stop at the first row for which something holds: `break`, `return`, `for … else`.
//!
//! Where rows that do not stop the loop change nothing, all the loop does is what its body does for the
//! first row that stops it. So that row is found by the conditions of the body, and the body is executed
//! once for it, under the condition that there is one.

use std::collections::BTreeSet;
use std::rc::Rc;

use relift_dataflow::{
    Aggregate, AggregateFunction, Expr, ExprKind, Frame, GroupOrder, LookupValue, NodeId, Op,
    PickWhich, Refusal, WindowFunction,
};
use relift_diagnostics::Span;
use relift_job::ColumnName;

use crate::correlation::conjuncts;
use crate::loops::{LoopContext, Place, get_place, set_place};
use crate::lowering::{Lowerer, reads_previous};
use crate::state::{State, all, any, not};
use crate::statements::{Exit, Exits};
use crate::values::{Condition, Matching, NO_ROW, Relation, Scope, Term, Value};

/// Runs of the body after which what it carries from row to row must be known.
const ROUNDS_MAX: usize = 6;

type Body<'b, 'a> = dyn FnMut(&mut Lowerer<'a>, Value) -> Result<Exits, Refusal> + 'b;

/// What a trial of the body has shown.
struct Trial {
    /// When a row stops the loop, over the rows it was tried on.
    stops: Expr,
    /// Variables that rows before it may have set.
    carried: BTreeSet<Place>,
}

/// The first row that stops the loop.
struct FirstRow {
    found: Term,
    element: Value,
    /// The conditions of that row, as the code around the loop says them.
    facts: Expr,
}

impl<'a> Lowerer<'a> {
    /// Executes a loop whose body may leave it.
    pub(crate) fn until_left(
        &mut self,
        rows: &Matching,
        span: &Span,
        body: &mut dyn FnMut(&mut Self, Value) -> Result<Exits, Refusal>,
        otherwise: &mut dyn FnMut(&mut Self) -> Result<Exits, Refusal>,
    ) -> Result<Exits, Refusal> {
        let before = self.state.clone();
        let snapshot = self.snapshot();
        let outcome = self.left_early(rows, span, body, otherwise);
        if outcome.is_err() {
            self.restore(&snapshot);
            self.state = before;
        }
        outcome
    }

    fn left_early(
        &mut self,
        rows: &Matching,
        span: &Span,
        body: &mut Body<'_, 'a>,
        otherwise: &mut dyn FnMut(&mut Self) -> Result<Exits, Refusal>,
    ) -> Result<Exits, Refusal> {
        let before = self.state.clone();
        let (trial, first) = if self.in_rows() {
            let row = self
                .scopes
                .iter()
                .rev()
                .find(|row| self.loops.last().is_some_and(|own| own.scope == row.scope))
                .cloned()
                .ok_or_else(|| {
                    Refusal::new("for loop", "its outer row is lost", Some(span.clone()))
                })?;
            let level = self.level(rows, &row, span)?;
            let node = self.paired(row.node, &level, &[], None, span)?;
            let scope = self.new_scope();
            let entry = self.seen_from_pairs(scope, &row, &level);
            let pairs = Relation {
                node,
                element: rows.relation.element.clone(),
            };
            let trial = self.tried(&pairs, scope, &entry, span, body)?;
            self.state = before.clone();
            let guard = conjuncts(&trial.stops);
            let inner = template_columns(&rows.relation.element);
            let used: Vec<&Expr> = inner.iter().collect();
            let correlated =
                self.correlated(&row, std::slice::from_ref(&level), &guard, &used, span)?;
            let stopping = self.filtered(&correlated, &guard, span)?;
            let back = |name: &ColumnName| {
                level
                    .renames
                    .iter()
                    .find(|(_, new)| new == name)
                    .map(|(old, _)| Expr::column(old.clone()))
            };
            let first = self.first_of(
                stopping,
                &correlated.on,
                &rows.relation.element,
                &trial.stops,
                row.scope,
                &back,
                span,
            )?;
            (trial, first)
        } else {
            let relation = self.chosen(rows, span)?;
            if let Some(exits) = self.after_rows_before(&relation, span, body, otherwise) {
                return Ok(exits);
            }
            let scope = self.new_scope();
            let trial = self.tried(&relation, scope, &before, span, body)?;
            self.state = before.clone();
            let stopping = self.add(
                Op::Filter {
                    input: relation.node,
                    predicate: trial.stops.clone(),
                },
                span,
                None,
            )?;
            let first = self.first_of(
                stopping,
                &[],
                &relation.element,
                &trial.stops,
                NO_ROW,
                &|_| None,
                span,
            )?;
            (trial, first)
        };
        self.at_first(&trial.carried, &first, span, body, otherwise)
    }

    /// Executes the body for the row that stops the loop, if there is one, and `otherwise` if not.
    fn at_first(
        &mut self,
        carried: &BTreeSet<Place>,
        first: &FirstRow,
        span: &Span,
        body: &mut Body<'_, 'a>,
        otherwise: &mut dyn FnMut(&mut Self) -> Result<Exits, Refusal>,
    ) -> Result<Exits, Refusal> {
        let leaked = Rc::new(Refusal::new(
            "for loop",
            "a variable is read that an earlier row of the loop may have set",
            Some(span.clone()),
        ));
        let forget = |state: &mut State| {
            for place in carried {
                set_place(state, place, Value::Unknown(leaked.clone()));
            }
        };
        let mut yes = |lowerer: &mut Self| {
            forget(&mut lowerer.state);
            let base = lowerer.state.clone();
            for fact in conjuncts(&first.facts) {
                lowerer.state.path.push(Condition {
                    expr: fact,
                    scope: first.found.scope,
                });
            }
            let mut exits = Vec::new();
            let mut broken = Vec::new();
            for (state, exit) in body(lowerer, first.element.clone())? {
                match exit {
                    Exit::Break => broken.push(state),
                    Exit::Return(_) => exits.push((state, exit)),
                    // The row does leave the loop.
                    Exit::Continue => {}
                }
            }
            lowerer.state.dead = true;
            if !broken.is_empty() {
                lowerer.join(&base, broken);
            }
            Ok(exits)
        };
        let mut no = |lowerer: &mut Self| {
            forget(&mut lowerer.state);
            otherwise(lowerer)
        };
        self.branched(&first.found, &mut yes, &mut no)
    }

    /// A loop whose rows before the one it stops at change something: first a loop over those rows, then the
    /// body once more for the row it stops at. Nothing where that is not how it is, or where the rows
    /// change nothing.
    fn after_rows_before(
        &mut self,
        relation: &Relation,
        span: &Span,
        body: &mut Body<'_, 'a>,
        otherwise: &mut dyn FnMut(&mut Self) -> Result<Exits, Refusal>,
    ) -> Option<Exits> {
        let (before, snapshot) = (self.state.clone(), self.snapshot());
        let stops = self.stops_whatever(relation, span, body);
        self.state = before.clone();
        let Ok(Some(stops)) = stops else {
            self.restore(&snapshot);
            return None;
        };
        match self.in_two_parts(relation, &stops, span, body, otherwise) {
            Ok(exits) => Some(exits),
            Err(_) => {
                self.restore(&snapshot);
                self.state = before;
                None
            }
        }
    }

    /// When a row stops the loop, whatever the rows before it did; nothing when those change nothing.
    fn stops_whatever(
        &mut self,
        relation: &Relation,
        span: &Span,
        body: &mut Body<'_, 'a>,
    ) -> Result<Option<Expr>, Refusal> {
        let entry = self.state.clone();
        let obligations = self.flow.obligations.len();
        let scope = self.new_scope();
        let mut paths: Vec<Expr> = Vec::new();
        let (plan, context) = self.settle(
            relation,
            scope,
            &entry,
            false,
            span,
            &mut |lowerer, element| {
                paths.clear();
                let (leaving, staying): (Exits, Exits) = body(lowerer, element)?
                    .into_iter()
                    .partition(|(_, exit)| *exit != Exit::Continue);
                for (state, _) in &leaving {
                    let facts = state
                        .path
                        .iter()
                        .filter(|fact| !entry.path.contains(fact))
                        .map(|fact| fact.expr.clone());
                    paths.push(all(facts));
                }
                Ok(staying)
            },
        )?;
        let after = std::mem::take(&mut self.state);
        self.scopes.pop();
        let refuse = |reason: &str| Refusal::new("for loop", reason, Some(span.clone()));
        if !context.deferred.is_empty() || !context.demands.is_empty() {
            return Err(refuse("a loop inside it changes things around it"));
        }
        let stops = any(paths);
        if reads_previous(&stops) {
            return Err(refuse(
                "whether it stops depends on what earlier rows left behind",
            ));
        }
        let changed = !plan.scalars.is_empty()
            || !plan.records.is_empty()
            || context.started.heap.iter().any(|(id, object)| {
                entry.heap.contains_key(id)
                    && after
                        .heap
                        .get(id)
                        .is_none_or(|other| other.content != object.content)
            });
        if !changed {
            return Ok(None);
        }
        // Rows after the one it stops at need not be as the body wants them, unless asking for the stop
        // could fail there.
        if !crate::values::may_raise(&stops) {
            self.flow.obligations.truncate(obligations);
        }
        Ok(Some(stops))
    }

    fn in_two_parts(
        &mut self,
        relation: &Relation,
        stops: &Expr,
        span: &Span,
        body: &mut Body<'_, 'a>,
        otherwise: &mut dyn FnMut(&mut Self) -> Result<Exits, Refusal>,
    ) -> Result<Exits, Refusal> {
        let stopped = self.fresh_column(relation.node, "stopped");
        let function = WindowFunction::Over {
            aggregate: Aggregate {
                function: AggregateFunction::Any,
                argument: Some(stops.clone()),
                filter: None,
            },
            frame: Frame::RUNNING,
        };
        let rows = Matching::all(relation.clone());
        let marked = self.windowed(&rows, vec![(stopped.clone(), function)], span)?;
        let node = self.add(
            Op::Filter {
                input: marked,
                predicate: not(Expr::column(stopped)).at(Some(span.clone())),
            },
            span,
            None,
        )?;
        let before = Relation {
            node,
            element: relation.element.clone(),
        };
        self.over_rows(&before, span, &mut |lowerer, element| {
            let exits = body(lowerer, element)?;
            // No row here stops the loop.
            Ok(exits
                .into_iter()
                .filter(|(_, exit)| *exit == Exit::Continue)
                .collect())
        })?;
        let stopping = self.add(
            Op::Filter {
                input: relation.node,
                predicate: stops.clone(),
            },
            span,
            None,
        )?;
        let first = self.first_of(
            stopping,
            &[],
            &relation.element,
            stops,
            NO_ROW,
            &|_| None,
            span,
        )?;
        self.at_first(&BTreeSet::new(), &first, span, body, otherwise)
    }

    /// Executes one of two things.
    pub(crate) fn branched(
        &mut self,
        condition: &Term,
        yes: &mut dyn FnMut(&mut Self) -> Result<Exits, Refusal>,
        no: &mut dyn FnMut(&mut Self) -> Result<Exits, Refusal>,
    ) -> Result<Exits, Refusal> {
        match self.state.known(&condition.expr) {
            Some(true) => return yes(self),
            Some(false) => return no(self),
            None => {}
        }
        let condition = Condition {
            expr: condition.expr.clone(),
            scope: condition.scope,
        };
        let base = self.state.clone();
        self.state.path.push(condition.clone());
        let mut exits = yes(self)?;
        let left = std::mem::replace(&mut self.state, base.clone());
        self.state.path.push(Condition {
            expr: not(condition.expr.clone()),
            scope: condition.scope,
        });
        exits.extend(no(self)?);
        let right = std::mem::take(&mut self.state);
        self.state = self.merge(&base, &condition, left, right);
        Ok(exits)
    }

    /// Finds out which rows leave the loop. What the trial demands of values stays demanded.
    fn tried(
        &mut self,
        relation: &Relation,
        scope: Scope,
        entry: &State,
        span: &Span,
        body: &mut Body<'_, 'a>,
    ) -> Result<Trial, Refusal> {
        let snapshot = self.snapshot();
        let refuse = |reason: &str| Refusal::new("for loop", reason, Some(span.clone()));
        let mut carried: BTreeSet<Place> = BTreeSet::new();
        for _ in 0..ROUNDS_MAX {
            self.restore(&snapshot);
            self.state = entry.clone();
            let refusal = Rc::new(refuse(
                "a value is carried from one row to the next in a way that is not lifted",
            ));
            for place in &carried {
                set_place(&mut self.state, place, Value::Unknown(refusal.clone()));
            }
            self.enter_rows(scope, relation.node);
            self.loops
                .push(LoopContext::new(scope, self.state.clone(), false));
            let started = self.state.clone();
            let exits = body(self, relation.element.in_scope(scope));
            let context = self.loops.pop();
            self.scopes.pop();
            let mut staying = Vec::new();
            let mut leaving = Vec::new();
            for (state, exit) in exits? {
                match exit {
                    Exit::Continue => staying.push(state),
                    Exit::Break | Exit::Return(_) => leaving.push(state),
                }
            }
            if !self.state.dead {
                staying.push(std::mem::take(&mut self.state));
            }
            if context
                .is_some_and(|context| !context.deferred.is_empty() || !context.demands.is_empty())
            {
                return Err(refuse("a loop inside it changes things around it"));
            }
            let mut found = carried.clone();
            for state in &staying {
                let same_objects = started.heap.iter().all(|(id, object)| {
                    state.heap.get(id).is_some_and(|other| {
                        other.content == object.content && other.escaped == object.escaped
                    })
                });
                if !same_objects || state.shared != started.shared {
                    return Err(refuse(
                        "it changes things in rows before the one it stops at",
                    ));
                }
                let names = state
                    .locals
                    .keys()
                    .map(|name| Place::Local(name.clone()))
                    .chain(state.globals.keys().map(|name| Place::Global(name.clone())));
                for place in names {
                    if get_place(state, &place) != get_place(&started, &place) {
                        found.insert(place);
                    }
                }
            }
            if found != carried {
                carried = found;
                continue;
            }
            let mut paths = Vec::new();
            for state in &leaving {
                let facts: Vec<Expr> = state
                    .path
                    .iter()
                    .filter(|fact| !entry.path.contains(fact))
                    .map(|fact| fact.expr.clone())
                    .collect();
                paths.push(all(facts));
            }
            let stops = any(paths);
            if reads_previous(&stops) {
                return Err(refuse(
                    "whether it stops depends on what earlier rows left behind",
                ));
            }
            return Ok(Trial { stops, carried });
        }
        Err(refuse("what it carries from row to row does not settle"))
    }

    /// The first of the rows that belong to the current row, and whether there is one.
    #[expect(clippy::too_many_arguments, reason = "parts of one question")]
    fn first_of(
        &mut self,
        node: NodeId,
        on: &[(ColumnName, Term)],
        element: &Value,
        stops: &Expr,
        scope: Scope,
        outer: &dyn Fn(&ColumnName) -> Option<Expr>,
        span: &Span,
    ) -> Result<FirstRow, Refusal> {
        let (found, column) = self.first_row(node, on, PickWhich::First, span)?;
        let schema = self.flow.node(node).schema.clone();
        let value = |name: &ColumnName| {
            outer(name).or_else(|| schema.has(name).then(|| column(self, name)))
        };
        Ok(FirstRow {
            element: element.substitute(found.scope, &value),
            facts: stops.clone().substitute(&value),
            found: Term {
                scope: found.scope.max(if on.is_empty() { NO_ROW } else { scope }),
                ..found
            },
        })
    }

    /// Whether there is a first (or last) of the rows that belong to the current row, and how its columns
    /// are read.
    pub(crate) fn first_row(
        &mut self,
        node: NodeId,
        on: &[(ColumnName, Term)],
        which: PickWhich,
        span: &Span,
    ) -> Result<(Term, impl Fn(&Self, &ColumnName) -> Expr + use<'a>), Refusal> {
        let function = match which {
            PickWhich::First => AggregateFunction::First,
            PickWhich::Last => AggregateFunction::Last,
        };
        let keys: Vec<(ColumnName, Expr)> = on
            .iter()
            .map(|(column, term)| (column.clone(), term.expr.clone()))
            .collect();
        let (relation, found) = if on.is_empty() {
            let aggregates = self
                .flow
                .node(node)
                .schema
                .names()
                .map(|name| {
                    let aggregate = Aggregate {
                        function,
                        argument: Some(Expr::column(name.clone())),
                        filter: None,
                    };
                    (name.clone(), aggregate)
                })
                .collect();
            let relation = self.add(
                Op::Aggregate {
                    input: node,
                    keys: Vec::new(),
                    aggregates,
                    order: GroupOrder::Unordered,
                },
                span,
                None,
            )?;
            let empty = self.empty(node, span)?;
            (
                relation,
                Term {
                    expr: not(empty.expr.clone()),
                    ..empty
                },
            )
        } else {
            let relation = self.add(
                Op::Pick {
                    input: node,
                    keys: on.iter().map(|(column, _)| column.clone()).collect(),
                    which,
                },
                span,
                None,
            )?;
            let found = Term {
                expr: Expr::new(ExprKind::Lookup {
                    relation,
                    keys: keys.clone(),
                    value: LookupValue::Present,
                })
                .at(Some(span.clone())),
                scope: on.iter().map(|(_, term)| term.scope).fold(NO_ROW, u32::max),
                numpy: false,
            };
            (relation, found)
        };
        let place = span.clone();
        let column = move |lowerer: &Self, name: &ColumnName| {
            if !keys.is_empty() {
                return lowerer.lookup_of(relation, &keys, name, &place);
            }
            let scalar = Expr::new(ExprKind::Scalar {
                relation,
                column: name.clone(),
            })
            .at(Some(place.clone()));
            let missing = lowerer
                .flow
                .node(node)
                .schema
                .ty(name)
                .is_none_or(|ty| ty.missing.none);
            if missing {
                scalar
            } else {
                Expr::call(relift_dataflow::Function::Known, vec![scalar]).at(Some(place.clone()))
            }
        };
        Ok((found, column))
    }
}

/// Columns a template reads.
pub(crate) fn template_columns(element: &Value) -> Vec<Expr> {
    let mut found: Vec<Expr> = Vec::new();
    element.map_terms(&mut |term| {
        for column in term.expr.columns() {
            let column = Expr::column(column);
            if !found.contains(&column) {
                found.push(column);
            }
        }
        term.clone()
    });
    found
}
