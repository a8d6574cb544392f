//! Here are ids, give me a model: count, smooth, table.

use super::header::NgramHeader;
use super::table::Table;
use crate::count::{Order, refine};
use crate::error::Result;
use crate::progress::{Progress, Stage};
use crate::smooth::Estimate;
use crate::token::{Reading, TokenText, Vocabulary};

/// The parts of a model, ready to be saved or asked.
pub struct Built {
    /// What is known besides the numbers.
    pub header: NgramHeader,
    /// The tokens.
    pub vocabulary: Vocabulary,
    /// The numbers.
    pub table: Table,
}

/// Counts a text and smooths the counts; stages `first_stage` and the one after, of `stages`.
///
/// # Errors
/// If the text has no sentences or too many n-grams.
pub fn build(
    text: &TokenText,
    vocabulary: Vocabulary,
    reading: Reading,
    order: Order,
    estimate: Estimate,
    first_stage: Stage,
    progress: &dyn Progress,
) -> Result<Built> {
    progress.stage(Stage {
        name: "count",
        unit: "tokens",
        total: Some(refine::work(text, order)),
        ..first_stage
    });
    let counts = refine::count(text, vocabulary.len(), order, progress)?;
    let ngrams = counts.levels().iter().map(|level| level.len() as u64).sum();
    progress.stage(Stage {
        number: first_stage.number + 1,
        name: "smooth",
        unit: "n-grams",
        total: Some(ngrams),
        ..first_stage
    });
    let smoothed = estimate.estimate(&counts, progress);
    progress.advance(ngrams);
    let header = NgramHeader {
        reading,
        estimate: Some(estimate),
        unlisted: smoothed.unlisted(),
        discounts: smoothed.discounts().to_vec(),
        sentences: counts.sentences(),
        tokens: counts.tokens(),
    };
    Ok(Built {
        header,
        vocabulary,
        table: Table::new(counts, smoothed),
    })
}
