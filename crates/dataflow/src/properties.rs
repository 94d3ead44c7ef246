//! What follows from an operator: schema, order, keys, cardinality.

use relift_job::{Catalog, ColumnName, LakeType, Nulls};

use crate::aggregate::AggregateFunction as A;
use crate::{
    Aggregate, Base, Bound, Cardinality, Column, ColumnType, Dataflow, Emit, Expr, ExprKind, Fold,
    FoldKind, GroupOrder, JoinKind, MapSlot, Missing, NodeId, Op, Order, OrderTerm, Running,
    Schema, TypeError, WindowFunction, type_of,
};

pub(crate) struct Properties {
    pub(crate) schema: Schema,
    pub(crate) order: Order,
    pub(crate) keys: Vec<Vec<ColumnName>>,
    pub(crate) cardinality: Cardinality,
}

type Keys = Vec<Vec<ColumnName>>;

pub(crate) fn properties(
    flow: &Dataflow,
    id: NodeId,
    op: &Op,
    catalog: &Catalog,
) -> Result<Properties, TypeError> {
    let many = |schema: Schema, order: Order, keys: Keys| Properties {
        schema,
        order,
        keys,
        cardinality: Cardinality::Many,
    };
    let none = Schema::default();
    let typed = |expr: &Expr, schema: &Schema| type_of(expr, schema, &none, flow);
    let condition = |expr: &Expr, schema: &Schema| match typed(expr, schema)?.base {
        Base::Bool | Base::Nothing => Ok(()),
        other => Err(TypeError::NotDefined {
            function: "condition".to_owned(),
            arguments: other.to_string(),
        }),
    };
    Ok(match op {
        Op::Scan { table, columns, .. } => {
            let facts = catalog.tables.get(table);
            let columns = columns
                .iter()
                .map(|name| {
                    let column = facts
                        .and_then(|facts| facts.column(name.as_str()))
                        .ok_or_else(|| TypeError::UnknownColumn(name.clone()))?;
                    Ok(Column {
                        name: name.clone(),
                        ty: lake_type(column.lake_type, column.nulls),
                    })
                })
                .collect::<Result<Vec<_>, TypeError>>()?;
            many(
                Schema::new(columns),
                Order::By(vec![OrderTerm::Position(id)]),
                Vec::new(),
            )
        }
        Op::Values { columns, rows } => {
            let columns = columns
                .iter()
                .enumerate()
                .map(|(index, name)| {
                    let ty = unified(
                        rows.iter()
                            .filter_map(|row| row.get(index))
                            .map(|value| typed(value, &none)),
                    )?;
                    Ok(Column {
                        name: name.clone(),
                        ty,
                    })
                })
                .collect::<Result<Vec<_>, TypeError>>()?;
            Properties {
                cardinality: if rows.len() == 1 {
                    Cardinality::One
                } else {
                    Cardinality::Many
                },
                ..many(
                    Schema::new(columns),
                    Order::By(vec![OrderTerm::Position(id)]),
                    Vec::new(),
                )
            }
        }
        Op::Filter { input, predicate } => {
            let input = flow.node(*input);
            condition(predicate, &input.schema)?;
            many(
                input.schema.clone(),
                input.order.clone(),
                input.keys.clone(),
            )
        }
        Op::Map { input, columns } => {
            let input = flow.node(*input);
            let schema = named(columns, &input.schema, &typed)?;
            let renamed = |name: &ColumnName| {
                columns
                    .iter()
                    .find(|(_, value)| value.as_column() == Some(name))
                    .map(|(new, _)| new.clone())
            };
            let keys = input
                .keys
                .iter()
                .filter_map(|key| key.iter().map(renamed).collect())
                .collect();
            Properties {
                cardinality: input.cardinality,
                ..many(schema, input.order.clone(), keys)
            }
        }
        Op::Join {
            left,
            right,
            kind,
            on,
            condition: extra,
            presence,
            ..
        } => {
            let (left, right) = (flow.node(*left), flow.node(*right));
            for (l, r) in on {
                typed(l, &left.schema)?;
                typed(r, &right.schema)?;
            }
            let one_sided = matches!(kind, JoinKind::Semi | JoinKind::Anti);
            let mut columns = left.schema.columns().to_vec();
            for column in right.schema.columns() {
                if left.schema.has(&column.name) {
                    if one_sided {
                        continue;
                    }
                    return Err(TypeError::SameColumn(column.name.clone()));
                }
                let ty = if *kind == JoinKind::Left {
                    column.ty.with(Missing::NONE)
                } else {
                    column.ty
                };
                columns.push(Column {
                    name: column.name.clone(),
                    ty,
                });
            }
            let both = Schema::new(columns);
            if let Some(extra) = extra {
                condition(extra, &both)?;
            }
            let mut schema = if one_sided { left.schema.clone() } else { both };
            if let Some(presence) = presence {
                let mut columns = schema.columns().to_vec();
                columns.push(Column {
                    name: presence.clone(),
                    ty: ColumnType::of(Base::Bool),
                });
                schema = Schema::new(columns);
            }
            let joined_on: Vec<&ColumnName> =
                on.iter().filter_map(|(_, r)| r.as_column()).collect();
            let at_most_one = right.cardinality == Cardinality::One
                || right
                    .keys
                    .iter()
                    .any(|key| key.iter().all(|column| joined_on.contains(&column)));
            let keys = if one_sided || at_most_one {
                left.keys.clone()
            } else {
                Vec::new()
            };
            let order = match (&left.order, &right.order) {
                (Order::By(_), _) if one_sided || at_most_one => left.order.clone(),
                (Order::By(outer), Order::By(inner)) => {
                    Order::By(outer.iter().chain(inner).cloned().collect())
                }
                _ => Order::Unordered,
            };
            many(schema, order, keys)
        }
        Op::Aggregate {
            input,
            keys,
            aggregates,
            order,
        } => {
            let input = flow.node(*input);
            let mut columns = named(keys, &input.schema, &typed)?.columns().to_vec();
            for (name, aggregate) in aggregates {
                if let Some(filter) = &aggregate.filter {
                    condition(filter, &input.schema)?;
                }
                let ty = aggregate_type(aggregate, keys.is_empty(), |expr| {
                    typed(expr, &input.schema)
                })?;
                columns.push(Column {
                    name: name.clone(),
                    ty,
                });
            }
            let order = match order {
                GroupOrder::FirstSeen => Order::By(vec![OrderTerm::FirstSeen(id)]),
                GroupOrder::ByKey => Order::By(
                    keys.iter()
                        .map(|(name, _)| OrderTerm::Column {
                            name: name.clone(),
                            descending: false,
                            missing_first: true,
                        })
                        .collect(),
                ),
                GroupOrder::Unordered => Order::Unordered,
            };
            let key = keys.iter().map(|(name, _)| name.clone()).collect();
            Properties {
                cardinality: if keys.is_empty() {
                    Cardinality::One
                } else {
                    Cardinality::Many
                },
                ..many(Schema::new(columns), order, vec![key])
            }
        }
        Op::Pick { input, keys, .. } => {
            let input = flow.node(*input);
            for key in keys {
                input
                    .schema
                    .ty(key)
                    .ok_or_else(|| TypeError::UnknownColumn(key.clone()))?;
            }
            many(
                input.schema.clone(),
                Order::By(vec![OrderTerm::FirstSeen(id)]),
                vec![keys.clone()],
            )
        }
        Op::Sort { input, by } => {
            let input = flow.node(*input);
            let mut terms = Vec::new();
            for key in by {
                typed(&key.expr, &input.schema)?;
                let name = key
                    .expr
                    .as_column()
                    .cloned()
                    .unwrap_or_else(|| ColumnName::from("(expression)"));
                terms.push(OrderTerm::Column {
                    name,
                    descending: key.descending,
                    missing_first: key.missing_first,
                });
            }
            if let Order::By(before) = &input.order {
                terms.extend(before.iter().cloned());
            }
            many(input.schema.clone(), Order::By(terms), input.keys.clone())
        }
        Op::Limit { input, .. } => {
            let input = flow.node(*input);
            many(
                input.schema.clone(),
                input.order.clone(),
                input.keys.clone(),
            )
        }
        Op::Distinct { input } => {
            let input = flow.node(*input);
            let mut keys = input.keys.clone();
            keys.push(input.schema.names().cloned().collect());
            many(
                input.schema.clone(),
                Order::By(vec![OrderTerm::FirstSeen(id)]),
                keys,
            )
        }
        Op::Union { inputs } => {
            let first = flow.node(*inputs.first().ok_or_else(|| TypeError::NotDefined {
                function: "union".to_owned(),
                arguments: "no inputs".to_owned(),
            })?);
            let columns = first
                .schema
                .names()
                .map(|name| {
                    let ty = unified(inputs.iter().map(|input| {
                        flow.node(*input)
                            .schema
                            .ty(name)
                            .ok_or_else(|| TypeError::UnknownColumn(name.clone()))
                    }))?;
                    Ok(Column {
                        name: name.clone(),
                        ty,
                    })
                })
                .collect::<Result<Vec<_>, TypeError>>()?;
            let ordered = inputs
                .iter()
                .all(|input| flow.node(*input).order != Order::Unordered);
            let order = if ordered {
                Order::By(vec![OrderTerm::Branch(id)])
            } else {
                Order::Unordered
            };
            many(Schema::new(columns), order, Vec::new())
        }
        Op::When {
            input,
            condition: when,
        } => {
            condition(when, &none)?;
            let input = flow.node(*input);
            many(
                input.schema.clone(),
                input.order.clone(),
                input.keys.clone(),
            )
        }
        Op::Window {
            input,
            partition,
            order,
            functions,
        } => {
            let input = flow.node(*input);
            for expr in partition.iter().chain(order.iter().map(|key| &key.expr)) {
                typed(expr, &input.schema)?;
            }
            let mut columns = input.schema.columns().to_vec();
            for (name, function) in functions {
                let ty = window_type(function, |expr| typed(expr, &input.schema))?;
                add_column(&mut columns, name, ty)?;
            }
            Properties {
                cardinality: input.cardinality,
                ..many(
                    Schema::new(columns),
                    input.order.clone(),
                    input.keys.clone(),
                )
            }
        }
        Op::Running(running) => {
            let input = flow.node(running.input);
            condition(&running.creates, &input.schema)?;
            for key in &running.keys {
                typed(key, &input.schema)?;
            }
            let mut columns = input.schema.columns().to_vec();
            add_column(&mut columns, &running.presence, ColumnType::of(Base::Bool))?;
            let types = running_types(flow, running)?;
            for (slot, column) in running.slots.iter().zip(types.columns()) {
                add_column(&mut columns, &slot.before, column.ty.with(Missing::NONE))?;
                let after = if running.creates.is_true() {
                    column.ty
                } else {
                    column.ty.with(Missing::NONE)
                };
                add_column(&mut columns, &slot.after, after)?;
            }
            Properties {
                cardinality: input.cardinality,
                ..many(
                    Schema::new(columns),
                    input.order.clone(),
                    input.keys.clone(),
                )
            }
        }
        Op::Fold(_) => many(Schema::default(), Order::Unordered, Vec::new()),
        Op::State { fold, state } => {
            let Op::Fold(Fold { input, states }) = &flow.node(*fold).op else {
                return Err(TypeError::NotDefined {
                    function: "state".to_owned(),
                    arguments: fold.to_string(),
                });
            };
            let input = flow.node(*input);
            match &states[*state].kind {
                FoldKind::Rows(emits) => {
                    let schema = emitted(emits, &input.schema, &typed)?;
                    let order = match &input.order {
                        Order::By(terms) if emits.len() > 1 => Order::By(
                            terms
                                .iter()
                                .cloned()
                                .chain([OrderTerm::Emission(id)])
                                .collect(),
                        ),
                        order => order.clone(),
                    };
                    many(schema, order, Vec::new())
                }
                FoldKind::Map {
                    keys,
                    slots,
                    creates,
                } => {
                    condition(creates, &input.schema)?;
                    let mut columns = named(keys, &input.schema, &typed)?.columns().to_vec();
                    columns.extend(
                        slot_types(slots, Start::Entry, &input.schema, flow)?
                            .columns()
                            .iter()
                            .cloned(),
                    );
                    let key = keys.iter().map(|(name, _)| name.clone()).collect();
                    many(
                        Schema::new(columns),
                        Order::By(vec![OrderTerm::FirstSeen(id)]),
                        vec![key],
                    )
                }
                FoldKind::Scalar {
                    name,
                    initial,
                    next,
                } => {
                    let slot = MapSlot {
                        name: name.clone(),
                        first: initial.clone(),
                        next: next.clone(),
                    };
                    let schema = slot_types(&[slot], Start::BeforeAllRows, &input.schema, flow)?;
                    Properties {
                        cardinality: Cardinality::One,
                        ..many(schema, Order::By(Vec::new()), vec![Vec::new()])
                    }
                }
            }
        }
    })
}

