use super::*;
use proptest::prelude::*;
use serde_json::json;
use std::time::Instant;
use switchboard_domain::Timestamp;
use switchboard_domain::nouns::GrantedCredential;

fn object(value: Value) -> Object {
    match value {
        Value::Object(object) => object,
        other => panic!("{other}"),
    }
}

fn filled(template: &str, values: Value) -> Result<Value, LiquidError> {
    let values = object(values);
    let credentials = [GrantedCredential {
        name: "token".into(),
        value: "s3cr3t".into(),
    }];
    fill(
        &template.into(),
        &Scope {
            layers: vec![&values],
            credentials: &credentials,
            now: Timestamp::from_micros(1_767_225_600_000_000),
            work: &Work::default(),
        },
    )
}

#[track_caller]
fn is(template: &str, wanted: &str) {
    let values = json!({
        "text": "Hello", "n": 7, "f": 1.5, "yes": true, "no": false, "nil": null, "list": ["b", "a", "c"],
        "people": [{"name": "Ann", "age": 30}, {"name": "bob", "age": 4}, {"name": "Cy"}],
        "deep": {"er": {"est": "down"}, "a b": 1}, "date": "2026-11-21T12:45:34.029-08:00",
        "html": "<p class='a'>x &amp; y</p>", "created_at": "2026-11-21T20:45:34Z", "key": "er",
    });
    let made = filled(template, values).unwrap();
    assert_eq!(made, Value::from(wanted), "{template}");
}

#[test]
fn values_are_written() {
    is("no template", "no template");
    is(
        "{{ text }} {{n}} {{f}} {{yes}} {{no}}",
        "Hello 7 1.5 true false",
    );
    is(
        "[{{ nil }}{{ missing }}{{ missing.more.still }}{{ text.x }}{{ list[9] }}]",
        "[]",
    );
    is("{{ list }} {{ deep.er }}", "bac {\"est\":\"down\"}");
    is(
        "{{ deep.er.est }} {{ deep['er'].est }} {{ deep[key].est }} {{ deep['a b'] }}",
        "down down down 1",
    );
    is(
        "{{ list[0] }} {{ list[-1] }} {{ list.first }} {{ list.last }} {{ list.size }} {{ text.size }}",
        "b c b c 3 5",
    );
    is(
        "{{ 'a' }} {{ \"it's\" }} {{ 1 }} {{ -2.5 }} {{ true }}",
        "a it's 1 -2.5 true",
    );
    is("{{ ['text'] }}{{}}{{ }}", "Hello");
    is(
        "a  {{- text -}}  b {%- if yes -%}  c  {%- endif -%} d",
        "aHellobcd",
    );
}

#[test]
fn conditions_decide() {
    is("{% if yes %}a{% else %}b{% endif %}", "a");
    is("{% if no %}a{% elsif n == 7 %}b{% else %}c{% endif %}", "b");
    is("{% unless no %}a{% else %}b{% endunless %}", "a");
    is(
        "{% if n > 6 and n <= 7 and text contains 'ell' %}a{% endif %}",
        "a",
    );
    is("{% if no and no or yes %}a{% else %}b{% endif %}", "b");
    is(
        "{% if list contains 'a' %}a{% endif %}{% if missing %}b{% endif %}{% if '' %}c{% endif %}",
        "ac",
    );
    is(
        "{% if missing == nil %}a{% endif %}{% if text != 'x' %}b{% endif %}{% if n <> 7 %}c{% endif %}",
        "ab",
    );
    is(
        "{% if missing == blank %}a{% endif %}{% if list != empty %}b{% endif %}{% if '' == empty %}c{% endif %}",
        "abc",
    );
    is(
        "{% if n < 'x' %}a{% endif %}{% if f == 1.5 %}b{% endif %}{% if n == 7.0 %}c{% endif %}",
        "bc",
    );
    is(
        "{% case n %}{% when 1, 7 %}a{% when 2 or 3 %}b{% else %}c{% endcase %}",
        "a",
    );
    is(
        "{% case text %}x{% when 'a' %}a{% else %}b{% endcase %}",
        "b",
    );
}

