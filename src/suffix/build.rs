//! Here is a corpus, give me its index.

use super::array::SuffixArray;
use super::model::{Estimate, UnboundedHeader, UnboundedModel};
use super::origin::{BatchNote, Noted};
use super::trust::Trust;
use crate::error::Result;
use crate::progress::{Progress, Stage};
use crate::store::Depot;
use crate::text::{Batch, Corpus};
use crate::token::{
    AnyText, Noting, Numbered, Reading, Room, Vocabulary, VocabularyLimits, number_noting,
    read_noting,
};

/// How a corpus becomes an index.
#[derive(Clone)]
pub struct Plan {
    /// How text becomes tokens.
    pub reading: Reading,
    /// Numbers its tokens; `None` if they are numbered by first appearance, within the limits.
    pub vocabulary: Option<Vocabulary>,
    /// Which tokens are numbered.
    pub limits: VocabularyLimits,
    /// How counts become probabilities.
    pub estimate: Estimate,
    /// About how many positions the text has, if that is known; room is made for them.
    pub expected: u64,
}

const STAGES: [(&str, &str); 3] = [
    ("tokenize", "bytes"),
    ("sort", "tokens"),
    ("weigh", "tokens"),
];

/// Reads a corpus, sorts its places and learns how far its contexts are to be believed.
///
/// It takes about eight bytes of memory a token, and 24 a sentence.
///
/// # Errors
/// If the corpus cannot be read, has more than 2³¹ tokens, or memory runs out.
pub fn build(corpus: &Corpus, plan: Plan, progress: &dyn Progress) -> Result<UnboundedModel> {
    let stage = |number: usize, total| {
        let (name, unit) = STAGES[number - 1];
        let of = STAGES.len();
        progress.stage(Stage {
            number,
            of,
            name,
            unit,
            total,
        });
    };
    stage(1, corpus.total_bytes());
    let reading = plan.reading.clone();
    let estimate = plan.estimate;
    let (numbered, noted) = read(corpus, plan, progress)?;
    let Numbered { vocabulary, text } = numbered;
    let AnyText::Whole(text) = text else {
        unreachable!("a text without bounds stays in memory")
    };
    stage(2, None);
    let array = SuffixArray::new(text, vocabulary.len())?;
    let origins = noted.finish(array.text())?;
    stage(3, None);
    let trust = Trust::learn(&array, vocabulary.len());
    let header = UnboundedHeader { reading, estimate };
    UnboundedModel::new(header, vocabulary, array, origins, trust)
}

fn read(
    corpus: &Corpus,
    plan: Plan,
    progress: &dyn Progress,
) -> Result<(Numbered<AnyText>, Noted)> {
    let mut noted = Noted::default();
    let noting = Noting {
        note: |batch: &Batch| BatchNote::of(batch),
        keep: |note| noted.keep(note),
    };
    let room = Room {
        expected: plan.expected,
        ..Room::UNBOUNDED
    };
    let depot = Depot::in_memory();
    let (reading, limits) = (plan.reading, plan.limits);
    let numbered = match plan.vocabulary {
        Some(vocabulary) => {
            let text = read_noting(
                corpus,
                &reading,
                &vocabulary,
                room,
                &depot,
                noting,
                progress,
            )?;
            Numbered { vocabulary, text }
        }
        None => number_noting(corpus, &reading, limits, room, &depot, noting, progress)?,
    };
    Ok((numbered, noted))
}
