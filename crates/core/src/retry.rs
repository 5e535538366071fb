//! Reading and writing again when somebody else was faster.

use switchboard_domain::{
    Error, Result,
    ports::{Receipt, Store, Write, WriteError},
};

/// How often a use case reads anew and tries again before it tells the caller.
const TRIES: usize = 16;

/// Builds a write from what is stored and commits it; if what it was built from changed in the
/// meantime, builds it anew.
///
/// # Errors
/// What `build` answers; [`Error::Conflict`] when others were faster every time; what the store
/// answers.
pub async fn optimistic<T, F, B>(store: &dyn Store, mut build: F) -> Result<(T, Receipt)>
where
    F: FnMut() -> B,
    B: Future<Output = Result<(T, Write)>>,
{
    let mut last = Error::Unavailable;
    for _ in 0..TRIES {
        let (value, write) = build().await?;
        match store.commit(write).await {
            Ok(receipt) => return Ok((value, receipt)),
            Err(refused @ WriteError::Refused(_)) => last = refused.into(),
            Err(error) => return Err(error.into()),
        }
    }
    Err(last)
}
