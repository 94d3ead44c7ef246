//! The files differ in line ends only.

use super::{CauseKind, Hypothesis};

pub(super) const LINE_ENDING: CauseKind = CauseKind {
    name: "line-ending",
    summary: "one side ends lines with CRLF, the other with LF",
    test: |case| {
        let (legacy, rewrite) = case.bytes?;
        let plain = |bytes: &[u8]| {
            bytes
                .iter()
                .copied()
                .filter(|byte| *byte != b'\r')
                .collect::<Vec<u8>>()
        };
        (plain(legacy) == plain(rewrite)).then(|| Hypothesis {
            assumption: "only line ends differ".into(),
            agreeing: case.rows(),
        })
    },
};
