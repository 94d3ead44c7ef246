//! Window functions, and the order in which SQLite's rows come out of them.
//!
//! SQLite computes one window definition after the other, sorting its rows by the partition and then by
//! the order of each; the definition that is written first comes last. Rows that are equal there stay as
//! they were.

use relift_dataflow::{
    Aggregate, AggregateFunction, Base, Bound, Expr, Frame, Obligation, ObligationKind, Op,
    Refusal, SortKey, WindowFunction,
};
use relift_diagnostics::Span;
use relift_job::ColumnName;
use sqlparser::ast::{
    self, FunctionArg, FunctionArgExpr, FunctionArguments, NamedWindowExpr, OrderByExpr, Select,
    SelectItem, WindowFrameBound, WindowFrameUnits, WindowSpec, WindowType,
};

use super::expression::Context;
use super::query::Lowering;
use super::relation::RowOrder;

/// A window definition and the calls over it, each with its frame.
struct Definition {
    partition: Vec<ast::Expr>,
    order: Vec<OrderByExpr>,
    calls: Vec<(ast::Function, Frame)>,
}

impl Lowering<'_> {
    /// Adds a column for every window function of the list and of ORDER BY.
    pub(crate) fn windowed(
        &mut self,
        context: &mut Context,
        select: &Select,
        terms: &[OrderByExpr],
    ) -> Result<(), Refusal> {
        let calls = window_calls(select, terms);
        if calls.is_empty() {
            return Ok(());
        }
        // SQLite tells definitions apart by their frames too.
        let mut passes: Vec<(WindowSpec, Frame, Vec<ast::Function>)> = Vec::new();
        for call in calls {
            let (spec, frame) = self.definition(&call, select)?;
            let known = passes.iter_mut().find(|(other, own, _)| {
                other.partition_by == spec.partition_by
                    && other.order_by == spec.order_by
                    && *own == frame
            });
            match known {
                Some((_, _, calls)) if calls.contains(&call) => {}
                Some((_, _, calls)) => calls.push(call),
                None => passes.push((spec, frame, vec![call])),
            }
        }
        // Sorting again by the same changes nothing, so neighbours see rows in one order.
        let mut definitions: Vec<Definition> = Vec::new();
        for (spec, frame, calls) in passes {
            let calls = calls.into_iter().map(|call| (call, frame));
            match definitions.last_mut() {
                Some(last)
                    if last.partition == spec.partition_by && last.order == spec.order_by =>
                {
                    last.calls.extend(calls);
                }
                _ => definitions.push(Definition {
                    partition: spec.partition_by,
                    order: spec.order_by,
                    calls: calls.collect(),
                }),
            }
        }
        if context.relation.order == RowOrder::KnownToPlainSelect {
            context.relation.order = RowOrder::Unknown;
        }
        for definition in definitions.iter().rev() {
            self.define(context, select, definition)?;
        }
        Ok(())
    }

    fn define(
        &mut self,
        context: &mut Context,
        select: &Select,
        definition: &Definition,
    ) -> Result<(), Refusal> {
        let span = self.places.of(&definition.calls[0].0);
        let partition = definition
            .partition
            .iter()
            .map(|expr| self.value(expr, context))
            .collect::<Result<Vec<_>, _>>()?;
        let mut order = Vec::new();
        for term in &definition.order {
            let descending = term.options.asc == Some(false);
            order.push(SortKey {
                expr: self.value(&term.expr, context)?,
                descending,
                missing_first: term.options.nulls_first.unwrap_or(!descending),
            });
        }
        let ascending = |expr: &Expr| SortKey {
            expr: expr.clone(),
            descending: false,
            missing_first: true,
        };
        let by: Vec<SortKey> = partition
            .iter()
            .map(ascending)
            .chain(order.iter().cloned())
            .collect();
        self.settle(context, &by, definition, &span)?;
        if !by.is_empty() {
            context.relation.node = self.add(
                Op::Sort {
                    input: context.relation.node,
                    by,
                },
                span.clone(),
                None,
            )?;
        }
        let mut functions: Vec<(ColumnName, WindowFunction)> = Vec::new();
        for (call, frame) in &definition.calls {
            let frame = canonical(*frame, order.is_empty());
            let (function, default) = self.window_function(call, frame, context)?;
            let wanted = alias_of(call, select).unwrap_or_else(|| word(&function).to_owned());
            let schema = &self.flow.node(context.relation.node).schema;
            let name = ColumnName::from(crate::names::free_name(&wanted, |name| {
                schema.has(&ColumnName::from(name))
                    || functions.iter().any(|(other, _)| other.as_str() == name)
            }));
            functions.push((name.clone(), function));
            let mut value = Expr::column(name).at(Some(self.places.of(call)));
            if let Some(default) = default {
                value = Expr::call(relift_dataflow::Function::Coalesce, vec![value, default]);
            }
            context.windows.push((call.clone(), value));
        }
        context.relation.node = self.add(
            Op::Window {
                input: context.relation.node,
                partition,
                order,
                functions,
            },
            span,
            None,
        )?;
        Ok(())
    }

    /// Where the planner chose the order of rows, it may not matter.
    fn settle(
        &mut self,
        context: &mut Context,
        by: &[SortKey],
        definition: &Definition,
        span: &Span,
    ) -> Result<(), Refusal> {
        if context.relation.order == RowOrder::Known {
            self.rely_on_order(&context.relation, span);
            context.relation.unique.clear();
            return Ok(());
        }
        let blind = definition.calls.iter().all(|(call, frame)| {
            let name = call.name.to_string().to_ascii_uppercase();
            let counts = matches!(name.as_str(), "COUNT" | "MIN" | "MAX");
            matches!(name.as_str(), "RANK" | "DENSE_RANK") || counts && !by_rows(*frame)
        });
        if blind {
            return Ok(());
        }
        let columns: Option<Vec<ColumnName>> =
            by.iter().map(|key| key.expr.as_column().cloned()).collect();
        let Some(columns) = columns else {
            return Err(Refusal::new(
                "window function",
                "SQLite chooses the order of equal rows here, and an expression cannot be checked to \
                 tell all rows apart",
                Some(span.clone()),
            ));
        };
        let node = context.relation.node;
        let proven = self
            .flow
            .node(node)
            .keys
            .iter()
            .any(|key| key.iter().all(|column| columns.contains(column)));
        if !proven {
            self.flow.obligations.push(Obligation {
                node,
                kind: ObligationKind::Unique(columns),
                why: "SQLite would choose the order of rows that the window leaves equal"
                    .to_owned(),
                spans: vec![span.clone()],
            });
        }
        context.relation.order = RowOrder::Known;
        context.relation.unique.clear();
        Ok(())
    }

    /// The definition a call is over, and its frame.
    fn definition(
        &self,
        call: &ast::Function,
        select: &Select,
    ) -> Result<(WindowSpec, Frame), Refusal> {
        let span = self.places.of(call);
        let no = |reason: &str| {
            Err(Refusal::new(
                "window definition",
                reason,
                Some(span.clone()),
            ))
        };
        let named = |name: &ast::Ident| {
            select
                .named_window
                .iter()
                .find(|ast::NamedWindowDefinition(own, _)| {
                    own.value.eq_ignore_ascii_case(&name.value)
                })
                .map(|ast::NamedWindowDefinition(_, expr)| expr)
        };
        let mut spec = match &call.over {
            Some(WindowType::WindowSpec(spec)) => spec.clone(),
            Some(WindowType::NamedWindow(name)) => match named(name) {
                Some(NamedWindowExpr::WindowSpec(spec)) => spec.clone(),
                _ => return no("no window of that name is defined"),
            },
            None => return no("is missing"),
        };
        if let Some(name) = &spec.window_name {
            let Some(NamedWindowExpr::WindowSpec(base)) = named(name) else {
                return no("no window of that name is defined");
            };
            if base.window_name.is_some() || base.window_frame.is_some() {
                return no("builds on a window that builds on another or has a frame");
            }
            if !spec.partition_by.is_empty()
                || !spec.order_by.is_empty() && !base.order_by.is_empty()
            {
                return no("overrides the window it builds on");
            }
            spec.partition_by.clone_from(&base.partition_by);
            if spec.order_by.is_empty() {
                spec.order_by.clone_from(&base.order_by);
            }
            spec.window_name = None;
        }
        let name = call.name.to_string().to_ascii_uppercase();
        // Functions that look at no frame have one of their own by which SQLite tells definitions apart.
        let own = match name.as_str() {
            "ROW_NUMBER" | "LAG" => Some(Frame::RUNNING),
            "RANK" | "DENSE_RANK" => Some(PEERS),
            "NTILE" => Some(Frame {
                start: Bound::CurrentRow,
                end: Bound::Unbounded,
            }),
            "LEAD" => Some(Frame::WHOLE),
            _ => None,
        };
        let frame = match (own, &spec.window_frame) {
            (Some(own), _) => own,
            (None, None) => PEERS,
            (None, Some(frame)) => {
                let peers = match frame.units {
                    WindowFrameUnits::Rows => false,
                    WindowFrameUnits::Range => true,
                    WindowFrameUnits::Groups => return no("a frame of GROUPS is not lifted"),
                };
                let start = bound(&frame.start_bound, peers);
                let end = frame
                    .end_bound
                    .as_ref()
                    .map_or(bound(&WindowFrameBound::CurrentRow, peers), |end| {
                        bound(end, peers)
                    });
                match (start, end) {
                    (Some(start), Some(end)) => Frame { start, end },
                    _ => return no("this frame is not lifted"),
                }
            }
        };
        Ok((spec, frame))
    }

    /// A function, and what stands for its NULL if not NULL.
    fn window_function(
        &mut self,
        call: &ast::Function,
        frame: Frame,
        context: &Context,
    ) -> Result<(WindowFunction, Option<Expr>), Refusal> {
        let span = self.places.of(call);
        let name = call.name.to_string().to_ascii_uppercase();
        let no = |reason: &str| {
            Err(Refusal::new(
                format!("`{name}` over a window"),
                reason,
                Some(span.clone()),
            ))
        };
        let arguments: Vec<&ast::Expr> = match &call.args {
            FunctionArguments::List(list) => list
                .args
                .iter()
                .filter_map(|argument| match argument {
                    FunctionArg::Unnamed(FunctionArgExpr::Expr(argument)) => Some(argument),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        };
        let count = |index: usize| match arguments
            .get(index)
            .map(|count| super::select::unnested(count))
        {
            Some(ast::Expr::Value(value)) => value.value.to_string().parse::<i64>().ok(),
            _ => None,
        };
        let over = |function: AggregateFunction, argument: Expr| WindowFunction::Over {
            aggregate: Aggregate {
                function,
                argument: Some(argument),
                filter: None,
            },
            frame,
        };
        Ok(match (name.as_str(), arguments.len()) {
            ("ROW_NUMBER", 0) => (WindowFunction::RowNumber, None),
            ("RANK", 0) => (WindowFunction::Rank, None),
            ("DENSE_RANK", 0) => (WindowFunction::DenseRank, None),
            ("NTILE", 1) => match count(0).and_then(|count| u64::try_from(count).ok()) {
                Some(tiles @ 1..) => (WindowFunction::Tile(tiles), None),
                _ => return no("needs a constant number of parts"),
            },
            ("LAG" | "LEAD", 1..=3) => {
                let rows = match arguments.len() {
                    1 => Some(1),
                    _ => count(1).filter(|rows| *rows >= 0),
                };
                let Some(rows) = rows else {
                    return no("needs a constant distance");
                };
                let value = self.value(arguments[0], context)?;
                let default = match arguments.get(2) {
                    Some(default) => self.value(default, context)?,
                    None => Expr::none(),
                };
                let node = context.relation.node;
                let (ty, other) = (self.type_of(&value, node)?, self.type_of(&default, node)?);
                if ty.base != other.base && other.base != Base::Nothing {
                    return no("its default has another type than its value");
                }
                let rows = if name == "LAG" { rows } else { -rows };
                let function = WindowFunction::Offset {
                    value,
                    rows,
                    default,
                };
                (function, None)
            }
            ("FIRST_VALUE", 1) => {
                let value = self.value(arguments[0], context)?;
                let mut function = over(AggregateFunction::First, value);
                if let WindowFunction::Over { frame, .. } = &mut function
                    && frame.start == Bound::Unbounded
                    && matches!(frame.end, Bound::Peers | Bound::Unbounded)
                {
                    *frame = Frame::RUNNING;
                }
                (function, None)
            }
            ("LAST_VALUE", 1) => {
                let value = self.value(arguments[0], context)?;
                (over(AggregateFunction::Last, value), None)
            }
            ("COUNT" | "SUM" | "TOTAL" | "AVG" | "MIN" | "MAX", _) => {
                let mut rows = context.clone();
                rows.windows.clear();
                let (aggregate, default) = self.aggregate(call, &rows)?;
                let float = matches!(aggregate.function, AggregateFunction::SqlFloatSum)
                    || aggregate.function == AggregateFunction::SqlAverage
                        && match &aggregate.argument {
                            Some(argument) => {
                                self.type_of(argument, context.relation.node)?.base != Base::Int64
                            }
                            None => false,
                        };
                if float && frame.start != Bound::Unbounded {
                    return no(
                        "of floats subtracts what leaves the frame, with digits of its own at the end",
                    );
                }
                (WindowFunction::Over { aggregate, frame }, default)
            }
            _ => return no("is not lifted"),
        })
    }
}

/// All rows up to the last that is equal to the current one.
const PEERS: Frame = Frame {
    start: Bound::Unbounded,
    end: Bound::Peers,
};

/// Without an order all rows of a partition are peers.
fn canonical(frame: Frame, unordered: bool) -> Frame {
    let widened = |bound| match bound {
        Bound::Peers if unordered => Bound::Unbounded,
        other => other,
    };
    Frame {
        start: widened(frame.start),
        end: widened(frame.end),
    }
}

fn by_rows(frame: Frame) -> bool {
    let counted = |bound| !matches!(bound, Bound::Unbounded | Bound::Peers);
    counted(frame.start) || counted(frame.end)
}

fn bound(bound: &WindowFrameBound, peers: bool) -> Option<Bound> {
    let count = |rows: &ast::Expr| match super::select::unnested(rows) {
        ast::Expr::Value(value) => value.value.to_string().parse::<u64>().ok(),
        _ => None,
    };
    match bound {
        WindowFrameBound::CurrentRow if peers => Some(Bound::Peers),
        WindowFrameBound::CurrentRow => Some(Bound::CurrentRow),
        WindowFrameBound::Preceding(None) | WindowFrameBound::Following(None) => {
            Some(Bound::Unbounded)
        }
        WindowFrameBound::Preceding(Some(_)) | WindowFrameBound::Following(Some(_)) if peers => {
            None
        }
        WindowFrameBound::Preceding(Some(rows)) => count(rows).map(Bound::Preceding),
        WindowFrameBound::Following(Some(rows)) => count(rows).map(Bound::Following),
    }
}

/// What a column is called that has no name.
fn word(function: &WindowFunction) -> &'static str {
    match function {
        WindowFunction::RowNumber => "row_number",
        WindowFunction::Rank => "rank",
        WindowFunction::DenseRank => "dense_rank",
        WindowFunction::Tile(_) => "tile",
        WindowFunction::Offset { rows, .. } if *rows < 0 => "next_value",
        WindowFunction::Offset { .. } => "previous_value",
        WindowFunction::Over { aggregate, .. } => match aggregate.function {
            AggregateFunction::Count
            | AggregateFunction::CountValues
            | AggregateFunction::CountDistinct => "window_count",
            AggregateFunction::Min => "window_min",
            AggregateFunction::Max => "window_max",
            AggregateFunction::SqlAverage => "window_average",
            AggregateFunction::First => "first_value",
            AggregateFunction::Last => "last_value",
            _ => "window_sum",
        },
    }
}

