//! Templates of pandas steps that give other rows: merges, groups, sorts, pivots.

use super::frames::{column, key, mask_expr, number, set};
use super::tables::Role;
use super::writer::{Kind, Var, Writer};

pub(super) fn merge(w: &mut Writer<'_>) {
    if w.tables.len() < 2 {
        return;
    }
    let side = w.tables[1].clone();
    let Some(field) = side.field(Role::Kind) else {
        return;
    };
    if w.vars.iter().all(|var| var.expr != field.name) {
        return;
    }
    let how = *w.chance.pick(&["left", "inner", "left", "outer", "right"]);
    let suffixes = *w.chance.pick(&["", ", suffixes=(\"\", \"_other\")"]);
    w.line(format!(
        "df = df.merge(shared_state[\"{}\"].drop(columns=[\"as_of\"]), on=\"{}\", how=\"{how}\"{suffixes})",
        side.name, field.name
    ));
    let before: Vec<String> = w.vars.iter().map(|var| var.expr.clone()).collect();
    let (left_missing, right_missing) = (
        matches!(how, "outer" | "right"),
        matches!(how, "outer" | "left"),
    );
    let suffixed: Vec<String> = side
        .fields
        .iter()
        .filter(|other| other.name != field.name && before.contains(&other.name))
        .map(|other| other.name.clone())
        .collect();
    for var in &mut w.vars {
        if suffixed.contains(&var.expr) && suffixes.is_empty() {
            var.expr.push_str("_x");
        }
        if left_missing && var.expr != field.name {
            var.nullable = true;
            if var.kind == Kind::Int {
                var.kind = Kind::Float;
            }
        }
    }
    for other in &side.fields {
        if other.name == field.name {
            continue;
        }
        let name = if suffixed.contains(&other.name) {
            format!(
                "{}{}",
                other.name,
                if suffixes.is_empty() { "_y" } else { "_other" }
            )
        } else {
            other.name.clone()
        };
        let kind = match Kind::of(other) {
            Kind::Int if right_missing => Kind::Float,
            kind => kind,
        };
        w.vars.push(Var {
            expr: name,
            kind,
            nullable: other.nullable || right_missing,
            repeats: false,
        });
    }
}

pub(super) fn grouped(w: &mut Writer<'_>) -> Option<(String, Vec<Var>)> {
    let first = key(w)?;
    let mut keys = vec![first];
    if w.chance.percent(25)
        && let Some(second) = key(w)
        && second.expr != keys[0].expr
    {
        keys.push(second);
    }
    let names: Vec<String> = keys.iter().map(|var| format!("\"{}\"", var.expr)).collect();
    let by = if names.len() == 1 && w.chance.percent(70) {
        names[0].clone()
    } else {
        format!("[{}]", names.join(", "))
    };
    let option = *w.chance.pick(&["", "", ", sort=False", ", dropna=False"]);
    Some((format!("df.groupby({by}{option})"), keys))
}

pub(super) fn groupby_agg(w: &mut Writer<'_>) {
    let (Some((groups, mut keys)), Some(a), Some(b)) = (grouped(w), number(w), number(w)) else {
        return;
    };
    if keys
        .iter()
        .any(|key| key.expr == a.expr || key.expr == b.expr)
    {
        return;
    }
    let function = *w.chance.pick(&[
        "sum", "mean", "max", "min", "count", "first", "last", "nunique", "median", "std",
    ]);
    let kind = match function {
        "count" | "nunique" => Kind::Int,
        "mean" | "median" | "std" => Kind::Float,
        _ => a.kind,
    };
    match w.chance.below(3) {
        0 => {
            w.line(format!(
                "df = {groups}[\"{}\"].{function}().reset_index()",
                a.expr
            ));
            keys.push(Var {
                expr: a.expr,
                kind,
                nullable: true,
                repeats: false,
            });
        }
        1 => {
            w.line(format!("df = {groups}.agg(n=(\"{}\", \"count\"), value=(\"{}\", \"{function}\")).reset_index()", b.expr, a.expr));
            keys.push(Var {
                expr: "n".to_owned(),
                kind: Kind::Int,
                nullable: false,
                repeats: false,
            });
            keys.push(Var {
                expr: "value".to_owned(),
                kind,
                nullable: true,
                repeats: false,
            });
        }
        _ => {
            if a.expr == b.expr {
                return;
            }
            w.line(format!(
                "df = {groups}.agg({{\"{}\": \"{function}\", \"{}\": \"sum\"}}).reset_index()",
                a.expr, b.expr
            ));
            keys.push(Var {
                expr: a.expr,
                kind,
                nullable: true,
                repeats: false,
            });
            keys.push(Var {
                expr: b.expr,
                kind: b.kind,
                nullable: false,
                repeats: false,
            });
        }
    }
    w.vars = keys;
}

