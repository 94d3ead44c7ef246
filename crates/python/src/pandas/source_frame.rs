//! `DataSourcing`: a lake table as the pandas frame it arrives as.
//!
//! The boundary is explicit, a `Map` right behind the `Scan`: pandas holds DECIMAL as float64 (unless the
//! workspace says exact), missing floats as NaN, and integers as int64 only on dates without a NULL. What
//! rests on the catalog's null facts is an obligation on the scan, so that a new NULL is noticed.

use relift_diagnostics::Span;
use relift_job::{Catalog, ColumnName, DataSourcing, Decimals, LakeType, Nulls, Workspace};

use relift_dataflow::{
    Dataflow, Expr, Function, NodeId, Obligation, ObligationKind, Op, TypeError,
};

/// Adds the frame a `DataSourcing` module fills, before its `additionalFilter`. A missing table or column is
/// an error the caller reports at the module.
pub fn source_frame(
    flow: &mut Dataflow,
    sourcing: &DataSourcing,
    workspace: &Workspace,
    module: usize,
    span: Option<&Span>,
    catalog: &Catalog,
) -> Result<NodeId, TypeError> {
    let date_column = ColumnName::from(workspace.effective_date_column.as_str());
    let mut columns = sourcing.columns.clone();
    if !columns.contains(&date_column) {
        columns.push(date_column);
    }
    let places: Vec<Span> = span.cloned().into_iter().collect();
    let table = flow.add(
        Op::Scan {
            table: sourcing.table.clone(),
            columns: columns.clone(),
            dates: sourcing.dates.clone(),
            frame: sourcing.result.clone(),
        },
        module,
        places.clone(),
        None,
        catalog,
    )?;
    let facts = catalog.tables.get(&sourcing.table);
    let mut checked = Vec::new();
    let mut sometimes = Vec::new();
    let mut mapped = Vec::new();
    for name in &columns {
        let column = facts
            .and_then(|facts| facts.column(name.as_str()))
            .ok_or_else(|| TypeError::UnknownColumn(name.clone()))?;
        let value = Expr::column(name.clone());
        let never = column.nulls == Nulls::Never;
        if never {
            checked.push(name.clone());
        }
        let value = match column.lake_type {
            LakeType::Decimal { .. } if workspace.decimals == Decimals::Float => {
                Expr::call(Function::ToPandasFloat, vec![value])
            }
            LakeType::Float64 if !never => Expr::call(Function::ToPandasFloat, vec![value]),
            LakeType::Int32 | LakeType::Int64 if column.nulls == Nulls::Always => {
                Expr::call(Function::ToPandasFloat, vec![value])
            }
            LakeType::Int32 | LakeType::Int64 if !never => {
                sometimes.push(name.clone());
                Expr::call(Function::Known, vec![value])
            }
            LakeType::Boolean
            | LakeType::Int32
            | LakeType::Int64
            | LakeType::Float64
            | LakeType::Decimal { .. }
            | LakeType::Text
            | LakeType::Date
            | LakeType::Timestamp => value,
        };
        mapped.push((name.clone(), value));
    }
    for (columns, why) in [
        (
            checked,
            "the columns held no NULL when the job was analysed, and a NULL would change what pandas makes of them",
        ),
        (
            sometimes,
            "pandas reads integers as floats on a date with a NULL and as integers on the other dates",
        ),
    ] {
        if !columns.is_empty() {
            flow.obligations.push(Obligation {
                node: table,
                kind: ObligationKind::NeverMissing(columns),
                why: why.to_owned(),
                spans: places.clone(),
            });
        }
    }
    flow.add(
        Op::Map {
            input: table,
            columns: mapped,
        },
        module,
        places,
        Some(sourcing.result.as_str()),
        catalog,
    )
}
