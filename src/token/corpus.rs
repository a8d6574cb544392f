//! Here is a corpus, give me ids.
//!
//! Every thread tokenises batches of its own and numbers their tokens by a
//! vocabulary of its own, which it keeps from batch to batch, so that a word
//! costs one look into one table. What is new in a batch is handed over in the
//! corpus's order and gets its number there: ids follow first appearance in the
//! corpus however many threads there are. A vocabulary that grew large is begun
//! anew, so that many threads do not hold a large one many times.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::stored::{AnyText, GrowingText, Room};
use super::wanted::Wanted;
use super::{Reading, TokenId, TokenText, Vocabulary, VocabularyLimits};
use crate::error::Result;
use crate::progress::Progress;
use crate::store::Depot;
use crate::text::{Batch, Corpus};

/// A token and what separates it have about so many bytes; it is only room that depends on it.
const BYTES_A_TOKEN: usize = 4;

/// A thread that knows so many tokens forgets them all.
const MOST_OWN: usize = if cfg!(test) { 500 } else { 1 << 20 };

/// A corpus as ids, with the vocabulary that numbers them.
pub struct Numbered<T = TokenText> {
    /// The tokens.
    pub vocabulary: Vocabulary,
    /// The sentences.
    pub text: T,
}

/// The vocabulary of one thread.
struct Own<'n> {
    vocabulary: Vocabulary,
    /// Which one it is of all there were.
    number: usize,
    next: &'n AtomicUsize,
}

/// What is noted of every batch besides its tokens, and who keeps the notes, in the corpus's order.
pub struct Noting<N, K> {
    /// What there is to note.
    pub note: N,
    /// Takes the notes.
    pub keep: K,
}

/// A batch by the numbers of a thread's own vocabulary.
struct Read {
    text: TokenText,
    /// The tokens that were new to that, end to end.
    new: Vec<u8>,
    /// How long each of them is.
    lengths: Vec<usize>,
    own: usize,
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
    let depot = Depot::in_memory();
    let numbered = number_within(corpus, reading, limits, Room::UNBOUNDED, &depot, progress)?;
    match numbered.text {
        AnyText::Whole(text) => Ok(Numbered {
            vocabulary: numbered.vocabulary,
            text,
        }),
        AnyText::Stored(_) => unreachable!("a text without bounds stays in memory"),
    }
}

/// The same; a text that is longer than there is room for goes to the depot.
///
/// `progress` advances by the bytes read.
pub fn number_within(
    corpus: &Corpus,
    reading: &Reading,
    limits: VocabularyLimits,
    room: Room,
    depot: &Depot,
    progress: &dyn Progress,
) -> Result<Numbered<AnyText>> {
    let nothing = Noting {
        note: |_: &Batch| (),
        keep: |()| (),
    };
    number_noting(corpus, reading, limits, room, depot, nothing, progress)
}

/// The same; something is noted of every batch besides, such as where its sentences came from.
///
/// `progress` advances by the bytes read.
pub fn number_noting<T: Send>(
    corpus: &Corpus,
    reading: &Reading,
    limits: VocabularyLimits,
    room: Room,
    depot: &Depot,
    noting: Noting<impl Fn(&Batch) -> T + Sync, impl FnMut(T) + Send>,
    progress: &dyn Progress,
) -> Result<Numbered<AnyText>> {
    let Noting { note, mut keep } = noting;
    let mut text = GrowingText::new(room, depot);
    let mut vocabulary =
        number_batches(corpus, reading, progress, note, |batch, numbers, noted| {
            keep(noted);
            text.append(batch, |id| numbers[id.index()])
        })?;
    let mut text = text.finish()?;
    if !limits.keep_all() {
        vocabulary = limit(limits, &vocabulary, &mut text, depot)?;
    }
    Ok(Numbered { vocabulary, text })
}

