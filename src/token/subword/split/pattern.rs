//! Here is the pattern of a byte-level tokenizer; where does its next match end?
//!
//! The patterns of GPT-2 and its heirs are seven alternatives, each from a small choice: how
//! contractions are written, what may stand before a word, how long a number may be. A pattern that
//! is made of these is told apart here and matched by hand, to the same end as a regular expression
//! would find it; a test compares the two. Any other pattern is left to a regular expression.

use super::classes::{Class, Classified};

/// A pattern that can be matched by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    contraction: Contraction,
    word: Word,
    number: Number,
    after_punctuation: AfterPunctuation,
    /// `\s*[\r\n]+`: white space up to its last line end is apart.
    line_ends: bool,
    /// `\s++$`: white space at the text's end is whole, line ends or not.
    whole_tail: bool,
}

/// `'s|'t|'re|'ve|'m|'ll|'d`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Contraction {
    None,
    /// As it stands.
    Small,
    /// Capital letters as well.
    AnyCase,
    /// Whatever Unicode takes for the same letter, which is also ſ.
    Folded,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    /// ` ?\p{L}+`
    AfterSpace,
    /// `[^\r\n\p{L}\p{N}]?\p{L}+`
    AfterAny,
    /// The same, parted where a small letter comes before a capital one; a contraction stays with it.
    Cased,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Number {
    /// ` ?\p{N}+`
    AfterSpace,
    /// `\p{N}{1,n}`
    AtMost(usize),
    /// `\p{N}+`
    Any,
}

/// What belongs to the punctuation before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AfterPunctuation {
    Nothing,
    /// `[\r\n]*`
    LineEnds,
    /// `[\r\n/]*`
    LineEndsAndSlashes,
}

const VISIBLE_BUT_WORDS: Class = Class::SPACE.or(Class::LETTER).or(Class::NUMBER);
const NO_LEAD: Class = Class::LINE_END.or(Class::LETTER).or(Class::NUMBER);

const HEADS: &str = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]";
const BODIES: &str = r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]";

