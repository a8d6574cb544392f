//! Here is a corpus, give me the merges that say most with the fewest pieces.
//!
//! Byte-pair encoding (Gage, 1994; Sennrich, Haddow and Birch, 2016): from all bytes on, the pair that
//! stands beside each other most often becomes a piece, again and again, until there are pieces
//! enough. Of pairs as frequent the one of the lowest ids is first, so the merges depend on nothing
//! but the text. They are those that HuggingFace's `BpeTrainer` finds in the same lines.
//!
//! The corpus is read once, by all threads, into its different words with their counts. A merge then
//! visits only the words that hold its pair, and the counts of pairs change only by what changed in
//! them: what a merge costs falls as pairs become rare.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use hashbrown::HashMap;
use serde_json::{Map, Value, json};

use super::split::Matcher;
use super::{Format, Origin, Subwords, byte_level};
use crate::error::{Error, ErrorKind, Result};
use crate::progress::{Progress, Stage};
use crate::text::{Batch, Corpus};

/// What to train.
#[derive(Clone, Debug)]
pub struct BpeOptions {
    /// How many pieces there are to be, bytes and special tokens included.
    pub vocabulary: usize,
    /// What parts the text before; merges never cross it.
    pub pattern: PatternName,
    /// A pair that is seen less often is not merged.
    pub min_count: u64,
    /// Tokens that stand for themselves, with the first ids.
    pub specials: Vec<String>,
}

/// Patterns by the tokenizers they became known with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PatternName {
    /// Words with the blank before them; numbers and punctuation apart.
    #[default]
    Gpt2,
    /// Numbers in groups of three, line ends apart.
    Cl100k,
    /// The same, and words are parted where small letters come before capital ones.
    O200k,
}

type Pair = (u32, u32);

/// The words of a corpus with their counts, as symbols end to end.
struct Words {
    symbols: Vec<u32>,
    /// Where each word starts, how many symbols it has, how often it was seen.
    words: Vec<(usize, usize, u64)>,
}

/// A pair that is to be merged in the words where it came up.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    count: u64,
    pair: Reverse<Pair>,
    words: Vec<u32>,
}

/// Trains byte-pair encoding on a corpus; stages 1 and 2 of 2.
///
/// `progress` advances by the bytes read, and then by the pieces found.
///
/// # Errors
/// If the corpus cannot be read, or so few pieces are wanted that not even the bytes have room.
pub fn train_bpe(
    name: &str,
    corpus: &Corpus,
    options: &BpeOptions,
    progress: &dyn Progress,
) -> Result<Subwords> {
    let least = 256 + options.specials.len();
    if options.vocabulary < least {
        let what = format!("{} pieces have no room for all bytes", options.vocabulary);
        return Err(Error::new(ErrorKind::Usage, what).way_out(format!("ask for {least} or more")));
    }
    progress.stage(Stage {
        number: 1,
        of: 2,
        name: "words",
        unit: "bytes",
        total: corpus.total_bytes(),
    });
    let counted = count_words(corpus, options.pattern, progress)?;
    let mut pieces = options.specials.clone();
    let mut alphabet: Vec<(char, u8)> = (0..=255)
        .map(|byte| (byte_level::character(byte), byte))
        .collect();
    alphabet.sort_unstable();
    let mut symbols = [0; 256];
    for (character, byte) in alphabet {
        symbols[byte as usize] = pieces.len() as u32;
        pieces.push(character.to_string());
    }
    let words = Words::of(&counted, &symbols);
    drop(counted);
    progress.stage(Stage {
        number: 2,
        of: 2,
        name: "merge",
        unit: "pieces",
        total: Some((options.vocabulary - pieces.len()) as u64),
    });
    let merges = words.merge(&mut pieces, options, progress)?;
    Subwords::new(name, origin(&pieces, &merges, options))
}

fn count_words(
    corpus: &Corpus,
    pattern: PatternName,
    progress: &dyn Progress,
) -> Result<HashMap<Vec<u8>, u64>> {
    let matcher = Matcher::of(pattern.regex())?;
    let mut counts: HashMap<Vec<u8>, u64> = HashMap::new();
    let count_batch = |batch: &Batch| -> Result<Vec<(Vec<u8>, u64)>> {
        let mut counts: HashMap<&[u8], u64> = HashMap::new();
        for place in batch.places() {
            matcher.each(batch.text(), place, |word, _| {
                *counts.entry(&batch.text()[word]).or_default() += 1;
                Ok(())
            })?;
        }
        let owned = |(word, count): (&[u8], u64)| (word.to_vec(), count);
        Ok(counts.into_iter().map(owned).collect())
    };
    corpus.each_batch(
        progress,
        |_thread| (),
        |(), batch| count_batch(batch),
        |batch| {
            for (word, count) in batch {
                *counts.entry(word).or_default() += count;
            }
            Ok(())
        },
    )?;
    Ok(counts)
}

impl Words {
    fn of(counted: &HashMap<Vec<u8>, u64>, symbols: &[u32; 256]) -> Self {
        let mut words = Words {
            symbols: Vec::new(),
            words: Vec::with_capacity(counted.len()),
        };
        for (word, count) in counted {
            words.words.push((words.symbols.len(), word.len(), *count));
            words
                .symbols
                .extend(word.iter().map(|&byte| symbols[byte as usize]));
        }
        words
    }

