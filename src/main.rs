//! The command: `counterpoint --help` says what it does.

use std::process::ExitCode;

fn main() -> ExitCode {
    counterpoint::cli::main()
}
