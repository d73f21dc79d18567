//! Draws covers of every style to look at: `covers DIR [SIDE] [SEEDS]`, a sheet per style and one
//! of all, plus a line of timings each.

use std::path::Path;
use std::time::Instant;

use image::RgbImage;
use image::imageops::{FilterType, overlay, resize};
use songwright_base::{Seed, Silent};
use songwright_cover::{CoverArtist as _, CoverParams, CoverStyle, CoverWords, StylePreset};
use songwright_sketch::cover::SketchArtist;

const SONGS: &[(&str, &str, &str)] = &[
    (
        "a calm evening by the sea, acoustic",
        "Harbour Lights",
        "Night Ferry",
    ),
    (
        "sad song about rain in the city at night",
        "Umbrella Weather",
        "Mina Hart",
    ),
    (
        "happy summer road trip",
        "Gold on the Dashboard",
        "The Milestones",
    ),
    (
        "angry punk about fire and revolt",
        "Burn It Down",
        "Riot Club",
    ),
    (
        "romantic ballad, two hearts",
        "Letters I Never Sent You at All",
        "Ana Luz",
    ),
    (
        "dark space ambient, planets and stars",
        "Orbit",
        "Kepler Drift",
    ),
    (
        "folk song about a winter forest",
        "Pine & Snow",
        "Elsa Holm",
    ),
    (
        "desert western mountains at dawn",
        "Long Way Home",
        "Dusty Rhodes",
    ),
    (
        "neon city at midnight, electronic dance",
        "Небо над нами",
        "Группа Свет",
    ),
    ("ocean storm, lonely ship", "אור בלילה", "נועה"),
    (
        "soft summer tune",
        "Łódź, Ærø & Ågård – Œuvre",
        "Señor Ñandú",
    ),
    (
        "quiet song",
        "My Extremely Long Title That Will Not Ever Fit 🔥🔥",
        "A Band",
    ),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let folder = args.next().unwrap_or_else(|| "covers".to_owned());
    let side: u32 = args.next().map_or(Ok(512), |v| v.parse())?;
    let first_seed: u64 = args.next().map_or(Ok(1), |v| v.parse())?;
    std::fs::create_dir_all(&folder)?;
    let mut artist = SketchArtist::new();
    for style in StylePreset::ALL {
        let thumb = 392;
        let mut sheet = RgbImage::new(4 * thumb, SONGS.len().div_ceil(4) as u32 * thumb);
        let mut slowest_s = 0.0f64;
        for (i, (prompt, title, name)) in SONGS.iter().enumerate() {
            let params = CoverParams {
                prompt: (*prompt).to_owned(),
                also: Vec::new(),
                style: CoverStyle::Preset(style),
                width: side,
                height: side,
                exact_size: false,
                num_inference_steps: 4,
                seed: Seed(first_seed + i as u64),
                words: CoverWords {
                    title: Some((*title).to_owned()),
                    artist: Some((*name).to_owned()),
                },
                typography: None,
                negative_prompt: None,
                guidance_scale: 0.0,
                redraw: None,
            };
            let start = Instant::now();
            let cover = artist.draw(&params, &Silent)?;
            slowest_s = slowest_s.max(start.elapsed().as_secs_f64());
            let small = resize(&cover.image, thumb, thumb, FilterType::Triangle);
            let (column, row) = (i as u32 % 4, i as u32 / 4);
            overlay(
                &mut sheet,
                &small,
                i64::from(column * thumb),
                i64::from(row * thumb),
            );
        }
        let name = style.name().replace(' ', "-");
        sheet.save(Path::new(&folder).join(format!("{name}.png")))?;
        writeln(&format!(
            "{name}: slowest {slowest_s:.2} s at {side}×{side}"
        ))?;
    }
    Ok(())
}

fn writeln(line: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    writeln!(std::io::stdout(), "{line}")
}
