//! Commits what a run staged into the output zone, durably and all or nothing per file.
//!
//! A reader of the zone never sees half a file: contents are written beside their place, synced,
//! and then given their name. Committing the same run again changes nothing.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use nix::fcntl::{AT_FDCWD, RenameFlags, renameat2};
use relift_diagnostics::ContentHash;
use relift_job::{ColumnName, SchemaName, WriteMode};

/// A file or folder of part files to be committed below the output zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StagedFile {
    /// Index of the writer among the job's modules; `None` for files a job wrote by itself.
    pub module: Option<usize>,
    /// Place below the zone: `{job dir}/{table dir}/{date}/{file}`.
    pub relative: String,
    /// Where it lies in staging; a folder for Parquet, possibly an empty one.
    pub staged: PathBuf,
    /// Rows written, those carried over by Append included; `None` for files a job wrote by itself.
    pub rows: Option<u64>,
}

/// A table to be committed to Delta.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StagedTable {
    /// Index of the writer among the job's modules.
    pub module: usize,
    /// Schema: that of the configuration, else the zone's own.
    pub schema: SchemaName,
    /// Table.
    pub table: String,
    /// Replace or add.
    pub mode: WriteMode,
    /// Arrow IPC file with the rows.
    pub arrow_file: PathBuf,
    /// Rows in it.
    pub rows: u64,
    /// Columns without a single value, which are text only for want of knowledge: where the table
    /// exists already, its own type is the right one.
    pub untyped: Vec<ColumnName>,
}

/// A file or folder in the output zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommittedFile {
    /// Place below the zone.
    pub relative: String,
    /// Hash of every path and content in it, the same for the same content in another zone.
    pub content_hash: ContentHash,
    /// Size of all its files.
    pub bytes: u64,
    /// Rows written, where they were counted.
    pub rows: Option<u64>,
}

