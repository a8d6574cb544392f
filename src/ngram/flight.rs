//! Here are many sentences, give me the score of each token; all are in flight together.
//!
//! One sentence's score is a chain of looks at memory, each of which says where to
//! look next, and a large table answers each from main memory. So a thread keeps
//! [`LANES`] sentences going: it begins to fetch what one of them needs next, and
//! turns to the others until it is there. A lane's way is
//!
//! ```text
//! Seek: where are the context's children?  ─▶  Find: is the token among them?  ─▶  Take: its p; on to the next token
//!   ▲                                                 │ no
//!   └──────────────  Pay: the back-off; on to the suffix  ◀┘
//! ```
//!
//! Each arrow is a fetch. The plain way is a [`Cursor`](crate::model::Cursor), and both
//! give the same bits.

use std::ops::Range;

use rayon::prelude::*;

use super::table::{Node, Table};
use crate::pages::prefetch;
use crate::prob::LogProb;
use crate::token::TokenId;

/// Sentences that a thread has in flight: 16 hide the wait for memory, more hide no more.
const LANES: usize = 16;

/// Of long lists, one token in so many is known beforehand.
const STRIDE: usize = 32;

/// A table that is ready for flight.
pub(super) struct Flight<'t> {
    levels: Vec<Level<'t>>,
}

/// The columns of one level, borrowed once.
struct Level<'t> {
    tokens: &'t [TokenId],
    log10_prob: &'t [f32],
    log10_backoff: &'t [f32],
    suffix: &'t [u32],
    children: &'t [u32],
    /// Every [`STRIDE`]th token: short enough to stay in cache.
    signposts: &'t [TokenId],
}

/// Every [`STRIDE`]th token of each level of a table.
pub(super) struct Signposts(Vec<Vec<TokenId>>);

impl Signposts {
    /// Goes through the tokens once.
    pub(super) fn of(table: &Table) -> Self {
        let of_level = |level: &super::TableLevel| {
            let tokens = &level.tokens[..];
            tokens.iter().step_by(STRIDE).copied().collect()
        };
        Signposts(table.levels().par_iter().map(of_level).collect())
    }
}

/// What a lane waits for.
#[derive(Clone, Copy)]
enum Stage {
    /// The bounds of the context's children.
    Seek,
    /// The children between which the token would be.
    Find { start: u32, end: u32 },
    /// The n-gram's numbers.
    Take { index: u32 },
    /// The context's back-off and suffix.
    Pay,
}

/// One sentence on its way.
struct Lane<'s> {
    /// Which of the sentences it is.
    number: usize,
    tokens: &'s [TokenId],
    context: Node,
    stage: Stage,
    /// log10 of the back-offs paid for the present token.
    paid: f64,
    scores: Vec<LogProb>,
}

impl<'s> Lane<'s> {
    fn token(&self) -> TokenId {
        let token = self.tokens.get(self.scores.len());
        token.copied().unwrap_or(TokenId::END)
    }
}

impl<'t> Flight<'t> {
    pub(super) fn over(table: &'t Table, signposts: &'t Signposts) -> Self {
        let levels = table.levels().iter().zip(&signposts.0);
        let level = |(level, signposts): (&'t super::TableLevel, &'t Vec<TokenId>)| Level {
            tokens: &level.tokens,
            log10_prob: &level.log10_prob,
            log10_backoff: &level.log10_backoff,
            suffix: &level.suffix,
            children: &level.children,
            signposts,
        };
        Flight {
            levels: levels.map(level).collect(),
        }
    }

