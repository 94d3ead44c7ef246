//! Templates of values computed per row: arithmetic, texts, dates, decimals, decisions.

use super::construct::{Construct, Slot};
use super::writer::{Kind, Writer};

const fn value(name: &'static str, weight: u32, write: fn(&mut Writer<'_>)) -> Construct {
    Construct {
        name,
        weight,
        slot: Slot::Value,
        write,
    }
}

/// All of them.
pub(super) const VALUES: &[Construct] = &[
    value("f-string", 5, f_string),
    value("% formatting", 5, percent_formatting),
    value("str.format", 6, str_format),
    value("string method", 8, string_method),
    value("str.split and join", 6, split_join),
    value("text slice", 5, text_slice),
    value("round", 6, round),
    value("floor division and modulo", 5, floor_division),
    value("true division", 5, true_division),
    value("math", 7, math),
    value("statistics", 5, statistics),
    value("timedelta", 5, timedelta),
    value("date parts", 5, date_parts),
    value("strftime", 5, strftime),
    value("calendar", 5, calendar),
    value("datetime of a moment", 5, moment),
    value("Decimal quantize", 6, decimal),
    value("truthiness", 5, truthiness),
    value("conditional expression", 5, conditional),
    value("if/elif/else", 6, if_elif),
    value("chained comparison", 5, chained),
    value("is None", 4, is_none),
    value("NaN test", 4, nan_test),
    value("membership", 5, membership),
    value("min/max/abs of values", 5, min_max),
    value("try/except around a conversion", 6, try_except),
    value("match", 5, match_statement),
    value("helper function", 6, helper),
    value("method of a class", 4, class_method),
    value("lambda", 6, lambda),
    value("constant dictionary", 5, constant_dictionary),
    value("any/all", 5, any_all),
    value("generator expression", 4, generator),
    value("tuple and unpacking", 5, tuple),
    value("for ... else", 5, for_else),
    value("inner loop over constants", 6, inner_loop),
    value("bool arithmetic", 5, bool_arithmetic),
    value("text comparison", 6, text_comparison),
    value("len", 5, len),
];

fn f_string(w: &mut Writer<'_>) {
    let (text, number, whole) = (
        w.solid(Kind::Text),
        w.solid(Kind::Float),
        w.solid(Kind::Int),
    );
    let expr = match w.chance.below(5) {
        0 => format!("f\"{{{text}}}-{{{whole}}}\""),
        1 => format!("f\"{{{number}:.2f}}\""),
        2 => format!("f\"{{{whole}:>6}}|\""),
        3 => format!("f\"{{{number}:,.1f}} {{{whole}:03d}}\""),
        _ => format!("f\"{{{number}}} of {{{text}!s}}\""),
    };
    // Before Python 3.12 quotes of one kind do not nest.
    let expr = if expr[2..expr.len() - 1].contains('"') {
        format!("f'{}'", &expr[2..expr.len() - 1])
    } else {
        expr
    };
    if expr[2..expr.len() - 1].contains('\'') && expr.starts_with("f'") {
        let name = w.name(&["shown", "text"]);
        w.line(format!("{name} = {text}"));
        return w.give(&["label"], &format!("f\"<{{{name}}}>\""), Kind::Text, false);
    }
    w.give(&["label", "key_text", "line"], &expr, Kind::Text, false);
}

fn percent_formatting(w: &mut Writer<'_>) {
    let (text, number, whole) = (
        w.solid(Kind::Text),
        w.solid(Kind::Float),
        w.solid(Kind::Int),
    );
    let expr = match w.chance.below(3) {
        0 => format!("\"%s/%d\" % ({text}, {whole})"),
        1 => format!("\"%.2f\" % {number}"),
        _ => format!("\"%05d %s\" % ({whole}, {text})"),
    };
    w.give(&["label", "code"], &expr, Kind::Text, false);
}

