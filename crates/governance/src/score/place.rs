//! Places in a job's code, made comparable: lines of files.

use std::collections::BTreeMap;

use relift_diagnostics::SourceFile;
use relift_job::{CodePlace, locate_in_json};

/// The legacy files of a job.
#[derive(Clone, Debug, Default)]
pub struct JobCode {
    /// Configuration and Python files by their name relative to the workspace.
    pub files: BTreeMap<String, SourceFile>,
    /// The place of each `External` module in the configuration, such as
    /// `jobs/late.json#modules[2]`, and the Python file it calls.
    pub externals: Vec<(CodePlace, String)>,
}

/// Some lines of some files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Region {
    stretches: Vec<(String, u32, u32)>,
}

impl Region {
    pub(super) fn touches(&self, other: &Self) -> bool {
        self.stretches.iter().any(|(file, first, last)| {
            other
                .stretches
                .iter()
                .any(|(theirs, start, end)| file == theirs && first <= end && start <= last)
        })
    }
}

impl JobCode {
    /// The lines of a place, those of the code behind an `External` included.
    pub(super) fn region(&self, place: &CodePlace) -> Region {
        let mut region = self.lines(place);
        for (module, file) in &self.externals {
            if region.touches(&self.lines(module)) {
                region.stretches.push((file.clone(), 1, u32::MAX));
            }
        }
        region
    }

    /// The lines of a place as findings and evidence write it; words after it are left out.
    pub(super) fn region_of(&self, location: &str) -> Region {
        let place = location.split(' ').next().and_then(CodePlace::parse);
        place.map_or_else(Region::default, |place| self.region(&place))
    }

    /// Whether the place is there.
    pub(super) fn leads_somewhere(&self, place: &CodePlace) -> bool {
        let Some(source) = self.files.get(place.file()) else {
            return false;
        };
        match place {
            CodePlace::Path { path, .. } => locate_in_json(source, path).is_some(),
            CodePlace::Lines { stretches, .. } => {
                let lines = u32::try_from(source.text().lines().count()).unwrap_or(u32::MAX);
                stretches.iter().all(|(_, last)| *last <= lines)
            }
        }
    }

    fn lines(&self, place: &CodePlace) -> Region {
        let stretches = match place {
            CodePlace::Lines { file, stretches } => stretches
                .iter()
                .map(|(first, last)| (file.clone(), *first, *last))
                .collect(),
            CodePlace::Path { file, path } => self
                .files
                .get(file)
                .and_then(|source| locate_in_json(source, path))
                .map(|span| (file.clone(), span.first_line, span.last_line))
                .into_iter()
                .collect(),
        };
        Region { stretches }
    }
}
