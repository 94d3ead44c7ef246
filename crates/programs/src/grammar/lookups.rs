//! Templates of what is built before the main loop and probed in it.

use super::loops::main_table;
use super::tables::{Generated, Role};
use super::writer::{Kind, Var, Writer};

pub(super) fn side_table(w: &Writer<'_>) -> Generated {
    w.tables[1].clone()
}

pub(super) fn side_value(w: &mut Writer<'_>, table: &Generated) -> (String, Kind, bool) {
    let fields: Vec<_> = table
        .fields
        .iter()
        .filter(|field| !matches!(field.role, Role::Kind | Role::Place))
        .cloned()
        .collect();
    let field = w.chance.pick(&fields).clone();
    (field.name.clone(), Kind::of(&field), field.nullable)
}

pub(super) fn set_probe(w: &mut Writer<'_>, probe: Probe) {
    w.probes.push(probe);
}

/// What the main loop can ask of a lookup.
#[derive(Clone)]
pub(super) enum Probe {
    /// `name.get(key, default)` of a kind.
    Get {
        name: String,
        key: Role,
        default: String,
        kind: Kind,
        nullable: bool,
    },
    /// `name[key] if key in name else default`.
    Index {
        name: String,
        key: Role,
        default: String,
        kind: Kind,
        nullable: bool,
    },
    /// `key in name`.
    Contains { name: String, key: Role },
    /// A loop over a list of records until the key fits.
    Search {
        name: String,
        key: String,
        value: String,
        kind: Kind,
        nullable: bool,
    },
    /// A generator's first.
    Next {
        name: String,
        key: String,
        value: String,
        kind: Kind,
    },
    /// A scalar.
    Scalar { name: String, kind: Kind },
}

pub(super) fn key_var(w: &mut Writer<'_>, role: Role) -> Option<Var> {
    let main = main_table(w);
    let name = &main.field(role)?.name;
    let quoted = format!("[\"{name}\"]");
    let (dotted, local) = (format!(".{name}"), format!("{name}_"));
    w.vars
        .iter()
        .find(|var| var.expr.contains(&quoted) || var.expr.ends_with(&dotted) || var.expr == local)
        .cloned()
}

/// Uses what a lookup prepared.
pub(super) fn probe(w: &mut Writer<'_>) {
    let probes = w.probes.clone();
    for probe in probes {
        match probe {
            Probe::Get {
                name,
                key,
                default,
                kind,
                nullable,
            } => {
                let Some(key) = key_var(w, key) else { continue };
                w.mark("dict.get");
                w.give(
                    &["found", "hit"],
                    &format!("{name}.get({}, {default})", key.expr),
                    kind,
                    nullable,
                );
            }
            Probe::Index {
                name,
                key,
                default,
                kind,
                nullable,
            } => {
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
                    0 => w.give(
                        &["is_known"],
                        &format!("{} in {name}", key.expr),
                        Kind::Bool,
                        false,
                    ),
                    1 => {
                        w.mark("continue");
                        w.open(format!("if {} not in {name}:", key.expr));
                        w.line("continue");
                        w.close();
                    }
                    _ => w.give(
                        &["mark"],
                        &format!("\"x\" if {} in {name} else \"\"", key.expr),
                        Kind::Text,
                        false,
                    ),
                }
            }
            Probe::Search {
                name,
                key,
                value,
                kind,
                nullable,
            } => {
                let Some(var) = key_var(w, Role::Kind) else {
                    continue;
                };
                let found = w.name(&["match_", "found"]);
                let default = if nullable {
                    "None".to_owned()
                } else {
                    w.constant(kind)
                };
                w.line(format!("{found} = {default}"));
                w.open(format!("for other in {name}:"));
                w.open(format!("if other[\"{key}\"] == {}:", var.expr));
                w.line(format!("{found} = other[\"{value}\"]"));
                w.line("break");
                w.close();
                w.close();
                w.show(found, kind, true);
            }
            Probe::Next {
                name,
                key,
                value,
                kind,
            } => {
                let Some(var) = key_var(w, Role::Kind) else {
                    continue;
                };
                let default = w.constant(kind);
                let expr = format!(
                    "next((o[\"{value}\"] for o in {name} if o[\"{key}\"] == {}), {default})",
                    var.expr
                );
                w.give(&["first_hit"], &expr, kind, true);
            }
            Probe::Scalar { name, kind } => {
                let a = w.solid(Kind::Float);
                if kind == Kind::Int {
                    w.give(&["of_all"], &format!("{name} + 1"), Kind::Int, false);
                } else {
                    w.give(
                        &["of_all"],
                        &format!("{a} / {name} if {name} else 0.0"),
                        Kind::Float,
                        true,
                    );
                }
            }
        }
    }
}

pub(super) fn lookup_dictionary(w: &mut Writer<'_>) {
    let table = side_table(w);
    let Some(key) = table.field(Role::Kind).cloned() else {
        return;
    };
    let (value, kind, nullable) = side_value(w, &table);
    let name = w.name(&["by_key", "factors", "index"]);
    w.line(format!("{name} = {{}}"));
    w.open(format!(
        "for _, s in shared_state[\"{}\"].iterrows():",
        table.name
    ));
    w.line(format!("{name}[s[\"{}\"]] = s[\"{value}\"]", key.name));
    w.close();
    let default = w.constant(kind);
    set_probe(
        w,
        Probe::Index {
            name,
            key: Role::Kind,
            default,
            kind,
            nullable,
        },
    );
}

