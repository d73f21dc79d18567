//! Noise levels and solvers' steps.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, bail, ensure};
use candle_core::{Device, Tensor};
use songwright_api::SchedulerType;
use songwright_music::ace_step::diffusion::{Schedule, Solver, granularity};

use crate::{
    compare::close,
    set::{Set, Tensors},
};

/// Of tables, and of steps.
const TABLE: f64 = 1e-6;
const STEP: f64 = 1e-5;

/// `schedulers`: all kinds in one file, the tables' ends and the steps beside them.
pub(crate) fn all(set: &Set, file: &str) -> Result<()> {
    let (json, tensors) = (set.json(file)?, set.tensors(file)?);
    let shift = json["step_shift"].as_f64().context("no shift")?;
    let steps = json["step_n"].as_u64().context("no steps")?;
    let steps = usize::try_from(steps)?;
    let mut runs: BTreeSet<(&str, &str)> = BTreeSet::new();
    for name in tensors.0.keys() {
        let parts: Vec<&str> = name.split('_').collect();
        match parts[..] {
            [
                what @ ("attrs" | "sigmas" | "timesteps"),
                kind,
                n,
                shift,
                sigma_max,
            ] => {
                let schedule = Schedule::new(
                    kind_of(kind)?,
                    n.parse()?,
                    shift.parse()?,
                    sigma_max.parse()?,
                );
                table(name, what, &schedule, &tensors)?;
            }
            ["custom", what, kind] => {
                let sigmas: Vec<f64> = serde_json::from_value(json["custom_sigmas"].clone())?;
                #[allow(clippy::cast_possible_truncation, reason = "the reference rounds too")]
                let sigmas: Vec<f32> = sigmas.into_iter().map(|sigma| sigma as f32).collect();
                let schedule = Schedule::from_sigmas(kind_of(kind)?, &sigmas, shift);
                table(name, what, &schedule, &tensors)?;
            }
            ["step", "out", kind, omega, _] => {
                runs.insert((kind, omega));
            }
            ["omega", "logistic"] => {
                for pair in tensors.0[name].to_vec2::<f64>()? {
                    ensure!((granularity(pair[0]) - pair[1]).abs() < TABLE, "{name}");
                }
            }
            ["step", "v" | "x0", ..] | ["step", "noise", ..] => {}
            _ => bail!("{name} is of no kind that is known"),
        }
    }
    ensure!(runs.len() >= 9, "only {} runs", runs.len());
    for (kind, omega) in runs {
        run(
            &tensors,
            kind,
            omega,
            &Schedule::new(kind_of(kind)?, steps, shift, 1.0),
        )?;
    }
    Ok(())
}

/// `scheduler_KIND`: tables by steps and shift.
pub(crate) fn one(set: &Set, file: &str) -> Result<()> {
    let kind = kind_of(file.trim_start_matches("scheduler_"))?;
    let tensors = set.tensors(file)?;
    for name in tensors.0.keys() {
        let parts: Vec<&str> = name.split('_').collect();
        let [what, n, shift] = parts[..] else {
            bail!("{name} is of no kind that is known")
        };
        let schedule = Schedule::new(kind, n.parse()?, shift.parse()?, 1.0);
        table(name, what, &schedule, &tensors)?;
    }
    Ok(())
}

fn table(name: &str, what: &str, schedule: &Schedule, tensors: &Tensors) -> Result<()> {
    let found = match what {
        "sigmas" => Tensor::new(schedule.sigmas(), &Device::Cpu)?,
        "timesteps" => Tensor::new(schedule.timesteps(), &Device::Cpu)?,
        _ => {
            let (largest, smallest) = schedule.ends();
            Tensor::new(&[largest, smallest], &Device::Cpu)?
        }
    };
    let wanted = tensors.0.get(name).context("no such tensor")?;
    close(name, &found, wanted, TABLE)
}

fn run(tensors: &Tensors, kind: &str, omega: &str, schedule: &Schedule) -> Result<()> {
    let mut solver = Solver::new(kind_of(kind)?, schedule, omega.parse()?);
    let mut sample = tensors.f32("step_x0")?;
    for call in 0..schedule.timesteps().len() {
        let velocity = tensors.f32(&format!("step_v_{call}"))?;
        let noise = solver
            .wants_noise()
            .then(|| tensors.f32(&format!("step_noise_{kind}_{call}")))
            .transpose()?;
        sample = solver.step(&velocity, &sample, noise.as_ref())?;
        let name = format!("step_out_{kind}_{omega}_{call}");
        close(&name, &sample, &tensors.f32(&name)?, STEP)?;
    }
    Ok(())
}

fn kind_of(word: &str) -> Result<SchedulerType> {
    serde_json::from_value(word.into()).with_context(|| format!("no solver {word}"))
}
