//! One picture, or several that are drawn together.

use candle_core::{DType, Device, Tensor};
use image::{RgbImage, imageops::FilterType};
use songwright_base::{Observer, Progress, Seed, Stage};
use songwright_engine::Room;
use songwright_nn::random::Generator;

use super::{
    Error,
    diffusion::{self, Diffusion, Guidance, Prompted},
    model::{TinyDecoder, Unet},
    needs::Needs,
    networks::Networks,
    picture::{from_rgb, to_rgb},
    plan::Plan,
    prompt::Words,
    scheduler::Schedule,
    text::{EncodedText, time_ids},
};
use crate::{CoverParams, Drawn, Redraw};

/// Everything that pictures need which are drawn together.
pub(super) struct Run<'a> {
    pub(super) networks: &'a mut Networks,
    pub(super) plan: Plan,
    /// For decoding once more what was no number.
    pub(super) needs: Needs,
    pub(super) room: Room<'a>,
    pub(super) params: &'a CoverParams,
    /// Pixels that are drawn.
    pub(super) size: (u32, u32),
    /// One for each picture.
    pub(super) seeds: &'a [Seed],
    pub(super) words: &'a Words,
    pub(super) progress: Parts<'a>,
}

/// Where a run lies among several.
#[derive(Clone, Copy)]
pub(super) struct Parts<'a> {
    pub(super) observer: &'a dyn Observer,
    /// Runs before.
    pub(super) before: usize,
    /// Runs in all.
    pub(super) all: usize,
    /// Pictures of the largest.
    pub(super) pictures: usize,
}

/// Pictures, and what is to be said of them.
pub(super) struct Made {
    pub(super) images: Vec<RgbImage>,
    pub(super) drawn: Drawn,
    pub(super) notes: Vec<String>,
}

