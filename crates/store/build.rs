//! Builds anew when a migration changes, since the migrations are part of the binary.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
