use candle_core::Device;
use image::{DynamicImage, RgbImage, imageops::FilterType};
use songwright_base::{EngineError, EngineInfo, ModelIdentity, Observer, Seed};
use songwright_engine::{Booking, Room};
use songwright_nn::{device, stop, weights::in_memory};

use super::{
    Error,
    checkpoint::{Checkpoint, Part},
    needs::{Attempt, Needs},
    networks::Networks,
    plan::{Plan, Sizes},
    prompt::Words,
    run::{Made, Parts, Run},
    size::drawn_size,
};
use crate::{Cover, CoverArtist, CoverParams, Drawn, first, letter};

/// SDXL, distilled to a few steps, as a cover artist.
pub struct SdxlArtist {
    networks: Networks,
    needs: Needs,
    booking: Booking,
    info: EngineInfo,
    terms: Option<String>,
    native_pixels: Option<u32>,
}

impl SdxlArtist {
    /// Of a checkpoint that was opened, on a device, within `budget_bytes`. Networks are loaded when they are
    /// first needed.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] where the tokenizer cannot be read.
    pub fn new(
        checkpoint: Checkpoint,
        identity: &ModelIdentity,
        device: Device,
        budget_bytes: u64,
    ) -> Result<Self, Error> {
        let sizes = Sizes::of(&checkpoint)?;
        let stored = checkpoint.stored_blocks();
        let stored = stored.map(|stored| in_memory(&device, stored));
        let plan = Plan::of(&device, sizes, budget_bytes, stored);
        Ok(Self {
            info: identity.engine(
                &device::precision(plan.dtype, plan.blocks),
                device::word(&device),
            ),
            networks: Networks::new(checkpoint, device)?,
            booking: Booking::alone(budget_bytes, plan.bytes(sizes)),
            needs: Needs {
                plan,
                sizes,
                budget_bytes,
                stored,
            },
            terms: None,
            native_pixels: None,
        })
    }

    /// The same with the memory that it has booked beside others.
    #[must_use]
    pub fn with_booking(self, booking: Booking) -> Self {
        Self { booking, ..self }
    }

    /// The same with what has to be said of every picture, where the licence asks for it.
    #[must_use]
    pub fn with_terms(self, terms: Option<String>) -> Self {
        Self { terms, ..self }
    }

    /// The same with the side of the pictures that the model was trained on, near which it draws.
    #[must_use]
    pub fn with_native(self, native_pixels: Option<u32>) -> Self {
        Self {
            native_pixels,
            ..self
        }
    }

    /// The same by another plan, for whoever knows better than the budget says.
    #[must_use]
    pub fn with_plan(mut self, plan: Plan) -> Self {
        self.needs.plan = plan;
        self
    }

    /// What it does to fit.
    #[must_use]
    pub fn plan(&self) -> Plan {
        self.needs.plan
    }

