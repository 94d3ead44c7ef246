//! Two axes per job: is it equal, and is it better.

use super::{anchor, bar};
use crate::compared::percent;
use crate::html::{Html, html};
use crate::{Attention, CellStatus, Disposition, JobModel, Model};

pub(super) fn write(page: &mut Html, model: &Model) {
    html!(
        page,
        "<section id=\"verdicts\">\n<h2>Two axes per job</h2>\n"
    );
    html!(
        page,
        "<p class=\"about\">Equal output alone is not success, and neither is nicer code alone: "
    );
    html!(
        page,
        "what was found is gone, or it is shown that the output depends on it.</p>\n"
    );
    html!(
        page,
        "<div class=\"scroll\"><table class=\"axes\">\n<thead><tr><th>Job</th><th>Status</th><th>Equivalence</th>"
    );
    html!(
        page,
        "<th>Bad practice settled</th><th>Lifted to</th><th>Rounds</th><th>Asks for</th></tr></thead>\n<tbody>\n"
    );
    for job in model.jobs.values() {
        let status = model.status(job);
        html!(
            page,
            "<tr><th scope=\"row\"><a href=\"#{}\">{}</a></th>",
            anchor(model, &job.name),
            job.name
        );
        html!(
            page,
            "<td><span class=\"pill {}\">{}</span></td><td>",
            status,
            status
        );

        let passed = model
            .cells(job)
            .filter(|cell| cell.status == CellStatus::Pass)
            .count();
        let rows = job.rows(&model.dates);
        let compared = model.dates.iter().any(|date| job.compared(date).is_some());
        let class = if model.passes(job) { "good" } else { "short" };
        if compared {
            let share = percent(rows.matched_basis_points());
            let share = share.strip_suffix(".00").unwrap_or(&share);
            let text = format!("{share} %, {passed} of {} dates", model.dates.len());
            bar(page, class, rows.matched_basis_points(), 10_000, &text);
        } else {
            bar(page, class, 0, 0, "not compared");
        }

        html!(page, "</td><td>");
        let (all, gone) = (
            job.findings.len(),
            job.findings_with(Disposition::Eliminated),
        );
        let bearing = job.findings_with(Disposition::LoadBearing);
        let reproduced = job.findings_with(Disposition::Reproduced)
            + job.findings_with(Disposition::NotApplicable);
        let settled = gone + bearing + reproduced;
        let class = if settled == all { "good" } else { "short" };
        let text = match (all, bearing) {
            (0, _) => "nothing found".to_owned(),
            (_, 0) => format!("{gone} of {all} removed"),
            (_, _) => format!("{gone} of {all} removed, {bearing} load-bearing"),
        };
        bar(page, class, settled as u64, all as u64, &text);

        let level = job.level().map_or("not decided", crate::Level::word);
        html!(
            page,
            "</td><td>{}</td><td class=\"number\">{}</td>",
            level.replace('_', " "),
            job.state.round
        );
        html!(
            page,
            "<td>{}</td></tr>\n",
            asks_for(model.attention(job), job, model.passes(job))
        );
    }
    html!(page, "</tbody>\n</table></div>\n</section>\n");
}

fn asks_for(attention: Attention, job: &JobModel, passes: bool) -> &'static str {
    match attention {
        _ if passes => "nothing",
        Attention::None => "see reason",
        Attention::Review => "a review",
        Attention::Differs if job.state.end().is_none() => "another round",
        Attention::Differs => "a closer look",
        Attention::Escalate => "a decision",
    }
}
