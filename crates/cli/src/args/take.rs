use std::path::PathBuf;

use clap::{Args, Subcommand};
use songwright_api::LoraChoice;
use uuid::Uuid;

use super::song::lora;

/// Ways to make a take from another one. All need an installed model.
#[derive(Debug, Subcommand)]
pub(crate) enum TakeCommand {
    /// The same song, otherwise
    Retake(RetakeArgs),
    /// A part made anew, the rest kept
    Repaint(RepaintArgs),
    /// The song made longer
    Extend(ExtendArgs),
    /// Other words or another style, the rest kept
    Edit(EditArgs),
    /// A draft at all its steps
    Promote(ParentArgs),
}

/// What a take is made from.
#[derive(Args, Debug)]
pub(crate) struct ParentArgs {
    /// The song, as `songwright library list` shows it
    pub(crate) song: Uuid,
    /// The take it is made from [default: the newest]
    #[arg(long, value_name = "ID")]
    pub(crate) take: Option<Uuid>,
    /// Steps, 1 to 200, with which a draft's take is no draft [default: those of the take]
    #[arg(long, value_name = "STEPS")]
    pub(crate) steps: Option<i64>,
    /// Say how long it would take and how much memory, and whether the lyrics fit, and make nothing
    #[arg(long)]
    pub(crate) estimate: bool,
}

impl TakeCommand {
    /// What the take is made from.
    pub(crate) const fn parent(&self) -> &ParentArgs {
        match self {
            Self::Retake(args) => &args.parent,
            Self::Repaint(args) => &args.parent,
            Self::Extend(args) => &args.parent,
            Self::Edit(args) => &args.parent,
            Self::Promote(parent) => parent,
        }
    }
}

/// Where the difference comes from.
#[derive(Args, Debug)]
pub(crate) struct ChangeArgs {
    /// 0 to 2147483647; the same seed makes the same change [default: a new one]
    #[arg(long, value_name = "SEED")]
    pub(crate) retake_seed: Option<i64>,
    /// Takes to make, 1 to 8, each with a seed of its own [default: 1]
    #[arg(long, value_name = "N")]
    pub(crate) takes: Option<i64>,
    /// Guidance, 1 to 30 [default: that of the take]
    #[arg(long, value_name = "SCALE")]
    pub(crate) guidance: Option<f64>,
    /// The language that is sung, as a code such as en or zh; "" is a guess [default: that of the take]
    #[arg(long, value_name = "CODE")]
    pub(crate) vocal_language: Option<String>,
    /// An adapter and its strength, as `models adapters` lists them; may be given several times [default:
    /// those of the take; strength 1]
    #[arg(long, value_name = "NAME[=STRENGTH]", value_parser = lora)]
    pub(crate) lora: Vec<LoraChoice>,
    /// Use none of the take's adapters
    #[arg(long, conflicts_with = "lora")]
    pub(crate) no_lora: bool,
}

/// Other words.
#[derive(Args, Debug)]
pub(crate) struct WordArgs {
    /// Other tags [default: those of the take]
    #[arg(long, value_name = "TAGS")]
    pub(crate) prompt: Option<String>,
    /// A file with other lyrics; - reads them from the standard input [default: those of the take]
    #[arg(long, value_name = "FILE")]
    pub(crate) lyrics: Option<PathBuf>,
}

/// `take retake`.
#[derive(Args, Debug)]
pub(crate) struct RetakeArgs {
    #[command(flatten)]
    pub(crate) parent: ParentArgs,
    #[command(flatten)]
    pub(crate) change: ChangeArgs,
    /// 0 is the take itself, 1 another song [default: 0.2]
    #[arg(long, value_name = "SHARE")]
    pub(crate) variance: Option<f64>,
}

/// `take repaint`.
#[derive(Args, Debug)]
pub(crate) struct RepaintArgs {
    #[command(flatten)]
    pub(crate) parent: ParentArgs,
    #[command(flatten)]
    pub(crate) change: ChangeArgs,
    #[command(flatten)]
    pub(crate) words: WordArgs,
    /// Where the part begins, in seconds
    #[arg(long, value_name = "SECONDS")]
    pub(crate) from: f64,
    /// Where it ends, in seconds; at the song's end at the latest
    #[arg(long, value_name = "SECONDS")]
    pub(crate) to: f64,
    /// How much of it changes, 0 to 1 [default: 0.5]
    #[arg(long, value_name = "SHARE")]
    pub(crate) variance: Option<f64>,
}

/// `take extend`.
#[derive(Args, Debug)]
pub(crate) struct ExtendArgs {
    #[command(flatten)]
    pub(crate) parent: ParentArgs,
    #[command(flatten)]
    pub(crate) change: ChangeArgs,
    #[command(flatten)]
    pub(crate) words: WordArgs,
    /// Seconds before the song [default: 0]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) before: Option<f64>,
    /// Seconds after it [default: 30 where --before is not given]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) after: Option<f64>,
}

/// `take edit`.
#[derive(Args, Debug)]
pub(crate) struct EditArgs {
    #[command(flatten)]
    pub(crate) parent: ParentArgs,
    #[command(flatten)]
    pub(crate) change: ChangeArgs,
    #[command(flatten)]
    pub(crate) words: WordArgs,
    /// The share of steps at which editing begins: 0.6 keeps the tune, 0.2 little but the form
    /// [default: 0.6]
    #[arg(long, value_name = "SHARE")]
    pub(crate) n_min: Option<f64>,
    /// The share of steps from which on it is free [default: 1]
    #[arg(long, value_name = "SHARE")]
    pub(crate) n_max: Option<f64>,
}
