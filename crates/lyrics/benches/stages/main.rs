//! What reading a prompt and writing an answer take a language model of a real size, with random weights on the CPU, by the
//! path of the service: `songwright_stages` says how it is run. The models are GGUF files, which the first run writes into
//! `--folder`. `benches/peers` has the other sides.

#![allow(missing_docs, reason = "a program")]

mod grammar;
mod stage;
mod synthetic;

fn main() -> anyhow::Result<()> {
    songwright_stages::run_in_folder(&stage::NAMES, stage::ready)
}
