//! The only place that starts threads which touch a device.
//!
//! ```text
//! request → Queue (per service: so many at work, so many waiting, else 429; journalled)
//!         → the work of the operation (async; owns nothing heavy)
//!         → Workers<E> (OS threads, each owning one engine E; commands in, oneshot replies out)
//! ```
//! A model is owned by one thread, never shared behind a lock, never on a tokio worker. A thread
//! loads its engine for the first command, unloads it after the idle window, or when another
//! engine needs its memory ([`Residency`]). What a request takes beyond what the engine always does is
//! booked while it is at work ([`Booking`]).

mod aside;
mod booking;
mod health;
mod loading;
mod place;
mod queue;
mod residency;
#[cfg(test)]
mod testing;
mod workers;

pub use aside::Aside;
pub use booking::{Booking, More, Room};
pub use health::{EngineHealth, HealthStatus, LastRuns};
pub use loading::{Told, load};
pub use place::{Choose, Chosen, EnginePlace, Maker, PlacedEngine};
pub use queue::{Queue, Work};
pub use residency::Residency;
pub use workers::{Load, Workers, WorkersConfig};
