//! Everything known of each job, folded away until asked for.

use super::{anchor, counted, prose};
use crate::event::Evidence;
use crate::html::{Count, Html, html};
use crate::{CellCompared, CellStatus, JobModel, Model};

/// Differing dates shown per job; all of them are in the match matrix.
const DATES_SHOWN: usize = 5;

pub(super) fn write(page: &mut Html, model: &Model) {
    html!(page, "<section id=\"jobs\">\n<h2>Job by job</h2>\n");
    for job in model.jobs.values() {
        let status = model.status(job);
        html!(
            page,
            "<details class=\"job\">\n<summary><b>{}</b> <span class=\"pill {}\">{}</span>",
            job.name,
            status,
            status
        );
        html!(
            page,
            " <span class=\"quiet\">{}, {}, {}</span></summary>\n<div class=\"inside\" id=\"{}\">\n",
            counted(job.requirements.len(), "requirement"),
            counted(job.constructs.len(), "construct"),
            counted(job.findings.len(), "finding"),
            anchor(model, &job.name),
        );
        if let Some(cause) = job.state.cause.as_deref().filter(|_| !model.passes(job)) {
            html!(page, "<p class=\"reason\">");
            prose(page, cause);
            html!(page, "</p>\n");
        }
        requirements(page, model, job);
        tests(page, job);
        constructs(page, job);
        findings(page, job);
        obligations(page, job);
        differences(page, model, job);
        files(page, job);
        html!(page, "</div>\n</details>\n");
    }
    html!(page, "</section>\n");
}

fn requirements(page: &mut Html, model: &Model, job: &JobModel) {
    if job.requirements.is_empty() {
        return;
    }
    let queries = Queries::of(model, job);
    html!(page, "<h3>What it does</h3>\n<ol class=\"requirements\">\n");
    for requirement in &job.requirements {
        html!(page, "<li><p>");
        prose(page, &requirement.sentence);
        html!(
            page,
            " <span class=\"quiet\">{} %</span></p><p class=\"evidence\"><code>{}</code>",
            requirement.confidence_percent,
            requirement.id
        );
        for (file, lines) in places(&requirement.evidence) {
            html!(page, " &middot; <code>{}:{}</code>", file, lines.join(", "));
        }
        for number in queries.numbers(&requirement.evidence) {
            html!(
                page,
                " &middot; <a href=\"#{}-{}\">query {}</a>",
                queries.anchor,
                number,
                number
            );
        }
        let tests: Vec<&str> = job.tests_of(&requirement.id).collect();
        if !tests.is_empty() && tests.len() == job.tests.len() {
            html!(page, " &middot; tested by all {}", tests.len());
        } else {
            for test in tests {
                html!(page, " &middot; test {}", test);
            }
        }
        for code in job.code_of(&requirement.id) {
            // The folder is the job's own, as the files below show.
            let code = code
                .strip_prefix("artifacts/")
                .and_then(|code| code.strip_prefix(job.name.as_str()))
                .and_then(|code| code.strip_prefix('/'))
                .unwrap_or(code);
            html!(page, " &middot; now in <code>{}</code>", code);
        }
        html!(page, "</p></li>\n");
    }
    html!(page, "</ol>\n");
    queries.write(page);
}

/// Lines of the cited code by file, each once.
fn places(evidence: &[Evidence]) -> Vec<(&str, Vec<&str>)> {
    let mut places: Vec<(&str, Vec<&str>)> = Vec::new();
    for evidence in evidence {
        let Evidence::Code { span, .. } = evidence else {
            continue;
        };
        let (file, lines) = span.rsplit_once(':').unwrap_or((span, ""));
        match places.iter_mut().find(|(own, _)| *own == file) {
            Some((_, known)) if known.contains(&lines) => {}
            Some((_, known)) => known.push(lines),
            None => places.push((file, vec![lines])),
        }
    }
    places
}

/// The different queries of a job: several requirements rest on the same one.
struct Queries<'a> {
    anchor: String,
    asked: Vec<(&'a str, Vec<&'a str>)>,
}

impl<'a> Queries<'a> {
    fn of(model: &Model, job: &'a JobModel) -> Self {
        let mut asked: Vec<(&str, Vec<&str>)> = Vec::new();
        for evidence in job.requirements.iter().flat_map(|own| &own.evidence) {
            let Evidence::Query { sql, summary, .. } = evidence else {
                continue;
            };
            match asked.iter_mut().find(|(known, _)| known == sql) {
                Some((_, results)) if results.contains(&summary.as_str()) => {}
                Some((_, results)) => results.push(summary),
                None => asked.push((sql, vec![summary])),
            }
        }
        Self {
            anchor: format!("{}-query", anchor(model, &job.name)),
            asked,
        }
    }

    /// Numbers of the queries that evidence consists of, from 1, each once.
    fn numbers(&self, evidence: &[Evidence]) -> Vec<usize> {
        let mut numbers = Vec::new();
        for evidence in evidence {
            if let Evidence::Query { sql, .. } = evidence
                && let Some(at) = self.asked.iter().position(|(known, _)| known == sql)
                && !numbers.contains(&(at + 1))
            {
                numbers.push(at + 1);
            }
        }
        numbers
    }

    fn write(&self, page: &mut Html) {
        if self.asked.is_empty() {
            return;
        }
        html!(
            page,
            "<h3>Queries that show it</h3>\n<p class=\"quiet\">Table versions and digests of the results are in the job's requirements.json; <code>relift verify</code> asks again.</p>\n<ol class=\"queries\">\n"
        );
        for (number, (sql, results)) in (1..).zip(&self.asked) {
            html!(
                page,
                "<li id=\"{}-{}\"><p>{}</p><pre>{}</pre></li>\n",
                self.anchor,
                number,
                results.join(", "),
                sql
            );
        }
        html!(page, "</ol>\n");
    }
}

