//! Where a function is run, when both sides may have a say.

use super::{Applied, Capability, ClientCapabilities, Need, Offer, Place, ServerCapabilities};

/// Why there is no place for a function.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Misplaced {
    /// Both sides demand it, and not at the same place.
    #[error(
        "the client demands to have {name} run at {client}, and the server at {server}: ask with \
         need=prefer or for {name};at={server}"
    )]
    Conflict {
        /// The capability.
        name: Capability,
        /// Where the client demands it.
        client: Place,
        /// Where the server demands it.
        server: Place,
    },
    /// A demand asks for something that is not there.
    #[error("what is demanded is not to be had: {}", .missing.join(", "))]
    Unmet {
        /// What is missing, in words.
        missing: Vec<String>,
    },
}

/// Where one function is run. The first that holds: a demand, what the client prefers, what the server
/// prefers, what the server can, what the client can. A place that is not possible is passed over
/// unless it is demanded. `None` for a side that is silent; none comes out if nothing is said.
///
/// # Errors
/// The places that both sides demand, where they differ (client's first).
pub fn place(
    client: Option<(Need, Place)>,
    server: Option<(Need, Place)>,
) -> Result<Option<Place>, (Place, Place)> {
    let at =
        |side: Option<(Need, Place)>, need| side.filter(|said| said.0 == need).map(|said| said.1);
    let demands = (at(client, Need::Demand), at(server, Need::Demand));
    if let (Some(client), Some(server)) = demands
        && client != server
    {
        return Err((client, server));
    }
    Ok(demands
        .0
        .or(demands.1)
        .or_else(|| at(client, Need::Prefer))
        .or_else(|| at(server, Need::Prefer))
        .or_else(|| at(server, Need::Can))
        .or_else(|| at(client, Need::Can)))
}

/// Where each function is run that the server offers.
///
/// # Errors
/// [`Misplaced`]: nothing may be begun, since one side would not get what it demands.
pub fn place_all(
    client: &ClientCapabilities,
    server: &ServerCapabilities,
) -> Result<Applied, Misplaced> {
    let missing = unmet(client, server);
    if !missing.is_empty() {
        return Err(Misplaced::Unmet { missing });
    }
    let places = server.offers.iter().map(|offer| {
        let place = of_offer(client, offer)?;
        Ok((offer.name.clone(), place))
    });
    places.collect::<Result<_, _>>().map(Applied)
}

/// Where a function is run that is offered. The server is never silent about it.
fn of_offer(client: &ClientCapabilities, offer: &Offer) -> Result<Place, Misplaced> {
    let wish = client.about(&offer.name).map(|wish| (wish.need, wish.at));
    let possible = wish.filter(|(_, at)| offer.can_be_at(*at));
    let placed = place(possible, Some((offer.need, offer.at)));
    let placed = placed.map_err(|(client, server)| Misplaced::Conflict {
        name: offer.name.clone(),
        client,
        server,
    })?;
    Ok(placed.unwrap_or(offer.at))
}

/// What the client demands and nobody can do.
fn unmet(client: &ClientCapabilities, server: &ServerCapabilities) -> Vec<String> {
    let mut missing = Vec::new();
    for wish in client.0.iter().filter(|wish| wish.need == Need::Demand) {
        let is_reserved = |name: &super::Reserved| wish.name.as_str() == name.name();
        if let Some(reserved) = super::Reserved::ALL.iter().find(|name| is_reserved(name)) {
            if !server.reserved.contains(reserved) {
                missing.push(format!("{} is not offered here", wish.name));
            }
            continue;
        }
        let meant = |offer: &&Offer| wish.name.matches(offer.name.as_str());
        if !server.offers.iter().any(|offer| meant(&offer)) {
            missing.push(format!("no function has the capability {}", wish.name));
        }
        // A wish counts only where no other says it more exactly.
        let deciding = |offer: &&Offer| client.about(&offer.name) == Some(wish);
        let impossible = |offer: &&Offer| !offer.can_be_at(wish.at);
        let offers = server.offers.iter().filter(meant).filter(deciding);
        missing.extend(offers.filter(impossible).map(|offer| {
            format!(
                "{} cannot be run at {}, only at {}",
                offer.name, wish.at, offer.at
            )
        }));
    }
    missing
}
