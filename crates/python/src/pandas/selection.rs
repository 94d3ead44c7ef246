//! Rows and cells picked out of a frame: `loc`, `iloc`, duplicates, largest rows, and assignment to some rows.

use std::rc::Rc;

use relift_dataflow::{
    Base, ColumnType, Comparison, Expr, Flavour, Function, Literal, NodeId, ObligationKind, Op,
    PickWhich, Refusal, SortKey, WindowFunction,
};
use relift_diagnostics::Span;
use relift_job::ColumnName;
use ruff_python_ast::Expr as Syntax;

use crate::calls::Arguments;
use crate::lowering::Lowerer;
use crate::pandas::elements::missing;
use crate::pandas::reduction::Reduction;
use crate::positions::Part;
use crate::state::{any, choose, not};
use crate::values::{Content, Record, RecordKind, Series, Value};

/// Which rows of `loc` or `iloc` are meant.
enum Rows {
    All,
    Mask(Value),
    /// The row at a place.
    At(i64),
    /// Rows from one place to another.
    Part(Part),
}

impl<'a> Lowerer<'a> {
    /// The rows a column stands beside when it is not of the frame itself, and its value there.
    pub(crate) fn placed(
        &mut self,
        value: &Value,
        node: NodeId,
        span: &Span,
    ) -> Result<(NodeId, Expr), Refusal> {
        if let Value::Series(series) = value {
            let placed = self.beside_frame(series, node, span)?;
            return Ok((placed.frame, placed.expr));
        }
        Ok((node, self.series_over(value, node, span)?))
    }

    /// A condition on the rows of a frame, over the rows it stands beside.
    pub(crate) fn mask(
        &mut self,
        node: NodeId,
        key: &Value,
        span: &Span,
    ) -> Result<(NodeId, Expr), Refusal> {
        let (base, expr) = self.placed(key, node, span)?;
        let ty = self.type_over(&expr, base)?;
        if ty.base != Base::Bool || ty.missing.possible() {
            return Err(Refusal::new(
                "subscript",
                format!("a frame is filtered by {ty}"),
                Some(span.clone()),
            ));
        }
        Ok((base, expr))
    }

    /// The rows for which a column of truth values is true.
    pub(crate) fn masked(
        &mut self,
        node: NodeId,
        key: &Value,
        span: &Span,
    ) -> Result<NodeId, Refusal> {
        let (base, predicate) = self.mask(node, key, span)?;
        let kept = self.add(
            Op::Filter {
                input: base,
                predicate,
            },
            span,
            None,
        )?;
        if base == node {
            return Ok(kept);
        }
        let names: Vec<ColumnName> = self.flow.node(node).schema.names().cloned().collect();
        self.select_columns(kept, &names, span)
    }

    /// `frame.loc[…]`, `frame.iloc[…]` and the same of a column.
    pub(crate) fn located(
        &mut self,
        accessor: &Value,
        slice: &'a Syntax,
        span: &Span,
    ) -> Result<Value, Refusal> {
        let refuse = |reason: &str| Err(Refusal::new("subscript", reason, Some(span.clone())));
        let Value::Bound(receiver, name) = accessor else {
            return refuse("it is not lifted");
        };
        let by_place = &**name == "iloc";
        let (rows, columns) = match slice {
            Syntax::Tuple(parts) if parts.elts.len() == 2 => {
                let columns = match &parts.elts[1] {
                    Syntax::Slice(slice) if slice.lower.is_none() && slice.upper.is_none() => None,
                    other => Some(self.eval(other)?),
                };
                (self.rows_meant(&parts.elts[0], by_place, span)?, columns)
            }
            other => (self.rows_meant(other, by_place, span)?, None),
        };
        let arguments = Arguments {
            positional: Vec::new(),
            named: Vec::new(),
            construct: format!("`.{name}`"),
            span: span.clone(),
        };
        if let Value::Series(series) = &**receiver {
            let series = series.clone();
            return match (rows, columns) {
                (Rows::At(place), None) => self.value_at(&series, place, &arguments),
                (Rows::Part(part), None) => {
                    let frame = self.frame_part(series.frame, part, span)?;
                    Ok(Value::Series(Series {
                        frame,
                        expr: series.expr,
                    }))
                }
                (Rows::Mask(mask), None) => self.series_item(receiver, &mask, span),
                _ => refuse("this part of a column is not lifted"),
            };
        }
        if let Value::Indexed(indexed) = &**receiver
            && indexed.series
        {
            let series = Series {
                frame: indexed.node,
                expr: Expr::column(indexed.columns[0].clone()),
            };
            return match (rows, columns) {
                (Rows::At(place), None) => self.value_at(&series, place, &arguments),
                _ => refuse("this part of labelled values is not lifted"),
            };
        }
        let node = self.frame_node(receiver, span)?;
        let kept = match rows {
            Rows::All => node,
            Rows::Mask(mask) => self.masked(node, &mask, span)?,
            Rows::Part(part) => self.frame_part(node, part, span)?,
            Rows::At(place) => {
                let (node, reduction) = match place {
                    0 => (node, Reduction::FirstRow),
                    -1 => (node, Reduction::LastRow),
                    place => {
                        let part = Part {
                            lower: Some(place),
                            upper: Some(place + 1),
                            reversed: false,
                        };
                        (self.frame_part(node, part, span)?, Reduction::FirstRow)
                    }
                };
                let row = self.row_at(node, reduction, &arguments)?;
                return match columns {
                    None => Ok(row),
                    Some(column) if column.as_int().is_some() => {
                        let Value::Record(record) = &row else {
                            return refuse("it is no row");
                        };
                        let fields: Vec<Value> = record
                            .fields
                            .iter()
                            .map(|(_, value)| value.clone())
                            .collect();
                        self.item(&Value::Tuple(fields), &column, span)
                    }
                    Some(column) => self.item(&row, &column, span),
                };
            }
        };
        match columns {
            None => Ok(self.object(Content::Frame(kept))),
            Some(_) if by_place => refuse("columns by their position are not lifted"),
            Some(columns) => self.frame_item(kept, &columns, span),
        }
    }

