//! `match_matrix.csv`: one line per job in scope and date.

use super::declare_report;
use crate::csv::Csv;
use crate::{Cell, Model, Package};

declare_report! {
    /// On which dates does which rewritten job give what the legacy job gave?
    ///
    /// One line per job in scope and effective date, whatever became of it.
    pub static MATCH_MATRIX = { file: "match_matrix.csv", render: render }
}

fn render(model: &Model, _: &Package) -> String {
    let mut csv = Csv::new([
        "job",
        "effective_date",
        "status",
        "grade",
        "rows_legacy",
        "rows_rewrite",
        "rows_matched",
        "match_percent",
        "cause",
    ]);
    for (job, cell) in model.all_cells() {
        let count = |rows: Option<u64>| rows.map_or_else(String::new, |rows| rows.to_string());
        csv.line(&[
            job.name.clone(),
            cell.effective_date.to_owned(),
            cell.status.word().to_owned(),
            cell.grade.word().to_owned(),
            count(cell.rows.map(|rows| rows.legacy)),
            count(cell.rows.map(|rows| rows.rewrite)),
            count(cell.rows.map(|rows| rows.matched)),
            cell.rows
                .map_or_else(String::new, crate::RowsCompared::match_percent),
            remark(&cell),
        ]);
    }
    csv.finish()
}

/// Why a cell is no pass, and whether its legacy side is a recording: the columns are a fixed format.
fn remark(cell: &Cell<'_>) -> String {
    let recorded = cell.recorded.then_some("recorded baseline");
    let parts: Vec<&str> = recorded.into_iter().chain(cell.cause).collect();
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LedgerEvent, fixture};

    #[test]
    fn a_recorded_legacy_side_is_marked_on_passes_too() {
        let mut events = fixture::conversion_of(&["late_orders"]);
        for event in &mut events {
            if let LedgerEvent::RunFinished(run) = event {
                run.recorded = run.side == "legacy" && run.effective_date == "2024-10-02";
            }
        }
        let model = Model::fold(&events).expect("folds");
        let matrix = render(&model, &Package::default());
        let lines: Vec<&str> = matrix.lines().skip(1).collect();
        assert_eq!(
            lines,
            [
                "late_orders,2024-10-01,pass,bytes,5,5,5,100.00,",
                "late_orders,2024-10-02,pass,bytes,5,5,5,100.00,recorded baseline"
            ]
        );
    }

    #[test]
    fn every_job_and_date_has_its_line() {
        let model = Model::fold(&fixture::conversion_of(&[
            "late_orders",
            "refund_ledger",
            "daily_revenue",
            "never_seen",
        ]))
        .expect("folds");
        let expected = "\
job,effective_date,status,grade,rows_legacy,rows_rewrite,rows_matched,match_percent,cause
daily_revenue,2024-10-01,differs,differs,400,400,100,25.00,\"rounded half-up, not half-even\"
daily_revenue,2024-10-02,differs,differs,400,400,100,25.00,\"rounded half-up, not half-even\"
late_orders,2024-10-01,pass,bytes,5,5,5,100.00,
late_orders,2024-10-02,pass,bytes,5,5,5,100.00,
never_seen,2024-10-01,missing,none,,,,,
never_seen,2024-10-02,missing,none,,,,,
refund_ledger,2024-10-01,legacy,none,,,,,the loop calls itself
refund_ledger,2024-10-02,legacy,none,,,,,the loop calls itself
";
        assert_eq!(render(&model, &Package::default()), expected);
    }
}
