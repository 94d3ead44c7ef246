//! Templates of SQL Transformations in SQLite's dialect.
//!
//! While a query is written, the writer's values are columns in scope and what is shown is its select list.

use super::construct::{Construct, Slot};
use super::tables::Role;
use super::writer::{Kind, Var, Writer};

const fn part(name: &'static str, weight: u32, write: fn(&mut Writer<'_>)) -> Construct {
    Construct {
        name,
        weight,
        slot: Slot::Query,
        write,
    }
}

/// Values and conditions of queries.
pub(super) const QUERIES: &[Construct] = &[
    part("SQL type affinity", 5, affinity),
    part("SQL integer division", 5, integer_division),
    part("SQL concatenation", 5, concatenation),
    part("SQL strftime", 5, strftime),
    part("SQL julianday", 5, julianday),
    part("SQL boolean as number", 5, boolean),
    part("SQL date as text", 5, date_text),
    part("SQL LIKE", 5, like),
    part("SQL CASE", 6, case),
    part("SQL COALESCE", 5, coalesce),
    part("SQL ROUND", 5, round),
    part("SQL text function", 5, text_function),
    part("SQL CAST", 5, cast),
    part("SQL NULL logic", 5, null_logic),
    part("SQL IN list", 5, in_list),
    part("SQL BETWEEN", 5, between),
    part("SQL scalar subquery", 5, scalar_subquery),
    part("SQL window function", 5, window),
    part("SQL window frame", 5, window_frame),
    part("SQL GLOB and ESCAPE", 5, pattern),
    part("SQL printf", 5, printf),
    part("SQL IIF", 5, iif),
    part("SQL date modifiers", 5, date_modifiers),
    part("SQL correlated subquery", 6, correlated),
];

/// Shapes of queries; each draws parts.
pub(super) const SHAPES: &[Construct] = &[
    part("SQL select", 7, select),
    part("SQL GROUP BY", 7, group_by),
    part("SQL bare columns", 8, bare_columns),
    part("SQL LIMIT", 7, limit),
    part("SQL join", 7, join),
    part("SQL left join", 7, left_join),
    part("SQL IN subquery", 7, in_subquery),
    part("SQL EXISTS", 7, exists),
    part("SQL UNION", 7, union),
    part("SQL DISTINCT", 7, distinct),
    part("SQL HAVING", 7, having),
    part("SQL WITH", 7, with),
];

/// A query as the text between two line feeds; the writer's code is the query.
pub(super) fn query(w: &mut Writer<'_>) {
    let at = w.chance.weighted(SHAPES.iter().map(|shape| shape.weight));
    w.indent = 0;
    w.mark(SHAPES[at].name);
    (SHAPES[at].write)(w);
}

fn know(w: &mut Writer<'_>, table: usize, alias: &str) {
    let dot = if alias.is_empty() {
        String::new()
    } else {
        format!("{alias}.")
    };
    let fields = w.tables[table].fields.clone();
    for field in fields {
        w.vars.push(Var {
            expr: format!("{dot}{}", field.name),
            kind: Kind::of(&field),
            nullable: field.nullable,
            repeats: matches!(field.role, Role::Kind | Role::Place),
        });
    }
}

fn draw(w: &mut Writer<'_>, count: usize) {
    for _ in 0..count {
        let at = w
            .chance
            .weighted(QUERIES.iter().map(|construct| construct.weight));
        let before = w.shown.len();
        (QUERIES[at].write)(w);
        if w.shown.len() > before {
            w.mark(QUERIES[at].name);
        }
    }
}

fn show(w: &mut Writer<'_>, expr: impl Into<String>) {
    w.shown.push(Var {
        expr: expr.into(),
        kind: Kind::Text,
        nullable: true,
        repeats: false,
    });
}

fn any(w: &mut Writer<'_>, kind: Kind) -> String {
    match w.maybe(kind) {
        Some(var) => var.expr,
        None => match kind {
            Kind::Int => "3".to_owned(),
            Kind::Float => "2.5".to_owned(),
            Kind::Text => "'north'".to_owned(),
            Kind::Bool => "1".to_owned(),
            Kind::Date | Kind::Moment => "'2024-02-29'".to_owned(),
        },
    }
}

