//! Here is a table, write it as ARPA.
//!
//! As `lmplz` writes: unigrams by id, higher orders in suffix order (last token
//! first), `f32` in the shortest digits that read back the same. `<s>` is never
//! predicted and gets a 0; a probability of 0 is −99.
//!
//! While some pages are written, the next are filled by all threads. There are two
//! books of pages, no more, however large the model.

use std::io::{self, Write};
use std::ops::Range;
use std::path::Path;

use rayon::prelude::*;

use super::level::Piece;
use super::number::Numbers;
use super::page::{Block, Page};
use super::reversed::{Columns, Reversed};
use super::spelling::Spelling;
use crate::error::{Error, ErrorKind, Result};
use crate::ngram::table::Table;
use crate::smooth::Unlisted;
use crate::token::{TokenId, Vocabulary};

/// Writes the model; returns how many surfaces had to be spelled differently, because they hold
/// white space. `name` is for messages.
///
/// # Errors
/// If its unlisted tokens are not backed off, which ARPA has no way to say; if two surfaces would be
/// spelled alike; if writing fails.
pub fn write(
    vocabulary: &Vocabulary,
    table: &Table,
    unlisted: Unlisted,
    out: &mut dyn Write,
    name: &Path,
) -> Result<usize> {
    check(unlisted)?;
    let spelling = Spelling::new(vocabulary)?;
    let mut arpa = Arpa::begin(&spelling, table.sizes(), out, name)?;
    let levels = table.levels();
    arpa.unigrams(&[Piece::whole(&levels[0])])?;
    for (below, level) in levels.iter().zip(&levels[1..]) {
        let children = std::iter::once(Ok(&below.children[..]));
        arpa.level(children, vec![Piece::whole(level)])?;
    }
    arpa.end()?;
    Ok(spelling.changed)
}

/// Refuses what ARPA cannot say.
pub(in crate::ngram) fn check(unlisted: Unlisted) -> Result<()> {
    match unlisted {
        Unlisted::Uniform => Err(Error::new(
            ErrorKind::Model,
            "add-k gives unseen tokens a uniform share, which ARPA cannot say",
        )
        .way_out("build with another --smoothing to export")),
        _ => Ok(()),
    }
}

/// ARPA on its way out, order by order.
pub(in crate::ngram) struct Arpa<'w> {
    spelling: &'w Spelling<'w>,
    sizes: Vec<usize>,
    out: &'w mut dyn Write,
    /// For messages.
    name: &'w Path,
    books: [Book; 2],
    /// Once there are unigrams.
    ngrams: Option<Reversed>,
}

impl<'w> Arpa<'w> {
    /// Begins, with the sizes of all orders.
    pub(in crate::ngram) fn begin(
        spelling: &'w Spelling<'w>,
        sizes: Vec<usize>,
        out: &'w mut dyn Write,
        name: &'w Path,
    ) -> Result<Self> {
        let mut arpa = Arpa {
            spelling,
            sizes,
            out,
            name,
            books: [Book::new(), Book::new()],
            ngrams: None,
        };
        let begun = arpa.write_sizes();
        arpa.named(begun)?;
        Ok(arpa)
    }

    fn named<T>(&self, written: io::Result<T>) -> Result<T> {
        written.map_err(|error| Error::io("write", self.name, error))
    }

    fn write_sizes(&mut self) -> io::Result<()> {
        writeln!(self.out, "\\data\\")?;
        for (size, n) in self.sizes.iter().zip(1..) {
            writeln!(self.out, "ngram {n}={size}")?;
        }
        Ok(())
    }

    /// Writes order 1.
    pub(in crate::ngram) fn unigrams(&mut self, pieces: &[Piece]) -> Result<()> {
        let ngrams = Reversed::unigrams(&self.sizes, pieces);
        let written = self.section(&ngrams);
        self.ngrams = Some(ngrams);
        self.named(written)
    }

    /// Writes the next order; `children` are those of the order before, in pieces.
    pub(in crate::ngram) fn level<C: AsRef<[u32]>>(
        &mut self,
        children: impl Iterator<Item = Result<C>>,
        pieces: Vec<Piece>,
    ) -> Result<()> {
        let mut ngrams = self.ngrams.take().expect("unigrams come first");
        ngrams.grow(children, pieces)?;
        let written = self.section(&ngrams);
        self.ngrams = Some(ngrams);
        self.named(written)
    }

