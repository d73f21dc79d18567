use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use songwright_base::Service;

use super::probe::{Answer, Probe};

/// Seconds of the songs that are only made to see that they are made.
const SHORT_S: u32 = 10;
const ABOUT: &str = "a quiet song about the last ferry of the night";
const TAGS: &str = "folk, female voice, acoustic guitar, calm, 84 BPM, D major";
const LYRICS: &str = "[verse]\nThe harbour lights are going down\nThe last boat leaves the sleeping town\n[chorus]\nCarry me over, carry me home";

const HEALTH: &[&str] = &[
    "status",
    "model_loaded",
    "service_name",
    "service",
    "gpu_type",
    "uptime",
    "active_operations",
    "total_operations",
    "scaledown_window",
    "max_runtime",
    "timestamp",
];
const INFO: &[&str] = &[
    "service_name",
    "gpu_type",
    "model_id",
    "supported_operations",
    "scaledown_window",
    "max_runtime",
    "storage_mode",
];
const AUDIO: &[&str] = &[
    "audio_data",
    "generation_time",
    "audio_duration",
    "metadata",
];
const PACKAGE: &[&str] = &[
    "s3_key",
    "cover_image_s3_key",
    "categories",
    "audio_file_path",
    "cover_image_file_path",
    "storage_mode",
    "generation_metadata",
    "service_status",
    "correlation_id",
    "song_id",
    "title",
    "prompt",
    "lyrics",
    "seed",
    "audio_duration",
    "engines",
    "links",
];

/// Calls every endpoint of the service.
pub(super) async fn call_all(probe: &mut Probe) {
    match probe.service {
        Service::Lyrics => lyrics(probe).await,
        Service::Music => music(probe).await,
        Service::Image => image(probe).await,
        Service::Integrated => integrated(probe).await,
    }
    // Last, so that they report on work that was done.
    probe.get("/health_check", HEALTH).await;
    probe.get("/service_info", INFO).await;
}

async fn lyrics(probe: &mut Probe) {
    let body = json!({"description": ABOUT});
    let fields = &["lyrics", "word_count", "structure_tags", "metadata"];
    probe.post("/generate_lyrics", &body, fields).await;
    let fields = &["prompt", "tag_count", "metadata"];
    probe.post("/generate_prompt", &body, fields).await;
    let fields = &[
        "categories",
        "primary_genre",
        "confidence_scores",
        "metadata",
    ];
    probe.post("/generate_categories", &body, fields).await;
    probe
        .post("/generate_title", &body, &["title", "metadata"])
        .await;
    let body = json!({"task": "continue", "lyrics": LYRICS});
    let fields = &["lyrics", "word_count", "structure_tags", "metadata"];
    probe.post("/revise_lyrics", &body, fields).await;
    let body = json!({"word": "light", "language": "english"});
    let fields = &["word", "rhymes", "metadata"];
    probe.post("/suggest_rhymes", &body, fields).await;
    let body = json!({"prompt": "folk, female voice"});
    let fields = &["prompt", "tag_count", "metadata"];
    probe.post("/improve_prompt", &body, fields).await;
}

async fn music(probe: &mut Probe) {
    let body = json!({"prompt": TAGS, "lyrics": LYRICS, "audio_duration": SHORT_S, "seed": 1});
    probe.post("/generate_music", &body, AUDIO).await;
    let fields = &[
        "file_path",
        "generation_time",
        "file_size_mb",
        "audio_duration",
        "metadata",
    ];
    probe
        .post("/generate_music_to_storage", &body, fields)
        .await;
    probe.post("/generate_demo_music", &json!({}), AUDIO).await;
}

async fn image(probe: &mut Probe) {
    let body = json!({"prompt": TAGS, "width": 256, "height": 256, "seed": 1});
    let fields = &["file_path", "image_dimensions", "file_size_mb", "metadata"];
    let drawn = probe.post("/generate_cover_image", &body, fields).await;
    let fields = &[
        "available_styles",
        "custom_style_supported",
        "style_mixing_supported",
    ];
    probe.get("/get_available_styles", fields).await;
    let key = text(&drawn, "file_path");
    let path = format!("/download_image?file_key={key}");
    let fields = &["image_data", "file_size", "filename", "format"];
    probe.get(&path, fields).await;
}

async fn integrated(probe: &mut Probe) {
    let described = json!({"full_described_song": ABOUT, "audio_duration": SHORT_S, "seed": 1});
    let made = probe
        .post("/generate_from_description", &described, PACKAGE)
        .await;
    let sung = json!({"prompt": TAGS, "lyrics": LYRICS, "audio_duration": SHORT_S, "seed": 2});
    probe.post("/generate_with_lyrics", &sung, PACKAGE).await;
    let both = json!({"prompt": TAGS, "described_lyrics": ABOUT, "audio_duration": SHORT_S});
    probe
        .post("/generate_with_described_lyrics", &both, PACKAGE)
        .await;
    probe.post("/generate_music", &described, PACKAGE).await;
    probe.post("/generate", &json!({}), &["audio_data"]).await;
    file(probe, &text(&made, "s3_key")).await;
    let id = text(&made, "operation_id");
    let fields = &["operation_id", "status", "progress", "message"];
    probe
        .get(&format!("/workflow_status?operation_id={id}"), fields)
        .await;
}

/// The first bytes of the song, as a player asks for them.
async fn file(probe: &mut Probe, key: &str) {
    let request = probe
        .request(Method::GET, &format!("/files/{key}"))
        .header(header::RANGE, "bytes=0-3");
    let look = |answer: &Answer| match (answer.status, answer.content.as_slice()) {
        (StatusCode::PARTIAL_CONTENT, b"RIFF") => Ok(()),
        (StatusCode::PARTIAL_CONTENT, other) => Err(format!("{other:?} begins no WAV file")),
        (status, _) => Err(format!("{status} is not 206")),
    };
    probe
        .send("GET /files/{key}, its first bytes", request, look)
        .await;
}

fn text(answer: &Option<Value>, field: &str) -> String {
    let value = answer.as_ref().and_then(|a| a[field].as_str());
    value.unwrap_or_default().to_owned()
}
