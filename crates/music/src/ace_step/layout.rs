//! Where each network's tensors lie: in the published folder, in ComfyUI's one file for all, or in a
//! GGUF file for the transformer.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use candle_core::quantized::GgmlDType;
use songwright_nn::weights::{
    Renamed, Source,
    file::{beside, open, stored_blocks},
};

use super::{Error, checkpoint::Part};

/// What to do about a file.
pub(super) const REPAIR: &str =
    "Install the model again with `songwright models install ace-step-v1-3.5b`";

/// The tensors of one network, in a file that may hold others too.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) file: PathBuf,
    /// What the file puts in front of the network's own names.
    prefix: &'static str,
}

impl Part {
    pub(super) const ALL: [Self; 4] = [Self::Transformer, Self::Dcae, Self::Vocoder, Self::Text];

    /// The sub-folder of `ACE-Step/ACE-Step-v1-3.5B`, and its file.
    pub(super) const fn published(self) -> (&'static str, &'static str) {
        const DIFFUSERS: &str = "diffusion_pytorch_model.safetensors";
        match self {
            Self::Transformer => ("ace_step_transformer", DIFFUSERS),
            Self::Dcae => ("music_dcae_f8c8", DIFFUSERS),
            Self::Vocoder => ("music_vocoder", DIFFUSERS),
            Self::Text => ("umt5-base", "model.safetensors"),
        }
    }

    /// A tensor that no file of the network lacks.
    const fn mark(self) -> &'static str {
        match self {
            Self::Transformer => "lyric_embs.weight",
            Self::Dcae => "decoder.conv_in.weight",
            Self::Vocoder => "backbone.channel_layers.0.0.weight",
            Self::Text => "encoder.block.0.layer.0.SelfAttention.q.weight",
        }
    }

    /// What repackagings put in front of the network's names; the first is ComfyUI's, in its file of
    /// all networks.
    const fn prefixes(self) -> &'static [&'static str] {
        match self {
            Self::Transformer => &[
                "model.diffusion_model.",
                "diffusion_model.",
                "transformer.",
                "model.",
                "",
            ],
            Self::Dcae => &["vae.dcae.", "dcae.", ""],
            Self::Vocoder => &["vae.vocoder.", "vocoder.", ""],
            Self::Text => &[
                "text_encoders.umt5base.transformer.",
                "umt5base.transformer.",
                "",
            ],
        }
    }
}

impl Place {
    /// Where a network's tensors lie below a folder: in its own sub-folder, and there in a GGUF file
    /// first, else in a file of the folder itself that has them.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] names the published file, where there is none.
    pub(super) fn find(folder: &Path, part: Part) -> Result<Self, Error> {
        let (own, name) = part.published();
        let own = folder.join(own);
        let published = own.join(name);
        let files = beside(&own, &["gguf"])
            .into_iter()
            .chain(published.is_file().then(|| published.clone()));
        if let Some(file) = files.into_iter().next() {
            let prefix = match open(&file) {
                Ok(source) => prefix_in(source.as_ref(), part).unwrap_or(""),
                // What is wrong with it is said where it is opened.
                Err(_) => "",
            };
            return Ok(Self { file, prefix });
        }
        let shared = beside(folder, &["gguf", "safetensors"]);
        for file in shared {
            let found = open(&file).ok();
            if let Some(prefix) = found.and_then(|source| prefix_in(source.as_ref(), part)) {
                return Ok(Self { file, prefix });
            }
        }
        Err(Error::Checkpoint {
            file: published,
            what: format!("the file is missing. {REPAIR}"),
        })
    }

    /// The network's tensors under its own names.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] where the file cannot be read.
    pub(super) fn open(&self) -> Result<Arc<dyn Source>, Error> {
        let source = open(&self.file).map_err(|error| Error::Checkpoint {
            file: self.file.clone(),
            what: format!("it cannot be read: {error}. {REPAIR}"),
        })?;
        Ok(if self.prefix.is_empty() {
            source
        } else {
            let prefix = self.prefix;
            Arc::new(Renamed::new(source, move |name| format!("{prefix}{name}")))
        })
    }

    /// The blocks that most of its numbers are in; `None` for floats.
    pub(super) fn blocks(&self) -> Option<GgmlDType> {
        stored_blocks(&self.file)
    }

    /// Whether it is the network's own sub-folder, where its configuration is too.
    pub(super) fn is_published(&self, folder: &Path, part: Part) -> bool {
        self.file.parent() == Some(&folder.join(part.published().0))
    }
}

fn prefix_in(source: &dyn Source, part: Part) -> Option<&'static str> {
    let mut prefixes = part.prefixes().iter();
    let has = |prefix: &&&str| source.shape(&format!("{prefix}{}", part.mark())).is_some();
    prefixes.find(has).copied()
}
