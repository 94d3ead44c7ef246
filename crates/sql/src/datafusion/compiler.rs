//! From a relation to the text of one query.
//!
//! Relations are built inputs first. Each becomes a [`Block`]; a block is written out as a common
//! table expression when an operator cannot be merged into it or when several relations read it.

use std::collections::{BTreeMap, BTreeSet};

use relift_dataflow::{
    ColumnType, Dataflow, Expr, ExprKind, Function, GroupOrder, JoinKind, NodeId, Op, Order,
    Refusal, SortKey, needed_columns,
};
use relift_job::ColumnName;

use super::block::{Block, Body, JoinKind as Joined, Source};
use super::expression::{Columns, Translator};
use super::fragment::{OrderKey, SourceId, Sql, WindowCall};
use super::truth::emptiness;
use crate::names::free_name;

use super::identifier::{Names, quoted, refuse, snake_case};
use super::layout::{TableExpression, query_text};

/// Whether the order of a query's rows is observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ordered {
    /// It is, as in a file.
    Yes,
    /// It is not, as in a table.
    No,
}

/// What a query is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PrintLevel {
    /// Plain relational SQL.
    Flat,
    /// Window functions too.
    Window,
}

/// A query and what it needs.
#[derive(Clone, Debug)]
pub struct PrintedQuery {
    /// Its text, ending in a line feed.
    pub sql: String,
    /// Columns of its result, in order.
    pub columns: Vec<(ColumnName, ColumnType)>,
    /// Tables it reads, in order of the scans.
    pub sources: Vec<PrintedSource>,
    /// What it is made of.
    pub level: PrintLevel,
}

/// A table a query reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrintedSource {
    /// The scan whose rows it must hold.
    pub scan: NodeId,
    /// Its name in the query.
    pub name: String,
    /// The columns the query reads, in the scan's order.
    pub columns: Vec<ColumnName>,
    /// Name of a BIGINT column that must number the rows from 0 in stored order, when the query
    /// observes it.
    pub row_number: Option<ColumnName>,
}

/// Prints the relation `root`.
pub fn print_query(
    flow: &Dataflow,
    root: NodeId,
    ordered: Ordered,
) -> Result<PrintedQuery, Refusal> {
    let mut compiler = Compiler::new(flow, root, ordered);
    let block = compiler.block(root)?;
    let node = flow.node(root);
    if ordered == Ordered::Yes && node.order == Order::Unordered {
        return refuse(
            "ordered output",
            "nothing in the legacy code says in which order these rows stand",
            node.spans.first(),
        );
    }
    let names: Vec<ColumnName> = node.schema.names().cloned().collect();
    let wanted = if ordered == Ordered::Yes || block.limit.is_some() {
        block.order.clone()
    } else {
        Vec::new()
    };
    let (block, wanted) = compiler.orderable(block, &names, wanted, root)?;
    let columns = names
        .iter()
        .map(|name| Ok((name.to_string(), column_of(&block, name)?)))
        .collect::<Result<Vec<_>, Refusal>>()?;
    let last = block.select(columns, wanted);
    let sources = compiler.sources();
    Ok(PrintedQuery {
        sql: query_text(&compiler.parts, &Body::Select(last)),
        columns: node
            .schema
            .columns()
            .iter()
            .map(|column| (column.name.clone(), column.ty))
            .collect(),
        sources,
        level: if compiler.windows {
            PrintLevel::Window
        } else {
            PrintLevel::Flat
        },
    })
}

/// The state of building one query.
pub(super) struct Compiler<'a> {
    pub(super) flow: &'a Dataflow,
    /// Columns of each relation that the query needs.
    pub(super) needed: Vec<BTreeSet<ColumnName>>,
    /// Whether something observes a relation's order.
    pub(super) observed: Vec<bool>,
    /// How many relations of the query read each one.
    uses: Vec<usize>,
    blocks: BTreeMap<NodeId, Block>,
    one_row: BTreeMap<NodeId, String>,
    tables: BTreeMap<NodeId, String>,
    pub(super) parts: Vec<TableExpression>,
    names: Names,
    source_names: BTreeMap<NodeId, String>,
    next_source: SourceId,
    /// Name of row number columns.
    pub(super) row_number: String,
    numbered: BTreeSet<NodeId>,
    /// Column names of the graph, which hidden columns avoid.
    column_names: BTreeSet<String>,
    pub(super) windows: bool,
}

