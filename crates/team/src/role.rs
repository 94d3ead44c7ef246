//! What a role declares about itself.

use crate::stage::End;
use crate::{Artifact, Outcome, Stage};

/// Where an outcome leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// On to a later stage.
    Next(Stage),
    /// Back to an earlier stage, which costs a round.
    Back(Stage),
    /// The conversion is over.
    Finish(End),
}

/// A member of the team.
#[derive(Debug)]
pub struct Role {
    /// Its name in records.
    pub name: &'static str,
    /// First line: what it does, in the third person. Then why it is separate.
    pub documentation: &'static str,
    /// The stage it performs.
    pub stage: Stage,
    /// What it may see.
    pub reads: &'static [Artifact],
    /// What it produces.
    pub writes: &'static [Artifact],
    /// What it passes judgement on.
    pub reviews: &'static [Artifact],
    /// Everything it can answer and where that leads.
    pub outcomes: &'static [(Outcome, Route)],
    /// The file that declares it.
    pub file: &'static str,
}

impl Role {
    /// First line of the documentation.
    pub fn summary(&self) -> &'static str {
        self.documentation
            .trim()
            .lines()
            .next()
            .unwrap_or_default()
            .trim()
    }
}

/// Declares a role from its doc comment and its contract.
macro_rules! declare_role {
    (
        $(#[doc = $doc:literal])+
        pub static $ident:ident = {
            name: $name:literal,
            stage: $stage:ident,
            reads: [$($reads:ident),* $(,)?],
            writes: [$($writes:ident),* $(,)?],
            reviews: [$($reviews:ident),* $(,)?],
            outcomes: { $($outcome:ident => $route:ident($to:ident)),+ $(,)? } $(,)?
        }
    ) => {
        $(#[doc = $doc])+
        pub static $ident: $crate::Role = $crate::Role {
            name: $name,
            documentation: concat!($($doc, "\n"),+),
            stage: $crate::Stage::$stage,
            reads: &[$($crate::Artifact::$reads),*],
            writes: &[$($crate::Artifact::$writes),*],
            reviews: &[$($crate::Artifact::$reviews),*],
            outcomes: &[$(($crate::Outcome::$outcome, declare_role!(@route $route $to))),+],
            file: file!(),
        };
    };
    (@route Next $to:ident) => { $crate::Route::Next($crate::Stage::$to) };
    (@route Back $to:ident) => { $crate::Route::Back($crate::Stage::$to) };
    (@route Finish $to:ident) => { $crate::Route::Finish($crate::End::$to) };
}

pub(crate) use declare_role;