fn list(w: &Writer<'_>) -> String {
    let columns: Vec<String> = w
        .shown
        .iter()
        .enumerate()
        .map(|(at, var)| format!("{} AS c{}", var.expr, at + 1))
        .collect();
    columns.join(",\n       ")
}

/// The key that orders rows without ties, as the first thing selected.
fn identify(w: &mut Writer<'_>, alias: &str) -> String {
    let dot = if alias.is_empty() {
        String::new()
    } else {
        format!("{alias}.")
    };
    let id = format!("{dot}{}", w.tables[0].fields[0].name);
    show(w, id.clone());
    id
}

// ---------------------------------------------------------------- values

fn affinity(w: &mut Writer<'_>) {
    let (text, n, a) = (any(w, Kind::Text), any(w, Kind::Int), any(w, Kind::Float));
    let expr = match w.chance.below(9) {
        0 => format!("{text} = 12"),
        1 => format!("{n} = '3'"),
        2 => format!("{text} + 1"),
        3 => format!("{a} > '2'"),
        4 => format!("{n} IN ('1', '3', 'x')"),
        5 => format!("SUBSTR({text}, 1, 1) = 1"),
        6 => format!("{text} BETWEEN 1 AND 7"),
        7 => format!("{n} < {text}"),
        _ => format!("{text} * 2"),
    };
    show(w, expr);
}

fn integer_division(w: &mut Writer<'_>) {
    let n = any(w, Kind::Int);
    let expr = match w.chance.below(4) {
        0 => format!("{n} / 2"),
        1 => format!("{n} % 3"),
        2 => format!("{n} / 2.0"),
        _ => format!("7 / {n}"),
    };
    show(w, expr);
}

fn concatenation(w: &mut Writer<'_>) {
    let (text, n, a) = (any(w, Kind::Text), any(w, Kind::Int), any(w, Kind::Float));
    let expr = match w.chance.below(3) {
        0 => format!("{text} || '-' || {n}"),
        1 => format!("{text} || {a}"),
        _ => format!("COALESCE({text}, '?') || '/' || {text}"),
    };
    show(w, expr);
}

fn strftime(w: &mut Writer<'_>) {
    let day = any(w, Kind::Date);
    let format = *w.chance.pick(&["%Y-%m", "%Y", "%d", "%w", "%j", "%m/%d"]);
    show(w, format!("strftime('{format}', {day})"));
}

fn julianday(w: &mut Writer<'_>) {
    let (a, b) = (any(w, Kind::Date), any(w, Kind::Moment));
    let expr = match w.chance.below(3) {
        0 => format!("julianday({a}) - julianday('2024-01-01')"),
        1 => format!("CAST(julianday({b}) - julianday({a}) AS INTEGER)"),
        _ => format!("julianday({a})"),
    };
    show(w, expr);
}

fn boolean(w: &mut Writer<'_>) {
    let (flag, n, a) = (any(w, Kind::Bool), any(w, Kind::Int), any(w, Kind::Float));
    let expr = match w.chance.below(4) {
        0 => flag,
        1 => format!("{n} > 2"),
        2 => format!("({a} > 1) + ({n} = 2)"),
        _ => format!("NOT {flag}"),
    };
    show(w, expr);
}

fn date_text(w: &mut Writer<'_>) {
    let (day, at) = (any(w, Kind::Date), any(w, Kind::Moment));
    let expr = match w.chance.below(5) {
        0 => day,
        1 => format!("{day} >= '2024-01-31'"),
        2 => format!("substr({at}, 1, 10)"),
        3 => format!("date({day}, '+1 month')"),
        _ => format!("date({at})"),
    };
    show(w, expr);
}

fn like(w: &mut Writer<'_>) {
    let text = any(w, Kind::Text);
    let pattern = *w
        .chance
        .pick(&["'%O%'", "'a%'", "'_o%'", "'%h'", "'NORTH'"]);
    let not = *w.chance.pick(&["", "NOT "]);
    show(w, format!("{text} {not}LIKE {pattern}"));
}

