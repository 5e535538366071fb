//! What only variables say: the first account, and the key that opens the store's secrets.

use std::collections::BTreeMap;

use secrecy::SecretString;
use switchboard_store::MasterKey;

use super::problem::Problem;
use crate::master_key;

pub(super) const CONFIG: &str = "SWITCHBOARD_CONFIG";
const ADMIN_USERNAME: &str = "SWITCHBOARD_ADMIN_USERNAME";
const ADMIN_PASSWORD: &str = "SWITCHBOARD_ADMIN_PASSWORD";
const MASTER_KEY: &str = "SWITCHBOARD_MASTER_KEY";

/// What `chat` reads, and a server that is started from the same shell does not mind.
const OF_CHAT: [&str; 4] = [
    "SWITCHBOARD_SERVER",
    "SWITCHBOARD_USER",
    "SWITCHBOARD_PASSWORD",
    "SWITCHBOARD_TOKEN",
];

/// The variables that are no settings.
pub(super) const NAMES: &[&str] = &[
    CONFIG,
    ADMIN_USERNAME,
    ADMIN_PASSWORD,
    MASTER_KEY,
    OF_CHAT[0],
    OF_CHAT[1],
    OF_CHAT[2],
    OF_CHAT[3],
];

/// What only variables say.
#[derive(Debug, Default)]
pub struct Special {
    /// The name of the first account.
    pub admin_username: Option<String>,
    /// The password of the first account.
    pub admin_password: Option<SecretString>,
    /// The keys that open the secrets in the store, the newest first; none if they are in the file.
    pub master_keys: Vec<MasterKey>,
}

impl Special {
    /// Which of the variables are set, in the order of their names behind the first.
    pub(super) fn which_are_set(&self) -> [bool; 3] {
        [
            self.admin_username.is_some(),
            self.admin_password.is_some(),
            !self.master_keys.is_empty(),
        ]
    }
}

pub(super) fn read(variables: &BTreeMap<String, String>, problems: &mut Vec<Problem>) -> Special {
    let get = |name| {
        variables
            .get(name)
            .filter(|value: &&String| !value.is_empty())
    };
    let master_keys = get(MASTER_KEY).and_then(|text| {
        let keys = master_key::parse(&text.as_str().into());
        if keys.is_none() {
            let what = "must be 32 bytes in base64; `openssl rand -base64 32` makes such a key. \
                        Several are divided by spaces, the newest first";
            problems.push(Problem::new(MASTER_KEY, what));
        }
        keys
    });
    Special {
        admin_username: get(ADMIN_USERNAME).cloned(),
        admin_password: get(ADMIN_PASSWORD).map(|text| text.as_str().into()),
        master_keys: master_keys.unwrap_or_default(),
    }
}
