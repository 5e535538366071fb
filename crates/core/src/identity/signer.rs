//! Access tokens: JWTs (RFC 7519) signed with HS256 under a key that only this server knows.

use crate::{app::Ports, keys::Sealing, retry::optimistic};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use secrecy::{ExposeSecret, SecretString, zeroize::Zeroizing};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use switchboard_domain::{
    Error, Result, Timestamp,
    ids::AccessTokenId,
    nouns::Secret,
    ports::{Key, Vault, Write, find},
    text::hex,
};

/// The name under which the signing key is sealed in the store.
pub(crate) const SIGNING_KEY: &str = "jwt-signing-key";

/// Signs and checks access tokens.
pub struct Signer {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
    server_id: String,
}

/// What an access token says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Claims {
    /// The user.
    pub sub: String,
    /// Always `access`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The token's own id, by which it can be ended.
    pub jti: AccessTokenId,
    /// The user's `tokens_from` at the login, in microseconds: once it moves, the token is void.
    pub generation: i64,
    /// When it was issued, in seconds since the epoch.
    pub iat: i64,
    /// When it expires, in seconds since the epoch.
    pub exp: i64,
}

impl Signer {
    /// Reads the signing key from the store; the first start makes it.
    ///
    /// # Errors
    /// When the store fails, or the master key does not open the key.
    pub async fn open(ports: &Ports, vault: &dyn Vault) -> Result<Self> {
        let sealed = match find::<Secret>(&*ports.store, SIGNING_KEY).await? {
            Some(secret) => secret,
            None => make_key(ports, vault).await?,
        };
        let key = vault
            .open(SIGNING_KEY, sealed.sealed.reveal())
            .map_err(|error| Error::Internal(format!("the signing key: {error}")))?;
        Ok(Self::new(key.expose_secret()))
    }

    fn new(key: &[u8]) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        // Expiry is checked against the clock port, not the machine's clock.
        validation.validate_exp = false;
        validation.required_spec_claims.clear();
        validation.validate_aud = false;
        Self {
            encoding: EncodingKey::from_secret(key),
            decoding: DecodingKey::from_secret(key),
            validation,
            server_id: server_id(key),
        }
    }

    /// The server's id, by which others can tell that they meet it again: the same for all nodes on one
    /// store, over all starts. It tells nothing of the key.
    pub fn server_id(&self) -> &str {
        &self.server_id
    }

    /// Signs these claims.
    pub fn sign(&self, claims: &Claims) -> Result<SecretString> {
        encode(&Header::new(Algorithm::HS256), claims, &self.encoding)
            .map(SecretString::from)
            .map_err(|error| Error::Internal(format!("signing: {error}")))
    }

    /// The claims of a token that this server signed and that has not expired.
    pub fn check(&self, token: &str, now: Timestamp) -> Result<Claims> {
        let claims = decode::<Claims>(token, &self.decoding, &self.validation)
            .map_err(|_| Error::Unauthenticated("Invalid token"))?
            .claims;
        if claims.kind != "access" {
            return Err(Error::Unauthenticated("Invalid token"));
        }
        if now.as_seconds() >= claims.exp {
            return Err(Error::Unauthenticated("Token has expired"));
        }
        Ok(claims)
    }
}

fn server_id(key: &[u8]) -> String {
    let digest = Sha256::new()
        .chain_update(b"the id of this server: ")
        .chain_update(key)
        .finalize();
    hex(digest.into_iter().take(16))
}

/// Makes the key, unless another node was faster: then takes that one.
async fn make_key(ports: &Ports, vault: &dyn Vault) -> Result<Secret> {
    let store = &*ports.store;
    let (secret, _) = optimistic(store, async || {
        if let Some(secret) = find::<Secret>(store, SIGNING_KEY).await? {
            return Ok((secret, Write::new()));
        }
        let mut key = Zeroizing::new([0; 32]);
        ports.random.fill(&mut *key);
        let sealing = Sealing::begin(store, vault).await?;
        let secret = Secret {
            id: SIGNING_KEY.to_owned(),
            sealed: sealing.seal(SIGNING_KEY, &*key)?,
        };
        let write = Write::new()
            .absent(Key::of::<Secret>(SIGNING_KEY))
            .put(secret.clone());
        Ok((secret, sealing.guard(write)?))
    })
    .await?;
    Ok(secret)
}
