//! Here is a table, write it as ARPA.
//!
//! N-grams stand in the table's own order, sorted by the ids of their tokens from the first on:
//! what shares a context lies together, and nothing is sorted. `f32` in the shortest digits
//! that read back the same. `<s>` is never predicted and gets a 0; a probability of 0
//! is −99.
//!
//! While some pages are written, the next are filled by all threads. There are two
//! books of pages, no more, however large the model.

use std::io::{self, Write};
use std::path::Path;

use rayon::prelude::*;

use super::page::Page;
use super::piece::{Piece, Stretch, Stretches};
use super::spelling::Spelling;
use super::walk;
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
    let mut arpa = Arpa::begin(&spelling, &table.sizes(), out, name)?;
    for length in 1..=table.order() {
        arpa.section(length, std::iter::once(Ok(Piece::whole(table, length))))?;
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
    out: &'w mut dyn Write,
    /// For messages.
    name: &'w Path,
    books: [Book; 2],
}

impl<'w> Arpa<'w> {
    /// Begins, with the sizes of all orders.
    pub(in crate::ngram) fn begin(
        spelling: &'w Spelling<'w>,
        sizes: &[usize],
        out: &'w mut dyn Write,
        name: &'w Path,
    ) -> Result<Self> {
        let mut arpa = Arpa {
            spelling,
            out,
            name,
            books: [Book::new(), Book::new()],
        };
        let begun = arpa.write_sizes(sizes);
        arpa.named(begun)?;
        Ok(arpa)
    }

    fn named<T>(&self, written: io::Result<T>) -> Result<T> {
        written.map_err(|error| Error::io("write", self.name, error))
    }

    fn write_sizes(&mut self, sizes: &[usize]) -> io::Result<()> {
        writeln!(self.out, "\\data\\")?;
        for (size, n) in sizes.iter().zip(1..) {
            writeln!(self.out, "ngram {n}={size}")?;
        }
        Ok(())
    }

    /// Writes the n-grams of one length, whose pieces follow one another.
    pub(in crate::ngram) fn section<'p>(
        &mut self,
        length: usize,
        pieces: impl Iterator<Item = Result<Piece<'p>>> + Send,
    ) -> Result<()> {
        let begun = writeln!(self.out, "\n\\{length}-grams:");
        self.named(begun)?;
        let pieces = pieces.map(|piece| match length {
            1 => piece.map(without_the_start),
            _ => piece,
        });
        let mut stretches = Stretches::new(pieces, NGRAMS_A_PAGE);
        let [mut written, mut filled] = std::mem::take(&mut self.books);
        written.fill(&mut stretches, self.spelling)?;
        while !written.is_empty() {
            let spelling = self.spelling;
            let mut filling = Ok(());
            // `out` stays on this thread, as not every writer may leave it.
            let writing = rayon::in_place_scope(|scope| {
                scope.spawn(|_| filling = filled.fill(&mut stretches, spelling));
                written.write(self.out)
            });
            self.named(writing)?;
            filling?;
            std::mem::swap(&mut written, &mut filled);
        }
        self.books = [written, filled];
        Ok(())
    }

    /// Writes the last line.
    pub(in crate::ngram) fn end(self) -> Result<()> {
        let ended = writeln!(self.out, "\n\\end\\");
        self.named(ended)
    }
}

/// `<s>` is never predicted: what stands there is for show.
fn without_the_start(mut unigrams: Piece) -> Piece {
    let start = unigrams
        .tokens
        .iter()
        .position(|&token| token == TokenId::START);
    if let Some(place) = start {
        unigrams.log10_prob.to_mut()[place] = 0.0;
    }
    unigrams
}

/// How many n-grams a page holds: their text stays in the cache until it is written. Tests fill
/// many pages with few.
const NGRAMS_A_PAGE: usize = if cfg!(test) { 5 } else { 1 << 12 };

/// How many pages are filled while as many are written.
const PAGES_A_BOOK: usize = if cfg!(test) { 2 } else { 64 };

/// Pages that are filled together.
#[derive(Default)]
struct Book {
    pages: Vec<Page>,
    /// How many of them have text.
    filled: usize,
}

impl Book {
    fn new() -> Self {
        Book {
            pages: (0..PAGES_A_BOOK).map(|_| Page::default()).collect(),
            filled: 0,
        }
    }

    fn is_empty(&self) -> bool {
        self.filled == 0
    }

    /// Fills it anew, with as many stretches as there are pages, if so many are left.
    fn fill<'p>(
        &mut self,
        stretches: &mut impl Iterator<Item = Result<Stretch<'p>>>,
        spelling: &Spelling,
    ) -> Result<()> {
        let stretches = stretches.take(self.pages.len());
        let stretches: Vec<Stretch> = stretches.collect::<Result<_>>()?;
        self.filled = stretches.len();
        let pages = self.pages.par_iter_mut().zip(stretches);
        pages.for_each(|(page, stretch)| {
            page.clear();
            walk::put(&stretch, spelling, page);
        });
        Ok(())
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let pages = &self.pages[..self.filled];
        pages.iter().try_for_each(|page| out.write_all(page.text()))
    }
}
