//! Which check takes which file of which family.

use anyhow::Result;

use crate::{guidance, loops, lyric_cases, schedules, set::Set, torch_randn, transformer};

/// A check of one file of a set.
pub(crate) type Check = fn(&Set, &str) -> Result<()>;

/// The networks of one model.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Family {
    /// How the names of its sets' folders start.
    folder: &'static str,
    /// The start of a file's name, and what takes it; the first that fits.
    checks: &'static [(&'static str, Check)],
    /// The starts of names whose networks are not built yet; none once the family is whole.
    pending: &'static [&'static str],
}

const FAMILIES: &[Family] = &[Family {
    folder: "ace-step-v1",
    checks: &[
        ("dit_decode", transformer::decode),
        ("dit_encode", transformer::encode),
        ("dit", transformer::whole),
        ("guidance", guidance::check),
        ("loop_edit", loops::flow_edit),
        ("loop_flowedit", loops::flow_edit),
        ("loop_model", loops::model),
        ("loop_erg_model", loops::model),
        ("loop_", loops::text2music),
        ("lyric_cases", lyric_cases::check),
        ("lyric_encoder", transformer::lyric_encoder),
        ("schedulers", schedules::all),
        ("scheduler_", schedules::one),
        ("torch_randn", torch_randn::check),
        ("torch_cpu_randn", torch_randn::check),
    ],
    pending: &["dcae", "log_mel", "music_dcae", "resample", "vocoder"],
}];

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

    /// Whether a file waits for its network.
    pub(crate) fn awaits(&self, name: &str) -> bool {
        self.check(name).is_none() && self.pending.iter().any(|start| name.starts_with(start))
    }

    /// What takes a file.
    pub(crate) fn check(&self, name: &str) -> Option<Check> {
        self.checks
            .iter()
            .find(|(start, _)| name.starts_with(start))
            .map(|(_, check)| *check)
    }
}
