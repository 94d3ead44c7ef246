//! What happened on the way (planted faults, jobs sent back) and the files of the package.

use super::{anchor, counted, prose};
use crate::html::{Count, Html, html};
use crate::{JobModel, Model, Package};

/// Every round that did not end well, with the experiment that named its cause.
pub(super) fn write_sent_back(page: &mut Html, model: &Model) {
    let eventful = |job: &&JobModel| {
        !job.reopened.is_empty()
            || !job.causes.is_empty()
            || job
                .rewrites
                .values()
                .any(|rewrite| rewrite.sabotage.is_some())
    };
    let jobs: Vec<&JobModel> = model.jobs.values().filter(eventful).collect();
    html!(
        page,
        "<section id=\"sent-back\">\n<h2>Sent back, and why</h2>\n"
    );
    if jobs.is_empty() {
        html!(
            page,
            "<p class=\"about\">No job was sent back: every comparison agreed in the first round.</p>\n</section>\n"
        );
        return;
    }
    html!(
        page,
        "<p class=\"about\">A difference sends its job back to rewriting with a cause found by experiment; "
    );
    html!(
        page,
        "the code writer never sees the expected output.</p>\n<ol class=\"story\">\n"
    );
    for job in jobs {
        for round in 1..=job.state.round {
            write_round(page, model, job, round);
        }
    }
    html!(page, "</ol>\n</section>\n");
}

fn write_round(page: &mut Html, model: &Model, job: &JobModel, round: u32) {
    let sabotage = job
        .rewrites
        .get(&round)
        .and_then(|rewrite| rewrite.sabotage.as_ref());
    let causes: Vec<_> = job
        .causes
        .values()
        .filter(|cause| cause.round == round)
        .collect();
    // A reopening is told in the round that it ended.
    let reopened: Vec<_> = job
        .reopened
        .iter()
        .filter(|reopened| reopened.round == round + 1)
        .collect();
    if sabotage.is_none() && causes.is_empty() && reopened.is_empty() {
        return;
    }
    html!(
        page,
        "<li><p class=\"when\"><a href=\"#{}\">{}</a>, round {}</p>\n",
        anchor(model, &job.name),
        job.name,
        round
    );
    if let Some(sabotage) = sabotage {
        html!(
            page,
            "<p><span class=\"tag planted\">fault planted</span> <code>{}</code>: {}</p>\n",
            sabotage.file,
            sabotage.change
        );
    }
    for cause in causes {
        html!(
            page,
            "<p><span class=\"tag cause\">cause found</span> <b>{}</b>: ",
            cause.cause
        );
        prose(page, &cause.experiment);
        let (explained, all) = (Count(cause.explained), Count(cause.of));
        html!(
            page,
            " <span class=\"quiet\">({} of {} differing rows explained)</span></p>\n",
            explained,
            all
        );
    }
    for reopened in reopened {
        html!(
            page,
            "<p><span class=\"tag back\">sent back</span> from {} to {}: ",
            reopened.from,
            reopened.to
        );
        prose(page, &reopened.cause);
        html!(page, "</p>\n");
    }
    html!(page, "</li>\n");
}

/// The machine-readable files beside this page, with their hashes, and what the books say.
/// How well the code nobody here has read was kept from what it was not given.
pub(super) fn write_isolation(page: &mut Html, model: &Model) {
    let levels = model.isolation();
    if levels.is_empty() {
        return;
    }
    html!(
        page,
        "<section id=\"isolation\">\n<h2>How legacy code was isolated</h2>\n"
    );
    for (level, runs) in levels {
        let (word, meaning) = level.map_or(
            ("unrecorded", "No record says how well it was isolated."),
            |level| (level.word(), level.meaning()),
        );
        html!(
            page,
            "<p class=\"about\">{} at level <b>{}</b>. {}</p>\n",
            counted(runs, "run"),
            word,
            meaning
        );
    }
    html!(page, "</section>\n");
}

pub(super) fn write_files(page: &mut Html, model: &Model, package: &Package) {
    let books = model.conservation();
    html!(
        page,
        "<section id=\"files\">\n<h2>Files of this package</h2>\n<p class=\"about\">"
    );
    html!(
        page,
        "{} jobs and {} job dates in scope; ",
        Count(model.jobs.len() as u64),
        Count((model.jobs.len() * model.dates.len()) as u64)
    );
    if books.holds {
        html!(
            page,
            "each is accounted for by name, none is lost or counted twice."
        );
    } else {
        html!(
            page,
            "<strong>the books do not balance; not in scope, yet in the record: {}.</strong>",
            books.surplus.join(", ")
        );
    }
    html!(
        page,
        " All figures of this page are folded from the same ledger as these files.</p>\n"
    );
    html!(
        page,
        "<div class=\"scroll\"><table>\n<thead><tr><th>File</th><th>Answers</th><th>Bytes</th><th>Hash</th></tr></thead>\n<tbody>\n"
    );
    for report in super::super::ALL {
        html!(
            page,
            "<tr><th scope=\"row\"><a href=\"{}\">{}</a></th><td>{}</td>",
            report.file,
            report.file,
            report.question()
        );
        match package.file(report.file) {
            Some(file) => {
                html!(
                    page,
                    "<td class=\"number\">{}</td>",
                    Count(file.content.len() as u64)
                );
                html!(
                    page,
                    "<td><code class=\"hash\">{}</code></td></tr>\n",
                    file.hash()
                );
            }
            None => html!(
                page,
                "<td></td><td class=\"quiet\">made after this table</td></tr>\n"
            ),
        }
    }
    html!(page, "</tbody>\n</table></div>\n</section>\n");
}
