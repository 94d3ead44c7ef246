//! Comprehensions and generator expressions: loops that fill an unnamed list, set or dictionary.

use relift_dataflow::Refusal;
use relift_diagnostics::Span;
use ruff_python_ast::{self as ast, Expr};

use crate::iteration::object_id;
use crate::lowering::Lowerer;
use crate::state::not;
use crate::statements::Exits;
use crate::values::{Condition, Content, Dict, Rest, Value};

/// What a comprehension collects.
enum Collect<'a> {
    List(&'a Expr),
    Set(&'a Expr),
    Dict(&'a Expr, &'a Expr),
}

impl<'a> Lowerer<'a> {
    pub(crate) fn list_comprehension(
        &mut self,
        element: &'a Expr,
        generators: &'a [ast::Comprehension],
        span: &Span,
    ) -> Result<Value, Refusal> {
        let list = self.list_of(Vec::new());
        self.collect(&list, &Collect::List(element), generators, span)?;
        Ok(list)
    }

    pub(crate) fn set_comprehension(
        &mut self,
        element: &'a Expr,
        generators: &'a [ast::Comprehension],
        span: &Span,
    ) -> Result<Value, Refusal> {
        let set = self.empty_dict(true);
        self.collect(&set, &Collect::Set(element), generators, span)?;
        Ok(set)
    }

    pub(crate) fn dict_comprehension(
        &mut self,
        key: &'a Expr,
        value: &'a Expr,
        generators: &'a [ast::Comprehension],
        span: &Span,
    ) -> Result<Value, Refusal> {
        let dict = self.empty_dict(false);
        self.collect(&dict, &Collect::Dict(key, value), generators, span)?;
        Ok(dict)
    }

    pub(crate) fn empty_dict(&mut self, set: bool) -> Value {
        self.object(Content::Dict(Dict {
            set,
            class: None,
            factory: None,
            entries: Vec::new(),
            rest: Rest::Nothing,
        }))
    }

    fn collect(
        &mut self,
        into: &Value,
        what: &Collect<'a>,
        generators: &'a [ast::Comprehension],
        span: &Span,
    ) -> Result<(), Refusal> {
        // Its variables are its own.
        let outer = self.state.locals.clone();
        let collected = self.collect_from(into, what, generators, span);
        self.state.locals = outer;
        collected
    }

    fn collect_from(
        &mut self,
        into: &Value,
        what: &Collect<'a>,
        generators: &'a [ast::Comprehension],
        span: &Span,
    ) -> Result<(), Refusal> {
        let Some((generator, rest)) = generators.split_first() else {
            return Ok(());
        };
        let iterated = self.eval(&generator.iter)?;
        let iter_span = self.span(&generator.iter);
        let mut body = |lowerer: &mut Self, item: Value| -> Result<Exits, Refusal> {
            lowerer.assign(&generator.target, item)?;
            lowerer.collect_one(into, what, &generator.ifs, rest, span)?;
            Ok(Vec::new())
        };
        match self.iterate(&iterated, &iter_span)?.into_rows() {
            Err(items) => self.unrolled(items, span, &mut body).map(|_| ()),
            Ok(rows) => self.over(&rows, span, &mut body),
        }
    }

    fn collect_one(
        &mut self,
        into: &Value,
        what: &Collect<'a>,
        tests: &'a [Expr],
        further: &'a [ast::Comprehension],
        span: &Span,
    ) -> Result<(), Refusal> {
        if let Some((test, rest)) = tests.split_first() {
            let value = self.eval(test)?;
            let condition = self.truth(&value, span)?;
            match self.state.known(&condition.expr) {
                Some(true) => return self.collect_one(into, what, rest, further, span),
                Some(false) => return Ok(()),
                None => {}
            }
            let condition = Condition {
                expr: condition.expr,
                scope: condition.scope,
            };
            let base = self.state.clone();
            self.state.path.push(condition.clone());
            self.collect_one(into, what, rest, further, span)?;
            let yes = std::mem::replace(&mut self.state, base.clone());
            self.state.path.push(Condition {
                expr: not(condition.expr.clone()),
                scope: condition.scope,
            });
            let no = std::mem::take(&mut self.state);
            self.state = self.merge(&base, &condition, yes, no);
            return Ok(());
        }
        if !further.is_empty() {
            return self.collect_from(into, what, further, span);
        }
        let id = object_id(into);
        match what {
            Collect::List(element) => {
                let item = self.eval(element)?;
                self.append(id, item, span)
            }
            Collect::Set(element) => {
                let item = self.eval(element)?;
                self.set_entry(id, &item, Value::Tuple(Vec::new()), span)
            }
            Collect::Dict(key, value) => {
                let key = self.eval(key)?;
                let value = self.eval(value)?;
                self.set_entry(id, &key, value, span)
            }
        }
    }
}
