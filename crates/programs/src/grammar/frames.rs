//! Templates of pandas: chains of steps over whole frames.
//!
//! While a chain is written, the writer's values are the columns of the frame `df`.

use super::construct::{Construct, Slot};
use super::reshaping;
use super::tables::Role;
use super::writer::{Kind, Var, Writer};

const fn step(name: &'static str, weight: u32, write: fn(&mut Writer<'_>)) -> Construct {
    Construct {
        name,
        weight,
        slot: Slot::Frame,
        write,
    }
}

/// Steps.
pub(super) const FRAMES: &[Construct] = &[
    step("boolean mask", 6, mask),
    step("loc assignment", 5, loc_assignment),
    step("column assignment", 6, column_assignment),
    step("fillna", 5, fillna),
    step("astype", 5, astype),
    step("isin", 5, isin),
    step("str accessor", 6, str_accessor),
    step("dt accessor", 5, dt_accessor),
    step("Series.map", 5, series_map),
    step("apply axis=1", 5, apply_rows),
    step("merge", 8, reshaping::merge),
    step("groupby agg", 7, reshaping::groupby_agg),
    step("groupby transform", 5, reshaping::groupby_transform),
    step("groupby first", 5, reshaping::groupby_first),
    step("groupby size", 5, reshaping::groupby_size),
    step("groupby cumsum", 5, reshaping::groupby_cumsum),
    step("groupby shift", 5, reshaping::groupby_shift),
    step("groupby rank", 5, reshaping::groupby_rank),
    step("groupby apply", 5, reshaping::groupby_apply),
    step("sort_values", 6, reshaping::sort_values),
    step("drop_duplicates", 5, reshaping::drop_duplicates),
    step("concat", 5, reshaping::concat),
    step("pivot_table", 5, reshaping::pivot_table),
    step("melt", 6, reshaping::melt),
    step("cut", 4, cut),
    step("rolling", 4, rolling),
    step("head and iloc", 4, head_iloc),
    step("at", 4, at),
    step("Series.round and clip", 5, round_clip),
    step("numpy where", 5, np_where),
    step("rename and drop", 4, rename_drop),
    step("Series.apply", 4, series_apply),
    step("cumsum", 4, cumsum),
    step("Series.shift", 4, shift),
    step("dropna", 4, dropna),
    step("assign", 4, assign),
    step("query of a frame", 4, frame_query),
    step("value_counts", 4, reshaping::value_counts),
    step("DataFrame from scalars", 5, reshaping::from_scalars),
    step("read_sql over sqlite3", 6, reshaping::own_sql),
];

/// A chain.
pub(super) fn program(w: &mut Writer<'_>) {
    w.import("import pandas as pd");
    let main = w.tables[0].clone();
    let copy = *w.chance.pick(&["", ".copy()"]);
    w.line(format!("df = shared_state[\"{}\"]{copy}", main.name));
    for field in &main.fields {
        w.vars.push(Var {
            expr: field.name.clone(),
            kind: Kind::of(field),
            nullable: field.nullable,
            repeats: matches!(field.role, Role::Kind | Role::Place),
        });
    }
    w.vars.push(Var {
        expr: "as_of".to_owned(),
        kind: Kind::Date,
        nullable: false,
        repeats: true,
    });
    let steps = 4 + w.chance.below(4);
    for _ in 0..steps {
        let at = w
            .chance
            .weighted(FRAMES.iter().map(|construct| construct.weight));
        let before = w.code.len();
        (FRAMES[at].write)(w);
        if w.code.len() > before {
            w.mark(FRAMES[at].name);
        }
    }
    if w.chance.percent(40) {
        let names: Vec<String> = w
            .vars
            .iter()
            .map(|var| format!("\"{}\"", var.expr))
            .collect();
        w.line(format!(
            "shared_state[\"result\"] = df[[{}]]",
            names.join(", ")
        ));
    } else {
        w.line("shared_state[\"result\"] = df");
    }
    w.line("return shared_state");
}

