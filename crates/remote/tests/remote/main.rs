//! The remote engines against real HTTP servers on this machine.

mod artist;
mod composer;
mod failures;
mod health;
mod lyricist;
mod server;
mod targets;
