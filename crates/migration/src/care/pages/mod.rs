//! The pages: one self-contained file each, without scripts, fonts or links to anywhere else.
//!
//! States are told by symbols as well as by colours, and the colours are ones that people who do not see
//! red or green tell apart.

mod audit;
mod dictionary;
mod profile;

use relift_governance::html::Html;

pub(super) use audit::audit;
pub(super) use dictionary::{dictionary, dictionary_markdown};
pub(super) use profile::{profile, profile_markdown};

/// Writes markup; the format must be a literal and every argument is escaped.
macro_rules! html {
    ($page:expr, $markup:literal $(, $value:expr)* $(,)?) => {
        $page.push(format_args!($markup $(, relift_governance::html::Escaped(&$value))*))
    };
}

use html;

/// Why a table could not be looked at, if it could not.
fn problem(page: &mut Html, problem: Option<&str>) {
    if let Some(problem) = problem {
        html!(
            page,
            "<p><span class=\"weight error\">error</span> {}</p>\n",
            problem
        );
    }
}

/// A page with a title, a lead and what `body` writes.
fn page(workspace: &str, title: &str, lead: &str, body: impl FnOnce(&mut Html)) -> String {
    let mut page = Html::default();
    html!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    );
    html!(
        page,
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    );
    html!(page, "<title>{}: {}</title>\n<style>", workspace, title);
    page.push(format_args!("{}", include_str!("style.css")));
    html!(
        page,
        "</style>\n</head>\n<body>\n<header>\n<p class=\"quiet\">{}</p>\n<h1>{}</h1>\n<p>{}</p>\n</header>\n<main>\n",
        workspace,
        title,
        lead
    );
    body(&mut page);
    html!(page, "</main>\n</body>\n</html>\n");
    page.finish()
}

/// A cell of a Markdown table: nothing in it ends the cell or becomes markup.
fn markdown_cell(text: &str) -> String {
    let mut cell = String::new();
    for character in text.chars() {
        match character {
            '|' | '\\' | '*' | '_' | '`' | '<' | '[' | ']' | '#' | '~' => {
                cell.push('\\');
                cell.push(character);
            }
            control if control.is_control() => cell.push(' '),
            plain => cell.push(plain),
        }
    }
    cell
}

/// A row of a Markdown table.
fn markdown_row(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| markdown_cell(cell)).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// The title row of a Markdown table.
fn markdown_head(titles: &[&str]) -> String {
    format!(
        "| {} |\n|{}\n",
        titles.join(" | "),
        " --- |".repeat(titles.len())
    )
}

/// A count with its thousands apart.
fn count(count: u64) -> String {
    relift_governance::html::Count(count).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_becomes_markup() {
        let page = page("<b>", "a & b", "\"x\"", |page| {
            html!(page, "<p>{}</p>", "</style><script>");
        });
        assert!(!page.contains("<script") && !page.contains("<b>"));
        assert!(page.contains("&lt;/style&gt;&lt;script&gt;"));
        for forbidden in ["http:", "https:", "src=", "url(", "@import", "onclick"] {
            assert!(!page.contains(forbidden), "{forbidden}");
        }
        assert_eq!(
            markdown_row(&["a|b\n*c*".to_owned()]),
            "| a\\|b \\*c\\* |\n"
        );
    }
}