fn tests(page: &mut Html, job: &JobModel) {
    if job.tests.is_empty() {
        return;
    }
    html!(
        page,
        "<h3>Tests</h3>\n<p class=\"quiet\">{}, each run through the old and the new job: ",
        counted(job.tests.len(), "adversarial input")
    );
    let names: Vec<&str> = job.tests.iter().map(|test| test.test.as_str()).collect();
    html!(page, "{}.</p>\n", names.join("; "));
}

fn constructs(page: &mut Html, job: &JobModel) {
    if job.constructs.is_empty() {
        return;
    }
    html!(
        page,
        "<h3>How it was lifted</h3>\n<table>\n<thead><tr><th>Module</th><th>Construct</th><th>Level</th><th>Rule or reason</th><th>Where</th></tr></thead>\n<tbody>\n"
    );
    for construct in &job.constructs {
        let level = construct.level.word().replace('_', " ");
        html!(
            page,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>",
            construct.module,
            construct.construct,
            level
        );
        prose(page, &construct.reason);
        html!(page, "</td><td><code>{}</code></td></tr>\n", construct.span);
    }
    html!(page, "</tbody>\n</table>\n");
}

fn findings(page: &mut Html, job: &JobModel) {
    if job.findings.is_empty() {
        return;
    }
    html!(
        page,
        "<h3>Bad practice and what became of it</h3>\n<table>\n<thead><tr><th>Code</th><th>Where</th><th>Finding</th><th>Disposition</th><th>Because</th></tr></thead>\n<tbody>\n"
    );
    for finding in &job.findings {
        let (disposition, reason) = job.disposition(finding);
        html!(
            page,
            "<tr><td>{}</td><td><code>{}</code></td><td>",
            finding.code,
            finding.location
        );
        prose(page, &finding.message);
        html!(
            page,
            "</td><td><span class=\"pill {}\">{}</span></td><td>",
            disposition,
            disposition
        );
        prose(page, reason);
        html!(page, "</td></tr>\n");
    }
    html!(page, "</tbody>\n</table>\n");
}

fn obligations(page: &mut Html, job: &JobModel) {
    if job.obligations.is_empty() {
        return;
    }
    html!(
        page,
        "<h3>What the data answered</h3>\n<table>\n<thead><tr><th>Asked</th><th>Answer</th><th>Measured</th><th>For</th></tr></thead>\n<tbody>\n"
    );
    for asked in &job.obligations {
        html!(
            page,
            "<tr><td>{}</td><td>{}</td><td>{}</td>",
            asked.obligation,
            asked.answer,
            asked.evidence
        );
        html!(page, "<td><code>{}</code></td></tr>\n", asked.span);
    }
    html!(page, "</tbody>\n</table>\n");
}

fn differences(page: &mut Html, model: &Model, job: &JobModel) {
    let differing: Vec<&CellCompared> = model
        .dates
        .iter()
        .filter_map(|date| job.compared(date))
        .filter(|cell| cell.status != CellStatus::Pass)
        .collect();
    if differing.is_empty() {
        return;
    }
    html!(
        page,
        "<h3>Where it differs</h3>\n<p class=\"quiet\">{}",
        counted(differing.len(), "date")
    );
    if differing.len() > DATES_SHOWN {
        html!(page, ", the first {} of them here", DATES_SHOWN);
    }
    html!(
        page,
        "</p>\n<table>\n<thead><tr><th>Date</th><th>Output</th><th>Row</th><th>Column</th><th>Legacy</th><th>Rewrite</th></tr></thead>\n<tbody>\n"
    );
    for cell in differing.into_iter().take(DATES_SHOWN) {
        for output in &cell.outputs {
            let (rows, date) = (output.rows, &cell.effective_date);
            let note = output.note.clone().unwrap_or_default();
            html!(
                page,
                "<tr class=\"group\"><td>{}</td><td><code>{}</code></td>",
                date,
                output.output
            );
            html!(
                page,
                "<td colspan=\"4\">{} of {} rows matched. {}</td></tr>\n",
                Count(rows.matched),
                Count(rows.legacy.max(rows.rewrite)),
                note
            );
            for row in &output.differences {
                for column in &row.columns {
                    html!(
                        page,
                        "<tr><td></td><td></td><td>{}</td><td>{}</td>",
                        row.row,
                        column.column
                    );
                    for value in [&column.legacy, &column.rewrite] {
                        match value {
                            Some(value) => html!(page, "<td><code>{}</code></td>", value),
                            None => html!(page, "<td class=\"quiet\">absent</td>"),
                        }
                    }
                    html!(page, "</tr>\n");
                }
            }
        }
    }
    html!(page, "</tbody>\n</table>\n");
}

fn files(page: &mut Html, job: &JobModel) {
    html!(page, "<h3>Files</h3>\n<table class=\"plain\">\n<tbody>\n");
    let list = |page: &mut Html, label: &str, files: &[crate::FileHash]| {
        for file in files {
            html!(
                page,
                "<tr><td>{}</td><td><code>{}</code></td><td><code class=\"hash\">{}</code></td></tr>\n",
                label,
                file.path,
                file.hash
            );
        }
    };
    list(page, "legacy", &job.discovered.sources);
    list(
        page,
        "rewritten",
        job.rewrite().map_or(&[], |rewrite| &rewrite.files),
    );
    html!(
        page,
        "</tbody>\n</table>\n<p class=\"quiet\">Reads {}; writes {}.</p>\n",
        names(&job.discovered.inputs),
        names(&job.discovered.outputs)
    );
}

fn names(names: &[String]) -> String {
    if names.is_empty() {
        "nothing".to_owned()
    } else {
        names.join(", ")
    }
}