pub(super) fn column(w: &mut Writer<'_>, kinds: &[Kind]) -> Option<Var> {
    let fitting: Vec<Var> = w
        .vars
        .iter()
        .filter(|var| kinds.contains(&var.kind))
        .cloned()
        .collect();
    (!fitting.is_empty()).then(|| w.chance.pick(&fitting).clone())
}

pub(super) fn number(w: &mut Writer<'_>) -> Option<Var> {
    column(w, &[Kind::Int, Kind::Float])
}

pub(super) fn key(w: &mut Writer<'_>) -> Option<Var> {
    let fitting: Vec<Var> = w
        .vars
        .iter()
        .filter(|var| var.repeats && var.expr != "as_of")
        .cloned()
        .collect();
    (!fitting.is_empty()).then(|| w.chance.pick(&fitting).clone())
}

pub(super) fn set(w: &mut Writer<'_>, stem: &[&str], expr: &str, kind: Kind, nullable: bool) {
    let name = w.name(stem);
    w.line(format!("df[\"{name}\"] = {expr}"));
    w.vars.push(Var {
        expr: name,
        kind,
        nullable,
        repeats: false,
    });
}

pub(super) fn mask_expr(w: &mut Writer<'_>) -> Option<String> {
    let a = number(w)?;
    Some(match w.chance.below(5) {
        0 => format!("df[\"{}\"] > 0", a.expr),
        1 => {
            let b = number(w)?;
            format!("(df[\"{}\"] >= 1) & (df[\"{}\"] < 100)", a.expr, b.expr)
        }
        2 => {
            let t = column(w, &[Kind::Text])?;
            format!(
                "(df[\"{}\"] == \"north\") | (df[\"{}\"] != 0)",
                t.expr, a.expr
            )
        }
        3 => {
            let t = column(w, &[Kind::Text, Kind::Float, Kind::Date])?;
            format!("df[\"{}\"].notna()", t.expr)
        }
        _ => format!("~(df[\"{}\"] <= 2)", a.expr),
    })
}

fn mask(w: &mut Writer<'_>) {
    let Some(mask) = mask_expr(w) else { return };
    match w.chance.below(4) {
        0 => {
            w.line(format!("keep = {mask}"));
            w.line("df = df[keep].copy()");
        }
        1 => w.line(format!("df = df.loc[{mask}]")),
        _ => w.line(format!("df = df[{mask}]")),
    }
}

fn loc_assignment(w: &mut Writer<'_>) {
    let Some(mask) = mask_expr(w) else { return };
    w.line("df = df.copy()");
    let name = w.name(&["band", "mark"]);
    w.line(format!("df[\"{name}\"] = \"low\""));
    w.line(format!("df.loc[{mask}, \"{name}\"] = \"high\""));
    w.vars.push(Var {
        expr: name,
        kind: Kind::Text,
        nullable: false,
        repeats: true,
    });
}

fn column_assignment(w: &mut Writer<'_>) {
    let (Some(a), Some(b)) = (number(w), number(w)) else {
        return;
    };
    let missing = a.nullable || b.nullable;
    let whole = a.kind == Kind::Int && b.kind == Kind::Int;
    let kind = if whole { Kind::Int } else { Kind::Float };
    match w.chance.below(5) {
        0 => set(
            w,
            &["net"],
            &format!("df[\"{}\"] * df[\"{}\"]", a.expr, b.expr),
            kind,
            missing,
        ),
        1 => set(
            w,
            &["gap"],
            &format!("df[\"{}\"] - df[\"{}\"]", a.expr, b.expr),
            kind,
            missing,
        ),
        2 => set(
            w,
            &["share"],
            &format!("df[\"{}\"] / 4", a.expr),
            Kind::Float,
            a.nullable,
        ),
        3 => set(
            w,
            &["boxes"],
            &format!("df[\"{}\"] // 3", a.expr),
            a.kind,
            a.nullable,
        ),
        _ => set(
            w,
            &["rest"],
            &format!("df[\"{}\"] % 4", a.expr),
            a.kind,
            a.nullable,
        ),
    }
}

