use std::path::Path;

use rand::RngExt as _;
use serde::Serialize;
use songwright_base::{Service, config::Config};

use crate::{Error, args::DeployAllArgs, services::needs};

/// Characters of a fresh key.
const KEY_LENGTH: usize = 40;
/// Port on the host of the first service.
const FIRST_PORT: u16 = 8000;

/// What the templates read.
#[derive(Debug, Serialize)]
pub(super) struct Plan {
    version: &'static str,
    /// The folder of the source, absolute.
    source: String,
    image: String,
    /// A fresh key for clients.
    key: String,
    /// Sets an app of one service apart from the app of all four.
    app_suffix: String,
    pub(super) services: Vec<ServicePlan>,
}

/// One service as it is deployed.
#[derive(Debug, Serialize)]
pub(super) struct ServicePlan {
    pub(super) word: &'static str,
    name: &'static str,
    /// On the host.
    port: u16,
    needs: Vec<Need>,
    /// Whether a GPU is of use.
    gpu: bool,
    modal_gpu: &'static str,
    /// Cores.
    cpu: f32,
    /// As Kubernetes writes it.
    memory: &'static str,
    disk: &'static str,
    idle_s: u64,
    timeout_s: u64,
}

/// A service that another one calls.
#[derive(Debug, Serialize)]
struct Need {
    word: &'static str,
    url_variable: String,
    key_variable: String,
    /// Whether it is deployed together with the one that needs it.
    here: bool,
    /// Where it runs according to the configuration; empty where that says nothing.
    url: String,
}

impl Plan {
    pub(super) fn new(
        services: &[Service],
        args: &DeployAllArgs,
        config: &Config,
    ) -> Result<Self, Error> {
        let source =
            std::path::absolute(&args.source).map_err(Error::file(&args.source, "found"))?;
        if !is_source(&source) {
            return Err(Error::NoSource { path: source });
        }
        Ok(Self {
            version: env!("CARGO_PKG_VERSION"),
            source: source.to_string_lossy().into_owned(),
            image: args.image.clone(),
            key: fresh_key(),
            app_suffix: match services {
                [only] => format!("-{}", only.word()),
                _ => String::new(),
            },
            services: services
                .iter()
                .map(|service| ServicePlan::new(*service, services, config))
                .collect(),
        })
    }
}

impl ServicePlan {
    fn new(service: Service, together: &[Service], config: &Config) -> Self {
        let settings = config.service(service);
        let needs = needs(service)
            .iter()
            .map(|other| {
                let upper = other.word().to_uppercase();
                let here = together.contains(other);
                let url = config.remote.get(*other).filter(|_| !here);
                Need {
                    word: other.word(),
                    url_variable: format!("{upper}_SERVICE_URL"),
                    key_variable: format!("SONGWRIGHT_{upper}_KEY"),
                    here,
                    url: url.map_or_else(String::new, |at| at.url.clone()),
                }
            })
            .collect();
        // The integrated service has the first port, since it is the one that clients use.
        let port = FIRST_PORT
            + match service {
                Service::Integrated => 0,
                Service::Lyrics => 1,
                Service::Music => 2,
                Service::Image => 3,
            };
        let (gpu, cpu, memory, disk) = match service {
            Service::Lyrics => ("A10G", 1.0, "1Gi", "5Gi"),
            Service::Music => ("A100-40GB", 2.0, "4Gi", "20Gi"),
            Service::Image => ("A10G", 1.0, "1Gi", "10Gi"),
            Service::Integrated => ("", 1.0, "1Gi", "20Gi"),
        };
        Self {
            word: service.word(),
            name: service.name(),
            port,
            needs,
            gpu: !gpu.is_empty(),
            modal_gpu: gpu,
            cpu,
            memory,
            disk,
            idle_s: settings.scaledown_window.as_secs(),
            timeout_s: settings.max_runtime.as_secs(),
        }
    }
}

fn is_source(folder: &Path) -> bool {
    std::fs::read_to_string(folder.join("Cargo.toml"))
        .is_ok_and(|text| text.contains("name = \"songwright\""))
}

/// Letters and digits from the system's source of randomness.
fn fresh_key() -> String {
    rand::rng()
        .sample_iter(rand::distr::Alphanumeric)
        .take(KEY_LENGTH)
        .map(char::from)
        .collect()
}
