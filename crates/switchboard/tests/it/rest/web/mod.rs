//! What holds for all requests, whatever they are about.

mod body;
mod cors;
mod docs;
mod faults;
mod health;
mod ids;
mod routes;
