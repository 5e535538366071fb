//! The stores against the contract, against each other, and against faults.

mod conformance;
mod equal;
mod faults;
mod faulty;
mod nodes;
mod proxy;
mod sqlite;
mod steps;
mod support;
