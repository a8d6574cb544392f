//! Here is how far a text came, tell me what must not come next, and what should.
//!
//! Wishes are about what is written after the prompt. A phrase may begin in the
//! prompt, though, so that the prompt is heard first.

use super::phrase::Phrase;
use super::source::Source;
use crate::token::TokenId;

/// A text and the rows of tokens that spell it: one, or several where a tokenizer spells a word in
/// the midst of a text otherwise than alone.
#[derive(Clone, Debug)]
pub struct Spelt {
    /// The text, as it was given.
    pub text: String,
    /// Its tokens.
    pub ways: Vec<Vec<TokenId>>,
}

/// What is wished of a text.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// It contains each of these.
    pub contain: Vec<Spelt>,
    /// It begins with this.
    pub start: Option<Spelt>,
    /// It ends with this.
    pub end: Option<Spelt>,
    /// It has none of these.
    pub never: Vec<Spelt>,
    /// At most so many tokens in a row stand in the corpus in a row.
    pub most_copied: Option<usize>,
}

/// One of the wishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wish {
    /// The text contains, ends with, or has not; by number.
    Phrase(usize),
    /// The text begins with.
    Start,
    /// No more is copied.
    Copied,
    /// The sentence ends within the tokens there are.
    Length,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Contain,
    End,
    Never,
}

/// A phrase wish: any of its spellings will do, or is forbidden.
pub(super) struct PhraseWish {
    pub(super) role: Role,
    pub(super) text: String,
    pub(super) phrases: Vec<Phrase>,
}

/// Wishes, ready to be kept.
pub struct Guard<'c> {
    pub(super) phrases: Vec<PhraseWish>,
    pub(super) start: Option<(String, Vec<TokenId>)>,
    pub(super) copied: Option<(usize, &'c dyn Source)>,
}

/// How far a text came.
#[derive(Clone, Debug)]
pub struct Place {
    /// For each phrase wish and spelling, how many tokens have come.
    come: Vec<Vec<usize>>,
    /// For each phrase wish, whether it was fulfilled; one that is to end the text, whether it does.
    met: Vec<bool>,
    written: usize,
    /// The last tokens, as many as may be copied, as far as they are known.
    tail: Vec<TokenId>,
}

impl<'c> Guard<'c> {
    /// From wishes whose spellings are complete; `source` is what must not be copied from.
    ///
    /// # Panics
    /// If a spelling is empty, or the most that may be copied is given without a source.
    pub fn new(wishes: Wishes, source: Option<&'c dyn Source>) -> Self {
        let of = |role| {
            move |spelt: Spelt| PhraseWish {
                role,
                text: spelt.text,
                phrases: spelt.ways.into_iter().map(Phrase::new).collect(),
            }
        };
        let contain = wishes.contain.into_iter().map(of(Role::Contain));
        let end = wishes.end.into_iter().map(of(Role::End));
        let never = wishes.never.into_iter().map(of(Role::Never));
        let first_way = |spelt: Spelt| (spelt.text, spelt.ways.into_iter().next());
        let start = wishes.start.map(first_way);
        Guard {
            phrases: contain.chain(end).chain(never).collect(),
            start: start.map(|(text, tokens)| (text, tokens.expect("a spelling"))),
            copied: wishes
                .most_copied
                .map(|most| (most, source.expect("a source to copy from"))),
        }
    }

    /// Where a text is after its prompt.
    pub fn after(&self, context: &[TokenId]) -> Place {
        let none = |wish: &PhraseWish| vec![0; wish.phrases.len()];
        let mut place = Place {
            come: self.phrases.iter().map(none).collect(),
            met: vec![false; self.phrases.len()],
            written: 0,
            tail: Vec::new(),
        };
        for &token in context {
            self.hear(&mut place, token);
        }
        place
    }

    fn hear(&self, place: &mut Place, token: TokenId) {
        for (come, wish) in place.come.iter_mut().zip(&self.phrases) {
            for (come, phrase) in come.iter_mut().zip(&wish.phrases) {
                *come = phrase.after(*come, token);
            }
        }
        let Some((most, _)) = self.copied else {
            return;
        };
        match token {
            TokenId::UNKNOWN | TokenId::START => place.tail.clear(),
            token => place.tail.push(token),
        }
        let surplus = place.tail.len().saturating_sub(most);
        place.tail.drain(..surplus);
    }

