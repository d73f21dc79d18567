//! The forms that a repository has a language model in: a checkpoint as transformers writes it, GGUF files.

use std::{collections::BTreeMap, path::Path};

use serde::Deserialize;
use songwright_base::{Code, Failure};
use songwright_hub::{FilePath, Form, Hub, Listing};
use songwright_nn::{qwen, weights::Gguf};

/// What blocks GGUF files are named after, those that are taken where none is named first. Others
/// (importance-weighted ones, ternary ones) cannot be read here.
const BLOCKS: [&str; 19] = [
    "Q4_K_M", "Q8_0", "Q5_K_M", "Q6_K", "Q5_K_S", "Q4_K_S", "Q4_K", "Q5_K", "Q4_0", "Q4_1", "Q5_0",
    "Q5_1", "Q3_K_L", "Q3_K_M", "Q3_K_S", "Q2_K", "BF16", "F16", "F32",
];
/// The most that is read of a configuration or an index, in bytes.
const SMALL_BYTES: usize = 16 << 20;
/// Where a GGUF file says of which architecture it is: in its first notes.
const HEAD_BYTES: usize = 64 << 10;

const CONFIG: &str = "config.json";
const TOKENIZER: &str = "tokenizer.json";
const TOKENIZER_CONFIG: &str = "tokenizer_config.json";
const TEMPLATE: &str = "chat_template.jinja";
const GENERATION: &str = "generation_config.json";
const WEIGHTS: &str = "model.safetensors";
const INDEX: &str = "model.safetensors.index.json";

/// The forms, the usual one first; `variant` is the one that is wanted, whose file is looked at.
///
/// # Errors
/// 400 that says what the repository has instead of a model that can be read here.
pub(super) async fn of(
    hub: &Hub,
    listing: &Listing,
    variant: Option<&str>,
) -> Result<Vec<Form>, Failure> {
    let has = |path: &str| listing.file(path).is_some();
    let (gguf, split) = gguf_forms(listing);
    let mut forms = Vec::new();
    if has(CONFIG) {
        let text = small(hub, listing, CONFIG).await?;
        qwen::Config::from_json(&text, Path::new(CONFIG))
            .map_err(|error| refusal(listing, &error.to_string()))?;
        if has(WEIGHTS) || has(INDEX) {
            forms.push(checkpoint(hub, listing).await?);
        }
    }
    forms.extend(gguf);
    let wanted = match variant {
        Some(name) => forms.iter().find(|form| form.name == name),
        None => forms.first(),
    };
    let Some(wanted) = wanted else {
        return Err(nothing(listing, &forms, &split));
    };
    if let [file] = &wanted.files[..] {
        let head = hub.beginning(listing, file.as_str(), HEAD_BYTES).await?;
        let architecture = Gguf::architecture(&head).ok_or_else(|| {
            refusal(
                listing,
                &format!("{file} does not say of which architecture it is"),
            )
        })?;
        // Llama's is read for tests alone.
        if !["qwen2", "qwen3"].contains(&architecture.as_str()) {
            let what = format!("{file}: the architecture is {architecture}, not qwen2 or qwen3");
            return Err(refusal(listing, &what));
        }
    }
    Ok(forms)
}

/// The folder that transformers reads.
async fn checkpoint(hub: &Hub, listing: &Listing) -> Result<Form, Failure> {
    #[derive(Deserialize)]
    struct Index {
        weight_map: BTreeMap<String, String>,
    }
    #[derive(Deserialize)]
    struct TokenizerConfig {
        chat_template: Option<serde::de::IgnoredAny>,
    }
    let has = |path: &str| listing.file(path).is_some();
    if !has(TOKENIZER) {
        return Err(refusal(listing, "it has no tokenizer.json"));
    }
    let has_template = has(TEMPLATE)
        || has(TOKENIZER_CONFIG) && {
            let text = small(hub, listing, TOKENIZER_CONFIG).await?;
            parsed::<TokenizerConfig>(listing, TOKENIZER_CONFIG, &text)?
                .chat_template
                .is_some()
        };
    if !has_template {
        return Err(refusal(
            listing,
            "it has no chat template: take a model that was trained to answer (\"Instruct\")",
        ));
    }
    let mut paths = vec![CONFIG.to_owned(), TOKENIZER.to_owned()];
    let optional = [TOKENIZER_CONFIG, TEMPLATE, GENERATION];
    paths.extend(
        optional
            .into_iter()
            .filter(|path| has(path))
            .map(str::to_owned),
    );
    if has(INDEX) {
        let text = small(hub, listing, INDEX).await?;
        let mut shards: Vec<String> = parsed::<Index>(listing, INDEX, &text)?
            .weight_map
            .into_values()
            .collect();
        shards.sort();
        shards.dedup();
        paths.push(INDEX.to_owned());
        paths.extend(shards);
    } else {
        paths.push(WEIGHTS.to_owned());
    }
    let files = paths.iter().map(|path| match listing.file(path) {
        Some(file) => Ok(file.path.clone()),
        None => Err(refusal(
            listing,
            &format!("it has no {path}, which its index names"),
        )),
    });
    Ok(Form {
        name: "original".to_owned(),
        title: "as published".to_owned(),
        files: files.collect::<Result<_, _>>()?,
    })
}

