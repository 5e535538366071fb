//! What the server offers to whoever asks.

use crate::{accounts, app::Switchboard};
use switchboard_domain::nouns::{Reserved, ServerCapabilities};

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