fn case(w: &mut Writer<'_>) {
    let (a, text, n) = (any(w, Kind::Float), any(w, Kind::Text), any(w, Kind::Int));
    let expr = match w.chance.below(3) {
        0 => format!("CASE WHEN {a} > 100 THEN 'high' WHEN {a} > 1 THEN 'mid' ELSE 'low' END"),
        1 => format!("CASE {text} WHEN 'north' THEN 1 WHEN 'a' THEN 2 END"),
        _ => format!("CASE WHEN {n} < 0 THEN 0 ELSE {n} END"),
    };
    show(w, expr);
}

fn coalesce(w: &mut Writer<'_>) {
    let (a, text, n) = (any(w, Kind::Float), any(w, Kind::Text), any(w, Kind::Int));
    let expr = match w.chance.below(4) {
        0 => format!("COALESCE({a}, 0)"),
        1 => format!("COALESCE({text}, 'none')"),
        2 => format!("IFNULL({n}, -1)"),
        _ => format!("NULLIF({text}, '')"),
    };
    show(w, expr);
}

fn round(w: &mut Writer<'_>) {
    let (a, n) = (any(w, Kind::Float), any(w, Kind::Int));
    let expr = match w.chance.below(4) {
        0 => format!("ROUND({a}, 2)"),
        1 => format!("ROUND({a} * {n}, 1)"),
        2 => format!("ROUND({a})"),
        _ => format!("ABS({a})"),
    };
    show(w, expr);
}

fn text_function(w: &mut Writer<'_>) {
    let text = any(w, Kind::Text);
    let expr = match w.chance.below(9) {
        0 => format!("UPPER({text})"),
        1 => format!("LOWER(TRIM({text}))"),
        2 => format!("LENGTH({text})"),
        3 => format!("SUBSTR({text}, 2, 2)"),
        4 => format!("REPLACE({text}, 'a', '_')"),
        5 => format!("LTRIM({text}, ' a')"),
        6 => format!("RTRIM({text})"),
        7 => format!("TRIM({text}, 'ox')"),
        _ => format!("INSTR({text}, 'o')"),
    };
    show(w, expr);
}

fn cast(w: &mut Writer<'_>) {
    let (text, a, n) = (any(w, Kind::Text), any(w, Kind::Float), any(w, Kind::Int));
    let expr = match w.chance.below(5) {
        0 => format!("CAST({text} AS INTEGER)"),
        1 => format!("CAST({text} AS REAL)"),
        2 => format!("CAST({a} AS INTEGER)"),
        3 => format!("CAST({n} AS TEXT)"),
        _ => format!("CAST({a} AS TEXT)"),
    };
    show(w, expr);
}

fn null_logic(w: &mut Writer<'_>) {
    let (a, text, n) = (any(w, Kind::Float), any(w, Kind::Text), any(w, Kind::Int));
    let expr = match w.chance.below(4) {
        0 => format!("{text} IS NULL"),
        1 => format!("{a} IS NOT NULL AND {n} > 1"),
        2 => format!("{a} > 1 OR {text} = 'a'"),
        _ => format!("{text} IS 'north'"),
    };
    show(w, expr);
}

fn in_list(w: &mut Writer<'_>) {
    let (text, n) = (any(w, Kind::Text), any(w, Kind::Int));
    let expr = match w.chance.below(2) {
        0 => format!("{text} IN ('north', 'a', 'gold')"),
        _ => format!("{n} NOT IN (1, 2, 5)"),
    };
    show(w, expr);
}

fn between(w: &mut Writer<'_>) {
    let (a, n) = (any(w, Kind::Float), any(w, Kind::Int));
    let expr = match w.chance.below(2) {
        0 => format!("{a} BETWEEN 0 AND 10"),
        _ => format!("{n} NOT BETWEEN 1 AND 4"),
    };
    show(w, expr);
}

fn scalar_subquery(w: &mut Writer<'_>) {
    let table = w.tables[0].name.clone();
    let n = w.tables[0]
        .fields
        .iter()
        .find(|field| field.role == Role::Count)
        .map(|field| field.name.clone());
    let Some(n) = n else { return };
    let function = *w.chance.pick(&["MAX", "MIN", "COUNT", "SUM"]);
    show(w, format!("(SELECT {function}({n}) FROM {table})"));
}