    /// This token was written.
    pub fn push(&self, place: &mut Place, token: TokenId) {
        self.hear(place, token);
        place.written += 1;
        for (number, wish) in self.phrases.iter().enumerate() {
            let mut spellings = place.come[number].iter().zip(&wish.phrases);
            let complete = spellings.any(|(&come, phrase)| phrase.left(come) == 0);
            match wish.role {
                Role::Contain => place.met[number] |= complete,
                Role::End => place.met[number] = complete,
                Role::Never => {}
            }
        }
    }

    /// The token that has to come, while the text begins as it was wished to.
    pub(in crate::sample) fn forced(&self, place: &Place) -> Option<TokenId> {
        let (_, start) = self.start.as_ref()?;
        start.get(place.written).copied()
    }

    /// The wish that this token would break.
    pub fn broken_by(&self, place: &Place, token: TokenId) -> Option<Wish> {
        if self.forced(place).is_some_and(|forced| forced != token) {
            return Some(Wish::Start);
        }
        if token == TokenId::END {
            return self.lacking(place);
        }
        self.broken_within(place, token)
    }

    /// The wish about what must not be in the text that this token would break.
    pub(super) fn broken_within(&self, place: &Place, token: TokenId) -> Option<Wish> {
        let never = |&number: &usize| {
            let wish = &self.phrases[number];
            let mut spellings = place.come[number].iter().zip(&wish.phrases);
            wish.role == Role::Never && spellings.any(|(&come, phrase)| phrase.ends(come, token))
        };
        let never = (0..self.phrases.len()).find(never).map(Wish::Phrase);
        never.or_else(|| self.copies(place).contains(&token).then_some(Wish::Copied))
    }

    /// The first wish that a text which ends here has not fulfilled.
    pub fn lacking(&self, place: &Place) -> Option<Wish> {
        if self.forced(place).is_some() {
            return Some(Wish::Start);
        }
        let met = self.phrases.iter().zip(&place.met);
        let mut lacking = met.map(|(wish, met)| wish.role != Role::Never && !met);
        lacking.position(|lacks| lacks).map(Wish::Phrase)
    }

    /// True if a text that is cut off cannot keep the wishes.
    pub fn must_end(&self) -> bool {
        self.phrases.iter().any(|wish| wish.role != Role::Never)
    }

    /// The tokens that would make too much copied.
    fn copies(&self, place: &Place) -> Vec<TokenId> {
        let Some((most, source)) = self.copied.filter(|(most, _)| place.tail.len() == *most) else {
            return Vec::new();
        };
        debug_assert!(most > 0);
        let mut followers = source.followers(&place.tail);
        followers.retain(|&token| token != TokenId::END);
        followers
    }

    /// All tokens that break a wish, but for the beginning, in order.
    pub(super) fn banned(&self, place: &Place) -> Vec<TokenId> {
        let mut banned = self.copies(place);
        for (wish, come) in self.phrases.iter().zip(&place.come) {
            let ends = |(phrase, come): (&Phrase, &usize)| {
                let last = phrase.last();
                phrase.ends(*come, last).then_some(last)
            };
            if wish.role == Role::Never {
                banned.extend(wish.phrases.iter().zip(come).filter_map(ends));
            }
        }
        if self.lacking(place).is_some() {
            banned.push(TokenId::END);
        }
        banned.sort_unstable();
        banned.dedup();
        banned
    }

