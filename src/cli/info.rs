//! `counterpoint info`: what a model is.

use serde_json::{Value, json};

use super::columns::{Columns, Side, bytes, count};
use super::console::Console;
use super::contexts;
use super::mix;
use crate::error::Result;
use crate::ngram::NgramHeader;
use crate::ngram::compact::Precision;
use crate::ngram::next::Sought;
use crate::open::{Opened, Voice, path_of};
use crate::smooth::Discounts;
use crate::store::ModelFile;
use crate::token::Reading;

/// Say what a model is, or which of its contexts narrow most.
///
/// A context is decisive if its first token takes many bits off what would be open without it.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  counterpoint info -m fables
  counterpoint info -m fables --decisive 20 --seen 10")]
pub(super) struct Args {
    /// The model
    #[arg(short, long, value_name = "NAME", help_heading = "Model")]
    model: String,
    /// List the N contexts that narrow most, instead
    #[arg(long, value_name = "N", help_heading = "Contexts")]
    decisive: Option<usize>,
    /// Only contexts that were seen so often
    #[arg(
        long,
        default_value_t = 10,
        value_name = "TIMES",
        help_heading = "Contexts",
        requires = "decisive"
    )]
    seen: u64,
    /// One JSON object
    #[arg(long, help_heading = "Output")]
    json: bool,
}

pub(super) fn run(args: &Args, console: &Console) -> Result<()> {
    let opened = console.open(&args.model)?;
    if let Some(number) = args.decisive {
        let (sought, seen) = ([Sought::Decisive], args.seen);
        return contexts::list(&opened, &sought, seen, number, args.json, console);
    }
    let path = path_of(&args.model);
    // An ARPA file, which also opens as a model, has no checksum to show.
    let blake3 = ModelFile::open(&path, console.open_options())
        .ok()
        .map(|file| file.blake3());
    match args.json {
        true => {
            let mut value = facts(&opened);
            value["path"] = path.display().to_string().into();
            value["blake3"] = blake3.into();
            console.print_json(&value)
        }
        false => console.print(table(&opened, &path.display().to_string(), blake3)),
    }
}

fn facts(opened: &Opened) -> Value {
    let mut value = json!({
        "model": opened.name,
        "what": opened.voice.describe(),
        "bytes": opened.bytes,
        "vocabulary": opened.voice.vocabulary().len(),
        "reading": opened.voice.reading(),
    });
    match &opened.voice {
        Voice::Ngram(_) | Voice::Compact(_) | Voice::Scores(_) => {
            if let Some(header) = opened.voice.ngram_header() {
                add_ngram_facts(&mut value, header, opened);
            }
        }
        Voice::Unbounded(model) => {
            value["kind"] = "unbounded".into();
            value["sentences"] = model.origins().sentences().into();
            value["tokens"] = model.tokens().into();
            value["files"] = json!(model.origins().files());
        }
        Voice::Neural(model) => {
            value["kind"] = "neural".into();
            value["architecture"] = json!(model.network().architecture());
            value["parameters"] = model.network().architecture().parameters().into();
            value["training"] = json!(model.header().training);
        }
        Voice::Mixture(header, _) => {
            for (name, fact) in mix::facts(header).as_object().into_iter().flatten() {
                value[name] = fact.clone();
            }
        }
    }
    value
}

fn add_ngram_facts(value: &mut Value, header: &NgramHeader, opened: &Opened) {
    let sizes = sizes(&opened.voice);
    let precision = precision(&opened.voice);
    value["kind"] = "ngram".into();
    value["order"] = sizes.len().into();
    value["table"] = kind_of(precision).into();
    value["quantized_bits"] = bits_of(precision).into();
    value["bytes_per_ngram"] = bytes_each(opened, &sizes).into();
    value["ngrams"] = sizes.into();
    value["sentences"] = header.sentences.into();
    value["tokens"] = header.tokens.into();
    value["pruned"] = json!(header.pruned);
    value["discounts"] = json!(
        header
            .discounts
            .iter()
            .map(|d| d.by_count())
            .collect::<Vec<_>>()
    );
}

