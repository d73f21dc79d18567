//! Licences as the hub's model cards name them.

use serde::Deserialize;

use crate::Licence;

/// The head of a repository's README, as far as it speaks of terms.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct CardData {
    license: Option<OneOrMore>,
    license_name: Option<String>,
    license_link: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

/// Licences that ask nothing of who only uses the model: the hub's word and SPDX's.
const FREE: [(&str, &str); 10] = [
    ("apache-2.0", "Apache-2.0"),
    ("mit", "MIT"),
    ("bsd-2-clause", "BSD-2-Clause"),
    ("bsd-3-clause", "BSD-3-Clause"),
    ("isc", "ISC"),
    ("cc0-1.0", "CC0-1.0"),
    ("cc-by-4.0", "CC-BY-4.0"),
    ("cc-by-sa-4.0", "CC-BY-SA-4.0"),
    ("unlicense", "Unlicense"),
    ("zlib", "Zlib"),
];

/// The terms of a repository, whose page is `page`. What is not known to be free has to be accepted.
pub(super) fn of(card: CardData, page: &str) -> Licence {
    let said = match card.license {
        Some(OneOrMore::One(word)) => Some(word),
        Some(OneOrMore::More(words)) if words.len() == 1 => words.into_iter().next(),
        Some(OneOrMore::More(_)) | None => None,
    };
    let word = said.as_deref().unwrap_or("unknown").to_lowercase();
    if let Some((_, spdx)) = FREE.iter().find(|(hubs, _)| *hubs == word) {
        return Licence {
            id: (*spdx).to_owned(),
            url: format!("https://spdx.org/licenses/{spdx}.html"),
            must_accept: false,
            summary: None,
        };
    }
    // "other" says nothing; the name beside it does.
    let name = card.license_name.filter(|_| word == "other");
    let name: String = name
        .unwrap_or(word)
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '.' {
                c
            } else {
                '-'
            }
        })
        .take(64)
        .collect();
    let link = card.license_link.filter(|link| {
        link.starts_with("https://")
            && !link.contains(|c: char| c.is_whitespace() || c.is_control())
    });
    let summary = (name == "unknown").then(|| {
        "Its publisher does not say under which terms it may be used: look at its page.".to_owned()
    });
    Licence {
        id: format!("LicenseRef-{name}"),
        url: link.unwrap_or_else(|| page.to_owned()),
        must_accept: true,
        summary,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn licence(card: &str) -> (String, String, bool) {
        let licence = of(serde_json::from_str(card).unwrap(), "https://hub/a/b");
        (licence.id, licence.url, licence.must_accept)
    }

    #[test]
    fn free_ones_are_called_as_spdx_does_and_others_have_to_be_accepted() {
        for (card, id, url, must_accept) in [
            (
                r#"{"license": "apache-2.0", "tags": ["x"]}"#,
                "Apache-2.0",
                "https://spdx.org/licenses/Apache-2.0.html",
                false,
            ),
            (
                r#"{"license": ["mit"]}"#,
                "MIT",
                "https://spdx.org/licenses/MIT.html",
                false,
            ),
            (
                r#"{"license": "other", "license_name": "qwen research", "license_link": "https://x.org/l"}"#,
                "LicenseRef-qwen-research",
                "https://x.org/l",
                true,
            ),
            (
                r#"{"license": "other", "license_link": "LICENSE"}"#,
                "LicenseRef-other",
                "https://hub/a/b",
                true,
            ),
            (
                r#"{"license": "cc-by-nc-4.0"}"#,
                "LicenseRef-cc-by-nc-4.0",
                "https://hub/a/b",
                true,
            ),
            ("{}", "LicenseRef-unknown", "https://hub/a/b", true),
            (
                r#"{"license": ["mit", "other"]}"#,
                "LicenseRef-unknown",
                "https://hub/a/b",
                true,
            ),
        ] {
            let wanted = (id.to_owned(), url.to_owned(), must_accept);
            assert_eq!(licence(card), wanted, "{card}");
        }
    }
}