    /// Tokens that bring the wishes on, each with whether it goes on with what was begun.
    pub(in crate::sample) fn wanted(&self, place: &Place) -> Vec<(TokenId, bool)> {
        let lacks = |role| {
            let wishes = self.phrases.iter().enumerate();
            wishes.filter(move |(number, wish)| wish.role == role && !place.met[*number])
        };
        let mut wanted: Vec<(TokenId, bool)> = Vec::new();
        let mut want = |number: usize, wish: &PhraseWish| {
            for (phrase, &come) in wish.phrases.iter().zip(&place.come[number]) {
                wanted.extend(phrase.next(come).map(|token| (token, come > 0)));
            }
        };
        lacks(Role::Contain).for_each(|(number, wish)| want(number, wish));
        if lacks(Role::Contain).next().is_none() {
            lacks(Role::End).for_each(|(number, wish)| want(number, wish));
            if self.phrases.iter().any(|wish| wish.role == Role::End)
                && lacks(Role::End).next().is_none()
            {
                wanted.push((TokenId::END, false));
            }
        }
        wanted.sort_unstable_by_key(|&(token, begun)| (token, !begun));
        wanted.dedup_by_key(|(token, _)| *token);
        wanted
    }

    /// How many tokens of what is wished will have come once this one does.
    pub(in crate::sample) fn fulfilled(&self, place: &Place, token: TokenId) -> usize {
        let of = |(number, wish): (usize, &PhraseWish)| {
            let spellings = wish.phrases.iter().zip(&place.come[number]);
            let come = spellings.map(|(phrase, &come)| {
                match place.met[number] && wish.role == Role::Contain {
                    true => phrase.tokens().len(),
                    false => phrase.after(come, token),
                }
            });
            match wish.role {
                Role::Never => 0,
                _ => come.max().unwrap_or(0),
            }
        };
        self.phrases.iter().enumerate().map(of).sum()
    }

    /// How many tokens will do for what is lacking, `</s>` with them; phrases that overlap may take
    /// fewer.
    pub(super) fn needed(&self, place: &Place) -> usize {
        let start = self.start.as_ref().map_or(0, |(_, start)| start.len());
        let start = start.saturating_sub(place.written);
        let left = |(number, wish): (usize, &PhraseWish)| {
            let spellings = wish.phrases.iter().zip(&place.come[number]);
            let least = spellings.map(|(phrase, &come)| phrase.left(come)).min();
            match wish.role != Role::Never && !place.met[number] {
                true => least.unwrap_or(0),
                false => 0,
            }
        };
        let phrases: usize = self.phrases.iter().enumerate().map(left).sum();
        start + phrases + usize::from(self.must_end())
    }

    /// No text that goes on from here and keeps the wishes has fewer tokens, `</s>` with them.
    pub(super) fn at_least(&self, place: &Place) -> usize {
        let start = self.start.as_ref().map_or(0, |(_, start)| start.len());
        let fewest = |(wish, come): (&PhraseWish, &Vec<usize>)| {
            let spellings = wish.phrases.iter().zip(come);
            let left = spellings.map(|(phrase, &come)| phrase.left(come)).min();
            match wish.role {
                Role::Never => 0,
                // A phrase that has come already has to come again.
                _ => left.unwrap_or(0).max(1),
            }
        };
        // They may overlap.
        let phrases = self.phrases.iter().zip(&place.come).map(fewest);
        start.max(phrases.max().unwrap_or(0)) + usize::from(self.must_end())
    }

    /// What a text must not have, as "it would have …" goes on.
    pub(super) fn forbidden(&self, wish: Wish) -> String {
        match (wish, self.copied) {
            (Wish::Phrase(number), _) => {
                format!("'{}', which is never to come", self.phrases[number].text)
            }
            (_, Some((most, _))) => {
                let more = most + 1;
                format!("{more} tokens in a row from the corpus, and at most {most} may be copied")
            }
            _ => "what was wished away".into(),
        }
    }

    /// What a text that breaks a wish did, as "3 of 5 texts …" goes on.
    pub fn breach(&self, wish: Wish) -> String {
        match wish {
            Wish::Phrase(number) => {
                let PhraseWish { role, text, .. } = &self.phrases[number];
                match role {
                    Role::Contain => format!("lacked '{text}'"),
                    Role::End => format!("ended otherwise than with '{text}'"),
                    Role::Never => format!("had '{text}'"),
                }
            }
            Wish::Start => "began otherwise".into(),
            Wish::Copied => {
                let most = self.copied.map_or(0, |(most, _)| most);
                format!("copied more than {most} tokens in a row")
            }
            Wish::Length => "did not end within --max-tokens".into(),
        }
    }
}
