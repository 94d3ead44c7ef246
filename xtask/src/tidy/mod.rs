//! Checks that keep the shape of the repository.

mod arrows;
mod files;

use anyhow::bail;

/// Runs every check and reports all complaints at once.
#[expect(clippy::print_stderr, reason = "a chore talks on stderr")]
pub(crate) fn tidy() -> anyhow::Result<()> {
    let mut complaints = arrows::check()?;
    complaints.extend(files::check()?);
    if complaints.is_empty() {
        return Ok(());
    }
    for complaint in &complaints {
        eprintln!("{complaint}");
    }
    bail!("{} complaints", complaints.len());
}
