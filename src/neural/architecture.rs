//! Here is a text's size, give me the shape of a network for it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::token::TokenId;

/// The shape of a network: some numbers that decide how many parameters it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Architecture {
    /// C: how many of the last tokens have a slot of their own.
    pub context: usize,
    /// K: how many fading sums of the tokens before those there are.
    pub echoes: usize,
    /// R: how many tokens before the slots an echo goes back.
    pub reach: usize,
    /// E: how many numbers stand for a token.
    pub embedding: usize,
    /// N: the n-grams of 2 to N tokens have embeddings too, which are added to that of their last
    /// token in each slot; 1 for none.
    pub ngrams: usize,
    /// G: how many embeddings the n-grams share; which is whose is decided by a hash.
    pub buckets: usize,
    /// H: how many units a hidden layer has.
    pub hidden: usize,
    /// L: how many hidden layers there are.
    pub layers: usize,
    /// Whether a token is predicted by the numbers that stand for it when it is read (Press & Wolf
    /// 2017), or by others.
    pub tied: bool,
    /// V: how many tokens the vocabulary has, the three special ones included.
    pub vocabulary: usize,
}

/// Up to so many tokens a vocabulary is taken for an alphabet rather than a lexicon.
pub(super) const ALPHABET: usize = 512;

/// More parameters than this are refused: 8 GiB of them, and three times as much to train.
const MOST_PARAMETERS: usize = 1 << 31;

impl Architecture {
    /// A sensible shape for a vocabulary and a text of so many tokens.
    ///
    /// An alphabet's letters say little one by one, so n-grams of up to five of them have embeddings
    /// too, which cost no products; a quarter as many as the text has tokens, for they share. A
    /// lexicon's words say much, so five slots are enough for grammar, and two echoes tell the topic.
    /// A small text could not fill many units anyway. The output weights are the embeddings: what is
    /// rare is then met twice as often, and a small text has few parameters to learn.
    pub fn for_text(vocabulary: usize, tokens: usize) -> Self {
        let letters = vocabulary <= ALPHABET;
        let (context, echoes, embedding, hidden) = match (letters, tokens) {
            (true, ..500_000) => (12, 2, 24, 192),
            (true, _) => (12, 2, 48, 384),
            (false, ..500_000) => (4, 2, 96, 128),
            (false, _) => (5, 2, 128, 256),
        };
        let buckets = (tokens / 4).next_power_of_two().clamp(1 << 10, 1 << 20);
        Architecture {
            context,
            echoes,
            reach: if letters { 64 } else { 32 },
            embedding,
            ngrams: if letters { 5 } else { 1 },
            buckets: if letters { buckets } else { 0 },
            hidden,
            layers: 2,
            tied: true,
            vocabulary,
        }
    }

    /// How many embeddings there are: those of the tokens, "no token here", and those of n-grams.
    pub(super) fn places(&self) -> usize {
        self.vocabulary + 1 + self.buckets
    }

    /// How many tokens of context it sees: C + R.
    pub fn window(&self) -> usize {
        self.context + self.reach
    }

    /// How many numbers enter the first hidden layer: (C + K)·E.
    pub fn inputs(&self) -> usize {
        (self.context + self.echoes) * self.embedding
    }

    /// How many parameters it has; `None` if more than a `usize` counts.
    pub fn parameters(&self) -> Option<usize> {
        let slots = self.context.checked_add(self.echoes)?;
        let inputs = slots.checked_mul(self.embedding)?;
        let embeddings = self
            .vocabulary
            .checked_add(1)?
            .checked_add(self.buckets)?
            .checked_mul(self.embedding)?;
        let first = inputs.checked_add(2)?.checked_mul(self.hidden)?;
        let other = self.hidden.checked_add(2)?.checked_mul(self.hidden)?;
        let others = self.layers.checked_sub(1)?.checked_mul(other)?;
        let projection = self.hidden.checked_mul(self.embedding)?;
        let output = match self.tied {
            true => 0,
            false => self.vocabulary.checked_mul(self.embedding)?,
        };
        let sizes = [first, others, projection, output, self.vocabulary];
        sizes
            .iter()
            .try_fold(embeddings, |sum, &size| sum.checked_add(size))
    }

    /// The tensors by name, with their rows and columns, in the order of their files.
    ///
    /// The shape must have been [checked](Self::check).
    pub(super) fn tensors(&self) -> Vec<(String, usize, usize)> {
        let (width, hidden) = (self.embedding, self.hidden);
        let mut tensors = vec![("embeddings".to_string(), self.places(), width)];
        for layer in 1..=self.layers {
            let inputs = if layer == 1 { self.inputs() } else { hidden };
            tensors.push((format!("layer{layer}.weights"), inputs, hidden));
            tensors.push((format!("layer{layer}.gain"), 1, hidden));
            tensors.push((format!("layer{layer}.bias"), 1, hidden));
        }
        tensors.push(("projection".to_string(), hidden, width));
        if !self.tied {
            tensors.push(("output.weights".to_string(), self.vocabulary, width));
        }
        tensors.push(("output.bias".to_string(), self.vocabulary, 1));
        tensors
    }

