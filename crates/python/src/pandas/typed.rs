//! Frames that have no dtypes because they have no rows.
//!
//! A lake table without rows and a query without result make columns of objects, whatever the types of
//! the source. A frame that lost its rows later keeps its dtypes.

use relift_dataflow::{Base, NodeId, ObligationKind, Op, Refusal};
use relift_diagnostics::Span;

use crate::lowering::Lowerer;
use crate::state::{any, not};
use crate::values::Term;

impl Lowerer<'_> {
    /// Demands rows where a frame began, so that its columns have the dtypes of their values.
    pub(crate) fn require_typed(&mut self, node: NodeId, why: &str, span: &Span) {
        for begun in self.untyped_when_empty(node) {
            self.oblige(begun, ObligationKind::NotEmpty, why, span);
        }
    }

    /// The same, except where another frame has no rows either, so that the result has none.
    pub(crate) fn require_typed_beside(
        &mut self,
        node: NodeId,
        other: NodeId,
        why: &str,
        span: &Span,
    ) -> Result<(), Refusal> {
        for begun in self.untyped_when_empty(node) {
            let typed = not(self.empty(begun, span)?.expr);
            let nothing = self.empty(other, span)?.expr;
            self.require(&Term::constant(any([typed, nothing])), "merge", why, span)?;
        }
        Ok(())
    }

    /// Where a frame began: relations without whose rows its columns would have no dtypes.
    fn untyped_when_empty(&self, node: NodeId) -> Vec<NodeId> {
        let mut found = Vec::new();
        let mut waiting = vec![node];
        while let Some(node) = waiting.pop() {
            let made_here = self.flow.node(node).module == self.module;
            let inputs = match &self.flow.node(node).op {
                Op::Map { input, .. }
                | Op::Filter { input, .. }
                | Op::Sort { input, .. }
                | Op::Limit { input, .. }
                | Op::Pick { input, .. }
                | Op::Distinct { input }
                | Op::When { input, .. }
                    if made_here =>
                {
                    vec![*input]
                }
                // An inner join of typed frames is typed, also without rows.
                Op::Join { left, right, .. } if made_here => vec![*left, *right],
                Op::Union { inputs } if made_here => inputs.clone(),
                Op::Aggregate { input, keys, .. } if made_here && !keys.is_empty() => vec![*input],
                Op::Values { rows, .. } if !rows.is_empty() => Vec::new(),
                _ => {
                    let objects = self.flow.node(node).schema.columns().iter().all(|column| {
                        !matches!(
                            column.ty.base,
                            Base::Bool
                                | Base::Int64
                                | Base::Float64
                                | Base::Number
                                | Base::Timestamp
                        )
                    });
                    if !objects && !found.contains(&node) {
                        found.push(node);
                    }
                    Vec::new()
                }
            };
            waiting.extend(inputs);
        }
        found
    }
}