    fn rows_meant(
        &mut self,
        slice: &'a Syntax,
        by_place: bool,
        span: &Span,
    ) -> Result<Rows, Refusal> {
        let refuse = |reason: &str| Err(Refusal::new("subscript", reason, Some(span.clone())));
        if let Syntax::Slice(bounds) = slice {
            if bounds.step.is_some() {
                return refuse("a slice with a step is not lifted");
            }
            let mut ends = Vec::new();
            for bound in [&bounds.lower, &bounds.upper] {
                ends.push(match bound {
                    None => None,
                    Some(bound) => {
                        let value = self.eval(bound)?;
                        match value.as_int() {
                            Some(place) => Some(place),
                            None if value.is_none() => None,
                            None => return refuse("the bounds of a slice are not constant"),
                        }
                    }
                });
            }
            return match (ends[0], ends[1]) {
                (None | Some(0), None) => Ok(Rows::All),
                (lower, upper) if by_place => Ok(Rows::Part(Part {
                    lower,
                    upper,
                    reversed: false,
                })),
                _ => refuse("a slice by labels is not lifted"),
            };
        }
        let value = self.eval(slice)?;
        match (&value, value.as_int()) {
            (_, Some(place)) if by_place => Ok(Rows::At(place)),
            (Value::Series(_), _) if !by_place => Ok(Rows::Mask(value)),
            (Value::Unknown(refusal), _) => Err((**refusal).clone()),
            _ => refuse("rows by their label are not lifted"),
        }
    }

    /// The first or last row, as `iloc` gives it.
    fn row_at(
        &mut self,
        node: NodeId,
        reduction: Reduction,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let Value::Record(template) = self.frame_row(node, RecordKind::Series) else {
            return Err(arguments.refuse("it is no row"));
        };
        let mut fields = Vec::new();
        for (name, value) in &template.fields {
            let field = match value {
                Value::Scalar(term) => {
                    let picked =
                        self.reduced_rows(node, Some(term.expr.clone()), reduction, arguments)?;
                    match picked {
                        Value::Scalar(picked) => Value::Scalar(crate::values::Term {
                            numpy: term.numpy,
                            ..picked
                        }),
                        other => other,
                    }
                }
                other => other.clone(),
            };
            fields.push((name.clone(), field));
        }
        Ok(Value::Record(Rc::new(Record {
            kind: RecordKind::Series,
            fields,
        })))
    }

