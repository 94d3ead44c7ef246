//! Recorded baselines: outputs of a legacy job that cannot run here, kept in the workspace by date.
//!
//! A recording is an input like the lake: `baselines/<job>/<date>/` holds what the job left on that date,
//! `outputs/` by the places its writers name, `files/` for what it wrote by itself and `tables/` as Parquet.
//! A folder without anything in it says that the job wrote nothing; no folder says that nothing is known.

mod failure;
mod import;
mod stage;
mod tables;

use std::path::{Path, PathBuf};

use relift_diagnostics::ContentHash;
use relift_job::EffectiveDate;

pub use failure::RecordedError;
pub use import::{Change, Import, ImportSummary, import};
pub use stage::stage;

use crate::outputs;

const OUTPUTS: &str = "outputs";
const FILES: &str = "files";
const TABLES: &str = "tables";

/// Recordings of one job.
#[derive(Clone, Debug)]
pub struct Recordings {
    folder: PathBuf,
}

impl Recordings {
    /// Those in `folder`, `baselines/<job>`; `None` when the job has none.
    pub fn of(folder: PathBuf) -> Option<Self> {
        folder.is_dir().then_some(Self { folder })
    }

    /// Folder of a date, if the date was recorded.
    pub fn date(&self, date: EffectiveDate) -> Option<PathBuf> {
        let folder = self.folder.join(date.to_string());
        folder.is_dir().then_some(folder)
    }
}

/// Hash of everything recorded in a date's folder.
pub fn recording_hash(folder: &Path) -> Result<ContentHash, RecordedError> {
    Ok(outputs::content_hash("recorded", folder)?.0)
}
