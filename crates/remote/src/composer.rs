use reqwest::StatusCode;
use songwright_api::{AudioGenerationBase, Diffusion, DiffusionFields, MusicRequest, Whole};
use songwright_audio::Pcm;
use songwright_base::{EngineError, EngineInfo, Observer, Progress, Stage};
use songwright_music::{
    Composer, ComposerFacts, Composition, MusicFacts, MusicParams, MusicTask, TimedLine,
};

use crate::{
    RemoteTarget, connection::Connection, error::CallError, identity, task, waveform, wire,
};

const FILE_LIMIT_BYTES: u64 = 512 << 20;
/// The same file in base64, with room for the other fields.
const ANSWER_LIMIT_BYTES: u64 = FILE_LIMIT_BYTES / 3 * 4 + (4 << 20);

/// A music service elsewhere.
pub struct RemoteComposer {
    connection: Connection,
    info: EngineInfo,
}

impl RemoteComposer {
    /// Reads the URL and the key; nothing is sent yet.
    ///
    /// # Errors
    /// [`EngineError::Unavailable`] naming the variable that is wrong.
    pub fn new(target: RemoteTarget) -> Result<Self, EngineError> {
        let connection = Connection::open(&target)?;
        let info = identity::unknown("music", connection.address());
        Ok(Self { connection, info })
    }

    fn fetch(&self, key: &str, observer: &dyn Observer) -> Result<Pcm, CallError> {
        let address = self.connection.address();
        let path = || std::iter::once("files").chain(key.split('/'));
        let file = |url| self.connection.get(url, FILE_LIMIT_BYTES, observer);
        let bytes = match (file(address.endpoint(path())), address.sibling(path())) {
            (Err(e), Some(url)) if e.status() == Some(StatusCode::NOT_FOUND) => file(url),
            (result, _) => result,
        };
        waveform::read(&bytes?)
    }

    fn ask(
        &self,
        params: &MusicParams,
        observer: &dyn Observer,
    ) -> Result<(Pcm, wire::Music), CallError> {
        let diffusion = task::told(&self.connection, params, observer)?;
        let mut answer: wire::Music = self.connection.post(
            "generate_music",
            &question(params, &diffusion),
            ANSWER_LIMIT_BYTES,
            observer,
        )?;
        // Taken out of the answer, so that the text is freed once it is read.
        let audio = answer.audio_data.take().filter(|text| !text.is_empty());
        let mix = match (audio, &answer.file_path) {
            (Some(text), _) => waveform::decode(&text)?,
            (None, Some(key)) if !key.is_empty() => self.fetch(key, observer)?,
            _ => {
                return Err(CallError::unusable(
                    "its answer has neither audio_data nor file_path.",
                ));
            }
        };
        Ok((mix, answer))
    }
}

/// What is known here of a service elsewhere: that a connection takes little. What it can make it says when it is asked.
#[derive(Clone, Copy, Debug)]
pub struct RemoteFacts;

impl ComposerFacts for RemoteFacts {
    fn bytes_for(&self, _duration_s: f64) -> u64 {
        1 << 20
    }

    fn check(&self, _params: &MusicParams) -> Result<(), EngineError> {
        Ok(())
    }
}

impl Composer for RemoteComposer {
    fn info(&self) -> EngineInfo {
        self.info.clone()
    }

    /// The mix in stereo at the service's own sample rate, without stems and MIDI. A service that
    /// makes much less than was asked for is believed, and `facts.notes` says so. What music is made
    /// from beside words is sent to the service first, where that has a place for it.
    fn compose(
        &mut self,
        params: &MusicParams,
        observer: &dyn Observer,
    ) -> Result<Composition, EngineError> {
        observer.report(Progress::new(Stage::Render, 0, 1));
        let (mut mix, answer) = self
            .ask(params, observer)
            .map_err(|e| e.into_engine_error(self.connection.address()))?;
        let mut notes = answer.notes;
        let wanted_s = params.task.duration_s(params.duration_s);
        notes.extend(waveform::fit(&mut mix, wanted_s));
        identity::learn(&mut self.info, answer.metadata);
        observer.report(Progress::new(Stage::Render, 1, 1));
        Ok(Composition {
            timed_lines: lines_within(answer.timed_lines, mix.duration_s()),
            mix,
            stems: Vec::new(),
            midi: None,
            facts: MusicFacts {
                bpm: answer.bpm.filter(|bpm| (20.0..=400.0).contains(bpm)),
                key: answer.key.filter(|key| !key.trim().is_empty()),
                meter: None,
                style: None,
                instruments: answer.instruments,
                notes,
            },
            engine: self.info.clone(),
        })
    }
}

/// The request for `params`, with what it says beside its words.
pub(crate) fn question(params: &MusicParams, diffusion: &Diffusion) -> MusicRequest {
    // Where it is made from other audio it is as long as that, which may be shorter than what can be asked for.
    let is_free = matches!(
        params.task,
        MusicTask::Text2Music | MusicTask::Retake { .. }
    );
    MusicRequest {
        prompt: params.prompt.clone(),
        lyrics: Some(match &params.lyrics {
            Some(sheet) => sheet.to_string(),
            None => "[instrumental]".to_owned(),
        }),
        diffusion: DiffusionFields::from(diffusion),
        audio: AudioGenerationBase {
            audio_duration: is_free.then_some(params.duration_s),
            seed: i64::try_from(params.seed.0).ok().map(Whole),
            guidance_scale: Some(params.guidance_scale),
            infer_step: Some(Whole(i64::from(params.infer_step))),
            instrumental: Some(params.lyrics.is_none()),
            manual_seeds: None,
            inference_steps: None,
        },
    }
}

/// The lines whose times can be true.
fn lines_within(lines: Vec<songwright_api::TimedLine>, duration_s: f64) -> Vec<TimedLine> {
    lines
        .into_iter()
        .filter(|l| 0.0 <= l.start_s && l.start_s <= l.end_s && l.end_s <= duration_s + 1.0)
        .map(|l| TimedLine {
            start_s: l.start_s,
            end_s: l.end_s,
            text: l.text,
            section: l.section,
        })
        .collect()
}