fn str_format(w: &mut Writer<'_>) {
    let (text, number) = (w.solid(Kind::Text), w.solid(Kind::Float));
    let expr = match w.chance.below(3) {
        0 => format!("\"{{}}:{{:.1f}}\".format({text}, {number})"),
        1 => format!("\"{{0}}{{0}}\".format({text})"),
        _ => format!("\"{{a:>8.2f}}\".format(a={number})"),
    };
    w.give(&["label", "tag"], &expr, Kind::Text, false);
}

fn string_method(w: &mut Writer<'_>) {
    let text = w.solid(Kind::Text);
    let (method, kind) = *w.chance.pick(&[
        ("upper()", Kind::Text),
        ("lower()", Kind::Text),
        ("strip()", Kind::Text),
        ("title()", Kind::Text),
        ("capitalize()", Kind::Text),
        ("strip().lower()", Kind::Text),
        ("replace(\" \", \"_\")", Kind::Text),
        ("replace(\"a\", \"\")", Kind::Text),
        ("zfill(4)", Kind::Text),
        ("ljust(6, \".\")", Kind::Text),
        ("rjust(5)", Kind::Text),
        ("lstrip(\"0\")", Kind::Text),
        ("rstrip()", Kind::Text),
        ("startswith(\"a\")", Kind::Bool),
        ("endswith((\"h\", \"k\"))", Kind::Bool),
        ("isdigit()", Kind::Bool),
        ("find(\"o\")", Kind::Int),
        ("count(\"o\")", Kind::Int),
        ("casefold()", Kind::Text),
        ("swapcase()", Kind::Text),
        ("removeprefix(\"A-\")", Kind::Text),
        ("isupper()", Kind::Bool),
    ]);
    w.give(
        &["clean", "word", "part"],
        &format!("{text}.{method}"),
        kind,
        false,
    );
}

fn split_join(w: &mut Writer<'_>) {
    let text = w.solid(Kind::Text);
    let (expr, kind) = match w.chance.below(5) {
        0 => (format!("{text}.split(\";\")[0]"), Kind::Text),
        1 => (format!("\"-\".join({text}.split())"), Kind::Text),
        2 => (format!("len({text}.split(\",\"))"), Kind::Int),
        3 => (format!("{text}.partition(\"-\")[2]"), Kind::Text),
        _ => {
            let other = w.solid(Kind::Text);
            (format!("\"|\".join([{text}, {other}])"), Kind::Text)
        }
    };
    w.give(&["head", "joined"], &expr, kind, false);
}

fn text_slice(w: &mut Writer<'_>) {
    let text = w.solid(Kind::Text);
    let slice = *w.chance.pick(&[
        "[:3]", "[-2:]", "[:-1]", "[1:]", "[0:2]", "[::-1]", "[:1]", "[2:5]",
    ]);
    w.give(
        &["prefix", "short"],
        &format!("{text}{slice}"),
        Kind::Text,
        false,
    );
}

fn round(w: &mut Writer<'_>) {
    let (a, b) = (w.solid(Kind::Float), w.solid(Kind::Float));
    let (expr, kind) = match w.chance.below(5) {
        0 => (format!("round({a}, 2)"), Kind::Float),
        1 => (format!("round({a} * {b}, 2)"), Kind::Float),
        2 => (format!("round({a})"), Kind::Int),
        3 => (format!("round({a} * 1.19, 1)"), Kind::Float),
        _ => (format!("round({a}, 0)"), Kind::Float),
    };
    w.give(&["net", "rounded", "gross"], &expr, kind, false);
}

