//! Reading a form.

use super::{body, error::ApiError, problem::Problem};
use crate::AppState;
use axum::extract::{FromRequest, Request, rejection::FormRejection};
use http::StatusCode;
use serde_json::Value;

/// The fields of a form (`application/x-www-form-urlencoded`), in their order. Fields that nobody
/// asks for are ignored.
pub struct Form(Vec<(String, String)>);

impl FromRequest<AppState> for Form {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, ApiError> {
        body::in_time(state, Self::read(request)).await?
    }
}

impl Form {
    async fn read(request: Request) -> Result<Self, ApiError> {
        match axum::Form::from_request(request, &()).await {
            Ok(axum::Form(fields)) => Ok(Self(fields)),
            Err(FormRejection::InvalidFormContentType(_)) => {
                Err(ApiError::unsupported("application/x-www-form-urlencoded"))
            }
            Err(other) if other.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                Err(ApiError::status(StatusCode::PAYLOAD_TOO_LARGE))
            }
            Err(_) => Err(ApiError::malformed("The request body is not a valid form")),
        }
    }

    /// The fields of these names, none of which may be missing or empty.
    ///
    /// # Errors
    /// All that are missing.
    pub fn require<const N: usize>(self, names: [&str; N]) -> Result<[String; N], ApiError> {
        let given = |name: &str| {
            let field = self
                .0
                .iter()
                .find(|(given, value)| given == name && !value.is_empty());
            field.map(|(_, value)| value.clone())
        };
        let found = names.map(given);
        let missing = names
            .iter()
            .zip(&found)
            .filter(|(_, value)| value.is_none());
        let problems: Vec<_> = missing
            .map(|(name, _)| Problem::missing(("body", name), Value::Null))
            .collect();
        if problems.is_empty() {
            Ok(found.map(Option::unwrap_or_default))
        } else {
            Err(ApiError::Invalid(problems))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    async fn read(kind: &str, body: &'static str) -> Result<Form, ApiError> {
        let request = Request::post("/")
            .header("content-type", kind)
            .body(Body::from(body));
        Form::read(request.unwrap()).await
    }

    #[tokio::test]
    async fn fields_of_oauth_clients_do_no_harm() {
        let kind = "application/x-www-form-urlencoded";
        let body = "grant_type=password&username=al%20ice&password=a%2Bb&scope=";
        let form = read(kind, body).await.unwrap();
        let [name, password] = form.require(["username", "password"]).unwrap();
        assert_eq!((name.as_str(), password.as_str()), ("al ice", "a+b"));
    }

    #[tokio::test]
    async fn all_missing_fields_are_named() {
        let form = read("application/x-www-form-urlencoded", "password=")
            .await
            .unwrap();
        let Err(ApiError::Invalid(problems)) = form.require(["username", "password"]) else {
            panic!("accepted")
        };
        assert_eq!(problems.len(), 2);
        assert_eq!(
            serde_json::json!(problems[0].loc),
            serde_json::json!(["body", "username"])
        );
    }

    #[tokio::test]
    async fn json_is_no_form() {
        let refused = read("application/json", "{}").await;
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        assert!(matches!(refused, Err(ApiError::Http { status: found, .. }) if found == status));
    }
}
