//! Lifts a whole job: loops and lookups become relational algebra, then the rest is tidied.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use relift_dataflow::{
    Dataflow, Expr, ExprKind, Fold, FoldState, NodeId, Obligation, ObligationKind, Op, Refusal,
    Rewriter, TypeError,
};
use relift_job::{Catalog, ColumnName};

use crate::relevance::{checked_by, needed_nodes, relevant_obligations};
use crate::rule::{Applies, Lifting, StateCase};
use crate::rules::{
    JoinedLookups, LOOKUP_TO_LEFT_JOIN, RULES, RUNNING_TO_WINDOW, join_lookups, lift_running,
};
use crate::steps::step_decisions;
use crate::tidy::tidy;
use crate::{Decision, Level, Lifted};

/// Lifts a job, or says everything that stands in the way.
pub fn lift(flow: &Dataflow, catalog: &Catalog) -> Result<Lifted, Vec<Refusal>> {
    let obligations = relevant_obligations(flow);
    let mut old = flow.clone();
    old.obligations.clear();
    let roots = flow
        .sinks
        .iter()
        .map(|sink| sink.input)
        .chain(obligations.iter().flat_map(checked_by));
    let needed = needed_nodes(flow, roots);
    let mut pass = Pass {
        old: &old,
        needed: &needed,
        rewriter: Rewriter::new(&old, catalog),
        folds: BTreeMap::new(),
        failed: BTreeSet::new(),
        decisions: Vec::new(),
        refusals: Vec::new(),
        obligations: Vec::new(),
    };
    for id in &needed {
        pass.lower(*id);
    }
    for obligation in &obligations {
        pass.oblige(obligation);
    }
    let Pass {
        rewriter,
        mut decisions,
        refusals,
        obligations,
        ..
    } = pass;
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let sink_schemas = flow
        .sinks
        .iter()
        .map(|sink| flow.node(sink.input).schema.clone())
        .collect();
    let mut lowered = rewriter.finish();
    lowered.obligations = obligations;
    decisions.dedup();
    decisions.extend(step_decisions(flow, &needed, &decisions));
    decisions.sort_by_key(|decision| decision.module);
    let flow = tidy(&lowered, catalog).map_err(|error| {
        vec![Refusal::new(
            "job",
            format!("tidying the lifted form failed: {error}"),
            None,
        )]
    })?;
    Ok(Lifted {
        flow,
        decisions,
        sink_schemas,
    })
}

struct Pass<'a> {
    old: &'a Dataflow,
    needed: &'a BTreeSet<NodeId>,
    rewriter: Rewriter<'a>,
    /// The rows of each loop, with what its bodies look up joined, and its needed variables.
    folds: BTreeMap<NodeId, Loop>,
    failed: BTreeSet<NodeId>,
    decisions: Vec<Decision>,
    refusals: Vec<Refusal>,
    obligations: Vec<Obligation>,
}

struct Loop {
    input: NodeId,
    states: BTreeMap<usize, FoldState>,
}

