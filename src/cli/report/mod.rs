//! `counterpoint report`: all that `compare` finds out, as a page to keep.

mod charts;
mod html;
mod page;
mod words;

use std::io::Write;
use std::path::PathBuf;

use super::compare::{Asked, CopiedArgs, OnArgs, Voices};
use super::console::{Console, done};
use super::generate::SamplingArgs;
use super::prompt::{PromptArgs, VoicesArgs};
use super::reading::spare;
use crate::error::{Error, ErrorKind, Result};
use crate::store::AtomicFile;
use page::Page;

/// Write all that compare finds out as one page, to keep, print or hand out.
///
/// The page is one HTML file that needs nothing else: no network, no script. It says in plain words
/// what each voice foresees, how sure that is, where and why the voices differ, and what they write;
/// every figure that depends on a sample says so, with the seed. --json prints the same figures.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  counterpoint report -m fables,fables-nn --on held-out.txt -o report.html
  counterpoint report -m fables,fables-nn --on held-out.txt --index fables-index -o report.html \\
    \"Once upon a time\"")]
pub(super) struct Args {
    #[command(flatten)]
    voices: VoicesArgs,
    #[command(flatten)]
    prompt: PromptArgs,
    #[command(flatten)]
    on: OnArgs,
    #[command(flatten)]
    copied: CopiedArgs,
    /// How many texts each voice writes, to show what they are like
    #[arg(
        long,
        default_value_t = 100,
        value_name = "N",
        help_heading = "Sampling"
    )]
    texts: usize,
    #[command(flatten)]
    sampling: SamplingArgs,
    /// The page
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    output: Option<PathBuf>,
    /// Print the figures as one JSON object
    #[arg(long, help_heading = "Output")]
    json: bool,
}

pub(super) fn run(args: &Args, console: &Console) -> Result<()> {
    args.check()?;
    let voices = Voices::open(&args.voices, &args.prompt, &args.copied, console)?;
    let asked = Asked {
        duet: true,
        tables: true,
        texts: Some(args.texts),
    };
    let compared = voices.compare(&asked, &args.on, &args.sampling, console)?;
    if let Some(path) = &args.output {
        let page = Page {
            models: &voices.models,
            text: &args.on.on,
            compared: &compared,
            source: voices.source.as_ref(),
        };
        let mut file = AtomicFile::create(path)?;
        let written = file.write_all(page.html().as_bytes());
        written.map_err(|error| file.failure(error))?;
        file.commit()?;
        console.say(done(format_args!("{}", path.display())));
    }
    match args.json {
        true => console.print_json(&compared.json(&voices)),
        false => Ok(()),
    }
}

impl Args {
    fn check(&self) -> Result<()> {
        self.on.check()?;
        let refuse =
            |what: &str, way_out: &str| Err(Error::new(ErrorKind::Usage, what).way_out(way_out));
        if !self.on.is_given() {
            return refuse(
                "a report needs a text that no voice has seen",
                "name one: --on held-out.txt",
            );
        }
        match &self.output {
            None if !self.json => refuse(
                "there is nowhere to write the report to",
                "name a file: -o report.html; or ask for the figures: --json",
            ),
            None => Ok(()),
            Some(path) => spare(self.on.on.iter().map(String::as_str), path),
        }
    }
}
