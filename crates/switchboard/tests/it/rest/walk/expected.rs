//! What the table of routes says that a visitor gets.

use switchboard_domain::nouns::Scope;
use switchboard_doors::{Access, Route};

use super::{
    things::{is_socket, names_something},
    visitors::{Standing, Visitor},
};

/// The status of the answer.
pub fn expected(route: &Route, visitor: &Visitor) -> u16 {
    match (route.access, visitor.standing) {
        (Access::Anyone, _) => open(route),
        // All visitors come from this machine, who are the ones that may watch.
        (Access::Watcher, _) => 200,
        (Access::SignedIn, standing) => signed_in(route, standing),
        (Access::Token(_), Standing::Malformed | Standing::Unknown) => 401,
        (Access::Token(scope), Standing::Program(own)) if own != scope => 403,
        (Access::Token(Scope::Admin), Standing::Stranger) if visitor.name != "root" => 403,
        (Access::Token(_), Standing::Program(_) | Standing::Stranger) => {
            match names_something(route) {
                true if hides(route) => 404,
                true => 403,
                false => 200,
            }
        }
    }
}

/// The same for all: a bare request of the WebSocket opens none, and the walk signs nobody in.
fn open(route: &Route) -> u16 {
    match route.path {
        "/api/auth/login" => 415,
        // Nobody was sent to a provider.
        "/connect/callback" => 400,
        // Her agent in workflows takes nothing at its address.
        path if path.starts_with("/users/") => 404,
        _ if is_socket(route) => 400,
        _ => 200,
    }
}

/// Whether nobody is told there what others have.
fn hides(route: &Route) -> bool {
    let below = ["/api/v1", "/api/accounts", "/api/actions", "/api/grants"];
    below.iter().any(|start| route.path.starts_with(start)) || route.path.contains("/ap/v1/")
}

fn signed_in(route: &Route, standing: Standing) -> u16 {
    let checks_a_token = route.path.ends_with("/verify");
    match standing {
        Standing::Malformed | Standing::Program(_) if checks_a_token => 422,
        Standing::Malformed | Standing::Unknown => 401,
        Standing::Program(_) => 403,
        Standing::Stranger if route.path.starts_with("/connect/") => 404,
        Standing::Stranger => 200,
    }
}
