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
mod demo;
mod export;
mod generate;
mod import;
mod info;
mod narrow;
mod next;
mod progress;
mod prompt;
mod reading;
mod score;
mod tokens;
mod train;
mod verify;

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

#[derive(Subcommand)]
enum Command {
    /// Both voices on built-in fables: the narrowing, the next token, the duet
    Demo(demo::Args),
    /// Build the statistical voice: smoothed n-gram tables from a corpus
    Build(build::Args),
    /// Train the neural voice: a small n-gram network, by gradient descent
    Train(train::Args),
    /// Show what may come next: probabilities, times seen, entropy
    Next(next::Args),
    /// Show how each token of context narrows the choices
    Narrow(narrow::Args),
    /// Score text: per token, per sentence, perplexity, bits per byte
    Score(score::Args),
    /// Let a voice go on from a prompt
    Generate(generate::Args),
    /// Set voices side by side: the same dice, and held-out figures
    Compare(compare::Args),
    /// Show text → tokens → ids → text
    Tokens(tokens::Args),
    /// Say what a model is
    Info(info::Args),
    /// Write a model as ARPA
    Export(export::Args),
    /// Make a model of an ARPA file of any toolkit
    Import(import::Args),
    /// Check every byte of a model file
    Verify(verify::Args),
}

/// Runs the command line this process was given.
pub fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is_closed_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            anstream::eprintln!("{}", console::failure(&error));
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
    act(cli.command, &console)
}

fn act(command: Command, console: &Console) -> Result<()> {
    match command {
        Command::Demo(args) => demo::run(&args, console),
        Command::Build(args) => build::run(&args, console),
        Command::Train(args) => train::run(&args, console),
        Command::Next(args) => next::run(&args, console),
        Command::Narrow(args) => narrow::run(&args, console),
        Command::Score(args) => score::run(&args, console),
        Command::Generate(args) => generate::run(&args, console),
        Command::Compare(args) => compare::run(&args, console),
        Command::Tokens(args) => tokens::run(&args, console),
        Command::Info(args) => info::run(&args, console),
        Command::Export(args) => export::run(&args, console),
        Command::Import(args) => import::run(&args, console),
        Command::Verify(args) => verify::run(&args, console),
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
