use serde::{Deserialize, Serialize};
use songwright_api::{EnginesUsed, ServiceStatus, SongRequest};
use songwright_base::OperationId;
use songwright_storage::TakeWords;

use crate::Making;

/// How a take came to be: with its seed, everything needed to make it again. Kept with the take.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Provenance {
    /// The endpoint that was asked.
    pub endpoint: String,
    /// The request with its seed drawn and its defaults written out.
    pub request: SongRequest,
    /// The operation that made it.
    pub operation_id: OperationId,
    /// Which engine made each part.
    pub engines: EnginesUsed,
    /// Which parts were made.
    pub service_status: ServiceStatus,
    /// What failed on the way.
    pub errors: Vec<String>,
    /// Seconds it took.
    pub generation_time: f64,
    /// The tags prompt as the composer was given it.
    pub sung_prompt: String,
    /// The lyrics as the composer was given them, where they were sung.
    pub sung_lyrics: Option<String>,
    /// What was done to another take; absent where it was made from its words anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub making: Option<Making>,
    /// Where the difference to the take it was made from comes from.
    #[serde(default)]
    pub retake_seed: Option<u64>,
    /// The program's version.
    pub songwright_version: String,
}

impl Provenance {
    /// What it is made of.
    pub(crate) fn words(&self) -> TakeWords {
        TakeWords {
            prompt: self.sung_prompt.clone(),
            lyrics: self.sung_lyrics.clone().unwrap_or_default(),
        }
    }

    /// Whether it has fewer steps than were asked for.
    pub(crate) fn is_draft(&self) -> bool {
        self.request.diffusion.draft == Some(true)
    }
}
