//! Request and response types of the contract, as plain data.
//!
//! Bodies are read by [`parse`], which accepts camelCase names, takes `null` for absence, ignores
//! unknown fields and names the field that is wrong. Limits are checked where a request becomes
//! its service's parameters.

mod body;
mod diffusion;
mod estimate;
mod health;
mod image;
mod lyrics;
mod lyrics_tools;
mod models;
mod music;
mod music_task;
mod number;
mod operations;
mod package;
mod song;
mod song_bodies;
mod song_cover;
mod songs;
mod takes;

pub use body::{Body, parse};
pub use diffusion::{
    CfgType, Diffusion, DiffusionFields, LoraChoice, LyricLanguage, OssSteps, ReferenceAudio,
    SchedulerType,
};
pub use estimate::{
    Adapter, AdapterList, FitVerdict, LyricFit, MusicEstimate, StageEstimate, UploadedAudio,
};
pub use health::{DependentService, HealthCheck, ServiceInfo};
pub use image::{
    AvailableStyles, CoverImage, CoverImageRequest, CoverImageResponse, DownloadedImage, Drawing,
    StyleText, UploadedImage,
};
pub use lyrics::{
    CategoriesRequest, CategoriesResponse, Heard, LyricsRequest, LyricsResponse, PromptRequest,
    PromptResponse, TitleRequest, TitleResponse,
};
pub use lyrics_tools::{
    ImprovePromptRequest, ReviseRequest, ReviseTask, RhymesRequest, RhymesResponse,
};
pub use models::{
    Model, ModelFile, ModelInstall, ModelLicence, ModelList, ModelMemory, ModelState, ModelVariant,
};
pub use music::{
    AudioGeneration, AudioGenerationBase, GenerationMetadata, MusicRequest, MusicResponse,
    MusicToStorageResponse, TimedLine,
};
pub use music_task::{EarlierRetake, TaskAsked, TaskFields, TaskName};
pub use number::{Whole, finite_between};
pub use operations::{ErrorBody, OperationEvent, OperationList, SessionResponse, WorkflowStatus};
pub use package::{DemoAudio, EnginesUsed, Package, PackageLinks, ServiceStatus};
pub use song::{SongKind, SongRequest};
pub use song_bodies::{AnySong, DescribedSong, SongWithDescribedLyrics, SongWithLyrics};
pub use song_cover::{SongCoverJob, SongCoverRequest};
pub use songs::{ImportResponse, Peaks, Song, SongChange, SongCover, SongList, Take, TakeLinks};
pub use takes::{
    EditRequest, ExtendRequest, NewTake, OtherWords, PromoteRequest, RepaintRequest, RetakeRequest,
    TakeBase, TakeJob, TakeWish,
};
