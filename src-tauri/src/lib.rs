//! The app: a thin shell around the server. No tensor, no route, no business rule.

use songwright_cli::OpenWindow;

#[cfg(feature = "desktop")]
mod window;

/// Opens the window, where the program was built with one.
#[cfg(feature = "desktop")]
pub const WINDOW: Option<OpenWindow> = Some(window::open);
/// Opens the window, where the program was built with one.
#[cfg(not(feature = "desktop"))]
pub const WINDOW: Option<OpenWindow> = None;