#[test]
fn loops_repeat() {
    is(
        "{% for x in list %}{{ forloop.index }}{{ x }}{% unless forloop.last %},{% endunless %}{% endfor %}",
        "1b,2a,3c",
    );
    is(
        "{% for x in list limit:1 offset:1 %}{{ x }}{% endfor %}{% for x in list reversed %}{{ x }}{% endfor %}",
        "acab",
    );
    is(
        "{% for i in (1..n) %}{% if i == 2 %}{% continue %}{% elsif i == 5 %}{% break %}{% endif %}{{ i }}{% endfor %}",
        "134",
    );
    is(
        "{% for x in missing %}a{% else %}none{% endfor %}{% for i in (3..1) %}b{% else %}-{% endfor %}",
        "none-",
    );
    is(
        "{% for p in people %}{{ p.name }}:{{ p.age }} {% endfor %}",
        "Ann:30 bob:4 Cy: ",
    );
    is(
        "{% for pair in deep.er %}{{ pair[0] }}={{ pair.last }}{% endfor %}",
        "est=down",
    );
    is(
        "{% for a in list %}{% for b in (1..2) %}{{ forloop.parentloop.index }}{{ b }} {% endfor %}{% endfor %}",
        "11 12 21 22 31 32 ",
    );
    is(
        "{% for x in list %}{% cycle 'odd', 'even' %} {% endfor %}",
        "odd even odd ",
    );
    is(
        "{% for x in list %}{{ x }}{% assign y = x %}{% endfor %}{{ x }}{{ y }}",
        "bacc",
    );
}

#[test]
fn names_are_given_and_tags_do_the_rest() {
    is(
        "{% assign a = text | upcase %}{{ a }}{% capture b %}<{{ a }}>{% endcapture %}{{ b }}",
        "HELLO<HELLO>",
    );
    is(
        "{% increment a %}{% increment a %}{% decrement b %}",
        "01-1",
    );
    is(
        "{% raw %}{{ text }}{% if %}{% endraw %}{% comment %}{{ x {% endcomment %}{% # a note %}.",
        "{{ text }}{% if %}.",
    );
    is("a{% line_break %}b {% credential token %}", "a\nb s3cr3t");
    assert_eq!(
        filled("{% credential other %}", json!({}))
            .unwrap_err()
            .to_string(),
        "the credential other was not granted to this agent; grant it, or name it in an option"
    );
}

#[test]
fn filters_for_text() {
    is(
        "{{ text | append: '!' | prepend: '¡' | upcase | downcase | capitalize }}",
        "¡hello!",
    );
    is(
        "{{ ' a ' | strip }}{{ ' b' | lstrip }}{{ 'c ' | rstrip }}{{ text | slice: 1, 3 }}{{ text | slice: -2, 2 }}",
        "abcello".replacen("abcello", "abcelllo", 1).as_str(),
    );
    is(
        "{{ text | replace: 'l', 'L' }} {{ text | replace_first: 'l', 'L' }} {{ text | remove: 'l' }} {{ text | replace_last: 'l', 'L' }}",
        "HeLLo HeLlo Heo HelLo",
    );
    is(
        "{{ text | truncate: 4 }} {{ 'one two three' | truncatewords: 2 }} {{ text | truncate: 4, '' }}",
        "H... one two... Hell",
    );
    is(
        "{{ html | strip_html }} {{ '<&>' | escape }} {{ '&lt;<' | escape_once }} {{ html | unescape | strip_html }}",
        "x &amp; y &lt;&amp;&gt; &lt;&lt; x & y",
    );
    is(
        "{{ 'a b&c' | url_encode }} {{ 'a+b%26c&d' | url_decode }} {{ 'ü' | uri_escape }}",
        "a+b%26c a b&c&d %C3%BC",
    );
    is(
        "{{ text | regex_replace: '(l+)(.)', '<\\2\\1>' }} {{ text | regex_replace_first: 'l', 'L' }}",
        "He<oll> HeLlo",
    );
    is(
        "{{ text | base64_encode }} {{ 'SGVsbG8=' | base64_decode }} {{ missing | default: 'd' }} {{ '' | default: 'e' }}",
        "SGVsbG8= Hello d e",
    );
    is(
        "{{ deep.er | json }} {{ 'a,b,,' | split: ',' | join: '-' }} {{ 'ab' | split: '' | join: '-' }}",
        "{\"est\":\"down\"} a-b a-b",
    );
}

