//! Shows a governance package in a browser on this machine, and nothing else to nobody else.
//!
//! It listens on 127.0.0.1 only, answers only requests that name it as their host (so that no web
//! page can reach it through a name of its own), only GET and HEAD, and serves only the files that
//! the package consists of: a request names one of a fixed list, and no path is ever put together
//! from what a request says.

mod file;
mod headers;
mod server;

pub use server::{Dashboard, DashboardError, serve};
