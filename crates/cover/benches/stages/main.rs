//! What the parts of SDXL take at their real sizes, with random weights in f32 on the CPU: `songwright_stages` says how it is
//! run. `benches/diffusers/stages.py` is the other side.

#![allow(missing_docs, reason = "a program")]

mod stage;

fn main() -> anyhow::Result<()> {
    songwright_stages::run(&stage::NAMES, stage::ready)
}