    fn section(&mut self, ngrams: &Reversed) -> io::Result<()> {
        writeln!(self.out, "\n\\{}-grams:", ngrams.length())?;
        let section = Section {
            spelling: self.spelling,
            ngrams,
            columns: ngrams.columns(),
        };
        section.write(&mut self.books, self.out)
    }

    /// Writes the last line.
    pub(in crate::ngram) fn end(self) -> Result<()> {
        let ended = writeln!(self.out, "\n\\end\\");
        self.named(ended)
    }
}

/// How many entries a page holds: their text stays in the cache until it is written. Tests fill
/// many pages with few entries.
const ENTRIES_A_PAGE: usize = if cfg!(test) { 5 } else { 1 << 13 };

/// How many pages are filled while as many are written.
const PAGES_A_BOOK: usize = if cfg!(test) { 2 } else { 32 };

/// For how many entries words are looked up ahead of the writing.
const ENTRIES_AHEAD: usize = if cfg!(test) { 3 } else { 64 };

/// Pages that are filled together.
struct Book(Vec<Page>);

impl Book {
    fn new() -> Self {
        Book((0..PAGES_A_BOOK).map(|_| Page::default()).collect())
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        self.0
            .iter()
            .try_for_each(|page| out.write_all(page.text()))
    }
}

/// The n-grams of one order.
struct Section<'w> {
    spelling: &'w Spelling<'w>,
    ngrams: &'w Reversed,
    columns: &'w Columns,
}

impl Section<'_> {
    fn write(&self, books: &mut [Book; 2], out: &mut dyn Write) -> io::Result<()> {
        let [written, filled] = books;
        self.fill(written, 0);
        for start in (0..self.ngrams.size()).step_by(PAGES_A_BOOK * ENTRIES_A_PAGE) {
            // `out` stays on this thread, as not every writer may leave it.
            rayon::in_place_scope(|scope| {
                scope.spawn(|_| self.fill(filled, start + PAGES_A_BOOK * ENTRIES_A_PAGE));
                written.write(out)
            })?;
            std::mem::swap(written, filled);
        }
        Ok(())
    }

    /// Fills a book from a place on; pages beyond the last entry are left blank.
    fn fill(&self, book: &mut Book, start: usize) {
        book.0.par_iter_mut().enumerate().for_each(|(index, page)| {
            let end = self.ngrams.size();
            let start = end.min(start + index * ENTRIES_A_PAGE);
            page.clear();
            self.put(start..end.min(start + ENTRIES_A_PAGE), page);
        });
    }

    fn put(&self, places: Range<usize>, page: &mut Page) {
        if places.is_empty() {
            return;
        }
        let mut numbers = Numbers::new();
        let mut firsts = [Block::default(); ENTRIES_AHEAD];
        let mut walk = self.ngrams.walk(places.start);
        for start in places.clone().step_by(ENTRIES_AHEAD) {
            let places = start..places.end.min(start + ENTRIES_AHEAD);
            let tokens = self.ngrams.firsts(places.clone());
            // All are asked of the memory at once, none waits for the line before.
            for (block, &token) in firsts.iter_mut().zip(tokens) {
                *block = *self.spelling.block(TokenId(token));
            }
            for (place, first) in places.zip(&firsts) {
                self.put_line(place, walk.spell_next(), first, &mut numbers, page);
            }
        }
    }

    #[inline]
    fn put_line(
        &self,
        place: usize,
        ngram: &[TokenId],
        first: &Block,
        numbers: &mut Numbers,
        page: &mut Page,
    ) {
        numbers.begin_line(self.columns.log10_prob[place], page);
        self.spelling.put(ngram[0], first, page);
        for &token in &ngram[1..] {
            self.spelling.put(token, self.spelling.block(token), page);
        }
        match self.columns.log10_backoff.get(place) {
            Some(&log10_backoff) => {
                page.replace_last(b'\t');
                numbers.end_line(log10_backoff, page);
            }
            None => page.replace_last(b'\n'),
        }
    }
}
