//! `counterpoint import`: a model of another toolkit in, one of ours out.

use std::io::Read;
use std::path::Path;

use super::columns::{bytes, count};
use super::console::{Console, done};
use super::reading::spare;
use super::table::{self, TableArgs};
use crate::error::{Error, Result};
use crate::ngram::arpa::{self, Leniency};
use crate::ngram::kenlm;
use crate::open::path_of;
use crate::text;

/// Make a model of an ARPA file of any toolkit, or of a KenLM binary.
///
/// Plain or compressed. What breaks the format is refused with its line; harmless oddities are
/// repaired and said. The model reads text by white space.
///
/// A KenLM binary of the kind `trie` holds its n-grams. One of the kind `probing` holds numbers of
/// them only: they are found out by trying all pairs that may be meant, which takes the longer the
/// more words there are, and what cannot be found out for certain is refused.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  counterpoint import lm.arpa.gz -o lm
  counterpoint import lm.binary -o lm")]
pub(super) struct Args {
    /// The ARPA file or KenLM binary
    #[arg(value_name = "FILE")]
    file: String,
    /// The model's name (models/NAME.cpt), or a path
    #[arg(short, long, value_name = "NAME")]
    output: String,
    /// Repair wrong header counts, positive log-probabilities and a missing end as well
    #[arg(long)]
    lenient: bool,
    #[command(flatten)]
    table: TableArgs,
    /// Say what was imported as one JSON object
    #[arg(long, help_heading = "Output")]
    json: bool,
}

pub(super) fn run(args: &Args, console: &Console) -> Result<()> {
    let compact = args.table.compact()?;
    let path = path_of(&args.output);
    spare([args.file.as_str()], &path)?;
    let file = Path::new(&args.file);
    let mut input = text::open_decompressed(file)?;
    let leniency = if args.lenient {
        Leniency::Lenient
    } else {
        Leniency::Strict
    };
    let mut head = Vec::new();
    let mut beginning = input.by_ref().take(kenlm::MAGIC.len() as u64);
    let read = beginning.read_to_end(&mut head);
    read.map_err(|error| Error::io("read", file, error))?;
    let mut whole = head.as_slice().chain(input);
    let imported = match head == kenlm::MAGIC {
        true => kenlm::read(&mut whole, &args.file, console.progress())?,
        false => arpa::read(&mut whole, &args.file, leniency, console.progress())?,
    };
    let header = imported.header();
    let parts = (&header, &imported.vocabulary, &imported.table);
    let stage = table::stage(1, 1);
    let size = table::save(&path, parts, compact, stage, console.progress())?;
    let ngrams = imported.table.sizes();
    if args.json {
        return console.print_json(&serde_json::json!({
            "model": args.output, "path": path, "ngrams": ngrams, "bytes": size,
        }));
    }
    console.say(done(format_args!(
        "{}: order {}, {} n-grams, {}",
        args.output,
        ngrams.len(),
        count(ngrams.iter().sum::<usize>() as u64),
        bytes(size)
    )));
    Ok(())
}