fn named(
    columns: &[(ColumnName, Expr)],
    input: &Schema,
    typed: &impl Fn(&Expr, &Schema) -> Result<ColumnType, TypeError>,
) -> Result<Schema, TypeError> {
    let columns = columns
        .iter()
        .map(|(name, value)| {
            Ok(Column {
                name: name.clone(),
                ty: typed(value, input)?,
            })
        })
        .collect::<Result<Vec<_>, TypeError>>()?;
    Ok(Schema::new(columns))
}

fn unified(
    types: impl Iterator<Item = Result<ColumnType, TypeError>>,
) -> Result<ColumnType, TypeError> {
    let mut all: Option<ColumnType> = None;
    for ty in types {
        let ty = ty?;
        all = Some(match all {
            None => ty,
            Some(before) => before
                .unify(ty)
                .ok_or_else(|| TypeError::Mixed(before.to_string(), ty.to_string()))?,
        });
    }
    Ok(all.unwrap_or(ColumnType::of(Base::Nothing)))
}

fn emitted(
    emits: &[Emit],
    input: &Schema,
    typed: &impl Fn(&Expr, &Schema) -> Result<ColumnType, TypeError>,
) -> Result<Schema, TypeError> {
    let Some(first) = emits.first() else {
        return Ok(Schema::default());
    };
    let columns = first
        .columns
        .iter()
        .map(|(name, _)| {
            let ty = unified(emits.iter().map(|emit| {
                let (_, value) = emit
                    .columns
                    .iter()
                    .find(|(other, _)| other == name)
                    .ok_or_else(|| TypeError::UnknownColumn(name.clone()))?;
                typed(value, input)
            }))?;
            Ok(Column {
                name: name.clone(),
                ty,
            })
        })
        .collect::<Result<Vec<_>, TypeError>>()?;
    Ok(Schema::new(columns))
}

