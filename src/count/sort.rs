//! Here are positions that begin with one token; give me their rows, sorted.
//!
//! What follows each position is packed into one number, first token on top, so
//! that sorting numbers sorts rows, and two rows share as many tokens as their
//! numbers share leading bits. All rows of one first token fit into the cache
//! together, most of the time. Where rows are longer than a number can hold,
//! those that are still equal are packed again from where it ended: each step
//! only splits the groups of the step before, and most rows are alone by then.

use std::ops::Range;

use super::grow::Rows;
use super::key::{Key, Widths};
use crate::pages::prefetch;
use crate::token::TokenId;

/// How many positions ahead the text is asked for.
const LOOK_AHEAD: usize = 16;

/// Sorts the rows of one first token after another.
pub(super) enum RowSorter<'t> {
    /// A narrow key holds all that follows a first token.
    Narrow(Sorter<'t, u64>),
    /// It takes a wide one.
    Wide(Sorter<'t, u128>),
}

impl<'t> RowSorter<'t> {
    /// For a text as sentences with their `<s>` and `</s>`, and `order` − 1 more tokens to be read
    /// beyond the end.
    pub(super) fn new(text: &'t [TokenId], vocabulary_len: usize, order: usize) -> Self {
        let widths = Widths::new(vocabulary_len, text.len());
        match widths.tokens::<u64>() + 1 >= order {
            true => RowSorter::Narrow(Sorter::new(text, order, widths)),
            false => RowSorter::Wide(Sorter::new(text, order, widths)),
        }
    }

    /// Sorts the positions of one token after another: `held[token]` of them are each one's.
    pub(super) fn sort_all(
        &mut self,
        tokens: Range<u32>,
        held: &[u64],
        positions: &mut [u32],
        rows: &mut impl Rows,
    ) {
        let mut rest = positions;
        for token in tokens {
            let own = rest.split_off_mut(..held[token as usize] as usize);
            let own = own.expect("all positions are some token's");
            match self {
                RowSorter::Narrow(sorter) => sorter.sort(TokenId(token), own, rows),
                RowSorter::Wide(sorter) => sorter.sort(TokenId(token), own, rows),
            }
        }
    }
}

/// A sorter by keys of one type.
pub(super) struct Sorter<'t, K> {
    text: &'t [TokenId],
    order: usize,
    widths: Widths,
    keys: Vec<K>,
    /// The row so far.
    spelled: Vec<TokenId>,
}

impl<'t, K: Key> Sorter<'t, K> {
    pub(super) fn new(text: &'t [TokenId], order: usize, widths: Widths) -> Self {
        Sorter {
            text,
            order,
            widths,
            keys: Vec::new(),
            spelled: vec![TokenId::UNKNOWN; order],
        }
    }

    /// Brings the positions, all of this token, into the order of their rows, and hands the rows on.
    pub(super) fn sort(&mut self, token: TokenId, positions: &mut [u32], rows: &mut impl Rows) {
        self.spelled[0] = token;
        if positions.is_empty() {
            return;
        }
        if token == TokenId::END || self.order == 1 {
            rows.row(0, &[token], positions.len() as u64);
            return;
        }
        self.sort_from(1, 0, positions, rows);
    }

    /// Sorts positions whose rows share `depth` tokens, which are spelled already; the first row
    /// shares `shared` of them with the row before.
    fn sort_from(
        &mut self,
        depth: usize,
        shared: usize,
        positions: &mut [u32],
        rows: &mut impl Rows,
    ) {
        let fields = self.widths.tokens::<K>().min(self.order - depth);
        let first = self.keys.len();
        self.pack(depth, fields, positions);
        self.keys[first..].sort_unstable();
        for (position, key) in positions.iter_mut().zip(&self.keys[first..]) {
            *position = self.widths.position(*key);
        }
        let mut shared = shared;
        let mut group = 0;
        while group < positions.len() {
            let tokens = self.widths.unpack(self.keys[first + group]);
            let mut end = group + 1;
            let mut next = tokens;
            while end < positions.len() {
                next = self.widths.unpack(self.keys[first + end]);
                if next != tokens {
                    break;
                }
                end += 1;
            }
            let length = self.spell(depth, fields, tokens);
            let equal = &mut positions[group..end];
            self.hand_on(length, depth + fields, shared, equal, rows);
            if next != tokens {
                shared = depth + fields - self.widths.differing(tokens, next);
            }
            group = end;
        }
        self.keys.truncate(first);
    }

    /// A group of rows that are equal in their first `depth` tokens, or in all.
    fn hand_on(
        &mut self,
        length: usize,
        depth: usize,
        shared: usize,
        group: &mut [u32],
        rows: &mut impl Rows,
    ) {
        let complete = length < depth || depth == self.order || self.ends(depth);
        if complete {
            rows.row(shared, &self.spelled[shared..length], group.len() as u64);
        } else if let [position] = group {
            let length = self.read_on(depth, *position);
            rows.row(shared, &self.spelled[shared..length], 1);
        } else {
            self.sort_from(depth, shared, group, rows);
        }
    }

    /// One key a position: `fields` tokens from `depth` on, zeros beyond the sentence's end.
    fn pack(&mut self, depth: usize, fields: usize, positions: &[u32]) {
        let (text, widths) = (self.text, self.widths);
        let ahead = positions.iter().skip(LOOK_AHEAD);
        let ahead = ahead.chain(positions.iter().take(LOOK_AHEAD));
        self.keys
            .extend(positions.iter().zip(ahead).map(|(&position, &ahead)| {
                prefetch(text, ahead as usize + depth);
                let start = position as usize + depth;
                let mut within = u32::MAX;
                let mut tokens = K::from(0);
                for token in &text[start..start + fields] {
                    tokens = widths.push(tokens, token.0 & within);
                    within = if *token == TokenId::END { 0 } else { within };
                }
                widths.key(tokens, position)
            }));
    }

    /// Spells a key's tokens; returns the row's length as far as it is known.
    fn spell(&mut self, depth: usize, fields: usize, tokens: K) -> usize {
        for field in 0..fields {
            let token = TokenId(self.widths.token(tokens, fields - 1 - field));
            self.spelled[depth + field] = token;
            if token == TokenId::END {
                return depth + field + 1;
            }
        }
        depth + fields
    }

    fn ends(&self, depth: usize) -> bool {
        self.spelled[depth - 1] == TokenId::END
    }

    /// Spells the rest of a row that no other equals; returns its length.
    fn read_on(&mut self, depth: usize, position: u32) -> usize {
        let rest = &self.text[position as usize..][depth..self.order];
        for (at, &token) in (depth..).zip(rest) {
            self.spelled[at] = token;
            if token == TokenId::END {
                return at + 1;
            }
        }
        self.order
    }
}
