//! Long Externals: the cost per line does not grow with the module.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use relift_diagnostics::SourceFile;

use crate::market::Market;

/// So many loops one after the other, each with a branch and a dictionary of its own.
fn module(loops: usize) -> String {
    let mut text = "import pandas as pd\n\n\ndef execute(shared_state):\n".to_owned();
    for number in 0..loops {
        let _ = write!(
            text,
            "    totals_{number} = {{}}\n\
             \x20   for row in shared_state[\"orders\"].to_dict(\"records\"):\n\
             \x20       if row[\"order_id\"] > {number}:\n\
             \x20           totals_{number}[row[\"channel\"]] = totals_{number}.get(row[\"channel\"], 0) + 1\n\
             \x20       else:\n\
             \x20           band_{number} = \"low\"\n\
             \x20   rows_{number} = []\n\
             \x20   for key, count in totals_{number}.items():\n\
             \x20       rows_{number}.append({{\"key\": key, \"count\": count, \"part\": {number}}})\n\
             \x20   shared_state[\"out_{number}\"] = pd.DataFrame(rows_{number})\n"
        );
    }
    text.push_str("    return shared_state\n");
    text
}

fn lowered_in(loops: usize) -> Duration {
    let source = SourceFile::new("externals/long.py", &module(loops));
    (0..2)
        .map(|_| {
            let mut market = Market::new(&["orders: order_id, customer_id, channel, status"]);
            let start = Instant::now();
            let lowered = market.lower(&source, "execute");
            let took = start.elapsed();
            let lowered = lowered.unwrap_or_else(|refused| panic!("{refused:?}"));
            assert_eq!(lowered.frames_set.len(), loops);
            took
        })
        .min()
        .expect("two times")
}

/// Six times the lines take about six times as long; quadratic cost would take 36 times.
#[test]
fn a_long_module_takes_time_in_proportion() {
    let (short, long) = (lowered_in(25), lowered_in(150));
    assert!(
        long < short * 18,
        "{short:?} for 25 loops, {long:?} for 150"
    );
}
