//! Here is a word, give me the longest pieces from its left.
//!
//! A piece that does not begin the word is spelled with a prefix (`##ing`). If at some place no piece
//! goes on, or the word is too long, the whole word is unknown (Schuster and Nakajima, 2012; BERT's
//! greedy form).

use super::trie::Trie;

/// Pieces that begin words and pieces that go on.
pub(super) struct WordPiece {
    pub(super) beginnings: Trie,
    /// Without their prefix.
    pub(super) continuations: Trie,
    pub(super) unknown: u32,
    /// A word of more characters is unknown.
    pub(super) longest: usize,
}

impl WordPiece {
    /// Adds the ids of a word.
    pub(super) fn encode(&self, word: &[u8], ids: &mut Vec<u32>) {
        let before = ids.len();
        let characters = bstr::ByteSlice::chars(word).take(self.longest + 1).count();
        let mut at = 0;
        while at < word.len() {
            let pieces = match at {
                0 => &self.beginnings,
                _ => &self.continuations,
            };
            let found = pieces.longest(&word[at..]);
            let Some((length, id)) = found.filter(|_| characters <= self.longest) else {
                ids.truncate(before);
                ids.push(self.unknown);
                return;
            };
            ids.push(id);
            at += length;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_piece_goes_first_and_a_word_is_known_whole() {
        let trie = |pieces: &[(&str, u32)]| {
            Trie::of(pieces.iter().map(|(piece, id)| (piece.as_bytes(), *id)))
        };
        let wordpiece = WordPiece {
            beginnings: trie(&[("un", 1), ("u", 2)]),
            continuations: trie(&[("aff", 3), ("able", 4), ("a", 5)]),
            unknown: 0,
            longest: 8,
        };
        for (word, expected) in [
            ("unaffable", vec![0]),
            ("unaffa", vec![1, 3, 5]),
            ("uable", vec![2, 4]),
            ("unx", vec![0]),
            ("", vec![]),
        ] {
            let mut ids = Vec::new();
            wordpiece.encode(word.as_bytes(), &mut ids);
            assert_eq!(ids, expected, "{word}");
        }
    }
}
