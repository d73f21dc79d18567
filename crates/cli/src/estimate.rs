use songwright_api::{MusicEstimate, MusicRequest, SongRequest};
use songwright_hub::ByteCount;

use crate::{Error, print};

/// The music of a song. What is described and not written yet has no lyrics to hold against the time.
pub(crate) fn asked(song: &SongRequest) -> MusicRequest {
    let prompt = song.prompt.as_ref().or(song.full_described_song.as_ref());
    MusicRequest {
        prompt: prompt
            .map(|text| text.chars().take(500).collect())
            .unwrap_or_default(),
        lyrics: song.lyrics.clone(),
        audio: song.audio.clone(),
        diffusion: song.diffusion.clone(),
    }
}

/// Says what a song would take.
pub(crate) fn report(estimate: &MusicEstimate, json: bool) -> Result<(), Error> {
    if json {
        return print::json(estimate);
    }
    for line in lines(estimate) {
        print::line(line)?;
    }
    Ok(())
}

fn lines(estimate: &MusicEstimate) -> Vec<String> {
    let mut lines = vec![format!(
        "{} s of music by {} {} on {}",
        estimate.audio_duration,
        estimate.engine.name,
        estimate.engine.version,
        estimate.engine.device
    )];
    lines.push(match estimate.seconds {
        Some(seconds) => format!(
            "Time: some {:.0} s, by earlier songs on this machine{}",
            seconds.ceil(),
            match estimate.fits_time {
                Some(false) => format!(
                    ", which is more than the {} s that are allowed: ask for a draft, fewer steps or a shorter song, or raise max_runtime_seconds",
                    estimate.limit_s
                ),
                _ => String::new(),
            }
        ),
        None => "Time: not known before a first song was made here".to_owned(),
    });
    let verdict = if estimate.fits_memory {
        "fit"
    } else {
        "do not fit: ask for a shorter song, or raise memory_budget_mib"
    };
    lines.push(format!(
        "Memory: {}, which {verdict} within the {} that may be used",
        ByteCount(estimate.memory_bytes),
        ByteCount(estimate.memory_budget_bytes)
    ));
    if let Some(lyrics) = &estimate.lyrics {
        lines.push(format!(
            "Lyrics: {} lines, {} syllables. {}",
            lyrics.lines, lyrics.syllables, lyrics.advice
        ));
    }
    lines
}

#[cfg(test)]
mod tests {
    use songwright_api::{FitVerdict, LyricFit};
    use songwright_base::{EngineInfo, EngineKind};

    use super::*;

    #[test]
    fn it_says_time_memory_and_whether_the_words_fit() {
        let estimate = MusicEstimate {
            engine: EngineInfo {
                kind: EngineKind::Neural,
                name: "ACE-Step".to_owned(),
                version: "1 (f32)".to_owned(),
                model_id: "x".to_owned(),
                device: "cpu".to_owned(),
                licence: "MIT".to_owned(),
            },
            audio_duration: 60.0,
            lyrics: Some(LyricFit {
                lines: 2,
                syllables: 16,
                syllables_per_second: 0.3,
                bpm: None,
                verdict: FitVerdict::Fits,
                advice: "0.3 syllables a second can be sung.".to_owned(),
                suggested_duration: 10.0,
            }),
            seconds: Some(12.3),
            stages: Vec::new(),
            limit_s: 12,
            fits_time: Some(false),
            memory_bytes: 2_000_000_000,
            memory_budget_bytes: 1_000_000_000,
            fits_memory: false,
        };
        let said = lines(&estimate).join("\n");
        for part in [
            "60 s of music by ACE-Step 1 (f32) on cpu",
            "some 13 s",
            "more than the 12 s that are allowed",
            "2.0 GB, which do not fit",
            "2 lines, 16 syllables. 0.3 syllables a second can be sung.",
        ] {
            assert!(said.contains(part), "{said}");
        }
    }
}