impl Pattern {
    /// What this regular expression asks for, if it is made of the alternatives known here.
    pub(super) fn of(regex: &str) -> Option<Pattern> {
        let mut rest = regex;
        let mut next = |choices: &[&str]| -> Option<usize> {
            let found = choices.iter().position(|choice| {
                rest.strip_prefix(choice)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('|'))
            })?;
            rest = &rest[choices[found].len()..];
            rest = rest.strip_prefix('|').unwrap_or(rest);
            Some(found)
        };
        let contraction = match next(&[
            "'s|'t|'re|'ve|'m|'ll|'d",
            "'(?:[sdmt]|ll|ve|re)",
            "(?i:'s|'t|'re|'ve|'m|'ll|'d)",
            "'(?i:[sdmt]|ll|ve|re)",
            "('s|'S|'t|'T|'re|'rE|'Re|'RE|'ve|'vE|'Ve|'VE|'m|'M|'ll|'lL|'Ll|'LL|'d|'D)",
        ]) {
            None => Contraction::None,
            Some(0 | 1) => Contraction::Small,
            Some(2 | 3) => Contraction::Folded,
            Some(_) => Contraction::AnyCase,
        };
        let cased = |suffix: &str| {
            format!(
                r"[^\r\n\p{{L}}\p{{N}}]?{HEADS}*{BODIES}+{suffix}|[^\r\n\p{{L}}\p{{N}}]?{HEADS}+{BODIES}*{suffix}"
            )
        };
        let (contraction, word) = match next(&[
            r" ?\p{L}+",
            r" ?\p{L}++",
            r"[^\r\n\p{L}\p{N}]?\p{L}+",
            r"[^\r\n\p{L}\p{N}]?+\p{L}++",
            r"[^\r\n\p{L}\p{N}]?+\p{L}+",
            &cased("(?i:'s|'t|'re|'ve|'m|'ll|'d)?"),
            &cased("('s|'S|'t|'T|'re|'rE|'Re|'RE|'ve|'vE|'Ve|'VE|'m|'M|'ll|'lL|'Ll|'LL|'d|'D)?"),
            &cased(""),
        ])? {
            0 | 1 => (contraction, Word::AfterSpace),
            2..5 => (contraction, Word::AfterAny),
            _ if contraction != Contraction::None => return None,
            5 => (Contraction::Folded, Word::Cased),
            6 => (Contraction::AnyCase, Word::Cased),
            _ => (Contraction::None, Word::Cased),
        };
        let number = match next(&[
            r" ?\p{N}+",
            r" ?\p{N}++",
            r"\p{N}{1,3}",
            r"\p{N}{1,3}+",
            r"\p{N}",
            r"\p{N}{1,2}",
            r"\p{N}+",
        ])? {
            0 | 1 => Number::AfterSpace,
            2 | 3 => Number::AtMost(3),
            4 => Number::AtMost(1),
            5 => Number::AtMost(2),
            _ => Number::Any,
        };
        let after_punctuation = match next(&[
            r" ?[^\s\p{L}\p{N}]+",
            r" ?[^\s\p{L}\p{N}]++",
            r" ?[^\s\p{L}\p{N}]+[\r\n]*",
            r" ?[^\s\p{L}\p{N}]++[\r\n]*",
            r" ?[^\s\p{L}\p{N}]++[\r\n]*+",
            r" ?[^\s\p{L}\p{N}]+[\r\n/]*",
            r" ?[^\s\p{L}\p{N}]++[\r\n/]*",
        ])? {
            0 | 1 => AfterPunctuation::Nothing,
            2..5 => AfterPunctuation::LineEnds,
            _ => AfterPunctuation::LineEndsAndSlashes,
        };
        let whole_tail = next(&[r"\s++$", r"\s+$"]).is_some();
        let line_ends = next(&[r"\s*[\r\n]+", r"\s*[\r\n]"]).is_some();
        next(&[r"\s+(?!\S)"])?;
        next(&[r"\s+", r"\s"])?;
        rest.is_empty().then_some(Pattern {
            contraction,
            word,
            number,
            after_punctuation,
            line_ends,
            whole_tail,
        })
    }

    /// Where the match that begins at a place ends: every text is matched without a gap.
    #[inline]
    pub(super) fn end(self, text: Classified, at: usize) -> usize {
        let Some((class, after)) = text.at(at) else {
            return at;
        };
        let is_space = text.text[at] == b' ';
        if self.word != Word::Cased
            && text.text[at] == b'\''
            && let Some(end) = self.contraction.end(text.text, at)
        {
            return end;
        }
        if let Some(end) = self.word_end(text, at, class, after, is_space) {
            return end;
        }
        if let Some(end) = self.number_end(text, at, class, after, is_space) {
            return end;
        }
        let from = if is_space { after } else { at };
        let end = text.run_not(from, VISIBLE_BUT_WORDS);
        if end > from {
            return match self.after_punctuation {
                AfterPunctuation::Nothing => end,
                AfterPunctuation::LineEnds => text.run(end, Class::LINE_END),
                AfterPunctuation::LineEndsAndSlashes => {
                    text.run(end, Class::LINE_END.or(Class::SLASH))
                }
            };
        }
        self.blank_end(text, at, after)
    }

    #[inline]
    fn word_end(
        self,
        text: Classified,
        at: usize,
        class: Class,
        after: usize,
        is_space: bool,
    ) -> Option<usize> {
        let leads = match self.word {
            Word::AfterSpace => is_space,
            Word::AfterAny => !class.is(NO_LEAD),
            Word::Cased => return self.cased_end(text, at, class, after),
        };
        if class.is(Class::LETTER) {
            return Some(text.run(after, Class::LETTER));
        }
        let end = text.run(after, Class::LETTER);
        (leads && end > after).then_some(end)
    }

    /// The two alternatives of words that are parted by case, each with a lead and without.
    fn cased_end(self, text: Classified, at: usize, class: Class, after: usize) -> Option<usize> {
        let starts = [(!class.is(NO_LEAD)).then_some(after), Some(at)];
        let mut starts = starts.into_iter().flatten();
        let end = (starts.clone())
            .find_map(|start| small_word_end(text, start))
            .or_else(|| starts.find_map(|start| capital_word_end(text, start)))?;
        Some(self.contraction.end(text.text, end).unwrap_or(end))
    }

    #[inline]
    fn number_end(
        self,
        text: Classified,
        at: usize,
        class: Class,
        after: usize,
        is_space: bool,
    ) -> Option<usize> {
        match self.number {
            Number::AfterSpace if is_space => {
                let end = text.run(after, Class::NUMBER);
                (end > after).then_some(end)
            }
            _ if !class.is(Class::NUMBER) => None,
            Number::AfterSpace | Number::Any => Some(text.run(at, Class::NUMBER)),
            Number::AtMost(most) => {
                let mut end = after;
                for _ in 1..most {
                    match text.at(end) {
                        Some((class, next)) if class.is(Class::NUMBER) => end = next,
                        _ => break,
                    }
                }
                Some(end)
            }
        }
    }

    /// White space, of which the last goes to what follows.
    fn blank_end(self, text: Classified, at: usize, after: usize) -> usize {
        let end = text.run(at, Class::SPACE);
        let at_text_end = end == text.text.len();
        if self.whole_tail && at_text_end {
            return end;
        }
        if self.line_ends
            && let Some(last) = memchr::memrchr2(b'\r', b'\n', &text.text[at..end])
        {
            return at + last + 1;
        }
        match text.before(end) {
            last if last > at && !at_text_end => last,
            _ => end.max(after),
        }
    }
}

/// `[heads]*[bodies]+`
fn small_word_end(text: Classified, start: usize) -> Option<usize> {
    let is_body = |place| {
        text.at(place)
            .is_some_and(|(class, _)| class.is(Class::BODY))
    };
    let mut from = text.run(start, Class::HEAD);
    while !is_body(from) {
        if from == start {
            return None;
        }
        from = text.before(from);
    }
    Some(text.run(from, Class::BODY))
}

/// `[heads]+[bodies]*`
fn capital_word_end(text: Classified, start: usize) -> Option<usize> {
    let heads = text.run(start, Class::HEAD);
    (heads > start).then(|| text.run(heads, Class::BODY))
}

impl Contraction {
    /// Where the contraction at a place ends, if there is one.
    fn end(self, text: &[u8], at: usize) -> Option<usize> {
        let rest = text.get(at..)?.strip_prefix(b"'")?;
        let small = |place: usize| -> Option<u8> {
            let byte = *rest.get(place)?;
            match self {
                Contraction::None => None,
                Contraction::Small => Some(byte),
                Contraction::AnyCase | Contraction::Folded => Some(byte.to_ascii_lowercase()),
            }
        };
        match (small(0)?, small(1)) {
            (b's' | b't' | b'm' | b'd', _) => Some(at + 2),
            (b'r' | b'v', Some(b'e')) | (b'l', Some(b'l')) => Some(at + 3),
            _ if self == Contraction::Folded && rest.starts_with("ſ".as_bytes()) => Some(at + 3),
            _ => None,
        }
    }
}
