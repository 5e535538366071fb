//! `scripts/fuzz` runs it; what it looks at is `capabilities` in `../src/lib.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| switchboard_fuzz::capabilities(data));
