//! `merge`: pairs of rows of two frames, with pandas' order, names and dtypes.
//!
//! Rows stand in the order of the side that is kept whole, then of the other; an outer merge sorts by the
//! keys, rows of one key in the order of the left frame. A missing key matches a missing key. Columns of a
//! side that is not kept whole are held differently where a row has no partner: integers become floats when
//! there is such a row, other missing values are NaN.

use relift_dataflow::{
    Aggregate, AggregateFunction, Base, Comparison, Expr, ExprKind, Flavour, Function, GroupOrder,
    JoinKind, NodeId, ObligationKind, Op, Refusal, SortKey,
};
use relift_diagnostics::Span;
use relift_job::ColumnName;

use crate::calls::Arguments;
use crate::lowering::Lowerer;
use crate::state::{any, choose, not};
use crate::values::{Content, Value};

/// Which rows without a partner stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    Inner,
    Left,
    Right,
    Outer,
}

/// A merge whose arguments are understood.
struct Merge {
    left: NodeId,
    right: NodeId,
    kept: Kept,
    left_keys: Vec<ColumnName>,
    right_keys: Vec<ColumnName>,
    suffixes: [String; 2],
}

/// A column of the result: its name, and the columns of the two sides it comes from.
struct Merged {
    name: ColumnName,
    left: Option<ColumnName>,
    right: Option<ColumnName>,
}

