//! The match matrix: job by date, one square each.

use super::{anchor, counted};
use crate::compared::percent;
use crate::html::{Count, Html, html};
use crate::{Cell, CellStatus, Model};

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Classes of squares with what they mean, as the legend shows them.
const LEGEND: [(&str, &str); 8] = [
    ("bytes", "equal to the byte"),
    ("ordered", "same rows, order and types"),
    ("multiset", "same rows and types"),
    ("tolerance", "equal within a declared tolerance"),
    ("differs", "differs"),
    ("legacy", "not rewritten"),
    ("error", "could not run or compare"),
    ("missing", "not compared yet"),
];

pub(super) fn write(page: &mut Html, model: &Model) {
    html!(page, "<section id=\"matrix\">\n<h2>Match matrix</h2>\n");
    html!(
        page,
        "<p class=\"about\">Every job of the scope on every effective date. Each square is a run of the old "
    );
    html!(
        page,
        "job, a run of the new one, and a comparison of all they wrote.</p>\n"
    );
    html!(
        page,
        "<div class=\"scroll\"><table class=\"matrix\">\n<thead>\n<tr><td></td>"
    );
    for (month, days) in months(model) {
        html!(
            page,
            "<th colspan=\"{}\" class=\"month\" scope=\"colgroup\">{}</th>",
            days,
            month
        );
    }
    html!(page, "<td></td><td></td></tr>\n<tr><td></td>");
    for date in &model.dates {
        let day = date.rsplit('-').next().unwrap_or_default();
        html!(page, "<th scope=\"col\" title=\"{}\">{}</th>", date, day);
    }
    html!(
        page,
        "<th scope=\"col\" class=\"sum\">equal</th><th scope=\"col\" class=\"sum\">rows</th></tr>\n</thead>\n<tbody>\n"
    );
    for job in model.jobs.values() {
        html!(
            page,
            "<tr><th scope=\"row\"><a href=\"#{}\">{}</a></th>",
            anchor(model, &job.name),
            job.name
        );
        let mut passed = 0;
        for cell in model.cells(job) {
            passed += usize::from(cell.status == CellStatus::Pass);
            html!(
                page,
                "<td class=\"{}\" title=\"{}\"></td>",
                class(&cell),
                tooltip(&job.name, &cell)
            );
        }
        let rows = job.rows(&model.dates);
        html!(
            page,
            "<td class=\"sum\">{} / {}</td>",
            passed,
            model.dates.len()
        );
        if model.dates.iter().any(|date| job.compared(date).is_some()) {
            let share = percent(rows.matched_basis_points());
            html!(
                page,
                "<td class=\"sum\">{} %</td></tr>\n",
                share.strip_suffix(".00").unwrap_or(&share)
            );
        } else {
            html!(page, "<td class=\"sum quiet\">none</td></tr>\n");
        }
    }
    html!(page, "</tbody>\n</table></div>\n<ul class=\"legend\">");
    let used: Vec<&str> = model.all_cells().map(|(_, cell)| class(&cell)).collect();
    for (class, meaning) in LEGEND {
        let count = used.iter().filter(|used| **used == class).count();
        if count > 0 {
            html!(
                page,
                "<li><span class=\"square {}\"></span>{} <b>{}</b></li>",
                class,
                meaning,
                Count(count as u64)
            );
        }
    }
    html!(page, "</ul>\n");
    let recorded = model.all_cells().filter(|(_, cell)| cell.recorded).count();
    if recorded > 0 {
        html!(
            page,
            "<p class=\"about\">{} of these squares stand on recorded baselines: what the old job wrote was \
             imported, it did not run here.</p>\n",
            Count(recorded as u64)
        );
    }
    html!(page, "</section>\n");
}

/// A pass shows how strong it is, everything else what it is.
fn class(cell: &Cell<'_>) -> &'static str {
    match cell.status {
        CellStatus::Pass => cell.grade.word(),
        other => other.word(),
    }
}

fn tooltip(job: &str, cell: &Cell<'_>) -> String {
    let verdict = format!("{job}, {}: {}", cell.effective_date, cell.status);
    let counts = cell.rows.map(|rows| {
        let all = counted(rows.legacy.max(rows.rewrite) as usize, "row");
        format!(
            " ({}), {} of {all} matched",
            cell.grade,
            Count(rows.matched)
        )
    });
    let cause = cell.cause.map(|cause| format!("\n{cause}"));
    let recorded = cell
        .recorded
        .then(|| "\nagainst a recorded baseline".to_owned());
    [Some(verdict), counts, recorded, cause]
        .into_iter()
        .flatten()
        .collect()
}

/// Months with how many dates they have here.
fn months(model: &Model) -> Vec<(String, usize)> {
    let mut months: Vec<(String, usize)> = Vec::new();
    for date in &model.dates {
        let mut parts = date.split('-');
        let (year, month) = (
            parts.next().unwrap_or_default(),
            parts.next().unwrap_or_default(),
        );
        let name = month
            .parse::<usize>()
            .ok()
            .and_then(|month| MONTHS.get(month.wrapping_sub(1)))
            .unwrap_or(&month);
        let title = format!("{name} {year}");
        match months.last_mut() {
            Some((last, days)) if *last == title => *days += 1,
            _ => months.push((title, 1)),
        }
    }
    months
}
