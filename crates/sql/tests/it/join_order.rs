//! SQLite's planner is asked about random joins: where the lowering counts on the written order, the first
//! table is the outermost loop.

use rusqlite::Connection;

use super::rows::Dice;

const TYPES: [&str; 3] = ["INTEGER", "REAL", "TEXT"];
const TABLES: [&str; 4] = ["a", "b", "c", "d"];

/// A random join whose shape the lowering knows, after the tables it reads.
fn join(dice: &mut Dice) -> (Vec<String>, String) {
    let count = 2 + dice.below(3) as usize;
    // The first three columns of each table have the three types; later ones are any.
    let types: Vec<Vec<&str>> = TABLES[..count]
        .iter()
        .map(|_| {
            let more = dice.below(8);
            let any: Vec<&str> = (0..more).map(|_| TYPES[dice.below(3) as usize]).collect();
            TYPES.into_iter().chain(any).collect()
        })
        .collect();
    let script = types
        .iter()
        .zip(TABLES)
        .map(|(types, table)| {
            let columns: Vec<String> = types
                .iter()
                .enumerate()
                .map(|(at, ty)| format!("k{at} {ty}"))
                .collect();
            format!("CREATE TABLE {table} ({})", columns.join(", "))
        })
        .collect();
    let column = |dice: &mut Dice, table: usize| dice.below(types[table].len() as u64) as usize;
    let text = |table: usize, at: usize| types[table][at] == "TEXT";
    let mut sql = "a".to_owned();
    let mut joined = Vec::new();
    for (table, name) in TABLES.into_iter().enumerate().take(count).skip(1) {
        let other = dice.below(table as u64) as usize;
        let (l, r) = loop {
            let (l, r) = (column(dice, other), column(dice, table));
            if text(other, l) == text(table, r) {
                break (l, r);
            }
        };
        if other == 0 {
            joined.push(l);
        }
        let kind = ["JOIN", "JOIN", "LEFT JOIN"][dice.below(3) as usize];
        let on = TABLES[other];
        sql.push_str(&format!(" {kind} {name} ON {on}.k{l} = {name}.k{r}"));
    }
    let mut conditions = Vec::new();
    for _ in 0..dice.below(3) {
        let at = column(dice, 0);
        let condition = match dice.below(9) {
            0 => format!("a.k{at} > 1"),
            1 => format!("a.k{at} LIKE '%a%'"),
            2 => format!("a.k{at} BETWEEN 1 AND 3"),
            3 => format!("a.k{at} <> 'x'"),
            4 => format!("a.k{at} IS NOT NULL"),
            _ if joined.contains(&at) => continue,
            5 => format!("a.k{at} = 2"),
            6 => format!("a.k{at} IN (1, 2)"),
            7 => format!("(a.k{at} = 1 OR a.k{at} IS NULL)"),
            _ => format!("abs(a.k{at}) > 1"),
        };
        conditions.push(condition);
    }
    if !conditions.is_empty() {
        sql.push_str(&format!(" WHERE {}", conditions.join(" AND ")));
    }
    let mut any = || {
        let table = dice.below(count as u64) as usize;
        format!("{}.k{}", TABLES[table], column(dice, table))
    };
    let (x, y, z) = (any(), any(), any());
    let query = match dice.below(6) {
        0 => format!("SELECT * FROM {sql}"),
        1 => format!("SELECT {x}, {y} FROM {sql}"),
        2 => format!("SELECT {x}, SUM({y}), COUNT(*) FROM {sql} GROUP BY {x}"),
        3 => format!("SELECT {x}, {z}, AVG({y}) FROM {sql} GROUP BY {x}, {z} ORDER BY 3 DESC, 1"),
        4 => format!("SELECT SUM({y}) FROM {sql}"),
        _ => format!("SELECT DISTINCT {x}, {y} FROM {sql} LIMIT 7"),
    };
    (script, query)
}

#[test]
fn the_written_order_of_a_join_is_its_order() {
    for seed in 0..3000 {
        let (script, query) = join(&mut Dice::new(seed));
        let connection = Connection::open_in_memory().expect("a database");
        for statement in &script {
            connection.execute(statement, []).expect("a table");
        }
        let mut plan = connection
            .prepare(&format!("EXPLAIN QUERY PLAN {query}"))
            .expect("a plan");
        let steps: Vec<String> = plan
            .query_map([], |row| row.get::<_, String>(3))
            .expect("steps")
            .map(|step| step.expect("a step"))
            .collect();
        let outermost = steps
            .iter()
            .find(|step| step.starts_with("SCAN ") || step.starts_with("SEARCH "));
        let word = outermost.and_then(|step| step.split(' ').nth(1));
        assert_eq!(word, Some("a"), "seed {seed}: {query}\n{steps:#?}");
    }
}