impl<'a> Compiler<'a> {
    fn new(flow: &'a Dataflow, root: NodeId, ordered: Ordered) -> Self {
        let reachable = flow.reachable([root]);
        let live = || flow.nodes().filter(|(id, _)| reachable[id.0 as usize]);
        let mut uses = vec![0; reachable.len()];
        for (id, _) in live() {
            for dependency in flow.dependencies(id) {
                uses[dependency.0 as usize] += 1;
            }
        }
        let mut names = Names::default();
        let mut source_names = BTreeMap::new();
        let mut column_names = BTreeSet::new();
        for (id, node) in live() {
            if let Op::Scan { frame, .. } = &node.op {
                source_names.insert(id, names.unique(&snake_case(frame.as_str())));
            }
            for name in node.schema.names() {
                column_names.insert(name.as_str().to_ascii_lowercase());
            }
        }
        let row_number = hidden_name(&column_names, "row_no");
        Self {
            flow,
            needed: needed_columns(flow, &[root]),
            observed: observed_orders(flow, root, ordered),
            uses,
            blocks: BTreeMap::new(),
            one_row: BTreeMap::new(),
            tables: BTreeMap::new(),
            parts: Vec::new(),
            names,
            source_names,
            next_source: 0,
            row_number,
            numbered: BTreeSet::new(),
            column_names,
            windows: false,
        }
    }

    fn sources(&self) -> Vec<PrintedSource> {
        self.source_names
            .iter()
            .map(|(scan, name)| {
                let numbered = self.numbered.contains(scan);
                let schema = &self.flow.node(*scan).schema;
                let mut columns: Vec<ColumnName> = schema
                    .names()
                    .filter(|column| self.needed[scan.0 as usize].contains(*column))
                    .cloned()
                    .collect();
                if columns.is_empty() {
                    // A table has at least one column, also when only its rows are counted.
                    columns.extend(schema.names().take(1).cloned());
                }
                PrintedSource {
                    scan: *scan,
                    name: name.clone(),
                    columns,
                    row_number: numbered.then(|| ColumnName::from(self.row_number.as_str())),
                }
            })
            .collect()
    }

    pub(super) fn new_source(&mut self) -> SourceId {
        self.next_source += 1;
        self.next_source - 1
    }

    /// The block of a relation; a new copy each time, so that two can stand side by side.
    pub(super) fn block(&mut self, id: NodeId) -> Result<Block, Refusal> {
        if !self.blocks.contains_key(&id) {
            let mut block = self.build(id)?;
            let shared = self.uses[id.0 as usize] > 1;
            let repeatable =
                block.is_table().is_some() && block.columns.values().all(Sql::is_simple);
            if shared && !repeatable {
                block = self.close(block, id, None)?;
            }
            self.blocks.insert(id, block);
        }
        let block = &self.blocks[&id];
        Ok(block.fresh(&mut self.next_source))
    }

    fn build(&mut self, id: NodeId) -> Result<Block, Refusal> {
        let flow = self.flow;
        let node = flow.node(id);
        self.prepare(&node.op)?;
        match &node.op {
            Op::Scan { .. } => Ok(self.scan(id)),
            Op::Values { columns, rows } => self.values(id, columns, rows),
            Op::Filter { input, predicate } => self.filter(id, *input, predicate),
            Op::Map { input, columns } => self.map(id, *input, columns),
            Op::Join { .. } => self.join(id),
            Op::Aggregate {
                input,
                keys,
                aggregates,
                order,
            } => self.aggregate(id, *input, keys, aggregates, *order),
            Op::Pick { input, keys, which } => self.pick(id, *input, keys, *which),
            Op::Sort { input, by } => self.sort(id, *input, by),
            Op::Limit { input, count } => self.limit(id, *input, *count),
            Op::Distinct { input } => self.distinct(id, *input),
            Op::Union { inputs } => self.union(id, inputs),
            Op::When { input, condition } => self.when(id, *input, condition),
            Op::Window {
                input,
                partition,
                order,
                functions,
            } => self.window(id, *input, partition, order, functions),
            Op::Running(running) => self.running(id, running),
            Op::Fold(_) | Op::State { .. } => refuse(
                "loop",
                "was not turned into relational operators",
                node.spans.first(),
            ),
        }
    }