fn floor_division(w: &mut Writer<'_>) {
    let whole = w.solid(Kind::Int);
    let by = *w.chance.pick(&["2", "3", "-2", "7"]);
    let (expr, kind) = match w.chance.below(5) {
        0 => (format!("{whole} // {by}"), Kind::Int),
        1 => (format!("{whole} % {by}"), Kind::Int),
        2 => {
            let a = w.solid(Kind::Float);
            (format!("{a} // {by}"), Kind::Float)
        }
        3 => {
            let a = w.solid(Kind::Float);
            (format!("{a} % {by}"), Kind::Float)
        }
        _ => {
            let (q, r) = (w.name(&["boxes"]), w.name(&["rest"]));
            w.line(format!("{q}, {r} = divmod({whole}, {by})"));
            w.show(r, Kind::Int, false);
            return w.show(q, Kind::Int, false);
        }
    };
    w.give(&["boxes", "left_over"], &expr, kind, false);
}

fn true_division(w: &mut Writer<'_>) {
    let (a, whole) = (w.solid(Kind::Float), w.solid(Kind::Int));
    let expr = match w.chance.below(4) {
        0 => format!("{whole} / 4"),
        1 => format!("({a} / {whole} if {whole} else 0.0)"),
        2 => format!("{a} / 3"),
        // Sometimes nobody thought of zero.
        _ if w.chance.percent(12) => format!("{a} / {whole}"),
        _ => format!("{a} / ({whole} or 1)"),
    };
    w.give(&["share", "ratio"], &expr, Kind::Float, false);
}

fn math(w: &mut Writer<'_>) {
    w.import("import math");
    let (a, whole) = (w.solid(Kind::Float), w.solid(Kind::Int));
    let (expr, kind) = match w.chance.below(6) {
        0 => (format!("math.floor({a})"), Kind::Int),
        1 => (format!("math.ceil({a})"), Kind::Int),
        2 => (format!("math.sqrt(abs({a}))"), Kind::Float),
        3 => (format!("math.trunc({a})"), Kind::Int),
        4 => (format!("math.fabs({a})"), Kind::Float),
        _ => (format!("math.ceil({whole} / 2)"), Kind::Int),
    };
    w.give(&["steps", "root"], &expr, kind, false);
}

fn statistics(w: &mut Writer<'_>) {
    w.import("import statistics");
    let (a, b, c) = (
        w.solid(Kind::Float),
        w.solid(Kind::Float),
        w.solid(Kind::Int),
    );
    let function = *w.chance.pick(&["mean", "median", "fmean"]);
    w.give(
        &["middle", "typical"],
        &format!("statistics.{function}([{a}, {b}, {c}])"),
        Kind::Float,
        false,
    );
}

fn timedelta(w: &mut Writer<'_>) {
    w.import("from datetime import date, timedelta");
    let (day, whole) = (w.solid(Kind::Date), w.solid(Kind::Int));
    match w.chance.below(4) {
        0 => w.give(
            &["due", "until"],
            &format!("{day} + timedelta(days={whole})"),
            Kind::Date,
            false,
        ),
        1 => w.give(
            &["age", "days"],
            &format!("(shared_state[\"__etlEffectiveDate\"] - {day}).days"),
            Kind::Int,
            false,
        ),
        2 => {
            let other = w.solid(Kind::Date);
            w.give(
                &["gap"],
                &format!("({day} - {other}).days"),
                Kind::Int,
                false,
            );
        }
        _ => w.give(
            &["late"],
            &format!("{day} < date(2024, 2, 29) - timedelta(weeks=4)"),
            Kind::Bool,
            false,
        ),
    }
}

fn date_parts(w: &mut Writer<'_>) {
    let day = w.solid(Kind::Date);
    let part = *w.chance.pick(&[
        "year",
        "month",
        "day",
        "weekday()",
        "isoweekday()",
        "isocalendar()[1]",
        "toordinal()",
    ]);
    let expr = if w.chance.percent(25) {
        format!("{day}.year * 100 + {day}.month")
    } else {
        format!("{day}.{part}")
    };
    w.give(&["period", "part"], &expr, Kind::Int, false);
    if w.chance.percent(20) {
        w.give(
            &["first"],
            &format!("{day}.replace(day=1)"),
            Kind::Date,
            false,
        );
    }
}

