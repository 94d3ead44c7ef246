//! Building one graph from another, node by node.

use relift_job::Catalog;

use crate::{
    Dataflow, Expr, ExprKind, FrameBinding, NodeId, Obligation, ObligationKind, Op, Sink, TypeError,
};

/// Copies a graph while a pass exchanges some of its nodes.
///
/// A pass walks the old graph in order; for each node it either calls [`Rewriter::keep`] or adds nodes of
/// its own to [`Rewriter::flow`] and says with [`Rewriter::replace`] which of them stands for the old one.
/// References of later nodes are exchanged as they are copied.
pub struct Rewriter<'a> {
    old: &'a Dataflow,
    /// The graph under construction.
    pub flow: Dataflow,
    catalog: &'a Catalog,
    new_ids: Vec<Option<NodeId>>,
}

impl<'a> Rewriter<'a> {
    /// Starts with an empty copy.
    pub fn new(old: &'a Dataflow, catalog: &'a Catalog) -> Self {
        let count = old.nodes().count();
        let mut flow = Dataflow::new(old.job.clone());
        flow.sqlite.clone_from(&old.sqlite);
        Self {
            old,
            flow,
            catalog,
            new_ids: vec![None; count],
        }
    }

    /// The node that stands for an old one.
    ///
    /// # Panics
    /// When the old node was neither kept nor replaced before: passes go inputs first.
    pub fn new_id(&self, old: NodeId) -> NodeId {
        self.new_ids[old.0 as usize].expect("inputs are rewritten before their users")
    }

    /// Whether the old node has a counterpart.
    pub fn has(&self, old: NodeId) -> bool {
        self.new_ids[old.0 as usize].is_some()
    }

    /// Exchanges the relations an expression asks.
    #[must_use]
    pub fn expr(&self, expr: Expr) -> Expr {
        expr.map(&mut |mut part| {
            if let ExprKind::Lookup { relation, .. } | ExprKind::Scalar { relation, .. } =
                &mut part.kind
            {
                *relation = self.new_id(*relation);
            }
            part
        })
    }

    /// An operator with references exchanged.
    #[must_use]
    pub fn op(&self, op: Op) -> Op {
        op.rebuild(&mut |input| self.new_id(input), &mut |expr| self.expr(expr))
    }

    /// Copies a node as it is.
    pub fn keep(&mut self, id: NodeId) -> Result<NodeId, TypeError> {
        let op = self.op(self.old.node(id).op.clone());
        self.replace(id, op)
    }

    /// Adds `op` (over new nodes) in place of an old node; name, module and spans stay.
    pub fn replace(&mut self, id: NodeId, op: Op) -> Result<NodeId, TypeError> {
        let new = self.add(id, op)?;
        self.redirect(id, new);
        if let Some(name) = &self.old.node(id).name {
            self.flow.rename(new, name);
        }
        Ok(new)
    }

    /// Adds a further node that comes from the same code as an old one, without standing for it.
    pub fn add(&mut self, origin: NodeId, op: Op) -> Result<NodeId, TypeError> {
        let node = self.old.node(origin);
        self.flow
            .add(op, node.module, node.spans.clone(), None, self.catalog)
    }

    /// Lets a new node stand for an old one.
    pub fn redirect(&mut self, old: NodeId, new: NodeId) {
        self.new_ids[old.0 as usize] = Some(new);
    }

    /// Copies sinks, frames, reads and obligations; those about nodes without counterpart are dropped.
    pub fn finish(mut self) -> Dataflow {
        let binding = |binding: &FrameBinding| {
            let node = self.new_ids[binding.node.0 as usize]?;
            Some(FrameBinding {
                node,
                ..binding.clone()
            })
        };
        self.flow.frames = self.old.frames.iter().filter_map(binding).collect();
        self.flow.reads = self.old.reads.iter().filter_map(binding).collect();
        self.flow.sinks = self
            .old
            .sinks
            .iter()
            .map(|sink| Sink {
                module: sink.module,
                input: self.new_id(sink.input),
            })
            .collect();
        let mut obligations: Vec<Obligation> = self
            .old
            .obligations
            .iter()
            .filter(|obligation| {
                self.has(obligation.node)
                    && obligation
                        .kind
                        .exprs()
                        .iter()
                        .all(|expr| expr.relations().iter().all(|id| self.has(*id)))
            })
            .map(|obligation| Obligation {
                node: self.new_id(obligation.node),
                kind: match &obligation.kind {
                    ObligationKind::Holds(condition) => {
                        ObligationKind::Holds(self.expr(condition.clone()))
                    }
                    other => other.clone(),
                },
                ..obligation.clone()
            })
            .collect();
        obligations.append(&mut self.flow.obligations);
        self.flow.obligations = obligations;
        self.flow
    }
}
