//! The parts of the API's description that the doors share: what may go wrong, and who may call.

use super::problem::{Problem, Step};
use std::collections::BTreeMap;
use utoipa::{
    IntoResponses, PartialSchema, ToSchema,
    openapi::{
        ContentBuilder, HeaderBuilder, ObjectBuilder, OpenApi, Ref, RefOr, Type,
        response::{Response, ResponseBuilder},
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

/// The name of the scheme by which callers prove who they are.
pub const BEARER: &str = "bearer";

/// What every error answers, but for wrong members.
#[derive(serde::Serialize, ToSchema)]
pub struct ErrorResponse {
    /// What went wrong, in words.
    #[schema(example = "Session not found")]
    pub detail: String,
    /// What went wrong, for programs.
    #[schema(example = "NOT_FOUND")]
    pub code: String,
    /// When.
    #[schema(format = DateTime, example = "2026-02-23T12:00:00.000000Z")]
    pub timestamp: String,
    /// What to do about it, where that is not plain.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        nullable = false,
        example = "You have 5 active sessions; end one with DELETE"
    )]
    pub hint: Option<String>,
}

/// What is answered when members of a request are missing or wrong.
#[derive(serde::Serialize, ToSchema)]
pub struct ValidationErrorResponse {
    /// The members, all that were found.
    pub detail: Vec<Problem>,
    /// Always `VALIDATION_ERROR`.
    #[schema(example = "VALIDATION_ERROR")]
    pub code: String,
    /// When.
    #[schema(format = DateTime, example = "2026-02-23T12:00:00.000000Z")]
    pub timestamp: String,
}

/// A failure that several operations share.
struct Failure {
    status: u16,
    name: &'static str,
    description: &'static str,
}

const FAILURES: &[Failure] = &[
    Failure {
        status: 400,
        name: "BadRequest",
        description: "The request is not what it should be, or the server is not set up for it",
    },
    Failure {
        status: 401,
        name: "Unauthenticated",
        description: "No token, or a bad or expired one; at login: wrong credentials",
    },
    Failure {
        status: 403,
        name: "Forbidden",
        description: "It is somebody else's, or the API token lacks the scope",
    },
    Failure {
        status: 404,
        name: "NotFound",
        description: "There is no such thing",
    },
    Failure {
        status: 408,
        name: "RequestTimeout",
        description: "The body did not come within 30 s",
    },
    Failure {
        status: 409,
        name: "Conflict",
        description: "Others changed it at the same time; try again",
    },
    Failure {
        status: 410,
        name: "Gone",
        description: "It waited too long",
    },
    Failure {
        status: 412,
        name: "DemandUnmet",
        description: "One side cannot have what it demands",
    },
    Failure {
        status: 413,
        name: "TooLarge",
        description: "The body is too large",
    },
    Failure {
        status: 415,
        name: "UnsupportedMediaType",
        description: "The body has another type than the operation reads",
    },
    Failure {
        status: 422,
        name: "ValidationError",
        description: "Members of the request are missing or wrong",
    },
    Failure {
        status: 429,
        name: "TooManyRequests",
        description: "Too often, or a quota is used up; `Retry-After` says when to try again",
    },
    Failure {
        status: 500,
        name: "InternalError",
        description: "A fault of the server",
    },
    Failure {
        status: 503,
        name: "Unavailable",
        description: "The server is busy or going down; try again shortly",
    },
    Failure {
        status: 508,
        name: "DelegationLoop",
        description: "Servers passed the request on in a circle, or too often",
    },
];

/// What stands before the names of the failures that are told as ActiveWorkflow tells them.
const PLAIN: &str = "Plain";

/// What stands before the names of the failures that are told as the Agent Protocol tells them.
const TASKS: &str = "Task";

/// What is answered where errors are told as the Agent Protocol tells them.
#[derive(serde::Serialize, ToSchema)]
pub struct TaskErrorResponse {
    /// What went wrong, and what helps, in words.
    #[schema(example = "Unable to find entity with the provided id")]
    pub message: String,
    /// What went wrong, for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "VALIDATION_ERROR")]
    pub code: Option<String>,
    /// The members of the request that are missing or wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub detail: Option<Vec<Problem>>,
}

/// What is answered where errors are told as ActiveWorkflow tells them.
#[derive(serde::Serialize, ToSchema)]
pub struct PlainErrorResponse {
    /// What went wrong, in words.
    #[schema(example = "404 Record not found")]
    pub error: String,
    /// What went wrong, for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "VALIDATION_ERROR")]
    pub code: Option<String>,
    /// The members of the request that are missing or wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub problems: Option<Vec<Problem>>,
}

/// A refusal that has a name of its own (RFC 9457).
#[derive(serde::Serialize, ToSchema)]
pub struct ProblemResponse {
    /// The name.
    #[schema(example = "urn:switchboard:problem:digest-mismatch")]
    pub r#type: String,
    /// In a few words, the same each time.
    pub title: String,
    /// The status.
    #[schema(example = 409)]
    pub status: u16,
    /// What went wrong this time, and what helps, in words.
    pub detail: String,
    /// The name once more, as other errors have it.
    #[schema(example = "DIGEST_MISMATCH")]
    pub code: String,
}

