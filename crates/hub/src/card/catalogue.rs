use std::{
    fs, io,
    path::{Path, PathBuf},
};

use rust_embed::RustEmbed;

use super::{Card, Variant, names};
use crate::Error;

/// The folder of a user's own cards, below that of the models.
const OWN_CARDS: &str = "cards";

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../models"]
struct BuiltIn;

/// Where a card of the user's own is, by its id.
pub(crate) fn own_card_path(models_dir: &Path, id: &str) -> PathBuf {
    models_dir.join(OWN_CARDS).join(format!("{id}.toml"))
}

/// All cards that there are.
#[derive(Debug, Default)]
pub struct Catalogue {
    /// The built-in ones and, after them, the user's own.
    pub cards: Vec<Card>,
    /// Why cards of the user's own are left out.
    pub refused: Vec<Error>,
}

impl Catalogue {
    /// The cards that came with the program.
    ///
    /// # Errors
    /// [`Error::Card`] where one is wrong, which a test rules out.
    pub fn built_in() -> Result<Vec<Card>, Error> {
        let mut cards = BuiltIn::iter()
            .filter(|name| name.ends_with(".toml"))
            .filter_map(|name| Some((BuiltIn::get(&name)?, name)))
            .map(|(file, name)| Card::parse(&String::from_utf8_lossy(&file.data), &name))
            .collect::<Result<Vec<_>, _>>()?;
        cards.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(cards)
    }

    /// The built-in cards and those in `cards/` of the folder of the models. A wrong one, or one
    /// whose id is taken, is left out and told of in [`Catalogue::refused`].
    ///
    /// # Errors
    /// As [`Catalogue::built_in`].
    pub(crate) fn read(models_dir: &Path) -> Result<Self, Error> {
        let mut catalogue = Self {
            cards: Self::built_in()?,
            refused: Vec::new(),
        };
        for own in own_cards(&models_dir.join(OWN_CARDS)) {
            match own.and_then(|card| catalogue.free(card)) {
                Ok(card) => catalogue.cards.push(card),
                Err(error) => catalogue.refused.push(error),
            }
        }
        Ok(catalogue)
    }

    /// The card of that id, or the first with files of the repository of that name.
    ///
    /// # Errors
    /// [`Error::UnknownModel`] with the ids that there are; [`Error::Card`] where it is the user's
    /// own and wrong.
    pub fn find(&self, id: &str) -> Result<&Card, Error> {
        self.cards
            .iter()
            .find(|card| card.id.as_str() == id)
            .or_else(|| Some(self.published_at(id).next()?.0))
            .ok_or_else(|| Error::UnknownModel {
                id: id.to_owned(),
                known: names(self.cards.iter().map(|card| card.id.as_str())),
            })
    }

    /// The variants with files of a repository (`owner/name`), in the order of their cards.
    pub fn published_at(&self, repository: &str) -> impl Iterator<Item = (&Card, &Variant)> {
        let all = self.cards.iter();
        let all = all.flat_map(|card| card.variants().iter().map(move |variant| (card, variant)));
        all.filter(move |(_, variant)| {
            let mut files = variant.files.iter();
            files.any(|file| file.source.repository.as_str() == repository)
        })
    }

    fn free(&self, card: Card) -> Result<Card, Error> {
        if self.cards.iter().any(|other| other.id == card.id) {
            return Err(Error::CardTwice {
                id: card.id.to_string(),
            });
        }
        Ok(card)
    }
}

