//! A row of the table of constructs.

use super::writer::Writer;

/// Where a construct can stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// A value computed per row.
    Value,
    /// The way a frame is gone through.
    Iteration,
    /// What is built before the main loop and probed in it.
    Lookup,
    /// What skips rows or ends the loop.
    Skip,
    /// State that one row leaves for the next.
    Running,
    /// What rows are gathered in, and the loop over it afterwards.
    Gathering,
    /// What happens to the list of result rows.
    Finish,
    /// A step of a chain of pandas frames.
    Frame,
    /// A part of a query.
    Query,
    /// Not drawn by itself: other templates contain it.
    Within,
}

/// One construct.
#[derive(Clone, Copy)]
pub struct Construct {
    /// What the lift rate is reported by.
    pub name: &'static str,
    /// How likely it is among those of its slot.
    pub weight: u32,
    /// Where it can stand.
    pub slot: Slot,
    /// Writes it.
    pub(super) write: fn(&mut Writer<'_>),
}
