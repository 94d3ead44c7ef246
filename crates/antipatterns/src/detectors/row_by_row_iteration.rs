//! Loops over the rows of a frame.

use relift_python::syntax::row_loops;

use crate::detector::declare_detector;
use crate::{Finding, JobView};

declare_detector! {
    /// ## What it finds
    /// A loop over the rows of a frame: `iterrows`, `itertuples`, `to_dict("records")`, `apply(axis=1)`,
    /// indexing by row number.
    ///
    /// ## Why it matters
    /// Each row costs interpreted Python, often a thousand times what a set-based engine needs, and the
    /// loop hides a filter, a join or a grouping that a reader has to reconstruct.
    ///
    /// ## Instead
    /// The filter, join or grouping itself. The lifting rules turn the common forms of such loops into SQL.
    static ROW_BY_ROW_ITERATION = {
        code: "AP6",
        title: "row-by-row iteration",
        summary: "finds a loop over the rows of a frame",
        since: "0.1.0",
        find: find,
    };
}

fn find(view: &JobView<'_>) -> Vec<Finding> {
    view.python()
        .flat_map(|(module, syntax)| {
            row_loops(syntax)
                .into_iter()
                .map(move |row_loop| (module, row_loop))
        })
        .map(|(module, row_loop)| {
            let nested = if row_loop.nested {
                ", inside another loop"
            } else {
                ""
            };
            Finding {
                code: ROW_BY_ROW_ITERATION.code,
                title: ROW_BY_ROW_ITERATION.title,
                message: format!(
                    "rows are visited one by one with {}{nested}",
                    row_loop.kind.word()
                ),
                span: Some(row_loop.span.clone()),
                module: Some(module),
                construct: format!("{} loop", row_loop.kind.word()),
                frame: None,
                column: None,
            }
        })
        .collect()
}