    /// Makes the relations available that expressions ask.
    fn prepare(&mut self, op: &Op) -> Result<(), Refusal> {
        let conditions: Vec<&Expr> = match op {
            Op::Filter { predicate, .. } => conjuncts(predicate),
            Op::When { condition, .. } => conjuncts(condition),
            _ => Vec::new(),
        };
        let mut only_asked = Vec::new();
        for condition in conditions {
            if let Some((relation, _)) = emptiness(self.flow, condition) {
                if !self.tables.contains_key(&relation) {
                    let block = self.block(relation)?;
                    let table = match block.is_table() {
                        Some(table) => table.to_owned(),
                        None => self.table_of(block, relation)?,
                    };
                    self.tables.insert(relation, table);
                }
                only_asked.extend(condition.relations());
            }
        }
        // A count asked for emptiness alone is never computed, unless some other place reads it.
        let elsewhere: Vec<NodeId> = match op {
            Op::Filter {
                predicate: whole, ..
            }
            | Op::When {
                condition: whole, ..
            } => conjuncts(whole)
                .into_iter()
                .filter(|condition| emptiness(self.flow, condition).is_none())
                .flat_map(Expr::relations)
                .collect(),
            _ => op.exprs().into_iter().flat_map(Expr::relations).collect(),
        };
        for relation in elsewhere {
            if !self.one_row.contains_key(&relation) {
                let block = self.block(relation)?;
                let table = self.table_of(block, relation)?;
                self.one_row.insert(relation, table);
            }
        }
        Ok(())
    }

    /// The table that holds a block's rows and exactly the relation's columns under their names.
    fn table_of(&mut self, block: Block, id: NodeId) -> Result<String, Refusal> {
        if let Some(table) = block.is_table()
            && block.columns.iter().all(
                |(name, sql)| matches!(sql, Sql::Column { name: own, .. } if own == name.as_str()),
            )
        {
            return Ok(table.to_owned());
        }
        let closed = self.close(block, id, None)?;
        Ok(closed.sources[0].table.clone())
    }

    pub(super) fn translator<'b>(&'b self, input: NodeId, columns: &'b Columns) -> Translator<'b> {
        Translator {
            flow: self.flow,
            schema: &self.flow.node(input).schema,
            columns,
            one_row: &self.one_row,
            tables: &self.tables,
        }
    }

    fn scan(&mut self, id: NodeId) -> Block {
        let source = self.new_source();
        let node = self.flow.node(id);
        let columns = node
            .schema
            .columns()
            .iter()
            .filter(|column| self.needed[id.0 as usize].contains(&column.name))
            .map(|column| {
                let sql = Sql::Column {
                    source,
                    name: column.name.to_string(),
                    lake_float: column.ty.base == relift_dataflow::Base::Float64,
                };
                (column.name.clone(), sql)
            })
            .collect();
        let order = if self.observed[id.0 as usize] {
            self.numbered.insert(id);
            vec![OrderKey::position(
                Sql::column(source, &self.row_number),
                "row_no",
            )]
        } else {
            Vec::new()
        };
        Block {
            sources: vec![Source {
                id: source,
                table: self.source_names[&id].clone(),
                join: Joined::First,
                on: Vec::new(),
            }],
            columns,
            order,
            ..Block::default()
        }
    }

    /// Writes a block out under the name of a relation and reads it back. `extra` are further columns;
    /// they and the order's criteria get names no relation uses.
    pub(super) fn close(
        &mut self,
        block: Block,
        id: NodeId,
        name: Option<&str>,
    ) -> Result<Block, Refusal> {
        self.close_with(block, id, name, &[])
            .map(|(block, _)| block)
    }