    /// ln p of every token of each sentence and of its `</s>`, each read from a context.
    pub(super) fn score(&self, begin: Node, sentences: &[&[TokenId]]) -> Vec<Vec<LogProb>> {
        let mut scores: Vec<Vec<LogProb>> = sentences.iter().map(|_| Vec::new()).collect();
        let mut waiting = sentences.iter().enumerate();
        let mut lane = || {
            let (number, tokens) = waiting.next()?;
            Some(Lane {
                number,
                tokens,
                context: begin,
                stage: Stage::Seek,
                paid: 0.0,
                scores: Vec::with_capacity(tokens.len() + 1),
            })
        };
        let mut lanes: Vec<Lane> = std::iter::from_fn(&mut lane).take(LANES).collect();
        while !lanes.is_empty() {
            let mut at = 0;
            while at < lanes.len() {
                if self.turn(&mut lanes[at]) {
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

    /// One step of a lane; false if its sentence is at its end.
    #[inline(always)]
    fn turn(&self, lane: &mut Lane) -> bool {
        match lane.stage {
            Stage::Seek => self.seek(lane),
            Stage::Find { start, end } => self.find(lane, start as usize..end as usize),
            Stage::Pay => self.pay(lane),
            Stage::Take { index } => return self.take(lane, index as usize),
        }
        true
    }

    #[inline(always)]
    fn seek(&self, lane: &mut Lane) {
        let token = lane.token();
        let Some(above) = lane.context.length.checked_sub(1) else {
            let unigrams = &self.levels[0];
            prefetch(unigrams.log10_prob, token.index());
            prefetch(unigrams.children, token.index());
            lane.stage = Stage::Take { index: token.0 };
            return;
        };
        let children = &self.levels[above].children[lane.context.index..lane.context.index + 2];
        let children = children[0] as usize..children[1] as usize;
        if children.is_empty() {
            return self.fail(lane);
        }
        let level = &self.levels[above + 1];
        let window = level.window(children, token);
        prefetch(level.tokens, window.start);
        prefetch(level.tokens, window.end - 1);
        lane.stage = Stage::Find {
            start: window.start as u32,
            end: window.end as u32,
        };
    }

    #[inline(always)]
    fn find(&self, lane: &mut Lane, window: Range<usize>) {
        let level = &self.levels[lane.context.length];
        let token = lane.token();
        let Ok(place) = level.tokens[window.clone()].binary_search(&token) else {
            return self.fail(lane);
        };
        let index = window.start + place;
        prefetch(level.log10_prob, index);
        prefetch(level.children, index);
        if level.children.is_empty() {
            prefetch(level.suffix, index);
        }
        lane.stage = Stage::Take {
            index: index as u32,
        };
    }

    /// The token is not listed here.
    #[inline(always)]
    fn fail(&self, lane: &mut Lane) {
        let level = &self.levels[lane.context.length - 1];
        prefetch(level.log10_backoff, lane.context.index);
        prefetch(level.suffix, lane.context.index);
        lane.stage = Stage::Pay;
    }

    #[inline(always)]
    fn pay(&self, lane: &mut Lane) {
        let Node { length, index } = lane.context;
        let level = &self.levels[length - 1];
        lane.paid += f64::from(level.log10_backoff[index]);
        self.enter(lane, self.suffix(length, index));
    }

    /// The n-gram of this length and place, without its first token.
    #[inline(always)]
    fn suffix(&self, length: usize, index: usize) -> Node {
        match length {
            1 => Node::ROOT,
            length => Node {
                length: length - 1,
                index: self.levels[length - 1].suffix[index] as usize,
            },
        }
    }

    #[inline(always)]
    fn enter(&self, lane: &mut Lane, context: Node) {
        if let Some(above) = context.length.checked_sub(1) {
            prefetch(self.levels[above].children, context.index);
        }
        lane.context = context;
        lane.stage = Stage::Seek;
    }

    #[inline(always)]
    fn take(&self, lane: &mut Lane, index: usize) -> bool {
        let length = lane.context.length + 1;
        let level = &self.levels[length - 1];
        let log10 = lane.paid + f64::from(level.log10_prob[index]);
        let score = match lane.token() {
            TokenId::START => LogProb::ZERO,
            _ => LogProb::from_log10(log10),
        };
        lane.scores.push(score);
        if lane.scores.len() > lane.tokens.len() {
            return false;
        }
        lane.paid = 0.0;
        let top = length == self.levels.len();
        let context = match top {
            true => self.suffix(length, index),
            false => Node { length, index },
        };
        self.enter(lane, context);
        if !top {
            // Its children's bounds were fetched with its probability.
            self.seek(lane);
        }
        true
    }
}

impl Level<'_> {
    /// The part of a list in which a token must be, if it is in the list: at most [`STRIDE`] long.
    #[inline(always)]
    fn window(&self, list: Range<usize>, token: TokenId) -> Range<usize> {
        if list.len() <= STRIDE {
            return list;
        }
        // The signposts that stand inside the list, after its first entry.
        let inner = list.start / STRIDE + 1..list.end.div_ceil(STRIDE);
        let passed = self.signposts[inner.clone()].partition_point(|&post| post <= token);
        let next = (inner.start + passed) * STRIDE;
        let start = match passed {
            0 => list.start,
            _ => next - STRIDE,
        };
        start..next.min(list.end)
    }
}
