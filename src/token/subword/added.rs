//! Here is a text, tell me where the tokens are that were added to the vocabulary.
//!
//! Special tokens and such as a user defined are found first, the longest of those that begin
//! leftmost, and are not cut. They may take the blanks beside them, or be found only where they are
//! no part of a word.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use bstr::ByteSlice;
use regex::bytes::Regex;

use super::tiktoken::broken;
use crate::error::{Error, ErrorKind, Result};

/// A token that was added.
#[derive(Clone, Debug)]
pub(super) struct AddedToken {
    pub(super) id: u32,
    pub(super) content: String,
    /// It is found only where no word character is beside it.
    pub(super) single_word: bool,
    /// It takes the blanks before it.
    pub(super) takes_left: bool,
    /// It takes the blanks after it.
    pub(super) takes_right: bool,
}

impl AddedToken {
    /// One that is found anywhere and takes nothing beside it.
    pub(super) fn plain(id: u32, content: String) -> Self {
        AddedToken {
            id,
            content,
            single_word: false,
            takes_left: false,
            takes_right: false,
        }
    }
}

/// Tokens that were added, ready to be found.
#[derive(Default)]
pub(super) struct Added {
    tokens: Vec<AddedToken>,
    finder: Option<AhoCorasick>,
}

/// `\w` as a character beside a token.
static WORD_END: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\w$").expect("it is fixed"));
static WORD_START: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^\w").expect("it is fixed"));

impl Added {
    pub(super) fn new(tokens: Vec<AddedToken>) -> Result<Self> {
        if tokens.is_empty() {
            return Ok(Added::default());
        }
        if tokens.iter().any(|token| token.content.is_empty()) {
            return Err(broken("an added token is empty".into()));
        }
        let finder = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(tokens.iter().map(|token| token.content.as_bytes()));
        let finder = finder.map_err(|error| {
            Error::new(
                ErrorKind::Format,
                format!("its added tokens are too many: {error}"),
            )
        })?;
        Ok(Added {
            tokens,
            finder: Some(finder),
        })
    }

    pub(super) fn contents(&self) -> impl Iterator<Item = &str> {
        self.tokens.iter().map(|token| &token.content[..])
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// Calls `each` with all stretches of a text in order, with the id of those that are added tokens.
    pub(super) fn each(
        &self,
        text: &[u8],
        mut each: impl FnMut(Range<usize>, Option<u32>) -> Result<()>,
    ) -> Result<()> {
        let mut done = 0;
        for found in self.finder.iter().flat_map(|finder| finder.find_iter(text)) {
            let token = &self.tokens[found.pattern().as_usize()];
            let (mut start, mut end) = (found.start(), found.end());
            if token.single_word && is_in_word(text, start..end) {
                continue;
            }
            if token.takes_left {
                start = text[..start]
                    .trim_end_with(char::is_whitespace)
                    .len()
                    .max(done);
            }
            if token.takes_right {
                let rest = &text[end..];
                end += rest.len() - rest.trim_start_with(char::is_whitespace).len();
            }
            if done < start {
                each(done..start, None)?;
            }
            each(start..end, Some(token.id))?;
            done = end;
        }
        if done < text.len() {
            each(done..text.len(), None)?;
        }
        Ok(())
    }
}

fn is_in_word(text: &[u8], place: Range<usize>) -> bool {
    // One character is enough, however long the text is.
    let before = &text[place.start.saturating_sub(4)..place.start];
    WORD_END.is_match(before) || WORD_START.is_match(&text[place.end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretches(tokens: Vec<AddedToken>, text: &str) -> Vec<String> {
        let mut found = Vec::new();
        let each = |place: Range<usize>, id: Option<u32>| {
            let mark = if id.is_some() { "*" } else { "" };
            found.push(format!("{}{mark}", &text[place]));
            Ok(())
        };
        Added::new(tokens)
            .unwrap()
            .each(text.as_bytes(), each)
            .unwrap();
        found
    }

    #[test]
    fn the_longest_is_found_with_what_belongs_to_it() {
        let plain = |id, content: &str| AddedToken::plain(id, content.into());
        let mask = AddedToken {
            takes_left: true,
            takes_right: true,
            ..plain(3, "<m>")
        };
        let word = AddedToken {
            single_word: true,
            ..plain(4, "cat")
        };
        let tokens = vec![plain(1, "<a>"), plain(2, "<a><b>"), mask, word];
        let found = |text| stretches(tokens.clone(), text);
        assert_eq!(found("x<a><b><a>"), ["x", "<a><b>*", "<a>*"]);
        assert_eq!(found("x <m>  <m> y"), ["x", " <m>  *", "<m> *", "y"]);
        assert_eq!(
            found("cat concat éc cat."),
            ["cat*", " concat éc ", "cat*", "."]
        );
        assert_eq!(found(""), [""; 0]);
    }
}
