//! A language model from a folder to answers, on random values: what it writes means nothing, and has
//! to be what was asked for all the same.

mod answers;
mod desk;