/// What the first value of a slot is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Start {
    /// What the row left that created the entry; the value of entries with one row.
    Entry,
    /// What stands before the first row; the value only where there is no row, which is asked for.
    BeforeAllRows,
}

/// Types of slots that may read each other's previous value: from the first values upwards until they
/// stay the same, which they do after at most one widening per slot.
fn slot_types(
    slots: &[MapSlot],
    start: Start,
    input: &Schema,
    flow: &Dataflow,
) -> Result<Schema, TypeError> {
    let none = Schema::default();
    let mut known = slots
        .iter()
        .map(|slot| {
            Ok(Column {
                name: slot.name.clone(),
                ty: type_of(&slot.first, input, &none, flow)?,
            })
        })
        .collect::<Result<Vec<_>, TypeError>>()?;
    for _ in 0..=2 * slots.len() + 2 {
        let before = Schema::new(known.clone());
        for (column, slot) in known.iter_mut().zip(slots) {
            let next = type_of(&slot.next, input, &before, flow)?;
            // A count grows without leaving its type; a decimal sum gains digits, capped by the engine.
            let widened = match (column.ty.base, next.base) {
                (
                    Base::Decimal {
                        scale: a,
                        padded: f,
                        ..
                    },
                    Base::Decimal {
                        scale: b,
                        padded: g,
                        ..
                    },
                ) => ColumnType {
                    base: Base::Decimal {
                        precision: 38,
                        scale: a.max(b),
                        padded: f && g && a <= b,
                    },
                    missing: column.ty.missing.or(next.missing),
                    from_decimal: None,
                },
                // An int start that becomes a float at once: `0` before `+= 1.5`. An entry may keep its
                // first value.
                (Base::Int64, Base::Float64)
                    if start == Start::BeforeAllRows
                        && matches!(slot.next.kind, ExprKind::Call(..)) =>
                {
                    next
                }
                _ => column
                    .ty
                    .unify(next)
                    .ok_or_else(|| TypeError::Mixed(column.ty.to_string(), next.to_string()))?,
            };
            column.ty = widened;
        }
        if Schema::new(known.clone()) == before {
            break;
        }
    }
    Ok(Schema::new(known))
}

