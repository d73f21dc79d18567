use std::{fs, path::PathBuf, process::Output};

use serde_json::{Value, json};
use songwright_tests::{
    Answer, Server, command,
    synthetic::{Measure, write_ace_step},
};

/// The id of the first model's card.
pub(crate) const SMALL: &str = "ace-step-small";

const FILES: [&str; 11] = [
    "ace_step_transformer/config.json",
    "ace_step_transformer/diffusion_pytorch_model.safetensors",
    "music_dcae_f8c8/config.json",
    "music_dcae_f8c8/diffusion_pytorch_model.safetensors",
    "music_vocoder/config.json",
    "music_vocoder/diffusion_pytorch_model.safetensors",
    "umt5-base/config.json",
    "umt5-base/model.safetensors",
    "umt5-base/tokenizer.json",
    "umt5-base/special_tokens_map.json",
    "umt5-base/tokenizer_config.json",
];

/// A data folder of the user's.
pub(crate) struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    /// With nothing in it.
    pub(crate) fn empty() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// With a small model installed.
    pub(crate) fn with_model() -> Self {
        let home = Self::empty();
        home.install(SMALL, 1);
        home
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A path beside the data folder.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a checkpoint and its card, and imports it.
    pub(crate) fn install(&self, id: &str, seed: u64) {
        let checkpoint = self.beside(id);
        write_ace_step(&checkpoint, Measure::Small, seed).unwrap();
        self.card(id, &FILES);
        let folder = checkpoint.to_str().unwrap();
        let imported = self.run(&["models", "import", id, folder]);
        assert!(imported.status.success(), "{}", said(&imported));
    }

    /// Writes the card of a model of those files.
    pub(crate) fn card(&self, id: &str, files: &[&str]) {
        let cards = self.data_dir().join("models/cards");
        fs::create_dir_all(&cards).unwrap();
        let list: String = files
            .iter()
            .map(|file| format!("\n[[file]]\npath = \"{file}\"\n"))
            .collect();
        let card = format!(
            "id = \"{id}\"\ntitle = \"The model {id}\"\nfamily = \"ace-step-v1\"\n\
             service = \"music\"\nrepository = \"nobody/{id}\"\n\
             revision = \"0000000000000000000000000000000000000001\"\n\
             [licence]\nid = \"MIT\"\nurl = \"https://opensource.org/license/mit\"\n{list}"
        );
        fs::write(cards.join(format!("{id}.toml")), card).unwrap();
    }

    /// Runs the program on this folder.
    pub(crate) fn run(&self, words: &[&str]) -> Output {
        self.run_with(&[], words)
    }

    /// The same in an environment.
    pub(crate) fn run_with(&self, env: &[(&str, &str)], words: &[&str]) -> Output {
        let mut call = command();
        call.envs(env.iter().copied())
            .arg("--data-dir")
            .arg(self.data_dir())
            .args(words);
        call.output().unwrap()
    }

    /// Runs it, and reads what it prints.
    pub(crate) fn printed(&self, words: &[&str]) -> Value {
        let output = self.run(words);
        assert!(output.status.success(), "{words:?}: {}", said(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    pub(crate) fn serve(&self, env: &[(&str, &str)]) -> Server {
        Server::start(&self.data_dir(), env)
    }
}

/// All that a run of the program said.
pub(crate) fn said(output: &Output) -> String {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stderr) + &text(&output.stdout)
}

/// As short and as few steps as a song may have.
pub(crate) fn song(more: &Value) -> Value {
    let mut song = json!({
        "prompt": "folk, female voice, guitar",
        "lyrics": "[verse]\nThe lamp is low, the night is long",
        "audio_duration": 10,
        "infer_step": 2,
        "seed": 7,
        "cover_size": 256,
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        song[name] = value.clone();
    }
    song
}

/// The same for the music service.
pub(crate) fn music(more: &Value) -> Value {
    let mut music = song(more);
    music.as_object_mut().unwrap().remove("cover_size");
    music
}

/// A mono WAV file of a tone.
pub(crate) fn tone(sample_rate: u32, seconds: f64, form: Form) -> Vec<u8> {
    let spec = hound::WavSpec {
        channels: form.channels,
        sample_rate,
        bits_per_sample: form.bits,
        sample_format: if form.float {
            hound::SampleFormat::Float
        } else {
            hound::SampleFormat::Int
        },
    };
    let mut file = std::io::Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut file, spec).unwrap();
    let frames = (f64::from(sample_rate) * seconds).round() as usize;
    for i in 0..frames * usize::from(form.channels) {
        let value = (i as f32 * 0.03).sin() * 0.4;
        if form.float {
            writer.write_sample(value).unwrap();
        } else {
            let most = ((1_i64 << (form.bits - 1)) - 1) as f32;
            writer.write_sample((value * most) as i32).unwrap();
        }
    }
    writer.finalize().unwrap();
    file.into_inner()
}

/// How samples lie in a WAV file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    pub(crate) channels: u16,
    pub(crate) bits: u16,
    pub(crate) float: bool,
}

/// CD's, of one channel.
pub(crate) const PLAIN: Form = Form {
    channels: 1,
    bits: 16,
    float: false,
};

/// A body that was refused with 400, and what was said of it.
pub(crate) fn refused(answer: &Answer) -> String {
    let body = answer.json();
    assert_eq!(answer.status, 400, "{body}");
    body["detail"].as_str().unwrap().to_owned()
}

/// A body that was answered.
pub(crate) fn answered(answer: &Answer) -> Value {
    let body = answer.json();
    assert_eq!(answer.status, 200, "{body}");
    body
}

/// The newest take of a song.
pub(crate) fn newest(song: &Value) -> &Value {
    song["takes"].as_array().unwrap().last().unwrap()
}

/// The file of a take.
pub(crate) fn audio(server: &Server, take: &Value) -> Vec<u8> {
    let answer = server.get(take["links"]["audio"].as_str().unwrap());
    assert_eq!(answer.status, 200);
    answer.bytes
}
