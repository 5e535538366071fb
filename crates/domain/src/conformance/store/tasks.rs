//! The records that tasks keep, and how they are found.

use super::make::{commit, find, list, must, refused, stream, text, time};
use crate::{
    ids::{ArtifactId, StepId, TaskId, Username},
    nouns::{Artifact, Blob, Object, Step, StepResult, Task, TaskState},
    ports::{Change, Guard, Query, Record, Refusal, Store, Write},
};
use serde_json::json;
use std::sync::Arc;
use uuid::Uuid;

fn task_id(n: u128) -> TaskId {
    TaskId::from_uuid(Uuid::from_u128(n))
}

fn owner(name: &str) -> Username {
    super::make::id(name)
}

fn object() -> Object {
    Object::from_iter([("a".to_owned(), json!([1, {"b": null}, "\0"]))])
}

/// The `n`th task of a user.
fn task(n: u128, user: &str) -> Task {
    Task {
        id: task_id(n),
        owner: owner(user),
        agent: "demo".to_owned(),
        input: None,
        additional_input: object(),
        state: TaskState::Open,
        last: None,
        acts: false,
        created_at: time(i64::try_from(n).unwrap_or(0)),
        ended_at: None,
    }
}

fn step(task: u128, place: i64) -> Step {
    Step {
        id: StepId {
            task: task_id(task),
            no: place * 2,
        },
        task: task_id(task),
        place,
        input: Some("do".to_owned()),
        additional_input: object(),
        result: StepResult::default(),
        created_at: time(0),
        modified_at: time(1),
    }
}

fn artifact(n: u128, task: u128) -> Artifact {
    Artifact {
        id: ArtifactId::from_uuid(Uuid::from_u128(n)),
        task: task_id(task),
        agent_created: false,
        file_name: "../../a b\u{202e}".to_owned(),
        relative_path: None,
        content_type: None,
        hash: "00ff".to_owned(),
        size: 1 << 40,
        created_at: time(i64::try_from(n).unwrap_or(0)),
    }
}

fn blob(n: i64, used: i64) -> Blob {
    Blob {
        id: format!("{n:04}"),
        size: n,
        used,
        is_going: false,
    }
}

/// A first and a second state of each kind of record.
pub(super) fn pairs() -> Vec<(Record, Record)> {
    let over = Task {
        state: TaskState::Completed,
        last: Some(7),
        acts: true,
        ended_at: Some(time(1)),
        input: Some("x".to_owned()),
        ..task(1, "ann")
    };
    let answered = Step {
        result: StepResult {
            name: Some("Echo".to_owned()),
            output: Some("done".to_owned()),
            additional_output: object(),
            functions: vec![super::actions::action(1, "ann")],
            artifacts: vec![artifact(1, 1)],
            is_last: true,
        },
        ..step(1, 1)
    };
    let made = Artifact {
        agent_created: true,
        relative_path: Some("/etc".to_owned()),
        content_type: Some("text/plain".to_owned()),
        ..artifact(1, 1)
    };
    let going = Blob {
        is_going: true,
        ..blob(1, 0)
    };
    vec![
        (task(1, "ann").into(), over.into()),
        (step(1, 1).into(), answered.into()),
        (artifact(1, 1).into(), made.into()),
        (blob(1, 1).into(), going.into()),
    ]
}

/// Tasks are found by owner and agent, in pages, oldest first; those that were deleted are not.
pub async fn tasks_in_pages(store: Arc<dyn Store>) {
    let other = Task {
        agent: "agent_1".to_owned(),
        ..task(6, "ann")
    };
    let gone = Task {
        state: TaskState::Deleted,
        ..task(7, "ann")
    };
    for task in [4, 1, 3, 2].map(|n| task(n, "ann")) {
        commit(&*store, Write::new().put(task)).await;
    }
    for task in [task(5, "bob"), other, gone.clone()] {
        commit(&*store, Write::new().put(task)).await;
    }
    let query = |skip, limit| Query::TasksOf {
        owner: owner("ann"),
        agent: "demo".to_owned(),
        skip,
        limit,
    };
    let found = |skip, limit| {
        let store = Arc::clone(&store);
        async move { list::<Task>(&*store, query(skip, limit)).await }
    };
    assert_eq!(found(0, 2).await, [task(1, "ann"), task(2, "ann")]);
    assert_eq!(found(3, 2).await, [task(4, "ann")]);
    assert_eq!(found(4, 2).await, []);
    assert_eq!(must(store.count(&query(3, 1)).await), 4);
    let deleted = list::<Task>(&*store, Query::DeletedTasks { limit: 9 }).await;
    assert_eq!(deleted, [gone]);
}

/// Steps are found by their places, and artifacts in the order in which they came.
pub async fn what_belongs_to_a_task(store: Arc<dyn Store>) {
    for place in [3, 1, 2] {
        commit(&*store, Write::new().put(step(1, place))).await;
    }
    commit(&*store, Write::new().put(step(2, 1))).await;
    let query = |after, limit| Query::StepsOf {
        task: task_id(1),
        after,
        limit,
    };
    let found = list::<Step>(&*store, query(1, 9)).await;
    assert_eq!(found, [step(1, 2), step(1, 3)]);
    assert_eq!(list::<Step>(&*store, query(0, 1)).await, [step(1, 1)]);
    let id = step(1, 2).id.to_string();
    assert_eq!(find(&*store, id).await, Some(step(1, 2)));
    for artifact in [artifact(2, 1), artifact(1, 1), artifact(3, 2)] {
        commit(&*store, Write::new().put(artifact)).await;
    }
    let files = |skip, limit| Query::ArtifactsOf {
        task: task_id(1),
        skip,
        limit,
    };
    let both = [artifact(1, 1), artifact(2, 1)];
    assert_eq!(list::<Artifact>(&*store, files(0, 9)).await, both);
    assert_eq!(
        list::<Artifact>(&*store, files(1, 1)).await,
        [artifact(2, 1)]
    );
    assert_eq!(must(store.count(&files(0, 0)).await), 2);
    for blob in [blob(2, 0), blob(1, 1), blob(3, 0)] {
        commit(&*store, Write::new().put(blob)).await;
    }
    let unused = list::<Blob>(&*store, Query::UnusedBlobs { limit: 1 }).await;
    assert_eq!(unused, [blob(2, 0)]);
}

/// A write that asks for a name first is refused as a repeat, whatever else does not hold.
pub async fn a_name_is_asked_for_first(store: Arc<dyn Store>) {
    let guard = |name: &str| Guard::Unnamed(stream(1), name.to_owned());
    let named = Write::new().guard(guard("key")).change(Change::Append {
        stream: stream(1),
        event: text("once"),
        dedup: Some("key".to_owned()),
    });
    let receipt = commit(&*store, named.clone()).await;
    let (_, position) = receipt.appended[0];
    let never = Guard::At(stream(1), 9);
    let again = Write::new().guard(guard("key")).guard(never.clone());
    assert_eq!(refused(&*store, again).await, Refusal::Duplicate(position));
    let other = Write::new().guard(guard("other")).guard(never);
    assert_eq!(refused(&*store, other).await, Refusal::Moved(stream(1)));
}
