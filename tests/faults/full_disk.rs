use std::{path::Path, process::Command};

use serde_json::{Value, json};
use songwright_tests::Server;

/// A small file system in memory, for as long as it is held.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount(mib: u64) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args([
                "-t",
                "tmpfs",
                "-o",
                &format!("size={mib}m"),
                "songwright-test",
            ])
            .arg(dir.path())
            .status()
            .unwrap();
        assert!(mounted.success(), "only root may mount a small disk");
        Self(dir)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Takes all the space that is left.
    fn fill(&self) {
        use std::io::Write as _;
        let mut file = std::fs::File::create(self.path().join("filler")).unwrap();
        for size in [1 << 16, 1 << 10, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
    }

    fn free(&self) {
        std::fs::remove_file(self.path().join("filler")).unwrap();
    }

    fn free_mib(&self) -> u64 {
        let fs = rustix::fs::statvfs(self.path()).unwrap();
        (fs.f_bavail * fs.f_frsize) >> 20
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a process that is just ending may still hold it.
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

fn song(duration_s: u32) -> Value {
    json!({
        "full_described_song": "a long ambient piece about an overfull cupboard",
        "audio_duration": duration_s,
        "cover_size": 256,
        "instrumental": true,
        "seed": 1,
    })
}

#[test]
#[ignore = "only root may mount a small disk: cargo xtask test disk"]
fn a_full_disk_is_507_and_leaves_nothing_half_written() {
    let disk = SmallDisk::mount(16);
    let server = Server::start(&disk.path().join("data"), &[]);
    let free_mib = disk.free_mib();

    // 120 s of 48 kHz stereo are 22 MiB.
    let refused = server.post("/generate_from_description", &song(120));
    let body = refused.json();
    assert_eq!(refused.status, 507, "{body}");
    assert_eq!(body["status_code"], 507);
    let detail = body["detail"].as_str().unwrap();
    assert!(
        detail.contains("disk") || detail.contains("space") || detail.contains("storage"),
        "{detail}"
    );
    let operation = server.operation(body["operation_id"].as_str().unwrap());
    assert_eq!(operation["state"], "failed");
    assert!(server.songs().is_empty(), "{:?}", server.songs());
    let health = server.get("/health_check").json();
    assert_eq!(health["status"], "degraded", "{health}");
    assert_eq!(health["last_failure"], detail);
    let music = server.get("/music/health_check").json();
    assert_eq!(music["status"], "healthy", "its engine did well: {music}");
    assert!(
        disk.free_mib() + 1 >= free_mib,
        "{free_mib} MiB were free, now {}",
        disk.free_mib()
    );

    // A song that fits is made, and the program goes on after a restart.
    let made = server.post("/generate_from_description", &song(10));
    assert_eq!(made.status, 200, "{}", made.json());
    assert_eq!(server.get("/health_check").json()["status"], "healthy");
    let link = made.json()["links"]["bundle"].as_str().unwrap().to_owned();
    let bundle = server.get(&link);
    assert_eq!(bundle.status, 200);
    disk.fill();
    for refused in [
        server.send("/songs/import", "application/zip", &bundle.bytes),
        server.get(&link),
    ] {
        let body = refused.json();
        assert_eq!(refused.status, 507, "{body}");
        let detail = body["detail"].as_str().unwrap();
        assert!(detail.contains("Delete songs"), "{detail}");
    }
    disk.free();
    assert!(server.stop().success());
    let server = Server::start(&disk.path().join("data"), &[]);
    let songs = server.songs();
    assert_eq!(songs.len(), 1);
    server.assert_whole(&songs[0]);
}
