//! The audit's page: the heat map of tables and dates, and every finding.

use relift_governance::html::Html;
use relift_platform::care::{Audit, Cell, CellState, Finding, Origin, TableAudit};

use super::{count, html, page};

/// States with their symbols and meanings, as the legend shows them.
const STATES: [(CellState, &str, &str, &str); 6] = [
    (
        CellState::Complete,
        "complete",
        "\u{2713}",
        "there, with about as many rows as usual",
    ),
    (
        CellState::Deviates,
        "deviates",
        "\u{2248}",
        "there, with over 20 % more or fewer rows than usual",
    ),
    (
        CellState::Damaged,
        "damaged",
        "!",
        "there, but files are gone, broken or hold something else",
    ),
    (CellState::Missing, "missing", "\u{2717}", "missing"),
    (
        CellState::Unexpected,
        "unexpected",
        "+",
        "there though nothing is expected",
    ),
    (
        CellState::NotExpected,
        "not-expected",
        "\u{b7}",
        "nothing expected, nothing there",
    ),
];

/// The class and symbol of a state.
fn shown(state: CellState) -> (&'static str, &'static str) {
    STATES
        .iter()
        .find(|(known, ..)| *known == state)
        .map_or(("", ""), |(_, class, symbol, _)| (*class, *symbol))
}

/// The page of an audit.
pub(in crate::care) fn audit(workspace: &str, audit: &Audit) -> String {
    let lead = format!(
        "{} tables from {} to {}: which partitions are there, whether they hold what they should, and what changed.",
        audit.tables.len(),
        audit.first,
        audit.last
    );
    page(workspace, "Audit of the lake", &lead, |page| {
        tiles(page, audit);
        heat_map(page, audit);
        findings(page, audit);
        tables(page, audit);
    })
}

fn tiles(page: &mut Html, audit: &Audit) {
    html!(page, "<div class=\"tiles\">\n");
    let tile = |page: &mut Html, figure: usize, label: &str| {
        html!(
            page,
            "<div class=\"tile\"><p class=\"figure\">{}</p><p class=\"label\">{}</p></div>\n",
            count(figure as u64),
            label
        );
    };
    tile(page, audit.errors, "errors");
    tile(page, audit.warnings, "warnings");
    tile(
        page,
        audit.cells_in(CellState::Missing),
        "partitions missing",
    );
    tile(
        page,
        audit.cells_in(CellState::Damaged),
        "partitions damaged",
    );
    tile(
        page,
        audit.cells_in(CellState::Deviates),
        "row counts unusual",
    );
    let present = audit.cells_in(CellState::Complete) + audit.cells_in(CellState::Deviates);
    tile(page, present, "partitions sound");
    html!(page, "</div>\n");
}

fn heat_map(page: &mut Html, audit: &Audit) {
    let dated: Vec<&TableAudit> = audit
        .tables
        .iter()
        .filter(|table| !table.cells.is_empty())
        .collect();
    html!(
        page,
        "<section id=\"completeness\">\n<h2>Completeness</h2>\n"
    );
    let Some(first) = dated.first() else {
        html!(
            page,
            "<p>No table is partitioned by date.</p>\n</section>\n"
        );
        return;
    };
    html!(
        page,
        "<p class=\"quiet\">Each square is a partition; pointing at it tells its rows. The usual number of rows is the median of the other dates of the same kind of day, working day or weekend.</p>\n"
    );
    html!(
        page,
        "<div class=\"scroll\"><table class=\"heat\">\n<thead>\n<tr><td></td>"
    );
    let mut months: Vec<(String, usize)> = Vec::new();
    for cell in &first.cells {
        let month = cell.date.to_string()[..7].to_owned();
        match months.last_mut() {
            Some((last, days)) if *last == month => *days += 1,
            _ => months.push((month, 1)),
        }
    }
    for (month, days) in &months {
        html!(
            page,
            "<th class=\"month\" scope=\"colgroup\" colspan=\"{}\">{}</th>",
            days,
            month
        );
    }
    html!(page, "<td></td></tr>\n<tr><td></td>");
    for cell in &first.cells {
        html!(
            page,
            "<th scope=\"col\" title=\"{}\">{}</th>",
            cell.date,
            cell.date.0.day()
        );
    }
    html!(
        page,
        "<th scope=\"col\">rows</th></tr>\n</thead>\n<tbody>\n"
    );
    for table in dated {
        html!(
            page,
            "<tr><th scope=\"row\" title=\"{}\">{}</th>",
            table.calendar.as_deref().unwrap_or_default(),
            table.table
        );
        for cell in &table.cells {
            let (class, symbol) = shown(cell.state);
            html!(
                page,
                "<td class=\"state {}\" title=\"{}\">{}</td>",
                class,
                title(table, cell),
                symbol
            );
        }
        html!(page, "<td class=\"rows\">{}</td></tr>\n", count(table.rows));
    }
    html!(page, "</tbody>\n</table></div>\n<ul class=\"legend\">\n");
    for (_, class, symbol, meaning) in STATES {
        html!(
            page,
            "<li><span class=\"state {}\">{}</span>{}</li>\n",
            class,
            symbol,
            meaning
        );
    }
    html!(page, "</ul>\n</section>\n");
}

