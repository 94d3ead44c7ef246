//! The demonstration: from an empty folder to the verified package.

use std::path::Path;

use relift_job::Side;

use crate::package::Summary;
use crate::{Migration, MigrationError, Progress, Settings, stages, template};

/// What kind of demonstration.
#[derive(Clone, Copy, Debug, Default)]
pub struct DemoOptions {
    /// Plants a wrong operator into one rewritten job.
    pub sabotage: bool,
}

/// Does everything; called again after an interruption, it goes on.
pub fn demo(
    folder: &Path,
    options: &DemoOptions,
    settings: Settings,
    progress: &dyn Progress,
) -> Result<Summary, MigrationError> {
    template::demonstration(folder)?;
    let migration = Migration::open(folder, settings, progress)?;
    // Installing Python packages waits for the network and the disk, generating data for the processor.
    std::thread::scope(|threads| {
        let python = threads.spawn(|| migration.bench.environment().map(drop));
        migration.generate_lake(None, None)?;
        python.join().unwrap_or_else(|_| {
            Err(MigrationError::Python(
                "setting Python up panicked".to_owned(),
            ))
        })
    })?;
    let jobs = migration.project().select(&[])?;
    if options.sabotage {
        stages::plan_sabotage(&migration.bench, &jobs)?;
    }
    migration.run(&jobs, migration.project().workspace.dates, Side::Legacy)?;
    let (_, summary) = migration.modernise(&jobs)?;
    Ok(summary)
}
