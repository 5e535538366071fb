//! Markdown is rendered, and nothing that an agent says does anything.

use super::visit_signed_in;
use serde_json::json;

/// Said by the demo's script, line by line.
const ANSWER: &str = r#"## A *title*
**strong**, _soft_, `co<de>`, ~~gone~~ and snake_case_name
<img src=x onerror="window.hacked = 1"><script>window.hacked = 1</script>
[one](javascript:window.hacked=1) [two](data:text/html,x) [three](https://example.org/a_b_(c)?q=1&r=2 "t")
![picture](https://example.org/x.png) <svg onload=window.hacked=1> https://example.org/bare.

1. first
   - inner

2. second

> quoted

```js
let a = "<b>"; // **not bold**
```

| a | b |
|:-:|--:|
| 1 | `2` |

---
the end"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn markdown_is_rendered_and_does_nothing() {
    let Some((_server, mut person)) = visit_signed_in(&[]).await else {
        return;
    };
    person.choose("first", "demo", "script").await;
    let lines: Vec<String> = ANSWER.lines().map(|line| format!("say {line}")).collect();
    person.say(&lines.join("\n")).await;
    person.answers(1).await;
    for (selector, texts) in [
        ("h4.h2", vec!["A title"]),
        ("h4.h2 em", vec!["title"]),
        ("strong", vec!["strong"]),
        ("p > em", vec!["soft"]),
        ("p code", vec!["co<de>"]),
        ("del", vec!["gone"]),
        ("ol > li ul > li", vec!["inner"]),
        ("blockquote p", vec!["quoted"]),
        ("figure pre code", vec!["let a = \"<b>\"; // **not bold**"]),
        ("th", vec!["a", "b"]),
        ("td.center", vec!["1"]),
        ("td.end code", vec!["2"]),
        ("hr ~ p", vec!["the end"]),
        ("a", vec!["three", "picture", "https://example.org/bare"]),
    ] {
        assert_eq!(
            person.texts(&format!(".theirs .text {selector}")).await,
            texts,
            "{selector}"
        );
    }
    let addresses = "Array.from(document.querySelectorAll('.text a'), (a) => [a.getAttribute('href'), a.rel, a.target])";
    let safe = |href: &str| json!([href, "noopener noreferrer", "_blank"]);
    assert_eq!(
        person.browser.ask(addresses).await,
        json!([
            safe("https://example.org/a_b_(c)?q=1&r=2"),
            safe("https://example.org/x.png"),
            safe("https://example.org/bare"),
        ])
    );
    let foreign =
        "document.querySelectorAll('.text :is(img, script, svg:not(.icon), iframe)').length";
    assert_eq!(person.browser.ask(foreign).await, json!(0));
    assert_eq!(
        person.browser.ask("typeof window.hacked").await,
        json!("undefined")
    );
    person.leaves().await;
}

/// However the text comes in pieces, it looks in the end as if it had come at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_that_grows_ends_as_one_that_comes_whole() {
    let Some((_server, mut person)) = visit_signed_in(&[]).await else {
        return;
    };
    let script = format!(
        "import('/page/markdown.js').then(({{ Markdown }}) => {{ \
         const text = {}; \
         const whole = document.createElement('div'); new Markdown(whole).set(text); \
         return [1, 2, 3, 7, 50].filter((step) => {{ \
           const grown = document.createElement('div'); const markdown = new Markdown(grown); \
           for (let end = 0; end <= text.length + step; end += step) markdown.set(text.slice(0, end)); \
           return !grown.isEqualNode(whole); }}); }})",
        json!(format!(
            "{ANSWER}\n\n- a\n\n- b\n  1. c\n  2. d\n\n   e\n- f\n\n{ANSWER}"
        ))
    );
    assert_eq!(person.browser.ask(&script).await, json!([]));
    person.leaves().await;
}

/// Each of these took forever in some renderer: time that grows with the square of the length would
/// outlast the patience of the test.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_text_takes_long() {
    let Some((_server, mut person)) = visit_signed_in(&[]).await else {
        return;
    };
    let script = "import('/page/markdown.js').then(({ Markdown }) => { \
        const pieces = ['*a ', 'a* ', '**a', '*a_ ', '_a__ ', '[', '](', '[a](', '[a](<', '![[](', '`', '`` ` ', '<', \
          '<http://', 'https://', 'http://a)', '> ', '>', '- ', '1. ', '  ', '\\n', '\\n\\n- a', '# ', '#', '|', '|-', \
          '\\\\', '&', '~~', '~~a', '- [ ] ', '```', '\\n```\\n', '\\n|a|\\n|-|\\n', ' \\t', '***', '* * ', '[a](b \"']; \
        for (const piece of pieces) { \
          for (const text of [piece.repeat(45000 / piece.length), piece.repeat(120000 / piece.length)]) { \
            for (const end of ['', 'x']) { \
              new Markdown(document.createElement('div')).set(text + end); } } } \
        return true; })";
    assert_eq!(person.browser.ask(script).await, json!(true));
    person.leaves().await;
}
