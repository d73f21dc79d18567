use std::time::Duration;

/// Work that needs no engine and so no place in a line, such as a download: it begins at once.
#[derive(Clone, Copy, Debug)]
pub struct Aside {
    /// The kinds of its operations.
    pub kinds: &'static [&'static str],
    /// How long it may take.
    pub max_runtime: Duration,
}
