//! Here is a token's number.

use bytemuck::{Pod, Zeroable};
use serde::{Deserialize, Serialize};

/// The number of a token in its [`Vocabulary`](super::Vocabulary), from 0.
///
/// The first three are the same in every vocabulary: they stand for what no
/// text spells.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Pod, Zeroable, Serialize, Deserialize,
)]
#[repr(transparent)]
pub struct TokenId(pub u32);

impl TokenId {
    /// `<unk>`: every token that is not in the vocabulary.
    pub const UNKNOWN: TokenId = TokenId(0);
    /// `<s>`: a sentence starts. It is context only and is never predicted.
    pub const START: TokenId = TokenId(1);
    /// `</s>`: the sentence ends. It is predicted and is never context.
    pub const END: TokenId = TokenId(2);
    /// How many ids are special.
    pub const SPECIALS: usize = 3;

    /// The id as an index into arrays of the vocabulary's length.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}