impl Pass<'_> {
    fn lower(&mut self, id: NodeId) {
        let node = self.old.node(id);
        let dependencies = match &node.op {
            Op::State { fold, state } => match &self.old.node(*fold).op {
                Op::Fold(Fold { input, states }) => {
                    let mut all = vec![*input];
                    let exprs = states[*state].kind.exprs();
                    all.extend(exprs.into_iter().flat_map(Expr::relations));
                    all
                }
                _ => Vec::new(),
            },
            Op::Fold(_) => return,
            _ => self.old.dependencies(id),
        };
        if dependencies.iter().any(|input| self.failed.contains(input)) {
            self.failed.insert(id);
            return;
        }
        let result = match &node.op {
            Op::State { fold, state } => self.state(id, *fold, *state),
            _ => self.operator(id),
        };
        if let Err(refusal) = result {
            self.failed.insert(id);
            if !self.refusals.contains(&refusal) {
                self.refusals.push(refusal);
            }
        }
    }

    /// A relation that is no loop variable: only its lookups change.
    fn operator(&mut self, id: NodeId) -> Result<(), Refusal> {
        let node = self.old.node(id);
        let mistyped = |error: TypeError| {
            Refusal::new("relation", error.to_string(), node.spans.first().cloned())
        };
        if let Op::Running(_) = &node.op {
            return self.running(id);
        }
        if !node.op.exprs().into_iter().any(looks_up) {
            self.rewriter.keep(id).map_err(mistyped)?;
            return Ok(());
        }
        let op = self.rewriter.op(node.op.clone());
        let (input, keeps_columns) = match &op {
            Op::Filter { input, .. } | Op::Sort { input, .. } => (*input, true),
            Op::Map { input, .. } | Op::Aggregate { input, .. } => (*input, false),
            Op::Window { input, .. } => (*input, true),
            Op::Scan { .. }
            | Op::Values { .. }
            | Op::Join { .. }
            | Op::Pick { .. }
            | Op::Limit { .. }
            | Op::Distinct { .. }
            | Op::Union { .. }
            | Op::When { .. }
            | Op::Running(_)
            | Op::Fold(_)
            | Op::State { .. } => {
                let span = op.exprs().into_iter().find_map(|expr| expr.span.clone());
                return Err(Refusal::new(
                    "lookup",
                    "it is probed outside of any row, or while two relations are joined",
                    span.or_else(|| node.spans.first().cloned()),
                ));
            }
        };
        let exprs = op.exprs().into_iter().cloned().collect();
        let joined = join_lookups(&mut self.rewriter, id, input, exprs)?;
        let op = with_exprs(op, joined.node, &joined.exprs);
        self.note_lookups(id, &joined);
        if !keeps_columns {
            self.rewriter.replace(id, op).map_err(mistyped)?;
            return Ok(());
        }
        let inner = self.rewriter.add(id, op).map_err(mistyped)?;
        let columns = node
            .schema
            .names()
            .map(|name| (name.clone(), Expr::column(name.clone())))
            .collect();
        let outer = Op::Map {
            input: inner,
            columns,
        };
        self.rewriter.replace(id, outer).map_err(mistyped)?;
        Ok(())
    }

    /// What a loop carries along becomes columns of its rows.
    fn running(&mut self, id: NodeId) -> Result<(), Refusal> {
        let node = self.old.node(id);
        let op = self.rewriter.op(node.op.clone());
        let input = self.rewriter.new_id(node.op.inputs()[0]);
        let exprs = op.exprs().into_iter().cloned().collect();
        let joined = join_lookups(&mut self.rewriter, id, input, exprs)?;
        self.note_lookups(id, &joined);
        let Op::Running(running) = with_exprs(op, joined.node, &joined.exprs) else {
            return Err(Refusal::new("loop", "its rows are not known", None));
        };
        let names: Vec<ColumnName> = node.schema.names().cloned().collect();
        let lifted = lift_running(id, &running, &names, &node.spans, &mut self.rewriter)?;
        self.rewriter.redirect(id, lifted.node);
        self.obligations.extend(lifted.obligations);
        let carried: Vec<String> = running
            .slots
            .iter()
            .map(|slot| format!("`{}`", slot.after))
            .collect();
        self.decisions.push(Decision {
            module: node.module,
            construct: if carried.is_empty() {
                "keys seen so far, carried from row to row".to_owned()
            } else {
                format!("{} carried from row to row", carried.join(", "))
            },
            level: lifted.level,
            rule: RUNNING_TO_WINDOW.name,
            reason: lifted.reason,
            span: node.spans.first().cloned(),
        });
        Ok(())
    }

    fn note_lookups(&mut self, id: NodeId, joined: &JoinedLookups) {
        self.obligations.extend(joined.obligations.iter().cloned());
        for (name, span) in &joined.probed {
            self.decisions.push(Decision {
                module: self.old.node(id).module,
                construct: format!("lookup in `{name}`"),
                level: Level::Flat,
                rule: LOOKUP_TO_LEFT_JOIN.name,
                reason: "the probed relation has one row per key and no longer changes".to_owned(),
                span: span.clone(),
            });
        }
    }

    fn state(&mut self, id: NodeId, fold: NodeId, state: usize) -> Result<(), Refusal> {
        self.prepare_loop(fold)?;
        let Some(Loop { input, states }) = self.folds.get(&fold) else {
            return Err(Refusal::new("loop", "it has no rows", None));
        };
        let Some(variable) = states.get(&state) else {
            return Err(Refusal::new("loop", "it has no such variable", None));
        };
        let node = self.old.node(id);
        let spans = if variable.spans.is_empty() {
            &node.spans
        } else {
            &variable.spans
        };
        let case = StateCase {
            id,
            name: &variable.name,
            kind: &variable.kind,
            input: *input,
            schema: &node.schema,
            spans,
            order_observed: self.needed.iter().any(|user| self.reads_rows(*user, id))
                || self.old.sinks.iter().any(|sink| sink.input == id),
        };
        let mut refused = None;
        for rule in RULES {
            let Applies::State(lift) = rule.applies else {
                continue;
            };
            match lift(&case, &mut self.rewriter) {
                Lifting::NotMine => {}
                // A later rule may do with less.
                Lifting::Refused(refusal) => refused = refused.or(Some(refusal)),
                Lifting::Rewritten(rewritten) => {
                    self.rewriter.redirect(id, rewritten.node);
                    let name = node.name.as_deref().unwrap_or(case.name);
                    self.rewriter.flow.rename(rewritten.node, name);
                    self.obligations.extend(rewritten.obligations);
                    self.decisions.push(Decision {
                        module: node.module,
                        construct: case.construct(),
                        level: rewritten.level,
                        rule: rule.name,
                        reason: rewritten.reason,
                        span: spans.first().cloned(),
                    });
                    return Ok(());
                }
            }
        }
        Err(refused.unwrap_or_else(|| case.refusal("no rule knows such a variable")))
    }

    /// Whether `user` goes through the rows of `id`. A loop does so for each variable needed of it.
    fn reads_rows(&self, user: NodeId, id: NodeId) -> bool {
        match &self.old.node(user).op {
            Op::State { fold, .. } => self.old.node(*fold).op.inputs().contains(&id),
            op => op.inputs().contains(&id),
        }
    }

    /// Joins what the needed variables of a loop look up, once for all of them.
    fn prepare_loop(&mut self, fold: NodeId) -> Result<(), Refusal> {
        if self.folds.contains_key(&fold) {
            return Ok(());
        }
        let Op::Fold(Fold { input, states }) = &self.old.node(fold).op else {
            return Err(Refusal::new("loop", "its rows are not known", None));
        };
        let wanted: Vec<usize> = (0..states.len())
            .filter(|index| {
                self.needed.iter().any(|id| {
                    matches!(&self.old.node(*id).op, Op::State { fold: of, state } if *of == fold && state == index)
                })
            })
            .collect();
        let kept: Vec<FoldState> = wanted.iter().map(|index| states[*index].clone()).collect();
        let op = self.rewriter.op(Op::Fold(Fold {
            input: *input,
            states: kept,
        }));
        let exprs = op.exprs().into_iter().cloned().collect();
        let rows = self.rewriter.new_id(*input);
        let joined = join_lookups(&mut self.rewriter, fold, rows, exprs)?;
        self.note_lookups(fold, &joined);
        let Op::Fold(Fold { input, states }) = with_exprs(op, joined.node, &joined.exprs) else {
            return Err(Refusal::new("loop", "its rows are not known", None));
        };
        let states = wanted.into_iter().zip(states).collect();
        self.folds.insert(fold, Loop { input, states });
        Ok(())
    }

    /// Carries an obligation over; its own lookups are joined to the relation it speaks of.
    fn oblige(&mut self, obligation: &Obligation) {
        let failed = |id: &NodeId| self.failed.contains(id) || !self.rewriter.has(*id);
        if checked_by(obligation).iter().any(failed) {
            return;
        }
        let node = self.rewriter.new_id(obligation.node);
        let (node, kind) = match &obligation.kind {
            ObligationKind::Holds(condition) => {
                let condition = self.rewriter.expr(condition.clone());
                match join_lookups(&mut self.rewriter, obligation.node, node, vec![condition]) {
                    Ok(mut joined) => {
                        self.obligations.append(&mut joined.obligations);
                        (joined.node, ObligationKind::Holds(joined.exprs.remove(0)))
                    }
                    Err(refusal) => {
                        self.refusals.push(refusal);
                        return;
                    }
                }
            }
            other => (node, other.clone()),
        };
        self.obligations.push(Obligation {
            node,
            kind,
            ..obligation.clone()
        });
    }
}

fn looks_up(expr: &Expr) -> bool {
    let mut found = false;
    expr.walk(&mut |part| found |= matches!(part.kind, ExprKind::Lookup { .. }));
    found
}

/// The operator over another input with its expressions exchanged, in the order [`Op::exprs`] lists them.
fn with_exprs(op: Op, input: NodeId, exprs: &[Expr]) -> Op {
    let mut exprs: VecDeque<Expr> = exprs.iter().cloned().collect();
    op.rebuild(&mut |_| input, &mut |expr| {
        exprs.pop_front().unwrap_or(expr)
    })
}
