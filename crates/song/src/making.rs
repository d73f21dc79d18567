//! What a take was made from, so that it can be made again or varied.

use serde::{Deserialize, Serialize};
use songwright_api::TakeWish;
use songwright_base::{Code, EngineInfo, EngineKind, Failure, Seed};
use songwright_music::Variation;
use songwright_storage::{Song, Take};
use uuid::Uuid;

use crate::shelf;

/// What was done to another take of the song.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Making {
    /// What.
    pub wish: TakeWish,
    /// The take that it was done to.
    pub take_id: Uuid,
}

/// What a take is to be made from.
pub(crate) struct Origin<'a> {
    /// The take that something is done to.
    pub(crate) take: &'a Take,
    /// What is done; promotion is the song made from its words anew.
    pub(crate) wish: TakeWish,
    /// Where the difference comes from.
    pub(crate) retake_seed: Seed,
}

/// What a draft was made from.
///
/// # Errors
/// 409 where that is not known, or is not there any more.
pub(crate) fn of_draft<'a>(
    song: &'a Song,
    draft: &'a Take,
    now: &EngineInfo,
) -> Result<Origin<'a>, Failure> {
    let made = shelf::provenance(draft);
    let retake_seed = Seed(made.retake_seed.unwrap_or_default());
    let Some(making) = made.making else {
        if is_from_words(draft) {
            return Ok(Origin {
                take: draft,
                wish: TakeWish::Promote,
                retake_seed,
            });
        }
        return Err(Failure::new(
            Code::Conflict,
            "This draft was made by an earlier version, which did not note what it was made from. Promote the take \
             before it, and make the same change to what comes of it.",
        ));
    };
    let take = by_id(song, making.take_id).ok_or_else(|| {
        Failure::new(
            Code::Conflict,
            "The take that this draft was made from was deleted, so it cannot be made at all its steps.",
        )
    })?;
    let is_of_noise =
        matches!(making.wish, TakeWish::Retake { .. }) && variations(song, take, now).is_some();
    if take.recording.draft && !is_of_noise {
        return Err(Failure::new(
            Code::Conflict,
            format!(
                "This draft was made from the audio of another, take {}. Promote that one, and make the \
                 change to what comes of it.",
                take.number
            ),
        ));
    }
    Ok(Origin {
        take,
        wish: making.wish,
        retake_seed,
    })
}

/// What the noise of a take was varied by, the oldest first; `None` where its noise does not make it again:
/// it does not come from its words alone, but from other audio too, or another than who works `now` made it.
pub(crate) fn variations(song: &Song, take: &Take, now: &EngineInfo) -> Option<Vec<Variation>> {
    let mut found = Vec::new();
    let mut at = take;
    loop {
        if !may_be_same(&at.recording.engine, now) {
            return None;
        }
        let made = shelf::provenance(at);
        let asked = &made.request.diffusion;
        if asked.ref_audio_input.is_some() || asked.task.task.is_some() {
            return None;
        }
        let Some(Making { wish, take_id }) = made.making else {
            found.reverse();
            return is_from_words(at).then_some(found);
        };
        let TakeWish::Retake { variance } = wish else {
            return None;
        };
        found.push(Variation {
            variance,
            retake_seed: Seed(made.retake_seed?),
        });
        at = by_id(song, take_id)?;
    }
}

/// Whether who made a take works `now`, as far as that is known: a service elsewhere says who makes its music
/// with the music.
pub(crate) fn may_be_same(then: &EngineInfo, now: &EngineInfo) -> bool {
    match now.kind {
        EngineKind::Remote => then.kind == EngineKind::Remote,
        EngineKind::Sketch | EngineKind::Neural => is_same(then, now),
    }
}

/// Whether the same seed and words make the same song with both.
pub(crate) fn is_same(one: &EngineInfo, other: &EngineInfo) -> bool {
    (&one.model_id, &one.version) == (&other.model_id, &other.version)
}

/// Whether a take of which nothing else is noted is a first one, or a first one at all its steps.
fn is_from_words(take: &Take) -> bool {
    let lineage = take.recording.lineage.as_ref();
    lineage.is_none_or(|lineage| lineage.relation == TakeWish::Promote.relation())
}

fn by_id(song: &Song, id: Uuid) -> Option<&Take> {
    song.takes.iter().find(|take| take.recording.id == id)
}
