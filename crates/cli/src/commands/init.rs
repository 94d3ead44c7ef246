//! `relift init`.

use clap::Args;
use relift_job::{DateRange, EffectiveDate};
use relift_migration::template;

use super::{Common, parse_date};
use crate::exit::Exit;
use crate::output::print_text;

/// Creates relift.toml and the folders jobs/, externals/ and lake/. Nothing that exists is changed.
#[derive(Debug, Args)]
pub(super) struct Init {
    /// Name of the workspace [default: the folder's name].
    #[arg(long)]
    name: Option<String>,
    /// First effective date.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = parse_date, default_value = "2024-10-01")]
    first: EffectiveDate,
    /// Last effective date.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = parse_date, default_value = "2024-10-31")]
    last: EffectiveDate,
}

impl Init {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<Exit> {
        let folder = std::path::absolute(common.folder())?;
        anyhow::ensure!(
            self.first <= self.last,
            "--first {} lies after --last {}",
            self.first,
            self.last
        );
        let own = folder.file_name().map_or_else(
            || "workspace".to_owned(),
            |name| name.to_string_lossy().into_owned(),
        );
        let name = self.name.clone().unwrap_or(own);
        template::init(
            &folder,
            &name,
            DateRange {
                first: self.first,
                last: self.last,
            },
        )?;
        print_text(&format!(
            "{} is a workspace. Next: put job configurations into jobs/ and Python into externals/, fill the lake with \
             `relift lake import --schema NAME --from FOLDER`, then `relift modernise`.",
            folder.display()
        ))?;
        Ok(Exit::Good)
    }
}
