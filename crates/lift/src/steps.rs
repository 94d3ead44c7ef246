//! Decisions about steps that have no loop: a query, or Python that works on whole frames.
//!
//! Such a step is relational algebra from the start, so no rule is asked; the record of what became of
//! the job says so nevertheless, with the level its relations reach.

use std::collections::BTreeSet;

use relift_dataflow::{Base, Dataflow, FrameBinding, NodeId, Op, Schema, type_of};
use relift_diagnostics::Span;

use crate::{Decision, Level};

/// What stands in place of a rule's name.
const RULE: &str = "relational-as-it-is";

/// Decisions about the steps that `decided` says nothing of; with them a job has at least one.
pub(crate) fn step_decisions(
    flow: &Dataflow,
    needed: &BTreeSet<NodeId>,
    decided: &[Decision],
) -> Vec<Decision> {
    let mut modules: Vec<usize> = Vec::new();
    for binding in &flow.frames {
        let source = flow
            .nodes()
            .any(|(_, node)| node.module == binding.module && matches!(node.op, Op::Scan { .. }));
        let looped = decided
            .iter()
            .any(|decision| decision.module == binding.module);
        if !source && !looped && !modules.contains(&binding.module) {
            modules.push(binding.module);
        }
    }
    let mut found: Vec<Decision> = modules
        .into_iter()
        .map(|module| of_module(flow, needed, module))
        .collect();
    if decided.is_empty() && found.is_empty() {
        found.extend(flow.sinks.iter().map(|sink| {
            let node = flow.node(sink.input);
            let name = node.name.as_deref().unwrap_or("rows");
            Decision {
                module: sink.module,
                construct: format!("output of `{name}`"),
                level: level(flow, &reached(flow, sink.input)),
                rule: RULE,
                reason: "it is written as it was read".to_owned(),
                span: node.spans.first().cloned(),
            }
        }));
    }
    found
}

fn of_module(flow: &Dataflow, needed: &BTreeSet<NodeId>, module: usize) -> Decision {
    let frames: Vec<&FrameBinding> = flow
        .frames
        .iter()
        .filter(|binding| binding.module == module)
        .collect();
    let live: Vec<NodeId> = needed
        .iter()
        .copied()
        .filter(|id| flow.node(*id).module == module)
        .collect();
    let handed_on = frames
        .iter()
        .any(|binding| flow.node(binding.node).module != module && needed.contains(&binding.node));
    let span = place(flow, module, &frames);
    // Only Python stands in files of its own.
    let python = span
        .as_ref()
        .filter(|span| span.file.to_ascii_lowercase().ends_with(".py"));
    let (construct, what) = match python {
        Some(span) => (
            format!("External `{}`", span.file),
            "it works on whole frames",
        ),
        None => (
            format!(
                "SQL query `{}`",
                frames
                    .first()
                    .map_or("result", |binding| binding.frame.as_str())
            ),
            "it is a query",
        ),
    };
    let reason = if live.is_empty() && !handed_on {
        "no output needs what it computes, so it has no counterpart".to_owned()
    } else {
        format!("{what}, and every operation of it has an exact form in the engine")
    };
    Decision {
        module,
        construct,
        level: level(flow, &live),
        rule: RULE,
        reason,
        span,
    }
}

/// Where a module's code stands: the place of what it hands on, else of anything it made.
fn place(flow: &Dataflow, module: usize, frames: &[&FrameBinding]) -> Option<Span> {
    let own = frames
        .iter()
        .map(|binding| flow.node(binding.node))
        .filter(|node| node.module == module)
        .find_map(|node| node.spans.first());
    let any = || {
        let mut made = flow.nodes().filter(|(_, node)| node.module == module);
        made.find_map(|(_, node)| node.spans.first())
    };
    own.or_else(any).cloned()
}

fn reached(flow: &Dataflow, root: NodeId) -> Vec<NodeId> {
    let reached = flow.reachable([root]);
    flow.nodes()
        .map(|(id, _)| id)
        .filter(|id| reached[id.0 as usize])
        .collect()
}

/// The weakest level that any of these relations needs.
fn level(flow: &Dataflow, nodes: &[NodeId]) -> Level {
    let levels = nodes.iter().map(|id| match &flow.node(*id).op {
        Op::Pick { .. } | Op::Window { .. } => Level::Window,
        Op::Running(_) => Level::OrderedAggregate,
        Op::Aggregate {
            input, aggregates, ..
        } => {
            let of = aggregates.iter().map(|(_, aggregate)| {
                use relift_dataflow::AggregateFunction as A;
                let schema = &flow.node(*input).schema;
                let float = aggregate.argument.as_ref().is_some_and(|argument| {
                    type_of(argument, schema, &Schema::default(), flow)
                        .is_ok_and(|ty| ty.base == Base::Float64)
                });
                match aggregate.function {
                    A::First | A::Last => Level::OrderedAggregate,
                    of_list if of_list.of_list() => Level::OrderedAggregate,
                    A::FloatSum | A::SqlFloatSum | A::SqlAverage if float => Level::Window,
                    _ => Level::Flat,
                }
            });
            of.max().unwrap_or(Level::Flat)
        }
        _ => Level::Flat,
    });
    levels.max().unwrap_or(Level::Flat)
}
