//! Templates of row-by-row Python: how frames are gone through, what rows leave behind, how it ends.

use super::construct::{Construct, Slot};
use super::gathering::{append, open_rows};
use super::lookups::{key_var, probe};
use super::tables::{Generated, Role};
use super::values::VALUES;
use super::writer::{Kind, Var, Writer};
use super::{gathering, lookups};

const fn row(slot: Slot, name: &'static str, weight: u32, write: fn(&mut Writer<'_>)) -> Construct {
    Construct {
        name,
        weight,
        slot,
        write,
    }
}

/// Constructs of loops that draw themselves.
pub(super) const LOOPS: &[Construct] = &[
    row(Slot::Iteration, "to_dict records", 8, records),
    row(Slot::Iteration, "iterrows", 6, iterrows),
    row(Slot::Iteration, "itertuples", 5, itertuples),
    row(Slot::Iteration, "enumerate", 4, enumerated),
    row(Slot::Iteration, "zip of columns", 4, zipped),
    row(Slot::Iteration, "while over an index", 4, while_index),
    row(Slot::Iteration, "range and iloc", 3, range_iloc),
    row(
        Slot::Lookup,
        "lookup dictionary",
        6,
        lookups::lookup_dictionary,
    ),
    row(Slot::Lookup, "dict.get", 5, lookups::lookup_get),
    row(Slot::Lookup, "set of keys", 5, lookups::lookup_set),
    row(
        Slot::Lookup,
        "dict comprehension",
        5,
        lookups::lookup_comprehension,
    ),
    row(Slot::Lookup, "setdefault", 4, lookups::lookup_setdefault),
    row(
        Slot::Lookup,
        "nested loop with break",
        4,
        lookups::nested_break,
    ),
    row(
        Slot::Lookup,
        "list comprehension",
        5,
        lookups::list_comprehension,
    ),
    row(
        Slot::Lookup,
        "next of a generator",
        4,
        lookups::next_generator,
    ),
    row(
        Slot::Lookup,
        "sum/min/max of a column",
        4,
        lookups::column_total,
    ),
    row(Slot::Skip, "continue", 8, skip_continue),
    row(Slot::Skip, "break", 4, skip_break),
    row(Slot::Skip, "seen set", 5, skip_seen),
    row(Slot::Skip, "nested if", 5, skip_nested),
    row(Slot::Running, "running total", 6, running_total),
    row(Slot::Running, "previous row", 5, previous_row),
    row(Slot::Running, "counter", 5, running_counter),
    row(Slot::Running, "running total per key", 6, running_per_key),
    row(
        Slot::Running,
        "reset on a change of key",
        6,
        reset_on_change,
    ),
    row(Slot::Running, "running maximum", 5, running_maximum),
    row(
        Slot::Gathering,
        "dict accumulation",
        7,
        gathering::gather_get,
    ),
    row(
        Slot::Gathering,
        "defaultdict",
        7,
        gathering::gather_defaultdict,
    ),
    row(Slot::Gathering, "Counter", 7, gathering::gather_counter),
    row(Slot::Gathering, "dict of lists", 6, gathering::gather_lists),
    row(
        Slot::Gathering,
        "dict of dicts",
        6,
        gathering::gather_records,
    ),
    row(Slot::Gathering, "tuple key", 5, gathering::gather_tuple_key),
    row(Slot::Gathering, "nested dict", 6, gathering::gather_nested),
    row(
        Slot::Gathering,
        "object per key",
        6,
        gathering::gather_objects,
    ),
    row(
        Slot::Gathering,
        "first and last per key",
        7,
        gathering::gather_ends,
    ),
    row(
        Slot::Gathering,
        "scalar totals",
        6,
        gathering::gather_scalars,
    ),
    row(Slot::Gathering, "dict of sets", 5, gathering::gather_sets),
    row(
        Slot::Gathering,
        "best record per key",
        6,
        gathering::gather_best,
    ),
    row(Slot::Finish, "list.sort", 5, finish_sort),
    row(Slot::Finish, "sorted rows", 5, finish_sorted),
    row(Slot::Finish, "top n", 4, finish_top),
    row(Slot::Finish, "early return", 4, finish_early),
    row(Slot::Finish, "summary row", 3, finish_summary),
    row(Slot::Finish, "plain rows", 8, finish_plain),
    row(Slot::Within, "sorted items", 0, nothing),
    row(Slot::Within, "dict items", 0, nothing),
    row(Slot::Within, "records to DataFrame", 0, nothing),
];

