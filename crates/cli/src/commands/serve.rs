//! `relift serve`.

use clap::Args;
use relift_dashboard::Dashboard;
use relift_migration::Project;

use super::Common;
use crate::exit::Exit;
use crate::output::print_text;

/// Shows the governance package in a browser, on 127.0.0.1 only, until it is interrupted.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Port to listen on; 0 takes any that is free.
    #[arg(long, default_value_t = 0)]
    port: u16,
}

impl Serve {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<Exit> {
        let project = Project::open(&common.folder())?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let dashboard = Dashboard::bind(&project.root.join("governance"), self.port).await?;
            print_text(&dashboard.url())?;
            dashboard.serve(std::future::pending()).await?;
            Ok(Exit::Good)
        })
    }
}
