//! Here is a character, tell me what patterns ask about it.
//!
//! One byte of flags for each of Unicode's 1,114,112 code points, made from the tables of
//! `regex-syntax` when it is first wanted: a pattern that a look into a table answers runs several
//! times as fast as one that an automaton answers.

use std::sync::LazyLock;

use bstr::decode_utf8;
use regex_syntax::hir::{Class as HirClass, HirKind};

/// What a character is, as flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Class(u8);

impl Class {
    /// `\p{L}`
    pub(super) const LETTER: Class = Class(1);
    /// `\p{N}`
    pub(super) const NUMBER: Class = Class(2);
    /// `\s`
    pub(super) const SPACE: Class = Class(4);
    /// `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`
    pub(super) const HEAD: Class = Class(8);
    /// `[\p{Ll}\p{Lm}\p{Lo}\p{M}]`
    pub(super) const BODY: Class = Class(16);
    /// `[\r\n]`
    pub(super) const LINE_END: Class = Class(32);
    /// `/`
    pub(super) const SLASH: Class = Class(64);

    /// Any of both.
    pub(super) const fn or(self, other: Class) -> Class {
        Class(self.0 | other.0)
    }

    /// True if it is any of those.
    pub(super) const fn is(self, any: Class) -> bool {
        self.0 & any.0 != 0
    }
}

/// The classes and how a pattern spells each.
const SPELLED: [(Class, &str); 7] = [
    (Class::LETTER, r"\p{L}"),
    (Class::NUMBER, r"\p{N}"),
    (Class::SPACE, r"\s"),
    (Class::HEAD, r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"),
    (Class::BODY, r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"),
    (Class::LINE_END, r"[\r\n]"),
    (Class::SLASH, "[/]"),
];

static CLASSES: LazyLock<Vec<Class>> = LazyLock::new(|| {
    let mut classes = vec![Class(0); char::MAX as usize + 1];
    for (class, spelled) in SPELLED {
        for range in ranges(spelled) {
            classes[range].iter_mut().for_each(|own| own.0 |= class.0);
        }
    }
    classes
});

/// The code points that a character class of a pattern takes in.
fn ranges(pattern: &str) -> Vec<std::ops::RangeInclusive<usize>> {
    let hir = regex_syntax::parse(pattern).expect("the pattern is fixed and right");
    match hir.kind() {
        HirKind::Class(HirClass::Unicode(class)) => class
            .iter()
            .map(|range| range.start() as usize..=range.end() as usize)
            .collect(),
        HirKind::Literal(literal) => vec![literal.0[0] as usize..=literal.0[0] as usize],
        other => unreachable!("{pattern} is a class, not {other:?}"),
    }
}

/// Text whose characters have classes; a byte that is no text is a character without any.
#[derive(Clone, Copy)]
pub(super) struct Classified<'t> {
    classes: &'static [Class],
    pub(super) text: &'t [u8],
}

impl<'t> Classified<'t> {
    pub(super) fn new(text: &'t [u8]) -> Self {
        let classes = &CLASSES;
        Classified { classes, text }
    }

    /// The class of the character at a place, and where it ends; nothing at the text's end.
    #[inline]
    pub(super) fn at(self, place: usize) -> Option<(Class, usize)> {
        let byte = *self.text.get(place)?;
        if byte < 0x80 {
            return Some((self.classes[byte as usize], place + 1));
        }
        Some(self.beyond_ascii(place))
    }

    fn beyond_ascii(self, place: usize) -> (Class, usize) {
        match decode_utf8(&self.text[place..]) {
            (Some(character), length) => (self.classes[character as usize], place + length),
            (None, _) => (Class(0), place + 1),
        }
    }

    /// Where the characters from a place on end that are any of those.
    #[inline]
    pub(super) fn run(self, mut place: usize, any: Class) -> usize {
        while let Some((class, end)) = self.at(place)
            && class.is(any)
        {
            place = end;
        }
        place
    }

    /// Where the characters from a place on end that are none of those.
    #[inline]
    pub(super) fn run_not(self, mut place: usize, none: Class) -> usize {
        while let Some((class, end)) = self.at(place)
            && !class.is(none)
        {
            place = end;
        }
        place
    }

    /// Where the character before a place begins.
    pub(super) fn before(self, place: usize) -> usize {
        match bstr::decode_last_utf8(&self.text[..place]) {
            (Some(_), length) => place - length,
            (None, _) => place - 1,
        }
    }
}