/// Types of the values an entry holds while it is there, named as the columns before the row.
pub fn running_types(flow: &Dataflow, running: &Running) -> Result<Schema, TypeError> {
    let slots: Vec<MapSlot> = running
        .slots
        .iter()
        .map(|slot| MapSlot {
            name: slot.before.clone(),
            first: slot.first.clone(),
            next: slot.next.clone(),
        })
        .collect();
    let input = &flow.node(running.input).schema;
    slot_types(&slots, Start::Entry, input, flow)
}

fn add_column(
    columns: &mut Vec<Column>,
    name: &ColumnName,
    ty: ColumnType,
) -> Result<(), TypeError> {
    if columns.iter().any(|column| column.name == *name) {
        return Err(TypeError::SameColumn(name.clone()));
    }
    columns.push(Column {
        name: name.clone(),
        ty,
    });
    Ok(())
}

fn window_type(
    function: &WindowFunction,
    typed: impl Fn(&Expr) -> Result<ColumnType, TypeError>,
) -> Result<ColumnType, TypeError> {
    match function {
        WindowFunction::RowNumber
        | WindowFunction::Rank
        | WindowFunction::DenseRank
        | WindowFunction::Tile(_) => Ok(ColumnType::of(Base::Int64)),
        WindowFunction::Offset { value, default, .. } => {
            unified([typed(value), typed(default)].into_iter())
        }
        WindowFunction::Over { aggregate, frame } => {
            if let Some(filter) = &aggregate.filter {
                typed(filter)?;
            }
            let never_empty = matches!(
                (frame.start, frame.end),
                (
                    Bound::Unbounded | Bound::CurrentRow | Bound::Peers | Bound::Preceding(_),
                    Bound::Unbounded | Bound::CurrentRow | Bound::Peers | Bound::Following(_)
                )
            );
            aggregate_type(aggregate, !never_empty, typed)
        }
    }
}

