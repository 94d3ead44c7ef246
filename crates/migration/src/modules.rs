//! The Python files of a portfolio, found as Python finds them.
//!
//! Each part of a dotted name is looked for where the part before it was found: in a package's folder, or
//! in every folder of that name below the import roots when none of them is a package.

use std::collections::BTreeSet;
use std::path::Path;

use relift_diagnostics::{ContentHash, SourceFile};
use relift_job::External;
use relift_python::Siblings;
use relift_python::syntax::{self, Import, ModuleSyntax};

use crate::project::read_source;
use crate::{MigrationError, Project};

/// A module of the portfolio.
#[derive(Clone, Debug)]
pub(crate) struct PythonModule {
    /// The name by which it is imported.
    pub(crate) name: String,
    pub(crate) source: SourceFile,
    /// Whether it is the `__init__.py` of a folder.
    pub(crate) package: bool,
    /// `None` when it does not parse; the run will say why.
    pub(crate) syntax: Option<ModuleSyntax>,
}

/// What a dotted name stands for.
enum Found {
    /// A file; of a package also the folder, in which the next part is looked for.
    File {
        file: String,
        package: Option<String>,
    },
    /// Folders without a module of their own.
    Folders(Vec<String>),
}

impl Project {
    /// Every module of the portfolio that an External can come to import, itself left out.
    pub(crate) fn imported(
        &self,
        external: &External,
        source: &SourceFile,
    ) -> Result<Vec<PythonModule>, MigrationError> {
        let name = module_name(external);
        let mut found: Vec<PythonModule> = Vec::new();
        let mut asked = BTreeSet::from([name.clone()]);
        let mut waiting: Vec<(String, bool, SourceFile)> = vec![(name, false, source.clone())];
        while let Some((name, package, source)) = waiting.pop() {
            let syntax = syntax::parse(&source).ok();
            let wanted = match &syntax {
                Some(syntax) if syntax::has_computed_imports(syntax) => self.all_modules(),
                Some(syntax) => {
                    let imports = syntax::imports(syntax);
                    let names = imports
                        .iter()
                        .flat_map(|import| names(import, &name, package));
                    names.collect()
                }
                None => Vec::new(),
            };
            for wanted in wanted {
                if asked.contains(&wanted) {
                    continue;
                }
                if let Some(Found::File { file, package }) = self.find_module(&wanted) {
                    // The External itself may be imported, too.
                    let source = read_source(&self.root, &file)?;
                    waiting.push((wanted.clone(), package.is_some(), source));
                }
                asked.insert(wanted);
            }
            found.push(PythonModule {
                name,
                source,
                package,
                syntax,
            });
        }
        found.remove(0);
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    /// Files below the import roots that are no Python and whose names stand in a text of the job's Python:
    /// it may read them, so what they hold is part of the job.
    pub(crate) fn data_files(
        &self,
        sources: &[SourceFile],
    ) -> Result<Vec<(String, ContentHash)>, MigrationError> {
        let files = self.files_beside_code();
        if files.is_empty() {
            return Ok(Vec::new());
        }
        let mut texts = Vec::new();
        for source in sources
            .iter()
            .filter(|source| source.name().ends_with(".py"))
        {
            match syntax::parse(source) {
                Ok(module) => texts.extend(syntax::string_constants(&module)),
                Err(_) => texts.push(source.text().to_owned()),
            }
        }
        let mut found = Vec::new();
        for file in files {
            let name = file.rsplit('/').next().unwrap_or(file);
            let stem = name.split('.').next().unwrap_or(name);
            let named = |text: &String| text.contains(name) || text == stem;
            if texts.iter().any(named) {
                let path = self.root.join(file);
                let bytes = std::fs::read(&path).map_err(MigrationError::file("read", path))?;
                found.push((file.clone(), ContentHash::of(&bytes)));
            }
        }
        Ok(found)
    }

    /// Listed once, when they are first asked for.
    fn files_beside_code(&self) -> &[String] {
        fn below(root: &Path, folder: &str, found: &mut Vec<String>) {
            let Ok(entries) = std::fs::read_dir(root.join(folder)) else {
                return;
            };
            for entry in entries.filter_map(Result::ok) {
                let Ok(name) = entry.file_name().into_string() else {
                    continue;
                };
                let path = format!("{folder}/{name}");
                if entry.path().is_dir() {
                    if !name.starts_with(['.', '_']) {
                        below(root, &path, found);
                    }
                } else if !Path::new(&name)
                    .extension()
                    .is_some_and(|kind| kind == "py" || kind == "pyc")
                {
                    found.push(path);
                }
            }
        }
        self.beside_code.get_or_init(|| {
            let mut found = Vec::new();
            for root in &self.workspace.python_path {
                below(&self.root, root.trim_end_matches('/'), &mut found);
            }
            found.sort();
            found
        })
    }

    fn find_module(&self, name: &str) -> Option<Found> {
        let roots = self.workspace.python_path.iter();
        let mut places: Vec<String> = roots
            .map(|root| root.trim_end_matches('/').to_owned())
            .collect();
        let mut parts = name.split('.').peekable();
        while let Some(part) = parts.next() {
            let found = self.find_in(&places, part)?;
            if parts.peek().is_none() {
                return Some(found);
            }
            places = match found {
                Found::File { package, .. } => vec![package?],
                Found::Folders(folders) => folders,
            };
        }
        None
    }

    fn find_in(&self, places: &[String], part: &str) -> Option<Found> {
        if part.is_empty() || part.contains(['/', '\\']) {
            return None;
        }
        let mut folders = Vec::new();
        for place in places {
            let folder = format!("{place}/{part}");
            let init = format!("{folder}/__init__.py");
            if self.root.join(&init).is_file() {
                return Some(Found::File {
                    file: init,
                    package: Some(folder),
                });
            }
            let file = format!("{folder}.py");
            if self.root.join(&file).is_file() {
                return Some(Found::File {
                    file,
                    package: None,
                });
            }
            if self.root.join(&folder).is_dir() {
                folders.push(folder);
            }
        }
        (!folders.is_empty()).then_some(Found::Folders(folders))
    }

    /// Names of all modules below the import roots, for code that makes names at run time.
    fn all_modules(&self) -> Vec<String> {
        fn below(folder: &Path, prefix: &str, names: &mut BTreeSet<String>) {
            let Ok(entries) = std::fs::read_dir(folder) else {
                return;
            };
            for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
                let Some(stem) = path.file_stem().and_then(|stem| stem.to_str()) else {
                    continue;
                };
                if path.is_dir() && !stem.starts_with(['.', '_']) {
                    names.insert(format!("{prefix}{stem}"));
                    below(&path, &format!("{prefix}{stem}."), names);
                } else if path.extension().is_some_and(|found| found == "py") && stem != "__init__"
                {
                    names.insert(format!("{prefix}{stem}"));
                }
            }
        }
        let mut names = BTreeSet::new();
        for root in &self.workspace.python_path {
            below(&self.root.join(root), "", &mut names);
        }
        names.into_iter().collect()
    }
}

