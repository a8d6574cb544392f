//! Here is a collection of tunes, or the recording of one, give me a sentence for each.
//!
//! A collection is read whole, as a document is, for what stands at its head
//! holds for every tune in it. A sentence is the tune's line of tokens, so that
//! from here on a tune is a text like any other. A file that begins as MIDI does is
//! one tune.

use std::borrow::Cow;

use super::batch::{Batch, WHOLE_FILE, place};
use super::options::{CorpusOptions, Malformed, Unit};
use super::valid::{Origin, validate};
use crate::error::{Error, ErrorKind, Result};
use crate::notes::abc::{Piece, collection};
use crate::notes::{Spelling, Tune, midi};
use crate::warning::Warning;

/// So many tunes that were left out are named; the others are counted.
const NAMED: usize = 100;

/// The tunes that were left out.
#[derive(Clone, Debug, Default)]
pub(super) struct LeftOut {
    /// Why and where, of the first of them.
    named: Vec<String>,
    all: u64,
}

impl LeftOut {
    fn note(&mut self, what: String) {
        self.all += 1;
        if self.named.len() < NAMED {
            self.named.push(what);
        }
    }

    /// Adds what was left out further on.
    pub(super) fn add(&mut self, later: LeftOut) {
        self.all += later.all;
        let room = NAMED - self.named.len();
        self.named.extend(later.named.into_iter().take(room));
    }

    pub(super) fn warnings(&self) -> Vec<Warning> {
        let mut lines: Vec<String> = self.named.clone();
        let more = self.all - self.named.len() as u64;
        if more > 0 {
            lines.push(format!("{more} more tunes were left out"));
        }
        lines.into_iter().map(Warning::Other).collect()
    }
}

impl Batch {
    /// Makes sentences of a file that is a collection.
    pub(super) fn cut_collection(
        &mut self,
        origin: Origin,
        spelling: Spelling,
        options: &CorpusOptions,
    ) -> Result<()> {
        let bytes = std::mem::take(&mut self.text);
        if midi::is_midi(&bytes) {
            return self.add_recording(&bytes, origin, spelling, options);
        }
        let valid = validate(&bytes, options.invalid, origin, &mut self.replaced)?;
        let text = String::from_utf8_lossy(&valid);
        self.add_tunes(&text, spelling, options, |line, start| {
            (line, origin.offset + start as u64)
        })
    }

    /// Makes sentences of the tunes in a text; `place_of` says which line of the file a
    /// line of the text is, and how far into the file a byte of it.
    pub(super) fn add_tunes(
        &mut self,
        text: &str,
        spelling: Spelling,
        options: &CorpusOptions,
        place_of: impl Fn(u64, usize) -> (u64, u64),
    ) -> Result<()> {
        for piece in collection(text) {
            let tune = match piece.read() {
                Ok(tune) => tune,
                Err(malformed) => {
                    let (line, _) = place_of(malformed.line, 0);
                    let place = place(&self.file, line);
                    let place = format!("{place}, {}", name(&piece));
                    self.leave_out(&malformed.what, place, options)?;
                    continue;
                }
            };
            let place = place_of(piece.line, piece.start);
            self.add_tune(&tune, place, spelling, options);
        }
        Ok(())
    }

    /// Makes a sentence of a MIDI file.
    fn add_recording(
        &mut self,
        bytes: &[u8],
        origin: Origin,
        spelling: Spelling,
        options: &CorpusOptions,
    ) -> Result<()> {
        match midi::read(bytes, options.listening) {
            Ok(tune) => self.add_tune(&tune, (WHOLE_FILE, origin.offset), spelling, options),
            Err(unreadable) => {
                let within = unreadable.place.map(|place| format!(", {place}"));
                let place = format!("{}{}", self.file, within.unwrap_or_default());
                self.leave_out(&unreadable.what, place, options)?;
            }
        }
        Ok(())
    }

    fn add_tune(
        &mut self,
        tune: &Tune,
        place: (u64, u64),
        spelling: Spelling,
        options: &CorpusOptions,
    ) {
        let start = self.text.len();
        self.text.extend_from_slice(spelling.spell(tune).as_bytes());
        let bytes = start..self.text.len();
        self.text.push(b'\n');
        self.add(bytes, place, options);
    }

    fn leave_out(&mut self, what: &str, place: String, options: &CorpusOptions) -> Result<()> {
        match options.malformed {
            Malformed::Refuse => Err(refusal(what).at(place)),
            Malformed::Skip => {
                self.left_out.note(format!("left out {place}: {what}"));
                Ok(())
            }
        }
    }
}

/// "tune 12", and its number in the collection if that is another.
fn name(piece: &Piece) -> String {
    let number = piece.number.to_string();
    match piece.reference {
        Some(reference) if reference != number => format!("tune {number} (X:{reference})"),
        _ => format!("tune {number}"),
    }
}

fn refusal(what: &str) -> Error {
    Error::new(ErrorKind::Input, what)
        .way_out("mend the tune; --skip-malformed leaves out such tunes and names each")
}

impl CorpusOptions {
    /// The text of a question as a corpus read with these options has it: folded, or the tokens of
    /// a tune or a part of one.
    ///
    /// # Errors
    /// If it is to be a tune, and is not understood.
    pub fn spell<'t>(&self, text: &'t str) -> Result<Cow<'t, str>> {
        let Unit::Tune(spelling) = self.unit else {
            return Ok(self.fold(text));
        };
        let mut pieces = collection(text);
        let Some(piece) = pieces.next() else {
            return Ok(Cow::Borrowed(""));
        };
        if pieces.next().is_some() {
            return Err(Error::new(ErrorKind::Input, "these are several tunes").way_out("give one"));
        }
        let tune = piece.read_part().map_err(|malformed| {
            let place = format!("the given text, line {}", malformed.line);
            let way_out = "this voice reads ABC, such as '[M:6/8] [K:G] GAB d2'";
            Error::new(ErrorKind::Input, malformed.what)
                .at(place)
                .way_out(way_out)
        })?;
        Ok(Cow::Owned(spelling.spell(&tune)))
    }
}
