//! The lifting rules, one file each.
//!
//! A rule answers *rewritten*, *not mine* or *refused, because*. They are asked in this order:
//!
//! | rule | lifts | to |
//! |---|---|---|
//! | `append-to-map` | at most one append per row | filter and projection |
//! | `appends-to-emissions` | several appends per row | numbered copies of the rows |
//! | `overwrite-to-pick` | `d[k] = …`, first or last wins | one row per key |
//! | `best-record-to-pick` | the record with the best value per key | sorted, one row per key |
//! | `accumulate-to-aggregate` | counters, sums, flags per key | grouping |
//! | `scalar-to-aggregate` | the same without a key | aggregation of all rows |
//! | `loop-to-running` | what no aggregate expresses | the last of the values after each row |
//! | `running-to-window` | balances, counters, earlier rows | window functions |
//! | `lookup-to-left-join` | `d[k]`, `d.get(k)`, `k in d` | left join with a presence flag |

mod accumulate_to_aggregate;
mod append_to_map;
mod appends_to_emissions;
mod best_record_to_pick;
mod lookup_to_left_join;
mod loop_to_running;
mod overwrite_to_pick;
mod running_to_window;
mod scalar_to_aggregate;

use crate::LiftingRule;

pub(crate) use lookup_to_left_join::{JoinedLookups, LOOKUP_TO_LEFT_JOIN, join_lookups};
pub(crate) use running_to_window::{RUNNING_TO_WINDOW, lift_running};

/// All rules in the order they are asked.
pub static RULES: &[&LiftingRule] = &[
    &append_to_map::APPEND_TO_MAP,
    &appends_to_emissions::APPENDS_TO_EMISSIONS,
    &overwrite_to_pick::OVERWRITE_TO_PICK,
    &best_record_to_pick::BEST_RECORD_TO_PICK,
    &accumulate_to_aggregate::ACCUMULATE_TO_AGGREGATE,
    &scalar_to_aggregate::SCALAR_TO_AGGREGATE,
    &loop_to_running::LOOP_TO_RUNNING,
    &running_to_window::RUNNING_TO_WINDOW,
    &lookup_to_left_join::LOOKUP_TO_LEFT_JOIN,
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_file_is_registered_and_documented() {
        let files: BTreeSet<String> =
            std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/rules"))
                .expect("the folder is there")
                .map(|entry| {
                    let name = entry.expect("readable").file_name();
                    name.to_string_lossy().into_owned()
                })
                .filter(|name| name != "mod.rs")
                .collect();
        let registered: BTreeSet<String> = RULES
            .iter()
            .map(|rule| {
                let name = rule.file.rsplit(['/', '\\']).next();
                name.unwrap_or_default().to_owned()
            })
            .collect();
        assert_eq!(files, registered);
        for rule in RULES {
            for heading in ["## Lifts", "## To", "## Holds when"] {
                assert!(rule.text.contains(heading), "{}: {heading}", rule.name);
            }
        }
    }
}
