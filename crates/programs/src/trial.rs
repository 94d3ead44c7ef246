//! One program on both sides: what each says on each date, and which two disagree.

use std::fmt;

use relift_job::Workspace;
use relift_lift::Level;

use crate::interpretation::{Interpreted, interpreted};
use crate::legacy::{Answer, Legacy};
use crate::lifting::{Refused, Understood, understand};
use crate::program::Program;

/// The rewritten side: prints are run by an engine on the rows of a date.
pub trait Rewritten {
    /// Runs the rewritten job, guards first.
    fn run(
        &mut self,
        program: &Program,
        day: usize,
        understood: &Understood,
        workspace: &Workspace,
    ) -> Outcome;
}

/// What a rewritten job did on a date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The file it wrote.
    Wrote(String),
    /// The guard that stopped it.
    Guarded(String),
    /// It failed in another way.
    Failed(String),
}

/// What became of a program.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// On how many dates the legacy program raised.
    pub raised: Vec<Option<String>>,
    /// The refusal, or how far it was lifted.
    pub lifted: Result<Level, Refused>,
    /// Dates on which a guard stopped the rewrite, with its obligation.
    pub guarded: Vec<Option<String>>,
    /// What is wrong, if anything is.
    pub fault: Option<Fault>,
}

/// Two sides that disagree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which sides.
    pub kind: FaultKind,
    /// On which date.
    pub date: String,
    /// What the first side says.
    pub expected: String,
    /// What the second side says.
    pub found: String,
}

/// Where a wrong answer comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Legacy and interpreter: the frontend understood something else.
    Frontend,
    /// Interpreter before and after the rules.
    Rule,
    /// Interpreter and engine: the printed SQL means something else.
    Printer,
    /// The legacy program raises, the rewrite answers.
    Unraised,
    /// The rewrite neither answers nor is stopped by a guard.
    Broken,
    /// Frontend, rules or printer panicked.
    Panic,
    /// The program itself is not well formed.
    Form,
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Frontend => "frontend: legacy and interpreter differ",
            Self::Rule => "rule: the interpreter answers differently before and after lifting",
            Self::Printer => "printer: interpreter and engine differ",
            Self::Unraised => "the legacy program raises, the rewrite answers",
            Self::Broken => "the rewrite fails without a guard",
            Self::Panic => "a panic",
            Self::Form => "the program is not well formed",
        })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} on {}\n--- expected\n{}\n--- found\n{}",
            self.kind,
            self.date,
            self.expected.trim_end(),
            self.found.trim_end()
        )
    }
}

/// Everything a trial runs on.
pub struct Court<'a> {
    /// Settings.
    pub workspace: &'a Workspace,
    /// CPython and pandas.
    pub legacy: &'a mut Legacy,
    /// The engine; without one, the interpreter of the lifted form stands for it.
    pub rewritten: Option<&'a mut dyn Rewritten>,
    /// The time every run is said to happen at.
    pub processing_time: jiff::Timestamp,
}

impl Court<'_> {
    /// Runs a program on both sides and compares. An error is a failure of the court.
    pub fn judge(&mut self, program: &Program) -> Result<Verdict, String> {
        let mut answers = Vec::new();
        for day in &program.days {
            answers.push(self.legacy.run(program, day, self.workspace)?);
        }
        let raised = answers
            .iter()
            .map(|answer| match answer {
                Answer::Raised(what) => Some(what.clone()),
                Answer::Wrote(_) => None,
            })
            .collect();
        let mut verdict = Verdict {
            raised,
            lifted: Ok(Level::Flat),
            guarded: vec![None; program.days.len()],
            fault: None,
        };
        let sqlite = self.legacy.sqlite().to_owned();
        let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            understand(program, self.workspace, &sqlite)
        }));
        let understood = match found {
            Ok(Ok(Ok(understood))) => understood,
            Ok(Ok(Err(refused))) => {
                verdict.lifted = Err(refused);
                return Ok(verdict);
            }
            Ok(Err(form)) => {
                verdict.fault = Some(Fault::whole(FaultKind::Form, form));
                return Ok(verdict);
            }
            Err(panic) => {
                verdict.fault = Some(Fault::whole(FaultKind::Panic, panic_text(&*panic)));
                return Ok(verdict);
            }
        };
        verdict.lifted = Ok(understood.level);
        for (at, answer) in answers.iter().enumerate() {
            let fault = self.day(program, at, answer, &understood, &mut verdict);
            if fault.is_some() {
                verdict.fault = fault;
                break;
            }
        }
        Ok(verdict)
    }

    fn day(
        &mut self,
        program: &Program,
        at: usize,
        answer: &Answer,
        understood: &Understood,
        verdict: &mut Verdict,
    ) -> Option<Fault> {
        let day = &program.days[at];
        let fault = |kind, expected: &str, found: &str| {
            Some(Fault {
                kind,
                date: day.date.clone(),
                expected: expected.to_owned(),
                found: found.to_owned(),
            })
        };
        let after = |this: &Self| {
            let root = understood.lifted.flow.sinks[0].input;
            interpreted(
                program,
                day,
                &understood.lifted.flow,
                root,
                this.workspace,
                this.processing_time,
            )
        };
        let outcome = match &mut self.rewritten {
            Some(engine) => {
                let run = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                    engine.run(program, at, understood, self.workspace)
                }));
                match run {
                    Ok(outcome) => outcome,
                    Err(panic) => return fault(FaultKind::Panic, "", &panic_text(&*panic)),
                }
            }
            None => match after(self) {
                Interpreted::Wrote(text) => Outcome::Wrote(text),
                Interpreted::Unmet(what) => Outcome::Guarded(what),
                Interpreted::Raised(what) => Outcome::Failed(what),
            },
        };
        let before = interpreted(
            program,
            day,
            &understood.flow,
            understood.root,
            self.workspace,
            self.processing_time,
        );
        match (answer, &outcome) {
            (_, Outcome::Guarded(what)) => {
                verdict.guarded[at] = Some(what.clone());
                None
            }
            // It fails loudly on both sides.
            (Answer::Raised(_), Outcome::Failed(_)) => None,
            (Answer::Raised(what), Outcome::Wrote(text)) => fault(FaultKind::Unraised, what, text),
            (Answer::Wrote(text), Outcome::Failed(what)) => fault(FaultKind::Broken, text, what),
            (Answer::Wrote(expected), Outcome::Wrote(found)) => {
                if let Interpreted::Wrote(middle) = &before
                    && middle != expected
                {
                    return fault(FaultKind::Frontend, expected, middle);
                }
                if expected == found {
                    if let Interpreted::Raised(what) = &before {
                        return fault(FaultKind::Frontend, expected, what);
                    }
                    return None;
                }
                let kind = match after(self) {
                    Interpreted::Wrote(after) if after == *expected => FaultKind::Printer,
                    _ => FaultKind::Rule,
                };
                fault(kind, expected, found)
            }
        }
    }
}

impl Fault {
    fn whole(kind: FaultKind, found: String) -> Self {
        Self {
            kind,
            date: "any date".to_owned(),
            expected: String::new(),
            found,
        }
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_else(|| "a panic without words".to_owned())
}