fn fillna(w: &mut Writer<'_>) {
    let fitting: Vec<Var> = w
        .vars
        .iter()
        .filter(|var| var.nullable && matches!(var.kind, Kind::Text | Kind::Float))
        .cloned()
        .collect();
    let Some(var) = (!fitting.is_empty()).then(|| w.chance.pick(&fitting).clone()) else {
        let Some(a) = number(w) else { return };
        return set(
            w,
            &["filled"],
            &format!("df[\"{}\"].fillna(0)", a.expr),
            a.kind,
            false,
        );
    };
    let with = if var.kind == Kind::Text {
        "\"none\""
    } else {
        "0"
    };
    w.line(format!(
        "df[\"{0}\"] = df[\"{0}\"].fillna({with})",
        var.expr
    ));
    for known in &mut w.vars {
        if known.expr == var.expr {
            known.nullable = false;
        }
    }
}

fn astype(w: &mut Writer<'_>) {
    match w.chance.below(4) {
        0 => {
            let Some(a) = column(w, &[Kind::Int]) else {
                return;
            };
            set(
                w,
                &["as_float"],
                &format!("df[\"{}\"].astype(float)", a.expr),
                Kind::Float,
                a.nullable,
            );
        }
        1 => {
            let Some(a) = column(w, &[Kind::Int, Kind::Float]) else {
                return;
            };
            set(
                w,
                &["as_text"],
                &format!("df[\"{}\"].astype(str)", a.expr),
                Kind::Text,
                false,
            );
        }
        2 => {
            let Some(a) = column(w, &[Kind::Float]) else {
                return;
            };
            set(
                w,
                &["as_int"],
                &format!("df[\"{}\"].fillna(0).astype(int)", a.expr),
                Kind::Int,
                false,
            );
        }
        _ => {
            let Some(a) = column(w, &[Kind::Int]) else {
                return;
            };
            set(
                w,
                &["flag"],
                &format!("(df[\"{}\"] > 2).astype(int)", a.expr),
                Kind::Int,
                false,
            );
        }
    }
}

fn isin(w: &mut Writer<'_>) {
    let Some(t) = key(w) else { return };
    let list = if t.kind == Kind::Text {
        "[\"north\", \"a\", \"gold\"]"
    } else {
        "[1, 3]"
    };
    if w.chance.percent(50) {
        let not = *w.chance.pick(&["", "~"]);
        w.line(format!("df = df[{not}df[\"{}\"].isin({list})]", t.expr));
    } else {
        set(
            w,
            &["listed"],
            &format!("df[\"{}\"].isin({list})", t.expr),
            Kind::Bool,
            false,
        );
    }
}

fn str_accessor(w: &mut Writer<'_>) {
    let Some(t) = column(w, &[Kind::Text]) else {
        return;
    };
    let (method, kind) = *w.chance.pick(&[
        ("upper()", Kind::Text),
        ("lower()", Kind::Text),
        ("strip()", Kind::Text),
        ("title()", Kind::Text),
        ("slice(0, 2)", Kind::Text),
        ("len()", Kind::Int),
        ("startswith(\"a\", na=False)", Kind::Bool),
        ("contains(\"o\", regex=False, na=False)", Kind::Bool),
        ("replace(\"a\", \"_\", regex=False)", Kind::Text),
        ("zfill(3)", Kind::Text),
    ]);
    let missing = t.nullable && kind != Kind::Bool;
    let kind = if missing && kind == Kind::Int {
        Kind::Float
    } else {
        kind
    };
    set(
        w,
        &["clean", "word"],
        &format!("df[\"{}\"].str.{method}", t.expr),
        kind,
        missing,
    );
}