fn title(table: &TableAudit, cell: &Cell) -> String {
    let state = shown(cell.state).0.replace('-', " ");
    let mut text = format!("{} {}: {state}", table.table, cell.date);
    if let Some(rows) = cell.rows {
        text.push_str(&format!(", {} rows", count(rows)));
    }
    if let (Some(usual), Some(deviation)) = (cell.usual_rows, cell.deviation_percent) {
        text.push_str(&format!(", usually {} ({deviation:+.1} %)", count(usual)));
    }
    text
}

fn findings(page: &mut Html, audit: &Audit) {
    html!(page, "<section id=\"findings\">\n<h2>Findings</h2>\n");
    if audit.findings.is_empty() {
        html!(page, "<p>Nothing was found wrong.</p>\n</section>\n");
        return;
    }
    html!(
        page,
        "<div class=\"scroll\"><table>\n<thead><tr><th>weight</th><th>what</th><th>table</th><th>date</th><th>columns</th><th>found</th><th>known by</th><th>what to do</th></tr></thead>\n<tbody>\n"
    );
    for finding in &audit.findings {
        row(page, finding);
    }
    html!(page, "</tbody>\n</table></div>\n</section>\n");
}

fn row(page: &mut Html, finding: &Finding) {
    html!(
        page,
        "<tr><td><span class=\"weight {}\">{}</span></td><td>{}</td><th scope=\"row\">{}</th><td class=\"date\">{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
        finding.weight.word(),
        finding.weight.word(),
        finding.check.words(),
        finding.table,
        finding
            .date
            .map_or_else(String::new, |date| date.to_string()),
        finding.columns.join(", "),
        finding.message,
        finding.origin.map_or("", Origin::word),
        finding.remedy.as_deref().unwrap_or_default()
    );
}

fn tables(page: &mut Html, audit: &Audit) {
    html!(
        page,
        "<section id=\"tables\">\n<h2>Tables</h2>\n<div class=\"scroll\"><table>\n<thead><tr><th>table</th><th>version</th><th>files</th><th>rows</th><th>has data</th><th>keys that hold</th><th>personal columns</th></tr></thead>\n<tbody>\n"
    );
    for table in &audit.tables {
        let calendar = match (&table.calendar, table.calendar_origin) {
            (Some(calendar), Some(origin)) => format!("{calendar} ({})", origin.word()),
            _ => "not by date".to_owned(),
        };
        let keys: Vec<String> = table
            .keys
            .iter()
            .map(|key| format!("({})", key.join(", ")))
            .collect();
        let personal: Vec<String> = table
            .columns
            .iter()
            .filter_map(|column| {
                let personal = column.personal?;
                Some(format!("{} ({})", column.name, personal.kind.word()))
            })
            .collect();
        html!(
            page,
            "<tr><th scope=\"row\">{}</th><td class=\"number\">{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
            table.table,
            table.version,
            table.files,
            count(table.rows),
            calendar,
            keys.join(" "),
            personal.join(", ")
        );
    }
    html!(page, "</tbody>\n</table></div>\n");
    if !audit.references.is_empty() {
        html!(
            page,
            "<h3>References</h3>\n<div class=\"scroll\"><table>\n<thead><tr><th>from</th><th>to</th><th>known by</th></tr></thead>\n<tbody>\n"
        );
        for reference in &audit.references {
            html!(
                page,
                "<tr><td>{}({})</td><td>{}({})</td><td>{}</td></tr>\n",
                reference.from.table,
                reference.from.columns.join(", "),
                reference.to.table,
                reference.to.columns.join(", "),
                reference.origin.word()
            );
        }
        html!(page, "</tbody>\n</table></div>\n");
    }
    html!(page, "</section>\n");
}