fn window(w: &mut Writer<'_>) {
    if w.used.contains("SQL GROUP BY") || w.used.contains("SQL HAVING") {
        return;
    }
    let id = w.tables[0].fields[0].name.clone();
    let Some(id) = w
        .vars
        .iter()
        .find(|var| var.expr == id || var.expr.ends_with(&format!(".{id}")))
        .map(|var| var.expr.clone())
    else {
        return;
    };
    let (key, n) = (any(w, Kind::Text), any(w, Kind::Int));
    let expr = match w.chance.below(4) {
        0 => format!("ROW_NUMBER() OVER (PARTITION BY {key} ORDER BY {id})"),
        1 => format!("SUM({n}) OVER (ORDER BY {id})"),
        2 => format!("LAG({n}) OVER (ORDER BY {id})"),
        _ => format!("COUNT(*) OVER (PARTITION BY {key})"),
    };
    show(w, expr);
}

fn window_frame(w: &mut Writer<'_>) {
    if w.used.contains("SQL GROUP BY") || w.used.contains("SQL HAVING") {
        return;
    }
    let id = w.tables[0].fields[0].name.clone();
    let Some(id) = w
        .vars
        .iter()
        .find(|var| var.expr == id || var.expr.ends_with(&format!(".{id}")))
        .map(|var| var.expr.clone())
    else {
        return;
    };
    let (key, n, text) = (any(w, Kind::Text), any(w, Kind::Int), any(w, Kind::Text));
    let over = format!("OVER (PARTITION BY {key} ORDER BY {id}");
    let expr = match w.chance.below(7) {
        0 => format!("SUM({n}) {over} ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)"),
        1 => format!("MAX({n}) {over} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"),
        2 => format!("COUNT({text}) {over} ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)"),
        3 => format!("FIRST_VALUE({n}) {over})"),
        4 => format!("LAST_VALUE({n}) {over})"),
        5 => format!("LEAD({n}, 2, 0) OVER (ORDER BY {id} DESC)"),
        _ => format!("RANK() OVER (ORDER BY {n})"),
    };
    show(w, expr);
}

fn pattern(w: &mut Writer<'_>) {
    let text = any(w, Kind::Text);
    let expr = match w.chance.below(5) {
        0 => format!("{text} GLOB 'a*'"),
        1 => format!("{text} NOT GLOB '[a-n]*'"),
        2 => format!("{text} LIKE 'a!_%' ESCAPE '!'"),
        3 => format!("{text} LIKE '%!%%' ESCAPE '!'"),
        _ => format!("{text} GLOB '?o*'"),
    };
    show(w, expr);
}

fn printf(w: &mut Writer<'_>) {
    let (text, n, a) = (any(w, Kind::Text), any(w, Kind::Int), any(w, Kind::Float));
    let expr = match w.chance.below(4) {
        0 => format!("printf('%05d', {n})"),
        1 => format!("printf('%.2f', {a})"),
        2 => format!("printf('%s-%d', {text}, {n})"),
        _ => format!("printf('%-8s|', {text})"),
    };
    show(w, expr);
}

fn iif(w: &mut Writer<'_>) {
    let (text, n, a) = (any(w, Kind::Text), any(w, Kind::Int), any(w, Kind::Float));
    let expr = match w.chance.below(3) {
        0 => format!("IIF({a} > 1, 'yes', 'no')"),
        1 => format!("IIF({n}, {n}, -1)"),
        _ => format!("IIF({text} IS NULL, 0, LENGTH({text}))"),
    };
    show(w, expr);
}

fn date_modifiers(w: &mut Writer<'_>) {
    let (day, at) = (any(w, Kind::Date), any(w, Kind::Moment));
    let expr = match w.chance.below(6) {
        0 => format!("date({day}, 'start of month', '+1 month', '-1 day')"),
        1 => format!("date({day}, 'weekday 1')"),
        2 => format!("datetime({at}, '+90 minutes')"),
        3 => format!("strftime('%Y-%m', {day}, '-1 month')"),
        4 => format!("strftime('%Y', {day}) - 1"),
        _ => format!("date({at}, 'start of year', '+7 days')"),
    };
    show(w, expr);
}