    /// `frame.loc[mask, column] = value`.
    pub(crate) fn set_located(
        &mut self,
        frame: &Value,
        slice: &'a Syntax,
        value: &Value,
        span: &Span,
    ) -> Result<NodeId, Refusal> {
        let refuse = |reason: String| Refusal::new("assignment", reason, Some(span.clone()));
        let Syntax::Tuple(parts) = slice else {
            return Err(refuse(
                "only cells of some rows and one column are lifted".to_owned(),
            ));
        };
        let [rows, column] = &parts.elts[..] else {
            return Err(refuse(
                "only cells of some rows and one column are lifted".to_owned(),
            ));
        };
        let node = self.frame_node(frame, span)?;
        let rows = self.rows_meant(rows, false, span)?;
        let column = self.eval(column)?;
        let Some(name) = column.as_text().map(ColumnName::from) else {
            return Err(refuse(
                "only one column with a constant name is lifted".to_owned(),
            ));
        };
        let arguments = Arguments {
            positional: Vec::new(),
            named: Vec::new(),
            construct: "assignment".to_owned(),
            span: span.clone(),
        };
        let mask = match rows {
            Rows::All => Expr::bool(true),
            Rows::Mask(mask) => {
                let (base, mask) = self.mask(node, &mask, span)?;
                if base != node {
                    return Err(refuse("the rows are chosen by other rows".to_owned()));
                }
                mask
            }
            Rows::At(_) | Rows::Part(_) => {
                return Err(refuse("rows by their place are not lifted".to_owned()));
            }
        };
        let existing = self.flow.node(node).schema.ty(&name);
        let expr = match existing {
            Some(ty) => {
                let value = self.beside(value, ty, node, &arguments)?;
                choose(&mask, value, Expr::column(name.clone()))
            }
            None => {
                self.require_rows(
                    node,
                    &arguments.construct,
                    "a new column in some rows of a frame without rows raises ValueError",
                    span,
                )?;
                let term = self.rowless(value, &arguments)?;
                let given = self.type_of(&term)?;
                let value = match (given.base, term.as_literal()) {
                    // A new column is first of all floats.
                    (Base::Int64, Some(Literal::Int(whole))) => {
                        Expr::literal(Literal::Float(*whole as f64))
                    }
                    (Base::Float64 | Base::Text, Some(_)) => term.expr.clone(),
                    _ => return Err(refuse(format!("a new column of {given} is not lifted"))),
                };
                let base = if given.base == Base::Int64 {
                    Base::Float64
                } else {
                    given.base
                };
                let value = choose(&mask, value, Expr::none());
                self.with_nan(value, ColumnType::of(base), node, &arguments)?
            }
        };
        self.with_column(node, &name, expr, span)
    }

    /// The frame with one column set or added.
    pub(crate) fn with_column(
        &mut self,
        node: NodeId,
        name: &ColumnName,
        expr: Expr,
        span: &Span,
    ) -> Result<NodeId, Refusal> {
        let names: Vec<ColumnName> = self.flow.node(node).schema.names().cloned().collect();
        let title = self.flow.node(node).name.clone();
        self.with_columns(
            node,
            &names,
            &[(name.clone(), expr)],
            title.as_deref(),
            span,
        )
    }

    /// The named columns of a relation, some of them set anew and others added.
    pub(crate) fn with_columns(
        &mut self,
        node: NodeId,
        names: &[ColumnName],
        changed: &[(ColumnName, Expr)],
        title: Option<&str>,
        span: &Span,
    ) -> Result<NodeId, Refusal> {
        let new = |name: &ColumnName| {
            changed
                .iter()
                .find(|(other, _)| other == name)
                .map(|(_, expr)| expr.clone())
        };
        let mut columns: Vec<(ColumnName, Expr)> = names
            .iter()
            .map(|name| {
                let value = new(name).unwrap_or_else(|| Expr::column(name.clone()));
                (name.clone(), value)
            })
            .collect();
        columns.extend(
            changed
                .iter()
                .filter(|(name, _)| !names.contains(name))
                .cloned(),
        );
        self.add(
            Op::Map {
                input: node,
                columns,
            },
            span,
            title,
        )
    }

    /// `frame.drop_duplicates(…)`: the rows that stay stand where they were.
    pub(crate) fn drop_duplicates(
        &mut self,
        node: NodeId,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        arguments.only(1, &["subset", "keep", "ignore_index", "inplace"])?;
        let span = arguments.span.clone();
        let keys = self.subset(node, arguments)?;
        let keep = arguments.named("keep");
        let node = match keep.map(|keep| (keep.as_text(), keep.as_bool())) {
            None | Some((Some("first"), _)) => self.add(
                Op::Pick {
                    input: node,
                    keys,
                    which: PickWhich::First,
                },
                &span,
                None,
            )?,
            Some((Some("last"), _)) => self.numbered_kept(node, keys, Kept::Last, &span)?,
            Some((_, Some(false))) => self.numbered_kept(node, keys, Kept::Single, &span)?,
            Some(_) => return Err(arguments.refuse("the argument `keep` is not constant")),
        };
        Ok(self.object(Content::Frame(node)))
    }

