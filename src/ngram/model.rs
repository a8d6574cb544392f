//! Here is a table of probabilities; it is a voice.
//!
//! [`NgramModel`] answers by the back-off recursion over its [`Table`]:
//!
//! ```text
//! p(w | h) = p of hw, if it is listed
//!          = backoff(h) · p(w | h′), otherwise
//! ```

use std::f64::consts::LN_10;
use std::sync::OnceLock;

use super::flight::{Flight, Signposts};
use super::hashed::{HashedTable, OnDemand};
use super::header::NgramHeader;
use super::next::{self, Ladder, Openness, Unigrams};
use super::table::{Node, Table};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{
    Candidate, ContextEvidence, Cursor, Distribution, Evidence, LanguageModel, Outlook,
    TokenEvidence, WindowCursor, score_on,
};
use crate::prob::LogProb;
use crate::smooth::Unlisted;
use crate::token::{TokenId, Vocabulary};

/// The statistical voice.
pub struct NgramModel {
    header: NgramHeader,
    vocabulary: Vocabulary,
    table: Table,
    /// Known once somebody asks.
    unigrams: OnceLock<Unigrams>,
    /// Known once somebody scores.
    signposts: OnceLock<Signposts>,
    /// There once so much was scored that it pays.
    hashed: OnDemand,
}

impl NgramModel {
    /// From its parts, which must fit together and be probabilities.
    pub fn new(header: NgramHeader, vocabulary: Vocabulary, table: Table) -> Result<Self> {
        if header.is_score() {
            let what = "stupid back-off gives scores, which are no probabilities";
            return Err(Error::new(ErrorKind::Model, what).way_out(
                "`score` and `next` rank with it; for a language model build with another --smoothing",
            ));
        }
        check_fit(&vocabulary, &table)?;
        Ok(NgramModel {
            header,
            vocabulary,
            table,
            unigrams: OnceLock::new(),
            signposts: OnceLock::new(),
            hashed: OnDemand::default(),
        })
    }

    /// What is known about it besides its numbers.
    pub fn header(&self) -> &NgramHeader {
        &self.header
    }

    /// Its numbers.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// Its numbers by hashes, made now if they are not there yet: whoever is about to score more tokens
    /// than the table has n-grams saves time by asking first. Scoring uses them from then on, and by
    /// itself it makes them after as many tokens.
    ///
    /// # Errors
    /// If the model's unlisted tokens do not back off (add-k), its order is above
    /// [`HIGHEST_ORDER`](super::hashed::HIGHEST_ORDER), or there is not enough memory.
    pub fn hashed(&self) -> Result<&HashedTable> {
        if self.header.unlisted == Unlisted::Uniform {
            let what = "a hashed table backs off, and this model does not";
            return Err(Error::new(ErrorKind::Usage, what).way_out("ask the model itself"));
        }
        self.hashed.now(&self.table)
    }

    /// What is known of the unigrams beforehand, found out when first asked.
    pub(super) fn unigrams(&self) -> &Unigrams {
        self.unigrams.get_or_init(|| Unigrams::of(&self.table))
    }

    /// log10 p(token | context), for a context as [`Table::locate`] finds it. Only for models whose
    /// unlisted tokens take the lower order.
    fn back_off(&self, context: Node, token: TokenId) -> f64 {
        let mut context = context;
        let mut log10 = 0.0;
        loop {
            if let Some(ngram) = self.table.child(context, token) {
                return log10 + self.table.log10_prob(ngram);
            }
            assert!(context != Node::ROOT, "{token:?} is not of this vocabulary");
            log10 += self.table.log10_backoff(context);
            context = self.table.suffix(context);
        }
    }

    /// The context's node if all of it is listed.
    fn whole(&self, context: &[TokenId]) -> Option<Node> {
        let node = self.table.locate(context);
        (node.length() == context.len()).then_some(node)
    }

    fn over_uniform(&self, context: &[TokenId], token: TokenId) -> f64 {
        let uniform = -(self.vocabulary.predicted() as f64).log10();
        let Some(node) = self.whole(context) else {
            return uniform;
        };
        match self.table.child(node, token) {
            Some(ngram) => self.table.log10_prob(ngram),
            None => self.table.log10_backoff(node) + uniform,
        }
    }

