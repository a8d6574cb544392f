//! Here are sentences of ids, give me their counts, by narrowing.
//!
//! Take all positions of the text, sorted by the token that stands there: each
//! group is a unigram, and its size is its count. Now let every position look
//! one token further. Within a group the positions part by the token that
//! follows: the groups of the next order, again in reading order, for they were
//! sorted by what came before and are now sorted by what comes after. Each order
//! only splits the groups of the order before, and most groups of a high order
//! hold one position and need no sorting at all.
//!
//! ```text
//! order 1   [ a: 0 3 7 | b: 1 4 | c: 8 ]            positions by their token
//! order 2   [ a b: 1 4 | a c: 8 ‖ b a: … ]          each moved on by one, then parted
//! ```
//!
//! The group a position is in is the node of the n-gram that ends there. So the
//! context of an n-gram is the group it was split from, and its suffix, the
//! shorter n-gram that ends at the same position, is one look into the array of
//! the order before: contexts and suffixes are found without spelling anything.
//!
//! [`plain`](super::plain) counts the same by hash tables; tests hold the two
//! equal.

use std::ops::Range;

use rayon::prelude::*;

use super::{Counts, Level, Order, adjusted};
use crate::error::{Error, ErrorKind, Result};
use crate::progress::Progress;
use crate::token::{TokenId, TokenText};

/// About how many positions one task takes.
const POSITIONS_A_TASK: usize = 1 << 15;

/// Counts every n-gram of orders 1 to `order`.
///
/// A sentence is read as `<s> w1 … wm </s>`; no n-gram reaches past its ends. `progress` advances
/// by the padded text's length for every order: [`work`] says how far in all.
///
/// # Errors
/// If the text has no sentences, or more positions than 32 bits can number.
pub fn count(
    text: &TokenText,
    vocabulary_len: usize,
    order: Order,
    progress: &dyn Progress,
) -> Result<Counts> {
    if text.is_empty() {
        return Err(Error::new(ErrorKind::Input, "there is no text to count")
            .way_out("give a corpus with at least one sentence"));
    }
    let padded = pad(text);
    if u32::try_from(padded.len()).is_err() {
        let what = format!("a text of {} positions is more than 2^32", padded.len());
        return Err(Error::new(ErrorKind::Input, what).way_out("count less text at a time"));
    }
    let mut groups = Groups::of_tokens(&padded, vocabulary_len);
    let mut levels = vec![Level {
        tokens: (0..vocabulary_len as u32).map(TokenId).collect(),
        raw: groups.sizes(),
        ..Level::default()
    }];
    progress.advance(padded.len() as u64);
    for _ in 2..=order.get() {
        let below = groups.by_position(padded.len());
        let split = groups.split(&padded);
        levels.last_mut().expect("level 1 is there").children = split.children;
        groups = split.groups;
        levels.push(Level {
            tokens: split.tokens,
            raw: groups.sizes(),
            suffix: groups.suffixes(&below),
            ..Level::default()
        });
        progress.advance(padded.len() as u64);
    }
    let mut counts = Counts {
        levels,
        sentences: text.len() as u64,
        tokens: text.tokens() as u64,
    };
    adjusted::adjust(&mut counts);
    Ok(counts)
}

/// How many units [`count`] will advance by.
pub fn work(text: &TokenText, order: Order) -> u64 {
    (text.tokens() + 2 * text.len()) as u64 * order.get() as u64
}

/// All sentences end to end, each with its `<s>` and `</s>`.
fn pad(text: &TokenText) -> Vec<TokenId> {
    let mut padded = Vec::with_capacity(text.tokens() + 2 * text.len());
    for sentence in text.sentences() {
        padded.push(TokenId::START);
        padded.extend_from_slice(sentence);
        padded.push(TokenId::END);
    }
    padded
}

/// The positions at which n-grams of one order end, grouped by n-gram, in reading order.
struct Groups {
    positions: Vec<u32>,
    /// Where each group begins in `positions`, and where the last one ends.
    starts: Vec<u32>,
}

/// The groups of the next order, and how they hang on those they were split from.
struct Split {
    groups: Groups,
    /// The last token of each group's n-gram.
    tokens: Vec<TokenId>,
    /// Where the groups split from each group begin, and where the last ones end.
    children: Vec<u32>,
}

