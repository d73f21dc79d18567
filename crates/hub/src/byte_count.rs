use std::fmt;

/// A number of bytes, shown as people read it: `6.6 GB`.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct ByteCount(pub u64);

impl fmt::Display for ByteCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
        let bytes = self.0 as f64;
        match self.0 {
            0..1_000 => write!(f, "{} bytes", self.0),
            1_000..1_000_000 => write!(f, "{:.1} kB", bytes / 1e3),
            1_000_000..1_000_000_000 => write!(f, "{:.1} MB", bytes / 1e6),
            _ => write!(f, "{:.1} GB", bytes / 1e9),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_size_has_its_unit() {
        for (bytes, text) in [
            (999, "999 bytes"),
            (1_000, "1.0 kB"),
            (16_837_459, "16.8 MB"),
            (8_275_790_207, "8.3 GB"),
        ] {
            assert_eq!(ByteCount(bytes).to_string(), text);
        }
    }
}
