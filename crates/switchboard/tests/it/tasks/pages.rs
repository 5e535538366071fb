//! Lists and their pages.

use super::{TASKS, make, refused_at, start, step};
use crate::support::{Engine, on_both_stores};
use serde_json::json;

on_both_stores!(tasks_and_steps_come_in_pages, a_page_is_a_positive_integer);

async fn tasks_and_steps_come_in_pages(engine: Engine) {
    let (_server, alice) = start(engine, &[]).await;
    let mut tasks = Vec::new();
    for n in 0..12 {
        tasks.push(make(&alice, &n.to_string()).await);
    }
    let first = alice.get(TASKS).await.ok();
    assert_eq!(
        first["pagination"],
        json!({"total_items": 12, "total_pages": 2, "current_page": 1, "page_size": 10})
    );
    let inputs = |page: &serde_json::Value, of: &str| -> Vec<String> {
        let items = page[of].as_array().unwrap().iter();
        items
            .map(|it| it["input"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(inputs(&first, "tasks").len(), 10);
    let second = alice.get(&format!("{TASKS}?current_page=2")).await.ok();
    assert_eq!(inputs(&second, "tasks"), ["10", "11"]);
    for n in 0..5 {
        step(&alice, &tasks[0], &n.to_string()).await;
    }
    let steps = format!("{}/steps?page_size=2", tasks[0]);
    let page = alice.get(&format!("{steps}&current_page=3")).await.ok();
    assert_eq!(inputs(&page, "steps"), ["4"]);
    assert_eq!(
        page["pagination"],
        json!({"total_items": 5, "total_pages": 3, "current_page": 3, "page_size": 2})
    );
    for far in ["4", "2147483647", "9223372036854775807"] {
        let page = alice.get(&format!("{steps}&current_page={far}")).await.ok();
        assert_eq!(
            (&page["steps"], &page["pagination"]["total_items"]),
            (&json!([]), &json!(5))
        );
    }
    let none = alice.get(&format!("{}/steps", tasks[1])).await.ok();
    assert_eq!(
        none["pagination"],
        json!({"total_items": 0, "total_pages": 0, "current_page": 1, "page_size": 10})
    );
}

async fn a_page_is_a_positive_integer(engine: Engine) {
    let (_server, alice) = start(engine, &[]).await;
    let task = make(&alice, "x").await;
    for path in [TASKS.to_owned(), format!("{task}/steps")] {
        for name in ["current_page", "page_size"] {
            for bad in ["0", "-1", "x", "1.5", "", "99999999999999999999"] {
                refused_at(&alice.get(&format!("{path}?{name}={bad}")).await, name);
            }
        }
    }
}
