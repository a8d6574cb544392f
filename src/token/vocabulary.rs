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
use std::sync::OnceLock;

use super::TokenId;
use super::index::{Index, Key, Vacancy};
use super::wanted::Wanted;
use crate::error::{Error, ErrorKind, Result};
use crate::store::{Column, ModelFile, Writer};

/// The surfaces of the three special tokens, by id.
pub const SPECIAL_SURFACES: [&str; TokenId::SPECIALS] = ["<unk>", "<s>", "</s>"];

/// More tokens than this have no 32-bit ids.
const MOST: usize = u32::MAX as usize;

/// Token ↔ id, both ways.
#[derive(Clone)]
pub struct Vocabulary {
    /// All surfaces, one after another.
    bytes: Column<u8>,
    /// Where each surface ends in `bytes`.
    ends: Column<u64>,
    /// Made when first asked for, for to open a model is not yet to look a token up.
    index: OnceLock<Index>,
}

impl Default for Vocabulary {
    fn default() -> Self {
        let mut vocabulary = Vocabulary {
            bytes: Column::default(),
            ends: Column::default(),
            index: OnceLock::new(),
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
        Self::from_columns(bytes.into(), ends.into())
    }

    fn from_columns(bytes: Column<u8>, ends: Column<u64>) -> Result<Self> {
        let broken = |what: &str| Error::new(ErrorKind::Corrupt, format!("vocabulary: {what}"));
        if !ends.is_sorted() || ends.last().copied().unwrap_or(0) != bytes.len() as u64 {
            return Err(broken("the ends of its tokens are out of order"));
        }
        if ends.len() > MOST {
            return Err(broken("more tokens than ids"));
        }
        let vocabulary = Vocabulary {
            bytes,
            ends,
            index: OnceLock::new(),
        };
        if vocabulary.index().taken() < vocabulary.len() {
            return Err(broken("a token appears twice"));
        }
        let specials = SPECIAL_SURFACES.iter().enumerate();
        for (id, surface) in specials {
            if vocabulary.id(surface.as_bytes()) != Some(TokenId(id as u32)) {
                return Err(broken("<unk>, <s> and </s> are not its first three tokens"));
            }
        }
        Ok(vocabulary)
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| {
            let mut index = Index::with_capacity(self.len());
            for id in self.ids() {
                let surface = self.surface(id);
                let key = index.key(surface);
                let found = index.find(key, |id| self.surface(id) == surface);
                if let Err(vacancy) = found {
                    index.place(vacancy, key, id);
                }
            }
            index
        })
    }

    /// Puts its parts into a model file.
    pub fn save(&self, writer: &mut Writer) -> Result<()> {
        writer.section("vocabulary.bytes", &self.bytes)?;
        writer.column("vocabulary.ends", &self.ends)
    }

    /// Takes it out of a model file, where it stays; if that is not verified, neither is this.
    pub fn load(file: &ModelFile) -> Result<Self> {
        let bytes = file.column("vocabulary.bytes")?;
        let ends = file.column("vocabulary.ends")?;
        match file.is_verified() {
            true => Self::from_columns(bytes, ends),
            false => Ok(Vocabulary {
                bytes,
                ends,
                index: OnceLock::new(),
            }),
        }
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
        self.find(self.index().key(surface), surface).ok()
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
        self.add_by(self.index().key(surface), surface)
    }

    /// Gives all wanted tokens of a text their ids, which stand in `ids`; those that are not there
    /// yet are added in their order.
    pub(super) fn add_all(&mut self, text: &[u8], wanted: &mut Wanted, ids: &mut [TokenId]) {
        wanted.look(text, self.index());
        wanted.settle(ids, |key, place| self.add_by(key, &text[place]));
    }

    /// Gives all wanted tokens of a text their ids, or `<unk>`.
    pub(super) fn find_all(&self, text: &[u8], wanted: &mut Wanted, ids: &mut [TokenId]) {
        wanted.look(text, self.index());
        wanted.settle(ids, |key, place| {
            let found = self.find(key, &text[place]);
            found.unwrap_or(TokenId::UNKNOWN)
        });
    }

    fn add_by(&mut self, key: Key, surface: &[u8]) -> TokenId {
        match self.find(key, surface) {
            Ok(id) => id,
            Err(vacancy) => self.add_new(vacancy, key, surface),
        }
    }

    #[cold]
    fn add_new(&mut self, vacancy: Vacancy, key: Key, surface: &[u8]) -> TokenId {
        assert!(self.len() < MOST, "fewer tokens than 32-bit ids");
        let id = TokenId(self.len() as u32);
        self.bytes.to_mut().extend_from_slice(surface);
        self.ends.to_mut().push(self.bytes.len() as u64);
        let index = self.index.get_mut();
        index.expect("it gave the vacancy").place(vacancy, key, id);
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

    fn find(&self, key: Key, surface: &[u8]) -> std::result::Result<TokenId, Vacancy> {
        self.index().find(key, |id| self.surface(id) == surface)
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
}
