use std::{fs, sync::Arc};

use songwright_audio::Pcm;
use songwright_base::{EngineError, Seed, Stage};
use songwright_music::{
    Composer as _, ComposerFacts, MusicParams, MusicTask, ace_step::AdapterFolder,
};

use crate::{composer, params, watcher::Watcher};

fn silence(seconds: usize) -> Arc<Pcm> {
    Arc::new(Pcm {
        sample_rate: 48_000,
        channels: 2,
        samples: vec![0.0; seconds * 96_000],
    })
}

fn repaint(range_s: std::ops::Range<f64>) -> MusicTask {
    MusicTask::Repaint {
        source: silence(3),
        range_s,
        variance: 0.5,
        retake_seed: Seed(1),
    }
}

#[test]
fn what_is_refused_is_known_before_anything_is_loaded() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rubbish.safetensors"), b"no adapter").unwrap();
    let mut composer = composer().with_adapters(AdapterFolder::at(folder.path()));
    let facts = composer.facts();
    let mut refused = |change: &dyn Fn(&mut MusicParams), what: &str| {
        let mut params = params(2.0, 1);
        change(&mut params);
        let watcher = Watcher::default();
        let before = ComposerFacts::check(&facts, &params).unwrap_err();
        let then = composer.compose(&params, &watcher).unwrap_err();
        assert!(
            matches!(before, EngineError::Unsupported { .. }),
            "{before}"
        );
        assert!(before.to_string().contains(what), "{before}");
        assert_eq!(before.to_string(), then.to_string());
        assert_eq!(watcher.of(Stage::Load), [], "{before}");
    };
    refused(&|params| params.duration_s = 0.9, "1 to 240 seconds");
    refused(&|params| params.duration_s = 240.1, "1 to 240 seconds");
    refused(
        &|params| params.diffusion.vocal_language = Some("tlh".to_owned()),
        "does not sing in \"tlh\"",
    );
    refused(
        &|params| params.diffusion.loras = vec![("choir".to_owned(), 1.0)],
        "There is no adapter \"choir\"",
    );
    refused(
        &|params| params.diffusion.loras = vec![("rubbish".to_owned(), 1.0)],
        "rubbish.safetensors",
    );
    refused(&|params| params.task = repaint(2.0..1.0), "not a part");
    refused(&|params| params.task = repaint(3.0..4.0), "not a part");
    refused(&|params| params.task = repaint(2.95..9.0), "shorter than");
    let extend = |before_s, after_s| MusicTask::Extend {
        source: silence(3),
        before_s,
        after_s,
        retake_seed: Seed(1),
    };
    refused(&|params| params.task = extend(1.0, 236.1), "up to 240 s");
    refused(&|params| params.task = extend(0.0, 0.0), "not made longer");
    refused(&|params| params.task = extend(-1.0, 5.0), "not made longer");
    let follow = |seconds| MusicTask::Audio2Audio {
        reference: silence(seconds),
        strength: 0.5,
    };
    refused(&|params| params.task = follow(241), "1 to 240 seconds");

    let mut taken = params(1.0, 1);
    taken.diffusion.vocal_language = Some("de".to_owned());
    for (task, duration_s) in [
        (MusicTask::Text2Music, 1.0),
        (MusicTask::Text2Music, 240.0),
        (repaint(1.0..2.0), 1.0),
        (repaint(2.9..9.0), 1.0),
        (extend(1.0, 236.0), 1.0),
        (follow(240), 1.0),
    ] {
        (taken.task, taken.duration_s) = (task, duration_s);
        ComposerFacts::check(&facts, &taken).unwrap();
    }
}