#[test]
fn filters_for_lists_and_numbers() {
    is(
        "{{ list | sort | join: ',' }} {{ list | reverse | join }} {{ list | first }} {{ list | last }} {{ list | size }}",
        "a,b,c c a b b c 3",
    );
    is(
        "{{ people | map: 'name' | sort_natural | join: ',' }} {{ people | where: 'age' | size }} {{ people | where: 'name', 'Ann' | map: 'age' }}",
        "Ann,bob,Cy 2 30",
    );
    is(
        "{{ people | sort: 'age' | map: 'name' | join: ',' }} {{ people | sum: 'age' }}",
        "bob,Ann,Cy 34",
    );
    is(
        "{{ list | concat: list | uniq | join: '' }} {{ people | map: 'age' | compact | size }}",
        "bac 2",
    );
    is(
        "{{ n | plus: 1 }} {{ n | minus: 0.5 }} {{ '3' | times: 2 }} {{ n | divided_by: 2 }} {{ n | divided_by: 2.0 }} {{ n | modulo: 4 }}",
        "8 6.5 6 3 3.5 3",
    );
    is(
        "{{ -7 | divided_by: 2 }} {{ -7 | modulo: 3 }} {{ -7 | abs }} {{ 1.2 | ceil }} {{ 1.8 | floor }} {{ 1.26 | round: 1 }} {{ 2.5 | round }}",
        "-4 2 7 2 1 1.3 3",
    );
    is(
        "{{ n | at_least: 9 }} {{ n | at_most: 3 }} {{ 9223372036854775807 | plus: 1 }}",
        "9 3 9.223372036854776e+18",
    );
    let zero = filled("{{ 1 | divided_by: 0 }}", json!({})).unwrap_err();
    assert_eq!(zero.to_string(), "the filter divided_by cannot divide by 0");
}

#[test]
fn times_are_written_as_one_likes() {
    is(
        "{{ date | date: '%Y-%m-%d %H:%M' }} {{ created_at | date: 'at %I:%M %p' }}",
        "2026-11-21 12:45 at 08:45 PM",
    );
    is(
        "{{ 0 | date: '%Y' }} {{ 'now' | date: '%F' }} {{ '2026-11-21' | date: '%d.%m.' }} {{ text | date: '%Y' }}",
        "1970 2026-01-01 21.11. Hello",
    );
    is(
        "{{ 'Sat, 21 Nov 2026 12:45:34 -0800' | date: '%s' }}",
        "1795293934",
    );
}

#[test]
fn an_object_can_be_handed_on_whole() {
    let values = json!({"a": {"b": [1, {"c": null}]}, "text": "x,y"});
    assert_eq!(
        filled("{{ a.b | as_object }}", values.clone()),
        Ok(json!([1, {"c": null}]))
    );
    assert_eq!(
        filled("{{ text | split: ',' | as_object }}", values),
        Ok(json!(["x", "y"]))
    );
}

#[test]
fn all_texts_of_options_are_filled() {
    let values = object(json!({"a": "x"}));
    let scope = Scope {
        layers: vec![&values],
        credentials: &[],
        now: Timestamp::default(),
        work: &Work::default(),
    };
    let options = json!({"{{a}}": ["{{a}}", {"b": "-{{a}}-"}, 1, null, "plain"]});
    assert_eq!(
        fill(&options, &scope),
        Ok(json!({"{{a}}": ["x", {"b": "-x-"}, 1, null, "plain"]}))
    );
}

#[test]
fn what_is_wrong_is_told() {
    for (template, reason) in [
        ("{{ a ", "}} is missing"),
        ("{% if a ", "%} is missing"),
        ("{% if a %}", "endif is missing"),
        ("{% endif %}", "there is no tag \"endif\""),
        (
            "{% if a %}{% endfor %}{% endif %}",
            "there is no tag \"endfor\"",
        ),
        ("{% include 'file' %}", "there is no tag \"include\""),
        ("{% render 'file' %}", "there is no tag \"render\""),
        ("{{ a | nope }}", "there is no filter \"nope\""),
        ("{{ a | }}", "a name is missing"),
        ("{{ a b }}", "a tag has more in it than it can use"),
        ("{{ 'a }}", "a quote is missing"),
        ("{{ a[1 }}", "] is missing"),
        ("{{ ; }}", "';' stands where it cannot"),
        ("{% for a of b %}{% endfor %}", "`in` is missing"),
        ("{% assign a b %}", "= is missing"),
        ("{% raw %}", "endraw is missing"),
        ("{% if %}{% endif %}", "a value is missing"),
    ] {
        let error = check(&template.into()).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("the template is wrong: {reason}"),
            "{template}"
        );
    }
}

