//! Integers some of which may be None: the dtype of their column depends on the day's rows.

use relift_dataflow::{
    Aggregate, AggregateFunction, DatedIntegers, Expr, GroupOrder, NodeId, ObligationKind, Op,
    Refusal, dated_integers,
};
use relift_diagnostics::Span;
use relift_job::ColumnName;

use crate::lowering::{Lowerer, type_refusal};
use crate::state::any;

impl Lowerer<'_> {
    /// A column of ints and None as `pd.DataFrame` stores it: floats when a None is among them. Nothing but
    /// None would make a column of objects. `held` is where the values stand as a column.
    pub(crate) fn integers_or_none(
        &mut self,
        expr: &Expr,
        (node, column): (NodeId, ColumnName),
        span: &Span,
    ) -> Result<Expr, Refusal> {
        if self.of_group(node) {
            return Err(Refusal::new(
                "function of a group",
                "the dtype depends on the data of the group",
                Some(span.clone()),
            ));
        }
        let integers = DatedIntegers {
            node,
            columns: std::slice::from_ref(&column),
            module: self.module,
            spans: std::slice::from_ref(span),
        };
        let made = dated_integers(self.flow, &integers, self.catalog)
            .map_err(|error| type_refusal(&error, Some(span.clone())))?;
        let Some((_, made)) = made.into_iter().next() else {
            return Ok(expr.clone());
        };
        self.need_some_value(node, &column, span)?;
        Ok(made.substitute(&|name| (*name == column).then(|| expr.clone())))
    }

    /// Demands that a column with rows holds at least one value.
    fn need_some_value(
        &mut self,
        node: NodeId,
        column: &ColumnName,
        span: &Span,
    ) -> Result<(), Refusal> {
        let aggregate = |function, argument| Aggregate {
            function,
            argument,
            filter: None,
        };
        let facts = self.add(
            Op::Aggregate {
                input: node,
                keys: Vec::new(),
                aggregates: vec![
                    (
                        ColumnName::from("rows"),
                        aggregate(AggregateFunction::Count, None),
                    ),
                    (
                        ColumnName::from("values"),
                        aggregate(
                            AggregateFunction::CountValues,
                            Some(Expr::column(column.clone())),
                        ),
                    ),
                ],
                order: GroupOrder::Unordered,
            },
            span,
            None,
        )?;
        let none = |name: &str| {
            Expr::compare(
                relift_dataflow::Comparison::Eq,
                relift_dataflow::Flavour::Python,
                Expr::column(name),
                Expr::int(0),
            )
        };
        self.oblige(
            facts,
            ObligationKind::Holds(any([none("rows"), crate::state::not(none("values"))])),
            "nothing but None makes a column of objects instead of numbers",
            span,
        );
        Ok(())
    }

    /// A row of numbers is one array: on a day on which one column is floats all of them are.
    pub(crate) fn upcast_together(&self, columns: &[ColumnName], node: NodeId) -> Option<Expr> {
        let conditions = columns
            .iter()
            .map(|column| {
                relift_dataflow::float_condition(self.flow, &Expr::column(column.clone()), node)
            })
            .collect::<Option<Vec<_>>>()?;
        Some(any(conditions))
    }
}
