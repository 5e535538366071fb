//! Whole configurations, as a person would give them.

use std::fs;

use secrecy::ExposeSecret as _;
use tempfile::TempDir;

use super::*;

/// An empty folder with variables; nothing of this process is seen.
fn given(variables: &[(&str, &str)]) -> (TempDir, Sources) {
    let folder = tempfile::tempdir().unwrap();
    let variables = variables
        .iter()
        .map(|(name, value)| ((*name).to_string(), (*value).to_string()))
        .collect();
    let sources = Sources {
        variables,
        folder: folder.path().into(),
        flags: Flags::default(),
    };
    (folder, sources)
}

fn from_file(text: &str) -> Result<Loaded, Problems> {
    let (folder, sources) = given(&[]);
    fs::write(folder.path().join("switchboard.toml"), text).unwrap();
    load(&sources)
}

fn problems(result: Result<Loaded, Problems>) -> Vec<String> {
    let Err(Problems(problems)) = result else {
        panic!("nothing is wrong");
    };
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn the_defaults_are_good() {
    let (_folder, sources) = given(&[]);
    let config = load(&sources).unwrap().config;
    assert_eq!(config.listen.to_string(), "127.0.0.1:8000");
    assert_eq!(
        config.store.to_string(),
        "sqlite:./switchboard-data/switchboard.db"
    );
    assert_eq!(config.limits.tokens_per_minute, 3000);
    assert_eq!(config.http.allowed_origins.len(), 4);
    assert!(config.http.trusted_proxies.is_empty() && config.providers.is_empty());
}

#[test]
fn every_default_is_read() {
    let with_default = keys::KEYS
        .iter()
        .filter(|key| key.default.is_some())
        .count();
    assert_eq!(keys::defaults().len(), with_default);
}

#[test]
fn flags_win_over_variables_over_the_file_over_defaults() {
    let (folder, mut sources) = given(&[("SWITCHBOARD_DATA", "v"), ("SWITCHBOARD_LOG", "debug")]);
    let text = "data = 'f'\nlog = 'warn'\nworkers = 7\n";
    fs::write(folder.path().join("switchboard.toml"), text).unwrap();
    sources.flags.data = Some("flag".into());
    let loaded = load(&sources).unwrap();
    assert_eq!(loaded.config.data.to_str(), Some("flag"));
    assert_eq!(
        loaded.config.store.to_string(),
        "sqlite:flag/switchboard.db"
    );
    assert_eq!(
        (loaded.config.log.as_str(), loaded.config.workers),
        ("debug", 7)
    );
    let shown = loaded.show();
    for line in [
        "listen = \"127.0.0.1:8000\"  # default",
        "data = \"flag\"  # --data",
        "log = \"debug\"  # SWITCHBOARD_LOG",
        "workers = 7  # switchboard.toml:3",
    ] {
        assert!(shown.contains(line), "{line} is not in\n{shown}");
    }
}

#[test]
fn the_file_is_found_here_or_in_the_data_folder_or_where_it_is_said_to_be() {
    let (folder, mut sources) = given(&[]);
    fs::create_dir(folder.path().join("switchboard-data")).unwrap();
    fs::write(
        folder.path().join("switchboard-data/switchboard.toml"),
        "workers = 1",
    )
    .unwrap();
    assert_eq!(load(&sources).unwrap().config.workers, 1);
    fs::write(folder.path().join("switchboard.toml"), "workers = 2").unwrap();
    assert_eq!(load(&sources).unwrap().config.workers, 2);
    fs::write(folder.path().join("other.toml"), "workers = 3").unwrap();
    sources
        .variables
        .insert("SWITCHBOARD_CONFIG".into(), "other.toml".into());
    assert_eq!(load(&sources).unwrap().config.workers, 3);
    sources.flags.config = Some("none.toml".into());
    assert_eq!(
        problems(load(&sources)),
        ["none.toml: there is no such file"]
    );
}

#[test]
fn a_file_in_the_data_folder_cannot_move_it() {
    let (folder, sources) = given(&[("SWITCHBOARD_DATA", "d")]);
    fs::create_dir(folder.path().join("d")).unwrap();
    fs::write(folder.path().join("d/switchboard.toml"), "\ndata = 'e'").unwrap();
    let all = problems(load(&sources));
    assert!(all[0].starts_with("d/switchboard.toml:2: "), "{all:?}");
}

#[test]
fn unknown_names_are_refused_with_the_nearest() {
    let all = problems(from_file(
        "lisen = 'x'\n[limits]\nlogin_per_minut = 1\n[htpp]\n[providers.groq]\nmodel = 'x'",
    ));
    assert_eq!(
        all,
        [
            "switchboard.toml:4: unknown setting `htpp`; did you mean `http`?",
            "switchboard.toml:3: unknown setting `login_per_minut`; did you mean `login_per_minute`?",
            "switchboard.toml:1: unknown setting `lisen`; did you mean `listen`?",
            "switchboard.toml:6: unknown setting `model`; did you mean `models`?",
        ]
    );
    let (_folder, sources) = given(&[
        ("SWITCHBOARD_LISTN", "x"),
        ("SWITCHBOARD_ZZZZZZZZZZZZZZZZZZ", "x"),
    ]);
    assert_eq!(
        problems(load(&sources)),
        [
            "environment: unknown variable `SWITCHBOARD_LISTN`; did you mean `SWITCHBOARD_LISTEN`?",
            "environment: unknown variable `SWITCHBOARD_ZZZZZZZZZZZZZZZZZZ`",
        ]
    );
}

#[test]
fn variables_of_tests_and_of_others_are_left_alone() {
    let (_folder, sources) = given(&[
        ("SWITCHBOARD_TEST_POSTGRES", "x"),
        ("LISTEN", "y"),
        ("SWITCHBOARD_LOG", ""),
    ]);
    assert_eq!(load(&sources).unwrap().config.log, "info");
}

#[test]
fn everything_wrong_is_told_at_once() {
    let (folder, sources) = given(&[
        ("SWITCHBOARD_LISTEN", "here"),
        ("SWITCHBOARD_HTTP_ALLOWED_ORIGINS", "https://a.org/path"),
        ("SWITCHBOARD_HTTP_TRUSTED_PROXIES", "10.0.0.0/99"),
        ("SWITCHBOARD_MASTER_KEY", "c2hvcnQ="),
        ("OLLAMA_HOST", "http://u:secret@box"),
    ]);
    let text =
        "workers = 0\nstore = 'mysql://u:secret@x'\nlog_format = 'xml'\n[http]\npublic_url = 3\n";
    fs::write(folder.path().join("switchboard.toml"), text).unwrap();
    let all = problems(load(&sources)).join("\n");
    assert_eq!(all.lines().count(), 9, "{all}");
    for part in [
        "LISTEN",
        "ORIGINS",
        "PROXIES",
        "MASTER_KEY",
        ":1: `workers`",
        ":2: `store`",
        ":3: ",
        ":5: ",
    ] {
        assert!(all.contains(part), "{part} is not in\n{all}");
    }
    assert!(
        !all.contains("secret") && !all.contains("c2hvcnQ="),
        "{all}"
    );
}

#[test]
fn a_broken_file_is_told_by_its_line_and_not_by_its_content() {
    let all = problems(from_file("workers = 1\napi_key = 'sk-secret\n"));
    assert!(all[0].starts_with("switchboard.toml:2: "), "{all:?}");
    assert!(!all.join(" ").contains("sk-secret"), "{all:?}");
}

#[test]
fn what_is_no_origin_or_no_network_is_refused() {
    for bad in [
        "*",
        "a.org",
        "https://*.a.org",
        "https://a.org/",
        "ftp://a.org",
        "https://u@a.org",
    ] {
        assert!(
            from_file(&format!("[http]\nallowed_origins = ['{bad}']")).is_err(),
            "{bad}"
        );
    }
    let http = from_file(
        "[http]\nallowed_origins = ['https://a.org:1']\ntrusted_proxies = ['::1', '10.0.0.0/8']",
    )
    .unwrap()
    .config
    .http;
    assert_eq!(http.allowed_origins, ["https://a.org:1"]);
    assert!(http.trusted_proxies[1].contains(&"10.9.9.9".parse::<std::net::IpAddr>().unwrap()));
}

#[test]
fn lists_in_variables_are_divided_by_commas_and_may_be_empty() {
    let (_folder, mut sources) =
        given(&[("SWITCHBOARD_HTTP_ALLOWED_ORIGINS", "http://a, http://b")]);
    assert_eq!(
        load(&sources).unwrap().config.http.allowed_origins,
        ["http://a", "http://b"]
    );
    sources
        .variables
        .insert("SWITCHBOARD_HTTP_ALLOWED_ORIGINS".into(), String::new());
    assert!(
        load(&sources)
            .unwrap()
            .config
            .http
            .allowed_origins
            .is_empty()
    );
}

#[test]
fn providers_come_from_their_own_variables_and_ours_wins() {
    let (_folder, sources) = given(&[
        ("OPENAI_API_KEY", "sk-general"),
        ("SWITCHBOARD_PROVIDERS_OPENAI_API_KEY", "sk-ours"),
        ("SWITCHBOARD_PROVIDERS_OPENAI_DEFAULT_MODEL", "gpt"),
        ("GEMINI_API_KEY", "g"),
        ("OLLAMA_HOST", "box"),
    ]);
    let loaded = load(&sources).unwrap();
    let providers = &loaded.config.providers;
    let openai = &providers["openai"];
    assert_eq!(openai.api_key.as_ref().unwrap().expose_secret(), "sk-ours");
    assert_eq!(openai.default_model.as_deref(), Some("gpt"));
    assert_eq!(
        (openai.kind, openai.name.as_str()),
        (ProviderKind::OpenAi, "OpenAI")
    );
    assert_eq!(providers["google"].kind, ProviderKind::Google);
    assert_eq!(
        providers["ollama"].base_url.as_deref(),
        Some("http://box:11434")
    );
}

#[test]
fn a_variable_means_the_provider_as_the_file_spells_it() {
    let (folder, sources) = given(&[("SWITCHBOARD_PROVIDERS_MY_BOX_API_KEY", "k")]);
    let text = "[providers.my-box]\nbase_url = 'http://box/v1'\nmodels = ['a', 'b']\n";
    fs::write(folder.path().join("switchboard.toml"), text).unwrap();
    let config = load(&sources).unwrap().config;
    let provider = &config.providers["my-box"];
    assert!(provider.api_key.is_some() && provider.kind == ProviderKind::OpenAi);
    assert_eq!(provider.models, ["a", "b"]);
}

#[test]
fn other_providers_need_an_address_and_a_good_name() {
    let all = problems(from_file(
        "[providers.mine]\n[providers.demo]\n[providers.\"A b\"]\n",
    ));
    assert_eq!(all.len(), 3, "{all:?}");
    assert!(
        all.iter()
            .any(|what| what.contains("`mine` needs a `base_url`")),
        "{all:?}"
    );
    assert!(from_file("[providers.work]\nkind = 'anthropic'\napi_key = 'k'").is_ok());
}

#[test]
fn another_server_needs_an_address_and_a_name_of_its_own() {
    let far = "[providers.far]\nkind = 'agent-protocol'\n";
    let all = problems(from_file(&format!(
        "{far}[providers.groq]\nkind = 'agent-protocol'"
    )));
    assert_eq!(all.len(), 2, "{all:?}");
    assert!(all[0].contains("`far` needs a `base_url`"), "{all:?}");
    assert!(
        all[1].contains("`groq` speaks no agent-protocol"),
        "{all:?}"
    );
    let far = format!("{far}base_url = 'https://far.example.org'\napi_key = 'k'");
    let config = from_file(&far).unwrap().config;
    assert_eq!(config.providers["far"].kind, ProviderKind::AgentProtocol);
}

#[test]
fn what_is_said_of_a_bucket_belongs_together() {
    for (text, words) in [
        ("prefix = 'a'", "names a bucket"),
        ("bucket = 'b'\naccess_key_id = 'k'", "two halves"),
        (
            "bucket = 'b'\n[limits]\nartifact_bytes = 0",
            "up to 5368709120 bytes",
        ),
    ] {
        let all = problems(from_file(&format!("[artifacts]\n{text}")));
        assert!(all.len() == 1 && all[0].contains(words), "{all:?}");
    }
    let text = "[artifacts]\nbucket = 'b'\nendpoint = 'http://minio:9000'\n\
                access_key_id = 'k'\nsecret_access_key = 's3cr3t'";
    let loaded = from_file(text).unwrap();
    assert!(!loaded.show().contains("s3cr3t"), "{}", loaded.show());
    assert_eq!(loaded.config.artifacts.region, "us-east-1");
}

#[test]
fn secrets_are_never_shown() {
    let (folder, sources) = given(&[
        ("SWITCHBOARD_ADMIN_PASSWORD", "secret-1"),
        ("SWITCHBOARD_STORE", "postgres://u:secret-2@db/x"),
        ("GROQ_API_KEY", "secret-3"),
        (
            "SWITCHBOARD_MASTER_KEY",
            "c2VjcmV0LTQtNDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ=",
        ),
    ]);
    fs::write(
        folder.path().join("switchboard.toml"),
        "[providers.openai]\napi_key = 'secret-5'",
    )
    .unwrap();
    let loaded = load(&sources).unwrap();
    let all = format!("{}\n{:?}", loaded.show(), loaded.config);
    assert!(!all.contains("secret-") && !all.contains("c2Vj"), "{all}");
    assert!(all.contains("postgres://u:********@db/x"), "{all}");
    assert!(all.contains("# SWITCHBOARD_MASTER_KEY is set"), "{all}");
    assert!(!loaded.config.special.master_keys.is_empty());
}

#[test]
fn what_is_shown_can_be_read_again() {
    let loaded = from_file("log = 'warn'\n[providers.groq]\nmodels = ['m']\n").unwrap();
    let again = from_file(&loaded.show()).unwrap();
    assert_eq!(
        format!("{:?}", loaded.config),
        format!("{:?}", again.config)
    );
}

#[test]
fn no_two_settings_have_the_same_variable_and_the_page_names_all() {
    let page = include_str!("../../../../docs/CONFIGURATION.md");
    let mut seen = std::collections::BTreeSet::new();
    for key in keys::KEYS {
        assert!(
            seen.insert(keys::variable(key.path)),
            "{} is taken",
            key.path
        );
        let name = key.path.rsplit_once('.').map_or(key.path, |(_, name)| name);
        assert!(
            page.contains(&format!("`{name}`")),
            "docs/CONFIGURATION.md lacks {name}"
        );
    }
    for name in special::NAMES {
        assert!(page.contains(name), "docs/CONFIGURATION.md lacks {name}");
    }
}
