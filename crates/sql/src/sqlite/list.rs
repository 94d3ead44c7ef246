//! The list of a SELECT: its items, their names, and the relation they make.

use relift_dataflow::{Expr, Op, Refusal};
use relift_diagnostics::Span;
use relift_job::ColumnName;
use sqlparser::ast::{self, Select, SelectItem, SelectItemQualifiedWildcardKind};

use super::affinity::SideAffinity;
use super::expression::Context;
use super::query::{Lowering, unique_names};
use super::relation::{Relation, ScopeColumn};
use super::select::unnested;

/// An item of a SELECT list, stars expanded.
pub(crate) struct Item {
    pub(crate) name: String,
    pub(crate) value: Expr,
    pub(crate) affinity: SideAffinity,
}

impl Lowering<'_> {
    pub(crate) fn items(
        &mut self,
        select: &Select,
        context: &Context,
    ) -> Result<Vec<Item>, Refusal> {
        let mut items = Vec::new();
        for item in &select.projection {
            match item {
                SelectItem::ExprWithAlias { expr, alias } => items.push(Item {
                    name: alias.value.clone(),
                    value: self.value(expr, context)?,
                    affinity: context.affinity_of_expr(expr),
                }),
                SelectItem::UnnamedExpr(expr) => {
                    let value = self.value(expr, context)?;
                    let name = self.unnamed(expr, context)?;
                    let affinity = context.affinity_of_expr(expr);
                    items.push(Item {
                        name,
                        value,
                        affinity,
                    });
                }
                SelectItem::Wildcard(options) | SelectItem::QualifiedWildcard(_, options) => {
                    let place = self.places.of(item);
                    if options.opt_except.is_some()
                        || options.opt_exclude.is_some()
                        || options.opt_replace.is_some()
                        || options.opt_rename.is_some()
                        || options.opt_ilike.is_some()
                    {
                        return Err(Refusal::new("*", "this form is not SQLite's", Some(place)));
                    }
                    if context.is_grouped() {
                        return Err(Refusal::new(
                            "* beside aggregates",
                            "SQLite takes the other columns from an arbitrary row",
                            Some(place),
                        ));
                    }
                    let qualifier = match item {
                        SelectItem::QualifiedWildcard(
                            SelectItemQualifiedWildcardKind::ObjectName(name),
                            _,
                        ) => Some(
                            name.0
                                .last()
                                .and_then(|part| part.as_ident())
                                .map_or_else(|| name.to_string(), |ident| ident.value.clone()),
                        ),
                        _ => None,
                    };
                    let before = items.len();
                    for column in &context.relation.columns {
                        let wanted = match &qualifier {
                            None => !column.merged,
                            Some(table) => column
                                .qualifier
                                .as_ref()
                                .is_some_and(|own| own.eq_ignore_ascii_case(table)),
                        };
                        if wanted {
                            items.push(Item {
                                name: column.name.clone(),
                                value: Expr::column(column.column.clone()).at(Some(place.clone())),
                                affinity: column.affinity,
                            });
                        }
                    }
                    if items.len() == before {
                        return Err(Refusal::new("*", "stands for no columns", Some(place)));
                    }
                }
                SelectItem::ExprWithAliases { .. } => {
                    return Err(Refusal::new(
                        "column list",
                        "is not SQLite's",
                        Some(self.places.of(item)),
                    ));
                }
            }
        }
        Ok(items)
    }

    /// The name SQLite gives an item without an alias: the column's own, or the text of the expression.
    fn unnamed(&self, expr: &ast::Expr, context: &Context) -> Result<String, Refusal> {
        let scope = context.input();
        let column = match unnested(expr) {
            ast::Expr::Identifier(name) => scope.resolve(None, &name.value).ok(),
            ast::Expr::CompoundIdentifier(parts) => match &parts[..] {
                [table, name] => scope.resolve(Some(&table.value), &name.value).ok(),
                _ => None,
            },
            _ => None,
        };
        if let Some(column) = column {
            return Ok(column.name.clone());
        }
        self.places
            .item_text(expr)
            .map(str::to_owned)
            .ok_or_else(|| {
                Refusal::new(
                    "column without a name",
                    "needs an alias (AS name)",
                    Some(self.places.of(expr)),
                )
            })
    }

    pub(crate) fn projected(
        &mut self,
        context: &Context,
        items: &[Item],
        span: &Span,
    ) -> Result<Relation, Refusal> {
        let mut columns: Vec<ScopeColumn> = Vec::new();
        for item in items {
            let iso = context.relation.iso(&item.value);
            columns.push(ScopeColumn {
                qualifier: None,
                name: item.name.clone(),
                column: ColumnName::from(item.name.as_str()),
                iso,
                affinity: item.affinity.selected(),
                merged: false,
                optional: false,
            });
        }
        let names = unique_names(&columns);
        let mut values = Vec::new();
        for ((column, name), item) in columns.iter_mut().zip(names).zip(items) {
            column.column = name.clone();
            values.push((name, item.value.clone()));
        }
        let node = self.add(
            Op::Map {
                input: context.relation.node,
                columns: values,
            },
            span.clone(),
            None,
        )?;
        Ok(Relation {
            node,
            columns,
            order: context.relation.order,
            unique: context.relation.unique.clone(),
            written: None,
        })
    }
}
