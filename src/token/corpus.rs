//! Here is a corpus, give me ids.
//!
//! Each batch is cut into runs of sentences, and every run is tokenised on a
//! thread of its own with numbers of its own. Then the runs are put together in
//! order, so that ids follow first appearance in the corpus however many
//! threads there were.

use std::ops::Range;

use rayon::prelude::*;

use super::{Reading, TokenId, TokenText, Vocabulary, VocabularyLimits};
use crate::error::Result;
use crate::progress::Progress;
use crate::text::{Batch, Corpus};

/// How many sentences one task takes.
const SENTENCES_A_TASK: usize = 1024;

/// A corpus as ids, with the vocabulary that numbers them.
pub struct Numbered {
    /// The tokens.
    pub vocabulary: Vocabulary,
    /// The sentences.
    pub text: TokenText,
}

/// Reads a corpus and numbers its tokens by first appearance; what is not within the limits becomes
/// `<unk>`.
///
/// `progress` advances by the bytes read.
pub fn number(
    corpus: &Corpus,
    reading: &Reading,
    limits: VocabularyLimits,
    progress: &dyn Progress,
) -> Result<Numbered> {
    let mut vocabulary = Vocabulary::new();
    let mut text = TokenText::new();
    each_run(
        corpus,
        progress,
        |batch, run| {
            let mut own = Vocabulary::new();
            let ids = read_run(batch, run, reading, |piece| own.add(piece))?;
            Ok((own, ids))
        },
        |(own, ids)| {
            let renumbered: Vec<TokenId> = own
                .ids()
                .map(|id| vocabulary.add(own.surface(id)))
                .collect();
            text.append(&ids, |id| renumbered[id.index()]);
        },
    )?;
    if !limits.keep_all() {
        vocabulary = limit(limits, &vocabulary, &mut text);
    }
    Ok(Numbered { vocabulary, text })
}

/// Reads a corpus with the numbers of a vocabulary that is already there.
///
/// `progress` advances by the bytes read.
pub fn read(
    corpus: &Corpus,
    reading: &Reading,
    vocabulary: &Vocabulary,
    progress: &dyn Progress,
) -> Result<TokenText> {
    let mut text = TokenText::new();
    each_run(
        corpus,
        progress,
        |batch, run| read_run(batch, run, reading, |piece| vocabulary.id_or_unknown(piece)),
        |ids| text.append(&ids, |id| id),
    )?;
    Ok(text)
}

/// Makes something of every run of sentences, in parallel, and takes the results in order.
fn each_run<T: Send>(
    corpus: &Corpus,
    progress: &dyn Progress,
    make: impl Fn(&Batch, Range<usize>) -> Result<T> + Sync,
    mut take: impl FnMut(T),
) -> Result<()> {
    for batch in corpus.batches() {
        let batch = batch?;
        let starts: Vec<usize> = (0..batch.len()).step_by(SENTENCES_A_TASK).collect();
        let run = |start: usize| start..batch.len().min(start + SENTENCES_A_TASK);
        let made: Result<Vec<T>> = starts
            .into_par_iter()
            .map(|start| make(&batch, run(start)))
            .collect();
        made?.into_iter().for_each(&mut take);
        progress.advance(batch.bytes_read());
    }
    corpus
        .warnings()
        .into_iter()
        .for_each(|warning| progress.warn(warning));
    Ok(())
}

fn read_run(
    batch: &Batch,
    run: Range<usize>,
    reading: &Reading,
    mut id: impl FnMut(&[u8]) -> TokenId,
) -> Result<TokenText> {
    let mut text = TokenText::new();
    let mut ids = Vec::new();
    for sentence in run {
        ids.clear();
        let read = reading.tokens(batch.sentence(sentence), |piece| ids.push(id(piece)));
        read.map_err(|error| error.at(batch.place(sentence)))?;
        text.push(ids.iter().copied());
    }
    Ok(text)
}

/// Leaves out what is beyond the limits and renumbers the text.
fn limit(limits: VocabularyLimits, full: &Vocabulary, text: &mut TokenText) -> Vocabulary {
    let mut counts = vec![0u64; full.len()];
    for id in text.ids() {
        counts[id.index()] += 1;
    }
    let kept = limits.apply(full, &counts);
    let renumbered: Vec<TokenId> = full
        .ids()
        .map(|id| kept.id_or_unknown(full.surface(id)))
        .collect();
    text.renumber(|id| renumbered[id.index()]);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Quiet;
    use crate::text::CorpusOptions;
    use crate::token::Tokenizer;

    const WHITESPACE: Reading = Reading {
        tokenizer: Tokenizer::Whitespace,
        ..Reading::DEFAULT
    };

    fn numbered(text: &str, limits: VocabularyLimits) -> Numbered {
        let corpus = Corpus::from_text("test", text, CorpusOptions::default());
        number(&corpus, &WHITESPACE, limits, &Quiet).unwrap()
    }

    #[test]
    fn ids_follow_first_appearance_across_runs() {
        let lines: Vec<String> = (0..3000)
            .map(|i| format!("w{} w{}", i % 700, i / 2))
            .collect();
        let found = numbered(&lines.join("\n"), VocabularyLimits::default());
        let mut plain = Vocabulary::new();
        for line in &lines {
            line.split(' ')
                .for_each(|word| _ = plain.add(word.as_bytes()));
        }
        assert!(found.vocabulary.same_as(&plain));
        assert_eq!(found.text.len(), 3000);
        let second = found.text.sentence(1);
        assert_eq!(found.vocabulary.surface(second[0]), b"w1");
    }

    #[test]
    fn what_is_beyond_the_limits_is_unknown() {
        let limits = VocabularyLimits {
            min_count: 2,
            max_size: None,
        };
        let found = numbered("a b a\nc b", limits);
        assert_eq!(found.vocabulary.len(), 5);
        assert_eq!(found.text.sentence(1), [TokenId::UNKNOWN, TokenId(4)]);
    }

    #[test]
    fn a_refused_special_names_its_line() {
        let corpus = Corpus::from_text("test", "a\nb <s>", CorpusOptions::default());
        let refused = number(&corpus, &WHITESPACE, VocabularyLimits::default(), &Quiet);
        let message = refused.err().unwrap().to_string();
        assert!(
            message.contains("test, line 2") && message.contains("<s>"),
            "{message}"
        );
    }
}
