//! Graphs from text, by recursive descent.
//!
//! The first error ends the reading: what follows refers to relations by number, so that more errors
//! would mostly be consequences.

mod windows;

use std::sync::Arc;

use relift_diagnostics::{Diagnostic, SourceFile};
use relift_job::{
    Catalog, ColumnName, DateMode, DateRange, EffectiveDate, FrameName, JobName, SchemaName,
    TableName,
};

use super::cursor::Cursor;
use crate::interpret::LoopProgram;
use crate::{
    Aggregate, AggregateFunction, Dataflow, Emit, Expr, ExprKind, Fold, FoldKind, FoldState,
    FrameBinding, Function, GroupOrder, JoinKind, Literal, LookupValue, MapSlot, NodeId,
    Obligation, ObligationKind, Op, Parameter, PickWhich, Sink, SortKey,
};

type Parsed<T> = Result<T, Diagnostic>;

/// Reads a graph; types of scans come from `catalog`.
pub fn parse(file: &SourceFile, catalog: &Catalog) -> Result<Dataflow, Diagnostic> {
    let mut cursor = Cursor::new(file);
    cursor.expect_word("job")?;
    let job = JobName::from(cursor.name("the job's name")?);
    let mut parser = Parser {
        cursor,
        flow: Dataflow::new(job),
        relations: 0,
    };
    if parser.cursor.takes_word("sqlite") {
        parser.flow.sqlite = Some(parser.cursor.quoted('\'')?);
    }
    parser.nodes(catalog)?;
    parser.sections()?;
    Ok(parser.flow)
}

/// Reads an expression over the relations of a graph of `relations` relations.
pub fn parse_expr(file: &SourceFile, relations: u32) -> Result<Expr, Diagnostic> {
    let mut parser = Parser {
        cursor: Cursor::new(file),
        flow: Dataflow::new(JobName::from("")),
        relations,
    };
    let expr = parser.expr()?;
    if parser.cursor.at_end() {
        Ok(expr)
    } else {
        Err(parser.cursor.expected("the end of the expression"))
    }
}

/// Reads a loop that a query carries.
pub(crate) fn parse_loop(file: &SourceFile) -> Result<LoopProgram, Diagnostic> {
    let mut parser = Parser {
        cursor: Cursor::new(file),
        flow: Dataflow::new(JobName::from("")),
        relations: 0,
    };
    parser.cursor.expect_word("columns")?;
    let columns = parser.block(Parser::column)?;
    let nan = if parser.cursor.takes_word("nan") {
        parser.block(Parser::column)?
    } else {
        Vec::new()
    };
    let running = parser.running_over(|_| Ok(NodeId(0)))?;
    if parser.cursor.at_end() {
        Ok(LoopProgram {
            columns,
            nan,
            running,
        })
    } else {
        Err(parser.cursor.expected("the end of the loop"))
    }
}

struct Parser<'a> {
    cursor: Cursor<'a>,
    flow: Dataflow,
    /// How many relations there are to refer to.
    relations: u32,
}

