//! Parts of a query that change nothing.

use crate::detector::declare_detector;
use crate::queries::queries;
use crate::{Finding, JobView};

declare_detector! {
    /// ## What it finds
    /// Parts that a query could do without: conditions that always hold, DISTINCT over groups, an ORDER BY
    /// inside a subquery, CTEs nobody reads, subqueries that hand rows on, memberships in the column's own
    /// table, CASE branches that equal the ELSE. Queries in strings of Python code are looked at too.
    ///
    /// ## Why it matters
    /// Each of them costs a reader's time, some cost a sort or a scan, and all hide what the query is for.
    ///
    /// ## Instead
    /// Leave them out. The rewritten query is printed from what the old one means, so it does.
    static NEEDLESS_SQL = {
        code: "AP8",
        title: "needless SQL",
        summary: "finds parts of a query that change nothing",
        since: "0.2.0",
        find: find,
    };
}

fn find(view: &JobView<'_>) -> Vec<Finding> {
    queries(view)
        .into_iter()
        .flat_map(|(module, facts)| facts.needless.into_iter().map(move |part| (module, part)))
        .map(|(module, part)| Finding {
            code: NEEDLESS_SQL.code,
            title: NEEDLESS_SQL.title,
            message: part.text,
            span: Some(part.span),
            module: Some(module),
            construct: "query".to_owned(),
            frame: None,
            column: None,
        })
        .collect()
}
