//! Names of a card that become paths and addresses. What is parsed here can be joined without a
//! further look.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

/// What a name has to be, to be read after the name.
pub type Rule = &'static str;

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $rule:literal, $is_right:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $name(String);

        impl $name {
            /// The name as it was written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = Rule;

            fn from_str(text: &str) -> Result<Self, Rule> {
                let is_right: fn(&str) -> bool = $is_right;
                if is_right(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err($rule)
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name!(
    /// A model, or a variant of one: the name of a folder too.
    ModelName,
    "has to be 1 to 64 letters a-z, digits, \"-\", \"_\" and \".\", the first a letter or digit",
    |text| is_word(text, 64) && !text.contains(|c: char| c.is_ascii_uppercase())
);

name!(
    /// A repository on the hub: `owner/name`.
    Repository,
    "has to be owner/name, both of letters, digits, \"-\", \"_\" and \".\"",
    |text| text
        .split_once('/')
        .is_some_and(|(owner, name)| is_word(owner, 96) && is_word(name, 96))
        // The cache's folders join the parts with it.
        && !text.contains("--")
);

name!(
    /// A commit (40 hexadecimal digits), or a branch or tag.
    Revision,
    "has to be a commit of 40 hexadecimal digits, or the name of a branch or tag",
    |text| text.split('/').all(|part| is_word(part, 128))
);

name!(
    /// A file inside its repository: relative, its parts separated by `/`.
    FilePath,
    "has to be a path inside the repository: relative, without \"..\", \"\\\" and \":\"",
    |text| text.len() <= 512 && text.split('/').all(is_path_part)
);

impl Revision {
    /// Whether it names one state of the repository for ever.
    #[must_use]
    pub fn is_commit(&self) -> bool {
        self.0.len() == 40 && self.0.bytes().all(|b| b.is_ascii_hexdigit())
    }
}

impl FilePath {
    /// Where the file is, where `folder` is laid out as its repository.
    #[must_use]
    pub fn inside(&self, folder: &Path) -> PathBuf {
        self.0
            .split('/')
            .fold(folder.to_owned(), |at, part| at.join(part))
    }
}

fn is_word(text: &str, most: usize) -> bool {
    text.len() <= most
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        && !text.ends_with('.')
}

fn is_path_part(part: &str) -> bool {
    !part.is_empty()
        && part != "."
        && part != ".."
        && !part.contains(|c: char| c.is_control() || "\\:*?\"<>|".contains(c))
        && !part.ends_with(['.', ' '])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_would_leave_their_folder_are_refused() {
        for right in ["config.json", "a/b/c.safetensors", "tokenizer/ä ö.json"] {
            assert!(right.parse::<FilePath>().is_ok(), "{right}");
        }
        for wrong in [
            "",
            "/etc/passwd",
            "../x",
            "a/../x",
            "a//b",
            "a/",
            "./a",
            "C:/x",
            "a\\b",
            "a\0b",
            "nul.",
            "a/.",
        ] {
            assert!(wrong.parse::<FilePath>().is_err(), "{wrong:?}");
        }
        assert!("a".repeat(512).parse::<FilePath>().is_ok());
        assert!("a".repeat(513).parse::<FilePath>().is_err());
    }

    #[test]
    fn models_and_repositories() {
        assert!("ace-step-v1-3.5b".parse::<ModelName>().is_ok());
        assert!("m".repeat(64).parse::<ModelName>().is_ok());
        for wrong in ["", "..", ".x", "A", "a/b", "a b", "a.", &"m".repeat(65)] {
            assert!(wrong.parse::<ModelName>().is_err(), "{wrong:?}");
        }
        assert!("ACE-Step/ACE-Step-v1-3.5B".parse::<Repository>().is_ok());
        for wrong in ["gpt2", "a/b/c", "../b", "a/..", "a--b/c", "/b", "a/"] {
            assert!(wrong.parse::<Repository>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_commit_is_told_from_a_branch() {
        let commit: Revision = "82cd0d7b6322bd28cd4e830fe675ddb6180ce36c".parse().unwrap();
        assert!(commit.is_commit());
        assert!(!"main".parse::<Revision>().unwrap().is_commit());
        assert!(!"refs/pr/1".parse::<Revision>().unwrap().is_commit());
        assert!("../main".parse::<Revision>().is_err());
    }
}
