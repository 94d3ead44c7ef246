//! Numbers without a name.

use std::collections::BTreeMap;

use relift_diagnostics::Span;
use relift_python::syntax::bare_numbers;

use crate::detector::declare_detector;
use crate::queries::queries;
use crate::{Finding, JobView};

declare_detector! {
    /// ## What it finds
    /// Numbers in conditions and computations of a function or a query that have no name, other than 0, 1
    /// and 2: limits, rates, weekdays, tolerances. One finding per function or query.
    ///
    /// ## Why it matters
    /// A reader cannot tell a business rule from an accident, and a limit that changes has to be found in
    /// every place it stands.
    ///
    /// ## Instead
    /// A named constant, or a table of limits that the business keeps. The requirements state each number.
    static MAGIC_VALUES = {
        code: "AP7",
        title: "magic values",
        summary: "finds numbers without a name in conditions and computations",
        since: "0.2.0",
        find: find,
    };
}

fn find(view: &JobView<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (module, syntax) in view.externals {
        let mut functions: BTreeMap<String, (Vec<String>, Span)> = BTreeMap::new();
        for number in bare_numbers(syntax) {
            let (numbers, span) = functions
                .entry(number.function)
                .or_insert_with(|| (Vec::new(), number.span.clone()));
            *span = span.to(&number.span);
            if !numbers.contains(&number.text) {
                numbers.push(number.text);
            }
        }
        for (function, (numbers, span)) in functions {
            findings.push(finding(
                *module,
                &numbers,
                span,
                &format!("function `{function}`"),
            ));
        }
    }
    for (module, facts) in queries(view) {
        let Some(first) = facts.bare_numbers.first() else {
            continue;
        };
        let mut span = first.span.clone();
        let mut numbers: Vec<String> = Vec::new();
        for number in &facts.bare_numbers {
            span = span.to(&number.span);
            if !numbers.contains(&number.text) {
                numbers.push(number.text.clone());
            }
        }
        findings.push(finding(module, &numbers, span, "query"));
    }
    findings
}

fn finding(module: usize, numbers: &[String], span: Span, construct: &str) -> Finding {
    let has = if numbers.len() == 1 { "has" } else { "have" };
    Finding {
        code: MAGIC_VALUES.code,
        title: MAGIC_VALUES.title,
        message: format!("{} {has} no name", numbers.join(", ")),
        span: Some(span),
        module: Some(module),
        construct: construct.to_owned(),
        frame: None,
        column: None,
    }
}
