//! A grammar that comes again is the same grammar, however often and between whichever others.

use std::path::Path;

use anyhow::{Result, ensure};
use songwright_lyrics::qwen::{Grammars, Tokenizer};
use songwright_tests::qwen_tokenizer;

/// More than are kept at once.
const GRAMMARS: usize = 6;
/// More than one of them is good for before it is made anew.
const ROUNDS: usize = 40;

#[test]
fn what_may_follow_does_not_depend_on_what_was_asked_before() -> Result<()> {
    let tokenizer = Tokenizer::from_json(&qwen_tokenizer()?, Path::new("tokenizer.json"))?;
    let end = tokenizer.sign("<|im_end|>").unwrap_or_default();
    let grammars = Grammars::new(&tokenizer, tokenizer.len(), &[end])?;
    let hello = tokenizer.encode("hello")?;
    let mut first: Vec<(usize, usize, usize)> = Vec::new();
    for round in 0..ROUNDS {
        for nth in 0..GRAMMARS {
            // The same one several times in a row, too.
            let letters = if round % 3 == 0 { 5 } else { 5 + nth };
            let lark = format!("start: /[a-z]{{{letters}}}/");
            let mut matcher = grammars.matcher(&lark)?;
            let start = matcher.compute_mask_or_eos()?.num_set();
            for token in &hello {
                matcher.consume_token(*token)?;
            }
            let then = matcher.compute_mask_or_eos()?.num_set();
            let found = (letters, start, then);
            let known = first.iter().find(|(known, ..)| *known == letters);
            match known.copied() {
                Some(known) => ensure!(known == found, "{known:?} became {found:?}"),
                None => first.push(found),
            }
        }
    }
    // Where five letters are all, nothing but the end follows; else more letters do.
    ensure!(
        first
            .iter()
            .all(|(letters, _, then)| (*letters == 5) == (*then == 1)),
        "{first:?}"
    );
    ensure!(first.len() == GRAMMARS);
    Ok(())
}

#[test]
fn no_grammar_is_an_error_each_time() -> Result<()> {
    let tokenizer = Tokenizer::from_json(&qwen_tokenizer()?, Path::new("tokenizer.json"))?;
    let end = tokenizer.sign("<|im_end|>").unwrap_or_default();
    let grammars = Grammars::new(&tokenizer, tokenizer.len(), &[end])?;
    for _ in 0..3 {
        ensure!(grammars.matcher("start: /[a-z/").is_err());
        ensure!(grammars.matcher("start: /[a-z]/").is_ok());
    }
    Ok(())
}
