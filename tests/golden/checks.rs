//! Which check takes which file of which family.

use anyhow::Result;

use crate::set::Set;

/// A check of one file of a set.
pub(crate) type Check = fn(&Set, &str) -> Result<()>;

/// The networks of one model.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Family {
    /// How the names of its sets' folders start.
    folder: &'static str,
    /// The start of a file's name, and what takes it; the first that fits.
    checks: &'static [(&'static str, Check)],
}

const FAMILIES: &[Family] = &[];

impl Family {
    /// The family of a set; `None` where its networks are not built.
    pub(crate) fn of(set: &Set) -> Option<Self> {
        let label = set.label();
        let folder = label.rsplit('/').next()?;
        FAMILIES
            .iter()
            .copied()
            .find(|family| folder.starts_with(family.folder))
    }

    /// What takes a file.
    pub(crate) fn check(&self, name: &str) -> Option<Check> {
        self.checks
            .iter()
            .find(|(start, _)| name.starts_with(start))
            .map(|(_, check)| *check)
    }
}
