//! Here is a text's size, give me the shape of a network for it.

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::token::TokenId;

/// The shape of a network: four numbers that decide how many parameters it has.
///
/// With C tokens of context, embeddings of E numbers, H hidden units and V
/// tokens in the vocabulary there are (V+1)·E + C·E·H + H + V·H + V parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Architecture {
    /// C: how many tokens of context it sees; an n-gram network has C = n − 1.
    pub context: usize,
    /// E: how many numbers stand for a token.
    pub embedding: usize,
    /// H: how many hidden units there are.
    pub hidden: usize,
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
    /// An alphabet's letters say little one by one, so the context is long, the
    /// embeddings short; and the output layer is so small that hidden units
    /// are cheap. A lexicon's words say much, so four of them are
    /// enough; time goes into the output layer, V·H products a token, and a
    /// small text could not fill many units anyway.
    pub fn for_text(vocabulary: usize, tokens: usize) -> Self {
        let (context, embedding, hidden) = match (vocabulary, tokens) {
            (..=ALPHABET, ..500_000) => (8, 24, 192),
            (..=ALPHABET, _) => (8, 32, 512),
            (_, ..500_000) => (4, 96, 128),
            (_, _) => (4, 96, 256),
        };
        Architecture {
            context,
            embedding,
            hidden,
            vocabulary,
        }
    }

    /// How many numbers enter the hidden layer: C·E.
    pub fn inputs(&self) -> usize {
        self.context * self.embedding
    }

    /// How many parameters it has; `None` if more than a `usize` counts.
    pub fn parameters(&self) -> Option<usize> {
        let shapes = self.shapes()?;
        let sizes = shapes.iter().map(|(rows, cols)| rows.checked_mul(*cols));
        sizes.sum()
    }

    /// Rows and columns of the tensors, in the order of [`TENSORS`](super::network::TENSORS).
    pub(super) fn shapes(&self) -> Option<[(usize, usize); 5]> {
        let inputs = self.context.checked_mul(self.embedding)?;
        Some([
            (self.vocabulary.checked_add(1)?, self.embedding),
            (inputs, self.hidden),
            (1, self.hidden),
            (self.vocabulary, self.hidden),
            (self.vocabulary, 1),
        ])
    }

    /// Refuses shapes that are no network, or one too large to hold.
    pub fn check(&self) -> Result<()> {
        let sizes = [
            ("context", self.context),
            ("embedding", self.embedding),
            ("hidden", self.hidden),
        ];
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_counted() {
        let architecture = Architecture {
            context: 2,
            embedding: 3,
            hidden: 5,
            vocabulary: 7,
        };
        let by_hand = 8 * 3 + 6 * 5 + 5 + 7 * 5 + 7;
        assert_eq!(architecture.parameters(), Some(by_hand));
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
        let embedding = huge;
        assert!(Architecture { embedding, ..good }.check().is_err());
    }
}
