//! How a long use case tells what it is doing, without knowing who looks.

/// Receives steps of work. Calls come from several threads.
pub trait Progress: Send + Sync {
    /// A phase begins; `total` is its number of steps.
    fn begin(&self, phase: &str, total: u64);
    /// One step of the phase is done.
    fn step(&self, phase: &str, what: &str);
    /// The phase is over.
    fn end(&self, phase: &str);
    /// Something worth a line of its own.
    fn note(&self, text: &str);
}

/// Tells nobody.
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _: &str, _: u64) {}
    fn step(&self, _: &str, _: &str) {}
    fn end(&self, _: &str) {}
    fn note(&self, _: &str) {}
}
