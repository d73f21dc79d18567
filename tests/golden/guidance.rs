//! Guidance of velocities.

use anyhow::{Context as _, Result};
use serde_json::Value;
use songwright_api::CfgType;
use songwright_music::ace_step::diffusion::{Guidance, Guide, double, orthogonal};

use crate::{compare::close, set::Set};

const BOUND: f64 = 1e-5;

/// Calls one after the other, with the names of either set.
pub(crate) fn check(set: &Set, file: &str) -> Result<()> {
    let (json, tensors) = (set.json(file)?, set.tensors(file)?);
    let number = |paths: &[&str]| -> Result<f64> {
        paths
            .iter()
            .find_map(|path| json.pointer(path).and_then(Value::as_f64))
            .with_context(|| format!("no number at {paths:?}"))
    };
    let scale = |of: &str| {
        number(&[
            &format!("/{of}/guidance_scale"),
            &format!("/{of}/scale"),
            &format!("/{of}"),
            "/scale",
        ])
    };
    let apart = Guidance {
        text_scale: number(&["/text_scale", "/double/0"])?,
        lyric_scale: number(&["/lyric_scale", "/double/1"])?,
        ..Guidance::default()
    };
    let named = |names: &[String]| names.iter().find(|name| tensors.has(name)).cloned();
    let mut apg = Guide::new(CfgType::Apg);
    let mut call = 0;
    while tensors.has(&format!("cond_{call}")) {
        let one = |name: &str| tensors.f32(&format!("{name}_{call}"));
        let (c, u) = (one("cond")?, one("uncond")?);
        let text = named(&[format!("text_{call}"), format!("only_text_{call}")])
            .context("no velocity of the text")?;
        let mut guided = vec![
            ("apg", apg.guide(&c, &u, scale("apg")?, call)?),
            (
                "cfg",
                Guide::new(CfgType::Cfg).guide(&c, &u, scale("cfg")?, call)?,
            ),
            (
                "star",
                Guide::new(CfgType::CfgStar).guide(&c, &u, scale("star")?, call)?,
            ),
            ("double", double(&c, &tensors.f32(&text)?, &u, &apart)?),
        ];
        if tensors.has(&format!("out_apg_nomomentum_{call}")) {
            let forgetful = Guide::forgetful().guide(&c, &u, scale("apg")?, call)?;
            guided.push(("apg_nomomentum", forgetful));
        }
        for (kind, found) in guided {
            let name = named(&[format!("{kind}_{call}"), format!("out_{kind}_{call}")])
                .with_context(|| format!("no result of {kind}"))?;
            close(&name, &found, &tensors.f32(&name)?, BOUND)?;
        }
        call += 1;
    }
    if tensors.has("project_v0") {
        let (x, base) = (tensors.f32("project_v0")?, tensors.f32("project_v1")?);
        let across = orthogonal(&x, &base)?;
        close("across", &across, &tensors.f32("out_orthogonal")?, BOUND)?;
        close(
            "along",
            &(x - across)?,
            &tensors.f32("out_parallel")?,
            BOUND,
        )?;
    }
    Ok(())
}