    /// What it takes at its fullest, in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        self.needs.bytes()
    }

    /// Pictures of these seeds, so many at a time.
    fn attempt(
        &mut self,
        (plan, together): (Plan, usize),
        (params, seeds): (&CoverParams, &[Seed]),
        room: Room<'_>,
    ) -> Result<Made, Error> {
        let observer = room.observer;
        let words = Words::of(params, self.networks.tokenizer())?;
        let size = drawn_size(params, self.native_pixels);
        let pictures = together.min(seeds.len()).max(1);
        let parts = seeds.chunks(pictures);
        let all = parts.len();
        let mut made: Option<Made> = None;
        for (before, seeds) in parts.enumerate() {
            let run = Run {
                networks: &mut self.networks,
                plan,
                needs: self.needs,
                room,
                params,
                size,
                seeds,
                words: &words,
                progress: Parts {
                    observer,
                    before,
                    all,
                    pictures,
                },
            };
            let more = stop::asking(&|| !observer.is_cancelled(), || run.draw())?;
            match &mut made {
                Some(made) => made.images.extend(more.images),
                None => made = Some(more),
            }
        }
        made.ok_or_else(|| Error::Unsupported("There is no picture to draw.".to_owned()))
    }

    fn made(
        &mut self,
        wanted: (&CoverParams, &[Seed]),
        observer: &dyn Observer,
    ) -> Result<Made, Error> {
        let size = drawn_size(wanted.0, self.native_pixels);
        let (mut needs, booking) = (self.needs, self.booking.clone());
        let room = booking.room(observer);
        let usual = needs.plan;
        let _one = needs.book_one(size, room, &mut || self.networks.clear())?;
        let made = needs.within((wanted.1.len(), size), room, &mut |plan, together| {
            let made = self.attempt((plan, together), wanted, room);
            let ended =
                |error: &Error| error.is_out_of_memory() || matches!(error, Error::NotFinite);
            // Networks in full precision are more than what stays booked.
            let is_exact = (plan.dtype, plan.blocks) != (usual.dtype, usual.blocks);
            if is_exact || made.as_ref().is_err_and(ended) {
                self.networks.clear();
            }
            made
        });
        self.needs = needs;
        let (mut made, attempt) = made?;
        if attempt == Attempt::Exact {
            made.notes.push(
                "The model's first result was no picture; this one was drawn in full precision."
                    .to_owned(),
            );
        }
        Ok(made)
    }

    /// A picture as a cover, with its words where they are wanted.
    fn cover(
        &self,
        params: &CoverParams,
        (image, drawn): (RgbImage, &Drawn),
        mut notes: Vec<String>,
    ) -> Result<Cover, EngineError> {
        let steps = drawn.steps_taken;
        let plural = if steps == 1 { "step" } else { "steps" };
        let image = scaled(image, (params.width, params.height));
        let words = params.lettering(false);
        let lettered = words.map(|words| letter(&image, words, &params.style));
        let lettered = lettered.transpose()?.flatten();
        if words.is_some() && lettered.is_none() {
            notes.push(
                "No font here has the letters of the title: it is not on the cover.".to_owned(),
            );
        }
        notes.extend(self.terms.clone());
        Ok(Cover {
            lettered: lettered.is_some(),
            image: lettered.unwrap_or(image),
            label: format!("{}, {steps} {plural}", self.info.name),
            parameters: params.told(&self.info, Some(drawn)),
            engine: self.info.clone(),
            notes,
        })
    }
}

/// What was drawn, in the asked size: what is off in shape is cut off around the middle.
fn scaled(image: RgbImage, (width, height): (u32, u32)) -> RgbImage {
    if image.dimensions() == (width, height) {
        return image;
    }
    let image = DynamicImage::ImageRgb8(image);
    let scaled = image.resize_to_fill(width, height, FilterType::Lanczos3);
    scaled.into_rgb8()
}

impl Sizes {
    fn of(checkpoint: &Checkpoint) -> Result<Self, Error> {
        let all = |part| -> Result<u64, Error> {
            let (others, matrices) = checkpoint.parameters(part)?;
            Ok(others + matrices)
        };
        let (convolutions, matrices) = checkpoint.parameters(Part::Unet)?;
        Ok(Self {
            text: all(Part::FirstText)? + all(Part::SecondText)?,
            matrices,
            convolutions,
            vae: all(Part::Vae)? + all(Part::Tiny)?,
        })
    }
}

impl CoverArtist for SdxlArtist {
    fn info(&self) -> EngineInfo {
        self.info.clone()
    }

    fn draw(
        &mut self,
        params: &CoverParams,
        observer: &dyn Observer,
    ) -> Result<Cover, EngineError> {
        first(self.draw_each(params, &[params.seed], observer)?)
    }

    fn draw_each(
        &mut self,
        params: &CoverParams,
        seeds: &[Seed],
        observer: &dyn Observer,
    ) -> Result<Vec<Cover>, EngineError> {
        let made = self.made((params, seeds), observer);
        let made = made.map_err(|error| {
            if error.is_out_of_memory() {
                return EngineError::OutOfMemory {
                    needed_mib: self.needs.bytes() >> 20,
                    available_mib: self.needs.budget_bytes >> 20,
                };
            }
            EngineError::from(error)
        })?;
        let each = made.images.into_iter().zip(seeds);
        each.map(|(image, seed)| {
            let params = CoverParams {
                seed: *seed,
                ..params.clone()
            };
            self.cover(&params, (image, &made.drawn), made.notes.clone())
        })
        .collect()
    }
}