/// Why an output could not be committed.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing} {}", path.display())]
pub struct OutputError {
    doing: &'static str,
    path: PathBuf,
    source: io::Error,
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> OutputError {
    let path = path.to_owned();
    move |source| OutputError {
        doing,
        path,
        source,
    }
}

/// Commits staged files into `zone`, `output/<schema>`, in their order.
pub fn commit(zone: &Path, files: &[StagedFile]) -> Result<Vec<CommittedFile>, OutputError> {
    let mut committed = Vec::with_capacity(files.len());
    for StagedFile {
        relative,
        staged,
        rows,
        ..
    } in files
    {
        let target = place(zone, relative)?;
        let (content_hash, bytes) = content_hash(relative, staged)?;
        let unchanged = target.exists() && self::content_hash(relative, &target)?.0 == content_hash;
        if !unchanged {
            replace(staged, &target)?;
        }
        committed.push(CommittedFile {
            relative: relative.clone(),
            content_hash,
            bytes,
            rows: *rows,
        });
    }
    Ok(committed)
}

/// Takes back what an earlier attempt of a run committed and a repetition no longer writes.
pub fn withdraw(zone: &Path, relative: &str) -> Result<(), OutputError> {
    if !zone.join(relative).exists() {
        return Ok(());
    }
    let target = place(zone, relative)?;
    let folder = target.parent().unwrap_or(Path::new("."));
    // A folder cannot be removed in one step, but it can lose its name in one.
    let beside = folder.join(".withdrawn.part");
    remove(&beside)?;
    fs::rename(&target, &beside).map_err(failed("remove", &target))?;
    sync_folder(folder)?;
    remove(&beside)?;
    sync_folder(folder)
}

/// Takes back files below a folder of the zone that are not `kept`, and folders that are left empty.
pub fn withdraw_below(
    zone: &Path,
    relative: &str,
    kept: &dyn Fn(&str) -> bool,
) -> Result<(), OutputError> {
    let folder = zone.join(relative);
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in sorted_entries(&folder)? {
        let name = entry.file_name();
        let inside = format!("{relative}/{}", name.to_string_lossy());
        if entry.path().is_dir() {
            withdraw_below(zone, &inside, kept)?;
        } else if !kept(&inside) {
            withdraw(zone, &inside)?;
        }
    }
    if sorted_entries(&folder)?.is_empty() {
        withdraw(zone, relative)?;
    }
    Ok(())
}

/// Hashes a file, or every file of a folder by sorted path, together with their places below the zone.
pub fn content_hash(relative: &str, path: &Path) -> Result<(ContentHash, u64), OutputError> {
    let mut hasher = blake3::Hasher::new();
    let mut bytes = 0;
    let mut files = Vec::new();
    list(path, relative, &mut files)?;
    for (name, path) in files {
        hasher
            .update(&(name.len() as u64).to_le_bytes())
            .update(name.as_bytes());
        let Some(path) = path else {
            continue;
        };
        let mut file = File::open(&path).map_err(failed("read", &path))?;
        let mut content = blake3::Hasher::new();
        let mut buffer = vec![0; 1 << 16];
        loop {
            let read = file.read(&mut buffer).map_err(failed("read", &path))?;
            if read == 0 {
                break;
            }
            bytes += read as u64;
            content.update(&buffer[..read]);
        }
        hasher.update(content.finalize().as_bytes());
    }
    let text = format!("blake3:{}", hasher.finalize().to_hex());
    Ok((
        ContentHash::parse(&text).expect("a digest in hex digits is a content hash"),
        bytes,
    ))
}

/// Lists files by path; a folder stands for itself, with a slash at its end, so that empty ones count.
fn list(
    path: &Path,
    name: &str,
    files: &mut Vec<(String, Option<PathBuf>)>,
) -> Result<(), OutputError> {
    let kind = fs::symlink_metadata(path)
        .map_err(failed("read", path))?
        .file_type();
    if kind.is_file() {
        files.push((name.to_owned(), Some(path.to_owned())));
        return Ok(());
    }
    if !kind.is_dir() {
        return Err(failed("commit", path)(io::Error::other(
            "it is neither a file nor a folder",
        )));
    }
    files.push((format!("{name}/"), None));
    for entry in sorted_entries(path)? {
        let inside = entry.file_name();
        let inside = inside
            .to_str()
            .ok_or_else(|| failed("commit", path)(io::Error::other("a name is not UTF-8")))?;
        list(&entry.path(), &format!("{name}/{inside}"), files)?;
    }
    Ok(())
}

fn sorted_entries(folder: &Path) -> Result<Vec<fs::DirEntry>, OutputError> {
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let mut entries = entries.map_err(failed("list", folder))?;
    entries.sort_by_key(fs::DirEntry::file_name);
    Ok(entries)
}

/// The absolute place of a relative path, its folders made durable.
fn place(zone: &Path, relative: &str) -> Result<PathBuf, OutputError> {
    if relative
        .split('/')
        .any(|part| matches!(part, "" | "." | ".."))
    {
        return Err(failed("commit", Path::new(relative))(io::Error::other(
            "the path leaves the output zone",
        )));
    }
    let target = zone.join(relative);
    if let Some(folder) = target.parent() {
        create_folder(folder)?;
    }
    Ok(target)
}

fn create_folder(folder: &Path) -> Result<(), OutputError> {
    if folder.is_dir() {
        return Ok(());
    }
    let parent = folder
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    if let Some(parent) = parent {
        create_folder(parent)?;
    }
    match fs::create_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(failed("create", folder)(error));
        }
        _ => {}
    }
    sync_folder(parent.unwrap_or(Path::new(".")))
}

fn sync_folder(folder: &Path) -> Result<(), OutputError> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(failed("sync", folder))
}

/// Puts a copy of `staged` in the place of `target`.
fn replace(staged: &Path, target: &Path) -> Result<(), OutputError> {
    let folder = target.parent().unwrap_or(Path::new("."));
    let name = target
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    // One run writes a target at a time; what a killed attempt left under this name is replaced.
    let beside = folder.join(format!(".{name}.part"));
    remove(&beside)?;
    copy_synced(staged, &beside)?;
    if target.is_dir() || (beside.is_dir() && target.exists()) {
        exchange(&beside, target)?;
        sync_folder(folder)?;
        remove(&beside)?;
    } else {
        fs::rename(&beside, target).map_err(failed("name", target))?;
    }
    sync_folder(folder)
}

/// Swaps two names in one step where the file system can, else in two.
fn exchange(beside: &Path, target: &Path) -> Result<(), OutputError> {
    if renameat2(
        AT_FDCWD,
        beside,
        AT_FDCWD,
        target,
        RenameFlags::RENAME_EXCHANGE,
    )
    .is_ok()
    {
        return Ok(());
    }
    let old = beside.with_extension("old");
    remove(&old)?;
    fs::rename(target, &old).map_err(failed("replace", target))?;
    fs::rename(beside, target).map_err(failed("name", target))?;
    fs::rename(&old, beside).map_err(failed("put aside", &old))
}

