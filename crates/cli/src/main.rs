//! The `relift` binary.

fn main() {}
