//! Findings by kind, and what became of them.

use std::collections::BTreeMap;

use super::{bar, prose};
use crate::html::{Html, html};
use crate::{Disposition, Model};

/// Counts of one code.
#[derive(Default)]
struct Tally {
    eliminated: u64,
    bearing: u64,
    reproduced: u64,
    open: u64,
    example: String,
}

pub(super) fn write(page: &mut Html, model: &Model) {
    let mut tallies: BTreeMap<(usize, &str), Tally> = BTreeMap::new();
    for job in model.jobs.values() {
        for finding in &job.findings {
            // AP2 before AP10.
            let tally = tallies
                .entry((finding.code.len(), &finding.code))
                .or_default();
            match job.disposition(finding).0 {
                // What has no counterpart is gone as well.
                Disposition::Eliminated | Disposition::NotApplicable => tally.eliminated += 1,
                Disposition::LoadBearing => tally.bearing += 1,
                Disposition::Reproduced => tally.reproduced += 1,
                Disposition::Open => tally.open += 1,
            }
            if tally.example.is_empty() {
                tally.example.clone_from(&finding.message);
            }
        }
    }
    html!(
        page,
        "<section id=\"findings\">\n<h2>Bad practice found</h2>\n"
    );
    if tallies.is_empty() {
        html!(page, "<p class=\"about\">None was found.</p>\n</section>\n");
        return;
    }
    html!(
        page,
        "<p class=\"about\">Counted by kind; each finding with its place and reason stands with its job below.</p>\n"
    );
    html!(
        page,
        "<div class=\"scroll\"><table>\n<thead><tr><th>Code</th><th>For example</th><th>Removed</th>"
    );
    html!(
        page,
        "<th>Load-bearing</th><th>Reproduced</th><th>Open</th></tr></thead>\n<tbody>\n"
    );
    for ((_, code), tally) in tallies {
        let all = tally.eliminated + tally.bearing + tally.reproduced + tally.open;
        html!(page, "<tr><th scope=\"row\">{}</th><td>", code);
        prose(page, &tally.example);
        html!(page, "</td><td>");
        let class = if tally.open == 0 { "good" } else { "short" };
        bar(
            page,
            class,
            tally.eliminated,
            all,
            &format!("{} of {all}", tally.eliminated),
        );
        html!(
            page,
            "</td><td class=\"number\">{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td></tr>\n",
            tally.bearing,
            tally.reproduced,
            tally.open
        );
    }
    html!(page, "</tbody>\n</table></div>\n</section>\n");
}
