//! What a loop carries from row to row.

use std::collections::BTreeSet;

use relift_dataflow::{
    Aggregate, AggregateFunction, Base, ColumnType, Comparison, Expr, ExprKind, Flavour, Frame,
    Function, NodeId, Obligation, ObligationKind, Op, Refusal, Rewriter, RuleMutant, Running,
    RunningSlot, Schema, TypeError, WindowFunction, running_types, simplify, type_of,
};
use relift_diagnostics::Span;
use relift_job::ColumnName;

use crate::Level;
use crate::changes::{Change, recognise};
use crate::conditions::{Cases, Scope, same, split};
use crate::rule::{Applies, declare_lifting_rule, fresh_name};
use crate::slots::{SlotPlan, Start, never_negative_zero, plan};

declare_lifting_rule! {
    /// ## Lifts
    /// A variable or a dictionary's value that a loop updates and reads on the way: a running balance, a
    /// counter, the value of the row before, a streak that starts anew.
    ///
    /// ## To
    /// Window functions over the rows in order, one partition per key: what an aggregate says of all rows
    /// it says of the rows so far. A variable that is set on some rows and accumulated on others is
    /// aggregated over the island of rows since it was last set.
    ///
    /// ## Holds when
    /// Each value changes in a way an aggregate expresses, possibly after being set anew, and what it reads
    /// of other variables is known per row. A value without such a form stays a loop in the engine, over
    /// rows in order.
    static RUNNING_TO_WINDOW = {
        name: "running-to-window",
        since: "0.1.0",
        applies: Applies::Running,
    };
}

/// The rows of a loop with what it carries along, as relations.
pub(crate) struct LiftedRunning {
    pub(crate) node: NodeId,
    pub(crate) level: Level,
    pub(crate) reason: String,
    pub(crate) obligations: Vec<Obligation>,
}

/// Lifts `running`, which stands over the new graph in place of the old node `id`.
pub(crate) fn lift_running(
    id: NodeId,
    running: &Running,
    names: &[ColumnName],
    spans: &[Span],
    rewriter: &mut Rewriter<'_>,
) -> Result<LiftedRunning, Refusal> {
    let refuse = |reason: String| {
        Refusal::new(
            "value carried from row to row",
            reason,
            spans.first().cloned(),
        )
    };
    let mistyped = |error: TypeError| refuse(error.to_string());
    let types = running_types(&rewriter.flow, running).map_err(mistyped)?;
    let mut lifter = Lifter {
        id,
        running,
        types: &types,
        spans,
        rewriter,
        rows: running.input,
        level: Level::Window,
        reasons: Vec::new(),
        obligations: Vec::new(),
    };
    lifter.keys().map_err(refuse)?;
    lifter.presence().map_err(mistyped)?;
    let left = lifter.slots().map_err(mistyped)?;
    if !left.is_empty() {
        lifter.keep(&left).map_err(mistyped)?;
    }
    let columns = names
        .iter()
        .map(|name| (name.clone(), Expr::column(name.clone())))
        .collect();
    let op = Op::Map {
        input: lifter.rows,
        columns,
    };
    let node = lifter.rewriter.add(id, op).map_err(mistyped)?;
    Ok(LiftedRunning {
        node,
        level: lifter.level,
        reason: lifter.reasons.join("; "),
        obligations: lifter.obligations,
    })
}

struct Lifter<'a, 'r> {
    id: NodeId,
    running: &'a Running,
    /// Types of the slots, by the name of the column before the row.
    types: &'a Schema,
    spans: &'a [Span],
    rewriter: &'a mut Rewriter<'r>,
    /// The rows with the columns so far.
    rows: NodeId,
    level: Level,
    reasons: Vec<String>,
    obligations: Vec<Obligation>,
}

impl Lifter<'_, '_> {
    fn schema(&self) -> Schema {
        self.rewriter.flow.node(self.rows).schema.clone()
    }