fn strftime(w: &mut Writer<'_>) {
    let day = w.solid(Kind::Date);
    let format = *w
        .chance
        .pick(&["%Y-%m", "%d.%m.%Y", "%Y%m%d", "%b %Y", "%A", "%j"]);
    let expr = if w.chance.percent(35) {
        format!("{day}.isoformat()")
    } else {
        format!("{day}.strftime(\"{format}\")")
    };
    w.give(&["month", "stamp"], &expr, Kind::Text, false);
}

fn calendar(w: &mut Writer<'_>) {
    w.import("import calendar");
    let day = w.solid(Kind::Date);
    let (expr, kind) = match w.chance.below(3) {
        0 => (
            format!("calendar.monthrange({day}.year, {day}.month)[1]"),
            Kind::Int,
        ),
        1 => (format!("calendar.isleap({day}.year)"), Kind::Bool),
        _ => (format!("calendar.month_abbr[{day}.month]"), Kind::Text),
    };
    w.give(&["month_days", "leap"], &expr, kind, false);
}

fn moment(w: &mut Writer<'_>) {
    let at = w.solid(Kind::Moment);
    let (expr, kind) = match w.chance.below(5) {
        0 => (format!("{at}.hour"), Kind::Int),
        1 => (format!("{at}.strftime(\"%H:%M\")"), Kind::Text),
        2 => (format!("{at}.date()"), Kind::Date),
        3 => (format!("{at}.minute >= 30"), Kind::Bool),
        _ => (format!("{at}.isoformat()"), Kind::Text),
    };
    w.give(&["hour", "at"], &expr, kind, false);
}

fn decimal(w: &mut Writer<'_>) {
    w.import("from decimal import Decimal, ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, ROUND_CEILING, ROUND_FLOOR");
    let a = w.solid(Kind::Float);
    let mode = *w.chance.pick(&[
        "ROUND_HALF_UP",
        "ROUND_HALF_EVEN",
        "ROUND_DOWN",
        "ROUND_UP",
        "ROUND_CEILING",
        "ROUND_FLOOR",
    ]);
    let places = *w.chance.pick(&["0.01", "0.1", "1", "0.001"]);
    let expr = format!("Decimal(str({a})).quantize(Decimal(\"{places}\"), rounding={mode})");
    match w.chance.below(3) {
        0 => w.give(
            &["cents", "exact"],
            &format!("float({expr})"),
            Kind::Float,
            false,
        ),
        1 => w.give(
            &["cents", "exact"],
            &format!("str({expr})"),
            Kind::Text,
            false,
        ),
        _ => {
            // The decimal itself is written.
            let name = w.name(&["exact", "money"]);
            w.line(format!("{name} = {expr}"));
            w.shown.push(super::writer::Var {
                expr: name,
                kind: Kind::Text,
                nullable: false,
                repeats: false,
            });
        }
    }
}

fn truthiness(w: &mut Writer<'_>) {
    let kind = *w
        .chance
        .pick(&[Kind::Text, Kind::Int, Kind::Float, Kind::Bool]);
    let Some(var) = w.maybe(kind) else { return };
    let expr = var.expr;
    match w.chance.below(4) {
        0 => w.give(&["flag"], &format!("1 if {expr} else 0"), Kind::Int, false),
        1 => {
            let other = w.solid(Kind::Bool);
            w.give(
                &["both"],
                &format!("bool({expr}) and {other}"),
                Kind::Bool,
                false,
            );
        }
        2 => w.give(
            &["flag"],
            &format!("\"yes\" if not {expr} else \"no\""),
            Kind::Text,
            false,
        ),
        _ => {
            let constant = w.constant(kind);
            w.give(
                &["chosen"],
                &format!("{expr} or {constant}"),
                kind,
                var.nullable,
            );
        }
    }
}

