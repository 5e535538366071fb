//! What strangers can send, and what must hold whatever it is. A function for each kind: it takes bytes, and panics
//! where the server does what it must not.
//!
//! The fuzz targets call these with bytes that a fuzzer makes up, and a test of the main workspace (which takes this
//! file in by its path) with the seeds, so that no fuzzer is needed to run them.

mod agents;
mod answer;
mod capabilities;
mod connect;
mod frames;
mod ids;
mod requests;
mod server;
mod settings;
mod tokens;
mod wire;

pub use agents::{answers, templates};
pub use capabilities::capabilities;
pub use frames::frames;
pub use ids::ids;
pub use requests::{addresses, bodies, requests};
pub use settings::settings;
pub use tokens::tokens;
pub use wire::wire;

/// Looks at what a stranger sent.
pub type Target = fn(&[u8]);

/// All of them, by the names of their targets and of the folders of their seeds.
pub const ALL: &[(&str, Target)] = &[
    ("addresses", addresses),
    ("answers", answers),
    ("bodies", bodies),
    ("capabilities", capabilities),
    ("frames", frames),
    ("ids", ids),
    ("requests", requests),
    ("settings", settings),
    ("templates", templates),
    ("tokens", tokens),
    ("wire", wire),
];

/// The first line, and what is behind it.
fn first_line(data: &[u8]) -> (&[u8], &[u8]) {
    let end = data.iter().position(|byte| *byte == b'\n');
    end.map_or((data, &[]), |end| (&data[..end], &data[end + 1..]))
}