fn aggregate_type(
    aggregate: &Aggregate,
    whole: bool,
    typed: impl Fn(&Expr) -> Result<ColumnType, TypeError>,
) -> Result<ColumnType, TypeError> {
    let argument = aggregate.argument.as_ref().map(typed).transpose()?;
    let undefined = || TypeError::NotDefined {
        function: aggregate.function.name().to_owned(),
        arguments: argument.map_or_else(|| "no argument".to_owned(), |ty| ty.to_string()),
    };
    let on_none = if whole || aggregate.filter.is_some() {
        Missing::NONE
    } else {
        Missing::NEVER
    };
    let wide = |ty: ColumnType| match ty.base {
        Base::Int64 => Some(Base::Int64),
        Base::Decimal { scale, padded, .. } => Some(Base::Decimal {
            precision: 38,
            scale,
            padded,
        }),
        _ => None,
    };
    Ok(match (aggregate.function, argument) {
        (A::Count, _) => ColumnType::of(Base::Int64),
        (A::CountValues | A::CountDistinct, Some(_)) => ColumnType::of(Base::Int64),
        (A::Any | A::All, Some(ty)) if ty.base == Base::Bool => ColumnType::of(Base::Bool),
        (A::Sum, Some(ty)) => ColumnType::of(wide(ty).ok_or_else(undefined)?),
        (A::SqlSum, Some(ty)) => ColumnType::of(wide(ty).ok_or_else(undefined)?)
            .with(ty.missing)
            .with(on_none),
        (A::FloatSum, Some(ty)) if matches!(ty.base, Base::Float64 | Base::Int64) => ColumnType {
            base: Base::Float64,
            missing: Missing {
                none: false,
                nan: ty.missing.nan,
            },
            from_decimal: None,
        },
        (A::SqlFloatSum, Some(ty)) if ty.base == Base::Number => {
            ColumnType::of(Base::Number).with(ty.missing).with(on_none)
        }
        (A::SqlFloatSum | A::SqlAverage, Some(ty))
            if matches!(ty.base, Base::Float64 | Base::Int64) =>
        {
            ColumnType::of(Base::Float64).with(ty.missing).with(on_none)
        }
        (function, Some(ty))
            if function.of_list() && matches!(ty.base, Base::Float64 | Base::Int64) =>
        {
            let sum = matches!(function, A::PandasGroupSum | A::PandasSum);
            ColumnType::of(Base::Float64).with(if sum { Missing::NEVER } else { Missing::NAN })
        }
        (A::Min | A::Max | A::First | A::Last, Some(ty)) => ty.with(on_none),
        _ => return Err(undefined()),
    })
}

fn lake_type(lake: LakeType, nulls: Nulls) -> ColumnType {
    let base = match lake {
        LakeType::Boolean => Base::Bool,
        LakeType::Int32 | LakeType::Int64 => Base::Int64,
        LakeType::Float64 => Base::Float64,
        LakeType::Decimal { precision, scale } => Base::Decimal {
            precision,
            scale,
            padded: true,
        },
        LakeType::Text => Base::Text,
        LakeType::Date => Base::Date,
        LakeType::Timestamp => Base::Timestamp,
    };
    let missing = if nulls == Nulls::Never {
        Missing::NEVER
    } else {
        Missing::NONE
    };
    ColumnType::of(base).with(missing)
}