fn conditional(w: &mut Writer<'_>) {
    let (a, whole) = (w.solid(Kind::Float), w.solid(Kind::Int));
    let kind = *w.chance.pick(&[Kind::Int, Kind::Text, Kind::Float]);
    let (x, y) = (w.solid(kind), w.constant(kind));
    let condition = match w.chance.below(3) {
        0 => format!("{a} > 2.5"),
        1 => format!("{whole} != 3"),
        _ => format!("{a} >= {whole}"),
    };
    w.give(
        &["picked", "band"],
        &format!("{x} if {condition} else {y}"),
        kind,
        false,
    );
}

fn if_elif(w: &mut Writer<'_>) {
    let a = w.solid(Kind::Float);
    let name = w.name(&["band", "klass", "level_name"]);
    match w.chance.below(3) {
        0 => {
            w.open(format!("if {a} >= 100:"));
            w.line(format!("{name} = \"high\""));
            w.close();
            w.open(format!("elif {a} > 2.5:"));
            w.line(format!("{name} = \"mid\""));
            w.close();
            w.open("else:");
            w.line(format!("{name} = \"low\""));
            w.close();
        }
        1 => {
            w.line(format!("{name} = \"none\""));
            w.open(format!("if {a} < 0:"));
            w.line(format!("{name} = \"owed\""));
            w.close();
        }
        _ => {
            let whole = w.solid(Kind::Int);
            w.open(format!("if not ({a} > {whole}):"));
            w.line(format!("{name} = \"under\""));
            w.close();
            w.open("else:");
            w.open(format!("if {whole} == 1:"));
            w.line(format!("{name} = \"one\""));
            w.close();
            w.open("else:");
            w.line(format!("{name} = \"over\""));
            w.close();
            w.close();
        }
    }
    w.show(name, Kind::Text, false);
    if let Some(last) = w.vars.last_mut() {
        last.repeats = true;
    }
}

fn chained(w: &mut Writer<'_>) {
    let (a, whole) = (w.solid(Kind::Float), w.solid(Kind::Int));
    let expr = match w.chance.below(4) {
        0 => format!("0 <= {a} < 100"),
        1 => format!("-1 < {whole} <= 5"),
        2 => format!("{a} == {a} != {whole}"),
        _ => {
            let text = w.solid(Kind::Text);
            format!("\"a\" <= {text} < \"o\"")
        }
    };
    w.give(&["within", "usual"], &expr, Kind::Bool, false);
}

fn is_none(w: &mut Writer<'_>) {
    let kind = *w
        .chance
        .pick(&[Kind::Text, Kind::Date, Kind::Text, Kind::Float]);
    let Some(var) = w.maybe(kind) else { return };
    let expr = match w.chance.below(3) {
        0 => format!("{} is None", var.expr),
        1 => format!("{} is not None", var.expr),
        _ => format!("{} != None", var.expr),
    };
    w.give(&["missing", "known"], &expr, Kind::Bool, false);
}

fn nan_test(w: &mut Writer<'_>) {
    let kind = *w
        .chance
        .pick(&[Kind::Float, Kind::Float, Kind::Text, Kind::Moment]);
    let Some(var) = w.maybe(kind) else { return };
    let expr = match w.chance.below(4) {
        0 if kind == Kind::Float => format!("{0} != {0}", var.expr),
        1 if kind == Kind::Float => format!("not ({0} < 3)", var.expr),
        2 => {
            w.import("import pandas as pd");
            format!("pd.isna({})", var.expr)
        }
        _ => {
            w.import("import pandas as pd");
            format!("pd.notnull({})", var.expr)
        }
    };
    w.give(&["unknown", "given"], &expr, Kind::Bool, false);
}

