//! Programs from a grammar of what people write: a seed gives the same program for ever.
//!
//! [`constructs`] is the whole table. A test checks it against what is generated: every construct in at
//! least 2 % of the programs, at least three per program, and at least 80 % that run without raising.

mod construct;
mod frames;
mod gathering;
mod lookups;
mod loops;
mod queries;
mod reshaping;
mod tables;
mod values;
mod writer;

use std::collections::BTreeSet;

pub use construct::{Construct, Slot};

use crate::chance::Chance;
use crate::program::{ModuleText, Program, RESULT};
use writer::Writer;

/// Every construct.
pub fn constructs() -> impl Iterator<Item = &'static Construct> {
    values::VALUES
        .iter()
        .chain(loops::LOOPS)
        .chain(frames::FRAMES)
        .chain(queries::SHAPES)
        .chain(queries::QUERIES)
}

/// The program of a seed.
pub fn generate(seed: u64) -> Program {
    // A program that would be too poor is drawn again, from a stream of its own.
    for attempt in 0..50 {
        let mut chance = Chance::new(seed.wrapping_mul(64).wrapping_add(attempt));
        let program = drawn(&mut chance, format!("seed {seed}"));
        if program.constructs.len() >= 3 {
            return program;
        }
    }
    drawn(&mut Chance::new(seed), format!("seed {seed}"))
}

fn drawn(chance: &mut Chance, name: String) -> Program {
    let count = 1 + chance.weighted([2, 6, 1].into_iter());
    let tables = tables::tables(chance, count);
    let style = chance.weighted([58, 31, 34, 3].into_iter());
    let mut used = BTreeSet::new();
    let mut modules = Vec::new();
    match style {
        0 => modules.push(python(chance, &tables, &mut used, loops::program)),
        1 => modules.push(python(chance, &tables, &mut used, frames::program)),
        2 => modules.push(sql(chance, &tables, &mut used)),
        _ => {
            // A query and an External that works on its rows.
            modules.push(sql(chance, &tables, &mut used));
            modules.push(ModuleText::Python {
                text: "def execute(shared_state):\n    df = shared_state[\"result\"]\n    df = df[df[\"c1\"].notna()]\n    shared_state[\"result\"] = df.drop_duplicates(subset=[\"c1\"], keep=\"last\")\n    return shared_state\n".to_owned(),
                function: "execute".to_owned(),
            });
            used.extend(["drop_duplicates", "boolean mask"]);
        }
    }
    let days = tables::days(chance, &tables);
    Program {
        name,
        constructs: used.into_iter().collect(),
        modules,
        tables: tables.iter().map(tables::table_type).collect(),
        days,
    }
}

fn python(
    chance: &mut Chance,
    tables: &[tables::Generated],
    used: &mut BTreeSet<&'static str>,
    write: fn(&mut Writer<'_>),
) -> ModuleText {
    let mut writer = Writer::new(chance, tables);
    write(&mut writer);
    used.extend(&writer.used);
    let function = *writer
        .chance
        .pick(&["execute", "execute", "run", "process"]);
    ModuleText::Python {
        text: writer.finished(function),
        function: function.to_owned(),
    }
}

fn sql(
    chance: &mut Chance,
    tables: &[tables::Generated],
    used: &mut BTreeSet<&'static str>,
) -> ModuleText {
    let mut writer = Writer::new(chance, tables);
    queries::query(&mut writer);
    used.extend(&writer.used);
    ModuleText::Sql {
        text: format!("{}\n", writer.code.join("\n")),
        result: RESULT.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_seed_gives_the_same_program_for_ever() {
        assert_eq!(generate(7), generate(7));
        assert_ne!(generate(7).text(), generate(8).text());
    }

    #[test]
    fn every_construct_is_frequent() {
        let mut counts: BTreeMap<&str, usize> =
            constructs().map(|construct| (construct.name, 0)).collect();
        let programs = 4000;
        for seed in 0..programs {
            let program = generate(seed);
            assert!(program.constructs.len() >= 3, "{}", program.text());
            for construct in program.constructs {
                *counts.get_mut(construct).expect("it is in the table") += 1;
            }
        }
        let rare: Vec<_> = counts
            .iter()
            .filter(|(_, count)| **count * 50 < programs as usize)
            .collect();
        assert!(rare.is_empty(), "in fewer than 2 %: {rare:?}");
    }
}