/// Reads a corpus and counts its tokens, without keeping the text; the specials count as 0.
///
/// `progress` advances by the bytes read.
pub fn count(
    corpus: &Corpus,
    reading: &Reading,
    progress: &dyn Progress,
) -> Result<(Vocabulary, Vec<u64>)> {
    let mut counts: Vec<u64> = Vec::new();
    let nothing = |_: &Batch| ();
    let vocabulary = number_batches(corpus, reading, progress, nothing, |batch, numbers, ()| {
        for (own, count) in batch.counts(numbers.len()).into_iter().enumerate() {
            let id = numbers[own].index();
            if id >= counts.len() {
                counts.resize(id + 1, 0);
            }
            counts[id] += count;
        }
        Ok(())
    })?;
    counts.resize(vocabulary.len(), 0);
    counts[..TokenId::SPECIALS].fill(0);
    Ok((vocabulary, counts))
}

/// Hands on every batch by the numbers of some thread's vocabulary, with what each of them is in the
/// vocabulary of all, which is returned, and with what was noted of it.
fn number_batches<T: Send>(
    corpus: &Corpus,
    reading: &Reading,
    progress: &dyn Progress,
    note: impl Fn(&Batch) -> T + Sync,
    mut take: impl FnMut(&TokenText, &[TokenId], T) -> Result<()> + Send,
) -> Result<Vocabulary> {
    let mut vocabulary = Vocabulary::new();
    // For every thread's vocabulary, what each of its ids is in that of all.
    let mut numbers: Vec<Vec<TokenId>> = Vec::new();
    let next = AtomicUsize::new(0);
    corpus.each_batch(
        progress,
        |_thread| Own::new(&next),
        |own, batch| Ok((own.read(batch, reading)?, note(batch))),
        |(read, noted)| {
            if numbers.len() <= read.own {
                numbers.resize_with(read.own + 1, specials);
            }
            let new = read.new_tokens().map(|surface| vocabulary.add(surface));
            let numbers = &mut numbers[read.own];
            numbers.extend(new);
            take(&read.text, numbers, noted)
        },
    )?;
    Ok(vocabulary)
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
    let depot = Depot::in_memory();
    match read_within(
        corpus,
        reading,
        vocabulary,
        Room::UNBOUNDED,
        &depot,
        progress,
    )? {
        AnyText::Whole(text) => Ok(text),
        AnyText::Stored(_) => unreachable!("a text without bounds stays in memory"),
    }
}

/// The same; a text that is longer than there is room for goes to the depot.
///
/// `progress` advances by the bytes read.
pub fn read_within(
    corpus: &Corpus,
    reading: &Reading,
    vocabulary: &Vocabulary,
    room: Room,
    depot: &Depot,
    progress: &dyn Progress,
) -> Result<AnyText> {
    let nothing = Noting {
        note: |_: &Batch| (),
        keep: |()| (),
    };
    read_noting(corpus, reading, vocabulary, room, depot, nothing, progress)
}

/// The same; something is noted of every batch besides, such as where its sentences came from.
///
/// `progress` advances by the bytes read.
pub fn read_noting<T: Send>(
    corpus: &Corpus,
    reading: &Reading,
    vocabulary: &Vocabulary,
    room: Room,
    depot: &Depot,
    noting: Noting<impl Fn(&Batch) -> T + Sync, impl FnMut(T) + Send>,
    progress: &dyn Progress,
) -> Result<AnyText> {
    let Noting { note, mut keep } = noting;
    let mut text = GrowingText::new(room, depot);
    each_read(
        corpus,
        reading,
        vocabulary,
        progress,
        |batch, ids| Ok((ids, note(batch))),
        |(batch, noted)| {
            keep(noted);
            text.append(&batch, |id| id)
        },
    )?;
    text.finish()
}

