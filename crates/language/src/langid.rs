//! Which of 97 languages a text is in, by its bytes (Lui & Baldwin 2011, "Cross-domain Feature Selection
//! for Language Identification"): the model of `py3langid` 0.3.0, which ACE-Step's own program asks.

use std::{collections::HashMap, io::Read as _, sync::LazyLock};

use flate2::read::ZlibDecoder;

use crate::Error;

/// Names, features, priors and weights: `assets/langid/SOURCE.md` says in which form.
const MODEL: &[u8] = include_bytes!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../assets/langid/model.zlib"
));

/// The longest feature, in bytes.
const LONGEST: usize = 4;

/// A multinomial naive Bayes over runs of one to four bytes.
#[derive(Clone, Debug)]
pub struct LangId {
    names: Vec<String>,
    features: HashMap<Vec<u8>, usize>,
    priors: Vec<f32>,
    /// By language, then by feature.
    weights: Vec<f32>,
}

impl LangId {
    /// The one that is in the program, read when it is first asked for.
    ///
    /// # Errors
    /// [`Error::Model`].
    pub fn shared() -> Result<&'static Self, Error> {
        static SHARED: LazyLock<Option<LangId>> = LazyLock::new(LangId::read);
        SHARED.as_ref().ok_or(Error::Model)
    }

    fn read() -> Option<Self> {
        let mut bytes = Vec::new();
        ZlibDecoder::new(MODEL).read_to_end(&mut bytes).ok()?;
        let mut rest = bytes.as_slice();
        let mut take = |n: usize| -> Option<&[u8]> {
            let (taken, left) = rest.split_at_checked(n)?;
            rest = left;
            Some(taken)
        };
        let mut number = || -> Option<usize> {
            let four = take(4)?.try_into().ok()?;
            usize::try_from(u32::from_le_bytes(four)).ok()
        };
        let (languages, count) = (number()?, number()?);
        let mut text = || -> Option<Vec<u8>> {
            let length = usize::from(*take(1)?.first()?);
            Some(take(length)?.to_vec())
        };
        let names = (0..languages)
            .map(|_| String::from_utf8(text()?).ok())
            .collect::<Option<Vec<_>>>()?;
        let features = (0..count)
            .map(|i| Some((text()?, i)))
            .collect::<Option<HashMap<_, _>>>()?;
        let mut floats = |n: usize| -> Option<Vec<f32>> {
            let bytes = take(4 * n)?.chunks_exact(4);
            let four = |b: &[u8]| Some(f32::from_le_bytes(b.try_into().ok()?));
            bytes.map(four).collect()
        };
        Some(Self {
            names,
            features,
            priors: floats(languages)?,
            weights: floats(languages * count)?,
        })
    }

    /// All languages, as they are called in one string: what looks for one in it finds parts too.
    #[must_use]
    pub fn names(&self) -> String {
        self.names.join("-")
    }

    /// The likeliest language, by its ISO 639-1 code, and how likely it is, in thousandths.
    #[must_use]
    pub fn classify(&self, text: &str) -> (&str, u32) {
        let scores = self.scores(text);
        let mut best = 0;
        for (language, score) in scores.iter().enumerate() {
            if *score > scores[best] {
                best = language;
            }
        }
        let all: f64 = scores
            .iter()
            .map(|score| (score - scores[best]).exp())
            .sum();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of one"
        )]
        let thousandths = (all.recip() * 1000.0).round() as u32;
        (&self.names[best], thousandths)
    }

    /// How likely a text is in each of some languages, by their ISO 639-1 codes, as a logarithm that is
    /// good for comparing them on this one text. Codes that it does not know are left out.
    #[must_use]
    pub fn likelihoods<'c>(&self, text: &str, codes: &[&'c str]) -> Vec<(&'c str, f64)> {
        let scores = self.scores(text);
        let of = |code: &&'c str| {
            let at = self.names.iter().position(|name| name == code)?;
            Some((*code, scores[at]))
        };
        codes.iter().filter_map(of).collect()
    }

    /// By language.
    fn scores(&self, text: &str) -> Vec<f64> {
        let bytes = text.as_bytes();
        let mut counts: HashMap<usize, u32> = HashMap::new();
        for from in 0..bytes.len() {
            for to in from + 1..=bytes.len().min(from + LONGEST) {
                if let Some(feature) = self.features.get(&bytes[from..to]) {
                    *counts.entry(*feature).or_default() += 1;
                }
            }
        }
        // In one order, so that one text has one sum.
        let mut counts: Vec<(usize, u32)> = counts.into_iter().collect();
        counts.sort_unstable();
        let count = self.features.len();
        (0..self.names.len())
            .map(|language| {
                let weights = &self.weights[language * count..][..count];
                let sum: f64 = counts
                    .iter()
                    .map(|(feature, n)| f64::from(*n) * f64::from(weights[*feature]))
                    .sum();
                sum + f64::from(self.priors[language])
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_what_the_reference_s_does() {
        let model = LangId::shared().unwrap();
        for (text, language) in CASES {
            assert_eq!(model.classify(text).0, language, "{text}");
        }
        assert_eq!(model.classify("再见").1, 756);
        assert_eq!(model.classify("oh oh oh").1, 295);
    }

    #[test]
    fn languages_are_held_against_each_other() {
        let model = LangId::shared().unwrap();
        let found = model.likelihoods("Een lied over de zee", &["en", "nl", "xx"]);
        assert_eq!(found.len(), 2);
        assert!(found[1].0 == "nl" && found[1].1 > found[0].1, "{found:?}");
    }

    /// As `py3langid.classify` answers, wrong ones too.
    const CASES: [(&str, &str); 10] = [
        ("Neon lights they flicker bright", "en"),
        ("Helo my friend", "es"),
        ("love me do", "fr"),
        ("oh oh oh", "fi"),
        ("再见", "zh"),
        ("la la la", "es"),
        ("Привіт, як справи", "uk"),
        ("rd stret #1", "da"),
        ("東京", "zh"),
        ("", "en"),
    ];
}
