//! Which token comes next.

use std::collections::HashSet;

use llguidance::toktrie::SimpleVob;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;
use songwright_base::Seed;

use super::Error;

/// How a token is drawn, in this order: repetition penalty, grammar, temperature, top-k, top-p, min-p.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(default)]
pub struct Sampling {
    /// 0 takes the most likely token.
    pub temperature: f32,
    /// Only so many of the most likely ones; 0 is all.
    pub top_k: usize,
    /// Only the most likely ones that together reach this probability (Holtzman et al. 2020).
    pub top_p: f32,
    /// Only those at least this share of the most likely one's probability (Nguyen et al. 2024).
    pub min_p: f32,
    /// Divides the logits of tokens that were read or written (Keskar et al. 2019); 1 is nothing.
    pub repetition_penalty: f32,
}

impl Default for Sampling {
    /// What Qwen's makers publish for answers without thinking.
    fn default() -> Self {
        Self {
            temperature: 0.7,
            top_k: 20,
            top_p: 0.8,
            min_p: 0.0,
            repetition_penalty: 1.0,
        }
    }
}

/// Draws tokens, the same ones for the same seed.
#[derive(Clone, Debug)]
pub struct Sampler {
    sampling: Sampling,
    rng: ChaCha8Rng,
    seen: HashSet<u32>,
}

/// A drawn token.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drawn {
    /// Which.
    pub token: u32,
    /// How likely it was among those that the grammar allowed, at temperature 1.
    pub probability: f32,
}

impl Sampler {
    /// With a seed.
    #[must_use]
    pub fn new(sampling: Sampling, seed: Seed) -> Self {
        Self {
            sampling,
            rng: ChaCha8Rng::seed_from_u64(seed.0),
            seen: HashSet::new(),
        }
    }

    /// Takes note of tokens that the repetition penalty counts.
    pub fn see(&mut self, tokens: &[u32]) {
        if self.sampling.repetition_penalty != 1.0 {
            self.seen.extend(tokens);
        }
    }

