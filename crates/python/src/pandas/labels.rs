//! The labels of a frame's rows, and cells picked by them or by place: `at`, `iat`, slices, `tail`.
//!
//! A frame that was just made labels its rows 0, 1, 2 …, so that a label is a place. Rows that were left
//! out or moved take their labels along; those are not followed, so a label is understood only where it
//! is known to be a place.

use relift_dataflow::{JoinKind, NodeId, Op, Refusal};
use relift_diagnostics::Span;
use relift_job::ColumnName;

use crate::calls::Arguments;
use crate::lowering::Lowerer;
use crate::pandas::reduction::Reduction;
use crate::positions::Part;
use crate::values::{Matching, Relation, Series, Value};

impl Lowerer<'_> {
    /// The same rows labelled by their places.
    pub(crate) fn labelled_anew(&mut self, node: NodeId, span: &Span) -> Result<NodeId, Refusal> {
        if self.labels_are_places(node) {
            return Ok(node);
        }
        let names: Vec<ColumnName> = self.flow.node(node).schema.names().cloned().collect();
        let title = self.flow.node(node).name.clone();
        let node = self.with_columns(node, &names, &[], title.as_deref(), span)?;
        self.numbered.insert(node);
        Ok(node)
    }

    /// Notes that a frame was just made, so that its labels are places.
    pub(crate) fn freshly_made(&mut self, node: NodeId) -> NodeId {
        self.numbered.insert(node);
        node
    }

    /// Whether the rows of a frame are known to be labelled 0, 1, 2 ….
    pub(crate) fn labels_are_places(&self, node: NodeId) -> bool {
        let mut node = node;
        loop {
            if self.numbered.contains(&node) {
                return true;
            }
            let of_node = self.flow.node(node);
            node = match &of_node.op {
                Op::Scan { .. } => return true,
                Op::Values { .. } | Op::State { .. } => return of_node.module == self.module,
                Op::Map { input, .. } | Op::Limit { input, .. } | Op::Window { input, .. } => {
                    *input
                }
                Op::Join {
                    left,
                    kind: JoinKind::Left,
                    ..
                } if self.extends(node, *left) => *left,
                _ => return false,
            };
        }
    }

    /// Rows from one place to another.
    pub(crate) fn frame_part(
        &mut self,
        node: NodeId,
        part: Part,
        span: &Span,
    ) -> Result<NodeId, Refusal> {
        let names: Vec<ColumnName> = self.flow.node(node).schema.names().cloned().collect();
        let rows = Matching::all(Relation {
            node,
            element: Value::none(),
        });
        let picked = self.part_of(&rows, part, span)?.relation.node;
        if picked == node {
            return Ok(node);
        }
        self.select_columns(picked, &names, span)
    }

    /// `frame.tail(count)` and the like: the last rows.
    pub(crate) fn last_rows(
        &mut self,
        node: NodeId,
        arguments: &Arguments,
    ) -> Result<NodeId, Refusal> {
        arguments.only(1, &["n"])?;
        let count = match arguments.get(0, "n") {
            None => Some(5),
            Some(count) => count.as_int(),
        };
        let count = count
            .filter(|count| *count >= 0)
            .ok_or_else(|| arguments.refuse("the count is not a constant number"))?;
        let part = Part {
            lower: (count > 0).then_some(-count),
            upper: (count == 0).then_some(0),
            reversed: false,
        };
        self.frame_part(node, part, &arguments.span)
    }

    /// One value of a column by its place.
    pub(crate) fn value_at(
        &mut self,
        series: &Series,
        place: i64,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let reduction = match place {
            0 => return self.reduced_column(series, Reduction::FirstRow, arguments),
            -1 => return self.reduced_column(series, Reduction::LastRow, arguments),
            _ => Reduction::FirstRow,
        };
        let part = Part {
            lower: Some(place),
            upper: (place != -1).then_some(place + 1),
            reversed: false,
        };
        let frame = self.frame_part(series.frame, part, &arguments.span)?;
        let series = Series {
            frame,
            expr: series.expr.clone(),
        };
        self.reduced_column(&series, reduction, arguments)
    }

    /// `frame.at[label, column]` and `frame.iat[place, place]`.
    pub(crate) fn cell(
        &mut self,
        receiver: &Value,
        accessor: &str,
        key: &Value,
        span: &Span,
    ) -> Result<Value, Refusal> {
        let arguments = Arguments {
            positional: Vec::new(),
            named: Vec::new(),
            construct: format!("`.{accessor}`"),
            span: span.clone(),
        };
        let by_label = accessor == "at";
        let (series, place) = match (receiver, key) {
            (Value::Series(series), key) => (series.clone(), key.as_int()),
            (_, Value::Tuple(parts)) if parts.len() == 2 => {
                let node = self.frame_node(receiver, span)?;
                let names: Vec<ColumnName> = self.flow.node(node).schema.names().cloned().collect();
                let name = if by_label {
                    parts[1].as_text().map(ColumnName::from)
                } else {
                    parts[1]
                        .as_int()
                        .and_then(|at| {
                            let length = names.len() as i64;
                            usize::try_from(if at < 0 { at + length } else { at }).ok()
                        })
                        .and_then(|at| names.get(at).cloned())
                };
                let name = name
                    .filter(|name| names.contains(name))
                    .ok_or_else(|| arguments.refuse("its column is not known"))?;
                let series = Series {
                    frame: node,
                    expr: relift_dataflow::Expr::column(name),
                };
                (series, parts[0].as_int())
            }
            _ => return Err(arguments.refuse("only one cell is lifted")),
        };
        let place = place.ok_or_else(|| arguments.refuse("its row is not constant"))?;
        if by_label && (place < 0 || !self.labels_are_places(series.frame)) {
            return Err(arguments.refuse("the labels of the rows are not known to be places"));
        }
        self.value_at(&series, place, &arguments)
    }
}
