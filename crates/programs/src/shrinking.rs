//! Makes a program that fails small: rows, dates, tables, columns and statements go while the fault stays.
//!
//! Whatever is tried must still fail in the same way; a program that merely stops being well formed
//! raises on both sides or is refused, and then it does not fail.

use crate::program::{ModuleText, Program};
use crate::trial::{Court, Fault};

/// Most trials of one program.
const TRIALS_MAX: usize = 400;

/// The smallest program found that fails as `program` does.
pub fn shrunk(
    court: &mut Court<'_>,
    program: &Program,
    fault: &Fault,
) -> Result<(Program, Fault), String> {
    let mut shrinking = Shrinking {
        court,
        best: program.clone(),
        fault: fault.clone(),
        left: TRIALS_MAX,
    };
    loop {
        let before = shrinking.best.text().len();
        shrinking.days()?;
        shrinking.rows()?;
        shrinking.statements()?;
        shrinking.columns()?;
        if shrinking.best.text().len() == before || shrinking.left == 0 {
            return Ok((shrinking.best, shrinking.fault));
        }
    }
}

struct Shrinking<'a, 'b> {
    court: &'a mut Court<'b>,
    best: Program,
    fault: Fault,
    left: usize,
}

impl Shrinking<'_, '_> {
    /// Keeps the candidate if it fails in the same way.
    fn accept(&mut self, candidate: Program) -> Result<bool, String> {
        if self.left == 0 {
            return Ok(false);
        }
        self.left -= 1;
        match self.court.judge(&candidate)?.fault {
            Some(fault) if fault.kind == self.fault.kind => {
                self.best = candidate;
                self.fault = fault;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn days(&mut self) -> Result<(), String> {
        let mut at = 0;
        while self.best.days.len() > 1 && at < self.best.days.len() {
            let mut candidate = self.best.clone();
            candidate.days.remove(at);
            if !self.accept(candidate)? {
                at += 1;
            }
        }
        Ok(())
    }

    fn rows(&mut self) -> Result<(), String> {
        for day in 0..self.best.days.len() {
            for table in 0..self.best.tables.len() {
                let mut chunk = self.best.days[day].rows[table].len();
                while chunk > 0 {
                    let mut at = 0;
                    while at < self.best.days[day].rows[table].len() {
                        let mut candidate = self.best.clone();
                        let rows = &mut candidate.days[day].rows[table];
                        rows.drain(at..(at + chunk).min(rows.len()));
                        if !self.accept(candidate)? {
                            at += chunk;
                        }
                    }
                    chunk /= 2;
                }
            }
        }
        Ok(())
    }

    /// A line goes with the lines that stand deeper below it.
    fn statements(&mut self) -> Result<(), String> {
        for module in 0..self.best.modules.len() {
            let mut at = 0;
            loop {
                let lines: Vec<String> = self.best.modules[module]
                    .text()
                    .lines()
                    .map(str::to_owned)
                    .collect();
                if at >= lines.len() {
                    break;
                }
                let depth = |line: &String| line.len() - line.trim_start().len();
                let own = depth(&lines[at]);
                let mut end = at + 1;
                while end < lines.len()
                    && (lines[end].trim().is_empty() || depth(&lines[end]) > own)
                {
                    end += 1;
                }
                let without = |range: std::ops::Range<usize>| {
                    let mut kept = lines.clone();
                    kept.drain(range);
                    kept.join("\n") + "\n"
                };
                let mut gone = self.try_text(module, without(at..end))?;
                if !gone && end > at + 1 {
                    // The block without its head.
                    let mut kept = lines.clone();
                    for line in &mut kept[at + 1..end] {
                        if let Some(rest) = line.strip_prefix("    ") {
                            *line = rest.to_owned();
                        }
                    }
                    kept.remove(at);
                    gone = self.try_text(module, kept.join("\n") + "\n")?;
                }
                if !gone {
                    at += 1;
                }
            }
        }
        Ok(())
    }

    fn try_text(&mut self, module: usize, text: String) -> Result<bool, String> {
        let mut candidate = self.best.clone();
        match &mut candidate.modules[module] {
            ModuleText::Python { text: old, .. } | ModuleText::Sql { text: old, .. } => *old = text,
        }
        self.accept(candidate)
    }

    fn columns(&mut self) -> Result<(), String> {
        for table in 0..self.best.tables.len() {
            let mut at = 0;
            // The effective date stays.
            while at + 1 < self.best.tables[table].columns.len() {
                let mut candidate = self.best.clone();
                candidate.tables[table].columns.remove(at);
                for day in &mut candidate.days {
                    for row in &mut day.rows[table] {
                        row.remove(at);
                    }
                }
                if !self.accept(candidate)? {
                    at += 1;
                }
            }
        }
        let mut table = 0;
        while self.best.tables.len() > 1 && table < self.best.tables.len() {
            let mut candidate = self.best.clone();
            candidate.tables.remove(table);
            for day in &mut candidate.days {
                day.rows.remove(table);
            }
            if !self.accept(candidate)? {
                table += 1;
            }
        }
        Ok(())
    }
}
