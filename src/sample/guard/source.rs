//! Here are tokens in a row, tell me what follows them in a corpus.

use crate::ngram::NgramModel;
use crate::suffix::UnboundedModel;
use crate::token::TokenId;

/// A corpus that can be asked what it has.
pub trait Source {
    /// The tokens that follow these somewhere in the corpus; none if these are not in it.
    ///
    /// The run has neither `<s>` nor `</s>` nor `<unk>`.
    fn followers(&self, run: &[TokenId]) -> Vec<TokenId>;

    /// The longest run it can be asked for; `None` if any.
    fn longest_run(&self) -> Option<usize>;
}

impl Source for UnboundedModel {
    fn followers(&self, run: &[TokenId]) -> Vec<TokenId> {
        let found = self.array().find(run);
        if found.count() == 0 {
            return Vec::new();
        }
        self.array().followers(&found).map(|(id, _)| id).collect()
    }

    fn longest_run(&self) -> Option<usize> {
        None
    }
}

/// The n-grams that the model lists: all of its corpus, unless it was pruned.
impl Source for NgramModel {
    fn followers(&self, run: &[TokenId]) -> Vec<TokenId> {
        let table = self.table();
        let node = table.locate(run);
        match node.length() == run.len() {
            true => table.levels()[run.len()].tokens[table.children(node)].to_vec(),
            false => Vec::new(),
        }
    }

    fn longest_run(&self) -> Option<usize> {
        Some(self.table().order() - 1)
    }
}