    /// Draws one of the tokens that `allowed` has, all where it is absent.
    ///
    /// # Errors
    /// [`Error::NotFinite`] where the network's result is no number; [`Error::NothingAllowed`] where no
    /// token may follow.
    pub fn draw(&mut self, logits: &[f32], allowed: Option<&SimpleVob>) -> Result<Drawn, Error> {
        if logits.iter().any(|logit| logit.is_nan()) {
            return Err(Error::NotFinite);
        }
        let mut rest: Vec<(u32, f32)> = Vec::new();
        let mut add = |token: u32, logit: f32| {
            let logit = self.penalised(token, logit);
            if logit > f32::NEG_INFINITY {
                rest.push((token, logit));
            }
        };
        match allowed {
            Some(allowed) => allowed.iter_set_entries(|token| {
                if let (Some(logit), Ok(token)) = (logits.get(token), u32::try_from(token)) {
                    add(token, *logit);
                }
            }),
            None => (0_u32..)
                .zip(logits)
                .for_each(|(token, logit)| add(token, *logit)),
        }
        let best = rest
            .iter()
            .copied()
            .reduce(|a, b| if b.1 > a.1 { b } else { a });
        let Some((best, top)) = best else {
            return Err(Error::NothingAllowed);
        };
        if top == f32::INFINITY {
            return Err(Error::NotFinite);
        }
        let mass: f32 = rest.iter().map(|(_, logit)| (logit - top).exp()).sum();
        let drawn = |token, logit: f32| Drawn {
            token,
            probability: (logit - top).exp() / mass,
        };
        let Sampling {
            temperature, top_k, ..
        } = self.sampling;
        if temperature <= 0.0 || top_k == 1 {
            return Ok(drawn(best, top));
        }
        let by_logit = |a: &(u32, f32), b: &(u32, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        if top_k > 0 && top_k < rest.len() {
            rest.select_nth_unstable_by(top_k - 1, by_logit);
            rest.truncate(top_k);
        }
        rest.sort_unstable_by(by_logit);
        let mut weights: Vec<f32> = rest
            .iter()
            .map(|(_, logit)| ((logit - top) / temperature).exp())
            .collect();
        weights.truncate(self.nucleus(&weights));
        let total: f32 = weights.iter().sum();
        let mut at = self.rng.random::<f32>() * total;
        let chosen = weights.iter().position(|weight| {
            at -= weight;
            at < 0.0
        });
        let (token, logit) = rest[chosen.unwrap_or(weights.len() - 1)];
        Ok(drawn(token, logit))
    }

    /// How many of the weights, largest first, top-p and min-p leave; one at least.
    fn nucleus(&self, weights: &[f32]) -> usize {
        let Sampling { top_p, min_p, .. } = self.sampling;
        let total: f32 = weights.iter().sum();
        let least = min_p * weights.first().copied().unwrap_or_default();
        let mut before = 0.0;
        let kept = weights.iter().take_while(|weight| {
            let is_kept = (top_p >= 1.0 || before < top_p * total) && **weight >= least;
            before += **weight;
            is_kept
        });
        kept.count().max(1)
    }

    fn penalised(&self, token: u32, logit: f32) -> f32 {
        let penalty = self.sampling.repetition_penalty;
        if penalty == 1.0 || !self.seen.contains(&token) {
            logit
        } else if logit > 0.0 {
            logit / penalty
        } else {
            logit * penalty
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Sampling = Sampling {
        temperature: 1.0,
        top_k: 0,
        top_p: 1.0,
        min_p: 0.0,
        repetition_penalty: 1.0,
    };

    /// The logits of these probabilities.
    fn logits(probabilities: &[f32]) -> Vec<f32> {
        probabilities.iter().map(|p| p.ln()).collect()
    }

    fn shares(sampling: Sampling, probabilities: &[f32]) -> Vec<f64> {
        let mut sampler = Sampler::new(sampling, Seed(7));
        let mut counts = vec![0.0; probabilities.len()];
        let logits = logits(probabilities);
        for _ in 0..20_000 {
            counts[sampler.draw(&logits, None).unwrap().token as usize] += 1.0 / 20_000.0;
        }
        counts
    }

    #[test]
    fn tokens_are_drawn_as_likely_as_they_are() {
        let found = shares(PLAIN, &[0.1, 0.6, 0.3]);
        for (found, wanted) in found.iter().zip([0.1, 0.6, 0.3]) {
            assert!((found - wanted).abs() < 0.02, "{found} {wanted}");
        }
    }

    #[test]
    fn the_nucleus_is_of_what_top_k_left() {
        // Of 0.4, 0.3 and 0.2, renormalised, the first two reach 0.75; of all four they would not.
        let sampling = Sampling {
            top_k: 3,
            top_p: 0.75,
            ..PLAIN
        };
        let found = shares(sampling, &[0.1, 0.2, 0.3, 0.4]);
        assert!(found[0] == 0.0 && found[1] == 0.0, "{found:?}");
        assert!((found[3] - 4.0 / 7.0).abs() < 0.02, "{found:?}");
    }

    #[test]
    fn min_p_is_a_share_of_the_likeliest() {
        let sampling = Sampling {
            min_p: 0.49,
            ..PLAIN
        };
        let found = shares(sampling, &[0.19, 0.21, 0.4, 0.2]);
        assert_eq!(found.iter().filter(|share| **share > 0.0).count(), 3);
        assert_eq!(found[0], 0.0);
    }

    #[test]
    fn greedy_and_grammar_hold_together() {
        let mut allowed = SimpleVob::alloc(4);
        allowed.allow_token(1);
        allowed.allow_token(3);
        let greedy = Sampling {
            temperature: 0.0,
            ..PLAIN
        };
        let logits = logits(&[0.6, 0.1, 0.1, 0.2]);
        for sampling in [greedy, PLAIN] {
            let mut sampler = Sampler::new(sampling, Seed(1));
            for _ in 0..100 {
                let drawn = sampler.draw(&logits, Some(&allowed)).unwrap();
                assert!(drawn.token == 1 || drawn.token == 3);
                let wanted = if drawn.token == 1 { 1.0 } else { 2.0 } / 3.0;
                assert!((drawn.probability - wanted).abs() < 1e-5);
            }
        }
        let drawn = Sampler::new(greedy, Seed(1)).draw(&logits, Some(&allowed));
        assert_eq!(drawn.unwrap().token, 3);
    }

    #[test]
    fn what_was_seen_is_less_likely() {
        let mut sampler = Sampler::new(
            Sampling {
                temperature: 0.0,
                repetition_penalty: 2.0,
                ..PLAIN
            },
            Seed(1),
        );
        assert_eq!(sampler.draw(&[3.0, 2.0, -1.0], None).unwrap().token, 0);
        sampler.see(&[0]);
        assert_eq!(sampler.draw(&[3.0, 2.0, -1.0], None).unwrap().token, 1);
        assert_eq!(sampler.draw(&[-1.0, -1.9], None).unwrap().token, 1);
    }

    #[test]
    fn a_seed_repeats_and_nothing_is_no_token() {
        let logits: Vec<f32> = (0..50_u8).map(|i| f32::from(i % 7)).collect();
        let draw = |seed| {
            let mut sampler = Sampler::new(Sampling::default(), Seed(seed));
            (0..20)
                .map(|_| sampler.draw(&logits, None).unwrap().token)
                .collect::<Vec<_>>()
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        let mut sampler = Sampler::new(PLAIN, Seed(1));
        let none = SimpleVob::alloc(2);
        let nothing = sampler.draw(&[0.0, 0.0], Some(&none));
        assert!(matches!(nothing, Err(Error::NothingAllowed)));
        assert!(matches!(
            sampler.draw(&[0.0, f32::NAN], None),
            Err(Error::NotFinite)
        ));
    }
}
