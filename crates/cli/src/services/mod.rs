//! The four services: what they answer, what they need, and how they are run.

mod endpoints;
mod health;
mod list;
mod run_all;

use songwright_base::Service;

pub(crate) use endpoints::{Endpoint, endpoints};
pub(crate) use health::health;
pub(crate) use list::list;
pub(crate) use run_all::run_all;

/// The services that one calls, in dependency order.
pub(crate) const fn needs(service: Service) -> &'static [Service] {
    match service {
        Service::Lyrics | Service::Music | Service::Image => &[],
        Service::Integrated => &[Service::Lyrics, Service::Music, Service::Image],
    }
}
