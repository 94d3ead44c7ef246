//! Which file a request asks for, and its content.

use std::path::Path;

use relift_governance::reports;

/// The file of the package that a request path names; the path is compared, never decoded or joined.
pub(crate) fn named(path: &str) -> Option<&'static str> {
    let name = match path.strip_prefix('/')? {
        "" => "index.html",
        name => name,
    };
    reports::ALL
        .iter()
        .map(|report| report.file)
        .find(|file| *file == name)
}

/// Reads a file of the package; a link in its place is not followed.
pub(crate) async fn read(folder: &Path, name: &'static str) -> std::io::Result<Vec<u8>> {
    let path = folder.join(name);
    let metadata = tokio::fs::symlink_metadata(&path).await?;
    if !metadata.is_file() {
        return Err(std::io::Error::new(
            std::io::ErrorKind::NotFound,
            "not a regular file",
        ));
    }
    tokio::fs::read(&path).await
}

/// Content type by ending.
pub(crate) fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("csv") => "text/csv; charset=utf-8",
        Some("json") => "application/json",
        Some("jsonl" | "ndjson") => "application/x-ndjson",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_the_package_have_names() {
        assert_eq!(named("/"), Some("index.html"));
        assert_eq!(named("/manifest.json"), Some("manifest.json"));
        for path in [
            "",
            "//",
            "/.",
            "/..",
            "/../manifest.json",
            "/..%2fmanifest.json",
            "/%2e%2e/manifest.json",
            "/manifest.json/",
            "/manifest.json\0",
            "/manifest%2ejson",
            "/MANIFEST.JSON",
            "manifest.json",
            "//manifest.json",
            "/etc/passwd",
            "/.relift/control.sqlite",
            "/index.html/../../secret",
            "/C:\\secret",
        ] {
            assert_eq!(named(path), None, "{path:?}");
        }
    }

    #[test]
    fn every_file_has_a_type() {
        for report in reports::ALL {
            assert_ne!(
                content_type(report.file),
                "application/octet-stream",
                "{}",
                report.file
            );
        }
    }
}