/// Templates that would hang, or fill the memory, or the stack.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "how long it takes is the question"
)]
fn hostile_templates_end_soon() {
    let deep = |start: &str, end: &str, times: usize| start.repeat(times) + &end.repeat(times);
    let doubling = format!(
        "{{% assign a = 'aaaaaaaa' %}}{}",
        "{% assign a = a | append: a %}".repeat(60)
    );
    let nines = "9".repeat(18);
    let big = "x".repeat(60_000);
    let hostile = [
        format!("{{% for i in (1..{nines}) %}}{{% endfor %}}"),
        "{% for i in (-9223372036854775808..9223372036854775807) %}{% endfor %}".to_owned(),
        "{% for i in (1..9999) %}{% for j in (1..9999) %}{% for k in (1..9999) %}{% endfor %}{% endfor %}{% endfor %}".to_owned(),
        "{% for i in (1..99999) %}{% if a == b %}{% endif %}{% endfor %}".to_owned(),
        "{% for i in (1..99999) %}{{ a }}{% endfor %}".to_owned(),
        "{% for i in (1..99999) %}{% capture c %}{{ c }}xxxxxxxxxxxxxxxx{% endcapture %}{% endfor %}".to_owned(),
        "{% for i in (1..99999) %}{% assign c = c | append: text %}{% endfor %}".to_owned(),
        "{% for i in (1..99999) %}{% assign l = l | concat: list %}{% endfor %}".to_owned(),
        "{% for i in (1..99999) %}{% assign t = text | sort | uniq | upcase %}{% endfor %}".to_owned(),
        "{% for i in (1..99999) %}{{ text | regex_replace: '(a*)*b', 'x' | size }}{% endfor %}".to_owned(),
        "{{ text | regex_replace: '((a{100}){100}){100}', '' }}".to_owned(),
        "{{ text | regex_replace: '', text }}".to_owned(),
        format!("{{{{ text | replace: 'x', '{}' }}}}", "y".repeat(30_000)),
        format!("{{{{ text | split: '' | join: '{}' }}}}", "y".repeat(30_000)),
        format!("{{{{ 'now' | date: '{}' }}}}", "%999999Y".repeat(1000)),
        doubling,
        deep("{% if true %}", "{% endif %}", 2000),
        deep("{% for a in b %}", "{% endfor %}", 2000),
        format!("{{{{ {} }}}}", deep("a[", "]", 20_000)),
        format!("{{{{ {} }}}}", deep("(1..", ")", 10_000)),
        "{".repeat(64 * 1024),
        "{{".repeat(32 * 1024),
        "{%".repeat(32 * 1024),
        format!("{{% raw %}}{}", "{% x %}".repeat(9000)),
        "a".repeat(64 * 1024 + 1) + "{{ a }}",
    ];
    let list: Vec<Value> = (0..20_000).map(|n| json!({"n": n})).collect();
    let values = json!({"text": big, "list": list, "a": list, "b": list});
    for template in hostile {
        let began = Instant::now();
        let failed = filled(&template, values.clone()).is_err();
        let shown: String = template.chars().take(60).collect();
        assert!(failed, "{shown}");
        assert!(began.elapsed().as_secs() < 5, "{shown}");
    }
    let plain = "{% if true and true %}a{% endif %}"
        .replace("true and true", &vec!["true"; 7000].join(" and "));
    assert!(filled(&plain, json!({})).is_ok());
}

#[test]
fn errors_show_no_values() {
    for template in [
        "{{ token | divided_by: 0 }}",
        "{{ token | base64_decode }}",
        "{{ 'x' | regex_replace: token, '' }}",
    ] {
        let error = filled(template, json!({"token": "(s3cr3t"})).unwrap_err();
        assert!(!error.to_string().contains("s3cr3t"), "{error}");
    }
}

proptest! {
    #[test]
    fn no_template_makes_it_panic(template in ".{0,200}", inside in "[a-z0-9 .|:,'\"()\\[\\]=<>%{}-]{0,60}") {
        for text in [template, format!("{{{{{inside}}}}}"), format!("{{% if {inside} %}}{{% endif %}}"), format!("{{% for {inside} %}}{{% endfor %}}")] {
            filled(&text, json!({"a": [1, "b", {"c": null}], "b": "text"})).ok();
        }
    }

    #[test]
    fn any_filter_takes_any_value(
        which in 0..filters::names().len(), first in any::<i64>(), second in ".{0,9}", input in 0..6usize,
    ) {
        let name = filters::names()[which];
        let input = [json!(null), json!(first), json!(second), json!([second, first, null]), json!({"a": second}), json!(1.5)][input].clone();
        for arguments in ["", ": x", ": x, y", ": y", ": y, x"] {
            let template = format!("{{{{ input | {name}{arguments} }}}}");
            filled(&template, json!({"input": input.clone(), "x": first, "y": second})).ok();
        }
    }

    #[test]
    fn text_without_marks_stays_as_it_is(text in "[^{]{0,200}") {
        prop_assert_eq!(filled(&text, json!({})), Ok(Value::from(text)));
    }
}
