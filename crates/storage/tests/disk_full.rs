//! A full disk is said to be full, and nothing is written by halves. Needs a file system of its
//! own: a tmpfs of a few MiB, which only root may mount. `cargo xtask test disk` runs it where it can.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]
#![cfg(target_os = "linux")]

mod fixture;

use std::sync::Arc;

use std::path::Path;
use std::process::Command;

use bytes::Bytes;
use serde_json::json;
use songwright_base::{Code, Operations, Service};
use songwright_storage::bundle::{BundleForm, ExportOptions, export};
use songwright_storage::{Error, Library, ObjectKey};

/// A mounted tmpfs; unmounted where it is dropped.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount(mib: u32) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={mib}m"), "tmpfs"])
            .arg(dir.path())
            .status()
            .unwrap();
        assert!(mounted.success(), "only root may mount a tmpfs");
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
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.path()).status();
    }
}

fn require_full(error: &Error) {
    assert!(matches!(error, Error::Full { .. }), "{error:?}");
    assert_eq!(error.code().http_status(), 507);
    assert!(error.to_string().contains("Delete songs"), "{error}");
}

#[tokio::test]
#[ignore = "only root may mount a small disk: cargo xtask test disk"]
async fn objects_are_whole_or_absent_on_a_full_disk() {
    let disk = SmallDisk::mount(4);
    let objects = fixture::local_store(disk.path());
    let content = Bytes::from(vec![7; 300_000]);
    let mut kept = Vec::new();
    let error = loop {
        let key = ObjectKey::random("wav").unwrap();
        match objects.put(&key, content.clone()).await {
            Ok(file) => kept.push(file),
            Err(e) => break e,
        }
        assert!(kept.len() < 100);
    };
    require_full(&error);
    assert!(kept.len() > 5);
    for file in &kept {
        assert_eq!(objects.head(&file.key).await.unwrap().bytes, 300_000);
    }
    let names = std::fs::read_dir(disk.path().join("objects")).unwrap();
    assert_eq!(names.count(), kept.len(), "the half is gone");
    objects.delete(&kept[0].key).await.unwrap();
    let key = ObjectKey::random("wav").unwrap();
    objects.put(&key, content).await.unwrap();
}

#[test]
#[ignore = "only root may mount a small disk: cargo xtask test disk"]
fn the_library_stays_sound_on_a_full_disk() {
    let disk = SmallDisk::mount(4);
    let library = Arc::new(Library::open(&disk.path().join("library.db")).unwrap());
    let operations = Operations::new(library.clone());
    let submit = || {
        let request = json!({"lyrics": "la ".repeat(2_000)});
        operations.start(Service::Music, "generate_music", request)
    };
    submit().unwrap();
    disk.fill();
    let mut queued = 1;
    let failure = loop {
        match submit() {
            Ok(_) => queued += 1,
            Err(failure) => break failure,
        }
        assert!(queued < 1_000);
    };
    assert_eq!(failure.code, Code::StorageFull, "{failure}");
    library.check().unwrap();
    assert_eq!(library.operations(&[Service::Music]).unwrap().len(), queued);
    disk.free();
    submit().unwrap();
    drop((operations, library));
    let library = Library::open(&disk.path().join("library.db")).unwrap();
    library.check().unwrap();
    assert_eq!(
        library.operations(&[Service::Music]).unwrap().len(),
        queued + 1
    );
}

#[tokio::test]
#[ignore = "only root may mount a small disk: cargo xtask test disk"]
async fn a_bundle_appears_whole_or_not_at_all_on_a_full_disk() {
    let disk = SmallDisk::mount(1);
    let dir = tempfile::tempdir().unwrap();
    let objects = fixture::local_store(dir.path());
    let library = Library::open(&dir.path().join("library.db")).unwrap();
    let new = fixture::song(&objects, "Night Ferry").await.unwrap();
    let song = library.add_song(&new).unwrap();
    for form in [BundleForm::Folder, BundleForm::Zip] {
        disk.fill();
        let options = ExportOptions {
            form,
            ..ExportOptions::default()
        };
        let into = disk.path();
        let error = export(&objects, &song, &options, into).await.unwrap_err();
        require_full(&error);
        let names: Vec<_> = std::fs::read_dir(into)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(names, ["filler"]);
        disk.free();
    }
}
