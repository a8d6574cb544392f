//! Here are n-grams as they read, give me their lines.
//!
//! N-grams that follow one another mostly share all but their last tokens. So the text of
//! the context is spelled once, and a line is a number, a copy of that text, one word, and
//! another number.

use std::ops::Range;

use super::number::Numbers;
use super::page::Page;
use super::piece::{Contexts, Piece, Stretch};
use super::spelling::Spelling;

/// For how many n-grams words are asked of the memory ahead of the writing.
const LOOK_AHEAD: usize = 16;

/// Adds the lines of a stretch to a page.
pub(super) fn put(stretch: &Stretch, spelling: &Spelling, page: &mut Page) {
    let Range { mut start, end } = stretch.places;
    let mut numbers = Numbers::new();
    let mut context = Context::of(&stretch.piece.contexts, start, spelling);
    while start < end {
        let followers = start..end.min(context.end());
        start = followers.end;
        put_followers(
            &stretch.piece,
            followers,
            &context.text,
            spelling,
            &mut numbers,
            page,
        );
        if start < end {
            context.advance(start, spelling);
        }
    }
}

/// Adds the lines of some n-grams that share a context.
#[inline]
fn put_followers(
    piece: &Piece,
    followers: Range<usize>,
    context: &Page,
    spelling: &Spelling,
    numbers: &mut Numbers,
    page: &mut Page,
) {
    for place in followers {
        if let Some(&ahead) = piece.tokens.get(place + LOOK_AHEAD) {
            spelling.expect(ahead);
        }
        numbers.begin_line(piece.log10_prob[place], page);
        page.put_page(context);
        spelling.put(piece.tokens[place], page);
        match piece.log10_backoff.get(place) {
            Some(&log10_backoff) => {
                page.replace_last(b'\t');
                numbers.end_line(log10_backoff, page);
            }
            None => page.replace_last(b'\n'),
        }
    }
}

/// The context of an n-gram, on its way along all contexts.
struct Context<'p> {
    levels: &'p [Contexts<'p>],
    /// By length, the n-gram of that length with which it begins, and where its text ends.
    beginnings: Vec<Beginning>,
    /// Its tokens, each with a blank after it.
    text: Page,
}

#[derive(Clone, Copy, Default)]
struct Beginning {
    node: usize,
    text_end: usize,
}

impl<'p> Context<'p> {
    /// That of the n-gram at a place.
    fn of(levels: &'p [Contexts<'p>], place: usize, spelling: &Spelling) -> Self {
        let mut context = Context {
            levels,
            beginnings: vec![Beginning::default(); levels.len()],
            text: Page::default(),
        };
        let mut child = place;
        for (level, beginning) in levels.iter().zip(&mut context.beginnings).rev() {
            let after = level
                .children
                .partition_point(|&first| first as usize <= child);
            beginning.node = after - 1;
            child = beginning.node;
        }
        context.respell(0, spelling);
        context
    }

    /// Where its followers end; without a context they never do.
    #[inline]
    fn end(&self) -> usize {
        match (self.levels.last(), self.beginnings.last()) {
            (Some(level), Some(last)) => level.children[last.node + 1] as usize,
            _ => usize::MAX,
        }
    }

    /// Goes on to that of the n-gram at a place, where the followers end.
    #[inline]
    fn advance(&mut self, place: usize, spelling: &Spelling) {
        let (mut changed, mut child) = (self.levels.len(), place);
        let levels = self.levels.iter().zip(&mut self.beginnings).enumerate();
        for (at, (level, beginning)) in levels.rev() {
            let ends = &level.children[beginning.node + 1..];
            if ends[0] as usize > child {
                break;
            }
            // Some contexts have no followers: they are passed by.
            let passed = ends.iter().take_while(|&&end| end as usize <= child);
            beginning.node += passed.count();
            (changed, child) = (at, beginning.node);
        }
        self.respell(changed, spelling);
    }

    /// Spells it anew from the token at a place in it.
    #[inline]
    fn respell(&mut self, changed: usize, spelling: &Spelling) {
        let kept = changed
            .checked_sub(1)
            .map_or(0, |last| self.beginnings[last].text_end);
        self.text.truncate(kept);
        let levels = self.levels.iter().zip(&mut self.beginnings);
        for (level, beginning) in levels.skip(changed) {
            if let Some(&ahead) = level.tokens.get(beginning.node + LOOK_AHEAD) {
                spelling.expect(ahead);
            }
            spelling.put(level.tokens[beginning.node], &mut self.text);
            beginning.text_end = self.text.len();
        }
    }
}
