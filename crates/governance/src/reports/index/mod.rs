//! `index.html`: the package on one page, for people.
//!
//! One file without scripts, fonts or links to anywhere else, so that it opens from a disk, a mail
//! or a dashboard alike, today and in ten years. Its style stands in one `<style>` element, which
//! the dashboard's content policy admits by hash.

mod findings;
mod jobs;
mod lifting;
mod matrix;
mod overview;
mod record;
mod verdicts;

use super::declare_report;
use crate::html::{Html, html};
use crate::{Model, Package, SCHEMA_VERSION};

declare_report! {
    /// What was taken over, is it equal, and what became of the bad practice?
    ///
    /// The page to begin with: verdict, match matrix, both axes per job, what was sent back and why,
    /// refusals, findings, and everything known of each job.
    pub static INDEX = { file: "index.html", render: render }
}

fn render(model: &Model, package: &Package) -> String {
    let mut page = Html::default();
    html!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    );
    html!(
        page,
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    );
    html!(
        page,
        "<meta name=\"relift-schema-version\" content=\"{}\">\n",
        SCHEMA_VERSION
    );
    html!(
        page,
        "<title>{}: from legacy to proven rewrites</title>\n<style>",
        model.workspace
    );
    page.push(format_args!("{}", include_str!("style.css")));
    html!(page, "</style>\n</head>\n<body>\n");
    overview::write(&mut page, model);
    html!(page, "<main>\n");
    matrix::write(&mut page, model);
    verdicts::write(&mut page, model);
    record::write_sent_back(&mut page, model);
    lifting::write(&mut page, model);
    findings::write(&mut page, model);
    jobs::write(&mut page, model);
    record::write_isolation(&mut page, model);
    record::write_files(&mut page, model, package);
    html!(page, "</main>\n</body>\n</html>\n");
    page.finish()
}

/// Anchor of a job's part of the page; a position, because a name may hold anything.
fn anchor(model: &Model, job: &str) -> String {
    format!(
        "job-{}",
        model
            .jobs
            .keys()
            .position(|name| name == job)
            .unwrap_or_default()
            + 1
    )
}

/// A share as a bar and in figures; nothing of nothing is no bar.
fn bar(page: &mut Html, class: &str, part: u64, whole: u64, text: &str) {
    if whole == 0 {
        html!(
            page,
            "<span class=\"share\"><span class=\"quiet\">{}</span></span>",
            text
        );
        return;
    }
    let width = u128::from(part) * 1000 / u128::from(whole);
    html!(
        page,
        "<span class=\"share\"><svg class=\"bar {}\" viewBox=\"0 0 1000 10\" ",
        class
    );
    html!(
        page,
        "preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect class=\"track\" width=\"1000\" height=\"10\"/>"
    );
    html!(
        page,
        "<rect class=\"part\" width=\"{}\" height=\"10\"/></svg><span>{}</span></span>",
        width,
        text
    );
}

/// A sentence in which what stands between back-ticks is code; an odd back-tick stays what it is.
fn prose(page: &mut Html, text: &str) {
    let pieces: Vec<&str> = text.split('`').collect();
    if pieces.len().is_multiple_of(2) {
        html!(page, "{}", text);
        return;
    }
    for (at, piece) in pieces.into_iter().enumerate() {
        if at % 2 == 1 {
            html!(page, "<code>{}</code>", piece);
        } else {
            html!(page, "{}", piece);
        }
    }
}

/// `1 job`, `2 jobs`.
fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", crate::html::Count(count as u64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LedgerEvent, fixture};

    fn page(events: &[LedgerEvent]) -> String {
        let model = Model::fold(events).expect("folds");
        Package::of(&model)
            .file("index.html")
            .expect("made")
            .content
            .clone()
    }

    #[test]
    fn the_page_shows_what_matters() {
        let page = page(&fixture::conversion());
        for expected in [
            "rounded half-up, not half-even",
            "LEFT JOIN became INNER JOIN",
            "assuming an outer join, 10 of 10 rows agree",
            "the loop calls itself",
            "without the limit 12 rows change",
            "2.34",
            "req~late_orders.region~1",
            "last_region_wins",
            "match_matrix.csv",
            "at level <b>complete</b>. It had a root folder",
        ] {
            assert!(page.contains(expected), "{expected} is not on the page");
        }
    }

    #[test]
    fn the_page_needs_nothing_but_itself() {
        let page = page(&fixture::conversion());
        for forbidden in [
            "<script", "http:", "https:", "style=", "@import", "url(", "src=", "onclick",
        ] {
            assert!(!page.contains(forbidden), "{forbidden} is on the page");
        }
    }

    #[test]
    fn no_value_becomes_markup() {
        let hostile =
            "\"'><img src=x onerror=alert(1)><script>alert(2)</script>&lt;</style></title>";
        let clean = page(&fixture::conversion());
        let events: Vec<LedgerEvent> = fixture::conversion()
            .iter()
            .map(|event| {
                let record = event.to_record();
                LedgerEvent::from_record(&record.kind, poisoned(record.body, hostile))
                    .expect("only texts changed")
            })
            .collect();
        let page = page(&events);
        assert!(page.contains("&lt;script&gt;"));
        let tags = |page: &str, tag: &str| page.matches(tag).count();
        for tag in ["<script", "<img", "</style>", "</title>"] {
            assert_eq!(tags(&page, tag), tags(&clean, tag), "{tag}");
        }
    }

    /// Every text that is free to be anything, poisoned; names stay different from each other.
    fn poisoned(value: serde_json::Value, hostile: &str) -> serde_json::Value {
        use serde_json::Value;
        const WORDS: [&str; 13] = [
            "first",
            "last",
            "effective_date",
            "status",
            "grade",
            "side",
            "stage",
            "outcome",
            "level",
            "disposition",
            "answer",
            "schema_version",
            "isolation",
        ];
        match value {
            Value::String(text) => Value::String(format!("{text}{hostile}")),
            Value::Array(items) => items
                .into_iter()
                .map(|item| poisoned(item, hostile))
                .collect(),
            Value::Object(members) => members
                .into_iter()
                .map(|(key, item)| {
                    let item = if WORDS.contains(&key.as_str()) {
                        item
                    } else {
                        poisoned(item, hostile)
                    };
                    (key, item)
                })
                .collect(),
            other => other,
        }
    }
}