fn remove(path: &Path) -> Result<(), OutputError> {
    let removed = if path.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("remove", path)(error)),
        _ => Ok(()),
    }
}

fn copy_synced(from: &Path, to: &Path) -> Result<(), OutputError> {
    if from.is_dir() {
        fs::create_dir(to).map_err(failed("create", to))?;
        for entry in sorted_entries(from)? {
            copy_synced(&entry.path(), &to.join(entry.file_name()))?;
        }
        return sync_folder(to);
    }
    let mut source = File::open(from).map_err(failed("read", from))?;
    let mut copy = File::create(to).map_err(failed("create", to))?;
    io::copy(&mut source, &mut copy).map_err(failed("write", to))?;
    copy.flush()
        .and_then(|()| copy.sync_all())
        .map_err(failed("sync", to))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn staged(relative: &str, source: &Path) -> Vec<StagedFile> {
        let (relative, staged) = (relative.to_owned(), source.to_owned());
        vec![StagedFile {
            module: Some(0),
            relative,
            staged,
            rows: None,
        }]
    }

    #[test]
    fn a_file_is_committed_replaced_and_committed_again_without_change() {
        let folder = tempfile::tempdir().expect("a folder");
        let (zone, source) = (folder.path().join("zone"), folder.path().join("source.csv"));
        fs::write(&source, "a\n1\n").expect("a file");
        let files = staged("job/table/2024-10-01/a.csv", &source);
        let first = commit(&zone, &files).expect("it commits");
        let target = zone.join("job/table/2024-10-01/a.csv");
        let written = fs::metadata(&target)
            .and_then(|found| found.modified())
            .expect("it is there");
        assert_eq!(commit(&zone, &files).expect("it commits"), first);
        assert_eq!(
            fs::metadata(&target)
                .and_then(|found| found.modified())
                .expect("it is there"),
            written
        );
        fs::write(&source, "a\n2\n").expect("a file");
        let second = commit(&zone, &files).expect("it commits");
        assert_ne!(second[0].content_hash, first[0].content_hash);
        assert_eq!(fs::read_to_string(&target).expect("it is there"), "a\n2\n");
        let names = sorted_entries(target.parent().expect("a parent"))
            .expect("a folder")
            .len();
        assert_eq!(names, 1, "nothing is left beside it");
    }

    #[test]
    fn a_folder_of_parts_is_replaced_whole_and_an_empty_one_counts() {
        let folder = tempfile::tempdir().expect("a folder");
        let (zone, source) = (folder.path().join("zone"), folder.path().join("source"));
        fs::create_dir(&source).expect("a folder");
        fs::write(source.join("part-00000.parquet"), "x").expect("a file");
        fs::write(source.join("part-00001.parquet"), "y").expect("a file");
        let files = staged("job/table/2024-10-01/a", &source);
        let full = commit(&zone, &files).expect("it commits");
        fs::remove_file(source.join("part-00001.parquet")).expect("it is there");
        commit(&zone, &files).expect("it commits");
        let target = zone.join("job/table/2024-10-01/a");
        assert_eq!(sorted_entries(&target).expect("a folder").len(), 1);
        fs::remove_file(source.join("part-00000.parquet")).expect("it is there");
        let empty = commit(&zone, &files).expect("it commits");
        assert!(target.is_dir() && sorted_entries(&target).expect("a folder").is_empty());
        assert_ne!(empty[0].content_hash, full[0].content_hash);
        assert_eq!(empty[0].bytes, 0);
        withdraw(&zone, "job/table/2024-10-01/a").expect("it goes");
        withdraw(&zone, "job/table/2024-10-01/a").expect("it is gone");
        let left = sorted_entries(target.parent().expect("a parent")).expect("a folder");
        assert!(left.is_empty());
    }

    #[test]
    fn a_path_out_of_the_zone_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let source = folder.path().join("a");
        fs::write(&source, "x").expect("a file");
        let error = commit(&folder.path().join("zone"), &staged("job/../../a", &source))
            .expect_err("it leaves");
        assert_eq!(error.to_string(), "cannot commit job/../../a");
    }
}