    fn subset(&mut self, node: NodeId, arguments: &Arguments) -> Result<Vec<ColumnName>, Refusal> {
        let keys = match arguments.get(0, "subset") {
            Some(subset) if !subset.is_none() => self.by(&subset.clone(), arguments)?,
            _ => self.flow.node(node).schema.names().cloned().collect(),
        };
        match keys
            .iter()
            .find(|key| !self.flow.node(node).schema.has(key))
        {
            Some(key) => Err(arguments.refuse(format!("there is no column \"{key}\""))),
            None => Ok(keys),
        }
    }

    fn numbered_kept(
        &mut self,
        node: NodeId,
        keys: Vec<ColumnName>,
        kept: Kept,
        span: &Span,
    ) -> Result<NodeId, Refusal> {
        let names: Vec<ColumnName> = self.flow.node(node).schema.names().cloned().collect();
        let title = self.flow.node(node).name.clone();
        let (place, rows) = (
            self.free_column(&[node], "place"),
            self.free_column(&[node], "rows"),
        );
        let count = WindowFunction::Over {
            aggregate: relift_dataflow::Aggregate {
                function: relift_dataflow::AggregateFunction::Count,
                argument: None,
                filter: None,
            },
            frame: relift_dataflow::Frame::WHOLE,
        };
        let numbered = self.add(
            Op::Window {
                input: node,
                partition: keys.into_iter().map(Expr::column).collect(),
                order: Vec::new(),
                functions: vec![
                    (place.clone(), WindowFunction::RowNumber),
                    (rows.clone(), count),
                ],
            },
            span,
            None,
        )?;
        let last = match kept {
            Kept::Last => Expr::column(place),
            Kept::Single => Expr::int(1),
        };
        let predicate = Expr::compare(Comparison::Eq, Flavour::Python, Expr::column(rows), last);
        let filtered = self.add(
            Op::Filter {
                input: numbered,
                predicate,
            },
            span,
            None,
        )?;
        let columns = names
            .iter()
            .map(|name| (name.clone(), Expr::column(name.clone())))
            .collect();
        self.add(
            Op::Map {
                input: filtered,
                columns,
            },
            span,
            title.as_deref(),
        )
    }

    /// `frame.nlargest(n, columns)` and `frame.nsmallest(n, columns)`: ties keep their order.
    pub(crate) fn most_rows(
        &mut self,
        node: NodeId,
        largest: bool,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        arguments.only(2, &["n", "columns", "keep"])?;
        let span = arguments.span.clone();
        if arguments
            .named("keep")
            .is_some_and(|keep| keep.as_text() != Some("first"))
        {
            return Err(arguments.refuse("only keeping the first of equal rows is lifted"));
        }
        let count = arguments
            .need(0, "n")?
            .as_int()
            .and_then(|count| u64::try_from(count).ok())
            .ok_or_else(|| arguments.refuse("the count is not constant"))?;
        let columns = self.by(&arguments.need(1, "columns")?.clone(), arguments)?;
        let [column] = &columns[..] else {
            return Err(arguments.refuse("only one column is lifted"));
        };
        let ty = self.type_over(&Expr::column(column.clone()), node)?;
        if !matches!(ty.base, Base::Int64 | Base::Float64 | Base::Number) {
            return Err(arguments.refuse(format!("it is not lifted for a column of {ty}")));
        }
        self.require_typed(node, "a column of objects raises TypeError", &span);
        if ty.missing.possible() {
            self.oblige(
                node,
                ObligationKind::NeverMissing(vec![column.clone()]),
                "which rows without a value are taken is left open",
                &span,
            );
        }
        let sorted = self.add(
            Op::Sort {
                input: node,
                by: vec![SortKey {
                    expr: Expr::column(column.clone()),
                    descending: largest,
                    missing_first: false,
                }],
            },
            &span,
            None,
        )?;
        self.frame_head(sorted, count, &span)
    }

