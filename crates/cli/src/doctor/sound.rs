use super::Check;

/// Whether this machine can play. Songs are made all the same.
#[cfg(target_os = "linux")]
pub(super) fn check() -> Check {
    use std::path::{Path, PathBuf};

    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let server = |socket: &str| {
        runtime
            .as_ref()
            .is_some_and(|dir| dir.join(socket).exists())
    };
    if std::env::var_os("PULSE_SERVER").is_some() || server("pulse/native") {
        return Check::ok("audio output", "a PulseAudio server");
    }
    if server("pipewire-0") {
        return Check::ok("audio output", "a PipeWire server");
    }
    match std::fs::read_to_string(Path::new("/proc/asound/pcm")) {
        Ok(devices) if devices.contains("playback") => Check::ok(
            "audio output",
            format!(
                "{} ALSA devices",
                devices
                    .lines()
                    .filter(|line| line.contains("playback"))
                    .count()
            ),
        ),
        _ => Check::note(
            "audio output",
            "none found: songs are made, but not played on this machine",
        ),
    }
}

/// Whether this machine can play: looked at by the window itself on this system.
#[cfg(not(target_os = "linux"))]
pub(super) fn check() -> Check {
    Check::note(
        "audio output",
        "not looked at on this system: the window says when it cannot play",
    )
}
