//! Which rows break an obligation.

use relift_dataflow::interpret::violations;
use relift_job::Catalog;

use crate::graphs::{graph, on};

#[test]
fn broken_rows_are_returned_whole() {
    let flow = graph(
        "job test
         $0 = Values { id, x } rows { (1, 'a'), (2, None), (1, 'c'), (None, 'd') }
         $1 = Filter { false }($0)

         obligations
         $0 never_missing { x } 'a missing x raises TypeError'
         $0 unique { id } 'the lookup would find two rows'
         $0 holds { sql_gt(id, 1) } 'otherwise the branch is taken'  @a.py:3[10..20]
         $1 not_empty 'iloc[0] raises IndexError'
         $0 not_empty 'never mind'",
        &Catalog::default(),
    );
    let none = |_, _: &_| None;
    let broken: Vec<String> = flow
        .obligations
        .iter()
        .map(|obligation| {
            violations(&flow, obligation, &none, on("2024-10-31"))
                .unwrap()
                .to_string()
        })
        .collect();
    assert_eq!(broken[0], "id | x\n2 | None\n");
    assert_eq!(broken[1], "id | x\n1 | 'a'\n1 | 'c'\n");
    assert_eq!(broken[2], "id | x\n1 | 'a'\n1 | 'c'\nNone | 'd'\n");
    assert_eq!(broken[3], "\n\n");
    assert_eq!(broken[4], "\n");
}