/// The name by which Python knows an External.
pub(crate) fn module_name(external: &External) -> String {
    match external.module.strip_suffix(".py") {
        Some(path) => path.replace('/', "."),
        None => external.module.clone(),
    }
}

/// The modules as the frontend takes them.
pub(crate) fn siblings(modules: &[PythonModule]) -> Siblings {
    let mut siblings = Siblings::default();
    for module in modules {
        siblings.insert(&module.name, module.syntax.clone(), module.package);
    }
    siblings
}

/// Every name an import statement of a module may load, the outer packages included.
fn names(import: &Import, importer: &str, package: bool) -> Vec<String> {
    let mut module = import.module.clone();
    if import.level > 0 {
        let mut above = if package {
            Some(importer)
        } else {
            importer.rsplit_once('.').map(|(above, _)| above)
        };
        for _ in 1..import.level {
            above = above.and_then(|above| above.rsplit_once('.').map(|(above, _)| above));
        }
        let Some(above) = above else {
            return Vec::new();
        };
        module = if module.is_empty() {
            above.to_owned()
        } else {
            format!("{above}.{module}")
        };
    }
    let ends = module.match_indices('.').map(|(at, _)| at);
    let mut names: Vec<String> = ends.map(|end| module[..end].to_owned()).collect();
    let taken = import.names.iter().filter(|name| *name != "*");
    let inner: Vec<String> = taken.map(|name| format!("{module}.{name}")).collect();
    names.push(module);
    names.extend(inner);
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_name_packages_and_what_is_in_them() {
        let import = |level, module: &str, taken: &[&str]| Import {
            level,
            module: module.to_owned(),
            names: taken.iter().map(|name| (*name).to_owned()).collect(),
        };
        let from = import(0, "a.b", &["c", "*"]);
        assert_eq!(names(&from, "x", false), ["a", "a.b", "a.b.c"]);
        let beside = import(1, "", &["c"]);
        assert_eq!(names(&beside, "p.q", false), ["p", "p.c"]);
        assert_eq!(names(&beside, "p", true), ["p", "p.c"]);
        assert!(names(&beside, "p", false).is_empty());
        let above = import(2, "d", &[]);
        assert_eq!(names(&above, "p.q.r", false), ["p", "p.d"]);
    }
}
