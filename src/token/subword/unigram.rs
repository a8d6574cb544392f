//! Here is a stretch of text, give me its most probable pieces.
//!
//! Every piece has a score, the logarithm of its probability; the best row of pieces is the one of
//! the greatest sum (Kudo, 2018), found from the left by the best that ends at each place (Viterbi).
//! Where two rows are as good, which one is found depends on how sums are rounded: so they are rounded
//! as each library rounds them.

use super::trie::Trie;

/// What a character costs that is no piece, below the lowest score.
const UNKNOWN_PENALTY: f64 = 10.0;

/// Pieces with scores.
pub(super) struct Unigram {
    pub(super) trie: Trie,
    /// The score of each piece.
    pub(super) scores: Vec<f64>,
    /// The lowest of all scores.
    pub(super) lowest: f64,
    /// What characters become that are no piece.
    pub(super) unknown: u32,
    /// What bytes become instead, if the model falls back to bytes.
    pub(super) bytes: Option<Box<[Option<u32>; 256]>>,
    pub(super) rounding: Rounding,
}

/// How sums are rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rounding {
    /// To `f32`, as SentencePiece does.
    Single,
    /// To `f64`, as HuggingFace does.
    Double,
}

/// The best row that ends at a place.
#[derive(Clone, Copy)]
struct Best {
    score: f64,
    piece: u32,
    start: usize,
}

/// No row ends there yet.
const NONE: Best = Best {
    score: 0.0,
    piece: 0,
    start: usize::MAX,
};

impl Unigram {
    /// Adds the ids of a stretch.
    pub(super) fn encode(&self, stretch: &[u8], ids: &mut Vec<u32>) {
        let bests = self.bests(stretch);
        let mut row = Vec::new();
        let mut end = stretch.len();
        while end > 0 {
            let best = bests[end];
            row.push((best.piece, best.start..end));
            end = best.start;
        }
        let mut row = row.into_iter().rev().peekable();
        while let Some((piece, mut place)) = row.next() {
            if piece != self.unknown {
                ids.push(piece);
                continue;
            }
            // Unknown characters that stand together are one, also where they fall back to bytes.
            while let Some((_, next)) = row.next_if(|(next, _)| *next == self.unknown) {
                place.end = next.end;
            }
            let unknown = &stretch[place];
            if let Some(piece) = self.spelled_out(unknown) {
                ids.push(piece);
                continue;
            }
            match self.in_bytes(unknown) {
                Some(bytes) => ids.extend(bytes),
                None => ids.push(self.unknown),
            }
        }
    }

    fn bests(&self, stretch: &[u8]) -> Vec<Best> {
        let mut bests = vec![NONE; stretch.len() + 1];
        let unknown_score = match self.rounding {
            Rounding::Single => f64::from(self.lowest as f32 - UNKNOWN_PENALTY as f32),
            Rounding::Double => self.lowest - UNKNOWN_PENALTY,
        };
        let mut start = 0;
        while start < stretch.len() {
            let rest = &stretch[start..];
            let before = bests[start].score;
            let character = bstr::decode_utf8(rest).1;
            let mut is_piece = false;
            for (length, piece) in self.trie.prefixes(rest) {
                is_piece |= length == character;
                let sum = self.round(before + self.scores[piece as usize]);
                improve(&mut bests[start + length], sum, piece, start);
            }
            if !is_piece {
                let sum = self.round(before + unknown_score);
                improve(&mut bests[start + character], sum, self.unknown, start);
            }
            start += character;
        }
        bests
    }

    fn round(&self, sum: f64) -> f64 {
        match self.rounding {
            Rounding::Single => f64::from(sum as f32),
            Rounding::Double => sum,
        }
    }

    /// The piece that unknown characters spell together: the unknown piece itself can be spelled out,
    /// and HuggingFace takes it at its word.
    fn spelled_out(&self, stretch: &[u8]) -> Option<u32> {
        let found = self
            .trie
            .longest(stretch)
            .filter(|(length, _)| *length == stretch.len());
        found
            .filter(|_| self.rounding == Rounding::Double)
            .map(|(_, piece)| piece)
    }

    fn in_bytes(&self, stretch: &[u8]) -> Option<Vec<u32>> {
        let bytes = self.bytes.as_ref()?;
        stretch.iter().map(|&byte| bytes[byte as usize]).collect()
    }
}

/// Takes another row, if it is better than the best so far.
fn improve(best: &mut Best, sum: f64, piece: u32, start: usize) {
    if best.start == usize::MAX || sum > best.score {
        *best = Best {
            score: sum,
            piece,
            start,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unigram(pieces: &[(&str, f64)]) -> Unigram {
        let spelled = pieces.iter().zip(0..);
        Unigram {
            trie: Trie::of(spelled.map(|((piece, _), id)| (piece.as_bytes(), id))),
            scores: pieces.iter().map(|(_, score)| *score).collect(),
            lowest: pieces.iter().map(|(_, score)| *score).fold(0.0, f64::min),
            unknown: 0,
            bytes: None,
            rounding: Rounding::Double,
        }
    }

    /// The greatest sum of all rows of pieces there are.
    fn best_of_all(pieces: &[(&str, f64)], text: &str) -> f64 {
        let lowest = pieces.iter().map(|(_, score)| *score).fold(0.0, f64::min);
        let Some(first) = text.chars().next() else {
            return 0.0;
        };
        let known = pieces.iter().filter(|(piece, _)| text.starts_with(piece));
        let unknown = (&text[..first.len_utf8()], lowest - UNKNOWN_PENALTY);
        let single = known.clone().any(|(piece, _)| piece.chars().count() == 1);
        known
            .copied()
            .chain((!single).then_some(unknown))
            .map(|(piece, score)| score + best_of_all(pieces, &text[piece.len()..]))
            .fold(f64::NEG_INFINITY, f64::max)
    }

    proptest! {
        #[test]
        fn the_row_found_is_the_best(text in "[abcé]{0,9}") {
            let pieces = [("<unk>", 0.0), ("a", -2.0), ("b", -2.5), ("ab", -3.25), ("bc", -4.0), ("abc", -5.125)];
            let found = unigram(&pieces).bests(text.as_bytes());
            prop_assert!((found[text.len()].score - best_of_all(&pieces, &text)).abs() < 1e-9);
        }
    }

    #[test]
    fn unknown_characters_together_are_one() {
        let unigram = unigram(&[("<unk>", 0.0), ("a", -1.0)]);
        let mut ids = Vec::new();
        unigram.encode("xyéazz".as_bytes(), &mut ids);
        assert_eq!(ids, [0, 1, 0]);
    }
}
