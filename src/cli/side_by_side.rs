//! Here is a text cut by some tokenizers; show their pieces side by side.

use anstyle::{AnsiColor, Style};
use serde_json::json;

use super::columns::{Columns, Side, count};
use super::console::Console;
use super::prompt::{fold, on_one_line};
use super::tokens::Args;
use crate::error::Result;
use crate::token::{Reading, readable};

/// A text as one tokenizer cuts it.
pub(super) struct Cut {
    reading: Reading,
    pieces: Vec<Vec<u8>>,
    /// The original's ids, if it is a tokenizer that has its own.
    ids: Vec<u32>,
    /// What the pieces say together.
    back: Vec<u8>,
}

/// Neighbours are told apart by these.
const COLOURS: [AnsiColor; 3] = [AnsiColor::Cyan, AnsiColor::Yellow, AnsiColor::Magenta];

impl Cut {
    pub(super) fn of(text: &str, reading: Reading) -> Result<Self> {
        let folded = fold(text, &reading)?;
        let mut pieces = Vec::new();
        reading.tokens(&folded, |piece| pieces.push(piece.to_vec()))?;
        let ids = match reading.tokenizer.subwords() {
            Some(subwords) => subwords.encode(&folded)?,
            None => Vec::new(),
        };
        let back = reading.tokenizer.join(pieces.iter().map(Vec::as_slice));
        Ok(Cut {
            reading,
            pieces,
            ids,
            back,
        })
    }

    /// "7 tokens, 3.4 bytes a token".
    fn summary(&self, text: &str) -> String {
        let bytes_a_token = text.len() as f64 / self.pieces.len().max(1) as f64;
        format!(
            "{} tokens, {bytes_a_token:.1} bytes a token",
            count(self.pieces.len() as u64)
        )
    }

    /// The pieces in one line, in colours where there are any.
    fn line(&self) -> String {
        let pieces = self.pieces.iter().zip(COLOURS.iter().cycle());
        let coloured = pieces.map(|(piece, colour)| {
            let style = Style::new().fg_color(Some((*colour).into()));
            format!("{style}{}{style:#}", on_one_line(&readable(piece)))
        });
        coloured.collect::<Vec<_>>().join("│")
    }

    /// A row for each piece: its id, and the two it was merged of.
    fn table(&self) -> Columns {
        let mut columns = Columns::new(&[Side::Right, Side::Left, Side::Right, Side::Left]);
        columns.row(["", "token", "id", "merged of"]);
        let subwords = self.reading.tokenizer.subwords();
        for (number, id) in self.ids.iter().enumerate() {
            let Some(subwords) = subwords else { break };
            let shown = |id: u32| on_one_line(&readable(subwords.surface(id)));
            let halves = subwords.halves(*id);
            columns.row([
                (number + 1).to_string(),
                shown(*id),
                id.to_string(),
                halves.map_or_else(String::new, |(left, right)| {
                    format!("{} + {}", shown(left), shown(right))
                }),
            ]);
        }
        columns
    }
}

/// Shows one cut in full, or several side by side.
pub(super) fn show(cuts: &[Cut], args: &Args, console: &Console) -> Result<()> {
    let text = &args.text;
    let same = |cut: &Cut| cut.back == text.as_bytes();
    if args.json {
        let object = |cut: &Cut| {
            json!({
                "tokenizer": cut.reading.tokenizer.name(),
                "tokens": cut.pieces.iter().map(|piece| readable(piece)).collect::<Vec<_>>(),
                "ids": cut.ids,
                "bytes_a_token": text.len() as f64 / cut.pieces.len().max(1) as f64,
                "text": readable(&cut.back),
                "same": same(cut),
            })
        };
        return match cuts {
            [one] => console.print_json(&object(one)),
            _ => console.print_json(&cuts.iter().map(object).collect::<Vec<_>>()),
        };
    }
    let verdict = |cut: &Cut| match same(cut) {
        true => "the same text",
        false => "not the same text",
    };
    let mut out = String::new();
    if let [one] = cuts {
        out += &one.table().to_string();
    }
    for cut in cuts {
        let (name, back) = (cut.reading.tokenizer.name(), verdict(cut));
        out += &format!(
            " {name}: {}, {back}\n   {}\n",
            cut.summary(text),
            cut.line()
        );
        if cuts.len() > 1 && !cut.ids.is_empty() {
            let ids: Vec<String> = cut.ids.iter().map(u32::to_string).collect();
            out += &format!("   {}\n", ids.join(" "));
        }
    }
    console.print(out)
}
