//! The trail of a user's actions: one chain, each entry sealed together with the one before.

use crate::{
    app::{Ports, Switchboard},
    keys::Sealing,
    retry::optimistic,
};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretSlice, zeroize::Zeroizing};
use sha2::Sha256;
use switchboard_domain::{
    Error, Result, Timestamp,
    ids::{StreamId, Username},
    nouns::{Action, Event, Object, Principal, Recorded, Scope, Secret, TrailEntry, TrailHead},
    ports::{Change, Guard, Key, Page, Record, Vault, Write, find},
    text::hex,
};

/// The name under which the key of the trails is sealed in the store.
const TRAIL_KEY: &str = "trail-key";
/// How many entries are read at a time.
const SLICE: usize = 2000;
/// How many bytes of them.
const SLICE_BYTES: usize = 8 << 20;

/// What seals the entries of all trails.
pub struct Trails {
    key: SecretSlice<u8>,
}

impl Trails {
    /// Reads the key from the store; the first start makes it.
    ///
    /// # Errors
    /// When the store fails, or the master key does not open the key.
    pub async fn open(ports: &Ports, vault: &dyn Vault) -> Result<Self> {
        let secret = match find::<Secret>(&*ports.store, TRAIL_KEY).await? {
            Some(secret) => secret,
            None => make_key(ports, vault).await?,
        };
        let key = vault
            .open(TRAIL_KEY, secret.sealed.reveal())
            .map_err(|error| Error::Internal(format!("the key of the trails: {error}")))?;
        Ok(Self { key })
    }

    fn mac(key: &[u8]) -> Result<Hmac<Sha256>> {
        Hmac::new_from_slice(key).map_err(|error| Error::Internal(error.to_string()))
    }

    /// The key of one user's trail, made from that of all.
    fn key_of(&self, owner: &Username) -> Result<Zeroizing<Vec<u8>>> {
        let mut mac = Self::mac(self.key.expose_secret())?;
        mac.update(owner.as_str().as_bytes());
        Ok(Zeroizing::new(mac.finalize().into_bytes().to_vec()))
    }

    /// The seal of an entry under its trail's key.
    fn seal(key: &[u8], entry: &TrailEntry) -> Result<String> {
        let mut mac = Self::mac(key)?;
        mac.update(&entry.sealed_text().map_err(Error::Internal)?);
        Ok(hex(mac.finalize().into_bytes()))
    }
}

/// Makes the key, unless another node was faster.
async fn make_key(ports: &Ports, vault: &dyn Vault) -> Result<Secret> {
    let build = async || {
        if let Some(there) = find::<Secret>(&*ports.store, TRAIL_KEY).await? {
            return Ok((there, Write::new()));
        }
        let sealing = Sealing::begin(&*ports.store, vault).await?;
        let mut key = Zeroizing::new([0; 32]);
        ports.random.fill(&mut *key);
        let secret = Secret {
            id: TRAIL_KEY.to_owned(),
            sealed: sealing.seal(TRAIL_KEY, &*key)?,
        };
        let write = Write::new().absent(Key::of::<Secret>(TRAIL_KEY));
        Ok((secret.clone(), sealing.guard(write.put(secret))?))
    };
    Ok(optimistic(&*ports.store, build).await?.0)
}

/// A write about a user's actions, with what the trail says of it. Of all such writes of a user one
/// comes after another, each made from what the one before left: so what was read for it still holds.
pub struct Book<'a> {
    app: &'a Switchboard,
    owner: Username,
    /// The newest entry as it was read.
    read: Option<TrailHead>,
    head: TrailHead,
    key: Zeroizing<Vec<u8>>,
    write: Write,
}

impl<'a> Book<'a> {
    /// Opens it. What the write is made from is read after this.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn open(app: &'a Switchboard, owner: &Username) -> Result<Self> {
        let read: Option<TrailHead> = find(&*app.ports.store, owner.as_str()).await?;
        let none = || TrailHead {
            id: owner.clone(),
            no: 0,
            seal: String::new(),
        };
        Ok(Self {
            app,
            owner: owner.clone(),
            head: read.clone().unwrap_or_else(none),
            read,
            key: app.trails.key_of(owner)?,
            write: Write::new(),
        })
    }

    /// The server.
    pub fn app(&self) -> &'a Switchboard {
        self.app
    }

    /// Whose.
    pub fn owner(&self) -> &Username {
        &self.owner
    }

    /// Adds an entry.
    ///
    /// # Errors
    /// When it cannot be sealed.
    pub fn enter(
        &mut self,
        what: &str,
        by: &str,
        action: Option<&Action>,
        details: Object,
    ) -> Result<()> {
        let mut entry = TrailEntry {
            owner: self.owner.clone(),
            no: self.head.no + 1,
            at: self.app.ports.now(),
            what: what.to_owned(),
            by: by.to_owned(),
            action: action.map(|action| action.id.clone()),
            state: action.map(|action| action.state),
            digest: action.map(|action| action.digest.clone()),
            details,
            previous: self.head.seal.clone(),
            seal: String::new(),
        };
        entry.seal = Trails::seal(&self.key, &entry)?;
        self.head.no = entry.no;
        self.head.seal.clone_from(&entry.seal);
        let event = Event::Trail(Box::new(entry));
        self.append(StreamId::trail(&self.owner.clone()), event);
        Ok(())
    }

    /// Stores a record.
    pub fn put(&mut self, record: impl Into<Record>) {
        self.change(Change::Put(Box::new(record.into())));
    }

    /// Appends an event.
    pub fn append(&mut self, stream: StreamId, event: Event) {
        self.change(Change::Append {
            stream,
            event,
            dedup: None,
        });
    }

    /// Adds a change.
    pub fn change(&mut self, change: Change) {
        self.write.changes.push(change);
    }

    /// Adds a guard.
    pub fn guard(&mut self, guard: Guard) {
        self.write.guards.push(guard);
    }

    /// The write stands only if the record is as it was read.
    pub fn unchanged(&mut self, record: impl Into<Record>) {
        self.guard(Guard::Unchanged(Box::new(record.into())));
    }

    /// Adds it all to a write. Where nothing was entered, others are not kept from writing.
    pub fn into_write(mut self, mut write: Write) -> Write {
        if self.head.no > self.read.as_ref().map_or(0, |read| read.no) {
            if let Some(read) = self.read.take() {
                self.unchanged(read);
            } else {
                let key = Key::of::<TrailHead>(self.owner.key());
                self.guard(Guard::Absent(key));
            }
            let head = self.head.clone();
            self.put(head);
        }
        write.guards.extend(self.write.guards);
        write.changes.extend(self.write.changes);
        write.reads.extend(self.write.reads);
        write
    }
}

