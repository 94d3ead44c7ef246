//! How far constructs were lifted, and every refusal with its reason.

use relift_team::End;

use super::{anchor, prose};
use crate::html::{Count, Html, html};
use crate::{Level, Model};

const MEANINGS: [(Level, &str); 5] = [
    (Level::Flat, "plain relational SQL"),
    (Level::Window, "SQL with window functions"),
    (
        Level::OrderedAggregate,
        "an aggregate that depends on order",
    ),
    (Level::Partial, "a rest stays with the Python worker"),
    (Level::None, "refused, the construct stays as it is"),
];

pub(super) fn write(page: &mut Html, model: &Model) {
    html!(
        page,
        "<section id=\"lifting\">\n<h2>Lifting and refusals</h2>\n"
    );
    html!(
        page,
        "<p class=\"about\">What each construct of the old code became. What is not understood is refused with "
    );
    html!(
        page,
        "a reason, and its job stays as it is.</p>\n<ul class=\"levels\">"
    );
    for (level, meaning) in MEANINGS {
        let count = model
            .jobs
            .values()
            .flat_map(|job| &job.constructs)
            .filter(|construct| construct.level == level)
            .count();
        let class = if count == 0 { "quiet" } else { "some" };
        html!(
            page,
            "<li class=\"{}\"><b>{}</b><span class=\"name\">{}</span>",
            class,
            Count(count as u64),
            level.word().replace('_', " ")
        );
        html!(page, "<span class=\"note\">{}</span></li>", meaning);
    }
    html!(page, "</ul>\n");
    let refused = |level| matches!(level, Level::None | Level::Partial);
    let refusals: Vec<_> = model
        .jobs
        .values()
        .flat_map(|job| job.constructs.iter().map(move |construct| (job, construct)))
        .filter(|(_, construct)| refused(construct.level))
        .collect();
    let unexplained: Vec<_> = model
        .jobs
        .values()
        .filter(|job| {
            matches!(
                job.state.end(),
                Some(End::Legacy | End::Failed | End::DeadLetter)
            )
        })
        .collect();
    if refusals.is_empty() && unexplained.is_empty() {
        html!(
            page,
            "<p class=\"fine\">Nothing was refused.</p>\n</section>\n"
        );
        return;
    }
    html!(
        page,
        "<div class=\"scroll\"><table>\n<thead><tr><th>Job</th><th>What</th><th>Reason</th><th>Where</th></tr></thead>\n<tbody>\n"
    );
    for (job, construct) in refusals {
        html!(
            page,
            "<tr><th scope=\"row\"><a href=\"#{}\">{}</a></th>",
            anchor(model, &job.name),
            job.name
        );
        html!(
            page,
            "<td>{} <span class=\"quiet\">in {}</span></td>",
            construct.construct,
            construct.module
        );
        html!(page, "<td>");
        prose(page, &construct.reason);
        html!(page, "</td><td><code>{}</code></td></tr>\n", construct.span);
    }
    for job in unexplained {
        html!(
            page,
            "<tr><th scope=\"row\"><a href=\"#{}\">{}</a></th>",
            anchor(model, &job.name),
            job.name
        );
        html!(
            page,
            "<td>the job ended as <span class=\"pill {}\">{}</span></td>",
            job.state.word(),
            job.state.word()
        );
        html!(page, "<td>");
        prose(page, job.state.cause.as_deref().unwrap_or_default());
        html!(page, "</td><td></td></tr>\n");
    }
    html!(page, "</tbody>\n</table></div>\n</section>\n");
}
