//! Templates of what rows are gathered in, and of the loop over it afterwards.

use super::construct::Slot;
use super::lookups::probe;
use super::loops::{close_loop, draw, draw_value};
use super::writer::{Kind, Var, Writer};

pub(super) fn open_rows(w: &mut Writer<'_>) {
    w.line("rows = []");
}

/// Appends a record of what is shown, and some columns.
pub(super) fn append(w: &mut Writer<'_>) {
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
pub(super) fn open_gathering(w: &mut Writer<'_>) {
    draw(w, Slot::Iteration);
    if w.chance.percent(35) {
        draw(w, Slot::Skip);
    }
    probe(w);
    if w.chance.percent(60) {
        draw_value(w);
    }
}

pub(super) fn group_key(w: &mut Writer<'_>) -> String {
    let keys: Vec<Var> = w.vars.iter().filter(|var| var.repeats).cloned().collect();
    let Some(var) = (!keys.is_empty()).then(|| w.chance.pick(&keys).clone()) else {
        return w.solid(Kind::Int);
    };
    // None as a key is fine; a NaN is a key of its own each time, which few people want.
    if var.nullable && var.kind == Kind::Float {
        w.filled(&var)
    } else {
        var.expr
    }
}

pub(super) fn key_kind(w: &Writer<'_>, key: &str) -> (Kind, bool) {
    w.vars
        .iter()
        .find(|var| var.expr == key)
        .map_or((Kind::Text, false), |var| (var.kind, var.nullable))
}

/// Opens the loop over a dictionary; returns the name of the value.
pub(super) fn open_items(
    w: &mut Writer<'_>,
    dict: &str,
    key: (Kind, bool),
    names: &[(&str, Kind)],
) -> String {
    let k = w.name(&["k", "key"]);
    let value = if names.len() == 1 {
        names[0].0.to_owned()
    } else {
        format!(
            "({})",
            names
                .iter()
                .map(|(name, _)| *name)
                .collect::<Vec<_>>()
                .join(", ")
        )
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
            1 => w.open(format!(
                "for {k}, {value} in sorted({dict}.items(), key=lambda kv: kv[0], reverse=True):"
            )),
            2 if names.len() == 1 && matches!(names[0].1, Kind::Int | Kind::Float) => {
                w.open(format!(
                    "for {k}, {value} in sorted({dict}.items(), key=lambda kv: -kv[1]):"
                ));
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

pub(super) fn close_items(w: &mut Writer<'_>) {
    let values = 1 + w.chance.below(3);
    for _ in 0..values {
        draw_value(w);
    }
    append(w);
    close_loop(w);
}

pub(super) fn open_dict(w: &mut Writer<'_>, start: &str) -> String {
    let name = w.name(&["totals", "groups", "by_kind", "acc"]);
    w.line(format!("{name} = {start}"));
    name
}

pub(super) fn gather_get(w: &mut Writer<'_>) {
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
            let first = if w.chance.percent(20) {
                "0"
            } else {
                value.as_str()
            };
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

pub(super) fn gather_defaultdict(w: &mut Writer<'_>) {
    w.import("from collections import Counter, defaultdict");
    let kind = *w.chance.pick(&[Kind::Int, Kind::Float]);
    let start = if kind == Kind::Int {
        "defaultdict(int)"
    } else {
        "defaultdict(float)"
    };
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

pub(super) fn gather_counter(w: &mut Writer<'_>) {
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

pub(super) fn gather_lists(w: &mut Writer<'_>) {
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

pub(super) fn gather_records(w: &mut Writer<'_>) {
    let name = open_dict(w, "{}");
    open_gathering(w);
    let key = group_key(w);
    let (about, n, a) = (key_kind(w, &key), w.solid(Kind::Int), w.solid(Kind::Float));
    w.open(format!("if {key} not in {name}:"));
    w.line(format!(
        "{name}[{key}] = {{\"n\": 0, \"sum\": 0.0, \"top\": {n}}}"
    ));
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

pub(super) fn gather_tuple_key(w: &mut Writer<'_>) {
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

pub(super) fn gather_nested(w: &mut Writer<'_>) {
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

pub(super) fn gather_objects(w: &mut Writer<'_>) {
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

pub(super) fn gather_ends(w: &mut Writer<'_>) {
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

pub(super) fn gather_scalars(w: &mut Writer<'_>) {
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
    w.columns = vec![
        (Kind::Int, false),
        (Kind::Float, false),
        (Kind::Int, true),
        (Kind::Float, false),
    ];
}

pub(super) fn gather_sets(w: &mut Writer<'_>) {
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
            Kind::Text => w.give(
                &["listed"],
                "\"+\".join(sorted(members))",
                Kind::Text,
                false,
            ),
            _ => w.give(&["largest"], "max(members)", Kind::Int, false),
        }
    }
    close_items(w);
}

pub(super) fn gather_best(w: &mut Writer<'_>) {
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
