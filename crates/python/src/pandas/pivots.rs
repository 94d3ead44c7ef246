//! Frames turned on their side: `melt`, and `pivot_table` without columns of its own.

use relift_dataflow::{Base, ColumnType, Expr, Function, NodeId, Op, Refusal};
use relift_job::ColumnName;

use crate::calls::Arguments;
use crate::lowering::Lowerer;
use crate::pandas::elements::missing;
use crate::pandas::indexed::Indexed;
use crate::state::{any, not};
use crate::values::{Content, Term, Value};

impl Lowerer<'_> {
    /// `frame.pivot_table(values, index, aggfunc=…)`: groups with a row for each that has some value.
    pub(crate) fn pivot_table(
        &mut self,
        node: NodeId,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        arguments.only(
            2,
            &["values", "index", "aggfunc", "dropna", "observed", "sort"],
        )?;
        let span = arguments.span.clone();
        let index = arguments.need(1, "index")?.clone();
        let keys = self.by(&index, arguments)?;
        let values = arguments.need(0, "values")?.clone();
        let mut values = self.by(&values, arguments)?;
        if !arguments.flag("dropna", true)? || !arguments.flag("sort", true)? {
            return Err(arguments.refuse("only its defaults are lifted"));
        }
        // Its columns stand sorted by name.
        values.sort();
        let how = arguments
            .named("aggfunc")
            .cloned()
            .unwrap_or(Value::text("mean"));
        let by = Arguments {
            positional: vec![index],
            named: Vec::new(),
            ..arguments.clone()
        };
        let Value::Grouped(mut grouped) = self.group_by(node, &by)? else {
            return Err(arguments.refuse("its groups are lost"));
        };
        grouped.selected = super::groups::Selected::Many(values.clone());
        let by = Arguments {
            positional: vec![how],
            named: Vec::new(),
            ..arguments.clone()
        };
        let Value::Indexed(table) = self.grouped_method(&grouped, "agg", &by)? else {
            return Err(arguments.refuse("its groups are lost"));
        };
        if table.columns != values {
            return Err(arguments.refuse("one function per column is not lifted"));
        }
        // A row without any value is left out, then a column without any.
        let mut gaps = Vec::new();
        for value in &values {
            let column = Expr::column(value.clone());
            let ty = self.type_over(&column, table.node)?;
            gaps.push(if ty.missing.possible() {
                missing(&column)
            } else {
                Expr::bool(false)
            });
        }
        let nothing = Expr::all(gaps.clone());
        let certain = gaps.iter().any(Expr::is_false);
        let kept = if certain {
            table.node
        } else {
            self.add(
                Op::Filter {
                    input: table.node,
                    predicate: not(nothing),
                },
                &span,
                None,
            )?
        };
        self.require_rows(
            kept,
            &arguments.construct,
            "a table without rows loses its columns",
            &span,
        )?;
        let mut known = Vec::new();
        for (value, gap) in values.iter().zip(gaps) {
            if gap.is_false() {
                continue;
            }
            if values.len() > 1 {
                let some = self.any_row(kept, not(gap), "some_value", &span)?;
                self.require(
                    &Term::constant(some),
                    &arguments.construct,
                    "a column without any value is left out",
                    &span,
                )?;
            } else {
                let column = Expr::column(value.clone());
                known.push((
                    value.clone(),
                    Expr::call(Function::NotMissing, vec![column]),
                ));
            }
        }
        let node = if known.is_empty() {
            kept
        } else {
            let names: Vec<ColumnName> = self.flow.node(kept).schema.names().cloned().collect();
            self.with_columns(kept, &names, &known, None, &span)?
        };
        Ok(Value::Indexed(Box::new(Indexed {
            node,
            index: keys,
            columns: values,
            series: false,
            name: None,
        })))
    }

    /// `frame.melt(id_vars, value_vars, …)`: one row per row and value column.
    pub(crate) fn melt(&mut self, node: NodeId, arguments: &Arguments) -> Result<Value, Refusal> {
        arguments.only(2, &["id_vars", "value_vars", "var_name", "value_name"])?;
        let span = arguments.span.clone();
        let kept = match arguments.get(0, "id_vars").cloned() {
            Some(names) if !names.is_none() => self.by(&names, arguments)?,
            _ => Vec::new(),
        };
        let values = match arguments.get(1, "value_vars").cloned() {
            Some(names) if !names.is_none() => self.by(&names, arguments)?,
            _ => self
                .flow
                .node(node)
                .schema
                .names()
                .filter(|name| !kept.contains(name))
                .cloned()
                .collect(),
        };
        let named = |name: &str, default: &str| match arguments.named(name) {
            None => Ok(ColumnName::from(default)),
            Some(value) => value
                .as_text()
                .map(ColumnName::from)
                .ok_or_else(|| arguments.refuse(format!("`{name}` is not constant"))),
        };
        let (variable, value) = (
            named("var_name", "variable")?,
            named("value_name", "value")?,
        );
        if kept.contains(&variable) || kept.contains(&value) || variable == value {
            return Err(arguments.refuse("two columns would have one name"));
        }
        if self
            .flow
            .node(node)
            .schema
            .names()
            .any(|name| *name == value)
        {
            return Err(arguments.refuse(format!(
                "there is a column \"{value}\" already, and pandas raises ValueError"
            )));
        }
        let held = self.melted_values(&values, node, arguments)?;
        let mut inputs = Vec::new();
        for (column, held) in values.iter().zip(held) {
            let mut columns: Vec<(ColumnName, Expr)> = kept
                .iter()
                .map(|name| (name.clone(), Expr::column(name.clone())))
                .collect();
            columns.push((variable.clone(), Expr::text(column.as_str())));
            columns.push((value.clone(), held));
            inputs.push(self.add(
                Op::Map {
                    input: node,
                    columns,
                },
                &span,
                None,
            )?);
        }
        if inputs.is_empty() {
            return Err(arguments.refuse("it has no columns of values"));
        }
        let node = self.add(Op::Union { inputs }, &span, None)?;
        let node = self.freshly_made(node);
        Ok(self.object(Content::Frame(node)))
    }

    /// Columns that become one below the other: numbers are floats as soon as one of them is.
    fn melted_values(
        &mut self,
        columns: &[ColumnName],
        node: NodeId,
        arguments: &Arguments,
    ) -> Result<Vec<Expr>, Refusal> {
        let mut types: Vec<ColumnType> = Vec::new();
        for column in columns {
            types.push(self.type_over(&Expr::column(column.clone()), node)?);
        }
        let plain = |column: &ColumnName| Expr::column(column.clone());
        let numbers = types
            .iter()
            .all(|ty| matches!(ty.base, Base::Int64 | Base::Float64 | Base::Number));
        let same = types
            .windows(2)
            .all(|pair| pair[0].base == pair[1].base && pair[0].base != Base::Number);
        if same {
            return Ok(columns.iter().map(plain).collect());
        }
        if !numbers || types.iter().any(|ty| ty.missing.none) {
            return Err(arguments.refuse("its columns have different types"));
        }
        self.require_typed(
            node,
            "without rows its columns would hold objects",
            &arguments.span,
        );
        if types.iter().any(|ty| ty.base == Base::Float64) {
            return Ok(columns
                .iter()
                .zip(&types)
                .map(|(column, ty)| match ty.base {
                    Base::Float64 => plain(column),
                    _ => Expr::call(Function::ToFloat, vec![plain(column)]),
                })
                .collect());
        }
        let mut floats = Vec::new();
        for column in columns {
            floats.push(
                self.column_condition(&plain(column), node)
                    .ok_or_else(|| arguments.refuse("the dtype depends on the data"))?,
            );
        }
        let floats = any(floats);
        Ok(columns
            .iter()
            .zip(&types)
            .map(|(column, ty)| {
                let whole = match ty.base {
                    Base::Number => Expr::call(Function::NullableInteger, vec![plain(column)]),
                    _ => plain(column),
                };
                Expr::call(Function::PandasInteger, vec![whole, floats.clone()])
            })
            .collect())
    }
}
