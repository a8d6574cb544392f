//! The command of the Counterpoint toolkit.

fn main() {}