impl Groups {
    /// Order 1: positions by their token, by a counting sort. One group for every token of the
    /// vocabulary, be it empty.
    fn of_tokens(padded: &[TokenId], vocabulary_len: usize) -> Self {
        let mut starts = vec![0u32; vocabulary_len + 1];
        for token in padded {
            starts[token.index() + 1] += 1;
        }
        for group in 0..vocabulary_len {
            starts[group + 1] += starts[group];
        }
        let mut next = starts.clone();
        let mut positions = vec![0; padded.len()];
        for (position, token) in padded.iter().enumerate() {
            let place = &mut next[token.index()];
            positions[*place as usize] = position as u32;
            *place += 1;
        }
        Groups { positions, starts }
    }

    fn len(&self) -> usize {
        self.starts.len() - 1
    }

    fn group(&self, index: usize) -> &[u32] {
        &self.positions[self.starts[index] as usize..self.starts[index + 1] as usize]
    }

    /// How often each n-gram was seen.
    fn sizes(&self) -> Vec<u64> {
        self.starts
            .windows(2)
            .map(|ends| u64::from(ends[1] - ends[0]))
            .collect()
    }

    /// For every position of the text, the group it is in; of no meaning where no n-gram of this
    /// order ends.
    fn by_position(&self, text_len: usize) -> Vec<u32> {
        let mut groups = vec![0; text_len];
        for group in 0..self.len() {
            for &position in self.group(group) {
                groups[position as usize] = group as u32;
            }
        }
        groups
    }

    /// The group, one order below, of each n-gram without its first token: the one its positions
    /// were in before they moved on.
    fn suffixes(&self, below: &[u32]) -> Vec<u32> {
        let suffix = |group: usize| below[self.group(group)[0] as usize];
        (0..self.len()).into_par_iter().map(suffix).collect()
    }

    /// Moves every position on by one token and parts the groups by the tokens there.
    fn split(&self, padded: &[TokenId]) -> Split {
        let runs = self.runs();
        let pieces: Vec<Split> = runs
            .into_par_iter()
            .map(|run| self.split_run(run, padded))
            .collect();
        join(pieces)
    }

    /// Runs of groups that hold about the same number of positions.
    fn runs(&self) -> Vec<Range<usize>> {
        let mut runs = Vec::new();
        let mut first = 0;
        for group in 0..self.len() {
            let held = self.starts[group + 1] - self.starts[first];
            if held as usize >= POSITIONS_A_TASK || group + 1 == self.len() {
                runs.push(first..group + 1);
                first = group + 1;
            }
        }
        runs
    }

    /// A run of groups, split; where things begin is counted from the run's own first group.
    fn split_run(&self, run: Range<usize>, padded: &[TokenId]) -> Split {
        let held = (self.starts[run.end] - self.starts[run.start]) as usize;
        let mut positions = Vec::with_capacity(held);
        let (mut starts, mut tokens, mut children) = (Vec::new(), Vec::new(), Vec::new());
        let mut followers: Vec<u64> = Vec::new();
        for group in run {
            children.push(tokens.len() as u32);
            followers.clear();
            for &position in self.group(group) {
                // Nothing follows the end of a sentence.
                if padded[position as usize] != TokenId::END {
                    let next = position + 1;
                    let token = padded[next as usize];
                    followers.push(u64::from(token.0) << 32 | u64::from(next));
                }
            }
            followers.sort_unstable();
            let mut last = None;
            for &follower in &followers {
                let token = TokenId((follower >> 32) as u32);
                if last.replace(token) != Some(token) {
                    starts.push(positions.len() as u32);
                    tokens.push(token);
                }
                positions.push(follower as u32);
            }
        }
        Split {
            groups: Groups { positions, starts },
            tokens,
            children,
        }
    }
}

/// Puts the pieces of all runs together, in order.
fn join(pieces: Vec<Split>) -> Split {
    let mut whole = Split {
        groups: Groups {
            positions: Vec::new(),
            starts: Vec::new(),
        },
        tokens: Vec::new(),
        children: Vec::new(),
    };
    for piece in pieces {
        let positions = whole.groups.positions.len() as u32;
        let groups = whole.tokens.len() as u32;
        let moved = |by: u32| move |start: u32| by + start;
        whole
            .groups
            .starts
            .extend(piece.groups.starts.into_iter().map(moved(positions)));
        whole
            .children
            .extend(piece.children.into_iter().map(moved(groups)));
        whole.groups.positions.extend(piece.groups.positions);
        whole.tokens.extend(piece.tokens);
    }
    whole
        .groups
        .starts
        .push(whole.groups.positions.len() as u32);
    whole.children.push(whole.tokens.len() as u32);
    whole
}
