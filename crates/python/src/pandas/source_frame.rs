//! `DataSourcing`: a lake table as the pandas frame it arrives as.
//!
//! The boundary is explicit, a `Map` right behind the `Scan`: pandas holds DECIMAL as float64 (unless the
//! workspace says exact), missing floats as NaN, and integers as int64 only on dates without a NULL in the rows
//! that are read. What rests on the catalog's null facts is an obligation on the scan, so that a new NULL is noticed.

use relift_diagnostics::Span;
use relift_job::{Catalog, ColumnName, DataSourcing, Decimals, LakeType, Nulls, Workspace};

use relift_dataflow::{
    Dataflow, DatedIntegers, Expr, Function, NodeId, Obligation, ObligationKind, Op, TypeError,
    dated_integers,
};

/// Adds the frame a `DataSourcing` module without an `additionalFilter` fills. A missing table or column is
/// an error the caller reports at the module.
pub fn source_frame(
    flow: &mut Dataflow,
    sourcing: &DataSourcing,
    workspace: &Workspace,
    module: usize,
    span: Option<&Span>,
    catalog: &Catalog,
) -> Result<NodeId, TypeError> {
    let scan = source_scan(flow, sourcing, workspace, module, span, catalog)?;
    framed_rows(flow, sourcing, workspace, scan, catalog)
}

/// Adds the rows of the lake a `DataSourcing` module reads, with the lake's own types.
pub fn source_scan(
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
    let checked: Vec<ColumnName> = columns
        .iter()
        .filter(|name| nulls(catalog, sourcing, name) == Some(Nulls::Never))
        .cloned()
        .collect();
    let table = flow.add(
        Op::Scan {
            table: sourcing.table.clone(),
            columns,
            dates: sourcing.dates.clone(),
            frame: sourcing.result.clone(),
        },
        module,
        places.clone(),
        None,
        catalog,
    )?;
    if !checked.is_empty() {
        flow.obligations.push(Obligation {
            node: table,
            kind: ObligationKind::NeverMissing(checked),
            why: "the columns held no NULL when the job was analysed, and a NULL would change what pandas makes of them".to_owned(),
            spans: places,
        });
    }
    Ok(table)
}

/// Adds the frame that rows of a scan become; they may have been filtered before.
pub fn framed_rows(
    flow: &mut Dataflow,
    sourcing: &DataSourcing,
    workspace: &Workspace,
    rows: NodeId,
    catalog: &Catalog,
) -> Result<NodeId, TypeError> {
    let node = flow.node(rows);
    let (module, places) = (node.module, node.spans.clone());
    let columns: Vec<ColumnName> = node.schema.names().cloned().collect();
    let whole = matches!(node.op, Op::Scan { .. });
    let mut dated = Vec::new();
    let mut mapped = Vec::new();
    for name in &columns {
        let column = catalog
            .tables
            .get(&sourcing.table)
            .and_then(|facts| facts.column(name.as_str()))
            .ok_or_else(|| TypeError::UnknownColumn(name.clone()))?;
        let value = Expr::column(name.clone());
        let never = column.nulls == Nulls::Never;
        let value = match column.lake_type {
            LakeType::Decimal { .. } if workspace.decimals == Decimals::Float => {
                Expr::call(Function::ToPandasFloat, vec![value])
            }
            LakeType::Float64 if !never => Expr::call(Function::ToPandasFloat, vec![value]),
            // A filter may leave out the NULLs of a date.
            LakeType::Int32 | LakeType::Int64 if column.nulls == Nulls::Always && whole => {
                Expr::call(Function::ToPandasFloat, vec![value])
            }
            LakeType::Int32 | LakeType::Int64 if !never => {
                dated.push(name.clone());
                value
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
    let integers = DatedIntegers {
        node: rows,
        columns: &dated,
        module,
        spans: &places,
    };
    for (name, value) in dated_integers(flow, &integers, catalog)? {
        if let Some(column) = mapped.iter_mut().find(|(other, _)| *other == name) {
            column.1 = value;
        }
    }
    flow.add(
        Op::Map {
            input: rows,
            columns: mapped,
        },
        module,
        places,
        Some(sourcing.result.as_str()),
        catalog,
    )
}

fn nulls(catalog: &Catalog, sourcing: &DataSourcing, name: &ColumnName) -> Option<Nulls> {
    let facts = catalog.tables.get(&sourcing.table)?;
    Some(facts.column(name.as_str())?.nulls)
}
