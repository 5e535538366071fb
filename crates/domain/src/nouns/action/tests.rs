//! What must hold whatever happens to an action, in whatever order.

use super::*;
use crate::{
    Timestamp,
    ids::{ActionId, GrantId, TaskId},
    nouns::{Autonomy, Mode, Object, Place, Risk},
};
use proptest::prelude::*;
use serde_json::json;
use uuid::Uuid;

fn object(value: serde_json::Value) -> Object {
    match value {
        serde_json::Value::Object(members) => members,
        _ => Object::new(),
    }
}

fn time(seconds: i64) -> Timestamp {
    Timestamp::from_micros(0).plus_seconds(seconds)
}

fn function(by: DefinedBy, more: serde_json::Value) -> Result<Function, BadFunction> {
    let mut definition = object(json!({"name": "send_mail", "parameters": {"type": "object"}}));
    definition.extend(object(more));
    Function::read(&definition, by)
}

fn proposed(function: Function) -> Action {
    let task = TaskId::from_uuid(Uuid::from_u128(1));
    let mut action = Action {
        id: ActionId::from_uuid(Uuid::from_u128(2)),
        owner: "ann".parse().unwrap(),
        agent: "agent_1".to_owned(),
        capability: function.capability().unwrap().to_string(),
        at: function.at,
        arguments: object(json!({"to": "bob"})),
        account: None,
        digest: String::new(),
        state: ActionState::Proposed,
        origin: Origin::Task {
            step: crate::ids::StepId {
                task: task.clone(),
                no: 2,
            },
            task,
            waits: false,
        },
        source: String::new(),
        approval: None,
        auth: None,
        lease: 0,
        holder: None,
        output: None,
        error: None,
        superseded_by: None,
        told: None,
        created_at: time(0),
        expires_at: time(i64::from(function.expires_s)),
        due_at: None,
        ended_at: None,
        function: Box::new(function),
    };
    action.source = action.origin.source();
    action.digest = action.fresh_digest().unwrap();
    action
}

#[test]
fn what_is_not_trusted_counts_as_risky() {
    let mild = json!({"risk": "low", "approve": "never"});
    for by in [DefinedBy::Agent, DefinedBy::Client] {
        let strict = function(by, mild.clone()).unwrap();
        assert_eq!((strict.risk, strict.approve), (Risk::High, Approve::Manual));
        let kept = function(by, json!({"risk": "critical", "approve": "always"})).unwrap();
        assert_eq!((kept.risk, kept.approve), (Risk::Critical, Approve::Always));
        let call = json!({"method": "GET", "url": "https://a.example/"});
        for (member, bad) in [
            ("at", json!({"at": "server", "http": call.clone()})),
            ("at", json!({"http": call.clone()})),
            ("auth", json!({"auth": {"provider": "google"}})),
            ("auth", json!({"auth": {"credential": "key"}})),
        ] {
            assert_eq!(
                function(by, bad.clone()).unwrap_err().member,
                member,
                "{bad}"
            );
        }
    }
    let own = function(DefinedBy::Owner, mild).unwrap();
    assert_eq!((own.risk, own.approve), (Risk::Low, Approve::Never));
}

#[test]
fn bad_definitions_name_the_member() {
    for (member, bad) in [
        ("name", json!({"name": "a.b"})),
        ("name", json!({"name": ""})),
        ("parameters", json!({"parameters": {"type": 7}})),
        ("parameters", json!({"parameters": []})),
        ("returns", json!({"returns": {"$ref": "http://a.example"}})),
        ("capability", json!({"capability": "a..b"})),
        ("timeout_s", json!({"timeout_s": 0})),
        ("expires_s", json!({"expires_s": -1})),
        ("at", json!({"at": "moon"})),
        ("http", json!({"at": "server"})),
        ("aprove", json!({"aprove": "always"})),
    ] {
        assert_eq!(
            function(DefinedBy::Owner, bad.clone()).unwrap_err().member,
            member,
            "{bad}"
        );
    }
}

