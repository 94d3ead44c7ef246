//! The governance package: every report of a model, as bytes.

use relift_diagnostics::ContentHash;

use crate::{Model, reports};

/// All files of a package, in the order they were made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Package {
    files: Vec<PackageFile>,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageFile {
    /// Its name inside `governance/`.
    pub name: &'static str,
    /// Its content.
    pub content: String,
}

impl PackageFile {
    /// Hash of its bytes.
    pub fn hash(&self) -> ContentHash {
        ContentHash::of(self.content.as_bytes())
    }
}

impl Package {
    /// Makes every report; those that speak about files come after the files they speak about.
    pub fn of(model: &Model) -> Self {
        let mut package = Self::default();
        for report in reports::ALL {
            let content = (report.render)(model, &package);
            package.files.push(PackageFile {
                name: report.file,
                content,
            });
        }
        package
    }

    /// The files.
    pub fn files(&self) -> &[PackageFile] {
        &self.files
    }

    /// One file.
    pub fn file(&self, name: &str) -> Option<&PackageFile> {
        self.files.iter().find(|file| file.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{fixture, reports};

    #[test]
    fn the_same_work_gives_the_same_bytes() {
        let events = fixture::conversion();
        let package = Package::of(&Model::fold(&events).expect("folds"));
        // Tried again after a failure, by another process, in another order of jobs.
        let mut other = fixture::conversion_with_failed_attempts();
        other.sort_by(|left, right| right.job().cmp(&left.job()));
        assert_eq!(Package::of(&Model::fold(&other).expect("folds")), package);
        assert_eq!(package.files().len(), reports::ALL.len());
    }
}
