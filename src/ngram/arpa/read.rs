//! Here is ARPA from any toolkit, give me a table.
//!
//! Strict where a guess could be wrong, lenient where the meaning is plain: each
//! repair is a warning, each refusal names its line. With
//! [`Leniency::Lenient`], wrong header counts, positive log-probabilities and a
//! missing `\end\` are repaired too.

use super::entry::{Shape, split_line};
use super::lines::{Input, Lines};
use super::sections::Sections;
use crate::count::Order;
use crate::error::{Error, ErrorKind, Result};
use crate::ngram::assemble::{Assembled, Unigram, assemble, supply_specials};
use crate::ngram::{NgramHeader, NgramModel, Table};
use crate::progress::{Progress, Stage};
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

/// What a file of another toolkit holds.
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

/// The advice where orders are missing: what is there is another model.
const WHOLE_FILE: &str = "get the whole file: this one is cut short";

/// Reads an ARPA file; `name` is for messages.
///
/// # Errors
/// What breaks the format, with its line.
pub fn read(
    input: Input,
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
    let order = expected.len();
    progress.stage(Stage {
        number: 1,
        of: 1,
        name: "read",
        unit: "n-grams",
        total: expected.iter().copied().reduce(u64::saturating_add),
    });
    let mut vocabulary = Vocabulary::new();
    reader.section_title(1)?;
    let unigrams = reader.unigrams(order == 1, expected[0], &mut vocabulary)?;
    let mut sections = Sections {
        reader: &mut reader,
        expected: &expected,
        vocabulary: &vocabulary,
    };
    let assembled = assemble(&mut sections, order, unigrams, &vocabulary);
    let Assembled { levels, inserted } = assembled.map_err(|error| error.at_least(name))?;
    reader.warn_of_inserted(inserted);
    Ok(Imported {
        table: Table::of_own(levels),
        vocabulary,
    })
}

pub(super) struct Reader<'r> {
    pub(super) lines: Lines<'r>,
    pub(super) leniency: Leniency,
    pub(super) progress: &'r dyn Progress,
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
    pub(super) fn section_title(&mut self, n: usize) -> Result<()> {
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
    ) -> Result<Vec<Unigram>> {
        let shape = Shape {
            n: 1,
            top,
            leniency: self.leniency,
        };
        let mut numbers: Vec<Option<Unigram>> = vec![None; TokenId::SPECIALS];
        let mut read = 0;
        let mut capital_unknown = None;
        let mut not_utf8 = NotUtf8::default();
        while self.next_entry()? {
            let mut fields = Vec::new();
            split_line(&mut self.lines.line(), &mut fields);
            let unigram = shape.numbers(&fields);
            let unigram = unigram.map_err(|error| error.at(self.lines.place()))?;
            read += 1;
            let word = fields[1];
            if word == b"<UNK>" {
                capital_unknown = Some((unigram, self.lines.place()));
                continue;
            }
            not_utf8.look_at(word, &self.lines);
            let known = vocabulary.len();
            let id = vocabulary.add(word);
            if id.index() == known {
                numbers.push(None);
            }
            if numbers[id.index()].replace(unigram).is_some() {
                let what = format!("the unigram '{}' comes twice", readable(word));
                return Err(self.lines.wrong(what));
            }
        }
        self.check_count(1, top, expected, read)?;
        if read == 0 {
            return Err(self.lines.wrong("no word is listed before this line"));
        }
        self.progress.advance(read);
        not_utf8.warn(self.progress);
        if let Some((unigram, place)) = capital_unknown {
            self.alias(&mut numbers, vocabulary, unigram, place);
        }
        Ok(supply_specials(numbers, self.lines.name(), self.progress))
    }

    /// `<UNK>` is `<unk>`, unless the file has both.
    fn alias(
        &self,
        numbers: &mut Vec<Option<Unigram>>,
        vocabulary: &mut Vocabulary,
        number: Unigram,
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

    /// At the line after a section: it had as many n-grams as the header says.
    pub(super) fn check_count(&self, n: usize, top: bool, expected: u64, found: u64) -> Result<()> {
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

    pub(super) fn end(&mut self) -> Result<()> {
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

    fn warn_of_inserted(&self, inserted: usize) {
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
