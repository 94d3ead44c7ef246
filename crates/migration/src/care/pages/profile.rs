//! Profiles as a page and as Markdown.

use relift_governance::html::Html;
use relift_platform::care::{ColumnProfile, Sign, TableProfile};

use super::{count, html, markdown_head, markdown_row, page, problem};

/// The page of profiles.
pub(in crate::care) fn profile(workspace: &str, profiles: &[TableProfile]) -> String {
    let rows: u64 = profiles.iter().map(|profile| profile.rows).sum();
    let lead = format!(
        "{} tables with {} rows. Values of personal columns are shown as shapes: A for capitals, a for small letters, 9 for digits.",
        profiles.len(),
        count(rows)
    );
    page(workspace, "Profiles", &lead, |page| {
        for profile in profiles {
            table(page, profile);
        }
    })
}

fn table(page: &mut Html, profile: &TableProfile) {
    html!(
        page,
        "<section>\n<h2>{}</h2>\n<p class=\"quiet\">{}</p>\n",
        profile.table,
        about(profile)
    );
    problem(page, profile.problem.as_deref());
    html!(
        page,
        "<div class=\"scroll\"><table>\n<thead><tr><th>column</th><th>type</th><th>NULL</th><th>different</th><th>least</th><th>greatest</th><th>mean</th><th>most frequent</th><th>shapes</th></tr></thead>\n<tbody>\n"
    );
    for column in &profile.columns {
        html!(page, "<tr><th scope=\"row\">{}", column.name);
        personal_tag(page, column);
        html!(
            page,
            "</th><td>{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td><td>{}</td><td>{}</td><td class=\"number\">{}</td><td>{}</td><td>{}</td></tr>\n",
            column.data_type,
            nulls(column),
            distinct(column),
            column.min.as_deref().unwrap_or_default(),
            column.max.as_deref().unwrap_or_default(),
            mean(column),
            top(column, 5),
            shapes(column, 4)
        );
    }
    html!(page, "</tbody>\n</table></div>\n</section>\n");
}

/// Marks a personal column and says how it was recognised.
pub(super) fn personal_tag(page: &mut Html, column: &ColumnProfile) {
    if let Some(personal) = column.personal {
        html!(
            page,
            " <span class=\"personal\" title=\"personal, by its {}\">{}</span>",
            sign(personal.by),
            personal.kind.word()
        );
    }
}

fn sign(sign: Sign) -> &'static str {
    match sign {
        Sign::Name => "name",
        Sign::Content => "content",
    }
}

fn about(profile: &TableProfile) -> String {
    let dates = profile
        .dates
        .map_or_else(String::new, |dates| format!(" on {dates} dates"));
    format!(
        "{} rows{dates}, version {}",
        count(profile.rows),
        profile.version
    )
}

pub(super) fn nulls(column: &ColumnProfile) -> String {
    let mut text = format!("{:.2} %", column.null_percent);
    if column.empty > 0 {
        text.push_str(&format!(", {} empty", count(column.empty)));
    }
    if column.nans > 0 {
        text.push_str(&format!(", {} NaN", count(column.nans)));
    }
    text
}

pub(super) fn distinct(column: &ColumnProfile) -> String {
    let about = if column.distinct_exact { "" } else { "about " };
    format!("{about}{}", count(column.distinct))
}

fn mean(column: &ColumnProfile) -> String {
    column
        .mean
        .map_or_else(String::new, |mean| format!("{mean:.4}"))
}

fn top(column: &ColumnProfile, most: usize) -> String {
    let least = if column.top_exact { "" } else { "at least " };
    let values = column.top.iter().take(most).map(|top| {
        let value = if top.value.is_empty() {
            "(empty)"
        } else {
            &top.value
        };
        format!("{value} \u{d7} {least}{}", count(top.count))
    });
    values.collect::<Vec<_>>().join(" \u{b7} ")
}

fn shapes(column: &ColumnProfile, most: usize) -> String {
    let shapes = column.shapes.iter().take(most).map(|found| {
        let shape = if found.shape.is_empty() {
            "(empty)"
        } else {
            &found.shape
        };
        format!("{shape} \u{d7} {}", count(found.count))
    });
    shapes.collect::<Vec<_>>().join(" \u{b7} ")
}

/// Profiles as Markdown.
pub(in crate::care) fn profile_markdown(workspace: &str, profiles: &[TableProfile]) -> String {
    let mut text = format!(
        "# {}: profiles\n\nValues of personal columns are shown as shapes: A for capitals, a for small letters, 9 for digits.\n",
        super::markdown_cell(workspace)
    );
    for profile in profiles {
        text.push_str(&format!(
            "\n## {}\n\n{}\n\n",
            super::markdown_cell(&profile.table),
            about(profile)
        ));
        if let Some(problem) = &profile.problem {
            text.push_str(&format!(
                "**Not read to the end:** {}\n\n",
                super::markdown_cell(problem)
            ));
        }
        text.push_str(&markdown_head(&[
            "column",
            "type",
            "personal",
            "NULL",
            "different",
            "least",
            "greatest",
            "mean",
            "most frequent",
            "shapes",
        ]));
        for column in &profile.columns {
            let personal = column.personal.map_or_else(String::new, |personal| {
                format!("{} (by {})", personal.kind.word(), sign(personal.by))
            });
            text.push_str(&markdown_row(&[
                column.name.clone(),
                column.data_type.clone(),
                personal,
                nulls(column),
                distinct(column),
                column.min.clone().unwrap_or_default(),
                column.max.clone().unwrap_or_default(),
                mean(column),
                top(column, 5),
                shapes(column, 4),
            ]));
        }
    }
    text
}
