//! `counterpoint tokens`: text → tokens → ids → text.

use serde_json::json;

use super::columns::{Columns, Side, count};
use super::console::Console;
use super::prompt::{fold, shown};
use super::reading::ReadingArgs;
use super::side_by_side::{Cut, show};
use crate::error::{Error, Result};
use crate::open;
use crate::token::{Reading, TokenId, Tokenizer, Vocabulary, readable};

/// Show text → tokens → ids → text.
///
/// With a model, the ids are those of its vocabulary and what it does not know is <unk>. Without
/// one, ids are given by first appearance in your text; those of a subword tokenizer are its own,
/// and each piece shows the two it was merged of. Several tokenizers, with commas between them, stand
/// side by side.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  counterpoint tokens \"The cat sat on the mat.\"
  counterpoint tokens --tokenizer characters \"naïve café\"
  counterpoint tokens --tokenizer words,bytes,gpt2 \"unbelievable\"
  counterpoint tokens -m fables \"the fox and the zebra\"")]
pub(super) struct Args {
    /// The text
    #[arg(value_name = "TEXT")]
    pub(super) text: String,
    /// Use the tokenizer and the vocabulary of this model
    #[arg(short, long, value_name = "NAME", help_heading = "Model", conflicts_with_all = ["tokenizer", "unit", "skip_blank", "lowercase", "normalise", "specials"])]
    model: Option<String>,
    #[command(flatten)]
    reading: ReadingArgs,
    /// One JSON object
    #[arg(long, help_heading = "Output")]
    pub(super) json: bool,
}

pub(super) fn run(args: &Args, console: &Console) -> Result<()> {
    let place = |error: Error| error.at("the given text");
    if args.model.is_none() {
        let names: Vec<&str> = args.reading.tokenizer.split(',').collect();
        let tokenizers = names.iter().map(|name| open::tokenizer(name));
        let tokenizers: Vec<Tokenizer> = tokenizers.collect::<Result<_>>()?;
        if names.len() > 1 || tokenizers[0].subwords().is_some() {
            let cut = tokenizers.into_iter().map(|tokenizer| {
                let reading = args.reading.reading_with(tokenizer);
                Cut::of(&args.text, reading).map_err(place)
            });
            return show(&cut.collect::<Result<Vec<_>>>()?, args, console);
        }
    }
    let (reading, vocabulary) = match &args.model {
        Some(name) => {
            let opened = console.open(name)?;
            (
                opened.voice.reading().clone(),
                opened.voice.vocabulary().clone(),
            )
        }
        None => {
            let reading = args.reading.reading()?;
            let folded = fold(&args.text, &reading)?;
            let mut own = Vocabulary::new();
            reading
                .tokens(&folded, |piece| _ = own.add(piece))
                .map_err(place)?;
            (reading, own)
        }
    };
    let folded = fold(&args.text, &reading)?;
    let mut pieces: Vec<&[u8]> = Vec::new();
    reading
        .tokens(&folded, |piece| pieces.push(piece))
        .map_err(place)?;
    let ids: Vec<TokenId> = pieces
        .iter()
        .map(|piece| vocabulary.id_or_unknown(piece))
        .collect();
    let back = reading.text(&vocabulary, &ids);
    match args.json {
        true => console.print_json(&json!({
            "tokenizer": reading.tokenizer.name(),
            "tokens": pieces.iter().zip(&ids).map(|(piece, id)| json!({
                "text": readable(piece), "id": id.0, "bytes": piece, "known": *id != TokenId::UNKNOWN,
            })).collect::<Vec<_>>(),
            "text": readable(&back),
            "same": back == args.text.as_bytes(),
        })),
        false => console.print(table(&reading, &vocabulary, &pieces, &ids, &args.text)),
    }
}

fn table(
    reading: &Reading,
    vocabulary: &Vocabulary,
    pieces: &[&[u8]],
    ids: &[TokenId],
    text: &str,
) -> String {
    let mut columns = Columns::new(&[Side::Right, Side::Left, Side::Right, Side::Left]);
    columns.row(["", "token", "id", ""]);
    let mut own = Vocabulary::new();
    for (position, (piece, id)) in pieces.iter().zip(ids).enumerate() {
        let spelled = own.add(piece);
        let unknown = if *id == TokenId::UNKNOWN {
            "<unk>: not in the vocabulary"
        } else {
            ""
        };
        columns.row([
            (position + 1).to_string(),
            shown(&own, spelled),
            id.0.to_string(),
            unknown.into(),
        ]);
    }
    let back = reading.text(vocabulary, ids);
    let verdict = match back == text.as_bytes() {
        true => "the same text",
        false => "not the same text",
    };
    format!(
        "{columns} {} tokens ({}) → \"{}\" ({verdict})\n",
        count(pieces.len() as u64),
        reading.tokenizer,
        readable(&back)
    )
}