/// A value looked up for each row, or an EXISTS as a value.
fn correlated(w: &mut Writer<'_>) {
    let Some(side) = w.tables.get(1).cloned() else {
        return;
    };
    let Some(field) = side.field(Role::Kind) else {
        return;
    };
    let main = w.tables[0].name.clone();
    let around = w.vars.iter().find_map(|var| {
        if var.expr == field.name {
            Some(format!("{main}.{}", var.expr))
        } else {
            (var.expr == format!("m.{}", field.name)).then(|| var.expr.clone())
        }
    });
    let Some(around) = around else { return };
    let (side, key) = (&side.name, &field.name);
    let from = format!("FROM {side} x WHERE x.{key} = {around}");
    let expr = match w.chance.below(4) {
        0 => format!("(SELECT COUNT(*) {from})"),
        1 => format!("(SELECT MAX(x.factor) {from})"),
        2 => format!("EXISTS (SELECT 1 {from} AND x.factor > 1)"),
        _ => format!("{around} IN (SELECT x.{key} FROM {side} x)"),
    };
    show(w, expr);
}

fn condition(w: &mut Writer<'_>) -> String {
    let (a, n, text) = (any(w, Kind::Float), any(w, Kind::Int), any(w, Kind::Text));
    match w.chance.below(6) {
        0 => format!("{a} > 0"),
        1 => format!("{n} <> 2 AND {a} IS NOT NULL"),
        2 => {
            w.mark("SQL LIKE");
            format!("{text} LIKE '%o%'")
        }
        3 => {
            w.mark("SQL NULL logic");
            format!("{text} IS NOT NULL")
        }
        4 => {
            w.mark("SQL IN list");
            format!("{text} IN ('north', 'a', 'x, y')")
        }
        _ => format!("NOT ({n} = 1 OR {a} < 0)"),
    }
}

// ---------------------------------------------------------------- shapes

fn select(w: &mut Writer<'_>) {
    know(w, 0, "");
    let id = identify(w, "");
    draw(w, 4);
    let (list, table) = (list(w), w.tables[0].name.clone());
    w.line(format!("SELECT {list}"));
    w.line(format!("FROM {table}"));
    if w.chance.percent(60) {
        let condition = condition(w);
        w.line(format!("WHERE {condition}"));
    }
    if w.chance.percent(70) {
        let up = *w.chance.pick(&["", " DESC"]);
        w.line(format!("ORDER BY {id}{up}"));
    }
}

fn group_key(w: &mut Writer<'_>) -> String {
    let keys: Vec<Var> = w.vars.iter().filter(|var| var.repeats).cloned().collect();
    w.chance.pick(&keys).expr.clone()
}

fn aggregates(w: &mut Writer<'_>, count: usize) {
    for _ in 0..count {
        let (n, a, text) = (any(w, Kind::Int), any(w, Kind::Float), any(w, Kind::Text));
        let expr = match w.chance.below(13) {
            0 => "COUNT(*)".to_owned(),
            1 => format!("COUNT({text})"),
            2 => format!("SUM({n})"),
            3 => format!("SUM({a})"),
            4 => format!("AVG({n})"),
            5 => format!("MAX({a})"),
            6 => format!("MIN({text})"),
            7 => format!("COUNT(DISTINCT {text})"),
            8 => format!("SUM({n}) FILTER (WHERE {a} > 1)"),
            9 => format!("COUNT(*) FILTER (WHERE {text} IS NOT NULL)"),
            10 => format!("TOTAL({n})"),
            11 => format!("AVG({text})"),
            _ => format!("SUM(CASE WHEN {n} > 2 THEN 1 ELSE 0 END)"),
        };
        show(w, expr);
    }
}

