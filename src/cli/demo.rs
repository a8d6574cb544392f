//! `counterpoint demo`: the whole story on built-in fables, in seconds.
//!
//! Every step is a command line that is shown and then run, so that what the
//! demo does can be done again with any text.

use std::io::Write;
use std::path::Path;

use clap::Parser;

use super::Cli;
use super::console::Console;
use crate::error::Result;
use crate::open::folder;
use crate::store::AtomicFile;

/// Both voices on built-in fables: the narrowing, the next token, the duet.
///
/// Writes the fables and two models, demo and demo-nn, into the folder of models.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  counterpoint demo")]
pub(super) struct Args {}

const FABLES: &str = include_str!("../../corpora/fables.txt");

/// One sentence in so many is kept from both voices, to judge them by.
const HELD_OUT: usize = 20;

pub(super) fn run(_: &Args, console: &Console) -> Result<()> {
    let read = folder().join("demo-fables.txt");
    let held = folder().join("demo-held-out.txt");
    write_fables(&read, &held)?;
    let (read, held) = (read.display().to_string(), held.display().to_string());
    console.print(INTRODUCTION)?;
    show(
        console,
        "Two voices learn the same text: one counts, one is trained.",
        &[
            &["build", &read, "-o", "demo"],
            &["train", &read, "-o", "demo-nn", "--like", "demo"],
        ],
    )?;
    show(
        console,
        "Each token of context narrows the choices.",
        &[&[
            "narrow",
            "-m",
            "demo,demo-nn",
            "Once upon a time, when the hills",
            "--start",
        ]],
    )?;
    show(
        console,
        "What may come next, and on what evidence?",
        &[&[
            "next",
            "-m",
            "demo",
            "down to the river and over the",
            "--top",
            "5",
        ]],
    )?;
    show(
        console,
        "Both go on from one prompt, with the same dice.",
        &[&[
            "compare",
            "-m",
            "demo,demo-nn",
            "\"What will you give me",
            "--seed",
            "3",
        ]],
    )?;
    show(
        console,
        "On sentences that neither has seen: they err differently, so together they do better.",
        &[&["compare", "-m", "demo,demo-nn", "--on", &held]],
    )?;
    console.print(WHAT_NEXT)
}

const INTRODUCTION: &str = "\
One note leaves many that fit; each further note leaves fewer. Language is the same.
";

const WHAT_NEXT: &str = "
Now you:
  counterpoint narrow -m demo,demo-nn \"the fox went down to the river\"
  counterpoint generate -m demo \"Once upon a time\" --seed 7
  counterpoint build your-own.txt -o mine
";

/// The fables, but for the sentences held out, and those.
fn write_fables(read: &Path, held: &Path) -> Result<()> {
    let (mut read, mut held) = (AtomicFile::create(read)?, AtomicFile::create(held)?);
    for (number, line) in FABLES.lines().enumerate() {
        let file = if number % HELD_OUT == HELD_OUT - 1 {
            &mut held
        } else {
            &mut read
        };
        writeln!(file, "{line}").map_err(|error| file.failure(error))?;
    }
    held.commit()?;
    read.commit()
}

/// Says what is shown, then shows and runs each command.
fn show(console: &Console, what: &str, commands: &[&[&str]]) -> Result<()> {
    console.print(format_args!("\n{what}\n"))?;
    for words in commands {
        console.print(format_args!("\n$ counterpoint {}\n", line(words)))?;
        let words = std::iter::once(&"counterpoint").chain(*words);
        let cli = Cli::try_parse_from(words).expect("the demo's own commands are well formed");
        super::act(cli.command, console)?;
    }
    Ok(())
}

/// The words as they would be typed.
fn line(words: &[&str]) -> String {
    let quoted = |word: &&str| match word {
        word if word.contains('"') => format!("'{word}'"),
        word if word.contains(' ') => format!("\"{word}\""),
        word => word.to_string(),
    };
    words.iter().map(quoted).collect::<Vec<_>>().join(" ")
}
