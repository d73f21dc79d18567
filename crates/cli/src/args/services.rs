use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use songwright_base::Service;

/// Reads lyrics, music, image or integrated.
pub(crate) fn service() -> impl TypedValueParser<Value = Service> {
    PossibleValuesParser::new(Service::ALL.map(Service::word))
        .try_map(|word| Service::from_word(&word).ok_or("no such service"))
}

#[derive(Args, Debug)]
pub(crate) struct RunArgs {
    /// Which one
    #[arg(value_parser = service())]
    pub(crate) name: Service,
    /// End with the standard input, so that no process outlives the one that started it
    #[arg(long, hide = true)]
    pub(crate) until_input_ends: bool,
}

#[derive(Args, Debug)]
pub(crate) struct RunAllArgs {
    /// Seconds within which each service must be healthy
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) patience: u64,
}

#[derive(Args, Debug)]
pub(crate) struct CheckArgs {
    /// Which one; all four where absent
    #[arg(value_parser = service())]
    pub(crate) name: Option<Service>,
}

#[derive(Args, Debug)]
pub(crate) struct HealthArgs {
    /// The service's base URL [default: the configured port on this machine]
    #[arg(long)]
    pub(crate) url: Option<String>,
}
