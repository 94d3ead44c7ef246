//! Templates of row-by-row Python: how frames are gone through, looked up, gathered, finished.

use super::construct::{Construct, Slot};
use super::tables::{Generated, Role};
use super::values::VALUES;
use super::writer::{Kind, Var, Writer};

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
    row(Slot::Lookup, "lookup dictionary", 6, lookup_dictionary),
    row(Slot::Lookup, "dict.get", 5, lookup_get),
    row(Slot::Lookup, "set of keys", 5, lookup_set),
    row(Slot::Lookup, "dict comprehension", 5, lookup_comprehension),
    row(Slot::Lookup, "setdefault", 4, lookup_setdefault),
    row(Slot::Lookup, "nested loop with break", 4, nested_break),
    row(Slot::Lookup, "list comprehension", 5, list_comprehension),
    row(Slot::Lookup, "next of a generator", 4, next_generator),
    row(Slot::Lookup, "sum/min/max of a column", 4, column_total),
    row(Slot::Skip, "continue", 8, skip_continue),
    row(Slot::Skip, "break", 4, skip_break),
    row(Slot::Skip, "seen set", 5, skip_seen),
    row(Slot::Skip, "nested if", 5, skip_nested),
    row(Slot::Running, "running total", 5, running_total),
    row(Slot::Running, "previous row", 5, previous_row),
    row(Slot::Running, "counter", 5, running_counter),
    row(Slot::Running, "running total per key", 5, running_per_key),
    row(Slot::Running, "reset on a change of key", 6, reset_on_change),
    row(Slot::Running, "running maximum", 4, running_maximum),
    row(Slot::Gathering, "dict accumulation", 7, gather_get),
    row(Slot::Gathering, "defaultdict", 6, gather_defaultdict),
    row(Slot::Gathering, "Counter", 6, gather_counter),
    row(Slot::Gathering, "dict of lists", 5, gather_lists),
    row(Slot::Gathering, "dict of dicts", 5, gather_records),
    row(Slot::Gathering, "tuple key", 5, gather_tuple_key),
    row(Slot::Gathering, "nested dict", 6, gather_nested),
    row(Slot::Gathering, "object per key", 6, gather_objects),
    row(Slot::Gathering, "first and last per key", 7, gather_ends),
    row(Slot::Gathering, "scalar totals", 6, gather_scalars),
    row(Slot::Gathering, "dict of sets", 5, gather_sets),
    row(Slot::Gathering, "best record per key", 6, gather_best),
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
    let gathers = w.chance.percent(60);
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
        if w.chance.percent(80) {
            draw(w, Slot::Running);
        }
        append(w);
        close_loop(w);
    }
    draw(w, Slot::Finish);
}

fn draw(w: &mut Writer<'_>, slot: Slot) {
    let fitting: Vec<&Construct> = LOOPS.iter().filter(|construct| construct.slot == slot).collect();
    let at = w.chance.weighted(fitting.iter().map(|construct| construct.weight));
    w.mark(fitting[at].name);
    (fitting[at].write)(w);
}

pub(super) fn draw_value(w: &mut Writer<'_>) {
    let at = w.chance.weighted(VALUES.iter().map(|construct| construct.weight));
    let before = w.shown.len();
    (VALUES[at].write)(w);
    if w.shown.len() > before {
        w.mark(VALUES[at].name);
    }
}

// ---------------------------------------------------------------- iteration

fn main_table(w: &Writer<'_>) -> Generated {
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
    w.open(format!("for {n}, {row} in enumerate({frame}.to_dict(\"records\"){start}):"));
    know(w, &table, &|name| format!("{row}[\"{name}\"]"));
    w.show(n, Kind::Int, false);
}

