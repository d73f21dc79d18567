//! Audio of the user's own that songs are made from.

use std::sync::Arc;

use songwright_api::{Diffusion, TaskAsked, UploadedAudio};
use songwright_audio::{Pcm, wav};
use songwright_base::{Code, Failure, LyricSheet};
use songwright_music::{MadeFrom, MusicTask, Variation};
use songwright_storage::{Error, ObjectKey};

use crate::{Studio, new_files::NewFiles, shelf::INSTRUMENTAL};

/// Seconds of a file that is taken. A model may take less, which it says when it is asked.
const DURATION_S: std::ops::RangeInclusive<f64> = 1.0..=600.0;

impl Studio {
    /// Puts a WAV file of 1,000 to 768,000 Hz, of any channels and depth, into the store, where requests can name it for a
    /// week.
    ///
    /// # Errors
    /// 400 for what is no such file, is cut off, or has another rate or length than 1 to 600 seconds; 507 where
    /// there is no space.
    pub async fn keep_reference(&self, file: Vec<u8>) -> Result<UploadedAudio, Failure> {
        let checked = tokio::task::spawn_blocking(move || check(&file).map(|info| (info, file)));
        let (info, file) = checked
            .await
            .map_err(|e| Failure::internal("reading the audio", &e))??;
        let mut files = NewFiles::new(&self.objects);
        let stored = files.put("wav", file).await?;
        self.keep_loose(files, &stored).await?;
        Ok(UploadedAudio {
            file_path: stored.key.as_str().to_owned(),
            file_size_mb: stored.bytes as f64 / 1e6,
            audio_duration: info.duration_s(),
            sample_rate: info.sample_rate,
            channels: info.channels,
        })
    }

    /// What music is made from where there is no song yet: words alone, or audio that was sent.
    ///
    /// # Errors
    /// 404 for audio that is not there any more; 400 for a file that is none.
    pub async fn task_of(&self, diffusion: &Diffusion) -> Result<MusicTask, Failure> {
        if let Some(like) = &diffusion.reference {
            return Ok(MusicTask::Audio2Audio {
                reference: self.sent(&like.file_path, "ref_audio_input").await?,
                strength: like.strength,
            });
        }
        let Some(task) = diffusion.task.clone() else {
            return Ok(MusicTask::Text2Music);
        };
        Ok(match task {
            TaskAsked::Retake {
                earlier,
                variance,
                retake_seed,
            } => MusicTask::Retake {
                before: earlier
                    .into_iter()
                    .map(|(variance, retake_seed)| Variation {
                        variance,
                        retake_seed,
                    })
                    .collect(),
                variance,
                retake_seed,
            },
            TaskAsked::Repaint {
                file_path,
                start_s,
                end_s,
                variance,
                retake_seed,
            } => MusicTask::Repaint {
                source: self.sent(&file_path, "src_audio_input").await?,
                range_s: start_s..end_s,
                variance,
                retake_seed,
            },
            TaskAsked::Extend {
                file_path,
                left_s,
                right_s,
                retake_seed,
            } => MusicTask::Extend {
                source: self.sent(&file_path, "src_audio_input").await?,
                before_s: left_s,
                after_s: right_s,
                retake_seed,
            },
            TaskAsked::Edit {
                file_path,
                prompt,
                lyrics,
                vocal_language,
                n_min,
                n_max,
                n_avg,
                retake_seed,
            } => MusicTask::Edit {
                source: self.sent(&file_path, "src_audio_input").await?,
                made_from: MadeFrom {
                    prompt,
                    lyrics: sung(&lyrics),
                    vocal_language,
                },
                n_min,
                n_max,
                n_avg,
                retake_seed,
            },
        })
    }

    /// Audio that was sent, by its key.
    async fn sent(&self, key: &str, field: &str) -> Result<Arc<Pcm>, Failure> {
        let gone = || {
            Failure::new(
                Code::NotFound,
                format!(
                    "There is no audio \"{key}\". Send the file to POST /files, and its file_path as \
                     {field}; it is kept for a week."
                ),
            )
        };
        let key = ObjectKey::parse(key).map_err(|_| gone())?;
        let file = match self.objects.get(&key).await {
            Ok(file) => file,
            Err(Error::NoSuchObject { .. }) => return Err(gone()),
            Err(error) => return Err(error.into()),
        };
        let read = tokio::task::spawn_blocking(move || {
            check(&file)?;
            wav::read(&file[..]).map_err(|error| Failure::new(error.code(), error.to_string()))
        });
        let audio: Pcm = read
            .await
            .map_err(|e| Failure::internal("reading the audio", &e))??;
        Ok(Arc::new(audio))
    }
}

/// Lyrics as the lyrics of a song are given to a composer.
fn sung(lyrics: &str) -> String {
    let sheet = LyricSheet::parse(lyrics);
    if sheet.is_instrumental() {
        INSTRUMENTAL.to_owned()
    } else {
        sheet.to_string()
    }
}

/// What the file's head says, where all of it is audio of a length that can be used.
fn check(file: &[u8]) -> Result<wav::WavInfo, Failure> {
    let wrong = |error: songwright_audio::Error| Failure::new(error.code(), error.to_string());
    let info = wav::info(file).map_err(wrong)?;
    let seconds = info.duration_s();
    // Before it is read: hours of it would fill the memory.
    if !DURATION_S.contains(&seconds) {
        return Err(Failure::new(
            Code::BadRequest,
            format!("The audio is {seconds:.3} s long; 1 to 600 seconds are taken. Cut it first."),
        ));
    }
    wav::read(file).map_err(wrong)?;
    Ok(info)
}
