//! Requests for words as they are queued: checked whole, their seed drawn.

use songwright_api::{
    CategoriesRequest, ImprovePromptRequest, LyricsRequest, PromptRequest, ReviseRequest,
    RhymesRequest, TitleRequest, Whole,
};
use songwright_base::{InvalidField, Seed};
use songwright_lyrics::{
    CategoriesParams, ImproveParams, LyricsParams, PromptParams, ReviseParams, RhymesParams,
    TitleParams,
};

/// A request that can be settled before it is queued, over HTTP and on the command line alike.
pub trait Settle: Sized {
    /// The same with its seed drawn.
    ///
    /// # Errors
    /// Names what is wrong with it.
    fn settled(self) -> Result<Self, InvalidField>;
}

macro_rules! with_a_seed {
    ($($request:ty: $seed:expr;)*) => {$(
        impl Settle for $request {
            fn settled(self) -> Result<Self, InvalidField> {
                let of: fn(&Self) -> Result<Seed, InvalidField> = $seed;
                let seed = i64::try_from(of(&self)?.0).ok().map(Whole);
                Ok(Self { seed, ..self })
            }
        }
    )*};
}

with_a_seed! {
    LyricsRequest: |r| Ok(LyricsParams::try_from(r)?.seed);
    PromptRequest: |r| Ok(PromptParams::try_from(r)?.seed);
    TitleRequest: |r| Ok(TitleParams::try_from(r)?.seed);
    ReviseRequest: |r| Ok(ReviseParams::try_from(r)?.seed);
    RhymesRequest: |r| Ok(RhymesParams::try_from(r)?.seed);
    ImprovePromptRequest: |r| Ok(ImproveParams::try_from(r)?.prompt.seed);
}

impl Settle for CategoriesRequest {
    fn settled(self) -> Result<Self, InvalidField> {
        CategoriesParams::try_from(&self)?;
        Ok(self)
    }
}
