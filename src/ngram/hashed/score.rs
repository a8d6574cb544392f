//! Here are sentences, give me the score of each token at the speed of the memory.
//!
//! Tokens go in blocks, whatever their sentences, and a block goes order by order. An n-gram can only
//! be listed if both its context and its end without the first token are; so after the bigrams of all
//! tokens it is known which trigrams are worth a look, and these are sent for while the list of them
//! is made. Thus a block's looks at one order wait for the memory together, and few are in vain.
//!
//! What is found out is written down, not branched on, for nobody could foresee it.

use super::hash::extend;
use super::line::{Line, Look, home};
use super::{HIGHEST_ORDER, HashedTable};
use crate::pages::prefetch;
use crate::prob::LogProb;
use crate::token::TokenId;

/// Tokens of a block.
const BLOCK: usize = if cfg!(test) { 5 } else { 250 };

/// One place for each token of a block, from 1 on; 0 is that of the token before the block.
type Places<T> = [T; 256];

/// Some tokens, each after the one before it. A sentence's `<s>` is one of them.
struct Block<'t> {
    table: &'t HashedTable,
    len: u8,
    tokens: Places<TokenId>,
    /// False for the `<s>` of a sentence, which comes after nothing.
    follows: Places<bool>,
    /// The length of the longest n-gram that a token ends, as far as is known.
    length: Places<u8>,
    /// log10 p in that n-gram.
    log10_prob: Places<f32>,
    /// The hashes of the n-grams of each order.
    hashes: [Places<u64>; HIGHEST_ORDER],
    /// log10 of their back-off weights; 0 for those that are not listed.
    log10_backoff: [Places<f32>; HIGHEST_ORDER],
    /// The tokens that are asked about.
    asked: Places<u8>,
}

impl HashedTable {
    /// ln p of every token of each sentence and of its `</s>`, each read from its `<s>`; on the thread
    /// that asks.
    ///
    /// # Panics
    /// If a token is not of this table.
    pub fn score(&self, sentences: &[&[TokenId]]) -> Vec<Vec<LogProb>> {
        let tokens = sentences.iter().map(|sentence| sentence.len() + 1).sum();
        let mut all = Vec::with_capacity(tokens);
        let mut block = Block::of(self);
        for sentence in sentences {
            block.add(TokenId::START, false, &mut all);
            for &token in sentence.iter().chain([&TokenId::END]) {
                block.add(token, true, &mut all);
            }
        }
        block.score(&mut all);
        let mut all = &all[..];
        let of_sentence = |sentence: &&[TokenId]| {
            let (own, others) = all.split_at(sentence.len() + 1);
            all = others;
            own.to_vec()
        };
        sentences.iter().map(of_sentence).collect()
    }
}

impl<'t> Block<'t> {
    fn of(table: &'t HashedTable) -> Self {
        Block {
            table,
            len: 0,
            tokens: [TokenId::UNKNOWN; 256],
            follows: [false; 256],
            length: [0; 256],
            log10_prob: [0.0; 256],
            hashes: [[0; 256]; HIGHEST_ORDER],
            log10_backoff: [[0.0; 256]; HIGHEST_ORDER],
            asked: [0; 256],
        }
    }

    #[inline(always)]
    fn add(&mut self, token: TokenId, follows: bool, scores: &mut Vec<LogProb>) {
        self.len += 1;
        let at = usize::from(self.len);
        self.tokens[at] = token;
        self.follows[at] = follows;
        if at == BLOCK {
            self.score(scores);
        }
    }

    /// Scores the tokens of the block and begins another.
    fn score(&mut self, scores: &mut Vec<LogProb>) {
        let mut asked = self.ask_unigrams();
        for order in 2..=self.table.order() {
            let lines = &self.table.orders[order - 2][..];
            asked = self.ask(order, lines, asked);
            self.look(order, lines, asked);
        }
        self.sum(scores);
        self.go_on();
    }

