//! Here is a text and its suffix array, tell me how far each kind of context is to be believed.
//!
//! A long context seen once and always followed by the same token may be a phrase
//! of the language or an accident. How often it is which can be learnt from the
//! corpus: a position is taken out, and what stood there is asked of the rest
//! (leaving one out, as Ney, Essen & Kneser 1994). Each end of the context either
//! answers, by its relative frequencies, or passes the question on to the next
//! shorter one. How often it should pass depends on its length, its count and how
//! many different tokens follow it; one number for each kind of end is found by
//! the EM algorithm, as Jelinek & Mercer (1980) weigh the orders of an n-gram model.

use rayon::prelude::*;

use super::array::SuffixArray;
use super::levels::{Level, MANY, levels, within_sentence};
use crate::error::{Error, ErrorKind, Result};
use crate::store::Column;
use crate::token::TokenId;

/// So many positions are asked, or all if there are less.
const QUESTIONS: usize = 1 << 15;

/// So much context of each is looked at.
const MOST_CONTEXT: usize = 256;

/// EM changes little after so many rounds.
const ROUNDS: usize = 20;

/// A kind of end counts as if it had been asked so often more, and had then answered as
/// Witten & Bell (1991) have it.
const PRIOR: f64 = 2.0;

/// Where each class of lengths, of counts and of followers begins; the first begins at 1.
const LENGTHS: [usize; 8] = [2, 3, 4, 5, 6, 8, 12, 20];
const COUNTS: [usize; 8] = [2, 3, 5, 9, 17, 65, 513, 8193];
const FOLLOWERS: [usize; 4] = [2, 3, 5, MANY];

/// How many kinds there are; the last is the empty context.
const KINDS: usize = (LENGTHS.len() + 1) * (COUNTS.len() + 1) * (FOLLOWERS.len() + 1) + 1;

const EMPTY: usize = KINDS - 1;

/// What was learnt of one kind of end: how often it was asked, and how often it passed the question
/// on.
type Record = [f64; 2];

/// How often each kind of end of a context passes a question on.
#[derive(Clone, Debug)]
pub struct Trust {
    records: Column<Record>,
}

/// What decides how far an end of a context is believed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    kind: usize,
    /// What Witten & Bell would pass on: T / (C + T), for T different followers of C.
    novelty: f64,
}

impl Standing {
    /// Of an end of so many tokens, seen so often, with so many followers.
    pub(super) fn new(length: usize, count: u64, followers: usize) -> Self {
        let class = |of: usize, begins: &[usize]| begins.partition_point(|&begin| begin <= of);
        let count_class = class(usize::try_from(count).unwrap_or(usize::MAX), &COUNTS);
        let classes = class(length, &LENGTHS) * (COUNTS.len() + 1) + count_class;
        Standing {
            kind: classes * (FOLLOWERS.len() + 1) + class(followers, &FOLLOWERS),
            novelty: novelty(count, followers as u64),
        }
    }

    /// Of the empty context of a text with so many tokens of so many types.
    pub(super) fn of_empty(tokens: u64, types: u64) -> Self {
        Standing {
            kind: EMPTY,
            novelty: novelty(tokens, types),
        }
    }
}

fn novelty(count: u64, followers: u64) -> f64 {
    followers.max(1) as f64 / (count + followers.max(1)) as f64
}

/// A level of a question: its standing without the position that was taken out, and the relative
/// frequency of what stood there.
struct Answer {
    standing: Standing,
    frequency: f64,
}

impl Trust {
    /// Learns it from the text itself.
    pub fn learn(array: &SuffixArray, vocabulary_len: usize) -> Self {
        let len = array.text().len();
        let asked = len.min(QUESTIONS);
        let place = |number: usize| (2 * number + 1) * len / (2 * asked);
        let questions: Vec<Vec<Answer>> = (0..asked)
            .into_par_iter()
            .map(|number| question(array, place(number)))
            .collect();
        let uniform = 1.0 / (vocabulary_len - 1) as f64;
        let mut trust = Trust {
            records: vec![[0.0; 2]; KINDS].into(),
        };
        for _ in 0..ROUNDS {
            trust = trust.again(&questions, uniform);
        }
        trust
    }

    /// From a stored column.
    ///
    /// # Errors
    /// If it is none of these.
    pub fn from_column(records: Column<Record>) -> Result<Self> {
        let good = |[asked, passed]: &Record| asked.is_finite() && (0.0..=*asked).contains(passed);
        if records.len() != KINDS || !records.iter().all(good) {
            let what = "trust: these are not the weights of an index";
            return Err(Error::new(ErrorKind::Corrupt, what).way_out("index the corpus again"));
        }
        Ok(Trust { records })
    }

    /// To be stored.
    pub fn column(&self) -> &[Record] {
        &self.records
    }

    /// The share of the probability that an end of a context passes on; above 0, and below 1.
    pub(super) fn passes(&self, standing: Standing) -> f64 {
        let [asked, passed] = self.records[standing.kind];
        (passed + PRIOR * standing.novelty) / (asked + PRIOR)
    }

    /// One round of EM.
    fn again(&self, questions: &[Vec<Answer>], uniform: f64) -> Trust {
        let mut records = vec![[0.0; 2]; KINDS];
        for answers in questions {
            // From the longest end on: what reaches it, and what it answers with.
            let mut reaching = 1.0;
            let mut shares = Vec::with_capacity(answers.len());
            for answer in answers.iter().rev() {
                let passes = self.passes(answer.standing);
                shares.push(reaching * (1.0 - passes) * answer.frequency);
                reaching *= passes;
            }
            let total = shares.iter().sum::<f64>() + reaching * uniform;
            let mut asked = 1.0;
            for (answer, share) in answers.iter().rev().zip(shares) {
                let passed = (asked - share / total).max(0.0);
                let record = &mut records[answer.standing.kind];
                record[0] += asked;
                record[1] += passed;
                asked = passed;
            }
        }
        let records = records.into();
        Trust { records }
    }
}

/// What the rest of the text answers where one position, or the next if that begins a sentence, is
/// taken out; shortest end first.
fn question(array: &SuffixArray, position: usize) -> Vec<Answer> {
    let text = array.text();
    let position = position + usize::from(text[position] == TokenId::START);
    let token = text[position];
    let before = &text[position.saturating_sub(MOST_CONTEXT)..position];
    let start = before.iter().rposition(|&token| token == TokenId::START);
    let context = within_sentence(&before[start.unwrap_or(0)..]);
    let mut answers = vec![of_empty(array, token)];
    let answer = |level: Level| {
        let own = array.followed_by(&level.found, token).count();
        let count = level.found.count() - 1;
        let alone = own == 1 && level.followers < MANY;
        Answer {
            standing: Standing::new(
                level.found.length,
                count,
                level.followers - usize::from(alone),
            ),
            frequency: (own - 1) as f64 / count as f64,
        }
    };
    answers.extend(levels(array, context, 2).into_iter().map(answer));
    answers
}

fn of_empty(array: &SuffixArray, token: TokenId) -> Answer {
    let tokens = predicted(array);
    let types = array.types() - 1;
    Answer {
        standing: Standing::of_empty(tokens, types as u64),
        frequency: (array.count_of(token) - 1) as f64 / (tokens - 1).max(1) as f64,
    }
}

/// How many tokens of the text can be predicted: all but every `<s>`.
pub(super) fn predicted(array: &SuffixArray) -> u64 {
    array.text().len() as u64 - array.count_of(TokenId::START)
}
