//! The data dictionary as a page and as Markdown.

use relift_governance::html::Html;

use super::profile::{distinct, nulls, personal_tag};
use super::{count, html, markdown_cell, markdown_head, markdown_row, page, problem};
use crate::care::dictionary::{DescribedColumn, DescribedOutput, DescribedTable, Dictionary};

/// The page of the dictionary.
pub(in crate::care) fn dictionary(workspace: &str, dictionary: &Dictionary) -> String {
    let lead = format!(
        "{} lake tables and {} outputs from {} to {}: what the columns hold, who reads them and what comes of them.",
        dictionary.tables.len(),
        dictionary.outputs.len(),
        dictionary.first,
        dictionary.last
    );
    page(workspace, "Data dictionary", &lead, |page| {
        contents(page, dictionary);
        for (at, table) in dictionary.tables.iter().enumerate() {
            write_table(page, at, table);
        }
        for (at, output) in dictionary.outputs.iter().enumerate() {
            write_output(page, at, output);
        }
    })
}

fn contents(page: &mut Html, dictionary: &Dictionary) {
    html!(
        page,
        "<section>\n<h2>Contents</h2>\n<div class=\"scroll\"><table>\n<thead><tr><th>lake table</th><th>what it is</th><th>owner</th><th>rows</th><th>read by</th></tr></thead>\n<tbody>\n"
    );
    for (at, table) in dictionary.tables.iter().enumerate() {
        html!(
            page,
            "<tr><th scope=\"row\"><a href=\"#table-{}\">{}</a></th><td>{}</td><td>{}</td><td class=\"number\">{}</td><td>{}</td></tr>\n",
            at + 1,
            table.name,
            table.description.as_deref().unwrap_or_default(),
            table.owner.as_deref().unwrap_or_default(),
            count(table.rows),
            jobs(table.read_by.len())
        );
    }
    html!(
        page,
        "</tbody>\n</table></div>\n<div class=\"scroll\"><table>\n<thead><tr><th>output</th><th>written by</th><th>what it is</th></tr></thead>\n<tbody>\n"
    );
    for (at, output) in dictionary.outputs.iter().enumerate() {
        html!(
            page,
            "<tr><th scope=\"row\"><a href=\"#output-{}\">{}</a></th><td>{}</td><td>{}</td></tr>\n",
            at + 1,
            output.name,
            output.job,
            output.description.as_deref().unwrap_or_default()
        );
    }
    html!(page, "</tbody>\n</table></div>\n</section>\n");
}

fn jobs(count: usize) -> String {
    match count {
        0 => "no job".to_owned(),
        1 => "1 job".to_owned(),
        more => format!("{more} jobs"),
    }
}

fn write_table(page: &mut Html, at: usize, table: &DescribedTable) {
    html!(
        page,
        "<section id=\"table-{}\">\n<h2>{}</h2>\n",
        at + 1,
        table.name
    );
    if let Some(description) = &table.description {
        html!(page, "<p>{}</p>\n", description);
    }
    html!(page, "<p class=\"quiet\">{}</p>\n", about(table));
    problem(page, table.problem.as_deref());
    html!(
        page,
        "<div class=\"scroll\"><table>\n<thead><tr><th>column</th><th>type</th><th>can be NULL</th><th>what it means</th><th>different</th><th>values</th><th>read by</th><th>becomes part of</th></tr></thead>\n<tbody>\n"
    );
    for column in &table.columns {
        html!(page, "<tr><th scope=\"row\">{}", column.profile.name);
        personal_tag(page, &column.profile);
        html!(
            page,
            "</th><td>{}</td><td>{}</td><td>{}</td><td class=\"number\">{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
            column.profile.data_type,
            nullable(column),
            column.description.as_deref().unwrap_or_default(),
            distinct(&column.profile),
            values(column),
            column.read_by.join(", "),
            column.feeds.join(", ")
        );
    }
    html!(page, "</tbody>\n</table></div>\n</section>\n");
}

fn about(table: &DescribedTable) -> String {
    let dates = table
        .dates
        .map_or_else(String::new, |dates| format!(" on {dates} dates"));
    let owner = table
        .owner
        .as_ref()
        .map_or_else(String::new, |owner| format!("; owner: {owner}"));
    let readers = if table.read_by.is_empty() {
        "no job reads it".to_owned()
    } else {
        format!("read by {}", table.read_by.join(", "))
    };
    format!("{} rows{dates}; {readers}{owner}", count(table.rows))
}

