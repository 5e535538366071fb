//! Who may come in: users, their passwords and tokens.

mod access;
mod authenticate;
mod lockout;
mod login;
mod password;
mod signer;
mod tokens;
mod users;

pub use access::Admission;
pub(crate) use access::{Access, apply_access_news};
pub use authenticate::{
    authenticate, authenticate_access_token, authenticate_local, looks_like_jwt, verify,
};
pub use login::{AccessToken, login, logout};
pub(crate) use signer::{SIGNING_KEY, Signer};
pub use tokens::{NewApiToken, create_token, list_tokens, revoke_token};
pub use users::{add_user, disable_user, ensure_admin, list_users, set_password};

/// The least number of characters of a password.
pub const PASSWORD_MIN: usize = 8;
