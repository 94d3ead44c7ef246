//! The worker's Python files, carried inside this program and unpacked into the cache.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const SCRIPTS: [(&str, &str); 9] = [
    (
        "relift_lake.py",
        include_str!("../../python/relift_lake.py"),
    ),
    (
        "relift_worker/__init__.py",
        include_str!("../../python/relift_worker/__init__.py"),
    ),
    (
        "relift_worker/__main__.py",
        include_str!("../../python/relift_worker/__main__.py"),
    ),
    (
        "relift_worker/chain.py",
        include_str!("../../python/relift_worker/chain.py"),
    ),
    (
        "relift_worker/clock.py",
        include_str!("../../python/relift_worker/clock.py"),
    ),
    (
        "relift_worker/confine.py",
        include_str!("../../python/relift_worker/confine.py"),
    ),
    (
        "relift_worker/frames.py",
        include_str!("../../python/relift_worker/frames.py"),
    ),
    (
        "relift_worker/imports.py",
        include_str!("../../python/relift_worker/imports.py"),
    ),
    (
        "relift_worker/lake.py",
        include_str!("../../python/relift_worker/lake.py"),
    ),
];

/// Unpacks the scripts below `cache` unless this very version is there; returns their folder.
pub(super) fn unpack(cache: &Path) -> io::Result<PathBuf> {
    let mut hasher = blake3::Hasher::new();
    for (name, text) in SCRIPTS {
        for part in [name, text] {
            hasher
                .update(&(part.len() as u64).to_le_bytes())
                .update(part.as_bytes());
        }
    }
    fs::create_dir_all(cache)?;
    let cache = cache.canonicalize()?;
    let folder = cache.join(format!("worker-{}", &hasher.finalize().to_hex()[..12]));
    if folder.is_dir() {
        return Ok(folder);
    }
    let unfinished = tempfile::Builder::new()
        .prefix("worker-")
        .suffix(".part")
        .tempdir_in(&cache)?;
    for (name, text) in SCRIPTS {
        let path = unfinished.path().join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, text)?;
    }
    match fs::rename(unfinished.path(), &folder) {
        Ok(()) => Ok(folder),
        // Another process has put the same files there.
        Err(_) if folder.is_dir() => Ok(folder),
        Err(error) => Err(error),
    }
}
