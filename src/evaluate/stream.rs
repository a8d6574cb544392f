//! Here is a corpus and a voice, give me the score of every sentence, in order.
//!
//! Whichever thread reads a block cuts it into tokens, numbers them, has them
//! scored and makes of the scores what is wanted, all while the block is in its
//! own cache; only what was made is put in order. So memory is a few blocks a
//! thread, however long the text, and the outcome that of one thread.

use crate::error::Result;
use crate::model::LanguageModel;
use crate::prob::LogProb;
use crate::progress::Progress;
use crate::text::{Batch, Corpus};
use crate::token::{self, Reading, TokenId, TokenText};

use super::SentenceScore;

/// Some sentences of a corpus with their scores.
pub struct ScoredBatch<'b> {
    batch: &'b Batch,
    text: TokenText,
    log_probs: Vec<Vec<LogProb>>,
}

impl ScoredBatch<'_> {
    /// The sentences as text.
    pub fn batch(&self) -> &Batch {
        self.batch
    }

    /// The score of the sentence of this number in the batch.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn sentence(&self, number: usize) -> SentenceScore<'_> {
        SentenceScore {
            tokens: self.text.sentence(number),
            log_probs: &self.log_probs[number],
            bytes: self.batch.sentence(number).len() as u64 + 1,
        }
    }

    /// The scores of all sentences, in order.
    pub fn sentences(&self) -> impl ExactSizeIterator<Item = SentenceScore<'_>> {
        (0..self.log_probs.len()).map(|number| self.sentence(number))
    }
}

/// Scores every sentence of a corpus; makes something of every batch on the thread that scored it,
/// and takes what was made in the corpus's order.
///
/// `progress` advances by the bytes read.
///
/// # Errors
/// The first in the corpus's order; everything before it was taken.
pub fn each_scored<T: Send>(
    corpus: &Corpus,
    reading: &Reading,
    model: &dyn LanguageModel,
    progress: &dyn Progress,
    make: impl Fn(&ScoredBatch) -> Result<T> + Sync,
    take: impl FnMut(T) -> Result<()> + Send,
) -> Result<()> {
    let scored = |batch: &Batch, text: TokenText| {
        let sentences: Vec<&[TokenId]> = text.sentences().collect();
        let log_probs = model.score(&sentences);
        make(&ScoredBatch {
            batch,
            text,
            log_probs,
        })
    };
    token::each_read(corpus, reading, model.vocabulary(), progress, scored, take)
}
