//! Here is ARPA from any toolkit, give me a table.
//!
//! Strict where a guess could be wrong, lenient where the meaning is plain: each
//! repair is a warning, each refusal names its line. With
//! [`Leniency::Lenient`], wrong header counts, positive log-probabilities and a
//! missing `\end\` are repaired too.

use std::io::BufRead;

use super::LOG_ZERO;
use super::close::{Entries, close};
use super::lines::Lines;
use crate::count::Order;
use crate::error::{Error, ErrorKind, Result};
use crate::ngram::{NgramHeader, NgramModel, Table};
use crate::progress::Progress;
use crate::smooth::Unlisted;
use crate::token::{Reading, SpecialsInText, TokenId, Tokenizer, Vocabulary, readable};
use crate::warning::Warning;

/// How much is repaired.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Leniency {
    /// Only what every reader agrees on.
    #[default]
    Strict,
    /// Wrong header counts, positive log-probabilities, a missing end as well.
    Lenient,
}

/// What an ARPA file holds.
pub struct Imported {
    /// Its unigrams, `<unk>`, `<s>` and `</s>` first, then in the file's order.
    pub vocabulary: Vocabulary,
    /// Its numbers.
    pub table: Table,
}

impl Imported {
    /// What is known of it: it reads text by white space, and nobody counted.
    pub fn header(&self) -> NgramHeader {
        NgramHeader {
            reading: Reading {
                tokenizer: Tokenizer::Whitespace,
                specials: SpecialsInText::Unknown,
                ..Reading::DEFAULT
            },
            estimate: None,
            unlisted: Unlisted::LowerOrder,
            discounts: Vec::new(),
            pruned: Vec::new(),
            sentences: 0,
            tokens: 0,
        }
    }

    /// The voice over its numbers.
    pub fn into_model(self) -> Result<NgramModel> {
        NgramModel::new(self.header(), self.vocabulary, self.table)
    }
}

/// The log10 probability of `<unk>` where the file has none, as KenLM has it.
const MISSING_UNKNOWN: f32 = -100.0;

/// The advice where orders are missing: what is there is another model.
const WHOLE_FILE: &str = "get the whole file: this one is cut short";

/// Reads an ARPA file; `name` is for messages.
///
/// # Errors
/// What breaks the format, with its line.
pub fn read(
    input: &mut dyn BufRead,
    name: &str,
    leniency: Leniency,
    progress: &dyn Progress,
) -> Result<Imported> {
    let mut reader = Reader {
        lines: Lines::new(input, name),
        leniency,
        progress,
    };
    let expected = reader.header()?;
    let mut vocabulary = Vocabulary::new();
    let mut levels: Vec<Entries> = Vec::new();
    for n in 1..=expected.len() {
        reader.section_title(n)?;
        let top = n == expected.len();
        let entries = match n {
            1 => reader.unigrams(top, expected[0], &mut vocabulary)?,
            _ => reader.ngrams(n, top, expected[n - 1], &vocabulary)?,
        };
        levels.push(entries);
    }
    reader.end()?;
    reader.warn_of_closed(close(&mut levels, name)?);
    Ok(Imported {
        table: Table::from_levels(super::close::link(levels))?,
        vocabulary,
    })
}

struct Reader<'r> {
    lines: Lines<'r>,
    leniency: Leniency,
    progress: &'r dyn Progress,
}

