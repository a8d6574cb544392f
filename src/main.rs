//! The command: `counterpoint --help` says what it does.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: counterpoint::pages::HugePages = counterpoint::pages::HugePages;

fn main() -> ExitCode {
    counterpoint::cli::main()
}
