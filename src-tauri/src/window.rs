//! The window: the page over loopback HTTP, with a key of this launch. What only a desktop can do
//! is here, and nothing else.

use std::{net::Ipv4Addr, path::PathBuf, sync::Arc, time::Duration};

use rand::RngExt as _;
use serde::Serialize;
use songwright_base::{Code, Failure, config::Config};
use songwright_server::{Host, Serving, serve};
use songwright_song::BundleWish;
use songwright_storage::bundle::{BundleForm, ExtraFormat};
use tauri::{AppHandle, Manager as _, RunEvent, State};
use tauri_plugin_dialog::DialogExt as _;
use tokio::{net::TcpListener, runtime::Runtime, sync::oneshot};
use uuid::Uuid;

/// The origins from which the page asks: Linux and macOS, Windows.
const PAGE_ORIGINS: [&str; 2] = ["tauri://localhost", "http://tauri.localhost"];

/// What is still busy when the server has ended has so long.
const LAST: Duration = Duration::from_secs(2);

/// What the page needs to reach the server.
#[derive(Clone, Serialize)]
struct Endpoint {
    base: String,
    token: String,
}

struct Shell {
    endpoint: Endpoint,
    host: Arc<Host>,
}

/// Opens the window and comes back when it is closed. Must be called on the main thread.
///
/// # Errors
/// What the data folder, the server or the web view says.
pub(crate) fn open(config: Config) -> Result<(), Failure> {
    require_display()?;
    let runtime = Runtime::new().map_err(|e| Failure::internal("starting the threads", &e))?;
    let token = launch_token();
    let config = Config {
        host: Ipv4Addr::LOCALHOST.into(),
        port: 0,
        api_key: Some(token.clone()),
        cors_origins: PAGE_ORIGINS.map(str::to_owned).to_vec(),
        ..config
    };
    let (host, listener) = runtime.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.map_err(|e| Failure::internal("opening a port", &e))?;
        Ok::<_, Failure>((Host::open(config, Serving::All).await?, listener))
    })?;
    let address = listener
        .local_addr()
        .map_err(|e| Failure::internal("opening a port", &e))?;
    let endpoint = Endpoint {
        base: format!("http://{address}"),
        token,
    };
    let (close, closed) = oneshot::channel::<()>();
    let server = runtime.spawn(serve(host.clone(), listener, async {
        // A dropped sender closes the server too.
        let _ = closed.await;
    }));
    let app = tauri::Builder::default()
        .plugin(tauri_plugin_dialog::init())
        .manage(Shell { endpoint, host })
        .invoke_handler(tauri::generate_handler![api_endpoint, save_bundle])
        .build(tauri::generate_context!())
        .map_err(|e| Failure::internal("opening the window", &e))?;
    let mut close = Some(close);
    app.run_return(move |_, event| {
        if let RunEvent::Exit = event {
            close.take();
        }
    });
    if let Err(error) = runtime.block_on(server) {
        tracing::warn!("The server did not end well: {error}");
    }
    runtime.shutdown_timeout(LAST);
    Ok(())
}

/// The toolkit panics where there is no display.
#[cfg(target_os = "linux")]
fn require_display() -> Result<(), Failure> {
    let named = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if named("DISPLAY") || named("WAYLAND_DISPLAY") {
        return Ok(());
    }
    Err(Failure::new(
        Code::Unavailable,
        "There is no display for the window. Run `songwright serve` and open its address in a browser.",
    ))
}

#[cfg(not(target_os = "linux"))]
fn require_display() -> Result<(), Failure> {
    Ok(())
}

/// 32 random bytes in hexadecimal.
fn launch_token() -> String {
    let bytes: [u8; 32] = rand::rng().random();
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Where the server is, and the key of this launch.
#[tauri::command]
fn api_endpoint(shell: State<'_, Shell>) -> Endpoint {
    shell.endpoint.clone()
}

/// What the page chose to have in a bundle.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct BundleChoice {
    song_id: Uuid,
    #[serde(default)]
    take_id: Option<Uuid>,
    #[serde(default)]
    stems: bool,
    #[serde(default)]
    midi: bool,
    #[serde(default)]
    flac: bool,
}

/// Asks where to save a song's bundle and writes it there. `None` where the user changed their
/// mind.
#[tauri::command]
async fn save_bundle(
    app: AppHandle,
    shell: State<'_, Shell>,
    choice: BundleChoice,
) -> Result<Option<PathBuf>, Failure> {
    let studio = &shell.host.studio;
    let id = choice.song_id;
    let song = studio.library(move |library| library.song(id)).await?;
    let newest = song.latest_take().map(|take| take.recording.id);
    let take_id = choice
        .take_id
        .or(newest)
        .ok_or_else(|| Failure::new(Code::NotFound, "This song has no take left."))?;
    let name = songwright_storage::bundle::safe_file_name(&song.text.title);
    let (chosen, answer) = oneshot::channel();
    let folder = app
        .path()
        .download_dir()
        .ok()
        .filter(|folder| folder.is_dir());
    let mut dialog = app.dialog().file();
    if let Some(folder) = folder.or_else(|| app.path().home_dir().ok()) {
        dialog = dialog.set_directory(folder);
    }
    dialog
        .set_title("Save the song's bundle")
        .set_file_name(format!("{name}.zip"))
        .add_filter("Song bundle", &["zip"])
        .save_file(move |path| {
            // The page may have gone meanwhile.
            let _ = chosen.send(path);
        });
    let Some(path) = answer
        .await
        .ok()
        .flatten()
        .and_then(|path| path.into_path().ok())
    else {
        return Ok(None);
    };
    let wish = BundleWish {
        take_id,
        form: BundleForm::Zip,
        wav: songwright_audio::wav::WavFormat::Int24,
        extra: if choice.flac {
            vec![ExtraFormat::Flac]
        } else {
            Vec::new()
        },
        stems: choice.stems,
        midi: choice.midi,
    };
    let bundle = shell.host.bundle_zip(&song, wish).await?;
    let saved = path.clone();
    tokio::task::spawn_blocking(move || publish(&bundle.path, &saved))
        .await
        .map_err(|e| Failure::internal("saving the bundle", &e))?
        .map_err(|e| {
            Failure::new(
                Code::StorageFull,
                format!("The bundle could not be saved: {e}."),
            )
        })?;
    Ok(Some(path))
}

/// Copies beside the wanted place first, so that a half-written file is never seen under its name.
fn publish(bundle: &std::path::Path, wanted: &std::path::Path) -> std::io::Result<()> {
    let folder = wanted.parent().unwrap_or_else(|| std::path::Path::new("."));
    let mut copy = tempfile::NamedTempFile::new_in(folder)?;
    std::io::copy(&mut std::fs::File::open(bundle)?, &mut copy)?;
    copy.as_file().sync_all()?;
    copy.persist(wanted)?;
    Ok(())
}
