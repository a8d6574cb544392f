//! Here are sentences as ids that may not fit into memory, keep them.
//!
//! A text grows in memory as long as it is no longer than it may be; then it is
//! cut into pieces of whole sentences, which a [`Depot`] keeps, in memory or on
//! the disk, and goes on as pieces.

use super::{TokenId, TokenText};
use crate::error::Result;
use crate::store::{Depot, Kept};

/// About how many positions a piece has.
const POSITIONS_A_PIECE: usize = 1 << 20;

/// A text in memory or outside of it.
#[derive(Debug)]
pub enum AnyText {
    /// In memory.
    Whole(TokenText),
    /// In a depot.
    Stored(StoredText),
}

/// A text in a depot.
#[derive(Debug, Default)]
pub struct StoredText {
    pieces: Vec<Kept<TokenId>>,
    sentences: u64,
    tokens: u64,
}

impl AnyText {
    /// How many sentences there are.
    pub fn sentences(&self) -> u64 {
        match self {
            AnyText::Whole(text) => text.len() as u64,
            AnyText::Stored(text) => text.sentences,
        }
    }

    /// How many tokens there are, without any `<s>` or `</s>`.
    pub fn tokens(&self) -> u64 {
        match self {
            AnyText::Whole(text) => text.tokens() as u64,
            AnyText::Stored(text) => text.tokens,
        }
    }

    /// How many tokens there are, with every `<s>` and `</s>`.
    pub fn positions(&self) -> u64 {
        self.tokens() + 2 * self.sentences()
    }

    /// How often each id of a vocabulary stands in the text; those of `<s>` and `</s>` included.
    pub(super) fn counts(&self, vocabulary_len: usize) -> Result<Vec<u64>> {
        match self {
            AnyText::Whole(text) => Ok(text.counts(vocabulary_len)),
            AnyText::Stored(text) => text.counts(vocabulary_len),
        }
    }

    /// How often each word of a vocabulary stands in the text; the specials, which are none, count as
    /// 0.
    ///
    /// # Errors
    /// If the depot cannot be read.
    pub fn word_counts(&self, vocabulary_len: usize) -> Result<Vec<u64>> {
        let mut counts = self.counts(vocabulary_len)?;
        counts[..TokenId::SPECIALS].fill(0);
        Ok(counts)
    }

    /// Gives every id another number.
    pub(super) fn renumber(&mut self, numbers: &[TokenId], depot: &Depot) -> Result<()> {
        match self {
            AnyText::Whole(text) => text.renumber(numbers),
            AnyText::Stored(text) => {
                for piece in &mut text.pieces {
                    let mut ids = piece.take()?;
                    ids.iter_mut().for_each(|id| *id = numbers[id.index()]);
                    *piece = depot.keep(ids)?;
                }
            }
        }
        Ok(())
    }
}

impl StoredText {
    /// Adds a text at the end, in pieces of about so many positions.
    fn add(&mut self, text: &TokenText, positions: usize, depot: &Depot) -> Result<()> {
        let mut piece = Vec::new();
        for index in 0..text.len() {
            piece.extend_from_slice(text.padded_sentence(index));
            if piece.len() >= positions || index + 1 == text.len() {
                self.pieces.push(depot.keep(std::mem::take(&mut piece))?);
            }
        }
        self.sentences += text.len() as u64;
        self.tokens += text.tokens() as u64;
        Ok(())
    }

    /// How often each id of a vocabulary stands in the text; those of `<s>` and `</s>` included.
    ///
    /// # Errors
    /// If the depot cannot be read.
    pub fn counts(&self, vocabulary_len: usize) -> Result<Vec<u64>> {
        let mut counts = vec![0; vocabulary_len];
        for piece in &self.pieces {
            piece.read()?.iter().for_each(|id| counts[id.index()] += 1);
        }
        Ok(counts)
    }

    /// How many sentences there are.
    pub fn sentences(&self) -> u64 {
        self.sentences
    }

    /// How many tokens there are, without any `<s>` or `</s>`.
    pub fn tokens(&self) -> u64 {
        self.tokens
    }

    /// The pieces: whole sentences, each with its `<s>` and `</s>`, end to end.
    pub fn into_pieces(self) -> Vec<Kept<TokenId>> {
        self.pieces
    }

