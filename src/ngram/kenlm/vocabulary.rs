//! Here are the words at the end of a KenLM binary, give me a vocabulary.

use super::damaged;
use crate::error::Result;
use crate::token::{TokenId, Vocabulary};

/// The words of a file, by KenLM's id.
pub(super) struct Words {
    /// Their spellings, with the special tokens first and then in KenLM's order.
    pub(super) vocabulary: Vocabulary,
    /// Our id of each of KenLM's.
    pub(super) ids: Vec<TokenId>,
}

impl Words {
    /// From all words, each with a zero byte behind it; there must be so many. Each is shown to
    /// `is_its_hash` with its id, but for the first, which is `<unk>` and has no hash; no two may
    /// have the same.
    pub(super) fn read(
        bytes: &[u8],
        count: u64,
        mut is_its_hash: impl FnMut(usize, &[u8]) -> bool,
    ) -> Result<Self> {
        let Some((0, spelled)) = bytes.split_last() else {
            return Err(damaged("its words are cut short"));
        };
        let (mut vocabulary, mut ids) = (Vocabulary::new(), Vec::new());
        for (word, spelling) in spelled.split(|&byte| byte == 0).enumerate() {
            let id = vocabulary.add(spelling);
            // No word comes twice, for no hash does.
            let is_right = match (word, id) {
                (0, id) => id == TokenId::UNKNOWN,
                (_, TokenId::UNKNOWN) => false,
                _ => is_word(spelling) && is_its_hash(word, spelling),
            };
            if !is_right {
                return Err(damaged("its words do not match their hashes"));
            }
            ids.push(id);
        }
        if ids.len() as u64 != count {
            let found = ids.len();
            return Err(damaged(format!(
                "{found} words at its end where {count} belong"
            )));
        }
        Ok(Words { vocabulary, ids })
    }
}

/// What ARPA can hold as a word.
fn is_word(spelling: &[u8]) -> bool {
    !spelling.is_empty()
        && !spelling
            .iter()
            .any(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
}
