//! One picture.

use candle_core::{DType, Device, Tensor};
use image::{RgbImage, imageops::FilterType};
use songwright_base::{Observer, Progress, Stage};
use songwright_nn::random::Generator;

use super::{
    Error,
    diffusion::{Diffusion, Drawn, Guidance, Prompted},
    model::{TinyDecoder, Unet},
    networks::Networks,
    picture::{from_rgb, to_rgb},
    plan::Plan,
    prompt::Words,
    scheduler::Schedule,
    text::{EncodedText, time_ids},
};
use crate::{CoverParams, Redraw};

/// Everything that one picture needs.
pub(super) struct Run<'a> {
    pub(super) networks: &'a mut Networks,
    pub(super) plan: Plan,
    pub(super) params: &'a CoverParams,
    pub(super) words: &'a Words,
    pub(super) observer: &'a dyn Observer,
}

/// A picture, and what is to be said of it.
pub(super) struct Made {
    pub(super) image: RgbImage,
    pub(super) steps: usize,
    pub(super) notes: Vec<String>,
}

impl Run<'_> {
    pub(super) fn draw(mut self) -> Result<Made, Error> {
        let mut notes = Vec::new();
        let schedule = self.schedule(&mut notes);
        self.report(0, schedule.len())?;
        let text = self
            .networks
            .encoded(self.plan, &self.words.prompt, self.observer)?;
        if text.dropped > 0 {
            notes.push(format!(
                "The prompt is longer than the model's 77 tokens: its last {} were left out.",
                text.dropped
            ));
        }
        self.report(0, schedule.len())?;
        let negative = match self.params.guidance_scale > 1.0 {
            true => Some(
                self.networks
                    .encoded(self.plan, &self.words.negative, self.observer)?,
            ),
            false => None,
        };
        self.report(0, schedule.len())?;
        let mut generator = Generator::new(self.params.seed.0);
        let start = self.start(&schedule, &mut generator)?;
        let latents = self.diffuse(&schedule, start, generator, (&text, negative.as_ref()))?;
        self.report(schedule.len(), schedule.len() + 1)?;
        let image = self.decode(&latents)?;
        Ok(Made {
            image,
            steps: schedule.len(),
            notes,
        })
    }

    fn schedule(&self, notes: &mut Vec<String>) -> Schedule {
        let checkpoint = self.networks.checkpoint();
        let asked = self.params.num_inference_steps as usize;
        let steps = checkpoint.steps().unwrap_or(asked);
        if steps != asked {
            notes.push(format!(
                "This model was distilled to {steps} steps, and takes that many; {asked} were asked for."
            ));
        }
        let whole = Schedule::new(checkpoint.scheduler(), steps);
        match &self.params.redraw {
            Some(redraw) => whole.from_strength(f64::from(redraw.strength)),
            None => whole,
        }
    }

    fn size(&self) -> (usize, usize) {
        (self.params.width as usize, self.params.height as usize)
    }

    /// What the first step begins with, in f32.
    fn start(&mut self, schedule: &Schedule, generator: &mut Generator) -> Result<Tensor, Error> {
        let (width, height) = self.size();
        let channels = self.networks.checkpoint().vae.latent_channels;
        let shape = (1, channels, height / 8, width / 8);
        let device = self.networks.device().clone();
        let Some(redraw) = &self.params.redraw else {
            let noise = generator.randn(shape, &device)?;
            return Ok((noise * schedule.initial())?);
        };
        let picture = self.picture(redraw, &device)?;
        let moments = self
            .networks
            .encoder(self.plan, self.observer)?
            .forward(&picture)?;
        let drawn = generator.randn(shape, &device)?;
        let latents = (&moments.mean + (&moments.std * drawn)?)?;
        let latents = (latents * self.networks.checkpoint().vae.scaling_factor)?;
        let noise = generator.randn(shape, &device)?;
        Ok((latents + (noise * schedule.sigmas()[0])?)?)
    }

    /// The picture that is drawn over, filling the asked size.
    fn picture(&self, redraw: &Redraw, device: &Device) -> Result<Tensor, Error> {
        let whole = image::DynamicImage::ImageRgb8(redraw.image.as_ref().clone());
        let (width, height) = (self.params.width, self.params.height);
        let filled = whole.resize_to_fill(width, height, FilterType::Lanczos3);
        from_rgb(&filled.into_rgb8(), device)
    }

    fn diffuse(
        &mut self,
        schedule: &Schedule,
        start: Tensor,
        mut generator: Generator,
        (text, negative): (&EncodedText, Option<&EncodedText>),
    ) -> Result<Tensor, Error> {
        let size = self.size();
        let (dtype, device) = (self.plan.dtype, self.networks.device().clone());
        let shape = start.shape().clone();
        let observer = self.observer;
        let (unet, tiny) = self.networks.unet(self.plan, observer)?;
        let drawn = prompted(unet, text, size, dtype)?;
        let guidance = negative
            .map(|negative| {
                Ok::<_, Error>(Guidance {
                    negative: prompted(unet, negative, size, dtype)?,
                    scale: f64::from(self.params.guidance_scale),
                })
            })
            .transpose()?;
        let diffusion = Diffusion {
            unet,
            schedule,
            prompted: &drawn,
            guidance: guidance.as_ref(),
            dtype,
        };
        let steps = schedule.len();
        diffusion.run(
            &start,
            || Ok(generator.randn(shape.clone(), &device)?),
            |drawn| {
                // The decoding counts as one more step.
                told(observer, drawn.step, steps + 1)?;
                if !is_finite(&drawn.latents)? {
                    return Err(Error::NotFinite);
                }
                show(observer, tiny, &drawn, steps)
            },
        )
    }

    fn decode(&mut self, latents: &Tensor) -> Result<RgbImage, Error> {
        let scaling = self.networks.checkpoint().vae.scaling_factor;
        let latents = (latents / scaling)?;
        let (plan, observer) = (self.plan, self.observer);
        let mut decode = |plan: Plan| -> Result<RgbImage, Error> {
            let vae = self.networks.decoder(plan, observer)?;
            to_rgb(&vae.tiled(&latents.to_dtype(plan.vae)?, plan.tile)?)
        };
        match decode(plan) {
            Err(Error::NotFinite) if plan.vae != DType::F32 => decode(Plan {
                vae: DType::F32,
                ..plan
            }),
            other => other,
        }
    }

    fn report(&self, done: usize, total: usize) -> Result<(), Error> {
        told(self.observer, done, total)
    }
}

