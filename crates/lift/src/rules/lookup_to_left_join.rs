//! Probes of a dictionary or set that is complete.

use std::collections::BTreeMap;

use relift_dataflow::{
    Base, Expr, ExprKind, Function, JoinKind, LookupValue, NodeId, Obligation, ObligationKind, Op,
    Refusal, Rewriter, RuleMutant, Schema, type_of,
};
use relift_diagnostics::Span;
use relift_job::ColumnName;

use crate::conditions::may_raise;
use crate::rule::{Applies, declare_lifting_rule, fresh_name, is_unique};

declare_lifting_rule! {
    /// ## Lifts
    /// `d[k]`, `d.get(k)`, `k in d` and their kin, where nothing changes `d` any more.
    ///
    /// ## To
    /// A left join on the key, with a flag that tells a missing key from a missing value. Probes of one
    /// relation by the same key share one join.
    ///
    /// ## Holds when
    /// The key is unique in the probed relation, by construction or as an obligation, and key values are
    /// equal in SQL exactly when they are equal in Python.
    static LOOKUP_TO_LEFT_JOIN = {
        name: "lookup-to-left-join",
        since: "0.1.0",
        applies: Applies::Lookups,
    };
}

/// A relation with the columns its probes need joined to it.
pub(crate) struct JoinedLookups {
    pub(crate) node: NodeId,
    /// The expressions, reading joined columns instead of probing.
    pub(crate) exprs: Vec<Expr>,
    pub(crate) obligations: Vec<Obligation>,
    /// Name of each probed relation and a place that probes it.
    pub(crate) probed: Vec<(String, Option<Span>)>,
}

/// Probes of one relation by one key.
struct Probe {
    relation: NodeId,
    keys: Vec<(ColumnName, Expr)>,
    columns: Vec<ColumnName>,
    presence: bool,
    span: Option<Span>,
}

/// Joins to `input` whatever `exprs` (over it, in the new graph) look up.
pub(crate) fn join_lookups(
    rewriter: &mut Rewriter<'_>,
    origin: NodeId,
    input: NodeId,
    exprs: Vec<Expr>,
) -> Result<JoinedLookups, Refusal> {
    let mut joined = JoinedLookups {
        node: input,
        exprs,
        obligations: Vec::new(),
        probed: Vec::new(),
    };
    loop {
        let probes = innermost(&joined.exprs);
        if probes.is_empty() {
            return Ok(joined);
        }
        for probe in probes {
            join(rewriter, origin, &mut joined, &probe)?;
        }
    }
}

/// Probes whose keys probe nothing themselves.
fn innermost(exprs: &[Expr]) -> Vec<Probe> {
    let mut probes: Vec<Probe> = Vec::new();
    for expr in exprs {
        expr.walk(&mut |part| {
            let ExprKind::Lookup {
                relation,
                keys,
                value,
            } = &part.kind
            else {
                return;
            };
            if keys.iter().any(|(_, key)| probes_something(key)) {
                return;
            }
            let known = probes
                .iter()
                .position(|probe| probe.relation == *relation && probe.keys == *keys);
            let index = known.unwrap_or_else(|| {
                probes.push(Probe {
                    relation: *relation,
                    keys: keys.clone(),
                    columns: Vec::new(),
                    presence: false,
                    span: part.span.clone(),
                });
                probes.len() - 1
            });
            let probe = &mut probes[index];
            match value {
                LookupValue::Present => probe.presence = true,
                LookupValue::Column(name) if !probe.columns.contains(name) => {
                    probe.columns.push(name.clone());
                }
                LookupValue::Column(_) => {}
            }
        });
    }
    probes
}

fn probes_something(expr: &Expr) -> bool {
    let mut found = false;
    expr.walk(&mut |part| found |= matches!(part.kind, ExprKind::Lookup { .. }));
    found
}

/// Whether the key is evaluated on rows on which the legacy code may not evaluate it.
fn is_conditional(exprs: &[Expr], probe: &Probe) -> bool {
    fn inside(expr: &Expr, probe: &Probe, conditional: bool) -> bool {
        match &expr.kind {
            ExprKind::Lookup { relation, keys, .. }
                if *relation == probe.relation && *keys == probe.keys =>
            {
                conditional
            }
            ExprKind::If { arms, otherwise } => {
                arms.iter().enumerate().any(|(index, (test, value))| {
                    inside(test, probe, conditional || index > 0) || inside(value, probe, true)
                }) || inside(otherwise, probe, true)
            }
            ExprKind::Call(Function::And | Function::Or, parts) => parts
                .iter()
                .enumerate()
                .any(|(index, part)| inside(part, probe, conditional || index > 0)),
            _ => expr
                .children()
                .into_iter()
                .any(|child| inside(child, probe, conditional)),
        }
    }
    exprs.iter().any(|expr| inside(expr, probe, false))
}

