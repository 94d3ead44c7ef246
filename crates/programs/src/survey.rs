//! Many programs judged at once, and what is said of them together.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use relift_lift::Level;

use crate::legacy::Legacy;
use crate::lifting::workspace;
use crate::program::Program;
use crate::shrinking::shrunk;
use crate::trial::{Court, Fault, Verdict};

/// A program with what became of it.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The program.
    pub program: Program,
    /// Its verdict.
    pub verdict: Verdict,
    /// Made small, with its fault, where there is one.
    pub shrunk: Option<(Program, Fault)>,
}

/// The time every run is said to happen at.
pub fn processing_time() -> jiff::Timestamp {
    jiff::Timestamp::from_second(1_717_560_182).expect("it is a time")
}

/// Judges programs on as many threads as asked; the answers stand in the programs' order.
pub fn judged(programs: &[Program], threads: usize, python: &Path) -> Result<Vec<Judged>, String> {
    let next = AtomicUsize::new(0);
    let found: Mutex<BTreeMap<usize, Judged>> = Mutex::new(BTreeMap::new());
    let failed: Mutex<Option<String>> = Mutex::new(None);
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, programs.len().max(1)) {
            let (next, found, failed) = (&next, &found, &failed);
            let work = move || -> Result<(), String> {
                let workspace = workspace();
                let time = processing_time();
                let mut legacy = Legacy::start(python, time)?;
                #[cfg(feature = "engine")]
                let mut engine =
                    crate::Engine::start(&workspace, time).map_err(|error| error.to_string())?;
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(program) = programs.get(at) else {
                        return Ok(());
                    };
                    let mut court = Court {
                        workspace: &workspace,
                        legacy: &mut legacy,
                        #[cfg(feature = "engine")]
                        rewritten: Some(&mut engine),
                        #[cfg(not(feature = "engine"))]
                        rewritten: None,
                        processing_time: time,
                    };
                    let verdict = court.judge(program)?;
                    let shrunk = match &verdict.fault {
                        None => None,
                        Some(fault) => Some(shrunk(&mut court, program, fault)?),
                    };
                    lock(found).insert(
                        at,
                        Judged {
                            program: program.clone(),
                            verdict,
                            shrunk,
                        },
                    );
                }
            };
            // A large frame of a debug build and a deep program need more than a thread's default.
            let started = std::thread::Builder::new()
                .stack_size(64 << 20)
                .spawn_scoped(scope, move || {
                    if let Err(what) = work() {
                        lock(failed).get_or_insert(what);
                    }
                });
            if let Err(error) = started {
                lock(failed).get_or_insert(error.to_string());
            }
        }
    });
    if let Some(what) = lock(&failed).take() {
        return Err(what);
    }
    Ok(std::mem::take(&mut *lock(&found)).into_values().collect())
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Counts over judged programs.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// Programs.
    pub programs: usize,
    /// Those that raised on some date.
    pub raising: usize,
    /// Those lifted, by level.
    pub levels: BTreeMap<&'static str, usize>,
    /// Lifted programs that a guard stopped on some date on which the legacy program answers.
    pub guarded: usize,
    /// Per construct: programs, lifted ones.
    pub constructs: BTreeMap<&'static str, (usize, usize)>,
    /// Refusals by reason: programs, and the first one's name with the refusal in full.
    pub refusals: BTreeMap<String, (usize, String)>,
    /// Guards that stop answering programs, by reason.
    pub guards: BTreeMap<String, (usize, String)>,
    /// Wrong results.
    pub faults: usize,
}

impl Survey {
    /// Counts.
    pub fn of(judged: &[Judged]) -> Self {
        let mut survey = Self::default();
        for one in judged {
            survey.count(one);
        }
        survey
    }

