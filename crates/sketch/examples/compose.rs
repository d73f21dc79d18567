//! Composes a song and writes its mix, stems and MIDI file to a folder:
//! `compose FOLDER SECONDS SEED "TAGS" [LYRICS-FILE]`.

use std::error::Error;
use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use songwright_audio::Pcm;
use songwright_base::{LyricSheet, Seed, Silent};
use songwright_music::{Composer as _, MusicParams};
use songwright_sketch::music::SketchComposer;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, folder, seconds, seed, tags, lyrics @ ..] = arguments.as_slice() else {
        return Err("usage: compose FOLDER SECONDS SEED TAGS [LYRICS-FILE]".into());
    };
    let lyrics = lyrics
        .first()
        .map(std::fs::read_to_string)
        .transpose()?
        .map(|text| LyricSheet::parse(&text));
    let params = MusicParams {
        prompt: tags.clone(),
        lyrics,
        duration_s: seconds.parse()?,
        seed: Seed(seed.parse()?),
        guidance_scale: 15.0,
        infer_step: 60,
        diffusion: songwright_api::Diffusion::default(),
        task: songwright_music::MusicTask::Text2Music,
    };
    let started = Instant::now();
    let song = SketchComposer::new().compose(&params, &Silent)?;
    let took = started.elapsed();
    let folder = Path::new(folder);
    std::fs::create_dir_all(folder)?;
    write_wav(&folder.join("mix.wav"), &song.mix)?;
    for stem in &song.stems {
        write_wav(&folder.join(format!("stem-{}.wav", stem.name)), &stem.audio)?;
    }
    if let Some(midi) = &song.midi {
        std::fs::write(folder.join("song.mid"), midi)?;
    }
    let mut out = std::io::stdout();
    writeln!(out, "{took:?}\n{:#?}", song.facts)?;
    for line in &song.timed_lines {
        let (start, end) = (line.start_s, line.end_s);
        writeln!(
            out,
            "{start:7.2}–{end:7.2}  [{}] {}",
            line.section, line.text
        )?;
    }
    Ok(())
}

/// 32-bit float RIFF/WAVE.
fn write_wav(path: &Path, pcm: &Pcm) -> std::io::Result<()> {
    let data = pcm.samples.len() as u32 * 4;
    let frame = u32::from(pcm.channels) * 4;
    let mut file = Vec::with_capacity(data as usize + 44);
    file.extend(b"RIFF");
    file.extend((36 + data).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16_u32.to_le_bytes());
    file.extend(3_u16.to_le_bytes());
    file.extend(pcm.channels.to_le_bytes());
    file.extend(pcm.sample_rate.to_le_bytes());
    file.extend((pcm.sample_rate * frame).to_le_bytes());
    file.extend((frame as u16).to_le_bytes());
    file.extend(32_u16.to_le_bytes());
    file.extend(b"data");
    file.extend(data.to_le_bytes());
    file.extend(pcm.samples.iter().flat_map(|s| s.to_le_bytes()));
    std::fs::write(path, file)
}
