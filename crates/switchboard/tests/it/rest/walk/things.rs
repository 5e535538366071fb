//! What alice has, and how a route is asked for it.

use reqwest::Method;
use serde_json::{Value, json};
use switchboard_doors::Route;
use switchboard_testkit::{
    PATIENCE,
    agent::{Does, FakeAgent},
    chat::{Answer, ChatClient, send},
};
use tokio::time::timeout;

use crate::{
    rest::{CREATE, REGISTER, SESSIONS, demo, with_person},
    support::Server,
};

/// A word that only alice may ever see.
pub const MARK: &str = "canary-of-alice";

/// How routes end that need no body.
const BARE: [&str; 7] = [
    "/run", "/reemit", "/retry", "/clone", "/enable", "/disable", "/reset",
];
/// An address where no agent is.
const NOWHERE: &str = "http://127.0.0.1:9/";

/// What alice has.
pub struct Things {
    pub alice: ChatClient,
    pub session: String,
    pub agent: String,
    /// An agent in workflows.
    worker: i64,
    workflow: i64,
    message: i64,
    /// The numbers of its dead deliveries.
    dead: [i64; 2],
    /// A task of the default agent, and one of hers, each with a step.
    tasks: [[String; 3]; 2],
    /// An action about which is to be decided, and one that her client runs.
    actions: [Value; 2],
    grant: String,
    /// A way to connect an account.
    challenge: String,
}

/// A remote agent that says the word and writes it down, and fails to receive it.
pub async fn marker() -> FakeAgent {
    FakeAgent::start("Marker", |call| {
        if call["method"] == "receive" {
            return Does::Says(500, MARK.to_owned());
        }
        let said = json!({"said": MARK});
        Does::Answers(json!({"messages": [said], "memory": said, "logs": [MARK]}))
    })
    .await
}

impl Things {
    /// Makes them.
    pub async fn of_alice(server: &Server) -> Self {
        let alice = server.login("alice").await;
        let mut body = with_person(&json!({
            "provider": "demo", "personality": MARK, "capabilities": [MARK], "metadata": {"note": MARK},
        }));
        body["metadata"] = json!({"note": MARK});
        let session = alice.create(&body).await;
        let mut socket = alice.connect(&session, "").await;
        socket.say(MARK).await;
        socket.expect("response").await;
        let agent = alice.post(REGISTER, &agent_body()).await.ok()["agent_id"].clone();
        let worker = make_worker(&alice).await;
        let mut things = Self {
            alice,
            session,
            agent: agent.as_str().unwrap().to_owned(),
            worker,
            workflow: 0,
            message: 0,
            dead: [0, 0],
            tasks: <[[String; 3]; 2]>::default(),
            actions: [Value::Null, Value::Null],
            grant: String::new(),
            challenge: String::new(),
        };
        things.talk_to_itself().await;
        things.work().await;
        let hers = format!("/agents/{}", things.agent);
        things.act().await;
        things.tasks = [things.task_at("").await, things.task_at(&hers).await];
        let account = json!({"provider": "place", "scopes": [MARK]});
        let challenge = things.alice.post("/api/accounts", &account).await.ok();
        challenge["challenge_id"]
            .as_str()
            .unwrap()
            .clone_into(&mut things.challenge);
        things
    }

    /// The agent in workflows emits two messages for itself, which it fails to receive.
    async fn work(&mut self) {
        let workflow = json!({"name": MARK, "description": MARK, "agents": [self.worker]});
        let made = self.alice.post("/api/v1/workflows", &workflow).await.ok();
        self.workflow = made["id"].as_i64().unwrap();
        let secret = json!({"value": MARK});
        let set = self.alice.request(Method::PUT, "/api/v1/credentials/token");
        send(set.json(&secret)).await.ok();
        let path = format!("/api/v1/agents/{}", self.worker);
        for _ in 0..2 {
            let run = self.alice.request(Method::POST, &format!("{path}/run"));
            send(run).await.ok();
        }
        let path = format!("{path}/deliveries");
        let dead = async {
            loop {
                let seen = self.alice.get(&path).await.ok();
                if seen[0]["state"] == "dead" && seen[1]["state"] == "dead" {
                    return seen;
                }
                tokio::task::yield_now().await;
            }
        };
        let dead = timeout(PATIENCE, dead).await.expect("both die");
        self.dead = [0, 1].map(|n| dead[n]["no"].as_i64().unwrap());
        self.message = dead[0]["message_id"].as_i64().unwrap();
    }

    /// An agent proposes two actions, of which one is allowed, and she gives a grant.
    async fn act(&mut self) {
        let rules = json!({"rules": [{"effect": "allow", "capability": "allowed"}]});
        let set = self.alice.request(Method::PUT, "/api/policy");
        send(set.json(&rules)).await.ok();
        let function = |name: &str| json!({"name": name, "description": MARK});
        let functions = [function("asked"), function("allowed")];
        let path = "/agents/demo:script/ap/v1/agent/tasks";
        let body = json!({"additional_input": {"functions": functions}});
        let task = self.alice.post(path, &body).await.ok();
        let path = format!("{path}/{}/steps", task["task_id"].as_str().unwrap());
        let arguments = json!({"note": MARK});
        let script = format!("call asked {arguments}\ncall allowed {arguments}");
        let step = self.alice.post(&path, &json!({"input": script})).await.ok();
        self.actions = [0, 1].map(|n| step["functions"][n].clone());
        let grant = json!({"capabilities": [MARK], "max": 1, "ttl_s": 60});
        let grant = self.alice.post("/api/grants", &grant).await.ok();
        self.grant = grant["id"].as_str().unwrap().to_owned();
    }