pub(super) fn groupby_transform(w: &mut Writer<'_>) {
    let (Some((groups, keys)), Some(a)) = (grouped(w), number(w)) else {
        return;
    };
    let function = *w.chance.pick(&["sum", "mean", "count", "max", "first"]);
    let nullable = keys.iter().any(|key| key.nullable) || a.nullable;
    set(
        w,
        &["in_group"],
        &format!("{groups}[\"{}\"].transform(\"{function}\")", a.expr),
        Kind::Float,
        nullable,
    );
}

pub(super) fn groupby_first(w: &mut Writer<'_>) {
    let (Some((groups, mut keys)), Some(a)) = (grouped(w), number(w)) else {
        return;
    };
    if keys.iter().any(|key| key.expr == a.expr) {
        return;
    }
    let function = *w.chance.pick(&["first", "last"]);
    w.line(format!(
        "df = {groups}[[\"{}\"]].{function}().reset_index()",
        a.expr
    ));
    keys.push(a);
    w.vars = keys;
}

pub(super) fn groupby_size(w: &mut Writer<'_>) {
    let Some((groups, mut keys)) = grouped(w) else {
        return;
    };
    w.line(format!("df = {groups}.size().reset_index(name=\"n\")"));
    keys.push(Var {
        expr: "n".to_owned(),
        kind: Kind::Int,
        nullable: false,
        repeats: false,
    });
    w.vars = keys;
}

pub(super) fn groupby_cumsum(w: &mut Writer<'_>) {
    let (Some((groups, _)), Some(a)) = (grouped(w), number(w)) else {
        return;
    };
    if w.chance.percent(40) {
        return set(
            w,
            &["seq"],
            &format!("{groups}.cumcount() + 1"),
            Kind::Int,
            false,
        );
    }
    set(
        w,
        &["so_far"],
        &format!("{groups}[\"{}\"].cumsum()", a.expr),
        a.kind,
        true,
    );
}

pub(super) fn groupby_shift(w: &mut Writer<'_>) {
    let (Some((groups, _)), Some(a)) = (grouped(w), number(w)) else {
        return;
    };
    let by = *w.chance.pick(&["", "1", "-1"]);
    set(
        w,
        &["before_"],
        &format!("{groups}[\"{}\"].shift({by})", a.expr),
        Kind::Float,
        true,
    );
}

pub(super) fn groupby_rank(w: &mut Writer<'_>) {
    let (Some((groups, _)), Some(a)) = (grouped(w), number(w)) else {
        return;
    };
    let method = *w.chance.pick(&[
        "",
        "method=\"first\"",
        "method=\"dense\"",
        "ascending=False",
        "method=\"min\", ascending=False",
    ]);
    set(
        w,
        &["place_"],
        &format!("{groups}[\"{}\"].rank({method})", a.expr),
        Kind::Float,
        true,
    );
}

pub(super) fn groupby_apply(w: &mut Writer<'_>) {
    let (Some((groups, mut keys)), Some(a)) = (grouped(w), number(w)) else {
        return;
    };
    if keys.iter().any(|key| key.expr == a.expr) {
        return;
    }
    let body = *w
        .chance
        .pick(&["s.sum() - s.min()", "s.max()", "s.iloc[0]", "len(s)"]);
    w.line(format!(
        "df = {groups}[\"{}\"].apply(lambda s: {body}).reset_index()",
        a.expr
    ));
    keys.push(Var {
        expr: a.expr,
        kind: Kind::Float,
        nullable: true,
        repeats: false,
    });
    w.vars = keys;
}

pub(super) fn sort_values(w: &mut Writer<'_>) {
    let (Some(a), Some(b)) = (column(w, &[Kind::Int, Kind::Float, Kind::Text]), number(w)) else {
        return;
    };
    let reset = *w.chance.pick(&["", ".reset_index(drop=True)"]);
    let up = *w.chance.pick(&["", ", ascending=False"]);
    if a.expr == b.expr || w.chance.percent(40) {
        w.line(format!(
            "df = df.sort_values(\"{}\"{up}, kind=\"stable\"){reset}",
            a.expr
        ));
    } else {
        let up = *w
            .chance
            .pick(&["", ", ascending=[False, True]", ", na_position=\"first\""]);
        w.line(format!(
            "df = df.sort_values([\"{}\", \"{}\"]{up}){reset}",
            a.expr, b.expr
        ));
    }
}