impl Parser<'_> {
    fn nodes(&mut self, catalog: &Catalog) -> Parsed<()> {
        let mut module = 0;
        loop {
            if self.cursor.takes_word("module") {
                module = self.count("a module's index")?;
                continue;
            }
            if !self.cursor.sees("$") {
                return Ok(());
            }
            let start = self.cursor.position();
            self.cursor.expect("$")?;
            let number: u32 = self.count("a relation's number")?;
            if number != self.relations {
                let message = format!("expected relation ${}, found ${number}", self.relations);
                return Err(self
                    .cursor
                    .error_at(start..start + 1, message)
                    .hint("relations are numbered from 0 in the order they stand"));
            }
            let name = if self.cursor.sees("=") {
                None
            } else {
                Some(self.cursor.name("the relation's name or `=`")?)
            };
            self.cursor.expect("=")?;
            let op_start = self.cursor.position();
            let op = self.op()?;
            let spans = self.cursor.spans()?;
            self.flow
                .add(op, module, spans, name.as_deref(), catalog)
                .map_err(|error| {
                    self.cursor
                        .error_at(op_start..op_start + 1, format!("${number}: {error}"))
                })?;
            self.relations += 1;
        }
    }

    fn sections(&mut self) -> Parsed<()> {
        if self.cursor.takes_word("frames") {
            self.flow.frames = self.bindings()?;
        }
        if self.cursor.takes_word("reads") {
            self.flow.reads = self.bindings()?;
        }
        if self.cursor.takes_word("sinks") {
            while self.cursor.takes_word("module") {
                let module = self.count("a module's index")?;
                let input = self.relation()?;
                self.flow.sinks.push(Sink { module, input });
            }
        }
        if self.cursor.takes_word("obligations") {
            while self.cursor.sees("$") {
                let obligation = self.obligation()?;
                self.flow.obligations.push(obligation);
            }
        }
        if self.cursor.at_end() {
            Ok(())
        } else {
            Err(self
                .cursor
                .expected("a relation or one of the sections frames, reads, sinks, obligations"))
        }
    }

    fn bindings(&mut self) -> Parsed<Vec<FrameBinding>> {
        let mut bindings = Vec::new();
        while self.cursor.takes_word("module") {
            let module = self.count("a module's index")?;
            let frame = FrameName::from(self.cursor.name("a frame's name")?);
            self.cursor.expect("=")?;
            let node = self.relation()?;
            bindings.push(FrameBinding {
                module,
                frame,
                node,
            });
        }
        Ok(bindings)
    }

    fn obligation(&mut self) -> Parsed<Obligation> {
        let node = self.relation()?;
        let kind = match self.cursor.word() {
            "never_missing" => ObligationKind::NeverMissing(self.block(Self::column)?),
            "unique" => ObligationKind::Unique(self.block(Self::column)?),
            "holds" => ObligationKind::Holds(self.single(Self::expr)?),
            "not_empty" => ObligationKind::NotEmpty,
            _ => {
                return Err(self
                    .cursor
                    .expected("never_missing, unique, holds or not_empty"));
            }
        };
        Ok(Obligation {
            node,
            kind,
            why: self.cursor.quoted('\'')?,
            spans: self.cursor.spans()?,
        })
    }

    fn op(&mut self) -> Parsed<Op> {
        let start = self.cursor.position();
        Ok(match self.cursor.word() {
            "Scan" => self.scan()?,
            "Values" => {
                let columns = self.block(Self::column)?;
                self.cursor.expect_word("rows")?;
                let rows = self.block(|parser| parser.list("(", Self::expr, ")"))?;
                if let Some(row) = rows.iter().find(|row| row.len() != columns.len()) {
                    let (values, columns) = (row.len(), columns.len());
                    let message = format!("a row of {values} values under {columns} columns");
                    return Err(self.cursor.error_at(start..start + 1, message));
                }
                Op::Values { columns, rows }
            }
            "Filter" => Op::Filter {
                predicate: self.single(Self::expr)?,
                input: self.input()?,
            },
            "Map" => Op::Map {
                columns: self.block(Self::assignment)?,
                input: self.input()?,
            },
            "Join" => self.join()?,
            "Aggregate" => self.aggregate()?,
            "Pick" => Op::Pick {
                which: self.choice("first or last", PickWhich::ALL, PickWhich::word)?,
                keys: self.block(Self::column)?,
                input: self.input()?,
            },
            "Sort" => Op::Sort {
                by: self.block(Self::sort_key)?,
                input: self.input()?,
            },
            "Limit" => Op::Limit {
                count: self.count("a number of rows")?,
                input: self.input()?,
            },
            "Distinct" => Op::Distinct {
                input: self.input()?,
            },
            "Union" => Op::Union {
                inputs: self.list("(", Self::relation, ")")?,
            },
            "When" => Op::When {
                condition: self.single(Self::expr)?,
                input: self.input()?,
            },
            "Window" => self.window()?,
            "Running" => Op::Running(self.running_over(Self::input)?),
            "Fold" => Op::Fold(Fold {
                states: self.block(Self::state)?,
                input: self.input()?,
            }),
            "State" => {
                let state = self.count("a state's index")?;
                let fold = self.input()?;
                let Op::Fold(Fold { states, .. }) = &self.flow.node(fold).op else {
                    let message = format!("{fold} is not a fold");
                    return Err(self.cursor.error_at(start..start + 1, message));
                };
                if state >= states.len() {
                    let message = format!("{fold} has {} states, counted from 0", states.len());
                    return Err(self.cursor.error_at(start..start + 1, message));
                }
                Op::State { fold, state }
            }
            word => {
                let message = format!("unknown operator `{word}`");
                return Err(self.cursor.error_at(start..start + word.len().max(1), message).hint(
                    "operators are Scan, Values, Filter, Map, Join, Aggregate, Pick, Sort, Limit, \
                     Distinct, Union, When, Window, Running, Fold, State",
                ));
            }
        })
    }

    fn scan(&mut self) -> Parsed<Op> {
        let schema = SchemaName::from(self.cursor.name("a schema's name")?);
        self.cursor.expect(".")?;
        let table: Arc<str> = self.cursor.name("a table's name")?.into();
        let dates = match self.cursor.word() {
            "exact" => DateMode::Exact,
            "between" => DateMode::Between(DateRange {
                first: self.date()?,
                last: self.date()?,
            }),
            "lookback" => DateMode::Lookback(self.count("a number of days")?),
            "most_recent_prior" => DateMode::MostRecentPrior,
            "most_recent" => DateMode::MostRecent,
            _ => {
                return Err(self
                    .cursor
                    .expected("exact, between, lookback, most_recent_prior or most_recent"));
            }
        };
        self.cursor.expect_word("as")?;
        let frame = FrameName::from(self.cursor.name("a frame's name")?);
        Ok(Op::Scan {
            table: TableName { schema, table },
            columns: self.block(Self::column)?,
            dates,
            frame,
        })
    }

    fn date(&mut self) -> Parsed<EffectiveDate> {
        let start = self.cursor.position();
        let text = self.cursor.until_blank();
        EffectiveDate::parse(text).ok_or_else(|| {
            let message = format!("`{text}` is not a date");
            self.cursor
                .error_at(start..start + text.len(), message)
                .hint("dates are written YYYY-MM-DD")
        })
    }

    fn join(&mut self) -> Parsed<Op> {
        let kind = self.choice(
            "inner, left, semi, anti or cross",
            JoinKind::ALL,
            JoinKind::word,
        )?;
        let null_safe = self.cursor.takes_word("null_safe");
        let (mut on, mut condition, mut presence) = (Vec::new(), None, None);
        self.block(|parser| {
            match parser.cursor.word() {
                "on" => {
                    let left = parser.expr()?;
                    parser.cursor.expect("=")?;
                    on.push((left, parser.expr()?));
                }
                "where" => condition = Some(parser.expr()?),
                "presence" => presence = Some(parser.column()?),
                _ => return Err(parser.cursor.expected("on, where or presence")),
            }
            Ok(())
        })?;
        self.cursor.expect("(")?;
        let left = self.relation()?;
        self.cursor.expect(",")?;
        let right = self.relation()?;
        self.cursor.expect(")")?;
        Ok(Op::Join {
            left,
            right,
            kind,
            on,
            null_safe,
            condition,
            presence,
        })
    }

    fn aggregate(&mut self) -> Parsed<Op> {
        let order = self.choice(
            "first_seen, by_key or unordered",
            GroupOrder::ALL,
            GroupOrder::word,
        )?;
        let (mut keys, mut aggregates) = (Vec::new(), Vec::new());
        self.block(|parser| {
            if let Some(key) = parser.key()? {
                keys.push(key);
                return Ok(());
            }
            let name = parser.column()?;
            parser.cursor.expect(":=")?;
            let aggregate = parser.aggregate_call()?;
            aggregates.push((name, aggregate));
            Ok(())
        })?;
        Ok(Op::Aggregate {
            input: self.input()?,
            keys,
            aggregates,
            order,
        })
    }

    fn aggregate_call(&mut self) -> Parsed<Aggregate> {
        let start = self.cursor.position();
        let word = self.cursor.word();
        let Some(function) = AggregateFunction::parse(word) else {
            let message = format!("unknown aggregate `{word}`");
            let end = start + word.len().max(1);
            return Err(self.cursor.error_at(start..end, message));
        };
        let mut arguments = self.list("(", Self::expr, ")")?;
        if arguments.len() > 1 {
            let message = "an aggregate has one argument";
            return Err(self.cursor.error_at(start..start + word.len(), message));
        }
        let filter = if self.cursor.takes_word("where") {
            Some(self.expr()?)
        } else {
            None
        };
        Ok(Aggregate {
            function,
            argument: arguments.pop(),
            filter,
        })
    }

    fn sort_key(&mut self) -> Parsed<SortKey> {
        Ok(SortKey {
            expr: self.expr()?,
            descending: self.cursor.takes_word("desc"),
            missing_first: self.cursor.takes_word("missing_first"),
        })
    }

    /// `by name := value` or `by name`; nothing when a column called "by" is assigned.
    fn key(&mut self) -> Parsed<Option<(ColumnName, Expr)>> {
        let start = self.cursor.position();
        if !self.cursor.takes_word("by") {
            return Ok(None);
        }
        if self.cursor.sees(":=") {
            self.cursor.back_to(start);
            return Ok(None);
        }
        self.assignment().map(Some)
    }

    fn state(&mut self) -> Parsed<FoldState> {
        let word = self.cursor.word();
        let name = self.cursor.name("the variable's name")?;
        let kind = match word {
            "rows" => FoldKind::Rows(self.block(|parser| {
                parser.cursor.expect_word("when")?;
                Ok(Emit {
                    guard: parser.expr()?,
                    columns: parser.block(Self::assignment)?,
                })
            })?),
            "map" => self.map_state()?,
            "scalar" => self.single(|parser| {
                let name = parser.column()?;
                parser.cursor.expect_word("initial")?;
                let initial = parser.expr()?;
                parser.cursor.expect_word("next")?;
                Ok(FoldKind::Scalar {
                    name,
                    initial,
                    next: parser.expr()?,
                })
            })?,
            _ => return Err(self.cursor.expected("rows, map or scalar, and a name")),
        };
        Ok(FoldState {
            name,
            kind,
            spans: self.cursor.spans()?,
        })
    }

    fn map_state(&mut self) -> Parsed<FoldKind> {
        let (mut keys, mut creates, mut slots) = (Vec::new(), None, Vec::new());
        self.block(|parser| {
            if let Some(key) = parser.key()? {
                keys.push(key);
                return Ok(());
            }
            match parser.cursor.word() {
                "creates" => creates = Some(parser.expr()?),
                "slot" => {
                    let name = parser.column()?;
                    parser.cursor.expect_word("first")?;
                    let first = parser.expr()?;
                    parser.cursor.expect_word("next")?;
                    let next = parser.expr()?;
                    slots.push(MapSlot { name, first, next });
                }
                _ => return Err(parser.cursor.expected("by, creates or slot")),
            }
            Ok(())
        })?;
        let Some(creates) = creates else {
            return Err(self.cursor.expected("a map with `creates`"));
        };
        Ok(FoldKind::Map {
            keys,
            creates,
            slots,
        })
    }

    /// `name := value`, or a name that stands for the column of that name.
    fn assignment(&mut self) -> Parsed<(ColumnName, Expr)> {
        let name = self.column()?;
        let value = if self.cursor.takes(":=") {
            self.expr()?
        } else {
            Expr::column(name.clone())
        };
        Ok((name, value))
    }

    fn column(&mut self) -> Parsed<ColumnName> {
        self.cursor.name("a column's name").map(ColumnName::from)
    }

    fn input(&mut self) -> Parsed<NodeId> {
        self.cursor.expect("(")?;
        let input = self.relation()?;
        self.cursor.expect(")")?;
        Ok(input)
    }

    /// A relation that stands before.
    fn relation(&mut self) -> Parsed<NodeId> {
        let start = self.cursor.position();
        self.cursor.expect("$")?;
        let number = self.count("a relation's number")?;
        if number < self.relations {
            return Ok(NodeId(number));
        }
        let message = format!("${number} does not stand before its use");
        Err(self.cursor.error_at(start..start + 1, message))
    }

    fn count<T: std::str::FromStr>(&mut self, what: &str) -> Parsed<T> {
        let start = self.cursor.position();
        let word = self.cursor.word();
        word.parse().map_err(|_| {
            self.cursor.back_to(start);
            self.cursor.expected(what)
        })
    }

    fn choice<T: Copy, const N: usize>(
        &mut self,
        what: &str,
        all: [T; N],
        word: fn(T) -> &'static str,
    ) -> Parsed<T> {
        let found = self.cursor.peek_word();
        match all.into_iter().find(|one| word(*one) == found) {
            Some(one) => {
                self.cursor.word();
                Ok(one)
            }
            None => Err(self.cursor.expected(what)),
        }
    }

    fn list<T>(
        &mut self,
        open: &str,
        mut one: impl FnMut(&mut Self) -> Parsed<T>,
        close: &str,
    ) -> Parsed<Vec<T>> {
        self.cursor.expect(open)?;
        let mut all = Vec::new();
        if self.cursor.takes(close) {
            return Ok(all);
        }
        loop {
            all.push(one(self)?);
            if !self.cursor.takes(",") {
                self.cursor.expect(close)?;
                return Ok(all);
            }
        }
    }

    fn block<T>(&mut self, one: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        self.list("{", one, "}")
    }

    fn single<T>(&mut self, one: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.cursor.expect("{")?;
        let single = one(self)?;
        self.cursor.expect("}")?;
        Ok(single)
    }

    fn expr(&mut self) -> Parsed<Expr> {
        self.cursor.descend()?;
        let kind = self.expr_kind()?;
        self.cursor.ascend();
        Ok(Expr::new(kind))
    }

    fn expr_kind(&mut self) -> Parsed<ExprKind> {
        if self.cursor.takes("(") {
            let inner = self.expr()?;
            self.cursor.expect(")")?;
            return Ok(inner.kind);
        }
        if self.cursor.sees("'") {
            return Ok(ExprKind::Literal(Literal::Text(self.cursor.quoted('\'')?)));
        }
        if self.cursor.sees("\"") {
            return Ok(ExprKind::Column(self.column()?));
        }
        if self.cursor.sees("$") {
            let relation = self.relation()?;
            self.cursor.expect(".")?;
            let column = self.column()?;
            return Ok(ExprKind::Scalar { relation, column });
        }
        if self.cursor.takes("@") {
            return match self.cursor.word() {
                "effective_date" => Ok(ExprKind::Parameter(Parameter::EffectiveDate)),
                "processing_time" => Ok(ExprKind::Parameter(Parameter::ProcessingTime)),
                _ => Err(self
                    .cursor
                    .expected("effective_date or processing_time after `@`")),
            };
        }
        let word = self.cursor.peek_word();
        if word.is_empty() && !self.cursor.sees("-") {
            return Err(self.cursor.expected("an expression"));
        }
        if word.is_empty() || word.starts_with(|c: char| c.is_ascii_digit()) {
            return self.number().map(ExprKind::Literal);
        }
        let start = self.cursor.position();
        self.cursor.word();
        match word {
            "if" => return self.choice_of_values(),
            "true" => return Ok(ExprKind::Literal(Literal::Bool(true))),
            "false" => return Ok(ExprKind::Literal(Literal::Bool(false))),
            "None" => return Ok(ExprKind::Literal(Literal::None)),
            "inf" => return Ok(ExprKind::Literal(Literal::Float(f64::INFINITY))),
            "nan" => return self.nan().map(ExprKind::Literal),
            "date" if self.cursor.sees("'") => {
                let text = self.cursor.quoted('\'')?;
                let date = EffectiveDate::parse(&text).ok_or_else(|| {
                    let message = format!("`{text}` is not a date");
                    self.cursor.error_at(start..start + 4, message)
                })?;
                return Ok(ExprKind::Literal(Literal::Date(date.days_since_epoch())));
            }
            "date" if self.sees_number() => {
                let text = self.cursor.number();
                let days = text.parse().map_err(|_| {
                    let message = format!("`{text}` is not a number of days");
                    self.cursor.error_at(start..start + 4, message)
                })?;
                return Ok(ExprKind::Literal(Literal::Date(days)));
            }
            _ => {}
        }
        if !self.cursor.sees("(") {
            return Ok(ExprKind::Column(word.into()));
        }
        match word {
            "previous" => {
                self.cursor.expect("(")?;
                let name = self.column()?;
                self.cursor.expect(")")?;
                Ok(ExprKind::Previous(name))
            }
            "lookup" | "present" => self.lookup(word == "lookup"),
            _ => {
                let Some(function) = Function::parse(word) else {
                    let message = format!("unknown function `{word}`");
                    return Err(self.cursor.error_at(start..start + word.len(), message));
                };
                let arguments = self.list("(", Self::expr, ")")?;
                Ok(ExprKind::Call(function, arguments))
            }
        }
    }

    fn sees_number(&mut self) -> bool {
        self.cursor.sees("-")
            || self
                .cursor
                .peek_word()
                .starts_with(|c: char| c.is_ascii_digit())
    }

    /// After `if`.
    fn choice_of_values(&mut self) -> Parsed<ExprKind> {
        let mut arms = Vec::new();
        let start = self.cursor.position();
        // `if else (x)` is a choice without arms.
        if self.cursor.takes_word("else") {
            if self.cursor.sees("(") {
                let otherwise = Box::new(self.expr()?);
                return Ok(ExprKind::If { arms, otherwise });
            }
            self.cursor.back_to(start);
        }
        loop {
            let condition = self.expr()?;
            self.cursor.expect_word("then")?;
            arms.push((condition, self.expr()?));
            if !self.cursor.takes_word("elif") {
                break;
            }
        }
        self.cursor.expect_word("else")?;
        let otherwise = Box::new(self.expr()?);
        Ok(ExprKind::If { arms, otherwise })
    }

    /// After `lookup` or `present`: `($4, key = value, column)`.
    fn lookup(&mut self, reads_column: bool) -> Parsed<ExprKind> {
        self.cursor.expect("(")?;
        let relation = self.relation()?;
        let (mut keys, mut value) = (Vec::new(), LookupValue::Present);
        while self.cursor.takes(",") {
            let name = self.column()?;
            if self.cursor.takes("=") {
                keys.push((name, self.expr()?));
            } else if reads_column {
                value = LookupValue::Column(name);
                break;
            } else {
                return Err(self.cursor.expected("`=`"));
            }
        }
        self.cursor.expect(")")?;
        if reads_column && value == LookupValue::Present {
            return Err(self
                .cursor
                .expected("a lookup that ends with the column it reads"));
        }
        Ok(ExprKind::Lookup {
            relation,
            keys,
            value,
        })
    }

    /// After `nan`: perhaps the bits in parentheses.
    fn nan(&mut self) -> Parsed<Literal> {
        let start = self.cursor.position();
        if !self.cursor.takes("(") {
            return Ok(Literal::Float(f64::NAN));
        }
        let bits = u64::from_str_radix(self.cursor.word(), 16).ok();
        self.cursor.expect(")")?;
        let value = bits.map(f64::from_bits).filter(|value| value.is_nan());
        value.map(Literal::Float).ok_or_else(|| {
            let message = "these are not the bits of a NaN";
            self.cursor.error_at(start..start + 1, message)
        })
    }

    fn number(&mut self) -> Parsed<Literal> {
        let start = self.cursor.position();
        let text = self.cursor.number();
        number(text).ok_or_else(|| {
            let message = format!("`{text}` is not a number");
            self.cursor
                .error_at(start..start + text.len().max(1), message)
                .hint("numbers are written 12, 1.5 or 1e-05 (floats), 2.50d (decimals)")
        })
    }
}

fn number(text: &str) -> Option<Literal> {
    if text == "-inf" {
        return Some(Literal::Float(f64::NEG_INFINITY));
    }
    if let Some(decimal) = text.strip_suffix('d') {
        let (mantissa, places) = match decimal.split_once('e') {
            Some((mantissa, zeros)) => (mantissa.to_owned(), -zeros.parse::<i32>().ok()?),
            None => match decimal.split_once('.') {
                Some((whole, fraction)) => (format!("{whole}{fraction}"), fraction.len() as i32),
                None => (decimal.to_owned(), 0),
            },
        };
        return Some(Literal::Decimal {
            unscaled: mantissa.parse().ok()?,
            scale: i8::try_from(places).ok()?,
        });
    }
    if let Ok(whole) = text.parse() {
        return Some(Literal::Int(whole));
    }
    // `-nan`, `infinity` and the like parse as floats, but are not written so.
    let float = text.contains(['.', 'e']) && text.contains(|c: char| c.is_ascii_digit());
    float
        .then(|| text.parse().ok())
        .flatten()
        .map(Literal::Float)
}