/// Something that somebody tries to do to an action. Which digest and lease they name, and whose, is
/// made up, too.
#[derive(Debug, Clone)]
enum Try {
    Event(ActionEvent),
    Wait(i64),
    Tamper,
}

fn digests() -> impl Strategy<Value = String> {
    prop_oneof![4 => Just("right".to_owned()), 1 => Just("sha-256:00".to_owned())]
}

fn verdicts() -> impl Strategy<Value = Verdict> {
    let grant = GrantId::from_uuid(Uuid::from_u128(3));
    prop_oneof![
        1 => Just(Verdict::Denied),
        2 => Just(Verdict::AuthRequired),
        4 => Just(Verdict::ApprovalRequired),
        2 => Just(Verdict::Ready(Approver::Rule)),
        1 => Just(Verdict::Ready(Approver::Grant(grant))),
    ]
}

fn results() -> impl Strategy<Value = ActionResult> {
    prop_oneof![
        Just(ActionResult::Succeeded(json!({"ok": true}))),
        Just(ActionResult::Failed("no".to_owned())),
        Just(ActionResult::Declined("no".to_owned())),
    ]
}

fn tries() -> impl Strategy<Value = Try> {
    let ann = || "ann".parse::<crate::ids::Username>().unwrap();
    let other = ActionId::from_uuid(Uuid::from_u128(9));
    let event = prop_oneof![
        3 => verdicts().prop_map(ActionEvent::Decide),
        2 => verdicts().prop_map(|verdict| ActionEvent::Connect("google:1".to_owned(), verdict)),
        6 => digests().prop_map(move |digest| ActionEvent::Approve(ann(), digest)),
        1 => digests().prop_map(ActionEvent::Reject),
        1 => digests().prop_map(move |digest| ActionEvent::Supersede(other.clone(), digest)),
        8 => (1..40_i64).prop_map(|s| ActionEvent::Claim(Holder { by: "x".to_owned(), until: time(s) })),
        3 => (0..4_i64, 1..90_i64).prop_map(|(lease, s)| ActionEvent::Heartbeat(lease, time(s))),
        3 => (0..4_i64, digests(), results()).prop_map(|(l, d, r)| ActionEvent::Finish(l, d, r)),
        6 => Just(ActionEvent::Lapse),
        1 => (0..4_i64).prop_map(|lease| ActionEvent::Lose(lease, "gone".to_owned())),
        2 => Just(ActionEvent::Expire),
        3 => digests().prop_map(move |digest| ActionEvent::Retry(ann(), digest)),
        1 => (digests(), results()).prop_map(|(digest, result)| ActionEvent::Mark(digest, result)),
        1 => Just(ActionEvent::Cancel),
    ];
    prop_oneof![
        20 => event.prop_map(Try::Event),
        4 => (1..60_i64).prop_map(Try::Wait),
        1 => Just(Try::Tamper),
    ]
}

/// The event, naming the action's own digest where it is to be right.
fn with_digest(event: ActionEvent, action: &Action) -> ActionEvent {
    let right = |digest: String| match &*digest {
        "right" => action.digest.clone(),
        _ => digest,
    };
    match event {
        ActionEvent::Approve(by, digest) => ActionEvent::Approve(by, right(digest)),
        ActionEvent::Reject(digest) => ActionEvent::Reject(right(digest)),
        ActionEvent::Supersede(by, digest) => ActionEvent::Supersede(by, right(digest)),
        ActionEvent::Finish(l, digest, r) => ActionEvent::Finish(l, right(digest), r),
        ActionEvent::Retry(by, digest) => ActionEvent::Retry(by, right(digest)),
        ActionEvent::Mark(digest, result) => ActionEvent::Mark(right(digest), result),
        other => other,
    }
}

/// What was seen so far.
#[derive(Default)]
struct Seen {
    approved: Vec<(String, Object)>,
    retries: usize,
    claims: usize,
}

