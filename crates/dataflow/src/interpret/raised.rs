//! Why an interpretation has no result.

use std::fmt;

use relift_diagnostics::Span;
use relift_values::PythonError;
use thiserror::Error;

use crate::NodeId;

/// The end of an interpretation without a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raised {
    /// What happened.
    pub cause: Cause,
    /// The relation under computation.
    pub node: Option<NodeId>,
    /// The innermost expression that has a place.
    pub span: Option<Span>,
}

/// What stopped it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Cause {
    /// The operation itself fails on these values, as the legacy code does.
    #[error("{0}")]
    Python(#[from] PythonError),
    /// An operation on values it is not defined for; its types would not have been accepted.
    #[error("`{function}` is not defined for ({arguments})")]
    Undefined {
        /// The operation.
        function: String,
        /// The kinds of its arguments.
        arguments: String,
    },
    /// A decimal with more digits than the engine holds.
    #[error("the result of `{0}` has more than 38 digits")]
    TooManyDigits(String),
    /// No rows were given for a scan, or rows without one of its columns.
    #[error("{0}")]
    Input(String),
    /// A name that is not there; the graph would not have been accepted.
    #[error("there is no column \"{0}\" here")]
    UnknownColumn(String),
    /// A lookup that finds two rows, or a one-row relation that has not one row: an obligation is unmet.
    #[error("{relation} has {rows} rows where {wanted}")]
    Rows {
        /// The relation asked.
        relation: NodeId,
        /// How many rows answer.
        rows: usize,
        /// How many may.
        wanted: &'static str,
    },
}

impl Raised {
    /// Name of the exception the legacy code raises; `None` when it is not the legacy code that fails
    /// but the graph that does not speak of such values.
    pub fn exception(&self) -> Option<&'static str> {
        match &self.cause {
            Cause::Python(PythonError::ZeroDivision(_)) => Some("ZeroDivisionError"),
            Cause::Python(PythonError::Value(_)) => Some("ValueError"),
            Cause::Python(PythonError::Overflow(_)) => Some("OverflowError"),
            Cause::Python(PythonError::InvalidOperation(_)) => Some("InvalidOperation"),
            Cause::Python(PythonError::Index(_)) => Some("IndexError"),
            Cause::Python(PythonError::BeyondInt64(_) | PythonError::Unmodelled(_))
            | Cause::Undefined { .. }
            | Cause::TooManyDigits(_)
            | Cause::Input(_)
            | Cause::UnknownColumn(_)
            | Cause::Rows { .. } => None,
        }
    }

    pub(super) fn at(mut self, span: Option<&Span>) -> Self {
        if self.span.is_none() {
            self.span = span.cloned();
        }
        self
    }

    pub(super) fn within(mut self, node: NodeId) -> Self {
        self.node.get_or_insert(node);
        self
    }
}

impl From<Cause> for Raised {
    fn from(cause: Cause) -> Self {
        Self {
            cause,
            node: None,
            span: None,
        }
    }
}

impl fmt::Display for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(span) = &self.span {
            write!(f, "{span}: ")?;
        }
        if let Some(node) = self.node {
            write!(f, "{node}: ")?;
        }
        write!(f, "{}", self.cause)
    }
}

impl std::error::Error for Raised {}
