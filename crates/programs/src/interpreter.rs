//! Which Python runs the legacy side: that of the legacy runtime, set up where it is missing.

use std::path::PathBuf;

/// The Python of the environment variables `RELIFT_CACHE` and `RELIFT_PYTHON`.
pub fn python_of_environment() -> Result<PathBuf, String> {
    let cache = std::env::var_os("RELIFT_CACHE").map(PathBuf::from);
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache/relift"));
    let cache = cache
        .or(home)
        .ok_or("set RELIFT_CACHE to a folder for the Python environment")?;
    python_in(&cache)
}

#[cfg(feature = "engine")]
fn python_in(cache: &std::path::Path) -> Result<PathBuf, String> {
    let wanted = std::env::var_os("RELIFT_PYTHON").map(PathBuf::from);
    crate::engine::python(cache, wanted.as_deref())
}

/// Without the platform nothing can be set up, so what another build has set up is used.
#[cfg(not(feature = "engine"))]
fn python_in(cache: &std::path::Path) -> Result<PathBuf, String> {
    let entries = std::fs::read_dir(cache).map_err(|error| error.to_string())?;
    let mut found: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path().join("bin/python")))
        .filter(|python| python.exists())
        .collect();
    found.sort();
    found
        .pop()
        .ok_or_else(|| format!("no environment in {}", cache.display()))
}
