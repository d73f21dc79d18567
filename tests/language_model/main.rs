//! A language model from a folder to answers, on random values: what it writes means nothing, and has
//! to be what was asked for all the same.

#![allow(clippy::unwrap_used, reason = "all of it is tests")]

mod answers;
mod checkpoints;
mod desk;
mod failures;
mod grammars;
mod http;
mod tools;