    fn last<'c>(&self, context: &'c [TokenId]) -> &'c [TokenId] {
        let longest = self.table.order() - 1;
        &context[context.len().saturating_sub(longest)..]
    }

    /// ln p of every token after a located context.
    fn fill(&self, context: Node, out: &mut [f64]) {
        assert_eq!(out.len(), self.vocabulary.len(), "one place for each token");
        let mut chain = vec![context];
        while *chain.last().expect("not empty") != Node::ROOT {
            chain.push(self.table.suffix(chain[chain.len() - 1]));
        }
        // What is listed after no context but the empty one pays every back-off on the way.
        let mut paid: f64 = chain
            .iter()
            .map(|&node| self.table.log10_backoff(node))
            .sum();
        let unigrams = self.table.levels()[0].log10_prob.iter();
        for (slot, &log10) in out.iter_mut().zip(unigrams) {
            *slot = (f64::from(log10) + paid) * LN_10;
        }
        for (position, &node) in chain.iter().enumerate().rev().skip(1) {
            // Summed anew from the longest, as the one-token question sums: equal bits, and no
            // infinite back-off has to be taken off again.
            let longer = chain[..position].iter();
            paid = longer.map(|&node| self.table.log10_backoff(node)).sum();
            let level = &self.table.levels()[node.length()];
            let children = self.table.children(node);
            let listed = level.tokens[children.clone()]
                .iter()
                .zip(&level.log10_prob[children]);
            for (token, &log10) in listed {
                out[token.index()] = (f64::from(log10) + paid) * LN_10;
            }
        }
        out[TokenId::START.index()] = f64::NEG_INFINITY;
    }

    fn fill_over_uniform(&self, context: &[TokenId], out: &mut [f64]) {
        assert_eq!(out.len(), self.vocabulary.len(), "one place for each token");
        for (slot, token) in out.iter_mut().zip(self.vocabulary.ids()) {
            *slot = self.over_uniform(context, token) * LN_10;
        }
        out[TokenId::START.index()] = f64::NEG_INFINITY;
    }
}

/// The table numbers the same tokens as the vocabulary.
pub(super) fn check_fit(vocabulary: &Vocabulary, table: &Table) -> Result<()> {
    let unigrams = table.levels().first().map_or(0, |level| level.tokens.len());
    if unigrams != vocabulary.len() {
        let tokens = vocabulary.len();
        let what = format!("a table of {unigrams} unigrams with a vocabulary of {tokens} tokens");
        return Err(Error::new(ErrorKind::Corrupt, what).way_out("build the model again"));
    }
    Ok(())
}

impl LanguageModel for NgramModel {
    fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    fn context_len(&self) -> Option<usize> {
        Some(self.table.order() - 1)
    }

    fn log_probs(&self, context: &[TokenId], out: &mut [f64]) {
        let context = self.last(context);
        match self.header.unlisted {
            Unlisted::LowerOrder => self.fill(self.table.locate(context), out),
            Unlisted::Uniform => self.fill_over_uniform(context, out),
        }
    }

    fn log_prob(&self, context: &[TokenId], token: TokenId) -> LogProb {
        if token == TokenId::START {
            return LogProb::ZERO;
        }
        let context = self.last(context);
        LogProb::from_log10(match self.header.unlisted {
            Unlisted::LowerOrder => self.back_off(self.table.locate(context), token),
            Unlisted::Uniform => self.over_uniform(context, token),
        })
    }

    fn cursor(&self) -> Box<dyn Cursor + '_> {
        match self.header.unlisted {
            Unlisted::LowerOrder => Box::new(NgramCursor {
                model: self,
                context: Node::ROOT,
            }),
            Unlisted::Uniform => Box::new(WindowCursor::new(self)),
        }
    }

    fn score(&self, sentences: &[&[TokenId]]) -> Vec<Vec<LogProb>> {
        if self.header.unlisted == Unlisted::Uniform {
            let mut cursor = self.cursor();
            let one = |sentence: &&[TokenId]| score_on(&mut *cursor, sentence);
            return sentences.iter().map(one).collect();
        }
        let tokens = sentences.iter().map(|sentence| sentence.len() as u64 + 1);
        if let Some(hashed) = self.hashed.for_more(tokens.sum(), &self.table) {
            return hashed.score(sentences);
        }
        let signposts = self.signposts.get_or_init(|| Signposts::of(&self.table));
        let begin = self.table.advance(Node::ROOT, TokenId::START);
        Flight::over(&self.table, signposts).score(begin, sentences)
    }

    fn outlook(&self, context: &[TokenId]) -> Box<dyn Outlook + '_> {
        let longest = match self.header.unlisted {
            Unlisted::LowerOrder => self.table.locate(self.last(context)),
            Unlisted::Uniform => return Box::new(self.distribution(context)),
        };
        Box::new(NgramOutlook {
            model: self,
            longest,
            ladder: Ladder::from(&self.table, longest),
        })
    }

    fn evidence(&self) -> Option<&dyn Evidence> {
        Some(self)
    }
}

