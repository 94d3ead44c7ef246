//! `while` over an index: `while i < len(rows): row = rows[i]; …; i += 1`.
//!
//! Such a loop is `for i in range(start, len(rows))` as long as every way through its body leaves the index
//! one further, which the symbolic execution sees: the body runs once for an index of which nothing is
//! known, and all states it can end in are asked what the index has become.

use relift_dataflow::{Comparison, Expr, Flavour, Refusal};
use relift_diagnostics::Span;
use ruff_python_ast as ast;

use crate::lowering::Lowerer;
use crate::state::{State, choose, not};
use crate::statements::{Exit, Exits};
use crate::values::{Condition, Matching, NO_ROW, Term, Value};

/// The condition of a loop over an index.
struct Counting<'a> {
    index: &'a str,
    end: &'a ast::Expr,
    /// What must hold beyond that for the loop to go on.
    further: &'a [ast::Expr],
}

impl<'a> Counting<'a> {
    fn of(test: &'a ast::Expr) -> Option<Self> {
        let (first, further) = match test {
            ast::Expr::BoolOp(both) if both.op == ast::BoolOp::And => both.values.split_first()?,
            other => (other, &[][..]),
        };
        let ast::Expr::Compare(compare) = first else {
            return None;
        };
        let (left, op, right) = match (&compare.ops[..], &compare.comparators[..]) {
            ([op], [right]) => (&*compare.left, *op, right),
            _ => return None,
        };
        match (left, op, right) {
            (ast::Expr::Name(name), ast::CmpOp::Lt, end)
            | (end, ast::CmpOp::Gt, ast::Expr::Name(name)) => Some(Self {
                index: name.id.as_str(),
                end,
                further,
            }),
            _ => None,
        }
    }
}

impl<'a> Lowerer<'a> {
    pub(crate) fn while_statement(&mut self, loop_: &'a ast::StmtWhile) -> Result<Exits, Refusal> {
        self.with_inner_dicts(&mut |lowerer| lowerer.while_counting(loop_))
    }

    fn while_counting(&mut self, loop_: &'a ast::StmtWhile) -> Result<Exits, Refusal> {
        let span = self.span(loop_);
        let refuse = |reason: &str| Refusal::new("while loop", reason, Some(span.clone()));
        let unknown = || refuse("how often it runs is not known before it does");
        let counting = Counting::of(&loop_.test).ok_or_else(unknown)?;
        let start = self
            .state
            .locals
            .get(counting.index)
            .and_then(Value::as_int)
            .filter(|start| *start >= 0)
            .ok_or_else(unknown)?;
        let end = self.eval(counting.end)?;
        let end = self.scalar(&end, "while loop", &span)?;
        let (_, beyond) = self.counted(&end).ok_or_else(unknown)?;
        if end.scope != NO_ROW || beyond > 0 {
            return Err(unknown());
        }
        let bounds = [Value::int(start), Value::Scalar(end.clone())];
        let Some(Value::Rows(indices)) = self.range_of_rows(&bounds, &span)? else {
            return Err(unknown());
        };
        if !counting.further.is_empty() && !loop_.orelse.is_empty() {
            return Err(refuse(
                "with an `else` its condition must be one of the index",
            ));
        }
        let rows = Matching::all(*indices);
        let (index, count, place) = (counting.index, end.clone(), span.clone());
        let mut body = |lowerer: &mut Self, element: Value| {
            lowerer.one_turn(loop_, &counting, &element, start, &count, &place)
        };
        // The first index for which the condition does not hold.
        let last = {
            let more = Expr::compare(
                Comparison::Gt,
                Flavour::Python,
                end.expr.clone(),
                Expr::int(start),
            );
            let expr = if start == 0 && beyond == 0 {
                end.expr.clone()
            } else {
                choose(&more, end.expr.clone(), Expr::int(start))
            };
            Value::Scalar(Term::constant(expr.at(Some(span.clone()))))
        };
        if !counting.further.is_empty() || crate::loops::leaves_early(&loop_.body) {
            let mut otherwise = |lowerer: &mut Self| {
                lowerer.state.locals.insert(index.to_owned(), last.clone());
                lowerer.block(&loop_.orelse)
            };
            return self.until_left(&rows, &span, &mut body, &mut otherwise);
        }
        self.over(&rows, &span, &mut body)?;
        self.state.locals.insert(index.to_owned(), last);
        self.block(&loop_.orelse)
    }

    /// The body for one index.
    fn one_turn(
        &mut self,
        loop_: &'a ast::StmtWhile,
        counting: &Counting<'a>,
        element: &Value,
        start: i64,
        end: &Term,
        span: &Span,
    ) -> Result<Exits, Refusal> {
        let mut exits = Vec::new();
        self.state
            .locals
            .insert(counting.index.to_owned(), element.clone());
        for further in counting.further {
            let place = self.span(further);
            let value = self.eval(further)?;
            let holds = self.truth(&value, &place)?;
            match self.state.known(&holds.expr) {
                Some(true) => continue,
                Some(false) => {
                    exits.extend(self.leave(Exit::Break));
                    return Ok(exits);
                }
                None => {}
            }
            let mut ended = self.state.clone();
            ended.path.push(Condition {
                expr: not(holds.expr.clone()),
                scope: holds.scope,
            });
            exits.push((ended, Exit::Break));
            self.state.path.push(Condition {
                expr: holds.expr,
                scope: holds.scope,
            });
        }
        exits.extend(self.block(&loop_.body)?);
        let one = Value::int(1);
        let next = self.binary(ast::Operator::Add, element, &one, span)?;
        for (state, exit) in &mut exits {
            if *exit == Exit::Continue {
                self.turned(state, counting, &next, start, end, span)?;
            }
        }
        if !self.state.dead {
            let mut state = std::mem::take(&mut self.state);
            let turned = self.turned(&mut state, counting, &next, start, end, span);
            self.state = state;
            turned?;
        }
        Ok(exits)
    }

    /// Whether the state is that after exactly one step; the index is then put back.
    fn turned(
        &mut self,
        state: &mut State,
        counting: &Counting<'a>,
        next: &Value,
        start: i64,
        end: &Term,
        span: &Span,
    ) -> Result<(), Refusal> {
        let refuse = |reason: &str| Refusal::new("while loop", reason, Some(span.clone()));
        let reached = state.locals.get(counting.index);
        let stepped = match (reached, next) {
            (Some(Value::Scalar(reached)), Value::Scalar(next)) => self.same_number(reached, next),
            _ => false,
        };
        if !stepped {
            return Err(refuse("its index does not always advance by one"));
        }
        let own = std::mem::replace(&mut self.state, state.clone());
        let asked = self.eval(counting.end);
        let asked = asked.and_then(|value| self.scalar(&value, "while loop", span));
        self.state = own;
        if !asked.is_ok_and(|asked| self.same_number(&asked, end)) {
            return Err(refuse("its end changes while it runs"));
        }
        state
            .locals
            .insert(counting.index.to_owned(), Value::int(start));
        Ok(())
    }
}