impl Seen {
    fn note(&mut self, before: &Action, event: &ActionEvent, after: &Action) {
        match event {
            ActionEvent::Decide(Verdict::Ready(_))
            | ActionEvent::Connect(_, Verdict::Ready(_))
            | ActionEvent::Approve(..)
            | ActionEvent::Retry(..) => {
                let approved = (after.digest.clone(), after.arguments.clone());
                self.approved.push(approved);
                self.retries += usize::from(matches!(event, ActionEvent::Retry(..)));
            }
            ActionEvent::Claim(_) => {
                self.claims += 1;
                let run = (after.fresh_digest().unwrap(), after.arguments.clone());
                assert!(self.approved.contains(&run), "ran what nobody approved");
                assert!(after.lease > before.lease, "a lease did not grow");
                if !after.function.idempotent {
                    assert!(self.claims <= 1 + self.retries, "ran it twice");
                }
            }
            ActionEvent::Finish(lease, ..)
            | ActionEvent::Lose(lease, _)
            | ActionEvent::Heartbeat(lease, _) => {
                assert_eq!((*lease, before.state), (before.lease, ActionState::Running));
            }
            _ => {}
        }
    }
}

proptest! {
    #[test]
    fn nothing_runs_that_was_not_approved_nor_twice(
        tries in prop::collection::vec(tries(), 1..60),
        idempotent in any::<bool>(),
    ) {
        let more = json!({"idempotent": idempotent, "expires_s": 100});
        let mut action = proposed(function(DefinedBy::Client, more).unwrap());
        let (mut now, mut seen) = (0, Seen::default());
        for attempt in tries {
            let event = match attempt {
                Try::Event(event) => with_digest(event, &action),
                Try::Wait(seconds) => {
                    now += seconds;
                    continue;
                }
                Try::Tamper => {
                    // Somebody changes the row behind the server's back.
                    action.arguments.insert("to".to_owned(), json!(now));
                    continue;
                }
            };
            let before = action.clone();
            match before.after(&event, time(now)) {
                Ok(after) => {
                    prop_assert!(!before.is_final(), "{:?} after the end", event);
                    prop_assert!(after.lease >= before.lease);
                    prop_assert_eq!(&after.arguments, &before.arguments);
                    prop_assert_eq!(after.state == ActionState::Running, after.holder.is_some());
                    prop_assert_eq!(after.is_final(), after.ended_at.is_some());
                    seen.note(&before, &event, &after);
                    action = after;
                }
                Err(refused) if before.is_final() => {
                    prop_assert_eq!(refused, Refused::AlreadyResolved(before.state));
                }
                Err(_) => {}
            }
        }
    }

    #[test]
    fn deciding_never_allows_what_a_rule_denies_or_what_is_critical(
        effects in prop::collection::vec(any::<(bool, u8)>(), 0..6),
        critical in any::<bool>(),
        continuous in any::<bool>(),
        used in 0..3_i64,
    ) {
        let risk = if critical { "critical" } else { "high" };
        let action = proposed(function(DefinedBy::Owner, json!({"risk": risk})).unwrap());
        let rules = |of_admin: bool| {
            let own = effects.iter().filter(|(is_admin, _)| *is_admin == of_admin);
            let rules = own.map(|(_, n)| Rule {
                effect: [Effect::Allow, Effect::Ask, Effect::Deny][usize::from(n % 3)],
                agent: None,
                capability: Some(["*", "send_mail", "other.*"][usize::from(n / 3 % 3)].parse().unwrap()),
                risk: None,
                from: None,
                until: None,
            });
            Policy { rules: rules.collect(), ..Policy::none("x") }
        };
        let (admin, owner) = (rules(true), rules(false));
        let grants = [grant(used, 2)];
        let autonomy = Autonomy {
            mode: if continuous { Mode::Continuous } else { Mode::Manual },
            ..Autonomy::default()
        };
        let situation = Situation {
            admin: Some(&admin),
            owner: Some(&owner),
            grants: &grants,
            autonomy: Some((&autonomy, time(0))),
            let_through: 0,
            now: time(1),
        };
        let verdict = decide(&action, &situation);
        let said = [admin.effect(&action, time(1)), owner.effect(&action, time(1))];
        if said.contains(&Some(Effect::Deny)) {
            prop_assert_eq!(&verdict, &Verdict::Denied);
        } else if critical || said.contains(&Some(Effect::Ask)) {
            prop_assert_eq!(&verdict, &Verdict::ApprovalRequired);
        } else if said.contains(&Some(Effect::Allow)) {
            prop_assert_eq!(&verdict, &Verdict::Ready(Approver::Rule));
        } else {
            let by_grant = continuous && used < 2;
            prop_assert_eq!(matches!(verdict, Verdict::Ready(Approver::Grant(_))), by_grant);
        }
    }
}