fn nothing(_: &mut Writer<'_>) {}

/// A program of one main loop, with what belongs before and after it.
pub(super) fn program(w: &mut Writer<'_>) {
    if w.tables.len() > 1 && w.chance.percent(75) {
        draw(w, Slot::Lookup);
    }
    let gathers = w.chance.percent(63);
    if gathers {
        draw(w, Slot::Gathering);
    } else {
        open_rows(w);
        draw(w, Slot::Iteration);
        if w.chance.percent(45) {
            draw(w, Slot::Skip);
        }
        probe(w);
        let values = 2 + w.chance.below(4);
        for _ in 0..values {
            draw_value(w);
        }
        draw(w, Slot::Running);
        append(w);
        close_loop(w);
    }
    draw(w, Slot::Finish);
}

pub(super) fn draw(w: &mut Writer<'_>, slot: Slot) {
    let fitting: Vec<&Construct> = LOOPS
        .iter()
        .filter(|construct| construct.slot == slot)
        .collect();
    let at = w
        .chance
        .weighted(fitting.iter().map(|construct| construct.weight));
    w.mark(fitting[at].name);
    (fitting[at].write)(w);
}

pub(super) fn draw_value(w: &mut Writer<'_>) {
    let at = w
        .chance
        .weighted(VALUES.iter().map(|construct| construct.weight));
    let before = w.shown.len();
    (VALUES[at].write)(w);
    if w.shown.len() > before {
        w.mark(VALUES[at].name);
    }
}

// ---------------------------------------------------------------- iteration

pub(super) fn main_table(w: &Writer<'_>) -> Generated {
    w.tables[0].clone()
}

fn know(w: &mut Writer<'_>, table: &Generated, access: &dyn Fn(&str) -> String) {
    for field in &table.fields {
        w.vars.push(Var {
            expr: access(&field.name),
            kind: Kind::of(field),
            nullable: field.nullable,
            repeats: matches!(field.role, Role::Kind | Role::Place),
        });
    }
}

/// Goes through the rows of the main table, at times in another order.
fn frame_expr(w: &mut Writer<'_>, table: &Generated) -> String {
    let name = &table.name;
    let frame = format!("shared_state[\"{name}\"]");
    match w.chance.below(8) {
        0 => {
            w.mark("sort_values");
            let by = &table.fields[w.chance.below(table.fields.len())].name;
            let id = &table.fields[0].name;
            format!("{frame}.sort_values([\"{by}\", \"{id}\"])")
        }
        1..=4 => {
            let local = w.name(&["df", "frame", name.as_str()]);
            w.line(format!("{local} = {frame}"));
            local
        }
        _ => frame,
    }
}

fn records(w: &mut Writer<'_>) {
    let table = main_table(w);
    let frame = frame_expr(w, &table);
    let row = w.name(&["row", "r", "rec"]);
    w.enter_loop();
    if w.chance.percent(30) {
        let list = w.name(&["records", "items"]);
        w.before(&format!("{list} = {frame}.to_dict(\"records\")"));
        w.open(format!("for {row} in {list}:"));
    } else {
        w.open(format!("for {row} in {frame}.to_dict(orient=\"records\"):"));
    }
    know(w, &table, &|name| format!("{row}[\"{name}\"]"));
}

fn iterrows(w: &mut Writer<'_>) {
    let table = main_table(w);
    let frame = frame_expr(w, &table);
    let row = w.name(&["row", "r"]);
    w.enter_loop();
    let index = *w.chance.pick(&["_", "idx", "i"]);
    w.open(format!("for {index}, {row} in {frame}.iterrows():"));
    know(w, &table, &|name| format!("{row}[\"{name}\"]"));
}

fn itertuples(w: &mut Writer<'_>) {
    let table = main_table(w);
    let frame = frame_expr(w, &table);
    let row = w.name(&["t", "row", "item"]);
    w.enter_loop();
    let index = *w.chance.pick(&["index=False", ""]);
    w.open(format!("for {row} in {frame}.itertuples({index}):"));
    know(w, &table, &|name| format!("{row}.{name}"));
}

fn enumerated(w: &mut Writer<'_>) {
    let table = main_table(w);
    let frame = frame_expr(w, &table);
    let (n, row) = (w.name(&["n", "pos"]), w.name(&["row", "rec"]));
    w.enter_loop();
    let start = *w.chance.pick(&["", ", 1", ", start=1"]);
    w.open(format!(
        "for {n}, {row} in enumerate({frame}.to_dict(\"records\"){start}):"
    ));
    know(w, &table, &|name| format!("{row}[\"{name}\"]"));
    w.show(n, Kind::Int, false);
}

fn zipped(w: &mut Writer<'_>) {
    let table = main_table(w);
    let local = w.name(&["df", "data"]);
    w.line(format!("{local} = shared_state[\"{}\"]", table.name));
    let fields: Vec<_> = table.fields.iter().take(4).cloned().collect();
    let names: Vec<String> = fields
        .iter()
        .map(|field| format!("{}_", field.name))
        .collect();
    let columns: Vec<String> = fields
        .iter()
        .map(|field| format!("{local}[\"{}\"]", field.name))
        .collect();
    w.enter_loop();
    w.open(format!(
        "for {} in zip({}):",
        names.join(", "),
        columns.join(", ")
    ));
    for (field, name) in fields.iter().zip(names) {
        w.vars.push(Var {
            expr: name,
            kind: Kind::of(field),
            nullable: field.nullable,
            repeats: matches!(field.role, Role::Kind | Role::Place),
        });
    }
}

fn while_index(w: &mut Writer<'_>) {
    let table = main_table(w);
    let frame = frame_expr(w, &table);
    let (list, i, row) = (
        w.name(&["rows_in", "items"]),
        w.name(&["i", "pos"]),
        w.name(&["row", "cur"]),
    );
    w.line(format!("{list} = {frame}.to_dict(\"records\")"));
    w.enter_loop();
    w.line(format!("{i} = 0"));
    w.open(format!("while {i} < len({list}):"));
    w.line(format!("{row} = {list}[{i}]"));
    w.line(format!("{i} += 1"));
    know(w, &table, &|name| format!("{row}[\"{name}\"]"));
}

fn range_iloc(w: &mut Writer<'_>) {
    let table = main_table(w);
    let local = w.name(&["df", "data"]);
    w.line(format!("{local} = shared_state[\"{}\"]", table.name));
    let i = w.name(&["i", "n"]);
    w.enter_loop();
    w.open(format!("for {i} in range(len({local})):"));
    if w.chance.percent(60) {
        let row = w.name(&["row"]);
        w.line(format!("{row} = {local}.iloc[{i}]"));
        know(w, &table, &|name| format!("{row}[\"{name}\"]"));
    } else {
        know(w, &table, &|name| format!("{local}[\"{name}\"].iloc[{i}]"));
    }
}

pub(super) fn close_loop(w: &mut Writer<'_>) {
    w.close();
    w.leave_loop();
    w.vars.clear();
    w.shown.clear();
}

// ---------------------------------------------------------------- skipping rows

fn condition(w: &mut Writer<'_>) -> String {
    let (a, n) = (w.solid(Kind::Float), w.solid(Kind::Int));
    match w.chance.below(6) {
        0 => format!("{a} <= 0"),
        1 => format!("{n} < 1"),
        2 => {
            let text = w.solid(Kind::Text);
            format!("{text} == \"South\"")
        }
        3 => format!("not {}", w.solid(Kind::Bool)),
        4 => {
            w.mark("is None");
            match w.maybe(Kind::Text) {
                Some(var) => format!("{} is None", var.expr),
                None => format!("{n} == 3"),
            }
        }
        _ => format!("{n} % 3 == 0 or {a} > 1000"),
    }
}

fn skip_continue(w: &mut Writer<'_>) {
    let condition = condition(w);
    w.open(format!("if {condition}:"));
    w.line("continue");
    w.close();
}

fn skip_break(w: &mut Writer<'_>) {
    let condition = condition(w);
    w.open(format!("if {condition}:"));
    w.line("break");
    w.close();
}

fn skip_seen(w: &mut Writer<'_>) {
    let Some(key) = key_var(w, Role::Kind) else {
        return skip_continue(w);
    };
    let seen = w.name(&["seen", "done"]);
    w.before(&format!("{seen} = set()"));
    w.open(format!("if {} in {seen}:", key.expr));
    w.line("continue");
    w.close();
    w.line(format!("{seen}.add({})", key.expr));
}

fn skip_nested(w: &mut Writer<'_>) {
    let (outer, inner) = (condition(w), condition(w));
    w.open(format!("if not ({outer}):"));
    w.open(format!("if {inner}:"));
    w.line("continue");
    w.close();
    w.close();
}

// ---------------------------------------------------------------- running state

fn running_total(w: &mut Writer<'_>) {
    let kind = *w.chance.pick(&[Kind::Int, Kind::Float]);
    let (name, value) = (w.name(&["running", "balance"]), w.solid(kind));
    let start = if kind == Kind::Int {
        "0"
    } else {
        *w.chance.pick(&["0.0", "0"])
    };
    w.before(&format!("{name} = {start}"));
    w.line(format!("{name} += {value}"));
    w.show(name, kind, false);
}

fn previous_row(w: &mut Writer<'_>) {
    let kind = *w.chance.pick(&[Kind::Text, Kind::Int, Kind::Date]);
    let (name, value) = (w.name(&["prev", "last_seen"]), w.solid(kind));
    w.before(&format!("{name} = None"));
    let shown = w.name(&["before_", "changed"]);
    if w.chance.percent(50) {
        w.line(format!("{shown} = {name}"));
        w.show(shown, kind, true);
    } else {
        w.line(format!(
            "{shown} = {name} is not None and {name} != {value}"
        ));
        w.show(shown, Kind::Bool, false);
    }
    w.line(format!("{name} = {value}"));
}

fn running_counter(w: &mut Writer<'_>) {
    let name = w.name(&["n", "seq", "line_no"]);
    w.before(&format!("{name} = 0"));
    if w.chance.percent(40) {
        let condition = condition(w);
        w.open(format!("if {condition}:"));
        w.line(format!("{name} += 1"));
        w.close();
    } else {
        w.line(format!("{name} += 1"));
    }
    w.show(name, Kind::Int, false);
}

fn running_per_key(w: &mut Writer<'_>) {
    let Some(key) = key_var(w, Role::Kind) else {
        return running_total(w);
    };
    let kind = *w.chance.pick(&[Kind::Int, Kind::Float]);
    let (name, value) = (w.name(&["so_far", "per_key"]), w.solid(kind));
    w.before(&format!("{name} = {{}}"));
    w.line(format!(
        "{name}[{0}] = {name}.get({0}, 0) + {value}",
        key.expr
    ));
    w.show(format!("{name}[{}]", key.expr), kind, false);
}

fn reset_on_change(w: &mut Writer<'_>) {
    let Some(key) = key_var(w, Role::Kind) else {
        return running_total(w);
    };
    let (name, last, value) = (
        w.name(&["subtotal"]),
        w.name(&["current"]),
        w.solid(Kind::Int),
    );
    w.before(&format!("{name} = 0"));
    w.before(&format!("{last} = None"));
    w.open(format!("if {} != {last}:", key.expr));
    w.line(format!("{name} = 0"));
    w.line(format!("{last} = {}", key.expr));
    w.close();
    w.line(format!("{name} += {value}"));
    w.show(name, Kind::Int, false);
}

fn running_maximum(w: &mut Writer<'_>) {
    let (name, value) = (w.name(&["best", "peak"]), w.solid(Kind::Int));
    if w.chance.percent(50) {
        w.before(&format!("{name} = 0"));
        w.line(format!("{name} = max({name}, {value})"));
    } else {
        w.before(&format!("{name} = None"));
        w.open(format!("if {name} is None or {value} > {name}:"));
        w.line(format!("{name} = {value}"));
        w.close();
    }
    w.show(name, Kind::Int, false);
}

// ---------------------------------------------------------------- finishing

/// A column rows can be sorted by without an exception.
fn sort_column(w: &mut Writer<'_>) -> Option<(String, Kind)> {
    let fitting: Vec<(usize, Kind)> = w
        .columns
        .iter()
        .copied()
        .enumerate()
        .filter(|(_, (_, nullable))| !nullable)
        .map(|(at, (kind, _))| (at, kind))
        .collect();
    (!fitting.is_empty()).then(|| {
        let (at, kind) = *w.chance.pick(&fitting);
        (format!("c{}", at + 1), kind)
    })
}

fn write_result(w: &mut Writer<'_>, rows: &str) {
    w.import("import pandas as pd");
    let names: Vec<String> = (1..=w.columns.len())
        .map(|at| format!("\"c{at}\""))
        .collect();
    let names = names.join(", ");
    match w.chance.below(4) {
        0 => {
            w.line(format!(
                "shared_state[\"result\"] = pd.DataFrame.from_records({rows}, columns=[{names}])"
            ));
        }
        1 => {
            w.line(format!("out = pd.DataFrame({rows}, columns=[{names}])"));
            w.line("shared_state[\"result\"] = out");
        }
        _ => w.line(format!(
            "shared_state[\"result\"] = pd.DataFrame({rows}, columns=[{names}])"
        )),
    }
    w.line("return shared_state");
}

fn finish_plain(w: &mut Writer<'_>) {
    write_result(w, "rows");
}

fn finish_sort(w: &mut Writer<'_>) {
    if let Some((column, kind)) = sort_column(w) {
        let key = match kind {
            Kind::Int | Kind::Float if w.chance.percent(40) => {
                format!("lambda r: -r[\"{column}\"]")
            }
            _ => format!("lambda r: r[\"{column}\"]"),
        };
        let reverse = *w.chance.pick(&["", ", reverse=True"]);
        w.line(format!("rows.sort(key={key}{reverse})"));
    }
    write_result(w, "rows");
}

fn finish_sorted(w: &mut Writer<'_>) {
    let (first, second) = (sort_column(w), sort_column(w));
    match (first, second) {
        (Some((a, _)), Some((b, _))) if a != b => {
            w.line(format!(
                "rows = sorted(rows, key=lambda r: (r[\"{a}\"], r[\"{b}\"]))"
            ));
        }
        (Some((a, _)), _) => {
            w.import("from operator import itemgetter");
            w.line(format!(
                "rows = sorted(rows, key=itemgetter(\"{a}\"), reverse=True)"
            ));
        }
        _ => {}
    }
    write_result(w, "rows");
}

fn finish_top(w: &mut Writer<'_>) {
    let slice = *w.chance.pick(&["[:3]", "[:2]", "[1:]", "[-2:]"]);
    match sort_column(w) {
        Some((column, _)) => {
            w.line(format!(
                "ranked = sorted(rows, key=lambda r: r[\"{column}\"], reverse=True){slice}"
            ));
        }
        None => w.line(format!("ranked = rows{slice}")),
    }
    write_result(w, "ranked");
}

fn finish_early(w: &mut Writer<'_>) {
    w.import("import pandas as pd");
    let names: Vec<String> = (1..=w.columns.len())
        .map(|at| format!("\"c{at}\""))
        .collect();
    w.open("if not rows:");
    w.line(format!(
        "shared_state[\"result\"] = pd.DataFrame(columns=[{}])",
        names.join(", ")
    ));
    w.line("return shared_state");
    w.close();
    write_result(w, "rows");
}

fn finish_summary(w: &mut Writer<'_>) {
    let columns = w.columns.clone();
    let sums: Vec<String> = columns
        .iter()
        .enumerate()
        .map(|(at, (kind, nullable))| match kind {
            Kind::Int if !nullable => format!("\"c{0}\": sum(r[\"c{0}\"] for r in rows)", at + 1),
            Kind::Text => format!("\"c{}\": \"all\"", at + 1),
            _ => format!("\"c{}\": None", at + 1),
        })
        .collect();
    w.line(format!("rows.append({{{}}})", sums.join(", ")));
    write_result(w, "rows");
}