    /// `frame.dropna(subset=…)`.
    pub(crate) fn drop_missing(
        &mut self,
        node: NodeId,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        arguments.only(0, &["subset", "how", "ignore_index", "inplace", "axis"])?;
        let span = arguments.span.clone();
        if arguments
            .named("axis")
            .is_some_and(|axis| axis.as_int() != Some(0))
        {
            return Err(arguments.refuse("dropping columns is not lifted"));
        }
        let names = match arguments.named("subset").cloned() {
            Some(subset) if !subset.is_none() => self.by(&subset, arguments)?,
            _ => self.flow.node(node).schema.names().cloned().collect(),
        };
        let mut gaps = Vec::new();
        for name in &names {
            let column = Expr::column(name.clone());
            let ty = self.type_over(&column, node)?;
            gaps.push(if ty.missing.possible() {
                missing(&column)
            } else {
                Expr::bool(false)
            });
        }
        let dropped = match arguments.named("how").map(Value::as_text) {
            None | Some(Some("any")) => any(gaps),
            Some(Some("all")) => crate::state::all(gaps),
            Some(_) => return Err(arguments.refuse("the argument `how` is not constant")),
        };
        let all_of = arguments
            .named("how")
            .is_some_and(|how| how.as_text() == Some("all"));
        if dropped.is_false() {
            return Ok(self.object(Content::Frame(node)));
        }
        let title = self.flow.node(node).name.clone();
        let kept = self.add(
            Op::Filter {
                input: node,
                predicate: not(dropped),
            },
            &span,
            title.as_deref(),
        )?;
        if all_of && names.len() > 1 {
            return Ok(self.object(Content::Frame(kept)));
        }
        // What was dropped is not there any more.
        let mut known = Vec::new();
        for name in &names {
            let column = Expr::column(name.clone());
            let ty = self.type_over(&column, kept)?;
            if ty.missing.possible() {
                known.push((name.clone(), Expr::call(Function::NotMissing, vec![column])));
            }
        }
        let every: Vec<ColumnName> = self.flow.node(kept).schema.names().cloned().collect();
        let node = self.with_columns(kept, &every, &known, title.as_deref(), &span)?;
        Ok(self.object(Content::Frame(node)))
    }

    /// `frame.fillna(value)` and `frame.fillna({column: value})`.
    pub(crate) fn fill_frame(
        &mut self,
        node: NodeId,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        arguments.only(1, &["value", "inplace"])?;
        let span = arguments.span.clone();
        let value = arguments.need(0, "value")?.clone();
        let wanted: Vec<(ColumnName, Value)> = match &value {
            Value::Object(id) => self
                .constant_dict(*id)
                .ok_or_else(|| arguments.refuse("the values are not constant"))?
                .into_iter()
                .filter_map(|(key, value)| match key {
                    Literal::Text(name) => Some((ColumnName::from(name.as_str()), value)),
                    _ => None,
                })
                .collect(),
            constant => {
                let names: Vec<ColumnName> = self.flow.node(node).schema.names().cloned().collect();
                names
                    .into_iter()
                    .map(|name| (name, constant.clone()))
                    .collect()
            }
        };
        let mut changed = Vec::new();
        for (name, value) in wanted {
            let Some(ty) = self.flow.node(node).schema.ty(&name) else {
                continue;
            };
            if !ty.missing.possible() {
                continue;
            }
            let series = Series {
                frame: node,
                expr: Expr::column(name.clone()),
            };
            let filled = self.filled(&series, &value, arguments)?;
            changed.push((name, self.series_over(&filled, node, &span)?));
        }
        let names: Vec<ColumnName> = self.flow.node(node).schema.names().cloned().collect();
        let title = self.flow.node(node).name.clone();
        let node = self.with_columns(node, &names, &changed, title.as_deref(), &span)?;
        Ok(self.object(Content::Frame(node)))
    }

    /// `frame.set_index(column)`: rows labelled by values that no two rows share.
    pub(crate) fn set_index(
        &mut self,
        node: NodeId,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        arguments.only(1, &["keys", "inplace"])?;
        let index = self.by(&arguments.need(0, "keys")?.clone(), arguments)?;
        for key in &index {
            if !self.flow.node(node).schema.has(key) {
                return Err(arguments.refuse(format!("there is no column \"{key}\"")));
            }
        }
        let unique = self
            .flow
            .node(node)
            .keys
            .iter()
            .any(|known| known.iter().all(|column| index.contains(column)));
        if !unique {
            self.oblige(
                node,
                ObligationKind::Unique(index.clone()),
                "rows with one label are told apart by nothing",
                &arguments.span,
            );
        }
        let columns = self
            .flow
            .node(node)
            .schema
            .names()
            .filter(|name| !index.contains(name))
            .cloned()
            .collect();
        Ok(Value::Indexed(Box::new(super::indexed::Indexed {
            node,
            index,
            columns,
            series: false,
            name: None,
        })))
    }

