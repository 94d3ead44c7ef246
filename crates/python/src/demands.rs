//! What must hold for the symbolic execution to mean what the code does: obligations on rows, on the run,
//! and on what earlier rows left behind.

use relift_dataflow::{Cardinality, Expr, NodeId, Obligation, ObligationKind, Op, Refusal};
use relift_diagnostics::Span;

use crate::exceptions::Raised;
use crate::lowering::{Lowerer, reads_previous};
use crate::state::{all, any, not};
use crate::values::{NO_ROW, Scope, Term};

impl Lowerer<'_> {
    /// The current path as one condition of the scope; what other rows or running states say is left out.
    pub(crate) fn path_of(&self, scope: Scope) -> Vec<Expr> {
        self.state
            .path
            .iter()
            .filter(|fact| fact.scope == NO_ROW || fact.scope == scope)
            .filter(|fact| !reads_previous(&fact.expr))
            .map(|fact| fact.expr.clone())
            .collect()
    }

    /// Demands that the condition holds wherever execution comes here; where it does not, Python raises the
    /// exception that `why` names.
    pub(crate) fn require(
        &mut self,
        condition: &Term,
        construct: &str,
        why: &str,
        span: &Span,
    ) -> Result<(), Refusal> {
        if self.state.dead || self.state.known(&condition.expr) == Some(true) {
            return Ok(());
        }
        if self.leave_for_handler(condition, &Raised::told_by(why)) {
            return Ok(());
        }
        self.demand(condition, construct, why, span)
    }

    /// Demands that the condition holds wherever execution comes here, whatever catches exceptions.
    pub(crate) fn demand(
        &mut self,
        condition: &Term,
        construct: &str,
        why: &str,
        span: &Span,
    ) -> Result<(), Refusal> {
        if self.state.dead || self.state.known(&condition.expr) == Some(true) {
            return Ok(());
        }
        if reads_previous(&condition.expr) {
            return self.require_later(condition, construct, why, span);
        }
        let mut scope = condition.scope;
        if scope == NO_ROW
            && let Some(row) = self.scopes.last()
            && self.state.path.iter().any(|fact| fact.scope == row.scope)
        {
            scope = row.scope;
        }
        let node = match self.scopes.iter().find(|row| row.scope == scope) {
            Some(row) => row.node,
            None => self.run_node(span)?,
        };
        let path = all(self.path_of(scope));
        let holds = any([not(path), condition.expr.clone()]).at(Some(span.clone()));
        let holds = self.expanded(holds, scope);
        if holds.is_true() {
            return Ok(());
        }
        self.oblige(node, ObligationKind::Holds(holds), why, span);
        Ok(())
    }

    /// A condition on what earlier rows left behind is laid down when the loop is complete.
    fn require_later(
        &mut self,
        condition: &Term,
        construct: &str,
        why: &str,
        span: &Span,
    ) -> Result<(), Refusal> {
        let path: Vec<Expr> = self
            .state
            .path
            .iter()
            .filter(|fact| fact.scope == NO_ROW || fact.scope == condition.scope)
            .map(|fact| fact.expr.clone())
            .collect();
        let holds = any([not(all(path)), condition.expr.clone()]).at(Some(span.clone()));
        match self.loops.last_mut() {
            Some(context) if context.scope == condition.scope => {
                context.demands.push((holds, why.to_owned()));
                Ok(())
            }
            _ => Err(Refusal::new(
                construct,
                format!("{why}, which depends on what earlier rows left behind"),
                Some(span.clone()),
            )),
        }
    }

    pub(crate) fn oblige(&mut self, node: NodeId, kind: ObligationKind, why: &str, span: &Span) {
        if let Some(same) = self
            .flow
            .obligations
            .iter_mut()
            .find(|other| other.node == node && other.kind == kind)
        {
            if !same.spans.contains(span) {
                same.spans.push(span.clone());
            }
            return;
        }
        self.flow.obligations.push(Obligation {
            node,
            kind,
            why: why.to_owned(),
            spans: vec![span.clone()],
        });
    }

    /// Demands that a relation has rows wherever execution comes here.
    pub(crate) fn require_rows(
        &mut self,
        node: NodeId,
        construct: &str,
        why: &str,
        span: &Span,
    ) -> Result<(), Refusal> {
        if self.flow.node(node).cardinality == Cardinality::One {
            return Ok(());
        }
        if self.state.path.is_empty() {
            self.oblige(node, ObligationKind::NotEmpty, why, span);
            return Ok(());
        }
        let empty = self.empty(node, span)?;
        self.require(&Term::constant(not(empty.expr)), construct, why, span)
    }

    pub(crate) fn run_node(&mut self, span: &Span) -> Result<NodeId, Refusal> {
        if let Some(node) = self.run {
            return Ok(node);
        }
        let node = self.add(
            Op::Values {
                columns: Vec::new(),
                rows: vec![Vec::new()],
            },
            span,
            Some("run"),
        )?;
        self.run = Some(node);
        Ok(node)
    }
}