/// Which trail a caller may look at: their own, or with the scope `admin` anybody's.
fn whose(caller: &Principal, owner: Option<&str>) -> Result<Username> {
    super::require_owner(caller)?;
    match owner {
        None => Ok(caller.user().clone()),
        Some(name) if name == caller.user().as_str() => Ok(caller.user().clone()),
        Some(name) if caller.has(Scope::Admin) => name.parse().map_err(|_| Error::NotFound("User")),
        Some(_) => Err(Error::Forbidden(
            "Only administrators may look at the trails of others".to_owned(),
        )),
    }
}

async fn entries(app: &Switchboard, owner: &Username, page: Page) -> Result<Vec<Recorded>> {
    let stream = StreamId::trail(owner);
    Ok(app.ports.store.events(&stream, page).await?)
}

/// A page of a trail, newest first: the caller's own, or for administrators anybody's.
///
/// # Errors
/// [`Error::Forbidden`].
pub async fn trail(
    caller: &Principal,
    app: &Switchboard,
    owner: Option<&str>,
    before: Option<i64>,
    limit: usize,
) -> Result<Vec<TrailEntry>> {
    let owner = whose(caller, owner)?;
    let page = Page::UpTo {
        no: before.map_or(i64::MAX, |before| before - 1),
        limit,
        bytes: SLICE_BYTES,
    };
    let mut found: Vec<TrailEntry> = entries(app, &owner, page)
        .await?
        .into_iter()
        .filter_map(|recorded| match recorded.event {
            Event::Trail(entry) => Some(*entry),
            _ => None,
        })
        .collect();
    found.reverse();
    Ok(found)
}

/// Whether a trail is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Whose.
    pub owner: Username,
    /// How many entries are in order.
    pub entries: i64,
    /// The number of the first that is not: it was changed, or is missing. None if all are.
    pub broken_at: Option<i64>,
    /// When it was looked at.
    pub at: Timestamp,
}

/// Looks whether a trail is whole: each entry sealed together with the one before, none missing, and
/// the newest one is the last that was written.
///
/// # Errors
/// [`Error::Forbidden`].
pub async fn verify(
    caller: &Principal,
    app: &Switchboard,
    owner: Option<&str>,
) -> Result<Verified> {
    let owner = whose(caller, owner)?;
    let at = app.ports.now();
    let key = app.trails.key_of(&owner)?;
    // Read first: what comes meanwhile is behind it.
    let head: Option<TrailHead> = find(&*app.ports.store, owner.as_str()).await?;
    let (mut no, mut seal) = (0, String::new());
    let verified = |entries, broken_at| Verified {
        owner: owner.clone(),
        entries,
        broken_at,
        at,
    };
    loop {
        let page = Page::After {
            after: no,
            limit: SLICE,
            bytes: SLICE_BYTES,
        };
        let slice = entries(app, &owner, page).await?;
        if slice.is_empty() {
            break;
        }
        for recorded in slice {
            let good = match &recorded.event {
                Event::Trail(entry) => {
                    recorded.position.no == no + 1
                        && entry.no == no + 1
                        && entry.owner == owner
                        && entry.previous == seal
                        && Trails::seal(&key, entry)? == entry.seal
                }
                _ => false,
            };
            let Event::Trail(entry) = recorded.event else {
                return Ok(verified(no, Some(no + 1)));
            };
            if !good {
                return Ok(verified(no, Some(no + 1)));
            }
            no = entry.no;
            seal = entry.seal;
            if head
                .as_ref()
                .is_some_and(|head| head.no == no && head.seal != seal)
            {
                return Ok(verified(no - 1, Some(no)));
            }
        }
    }
    let missing = head.is_some_and(|head| head.no > no);
    Ok(verified(no, missing.then_some(no + 1)))
}