fn zipped(w: &mut Writer<'_>) {
    let table = main_table(w);
    let local = w.name(&["df", "data"]);
    w.line(format!("{local} = shared_state[\"{}\"]", table.name));
    let fields: Vec<_> = table.fields.iter().take(4).cloned().collect();
    let names: Vec<String> = fields.iter().map(|field| format!("{}_", field.name)).collect();
    let columns: Vec<String> = fields.iter().map(|field| format!("{local}[\"{}\"]", field.name)).collect();
    w.enter_loop();
    w.open(format!("for {} in zip({}):", names.join(", "), columns.join(", ")));
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
    let (list, i, row) = (w.name(&["rows_in", "items"]), w.name(&["i", "pos"]), w.name(&["row", "cur"]));
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

fn close_loop(w: &mut Writer<'_>) {
    w.close();
    w.leave_loop();
    w.vars.clear();
    w.shown.clear();
}

// ---------------------------------------------------------------- lookups

fn side_table(w: &Writer<'_>) -> Generated {
    w.tables[1].clone()
}

fn side_value(w: &mut Writer<'_>, table: &Generated) -> (String, Kind, bool) {
    let fields: Vec<_> = table
        .fields
        .iter()
        .filter(|field| !matches!(field.role, Role::Kind | Role::Place))
        .cloned()
        .collect();
    let field = w.chance.pick(&fields).clone();
    (field.name.clone(), Kind::of(&field), field.nullable)
}

fn set_probe(w: &mut Writer<'_>, probe: Probe) {
    w.probes.push(probe);
}

/// What the main loop can ask of a lookup.
#[derive(Clone)]
pub(super) enum Probe {
    /// `name.get(key, default)` of a kind.
    Get { name: String, key: Role, default: String, kind: Kind, nullable: bool },
    /// `name[key] if key in name else default`.
    Index { name: String, key: Role, default: String, kind: Kind, nullable: bool },
    /// `key in name`.
    Contains { name: String, key: Role },
    /// A loop over a list of records until the key fits.
    Search { name: String, key: String, value: String, kind: Kind, nullable: bool },
    /// A generator's first.
    Next { name: String, key: String, value: String, kind: Kind },
    /// A scalar.
    Scalar { name: String, kind: Kind },
}

fn key_var(w: &mut Writer<'_>, role: Role) -> Option<Var> {
    let main = main_table(w);
    let name = &main.field(role)?.name;
    let quoted = format!("[\"{name}\"]");
    let (dotted, local) = (format!(".{name}"), format!("{name}_"));
    w.vars
        .iter()
        .find(|var| {
            var.expr.contains(&quoted) || var.expr.ends_with(&dotted) || var.expr == local
        })
        .cloned()
}

/// Uses what a lookup prepared.
fn probe(w: &mut Writer<'_>) {
    let probes = w.probes.clone();
    for probe in probes {
        match probe {
            Probe::Get { name, key, default, kind, nullable } => {
                let Some(key) = key_var(w, key) else { continue };
                w.mark("dict.get");
                w.give(&["found", "hit"], &format!("{name}.get({}, {default})", key.expr), kind, nullable);
            }
            Probe::Index { name, key, default, kind, nullable } => {
                let Some(key) = key_var(w, key) else { continue };
                let expr = if w.chance.percent(7) {
                    format!("{name}[{}]", key.expr)
                } else {
                    format!("{name}[{0}] if {0} in {name} else {default}", key.expr)
                };
                w.give(&["found", "hit"], &expr, kind, nullable);
            }
            Probe::Contains { name, key } => {
                let Some(key) = key_var(w, key) else { continue };
                match w.chance.below(3) {
                    0 => w.give(&["is_known"], &format!("{} in {name}", key.expr), Kind::Bool, false),
                    1 => {
                        w.mark("continue");
                        w.open(format!("if {} not in {name}:", key.expr));
                        w.line("continue");
                        w.close();
                    }
                    _ => w.give(&["mark"], &format!("\"x\" if {} in {name} else \"\"", key.expr), Kind::Text, false),
                }
            }
            Probe::Search { name, key, value, kind, nullable } => {
                let Some(var) = key_var(w, Role::Kind) else { continue };
                let found = w.name(&["match_", "found"]);
                let default = if nullable { "None".to_owned() } else { w.constant(kind) };
                w.line(format!("{found} = {default}"));
                w.open(format!("for other in {name}:"));
                w.open(format!("if other[\"{key}\"] == {}:", var.expr));
                w.line(format!("{found} = other[\"{value}\"]"));
                w.line("break");
                w.close();
                w.close();
                w.show(found, kind, true);
            }
            Probe::Next { name, key, value, kind } => {
                let Some(var) = key_var(w, Role::Kind) else { continue };
                let default = w.constant(kind);
                let expr = format!("next((o[\"{value}\"] for o in {name} if o[\"{key}\"] == {}), {default})", var.expr);
                w.give(&["first_hit"], &expr, kind, true);
            }
            Probe::Scalar { name, kind } => {
                let a = w.solid(Kind::Float);
                if kind == Kind::Int {
                    w.give(&["of_all"], &format!("{name} + 1"), Kind::Int, false);
                } else {
                    w.give(&["of_all"], &format!("{a} / {name} if {name} else 0.0"), Kind::Float, true);
                }
            }
        }
    }
}

fn lookup_dictionary(w: &mut Writer<'_>) {
    let table = side_table(w);
    let Some(key) = table.field(Role::Kind).cloned() else { return };
    let (value, kind, nullable) = side_value(w, &table);
    let name = w.name(&["by_key", "factors", "index"]);
    w.line(format!("{name} = {{}}"));
    w.open(format!("for _, s in shared_state[\"{}\"].iterrows():", table.name));
    w.line(format!("{name}[s[\"{}\"]] = s[\"{value}\"]", key.name));
    w.close();
    let default = w.constant(kind);
    set_probe(w, Probe::Index { name, key: Role::Kind, default, kind, nullable });
}

fn lookup_get(w: &mut Writer<'_>) {
    let table = side_table(w);
    let role = if table.field(Role::Place).is_some() && main_table(w).field(Role::Place).is_some() && w.chance.percent(50) {
        Role::Place
    } else {
        Role::Kind
    };
    let Some(key) = table.field(role).cloned() else { return };
    let (value, kind, nullable) = side_value(w, &table);
    let name = w.name(&["lookup", "mapping"]);
    let frame = format!("shared_state[\"{}\"]", table.name);
    match w.chance.below(3) {
        0 => {
            w.mark("zip of columns");
            w.line(format!("{name} = dict(zip({frame}[\"{}\"], {frame}[\"{value}\"]))", key.name));
        }
        _ => {
            w.line(format!("{name} = {{}}"));
            w.open(format!("for s in {frame}.to_dict(\"records\"):"));
            if w.chance.percent(50) {
                w.open(format!("if s[\"{}\"] not in {name}:", key.name));
                w.line(format!("{name}[s[\"{}\"]] = s[\"{value}\"]", key.name));
                w.close();
            } else {
                w.line(format!("{name}[s[\"{}\"]] = s[\"{value}\"]", key.name));
            }
            w.close();
        }
    }
    let default = w.constant(kind);
    set_probe(w, Probe::Get { name, key: role, default, kind, nullable });
}

fn lookup_set(w: &mut Writer<'_>) {
    let table = side_table(w);
    let Some(key) = table.field(Role::Kind).cloned() else { return };
    let name = w.name(&["known", "allowed"]);
    let frame = format!("shared_state[\"{}\"]", table.name);
    match w.chance.below(3) {
        0 => w.line(format!("{name} = set({frame}[\"{}\"])", key.name)),
        1 => w.line(format!("{name} = {{s[\"{}\"] for s in {frame}.to_dict(\"records\")}}", key.name)),
        _ => {
            w.line(format!("{name} = set()"));
            w.open(format!("for s in {frame}.itertuples():"));
            w.line(format!("{name}.add(s.{})", key.name));
            w.close();
        }
    }
    set_probe(w, Probe::Contains { name, key: Role::Kind });
}

fn lookup_comprehension(w: &mut Writer<'_>) {
    let table = side_table(w);
    let Some(key) = table.field(Role::Kind).cloned() else { return };
    let (value, kind, nullable) = side_value(w, &table);
    let name = w.name(&["by_name", "table_of"]);
    w.line(format!(
        "{name} = {{s[\"{}\"]: s[\"{value}\"] for s in shared_state[\"{}\"].to_dict(\"records\")}}",
        key.name, table.name
    ));
    let default = w.constant(kind);
    set_probe(w, Probe::Get { name, key: Role::Kind, default, kind, nullable });
}

fn lookup_setdefault(w: &mut Writer<'_>) {
    let table = side_table(w);
    let Some(key) = table.field(Role::Kind).cloned() else { return };
    let (value, kind, nullable) = side_value(w, &table);
    let name = w.name(&["firsts", "seen_first"]);
    w.line(format!("{name} = {{}}"));
    w.open(format!("for s in shared_state[\"{}\"].to_dict(\"records\"):", table.name));
    w.line(format!("{name}.setdefault(s[\"{}\"], s[\"{value}\"])", key.name));
    w.close();
    let default = w.constant(kind);
    set_probe(w, Probe::Get { name, key: Role::Kind, default, kind, nullable });
}

fn nested_break(w: &mut Writer<'_>) {
    let table = side_table(w);
    let Some(key) = table.field(Role::Kind).cloned() else { return };
    let (value, kind, nullable) = side_value(w, &table);
    let name = w.name(&["others", "candidates"]);
    w.line(format!("{name} = shared_state[\"{}\"].to_dict(\"records\")", table.name));
    set_probe(w, Probe::Search { name, key: key.name, value, kind, nullable });
}

fn list_comprehension(w: &mut Writer<'_>) {
    let table = side_table(w);
    let Some(key) = table.field(Role::Kind).cloned() else { return };
    let name = w.name(&["wanted", "keys"]);
    w.line(format!(
        "{name} = [s[\"{0}\"] for s in shared_state[\"{1}\"].to_dict(\"records\") if s[\"{0}\"]]",
        key.name, table.name
    ));
    set_probe(w, Probe::Contains { name, key: Role::Kind });
}

fn next_generator(w: &mut Writer<'_>) {
    let table = side_table(w);
    let Some(key) = table.field(Role::Kind).cloned() else { return };
    let (value, kind, _) = side_value(w, &table);
    let name = w.name(&["others", "pool"]);
    w.line(format!("{name} = shared_state[\"{}\"].to_dict(\"records\")", table.name));
    set_probe(w, Probe::Next { name, key: key.name, value, kind });
}

fn column_total(w: &mut Writer<'_>) {
    let table = main_table(w);
    let Some(money) = table.field(Role::Money).cloned() else { return };
    let name = w.name(&["total", "whole"]);
    let frame = format!("shared_state[\"{}\"]", table.name);
    let (expr, kind) = match w.chance.below(5) {
        0 => (format!("{frame}[\"{}\"].sum()", money.name), Kind::Float),
        1 => (format!("sum({frame}[\"{}\"])", money.name), Kind::Float),
        2 => (format!("{frame}[\"{}\"].max()", money.name), Kind::Float),
        3 => (format!("len({frame})"), Kind::Int),
        _ => (format!("sum(1 for x in {frame}[\"{}\"] if x > 2.5)", money.name), Kind::Int),
    };
    w.line(format!("{name} = {expr}"));
    set_probe(w, Probe::Scalar { name, kind });
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
    let Some(key) = key_var(w, Role::Kind) else { return skip_continue(w) };
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
    let start = if kind == Kind::Int { "0" } else { *w.chance.pick(&["0.0", "0"]) };
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
        w.line(format!("{shown} = {name} is not None and {name} != {value}"));
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
    let Some(key) = key_var(w, Role::Kind) else { return running_total(w) };
    let kind = *w.chance.pick(&[Kind::Int, Kind::Float]);
    let (name, value) = (w.name(&["so_far", "per_key"]), w.solid(kind));
    w.before(&format!("{name} = {{}}"));
    w.line(format!("{name}[{0}] = {name}.get({0}, 0) + {value}", key.expr));
    w.show(format!("{name}[{}]", key.expr), kind, false);
}

fn reset_on_change(w: &mut Writer<'_>) {
    let Some(key) = key_var(w, Role::Kind) else { return running_total(w) };
    let (name, last, value) = (w.name(&["subtotal"]), w.name(&["current"]), w.solid(Kind::Int));
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

// ---------------------------------------------------------------- gathering

fn open_rows(w: &mut Writer<'_>) {
    w.line("rows = []");
}

/// Appends a record of what is shown, and some columns.
fn append(w: &mut Writer<'_>) {
    w.mark("records to DataFrame");
    let mut columns: Vec<Var> = Vec::new();
    let known: Vec<Var> = w.vars.iter().take(3).cloned().collect();
    columns.extend(known.into_iter().filter(|_| w.chance.percent(70)));
    columns.extend(w.shown.clone());
    columns.dedup_by(|a, b| a.expr == b.expr);
    if columns.is_empty() {
        columns.extend(w.vars.first().cloned());
    }
    let pairs: Vec<String> = columns
        .iter()
        .enumerate()
        .map(|(at, var)| format!("\"c{}\": {}", at + 1, var.expr))
        .collect();
    w.columns = columns.iter().map(|var| (var.kind, var.nullable)).collect();
    if w.chance.percent(20) {
        w.line("record = {}");
        for (at, var) in columns.iter().enumerate() {
            w.line(format!("record[\"c{}\"] = {}", at + 1, var.expr));
        }
        w.line("rows.append(record)");
    } else {
        w.line(format!("rows.append({{{}}})", pairs.join(", ")));
    }
}

/// The loop over rows before something is gathered.
fn open_gathering(w: &mut Writer<'_>) {
    draw(w, Slot::Iteration);
    if w.chance.percent(35) {
        draw(w, Slot::Skip);
    }
    probe(w);
    if w.chance.percent(60) {
        draw_value(w);
    }
}

fn group_key(w: &mut Writer<'_>) -> String {
    let keys: Vec<Var> = w.vars.iter().filter(|var| var.repeats).cloned().collect();
    let Some(var) = (!keys.is_empty()).then(|| w.chance.pick(&keys).clone()) else {
        return w.solid(Kind::Int);
    };
    // None as a key is fine; a NaN is a key of its own each time, which few people want.
    if var.nullable && var.kind == Kind::Float { w.filled(&var) } else { var.expr }
}

fn key_kind(w: &Writer<'_>, key: &str) -> (Kind, bool) {
    w.vars
        .iter()
        .find(|var| var.expr == key)
        .map_or((Kind::Text, false), |var| (var.kind, var.nullable))
}

/// Opens the loop over a dictionary; returns the name of the value.
fn open_items(w: &mut Writer<'_>, dict: &str, key: (Kind, bool), names: &[(&str, Kind)]) -> String {
    let k = w.name(&["k", "key"]);
    let value = if names.len() == 1 {
        names[0].0.to_owned()
    } else {
        format!("({})", names.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", "))
    };
    w.enter_loop();
    let plain = key.1 || w.chance.percent(50);
    if plain {
        w.mark("dict items");
        w.open(format!("for {k}, {value} in {dict}.items():"));
    } else {
        w.mark("sorted items");
        match w.chance.below(4) {
            0 => w.open(format!("for {k}, {value} in sorted({dict}.items()):")),
            1 => w.open(format!("for {k}, {value} in sorted({dict}.items(), key=lambda kv: kv[0], reverse=True):")),
            2 if names.len() == 1 && matches!(names[0].1, Kind::Int | Kind::Float) => {
                w.open(format!("for {k}, {value} in sorted({dict}.items(), key=lambda kv: -kv[1]):"));
            }
            _ => {
                w.open(format!("for {k} in sorted({dict}):"));
                w.line(format!("{value} = {dict}[{k}]"));
            }
        }
    }
    w.vars.clear();
    w.shown.clear();
    w.show(k.clone(), key.0, key.1);
    for (name, kind) in names {
        w.show((*name).to_owned(), *kind, false);
    }
    k
}

fn close_items(w: &mut Writer<'_>) {
    let values = 1 + w.chance.below(3);
    for _ in 0..values {
        draw_value(w);
    }
    append(w);
    close_loop(w);
}

fn open_dict(w: &mut Writer<'_>, start: &str) -> String {
    let name = w.name(&["totals", "groups", "by_kind", "acc"]);
    w.line(format!("{name} = {start}"));
    name
}

fn gather_get(w: &mut Writer<'_>) {
    let name = open_dict(w, "{}");
    open_gathering(w);
    let key = group_key(w);
    let kind = *w.chance.pick(&[Kind::Int, Kind::Float]);
    let (about, value) = (key_kind(w, &key), w.solid(kind));
    match w.chance.below(3) {
        0 => w.line(format!("{name}[{key}] = {name}.get({key}, 0) + {value}")),
        1 => {
            w.open(format!("if {key} in {name}:"));
            w.line(format!("{name}[{key}] += {value}"));
            w.close();
            w.open("else:");
            // The classic slip: the first value is dropped.
            let first = if w.chance.percent(20) { "0" } else { value.as_str() };
            w.line(format!("{name}[{key}] = {first}"));
            w.close();
        }
        _ => {
            w.open(format!("if {key} not in {name}:"));
            w.line(format!("{name}[{key}] = 0"));
            w.close();
            w.line(format!("{name}[{key}] += {value}"));
        }
    }
    close_loop(w);
    open_rows(w);
    open_items(w, &name, about, &[("v", kind)]);
    close_items(w);
}

fn gather_defaultdict(w: &mut Writer<'_>) {
    w.import("from collections import Counter, defaultdict");
    let kind = *w.chance.pick(&[Kind::Int, Kind::Float]);
    let start = if kind == Kind::Int { "defaultdict(int)" } else { "defaultdict(float)" };
    let name = open_dict(w, start);
    open_gathering(w);
    let key = group_key(w);
    let (about, value) = (key_kind(w, &key), w.solid(kind));
    w.line(format!("{name}[{key}] += {value}"));
    close_loop(w);
    open_rows(w);
    open_items(w, &name, about, &[("amount_", kind)]);
    close_items(w);
}

fn gather_counter(w: &mut Writer<'_>) {
    w.import("from collections import Counter, defaultdict");
    let name = open_dict(w, "Counter()");
    open_gathering(w);
    let key = group_key(w);
    let about = key_kind(w, &key);
    match w.chance.below(3) {
        0 => {
            let value = w.solid(Kind::Int);
            w.line(format!("{name}[{key}] += {value}"));
        }
        _ => w.line(format!("{name}[{key}] += 1")),
    }
    close_loop(w);
    open_rows(w);
    if w.chance.percent(40) {
        w.enter_loop();
        let top = *w.chance.pick(&["", "3", "2"]);
        w.open(format!("for word, times in {name}.most_common({top}):"));
        w.vars.clear();
        w.shown.clear();
        w.show("word".to_owned(), about.0, about.1);
        w.show("times".to_owned(), Kind::Int, false);
        return close_items(w);
    }
    open_items(w, &name, about, &[("times", Kind::Int)]);
    close_items(w);
}

fn gather_lists(w: &mut Writer<'_>) {
    let start = if w.chance.percent(50) {
        w.import("from collections import Counter, defaultdict");
        "defaultdict(list)"
    } else {
        "{}"
    };
    let name = open_dict(w, start);
    open_gathering(w);
    let key = group_key(w);
    let kind = *w.chance.pick(&[Kind::Int, Kind::Float]);
    let (about, value) = (key_kind(w, &key), w.solid(kind));
    if start == "{}" {
        w.mark("setdefault");
        w.line(format!("{name}.setdefault({key}, []).append({value})"));
    } else {
        w.line(format!("{name}[{key}].append({value})"));
    }
    close_loop(w);
    open_rows(w);
    open_items(w, &name, about, &[("items_", kind)]);
    w.vars.retain(|var| var.expr != "items_");
    w.shown.retain(|var| var.expr != "items_");
    let count = 1 + w.chance.below(3);
    for _ in 0..count {
        let (expr, kind) = match w.chance.below(9) {
            0 => ("len(items_)".to_owned(), Kind::Int),
            1 => ("sum(items_)".to_owned(), kind),
            2 => ("max(items_)".to_owned(), kind),
            3 => ("min(items_)".to_owned(), kind),
            4 => ("items_[0]".to_owned(), kind),
            5 => ("items_[-1]".to_owned(), kind),
            6 => ("sum(items_) / len(items_)".to_owned(), Kind::Float),
            7 => {
                w.mark("sorted rows");
                ("sorted(items_)[0]".to_owned(), kind)
            }
            _ => {
                w.mark("generator expression");
                ("sum(1 for i in items_ if i > 2)".to_owned(), Kind::Int)
            }
        };
        w.give(&["agg", "stat"], &expr, kind, false);
    }
    close_items(w);
}

fn gather_records(w: &mut Writer<'_>) {
    let name = open_dict(w, "{}");
    open_gathering(w);
    let key = group_key(w);
    let (about, n, a) = (key_kind(w, &key), w.solid(Kind::Int), w.solid(Kind::Float));
    w.open(format!("if {key} not in {name}:"));
    w.line(format!("{name}[{key}] = {{\"n\": 0, \"sum\": 0.0, \"top\": {n}}}"));
    w.close();
    w.line(format!("entry = {name}[{key}]"));
    w.line("entry[\"n\"] += 1");
    w.line(format!("entry[\"sum\"] += {a}"));
    if w.chance.percent(60) {
        w.open(format!("if {n} > entry[\"top\"]:"));
        w.line(format!("entry[\"top\"] = {n}"));
        w.close();
    }
    close_loop(w);
    open_rows(w);
    open_items(w, &name, about, &[("e", Kind::Text)]);
    w.vars.retain(|var| var.expr != "e");
    w.shown.retain(|var| var.expr != "e");
    w.show("e[\"n\"]".to_owned(), Kind::Int, false);
    w.show("e[\"sum\"]".to_owned(), Kind::Float, false);
    w.show("e[\"top\"]".to_owned(), Kind::Int, false);
    if w.chance.percent(50) {
        w.give(&["mean"], "e[\"sum\"] / e[\"n\"]", Kind::Float, false);
    }
    close_items(w);
}

fn gather_tuple_key(w: &mut Writer<'_>) {
    let name = open_dict(w, "{}");
    open_gathering(w);
    let a = group_key(w);
    let (kind_a, b, n) = (key_kind(w, &a), w.solid(Kind::Int), w.solid(Kind::Int));
    w.line(format!("pair_key = ({a}, {b} > 3)"));
    w.line(format!("{name}[pair_key] = {name}.get(pair_key, 0) + {n}"));
    close_loop(w);
    open_rows(w);
    w.enter_loop();
    w.mark("dict items");
    w.open(format!("for (left, right), v in {name}.items():"));
    w.vars.clear();
    w.shown.clear();
    w.show("left".to_owned(), kind_a.0, kind_a.1);
    w.show("right".to_owned(), Kind::Bool, false);
    w.show("v".to_owned(), Kind::Int, false);
    close_items(w);
}

fn gather_nested(w: &mut Writer<'_>) {
    let name = open_dict(w, "{}");
    open_gathering(w);
    let a = group_key(w);
    let (kind_a, text, n) = (key_kind(w, &a), w.solid(Kind::Text), w.solid(Kind::Int));
    w.mark("setdefault");
    w.line(format!("inner = {name}.setdefault({a}, {{}})"));
    w.line(format!("inner[{text}] = inner.get({text}, 0) + {n}"));
    close_loop(w);
    open_rows(w);
    w.enter_loop();
    w.mark("dict items");
    w.open(format!("for outer, inner in {name}.items():"));
    w.open("for name, v in inner.items():");
    w.vars.clear();
    w.shown.clear();
    w.show("outer".to_owned(), kind_a.0, kind_a.1);
    w.show("name".to_owned(), Kind::Text, false);
    w.show("v".to_owned(), Kind::Int, false);
    append(w);
    w.close();
    close_loop(w);
}

fn gather_objects(w: &mut Writer<'_>) {
    w.define("class Account:\n    def __init__(self, name):\n        self.name = name\n        self.count = 0\n        self.total = 0.0\n\n    def add(self, amount):\n        self.count += 1\n        self.total += amount\n\n    def mean(self):\n        return self.total / self.count".to_owned());
    let name = open_dict(w, "{}");
    open_gathering(w);
    let key = group_key(w);
    let (about, a) = (key_kind(w, &key), w.solid(Kind::Float));
    w.open(format!("if {key} not in {name}:"));
    w.line(format!("{name}[{key}] = Account({key})"));
    w.close();
    w.line(format!("{name}[{key}].add({a})"));
    close_loop(w);
    open_rows(w);
    w.enter_loop();
    w.open(format!("for account in {name}.values():"));
    w.vars.clear();
    w.shown.clear();
    w.show("account.name".to_owned(), about.0, about.1);
    w.show("account.count".to_owned(), Kind::Int, false);
    w.show("account.total".to_owned(), Kind::Float, false);
    if w.chance.percent(50) {
        w.show("account.mean()".to_owned(), Kind::Float, false);
    }
    close_items(w);
}

fn gather_ends(w: &mut Writer<'_>) {
    let name = open_dict(w, "{}");
    let last = open_dict(w, "{}");
    open_gathering(w);
    let key = group_key(w);
    let (about, n) = (key_kind(w, &key), w.solid(Kind::Int));
    w.open(format!("if {key} not in {name}:"));
    w.line(format!("{name}[{key}] = {n}"));
    w.close();
    w.line(format!("{last}[{key}] = {n}"));
    close_loop(w);
    open_rows(w);
    let k = open_items(w, &name, about, &[("first_", Kind::Int)]);
    w.show(format!("{last}[{k}]"), Kind::Int, false);
    close_items(w);
}

fn gather_scalars(w: &mut Writer<'_>) {
    w.line("count = 0");
    w.line("total = 0.0");
    w.line("largest = None");
    open_gathering(w);
    let (n, a) = (w.solid(Kind::Int), w.solid(Kind::Float));
    w.line("count += 1");
    w.line(format!("total += {a}"));
    w.open(format!("if largest is None or {n} > largest:"));
    w.line(format!("largest = {n}"));
    w.close();
    close_loop(w);
    open_rows(w);
    w.mark("records to DataFrame");
    w.line("rows.append({\"c1\": count, \"c2\": round(total, 2), \"c3\": largest, \"c4\": total / count if count else 0.0})");
    w.columns = vec![(Kind::Int, false), (Kind::Float, false), (Kind::Int, true), (Kind::Float, false)];
}

fn gather_sets(w: &mut Writer<'_>) {
    w.import("from collections import Counter, defaultdict");
    let name = open_dict(w, "defaultdict(set)");
    open_gathering(w);
    let key = group_key(w);
    let kind = *w.chance.pick(&[Kind::Int, Kind::Text]);
    let (about, value) = (key_kind(w, &key), w.solid(kind));
    w.line(format!("{name}[{key}].add({value})"));
    close_loop(w);
    open_rows(w);
    open_items(w, &name, about, &[("members", Kind::Text)]);
    w.vars.retain(|var| var.expr != "members");
    w.shown.retain(|var| var.expr != "members");
    w.show("len(members)".to_owned(), Kind::Int, false);
    if w.chance.percent(50) {
        match kind {
            Kind::Text => w.give(&["listed"], "\"+\".join(sorted(members))", Kind::Text, false),
            _ => w.give(&["largest"], "max(members)", Kind::Int, false),
        }
    }
    close_items(w);
}

fn gather_best(w: &mut Writer<'_>) {
    let name = open_dict(w, "{}");
    open_gathering(w);
    let key = group_key(w);
    let (about, n, text) = (key_kind(w, &key), w.solid(Kind::Int), w.solid(Kind::Text));
    w.line(format!("held = {name}.get({key})"));
    let than = *w.chance.pick(&[">", ">=", "<"]);
    w.open(format!("if held is None or {n} {than} held[\"n\"]:"));
    w.line(format!("{name}[{key}] = {{\"n\": {n}, \"who\": {text}}}"));
    w.close();
    close_loop(w);
    open_rows(w);
    open_items(w, &name, about, &[("b", Kind::Text)]);
    w.vars.retain(|var| var.expr != "b");
    w.shown.retain(|var| var.expr != "b");
    w.show("b[\"n\"]".to_owned(), Kind::Int, false);
    w.show("b[\"who\"]".to_owned(), Kind::Text, false);
    close_items(w);
}

// ---------------------------------------------------------------- finishing

/// A column rows can be sorted by without an exception.
fn sort_column(w: &mut Writer<'_>) -> Option<(String, Kind)> {
    let fitting: Vec<(usize, Kind)> = w.columns
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
    let names: Vec<String> = (1..=w.columns.len()).map(|at| format!("\"c{at}\"")).collect();
    let names = names.join(", ");
    match w.chance.below(4) {
        0 => {
            w.line(format!("shared_state[\"result\"] = pd.DataFrame.from_records({rows}, columns=[{names}])"));
        }
        1 => {
            w.line(format!("out = pd.DataFrame({rows}, columns=[{names}])"));
            w.line("shared_state[\"result\"] = out");
        }
        _ => w.line(format!("shared_state[\"result\"] = pd.DataFrame({rows}, columns=[{names}])")),
    }
    w.line("return shared_state");
}

fn finish_plain(w: &mut Writer<'_>) {
    write_result(w, "rows");
}

fn finish_sort(w: &mut Writer<'_>) {
    if let Some((column, kind)) = sort_column(w) {
        let key = match kind {
            Kind::Int | Kind::Float if w.chance.percent(40) => format!("lambda r: -r[\"{column}\"]"),
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
            w.line(format!("rows = sorted(rows, key=lambda r: (r[\"{a}\"], r[\"{b}\"]))"));
        }
        (Some((a, _)), _) => {
            w.import("from operator import itemgetter");
            w.line(format!("rows = sorted(rows, key=itemgetter(\"{a}\"), reverse=True)"));
        }
        _ => {}
    }
    write_result(w, "rows");
}

fn finish_top(w: &mut Writer<'_>) {
    let slice = *w.chance.pick(&["[:3]", "[:2]", "[1:]", "[-2:]"]);
    match sort_column(w) {
        Some((column, _)) => {
            w.line(format!("ranked = sorted(rows, key=lambda r: r[\"{column}\"], reverse=True){slice}"));
        }
        None => w.line(format!("ranked = rows{slice}")),
    }
    write_result(w, "ranked");
}

fn finish_early(w: &mut Writer<'_>) {
    w.import("import pandas as pd");
    let names: Vec<String> = (1..=w.columns.len()).map(|at| format!("\"c{at}\"")).collect();
    w.open("if not rows:");
    w.line(format!("shared_state[\"result\"] = pd.DataFrame(columns=[{}])", names.join(", ")));
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