    fn count(&mut self, judged: &Judged) {
        let Judged {
            program, verdict, ..
        } = judged;
        self.programs += 1;
        self.raising += usize::from(verdict.raised.iter().any(Option::is_some));
        self.faults += usize::from(verdict.fault.is_some());
        let lifted = verdict.lifted.is_ok();
        for construct in &program.constructs {
            let counts = self.constructs.entry(construct).or_default();
            counts.0 += 1;
            counts.1 += usize::from(lifted);
        }
        match &verdict.lifted {
            Ok(level) => {
                *self.levels.entry(level.word()).or_default() += 1;
                let stopped = verdict
                    .guarded
                    .iter()
                    .zip(&verdict.raised)
                    .find_map(|(guard, raised)| guard.as_ref().filter(|_| raised.is_none()));
                if let Some(what) = stopped {
                    self.guarded += 1;
                    let entry = self.guards.entry(outline(what)).or_default();
                    entry.0 += 1;
                    if entry.1.is_empty() {
                        entry.1 = format!("{}: {what}", program.name);
                    }
                }
            }
            Err(refused) => {
                *self.levels.entry(Level::None.word()).or_default() += 1;
                // The first refusal is the one to lift first; the others may follow from it.
                if let Some(refusal) = refused.refusals.first() {
                    let reason = outline(&format!("{}: {}", refusal.construct, refusal.reason));
                    let entry = self
                        .refusals
                        .entry(format!("{} [{}]", reason, refused.step));
                    let entry = entry.or_default();
                    entry.0 += 1;
                    if entry.1.is_empty() {
                        let line = refusal.span.as_ref().and_then(|span| {
                            code_line(program, &span.to_string()).map(|line| format!(" `{line}`"))
                        });
                        entry.1 =
                            format!("{}: {refusal}{}", program.name, line.unwrap_or_default());
                    }
                }
            }
        }
    }

    /// The report in text.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let percent = |part: usize, whole: usize| 100.0 * part as f64 / whole.max(1) as f64;
        let none = self.levels.get("none").copied().unwrap_or_default();
        let lifted = self.programs - none;
        let _ = writeln!(
            text,
            "programs {}, raising {} ({:.1} %), lifted {lifted} ({:.1} %), stopped by a guard on some date {}, wrong {}",
            self.programs,
            self.raising,
            percent(self.raising, self.programs),
            percent(lifted, self.programs),
            self.guarded,
            self.faults
        );
        for (level, count) in &self.levels {
            let _ = writeln!(
                text,
                "  {level:<18} {count:>6} {:>6.1} %",
                percent(*count, self.programs)
            );
        }
        let _ = writeln!(
            text,
            "\nconstruct                         programs   share   lifted"
        );
        let mut rows: Vec<_> = self.constructs.iter().collect();
        rows.sort_by(|a, b| {
            percent(a.1.1, a.1.0)
                .total_cmp(&percent(b.1.1, b.1.0))
                .then(a.0.cmp(b.0))
        });
        for (name, (count, lifted)) in rows {
            let _ = writeln!(
                text,
                "  {name:<32} {count:>7} {:>6.1} % {:>6.1} %",
                percent(*count, self.programs),
                percent(*lifted, *count)
            );
        }
        for (title, reasons) in [
            ("refusals by reason", &self.refusals),
            ("guards that stop a program that answers", &self.guards),
        ] {
            let _ = writeln!(text, "\n{title}");
            let mut rows: Vec<_> = reasons.iter().collect();
            rows.sort_by(|a, b| b.1.0.cmp(&a.1.0).then(a.0.cmp(b.0)));
            for (reason, (count, example)) in rows {
                let _ = writeln!(text, "  {count:>5}  {reason}\n         {example}");
            }
        }
        text
    }
}

/// A reason without what is particular to one program: names in quotes, numbers.
fn outline(reason: &str) -> String {
    let mut text = String::new();
    let mut quote = None;
    for letter in reason.chars() {
        match quote {
            Some(open) if letter == open => {
                text.push('…');
                text.push(letter);
                quote = None;
            }
            Some(_) => {}
            None if letter == '`' || letter == '"' => {
                text.push(letter);
                quote = Some(letter);
            }
            None if letter.is_ascii_digit() => {
                if !text.ends_with('0') {
                    text.push('0');
                }
            }
            None => text.push(letter),
        }
    }
    text.chars().take(200).collect()
}

/// The line of code a place `module_1.py:12` names.
fn code_line(program: &Program, place: &str) -> Option<String> {
    let mut parts = place.split(':');
    let module = parts.next()?.trim_start_matches("module_");
    let module: usize = module.split('.').next()?.parse().ok()?;
    let line: usize = parts.next()?.trim().parse().ok()?;
    let text = program.modules.get(module.checked_sub(1)?)?.text();
    text.lines()
        .nth(line.checked_sub(1)?)
        .map(|line| line.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_that_differ_in_names_only_are_one() {
        assert_eq!(outline("call of `foo`: 12 rows"), "call of `…`: 0 rows");
    }
}