fn alias_of(call: &ast::Function, select: &Select) -> Option<String> {
    select.projection.iter().find_map(|item| match item {
        SelectItem::ExprWithAlias {
            expr: ast::Expr::Function(own),
            alias,
        } if own == call => Some(alias.value.clone()),
        _ => None,
    })
}

/// Window function calls of the list and ORDER BY; those inside subqueries are theirs.
fn window_calls(select: &Select, terms: &[OrderByExpr]) -> Vec<ast::Function> {
    let mut finder = Finder {
        depth: 0,
        calls: Vec::new(),
    };
    let _: std::ops::ControlFlow<()> = ast::Visit::visit(&select.projection, &mut finder);
    for term in terms {
        let _: std::ops::ControlFlow<()> = ast::Visit::visit(&term.expr, &mut finder);
    }
    finder.calls
}

/// Whether a SELECT has window functions.
pub(crate) fn has_windows(select: &Select, terms: &[OrderByExpr]) -> bool {
    !window_calls(select, terms).is_empty()
}

struct Finder {
    depth: usize,
    calls: Vec<ast::Function>,
}

impl ast::Visitor for Finder {
    type Break = ();

    fn pre_visit_query(&mut self, _query: &ast::Query) -> std::ops::ControlFlow<()> {
        self.depth += 1;
        std::ops::ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &ast::Query) -> std::ops::ControlFlow<()> {
        self.depth -= 1;
        std::ops::ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &ast::Expr) -> std::ops::ControlFlow<()> {
        if let ast::Expr::Function(call) = expr
            && self.depth == 0
            && call.over.is_some()
        {
            self.calls.push(call.clone());
        }
        std::ops::ControlFlow::Continue(())
    }
}