/// Makes something of every batch and its ids by a vocabulary that is already there, on all threads,
/// and takes what was made in the corpus's order.
///
/// `progress` advances by the bytes read.
///
/// # Errors
/// The first in the corpus's order; everything before it was taken.
pub fn each_read<T: Send>(
    corpus: &Corpus,
    reading: &Reading,
    vocabulary: &Vocabulary,
    progress: &dyn Progress,
    make: impl Fn(&Batch, TokenText) -> Result<T> + Sync,
    take: impl FnMut(T) -> Result<()> + Send,
) -> Result<()> {
    corpus.each_batch(
        progress,
        |_thread| (),
        |(), batch| {
            let read = |batch: &Batch| {
                read_batch(batch, reading, |text, wanted, ids| {
                    vocabulary.find_all(text, wanted, ids);
                })
            };
            let ids = match read(batch) {
                Err(_) if corpus.options().skips_records() => {
                    batch.skip_records(|sentence| reading.tokens(sentence, |_| ()));
                    read(batch)?
                }
                ids => ids?,
            };
            make(batch, ids)
        },
        take,
    )
}

/// The ids of a batch; `settle` gives them to the tokens that want them and are places in a text.
fn read_batch(
    batch: &Batch,
    reading: &Reading,
    mut settle: impl FnMut(&[u8], &mut Wanted, &mut [TokenId]),
) -> Result<TokenText> {
    if reading.tokenizer.subwords().is_some() {
        return read_spelled(batch, reading, settle);
    }
    let text_len = batch.text().len();
    let mut text = TokenText::with_room_for(batch.len(), text_len / BYTES_A_TOKEN);
    let mut wanted = Wanted::default();
    for (sentence, place) in batch.places().enumerate() {
        text.push_with(|ids| {
            reading.tokens_within(batch.text(), place, |token| wanted.add(token, ids))
        })
        .map_err(|error| error.at(batch.place(sentence)))?;
        if wanted.are_enough() {
            settle(batch.text(), &mut wanted, text.padded_mut());
        }
    }
    settle(batch.text(), &mut wanted, text.padded_mut());
    Ok(text)
}

/// The same where tokens are no places in the batch's text: they are spelled into one of their own.
fn read_spelled(
    batch: &Batch,
    reading: &Reading,
    mut settle: impl FnMut(&[u8], &mut Wanted, &mut [TokenId]),
) -> Result<TokenText> {
    let text_len = batch.text().len();
    let mut text = TokenText::with_room_for(batch.len(), text_len / BYTES_A_TOKEN);
    let mut wanted = Wanted::default();
    let mut spelled = Vec::new();
    for (number, sentence) in batch.sentences().enumerate() {
        text.push_with(|ids| {
            reading.tokens(sentence, |token| {
                let start = spelled.len();
                spelled.extend_from_slice(token);
                wanted.add(start..spelled.len(), ids);
            })
        })
        .map_err(|error| error.at(batch.place(number)))?;
        if wanted.are_enough() {
            settle(&spelled, &mut wanted, text.padded_mut());
            spelled.clear();
        }
    }
    settle(&spelled, &mut wanted, text.padded_mut());
    Ok(text)
}

impl<'n> Own<'n> {
    fn new(next: &'n AtomicUsize) -> Self {
        Own {
            vocabulary: Vocabulary::new(),
            number: next.fetch_add(1, Ordering::Relaxed),
            next,
        }
    }

    fn read(&mut self, batch: &Batch, reading: &Reading) -> Result<Read> {
        if self.vocabulary.len() >= MOST_OWN {
            *self = Own::new(self.next);
        }
        let known = self.vocabulary.len();
        let text = read_batch(batch, reading, |text, wanted, ids| {
            self.vocabulary.add_all(text, wanted, ids);
        })?;
        let new = self.vocabulary.ids().skip(known);
        let new: Vec<&[u8]> = new.map(|id| self.vocabulary.surface(id)).collect();
        Ok(Read {
            text,
            new: new.concat(),
            lengths: new.iter().map(|surface| surface.len()).collect(),
            own: self.number,
        })
    }
}

