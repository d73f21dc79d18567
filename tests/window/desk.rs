use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// A display, a sound server and a home of their own, as if a machine stood there that nobody
/// else uses. All of it ends when this is dropped.
pub(crate) struct Desk {
    home: tempfile::TempDir,
    display: String,
    processes: Vec<Child>,
}

impl Desk {
    pub(crate) fn set_up() -> Self {
        // What a bus starts outlives it, and would be left to the machine's first process.
        rustix::process::set_child_subreaper(Some(rustix::process::getpid())).unwrap();
        let home = tempfile::tempdir().unwrap();
        let run = home.path().join("run");
        fs::create_dir(&run).unwrap();
        fs::set_permissions(&run, fs::Permissions::from_mode(0o700)).unwrap();
        let mut desk = Self {
            home,
            display: String::new(),
            processes: Vec::new(),
        };
        desk.display = desk.start_display();
        desk.start_sound();
        desk
    }

    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// A command that sits at this desk.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env("DISPLAY", &self.display)
            .env("HOME", self.home())
            .env("XDG_RUNTIME_DIR", self.home().join("run"))
            .env("PULSE_SERVER", format!("unix:{}", self.socket().display()))
            .env("PULSE_STATE_PATH", self.home())
            .env("PULSE_RUNTIME_PATH", self.home())
            .env("GDK_BACKEND", "x11")
            .env("LIBGL_ALWAYS_SOFTWARE", "1")
            .env("NO_AT_BRIDGE", "1")
            .env("LANG", "C.UTF-8")
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("DBUS_SESSION_BUS_ADDRESS")
            .stdin(Stdio::null());
        for unwanted in ["XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"] {
            command.env_remove(unwanted);
        }
        command
    }

    /// Starts what runs for as long as the desk stands.
    pub(crate) fn keep(&mut self, command: &mut Command) {
        self.processes.push(command.spawn().unwrap_or_else(|e| {
            panic!("{}: {e}", command.get_program().display());
        }));
    }

    /// Starts a WebDriver for WebKit on a bus of its own; its URL.
    pub(crate) fn start_driver(&mut self, data_dir: &Path) -> String {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let mut driver = self.command("dbus-run-session");
        driver
            .args([
                "--",
                "WebKitWebDriver",
                "--host=127.0.0.1",
                &format!("--port={port}"),
            ])
            .env("TAURI_AUTOMATION", "true")
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .env("SONGWRIGHT_DATA_DIR", data_dir);
        self.keep(&mut driver);
        format!("http://127.0.0.1:{port}")
    }

    /// Records what the loudspeakers would play.
    pub(crate) fn record(&self, path: PathBuf) -> Recording {
        let child = self
            .command("parecord")
            .args(["--device=out.monitor", "--file-format=wav", "--rate=48000"])
            .args(["--channels=2", "--format=s16le"])
            .arg(&path)
            .spawn()
            .expect("parecord starts");
        Recording { child, path }
    }

    fn socket(&self) -> PathBuf {
        self.home().join("native")
    }

    fn start_display(&mut self) -> String {
        // It takes a free number and writes it.
        let mut child = Command::new("Xvfb")
            .args([
                "-displayfd",
                "1",
                "-screen",
                "0",
                "1280x860x24",
                "-nolisten",
                "tcp",
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb starts");
        let mut number = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut number)
            .unwrap();
        self.processes.push(child);
        assert!(!number.trim().is_empty(), "Xvfb found no display");
        format!(":{}", number.trim())
    }

    fn start_sound(&mut self) {
        let socket = self.socket();
        let mut sound = self.command("pulseaudio");
        sound
            .args([
                "-n",
                "--daemonize=no",
                "--exit-idle-time=-1",
                "--use-pid-file=no",
            ])
            .args(["--realtime=no", "--high-priority=no", "--log-level=error"])
            .arg(format!(
                "--load=module-native-protocol-unix auth-anonymous=1 socket={}",
                socket.display()
            ))
            .arg("--load=module-null-sink sink_name=out rate=48000 channels=2 format=s16le")
            .env_remove("PULSE_SERVER")
            .stderr(Stdio::null());
        self.keep(&mut sound);
        let deadline = Instant::now() + Duration::from_secs(20);
        while !socket.exists() {
            assert!(Instant::now() < deadline, "the sound server does not start");
            thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        for process in self.processes.iter_mut().rev() {
            // Those that ended with the others are gone already.
            let _ = process.kill();
            let _ = process.wait();
        }
        end_orphans();
    }
}

/// Ends what is left of this process's children: services that a bus started and nobody ends.
fn end_orphans() {
    use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
    // Those that an orphan leaves become ours in turn, so it goes on until there are none.
    loop {
        let children = fs::read_to_string("/proc/thread-self/children").unwrap_or_default()
            + &fs::read_to_string(format!("/proc/self/task/{}/children", std::process::id()))
                .unwrap_or_default();
        let children: Vec<Pid> = children
            .split_whitespace()
            .filter_map(|pid| Pid::from_raw(pid.parse().ok()?))
            .collect();
        if children.is_empty() {
            return;
        }
        for child in children {
            // One that ended meanwhile is only waited for.
            let _ = kill_process(child, Signal::KILL);
            let _ = waitpid(Some(child), WaitOptions::empty());
        }
    }
}

/// A recording that runs until it is asked for.
pub(crate) struct Recording {
    child: Child,
    path: PathBuf,
}

impl Recording {
    /// Ends it: interleaved samples at 48 kHz in stereo.
    pub(crate) fn end(mut self) -> Vec<f32> {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
        self.child.wait().unwrap();
        let wav = hound::WavReader::open(&self.path).unwrap();
        wav.into_samples::<i16>()
            .map(|sample| f32::from(sample.unwrap()) / f32::from(i16::MAX))
            .collect()
    }
}
