//! What version 1 of the Agent Protocol asks of each operation: good input is answered as described, and
//! bad input with what is described for it.

use super::{TASKS, start};
use crate::support::{Engine, on_both_stores};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use switchboard_testkit::chat::{Answer, ChatClient, send};

on_both_stores!(
    each_operation_answers_as_described,
    each_operation_refuses_as_described
);

/// The type of a member.
#[derive(Clone, Copy)]
enum Is {
    Text,
    TextOrNull,
    Truth,
    Object,
    ObjectOrNull,
    Number,
    Artifacts,
    Tasks,
    Steps,
    Pages,
    Status,
}

type Shape = &'static [(&'static str, Is)];

const PAGINATION: Shape = &[
    ("total_items", Is::Number),
    ("total_pages", Is::Number),
    ("current_page", Is::Number),
    ("page_size", Is::Number),
];
const ARTIFACT: Shape = &[
    ("artifact_id", Is::Text),
    ("agent_created", Is::Truth),
    ("file_name", Is::Text),
    ("relative_path", Is::TextOrNull),
];
const TASK: Shape = &[
    ("task_id", Is::Text),
    ("input", Is::TextOrNull),
    ("additional_input", Is::Object),
    ("artifacts", Is::Artifacts),
];
const STEP: Shape = &[
    ("task_id", Is::Text),
    ("step_id", Is::Text),
    ("name", Is::TextOrNull),
    ("status", Is::Status),
    ("input", Is::TextOrNull),
    ("additional_input", Is::Object),
    ("output", Is::TextOrNull),
    ("additional_output", Is::ObjectOrNull),
    ("artifacts", Is::Artifacts),
    ("is_last", Is::Truth),
];
const TASK_LIST: Shape = &[("tasks", Is::Tasks), ("pagination", Is::Pages)];
const STEP_LIST: Shape = &[("steps", Is::Steps), ("pagination", Is::Pages)];
const ARTIFACT_LIST: Shape = &[("artifacts", Is::Artifacts), ("pagination", Is::Pages)];

/// An operation of the protocol's: its name, method, path, the shape of its answer (none for a file), and
/// whether it reads a page, a body of JSON, or a form.
struct Operation {
    name: &'static str,
    method: Method,
    path: &'static str,
    answer: Option<Shape>,
    reads: Reads,
}

#[derive(Clone, Copy, PartialEq)]
enum Reads {
    Nothing,
    Page,
    Json,
    Form,
}

fn operations() -> Vec<Operation> {
    let operation = |name, method, path, answer, reads| Operation {
        name,
        method,
        path,
        answer,
        reads,
    };
    let (get, post) = (|| Method::GET, || Method::POST);
    vec![
        operation("createAgentTask", post(), "", Some(TASK), Reads::Json),
        operation("listAgentTasks", get(), "", Some(TASK_LIST), Reads::Page),
        operation("getAgentTask", get(), "/{task}", Some(TASK), Reads::Nothing),
        operation(
            "listAgentTaskSteps",
            get(),
            "/{task}/steps",
            Some(STEP_LIST),
            Reads::Page,
        ),
        operation(
            "executeAgentTaskStep",
            post(),
            "/{task}/steps",
            Some(STEP),
            Reads::Json,
        ),
        operation(
            "getAgentTaskStep",
            get(),
            "/{task}/steps/{step}",
            Some(STEP),
            Reads::Nothing,
        ),
        operation(
            "listAgentTaskArtifacts",
            get(),
            "/{task}/artifacts",
            Some(ARTIFACT_LIST),
            Reads::Page,
        ),
        operation(
            "uploadAgentTaskArtifacts",
            post(),
            "/{task}/artifacts",
            Some(ARTIFACT),
            Reads::Form,
        ),
        operation(
            "downloadAgentTaskArtifact",
            get(),
            "/{task}/artifacts/{artifact}",
            None,
            Reads::Nothing,
        ),
    ]
}

/// A task with a step and a file, by which paths are filled.
struct Things {
    task: String,
    step: String,
    artifact: String,
}

impl Things {
    async fn make(client: &ChatClient) -> Self {
        let id = |answer: Value, name: &str| answer[name].as_str().unwrap().to_owned();
        let task = id(
            client.post(TASKS, &json!({"input": "x"})).await.ok(),
            "task_id",
        );
        let path = format!("{TASKS}/{task}");
        let body = json!({"input": "y", "additional_input": {"z": [null]}});
        let step = id(
            client.post(&format!("{path}/steps"), &body).await.ok(),
            "step_id",
        );
        let file = form(client.request(Method::POST, &format!("{path}/artifacts")));
        let artifact = id(send(file).await.ok(), "artifact_id");
        Self {
            task,
            step,
            artifact,
        }
    }

    fn path(&self, operation: &Operation) -> String {
        let path = operation.path.replace("{task}", &self.task);
        let path = path.replace("{step}", &self.step);
        format!("{TASKS}{}", path.replace("{artifact}", &self.artifact))
    }
}

