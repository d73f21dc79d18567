use super::*;

const CARD: &str = r#"
id = "qwen"
title = "Qwen"
family = "qwen3"
service = "lyrics"
repository = "Qwen/Qwen3"
revision = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

[licence]
id = "LicenseRef-Research"
url = "https://example.org/licence"
must_accept = true

[[file]]
path = "tokenizer.json"
bytes = 7

[[memory]]
precision = "bf16"
weights_bytes = 9

[[variant]]
name = "q8_0"
title = "8 bits"
repository = "Qwen/Qwen3-GGUF"
revision = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
[[variant.file]]
path = "qwen-q8_0.gguf"
bytes = 100
sha256 = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
[[variant.memory]]
precision = "Q8_0"
weights_bytes = 100

[[variant]]
name = "bf16"
title = "as published"
bytes = 1000
[[variant.file]]
path = "model.safetensors"
"#;

fn problem_of(text: &str) -> String {
    Card::parse(text, "qwen.toml").unwrap_err().to_string()
}

#[test]
fn variants_have_files_of_their_own_and_shared_ones() {
    let card = Card::parse(CARD, "qwen.toml").unwrap();
    assert!(card.licence.must_accept);
    let usual = card.variant(None).unwrap();
    assert_eq!(usual.name.as_str(), "q8_0");
    let sources: Vec<_> = usual
        .files
        .iter()
        .map(|f| (f.path.as_str(), f.source.repository.as_str()))
        .collect();
    assert_eq!(
        sources,
        [
            ("qwen-q8_0.gguf", "Qwen/Qwen3-GGUF"),
            ("tokenizer.json", "Qwen/Qwen3")
        ]
    );
    assert_eq!(usual.bytes(), 107);
    assert_eq!(usual.memory[0].weights_bytes, 100);
    let whole = card.variant(Some("bf16")).unwrap();
    assert_eq!((whole.bytes(), whole.memory[0].weights_bytes), (1000, 9));
    let error = card.variant(Some("q2")).unwrap_err().to_string();
    assert!(error.contains("q8_0, bf16"), "{error}");
}

#[test]
fn a_wrong_card_names_file_and_key() {
    for (find, replace, named) in [
        ("id = \"qwen\"", "id = \"../qwen\"", "id"),
        ("service = \"lyrics\"", "service = \"drums\"", "service"),
        (
            "service = \"lyrics\"",
            "service = \"integrated\"",
            "service",
        ),
        (
            "path = \"tokenizer.json\"",
            "path = \"../tokenizer.json\"",
            "file.path",
        ),
        (
            "path = \"model.safetensors\"",
            "path = \"tokenizer.json\"",
            "there twice",
        ),
        ("name = \"bf16\"", "name = \"q8_0\"", "there twice"),
        ("sha256 = \"5891", "sha256 = \"589", "file.sha256"),
        ("bytes = 7", "size = 7", "size"),
        (
            "revision = \"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\"\n",
            "",
            "q8_0",
        ),
        ("family = \"qwen3\"\n", "", "family"),
    ] {
        assert!(CARD.contains(find), "{find}");
        let error = problem_of(&CARD.replacen(find, replace, 1));
        assert!(
            error.contains("qwen.toml") && error.contains(named),
            "{error}"
        );
    }
    let empty = &CARD[..CARD.find("[[file]]").unwrap()];
    assert!(
        problem_of(empty).contains("no files"),
        "{}",
        problem_of(empty)
    );
}

#[test]
fn what_a_model_draws_best_has_limits_on_both_sides() {
    let with = |pixels: u32| {
        let line = format!("service = \"image\"\nnative_pixels = {pixels}");
        CARD.replace("service = \"lyrics\"", &line)
    };
    for pixels in [256, 512, 1024] {
        let card = Card::parse(&with(pixels), "qwen.toml").unwrap();
        assert_eq!(card.native_pixels, Some(pixels));
    }
    for pixels in [128, 320, 1152] {
        let problem = problem_of(&with(pixels));
        assert!(problem.contains("native_pixels"), "{problem}");
    }
    assert_eq!(Card::parse(CARD, "qwen.toml").unwrap().native_pixels, None);
}
