use clap::Args;
use uuid::Uuid;

/// `cover`.
#[derive(Args, Debug)]
pub(crate) struct CoverArgs {
    /// The song, as `songwright library list` shows it
    pub(crate) song: Uuid,
    /// What it shows [default: made from the song]
    #[arg(long, value_name = "TEXT")]
    pub(crate) prompt: Option<String>,
    /// One of the eight styles, or any words [default: that of the newest cover]
    #[arg(long, value_name = "STYLE")]
    pub(crate) style: Option<String>,
    /// Width and height, 256 to 1024 pixels [default: those of the newest cover]
    #[arg(long, value_name = "PIXELS")]
    pub(crate) cover_size: Option<i64>,
    /// Draw over the newest cover; so much of it goes, 0.05 to 1. Needs an image model
    #[arg(long, value_name = "SHARE")]
    pub(crate) strength: Option<f64>,
    /// Steps of an image model, 1 to 10 [default: 4]
    #[arg(long, value_name = "STEPS")]
    pub(crate) steps: Option<i64>,
    /// 0 to 4294967295; the same seed draws the same picture [default: a new one]
    #[arg(long, value_name = "SEED")]
    pub(crate) seed: Option<i64>,
    /// How many covers are drawn, 1 to 8, each with the next seed; the first becomes the newest [default: 1]
    #[arg(long, value_name = "COUNT")]
    pub(crate) images: Option<i64>,
    /// What an image model keeps away from, with --guidance above 1
    #[arg(long, value_name = "TEXT")]
    pub(crate) negative: Option<String>,
    /// How far it keeps away from that, 0 to 20, at twice the time [default: 0]
    #[arg(long, value_name = "SCALE")]
    pub(crate) guidance: Option<f64>,
    /// Whether title and artist are set on it [default: the built-in artist sets them, a model does not]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    #[arg(require_equals = true)]
    pub(crate) typography: Option<bool>,
    /// Draw that size itself, and not near the size that the model was trained on and scaled
    #[arg(long)]
    pub(crate) exact_size: bool,
}
