//! Here is a context, give me the distribution of the next token: what every voice answers.
//!
//! [`LanguageModel`] is the one question. Its slice methods are the
//! definition; a [`Cursor`] gives the same answers faster while reading on, and
//! one suite of tests holds every voice to both. [`Evidence`] is what only
//! counts can tell (times seen, followers, order used); a neural voice has none
//! and fakes none. A [`Distribution`] is one answer, with the measures people
//! ask of it: entropy, effective choices, ranks, tails.

use crate::prob::{CompensatedSum, LogProb, entropy_bits};
use crate::token::{TokenId, Vocabulary};

/// A voice: for every context, a probability for every token, summing to one.
///
/// A context is the tokens before, oldest first. It starts with
/// [`TokenId::START`] if the sentence's start is known, and is empty if nothing
/// is. Only its last [`context_len`](Self::context_len) tokens count.
pub trait LanguageModel: Send + Sync {
    /// The tokens it predicts.
    fn vocabulary(&self) -> &Vocabulary;

    /// How many tokens of context it looks at; `None` if all.
    fn context_len(&self) -> Option<usize>;

    /// ln p(v | context) for every v, by id; `<s>`, which is never predicted, gets −∞.
    ///
    /// The exponentials sum to one.
    ///
    /// # Panics
    /// If `out` is not as long as the vocabulary.
    fn log_probs(&self, context: &[TokenId], out: &mut [f64]);

    /// ln p(token | context), equal to that token's entry of [`log_probs`](Self::log_probs).
    fn log_prob(&self, context: &[TokenId], token: TokenId) -> LogProb;

    /// A reader that goes on token by token, at first with the empty context.
    fn cursor(&self) -> Box<dyn Cursor + '_>;

    /// ln p of every token of each sentence and of its `</s>`, each read from its `<s>`: one more
    /// number than the sentence has tokens.
    ///
    /// It works on the thread that asks: whoever has many sentences asks from every thread. Only a
    /// voice to which a single sentence is much work spreads it.
    fn score(&self, sentences: &[&[TokenId]]) -> Vec<Vec<LogProb>> {
        let mut cursor = self.cursor();
        let one = |sentence: &&[TokenId]| score_on(&mut *cursor, sentence);
        sentences.iter().map(one).collect()
    }

    /// What the counts say, if this voice has counts.
    fn evidence(&self) -> Option<&dyn Evidence> {
        None
    }

    /// What may come after a context, asked a question at a time; equal to
    /// [`distribution`](Self::distribution), but not always as much work.
    fn outlook(&self, context: &[TokenId]) -> Box<dyn Outlook + '_> {
        Box::new(self.distribution(context))
    }

    /// The whole distribution after a context.
    fn distribution(&self, context: &[TokenId]) -> Distribution {
        let mut log_probs = vec![0.0; self.vocabulary().len()];
        self.log_probs(context, &mut log_probs);
        Distribution { log_probs }
    }
}

/// The scores of one sentence, read from its start with a cursor: the plain way of
/// [`LanguageModel::score`].
pub fn score_on(cursor: &mut dyn Cursor, sentence: &[TokenId]) -> Vec<LogProb> {
    cursor.reset();
    let mut before = TokenId::START;
    let tokens = sentence.iter().chain([&TokenId::END]);
    let score = tokens.map(|&token| {
        cursor.push(before);
        before = token;
        cursor.log_prob(token)
    });
    score.collect()
}

/// A position in a text that is being read: it answers as [`LanguageModel`] does for all that was
/// pushed since the last reset.
pub trait Cursor {
    /// Forgets everything: the empty context.
    fn reset(&mut self);
    /// Reads one token on.
    fn push(&mut self, token: TokenId);
    /// ln p(token | what was read).
    fn log_prob(&self, token: TokenId) -> LogProb;
    /// ln p(v | what was read) for every v, by id.
    fn log_probs(&self, out: &mut [f64]);
}

/// A cursor for any voice: it keeps the last tokens and asks the slice methods.
pub struct WindowCursor<'m> {
    model: &'m dyn LanguageModel,
    window: Vec<TokenId>,
}

