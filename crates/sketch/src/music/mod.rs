//! The sketch engine's music: `Plan → Score → Stems → Mix`, each a pure function of the one before
//! and the seed.

mod accompaniment;
mod drums;
mod error;
mod form;
mod groove;
mod harmony;
mod hearing;
mod melody;
mod midi;
mod mix;
mod plan;
mod prosody;
mod rhythm;
mod score;
mod sf3;
mod soundfont;
mod stems;
mod style;

use songwright_base::{EngineError, EngineInfo, EngineKind, Observer, Progress, Stage};
use songwright_music::{
    Composer, ComposerFacts as _, Composition, FromWords, MusicParams, TimedLine,
};

pub use error::ComposeError;
pub use form::{FormLine, FormSection};
pub use harmony::{Chord, Key, Mode, Spread};
pub use mix::{LOUDNESS_LUFS, TRUE_PEAK_DBTP, sum};
pub use plan::{Plan, plan};
pub use score::{ChordAt, LineAt, LyricAt, Note, Part, Score, SectionAt, TICKS_PER_BEAT, write};
pub use soundfont::Preset;
pub use stems::SAMPLE_RATE;
pub use style::{Channel, Drum, Drums, PartStyle, Progressions, Role, Style, SwingUnit};

/// The built-in composer: arranges by rule and plays the arrangement with a SoundFont.
#[derive(Clone, Copy, Debug, Default)]
pub struct SketchComposer;

impl SketchComposer {
    /// What it can do, and takes: its SoundFont, decoded.
    pub const FACTS: FromWords = FromWords {
        who: "The built-in sketch",
        bytes: 80 << 20,
    };

    /// A composer. Cheap: sounds are decoded when a song first needs them.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

/// The identifiers of the styles, in the order in which they are tried.
///
/// # Errors
/// [`ComposeError`] if an embedded style is broken.
pub fn style_ids() -> Result<Vec<&'static str>, ComposeError> {
    Ok(style::all()?.iter().map(|s| s.id.as_str()).collect())
}

impl Composer for SketchComposer {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            kind: EngineKind::Sketch,
            name: "Built-in sketch".to_owned(),
            version: "1.0".to_owned(),
            model_id: "songwright/sketch-composer-1".to_owned(),
            device: "cpu".to_owned(),
            licence: "MIT".to_owned(),
        }
    }

    fn compose(
        &mut self,
        params: &MusicParams,
        observer: &dyn Observer,
    ) -> Result<Composition, EngineError> {
        Self::FACTS.check(params)?;
        compose(params, observer, self.info()).map_err(|error| match error {
            ComposeError::Cancelled => EngineError::Cancelled,
            other => EngineError::failed("composing the sketch")(other),
        })
    }
}

fn compose(
    params: &MusicParams,
    observer: &dyn Observer,
    engine: EngineInfo,
) -> Result<Composition, ComposeError> {
    let arranging = |done| {
        observer.report(Progress::new(Stage::Arrange, done, 3));
        if observer.is_cancelled() {
            Err(ComposeError::Cancelled)
        } else {
            Ok(())
        }
    };
    arranging(0)?;
    let plan = plan(params)?;
    arranging(1)?;
    let score = write(&plan);
    arranging(2)?;
    let midi = midi::file(&score, plan.key)?;
    arranging(3)?;
    let frames = (params.duration_s * f64::from(SAMPLE_RATE)).round() as usize;
    let stems = stems::render(&score, frames, observer)?;
    let mix = mix::master(sum(&stems, frames), observer)?;
    let timed_lines = score.lines.iter().map(|line| TimedLine {
        start_s: score.seconds(line.start),
        end_s: score.seconds(line.end),
        text: line.text.clone(),
        section: line.section.clone(),
    });
    Ok(Composition {
        timed_lines: timed_lines.collect(),
        mix,
        stems,
        midi: Some(midi),
        facts: plan.facts(),
        engine,
    })
}