impl Reader<'_> {
    /// Everything up to the first section: how many n-grams each order is said to have.
    fn header(&mut self) -> Result<Vec<u64>> {
        while self.lines.line() != b"\\data\\" {
            if !self.lines.advance()? {
                let what = "there is no \\data\\ line, so this is no ARPA file";
                return Err(Error::new(ErrorKind::Format, what)
                    .at(self.lines.name())
                    .way_out("if it is a corpus: counterpoint build makes a model of it"));
            }
            self.lines.refuse_binary()?;
        }
        let mut expected = Vec::new();
        loop {
            if !self.lines.advance()? {
                return Err(self.lines.wrong("the file ends in its header"));
            }
            let line = self.lines.line();
            if line.starts_with(b"\\") {
                break;
            }
            if line.is_empty() {
                continue;
            }
            expected.push(self.header_count(expected.len() + 1)?);
            if expected.len() > Order::MAX {
                let what = format!("the highest order there can be is {}", Order::MAX);
                return Err(self.lines.wrong(what));
            }
        }
        match expected.is_empty() {
            true => Err(self.lines.wrong("the header has no 'ngram 1=' line")),
            false => Ok(expected),
        }
    }

    /// "ngram 2=1082", also with blanks around its parts.
    fn header_count(&self, n: usize) -> Result<u64> {
        let line = readable(self.lines.line());
        let count = line.strip_prefix("ngram").and_then(|rest| {
            let (order, count) = rest.split_once('=')?;
            (order.trim().parse() == Ok(n)).then_some(count.trim().parse().ok()?)
        });
        count.ok_or_else(|| {
            let what = format!("'{line}' where 'ngram {n}=…' or a blank line belongs");
            self.lines.wrong(what)
        })
    }

    /// The present line, or the next that is not blank, must open the section of order n.
    fn section_title(&mut self, n: usize) -> Result<()> {
        while self.lines.line().is_empty() {
            if !self.lines.advance()? {
                let what = format!("the file ends where \\{n}-grams: belongs");
                return Err(self.lines.wrong(what).way_out(WHOLE_FILE));
            }
        }
        let title = format!("\\{n}-grams:");
        if self.lines.line() != title.as_bytes() {
            let found = readable(self.lines.line());
            return Err(self.lines.wrong(format!("'{found}' where {title} belongs")));
        }
        Ok(())
    }

    /// True while the next line that is not blank is an entry; leaves the line after the section in
    /// place.
    fn next_entry(&mut self) -> Result<bool> {
        while self.lines.advance()? {
            let line = self.lines.line();
            if !line.is_empty() {
                return Ok(!line.starts_with(b"\\"));
            }
        }
        Ok(false)
    }

    fn unigrams(
        &mut self,
        top: bool,
        expected: u64,
        vocabulary: &mut Vocabulary,
    ) -> Result<Entries> {
        let mut entries = Entries::new(1);
        let mut numbers: Vec<Option<(f32, f32)>> = vec![None; TokenId::SPECIALS];
        let mut capital_unknown = None;
        let mut not_utf8 = NotUtf8::default();
        while self.next_entry()? {
            let (log10, words, backoff) = self.entry(1, top)?;
            let word = words[0].to_vec();
            if word == b"<UNK>" {
                capital_unknown = Some((log10, backoff, self.lines.place()));
                entries.read += 1;
                continue;
            }
            not_utf8.look_at(&word, &self.lines);
            let known = vocabulary.len();
            let id = vocabulary.add(&word);
            if id.index() == known {
                numbers.push(None);
            }
            if numbers[id.index()].replace((log10, backoff)).is_some() {
                let what = format!("the unigram '{}' comes twice", readable(&word));
                return Err(self.lines.wrong(what));
            }
            entries.read += 1;
        }
        self.check_count(1, top, expected, entries.read)?;
        if entries.read == 0 {
            return Err(self.lines.wrong("no word is listed before this line"));
        }
        not_utf8.warn(self.progress);
        if let Some((log10, backoff, place)) = capital_unknown {
            self.alias(&mut numbers, vocabulary, (log10, backoff), place);
        }
        self.supply_specials(&mut numbers);
        for (id, number) in numbers.into_iter().enumerate() {
            let (log10, backoff) = number.expect("every surface was read or supplied");
            entries.push(&[TokenId(id as u32)], log10, backoff);
        }
        Ok(entries)
    }

    /// `<UNK>` is `<unk>`, unless the file has both.
    fn alias(
        &self,
        numbers: &mut Vec<Option<(f32, f32)>>,
        vocabulary: &mut Vocabulary,
        number: (f32, f32),
        place: String,
    ) {
        let unknown = &mut numbers[TokenId::UNKNOWN.index()];
        if unknown.is_none() {
            *unknown = Some(number);
            let what = "<UNK> is read as <unk>".into();
            self.progress.warn(Warning::ArpaRepaired { place, what });
        } else {
            vocabulary.add(b"<UNK>");
            numbers.push(Some(number));
        }
    }

    fn supply_specials(&self, numbers: &mut [Option<(f32, f32)>]) {
        let supplied = [
            (
                TokenId::UNKNOWN,
                "<unk>",
                MISSING_UNKNOWN,
                "log10 p = -100, as KenLM does",
            ),
            (
                TokenId::START,
                "<s>",
                f32::NEG_INFINITY,
                "no sentence start is known",
            ),
            (
                TokenId::END,
                "</s>",
                f32::NEG_INFINITY,
                "no sentence can end",
            ),
        ];
        for (id, surface, log10, meaning) in supplied {
            let number = &mut numbers[id.index()];
            if number.is_none() {
                *number = Some((log10, 0.0));
                self.progress.warn(Warning::ArpaRepaired {
                    place: self.lines.name().into(),
                    what: format!("it has no {surface}: {meaning}"),
                });
            }
        }
    }

    fn ngrams(
        &mut self,
        n: usize,
        top: bool,
        expected: u64,
        vocabulary: &Vocabulary,
    ) -> Result<Entries> {
        let mut entries = Entries::new(n);
        let has_capital = vocabulary.id(b"<UNK>").is_some();
        let mut ids = Vec::with_capacity(n);
        while self.next_entry()? {
            let (log10, words, backoff) = self.entry(n, top)?;
            ids.clear();
            for word in words {
                let known = match word {
                    b"<UNK>" if !has_capital => Some(TokenId::UNKNOWN),
                    word => vocabulary.id(word),
                };
                ids.push(known.ok_or_else(|| {
                    self.lines
                        .wrong(format!("'{}' is not among the unigrams", readable(word)))
                })?);
            }
            entries.push(&ids, log10, backoff);
            entries.read += 1;
        }
        self.check_count(n, top, expected, entries.read)?;
        Ok(entries)
    }

    /// The parts of the present line: log10 p, the words, log10 back-off (0 if there is none).
    fn entry(&self, n: usize, top: bool) -> Result<(f32, Vec<&[u8]>, f32)> {
        let fields: Vec<&[u8]> = self.lines.fields().collect();
        let has_backoff = fields.len() == n + 2;
        if fields.len() != n + 1 && !has_backoff {
            let found = fields.len();
            let what =
                format!("{found} fields where a number, {n} words and perhaps a back-off belong");
            return Err(self.lines.wrong(what));
        }
        let log10 = self.log10_prob(fields[0])?;
        let backoff = match fields.get(n + 1) {
            Some(_) if top => 0.0,
            Some(field) => log_zero(self.lines.number(field, "back-off")?),
            None => 0.0,
        };
        Ok((log10, fields[1..=n].to_vec(), backoff))
    }

    fn log10_prob(&self, field: &[u8]) -> Result<f32> {
        let log10 = self.lines.number(field, "log-probability")?;
        match self.leniency {
            _ if log10 <= 0.0 => Ok(log_zero(log10)),
            Leniency::Lenient => Ok(0.0),
            Leniency::Strict => Err(self
                .lines
                .wrong(format!("the log-probability {log10} is positive"))
                .way_out("--lenient reads such values as 0, a probability of 1")),
        }
    }

    /// At the line after a section: it had as many n-grams as the header says.
    fn check_count(&self, n: usize, top: bool, expected: u64, found: u64) -> Result<()> {
        if expected == found {
            return Ok(());
        }
        let promise = format!("the header says {expected} n-grams of order {n}");
        // Sections end where a line begins with a backslash, so a blank one is the end of the file.
        match (self.lines.line().is_empty(), top) {
            (false, _) => self.complain(
                format!("{promise}, the file has {found}"),
                "--lenient takes the file's own count",
            ),
            (true, true) => self.complain(
                format!("{promise}, the file ends after {found}"),
                "get the whole file, or use --lenient to take what is there",
            ),
            (true, false) => Err(self
                .lines
                .wrong(format!("{promise}, the file ends after {found}"))
                .way_out(WHOLE_FILE)),
        }
    }

    fn end(&mut self) -> Result<()> {
        while self.lines.line().is_empty() {
            if !self.lines.advance()? {
                return self.complain(
                    "the file ends without \\end\\, so it may be cut short".into(),
                    "get the whole file, or use --lenient to take what is there",
                );
            }
        }
        if self.lines.line() != b"\\end\\" {
            let found = readable(self.lines.line()).into_owned();
            return Err(self.lines.wrong(format!("'{found}' where \\end\\ belongs")));
        }
        Ok(())
    }

    /// An error, or a warning for the lenient.
    fn complain(&self, what: String, way_out: &str) -> Result<()> {
        let place = self.lines.place();
        match self.leniency {
            Leniency::Strict => Err(Error::new(ErrorKind::Format, what)
                .at(place)
                .way_out(way_out)),
            Leniency::Lenient => {
                self.progress.warn(Warning::ArpaRepaired { place, what });
                Ok(())
            }
        }
    }

    fn warn_of_closed(&self, inserted: usize) {
        if inserted > 0 {
            self.progress.warn(Warning::ArpaRepaired {
                place: self.lines.name().into(),
                what: format!(
                    "{inserted} contexts or suffixes of its n-grams were not listed: inserted with their backed-off probability"
                ),
            });
        }
    }
}

/// Words that no text can hold, because text is UTF-8.
#[derive(Default)]
struct NotUtf8 {
    words: u64,
    first: String,
}

impl NotUtf8 {
    fn look_at(&mut self, word: &[u8], lines: &Lines) {
        if std::str::from_utf8(word).is_err() {
            if self.words == 0 {
                self.first = lines.place();
            }
            self.words += 1;
        }
    }

    fn warn(self, progress: &dyn Progress) {
        if self.words > 0 {
            progress.warn(Warning::Other(format!(
                "{} of its words are not UTF-8, the first at {}: they match no text; convert the file first, as with iconv",
                self.words, self.first
            )));
        }
    }
}

fn log_zero(log10: f32) -> f32 {
    if log10 == LOG_ZERO {
        f32::NEG_INFINITY
    } else {
        log10
    }
}