impl Read {
    fn new_tokens(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = &self.new[..];
        self.lengths.iter().map(move |&length| {
            let (token, after) = rest.split_at(length);
            rest = after;
            token
        })
    }
}

/// The numbers of the special tokens, which are the same everywhere.
fn specials() -> Vec<TokenId> {
    (0..TokenId::SPECIALS as u32).map(TokenId).collect()
}

/// Leaves out what is beyond the limits and renumbers the text.
fn limit(
    limits: VocabularyLimits,
    full: &Vocabulary,
    text: &mut AnyText,
    depot: &Depot,
) -> Result<Vocabulary> {
    let kept = limits.apply(full, &text.counts(full.len())?);
    let number = |id| match id {
        TokenId::START | TokenId::END => id,
        id => kept.id_or_unknown(full.surface(id)),
    };
    let numbers: Vec<TokenId> = full.ids().map(number).collect();
    text.renumber(&numbers, depot)?;
    Ok(kept)
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

    /// Several blocks of words, some of which come late.
    fn long_text() -> String {
        let word = |i: usize| match i * i % 97 {
            rest @ 0..60 => format!("w{rest}"),
            rest => format!("a-rather-long-word-{}", rest * i / 5000),
        };
        let line = |i: usize| (i..i + i % 17).map(word).collect::<Vec<_>>().join(" ");
        let lines: Vec<String> = (0..40_000).map(line).collect();
        lines.join("\n")
    }

    #[test]
    fn every_number_of_threads_gives_the_same_ids() {
        let long = long_text();
        let corpus = Corpus::from_text("test", long.as_str(), CorpusOptions::default());
        for tokenizer in [Tokenizer::Whitespace, Tokenizer::Words] {
            let reading = Reading {
                tokenizer,
                ..Reading::DEFAULT
            };
            let (mut vocabulary, mut text) = (Vocabulary::new(), TokenText::new());
            for line in long.lines() {
                let pieces = reading
                    .tokenizer
                    .pieces(line.as_bytes())
                    .unwrap()
                    .into_iter();
                text.push(pieces.map(|piece| vocabulary.add(piece)));
            }
            for threads in [1, 2, 8] {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
                let pool = pool.build().unwrap();
                let all = VocabularyLimits::default();
                let found = pool.install(|| number(&corpus, &reading, all, &Quiet).unwrap());
                assert!(found.vocabulary.same_as(&vocabulary), "{threads} threads");
                assert!(found.text == text, "{threads} threads");
                let again = pool.install(|| read(&corpus, &reading, &vocabulary, &Quiet).unwrap());
                assert!(again == text, "{threads} threads");
            }
        }
    }

    #[test]
    fn unknown_words_are_read_as_such() {
        let corpus = Corpus::from_text("test", "a c\nb", CorpusOptions::default());
        let known = numbered("a b", VocabularyLimits::default()).vocabulary;
        let text = read(&corpus, &WHITESPACE, &known, &Quiet).unwrap();
        assert_eq!(text.sentence(0), [TokenId(3), TokenId::UNKNOWN]);
        assert_eq!(text.sentence(1), [TokenId(4)]);
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
    fn words_are_counted_across_batches_and_specials_are_not() {
        let reading = Reading {
            specials: crate::token::SpecialsInText::Unknown,
            ..WHITESPACE
        };
        let text = long_text() + "\n<unk>";
        let corpus = Corpus::from_text("test", text.as_str(), CorpusOptions::default());
        let all = VocabularyLimits::default();
        let numbered = number(&corpus, &reading, all, &Quiet).unwrap();
        let mut expected = numbered.text.counts(numbered.vocabulary.len());
        assert_eq!(expected[0], 1);
        expected[..3].fill(0);
        for threads in [1, 8] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            let pool = pool.build().unwrap();
            let (words, counts) = pool.install(|| count(&corpus, &reading, &Quiet).unwrap());
            assert!(words.same_as(&numbered.vocabulary), "{threads} threads");
            assert!(counts == expected, "{threads} threads");
        }
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
