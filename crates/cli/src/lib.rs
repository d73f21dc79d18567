//! The `songwright` command.
//!
//! ```text
//! args → settings (defaults < file < environment < flags) → one module a command
//! ```
//! Results go to the standard output and nothing else does; progress and log go to stderr. It exits
//! with 0, 1 where something failed, 2 where what was typed or configured is not right, and 130
//! after Ctrl-C.

mod args;
mod ask;
mod bench;
mod budget;
mod check;
mod cover;
mod deploy;
mod doctor;
mod error;
mod estimate;
mod http;
mod library;
mod logging;
mod lyrics;
mod models;
mod package;
mod print;
mod progress;
mod serve;
mod services;
mod settings;
mod signals;
mod song;
mod take;

use std::{ffi::OsString, process::ExitCode, time::Duration};

use clap::{CommandFactory as _, Parser as _};
use songwright_base::{Failure, Service, config::Config};
use songwright_server::Serving;

use args::{Cli, Command};
pub(crate) use error::Error;
use progress::Style;
use serve::Until;
use settings::Settings;

/// What is still busy when a command is done has so long.
const LAST: Duration = Duration::from_secs(2);

/// Opens the window and comes back when it is closed. It runs on the thread that called [`run`].
pub type OpenWindow = fn(Config) -> Result<(), Failure>;

/// Runs the command line `args`, the program's name first. `window` is there where the program
/// was built with one: it opens where no command is given.
#[must_use]
pub fn run(args: impl IntoIterator<Item = OsString>, window: Option<OpenWindow>) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are "errors" that go to the standard output and exit with 0.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    match dispatch(cli, window) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read the output has enough of it.
        Err(Error::Print(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(error) => {
            print::aside(&error);
            error.exit_code()
        }
    }
}

fn dispatch(cli: Cli, window: Option<OpenWindow>) -> Result<(), Error> {
    let Some(command) = cli.command else {
        return match window {
            Some(open) => Ok(open(settings(&cli.global)?.config)?),
            None => print::line(Cli::command().render_help()),
        };
    };
    logging::start(log_level(&command), cli.global.verbose);
    let settings = settings(&cli.global)?;
    if let Command::App = command {
        return Ok(window.ok_or(Error::NoWindow)?(settings.config)?);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Error::system("starting"))?;
    let outcome = runtime.block_on(perform(command, settings, &cli.global));
    // All that matters has ended; a thread that waits for a line of its input would not.
    runtime.shutdown_timeout(LAST);
    outcome
}

async fn perform(
    command: Command,
    settings: Settings,
    flags: &args::GlobalArgs,
) -> Result<(), Error> {
    let json = flags.json;
    let style = Style::suiting(flags.verbose > 0);
    if let Command::Doctor = command {
        return doctor::doctor(&settings, json).await;
    }
    let config = settings.config;
    match command {
        Command::Song(args) => song::song(config, &args, style, json).await,
        Command::Take(command) => take::take(config, command, style, json).await,
        Command::Cover(args) => cover::cover(config, args, style, json).await,
        Command::Lyrics(command) => lyrics::lyrics(config, command, style, json).await,
        Command::Serve => serve::serve(config, Serving::All, Until::Stopped).await,
        Command::Run(args) => {
            let until = if args.until_input_ends {
                Until::InputEnds
            } else {
                Until::Stopped
            };
            serve::serve(config, Serving::One(args.name), until).await
        }
        Command::RunAll(args) => services::run_all(&config, flags, args.patience).await,
        Command::List => services::list(&config, json).await,
        Command::Deploy(args) => deploy::deploy(&[args.name], &args.all, &config, json),
        Command::DeployAll(args) => deploy::deploy(&Service::ALL, &args, &config, json),
        Command::Library(command) => library::library(config, command, json).await,
        Command::Models(command) => models::models(&config, command, style, json).await,
        Command::Export(args) => library::export(config, &args, json).await,
        Command::Import(args) => library::import(config, &args, json).await,
        Command::Resume(args) => library::resume(config, args.id, style, json).await,
        Command::Check(args) => check::check(&config, args.name, json).await,
        Command::Bench(args) => bench::bench(&config, &args, json).await,
        Command::Health(args) => services::health(&config, args.url).await,
        Command::Openapi => print::line(songwright_server::openapi()),
        // Both were dealt with before.
        Command::Doctor | Command::App => Ok(()),
    }
}

fn settings(flags: &args::GlobalArgs) -> Result<Settings, Error> {
    Settings::load(flags, |name| std::env::var(name).ok())
}

fn log_level(command: &Command) -> logging::Level {
    match command {
        Command::Serve | Command::Run(_) | Command::App => logging::Level::Operations,
        _ => logging::Level::Problems,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(words: &str) -> String {
        let args = words.split(' ').map(OsString::from);
        format!("{:?}", run(args, None))
    }

    fn number(n: u8) -> String {
        format!("{:?}", ExitCode::from(n))
    }

    #[test]
    fn exit_codes_tell_what_was_wrong() {
        assert_eq!(code("songwright --version"), number(0));
        assert_eq!(code("songwright sing"), number(2), "no such command");
        assert_eq!(code("songwright song four"), number(2), "too short");
        assert_eq!(code("songwright run drums"), number(2), "no such service");
        assert_eq!(code("songwright serve --host 0.0.0.0"), number(2), "no key");
        assert_eq!(code("songwright app"), number(1), "no window");
        let gone = "songwright health --url http://127.0.0.1:9";
        assert_eq!(code(gone), number(1), "nobody answers");
    }

    #[test]
    fn the_window_opens_where_no_command_is_given() {
        let open: OpenWindow = |config| {
            assert_eq!(config.port, 4711);
            Err(Failure::new(
                songwright_base::Code::Unavailable,
                "no display",
            ))
        };
        let args = ["songwright", "--port", "4711", "--data-dir", "x"].map(OsString::from);
        assert_eq!(format!("{:?}", run(args, Some(open))), number(1));
    }

    #[test]
    fn every_command_has_a_line_of_help() {
        for command in Cli::command().get_subcommands() {
            let about = command
                .get_about()
                .map(ToString::to_string)
                .unwrap_or_default();
            assert!(about.len() > 10, "{}", command.get_name());
        }
    }
}
