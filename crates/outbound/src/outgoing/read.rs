//! Reading an answer, and no more of it than there is room for.

use reqwest::Response;

/// Why an answer was not read to its end.
#[derive(Debug)]
pub(crate) enum Unread {
    /// It is larger than it may be, or never ends.
    TooLarge,
    /// The connection broke, or the time was over.
    Failed(reqwest::Error),
}

/// The body of an answer of up to `limit` bytes. The rest of a larger one is not waited for.
pub(crate) async fn read(mut response: Response, limit: usize) -> Result<Vec<u8>, Unread> {
    let announced = response.content_length().unwrap_or(0);
    let announced = usize::try_from(announced).unwrap_or(usize::MAX);
    if announced > limit {
        return Err(Unread::TooLarge);
    }
    let mut body = Vec::with_capacity(announced);
    while let Some(piece) = response.chunk().await.map_err(Unread::Failed)? {
        if piece.len() > limit - body.len() {
            return Err(Unread::TooLarge);
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}