impl Run<'_> {
    pub(super) fn draw(mut self) -> Result<Made, Error> {
        let mut notes = Vec::new();
        let (schedule, steps) = self.schedule(&mut notes);
        self.report(0, &schedule)?;
        let observer = self.progress.observer;
        let text = self
            .networks
            .encoded(self.plan, &self.words.prompt, observer)?;
        notes.extend(self.words.notes.iter().cloned());
        self.report(0, &schedule)?;
        let negative = match &self.words.negative {
            Some(negative) => Some(self.networks.encoded(self.plan, negative, observer)?),
            None => None,
        };
        self.report(0, &schedule)?;
        let mut noise = Noise::of(self.seeds, self.networks.device());
        let start = self.start(&schedule, &mut noise)?;
        let latents = self.diffuse(&schedule, start, noise, (&text, negative.as_ref()))?;
        let mut images = Vec::with_capacity(self.seeds.len());
        for i in 0..self.seeds.len() {
            self.report(schedule.len() + i, &schedule)?;
            // One at a time: the widest levels take much memory, and gain nothing from more.
            images.push(self.decode(&latents.narrow(0, i, 1)?.contiguous()?)?);
        }
        let count = |steps: usize| u32::try_from(steps).unwrap_or(u32::MAX);
        Ok(Made {
            images,
            drawn: Drawn {
                prompt: self.words.prompt.clone(),
                negative: self.words.negative.clone(),
                steps: count(steps),
                steps_taken: count(schedule.len()),
                size: self.size,
                strength: self.params.redraw.as_ref().map(|redraw| redraw.strength),
            },
            notes,
        })
    }

    /// The steps that are taken, and how many there would be from nothing but noise.
    fn schedule(&self, notes: &mut Vec<String>) -> (Schedule, usize) {
        let checkpoint = self.networks.checkpoint();
        let asked = self.params.num_inference_steps as usize;
        let steps = checkpoint.steps().unwrap_or(asked);
        if steps != asked {
            notes.push(format!(
                "This model was distilled to {steps} steps, and takes that many; {asked} were asked for."
            ));
        }
        let whole = Schedule::new(checkpoint.scheduler(), steps);
        let schedule = match &self.params.redraw {
            Some(redraw) => whole.from_strength(redraw.strength),
            None => whole,
        };
        (schedule, steps)
    }

    /// Of what is drawn, in pixels.
    fn sides(&self) -> (usize, usize) {
        (self.size.0 as usize, self.size.1 as usize)
    }

    /// What the first step begins with, in f32.
    fn start(&mut self, schedule: &Schedule, noise: &mut Noise) -> Result<Tensor, Error> {
        let (width, height) = self.sides();
        let channels = self.networks.checkpoint().vae.latent_channels;
        let shape = (1, channels, height / 8, width / 8);
        let device = self.networks.device().clone();
        let Some(redraw) = &self.params.redraw else {
            return Ok((noise.next(shape)? * schedule.initial())?);
        };
        let picture = self.picture(redraw, &device)?;
        let moments = self
            .networks
            .encoder(self.plan, self.progress.observer)?
            .forward(&picture)?;
        let drawn = moments.std.broadcast_mul(&noise.next(shape)?)?;
        let latents = moments.mean.broadcast_add(&drawn)?;
        let latents = (latents * self.networks.checkpoint().vae.scaling_factor)?;
        Ok((latents + (noise.next(shape)? * schedule.sigmas()[0])?)?)
    }

    /// The picture that is drawn over, filling what is drawn.
    fn picture(&self, redraw: &Redraw, device: &Device) -> Result<Tensor, Error> {
        let whole = image::DynamicImage::ImageRgb8(redraw.image.as_ref().clone());
        let (width, height) = self.size;
        let filled = whole.resize_to_fill(width, height, FilterType::Lanczos3);
        from_rgb(&filled.into_rgb8(), device)
    }

    fn diffuse(
        &mut self,
        schedule: &Schedule,
        start: Tensor,
        mut noise: Noise,
        (text, negative): (&EncodedText, Option<&EncodedText>),
    ) -> Result<Tensor, Error> {
        let size = self.sides();
        let dtype = self.plan.dtype;
        let (count, channels, height, width) = start.dims4()?;
        let shape = (1, channels, height, width);
        let (progress, steps) = (self.progress, schedule.len());
        let (unet, tiny) = self.networks.unet(self.plan, progress.observer)?;
        let prompted = |text: &EncodedText| prompted(unet, &text.times(count)?, size, dtype);
        let drawn = prompted(text)?;
        let guidance = negative
            .map(|negative| {
                Ok::<_, Error>(Guidance {
                    negative: prompted(negative)?,
                    scale: self.params.guidance_scale,
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
        diffusion.run(
            &start,
            || noise.next(shape),
            |drawn| {
                progress.told(drawn.step, steps)?;
                if !is_finite(&drawn.latents)? {
                    return Err(Error::NotFinite);
                }
                show(progress.observer, tiny, &drawn)
            },
        )
    }

    fn decode(&mut self, latents: &Tensor) -> Result<RgbImage, Error> {
        let scaling = self.networks.checkpoint().vae.scaling_factor;
        let latents = (latents / scaling)?;
        let (plan, observer) = (self.plan, self.progress.observer);
        let vae = self.networks.decoder(plan, observer)?;
        let decoded = to_rgb(&vae.tiled(&latents.to_dtype(plan.vae)?, plan.tile)?);
        match decoded {
            Err(Error::NotFinite) => self.decode_exactly(&latents),
            other => other,
        }
    }

    /// Decodes in full precision, where that is something else.
    fn decode_exactly(&mut self, latents: &Tensor) -> Result<RgbImage, Error> {
        let exact = self.needs.exact_vae(self.plan, self.room);
        let plan = exact.ok_or(Error::NotFinite)?;
        let bytes = plan.bytes(self.needs.sizes);
        let _more = self.room.all_of(bytes, &mut || self.networks.clear())?;
        let vae = self.networks.decoder(plan, self.progress.observer)?;
        let decoded = to_rgb(&vae.tiled(&latents.to_dtype(plan.vae)?, plan.tile)?);
        // It is more than what stays booked.
        self.networks.clear_decoder();
        decoded
    }

    fn report(&self, done: usize, schedule: &Schedule) -> Result<(), Error> {
        self.progress.told(done, schedule.len())
    }
}

impl Parts<'_> {
    /// Reports what is done of a run of so many steps; each decoding counts as one more.
    fn told(&self, done: usize, steps: usize) -> Result<(), Error> {
        let each = steps + self.pictures;
        let (done, total) = (self.before * each + done, self.all * each);
        let progress = Progress::new(Stage::Cover, done as u64, total.max(1) as u64);
        self.observer.report(progress);
        if self.observer.is_cancelled() {
            return Err(Error::Cancelled);
        }
        Ok(())
    }
}

/// The noise of pictures that are drawn together: each has its own, whichever are drawn beside it.
struct Noise {
    generators: Vec<Generator>,
    device: Device,
}

impl Noise {
    fn of(seeds: &[Seed], device: &Device) -> Self {
        Self {
            generators: seeds.iter().map(|seed| Generator::new(seed.0)).collect(),
            device: device.clone(),
        }
    }

    /// The next of each, `shape` being that of one.
    fn next(&mut self, shape: (usize, usize, usize, usize)) -> Result<Tensor, Error> {
        let device = &self.device;
        let each = self.generators.iter_mut();
        let all = each.map(|generator| generator.randn(shape, device));
        let all = all.collect::<songwright_nn::Result<Vec<_>>>()?;
        Ok(Tensor::cat(&all, 0)?)
    }
}

/// A preview of what is there of the first picture after a step: after the last one too, for on a processor the large
/// decoder takes longer than all of them.
fn show(
    observer: &dyn Observer,
    tiny: Option<&TinyDecoder>,
    drawn: &diffusion::Drawn,
) -> Result<(), Error> {
    let Some(tiny) = tiny.filter(|_| drawn.step > 0) else {
        return Ok(());
    };
    let picture = to_rgb(&tiny.forward(&drawn.clean.narrow(0, 0, 1)?)?)?;
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
    let ids = ids.repeat((text.pooled.dim(0)?, 1))?;
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
