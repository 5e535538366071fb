//! Every pair of what two sides may say, and headers of any content.

use super::*;
use proptest::prelude::*;

const NEEDS: [Need; 3] = [Need::Can, Need::Prefer, Need::Demand];
const PLACES: [Place; 4] = [
    Place::Client,
    Place::Executor,
    Place::Server,
    Place::Internal,
];

fn sides() -> Vec<Option<(Need, Place)>> {
    let said = NEEDS
        .into_iter()
        .flat_map(|need| PLACES.map(|place| Some((need, place))));
    std::iter::once(None).chain(said).collect()
}

/// The rule once more, as a table: how early each pair of side and need has its say.
fn rank(is_client: bool, need: Need) -> u8 {
    match (need, is_client) {
        (Need::Demand, _) => 0,
        (Need::Prefer, true) => 1,
        (Need::Prefer, false) => 2,
        (Need::Can, false) => 3,
        (Need::Can, true) => 4,
    }
}

#[test]
fn every_pair_has_its_place() {
    for client in sides() {
        for server in sides() {
            let placed = place(client, server);
            let wanted = match (client, server) {
                (None, None) => Ok(None),
                (Some((_, at)), None) | (None, Some((_, at))) => Ok(Some(at)),
                (Some((Need::Demand, here)), Some((Need::Demand, there))) if here != there => {
                    Err((here, there))
                }
                (Some((own, here)), Some((other, there))) => {
                    let client_first = rank(true, own) <= rank(false, other);
                    Ok(Some(if client_first { here } else { there }))
                }
            };
            assert_eq!(placed, wanted, "{client:?} {server:?}");
        }
    }
}

fn offer(name: &str, at: Place, need: Need, has_http: bool) -> Offer {
    Offer {
        name: name.parse().unwrap(),
        at,
        need,
        has_http,
        risk: Risk::High,
        auth: None,
    }
}

fn wish(name: &str, need: Need, at: Place) -> Wish {
    let name = name.parse().unwrap();
    Wish { name, need, at }
}

fn server(offers: Vec<Offer>) -> ServerCapabilities {
    ServerCapabilities {
        offers,
        reserved: vec![Reserved::Approve],
    }
}

fn one(wishes: Vec<Wish>, offer: Offer) -> Result<Place, Misplaced> {
    let name = offer.name.clone();
    let applied = place_all(&ClientCapabilities(wishes), &server(vec![offer]))?;
    Ok(applied.at(&name).unwrap())
}

#[test]
fn only_a_demand_for_what_is_impossible_is_refused() {
    for need in NEEDS {
        for (own, has_http, at) in [
            (Place::Client, false, Place::Server),
            (Place::Executor, false, Place::Server),
            (Place::Internal, true, Place::Client),
            (Place::Internal, true, Place::Server),
            (Place::Server, true, Place::Internal),
        ] {
            let placed = one(
                vec![wish("mail.send", need, at)],
                offer("mail.send", own, Need::Can, has_http),
            );
            if need == Need::Demand {
                let missing = vec![format!("mail.send cannot be run at {at}, only at {own}")];
                assert_eq!(placed, Err(Misplaced::Unmet { missing }));
            } else {
                assert_eq!(placed, Ok(own), "{need} {own} {at}");
            }
        }
    }
    let can = offer("mail.send", Place::Client, Need::Can, true);
    let demand = wish("mail.*", Need::Demand, Place::Server);
    assert_eq!(one(vec![demand], can), Ok(Place::Server));
}

#[test]
fn two_demands_for_different_places_are_a_conflict() {
    let own = offer("fs.read", Place::Executor, Need::Demand, false);
    let placed = one(vec![wish("fs.*", Need::Demand, Place::Client)], own.clone());
    assert_eq!(
        placed,
        Err(Misplaced::Conflict {
            name: own.name.clone(),
            client: Place::Client,
            server: Place::Executor,
        })
    );
    let same = vec![wish("fs.*", Need::Demand, Place::Executor)];
    assert_eq!(one(same, own), Ok(Place::Executor));
}

#[test]
fn what_is_missing_is_named() {
    let wishes = vec![
        wish("teleport", Need::Demand, Place::Client),
        wish("dream.*", Need::Demand, Place::Client),
        wish("auth.device", Need::Demand, Place::Client),
        wish("approve", Need::Demand, Place::Client),
        wish("fly", Need::Prefer, Place::Client),
    ];
    let placed = place_all(&ClientCapabilities(wishes), &server(Vec::new()));
    let missing = [
        "no function has the capability teleport",
        "no function has the capability dream.*",
        "auth.device is not offered here",
    ];
    let missing = missing.map(str::to_owned).to_vec();
    assert_eq!(placed, Err(Misplaced::Unmet { missing }));
}

