use candle_core::{Device, Tensor};
use songwright_nn::{Result, random::Generator};

/// Which of a run's two generators noise comes from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stream {
    /// The song's seed (`manual_seeds`).
    Song,
    /// The variation's seed (`retake_seeds`).
    Retake,
    /// The seed of a variation that the song to be varied is itself, by its place among those.
    Earlier(usize),
}

/// Where a run's noise comes from.
pub trait Noise {
    /// The next noise of a stream, of that shape.
    ///
    /// # Errors
    /// Where the device takes no more.
    fn draw(&mut self, stream: Stream, shape: (usize, usize, usize, usize)) -> Result<Tensor>;
}

/// Noise of two seeds: the same numbers on every device (see [`Generator`]).
#[derive(Clone, Debug)]
pub struct SeededNoise {
    song: Generator,
    retake: Generator,
    earlier: Vec<Generator>,
    device: Device,
}

impl SeededNoise {
    /// The low 32 bits of a seed are read.
    #[must_use]
    pub fn new(seed: u64, retake_seed: u64, device: &Device) -> Self {
        Self {
            song: Generator::new(seed),
            retake: Generator::new(retake_seed),
            earlier: Vec::new(),
            device: device.clone(),
        }
    }

    /// With the seeds of the variations that the song to be varied is itself.
    #[must_use]
    pub fn with_earlier(mut self, seeds: impl Iterator<Item = u64>) -> Self {
        self.earlier = seeds.map(Generator::new).collect();
        self
    }
}

impl Noise for SeededNoise {
    fn draw(&mut self, stream: Stream, shape: (usize, usize, usize, usize)) -> Result<Tensor> {
        let generator = match stream {
            Stream::Song => &mut self.song,
            Stream::Retake => &mut self.retake,
            Stream::Earlier(place) => match self.earlier.get_mut(place) {
                Some(generator) => generator,
                None => {
                    let what = format!("there is no earlier variation {place}");
                    return Err(candle_core::Error::Msg(what).into());
                }
            },
        };
        generator.randn(shape, &self.device)
    }
}