    fn fresh(&self, wanted: &str) -> ColumnName {
        let old = self
            .running
            .slots
            .iter()
            .flat_map(|slot| [&slot.before, &slot.after])
            .chain([&self.running.presence]);
        let taken: Vec<relift_dataflow::Column> = old
            .map(|name| relift_dataflow::Column {
                name: name.clone(),
                ty: ColumnType::of(Base::Nothing),
            })
            .collect();
        fresh_name(wanted, &[&self.schema(), &Schema::new(taken)])
    }

    /// What must hold of the keys, so that partitions are the entries of a dictionary.
    fn keys(&mut self) -> Result<(), String> {
        for key in &self.running.keys {
            let schema = self.schema();
            let ty = type_of(key, &schema, &Schema::default(), &self.rewriter.flow)
                .map_err(|error| error.to_string())?;
            if ty.missing.nan {
                return Err("a NaN key is a key of its own for each row".to_owned());
            }
            match ty.base {
                Base::Number => {
                    return Err("keys are ints on some rows and floats on others".to_owned());
                }
                Base::Float64 if !never_negative_zero(&self.rewriter.flow, self.rows, key) => {
                    let shown = Expr::call(Function::ToText, vec![key.clone()]);
                    let test =
                        Expr::compare(Comparison::Ne, Flavour::Python, shown, Expr::text("-0.0"));
                    self.oblige(test, "0.0 and -0.0 are one key in Python but not in SQL");
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn oblige(&mut self, condition: Expr, why: &str) {
        self.obligations.push(Obligation {
            node: self.rows,
            kind: ObligationKind::Holds(condition),
            why: why.to_owned(),
            spans: self.spans.to_vec(),
        });
    }

    fn window(
        &mut self,
        partition: Vec<Expr>,
        functions: Vec<(ColumnName, WindowFunction)>,
    ) -> Result<(), TypeError> {
        if functions.is_empty() {
            return Ok(());
        }
        let op = Op::Window {
            input: self.rows,
            partition: if RuleMutant::RunningPartition.is_on() {
                Vec::new()
            } else {
                partition
            },
            order: Vec::new(),
            functions,
        };
        self.rows = self.rewriter.add(self.id, op)?;
        Ok(())
    }

    /// Adds computed columns.
    fn compute(&mut self, made: Vec<(ColumnName, Expr)>) -> Result<(), TypeError> {
        if made.is_empty() {
            return Ok(());
        }
        let columns = self
            .schema()
            .names()
            .map(|name| (name.clone(), Expr::column(name.clone())))
            .chain(made)
            .collect();
        let op = Op::Map {
            input: self.rows,
            columns,
        };
        self.rows = self.rewriter.add(self.id, op)?;
        Ok(())
    }

    /// Whether the entry was there before the row.
    fn presence(&mut self) -> Result<(), TypeError> {
        let keys = self.running.keys.clone();
        let presence = self.running.presence.clone();
        if self.running.creates.is_true() {
            let place = self.fresh("row_place");
            self.window(keys, vec![(place.clone(), WindowFunction::RowNumber)])?;
            let later = Expr::compare(
                Comparison::Gt,
                Flavour::Python,
                Expr::column(place),
                Expr::int(i64::from(!RuleMutant::RunningPresence.is_on())),
            );
            return self.compute(vec![(presence, later)]);
        }
        let created = Aggregate {
            function: AggregateFunction::Any,
            argument: Some(self.running.creates.clone()),
            filter: None,
        };
        let function = WindowFunction::Over {
            aggregate: created,
            frame: if RuleMutant::RunningCreates.is_on() {
                Frame::RUNNING
            } else {
                Frame::BEFORE
            },
        };
        self.window(keys, vec![(presence, function)])
    }

    /// Lifts slots, those they read before them; returns those that have no form.
    fn slots(&mut self) -> Result<Vec<RunningSlot>, TypeError> {
        let mut waiting: Vec<&RunningSlot> = self.running.slots.iter().collect();
        let mut done: BTreeSet<ColumnName> = BTreeSet::new();
        loop {
            let mut lifted = None;
            for (index, slot) in waiting.iter().enumerate() {
                let next = self.with_columns(&slot.next, &done);
                if reads_others(&next, &slot.before) {
                    continue;
                }
                let slot = RunningSlot {
                    next,
                    ..(*slot).clone()
                };
                if self.slot(&slot)? {
                    lifted = Some(index);
                    break;
                }
            }
            let Some(index) = lifted else { break };
            done.insert(waiting.remove(index).before.clone());
        }
        Ok(waiting
            .into_iter()
            .map(|slot| RunningSlot {
                next: self.with_columns(&slot.next, &done),
                ..slot.clone()
            })
            .collect())
    }

    /// The expression over the columns of the slots that have them. They hold nothing where the entry
    /// is absent, and nobody may rely on them there.
    fn with_columns(&self, expr: &Expr, done: &BTreeSet<ColumnName>) -> Expr {
        expr.clone().map(&mut |part| match &part.kind {
            ExprKind::Previous(name) if done.contains(name) => {
                let held = Expr::column(name.clone());
                let never = self.types.ty(name).is_some_and(|ty| !ty.missing.none);
                let held = if never {
                    Expr::call(Function::Known, vec![held])
                } else {
                    held
                };
                let presence = Expr::column(self.running.presence.clone());
                Expr::branch(presence, held, Expr::none()).at(part.span.clone())
            }
            _ => part,
        })
    }

    fn slot(&mut self, slot: &RunningSlot) -> Result<bool, TypeError> {
        Ok(self.set_on_every_row(slot)?
            || self.accumulated(slot)?
            || self.accumulated_in_islands(slot)?)
    }

    fn scope<'s>(&'s self, schema: &'s Schema) -> Scope<'s> {
        Scope {
            flow: &self.rewriter.flow,
            input: self.rows,
            schema,
            previous: self.types,
        }
    }

    fn creates(&self) -> bool {
        self.running.creates.is_true()
    }

    /// A value that every row sets is that of the row before.
    fn set_on_every_row(&mut self, slot: &RunningSlot) -> Result<bool, TypeError> {
        let Some(ty) = self.types.ty(&slot.before).filter(|_| self.creates()) else {
            return Ok(false);
        };
        let Ok(Change::Set(next)) = recognise(&slot.next, &slot.before, ty) else {
            return Ok(false);
        };
        let value = if same(&slot.first, &next) || RuleMutant::RunningFirst.is_on() {
            next
        } else {
            Expr::branch(
                Expr::column(self.running.presence.clone()),
                next,
                slot.first.clone(),
            )
        };
        self.compute(vec![(slot.after.clone(), value)])?;
        self.look_back(slot)?;
        self.reasons
            .push(format!("{}: each row sets it for the next", slot.after));
        Ok(true)
    }

    /// The value before a row is the one after the row before.
    fn look_back(&mut self, slot: &RunningSlot) -> Result<(), TypeError> {
        let function = WindowFunction::Offset {
            value: Expr::column(slot.after.clone()),
            rows: if RuleMutant::RunningDirection.is_on() {
                -1
            } else {
                1
            },
            default: Expr::none(),
        };
        self.window(
            self.running.keys.clone(),
            vec![(slot.before.clone(), function)],
        )
    }

    /// The plan of a value, when every aggregate of it has a form over the rows so far.
    fn planned(
        &self,
        slot: &RunningSlot,
        first: &Expr,
        creates: &Expr,
        next: &Expr,
    ) -> Option<SlotPlan> {
        let schema = self.schema();
        let scope = self.scope(&schema);
        let ty = self.types.ty(&slot.before)?;
        let start = Start::First {
            value: first,
            creates,
        };
        let plan = plan(&scope, &slot.before, ty, &start, next).ok()?;
        let expressible = plan.occurs.is_none()
            && plan.aggregates.iter().all(|(_, aggregate)| {
                let picks = matches!(
                    aggregate.function,
                    AggregateFunction::First | AggregateFunction::Last
                );
                let missing = aggregate.argument.as_ref().is_some_and(|argument| {
                    type_of(argument, &schema, &Schema::default(), &self.rewriter.flow)
                        .map_or(true, |ty| ty.missing.possible())
                });
                aggregate.function != AggregateFunction::CountDistinct
                    && !(picks && (aggregate.filter.is_some() || !creates.is_true()) && missing)
            });
        expressible.then_some(plan)
    }

    /// A value that accumulates is its aggregate over the rows so far.
    fn accumulated(&mut self, slot: &RunningSlot) -> Result<bool, TypeError> {
        let creates = self.running.creates.clone();
        let Some(plan) = self.planned(slot, &slot.first, &creates, &slot.next) else {
            return Ok(false);
        };
        for (condition, why) in &plan.holds {
            self.oblige(condition.clone(), why);
        }
        let keys = self.running.keys.clone();
        let (running, earlier) = if RuleMutant::RunningFrame.is_on() {
            (Frame::BEFORE, Frame::RUNNING)
        } else {
            (Frame::RUNNING, Frame::BEFORE)
        };
        let after = self.aggregated(&plan, &keys, slot, running)?;
        let before = self.aggregated(&plan, &keys, slot, earlier)?;
        let made = |name: &ColumnName, value: Expr, there: Option<Expr>| {
            let value = match there {
                Some(there) => Expr::branch(there, value, Expr::none()),
                None => value,
            };
            (name.clone(), value)
        };
        let presence = Expr::column(self.running.presence.clone());
        let after_there = (!self.creates()).then(|| {
            let created = self.running.creates.clone();
            simplify(Expr::call(Function::Or, vec![presence.clone(), created]))
        });
        self.compute(vec![
            made(&slot.after, after, after_there),
            made(&slot.before, before, Some(presence)),
        ])?;
        self.level = self.level.max(Level::Window);
        self.reasons.push(format!(
            "{}, over the rows so far: {}",
            slot.after, plan.reason
        ));
        Ok(true)
    }

    /// Adds the aggregates of a plan over a frame; returns the value over them.
    fn aggregated(
        &mut self,
        plan: &SlotPlan,
        partition: &[Expr],
        slot: &RunningSlot,
        frame: Frame,
    ) -> Result<Expr, TypeError> {
        let filter = |aggregate: &Aggregate| {
            if self.creates() || RuleMutant::RunningTouches.is_on() {
                return aggregate.filter.clone();
            }
            // Rows that cannot create the entry do not touch it.
            let own = aggregate.filter.iter().cloned();
            Some(simplify(Expr::all(
                [self.running.creates.clone()].into_iter().chain(own),
            )))
        };
        let suffix = if frame == Frame::BEFORE {
            "before"
        } else {
            "so_far"
        };
        let mut functions: Vec<(ColumnName, WindowFunction)> = Vec::new();
        let mut renamed: Vec<(ColumnName, ColumnName)> = Vec::new();
        for (name, aggregate) in &plan.aggregates {
            let stem = name
                .as_str()
                .strip_prefix(slot.before.as_str())
                .map_or_else(|| name.to_string(), |rest| format!("{}{rest}", slot.after));
            let mut own = self.fresh(&format!("{stem}_{suffix}"));
            let mut count = 1;
            while functions.iter().any(|(other, _)| *other == own) {
                count += 1;
                own = self.fresh(&format!("{stem}_{suffix}_{count}"));
            }
            renamed.push((name.clone(), own.clone()));
            let aggregate = Aggregate {
                filter: filter(aggregate),
                ..aggregate.clone()
            };
            functions.push((own, WindowFunction::Over { aggregate, frame }));
        }
        self.window(partition.to_vec(), functions)?;
        Ok(plan.value.clone().substitute(&|column| {
            renamed
                .iter()
                .find(|(name, _)| name == column)
                .map(|(_, own)| Expr::column(own.clone()))
        }))
    }

    /// A value that some rows set anew is accumulated over the rows since.
    fn accumulated_in_islands(&mut self, slot: &RunningSlot) -> Result<bool, TypeError> {
        if !self.creates() {
            return Ok(false);
        }
        let Some(ty) = self.types.ty(&slot.before) else {
            return Ok(false);
        };
        let schema = self.schema();
        let Some(cases) = split(
            &self.scope(&schema),
            &[],
            &[slot.next.clone(), slot.first.clone()],
        ) else {
            return Ok(false);
        };
        let cases: Cases<(Change, Expr, Expr)> = match cases.occurring(&mut |(_, values)| {
            recognise(&values[0], &slot.before, ty)
                .ok()
                .map(|change| (change, values[0].clone(), values[1].clone()))
        }) {
            // Every case must be recognised; one left out would be taken for another.
            Some(known) if known.leaves().len() == cases.leaves().len() => known,
            _ => return Ok(false),
        };
        let sets = |leaf: &(Change, Expr, Expr)| matches!(leaf.0, Change::Set(_));
        let anew = cases.condition(&sets);
        if anew.is_true() || anew.is_false() {
            return Ok(false);
        }
        let alike = cases
            .leaves()
            .into_iter()
            .all(|(change, _, first)| match change {
                Change::Set(value) => same(value, first),
                _ => true,
            });
        let set = cases.map(&mut |(change, _, first)| match change {
            Change::Set(value) => value.clone(),
            _ => first.clone(),
        });
        let first = if alike {
            set.into_expr()
        } else {
            let anew_value = cases
                .occurring(&mut |(change, _, _)| match change {
                    Change::Set(value) => Some(value.clone()),
                    _ => None,
                })
                .map_or_else(Expr::none, Cases::into_expr);
            Expr::branch(
                Expr::column(self.running.presence.clone()),
                anew_value,
                slot.first.clone(),
            )
        };
        let Some(next) = cases
            .occurring(&mut |(change, next, _)| {
                (!matches!(change, Change::Set(_))).then(|| next.clone())
            })
            .map(Cases::into_expr)
        else {
            return Ok(false);
        };
        // Islands are numbered first: the plan is made over rows that know theirs.
        let before_islands = self.rows;
        let island = self.fresh(&format!("{}_island", slot.after));
        let count = Aggregate {
            function: AggregateFunction::Count,
            argument: None,
            filter: Some(anew),
        };
        let function = WindowFunction::Over {
            aggregate: count,
            frame: Frame::RUNNING,
        };
        self.window(self.running.keys.clone(), vec![(island.clone(), function)])?;
        let always = Expr::bool(true);
        let Some(plan) = self.planned(slot, &first, &always, &next) else {
            self.rows = before_islands;
            return Ok(false);
        };
        for (condition, why) in &plan.holds {
            self.oblige(condition.clone(), why);
        }
        let mut partition = self.running.keys.clone();
        if !RuleMutant::RunningReset.is_on() {
            partition.push(Expr::column(island));
        }
        let value = self.aggregated(&plan, &partition, slot, Frame::RUNNING)?;
        self.compute(vec![(slot.after.clone(), value)])?;
        self.look_back(slot)?;
        self.reasons.push(format!(
            "{}, over the rows since it was last set: {}",
            slot.after, plan.reason
        ));
        Ok(true)
    }

    /// Slots without a form stay a loop in the engine.
    fn keep(&mut self, slots: &[RunningSlot]) -> Result<(), TypeError> {
        let running = Running {
            input: self.rows,
            keys: self.running.keys.clone(),
            creates: self.running.creates.clone(),
            presence: self.fresh(&format!("{}_again", self.running.presence)),
            slots: slots.to_vec(),
        };
        self.rows = self.rewriter.add(self.id, Op::Running(running))?;
        self.level = Level::OrderedAggregate;
        for slot in slots {
            self.reasons.push(format!(
                "{}: its new value depends on its old one in a way that only a loop over the rows in order expresses",
                slot.after
            ));
        }
        Ok(())
    }
}

fn reads_others(expr: &Expr, own: &ColumnName) -> bool {
    let mut found = false;
    expr.walk(&mut |part| {
        found |= matches!(&part.kind, ExprKind::Previous(name) if name != own);
    });
    found
}
