//! Here are tokens, give me their numbers, and back.
//!
//! Ids are given deterministically: `<unk>` 0, `<s>` 1, `</s>` 2, then by
//! first appearance in the text, as KenLM numbers them. That order also settles
//! the order of an ARPA file, so two runs on the same text give the same bytes.
//!
//! Surfaces are bytes, not strings: a byte tokenizer has tokens that are no
//! UTF-8. They lie in one block, with the end of each beside it, so that the
//! whole vocabulary is two sections of a model file.

use std::borrow::Cow;
use std::hash::{BuildHasher, Hasher};

use hashbrown::{DefaultHashBuilder, HashTable};

use super::TokenId;
use crate::error::{Error, ErrorKind, Result};
use crate::store::{ModelFile, Writer};

/// The surfaces of the three special tokens, by id.
pub const SPECIAL_SURFACES: [&str; TokenId::SPECIALS] = ["<unk>", "<s>", "</s>"];

/// Token ↔ id, both ways.
#[derive(Clone)]
pub struct Vocabulary {
    /// All surfaces, one after another.
    bytes: Vec<u8>,
    /// Where each surface ends in `bytes`.
    ends: Vec<u64>,
    /// Ids, placed by the hash of their surface.
    index: HashTable<TokenId>,
    hasher: DefaultHashBuilder,
}

impl Default for Vocabulary {
    fn default() -> Self {
        let mut vocabulary = Vocabulary {
            bytes: Vec::new(),
            ends: Vec::new(),
            index: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
        };
        for surface in SPECIAL_SURFACES {
            vocabulary.add(surface.as_bytes());
        }
        vocabulary
    }
}

impl Vocabulary {
    /// The three special tokens alone.
    pub fn new() -> Self {
        Self::default()
    }

    /// A vocabulary from its stored parts, checked: ends ascend, surfaces are distinct, the
    /// specials come first.
    pub fn from_parts(bytes: Vec<u8>, ends: Vec<u64>) -> Result<Self> {
        let broken = |what: &str| Error::new(ErrorKind::Corrupt, format!("vocabulary: {what}"));
        if !ends.is_sorted() || ends.last().copied().unwrap_or(0) != bytes.len() as u64 {
            return Err(broken("the ends of its tokens are out of order"));
        }
        if u32::try_from(ends.len()).is_err() {
            return Err(broken("more tokens than ids"));
        }
        let mut vocabulary = Vocabulary {
            index: HashTable::with_capacity(ends.len()),
            bytes,
            ends,
            hasher: DefaultHashBuilder::default(),
        };
        for id in 0..vocabulary.len() as u32 {
            let id = TokenId(id);
            let hash = vocabulary.hash(vocabulary.surface(id));
            if vocabulary.find(hash, vocabulary.surface(id)).is_some() {
                return Err(broken("a token appears twice"));
            }
            vocabulary.place(hash, id);
        }
        let specials = SPECIAL_SURFACES.iter().enumerate();
        for (id, surface) in specials {
            if vocabulary.id(surface.as_bytes()) != Some(TokenId(id as u32)) {
                return Err(broken("<unk>, <s> and </s> are not its first three tokens"));
            }
        }
        Ok(vocabulary)
    }

    /// Puts its parts into a model file.
    pub fn save(&self, writer: &mut Writer) -> Result<()> {
        writer.section("vocabulary.bytes", &self.bytes)?;
        writer.column("vocabulary.ends", &self.ends)
    }

    /// Takes it out of a model file.
    pub fn load(file: &ModelFile) -> Result<Self> {
        let ends = file.column::<u64>("vocabulary.ends")?;
        Self::from_parts(file.bytes("vocabulary.bytes")?.to_vec(), ends.to_vec())
    }

    /// The stored parts: all surfaces end to end, and where each ends.
    pub fn parts(&self) -> (&[u8], &[u64]) {
        (&self.bytes, &self.ends)
    }

    /// How many tokens there are, the three specials included.
    #[expect(clippy::len_without_is_empty, reason = "the specials are always there")]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// How many tokens a model predicts: all but `<s>`.
    pub fn predicted(&self) -> usize {
        self.len() - 1
    }

    /// The id of a surface, if it is in the vocabulary.
    pub fn id(&self, surface: &[u8]) -> Option<TokenId> {
        self.find(self.hash(surface), surface)
    }

    /// The id of a surface, or `<unk>`.
    pub fn id_or_unknown(&self, surface: &[u8]) -> TokenId {
        self.id(surface).unwrap_or(TokenId::UNKNOWN)
    }

    /// The surface of an id.
    ///
    /// # Panics
    /// If the id is not of this vocabulary.
    pub fn surface(&self, id: TokenId) -> &[u8] {
        let start = match id.index() {
            0 => 0,
            i => self.ends[i - 1],
        };
        &self.bytes[start as usize..self.ends[id.index()] as usize]
    }

