//! The headers in which both sides say what they can do.

use super::first_line;
use switchboard_domain::nouns::{
    Capability, Need, Offer, Place, Reserved, Risk, ServerCapabilities, place_all,
};
use switchboard_doors::capabilities;

/// The first line is `X-Client-Capabilities`, the rest `Agent-Autonomy`.
pub fn capabilities(data: &[u8]) {
    let (client, autonomy) = first_line(data);
    let (client, autonomy) = (
        String::from_utf8_lossy(client),
        String::from_utf8_lossy(autonomy),
    );
    match capabilities::parse_client(&client) {
        Err(wrong) => assert!(!wrong.is_empty(), "it says what is wrong"),
        Ok(said) => {
            let offered = offered();
            if let Ok(applied) = place_all(&said, &offered) {
                assert_eq!(applied.0.len(), offered.offers.len());
                assert!(
                    capabilities::applied(&applied).is_some(),
                    "a header can carry it"
                );
            }
            let json = serde_json::to_value(&said).unwrap();
            assert_eq!(
                serde_json::from_value::<_>(json).ok(),
                Some(said),
                "a session says the same"
            );
        }
    }
    match capabilities::parse_autonomy(&autonomy) {
        Err(wrong) => assert!(!wrong.is_empty(), "it says what is wrong"),
        Ok(said) => {
            let json = serde_json::to_value(&said).unwrap();
            assert_eq!(serde_json::from_value::<_>(json).ok(), Some(said));
        }
    }
    if let Ok(name) = client.parse::<Capability>() {
        assert!(
            capabilities::server(&of(vec![name])).is_some(),
            "a header can carry it"
        );
    }
}

fn offered() -> ServerCapabilities {
    of(["mail.send", "fs.read", "a"]
        .map(|name| name.parse().unwrap())
        .to_vec())
}

fn of(names: Vec<Capability>) -> ServerCapabilities {
    let places = [
        Place::Server,
        Place::Executor,
        Place::Internal,
        Place::Client,
    ];
    let offers = names.into_iter().zip(places).map(|(name, at)| Offer {
        name,
        at,
        need: Need::Can,
        has_http: at == Place::Server,
        risk: Risk::High,
        auth: None,
    });
    ServerCapabilities {
        offers: offers.collect(),
        reserved: Reserved::ALL.to_vec(),
    }
}
