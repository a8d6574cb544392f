//! `counterpoint export`: a model as ARPA.

use std::io::{BufWriter, Write};
use std::path::Path;

use super::console::{Console, done};
use super::reading::spare;
use crate::error::{Error, ErrorKind, Result};
use crate::ngram::{Table, arpa};
use crate::open::Voice;
use crate::smooth::Unlisted;
use crate::store::PastCache;
use crate::token::Vocabulary;
use crate::warning::Warning;

/// Write a model as ARPA, the text that every toolkit reads.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  counterpoint export -m fables -o fables.arpa
  counterpoint export -m fables | gzip > fables.arpa.gz")]
pub(super) struct Args {
    /// The model
    #[arg(short, long, value_name = "NAME", help_heading = "Model")]
    model: String,
    /// The file to write; - for standard output
    #[arg(
        short,
        long,
        default_value = "-",
        value_name = "FILE",
        help_heading = "Output"
    )]
    output: String,
    /// Say what was written as one JSON object
    #[arg(long, help_heading = "Output")]
    json: bool,
}

pub(super) fn run(args: &Args, console: &Console) -> Result<()> {
    let opened = console.open(&args.model)?;
    let (header, table) = match &opened.voice {
        Voice::Ngram(model) => (model.header(), model.table().clone()),
        Voice::Compact(model) => (model.header(), model.table().expand()),
        Voice::Scores(_) | Voice::Neural(_) | Voice::Unbounded(_) | Voice::Mixture(..) => {
            let what = format!(
                "'{}' is no back-off model, which is all that ARPA can hold",
                args.model
            );
            return Err(Error::new(ErrorKind::Model, what).way_out(
                "export a model made by `build`, with any --smoothing but stupid-backoff and add-k",
            ));
        }
    };
    if args.json && args.output == "-" {
        return Err(two_results());
    }
    let model_file = crate::open::path_of(&args.model);
    spare(model_file.to_str(), Path::new(&args.output))?;
    let vocabulary = opened.voice.vocabulary();
    write(vocabulary, &table, header.unlisted, &args.output, console)?;
    if args.json {
        let ngrams = table.sizes();
        console.print_json(
            &serde_json::json!({"model": args.model, "path": args.output, "ngrams": ngrams}),
        )?;
    }
    Ok(())
}

/// The refusal of two results in one stream.
pub(super) fn two_results() -> Error {
    let what = "--json and the ARPA text cannot both go to standard output";
    Error::new(ErrorKind::Usage, what).way_out("name a file for the ARPA text: model.arpa")
}

/// Writes a table as ARPA.
pub(super) fn write(
    vocabulary: &Vocabulary,
    table: &Table,
    unlisted: Unlisted,
    output: &str,
    console: &Console,
) -> Result<()> {
    to(output, table.order(), console, |out, name| {
        let respelled = arpa::write(vocabulary, table, unlisted, out, name)?;
        Ok((respelled, ()))
    })
}

/// Has ARPA of some order written to a file, all or nothing, or to standard output; `write` says how
/// many tokens it spelled differently.
pub(super) fn to<T>(
    output: &str,
    order: usize,
    console: &Console,
    write: impl FnOnce(&mut dyn Write, &Path) -> Result<(usize, T)>,
) -> Result<T> {
    let (respelled, written) = if output == "-" {
        let mut out = std::io::stdout().lock();
        buffered(&mut out, Path::new("standard output"), write)?
    } else {
        let path = Path::new(output);
        let mut file = PastCache::create(path)?;
        let written = buffered(&mut file, path, write)?;
        // It can be written again from its model or its text, and may be as large as the disk is slow.
        file.commit_in_time()?;
        console.say(done(format_args!("{output}: ARPA, order {order}")));
        written
    };
    if respelled > 0 {
        console.progress().warn(Warning::Other(format!(
            "{respelled} tokens hold white space, which ARPA cannot: those bytes are written as <0xHH>"
        )));
    }
    Ok(written)
}

fn buffered<T>(
    out: &mut dyn Write,
    name: &Path,
    write: impl FnOnce(&mut dyn Write, &Path) -> Result<T>,
) -> Result<T> {
    let mut out = BufWriter::new(out);
    let written = write(&mut out, name)?;
    let flushed = out.flush();
    flushed.map_err(|error| Error::io("write", name, error))?;
    Ok(written)
}
