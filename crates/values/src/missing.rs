//! The ways a value can be absent; they compare and print differently, so they are kept apart.

/// A kind of absence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Missing {
    /// Python's `None`, and SQL's NULL: equal to itself in Python, unknown in SQL.
    None,
    /// A float that is not a number: unequal to itself, and truthy.
    NaN,
    /// pandas' missing timestamp: unequal to itself.
    NaT,
}

impl Missing {
    /// How `str()` prints it; a CSV cell is empty instead.
    pub fn python_text(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::NaN => "nan",
            Self::NaT => "NaT",
        }
    }

    /// Whether `x == x` holds in Python.
    pub fn equals_itself(self) -> bool {
        match self {
            Self::None => true,
            Self::NaN | Self::NaT => false,
        }
    }

    /// Whether `if x:` takes the branch in Python.
    pub fn truthy(self) -> bool {
        match self {
            Self::None => false,
            Self::NaN | Self::NaT => true,
        }
    }
}
