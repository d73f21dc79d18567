/// A WAV file whose sizes agree with each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WholeWav {
    /// Hz.
    pub sample_rate: u32,
    /// Interleaved channels.
    pub channels: u16,
    /// Samples of one channel.
    pub frames: u64,
}

impl WholeWav {
    /// Reads the chunks of `bytes`.
    ///
    /// # Errors
    /// What is missing or cut off.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let u32_at = |at: usize| {
            bytes
                .get(at..at + 4)
                .map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
                .ok_or(format!("cut off at byte {at} of {}", bytes.len()))
        };
        let u16_at = |at: usize| u32_at(at).map(|n| (n & 0xffff) as u16);
        if bytes.get(..4) != Some(b"RIFF") || bytes.get(8..12) != Some(b"WAVE") {
            return Err("not a RIFF/WAVE file".to_owned());
        }
        let riff = u32_at(4)? as usize + 8;
        if riff != bytes.len() {
            return Err(format!(
                "the header says {riff} bytes, there are {}",
                bytes.len()
            ));
        }
        let (mut format, mut data, mut at) = (None, None, 12);
        while at + 8 <= bytes.len() {
            let size = u32_at(at + 4)? as usize;
            if at + 8 + size > bytes.len() {
                return Err(format!("a chunk of {size} bytes at {at} passes the end"));
            }
            match &bytes[at..at + 4] {
                b"fmt " => format = Some((u16_at(at + 10)?, u32_at(at + 12)?, u16_at(at + 20)?)),
                b"data" => data = Some(size),
                _ => {}
            }
            at += 8 + size + size % 2;
        }
        let (channels, sample_rate, block) = format.ok_or("no fmt chunk")?;
        let data = data.ok_or("no data chunk")?;
        if block == 0 || data % usize::from(block) != 0 || data == 0 {
            return Err(format!("{data} bytes of data in blocks of {block}"));
        }
        Ok(Self {
            sample_rate,
            channels,
            frames: (data / usize::from(block)) as u64,
        })
    }

    /// Seconds.
    #[must_use]
    pub fn duration_s(&self) -> f64 {
        self.frames as f64 / f64::from(self.sample_rate)
    }
}
