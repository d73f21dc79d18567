use candle_core::Tensor;
use songwright_nn::Result;

use crate::ace_step::model::{Conditioning, Prompt, PromptEncoder};

/// What entropy-rectifying guidance (Ifriqi et al. 2025) weakens in the unconditional branch, in
/// place of leaving it out.
#[derive(Clone, Debug, Default)]
pub struct Erg {
    /// Text states of the weakened text encoder, for `use_erg_tag`; read only beside `lyric`.
    pub text: Option<Tensor>,
    /// The lyric encoder (`use_erg_lyric`).
    pub lyric: bool,
    /// The transformer's queries (`use_erg_diffusion`).
    pub diffusion: bool,
}

/// One prompt, encoded for each of guidance's branches.
#[derive(Clone, Debug)]
pub struct Sides {
    /// Text and lyrics.
    pub conditional: Conditioning,
    /// Neither.
    pub unconditional: Conditioning,
    /// Text without lyrics, where the two are guided apart.
    pub text_only: Option<Conditioning>,
    /// Whether the unconditional branch's queries are weakened.
    pub weakened: bool,
}

impl Sides {
    /// As the reference's `text2music_diffusion_process` encodes them.
    ///
    /// # Errors
    /// Where the prompt's shapes do not fit together.
    pub fn of(encoder: &PromptEncoder, prompt: &Prompt, erg: &Erg, double: bool) -> Result<Self> {
        let nothing = Prompt {
            text: prompt.text.zeros_like()?,
            speaker: prompt.speaker.zeros_like()?,
            lyric_ids: prompt.lyric_ids.zeros_like()?,
            ..prompt.clone()
        };
        let without = if erg.lyric {
            Prompt {
                text: erg.text.clone().unwrap_or(nothing.text.clone()),
                lyric_ids: prompt.lyric_ids.clone(),
                ..nothing.clone()
            }
        } else {
            nothing.clone()
        };
        let text_only = double
            .then(|| {
                let text_only = Prompt {
                    text: prompt.text.clone(),
                    lyric_ids: without.lyric_ids.clone(),
                    ..nothing.clone()
                };
                encoder.encode(&text_only, erg.lyric)
            })
            .transpose()?;
        Ok(Self {
            conditional: encoder.encode(prompt, false)?,
            unconditional: encoder.encode(&without, erg.lyric)?,
            text_only,
            weakened: erg.diffusion,
        })
    }

    /// As the reference's `flowedit_diffusion_process` encodes them: in its unconditional branch
    /// the lyrics' mask is empty too.
    ///
    /// # Errors
    /// As [`Self::of`].
    pub fn of_edit(encoder: &PromptEncoder, prompt: &Prompt) -> Result<Self> {
        let nothing = Prompt {
            text: prompt.text.zeros_like()?,
            speaker: prompt.speaker.zeros_like()?,
            lyric_ids: prompt.lyric_ids.zeros_like()?,
            lyric_mask: prompt.lyric_mask.zeros_like()?,
            ..prompt.clone()
        };
        Ok(Self {
            conditional: encoder.encode(prompt, false)?,
            unconditional: encoder.encode(&nothing, false)?,
            text_only: None,
            weakened: false,
        })
    }
}
