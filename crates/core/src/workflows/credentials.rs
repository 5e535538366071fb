//! Users' credentials: set and removed, and never shown again.

use super::{
    grants::{self, Values},
    require_workflows,
};
use crate::{app::Switchboard, keys::Sealing, retry::optimistic};
use secrecy::{ExposeSecret, SecretString};
use switchboard_domain::{
    Error, Result, Timestamp,
    error::FieldError,
    nouns::{Credential, Principal, Wallet},
    ports::{Key, Write, find},
};

/// How many credentials a user may have.
const CREDENTIALS_MAX: usize = 200;
/// The longest value, in bytes.
const VALUE_MAX: usize = 16 << 10;

/// A credential, without its value.
#[derive(Debug, Clone)]
pub struct CredentialView {
    /// Its name.
    pub name: String,
    /// When it was last set.
    pub updated_at: Timestamp,
}

/// The caller's credentials, by name, without their values.
///
/// # Errors
/// [`Error::Forbidden`] for an API token without the scope.
pub async fn credentials(caller: &Principal, app: &Switchboard) -> Result<Vec<CredentialView>> {
    require_workflows(caller)?;
    let wallet: Option<Wallet> = find(&*app.ports.store, caller.user().as_str()).await?;
    let credentials = wallet.map(|wallet| wallet.credentials).unwrap_or_default();
    let views = credentials.into_iter().map(|it| CredentialView {
        name: it.name,
        updated_at: it.updated_at,
    });
    Ok(views.collect())
}

/// Changes the caller's credentials: the names, and the values beside them.
async fn change(
    caller: &Principal,
    app: &Switchboard,
    change: impl Fn(&mut Vec<Credential>, &mut Values) -> Result<()>,
) -> Result<()> {
    let (store, owner) = (&*app.ports.store, caller.user());
    optimistic(store, async || {
        let was: Option<Wallet> = find(store, owner.as_str()).await?;
        let (mut credentials, mut values) = match &was {
            Some(wallet) => (
                wallet.credentials.clone(),
                grants::open(app, owner, wallet)?,
            ),
            None => (Vec::new(), Values::new()),
        };
        change(&mut credentials, &mut values)?;
        let sealing = Sealing::begin(store, &*app.vault).await?;
        let wallet = Wallet {
            id: owner.clone(),
            credentials,
            sealed: sealing.seal(&Wallet::seal(owner), &grants::to_seal(&values)?)?,
        };
        let write = match was {
            Some(was) => Write::new().unchanged(was),
            None => Write::new().absent(Key::of::<Wallet>(owner.key())),
        };
        Ok(((), sealing.guard(write.put(wallet))?))
    })
    .await?;
    Ok(())
}

/// Sets a credential of the caller's. Spaces around the value are left out.
///
/// # Errors
/// [`Error::Fields`] for a name or a value that cannot be; [`Error::QuotaExceeded`].
pub async fn set_credential(
    caller: &Principal,
    app: &Switchboard,
    name: &str,
    value: &SecretString,
) -> Result<()> {
    require_workflows(caller)?;
    let value = value.expose_secret().trim();
    check(name, value)?;
    let updated_at = app.ports.now();
    change(caller, app, |credentials, values| {
        credentials.retain(|other| other.name != name);
        let place = credentials.partition_point(|other| other.name.as_str() < name);
        let name = name.to_owned();
        credentials.insert(
            place,
            Credential {
                name: name.clone(),
                updated_at,
            },
        );
        values.insert(name, value.into());
        if credentials.len() <= CREDENTIALS_MAX {
            return Ok(());
        }
        Err(Error::QuotaExceeded(format!(
            "You have {CREDENTIALS_MAX} credentials, which is the limit; remove one"
        )))
    })
    .await
}

fn check(name: &str, value: &str) -> Result<()> {
    let wrong = |member: &str, message: String| {
        Err(FieldError::value(&[member], message, serde_json::Value::Null).into())
    };
    if !grants::is_name(name) {
        let most = grants::NAME_MAX;
        return wrong(
            "name",
            format!("must have 1 to {most} characters, and no control characters"),
        );
    }
    if value.is_empty() || value.len() > VALUE_MAX {
        return wrong("value", format!("must have 1 to {VALUE_MAX} bytes"));
    }
    Ok(())
}

/// Removes a credential of the caller's. Agents are not sent it any more.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn remove_credential(caller: &Principal, app: &Switchboard, name: &str) -> Result<()> {
    require_workflows(caller)?;
    change(caller, app, |credentials, values| {
        let before = credentials.len();
        credentials.retain(|other| other.name != name);
        values.remove(name);
        if credentials.len() == before {
            return Err(Error::NotFound("Credential"));
        }
        Ok(())
    })
    .await
}
