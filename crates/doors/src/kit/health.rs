//! How the server presents itself to programs.

use serde::Serialize;
use utoipa::ToSchema;

/// The server as it presents itself.
#[derive(Serialize, ToSchema)]
pub struct Health {
    /// Always `ok`: a server that is not answers nothing, or an error.
    #[schema(example = "ok")]
    status: &'static str,
    /// The name of this software.
    #[schema(example = "Switchboard")]
    name: &'static str,
    /// Its version.
    #[schema(example = "0.1.0")]
    version: &'static str,
}

impl Health {
    /// All is well.
    pub const OK: Self = Self {
        status: "ok",
        name: "Switchboard",
        version: env!("CARGO_PKG_VERSION"),
    };
}