fn group_by(w: &mut Writer<'_>) {
    know(w, 0, "");
    let key = group_key(w);
    show(w, key.clone());
    aggregates(w, 3);
    let (list, table) = (list(w), w.tables[0].name.clone());
    w.line(format!("SELECT {list}"));
    w.line(format!("FROM {table}"));
    if w.chance.percent(40) {
        let condition = condition(w);
        w.line(format!("WHERE {condition}"));
    }
    w.line(format!("GROUP BY {key}"));
    if w.chance.percent(60) {
        w.line(format!("ORDER BY {key}"));
    }
}

fn bare_columns(w: &mut Writer<'_>) {
    know(w, 0, "");
    let (key, n, text) = (group_key(w), any(w, Kind::Int), any(w, Kind::Text));
    let function = *w.chance.pick(&["MAX", "MIN", "COUNT"]);
    let (table, id) = (w.tables[0].name.clone(), w.tables[0].fields[0].name.clone());
    w.mark("SQL GROUP BY");
    draw(w, 1);
    let more: Vec<String> = w
        .shown
        .iter()
        .map(|var| format!(", {} AS c5", var.expr))
        .collect();
    let more = more.first().cloned().unwrap_or_default();
    w.line(format!(
        "SELECT {key} AS c1, {function}({n}) AS c2, {id} AS c3, {text} AS c4{more}"
    ));
    w.line(format!("FROM {table}"));
    w.line(format!("GROUP BY {key}"));
    w.line(format!("ORDER BY {key}"));
}

fn limit(w: &mut Writer<'_>) {
    know(w, 0, "");
    let id = identify(w, "");
    draw(w, 3);
    let (list, table) = (list(w), w.tables[0].name.clone());
    w.line(format!("SELECT {list}"));
    w.line(format!("FROM {table}"));
    if w.chance.percent(40) {
        let n = any(w, Kind::Int);
        w.line(format!("ORDER BY {n} DESC, {id}"));
    }
    let count = *w.chance.pick(&["3", "5", "2 OFFSET 1"]);
    w.line(format!("LIMIT {count}"));
}

fn joined(w: &mut Writer<'_>, kind: &str) {
    if w.tables.len() < 2 {
        return select(w);
    }
    know(w, 0, "m");
    know(w, 1, "s");
    let id = identify(w, "m");
    draw(w, 4);
    let key = w.tables[1]
        .field(Role::Kind)
        .map(|field| field.name.clone())
        .unwrap_or_default();
    let (list, main, side) = (list(w), w.tables[0].name.clone(), w.tables[1].name.clone());
    w.line(format!("SELECT {list}"));
    w.line(format!("FROM {main} m"));
    let mut conditions = Vec::new();
    match w.chance.below(if kind == "LEFT JOIN" { 4 } else { 5 }) {
        // The key has one name in both tables, and a bare name would mean either.
        0 if !list.contains(&format!("s.{key}")) => {
            w.line(format!("{kind} {side} s USING ({key})"));
        }
        4 => {
            w.code.pop();
            w.line(format!("FROM {main} m, {side} s"));
            conditions.push(format!("m.{key} = s.{key}"));
        }
        _ => w.line(format!("{kind} {side} s ON s.{key} = m.{key}")),
    }
    if w.chance.percent(40) {
        conditions.push(condition(w));
    }
    if !conditions.is_empty() {
        w.line(format!("WHERE {}", conditions.join(" AND ")));
    }
    if w.chance.percent(60) {
        w.line(format!("ORDER BY {id}, s.factor"));
    }
}

fn join(w: &mut Writer<'_>) {
    let kind = *w.chance.pick(&["JOIN", "INNER JOIN"]);
    joined(w, kind);
}

fn left_join(w: &mut Writer<'_>) {
    joined(w, "LEFT JOIN");
}

fn in_subquery(w: &mut Writer<'_>) {
    if w.tables.len() < 2 {
        return select(w);
    }
    know(w, 0, "");
    let id = identify(w, "");
    draw(w, 4);
    let key = w.tables[1]
        .field(Role::Kind)
        .map(|field| field.name.clone())
        .unwrap_or_default();
    let (list, main, side) = (list(w), w.tables[0].name.clone(), w.tables[1].name.clone());
    let not = *w.chance.pick(&["", "NOT "]);
    w.line(format!("SELECT {list}"));
    w.line(format!("FROM {main}"));
    w.line(format!("WHERE {key} {not}IN (SELECT {key} FROM {side})"));
    w.line(format!("ORDER BY {id}"));
}