    /// As [`Self::close`], with further columns of the given names; returns what they are afterwards.
    pub(super) fn close_with(
        &mut self,
        block: Block,
        id: NodeId,
        name: Option<&str>,
        extra: &[(&str, Sql)],
    ) -> Result<(Block, Vec<Sql>), Refusal> {
        let wanted_order = if block.limit.is_some() {
            block.order.clone()
        } else {
            Vec::new()
        };
        let names: Vec<ColumnName> = self.in_schema_order(&block, id);
        let (block, select_order) = self.orderable(block, &names, wanted_order, id)?;
        let mut taken: BTreeSet<String> = self.column_names.clone();
        let mut columns: Vec<(String, Sql)> = Vec::new();
        for column in &names {
            columns.push((column.to_string(), column_of(&block, column)?));
        }
        let export = |wanted: &str,
                      sql: &Sql,
                      columns: &mut Vec<(String, Sql)>,
                      taken: &mut BTreeSet<String>| {
            if let Some((name, _)) = columns.iter().find(|(_, own)| own == sql) {
                return name.clone();
            }
            let name = hidden_name(taken, wanted);
            taken.insert(name.to_ascii_lowercase());
            columns.push((name.clone(), sql.clone()));
            name
        };
        let order_names: Vec<String> = block
            .order
            .iter()
            .map(|key| match &key.sql {
                Sql::Constant(text) => text.clone(),
                sql => {
                    let same = block.order.iter().filter(|other| other.hint == key.hint);
                    let of_table = match (sql, same.count() > 1) {
                        (Sql::Column { source, .. }, true) => block
                            .sources
                            .iter()
                            .find(|candidate| candidate.id == *source)
                            .map(|source| format!("{}_{}", source.table, key.hint)),
                        _ => None,
                    };
                    let wanted = of_table.as_deref().unwrap_or(key.hint);
                    export(wanted, sql, &mut columns, &mut taken)
                }
            })
            .collect();
        // These are read by name right away, so they need only differ from their neighbours.
        let mut beside: BTreeSet<String> = columns
            .iter()
            .map(|(name, _)| name.to_ascii_lowercase())
            .collect();
        let extra_names: Vec<String> = extra
            .iter()
            .map(|(wanted, sql)| export(wanted, sql, &mut columns, &mut beside))
            .collect();
        taken.extend(beside);
        if columns.is_empty() {
            columns.push((
                hidden_name(&taken, "row_exists"),
                Sql::Constant("1".to_owned()),
            ));
        }
        let table = self.table_name(id, name);
        self.parts.push(TableExpression {
            name: table.clone(),
            comment: block.comment(),
            body: Body::Select(block.select(columns, select_order)),
        });
        let source = self.new_source();
        let order = block
            .order
            .iter()
            .zip(&order_names)
            .map(|(key, name)| match &key.sql {
                Sql::Constant(_) => key.clone(),
                _ => key.over(Sql::column(source, name)),
            })
            .collect();
        let read = |name: &ColumnName| {
            let lake_float = matches!(
                block.column(name),
                Some(Sql::Column {
                    lake_float: true,
                    ..
                })
            );
            Sql::Column {
                source,
                name: name.to_string(),
                lake_float,
            }
        };
        let closed = Block {
            columns: names
                .iter()
                .map(|name| (name.clone(), read(name)))
                .collect(),
            order,
            ..Self::reading(source, &table)
        };
        let extra = extra_names
            .iter()
            .map(|name| Sql::column(source, name))
            .collect();
        Ok((closed, extra))
    }

    /// A block over one table, without columns yet.
    pub(super) fn reading(source: SourceId, table: &str) -> Block {
        Block {
            sources: vec![Source {
                id: source,
                table: table.to_owned(),
                join: Joined::First,
                on: Vec::new(),
            }],
            ..Block::default()
        }
    }

    /// Names of the block's columns as the relation orders them; others behind.
    fn in_schema_order(&self, block: &Block, id: NodeId) -> Vec<ColumnName> {
        let schema = &self.flow.node(id).schema;
        let mut names: Vec<ColumnName> = schema
            .names()
            .filter(|name| block.columns.contains_key(*name))
            .cloned()
            .collect();
        names.extend(
            block
                .columns
                .keys()
                .filter(|name| !schema.has(name))
                .cloned(),
        );
        names
    }