impl<'m> WindowCursor<'m> {
    /// A cursor over this model, with the empty context.
    pub fn new(model: &'m dyn LanguageModel) -> Self {
        WindowCursor {
            model,
            window: Vec::new(),
        }
    }
}

impl Cursor for WindowCursor<'_> {
    fn reset(&mut self) {
        self.window.clear();
    }

    fn push(&mut self, token: TokenId) {
        self.window.push(token);
        if let Some(len) = self.model.context_len() {
            let surplus = self.window.len().saturating_sub(len);
            self.window.drain(..surplus);
        }
    }

    fn log_prob(&self, token: TokenId) -> LogProb {
        self.model.log_prob(&self.window, token)
    }

    fn log_probs(&self, out: &mut [f64]) {
        self.model.log_probs(&self.window, out);
    }
}

/// What only counts can tell about a context and what follows it.
pub trait Evidence {
    /// The longest end of the context that has followers, and what was seen after it.
    fn of_context(&self, context: &[TokenId]) -> ContextEvidence;
    /// The longest n-gram made of an end of the context and this token.
    fn of_token(&self, context: &[TokenId], token: TokenId) -> TokenEvidence;
}

/// What was seen after a context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContextEvidence {
    /// The order that speaks: one more than the tokens of context that were matched.
    pub order: usize,
    /// How often the matched context was seen before another token; `None` if the model keeps no
    /// counts (an imported ARPA file).
    pub times_seen: Option<u64>,
    /// How many different tokens were seen after it.
    pub followers: u64,
}

/// What was seen of one token after a context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenEvidence {
    /// The length of the longest n-gram that was seen: the order that said so.
    pub order: usize,
    /// How often that n-gram was seen; `None` if the model keeps no counts.
    pub times_seen: Option<u64>,
}

/// What may come after one context.
pub trait Outlook {
    /// The possible tokens from the most to the least probable, equals in order of id; at most k.
    fn best(&self, k: usize) -> Vec<Candidate>;
    /// The probability of one token.
    fn log_prob(&self, token: TokenId) -> LogProb;
    /// The place of a token among all, from the most probable on, from 1.
    fn rank(&self, token: TokenId) -> usize;
    /// The entropy H in bits.
    fn entropy_bits(&self) -> f64;
    /// Σ p, which is 1 but for rounding, and for what was rounded in a file.
    fn mass(&self) -> f64;

    /// 2^H: as many equally likely choices would be as uncertain.
    fn effective_choices(&self) -> f64 {
        self.entropy_bits().exp2()
    }

    /// How many of the most probable tokens it takes to cover `share` of the probability.
    fn covering(&self, share: f64) -> usize {
        let mut k = 64;
        loop {
            let best = self.best(k);
            match covering(&best, share) {
                Some(number) => return number,
                None if best.len() < k => return best.len(),
                None => k *= 8,
            }
        }
    }
}

/// How many of these it takes to cover `share`, if they do.
fn covering(ranked: &[Candidate], share: f64) -> Option<usize> {
    let mut covered = 0.0;
    let last = ranked.iter().position(|candidate| {
        covered += candidate.log_prob.probability();
        covered >= share
    });
    last.map(|position| position + 1)
}

/// One answer: the probability of every token after one context.
#[derive(Clone, Debug)]
pub struct Distribution {
    log_probs: Vec<f64>,
}

/// A token with its probability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// Which token.
    pub token: TokenId,
    /// Its probability.
    pub log_prob: LogProb,
}

impl Distribution {
    /// From ln p by id.
    pub fn from_log_probs(log_probs: Vec<f64>) -> Self {
        Distribution { log_probs }
    }

    /// ln p by id.
    pub fn log_probs(&self) -> &[f64] {
        &self.log_probs
    }

    /// ln p by id, to be used again.
    pub fn into_log_probs(self) -> Vec<f64> {
        self.log_probs
    }

    /// The probability of one token.
    pub fn log_prob(&self, token: TokenId) -> LogProb {
        LogProb::from_ln(self.log_probs[token.index()])
    }