fn join(
    rewriter: &mut Rewriter<'_>,
    origin: NodeId,
    joined: &mut JoinedLookups,
    probe: &Probe,
) -> Result<(), Refusal> {
    let relation = rewriter.flow.node(probe.relation);
    let name = relation
        .name
        .clone()
        .unwrap_or_else(|| "dictionary".to_owned());
    let refuse =
        |reason: String| Refusal::new(format!("lookup in `{name}`"), reason, probe.span.clone());
    if probe.keys.is_empty() {
        return Err(refuse("it has no key".to_owned()));
    }
    if probe.keys.iter().any(|(_, key)| may_raise(key)) && is_conditional(&joined.exprs, probe) {
        return Err(refuse(
            "the key is computed under a condition only, and computing it elsewhere could raise"
                .to_owned(),
        ));
    }
    let left_schema = rewriter.flow.node(joined.node).schema.clone();
    let mut null_safe = false;
    for (column, key) in &probe.keys {
        let probing = type_of(key, &left_schema, &Schema::default(), &rewriter.flow)
            .map_err(|error| refuse(error.to_string()))?;
        let Some(stored) = relation.schema.ty(column) else {
            return Err(refuse(format!("it has no key column \"{column}\"")));
        };
        let comparable = match (probing.base, stored.base) {
            (Base::Int64 | Base::Decimal { .. }, Base::Int64 | Base::Decimal { .. }) => true,
            (Base::Nothing, _) | (_, Base::Nothing) => true,
            (Base::Number, _) | (_, Base::Number) => false,
            (left, right) => left == right,
        };
        if !comparable {
            return Err(refuse(format!(
                "{probing} is looked up among {stored} keys"
            )));
        }
        if probing.missing.possible() && stored.missing.possible() {
            if probing.missing.nan || stored.missing.nan {
                return Err(refuse(
                    "NaN keys are equal to nothing in Python, but missing keys match each other here"
                        .to_owned(),
                ));
            }
            null_safe = true;
        }
    }
    // Every column of the joined side gets a name the left side does not have.
    let mut names: BTreeMap<ColumnName, ColumnName> = BTreeMap::new();
    let mut columns = Vec::new();
    let mut taken = left_schema.columns().to_vec();
    for (column, prefix) in probe
        .keys
        .iter()
        .map(|(column, _)| (column, true))
        .chain(probe.columns.iter().map(|column| (column, false)))
    {
        if names.contains_key(column) {
            continue;
        }
        let schema = Schema::new(taken.clone());
        let plain = !prefix && !schema.has(column);
        let new = if plain {
            column.clone()
        } else {
            fresh_name(&format!("{name}_{column}"), &[&schema])
        };
        taken.push(relift_dataflow::Column {
            name: new.clone(),
            ty: relation
                .schema
                .ty(column)
                .ok_or_else(|| refuse(format!("it has no column \"{column}\"")))?,
        });
        columns.push((new.clone(), Expr::column(column.clone())));
        names.insert(column.clone(), new);
    }
    let presence = probe
        .presence
        .then(|| fresh_name(&format!("in_{name}"), &[&Schema::new(taken)]));
    let key_columns: Vec<ColumnName> = probe
        .keys
        .iter()
        .map(|(column, _)| column.clone())
        .collect();
    if !is_unique(&rewriter.flow, probe.relation, &key_columns)
        && !RuleMutant::LookupNotUnique.is_on()
    {
        joined.obligations.push(Obligation {
            node: probe.relation,
            kind: ObligationKind::Unique(key_columns),
            why: "a lookup has one answer, a join would have several".to_owned(),
            spans: probe.span.iter().cloned().collect(),
        });
    }
    let mistyped = |error: relift_dataflow::TypeError| refuse(error.to_string());
    let right = rewriter
        .add(
            origin,
            Op::Map {
                input: probe.relation,
                columns,
            },
        )
        .map_err(mistyped)?;
    let on = probe
        .keys
        .iter()
        .map(|(column, key)| (key.clone(), Expr::column(names[column].clone())))
        .collect();
    joined.node = rewriter
        .add(
            origin,
            Op::Join {
                left: joined.node,
                right,
                kind: if RuleMutant::LookupInner.is_on() {
                    JoinKind::Inner
                } else {
                    JoinKind::Left
                },
                on,
                null_safe: null_safe && !RuleMutant::LookupNotNullSafe.is_on(),
                condition: None,
                presence: presence.clone(),
            },
        )
        .map_err(mistyped)?;
    let exprs = std::mem::take(&mut joined.exprs);
    joined.exprs = exprs
        .into_iter()
        .map(|expr| {
            expr.map(&mut |part| match &part.kind {
                ExprKind::Lookup {
                    relation,
                    keys,
                    value,
                } if *relation == probe.relation && *keys == probe.keys => {
                    if RuleMutant::LookupPresenceByValue.is_on()
                        && *value == LookupValue::Present
                        && let Some(column) = probe.columns.first()
                    {
                        let column = Expr::column(names[column].clone());
                        return Expr::call(Function::IsMissing, vec![column]).negated();
                    }
                    let column = match value {
                        LookupValue::Present => presence.clone(),
                        LookupValue::Column(column) => names.get(column).cloned(),
                    };
                    column.map_or(part.clone(), |column| {
                        Expr::column(column).at(part.span.clone())
                    })
                }
                _ => part,
            })
        })
        .collect();
    joined.probed.push((name, probe.span.clone()));
    Ok(())
}