fn exists(w: &mut Writer<'_>) {
    if w.tables.len() < 2 {
        return select(w);
    }
    know(w, 0, "m");
    let id = identify(w, "m");
    draw(w, 4);
    let key = w.tables[1]
        .field(Role::Kind)
        .map(|field| field.name.clone())
        .unwrap_or_default();
    let (list, main, side) = (list(w), w.tables[0].name.clone(), w.tables[1].name.clone());
    let not = *w.chance.pick(&["", "NOT "]);
    w.line(format!("SELECT {list}"));
    w.line(format!("FROM {main} AS m"));
    w.line(format!(
        "WHERE {not}EXISTS (SELECT 1 FROM {side} s WHERE s.{key} = m.{key} AND s.factor > 0)"
    ));
    w.line(format!("ORDER BY {id}"));
}

fn union(w: &mut Writer<'_>) {
    know(w, 0, "");
    identify(w, "");
    draw(w, 3);
    let (list, table) = (list(w), w.tables[0].name.clone());
    let all = *w.chance.pick(&["UNION ALL", "UNION ALL", "UNION"]);
    let (first, second) = (condition(w), condition(w));
    w.line(format!("SELECT {list} FROM {table} WHERE {first}"));
    w.line(all);
    w.line(format!("SELECT {list} FROM {table} WHERE {second}"));
    if w.chance.percent(60) {
        w.line("ORDER BY c1");
    }
}

fn distinct(w: &mut Writer<'_>) {
    know(w, 0, "");
    let key = group_key(w);
    show(w, key);
    draw(w, 2);
    let (list, table) = (list(w), w.tables[0].name.clone());
    w.line(format!("SELECT DISTINCT {list}"));
    w.line(format!("FROM {table}"));
    w.line("ORDER BY 1, 2");
}

fn having(w: &mut Writer<'_>) {
    know(w, 0, "");
    let key = group_key(w);
    show(w, key.clone());
    aggregates(w, 2);
    let more = w.shown.len();
    draw(w, 1);
    for var in &mut w.shown[more..] {
        var.expr = format!("MAX({})", var.expr);
    }
    let (list, table, n) = (list(w), w.tables[0].name.clone(), any(w, Kind::Int));
    w.mark("SQL GROUP BY");
    w.line(format!("SELECT {list}"));
    w.line(format!("FROM {table}"));
    w.line(format!("GROUP BY {key}"));
    let condition = match w.chance.below(3) {
        0 => "COUNT(*) > 1".to_owned(),
        1 => format!("SUM({n}) > 2"),
        _ => format!("{key} IS NOT NULL"),
    };
    w.line(format!("HAVING {condition}"));
    w.line(format!("ORDER BY {key}"));
}

fn with(w: &mut Writer<'_>) {
    know(w, 0, "");
    let (key, n, condition) = (group_key(w), any(w, Kind::Int), condition(w));
    let (table, id) = (w.tables[0].name.clone(), w.tables[0].fields[0].name.clone());
    w.line(format!(
        "WITH kept AS (SELECT * FROM {table} WHERE {condition}),"
    ));
    w.line(format!(
        "per_key AS (SELECT {key} AS k, COUNT(*) AS n, MAX({n}) AS top FROM kept GROUP BY {key})"
    ));
    w.mark("SQL GROUP BY");
    draw(w, 1);
    let more: Vec<String> = w
        .shown
        .iter()
        .map(|var| format!(", {} AS c4", var.expr))
        .collect();
    let more = more.first().cloned().unwrap_or_default();
    w.line(format!(
        "SELECT kept.{id} AS c1, per_key.n AS c2, per_key.top AS c3{more}"
    ));
    w.mark("SQL join");
    w.line(format!("FROM kept JOIN per_key ON per_key.k = kept.{key}"));
    w.line("ORDER BY c1");
}
