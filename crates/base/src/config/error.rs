use std::path::PathBuf;

/// Why the configuration cannot be used; the text names the place to mend.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("The configuration file {path} cannot be read: {source}")]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not valid TOML or names a key that does not exist.
    #[error("The configuration file {path} is not right: {source}")]
    Parse {
        /// Which file.
        path: PathBuf,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// A value is out of its range.
    #[error("{key} {problem}.")]
    Value {
        /// The key in the file, the variable or the flag.
        key: String,
        /// To be read after the key.
        problem: String,
    },
    /// The operating system names no home for this user's data.
    #[error("No folder for data was found: set SONGWRIGHT_DATA_DIR or give --data-dir.")]
    NoDataDir,
    /// A public address without a key.
    #[error(
        "Songwright does not listen on {host} without a key, since anybody on the network could use it. \
         Make one and start again:\n\n    export SONGWRIGHT_API_KEY=$(head -c 32 /dev/urandom | base64 | tr -d '+/=')\n\n\
         Clients then send the header `Authorization: Bearer KEY`; browsers are asked for it once."
    )]
    KeyNeeded {
        /// The address.
        host: std::net::IpAddr,
    },
}
