//! Progress bars on stderr: counts and time left per phase; nothing when stderr is no terminal.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use relift_migration::Progress;

/// Draws progress for a person.
pub(crate) struct Bars {
    screen: MultiProgress,
    bars: Mutex<BTreeMap<String, ProgressBar>>,
    visible: bool,
}

impl Bars {
    /// Draws on stderr when it is a terminal and `quiet` was not asked for.
    pub(crate) fn new(quiet: bool) -> Self {
        Self {
            screen: MultiProgress::new(),
            bars: Mutex::default(),
            visible: !quiet && std::io::stderr().is_terminal(),
        }
    }

    fn with(&self, phase: &str, act: impl FnOnce(&ProgressBar)) {
        let bars = self.bars.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bar) = bars.get(phase) {
            act(bar);
        }
    }
}

impl Progress for Bars {
    fn begin(&self, phase: &str, total: u64) {
        if !self.visible {
            return;
        }
        let style = ProgressStyle::with_template(
            "{prefix:>14} {wide_bar} {pos}/{len}  {eta} left  {msg:30!}",
        )
        .unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = self.screen.add(
            ProgressBar::new(total)
                .with_style(style)
                .with_prefix(phase.to_owned()),
        );
        bar.enable_steady_tick(Duration::from_millis(200));
        self.bars
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(phase.to_owned(), bar);
    }

    fn step(&self, phase: &str, what: &str) {
        self.with(phase, |bar| {
            bar.set_message(what.to_owned());
            bar.inc(1);
        });
    }

    fn end(&self, phase: &str) {
        self.with(phase, |bar| {
            bar.set_message(String::new());
            bar.finish();
        });
    }

    fn note(&self, text: &str) {
        if self.visible {
            // Nothing is lost when the terminal is gone.
            let _ = self.screen.println(text);
        }
    }
}
