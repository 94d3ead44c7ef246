//! The exceptions a Python operation would raise on a value.

use thiserror::Error;

/// A Python exception, with the text CPython gives it where the text does not depend on the caller.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PythonError {
    /// Division or modulo by zero.
    #[error("ZeroDivisionError: {0}")]
    ZeroDivision(&'static str),
    /// Text or a number that does not convert.
    #[error("ValueError: {0}")]
    Value(String),
    /// A result beyond a float.
    #[error("OverflowError: {0}")]
    Overflow(&'static str),
    /// `decimal.InvalidOperation`: the result has more digits than the context allows.
    #[error("decimal.InvalidOperation: {0}")]
    InvalidOperation(&'static str),
    /// Python computes on, with integers longer than the 64 bits a column holds.
    #[error("integer result does not fit in 64 bits: {0}")]
    BeyondInt64(String),
    /// An index beyond the end of a text or list.
    #[error("IndexError: {0}")]
    Index(&'static str),
    /// Python has an answer, but it is not modelled here.
    #[error("not modelled: {0}")]
    Unmodelled(String),
}
