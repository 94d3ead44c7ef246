//! Which frames of a job something could use, told from its text alone: for jobs that are not understood.
//!
//! A frame counts as used when a writer names it, when a string of an External does so beyond setting it,
//! or when a query names it whose own result is used. Names that are made at run time could mean any
//! frame; then all count as used.

use std::collections::BTreeSet;

use relift_job::{FrameName, ModuleKind};
use relift_python::syntax::{has_computed_keys, mentions, shared_state_uses};

use crate::JobView;

/// The frames that may be used.
pub(crate) struct Uses {
    /// In lower case, since queries do not mind it; `None` when any frame could be.
    used: Option<BTreeSet<String>>,
}

impl Uses {
    pub(crate) fn of(view: &JobView<'_>) -> Self {
        let modules = &view.job.modules;
        let unread = modules.iter().enumerate().any(|(index, module)| {
            matches!(module.kind, ModuleKind::External(_)) && !view.externals.contains_key(&index)
        });
        if unread || view.python().any(|(_, syntax)| has_computed_keys(syntax)) {
            return Self { used: None };
        }
        let mut names: BTreeSet<String> = BTreeSet::new();
        let mut used: BTreeSet<String> = BTreeSet::new();
        for module in modules {
            match &module.kind {
                ModuleKind::DataSourcing(source) => drop(names.insert(source.result.to_string())),
                ModuleKind::Transformation(step) => drop(names.insert(step.result.to_string())),
                ModuleKind::DataFrameWriter(writer) => {
                    used.insert(writer.source.to_string().to_lowercase());
                }
                ModuleKind::CsvFileWriter(writer) => {
                    used.insert(writer.source.to_string().to_lowercase());
                }
                ModuleKind::ParquetFileWriter(writer) => {
                    used.insert(writer.source.to_string().to_lowercase());
                }
                ModuleKind::External(_) => {}
            }
        }
        let set: Vec<_> = view
            .python()
            .map(|(_, syntax)| {
                let uses = shared_state_uses(syntax);
                uses.into_iter()
                    .filter(|found| found.written)
                    .collect::<Vec<_>>()
            })
            .collect();
        names.extend(set.iter().flatten().map(|found| found.key.clone()));
        for name in &names {
            for ((_, syntax), set) in view.python().zip(&set) {
                let writes = set.iter().filter(|found| found.key == *name).count();
                if mentions(syntax, name) > writes {
                    used.insert(name.to_lowercase());
                }
            }
        }
        // A query's tables are used when its result is.
        let mut settled = false;
        while !settled {
            settled = true;
            for module in modules {
                let ModuleKind::Transformation(step) = &module.kind else {
                    continue;
                };
                if !used.contains(&step.result.to_string().to_lowercase()) {
                    continue;
                }
                let letter = |letter: char| letter.is_alphanumeric() || letter == '_';
                for word in step.sql.split(|part| !letter(part)) {
                    settled &= !used.insert(word.to_lowercase());
                }
            }
        }
        Self { used: Some(used) }
    }

    /// Whether something could use the frame.
    pub(crate) fn may_be(&self, frame: &FrameName) -> bool {
        self.used
            .as_ref()
            .is_none_or(|used| used.contains(&frame.to_string().to_lowercase()))
    }
}