/// One form a GGUF file that is whole, and the names of those that are in parts.
fn gguf_forms(listing: &Listing) -> (Vec<Form>, Vec<String>) {
    let (mut whole, mut split): (Vec<&FilePath>, Vec<String>) = (Vec::new(), Vec::new());
    for file in listing.files() {
        let name = file_name(&file.path);
        // The pictures' half of models that see, and statistics for making blocks.
        if !name.ends_with(".gguf") || name.contains("mmproj") || name.contains("imatrix") {
            continue;
        }
        if is_part(name) {
            split.push(file.path.to_string());
        } else {
            whole.push(&file.path);
        }
    }
    let form = |word: &str, path: &FilePath| Form {
        name: word.to_lowercase().replace('_', "-"),
        title: format!("GGUF, {word}"),
        files: vec![path.clone()],
    };
    let named = BLOCKS.iter().filter_map(|word| {
        let path = whole.iter().find(|path| is_of(file_name(path), word))?;
        Some(form(word, path))
    });
    let mut forms: Vec<Form> = named.collect();
    if let ([only], []) = (&whole[..], &forms[..])
        && !is_of_unread_blocks(file_name(only))
    {
        forms.push(form("as it is", only));
        forms[0].name = "gguf".to_owned();
    }
    (forms, split)
}

/// Whether a file's name ends in the name of these blocks.
fn is_of(name: &str, word: &str) -> bool {
    let stem = name.trim_end_matches(".gguf").to_ascii_uppercase();
    stem.strip_suffix(word)
        .is_some_and(|rest| rest.ends_with(['-', '.', '_']) && !rest.ends_with("UD-"))
}

fn is_of_unread_blocks(name: &str) -> bool {
    let stem = name.trim_end_matches(".gguf").to_ascii_uppercase();
    let last = stem.rsplit(['-', '.']).next().unwrap_or_default();
    last.starts_with("IQ") || last.starts_with("TQ")
}

/// `…-00001-of-00003.gguf`; one part of one is whole.
fn is_part(name: &str) -> bool {
    let stem = name.trim_end_matches(".gguf");
    let Some((rest, of)) = stem.rsplit_once("-of-") else {
        return false;
    };
    let part = rest.rsplit('-').next().unwrap_or_default();
    let are_numbers = [part, of]
        .iter()
        .all(|n| n.len() == 5 && n.bytes().all(|b| b.is_ascii_digit()));
    are_numbers && of != "00001"
}

fn file_name(path: &FilePath) -> &str {
    path.as_str().rsplit('/').next().unwrap_or_default()
}

async fn small(hub: &Hub, listing: &Listing, path: &str) -> Result<String, Failure> {
    let bytes = hub.beginning(listing, path, SMALL_BYTES).await?;
    String::from_utf8(bytes).map_err(|_| refusal(listing, &format!("{path} is no text")))
}

fn parsed<'a, T: Deserialize<'a>>(
    listing: &Listing,
    path: &str,
    text: &'a str,
) -> Result<T, Failure> {
    serde_json::from_str(text)
        .map_err(|error| refusal(listing, &format!("{path} cannot be read: {error}")))
}

/// Nothing is there that was asked for, or nothing at all.
fn nothing(listing: &Listing, forms: &[Form], split: &[String]) -> Failure {
    let known: Vec<&str> = forms.iter().map(|form| form.name.as_str()).collect();
    let has = match (&known[..], split) {
        ([], []) => {
            "it has neither model.safetensors with a config.json, nor a GGUF file of blocks \
                     that are known here"
                .to_owned()
        }
        ([], [first, ..]) => format!(
            "its GGUF files are in parts ({first}), which are not read: take a repository that has \
             them whole"
        ),
        (known, _) => format!("it has no such variant, but: {}", known.join(", ")),
    };
    refusal(listing, &has)
}

fn refusal(listing: &Listing, why: &str) -> Failure {
    Failure::new(
        Code::BadRequest,
        format!(
            "{} cannot be used for words: {}. Nothing was installed. Qwen2, Qwen2.5 and Qwen3 can.",
            listing.repository(),
            why.trim_end_matches('.')
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_by_the_ends_of_their_names() {
        for (name, word, is) in [
            ("Qwen3-0.6B-Q8_0.gguf", "Q8_0", true),
            ("qwen2-7b-instruct-q4_k_m.gguf", "Q4_K_M", true),
            ("model.Q4_K.gguf", "Q4_K", true),
            ("qwen2-7b-instruct-q4_k_m.gguf", "Q4_K", false),
            ("Qwen3-BF16.gguf", "F16", false),
            ("Qwen3-BF16.gguf", "BF16", true),
            ("Qwen3-UD-Q4_K_M.gguf", "Q4_K_M", false),
        ] {
            assert_eq!(is_of(name, word), is, "{name} {word}");
        }
        assert!(is_part("a-Q8_0-00001-of-00003.gguf"));
        assert!(!is_part("a-Q8_0-00001-of-00001.gguf"));
        assert!(!is_part("one-of-a-kind.gguf"));
        assert!(is_of_unread_blocks("Qwen3-IQ2_XXS.gguf"));
    }
}