    /// `pd.Series({name: value, …})` of scalars: one row.
    pub(crate) fn series_of_dict(&mut self, arguments: &Arguments) -> Result<Value, Refusal> {
        arguments.only(1, &["data"])?;
        let data = arguments.need(0, "data")?.clone();
        let entries = match &data {
            Value::Object(id) => self.constant_dict(*id),
            Value::Record(record) if record.kind == RecordKind::Dict => {
                return Ok(Value::Record(Rc::new(Record {
                    kind: RecordKind::Series,
                    fields: record.fields.clone(),
                })));
            }
            _ => None,
        };
        let Some(entries) = entries else {
            return Err(arguments.refuse("only a dictionary of scalars is lifted"));
        };
        let mut fields = Vec::new();
        for (key, value) in entries {
            let Literal::Text(name) = key else {
                return Err(arguments.refuse("a name is not text"));
            };
            fields.push((name, value));
        }
        Ok(Value::Record(Rc::new(Record {
            kind: RecordKind::Series,
            fields,
        })))
    }

    /// Demands that a column that divides is never zero where it does.
    pub(crate) fn nonzero(&mut self, divisor: &Expr, frame: NodeId, span: &Span) {
        self.oblige(
            frame,
            ObligationKind::Holds(unequal_zero(divisor)),
            DIVISION,
            span,
        );
    }

    /// Divisions written inside a choice are only made where the choice falls on them.
    pub(crate) fn guard_divisions(
        &mut self,
        arms: &[(Expr, Expr)],
        otherwise: &Expr,
        frame: NodeId,
        span: &Span,
    ) {
        let inside = |other: &Span| {
            span.file == other.file && span.start <= other.start && other.end <= span.end
        };
        let mut taken = Vec::new();
        self.flow.obligations.retain(|obligation| {
            let mine = obligation.node == frame
                && obligation.why == DIVISION
                && !obligation.spans.is_empty()
                && obligation.spans.iter().all(inside);
            if mine {
                taken.push(obligation.clone());
            }
            !mine
        });
        if taken.is_empty() {
            return;
        }
        // Where an arm is reached: its condition, and none before it.
        let mut before: Vec<Expr> = Vec::new();
        let mut reached: Vec<(Expr, Expr)> = Vec::new();
        for (condition, value) in arms {
            let here: Vec<Expr> = before.iter().cloned().chain([condition.clone()]).collect();
            reached.push((crate::state::all(here), value.clone()));
            before.push(not(condition.clone()));
        }
        reached.push((crate::state::all(before), otherwise.clone()));
        for obligation in taken {
            let ObligationKind::Holds(holds) = &obligation.kind else {
                continue;
            };
            let divides = |value: &Expr| {
                let mut found = false;
                value.walk(&mut |part| {
                    if let relift_dataflow::ExprKind::Call(Function::Divide, sides) = &part.kind
                        && unequal_zero(&sides[1]) == *holds
                    {
                        found = true;
                    }
                });
                found
            };
            let places: Vec<Expr> = reached
                .iter()
                .filter(|(_, value)| divides(value))
                .map(|(reach, _)| reach.clone())
                .collect();
            let always = arms.iter().any(|(condition, _)| divides(condition));
            let condition = if places.is_empty() || always {
                holds.clone()
            } else {
                any([not(any(places)), holds.clone()])
            };
            if condition.is_true() || implied(&condition) {
                continue;
            }
            let place = obligation
                .spans
                .first()
                .cloned()
                .unwrap_or_else(|| span.clone());
            self.oblige(frame, ObligationKind::Holds(condition), DIVISION, &place);
        }
    }
}

/// Which of equal rows stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    Last,
    Single,
}

const DIVISION: &str = "a division by zero gives infinity or NaN instead of raising";

fn unequal_zero(divisor: &Expr) -> Expr {
    Expr::compare(
        Comparison::Ne,
        Flavour::Python,
        divisor.clone(),
        Expr::int(0),
    )
}

/// `not (a and b …) or a`, whose parts contradict each other: always true.
fn implied(condition: &Expr) -> bool {
    let relift_dataflow::ExprKind::Call(Function::Or, parts) = &condition.kind else {
        return false;
    };
    parts.iter().any(|part| parts.contains(&not(part.clone())))
}
