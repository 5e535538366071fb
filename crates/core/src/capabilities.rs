//! What the server offers to whoever asks, and whether both sides can have what they demand.

use crate::{accounts, app::Switchboard};
use switchboard_domain::{
    Error, Reason, Result,
    nouns::{Applied, ClientCapabilities, Misplaced, Reserved, ServerCapabilities, place_all},
};

/// What the server offers. Anyone may ask.
pub fn offered(app: &Switchboard) -> ServerCapabilities {
    let providers = accounts::providers(app);
    let mut reserved = vec![Reserved::Approve];
    if !providers.is_empty() {
        reserved.push(Reserved::Browser);
    }
    if providers.iter().any(|provider| provider.may_have_device) {
        reserved.push(Reserved::Device);
    }
    ServerCapabilities {
        offers: Vec::new(),
        reserved,
    }
}

/// Where each function is run that is offered, as both sides agree before anything is begun.
///
/// # Errors
/// [`Error::Named`] where one side cannot have what it demands.
pub fn agree(client: &ClientCapabilities, server: &ServerCapabilities) -> Result<Applied> {
    place_all(client, server).map_err(|misplaced| {
        let reason = match &misplaced {
            Misplaced::Conflict { .. } => Reason::PlacementConflict,
            Misplaced::Unmet { .. } => Reason::DemandUnmet,
        };
        Error::Named(reason, misplaced.to_string())
    })
}