    /// A block whose criteria mean the same behind ORDER BY: there a name means the output column, so a
    /// criterion that reads a source column of such a name is computed one SELECT before.
    fn orderable(
        &mut self,
        block: Block,
        names: &[ColumnName],
        wanted: Vec<OrderKey>,
        id: NodeId,
    ) -> Result<(Block, Vec<OrderKey>), Refusal> {
        let mut distinct: Vec<OrderKey> = Vec::new();
        for key in wanted {
            let said = distinct.iter().any(|before| before.sql == key.sql);
            if !said && !matches!(key.sql, Sql::Constant(_)) {
                distinct.push(key);
            }
        }
        // What is an output column is named by it.
        let mut wanted: Vec<OrderKey> = Vec::new();
        let mut shadowed = false;
        for key in distinct {
            let output = names
                .iter()
                .find(|name| block.column(name) == Some(&key.sql));
            match output {
                Some(name) if !matches!(key.sql, Sql::Column { .. }) => {
                    wanted.push(key.over(Sql::Constant(quoted(name.as_str()))));
                }
                Some(_) if names.iter().all(|name| unshadowed(&block, name, &key.sql)) => {
                    wanted.push(key);
                }
                _ => {
                    shadowed |= names.iter().any(|name| {
                        key.sql.reads_name(name.as_str()) && !unshadowed(&block, name, &key.sql)
                    });
                    wanted.push(key);
                }
            }
        }
        if !shadowed && (!block.distinct || wanted.is_empty()) {
            return Ok((block, wanted));
        }
        let limit = block.limit;
        let hidden = Block {
            limit: None,
            // Criteria that read a shadowed name must be columns of their own, so they are exported.
            ..block
        };
        let mut closed = self.close_hidden(hidden, id)?;
        closed.limit = limit;
        let order = closed.order.clone();
        Ok((closed, order))
    }

    /// Closes a block with every criterion of its order under a name that no relation uses.
    fn close_hidden(&mut self, block: Block, id: NodeId) -> Result<Block, Refusal> {
        let keys = block.order.clone();
        let extra: Vec<(&str, Sql)> = keys.iter().map(|key| (key.hint, key.sql.clone())).collect();
        let bare = Block {
            order: Vec::new(),
            ..block
        };
        let (mut closed, over) = self.close_with(bare, id, None, &extra)?;
        closed.order = keys
            .iter()
            .zip(over)
            .map(|(key, sql)| key.over(sql))
            .collect();
        Ok(closed)
    }

    pub(super) fn table_name(&mut self, id: NodeId, name: Option<&str>) -> String {
        let node = self.flow.node(id);
        let own = node.name.as_deref().map(snake_case);
        let wanted = match (name, own) {
            (Some(name), Some(own)) => format!("{own}_{name}"),
            (None, Some(own)) => own,
            (Some(name), None) => name.to_owned(),
            (None, None) => fallback_name(&node.op).to_owned(),
        };
        self.names.unique(&wanted)
    }

    /// A block with one position; several criteria are counted out by `row_number`.
    pub(super) fn positioned(&mut self, block: Block, id: NodeId) -> Result<Block, Refusal> {
        match &block.order[..] {
            [key] if key.position => Ok(block),
            [] => Ok(Block {
                order: vec![OrderKey::position(
                    Sql::Constant("0".to_owned()),
                    "row_position",
                )],
                ..block
            }),
            _ => {
                let block = if block.is_plain() {
                    block
                } else {
                    self.close(block, id, None)?
                };
                let position = Sql::Window(Box::new(WindowCall {
                    name: "row_number",
                    order: block.order.clone(),
                    ..WindowCall::default()
                }));
                self.windows = true;
                let mut block = Block {
                    order: Vec::new(),
                    ..block
                };
                block.tell("rows numbered in their order");
                let (mut closed, over) = self.close_with(
                    block,
                    id,
                    Some("numbered"),
                    &[("row_position", position.cast("BIGINT"))],
                )?;
                closed.order = over
                    .into_iter()
                    .map(|sql| OrderKey::position(sql, "row_position"))
                    .collect();
                Ok(closed)
            }
        }
    }

    /// A name for a hidden column that no relation has.
    pub(super) fn hidden(&self, wanted: &str) -> String {
        hidden_name(&self.column_names, wanted)
    }

    /// Refuses when something observes the order of rows that have none.
    pub(super) fn require_order(&self, input: NodeId, by: NodeId) -> Result<(), Refusal> {
        if self.flow.node(input).order == Order::Unordered {
            return refuse(
                "order of rows",
                "the result depends on the order of rows that have none",
                self.flow.node(by).spans.first(),
            );
        }
        Ok(())
    }
}