fn told(observer: &dyn Observer, done: usize, total: usize) -> Result<(), Error> {
    observer.report(Progress::new(
        Stage::Cover,
        done as u64,
        total.max(1) as u64,
    ));
    if observer.is_cancelled() {
        return Err(Error::Cancelled);
    }
    Ok(())
}

/// A preview of what is there between two steps; after the last one the picture itself follows.
fn show(
    observer: &dyn Observer,
    tiny: Option<&TinyDecoder>,
    drawn: &Drawn,
    steps: usize,
) -> Result<(), Error> {
    let Some(tiny) = tiny.filter(|_| drawn.step > 0 && drawn.step < steps) else {
        return Ok(());
    };
    let picture = to_rgb(&tiny.forward(&drawn.clean)?)?;
    observer.preview(&picture_of(picture));
    Ok(())
}

fn picture_of(image: RgbImage) -> songwright_base::Preview {
    songwright_base::Preview {
        width: image.width(),
        height: image.height(),
        rgb: image.into_raw(),
    }
}

fn prompted(
    unet: &Unet,
    text: &EncodedText,
    (width, height): (usize, usize),
    dtype: DType,
) -> Result<Prompted, Error> {
    let ids = time_ids(width, height, text.tokens.device())?;
    Ok(Prompted {
        context: unet.context(&text.tokens.to_dtype(dtype)?)?,
        added: unet.added(&text.pooled, &ids)?,
    })
}

fn is_finite(x: &Tensor) -> Result<bool, Error> {
    // What is no number, and what is infinite, makes this one none.
    let zero = (x * 0.0)?.sum_all()?.to_scalar::<f32>()?;
    Ok(zero == 0.0)
}
