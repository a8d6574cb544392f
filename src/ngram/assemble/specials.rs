//! Here are unigrams from elsewhere, see that the three special tokens are among them.

use super::Unigram;
use crate::progress::Progress;
use crate::token::TokenId;
use crate::warning::Warning;

/// The log10 probability of `<unk>` where the file has none, as KenLM has it.
const MISSING_UNKNOWN: f32 = -100.0;

/// Supplies the numbers of special tokens that have none, and says so; `name` is for messages.
///
/// # Panics
/// If another token has none.
pub(in crate::ngram) fn supply_specials(
    mut unigrams: Vec<Option<Unigram>>,
    name: &str,
    progress: &dyn Progress,
) -> Vec<Unigram> {
    let supplied = [
        (
            TokenId::UNKNOWN,
            "<unk>",
            MISSING_UNKNOWN,
            "log10 p = -100, as KenLM does",
        ),
        (
            TokenId::START,
            "<s>",
            f32::NEG_INFINITY,
            "no sentence start is known",
        ),
        (
            TokenId::END,
            "</s>",
            f32::NEG_INFINITY,
            "no sentence can end",
        ),
    ];
    for (id, surface, log10, meaning) in supplied {
        let number = &mut unigrams[id.index()];
        if number.is_none() {
            *number = Some((log10, 0.0));
            progress.warn(Warning::ArpaRepaired {
                place: name.into(),
                what: format!("it has no {surface}: {meaning}"),
            });
        }
    }
    let read = |unigram: Option<Unigram>| unigram.expect("every other token was read");
    unigrams.into_iter().map(read).collect()
}
