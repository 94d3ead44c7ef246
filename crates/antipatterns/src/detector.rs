//! The shape of a detector, and what it is shown.

use std::collections::{BTreeMap, BTreeSet};

use relift_dataflow::{Dataflow, Refusal};
use relift_diagnostics::SourceFile;
use relift_job::Job;
use relift_python::syntax::ModuleSyntax;

use crate::Finding;

/// A job as the detectors see it.
#[derive(Clone, Copy, Debug)]
pub struct JobView<'a> {
    /// As configured.
    pub job: &'a Job,
    /// As understood, dead code included; none when some of it was refused.
    pub flow: Option<&'a Dataflow>,
    /// What its outputs need, without loops; none when some of it was refused.
    pub lifted: Option<&'a Dataflow>,
    /// The file it is configured in.
    pub configuration: &'a SourceFile,
    /// Its Externals by module, also refused ones.
    pub externals: &'a BTreeMap<usize, ModuleSyntax>,
    /// Modules of the portfolio that these import, each with the first that does.
    pub siblings: &'a BTreeMap<usize, Vec<ModuleSyntax>>,
    /// Names of the lake's tables, without their schemas.
    pub tables: &'a BTreeSet<String>,
    /// Name of the column every source has its date in.
    pub effective_date_column: &'a str,
    /// Why it was refused.
    pub refusals: &'a [Refusal],
}

impl JobView<'_> {
    /// All of its Python, with the module of the job that it belongs to.
    pub(crate) fn python(&self) -> impl Iterator<Item = (usize, &ModuleSyntax)> {
        let siblings = self.siblings.iter();
        let siblings = siblings
            .flat_map(|(module, siblings)| siblings.iter().map(move |syntax| (*module, syntax)));
        let externals = self.externals.iter();
        externals
            .map(|(module, syntax)| (*module, syntax))
            .chain(siblings)
    }
}

/// Finds one kind of anti-pattern.
#[derive(Debug)]
pub struct Detector {
    /// Its code: `AP6`.
    pub code: &'static str,
    /// What its findings are about, in a few words.
    pub title: &'static str,
    /// What it does, in one clause: "finds …".
    pub summary: &'static str,
    /// First version that has it.
    pub since: &'static str,
    /// What it finds, why that matters, what to do instead.
    pub text: &'static str,
    /// The file it stands in.
    pub file: &'static str,
    pub(crate) find: fn(&JobView<'_>) -> Vec<Finding>,
}

/// Declares a detector; its documentation comment is its catalogue text.
macro_rules! declare_detector {
    ($(#[doc = $text:literal])* static $id:ident = { code: $code:literal, title: $title:literal, summary: $summary:literal, since: $since:literal, find: $find:expr $(,)? };) => {
        $(#[doc = $text])*
        pub(crate) static $id: $crate::Detector = $crate::Detector {
            code: $code,
            title: $title,
            summary: $summary,
            since: $since,
            text: concat!($($text, "\n"),*),
            file: file!(),
            find: $find,
        };
    };
}
pub(crate) use declare_detector;
