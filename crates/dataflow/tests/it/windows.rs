//! Columns over the rows around a row, and loops seen from inside.

use crate::graphs::check;

const SALES: &str = "
    $0 = Values { region, n } rows {
        ('north', 10), (None, 5), ('south', 7), ('north', 3), (None, 1), ('north', 3)
    }";

#[test]
fn places_and_offsets_keep_the_order_of_the_input() {
    check(
        &format!(
            "{SALES}
            $1 = Window {{
                by region,
                order n,
                place := row_number,
                rank := rank,
                dense := dense_rank,
                half := tile 2,
                before := offset 1 of n default 0,
                after := offset -1 of n default None
            }}($0)"
        ),
        "region | n | place | rank | dense | half | before | after
         'north' | 10 | 3 | 3 | 2 | 2 | 3 | None
         None | 5 | 2 | 2 | 2 | 2 | 1 | None
         'south' | 7 | 1 | 1 | 1 | 1 | 0 | None
         'north' | 3 | 1 | 1 | 1 | 1 | 0 | 3
         None | 1 | 1 | 1 | 1 | 1 | 0 | 5
         'north' | 3 | 2 | 1 | 1 | 1 | 3 | 10",
    );
}

#[test]
fn aggregates_run_over_their_frame() {
    check(
        &format!(
            "{SALES}
            $1 = Window {{
                by region,
                so_far := sum(n) rows unbounded to current,
                earlier := sum(n) rows unbounded to preceding 1,
                near := max(n) rows preceding 1 to following 1,
                small := count() where py_lt(n, 4) rows unbounded to unbounded,
                all := count() rows peers to peers
            }}($0)"
        ),
        "region | n | so_far | earlier | near | small | all
         'north' | 10 | 10 | 0 | 10 | 2 | 3
         None | 5 | 5 | 0 | 5 | 1 | 2
         'south' | 7 | 7 | 0 | 7 | 0 | 1
         'north' | 3 | 13 | 10 | 10 | 2 | 3
         None | 1 | 6 | 5 | 5 | 1 | 2
         'north' | 3 | 16 | 13 | 3 | 2 | 3",
    );
}

#[test]
fn a_loop_seen_from_inside_shows_each_entry_before_and_after_the_row() {
    check(
        &format!(
            "{SALES}
            $1 = Running {{
                by region,
                creates py_gt(n, 4),
                presence there,
                slot old after new first n next subtract(previous(old), n)
            }}($0)"
        ),
        "region | n | there | old | new
         'north' | 10 | false | None | 10
         None | 5 | false | None | 5
         'south' | 7 | false | None | 7
         'north' | 3 | true | 10 | 7
         None | 1 | true | 5 | 4
         'north' | 3 | true | 7 | 4",
    );
}
