//! Users' credentials: set and removed, and never shown again.

use super::{grants, require_workflows};
use crate::{app::Switchboard, retry::optimistic};
use secrecy::{ExposeSecret, SecretString};
use switchboard_domain::{
    Error, Result, Timestamp,
    error::FieldError,
    nouns::{Credential, Hidden, Principal, Wallet},
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
    let (wallet, _) = open(caller, app).await?;
    let views = wallet.credentials.into_iter().map(|it| CredentialView {
        name: it.name,
        updated_at: it.updated_at,
    });
    Ok(views.collect())
}

/// The caller's credentials, and whether they are stored.
async fn open(caller: &Principal, app: &Switchboard) -> Result<(Wallet, bool)> {
    let owner = caller.user();
    let stored: Option<Wallet> = find(&*app.ports.store, owner.as_str()).await?;
    let is_stored = stored.is_some();
    Ok((
        stored.unwrap_or_else(|| Wallet::empty(owner.clone())),
        is_stored,
    ))
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
    let seal = Wallet::seal(caller.user(), name);
    let build = || async {
        let (was, is_stored) = open(caller, app).await?;
        // Sealed anew each time: meanwhile the master key may have been changed.
        let sealed = app
            .vault
            .seal(&seal, value.as_bytes())
            .map_err(|error| Error::Internal(error.to_string()))?;
        let mut wallet = was.clone();
        wallet.set(Credential {
            name: name.to_owned(),
            sealed: Hidden::new(sealed),
            updated_at: app.ports.now(),
        });
        if wallet.credentials.len() > CREDENTIALS_MAX {
            return Err(Error::QuotaExceeded(format!(
                "You have {CREDENTIALS_MAX} credentials, which is the limit; remove one"
            )));
        }
        Ok(((), replace(was, is_stored).put(wallet)))
    };
    optimistic(&*app.ports.store, build).await?;
    Ok(())
}

/// A write that stands only if the credentials are as they were.
fn replace(was: Wallet, is_stored: bool) -> Write {
    if is_stored {
        return Write::new().unchanged(was);
    }
    Write::new().absent(Key::of::<Wallet>(was.id.as_str()))
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
    let build = || async move {
        let (was, is_stored) = open(caller, app).await?;
        let mut wallet = was.clone();
        if !wallet.remove(name) {
            return Err(Error::NotFound("Credential"));
        }
        Ok(((), replace(was, is_stored).put(wallet)))
    };
    optimistic(&*app.ports.store, build).await?;
    Ok(())
}
