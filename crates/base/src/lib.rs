//! What every Songwright service shares.
//!
//! Nothing here knows candle, axum or tauri: an engine crate depends on this one for the words it
//! exchanges with its caller ([`Observer`], [`EngineError`], [`EngineInfo`], [`Seed`],
//! [`LyricSheet`]), the server for what it says to clients ([`Code`]).

mod code;
pub mod config;
mod engine_error;
mod engine_info;
mod failure;
mod lyric_sheet;
mod observer;
mod operation;
mod seed;
mod service;
pub mod syllables;
mod text;

pub use code::Code;
pub use engine_error::EngineError;
pub use engine_info::{EngineInfo, EngineKind, ModelIdentity};
pub use failure::Failure;
pub use lyric_sheet::{LyricSection, LyricSheet, SectionKind};
pub use observer::{Observer, Preview, Progress, Silent, Stage};
pub use operation::{
    Journal, NoJournal, Operation, OperationId, OperationRecord, OperationState, Operations, Part,
    ServiceTotals, Snapshot, StageState, StageStatus,
};
pub use seed::Seed;
pub use service::Service;
pub use text::{InvalidField, clean_text, length_between};
