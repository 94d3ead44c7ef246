//! Files a new workspace starts with: an empty one, or the demonstration portfolio.

use std::path::Path;

use rust_embed::RustEmbed;

use crate::MigrationError;
use crate::package::write_whole;
use crate::project::SETTINGS;

/// The demonstration portfolio, so that the program shows itself from anywhere.
#[derive(RustEmbed)]
#[folder = "../../portfolio"]
struct Portfolio;

/// Writes `relift.toml` and the folders of an empty workspace.
pub fn init(folder: &Path, name: &str, dates: relift_job::DateRange) -> Result<(), MigrationError> {
    let settings = folder.join(SETTINGS);
    if settings.exists() {
        return Err(MigrationError::Exists { path: settings });
    }
    for below in ["jobs", "externals", "lake"] {
        create(&folder.join(below))?;
    }
    write_whole(
        &settings,
        relift_job::Workspace::initial_text(name, dates).as_bytes(),
    )
}

/// Copies the demonstration portfolio; files that are there stay as they are.
pub fn demonstration(folder: &Path) -> Result<(), MigrationError> {
    create(&folder.join("lake"))?;
    for file in Portfolio::iter() {
        let path = folder.join(&*file);
        if path.exists() {
            continue;
        }
        if let Some(parent) = path.parent() {
            create(parent)?;
        }
        let content = Portfolio::get(&file).expect("listed files are there");
        write_whole(&path, &content.data)?;
    }
    Ok(())
}

fn create(folder: &Path) -> Result<(), MigrationError> {
    std::fs::create_dir_all(folder).map_err(MigrationError::file("create", folder))
}