/// What may come after the context at the top of a ladder.
struct NgramOutlook<'m> {
    model: &'m NgramModel,
    longest: Node,
    ladder: Ladder,
}

impl NgramOutlook<'_> {
    fn whole(&self) -> Distribution {
        let mut log_probs = vec![0.0; self.model.vocabulary.len()];
        self.model.fill(self.longest, &mut log_probs);
        Distribution::from_log_probs(log_probs)
    }

    fn openness(&self) -> Openness {
        next::openness(&self.model.table, self.model.unigrams(), &self.ladder)
    }
}

impl Outlook for NgramOutlook<'_> {
    fn best(&self, k: usize) -> Vec<Candidate> {
        next::best(&self.model.table, self.model.unigrams(), &self.ladder, k)
    }

    fn log_prob(&self, token: TokenId) -> LogProb {
        match token {
            TokenId::START => LogProb::ZERO,
            token => LogProb::from_log10(self.model.back_off(self.longest, token)),
        }
    }

    fn rank(&self, token: TokenId) -> usize {
        let ln = self.log_prob(token).ln();
        if ln == f64::NEG_INFINITY {
            return self.whole().rank(token);
        }
        next::rank(
            &self.model.table,
            self.model.unigrams(),
            &self.ladder,
            token,
            ln,
        )
    }

    fn entropy_bits(&self) -> f64 {
        self.openness().entropy_bits()
    }

    fn mass(&self) -> f64 {
        self.openness().mass
    }
}

impl Evidence for NgramModel {
    fn of_context(&self, context: &[TokenId]) -> ContextEvidence {
        evidence_of_context(&self.table, self.last(context))
    }

    fn of_token(&self, context: &[TokenId], token: TokenId) -> TokenEvidence {
        evidence_of_token(&self.table, self.last(context), token)
    }
}

pub(super) fn evidence_of_context(table: &Table, context: &[TokenId]) -> ContextEvidence {
    let mut node = table.locate(context);
    while node != Node::ROOT && table.children(node).is_empty() {
        node = table.suffix(node);
    }
    let children = table.children(node);
    let order = node.length() + 1;
    let start = TokenId::START.index();
    let predicted = |child: &usize| node != Node::ROOT || *child != start;
    let times = table.is_counted().then(|| {
        let predicted = children.clone().filter(predicted);
        let length = node.length() + 1;
        let times = predicted.map(|index| table.times_seen(Node { length, index }).unwrap_or(0));
        times.collect::<Vec<u64>>()
    });
    let followers = match &times {
        Some(times) => times.iter().filter(|times| **times > 0).count(),
        None => children.filter(predicted).count(),
    };
    ContextEvidence {
        order,
        times_seen: times.map(|times| times.iter().sum()),
        followers: followers as u64,
    }
}

pub(super) fn evidence_of_token(
    table: &Table,
    context: &[TokenId],
    token: TokenId,
) -> TokenEvidence {
    let mut node = table.locate(context);
    let ngram = loop {
        match table.child(node, token) {
            Some(ngram) => break ngram,
            None => node = table.suffix(node),
        }
    };
    TokenEvidence {
        order: ngram.length(),
        times_seen: table.times_seen(ngram),
    }
}

/// Reads on in a back-off model: its state is the longest listed end of what was read.
struct NgramCursor<'m> {
    model: &'m NgramModel,
    context: Node,
}

impl Cursor for NgramCursor<'_> {
    fn reset(&mut self) {
        self.context = Node::ROOT;
    }

    fn push(&mut self, token: TokenId) {
        self.context = self.model.table.advance(self.context, token);
    }

    fn log_prob(&self, token: TokenId) -> LogProb {
        if token == TokenId::START {
            return LogProb::ZERO;
        }
        LogProb::from_log10(self.model.back_off(self.context, token))
    }

    fn log_probs(&self, out: &mut [f64]) {
        self.model.fill(self.context, out);
    }
}
