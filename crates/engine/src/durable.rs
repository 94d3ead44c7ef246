//! Files that survive a power cut once a function here has returned.
//!
//! The object store under Delta never calls fsync. So data files and log entries are written here:
//! contents first, then the name, then the folder that holds the name.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::EngineError;

/// Creates a folder with its parents and makes all new names durable.
pub(crate) fn create_folder(folder: &Path) -> Result<(), EngineError> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
    {
        create_folder(parent)?;
    }
    match fs::create_dir(folder) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(EngineError::io("create", folder)(error)),
    }
    sync_parent(folder)
}

/// A file that is written first and named later; removed when it never gets a name.
#[derive(Debug)]
pub(crate) struct Unnamed {
    temporary: PathBuf,
    named: bool,
}

impl Unnamed {
    /// Creates an empty file in a folder. Whoever writes it syncs it before it gets its name.
    pub(crate) fn create(folder: &Path) -> Result<(Self, File), EngineError> {
        let temporary = temporary_name(&folder.join("rows"));
        let file = File::create(&temporary).map_err(EngineError::io("create", &temporary))?;
        let named = false;
        Ok((Self { temporary, named }, file))
    }

    /// Gives the file its name, replacing what was there; the folder is to be synced afterwards.
    pub(crate) fn name(mut self, path: &Path) -> Result<(), EngineError> {
        fs::rename(&self.temporary, path).map_err(EngineError::io("name", path))?;
        self.named = true;
        Ok(())
    }
}

impl Drop for Unnamed {
    fn drop(&mut self) {
        if !self.named {
            // Whatever went wrong before is the error to tell; a leftover file does no harm.
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

/// Creates a file whole if its name is free; `false` when it is taken.
pub(crate) fn create_whole(path: &Path, contents: &[u8]) -> Result<bool, EngineError> {
    let temporary = temporary_name(path);
    write_synced(&temporary, |file| {
        file.write_all(contents)
            .map_err(EngineError::io("write", path))
    })?;
    let linked = fs::hard_link(&temporary, path);
    fs::remove_file(&temporary).map_err(EngineError::io("remove", &temporary))?;
    match linked {
        Ok(()) => sync_parent(path).map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(EngineError::io("create", path)(error)),
    }
}

fn write_synced(
    path: &Path,
    write: impl FnOnce(&mut File) -> Result<(), EngineError>,
) -> Result<(), EngineError> {
    let mut file = File::create(path).map_err(EngineError::io("create", path))?;
    write(&mut file)?;
    file.sync_all().map_err(EngineError::io("sync", path))
}

fn sync_parent(path: &Path) -> Result<(), EngineError> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync_folder(parent),
        _ => sync_folder(Path::new(".")),
    }
}

/// Makes the names in a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), EngineError> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(EngineError::io("sync", folder))
}

/// A name beside `path` that no other writer uses and Delta ignores.
fn temporary_name(path: &Path) -> PathBuf {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    path.with_file_name(format!("_tmp-{}-{count}-{name}.tmp", std::process::id()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_gets_no_name_is_gone() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let (first, _) = Unnamed::create(folder.path()).expect("created");
        let (second, _) = Unnamed::create(folder.path()).expect("created");
        first.name(&folder.path().join("first")).expect("named");
        drop(second);
        let names: Vec<_> = fs::read_dir(folder.path())
            .expect("listed")
            .map(|entry| entry.expect("entry").file_name())
            .collect();
        assert_eq!(names, ["first"]);
    }

    #[test]
    fn a_taken_name_is_never_overwritten() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("a/b");
        create_folder(&path).expect("folder");
        let file = path.join("entry.json");
        assert!(create_whole(&file, b"first").expect("written"));
        assert!(!create_whole(&file, b"second").expect("refused"));
        assert_eq!(fs::read(&file).expect("read"), b"first");
        assert_eq!(
            fs::read_dir(&path).expect("listed").count(),
            1,
            "no temporary file is left"
        );
    }
}