fn table(opened: &Opened, path: &str, blake3: Option<String>) -> String {
    let mut columns = Columns::new(&[Side::Left, Side::Left]);
    let mut row = |name: &str, value: String| columns.row([name.to_string(), value]);
    row("model", opened.name.clone());
    row("what", opened.voice.describe());
    row("tokens are", describe_reading(opened.voice.reading()));
    row(
        "vocabulary",
        format!("{} types", count(opened.voice.vocabulary().len() as u64)),
    );
    match &opened.voice {
        Voice::Ngram(_) | Voice::Compact(_) | Voice::Scores(_) => {
            row("table", describe_bytes(opened));
            if let Some(header) = opened.voice.ngram_header() {
                built_from(&mut row, header);
            }
        }
        Voice::Unbounded(model) => {
            let (tokens, origins) = (count(model.tokens()), model.origins());
            let (sentences, files) = (count(origins.sentences() as u64), origins.files().len());
            row(
                "built from",
                format!("{tokens} tokens in {sentences} sentences, files: {files}"),
            );
        }
        Voice::Neural(model) => {
            let parameters = model.network().architecture().parameters().unwrap_or(0);
            row("parameters", count(parameters as u64));
            if let Some(near) = model.header().training.normalisation {
                let figures = format!(
                    "{:.3} nats in the mean, {:.3} at most",
                    near.mean, near.largest
                );
                row("self-normalised", format!("|ln Z| {figures}"));
            }
        }
        Voice::Mixture(header, _) => {
            for part in &header.parts {
                row("voice", part.path.clone());
            }
        }
    }
    let voices = match &opened.voice {
        Voice::Mixture(..) => " with its voices",
        _ => "",
    };
    row("file", format!("{path}, {}{voices}", bytes(opened.bytes)));
    if let Some(blake3) = blake3 {
        row("blake3", blake3);
    }
    let figures = match (&opened.voice, opened.voice.ngram_header()) {
        (_, Some(header)) => discount_table(&sizes(&opened.voice), &header.discounts),
        (Voice::Mixture(header, _), None) => mix::standings(header),
        (_, None) => String::new(),
    };
    format!("{columns}{figures}")
}

/// How many n-grams each order has.
fn sizes(voice: &Voice) -> Vec<usize> {
    match voice {
        Voice::Ngram(model) => model.table().sizes(),
        Voice::Compact(model) => model.table().sizes(),
        Voice::Scores(scorer) => scorer.table().sizes(),
        Voice::Neural(_) | Voice::Unbounded(_) | Voice::Mixture(..) => Vec::new(),
    }
}

/// How precise a compact table is; `None` if there is a fast one.
fn precision(voice: &Voice) -> Option<Precision> {
    match voice {
        Voice::Compact(model) => Some(model.table().precision()),
        _ => None,
    }
}

fn bytes_each(opened: &Opened, sizes: &[usize]) -> f64 {
    opened.bytes as f64 / sizes.iter().sum::<usize>() as f64
}

fn describe_bytes(opened: &Opened) -> String {
    let precision = precision(&opened.voice);
    let each = bytes_each(opened, &sizes(&opened.voice));
    let counts = if precision.is_some() {
        ", counts left out"
    } else {
        ""
    };
    format!(
        "{}, {each:.2} bytes an n-gram{counts}",
        describe_table(precision)
    )
}

/// The kind of a table, for programs.
pub(super) fn kind_of(compact: Option<Precision>) -> &'static str {
    match compact {
        None => "fast",
        Some(_) => "compact",
    }
}

/// In how many bits it is quantised, if it is.
pub(super) fn bits_of(compact: Option<Precision>) -> Option<u8> {
    match compact {
        Some(Precision::Quantised { bits }) => Some(bits),
        _ => None,
    }
}

/// The kind of a table, for people.
pub(super) fn describe_table(compact: Option<Precision>) -> String {
    match compact {
        None => "fast".into(),
        Some(Precision::Exact) => "compact, exact".into(),
        Some(Precision::Quantised { bits }) => format!("compact, shares of {bits} bits"),
    }
}

fn built_from(row: &mut impl FnMut(&str, String), header: &NgramHeader) {
    if header.tokens > 0 {
        let (tokens, sentences) = (count(header.tokens), count(header.sentences));
        row(
            "built from",
            format!("{tokens} tokens in {sentences} sentences"),
        );
    }
    if !header.pruned.is_empty() {
        let thresholds: Vec<String> = header.pruned.iter().map(u64::to_string).collect();
        row(
            "left out",
            format!(
                "what was seen at most {} times, by order",
                thresholds.join(" ")
            ),
        );
    }
}

fn describe_reading(reading: &Reading) -> String {
    let mut words = vec![reading.tokenizer.to_string()];
    if reading.lowercase {
        words.push("lower case".into());
    }
    if reading.unit == crate::text::Unit::Document {
        words.push("a document is a sentence".into());
    }
    if reading.blank == crate::text::BlankLines::Skip {
        words.push("blank lines left out".into());
    }
    words.join(", ")
}

/// N-grams by order, and discounts if there are any, as users of lmplz know them.
pub(super) fn discount_table(ngrams: &[usize], discounts: &[Discounts]) -> String {
    let mut columns = Columns::new(&[Side::Right; 6]);
    columns.row(["order", "n-grams", "D1", "D2", "D3+", ""]);
    for (position, &number) in ngrams.iter().enumerate() {
        let mut row = vec![(position + 1).to_string(), count(number as u64)];
        if let Some(discounts) = discounts.get(position) {
            row.extend(discounts.by_count().map(|d| format!("{d:.4}")));
            row.push(if discounts.estimated() { "" } else { "fixed" }.into());
        }
        columns.row(row);
    }
    columns.to_string()
}
