use songwright_base::EngineError;

use super::{Error, adapter_folder::AdapterFolder, checkpoint::Checkpoint, limits, plan::Needs};
use crate::{ComposerFacts, MusicParams};

/// What is known of ACE-Step v1 while its networks lie on the disk.
#[derive(Clone, Debug)]
pub struct AceStepFacts {
    pub(super) checkpoint: Checkpoint,
    pub(super) adapters: AdapterFolder,
    pub(super) needs: Needs,
}

impl AceStepFacts {
    pub(super) fn check(&self, params: &MusicParams) -> Result<(), Error> {
        limits::check(params)?;
        let adapters = self.adapters.chosen(&params.diffusion.loras)?;
        self.checkpoint.check_adapters(&adapters)
    }
}

impl ComposerFacts for AceStepFacts {
    fn bytes_for(&self, duration_s: f64) -> u64 {
        self.needs.bytes_for(duration_s)
    }

    fn check(&self, params: &MusicParams) -> Result<(), EngineError> {
        Ok(self.check(params)?)
    }
}