fn membership(w: &mut Writer<'_>) {
    let expr = match w.chance.below(5) {
        0 => format!("{} in (\"north\", \"a\", None)", maybe_text(w)),
        1 => format!("{} in {{\"gold\", \"B\"}}", maybe_text(w)),
        2 => format!("{} not in [1, 3, 5]", w.solid(Kind::Int)),
        3 => format!("\"o\" in {}", w.solid(Kind::Text)),
        _ => {
            w.define("CLOSED = [\"South\", \"x, y\", \"\"]".to_owned());
            format!("{} in CLOSED", maybe_text(w))
        }
    };
    w.give(&["listed", "special"], &expr, Kind::Bool, false);
}

fn maybe_text(w: &mut Writer<'_>) -> String {
    match w.maybe(Kind::Text) {
        Some(var) => var.expr,
        None => w.constant(Kind::Text),
    }
}

fn min_max(w: &mut Writer<'_>) {
    let (a, b, whole) = (
        w.solid(Kind::Float),
        w.solid(Kind::Float),
        w.solid(Kind::Int),
    );
    let (expr, kind) = match w.chance.below(5) {
        0 => (format!("max({a}, 0.0)"), Kind::Float),
        1 => (format!("min({a}, {b})"), Kind::Float),
        2 => (format!("abs({whole})"), Kind::Int),
        3 => (format!("max({whole}, 2)"), Kind::Int),
        _ => (format!("abs({a} - {b})"), Kind::Float),
    };
    w.give(&["capped", "size"], &expr, kind, false);
}

fn try_except(w: &mut Writer<'_>) {
    let Some(text) = w.maybe(Kind::Text) else {
        return;
    };
    let name = w.name(&["parsed", "number"]);
    let (call, kind, default) = match w.chance.below(3) {
        0 => ("int", Kind::Int, "-1"),
        1 => ("float", Kind::Float, "0.0"),
        _ => ("int", Kind::Int, "0"),
    };
    let errors = *w.chance.pick(&[
        "(ValueError, TypeError)",
        "(TypeError, ValueError)",
        "Exception",
    ]);
    w.open("try:");
    w.line(format!("{name} = {call}({})", text.expr));
    w.close();
    w.open(format!("except {errors}:"));
    w.line(format!("{name} = {default}"));
    w.close();
    w.show(name, kind, false);
}

fn match_statement(w: &mut Writer<'_>) {
    let name = w.name(&["kind", "group"]);
    if w.chance.percent(60) {
        let text = maybe_text(w);
        w.open(format!("match {text}:"));
        w.open("case \"north\" | \"South\":");
        w.line(format!("{name} = \"compass\""));
        w.close();
        w.open("case None:");
        w.line(format!("{name} = \"unknown\""));
        w.close();
        w.open("case _:");
        w.line(format!("{name} = \"other\""));
        w.close();
    } else {
        let whole = w.solid(Kind::Int);
        w.open(format!("match {whole}:"));
        w.open("case 0:");
        w.line(format!("{name} = \"none\""));
        w.close();
        w.open("case 1 | 2:");
        w.line(format!("{name} = \"few\""));
        w.close();
        w.open("case n if n < 0:");
        w.line(format!("{name} = \"owed\""));
        w.close();
        w.open("case _:");
        w.line(format!("{name} = \"many\""));
        w.close();
    }
    w.close();
    w.show(name, Kind::Text, false);
    if let Some(last) = w.vars.last_mut() {
        last.repeats = true;
    }
}