pub(super) fn drop_duplicates(w: &mut Writer<'_>) {
    let Some(t) = key(w) else { return };
    let keep = *w.chance.pick(&["", ", keep=\"last\"", ", keep=\"first\""]);
    if w.chance.percent(25) {
        w.line("df = df.drop_duplicates()");
    } else {
        w.line(format!(
            "df = df.drop_duplicates(subset=[\"{}\"]{keep})",
            t.expr
        ));
    }
}

pub(super) fn concat(w: &mut Writer<'_>) {
    let Some(mask) = mask_expr(w) else { return };
    let ignore = *w.chance.pick(&[", ignore_index=True", ""]);
    w.line(format!("df = pd.concat([df[{mask}], df]{ignore})"));
}

pub(super) fn pivot_table(w: &mut Writer<'_>) {
    let (Some(k), Some(a)) = (key(w), number(w)) else {
        return;
    };
    if k.expr == a.expr {
        return;
    }
    let function = *w.chance.pick(&["sum", "mean", "count", "max"]);
    w.line(format!(
        "df = df.pivot_table(index=\"{}\", values=\"{}\", aggfunc=\"{function}\").reset_index()",
        k.expr, a.expr
    ));
    w.vars = vec![
        k,
        Var {
            expr: a.expr,
            kind: Kind::Float,
            nullable: true,
            repeats: false,
        },
    ];
}

pub(super) fn melt(w: &mut Writer<'_>) {
    let (Some(k), Some(a), Some(b)) = (key(w), number(w), number(w)) else {
        return;
    };
    if a.expr == b.expr || k.expr == a.expr || k.expr == b.expr {
        return;
    }
    w.line(format!("df = df.melt(id_vars=[\"{}\"], value_vars=[\"{}\", \"{}\"], var_name=\"what\", value_name=\"val\")", k.expr, a.expr, b.expr));
    w.vars = vec![
        k,
        Var {
            expr: "what".to_owned(),
            kind: Kind::Text,
            nullable: false,
            repeats: true,
        },
        Var {
            expr: "val".to_owned(),
            kind: Kind::Float,
            nullable: true,
            repeats: false,
        },
    ];
}

pub(super) fn value_counts(w: &mut Writer<'_>) {
    let Some(k) = key(w) else { return };
    let sort = *w.chance.pick(&["", ".sort_index()"]);
    w.line(format!(
        "df = df[\"{}\"].value_counts(){sort}.reset_index()",
        k.expr
    ));
    w.vars = vec![
        k,
        Var {
            expr: "count".to_owned(),
            kind: Kind::Int,
            nullable: false,
            repeats: false,
        },
    ];
}

pub(super) fn from_scalars(w: &mut Writer<'_>) {
    let Some(a) = number(w) else { return };
    w.line(format!("df = pd.DataFrame([{{\"rows\": len(df), \"total\": df[\"{0}\"].sum(), \"largest\": df[\"{0}\"].max()}}])", a.expr));
    w.vars = vec![
        Var {
            expr: "rows".to_owned(),
            kind: Kind::Int,
            nullable: false,
            repeats: false,
        },
        Var {
            expr: "total".to_owned(),
            kind: Kind::Float,
            nullable: false,
            repeats: false,
        },
        Var {
            expr: "largest".to_owned(),
            kind: Kind::Float,
            nullable: true,
            repeats: false,
        },
    ];
}

pub(super) fn own_sql(w: &mut Writer<'_>) {
    let (Some(k), Some(a)) = (key(w), number(w)) else {
        return;
    };
    if k.expr == a.expr {
        return;
    }
    w.import("import sqlite3");
    w.line("con = sqlite3.connect(\":memory:\")");
    w.line(format!(
        "df[[\"{}\", \"{}\"]].to_sql(\"t\", con, index=False)",
        k.expr, a.expr
    ));
    w.line(format!("df = pd.read_sql(\"SELECT {0}, COUNT(*) AS n, MAX({1}) AS top FROM t GROUP BY {0} ORDER BY {0}\", con)", k.expr, a.expr));
    w.line("con.close()");
    w.vars = vec![
        k,
        Var {
            expr: "n".to_owned(),
            kind: Kind::Int,
            nullable: false,
            repeats: false,
        },
        Var {
            expr: "top".to_owned(),
            kind: Kind::Float,
            nullable: true,
            repeats: false,
        },
    ];
}