    /// Refuses shapes that are no network, or one too large to hold.
    pub fn check(&self) -> Result<()> {
        let sizes = [
            ("context", self.context),
            ("embedding", self.embedding),
            ("ngrams", self.ngrams),
            ("hidden", self.hidden),
            ("layers", self.layers),
        ];
        if (self.echoes == 0) != (self.reach == 0) {
            let what = format!(
                "{} echoes with a reach of {} tokens: either both are 0 or neither",
                self.echoes, self.reach
            );
            return Err(Error::new(ErrorKind::Usage, what).way_out("the defaults suit most texts"));
        }
        if (self.ngrams <= 1) != (self.buckets == 0) {
            let what = format!(
                "n-grams of up to {} tokens with {} embeddings for them: there are some of longer ones than 1, or none",
                self.ngrams, self.buckets
            );
            return Err(Error::new(ErrorKind::Usage, what).way_out("the defaults suit most texts"));
        }
        if let Some((name, _)) = sizes.iter().find(|(_, size)| *size == 0) {
            return Err(Error::new(
                ErrorKind::Usage,
                format!("a network needs a {name} size of at least 1, got 0"),
            )
            .way_out("the defaults suit most texts"));
        }
        if self.vocabulary < TokenId::SPECIALS {
            return Err(Error::new(
                ErrorKind::Model,
                format!(
                    "a vocabulary has at least the {} special tokens, got {}",
                    TokenId::SPECIALS,
                    self.vocabulary
                ),
            ));
        }
        // Each of these is a loop somewhere; no file may make it a long one.
        let most = [
            (self.layers, 64),
            (self.echoes, 8),
            (self.ngrams, 16),
            (self.window(), 4096),
        ];
        if let Some((_, most)) = most.iter().find(|(size, most)| size > most) {
            let what = format!("{self}: no more than {most} of these are allowed");
            return Err(Error::new(ErrorKind::Usage, what).way_out("the defaults suit most texts"));
        }
        match self.parameters() {
            Some(count) if count <= MOST_PARAMETERS => Ok(()),
            _ => Err(Error::new(
                ErrorKind::Usage,
                format!("a network of more than {MOST_PARAMETERS} parameters"),
            )
            .way_out("a smaller vocabulary saves most; else fewer hidden units")),
        }
    }
}

/// What it is made of, in a few words.
impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let some = |count: usize, one: &str, more: &str| match count {
            1 => format!("1 {one}"),
            _ => format!("{count} {more}"),
        };
        write!(f, "{}", some(self.context, "slot", "slots"))?;
        if self.echoes > 0 {
            let echoes = some(self.echoes, "echo", "echoes");
            write!(f, " and {echoes} of {} tokens", self.reach)?;
        }
        let layers = some(self.layers, "layer", "layers");
        let units = some(self.hidden, "unit", "units");
        write!(f, ", embeddings of {}", self.embedding)?;
        if self.ngrams > 1 {
            let (ngrams, buckets) = (self.ngrams, self.buckets);
            write!(
                f,
                " for tokens and for n-grams of up to {ngrams} ({buckets} of them)"
            )?;
        }
        write!(f, ", {layers} of {units}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_counted() {
        let shape = Architecture {
            context: 2,
            echoes: 1,
            reach: 8,
            embedding: 3,
            ngrams: 3,
            buckets: 11,
            hidden: 5,
            layers: 2,
            tied: true,
            vocabulary: 7,
        };
        let by_hand = (8 + 11) * 3 + (9 + 2) * 5 + (5 + 2) * 5 + 5 * 3 + 7;
        assert_eq!(shape.parameters(), Some(by_hand));
        let untied = Architecture {
            tied: false,
            ..shape
        };
        assert_eq!(untied.parameters(), Some(by_hand + 7 * 3));
        for shape in [shape, untied] {
            let sizes = shape
                .tensors()
                .into_iter()
                .map(|(_, rows, cols)| rows * cols);
            assert_eq!(shape.parameters(), Some(sizes.sum()));
        }
    }

    #[test]
    fn impossible_shapes_are_refused() {
        let good = Architecture::for_text(3000, 45_000);
        assert!(good.check().is_ok());
        assert!(Architecture { context: 0, ..good }.check().is_err());
        assert!(Architecture { hidden: 0, ..good }.check().is_err());
        let huge = usize::MAX / 2;
        for vocabulary in [2, huge] {
            assert!(Architecture { vocabulary, ..good }.check().is_err());
        }
        assert!(Architecture { layers: 0, ..good }.check().is_err());
        assert!(Architecture { reach: 0, ..good }.check().is_err());
        assert!(Architecture { ngrams: 0, ..good }.check().is_err());
        assert!(Architecture { ngrams: 3, ..good }.check().is_err());
        assert!(Architecture { buckets: 3, ..good }.check().is_err());
        assert!(
            Architecture {
                layers: huge,
                ..good
            }
            .check()
            .is_err()
        );
        let embedding = huge;
        assert!(Architecture { embedding, ..good }.check().is_err());
    }
}
