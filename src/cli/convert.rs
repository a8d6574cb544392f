//! `counterpoint convert`: a model in, the same with its table kept another way out.

use std::time::Instant;

use super::columns::{bytes, count};
use super::console::{Console, done};
use super::reading::spare;
use super::table::{self, TableArgs};
use super::usage::Usage;
use crate::error::{Error, ErrorKind, Result};
use crate::model::LanguageModel;
use crate::ngram::compact::Precision;
use crate::open::{Voice, path_of};

/// Keep a model's table another way: compact, quantised, or fast again.
///
/// An exact compact table holds every probability and back-off as it is and answers alike; how often
/// n-grams were seen is left out. A quantised one is a little off, and smaller still: in 8 bits less than half as large.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  counterpoint convert -m fables -o fables-compact
  counterpoint convert -m news.arpa.gz -o news --quantize 8
  counterpoint convert -m fables-compact -o fables-fast --table fast")]
pub(super) struct Args {
    /// The model, or an ARPA file
    #[arg(short, long, value_name = "NAME", help_heading = "Model")]
    model: String,
    /// The new model's name (models/NAME.cpt), or a path
    #[arg(short, long, value_name = "NAME")]
    output: String,
    #[command(flatten)]
    table: TableArgs,
    /// Say what was made as one JSON object
    #[arg(long, help_heading = "Output")]
    json: bool,
}

pub(super) fn run(args: &Args, console: &Console) -> Result<()> {
    let start = Instant::now();
    let wanted = args.table.compact_by_default()?;
    let path = path_of(&args.output);
    spare(path_of(&args.model).to_str(), &path)?;
    let opened = console.open(&args.model)?;
    let (header, vocabulary, table) = match &opened.voice {
        Voice::Ngram(model) => (model.header(), model.vocabulary(), model.table().clone()),
        Voice::Compact(model) => {
            refuse_finer(model.table().precision(), wanted)?;
            (model.header(), model.vocabulary(), model.table().expand())
        }
        Voice::Scores(_) | Voice::Neural(_) | Voice::Unbounded(_) | Voice::Mixture(..) => {
            let what = format!(
                "'{}' is no back-off model, whose table has kinds",
                args.model
            );
            return Err(Error::new(ErrorKind::Model, what).way_out(
                "convert a model made by `build`, with any --smoothing but stupid-backoff",
            ));
        }
    };
    let parts = (header, vocabulary, &table);
    let stage = table::stage(1, 1);
    let size = table::save(&path, parts, wanted, stage, console.progress())?;
    let ngrams = table.sizes();
    let total: usize = ngrams.iter().sum();
    let each = size as f64 / total as f64;
    if args.json {
        return console.print_json(&serde_json::json!({
            "model": args.output,
            "path": path,
            "ngrams": ngrams,
            "table": super::info::kind_of(wanted),
            "quantized_bits": super::info::bits_of(wanted),
            "bytes": size,
            "bytes_per_ngram": each,
        }));
    }
    console.say(done(format_args!(
        "{}: {}, {} n-grams of {each:.2} bytes, {}, {}",
        args.output,
        super::info::describe_table(wanted),
        count(total as u64),
        bytes(size),
        Usage::since(start),
    )));
    Ok(())
}

/// What is quantised stays so: to say otherwise would be to promise what is lost.
fn refuse_finer(precision: Precision, wanted: Option<Precision>) -> Result<()> {
    match (precision, wanted) {
        (Precision::Quantised { .. }, Some(Precision::Exact)) => {
            let what = "this model is quantised, and its exact numbers are gone";
            Err(Error::new(ErrorKind::Usage, what)
                .way_out("convert the model it was made of, or give --quantize or --table fast"))
        }
        _ => Ok(()),
    }
}