    /// Every token has a unigram; returns how many are asked about bigrams.
    fn ask_unigrams(&mut self) -> usize {
        let unigrams = &self.table.unigrams[..];
        for at in 1..=self.len {
            prefetch(unigrams, self.tokens[usize::from(at)].index());
        }
        let mut asked = 0;
        for at in 1..=self.len {
            let place = usize::from(at);
            let token = self.tokens[place];
            let numbers = unigrams[token.index()];
            self.length[place] = 1;
            self.log10_prob[place] = numbers.log10_prob;
            self.log10_backoff[0][place] = numbers.log10_backoff;
            self.hashes[0][place] = self.table.seed.token(token);
            self.asked[asked] = at;
            asked += usize::from(self.follows[place]);
        }
        asked
    }

    /// Leaves those tokens of which an n-gram of this order may be listed, and sends for these.
    fn ask(&mut self, order: usize, lines: &[Line], asked: usize) -> usize {
        let mut left = 0;
        for index in 0..asked {
            let at = self.asked[index];
            let place = usize::from(at);
            let shorter = self.length[place].min(self.length[place - 1]);
            self.asked[left] = at;
            left += usize::from(usize::from(shorter) + 1 >= order);
        }
        for &at in &self.asked[..left] {
            let place = usize::from(at);
            let hash = extend(self.hashes[order - 2][place - 1], self.hashes[0][place]);
            self.hashes[order - 1][place] = hash;
            prefetch(lines, home(hash, lines.len()));
        }
        left
    }

    /// Looks up what was asked for.
    fn look(&mut self, order: usize, lines: &[Line], asked: usize) {
        self.log10_backoff[order - 1][1..].fill(0.0);
        let mut strays: Places<u8> = [0; 256];
        let mut number = 0;
        for index in 0..asked {
            let at = self.asked[index];
            let place = usize::from(at);
            let hash = self.hashes[order - 1][place];
            let Look {
                found,
                strayed,
                numbers,
            } = self.table.look(order, lines, hash);
            let kept = u32::from(found).wrapping_neg();
            let prob = &mut self.log10_prob[place];
            *prob = f32::from_bits(numbers.log10_prob.to_bits() & kept | prob.to_bits() & !kept);
            let backoff = numbers.log10_backoff.to_bits() & kept;
            self.log10_backoff[order - 1][place] = f32::from_bits(backoff);
            self.length[place] += u8::from(found);
            strays[number] = at;
            number += usize::from(strayed);
        }
        for &at in &strays[..number] {
            let place = usize::from(at);
            if let Some(numbers) = self.table.find(order, self.hashes[order - 1][place]) {
                self.log10_prob[place] = numbers.log10_prob;
                self.log10_backoff[order - 1][place] = numbers.log10_backoff;
                self.length[place] += 1;
            }
        }
    }

    /// Adds up what each token costs.
    fn sum(&self, scores: &mut Vec<LogProb>) {
        let mut paid = [0.0; 256];
        let len = usize::from(self.len);
        // The longest context pays first, as on the way through the table: the bits are the same.
        for context in (1..self.table.order()).rev() {
            let before = &self.log10_backoff[context - 1][..len];
            let lengths = &self.length[1..=len];
            for ((paid, &log10), &length) in paid[1..=len].iter_mut().zip(before).zip(lengths) {
                let pays = u32::from(context >= usize::from(length)).wrapping_neg();
                *paid += f64::from(f32::from_bits(log10.to_bits() & pays));
            }
        }
        for (at, paid) in paid.iter().enumerate().take(len + 1).skip(1) {
            if self.follows[at] {
                scores.push(match self.tokens[at] {
                    TokenId::START => LogProb::ZERO,
                    _ => LogProb::from_log10(paid + f64::from(self.log10_prob[at])),
                });
            }
        }
    }

    /// The last token is the one before the next block.
    fn go_on(&mut self) {
        let last = usize::from(self.len);
        self.length[0] = self.length[last];
        for order in 0..self.table.order() {
            self.hashes[order][0] = self.hashes[order][last];
            self.log10_backoff[order][0] = self.log10_backoff[order][last];
        }
        self.len = 0;
    }
}
