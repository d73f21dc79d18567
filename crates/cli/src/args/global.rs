use std::path::PathBuf;

use clap::{ArgAction, Args};
use songwright_base::config::RawConfig;

/// Options of every command.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct GlobalArgs {
    /// The folder for everything that is written [env: SONGWRIGHT_DATA_DIR]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// The configuration file [default: songwright.toml where the system keeps such files]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The address to listen on [env: SONGWRIGHT_HOST] [default: 127.0.0.1]
    #[arg(long, global = true, value_name = "ADDRESS")]
    pub(crate) host: Option<String>,
    /// The port to listen on; 0 takes a free one [env: SONGWRIGHT_PORT] [default: 8000]
    #[arg(long, global = true, value_name = "PORT")]
    pub(crate) port: Option<u16>,
    /// The key that clients must send; better in SONGWRIGHT_API_KEY, for others can read this line
    #[arg(long, global = true, value_name = "KEY")]
    pub(crate) api_key: Option<String>,
    /// Answer in JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Log more: -v what happens, -vv details [env: RUST_LOG]
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
}

impl GlobalArgs {
    /// The flags as the topmost layer of the configuration.
    pub(crate) fn layer(&self) -> RawConfig {
        RawConfig {
            data_dir: self.data_dir.clone(),
            host: self.host.clone(),
            port: self.port,
            api_key: self.api_key.clone(),
            ..RawConfig::default()
        }
    }
}