    /// The entropy H in bits.
    pub fn entropy_bits(&self) -> f64 {
        entropy_bits(&self.log_probs)
    }

    /// 2^H: as many equally likely choices would be as uncertain.
    pub fn effective_choices(&self) -> f64 {
        self.entropy_bits().exp2()
    }

    /// The possible tokens from the most to the least probable; equals in order of id.
    pub fn ranked(&self) -> Vec<Candidate> {
        let mut candidates = self.possible();
        candidates.sort_unstable_by(by_rank);
        candidates
    }

    /// The first `k` of [`ranked`](Self::ranked), without sorting the rest.
    pub fn top(&self, k: usize) -> Vec<Candidate> {
        let mut candidates = self.possible();
        if k < candidates.len() {
            candidates.select_nth_unstable_by(k, by_rank);
            candidates.truncate(k);
        }
        candidates.sort_unstable_by(by_rank);
        candidates
    }

    /// The place of a token among [`ranked`](Self::ranked), from 1.
    pub fn rank(&self, token: TokenId) -> usize {
        let log_prob = self.log_probs[token.index()];
        let before = |(id, &other): (usize, &f64)| {
            other > log_prob || (other == log_prob && id < token.index())
        };
        1 + self
            .log_probs
            .iter()
            .enumerate()
            .filter(|&e| before(e))
            .count()
    }

    /// How many of the most probable tokens it takes to cover `share` of the probability.
    pub fn covering(&self, share: f64) -> usize {
        let ranked = self.ranked();
        covering(&ranked, share).unwrap_or(ranked.len())
    }

    fn possible(&self) -> Vec<Candidate> {
        let entries = self.log_probs.iter().enumerate();
        entries
            .filter(|(_, log_prob)| **log_prob > f64::NEG_INFINITY)
            .map(|(id, &log_prob)| Candidate {
                token: TokenId(id as u32),
                log_prob: LogProb::from_ln(log_prob),
            })
            .collect()
    }
}

impl Outlook for Distribution {
    fn best(&self, k: usize) -> Vec<Candidate> {
        self.top(k)
    }

    fn log_prob(&self, token: TokenId) -> LogProb {
        self.log_prob(token)
    }

    fn rank(&self, token: TokenId) -> usize {
        self.rank(token)
    }

    fn entropy_bits(&self) -> f64 {
        self.entropy_bits()
    }

    fn mass(&self) -> f64 {
        let p = self.log_probs.iter().map(|ln| ln.exp());
        p.collect::<CompensatedSum>().value()
    }

    fn covering(&self, share: f64) -> usize {
        self.covering(share)
    }
}

fn by_rank(a: &Candidate, b: &Candidate) -> std::cmp::Ordering {
    let by_probability = b.log_prob.ln().total_cmp(&a.log_prob.ln());
    by_probability.then(a.token.cmp(&b.token))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn half_quarter_quarter() -> Distribution {
        let p: [f64; 4] = [0.25, 0.0, 0.5, 0.25];
        Distribution::from_log_probs(p.iter().map(|p| p.ln()).collect())
    }

    #[test]
    fn ranks_run_by_probability_then_id() {
        let distribution = half_quarter_quarter();
        let ids: Vec<u32> = distribution.ranked().iter().map(|c| c.token.0).collect();
        assert_eq!(ids, [2, 0, 3]);
        assert_eq!(distribution.top(2), distribution.ranked()[..2]);
        assert_eq!(distribution.top(9), distribution.ranked());
        assert_eq!(distribution.rank(TokenId(3)), 3);
    }

    #[test]
    fn entropy_and_cover_of_a_known_distribution() {
        let distribution = half_quarter_quarter();
        assert!((distribution.entropy_bits() - 1.5).abs() < 1e-12);
        assert!((distribution.effective_choices() - 2f64.powf(1.5)).abs() < 1e-12);
        assert_eq!(distribution.covering(0.5), 1);
        assert_eq!(distribution.covering(0.9), 3);
    }
}
