use songwright_api::{AudioGenerationBase, DiffusionFields, MusicRequest, SongRequest, Whole};

const PROMPT: &str = "electronic pop, female voice, synth, bright, driving, 118 BPM, A minor";
const LYRICS: &str = "[verse]
The tower lights are blinking on the hill
The last train hums and then the rails are still
I draw your name in the fog upon the glass
And count the windows glowing as they pass

[chorus]
Stay up with me, the night is wide
There's a whole new morning on the other side
Stay up with me, don't close your eyes
We'll be the first to see it rise

[verse]
The radio is drifting station to station
A stranger sings our favourite destination
Your coat is warm around me like a song
It isn't late, the dark is just so long

[chorus]
Stay up with me, the night is wide
There's a whole new morning on the other side
Stay up with me, don't close your eyes
We'll be the first to see it rise";
const SECONDS: f64 = 60.0;
const SEED: i64 = 118;

fn audio() -> AudioGenerationBase {
    AudioGenerationBase {
        audio_duration: Some(SECONDS),
        seed: Some(Whole(SEED)),
        ..AudioGenerationBase::default()
    }
}

/// The fixed song of `POST /generate`.
#[must_use]
pub fn demo_song() -> SongRequest {
    SongRequest {
        prompt: Some(PROMPT.to_owned()),
        lyrics: Some(LYRICS.to_owned()),
        audio: audio(),
        ..SongRequest::default()
    }
}

/// The fixed request of `POST /generate_demo_music`.
#[must_use]
pub fn demo_music() -> MusicRequest {
    MusicRequest {
        prompt: PROMPT.to_owned(),
        lyrics: Some(LYRICS.to_owned()),
        audio: audio(),
        diffusion: DiffusionFields::default(),
    }
}