fn form(request: RequestBuilder) -> RequestBuilder {
    let head = "Content-Disposition: form-data; name=\"file\"; filename=\"f.txt\"";
    let body = format!("--b\r\n{head}\r\n\r\ncontent\r\n--b--\r\n");
    request
        .header("content-type", "multipart/form-data; boundary=b")
        .body(body)
}

#[track_caller]
fn has_shape(value: &Value, shape: Shape, operation: &str) {
    for (name, is) in shape {
        let member = &value[*name];
        let every = |shape: Shape| {
            let items = member
                .as_array()
                .unwrap_or_else(|| panic!("{operation}: {name}: {value}"));
            for item in items {
                has_shape(item, shape, operation);
            }
            true
        };
        let good = value.get(*name).is_some()
            && match is {
                Is::Text => member.as_str().is_some_and(|text| !text.is_empty()),
                Is::TextOrNull => member.is_null() || member.is_string(),
                Is::Truth => member.is_boolean(),
                Is::Object => member.is_object(),
                Is::ObjectOrNull => member.is_null() || member.is_object(),
                Is::Number => member.is_u64(),
                Is::Status => ["created", "running", "completed"]
                    .iter()
                    .any(|it| member == it),
                Is::Artifacts => every(ARTIFACT),
                Is::Tasks => every(TASK),
                Is::Steps => every(STEP),
                Is::Pages => {
                    has_shape(member, PAGINATION, operation);
                    true
                }
            };
        assert!(good, "{operation}: {name}: {value}");
    }
}

async fn each_operation_answers_as_described(engine: Engine) {
    let (_server, alice) = start(engine, &[]).await;
    let things = Things::make(&alice).await;
    for operation in operations() {
        let (name, path) = (operation.name, things.path(&operation));
        let request = || alice.request(operation.method.clone(), &path);
        let requests = match operation.reads {
            Reads::Nothing => vec![
                request(),
                request()
                    .body("ignored")
                    .header("content-type", "text/plain"),
            ],
            Reads::Page => vec![
                request(),
                request().query(&[("current_page", 1), ("page_size", 1)]),
                request().query(&[("current_page", 99)]),
            ],
            Reads::Json => vec![
                request(),
                request().body("{}"),
                request().json(&json!({"input": null})),
                request()
                    .json(&json!({"input": "more", "additional_input": {"a": 1}, "unknown": []})),
            ],
            Reads::Form => vec![form(request())],
        };
        for request in requests {
            let answer = send(request).await;
            assert_eq!(answer.status, 200, "{name}: {}", answer.text);
            match operation.answer {
                Some(shape) => {
                    assert!(
                        answer
                            .header("content-type")
                            .starts_with("application/json"),
                        "{name}"
                    );
                    has_shape(&answer.body, shape, name);
                }
                None => assert_eq!(answer.text, "content", "{name}"),
            }
        }
    }
}

async fn each_operation_refuses_as_described(engine: Engine) {
    let (_server, alice) = start(engine, &[]).await;
    let things = Things::make(&alice).await;
    let odd = [
        "none",
        "0",
        "%00",
        "..%2F..",
        "task_",
        "%F0%9F%A6%80",
        "a%20b",
    ];
    for operation in operations() {
        let (name, path) = (operation.name, things.path(&operation));
        for id in [&things.task, &things.step, &things.artifact] {
            if !path.contains(id.as_str()) {
                continue;
            }
            for other in odd {
                let request =
                    alice.request(operation.method.clone(), &path.replace(id.as_str(), other));
                let request = if operation.reads == Reads::Form {
                    form(request)
                } else {
                    request
                };
                missing(name, &send(request).await);
            }
        }
        let request = || alice.request(operation.method.clone(), &path);
        let bad = match operation.reads {
            Reads::Nothing | Reads::Form => Vec::new(),
            Reads::Page => ["0", "-1", "x", "1.5", "", "99999999999999999999"]
                .iter()
                .flat_map(|value| {
                    ["current_page", "page_size"].map(|name| request().query(&[(name, *value)]))
                })
                .collect(),
            Reads::Json => vec![
                request().body("{"),
                request().body("[]"),
                request().json(&json!({"input": 1})),
                request().json(&json!({"additional_input": "x"})),
                request().json(&json!({"additional_input": null})),
            ],
        };
        for request in bad {
            let answer = send(request).await;
            assert_eq!(answer.status, 422, "{name}: {}", answer.text);
            assert!(answer.body.is_object(), "{name}: {}", answer.text);
        }
    }
}

#[track_caller]
fn missing(operation: &str, answer: &Answer) {
    let body = json!({"message": "Unable to find entity with the provided id"});
    assert_eq!(
        (answer.status, &answer.body),
        (404, &body),
        "{operation}: {}",
        answer.text
    );
}