fn dt_accessor(w: &mut Writer<'_>) {
    let Some(t) = column(w, &[Kind::Moment, Kind::Date]) else {
        return;
    };
    let (part, kind) = *w.chance.pick(&[
        ("year", Kind::Int),
        ("month", Kind::Int),
        ("day", Kind::Int),
        ("dayofweek", Kind::Int),
        ("strftime(\"%Y-%m\")", Kind::Text),
        ("quarter", Kind::Int),
    ]);
    let kind = if t.nullable && kind == Kind::Int {
        Kind::Float
    } else {
        kind
    };
    set(
        w,
        &["part", "period"],
        &format!("pd.to_datetime(df[\"{}\"]).dt.{part}", t.expr),
        kind,
        t.nullable,
    );
}

fn series_map(w: &mut Writer<'_>) {
    let Some(t) = key(w) else { return };
    if t.kind == Kind::Text {
        w.line("names = {\"north\": \"N\", \"South\": \"S\", \"a\": \"A\"}");
        let fill = *w.chance.pick(&["", ".fillna(\"?\")"]);
        set(
            w,
            &["mapped"],
            &format!("df[\"{}\"].map(names){fill}", t.expr),
            Kind::Text,
            fill.is_empty(),
        );
    } else {
        set(
            w,
            &["mapped"],
            &format!("df[\"{}\"].map(lambda v: v * 2)", t.expr),
            t.kind,
            t.nullable,
        );
    }
}

fn apply_rows(w: &mut Writer<'_>) {
    let (Some(a), Some(b)) = (number(w), number(w)) else {
        return;
    };
    match w.chance.below(3) {
        0 => set(
            w,
            &["worked"],
            &format!(
                "df.apply(lambda r: r[\"{}\"] * 2 if r[\"{}\"] > 1 else 0, axis=1)",
                a.expr, b.expr
            ),
            Kind::Float,
            true,
        ),
        1 => {
            w.define("def band(row_value, other):\n    if row_value > other:\n        return \"above\"\n    return \"below\"".to_owned());
            set(
                w,
                &["band"],
                &format!(
                    "df.apply(lambda r: band(r[\"{}\"], r[\"{}\"]), axis=1)",
                    a.expr, b.expr
                ),
                Kind::Text,
                false,
            );
        }
        _ => {
            let Some(t) = column(w, &[Kind::Text]) else {
                return;
            };
            set(
                w,
                &["label"],
                &format!(
                    "df.apply(lambda r: f\"{{r['{}']}}:{{r['{}']}}\", axis=1)",
                    t.expr, a.expr
                ),
                Kind::Text,
                false,
            );
        }
    }
}

fn cut(w: &mut Writer<'_>) {
    let Some(a) = number(w) else { return };
    let right = *w.chance.pick(&["", ", right=False"]);
    set(
        w,
        &["bucket"],
        &format!(
            "pd.cut(df[\"{}\"], bins=[-1000, 0, 5, 20000], labels=[\"low\", \"mid\", \"high\"]{right}).astype(object)",
            a.expr
        ),
        Kind::Text,
        true,
    );
}

fn rolling(w: &mut Writer<'_>) {
    let Some(a) = number(w) else { return };
    let function = *w.chance.pick(&["sum", "mean", "max"]);
    let least = *w.chance.pick(&["", ", min_periods=1"]);
    set(
        w,
        &["moving"],
        &format!("df[\"{}\"].rolling(3{least}).{function}()", a.expr),
        Kind::Float,
        true,
    );
}

fn head_iloc(w: &mut Writer<'_>) {
    let cut = *w.chance.pick(&[
        "head(4)",
        "iloc[1:]",
        "iloc[:3]",
        "tail(3)",
        "head(5).reset_index(drop=True)",
    ]);
    w.line(format!("df = df.{cut}"));
}

fn at(w: &mut Writer<'_>) {
    let Some(a) = number(w) else { return };
    w.line("df = df.reset_index(drop=True)");
    let name = w.name(&["first_value"]);
    w.line(format!(
        "{name} = df.at[0, \"{}\"] if len(df) else 0",
        a.expr
    ));
    set(
        w,
        &["vs_first"],
        &format!("df[\"{}\"] - {name}", a.expr),
        a.kind,
        a.nullable,
    );
}