    /// A task with a step, which was its last.
    async fn task_at(&self, agent: &str) -> [String; 3] {
        let path = format!("{agent}/ap/v1/agent/tasks");
        let body = json!({"input": MARK, "additional_input": {"note": MARK}});
        let task = self.alice.post(&path, &body).await.ok();
        let task = task["task_id"].as_str().unwrap().to_owned();
        let file = format!("{path}/{task}/artifacts");
        let file = send(multipart(self.alice.request(Method::POST, &file)))
            .await
            .ok();
        let file = file["artifact_id"].as_str().unwrap().to_owned();
        let path = format!("{path}/{task}/steps");
        let step = self.alice.post(&path, &json!({})).await.ok();
        [task, step["step_id"].as_str().unwrap().to_owned(), file]
    }

    /// The agent says something to itself, so that its inbox holds a message and an answer.
    async fn talk_to_itself(&self) {
        let body = json!({"receiver_id": self.agent, "content": MARK});
        self.alice
            .post(&format!("/api/agents/{}/message", self.agent), &body)
            .await
            .ok();
        let answered = async {
            let path = format!("/api/agents/{}/messages?after=1", self.agent);
            while self.alice.get(&path).await.ok()["messages"] == json!([]) {
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, answered)
            .await
            .expect("the agent answers itself");
    }

    /// All of it as it is now, but for the time of day.
    pub async fn look(&self) -> Value {
        let (session, agent) = (&self.session, &self.agent);
        let paths = [
            SESSIONS.to_owned(),
            format!("{SESSIONS}/{session}"),
            format!("{SESSIONS}/{session}/messages"),
            "/api/agents/list".to_owned(),
            format!("/api/agents/status/{agent}"),
            format!("/api/agents/{agent}/capabilities"),
            format!("/api/agents/{agent}/messages"),
            "/api/v1/agents".to_owned(),
            format!("/api/v1/messages/{}", self.message),
            "/api/v1/workflows".to_owned(),
            format!("/api/v1/workflows/{}", self.workflow),
            "/api/v1/credentials".to_owned(),
            "/api/actions".to_owned(),
            "/api/policy".to_owned(),
            "/api/grants".to_owned(),
            "/api/audit".to_owned(),
            "/api/accounts".to_owned(),
            format!("/api/accounts/challenges/{}", self.challenge),
        ];
        let [[first, ..], [second, ..]] = &self.tasks;
        let tasks = [
            format!("/ap/v1/agent/tasks/{first}/steps"),
            format!("/agents/{agent}/ap/v1/agent/tasks/{second}/steps"),
            format!("/agents/{agent}/ap/v1/agent/tasks"),
            "/ap/v1/agent/tasks".to_owned(),
        ];
        let of_worker = ["details", "messages", "memory", "logs", "deliveries"];
        let worker = self.worker;
        let of_worker = of_worker.map(|what| format!("/api/v1/agents/{worker}/{what}"));
        let mut seen = Vec::new();
        for path in paths.into_iter().chain(of_worker).chain(tasks) {
            let mut body = self.alice.get(&path).await.ok();
            if let Some(body) = body.as_object_mut() {
                body.remove("timestamp");
            }
            seen.push(body);
        }
        seen.into()
    }
}

/// Makes the agent in workflows, once its type is there.
async fn make_worker(alice: &ChatClient) -> i64 {
    let body = json!({
        "type": "Marker", "name": MARK, "options": {"note": MARK}, "retry": {"attempts": 1},
    });
    let making = async {
        loop {
            let made = alice.post("/api/v1/agents", &body).await;
            if made.status == 200 {
                return made.body["id"].as_i64().unwrap();
            }
            tokio::task::yield_now().await;
        }
    };
    let worker = timeout(PATIENCE, making).await.expect("the type appears");
    let path = format!("/api/v1/agents/{worker}");
    let links = json!({"receivers": [worker]});
    send(alice.request(Method::PATCH, &path).json(&links))
        .await
        .ok();
    worker
}

/// A file with the mark.
fn multipart(request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
    let head = "Content-Disposition: form-data; name=\"file\"; filename=\"f\"";
    let body = format!("--x\r\n{head}\r\n\r\n{MARK}\r\n--x--\r\n");
    let kind = "multipart/form-data; boundary=x";
    request.header("content-type", kind).body(body)
}

/// A workflow without agents, as a file.
fn empty_file() -> Value {
    json!({
        "schema_version": 1, "name": "from a visitor", "guid": "7f4cf2c159db244bfb633ce4470276a1",
        "exported_at": "2026-11-21T20:46:35Z", "agents": [], "links": [], "control_links": [],
    })
}

fn agent_body() -> Value {
    json!({
        "name": MARK, "provider": "demo", "model": "echo", "capabilities": [MARK],
        "personality": MARK, "metadata": {"note": MARK},
    })
}

/// Asks the route for alice's things, with a body that the route understands.
pub async fn send_to(client: &ChatClient, route: &Route, things: &Things) -> Answer {
    let file = match route.path {
        "/page/{file}" => "style.css",
        _ => "index.css",
    };
    let agent = if route.path.starts_with("/api/v1") {
        things.worker.to_string()
    } else {
        things.agent.clone()
    };
    let [task, step, file_id] = &things.tasks[usize::from(route.path.starts_with("/agents/"))];
    let is_run = ["/heartbeat", "/result"]
        .iter()
        .any(|end| route.path.ends_with(end));
    let action = &things.actions[usize::from(is_run)];
    let dead = things.dead[usize::from(route.method == "DELETE")];
    let path = route
        .path
        .replace("{session_id}", &things.session)
        .replace("{agent_id}", &agent)
        .replace("{action_id}", action["id"].as_str().unwrap())
        .replace("{grant_id}", &things.grant)
        .replace("{task_id}", task)
        .replace("{step_id}", step)
        .replace("{artifact_id}", file_id)
        .replace("{user_id}", "1")
        .replace("{secret}", "secret")
        .replace("{name}", "token")
        .replace("{workflow_id}", &things.workflow.to_string())
        .replace("{message_id}", &things.message.to_string())
        .replace("{delivery_no}", &dead.to_string())
        .replace("{challenge_id}", &things.challenge)
        .replace("{provider}", "place")
        .replace("{file}", file);
    assert!(
        !path.contains('{'),
        "say in this file what {} names",
        route.path
    );
    let query = if path.ends_with("/search") {
        format!("?q={MARK}")
    } else if route.path == "/api/v1/agent_types" && route.method == "DELETE" {
        format!("?url={NOWHERE}")
    } else {
        String::new()
    };
    let method = Method::from_bytes(route.method.as_bytes()).unwrap();
    let request = client.request(method, &format!("{path}{query}"));
    if route.method == "POST" && route.path.ends_with("/artifacts") {
        return send(multipart(request)).await;
    }
    send(match body_for(route, things) {
        Some(body) => request.json(&body),
        None => request,
    })
    .await
}

fn body_for(route: &Route, things: &Things) -> Option<Value> {
    let name = || json!({"name": "from a visitor"});
    Some(match route.path {
        _ if matches!(route.method, "GET" | "DELETE") => return None,
        "/api/actions/claim" => json!({"capabilities": ["*"]}),
        "/api/actions/{action_id}/decision" => {
            json!({"decision": "approve", "digest": things.actions[0]["digest"]})
        }
        "/api/actions/{action_id}/heartbeat" => {
            json!({"lease": 1, "digest": things.actions[1]["digest"]})
        }
        "/api/actions/{action_id}/result" => {
            json!({"lease": 1, "digest": things.actions[1]["digest"], "status": "succeeded"})
        }
        "/api/policy" => json!({"rules": []}),
        "/api/grants" => json!({"capabilities": ["from.a.visitor"], "max": 1, "ttl_s": 60}),
        "/api/v1/agents" => json!({"type": "Marker", "name": "from a visitor"}),
        "/api/v1/agents/{agent_id}/messages" => json!({"payload": {}}),
        "/api/v1/agents/{agent_id}/memory" => json!({"memory": {}}),
        "/api/v1/agents/{agent_id}/dry_run" => json!({}),
        "/api/v1/agents/{agent_id}" | "/api/v1/workflows" | "/api/v1/workflows/{workflow_id}" => {
            name()
        }
        "/api/v1/workflows/import" => empty_file(),
        "/api/v1/credentials/{name}" => json!({"value": "from a visitor"}),
        "/api/accounts" => json!({"provider": "place"}),
        path if path.ends_with("/cancel") || path.starts_with("/connect/") => return None,
        path if path.contains("/ap/v1/") => json!({"input": "from a visitor"}),
        path if path.starts_with("/users/") => json!({}),
        "/api/v1/agent_types" => json!({"url": NOWHERE}),
        path if BARE.iter().any(|end| path.ends_with(end)) => {
            return None;
        }
        CREATE => with_person(&demo("echo")),
        REGISTER => json!({"name": "Ada", "provider": "demo"}),
        path if path.ends_with("/message") => {
            json!({"receiver_id": things.agent, "content": "from a visitor"})
        }
        "/api/auth/login" => json!({"username": "alice", "password": "x"}),
        _ if route.method == "POST" && !route.path.starts_with("/api/auth/") => {
            panic!("say in this file which body {} understands", route.path)
        }
        _ => return None,
    })
}

/// Whether the address names a thing that belongs to somebody.
pub fn names_something(route: &Route) -> bool {
    route.path.contains("_id}") || route.path.ends_with("{provider}")
}

/// Whether the route opens a WebSocket.
pub fn is_socket(route: &Route) -> bool {
    route.path.starts_with("/api/chat/ws/")
}
