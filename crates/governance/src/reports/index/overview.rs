//! Head of the page: the verdict in a sentence, and the numbers behind it.

use relift_team::End;

use super::{bar, counted};
use crate::compared::percent;
use crate::html::{Count, Html, html};
use crate::{CellStatus, Disposition, Level, Model, PackageVerdict, RowsCompared};

pub(super) fn write(page: &mut Html, model: &Model) {
    let verdict = model.verdict();
    html!(
        page,
        "<header class=\"{}\">\n<div class=\"head\">\n",
        verdict.word()
    );
    html!(
        page,
        "<p class=\"product\">Relift</p>\n<p class=\"scope\"><b>{}</b>",
        model.workspace
    );
    if let (Some(first), Some(last)) = (model.dates.first(), model.dates.last()) {
        html!(page, " &middot; {} to {}", first, last);
    }
    html!(
        page,
        "</p>\n<h1>{}</h1>\n<p class=\"lead\">{}</p>\n",
        headline(model, verdict),
        explanation(verdict)
    );
    html!(page, "</div>\n</header>\n<div class=\"tiles\">\n");
    tiles(page, model);
    html!(page, "</div>\n");
}

fn headline(model: &Model, verdict: PackageVerdict) -> String {
    let all = model.jobs.len();
    let passing = model.jobs.values().filter(|job| model.passes(job)).count();
    let open = model
        .jobs
        .values()
        .filter(|job| job.state.end().is_none())
        .count();
    let dates = counted(model.dates.len(), "date");
    match verdict {
        PackageVerdict::AllPass if all == 1 => {
            format!("The job is rewritten and equal on all {dates}")
        }
        PackageVerdict::AllPass => format!(
            "All {} are rewritten and equal on all {dates}",
            counted(all, "job")
        ),
        _ if open > 0 => format!(
            "{passing} of {} done, {open} still in work",
            counted(all, "job")
        ),
        _ => format!(
            "{passing} of {} rewritten and equal on all {dates}",
            counted(all, "job")
        ),
    }
}

fn explanation(verdict: PackageVerdict) -> &'static str {
    match verdict {
        PackageVerdict::AllPass => {
            "Old and new ran side by side for every effective date. What the new jobs write is what the old jobs wrote."
        }
        PackageVerdict::Incomplete => {
            "Every job that was rewritten writes what the old one wrote. The others are not fully understood, were refused and stay as they are; the reasons are below."
        }
        PackageVerdict::NeedsReview => {
            "What still differs is less than half a percent of the rows on every date. It needs a review before anything is switched over."
        }
        PackageVerdict::Differs => {
            "Some jobs differ, failed, or are not finished. Nothing below 100 % counts as a pass; the reasons are below."
        }
        PackageVerdict::Escalation => {
            "The team gave up on a job whose difference is large or touches a sensitive column. It waits for a human decision."
        }
    }
}

fn tiles(page: &mut Html, model: &Model) {
    let jobs: Vec<_> = model.jobs.values().collect();
    let done = jobs
        .iter()
        .filter(|job| job.state.end() == Some(End::Done))
        .count();
    Tile {
        label: "Jobs rewritten",
        part: done,
        whole: jobs.len(),
        good: done == jobs.len(),
    }
    .write(page, "in scope, by name");

    let passed = model
        .all_cells()
        .filter(|(_, cell)| cell.status == CellStatus::Pass)
        .count();
    let cells = jobs.len() * model.dates.len();
    Tile {
        label: "Job dates equal",
        part: passed,
        whole: cells,
        good: passed == cells,
    }
    .write(page, "one run per job and date");

    let rows = jobs
        .iter()
        .map(|job| job.rows(&model.dates))
        .fold(RowsCompared::default(), RowsCompared::plus);
    let larger = rows.legacy.max(rows.rewrite);
    // Row counts outgrow any tile, so the share is the figure.
    html!(
        page,
        "<div class=\"tile\"><p class=\"label\">Rows matched</p>"
    );
    if larger == 0 {
        html!(page, "<p class=\"figure\">none</p>");
    } else {
        let share = percent(rows.matched_basis_points());
        html!(
            page,
            "<p class=\"figure\">{}<small> %</small></p>",
            share.strip_suffix(".00").unwrap_or(&share)
        );
    }
    bar(
        page,
        if rows.matched == larger {
            "good"
        } else {
            "short"
        },
        rows.matched,
        larger,
        "",
    );
    html!(
        page,
        "<p class=\"note\">{} of {} compared</p></div>\n",
        Count(rows.matched),
        Count(larger)
    );

    let findings: usize = jobs.iter().map(|job| job.findings.len()).sum();
    let count = |disposition| {
        jobs.iter()
            .map(|job| job.findings_with(disposition))
            .sum::<usize>()
    };
    let (gone, bearing, reproduced) = (
        count(Disposition::Eliminated),
        count(Disposition::LoadBearing),
        count(Disposition::Reproduced) + count(Disposition::NotApplicable),
    );
    Tile {
        label: "Bad practice gone",
        part: gone,
        whole: findings,
        good: gone + bearing + reproduced == findings,
    }
    .write(
        page,
        &format!(
            "{bearing} load-bearing, {reproduced} reproduced, {} open",
            findings - gone - bearing - reproduced
        ),
    );

    let constructs = || jobs.iter().flat_map(|job| &job.constructs);
    let lifted = constructs()
        .filter(|construct| !matches!(construct.level, Level::None | Level::Partial))
        .count();
    Tile {
        label: "Constructs lifted",
        part: lifted,
        whole: constructs().count(),
        good: lifted == constructs().count(),
    }
    .write(page, "now set-based SQL");

    let requirements = || jobs.iter().flat_map(|job| &job.requirements);
    let evidenced = requirements()
        .filter(|requirement| !requirement.evidence.is_empty())
        .count();
    let all = requirements().count();
    let pieces: usize = requirements()
        .map(|requirement| requirement.evidence.len())
        .sum();
    Tile {
        label: "Requirements",
        part: evidenced,
        whole: all,
        good: evidenced == all,
    }
    .write(
        page,
        &format!("with {} of evidence", counted(pieces, "piece")),
    );
}

/// One figure of the head.
struct Tile {
    label: &'static str,
    part: usize,
    whole: usize,
    good: bool,
}

impl Tile {
    fn write(&self, page: &mut Html, note: &str) {
        html!(
            page,
            "<div class=\"tile\"><p class=\"label\">{}</p>",
            self.label
        );
        let (part, whole) = (Count(self.part as u64), Count(self.whole as u64));
        html!(
            page,
            "<p class=\"figure\">{}<small> / {}</small></p>",
            part,
            whole
        );
        bar(
            page,
            if self.good { "good" } else { "short" },
            self.part as u64,
            self.whole as u64,
            "",
        );
        html!(page, "<p class=\"note\">{}</p></div>\n", note);
    }
}
