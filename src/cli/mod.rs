//! Here are the words of a command line; do what they say.
//!
//! First everything is parsed, then one file a command acts. Results go to
//! standard output, everything else to standard error. The exit code is 0, 1
//! for a failure, 2 for a request that cannot be; a reader who stops reading
//! early is no failure.

mod build;
mod columns;
mod compare;
mod console;
mod contexts;
mod convert;
mod copied;
#[cfg(feature = "parquet")]
mod count;
mod curve;
mod demo;
mod explain;
mod export;
mod file_limit;
mod find;
mod generate;
mod guard;
mod import;
mod index;
mod info;
mod job;
mod memory;
#[cfg(feature = "parquet")]
mod merge;
mod mix;
mod narrow;
mod next;
mod passage;
mod progress;
mod prompt;
mod reading;
mod report;
mod resources;
mod score;
#[cfg(feature = "parquet")]
mod shards;
mod side_by_side;
mod table;
mod tokenizer;
mod tokens;
mod train;
mod tune;
mod usage;
mod verify;
#[cfg(feature = "parquet")]
mod vocabulary;
mod weights;
mod why;

use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::error::{Error, ErrorKind, Result};
use console::{Console, Global};

/// N-gram language models in two voices: smoothed counts, and a small neural network, over the
/// same tokens.
///
/// Every token of context narrows the next choices. Build a model from your text, ask it what may
/// come next, and compare the two voices side by side.
#[derive(Parser)]
#[command(name = "counterpoint", version, after_help = FIRST_STEPS, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

const FIRST_STEPS: &str = "\
First steps:
  counterpoint demo                            both voices on built-in fables, in seconds
  counterpoint build my.txt -o mine            a model of your own text
  counterpoint next -m mine \"once upon a\"      what may come next, and on what evidence";

/// The commands, each described by its own arguments.
#[derive(Subcommand)]
enum Command {
    Demo(demo::Args),
    Build(build::Args),
    Train(train::Args),
    Next(next::Args),
    Narrow(narrow::Args),
    Explain(explain::Args),
    Score(score::Args),
    Generate(generate::Args),
    Compare(compare::Args),
    Report(report::Args),
    Index(index::Args),
    Find(find::Args),
    Copied(copied::Args),
    Mix(mix::Args),
    Tokens(tokens::Args),
    Tokenizer(tokenizer::Args),
    Info(info::Args),
    Weights(weights::Args),
    Export(export::Args),
    Import(import::Args),
    Convert(convert::Args),
    Verify(verify::Args),
    #[cfg(feature = "parquet")]
    Count(count::Args),
    #[cfg(feature = "parquet")]
    Merge(merge::Args),
    #[cfg(feature = "parquet")]
    Vocabulary(vocabulary::Args),
}

/// Runs the command line this process was given.
pub fn main() -> ExitCode {
    file_limit::fail_instead_of_dying();
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is_closed_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            console::tell(console::failure(&error));
            exit_code(&error)
        }
    }
}

fn exit_code(error: &Error) -> ExitCode {
    match error.kind() {
        ErrorKind::Usage => ExitCode::from(2),
        ErrorKind::Interrupted => ExitCode::from(130),
        _ => ExitCode::FAILURE,
    }
}

fn run(cli: Cli) -> Result<()> {
    let console = Console::new(&cli.global)?;
    let work = || act(cli.command, &console);
    match console.open_options().verify {
        true => work(),
        false => as_far_as_whole(work),
    }
}

/// Does what is done with models that are not verified: one that is damaged may lead to a panic, and that
/// is told as any other error.
fn as_far_as_whole(work: impl FnOnce() -> Result<()>) -> Result<()> {
    panic::set_hook(Box::new(|_| ()));
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        let said = payload.downcast_ref::<String>().map(|said| &said[..]);
        let said = said.or_else(|| payload.downcast_ref().copied());
        let said = said.unwrap_or("it does not say where");
        let what = format!("this broke off as it does where a model is damaged: {said}");
        Err(Error::new(ErrorKind::Corrupt, what)
            .way_out("leave out --no-verify, or see what `counterpoint verify` says of the model"))
    })
}

fn act(command: Command, console: &Console) -> Result<()> {
    match command {
        Command::Demo(args) => demo::run(&args, console),
        Command::Build(args) => build::run(&args, console),
        Command::Train(args) => train::run(&args, console),
        Command::Next(args) => next::run(&args, console),
        Command::Narrow(args) => narrow::run(&args, console),
        Command::Explain(args) => explain::run(&args, console),
        Command::Score(args) => score::run(&args, console),
        Command::Generate(args) => generate::run(&args, console),
        Command::Compare(args) => compare::run(&args, console),
        Command::Report(args) => report::run(&args, console),
        Command::Index(args) => index::run(&args, console),
        Command::Find(args) => find::run(&args, console),
        Command::Copied(args) => copied::run(&args, console),
        Command::Mix(args) => mix::run(&args, console),
        Command::Tokens(args) => tokens::run(&args, console),
        Command::Tokenizer(args) => tokenizer::run(&args, console),
        Command::Info(args) => info::run(&args, console),
        Command::Weights(args) => weights::run(&args, console),
        Command::Export(args) => export::run(&args, console),
        Command::Import(args) => import::run(&args, console),
        Command::Convert(args) => convert::run(&args, console),
        Command::Verify(args) => verify::run(&args, console),
        #[cfg(feature = "parquet")]
        Command::Count(args) => count::run(&args, console),
        #[cfg(feature = "parquet")]
        Command::Merge(args) => merge::run(&args, console),
        #[cfg(feature = "parquet")]
        Command::Vocabulary(args) => vocabulary::run(&args, console),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_shows_an_example() {
        for command in Cli::command().get_subcommands() {
            let help = command.clone().render_long_help().to_string();
            let name = command.get_name();
            assert!(
                help.contains(&format!("counterpoint {name}")),
                "{name} has no example"
            );
        }
    }
}
