//! `relift explain`.

use clap::Args;

use super::Common;
use crate::exit::Exit;
use crate::output::{Format, print_json, print_text};

/// Explains a finding's code such as AP6, a requirement such as req~late_orders.region~1, or a job.
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// What to explain.
    word: String,
}

impl Explain {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<Exit> {
        let text = match relift_migration::explain_code(&self.word) {
            Some(text) => text,
            None => {
                let bars = common.bars();
                common.open(&bars)?.explain(&self.word)?
            }
        };
        match common.format {
            Format::Text => print_text(&text)?,
            Format::Json => print_json(&serde_json::json!({ "word": self.word, "text": text }))?,
        }
        Ok(Exit::Good)
    }
}
