use std::path::Path;

use songwright_base::config::{Config, S3Config, StorageConfig};
use songwright_hub::existing_ancestor;
use songwright_storage::{Library, check_bucket};

use super::Check;

/// Where songs are kept. Nothing is made or changed by looking.
pub(super) async fn checks(config: &Config) -> Vec<Check> {
    let mut checks = vec![
        folder(&config.data_dir),
        library(&config.data_dir.join("library.db")),
    ];
    if let StorageConfig::S3(s3) = &config.storage {
        checks.push(bucket(s3).await);
    }
    checks
}

fn folder(data_dir: &Path) -> Check {
    let shown = data_dir.display();
    // A folder that is not there yet is made where the nearest one above it can be written.
    match tempfile::tempfile_in(existing_ancestor(data_dir)) {
        Ok(_) if data_dir.is_dir() => Check::ok("data folder", format!("{shown} can be written")),
        Ok(_) => Check::ok(
            "data folder",
            format!("{shown} will be made with the first song"),
        ),
        Err(error) => Check::broken(
            "data folder",
            format!("{shown} cannot be written ({error}): choose another with --data-dir"),
        ),
    }
}

fn library(path: &Path) -> Check {
    if !path.exists() {
        return Check::ok("library", "empty: no song has been made yet");
    }
    let found = Library::open(path).and_then(|library| {
        library.check()?;
        let none = songwright_storage::SongFilter::default();
        library.songs(&none)
    });
    match found {
        Ok(page) => Check::ok("library", format!("whole, with {} songs", page.total)),
        Err(error) => Check::broken(
            "library",
            format!(
                "{error} Put a copy of {} in its place, or move it away to begin anew.",
                path.display()
            ),
        ),
    }
}

async fn bucket(s3: &S3Config) -> Check {
    let name = &s3.bucket;
    let config = songwright_storage::S3Config {
        bucket: s3.bucket.clone(),
        endpoint: s3.endpoint_url.clone(),
        region: s3.region.clone(),
        ..songwright_storage::S3Config::default()
    };
    match check_bucket(&config).await {
        Ok(()) => Check::ok("S3 bucket", format!("{name} can be reached")),
        Err(error) => Check::broken(
            "S3 bucket",
            format!("{name}: {}", crate::error::with_causes(&error)),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;

    #[test]
    fn looking_makes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let data_dir = dir.path().join("data");
        assert_eq!(folder(&data_dir).verdict, Verdict::Ok);
        assert_eq!(library(&data_dir.join("library.db")).verdict, Verdict::Ok);
        assert!(!data_dir.exists());
    }

    #[test]
    fn a_library_that_is_none_is_broken() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("library.db");
        std::fs::write(&path, vec![b'x'; 8192]).unwrap();
        let check = library(&path);
        assert_eq!(check.verdict, Verdict::Broken, "{}", check.detail);
    }
}