/// Declares groups of failures, to be named in the description of an operation.
macro_rules! groups {
    ($prefix:expr; $($(#[$doc:meta])* $name:ident = $statuses:expr;)*) => {$(
        $(#[$doc])*
        pub struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                references($prefix, &$statuses)
            }
        }
    )*};
}

groups! {
    "";
    /// What any operation may answer.
    Common = [500, 503];
    /// What operations answer that want to know who is calling.
    Unauthenticated = [401];
    /// What operations answer that want a caller with rights.
    Authorized = [401, 403];
    /// What operations answer that name something by its id.
    Named = [400, 403, 404];
    /// What operations answer that others can get in the way of.
    Conflicting = [409];
    /// What operations answer where both sides have to agree.
    Agreed = [409, 412];
    /// What operations answer that read a body.
    WithBody = [400, 408, 413, 415, 422];
    /// What operations answer that read a query.
    WithQuery = [422];
    /// What operations answer that are limited.
    Limited = [429];
    /// What operations answer about what may have waited too long.
    Gone = [410];
}

groups! {
    PLAIN;
    /// What any operation of workflows may answer.
    Plain = [401, 403, 500, 503];
    /// What operations of workflows answer that name something by its id.
    PlainNamed = [404];
    /// What operations of workflows answer that read a query.
    PlainWithQuery = [400];
    /// What operations of workflows answer that others can get in the way of.
    PlainConflicting = [409];
    /// What operations of workflows answer that read a body.
    PlainWithBody = [400, 408, 413, 415, 422];
    /// What operations of workflows answer that are limited.
    PlainLimited = [429];
}

groups! {
    TASKS;
    /// What any operation of the Agent Protocol may answer.
    Tasks = [401, 403, 500, 503];
    /// What operations of the Agent Protocol answer that look for an agent.
    TasksOfAgent = [400, 404];
    /// What operations of the Agent Protocol answer that name something by its id.
    TasksNamed = [404];
    /// What operations of the Agent Protocol answer that read a query or a header.
    TasksWithQuery = [422];
    /// What operations of the Agent Protocol answer that others can get in the way of.
    TasksConflicting = [409];
    /// What operations of the Agent Protocol answer that two sides have to agree on.
    TasksAgreed = [409, 410, 412];
    /// What operations of the Agent Protocol answer that servers pass on to each other.
    TasksPassedOn = [508];
    /// What operations of the Agent Protocol answer that read a body.
    TasksWithBody = [400, 408, 413, 415, 422];
}

fn references(prefix: &str, statuses: &[u16]) -> BTreeMap<String, RefOr<Response>> {
    let wanted = FAILURES
        .iter()
        .filter(|failure| statuses.contains(&failure.status));
    let reference = |failure: &Failure| {
        (
            failure.status.to_string(),
            RefOr::Ref(Ref::from_response_name(format!("{prefix}{}", failure.name))),
        )
    };
    wanted.map(reference).collect()
}

/// Adds to a description what its operations refer to.
pub fn complete(api: &mut OpenApi) {
    let components = api.components.get_or_insert_default();
    for failure in FAILURES {
        components
            .responses
            .insert(failure.name.to_owned(), response(failure, "").into());
        for prefix in [PLAIN, TASKS] {
            components.responses.insert(
                format!("{prefix}{}", failure.name),
                response(failure, prefix).into(),
            );
        }
    }
    let schemas = &mut components.schemas;
    schemas.insert(ErrorResponse::name().into_owned(), ErrorResponse::schema());
    schemas.insert(
        ValidationErrorResponse::name().into_owned(),
        ValidationErrorResponse::schema(),
    );
    schemas.insert(
        PlainErrorResponse::name().into_owned(),
        PlainErrorResponse::schema(),
    );
    schemas.insert(
        TaskErrorResponse::name().into_owned(),
        TaskErrorResponse::schema(),
    );
    schemas.insert(
        ProblemResponse::name().into_owned(),
        ProblemResponse::schema(),
    );
    schemas.insert(Problem::name().into_owned(), Problem::schema());
    schemas.insert(Step::name().into_owned(), Step::schema());
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some(
            "The access token of a login, or an API token with the scope of the door",
        ));
    components.add_security_scheme(BEARER, SecurityScheme::Http(bearer.build()));
}

fn response(failure: &Failure, prefix: &str) -> Response {
    let schema = match failure.status {
        _ if prefix == PLAIN => PlainErrorResponse::name(),
        _ if prefix == TASKS => TaskErrorResponse::name(),
        422 => ValidationErrorResponse::name(),
        _ => ErrorResponse::name(),
    };
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(schema)))
        .build();
    let mut response = ResponseBuilder::new()
        .description(failure.description)
        .content("application/json", content);
    if matches!(failure.status, 403 | 409 | 410 | 412 | 422 | 508) {
        let problem = Ref::from_schema_name(ProblemResponse::name());
        let content = ContentBuilder::new().schema(Some(problem)).build();
        response = response.content("application/problem+json", content);
    }
    match failure.status {
        401 => response.header("WWW-Authenticate", header(Type::String, "Always `Bearer`")),
        429 | 503 => response.header("Retry-After", header(Type::Integer, "Seconds to wait")),
        _ => response,
    }
    .build()
}

fn header(kind: Type, description: &str) -> utoipa::openapi::Header {
    let schema = ObjectBuilder::new().schema_type(kind);
    HeaderBuilder::new()
        .schema(Some(schema))
        .description(Some(description))
        .build()
}
