//! Here is SentencePiece's map of characters, compiled; what does this text become?
//!
//! The map is a double-array trie of what is replaced (Darts-clone's, of 32-bit units) and, after it,
//! what replaces it, each ending in a zero byte. Units say where children lie; a unit is right if its
//! label is the byte that was read.
//!
//! Applied to a whole text the longest rule that fits is taken at each place. HuggingFace applies the
//! same map to graphemes: a short one as a whole if the trie has a rule for its beginning, and else
//! each of its characters; [`CharsMap::apply`] does as it does.

use bstr::ByteSlice;

use super::tiktoken::broken;
use crate::error::Result;

/// What is replaced by what.
pub(super) struct CharsMap {
    units: Vec<u32>,
    /// What replaces, each ending in zero.
    replacements: Vec<u8>,
}

impl CharsMap {
    /// From its compiled form: the trie's length in bytes, the trie, the replacements.
    pub(super) fn of(compiled: &[u8]) -> Result<Self> {
        let parts = || {
            let (length, rest) = compiled.split_first_chunk::<4>()?;
            let (trie, replacements) =
                rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
            let (units, odd) = trie.as_chunks::<4>();
            (odd.is_empty()
                && replacements.last() == Some(&0)
                && str::from_utf8(replacements).is_ok())
            .then(|| CharsMap {
                units: units.iter().map(|unit| u32::from_le_bytes(*unit)).collect(),
                replacements: replacements.to_vec(),
            })
        };
        parts().ok_or_else(|| broken("its map of characters is damaged".into()))
    }

    /// The rules that the text begins with, shortest first: the length, and what replaces it.
    fn rules<'m>(&'m self, text: &[u8]) -> impl Iterator<Item = (usize, &'m str)> {
        let mut node = self.units.first().map(|&root| offset(root));
        text.iter()
            .enumerate()
            .map_while(move |(place, &byte)| {
                let at = node? ^ byte as usize;
                let unit = *self.units.get(at)?;
                // A unit with the top bit is a value and no byte leads to it.
                if unit & 0x8000_00FF != u32::from(byte) {
                    node = None;
                    return None;
                }
                let children = at ^ offset(unit);
                node = Some(children);
                let value = (unit >> 8 & 1 == 1).then(|| self.units.get(children));
                Some((place + 1, value.flatten().map(|value| value & 0x7FFF_FFFF)))
            })
            .filter_map(|(length, value)| Some((length, self.replacement(value?)?)))
    }

    fn replacement(&self, start: u32) -> Option<&str> {
        let rest = self.replacements.get(start as usize..)?;
        let end = rest.find_byte(0)?;
        str::from_utf8(&rest[..end]).ok()
    }

    /// The longest rule that the text begins with: its length, and what replaces it.
    pub(super) fn longest<'m>(&'m self, text: &[u8]) -> Option<(usize, &'m str)> {
        self.rules(text).last()
    }

    /// The text as HuggingFace maps it.
    pub(super) fn apply(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for grapheme in text.as_bytes().graphemes() {
            // The library looks for the shortest rule here, of whatever length.
            let shortest = |part: &'_ str| {
                let found = self.rules(part.as_bytes()).next();
                found.map(|(_, replacement)| replacement.to_owned())
            };
            if grapheme.len() < 6
                && let Some(replacement) = shortest(grapheme)
            {
                out.push_str(&replacement);
                continue;
            }
            for character in grapheme.chars() {
                match shortest(character.encode_utf8(&mut [0; 4])) {
                    Some(replacement) => out.push_str(&replacement),
                    None => out.push(character),
                }
            }
        }
        out
    }
}

/// Where the children of a unit are, from where it is itself.
fn offset(unit: u32) -> usize {
    ((unit >> 10) << ((unit & 1 << 9) >> 6)) as usize
}
