//! ACE-Step through the whole program, with random values in place of the published weights: a
//! card of the user's own names the checkpoint, as for any other model.

#![allow(clippy::unwrap_used, reason = "all of it is tests")]

mod bad_input;
mod commands;
mod elsewhere;
mod foresight;
mod home;
mod models;
mod reference;
mod songs;
mod stopping;
mod take_words;
mod takes;
