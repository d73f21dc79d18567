use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};

use crate::workspace::Workspace;

/// The bucket that it holds.
pub(crate) const BUCKET: &str = "songwright-test";

/// A server that speaks S3 (moto), for as long as it is held.
pub(crate) struct ObjectServer {
    child: Child,
    /// Its URL.
    pub(crate) endpoint: String,
}

impl ObjectServer {
    /// Starts one on a free port, with an empty bucket.
    pub(crate) fn start(workspace: &Workspace) -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let child = Command::new(workspace.python_tool("moto_server"))
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("moto_server")?;
        let server = Self {
            child,
            endpoint: format!("http://127.0.0.1:{port}"),
        };
        let deadline = Instant::now() + Duration::from_secs(60);
        while let Err(error) = make_bucket(port) {
            anyhow::ensure!(Instant::now() < deadline, "moto_server: {error:#}");
            thread::sleep(Duration::from_millis(200));
        }
        Ok(server)
    }
}

impl Drop for ObjectServer {
    fn drop(&mut self) {
        // Nothing can be done about a server that is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn make_bucket(port: u16) -> Result<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    write!(
        stream,
        "PUT /{BUCKET} HTTP/1.0\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n"
    )?;
    let mut response = String::new();
    stream.read_to_string(&mut response)?;
    let status = response.lines().next().unwrap_or_default();
    anyhow::ensure!(status.contains(" 200 "), "making the bucket: {status}");
    Ok(())
}
