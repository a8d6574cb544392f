//! Here is a network and what its ids mean; it answers as every voice does.

use std::cell::OnceCell;

use super::forward::Question;
use super::header::NeuralHeader;
use super::network::Network;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Cursor, LanguageModel};
use crate::prob::LogProb;
use crate::token::{TokenId, Vocabulary};

/// The neural voice: a network with its vocabulary.
///
/// It has no [`Evidence`](crate::model::Evidence): a network keeps no counts.
#[derive(Clone)]
pub struct NeuralModel {
    header: NeuralHeader,
    vocabulary: Vocabulary,
    network: Network,
}

impl NeuralModel {
    /// A voice from its parts.
    ///
    /// # Errors
    /// If the network is for another number of tokens.
    pub fn new(header: NeuralHeader, vocabulary: Vocabulary, network: Network) -> Result<Self> {
        let expected = network.architecture().vocabulary;
        if vocabulary.len() != expected {
            let what = format!(
                "a network for {expected} tokens with a vocabulary of {}",
                vocabulary.len()
            );
            return Err(Error::new(ErrorKind::Model, what)
                .way_out("use the vocabulary that the network was trained with"));
        }
        Ok(NeuralModel {
            header,
            vocabulary,
            network,
        })
    }

    /// What is known about it besides its weights.
    pub fn header(&self) -> &NeuralHeader {
        &self.header
    }

    /// The network.
    pub fn network(&self) -> &Network {
        &self.network
    }
}

impl LanguageModel for NeuralModel {
    fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    fn context_len(&self) -> Option<usize> {
        Some(self.network.architecture().window())
    }

    fn log_probs(&self, context: &[TokenId], out: &mut [f64]) {
        self.network.log_probs(context, out);
    }

    fn log_prob(&self, context: &[TokenId], token: TokenId) -> LogProb {
        self.network.log_prob(context, token)
    }

    fn cursor(&self) -> Box<dyn Cursor + '_> {
        Box::new(NeuralCursor {
            network: &self.network,
            window: Vec::new(),
            answer: OnceCell::new(),
        })
    }

    /// All questions of all sentences at once: a matrix product takes a block of them in the time
    /// of a few.
    fn score(&self, sentences: &[&[TokenId]]) -> Vec<Vec<LogProb>> {
        let padded: Vec<Vec<TokenId>> = sentences
            .iter()
            .map(|sentence| [&[TokenId::START], *sentence].concat())
            .collect();
        let questions: Vec<Question> = padded.iter().flat_map(|sentence| ask(sentence)).collect();
        let mut answers = self.network.score(&questions).into_iter();
        padded
            .iter()
            .map(|sentence| answers.by_ref().take(sentence.len()).collect())
            .collect()
    }
}

/// What follows each token of a sentence that begins with `<s>`, `</s>` at the end.
fn ask(sentence: &[TokenId]) -> impl Iterator<Item = Question<'_>> {
    let next = sentence[1..].iter().copied().chain([TokenId::END]);
    next.enumerate()
        .map(|(read, token)| (&sentence[..=read], token))
}

/// Reads on; at each position the network is asked at most once, and its answer kept.
struct NeuralCursor<'m> {
    network: &'m Network,
    /// The last C tokens.
    window: Vec<TokenId>,
    answer: OnceCell<Vec<f64>>,
}

impl NeuralCursor<'_> {
    fn answer(&self) -> &[f64] {
        self.answer.get_or_init(|| {
            let mut answer = vec![0.0; self.network.architecture().vocabulary];
            self.network.log_probs(&self.window, &mut answer);
            answer
        })
    }
}

impl Cursor for NeuralCursor<'_> {
    fn reset(&mut self) {
        self.window.clear();
        self.answer.take();
    }

    fn push(&mut self, token: TokenId) {
        if self.window.len() == self.network.architecture().window() {
            self.window.remove(0);
        }
        self.window.push(token);
        self.answer.take();
    }

    fn log_prob(&self, token: TokenId) -> LogProb {
        LogProb::from_ln(self.answer()[token.index()])
    }

    fn log_probs(&self, out: &mut [f64]) {
        out.copy_from_slice(self.answer());
    }
}
