use candle_core::Tensor;
use songwright_api::CfgType;
use songwright_nn::Result;

/// Guidance of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Guidance {
    /// Which.
    pub kind: CfgType,
    /// How far beyond the conditional velocity; 0 and 1 are none.
    pub scale: f64,
    /// The share of steps that are guided, 0..=1, around the middle.
    pub interval: f64,
    /// How far the scale falls towards `min_scale` over those steps, 0..=1.
    pub decay: f64,
    /// Where the decay leads.
    pub min_scale: f64,
    /// Of text without lyrics; with `lyric_scale`, both above 1, text and lyrics are guided apart.
    pub text_scale: f64,
    /// Of lyrics beside text.
    pub lyric_scale: f64,
}

/// What APG keeps of the difference of earlier steps.
const MOMENTUM: f64 = -0.75;
/// What APG cuts the difference's norm to.
const NORM_THRESHOLD: f64 = 2.5;
/// The last step at which CFG-zero* stands still.
const ZERO_STEPS: usize = 1;

impl Default for Guidance {
    /// The reference pipeline's.
    fn default() -> Self {
        Self {
            kind: CfgType::Apg,
            scale: 15.0,
            interval: 0.5,
            decay: 0.0,
            min_scale: 3.0,
            text_scale: 0.0,
            lyric_scale: 0.0,
        }
    }
}

impl Guidance {
    /// Whether any step is guided.
    #[must_use]
    pub fn guides(&self) -> bool {
        let is = |value: f64| (self.scale - value).abs() < f64::EPSILON;
        !is(0.0) && !is(1.0)
    }

    /// Whether text and lyrics are guided apart.
    #[must_use]
    pub fn is_double(&self) -> bool {
        self.text_scale > 1.0 && self.lyric_scale > 1.0
    }

    /// The guided calls of a run that was set up with `steps` steps.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the reference cuts towards zero"
    )]
    pub fn window(&self, steps: usize) -> std::ops::Range<usize> {
        let steps = steps as f64;
        let start = steps * ((1.0 - self.interval) / 2.0);
        let end = steps * (self.interval / 2.0 + 0.5);
        start as usize..end as usize
    }

    /// The scale at guided call `i` of `window`.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "steps are few")]
    pub fn scale_at(&self, i: usize, window: &std::ops::Range<usize>) -> f64 {
        // A window of one call has no fall; the reference divides by zero.
        let last = window.len().saturating_sub(1).max(1);
        let fallen = self.decay * i.saturating_sub(window.start) as f64 / last as f64;
        self.scale - (self.scale - self.min_scale) * fallen
    }
}

/// Guidance over the calls of one run: APG remembers.
#[derive(Clone, Debug)]
pub struct Guide {
    kind: CfgType,
    momentum: f64,
    running: Option<Tensor>,
}

impl Guide {
    /// Without a memory yet.
    #[must_use]
    pub fn new(kind: CfgType) -> Self {
        Self {
            kind,
            momentum: MOMENTUM,
            running: None,
        }
    }

    /// APG that does not remember.
    #[must_use]
    pub fn forgetful() -> Self {
        Self {
            momentum: 0.0,
            ..Self::new(CfgType::Apg)
        }
    }

    /// The guided velocity at model call `call`; both are (batch, channels, height, frames).
    ///
    /// # Errors
    /// Where shapes differ.
    pub fn guide(
        &mut self,
        conditional: &Tensor,
        unconditional: &Tensor,
        scale: f64,
        call: usize,
    ) -> Result<Tensor> {
        match self.kind {
            CfgType::Cfg => cfg(conditional, unconditional, scale),
            CfgType::CfgStar => cfg_star(conditional, unconditional, scale, call),
            CfgType::Apg => self.apg(conditional, unconditional, scale),
        }
    }

    fn apg(&mut self, conditional: &Tensor, unconditional: &Tensor, scale: f64) -> Result<Tensor> {
        let difference = (conditional - unconditional)?;
        let difference = match &self.running {
            Some(running) => (difference + (running * self.momentum)?)?,
            None => difference,
        };
        self.running = Some(difference.clone());
        let norm = norm(&difference)?;
        let cut = norm.recip()?.affine(NORM_THRESHOLD, 0.0)?.minimum(1.0)?;
        let difference = difference.broadcast_mul(&cut)?;
        let across = orthogonal(&difference, conditional)?;
        Ok((conditional + (across * (scale - 1.0))?)?)
    }
}

/// `(1 − gₜ)·u + (gₜ − gₗ)·t + gₗ·c`, of the velocities without text and lyrics, with text alone and
/// with both.
///
/// # Errors
/// Where shapes differ.
pub fn double(
    conditional: &Tensor,
    text_only: &Tensor,
    unconditional: &Tensor,
    guidance: &Guidance,
) -> Result<Tensor> {
    let (text, lyric) = (guidance.text_scale, guidance.lyric_scale);
    let sum = ((unconditional * (1.0 - text))? + (text_only * (text - lyric))?)?;
    Ok((sum + (conditional * lyric)?)?)
}

/// What of `x` does not point along `base`, by channel.
///
/// # Errors
/// Where shapes differ.
pub fn orthogonal(x: &Tensor, base: &Tensor) -> Result<Tensor> {
    let unit = base.broadcast_div(&norm(base)?.maximum(1e-12)?)?;
    let along = (x * &unit)?.sum_keepdim((2, 3))?;
    Ok((x - unit.broadcast_mul(&along)?)?)
}

/// The norm of each channel, (batch, channels, 1, 1).
fn norm(x: &Tensor) -> Result<Tensor> {
    Ok(x.sqr()?.sum_keepdim((2, 3))?.sqrt()?)
}

fn cfg(conditional: &Tensor, unconditional: &Tensor, scale: f64) -> Result<Tensor> {
    Ok((unconditional + ((conditional - unconditional)? * scale)?)?)
}

fn cfg_star(
    conditional: &Tensor,
    unconditional: &Tensor,
    scale: f64,
    call: usize,
) -> Result<Tensor> {
    if call <= ZERO_STEPS {
        return Ok(conditional.zeros_like()?);
    }
    let product = (conditional * unconditional)?.sum_keepdim((1, 2, 3))?;
    let square = (unconditional.sqr()?.sum_keepdim((1, 2, 3))? + 1e-8)?;
    let fitted = unconditional.broadcast_mul(&(product / square)?)?;
    cfg(conditional, &fitted, scale)
}