fn helper(w: &mut Writer<'_>) {
    match w.chance.below(4) {
        0 => {
            w.define("def banded(value, limit=2.5):\n    if value is None or value != value:\n        return \"unknown\"\n    if value < 0:\n        return \"negative\"\n    return \"big\" if value >= limit else \"small\"".to_owned());
            let Some(var) = w.maybe(Kind::Float) else {
                return;
            };
            w.give(
                &["band"],
                &format!("banded({})", var.expr),
                Kind::Text,
                false,
            );
        }
        1 => {
            w.define("def clean(text):\n    \"\"\"Trimmed, in lower case.\"\"\"\n    if not text:\n        return \"-\"\n    text = text.strip()\n    return text.lower()".to_owned());
            let text = maybe_text(w);
            w.give(&["cleaned"], &format!("clean({text})"), Kind::Text, false);
        }
        2 => {
            w.define("def discounted(price, pieces, *, rate=0.05):\n    total = price * pieces\n    if pieces >= 5:\n        total -= total * rate\n    return round(total, 2)".to_owned());
            let (a, n) = (w.solid(Kind::Float), w.solid(Kind::Int));
            let rate = *w.chance.pick(&["", ", rate=0.1"]);
            w.give(
                &["total"],
                &format!("discounted({a}, {n}{rate})"),
                Kind::Float,
                false,
            );
        }
        _ => {
            w.define("def split_sign(number):\n    sign = \"-\" if number < 0 else \"+\"\n    return sign, abs(number)".to_owned());
            let n = w.solid(Kind::Int);
            let (sign, size) = (w.name(&["sign"]), w.name(&["size"]));
            w.line(format!("{sign}, {size} = split_sign({n})"));
            w.show(sign, Kind::Text, false);
            w.show(size, Kind::Int, false);
        }
    }
}

fn class_method(w: &mut Writer<'_>) {
    w.define("class Tariff:\n    BASE = 1.5\n\n    def __init__(self, kind, pieces):\n        self.kind = kind\n        self.pieces = pieces\n\n    def price(self):\n        if self.pieces <= 0:\n            return 0.0\n        return self.BASE * self.pieces\n\n    @property\n    def name(self):\n        return f\"{self.kind}:{self.pieces}\"".to_owned());
    let (text, n) = (w.solid(Kind::Text), w.solid(Kind::Int));
    let name = w.name(&["tariff", "item"]);
    w.line(format!("{name} = Tariff({text}, {n})"));
    if w.chance.percent(50) {
        w.show(format!("{name}.price()"), Kind::Float, false);
    } else {
        w.show(format!("{name}.name"), Kind::Text, false);
    }
}

fn lambda(w: &mut Writer<'_>) {
    let a = w.solid(Kind::Float);
    let name = w.name(&["scale", "taxed"]);
    w.before(&format!(
        "{name} = lambda x, by=1.19: x * by if x > 0 else 0.0"
    ));
    w.give(&["scaled"], &format!("{name}({a})"), Kind::Float, false);
}

fn constant_dictionary(w: &mut Writer<'_>) {
    w.define("WEIGHTS = {\"north\": 2, \"a\": 3, \"gold\": 5, None: 7}".to_owned());
    let text = maybe_text(w);
    let expr = match w.chance.below(3) {
        0 => format!("WEIGHTS.get({text}, 1)"),
        1 => format!("WEIGHTS[{text}] if {text} in WEIGHTS else 0"),
        _ => {
            w.define("NAMES = {1: \"one\", 2: \"two\"}".to_owned());
            let n = w.solid(Kind::Int);
            return w.give(
                &["spelled"],
                &format!("NAMES.get({n}, \"many\")"),
                Kind::Text,
                false,
            );
        }
    };
    w.give(&["weighted"], &expr, Kind::Int, false);
}

fn any_all(w: &mut Writer<'_>) {
    let (a, b, text) = (
        w.solid(Kind::Float),
        w.solid(Kind::Int),
        w.solid(Kind::Text),
    );
    let expr = match w.chance.below(4) {
        0 => format!("any([{a} > 5, {b} == 2])"),
        1 => format!("all(x >= 0 for x in ({a}, {b}))"),
        2 => format!("any({text}.startswith(p) for p in (\"a\", \"n\", \"x\"))"),
        _ => format!("all([{text}, {b}])"),
    };
    w.give(&["odd", "complete"], &expr, Kind::Bool, false);
}