fn round_clip(w: &mut Writer<'_>) {
    let Some(a) = column(w, &[Kind::Float]) else {
        return;
    };
    let method = *w.chance.pick(&[
        "round(1)",
        "clip(lower=0)",
        "abs()",
        "round(2)",
        "clip(0, 10)",
    ]);
    set(
        w,
        &["tidy"],
        &format!("df[\"{}\"].{method}", a.expr),
        Kind::Float,
        a.nullable,
    );
}

fn np_where(w: &mut Writer<'_>) {
    let Some(mask) = mask_expr(w) else { return };
    w.import("import numpy as np");
    if w.chance.percent(50) {
        set(
            w,
            &["flag"],
            &format!("np.where({mask}, \"yes\", \"no\")"),
            Kind::Text,
            false,
        );
    } else {
        let Some(a) = number(w) else { return };
        set(
            w,
            &["chosen"],
            &format!("np.where({mask}, df[\"{}\"], 0)", a.expr),
            a.kind,
            a.nullable,
        );
    }
}

fn rename_drop(w: &mut Writer<'_>) {
    let Some(at) = (w.vars.len() > 2).then(|| w.chance.below(w.vars.len())) else {
        return;
    };
    let old = w.vars[at].expr.clone();
    if w.chance.percent(50) {
        let new = w.name(&["renamed"]);
        w.line(format!("df = df.rename(columns={{\"{old}\": \"{new}\"}})"));
        w.vars[at].expr = new;
    } else {
        w.line(format!("df = df.drop(columns=[\"{old}\"])"));
        w.vars.remove(at);
    }
}

fn series_apply(w: &mut Writer<'_>) {
    let Some(a) = number(w) else { return };
    let (body, kind) = *w.chance.pick(&[
        ("lambda v: v * 2 + 1", Kind::Float),
        ("lambda v: \"big\" if v > 5 else \"small\"", Kind::Text),
        ("lambda v: f\"{v:.1f}\"", Kind::Text),
        ("str", Kind::Text),
    ]);
    let kind = if kind == Kind::Float { a.kind } else { kind };
    set(
        w,
        &["done"],
        &format!("df[\"{}\"].apply({body})", a.expr),
        kind,
        a.nullable,
    );
}

fn cumsum(w: &mut Writer<'_>) {
    let Some(a) = number(w) else { return };
    let method = *w.chance.pick(&["cumsum()", "cummax()"]);
    set(
        w,
        &["running"],
        &format!("df[\"{}\"].{method}", a.expr),
        a.kind,
        a.nullable,
    );
}

fn shift(w: &mut Writer<'_>) {
    let Some(a) = number(w) else { return };
    let method = *w
        .chance
        .pick(&["shift()", "diff()", "shift(-1)", "shift(1, fill_value=0)"]);
    set(
        w,
        &["moved"],
        &format!("df[\"{}\"].{method}", a.expr),
        Kind::Float,
        true,
    );
}

fn dropna(w: &mut Writer<'_>) {
    let Some(a) = column(w, &[Kind::Float, Kind::Text, Kind::Date]) else {
        return;
    };
    w.line(format!("df = df.dropna(subset=[\"{}\"])", a.expr));
    for known in &mut w.vars {
        if known.expr == a.expr {
            known.nullable = false;
        }
    }
}

fn assign(w: &mut Writer<'_>) {
    let Some(a) = number(w) else { return };
    let name = w.name(&["doubled", "assigned"]);
    w.line(format!(
        "df = df.assign({name}=lambda d: d[\"{}\"] * 2)",
        a.expr
    ));
    w.vars.push(Var {
        expr: name,
        kind: a.kind,
        nullable: a.nullable,
        repeats: false,
    });
}

fn frame_query(w: &mut Writer<'_>) {
    let Some(a) = number(w) else { return };
    w.line(format!("df = df.query(\"{} > 1\")", a.expr));
}
