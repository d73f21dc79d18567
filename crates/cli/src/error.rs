use std::{path::PathBuf, process::ExitCode};

use songwright_base::{Code, Failure, Service, config::ConfigError};

/// Why a command did not do what was asked. The text says what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A service, the library or the store refused.
    #[error(transparent)]
    Failure(#[from] Failure),
    /// Ctrl-C.
    #[error("Stopped.")]
    Interrupted,
    /// The result could not be printed.
    #[error("The answer could not be printed: {0}")]
    Print(#[source] std::io::Error),
    /// A file or folder.
    #[error("{} could not be {verb}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// A past participle: "read".
        verb: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// The machine refused something that has no file.
    #[error("Something went wrong while {doing}: {source}")]
    System {
        /// A participle phrase.
        doing: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// A service did not answer as it should.
    #[error("Something went wrong while {doing}: {}", deepest(source))]
    Http {
        /// A participle phrase.
        doing: &'static str,
        /// Why.
        source: reqwest::Error,
    },
    /// The port is taken, or the address is not this machine's.
    #[error(
        "Songwright cannot listen on {address}: {source}. Choose another port with --port, or 0 for a free one."
    )]
    Listen {
        /// Address and port.
        address: std::net::SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// `deploy` would write over files.
    #[error("{} is there already. Choose another folder with --to, or write over it with --force.", path.display())]
    WouldOverwrite {
        /// The first such file.
        path: PathBuf,
    },
    /// `deploy` was not started in the source tree.
    #[error(
        "Songwright's source is not in {}. Give its folder with --source: the program is built from it where it is deployed.", path.display()
    )]
    NoSource {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A template of our own is wrong.
    #[error("The file {file} could not be made: {source}")]
    Template {
        /// The file.
        file: String,
        /// Why.
        source: minijinja::Error,
    },
    /// A process of `run-all` ended.
    #[error("The {service} ended ({status}), so the others were ended too. What it said is above.")]
    ServiceDied {
        /// Whose.
        service: Service,
        /// How.
        status: std::process::ExitStatus,
    },
    /// A process of `run-all` did not become healthy.
    #[error(
        "The {service} was not healthy within {patience_s} s. Give it more time with --patience."
    )]
    NotHealthy {
        /// Whose.
        service: Service,
        /// The limit.
        patience_s: u64,
    },
    /// A command that reports found something that is not right; the report is printed already.
    #[error("{found} of {of} checks failed.")]
    ChecksFailed {
        /// How many failed.
        found: usize,
        /// Of how many.
        of: usize,
    },
    /// Built without the window.
    #[error(
        "This songwright was built without the window. Start it with `cargo run --release --features desktop`, or open the page: `songwright serve`."
    )]
    NoWindow,
}

/// Models fail with a sentence and a code, as services do.
impl From<songwright_hub::Error> for Error {
    fn from(error: songwright_hub::Error) -> Self {
        match error {
            songwright_hub::Error::Cancelled => Self::Interrupted,
            error => Self::Failure(error.into()),
        }
    }
}

impl Error {
    /// 2 for what was typed or configured, 130 for Ctrl-C, 1 for everything else.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Config(_) | Self::NoSource { .. } | Self::WouldOverwrite { .. } => 2,
            Self::Failure(failure) if failure.code == Code::BadRequest => 2,
            Self::Interrupted => 130,
            _ => 1,
        })
    }

    /// A failure at `path`.
    pub(crate) fn file(
        path: impl Into<PathBuf>,
        verb: &'static str,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, verb, source }
    }

    /// A failure of a service.
    pub(crate) fn http(doing: &'static str) -> impl FnOnce(reqwest::Error) -> Self {
        move |source| Self::Http { doing, source }
    }

    /// A failure without a file.
    pub(crate) fn system(doing: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::System { doing, source }
    }
}

/// The cause of all causes: "connection refused" says more than "error sending request".
fn deepest(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

/// An error with its causes on one line.
pub(crate) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        text = format!("{text}: {deeper}");
        cause = deeper.source();
    }
    text
}