fn generator(w: &mut Writer<'_>) {
    let (a, b, c) = (
        w.solid(Kind::Float),
        w.solid(Kind::Float),
        w.solid(Kind::Int),
    );
    let (expr, kind) = match w.chance.below(4) {
        0 => (
            format!("sum(x for x in ({a}, {b}, {c}) if x > 0)"),
            Kind::Float,
        ),
        1 => (format!("max(abs(x) for x in ({a}, {b}))"), Kind::Float),
        2 => (
            format!("sum(1 for x in [{a}, {b}, {c}] if x >= 2)"),
            Kind::Int,
        ),
        _ => (
            format!("\"/\".join(str(x) for x in ({c}, {a}))"),
            Kind::Text,
        ),
    };
    w.give(&["summed", "hits"], &expr, kind, false);
}

fn tuple(w: &mut Writer<'_>) {
    let (a, text, n) = (
        w.solid(Kind::Float),
        w.solid(Kind::Text),
        w.solid(Kind::Int),
    );
    let name = w.name(&["pair", "triple"]);
    w.line(format!("{name} = ({text}, {n}, {a})"));
    if w.chance.percent(50) {
        let (who, many, much) = (w.name(&["who"]), w.name(&["many"]), w.name(&["much"]));
        w.line(format!("{who}, {many}, {much} = {name}"));
        w.show(much, Kind::Float, false);
        w.show(many, Kind::Int, false);
        w.show(who, Kind::Text, false);
    } else {
        w.show(format!("{name}[0]"), Kind::Text, false);
        w.show(format!("{name}[-1]"), Kind::Float, false);
    }
}

fn for_else(w: &mut Writer<'_>) {
    let a = w.solid(Kind::Float);
    let name = w.name(&["step", "bracket"]);
    w.open("for limit, word in ((0, \"zero\"), (2.5, \"few\"), (100, \"many\")):");
    w.open(format!("if {a} <= limit:"));
    w.line(format!("{name} = word"));
    w.line("break");
    w.close();
    w.close();
    w.open("else:");
    w.line(format!("{name} = \"beyond\""));
    w.close();
    w.show(name, Kind::Text, false);
}

fn inner_loop(w: &mut Writer<'_>) {
    let (n, a) = (w.solid(Kind::Int), w.solid(Kind::Float));
    let name = w.name(&["tiers", "acc"]);
    w.line(format!("{name} = 0"));
    w.open("for tier in (1, 2, 5):");
    w.open(format!("if {n} >= tier:"));
    w.line(format!("{name} += tier"));
    w.close();
    w.close();
    if w.chance.percent(40) {
        w.give(&["tiered"], &format!("{name} * {a}"), Kind::Float, false);
    }
    w.show(name, Kind::Int, false);
}

fn bool_arithmetic(w: &mut Writer<'_>) {
    let (flag, n) = (w.solid(Kind::Bool), w.solid(Kind::Int));
    let (expr, kind) = match w.chance.below(3) {
        0 => (format!("{n} + {flag}"), Kind::Int),
        1 => (format!("int({flag}) * {n}"), Kind::Int),
        _ => (format!("str({flag})"), Kind::Text),
    };
    w.give(&["counted"], &expr, kind, false);
}

fn text_comparison(w: &mut Writer<'_>) {
    let (a, b) = (w.solid(Kind::Text), w.solid(Kind::Text));
    let expr = match w.chance.below(3) {
        0 => format!("{a} < {b}"),
        1 => format!("{a} == {b}"),
        _ => format!("max({a}, {b})"),
    };
    let kind = if expr.starts_with("max") {
        Kind::Text
    } else {
        Kind::Bool
    };
    w.give(&["smaller", "later"], &expr, kind, false);
}

fn len(w: &mut Writer<'_>) {
    let text = w.solid(Kind::Text);
    w.give(&["length"], &format!("len({text})"), Kind::Int, false);
}