    /// Every pair with its count and the words it is in.
    fn pairs(&self) -> HashMap<Pair, (u64, Vec<u32>)> {
        let mut pairs: HashMap<Pair, (u64, Vec<u32>)> = HashMap::new();
        for (number, &(start, length, count)) in (0..).zip(&self.words) {
            for pair in self.symbols[start..start + length].windows(2) {
                let (seen, words) = pairs.entry((pair[0], pair[1])).or_default();
                *seen += count;
                if words.last() != Some(&number) {
                    words.push(number);
                }
            }
        }
        pairs
    }

    /// Finds merge after merge; every new piece is added to `pieces`.
    fn merge(
        mut self,
        pieces: &mut Vec<String>,
        options: &BpeOptions,
        progress: &dyn Progress,
    ) -> Result<Vec<Pair>> {
        let mut ids: HashMap<String, u32> = pieces.iter().cloned().zip(0..).collect();
        let mut counts: HashMap<Pair, i64> = HashMap::new();
        let mut queue = BinaryHeap::new();
        for (pair, (count, words)) in self.pairs() {
            counts.insert(pair, count as i64);
            let pair = Reverse(pair);
            queue.push(Candidate { count, pair, words });
        }
        let mut merges = Vec::new();
        while pieces.len() < options.vocabulary
            && let Some(mut best) = queue.pop()
        {
            let pair = best.pair.0;
            let count = counts[&pair].max(0) as u64;
            if best.count != count {
                best.count = count;
                queue.push(best);
                continue;
            }
            if count < options.min_count.max(1) {
                break;
            }
            if progress.should_stop() {
                return Err(Error::new(
                    ErrorKind::Interrupted,
                    "stopped before it was trained",
                ));
            }
            let spelled = format!("{}{}", pieces[pair.0 as usize], pieces[pair.1 as usize]);
            // Two pairs may spell the same: "aa" and "a", "a" and "aa".
            let into = *ids.entry_ref(&spelled[..]).or_insert(pieces.len() as u32);
            if into as usize == pieces.len() {
                pieces.push(spelled);
                progress.advance(1);
            }
            merges.push(pair);
            let mut new: HashMap<Pair, Vec<u32>> = HashMap::new();
            for number in best.words {
                let count = self.words[number as usize].2 as i64;
                self.merge_in(number, pair, into, |changed, by| {
                    *counts.entry(changed).or_default() += by * count;
                    if by > 0 {
                        let words = new.entry(changed).or_default();
                        if words.last() != Some(&number) {
                            words.push(number);
                        }
                    }
                });
            }
            queue.extend(new.into_iter().filter_map(|(pair, words)| {
                let count = u64::try_from(counts[&pair])
                    .ok()
                    .filter(|&count| count > 0)?;
                let pair = Reverse(pair);
                Some(Candidate { count, pair, words })
            }));
        }
        Ok(merges)
    }

    /// Merges a pair in one word, from its left; `change` hears by how much each pair beside it became
    /// more or less.
    fn merge_in(
        &mut self,
        number: u32,
        (left, right): Pair,
        into: u32,
        mut change: impl FnMut(Pair, i64),
    ) {
        let (start, length, _) = self.words[number as usize];
        let word = &mut self.symbols[start..start + length];
        let (mut from, mut to) = (0, 0);
        while from < length {
            if word[from] != left || word.get(from + 1) != Some(&right) {
                word[to] = word[from];
                (from, to) = (from + 1, to + 1);
                continue;
            }
            if to > 0 {
                change((word[to - 1], left), -1);
                change((word[to - 1], into), 1);
            }
            if let Some(&next) = word.get(from + 2) {
                change((right, next), -1);
                change((into, next), 1);
            }
            word[to] = into;
            (from, to) = (from + 2, to + 1);
        }
        self.words[number as usize].1 = to;
    }
}

impl PatternName {
    fn regex(self) -> &'static str {
        match self {
            PatternName::Gpt2 => super::known::GPT2_AS_PUBLISHED,
            PatternName::Cl100k => super::known::CL100K_AS_PUBLISHED,
            PatternName::O200k => super::known::O200K,
        }
    }
}

/// The `tokenizer.json` of what was trained.
fn origin(pieces: &[String], merges: &[Pair], options: &BpeOptions) -> Origin {
    let spelled = |id: u32| &pieces[id as usize];
    let vocabulary: Map<String, Value> = (pieces.iter().zip(0u32..))
        .map(|(piece, id)| (piece.clone(), id.into()))
        .collect();
    let merges: Vec<[&String; 2]> = merges
        .iter()
        .map(|&(left, right)| [spelled(left), spelled(right)])
        .collect();
    let added: Vec<Value> = (options.specials.iter().zip(0u32..))
        .map(|(content, id)| super::export::added_token(id, content))
        .collect();
    let pattern = match options.pattern {
        PatternName::Gpt2 => None,
        other => Some(other.regex()),
    };
    let json = super::export::byte_level_json(added, vocabulary, json!(merges), pattern, false);
    Origin {
        format: Format::HuggingFace,
        bytes: json.to_string().into_bytes(),
    }
}