fn nullable(column: &DescribedColumn) -> String {
    match (column.profile.rows, column.profile.nulls) {
        (0, _) => "not known".to_owned(),
        (_, 0) => "never is".to_owned(),
        (rows, nulls) if rows == nulls => "always is".to_owned(),
        _ => nulls(&column.profile),
    }
}

fn values(column: &DescribedColumn) -> String {
    let profile = &column.profile;
    if profile.distinct_exact && profile.distinct <= 8 && profile.personal.is_none() {
        let values: Vec<&str> = profile
            .top
            .iter()
            .map(|top| {
                if top.value.is_empty() {
                    "(empty)"
                } else {
                    top.value.as_str()
                }
            })
            .collect();
        return values.join(", ");
    }
    match (&profile.min, &profile.max) {
        (Some(min), Some(max)) if min == max => min.clone(),
        (Some(min), Some(max)) => format!("{min} to {max}"),
        _ => String::new(),
    }
}

fn write_output(page: &mut Html, at: usize, output: &DescribedOutput) {
    html!(
        page,
        "<section id=\"output-{}\">\n<h2>{}</h2>\n<p class=\"quiet\">written by {}</p>\n",
        at + 1,
        output.name,
        output.job
    );
    if let Some(description) = &output.description {
        html!(page, "<p>{}</p>\n", description);
    }
    if let Some(problem) = &output.problem {
        html!(
            page,
            "<p>Its columns are not traced: {}</p>\n</section>\n",
            problem
        );
        return;
    }
    html!(
        page,
        "<div class=\"scroll\"><table>\n<thead><tr><th>column</th><th>type</th><th>what it means</th><th>comes from</th></tr></thead>\n<tbody>\n"
    );
    for column in &output.columns {
        html!(
            page,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td></tr>\n",
            column.name,
            column.data_type,
            column.description.as_deref().unwrap_or_default(),
            sources(&column.sources)
        );
    }
    html!(page, "</tbody>\n</table></div>\n</section>\n");
}

fn sources(sources: &[String]) -> String {
    if sources.is_empty() {
        "no lake column: a constant, a count or the date".to_owned()
    } else {
        sources.join(", ")
    }
}

/// The dictionary as Markdown.
pub(in crate::care) fn dictionary_markdown(workspace: &str, dictionary: &Dictionary) -> String {
    let mut text = format!(
        "# {}: data dictionary\n\nFrom {} to {}.\n",
        markdown_cell(workspace),
        dictionary.first,
        dictionary.last
    );
    for table in &dictionary.tables {
        text.push_str(&format!("\n## {}\n\n", markdown_cell(&table.name)));
        if let Some(description) = &table.description {
            text.push_str(&format!("{}\n\n", markdown_cell(description)));
        }
        text.push_str(&format!("{}\n\n", markdown_cell(&about(table))));
        text.push_str(&markdown_head(&[
            "column",
            "type",
            "personal",
            "can be NULL",
            "what it means",
            "different",
            "values",
            "read by",
            "becomes part of",
        ]));
        for column in &table.columns {
            let personal = column
                .profile
                .personal
                .map_or_else(String::new, |personal| personal.kind.word().to_owned());
            text.push_str(&markdown_row(&[
                column.profile.name.clone(),
                column.profile.data_type.clone(),
                personal,
                nullable(column),
                column.description.clone().unwrap_or_default(),
                distinct(&column.profile),
                values(column),
                column.read_by.join(", "),
                column.feeds.join(", "),
            ]));
        }
    }
    for output in &dictionary.outputs {
        text.push_str(&format!(
            "\n## {}\n\nWritten by {}.\n\n",
            markdown_cell(&output.name),
            markdown_cell(&output.job)
        ));
        if let Some(description) = &output.description {
            text.push_str(&format!("{}\n\n", markdown_cell(description)));
        }
        if let Some(problem) = &output.problem {
            text.push_str(&format!(
                "Its columns are not traced: {}\n",
                markdown_cell(problem)
            ));
            continue;
        }
        text.push_str(&markdown_head(&[
            "column",
            "type",
            "what it means",
            "comes from",
        ]));
        for column in &output.columns {
            text.push_str(&markdown_row(&[
                column.name.clone(),
                column.data_type.clone(),
                column.description.clone().unwrap_or_default(),
                sources(&column.sources),
            ]));
        }
    }
    text
}