#[test]
fn the_more_exact_wish_counts() {
    let wishes = vec![
        wish("*", Need::Demand, Place::Executor),
        wish("fs.read", Need::Can, Place::Client),
        wish("fs.*", Need::Prefer, Place::Client),
    ];
    let read = offer("fs.read", Place::Server, Need::Can, true);
    assert_eq!(one(wishes.clone(), read), Ok(Place::Server));
    let write = offer("fs.write", Place::Server, Need::Can, true);
    assert_eq!(one(wishes.clone(), write), Ok(Place::Client));
    let mail = offer("mail.send", Place::Server, Need::Can, true);
    assert_eq!(one(wishes, mail), Ok(Place::Executor));
}

#[test]
fn names_and_patterns() {
    for good in ["a", "mail.send", "send_email_gmail", "7z", "a-b.c_d", "_x"] {
        assert!(good.parse::<Capability>().is_ok(), "{good}");
        assert!(good.parse::<Pattern>().is_ok(), "{good}");
    }
    let long = "x".repeat(129);
    for bad in ["", ".", "a.", ".a", "a..b", "a b", "a*", "é", long.as_str()] {
        assert!(bad.parse::<Capability>().is_err(), "{bad}");
    }
    for good in ["*", "mail.*", "mail*", "a.b*"] {
        assert!(good.parse::<Pattern>().is_ok(), "{good}");
    }
    for bad in ["**", "a*b", "*a", ".*", "a..*", "a. *"] {
        assert!(bad.parse::<Pattern>().is_err(), "{bad}");
    }
    let pattern: Pattern = "mail.*".parse().unwrap();
    assert!(pattern.matches("mail.send.now") && !pattern.matches("mail"));
}

#[test]
fn no_pattern_says_that_somebody_can_approve() {
    let all = ClientCapabilities(vec![wish("*", Need::Can, Place::Client)]);
    assert!(!all.can(Reserved::Approve));
    let own = ClientCapabilities(vec![wish("approve", Need::Can, Place::Client)]);
    assert!(own.can(Reserved::Approve) && !own.can(Reserved::Browser));
}

#[test]
fn a_run_goes_on_only_where_it_says_so() {
    let read: Capability = "fs.read".parse().unwrap();
    let mut autonomy = Autonomy::default();
    assert!(!autonomy.covers(&read));
    autonomy.mode = Mode::Continuous;
    assert!(autonomy.covers(&read));
    autonomy.auto = Some(vec!["web.*".parse().unwrap()]);
    assert!(!autonomy.covers(&read));
    autonomy.auto = Some(vec!["web.*".parse().unwrap(), "fs.*".parse().unwrap()]);
    assert!(autonomy.covers(&read));
    autonomy.auto = Some(Vec::new());
    assert!(!autonomy.covers(&read));
}

fn need() -> impl Strategy<Value = Need> {
    prop::sample::select(NEEDS.to_vec())
}

fn at() -> impl Strategy<Value = Place> {
    prop::sample::select(PLACES.to_vec())
}

prop_compose! {
    fn wishes()(
        all in prop::collection::vec(("([ab]\\.)?([ab]|\\*)", need(), at()), 0..4),
    ) -> ClientCapabilities {
        ClientCapabilities(all.into_iter().map(|(name, need, at)| wish(&name, need, at)).collect())
    }
}

prop_compose! {
    fn offers()(
        all in prop::collection::vec(("([ab]\\.)?[ab]", at(), need(), any::<bool>()), 0..5),
    ) -> ServerCapabilities {
        server(all.into_iter().map(|(name, at, need, http)| offer(&name, at, need, http)).collect())
    }
}

proptest! {
    #[test]
    fn a_function_is_run_where_it_can_be_and_no_demand_is_passed_over(
        client in wishes(), server in offers(),
    ) {
        let Ok(applied) = place_all(&client, &server) else {
            let demands = client.0.iter().any(|wish| wish.need == Need::Demand);
            prop_assert!(demands, "only demands are refused");
            return Ok(());
        };
        prop_assert_eq!(applied.0.len(), server.offers.len());
        for (offer, (name, place)) in server.offers.iter().zip(&applied.0) {
            prop_assert_eq!(&offer.name, name);
            prop_assert!(offer.can_be_at(*place));
            let wish = client.about(name);
            if let Some(wish) = wish.filter(|wish| wish.need == Need::Demand) {
                prop_assert_eq!(wish.at, *place);
            }
            if offer.need == Need::Demand {
                prop_assert_eq!(offer.at, *place);
            }
            prop_assert!(*place == offer.at || wish.is_some_and(|wish| wish.at == *place));
        }
    }

    #[test]
    fn what_is_said_is_said_in_json_too(client in wishes()) {
        let text = serde_json::to_string(&client).unwrap();
        prop_assert_eq!(serde_json::from_str::<ClientCapabilities>(&text).unwrap(), client);
    }

    #[test]
    fn no_text_is_more_than_a_name(text in "\\PC{0,12}") {
        if let Ok(name) = text.parse::<Capability>() {
            prop_assert_eq!(name.as_str(), &text);
            prop_assert!(text.parse::<Pattern>().is_ok_and(|pattern| pattern.matches(&text)));
        }
    }
}
