//! Another master key takes over.

use std::{
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use secrecy::{ExposeSecret as _, SecretString};
use switchboard::system::{SystemClock, SystemRandom};
use switchboard_core::keys::Sealing;
use switchboard_domain::{
    nouns::Secret,
    ports::{Key, Query, Record, Store, Vault, Write},
};
use switchboard_store::{AeadVault, KeySource, MasterKey, Role};

use super::program::Program;
use crate::support::{Engine, PASSWORD, on_both_stores, run_beside};

on_both_stores!(
    a_new_key_takes_over_while_the_server_runs,
    rotating_under_load_loses_nothing,
    a_copy_of_the_store_gives_no_secret_without_its_key,
    a_rotation_that_was_cut_off_is_brought_to_its_end,
    the_first_key_of_the_variable_takes_over,
);

/// The keys in a file, as a server reads them.
struct Lines(PathBuf);

impl KeySource for Lines {
    fn read(&self) -> Vec<MasterKey> {
        keys(&self.0)
            .into_iter()
            .map(|line| MasterKey::parse(&line.into()).unwrap())
            .collect()
    }
}

fn keys(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn id(key: &str) -> String {
    MasterKey::parse(&key.into()).unwrap().id().to_owned()
}

fn vault(file: &Path) -> AeadVault {
    AeadVault::from_source(Box::new(Lines(file.to_owned())), Arc::new(SystemRandom)).unwrap()
}

async fn open(program: &Program) -> Arc<dyn Store> {
    let url = SecretString::from(program.place.store.clone());
    let clock = Arc::new(SystemClock);
    switchboard_store::open(&url, Role::Tool, clock)
        .await
        .unwrap()
}

/// What a value is, by its name.
fn value(name: &str) -> String {
    format!("the secret value of {name}")
}

/// Stores a value, as the use cases do.
async fn put(store: &dyn Store, vault: &dyn Vault, name: &str) {
    loop {
        let sealing = Sealing::begin(store, vault).await.unwrap();
        let secret = Secret {
            id: name.to_owned(),
            sealed: sealing.seal(name, value(name).as_bytes()).unwrap(),
        };
        let write = sealing.guard(Write::new().put(secret)).unwrap();
        if store.commit(write).await.is_ok() {
            return;
        }
    }
}

/// All that is sealed in the store.
async fn sealed(store: &dyn Store) -> Vec<Secret> {
    let query = Query::Sealed {
        after: None,
        limit: 100_000,
    };
    let records = store.list(&query).await.unwrap();
    let secrets = records.into_iter().map(Secret::try_from);
    secrets.collect::<Result<_, Record>>().unwrap()
}

async fn a_new_key_takes_over_while_the_server_runs(engine: Engine) {
    let program = Program::with_root(engine).await;
    let said = program.run(&["key", "rotate"]).await.failed();
    assert!(
        said.contains("the first start of the server makes it"),
        "{said}"
    );
    let server = program.start().await;
    let file = program.file("master.key");
    let first = keys(&file).remove(0);

    let said = program.run(&["key", "rotate"]).await.ok();
    let both = keys(&file);
    assert_eq!(both.len(), 2, "{said}");
    assert_eq!(both[1], first);
    assert!(
        said.starts_with(&format!("{} seals now, and 2 values", id(&both[0]))),
        "{said}"
    );
    assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
    let list = program.run(&["key", "list"]).await.ok();
    let rows: Vec<Vec<&str>> = list
        .lines()
        .skip(1)
        .map(|row| row.split_whitespace().collect())
        .collect();
    assert_eq!(rows[0], [&id(&both[0]), "3", "seals"], "{list}");
    assert_eq!(rows[1], [&id(&first), "0", "is", "not", "needed"], "{list}");
    for secret in both.iter().chain([&first]) {
        assert!(!said.contains(secret.as_str()) && !list.contains(secret.as_str()));
    }
    server.client.login("root", PASSWORD).await;
    server.stop().await;

    program.start().await.stop().await;
    let said = program.run(&["key", "forget"]).await.ok();
    assert!(
        said.contains(&id(&first)) && said.contains("backups"),
        "{said}"
    );
    assert_eq!(keys(&file), both[..1]);
    let said = program.run(&["key", "forget"]).await.ok();
    assert!(said.contains("is the only key"), "{said}");
    program.start().await.client.login("root", PASSWORD).await;
}

async fn rotating_under_load_loses_nothing(engine: Engine) {
    let program = Program::with_root(engine).await;
    let server = program.start().await;
    let file = program.file("master.key");
    let stopped = Arc::new(AtomicBool::new(false));
    let counts: Vec<Arc<AtomicU32>> = (0..4).map(|_| Arc::default()).collect();
    let mut writers = Vec::new();
    for (writer, count) in counts.iter().enumerate() {
        let (store, vault) = (open(&program).await, vault(&file));
        let (stopped, count) = (Arc::clone(&stopped), Arc::clone(count));
        let (tell, done) = tokio::sync::oneshot::channel::<()>();
        writers.push(done);
        run_beside(async move {
            while !stopped.load(Ordering::SeqCst) {
                let n = count.load(Ordering::SeqCst);
                put(&*store, &vault, &format!("{writer}-{}", n % 50)).await;
                count.store(n + 1, Ordering::SeqCst);
            }
            store.close().await;
            drop(tell);
        });
    }
    for _ in 0..4 {
        program.run(&["key", "rotate"]).await.ok();
        program.run(&["key", "forget"]).await.ok();
    }
    let before: u32 = counts
        .iter()
        .map(|count| count.load(Ordering::SeqCst))
        .sum();
    assert!(before > 0, "something was stored meanwhile");
    // All that is stored by now, and all that will be, opens with the one key that is left.
    stopped.store(true, Ordering::SeqCst);
    for done in writers {
        done.await.unwrap_err();
    }
    let (store, vault) = (open(&program).await, vault(&file));
    assert_eq!(keys(&file).len(), 1);
    let secrets = sealed(&*store).await;
    let stored: u32 = counts
        .iter()
        .map(|count| count.load(Ordering::SeqCst).min(50))
        .sum();
    assert_eq!(
        secrets.len(),
        stored as usize + 3,
        "and what the server needs"
    );
    for secret in secrets {
        let plain = vault.open(&secret.id, secret.sealed.reveal()).unwrap();
        if secret.id.contains('-') && secret.id.starts_with(|c: char| c.is_ascii_digit()) {
            assert_eq!(plain.expose_secret(), value(&secret.id).as_bytes());
        }
    }
    store.close().await;
    server.client.login("root", PASSWORD).await;
    server.stop().await;
    program.start().await;
}

async fn a_copy_of_the_store_gives_no_secret_without_its_key(engine: Engine) {
    let program = Program::with_root(engine).await;
    program.start().await.stop().await;
    let store = open(&program).await;
    let own = vault(&program.file("master.key"));
    put(&*store, &own, "mail").await;
    let other = AeadVault::new(MasterKey::new([9; 32]), Arc::new(SystemRandom));
    for secret in sealed(&*store).await {
        let text = serde_json::to_string(&Record::from(secret.clone())).unwrap();
        assert!(!text.contains("secret value"), "{text}");
        assert!(other.open(&secret.id, secret.sealed.reveal()).is_err());
        assert!(own.open(&secret.id, secret.sealed.reveal()).is_ok());
    }
    store.close().await;
    let plain = value("mail");
    for entry in fs::read_dir(program.file(".")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            continue;
        }
        let bytes = fs::read(path).unwrap();
        assert!(
            !bytes
                .windows(plain.len())
                .any(|part| part == plain.as_bytes())
        );
    }
}

async fn a_rotation_that_was_cut_off_is_brought_to_its_end(engine: Engine) {
    let program = Program::with_root(engine).await;
    program.start().await.stop().await;
    let file = program.file("master.key");
    let old = keys(&file).remove(0);
    // As if it had been cut off when the new key was in the file.
    let new = MasterKey::generate(&SystemRandom).to_text();
    let new = new.expose_secret();
    fs::write(&file, format!("{new}\n{old}\n")).unwrap();
    let server = program.start().await;
    let said = program.run(&["key", "forget"]).await.failed();
    assert!(
        said.contains("run `switchboard key rotate` first"),
        "{said}"
    );
    let store = open(&program).await;
    put(&*store, &vault(&file), "mail").await;
    let mail = store
        .get(&Key::of::<Secret>("mail"))
        .await
        .unwrap()
        .unwrap();
    let sealed_by = |record: &Record| vault(&file).key_of(record.sealed().unwrap().1.reveal());
    assert_eq!(
        sealed_by(&mail),
        Some(id(&old)),
        "the store says which key seals"
    );

    program.run(&["key", "rotate"]).await.ok();
    assert_eq!(keys(&file), [new.to_owned(), old.clone()]);
    let mail = store
        .get(&Key::of::<Secret>("mail"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(sealed_by(&mail), Some(id(new)));
    store.close().await;
    program.run(&["key", "forget"]).await.ok();
    server.stop().await;
    program.start().await.stop().await;
    // The earlier key opens nothing any more.
    fs::write(&file, old).unwrap();
    let said = program.refuses_to_start().await;
    assert!(said.contains("does not open"), "{said}");
}

async fn the_first_key_of_the_variable_takes_over(engine: Engine) {
    let make = || {
        MasterKey::generate(&SystemRandom)
            .to_text()
            .expose_secret()
            .to_owned()
    };
    let (old, new) = (make(), make());
    let program = Program::with_root(engine).await.with("MASTER_KEY", &old);
    program.start().await.stop().await;
    let said = program.run(&["key", "rotate"]).await.failed();
    assert!(said.contains("put a new key before it"), "{said}");
    let program = program.with("MASTER_KEY", &format!("{new} {old}"));
    let server = program.start().await;
    program.run(&["key", "rotate"]).await.ok();
    let said = program.run(&["key", "forget"]).await.ok();
    assert!(
        said.contains(&id(&old)) && said.contains("take it out"),
        "{said}"
    );
    server.client.login("root", PASSWORD).await;
    server.stop().await;
    assert!(!program.file("master.key").exists());
    let program = program.with("MASTER_KEY", &new);
    program.start().await.client.login("root", PASSWORD).await;
    let said = program.with("MASTER_KEY", &old).refuses_to_start().await;
    assert!(said.contains("does not open"), "{said}");
}
