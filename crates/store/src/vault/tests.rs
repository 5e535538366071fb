use super::*;
use switchboard_testkit::random::TestRandom;

fn vault(seed: u64) -> AeadVault {
    let random = Arc::new(TestRandom::seeded(seed));
    AeadVault::new(MasterKey::generate(&*random), random)
}

/// Seals under the newest key.
fn seal(vault: &AeadVault, name: &str, plain: &[u8]) -> Result<String, VaultError> {
    vault.seal_under(&vault.newest(), name, plain)
}

#[test]
fn opens_what_it_sealed() {
    let vault = vault(1);
    for plain in [b"".as_slice(), b"secret", &vec![0; 100_000]] {
        let sealed = seal(&vault, "jwt", plain).unwrap();
        assert_eq!(vault.open("jwt", &sealed).unwrap().expose_secret(), plain);
        assert!(
            sealed.starts_with(&format!("v1.{}.", vault.newest())),
            "{sealed}"
        );
    }
    assert_ne!(
        seal(&vault, "jwt", b"same").unwrap(),
        seal(&vault, "jwt", b"same").unwrap()
    );
}

#[test]
fn another_name_or_key_does_not_open() {
    let sealed = seal(&vault(1), "jwt", b"secret").unwrap();
    assert!(vault(1).open("jwt", &sealed).is_ok());
    assert_eq!(vault(1).open("other", &sealed).err(), Some(VaultError));
    assert_eq!(vault(2).open("jwt", &sealed).err(), Some(VaultError));
    // Not even when the text claims to be of the other key.
    let claimed = sealed.replace(&vault(1).newest(), &vault(2).newest());
    assert_eq!(vault(2).open("jwt", &claimed).err(), Some(VaultError));
}

#[test]
fn any_change_is_noticed() {
    let vault = vault(1);
    let sealed = seal(&vault, "jwt", b"secret").unwrap();
    for at in 0..sealed.len() {
        let mut bytes = sealed.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        assert!(vault.open("jwt", &changed).is_err(), "changed at {at}");
        assert!(vault.open("jwt", &sealed[..at]).is_err(), "cut at {at}");
    }
    assert!(vault.open("jwt", &format!("{sealed}.")).is_err());
    // A value under one data key does not open under another of the same name.
    let other = seal(&vault, "jwt", b"other").unwrap();
    let parts = |text: &str| text.split('.').map(str::to_owned).collect::<Vec<_>>();
    let (one, two) = (parts(&sealed), parts(&other));
    assert!(
        vault
            .open("jwt", &[&one[..3], &two[3..]].concat().join("."))
            .is_err()
    );
}

#[test]
fn keys_survive_their_text_and_are_not_printed() {
    let key = MasterKey::generate(&TestRandom::seeded(7));
    let text = key.to_text();
    let read = MasterKey::parse(&format!(" {}\n", text.expose_secret()).into()).unwrap();
    assert_eq!(read.bytes.expose_secret(), key.bytes.expose_secret());
    assert_eq!(format!("{key:?}"), format!("MasterKey({})", key.id()));
    for bad in ["", "AAAA", "not base64!", &"A".repeat(100)] {
        assert!(MasterKey::parse(&bad.into()).is_err(), "{bad}");
    }
}

/// A source from which keys are read one after the other, as if they were written meanwhile.
struct Growing(Vec<[u8; 32]>, std::sync::atomic::AtomicUsize);

impl KeySource for Growing {
    fn read(&self) -> Vec<MasterKey> {
        let known = self.1.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1;
        let known = &self.0[..known.min(self.0.len())];
        known
            .iter()
            .rev()
            .map(|bytes| MasterKey::new(*bytes))
            .collect()
    }
}

fn keys(count: u8) -> (AeadVault, Vec<String>) {
    let bytes: Vec<[u8; 32]> = (1..=count).map(|n| [n; 32]).collect();
    let ids = bytes
        .iter()
        .map(|bytes| MasterKey::new(*bytes).id().to_owned());
    let ids = ids.collect();
    let source = Box::new(Growing(bytes, std::sync::atomic::AtomicUsize::new(0)));
    let random = Arc::new(TestRandom::seeded(3));
    (AeadVault::from_source(source, random).unwrap(), ids)
}

#[test]
fn a_key_that_is_needed_is_looked_for() {
    let (vault, ids) = keys(3);
    assert_eq!(vault.newest(), ids[0]);
    let (later, _) = keys(2);
    assert!(later.knows(&ids[1]));
    let sealed = later.seal_under(&ids[1], "jwt", b"secret").unwrap();
    assert_eq!(vault.key_of(&sealed).as_deref(), Some(ids[1].as_str()));
    assert_eq!(
        vault.open("jwt", &sealed).unwrap().expose_secret(),
        b"secret"
    );
    assert_eq!(vault.newest(), ids[1]);
    // What it knew before still opens.
    let early = vault.seal_under(&ids[0], "jwt", b"early").unwrap();
    assert_eq!(vault.open("jwt", &early).unwrap().expose_secret(), b"early");
    assert!(!vault.knows("0000000000000000"));
}

#[test]
fn another_key_takes_over_without_opening_the_value() {
    let (vault, ids) = keys(2);
    let sealed = seal(&vault, "jwt", b"secret").unwrap();
    assert_eq!(vault.reseal(&ids[0], "jwt", &sealed), Ok(None));
    let resealed = vault.reseal(&ids[1], "jwt", &sealed).unwrap().unwrap();
    assert_eq!(vault.key_of(&resealed).as_deref(), Some(ids[1].as_str()));
    assert_eq!(
        vault.open("jwt", &resealed).unwrap().expose_secret(),
        b"secret"
    );
    let value = |text: &str| text.rsplit_once('.').unwrap().1.to_owned();
    assert_eq!(value(&resealed), value(&sealed));
    // Only under its name, and only from and to keys that are known.
    assert_eq!(vault.reseal(&ids[1], "other", &sealed), Err(VaultError));
    assert_eq!(
        vault.reseal("0000000000000000", "jwt", &sealed),
        Err(VaultError)
    );
    let (other, _) = keys(1);
    assert_eq!(other.reseal(&ids[0], "jwt", &resealed), Err(VaultError));
    assert_eq!(vault.key_of("v1.abc"), None);
}
