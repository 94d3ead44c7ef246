//! The SQL of a job wherever it stands: Transformations, and strings of its Externals.

use relift_python::syntax::embedded_sql;
use relift_sql::literals::{SqlFacts, facts};
use relift_sql::sqlite::SqlText;

use relift_job::ModuleKind;

use crate::JobView;

/// Facts of each query, with the module it stands in.
pub(crate) fn queries(view: &JobView<'_>) -> Vec<(usize, SqlFacts)> {
    let mut found = Vec::new();
    for (index, module) in view.job.modules.iter().enumerate() {
        if let ModuleKind::Transformation(step) = &module.kind {
            let place = |at: usize| step.sql_offsets.get(at).copied().unwrap_or_default() as usize;
            let text = SqlText {
                text: &step.sql,
                span_of: &|range| {
                    view.configuration
                        .span(place(range.start)..place(range.end))
                },
            };
            found.push((index, facts(&text)));
        }
        if let Some(syntax) = view.externals.get(&index) {
            for sql in embedded_sql(syntax) {
                // Escapes and joined strings make places inside a Python string unsure: the string is the place.
                let text = SqlText {
                    text: &sql.text,
                    span_of: &|_| sql.span.clone(),
                };
                found.push((index, facts(&text)));
            }
        }
    }
    found
}
