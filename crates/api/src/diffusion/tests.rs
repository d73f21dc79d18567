use super::*;

fn diffusion(json: &str) -> Result<Diffusion, String> {
    let fields: DiffusionFields = serde_json::from_str(json).map_err(|e| e.to_string())?;
    Diffusion::try_from(&fields).map_err(|e| e.to_string())
}

#[test]
fn defaults_are_the_reference_s() {
    assert_eq!(diffusion("{}").unwrap(), Diffusion::default());
}

#[test]
fn both_sides_of_every_limit() {
    for (field, inside, outside) in [
        ("omega_scale", ["-100", "100"], ["-100.5", "101"]),
        ("guidance_interval", ["0", "1"], ["-0.1", "1.1"]),
        ("guidance_interval_decay", ["0", "1"], ["-0.1", "1.1"]),
        ("min_guidance_scale", ["0", "200"], ["-1", "201"]),
        ("guidance_scale_text", ["0", "10"], ["-1", "11"]),
        ("guidance_scale_lyric", ["0", "10"], ["-1", "11"]),
        (
            "oss_steps",
            ["\"1,200\"", "[1, 2]"],
            ["\"0,3\"", "\"1,201\""],
        ),
        ("oss_steps", ["\"\"", "[]"], ["\"3,2\"", "\"x\""]),
    ] {
        for value in inside {
            diffusion(&format!("{{\"{field}\": {value}}}")).expect(field);
        }
        for value in outside {
            let error = diffusion(&format!("{{\"{field}\": {value}}}")).expect_err(value);
            assert!(error.starts_with(field), "{error}");
        }
    }
    let lora = |weight: f64| {
        diffusion(&format!(
            r#"{{"loras": [{{"name": "rap", "weight": {weight}}}]}}"#
        ))
    };
    assert_eq!(lora(-3.0).unwrap().loras, [("rap".to_owned(), -3.0)]);
    assert!(lora(3.1).is_err());
}

#[test]
fn fields_say_what_is_unusual_and_nothing_is_lost() {
    let usual = DiffusionFields::from(&Diffusion::default());
    assert_eq!(usual, DiffusionFields::default());
    let json = r#"{"omega_scale": 3, "use_erg_tag": false, "oss_steps": [1, 5], "draft": true,
        "cfg_type": "cfg", "vocal_language": "de", "lyric_language": "reference",
        "ref_audio_input": "x.wav", "ref_audio_strength": 0.25, "loras": [{"name": "rap", "weight": 0.5}]}"#;
    let unusual = diffusion(json).unwrap();
    let fields = DiffusionFields::from(&unusual);
    assert_eq!(Diffusion::try_from(&fields).unwrap(), unusual);
}

#[test]
fn a_task_has_its_seed_drawn_once_and_no_reference_audio() {
    let json = r#"{"task": "retake"}"#;
    let fields: DiffusionFields = serde_json::from_str(json).unwrap();
    let settled = fields.settled().unwrap();
    let seed = settled.task.retake_seed.unwrap();
    assert!(seed.0 >= 0);
    let again = settled.clone().settled().unwrap();
    assert_eq!(again, settled);
    let task = Diffusion::try_from(&settled).unwrap().task.unwrap();
    assert_eq!(task.retake_seed().0, seed.0.unsigned_abs());
    let plain = DiffusionFields::default();
    assert_eq!(plain.clone().settled().unwrap(), plain);
    assert!(diffusion(r#"{"task": "retake", "ref_audio_input": "x.wav"}"#).is_err());
}

#[test]
fn reference_audio_needs_a_file() {
    let like = diffusion(r#"{"ref_audio_input": "x.wav"}"#).unwrap();
    assert_eq!(like.reference.map(|of| of.strength), Some(0.5));
    assert!(diffusion(r#"{"ref_audio_strength": 0.5}"#).is_err());
    for strength in [-0.1, 1.1] {
        let json = format!(r#"{{"ref_audio_input": "x.wav", "ref_audio_strength": {strength}}}"#);
        assert!(diffusion(&json).is_err(), "{strength}");
    }
    assert!(diffusion(r#"{"ref_audio_input": ""}"#).is_err());
}

#[test]
fn words_are_the_reference_s() {
    let chosen = diffusion(r#"{"scheduler_type": "pingpong", "cfg_type": "cfg_star"}"#).unwrap();
    assert_eq!(chosen.scheduler_type, SchedulerType::PingPong);
    assert_eq!(chosen.cfg_type, CfgType::CfgStar);
    assert!(diffusion(r#"{"scheduler_type": "rk4"}"#).is_err());
}
