//! Different stand-ins for one missing value.

use std::collections::{BTreeMap, BTreeSet};

use relift_diagnostics::Span;
use relift_python::syntax::null_defaults;

use crate::detector::declare_detector;
use crate::queries::queries;
use crate::{Finding, JobView};

declare_detector! {
    /// ## What it finds
    /// A column whose missing values get one constant in one place and another in the next, in SQL
    /// (`COALESCE`, `IFNULL`) or Python (`or`, `get`, `fillna`, a test for None).
    ///
    /// ## Why it matters
    /// The same absence is counted under two names, and whoever joins or compares the two outputs loses it.
    ///
    /// ## Instead
    /// One stand-in per column, or none. A rewrite that has to give the same output keeps them all; which
    /// one is meant is for the owner of the data to say.
    static INCONSISTENT_DEFAULTS = {
        code: "AP5",
        title: "inconsistent null defaults",
        summary: "finds a column whose missing values are replaced in different ways",
        since: "0.2.0",
        find: find,
    };
}

fn find(view: &JobView<'_>) -> Vec<Finding> {
    let mut places: BTreeMap<String, Vec<(usize, String, Span)>> = BTreeMap::new();
    for (module, syntax) in view.externals {
        for default in null_defaults(syntax) {
            let place = (*module, default.default, default.span);
            places.entry(default.name).or_default().push(place);
        }
    }
    for (module, facts) in queries(view) {
        for default in facts.null_defaults {
            let place = (module, default.default, default.span);
            places.entry(default.name).or_default().push(place);
        }
    }
    let mut findings = Vec::new();
    for (name, places) in places {
        let defaults: BTreeSet<&str> = places
            .iter()
            .map(|(_, default, _)| plain(default))
            .collect();
        if defaults.len() < 2 {
            continue;
        }
        for (module, default, span) in &places {
            let others: Vec<String> = places
                .iter()
                .filter(|(_, other, _)| plain(other) != plain(default))
                .map(|(_, other, span)| format!("{other} at {span}"))
                .collect();
            findings.push(Finding {
                code: INCONSISTENT_DEFAULTS.code,
                title: INCONSISTENT_DEFAULTS.title,
                message: format!(
                    "a missing \"{name}\" is {default} here, {}",
                    others.join(", ")
                ),
                span: Some(span.clone()),
                module: Some(*module),
                construct: format!("stand-in for `{name}`"),
                frame: None,
                column: None,
            });
        }
    }
    findings
}

/// `0` and `0.0` are one stand-in.
fn plain(default: &str) -> &str {
    default.strip_suffix(".0").unwrap_or(default)
}