/// Whether a criterion's column of that name is the output column of that name.
fn unshadowed(block: &Block, name: &ColumnName, sql: &Sql) -> bool {
    !sql.reads_name(name.as_str())
        || matches!(block.column(name), Some(own @ Sql::Column { name: source, .. })
        if source == name.as_str() && !sql.any(&|part| {
            matches!(part, Sql::Column { name: other, .. } if other == name.as_str()) && part != own
        }))
}

/// The SQL of a column that must be there.
pub(super) fn column_of(block: &Block, name: &ColumnName) -> Result<Sql, Refusal> {
    block.column(name).cloned().ok_or_else(|| {
        Refusal::new(
            format!("column \"{name}\""),
            "is not computed where it is read",
            None,
        )
    })
}

fn conjuncts(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Call(Function::And, parts) => parts.iter().flat_map(conjuncts).collect(),
        _ => vec![expr],
    }
}

fn hidden_name(taken: &BTreeSet<String>, wanted: &str) -> String {
    free_name(wanted, |name| taken.contains(&name.to_ascii_lowercase()))
}

fn fallback_name(op: &Op) -> &'static str {
    match op {
        Op::Scan { .. } => "stored",
        Op::Values { .. } => "constants",
        Op::Filter { .. } => "kept",
        Op::Map { .. } => "computed",
        Op::Join { .. } => "joined",
        Op::Aggregate { keys, .. } if keys.is_empty() => "totals",
        Op::Aggregate { .. } => "grouped",
        Op::Pick { .. } => "picked",
        Op::Sort { .. } => "sorted",
        Op::Limit { .. } => "limited",
        Op::Distinct { .. } => "different",
        Op::Union { .. } => "combined",
        Op::When { .. } => "conditional",
        Op::Window { .. } => "windowed",
        Op::Running(_) => "carried",
        Op::Fold(_) | Op::State { .. } => "state",
    }
}

/// Whether sorting leaves no two rows equal, so that the order before does not matter.
pub(super) fn is_total(flow: &Dataflow, input: NodeId, by: &[SortKey]) -> bool {
    flow.node(input).keys.iter().any(|key| {
        key.iter()
            .all(|name| by.iter().any(|term| term.expr.as_column() == Some(name)))
    })
}

/// For each relation, whether something between it and the root observes the order of its rows.
fn observed_orders(flow: &Dataflow, root: NodeId, ordered: Ordered) -> Vec<bool> {
    let reachable = flow.reachable([root]);
    let mut observed = vec![false; reachable.len()];
    observed[root.0 as usize] = ordered == Ordered::Yes;
    for (id, node) in flow.nodes().rev() {
        if !reachable[id.0 as usize] {
            continue;
        }
        let own = observed[id.0 as usize];
        let mut mark = |input: &NodeId, needs: bool| observed[input.0 as usize] |= needs;
        match &node.op {
            Op::Scan { .. } | Op::Values { .. } | Op::Fold(_) | Op::State { .. } => {}
            Op::Filter { input, .. }
            | Op::Map { input, .. }
            | Op::When { input, .. }
            | Op::Distinct { input } => mark(input, own),
            Op::Sort { input, by } => mark(input, own && !is_total(flow, *input, by)),
            Op::Limit { input, .. } | Op::Pick { input, .. } => mark(input, true),
            Op::Window {
                input, functions, ..
            } => {
                let inside = functions.iter().any(|(_, one)| one.observes_order());
                mark(input, own || inside);
            }
            Op::Running(running) => mark(&running.input, true),
            Op::Union { inputs } => inputs.iter().for_each(|input| mark(input, own)),
            Op::Aggregate {
                input,
                aggregates,
                order,
                ..
            } => {
                let inside = aggregates
                    .iter()
                    .any(|(_, aggregate)| aggregate.function.observes_order());
                mark(input, inside || (own && *order == GroupOrder::FirstSeen));
            }
            Op::Join {
                left, right, kind, ..
            } => {
                mark(left, own);
                let one_sided = matches!(kind, JoinKind::Semi | JoinKind::Anti)
                    || node.order == flow.node(*left).order;
                mark(right, own && !one_sided);
            }
        }
    }
    observed
}