pub(super) fn lookup_get(w: &mut Writer<'_>) {
    let table = side_table(w);
    let role = if table.field(Role::Place).is_some()
        && main_table(w).field(Role::Place).is_some()
        && w.chance.percent(50)
    {
        Role::Place
    } else {
        Role::Kind
    };
    let Some(key) = table.field(role).cloned() else {
        return;
    };
    let (value, kind, nullable) = side_value(w, &table);
    let name = w.name(&["lookup", "mapping"]);
    let frame = format!("shared_state[\"{}\"]", table.name);
    match w.chance.below(3) {
        0 => {
            w.mark("zip of columns");
            w.line(format!(
                "{name} = dict(zip({frame}[\"{}\"], {frame}[\"{value}\"]))",
                key.name
            ));
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
    set_probe(
        w,
        Probe::Get {
            name,
            key: role,
            default,
            kind,
            nullable,
        },
    );
}

pub(super) fn lookup_set(w: &mut Writer<'_>) {
    let table = side_table(w);
    let Some(key) = table.field(Role::Kind).cloned() else {
        return;
    };
    let name = w.name(&["known", "allowed"]);
    let frame = format!("shared_state[\"{}\"]", table.name);
    match w.chance.below(3) {
        0 => w.line(format!("{name} = set({frame}[\"{}\"])", key.name)),
        1 => w.line(format!(
            "{name} = {{s[\"{}\"] for s in {frame}.to_dict(\"records\")}}",
            key.name
        )),
        _ => {
            w.line(format!("{name} = set()"));
            w.open(format!("for s in {frame}.itertuples():"));
            w.line(format!("{name}.add(s.{})", key.name));
            w.close();
        }
    }
    set_probe(
        w,
        Probe::Contains {
            name,
            key: Role::Kind,
        },
    );
}

pub(super) fn lookup_comprehension(w: &mut Writer<'_>) {
    let table = side_table(w);
    let Some(key) = table.field(Role::Kind).cloned() else {
        return;
    };
    let (value, kind, nullable) = side_value(w, &table);
    let name = w.name(&["by_name", "table_of"]);
    w.line(format!(
        "{name} = {{s[\"{}\"]: s[\"{value}\"] for s in shared_state[\"{}\"].to_dict(\"records\")}}",
        key.name, table.name
    ));
    let default = w.constant(kind);
    set_probe(
        w,
        Probe::Get {
            name,
            key: Role::Kind,
            default,
            kind,
            nullable,
        },
    );
}

pub(super) fn lookup_setdefault(w: &mut Writer<'_>) {
    let table = side_table(w);
    let Some(key) = table.field(Role::Kind).cloned() else {
        return;
    };
    let (value, kind, nullable) = side_value(w, &table);
    let name = w.name(&["firsts", "seen_first"]);
    w.line(format!("{name} = {{}}"));
    w.open(format!(
        "for s in shared_state[\"{}\"].to_dict(\"records\"):",
        table.name
    ));
    w.line(format!(
        "{name}.setdefault(s[\"{}\"], s[\"{value}\"])",
        key.name
    ));
    w.close();
    let default = w.constant(kind);
    set_probe(
        w,
        Probe::Get {
            name,
            key: Role::Kind,
            default,
            kind,
            nullable,
        },
    );
}

pub(super) fn nested_break(w: &mut Writer<'_>) {
    let table = side_table(w);
    let Some(key) = table.field(Role::Kind).cloned() else {
        return;
    };
    let (value, kind, nullable) = side_value(w, &table);
    let name = w.name(&["others", "candidates"]);
    w.line(format!(
        "{name} = shared_state[\"{}\"].to_dict(\"records\")",
        table.name
    ));
    set_probe(
        w,
        Probe::Search {
            name,
            key: key.name,
            value,
            kind,
            nullable,
        },
    );
}

pub(super) fn list_comprehension(w: &mut Writer<'_>) {
    let table = side_table(w);
    let Some(key) = table.field(Role::Kind).cloned() else {
        return;
    };
    let name = w.name(&["wanted", "keys"]);
    w.line(format!(
        "{name} = [s[\"{0}\"] for s in shared_state[\"{1}\"].to_dict(\"records\") if s[\"{0}\"]]",
        key.name, table.name
    ));
    set_probe(
        w,
        Probe::Contains {
            name,
            key: Role::Kind,
        },
    );
}

pub(super) fn next_generator(w: &mut Writer<'_>) {
    let table = side_table(w);
    let Some(key) = table.field(Role::Kind).cloned() else {
        return;
    };
    let (value, kind, _) = side_value(w, &table);
    let name = w.name(&["others", "pool"]);
    w.line(format!(
        "{name} = shared_state[\"{}\"].to_dict(\"records\")",
        table.name
    ));
    set_probe(
        w,
        Probe::Next {
            name,
            key: key.name,
            value,
            kind,
        },
    );
}

pub(super) fn column_total(w: &mut Writer<'_>) {
    let table = main_table(w);
    let Some(money) = table.field(Role::Money).cloned() else {
        return;
    };
    let name = w.name(&["total", "whole"]);
    let frame = format!("shared_state[\"{}\"]", table.name);
    let (expr, kind) = match w.chance.below(5) {
        0 => (format!("{frame}[\"{}\"].sum()", money.name), Kind::Float),
        1 => (format!("sum({frame}[\"{}\"])", money.name), Kind::Float),
        2 => (format!("{frame}[\"{}\"].max()", money.name), Kind::Float),
        3 => (format!("len({frame})"), Kind::Int),
        _ => (
            format!("sum(1 for x in {frame}[\"{}\"] if x > 2.5)", money.name),
            Kind::Int,
        ),
    };
    w.line(format!("{name} = {expr}"));
    set_probe(w, Probe::Scalar { name, kind });
}
