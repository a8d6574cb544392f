//! Here are sentences, score many at once.
//!
//! A token's way through the table is a chain of looks at memory, each of which says where to look
//! next. So a thread has [`LANES`] sentences under way: it sends for what one of them looks at next,
//! and turns to the others until it is there.
//!
//! ```text
//! Send: what all contexts list ─▶ Look: is it there, order by order? ─▶ its p; on to the next token
//!                                  ▲   │ a list of many blocks
//!                                  └─ Sift: in which block would it be?
//! ```
//!
//! The plain way is [`Walk::step`], and both give the same bits.

use std::ops::Range;

use super::level::blocks;
use super::state::State;
use super::walk::{Found, Walk};
use crate::prob::LogProb;
use crate::token::TokenId;

/// How many sentences one thread takes on.
pub(super) const SENTENCES: usize = if cfg!(test) { 5 } else { 256 };

/// How many of them are being read at a time.
const LANES: usize = if cfg!(test) { 3 } else { 16 };

/// What a lane waits for.
enum Stage {
    /// The directories of what its contexts list.
    Send,
    /// The first ranks of blocks, in one of which its token would be.
    Sift(Range<usize>),
    /// The block in which its token would be.
    Look(usize),
}

/// A sentence being read.
struct Lane<'s> {
    tokens: &'s [TokenId],
    number: usize,
    /// What was read before the present token.
    state: State,
    /// The present token, as far as it was found.
    found: Found,
    /// Its rank among the followers of the longest context in which it was found.
    rank: u32,
    stage: Stage,
    scores: Vec<LogProb>,
}

/// ln p of every token of each sentence and of its `</s>`, each read from its `<s>`.
///
/// # Panics
/// If a token is not of the vocabulary.
pub(super) fn score(walk: &Walk, sentences: &[&[TokenId]]) -> Vec<Vec<LogProb>> {
    #[cfg(target_arch = "x86_64")]
    if walk.counts_ones {
        // SAFETY: the processor was asked for these instructions when the walk began.
        return unsafe { score_counting_ones(walk, sentences) };
    }
    score_anywhere(walk, sentences)
}

/// The same, with instructions that not every processor has.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "popcnt,bmi1,bmi2")]
fn score_counting_ones(walk: &Walk, sentences: &[&[TokenId]]) -> Vec<Vec<LogProb>> {
    score_anywhere(walk, sentences)
}

#[inline(always)]
fn score_anywhere(walk: &Walk, sentences: &[&[TokenId]]) -> Vec<Vec<LogProb>> {
    let mut scores: Vec<Vec<LogProb>> = sentences.iter().map(|_| Vec::new()).collect();
    let start = walk.start();
    let mut waiting = sentences.iter().enumerate();
    let mut lane = || {
        let (number, tokens) = waiting.next()?;
        Some(Lane::new(walk, start, number, tokens))
    };
    let mut lanes: Vec<Lane> = std::iter::from_fn(&mut lane).take(LANES).collect();
    while !lanes.is_empty() {
        let mut at = 0;
        while at < lanes.len() {
            if lanes[at].turn(walk) {
                at += 1;
                continue;
            }
            let landed = match lane() {
                Some(next) => std::mem::replace(&mut lanes[at], next),
                None => lanes.swap_remove(at),
            };
            scores[landed.number] = landed.scores;
        }
    }
    scores
}

impl<'s> Lane<'s> {
    #[inline(always)]
    fn new(walk: &Walk, state: State, number: usize, tokens: &'s [TokenId]) -> Self {
        let first = tokens.first().copied().unwrap_or(TokenId::END);
        let mut lane = Lane {
            tokens,
            number,
            state,
            found: walk.alone(first),
            rank: first.0,
            stage: Stage::Send,
            scores: Vec::with_capacity(tokens.len() + 1),
        };
        lane.expect(walk);
        lane
    }

    /// The present token.
    #[inline(always)]
    fn token(&self) -> TokenId {
        let token = self.tokens.get(self.scores.len());
        token.copied().unwrap_or(TokenId::END)
    }

    /// Goes on by one look; false if the sentence is at its end.
    #[inline(always)]
    fn turn(&mut self, walk: &Walk) -> bool {
        match &self.stage {
            Stage::Send => {
                walk.levels[0].send_for(self.token().index());
                for (context, level) in self.state.contexts().iter().zip(&walk.levels[1..]) {
                    if let Some(blocks) = blocks(context.followers())
                        && blocks.len() == 1
                    {
                        level.send_for(context.begin as usize);
                    }
                }
                // What is listed nowhere may be looked for anywhere.
                self.stage = self.seek(walk).unwrap_or(Stage::Look(0));
                true
            }
            Stage::Sift(blocks) => {
                let level = &walk.levels[self.found.len()];
                let block = level.sift(blocks.clone(), self.rank);
                level.send_for_block(block);
                self.stage = Stage::Look(block);
                true
            }
            &Stage::Look(block) => self.look(walk, block),
        }
    }

    /// Makes ready for the present token.
    #[inline(always)]
    fn expect(&mut self, walk: &Walk) {
        let token = self.token();
        walk.levels[0].expect(token.index());
        self.found = walk.alone(token);
        self.rank = token.0;
        self.stage = Stage::Send;
    }

    /// Where the present token would be, if the next longer context lists it; `None` if that lists
    /// nothing.
    #[inline(always)]
    fn seek(&self, walk: &Walk) -> Option<Stage> {
        let context = self.state.contexts().get(self.found.len() - 1)?;
        let level = &walk.levels[self.found.len()];
        let blocks = blocks(context.followers())?;
        if blocks.len() == 1 {
            return Some(Stage::Look(blocks.start));
        }
        let blocks = level.sign(blocks, self.rank);
        level.expect_blocks(blocks.clone());
        Some(Stage::Sift(blocks))
    }

    #[inline(always)]
    fn look(&mut self, walk: &Walk, mut block: usize) -> bool {
        while let Some(context) = self.state.contexts().get(self.found.len() - 1) {
            let level = &walk.levels[self.found.len()];
            let Some(place) = level.find_in(block, context.followers(), self.rank) else {
                break;
            };
            self.rank = place as u32 - context.begin;
            self.found.push(place);
            match self.seek(walk) {
                Some(Stage::Look(here)) => block = here,
                Some(elsewhere) => {
                    self.stage = elsewhere;
                    return true;
                }
                None => break,
            }
        }
        self.take(walk)
    }

    #[inline(always)]
    fn take(&mut self, walk: &Walk) -> bool {
        let token = self.token();
        let step = walk.step_to(&self.state, &self.found, token);
        self.scores.push(match token {
            TokenId::START => LogProb::ZERO,
            _ => LogProb::from_log10(step.log10_prob),
        });
        if self.scores.len() > self.tokens.len() {
            return false;
        }
        self.state = step.state;
        self.expect(walk);
        true
    }
}
