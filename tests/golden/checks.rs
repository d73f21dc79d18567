//! Which check takes which file of which family.

use anyhow::Result;

use crate::{
    chat, codec, guidance, language_model, loops, lyric_cases, schedules, sdxl, set::Set,
    text_encoder, torch_randn, transformer,
};

/// A check of one file of a set.
pub(crate) type Check = fn(&Set, &str) -> Result<()>;

/// The networks of one model.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Family {
    /// How the names of its sets' folders start.
    folder: &'static str,
    /// The start of a file's name, and what takes it; the first that fits.
    checks: &'static [(&'static str, Check)],
}

const FAMILIES: &[Family] = &[
    Family {
        folder: "ace-step-v1",
        checks: &[
            ("dcae", codec::dcae),
            ("dit_decode", transformer::decode),
            ("dit_encode", transformer::encode),
            ("dit", transformer::whole),
            ("log_mel", codec::log_mel),
            ("music_dcae", codec::music_dcae),
            ("resample", codec::resample),
            ("vocoder", codec::vocoder),
            ("guidance", guidance::check),
            ("loop_edit", loops::flow_edit),
            ("loop_flowedit", loops::flow_edit),
            ("loop_model", loops::model),
            ("loop_erg_model", loops::model),
            ("loop_", loops::text2music),
            ("lyric_cases", lyric_cases::check),
            ("lyric_encoder", transformer::lyric_encoder),
            ("schedulers", schedules::all),
            ("scheduler_", schedules::one),
            ("torch_randn", torch_randn::check),
            ("torch_cpu_randn", torch_randn::check),
        ],
    },
    Family {
        folder: "qwen",
        checks: &[
            ("bpe_cases", chat::tokens),
            ("chat_cases", chat::prompts),
            ("qwen2", language_model::check),
            ("qwen3", language_model::check),
        ],
    },
    Family {
        folder: "clip",
        checks: &[("bpe_cases", sdxl::bpe_cases)],
    },
    Family {
        folder: "sdxl",
        checks: &[
            ("artist", sdxl::artist),
            ("pipeline", sdxl::pipeline),
            ("scheduler_tables", sdxl::tables),
            ("scheduler", sdxl::steps),
            ("tae", sdxl::tiny),
            ("tiled", sdxl::tiled),
            ("text_encoder", sdxl::text_encoders),
            ("tiny_tokenizer", sdxl::pipeline),
            ("unet", sdxl::unet),
            ("vae", sdxl::vae),
        ],
    },
    Family {
        folder: "umt5",
        checks: &[
            ("umt5", text_encoder::check),
            ("weakened", text_encoder::weakened),
        ],
    },
];

impl Family {
    /// The family of a set; `None` where its networks are not built.
    pub(crate) fn of(set: &Set) -> Option<Self> {
        let label = set.label();
        let folder = label.rsplit('/').next()?;
        FAMILIES
            .iter()
            .copied()
            .find(|family| folder.starts_with(family.folder))
    }

    /// What takes a file.
    pub(crate) fn check(&self, name: &str) -> Option<Check> {
        self.checks
            .iter()
            .find(|(start, _)| name.starts_with(start))
            .map(|(_, check)| *check)
    }
}
