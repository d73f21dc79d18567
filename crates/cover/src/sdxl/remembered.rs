use std::collections::VecDeque;

use candle_core::DType;

use super::text::EncodedText;

/// Prompts whose encodings are remembered.
const MOST: usize = 8;

/// What the text encoders made of prompts, by the type that they worked in: what is drawn once more in full precision
/// is read in full precision too.
#[derive(Default)]
pub(super) struct Remembered {
    texts: VecDeque<(String, DType, EncodedText)>,
}

impl Remembered {
    pub(super) fn find(&self, prompt: &str, dtype: DType) -> Option<&EncodedText> {
        let mut texts = self.texts.iter();
        let found = texts.find(|(text, of, _)| text == prompt && *of == dtype);
        found.map(|(_, _, encoded)| encoded)
    }

    pub(super) fn keep(&mut self, prompt: &str, dtype: DType, encoded: EncodedText) {
        self.texts.truncate(MOST - 1);
        self.texts.push_front((prompt.to_owned(), dtype, encoded));
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Tensor};

    use super::*;

    fn encoded(value: f32) -> EncodedText {
        let tensor = |shape: &[usize]| Tensor::full(value, shape, &Device::Cpu).unwrap();
        EncodedText {
            tokens: tensor(&[1, 77, 4]),
            pooled: tensor(&[1, 4]),
        }
    }

    fn value(text: Option<&EncodedText>) -> Option<f32> {
        let first = text?.pooled.get(0).unwrap().get(0).unwrap();
        first.to_scalar().ok()
    }

    #[test]
    fn one_type_s_encoding_is_not_another_s() {
        let mut all = Remembered::default();
        all.keep("a boat", DType::BF16, encoded(1.0));
        assert_eq!(value(all.find("a boat", DType::F32)), None);
        all.keep("a boat", DType::F32, encoded(2.0));
        assert_eq!(value(all.find("a boat", DType::F32)), Some(2.0));
        assert_eq!(value(all.find("a boat", DType::BF16)), Some(1.0));
        assert_eq!(value(all.find("a kite", DType::F32)), None);
    }

    #[test]
    fn the_oldest_is_forgotten() {
        let mut all = Remembered::default();
        for i in 0..=MOST {
            all.keep(&i.to_string(), DType::F32, encoded(i as f32));
        }
        assert_eq!(value(all.find("0", DType::F32)), None);
        assert_eq!(value(all.find("1", DType::F32)), Some(1.0));
    }
}