fn own_cards(folder: &Path) -> Vec<Result<Card, Error>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => return vec![Err(Error::io(folder, "read")(error))],
    };
    let mut paths: Vec<_> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .collect();
    // By their names alone: a model goes before what was made of it.
    paths.sort_by(|a, b| a.file_stem().cmp(&b.file_stem()));
    paths
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).map_err(Error::io(&path, "read"))?;
            Card::parse(&text, &path.display().to_string())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_cards_are_pinned_and_named_as_their_files() {
        let cards = Catalogue::built_in().unwrap();
        assert!(!cards.is_empty());
        for card in &cards {
            let file = format!("{}.toml", card.id);
            assert!(BuiltIn::get(&file).is_some(), "{file}");
            for file in card.variants().iter().flat_map(|v| &v.files) {
                assert!(
                    file.source.revision.is_commit(),
                    "{} {}",
                    card.id,
                    file.path
                );
            }
            for variant in card.variants() {
                let known: u64 = variant.files.iter().filter_map(|f| f.bytes).sum();
                assert!(known <= variant.bytes(), "{}", card.id);
                assert!(!variant.memory.is_empty(), "{}", card.id);
            }
        }
    }

    #[test]
    fn ace_step_is_whole() {
        let cards = Catalogue::built_in().unwrap();
        let card = cards.iter().find(|c| c.id.as_str() == "ace-step-v1-3.5b");
        let variant = card.unwrap().variant(None).unwrap();
        assert_eq!(variant.files.len(), 11);
        assert!(variant.files.iter().all(|file| file.digest.is_some()));
        assert_eq!(variant.bytes(), 8_275_790_207);
    }

    #[test]
    fn terms_that_are_not_free_have_to_be_accepted_and_are_stated() {
        // OpenRAIL++ forbids uses, not sales; its card says so.
        let free = ["Apache-2.0", "LicenseRef-openrail++"];
        for card in Catalogue::built_in().unwrap() {
            let licence = &card.licence;
            let is_free = free.contains(&licence.id.as_str());
            assert_eq!(licence.must_accept, !is_free, "{}", card.id);
            assert!(licence.url.starts_with("https://"), "{}", card.id);
            if licence.id.starts_with("LicenseRef-") {
                assert!(licence.summary.is_some(), "{}", card.id);
                assert!(licence.url.contains("/LICENSE"), "{}", card.id);
            }
        }
    }

    #[test]
    fn covers_of_sdxl_turbo_are_not_for_sale_and_those_of_lightning_may_be() {
        let cards = Catalogue::built_in().unwrap();
        let licence = |id: &str| {
            let card = cards.iter().find(|card| card.id.as_str() == id);
            card.unwrap().licence.clone()
        };
        let turbo = licence("sdxl-turbo");
        assert_eq!(turbo.id, "LicenseRef-sai-nc-community");
        assert!(turbo.must_accept);
        let terms = "https://huggingface.co/stabilityai/sdxl-turbo/blob/main/LICENSE.md";
        assert_eq!(turbo.url, terms);
        let note = turbo.summary.unwrap();
        assert!(
            note.starts_with("Non-commercial use only, covers included"),
            "{note}"
        );
        let lightning = licence("sdxl-lightning");
        assert_eq!(lightning.id, "LicenseRef-openrail++");
        assert!(!lightning.must_accept);
        assert!(lightning.url.contains("stable-diffusion-xl-base-1.0"));
        assert!(
            lightning
                .summary
                .unwrap()
                .contains("commercial use is allowed")
        );
    }

    #[test]
    fn cards_of_ones_own_stand_beside_the_built_in_ones() {
        let dir = tempfile::tempdir().unwrap();
        let own = dir.path().join(OWN_CARDS);
        fs::create_dir(&own).unwrap();
        let built_in = BuiltIn::get("ace-step-v1-3.5b.toml").unwrap();
        let text = String::from_utf8(built_in.data.into_owned()).unwrap();
        fs::write(own.join("same.toml"), &text).unwrap();
        let mine = text.replace("id = \"ace-step-v1-3.5b\"", "id = \"mine\"");
        fs::write(own.join("mine.toml"), mine).unwrap();
        fs::write(own.join("wrong.toml"), "id = 7").unwrap();
        fs::write(own.join("notes.txt"), "no card").unwrap();

        let catalogue = Catalogue::read(dir.path()).unwrap();
        assert!(catalogue.find("mine").is_ok());
        let refused: Vec<_> = catalogue.refused.iter().map(ToString::to_string).collect();
        assert_eq!(refused.len(), 2, "{refused:?}");
        assert!(refused[0].contains("ace-step-v1-3.5b"), "{refused:?}");
        assert!(refused[1].contains("wrong.toml"), "{refused:?}");
        let error = catalogue.find("nothing").unwrap_err().to_string();
        assert!(error.contains("mine"), "{error}");
    }
}
