//! What a repository of the hub has in it, where no card says so, and the card that is made of that.

mod keep;
mod licence;

use std::sync::Arc;

use crate::{
    Card, Digest, Error, Hub, Licence, Repository, Revision,
    card::{CardFile, FilePath, Source},
    remote::{Info, Remote},
};

pub use keep::Form;
pub(crate) use keep::forget_listed;
pub(crate) use licence::CardData;

/// A repository as it was at one commit.
#[derive(Clone, Debug)]
pub struct Listing {
    source: Arc<Source>,
    files: Vec<ListedFile>,
    licence: Licence,
}

/// A file of a repository.
#[derive(Clone, Debug)]
pub struct ListedFile {
    /// Its path there.
    pub path: FilePath,
    /// Its size, where the hub says it.
    pub bytes: Option<u64>,
    /// SHA-256 of a large file.
    digest: Option<Digest>,
}

impl Listing {
    /// `owner/name`.
    #[must_use]
    pub fn repository(&self) -> &Repository {
        &self.source.repository
    }

    /// The commit that the files are of.
    #[must_use]
    pub fn commit(&self) -> &Revision {
        &self.source.revision
    }

    /// Its files, in the hub's order; those whose paths cannot be files here are left out.
    #[must_use]
    pub fn files(&self) -> &[ListedFile] {
        &self.files
    }

    /// The file of that path.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<&ListedFile> {
        self.files.iter().find(|file| file.path.as_str() == path)
    }

    fn new(repository: &Repository, info: Info, page: &str) -> Result<Self, Error> {
        let revision = info.sha.parse().map_err(|_| Error::Answer {
            file: "the list of files".to_owned(),
            problem: "it names no commit",
        })?;
        let files = info.siblings.into_iter().filter_map(|sibling| {
            let large = sibling.lfs.as_ref();
            Some(ListedFile {
                path: sibling.rfilename.parse().ok()?,
                bytes: large.map(|large| large.size).or(sibling.size),
                digest: large.and_then(|large| Digest::from_etag(&large.sha256)),
            })
        });
        Ok(Self {
            files: files.collect(),
            source: Arc::new(Source {
                repository: repository.clone(),
                revision,
            }),
            licence: licence::of(info.card_data.unwrap_or_default(), page),
        })
    }

    fn card_file(&self, file: &ListedFile) -> CardFile {
        CardFile {
            source: self.source.clone(),
            path: file.path.clone(),
            bytes: file.bytes,
            digest: file.digest,
            dtype: None,
        }
    }
}

impl Hub {
    /// Asks the hub what a repository has in it, at a commit, a branch or a tag.
    ///
    /// # Errors
    /// [`Error::NoRepository`]; [`Error::Offline`]; what the hub or the line says.
    pub async fn list(
        &self,
        repository: &Repository,
        revision: &Revision,
    ) -> Result<Listing, Error> {
        let source = Source {
            repository: repository.clone(),
            revision: revision.clone(),
        };
        let remote = self.asking(repository, "the list of files")?;
        let info = remote.info(&source).await?;
        Listing::new(repository, info, &remote.page(&source))
    }

    /// The first bytes of a listed file, at most `most`, unverified: for a look before it is fetched.
    ///
    /// # Errors
    /// [`Error::NotOnHub`] where it is not listed; what the hub or the line says.
    pub async fn beginning(
        &self,
        listing: &Listing,
        path: &str,
        most: usize,
    ) -> Result<Vec<u8>, Error> {
        let file = listing.file(path).ok_or_else(|| Error::NotOnHub {
            place: format!("{} at {}", listing.repository(), listing.commit()),
            file: path.to_owned(),
        })?;
        let remote = self.asking(listing.repository(), path)?;
        let (mut response, _) = remote
            .bytes(&listing.card_file(file), listing.commit().as_str(), 0)
            .await?;
        let mut bytes = Vec::new();
        while bytes.len() < most {
            match response.chunk().await.map_err(remote.line(path))? {
                Some(part) => bytes.extend_from_slice(&part),
                None => break,
            }
        }
        bytes.truncate(most);
        Ok(bytes)
    }

    /// Makes a card of what is listed, one variant a form, in the user's own cards.
    ///
    /// # Errors
    /// [`Error::OtherCommit`] where the model is installed as it was at another commit;
    /// [`Error::CardTwice`] where somebody else wrote a card of that id; [`Error::Io`].
    pub fn keep_card(
        &self,
        listing: &Listing,
        (family, service): (&str, songwright_base::Service),
        forms: &[Form],
    ) -> Result<Card, Error> {
        keep::keep(self, listing, (family, service), forms)
    }

    fn asking(&self, repository: &Repository, file: &str) -> Result<Remote, Error> {
        if self.environment.offline {
            return Err(Error::Offline {
                title: repository.to_string(),
                file: file.to_owned(),
            });
        }
        Remote::new(&self.environment, &self.patience)
    }
}