fn grant(used: i64, max: i64) -> Grant {
    Grant {
        id: GrantId::from_uuid(Uuid::from_u128(4)),
        owner: "ann".parse().unwrap(),
        capabilities: vec!["send_*".parse().unwrap()],
        agent: None,
        max,
        used,
        created_at: time(0),
        expires_at: time(50),
    }
}

#[test]
fn what_let_an_action_through_is_looked_at_again() {
    let action = proposed(function(DefinedBy::Client, json!({})).unwrap());
    let id = grant(0, 1).id;
    let by_grant = Verdict::Ready(Approver::Grant(id));
    let ready = action
        .after(&ActionEvent::Decide(by_grant.clone()), time(0))
        .unwrap();
    let still = |grants: &[Grant], owner: Option<&Policy>, now| {
        let situation = Situation {
            admin: None,
            owner,
            grants,
            autonomy: None,
            let_through: 0,
            now: time(now),
        };
        still_allowed(&ready, &situation)
    };
    // Used up by this very action.
    assert_eq!(still(&[grant(1, 1)], None, 1), by_grant);
    assert_eq!(still(&[grant(1, 1)], None, 50), Verdict::ApprovalRequired);
    assert_eq!(still(&[], None, 1), Verdict::ApprovalRequired);
    let deny = Policy {
        rules: vec![Rule {
            effect: Effect::Deny,
            agent: Some("agent_1".to_owned()),
            capability: None,
            risk: Some(Risk::High),
            from: Some(time(1)),
            until: Some(time(9)),
        }],
        ..Policy::none("ann")
    };
    assert_eq!(still(&[grant(1, 1)], Some(&deny), 1), Verdict::Denied);
    assert_eq!(still(&[grant(1, 1)], Some(&deny), 0), by_grant);
}

#[test]
fn the_owner_s_own_definition_may_say_that_nobody_is_asked() {
    let decided = |more| {
        let action = proposed(function(DefinedBy::Owner, more).unwrap());
        let situation = Situation {
            admin: None,
            owner: None,
            grants: &[],
            autonomy: None,
            let_through: 0,
            now: time(0),
        };
        decide(&action, &situation)
    };
    let ready = Verdict::Ready(Approver::Rule);
    let get = json!({"url": "https://a.example/"});
    let post = json!({"method": "POST", "url": "https://a.example/"});
    let server =
        |http, auth| json!({"approve": "never", "at": "server", "http": http, "auth": auth});
    assert_eq!(decided(json!({"approve": "never"})), ready);
    assert_eq!(decided(json!({})), Verdict::ApprovalRequired);
    assert_eq!(
        decided(json!({"approve": "never", "risk": "critical"})),
        Verdict::ApprovalRequired
    );
    assert_eq!(decided(server(get.clone(), json!(null))), ready);
    assert_eq!(
        decided(server(post, json!(null))),
        Verdict::ApprovalRequired
    );
    let key = json!({"credential": "key"});
    assert_eq!(decided(server(get.clone(), key)), Verdict::ApprovalRequired);
    let account = json!({"provider": "google"});
    assert_eq!(decided(server(get, account)), Verdict::AuthRequired);
    assert_eq!(
        decided(json!({"at": "internal", "risk": "critical"})),
        ready
    );
    assert_eq!(
        proposed(function(DefinedBy::Owner, json!({})).unwrap())
            .function
            .at,
        Place::Client
    );
}
