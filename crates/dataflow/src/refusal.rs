//! What is not understood, said at the place where it stands.

use std::fmt;

use relift_diagnostics::Span;

/// A construct that is not lifted, with the reason. Never a guess: whoever cannot show that a rewrite
/// means the same returns one of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What kind of thing it is: "for loop", "call of `os.system`".
    pub construct: String,
    /// Why it is not lifted; lower case, no period.
    pub reason: String,
    /// Where it stands.
    pub span: Option<Span>,
}

impl Refusal {
    /// A refusal at a place.
    pub fn new(
        construct: impl Into<String>,
        reason: impl Into<String>,
        span: Option<Span>,
    ) -> Self {
        Self {
            construct: construct.into(),
            reason: reason.into(),
            span,
        }
    }
}

impl fmt::Display for Refusal {
    /// `externals/late.py:12: for loop: the dictionary is also changed while it is probed`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(span) = &self.span {
            write!(f, "{span}: ")?;
        }
        write!(f, "{}: {}", self.construct, self.reason)
    }
}