impl Lowerer<'_> {
    /// `left.merge(right, …)` and `pd.merge(left, right, …)`.
    pub(crate) fn merge_frames_on(
        &mut self,
        left: NodeId,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        arguments.only(
            3,
            &[
                "right", "on", "how", "left_on", "right_on", "suffixes", "validate", "sort", "copy",
            ],
        )?;
        let span = arguments.span.clone();
        let right = self.frame_node(&arguments.need(0, "right")?.clone(), &span)?;
        let how = match arguments.get(1, "how") {
            None => "inner",
            Some(how) => how
                .as_text()
                .ok_or_else(|| arguments.refuse("the argument `how` is not constant"))?,
        };
        if arguments.flag("sort", false)? {
            return Err(arguments.refuse("sorting by the keys is not lifted"));
        }
        let suffixes = self.suffixes(arguments)?;
        if how == "cross" {
            return self.cross(left, right, &suffixes, arguments);
        }
        let kept = match how {
            "inner" => Kept::Inner,
            "left" => Kept::Left,
            "right" => Kept::Right,
            "outer" => Kept::Outer,
            _ => return Err(arguments.refuse(format!("the kind `{how}` is not lifted"))),
        };
        let (left_keys, right_keys) = self.merge_keys(left, right, arguments)?;
        let merge = Merge {
            left,
            right,
            kept,
            left_keys,
            right_keys,
            suffixes,
        };
        self.check_keys(&merge, arguments)?;
        self.validate(&merge, arguments)?;
        let columns = self.merged_columns(&merge, arguments)?;
        let node = match kept {
            Kept::Inner => self.inner(&merge, &columns, &span)?,
            Kept::Left | Kept::Right => self.one_side(&merge, &columns, &span)?,
            Kept::Outer => self.outer(&merge, &columns, &span)?,
        };
        let node = self.freshly_made(node);
        Ok(self.object(Content::Frame(node)))
    }

    fn suffixes(&mut self, arguments: &Arguments) -> Result<[String; 2], Refusal> {
        let Some(given) = arguments.named("suffixes").cloned() else {
            return Ok(["_x".to_owned(), "_y".to_owned()]);
        };
        let items = self.fixed_items(&given).unwrap_or_default();
        let text = |value: &Value| match value.as_text() {
            Some(text) => Some(text.to_owned()),
            None if value.is_none() => Some(String::new()),
            None => None,
        };
        match items
            .iter()
            .map(text)
            .collect::<Option<Vec<_>>>()
            .as_deref()
        {
            Some([left, right]) => Ok([left.clone(), right.clone()]),
            _ => Err(arguments.refuse("the suffixes are not two constant texts")),
        }
    }

    fn merge_keys(
        &mut self,
        left: NodeId,
        right: NodeId,
        arguments: &Arguments,
    ) -> Result<(Vec<ColumnName>, Vec<ColumnName>), Refusal> {
        let on = arguments.get(2, "on").filter(|on| !on.is_none()).cloned();
        let (l, r) = (
            arguments.named("left_on").cloned(),
            arguments.named("right_on").cloned(),
        );
        let keys = match (on, l, r) {
            (Some(on), None, None) => {
                let on = self.by(&on, arguments)?;
                (on.clone(), on)
            }
            (None, Some(l), Some(r)) => (self.by(&l, arguments)?, self.by(&r, arguments)?),
            (None, None, None) => {
                let other = &self.flow.node(right).schema;
                let shared: Vec<ColumnName> = self
                    .flow
                    .node(left)
                    .schema
                    .names()
                    .filter(|name| other.has(name))
                    .cloned()
                    .collect();
                (shared.clone(), shared)
            }
            _ => return Err(arguments.refuse("its keys are not named")),
        };
        if keys.0.len() != keys.1.len() || keys.0.is_empty() {
            return Err(arguments.refuse("the two sides have different numbers of keys"));
        }
        for (node, names) in [(left, &keys.0), (right, &keys.1)] {
            if let Some(name) = names
                .iter()
                .find(|name| !self.flow.node(node).schema.has(name))
            {
                return Err(arguments.refuse(format!("the key \"{name}\" is no column")));
            }
        }
        Ok(keys)
    }

    /// Keys that pandas and the engine compare alike.
    fn check_keys(&self, merge: &Merge, arguments: &Arguments) -> Result<(), Refusal> {
        let numbers = |base: Base| matches!(base, Base::Int64 | Base::Number | Base::Float64);
        for (l, r) in merge.left_keys.iter().zip(&merge.right_keys) {
            let a = self.type_over(&Expr::column(l.clone()), merge.left)?;
            let b = self.type_over(&Expr::column(r.clone()), merge.right)?;
            let alike = a.base == b.base
                || numbers(a.base)
                    && numbers(b.base)
                    && matches!(merge.kept, Kept::Inner | Kept::Left);
            if !alike {
                return Err(arguments.refuse(format!("it compares {a} with {b}")));
            }
            // None and NaN are one key, and one NULL; which of the two a row had must not matter.
            let outer = merge.kept == Kept::Outer && merge.left_keys == merge.right_keys;
            if a.missing.possible() && b.missing.possible() && a.missing != b.missing
                || outer && a.missing != b.missing
            {
                return Err(arguments.refuse("a key may be None on one side and NaN on the other"));
            }
        }
        Ok(())
    }

    fn validate(&mut self, merge: &Merge, arguments: &Arguments) -> Result<(), Refusal> {
        let Some(validate) = arguments.named("validate").filter(|kind| !kind.is_none()) else {
            return Ok(());
        };
        let (left, right) = match validate.as_text() {
            Some("1:1" | "one_to_one") => (true, true),
            Some("1:m" | "one_to_many") => (true, false),
            Some("m:1" | "many_to_one") => (false, true),
            Some("m:m" | "many_to_many") => (false, false),
            _ => return Err(arguments.refuse("the argument `validate` is not constant")),
        };
        for (checked, node, keys) in [
            (left, merge.left, &merge.left_keys),
            (right, merge.right, &merge.right_keys),
        ] {
            if checked {
                self.oblige(
                    node,
                    ObligationKind::Unique(keys.clone()),
                    "a key that occurs twice raises MergeError",
                    &arguments.span,
                );
            }
        }
        Ok(())
    }

    /// Columns of the result: those of the left frame, then those of the right one.
    fn merged_columns(&self, merge: &Merge, arguments: &Arguments) -> Result<Vec<Merged>, Refusal> {
        let names = |node: NodeId| -> Vec<ColumnName> {
            self.flow.node(node).schema.names().cloned().collect()
        };
        let (left, right) = (names(merge.left), names(merge.right));
        let shared = |name: &ColumnName| {
            merge
                .left_keys
                .iter()
                .zip(&merge.right_keys)
                .any(|(l, r)| l == r && l == name)
        };
        let named = |name: &ColumnName, others: &[ColumnName], suffix: &str| {
            if others.contains(name) && !shared(name) {
                ColumnName::from(format!("{name}{suffix}"))
            } else {
                name.clone()
            }
        };
        let mut columns: Vec<Merged> = left
            .iter()
            .map(|name| Merged {
                name: named(name, &right, &merge.suffixes[0]),
                left: Some(name.clone()),
                right: shared(name).then(|| name.clone()),
            })
            .collect();
        columns.extend(
            right
                .iter()
                .filter(|name| !shared(name))
                .map(|name| Merged {
                    name: named(name, &left, &merge.suffixes[1]),
                    left: None,
                    right: Some(name.clone()),
                }),
        );
        distinct(columns.iter().map(|column| &column.name), arguments)?;
        Ok(columns)
    }

    /// The right frame with names no left column has.
    fn aside(&mut self, right: NodeId, span: &Span) -> Result<NodeId, Refusal> {
        let columns = self
            .flow
            .node(right)
            .schema
            .names()
            .map(|name| (beside(name), Expr::column(name.clone())))
            .collect();
        let name = self.flow.node(right).name.clone();
        self.add(
            Op::Map {
                input: right,
                columns,
            },
            span,
            name.as_deref(),
        )
    }

    fn inner(&mut self, merge: &Merge, columns: &[Merged], span: &Span) -> Result<NodeId, Refusal> {
        let right = self.aside(merge.right, span)?;
        let joined = self.add(
            Op::Join {
                left: merge.left,
                right,
                kind: JoinKind::Inner,
                on: pairs(&merge.left_keys, &merge.right_keys),
                null_safe: true,
                condition: None,
                presence: None,
            },
            span,
            None,
        )?;
        self.demand_order(merge, joined, span)?;
        let columns = columns
            .iter()
            .map(|column| {
                let value = match (&column.left, &column.right) {
                    (Some(left), _) => Expr::column(left.clone()),
                    (None, Some(right)) => Expr::column(beside(right)),
                    (None, None) => Expr::none(),
                };
                (column.name.clone(), value)
            })
            .collect();
        self.add(
            Op::Map {
                input: joined,
                columns,
            },
            span,
            None,
        )
    }

    /// Demands what an inner merge needs to leave its rows in the order of the left frame.
    ///
    /// pandas takes as many pairs as left rows for a sign that each left row has one match, and mixes up the
    /// rows where some have none and others several (`libjoin.inner_join`).
    fn demand_order(&mut self, merge: &Merge, joined: NodeId, span: &Span) -> Result<(), Refusal> {
        let known = |key: &Vec<ColumnName>| key.iter().all(|name| merge.right_keys.contains(name));
        if self.flow.node(merge.right).keys.iter().any(known) {
            return Ok(());
        }
        let (rows, most) = (ColumnName::from("row_count"), ColumnName::from("most"));
        let count = || Aggregate {
            function: AggregateFunction::Count,
            argument: None,
            filter: None,
        };
        let mut summed = |input, keys, column: &ColumnName, aggregate| {
            self.add(
                Op::Aggregate {
                    input,
                    keys,
                    aggregates: vec![(column.clone(), aggregate)],
                    order: GroupOrder::Unordered,
                },
                span,
                None,
            )
        };
        let keys = merge
            .right_keys
            .iter()
            .map(|key| (key.clone(), Expr::column(key.clone())))
            .collect();
        let pairs = summed(joined, Vec::new(), &rows, count())?;
        let left = summed(merge.left, Vec::new(), &rows, count())?;
        let matches = summed(merge.right, keys, &rows, count())?;
        let largest = Aggregate {
            function: AggregateFunction::Max,
            argument: Some(Expr::column(rows.clone())),
            filter: None,
        };
        let matches = summed(matches, Vec::new(), &most, largest)?;
        let scalar = |relation, column: &ColumnName| {
            Expr::new(ExprKind::Scalar {
                relation,
                column: column.clone(),
            })
        };
        let compare = |how, a, b| Expr::compare(how, Flavour::Sql, a, b);
        let several = scalar(matches, &most);
        let holds = any([
            compare(
                Comparison::Ne,
                Expr::column(rows.clone()),
                scalar(left, &rows),
            ),
            Expr::call(Function::IsMissing, vec![several.clone()]),
            compare(Comparison::Le, several, Expr::int(1)),
        ]);
        self.oblige(
            pairs,
            ObligationKind::Holds(holds),
            "pandas would mix up the order of rows where some have no match and others several, as many in \
             all as there are left rows",
            span,
        );
        Ok(())
    }

    /// A left merge, or a right one, which is a left one with the sides exchanged.
    fn one_side(
        &mut self,
        merge: &Merge,
        columns: &[Merged],
        span: &Span,
    ) -> Result<NodeId, Refusal> {
        let swapped = merge.kept == Kept::Right;
        let (whole, other, whole_keys, other_keys) = if swapped {
            (merge.right, merge.left, &merge.right_keys, &merge.left_keys)
        } else {
            (merge.left, merge.right, &merge.left_keys, &merge.right_keys)
        };
        let joined = self.matched(whole, other, whole_keys, other_keys, span)?;
        let mut out = Vec::new();
        for column in columns {
            let (kept, joined_in) = if swapped {
                (&column.right, &column.left)
            } else {
                (&column.left, &column.right)
            };
            let value = match (kept, joined_in) {
                (Some(name), _) => Expr::column(name.clone()),
                (None, Some(name)) => self.partner(name, other, &joined)?,
                (None, None) => Expr::none(),
            };
            out.push((column.name.clone(), value));
        }
        self.add(
            Op::Map {
                input: joined.node,
                columns: out,
            },
            span,
            None,
        )
    }

    /// All rows of one side with their partners of the other.
    fn matched(
        &mut self,
        whole: NodeId,
        other: NodeId,
        whole_keys: &[ColumnName],
        other_keys: &[ColumnName],
        span: &Span,
    ) -> Result<Joined, Refusal> {
        // A frame without rows may have come from an empty table, whose columns have no dtype.
        self.require_typed_beside(
            other,
            whole,
            "without rows its columns would hold objects",
            span,
        )?;
        let right = self.aside(other, span)?;
        let presence = self.free_column(&[whole, right], "matched");
        let node = self.add(
            Op::Join {
                left: whole,
                right,
                kind: JoinKind::Left,
                on: pairs(whole_keys, other_keys),
                null_safe: true,
                condition: None,
                presence: Some(presence.clone()),
            },
            span,
            None,
        )?;
        let alone = Expr::column(presence.clone()).negated();
        let some_alone = self.any_row(node, alone, "unmatched", span)?;
        Ok(Joined {
            node,
            presence,
            some_alone,
        })
    }

    /// Whether the condition holds for some row, as a value without columns.
    pub(crate) fn any_row(
        &mut self,
        node: NodeId,
        condition: Expr,
        name: &str,
        span: &Span,
    ) -> Result<Expr, Refusal> {
        let column = ColumnName::from(name);
        let aggregate = Aggregate {
            function: AggregateFunction::Any,
            argument: Some(condition),
            filter: None,
        };
        let relation = self.add(
            Op::Aggregate {
                input: node,
                keys: Vec::new(),
                aggregates: vec![(column.clone(), aggregate)],
                order: GroupOrder::Unordered,
            },
            span,
            None,
        )?;
        Ok(Expr::new(ExprKind::Scalar { relation, column }).at(Some(span.clone())))
    }

    /// A column of the side whose rows may be absent, as pandas holds it.
    fn partner(&self, name: &ColumnName, other: NodeId, joined: &Joined) -> Result<Expr, Refusal> {
        let ty = self.type_over(&Expr::column(name.clone()), other)?;
        let value = Expr::column(beside(name));
        Ok(match ty.base {
            Base::Int64 => Expr::call(
                Function::PandasInteger,
                vec![value, joined.some_alone.clone()],
            ),
            Base::Number => choose(
                &joined.some_alone,
                Expr::call(Function::ToPandasFloat, vec![value.clone()]),
                Expr::call(Function::Known, vec![value]),
            ),
            Base::Float64 => Expr::call(Function::ToPandasFloat, vec![value]),
            _ if ty.missing.none => choose(
                &Expr::column(joined.presence.clone()),
                value.clone(),
                Expr::call(Function::MissingAsNan, vec![value]),
            ),
            _ => Expr::call(Function::MissingAsNan, vec![value]),
        })
    }

    fn outer(&mut self, merge: &Merge, columns: &[Merged], span: &Span) -> Result<NodeId, Refusal> {
        let joined = self.matched(
            merge.left,
            merge.right,
            &merge.left_keys,
            &merge.right_keys,
            span,
        )?;
        self.require_typed_beside(
            merge.left,
            merge.right,
            "without rows its columns would hold objects",
            span,
        )?;
        let left = self.aside(merge.left, span)?;
        let rest = self.add(
            Op::Join {
                left: merge.right,
                right: left,
                kind: JoinKind::Anti,
                on: pairs(&merge.right_keys, &merge.left_keys),
                null_safe: true,
                condition: None,
                presence: None,
            },
            span,
            None,
        )?;
        let some_rest = not(self.empty(rest, span)?.expr);
        let keys: Vec<ColumnName> = (0..merge.left_keys.len())
            .map(|index| self.free_column(&[joined.node, rest], &format!("merge_key_{index}")))
            .collect();
        let (mut first, mut second) = (Vec::new(), Vec::new());
        for column in columns {
            let (a, b) = match (&column.left, &column.right) {
                (Some(left), Some(right)) => {
                    (Expr::column(left.clone()), Expr::column(right.clone()))
                }
                (Some(left), None) => self.beside_rest(left, merge.left, &some_rest)?,
                (None, Some(right)) => {
                    let held = self.partner(right, merge.right, &joined)?;
                    let ty = self.type_over(&Expr::column(right.clone()), merge.right)?;
                    let value = Expr::column(right.clone());
                    let own = match ty.base {
                        Base::Int64 => Expr::call(
                            Function::PandasInteger,
                            vec![value, joined.some_alone.clone()],
                        ),
                        Base::Number => choose(
                            &joined.some_alone,
                            Expr::call(Function::ToFloat, vec![value.clone()]),
                            value,
                        ),
                        _ => value,
                    };
                    (held, own)
                }
                (None, None) => (Expr::none(), Expr::none()),
            };
            first.push((column.name.clone(), a));
            second.push((column.name.clone(), b));
        }
        for (key, (l, r)) in keys
            .iter()
            .zip(merge.left_keys.iter().zip(&merge.right_keys))
        {
            first.push((key.clone(), Expr::column(l.clone())));
            second.push((key.clone(), Expr::column(r.clone())));
        }
        let first = self.add(
            Op::Map {
                input: joined.node,
                columns: first,
            },
            span,
            None,
        )?;
        let second = self.add(
            Op::Map {
                input: rest,
                columns: second,
            },
            span,
            None,
        )?;
        let both = self.add(
            Op::Union {
                inputs: vec![first, second],
            },
            span,
            None,
        )?;
        let by = keys
            .iter()
            .map(|key| SortKey {
                expr: Expr::column(key.clone()),
                descending: false,
                missing_first: false,
            })
            .collect();
        let sorted = self.add(Op::Sort { input: both, by }, span, None)?;
        let names: Vec<ColumnName> = columns.iter().map(|column| column.name.clone()).collect();
        self.select_columns(sorted, &names, span)
    }

    /// A left column in rows that have one, and in the rows of the right frame alone.
    fn beside_rest(
        &self,
        name: &ColumnName,
        left: NodeId,
        some_rest: &Expr,
    ) -> Result<(Expr, Expr), Refusal> {
        let ty = self.type_over(&Expr::column(name.clone()), left)?;
        let value = Expr::column(name.clone());
        let nan = Expr::call(Function::MissingAsNan, vec![Expr::none()]);
        Ok(match ty.base {
            Base::Int64 => (
                Expr::call(Function::PandasInteger, vec![value, some_rest.clone()]),
                nan,
            ),
            Base::Number => (
                choose(
                    some_rest,
                    Expr::call(Function::ToFloat, vec![value.clone()]),
                    value,
                ),
                nan,
            ),
            _ => (value, nan),
        })
    }

    fn cross(
        &mut self,
        left: NodeId,
        right: NodeId,
        suffixes: &[String; 2],
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let span = &arguments.span;
        let (l, r) = (
            self.flow.node(left).schema.clone(),
            self.flow.node(right).schema.clone(),
        );
        let mut out: Vec<(ColumnName, Expr)> = Vec::new();
        for name in l.names() {
            let suffix = if r.has(name) {
                suffixes[0].as_str()
            } else {
                ""
            };
            out.push((
                ColumnName::from(format!("{name}{suffix}")),
                Expr::column(name.clone()),
            ));
        }
        for name in r.names() {
            let suffix = if l.has(name) {
                suffixes[1].as_str()
            } else {
                ""
            };
            out.push((
                ColumnName::from(format!("{name}{suffix}")),
                Expr::column(beside(name)),
            ));
        }
        distinct(out.iter().map(|(name, _)| name), arguments)?;
        let right = self.aside(right, span)?;
        let joined = self.add(
            Op::Join {
                left,
                right,
                kind: JoinKind::Cross,
                on: Vec::new(),
                null_safe: true,
                condition: None,
                presence: None,
            },
            span,
            None,
        )?;
        let node = self.add(
            Op::Map {
                input: joined,
                columns: out,
            },
            span,
            None,
        )?;
        Ok(self.object(Content::Frame(node)))
    }

    /// A column name that none of the relations has.
    pub(crate) fn free_column(&self, nodes: &[NodeId], wanted: &str) -> ColumnName {
        let mut name = ColumnName::from(wanted);
        let mut count = 1;
        while nodes
            .iter()
            .any(|node| self.flow.node(*node).schema.has(&name))
        {
            count += 1;
            name = ColumnName::from(format!("{wanted}_{count}"));
        }
        name
    }
}

/// Rows with their partners.
struct Joined {
    node: NodeId,
    /// Column that says whether a row has a partner.
    presence: ColumnName,
    /// Whether some row has none.
    some_alone: Expr,
}

/// The name of a right column while the sides stand together.
fn beside(name: &ColumnName) -> ColumnName {
    ColumnName::from(format!("right.{name}"))
}

fn pairs(left: &[ColumnName], right: &[ColumnName]) -> Vec<(Expr, Expr)> {
    left.iter()
        .zip(right)
        .map(|(l, r)| (Expr::column(l.clone()), Expr::column(beside(r))))
        .collect()
}

fn distinct<'n>(
    names: impl Iterator<Item = &'n ColumnName>,
    arguments: &Arguments,
) -> Result<(), Refusal> {
    let mut names: Vec<&ColumnName> = names.collect();
    names.sort();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(arguments.refuse(format!("two columns would be named \"{}\"", pair[0]))),
        None => Ok(()),
    }
}