    /// A text in memory, in pieces of about so many positions.
    ///
    /// # Errors
    /// If the depot's disk fails.
    pub fn of(text: &TokenText, positions: usize, depot: &Depot) -> Result<Self> {
        let mut stored = StoredText::default();
        stored.add(text, positions, depot)?;
        Ok(stored)
    }
}

/// How much memory a text may take, and is thought to take, in positions: its tokens with every `<s>`
/// and `</s>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// A longer text goes to a depot.
    pub most: u64,
    /// Room for so many is made beforehand. What is not filled is not taken from the system.
    pub expected: u64,
}

impl Room {
    /// All it takes.
    pub const UNBOUNDED: Room = Room {
        most: u64::MAX,
        expected: 0,
    };
}

/// A text that grows, in memory while it is short enough.
pub(super) struct GrowingText<'d> {
    end: TokenText,
    stored: StoredText,
    room: Room,
    depot: &'d Depot,
}

impl<'d> GrowingText<'d> {
    pub(super) fn new(room: Room, depot: &'d Depot) -> Self {
        GrowingText {
            end: TokenText::with_room_for(0, room.expected.min(room.most) as usize),
            stored: StoredText::default(),
            room,
            depot,
        }
    }

    /// Adds all sentences of another text, each id by another number.
    pub(super) fn append(
        &mut self,
        other: &TokenText,
        number: impl Fn(TokenId) -> TokenId,
    ) -> Result<()> {
        self.end.append(other, number);
        let held = self.end.padded().len();
        match self.stored.pieces.is_empty() {
            true if held as u64 <= self.room.most => Ok(()),
            false if held < POSITIONS_A_PIECE => Ok(()),
            _ => self.store(),
        }
    }

    fn store(&mut self) -> Result<()> {
        let text = std::mem::take(&mut self.end);
        self.stored.add(&text, POSITIONS_A_PIECE, self.depot)
    }

    pub(super) fn finish(mut self) -> Result<AnyText> {
        if self.stored.pieces.is_empty() {
            return Ok(AnyText::Whole(self.end));
        }
        self.store()?;
        Ok(AnyText::Stored(self.stored))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_too_long_goes_on_in_pieces() {
        let sentence = |i: u32| vec![TokenId(3 + i); 2];
        let part: TokenText = (0..10).map(sentence).collect();
        let depot = Depot::in_memory();
        for (most, stored) in [(1000, false), (79, true), (0, true)] {
            let room = Room { most, expected: 9 };
            let mut growing = GrowingText::new(room, &depot);
            growing.append(&part, |id| id).unwrap();
            growing
                .append(&part, |id| TokenId(if id.0 < 3 { id.0 } else { id.0 + 1 }))
                .unwrap();
            let mut text = growing.finish().unwrap();
            assert_eq!(
                (text.sentences(), text.tokens(), text.positions()),
                (20, 40, 80)
            );
            assert_eq!(text.counts(20).unwrap()[..5], [0, 20, 20, 2, 4]);
            let numbers: Vec<TokenId> = (0..20).map(|id| TokenId(19 - id)).collect();
            text.renumber(&numbers, &depot).unwrap();
            assert_eq!(text.counts(20).unwrap()[15..], [4, 2, 20, 20, 0]);
            match text {
                AnyText::Whole(_) => assert!(!stored),
                AnyText::Stored(text) => {
                    assert!(stored && !text.into_pieces().is_empty());
                }
            }
        }
    }

    #[test]
    fn pieces_end_where_sentences_do() {
        let text: TokenText = (0..10).map(|i| vec![TokenId(3); i]).collect();
        let stored = StoredText::of(&text, 8, &Depot::in_memory()).unwrap();
        let pieces: Vec<Vec<TokenId>> = stored
            .into_pieces()
            .iter()
            .map(|piece| piece.read().unwrap().into_owned())
            .collect();
        assert!(pieces.len() > 3);
        for piece in &pieces {
            assert_eq!(
                (piece[0], *piece.last().unwrap()),
                (TokenId::START, TokenId::END)
            );
        }
        assert_eq!(pieces.concat(), text.padded());
    }
}