    /// The surface for people: text as it is, other bytes as `<0xHH>`.
    pub fn display(&self, id: TokenId) -> Cow<'_, str> {
        super::readable(self.surface(id))
    }

    /// Adds a surface, or finds it if it is already there.
    ///
    /// # Panics
    /// If there are more tokens than 32-bit ids.
    pub fn add(&mut self, surface: &[u8]) -> TokenId {
        let hash = self.hash(surface);
        if let Some(id) = self.find(hash, surface) {
            return id;
        }
        let id = TokenId(u32::try_from(self.ends.len()).expect("fewer than 2^32 tokens"));
        self.bytes.extend_from_slice(surface);
        self.ends.push(self.bytes.len() as u64);
        self.place(hash, id);
        id
    }

    /// All ids, in order.
    pub fn ids(&self) -> impl ExactSizeIterator<Item = TokenId> + use<> {
        (0..self.len() as u32).map(TokenId)
    }

    /// True if both give the same number to the same tokens, so that their models' probabilities
    /// can be compared and mixed.
    pub fn same_as(&self, other: &Vocabulary) -> bool {
        self.parts() == other.parts()
    }

    fn hash(&self, surface: &[u8]) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(surface);
        hasher.finish()
    }

    fn find(&self, hash: u64, surface: &[u8]) -> Option<TokenId> {
        let same = |id: &TokenId| self.surface(*id) == surface;
        self.index.find(hash, same).copied()
    }

    fn place(&mut self, hash: u64, id: TokenId) {
        let (bytes, ends, hasher) = (&self.bytes, &self.ends, &self.hasher);
        let rehash = |id: &TokenId| {
            let start = if id.0 == 0 { 0 } else { ends[id.index() - 1] };
            let mut state = hasher.build_hasher();
            state.write(&bytes[start as usize..ends[id.index()] as usize]);
            state.finish()
        };
        self.index.insert_unique(hash, id, rehash);
    }
}

/// Which of a corpus's tokens get an id of their own; the others are `<unk>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VocabularyLimits {
    /// Tokens seen less often than this are left out; 1 keeps all.
    pub min_count: u64,
    /// At most so many tokens, the three specials included; the most frequent stay.
    pub max_size: Option<usize>,
}

impl Default for VocabularyLimits {
    fn default() -> Self {
        VocabularyLimits {
            min_count: 1,
            max_size: None,
        }
    }
}

impl VocabularyLimits {
    /// True if every token stays.
    pub fn keep_all(&self) -> bool {
        self.min_count <= 1 && self.max_size.is_none()
    }

    /// The tokens of `full` that stay within the limits, in the same relative order.
    ///
    /// `counts[id]` is how often each was seen. Among tokens of equal count the one that came
    /// first stays.
    pub fn apply(&self, full: &Vocabulary, counts: &[u64]) -> Vocabulary {
        let mut kept: Vec<TokenId> = full
            .ids()
            .skip(TokenId::SPECIALS)
            .filter(|id| counts[id.index()] >= self.min_count)
            .collect();
        if let Some(max_size) = self.max_size {
            kept.sort_by_key(|id| (std::cmp::Reverse(counts[id.index()]), *id));
            kept.truncate(max_size.saturating_sub(TokenId::SPECIALS));
            kept.sort();
        }
        let mut vocabulary = Vocabulary::new();
        for id in kept {
            vocabulary.add(full.surface(id));
        }
        vocabulary
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(tokens: &[&str]) -> Vocabulary {
        let mut vocabulary = Vocabulary::new();
        for token in tokens {
            vocabulary.add(token.as_bytes());
        }
        vocabulary
    }

    #[test]
    fn ids_follow_first_appearance_after_the_specials() {
        let vocabulary = of(&["b", "a", "b"]);
        assert_eq!(vocabulary.len(), 5);
        assert_eq!(vocabulary.id(b"b"), Some(TokenId(3)));
        assert_eq!(vocabulary.id(b"</s>"), Some(TokenId::END));
        assert_eq!(vocabulary.id_or_unknown(b"c"), TokenId::UNKNOWN);
        assert_eq!(vocabulary.surface(TokenId(4)), b"a");
    }

    #[test]
    fn parts_go_round() {
        let vocabulary = of(&["x", "", "yy"]);
        let (bytes, ends) = vocabulary.parts();
        let again = Vocabulary::from_parts(bytes.to_vec(), ends.to_vec()).unwrap();
        assert!(again.same_as(&vocabulary));
        assert_eq!(again.id(b"yy"), Some(TokenId(5)));
    }

    #[test]
    fn broken_parts_are_refused() {
        let (bytes, ends) = (b"<unk><s></s>aa".to_vec(), vec![5, 8, 12, 13, 14]);
        assert!(
            Vocabulary::from_parts(bytes.clone(), ends).is_err(),
            "twice"
        );
        assert!(Vocabulary::from_parts(bytes.clone(), vec![5, 8, 12, 99]).is_err());
        assert!(Vocabulary::from_parts(bytes.clone(), vec![8, 5, 14]).is_err());
        assert!(
            Vocabulary::from_parts(bytes, vec![14]).is_err(),
            "no specials"
        );
        assert!(Vocabulary::from_parts(vec![], vec![]).is_err());
    }

    #[test]
    fn limits_keep_the_frequent_in_order_of_appearance() {
        let vocabulary = of(&["rare", "often", "some", "also"]);
        let counts = [0, 0, 0, 1, 9, 3, 3];
        let limits = VocabularyLimits {
            min_count: 2,
            max_size: Some(5),
        };
        let kept = limits.apply(&vocabulary, &counts);
        let surfaces: Vec<_> = kept.ids().skip(3).map(|id| kept.display(id)).collect();
        assert_eq!(surfaces, ["often", "some"]);
    }
}
