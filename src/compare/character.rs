//! Here are texts that a voice wrote; what are they like?
//!
//! How surprising they were to their own voice, how varied they are, how much they
//! repeat themselves, and how much of them stands in the corpus. Every figure has an
//! interval, with texts as what was sampled. Measured on what people wrote, the
//! same figures say what to aim at.

use hashbrown::HashSet;
use rayon::prelude::*;
use serde::Serialize;

use super::mean::{Clusters, Mean};
use crate::model::Evidence;
use crate::suffix::SuffixArray;
use crate::suffix::copied::{Matches, Span};
use crate::token::TokenId;

/// An n-gram of so many tokens that stood in the same text before is a repetition.
pub const REPEATED: usize = 4;

/// Variety is measured on so many groups of texts.
const GROUPS: usize = 10;

/// The n of the n-grams whose variety is measured.
const DISTINCT: std::ops::RangeInclusive<usize> = 1..=3;

/// What knows the corpus.
pub enum Corpus<'c> {
    /// All of it, with the least length of a copied span.
    Index(&'c SuffixArray, usize),
    /// The counts of a voice of this order.
    Counts(&'c dyn Evidence, usize),
    /// Nothing.
    Unknown,
}

/// A text that was written.
#[derive(Clone, Debug, Default)]
pub struct Text {
    /// Its tokens, without `</s>`.
    pub tokens: Vec<TokenId>,
    /// The surprisal of each draw to the voice that drew it, in bits; empty if no voice wrote it.
    pub bits: Vec<f64>,
}

/// What texts are like.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Character {
    /// Who wrote them.
    pub voice: String,
    /// How many there are.
    pub texts: usize,
    /// How many tokens they have.
    pub tokens: usize,
    /// How many tokens a text has.
    pub length: Mean,
    /// The surprisal of a draw, in bits; `None` if no voice wrote them.
    pub surprisal_bits: Option<Mean>,
    /// For n = 1, 2, 3: different n-grams, as a share of all in a group of texts of
    /// `group_tokens` tokens.
    pub distinct: Vec<Mean>,
    /// How many tokens of each group were looked at for that: the same for all that are compared.
    pub group_tokens: usize,
    /// The share of tokens that end four tokens which stood in the same text before.
    pub repeated: Mean,
    /// For n = 1, 2, …: the share of n-grams that the corpus does not have.
    pub novelty: Vec<Mean>,
    /// The share of tokens in spans that were copied.
    pub copied: Option<Mean>,
    /// The longest span that stands in the corpus: the number of its text, and the span.
    #[serde(skip)]
    pub longest: Option<(usize, Span)>,
    /// How many tokens that has.
    pub longest_copied: Option<usize>,
}

/// How many tokens a group of texts has at least, so that the variety of several writers can be
/// measured on equally many.
pub fn group_tokens(texts: &[Text]) -> usize {
    let tokens = groups(texts).map(|group| group.iter().map(|text| text.tokens.len()).sum());
    tokens.min().unwrap_or(0)
}

fn groups(texts: &[Text]) -> impl Iterator<Item = &[Text]> {
    texts.chunks(texts.len().div_ceil(GROUPS).max(1))
}

/// What these texts are like.
pub fn character(voice: &str, texts: &[Text], corpus: &Corpus, group_tokens: usize) -> Character {
    let mean = |of: &dyn Fn(&Text) -> (f64, f64)| texts.iter().map(of).collect::<Clusters>().mean();
    let matches = match corpus {
        Corpus::Index(array, _) => {
            let of = |text: &Text| Matches::of(array, &text.tokens);
            texts.par_iter().map(of).collect()
        }
        _ => Vec::new(),
    };
    let longest = longest(&matches);
    Character {
        voice: voice.to_owned(),
        texts: texts.len(),
        tokens: texts.iter().map(|text| text.tokens.len()).sum(),
        length: mean(&|text| (text.tokens.len() as f64, 1.0)),
        surprisal_bits: texts
            .iter()
            .any(|text| !text.bits.is_empty())
            .then(|| mean(&|text| (text.bits.iter().sum(), text.bits.len() as f64))),
        distinct: DISTINCT.map(|n| distinct(texts, n, group_tokens)).collect(),
        group_tokens,
        repeated: mean(&|text| (repeated(&text.tokens) as f64, text.tokens.len() as f64)),
        novelty: novelty(texts, &matches, corpus),
        copied: match corpus {
            Corpus::Index(_, least) => {
                let of = |matches: &Matches| {
                    (
                        matches.covered(*least) as f64,
                        matches.lengths().len() as f64,
                    )
                };
                Some(matches.iter().map(of).collect::<Clusters>().mean())
            }
            _ => None,
        },
        longest_copied: longest.as_ref().map(|(_, span)| span.found.length),
        longest,
    }
}

/// The first of the longest spans, and the number of its text.
fn longest(matches: &[Matches]) -> Option<(usize, Span)> {
    let spans = matches.iter().enumerate().flat_map(|(number, matches)| {
        let spans = matches.spans(1);
        spans.map(move |span| (number, span))
    });
    spans.reduce(
        |best, next| match next.1.found.length > best.1.found.length {
            true => next,
            false => best,
        },
    )
}

/// The different n-grams in the first so many tokens of a group, as a share; the mean over groups.
fn distinct(texts: &[Text], n: usize, group_tokens: usize) -> Mean {
    let of_group = |group: &[Text]| {
        let (mut seen, mut all, mut left) = (HashSet::new(), 0, group_tokens);
        for text in group {
            let tokens = &text.tokens[..text.tokens.len().min(left)];
            left -= tokens.len();
            for ngram in tokens.windows(n) {
                seen.insert(ngram);
                all += 1;
            }
        }
        (seen.len() as f64 / f64::from(all), 1.0)
    };
    groups(texts).map(of_group).collect::<Clusters>().mean()
}

/// How many tokens end an n-gram that stood in the text before.
fn repeated(tokens: &[TokenId]) -> usize {
    let mut seen = HashSet::new();
    tokens
        .windows(REPEATED)
        .filter(|ngram| !seen.insert(*ngram))
        .count()
}

/// The longest n-grams whose novelty an index is asked for.
const LONGEST: usize = 10;

fn novelty(texts: &[Text], matches: &[Matches], corpus: &Corpus) -> Vec<Mean> {
    let longest = match corpus {
        Corpus::Index(..) => LONGEST,
        Corpus::Counts(_, order) => *order,
        Corpus::Unknown => 0,
    };
    let share = |n| {
        let of_text = |text: usize| {
            let (all, new) = match corpus {
                Corpus::Counts(evidence, _) => counted(*evidence, &texts[text].tokens, n),
                _ => matches[text].ngrams(n),
            };
            (new as f64, all as f64)
        };
        (0..texts.len()).map(of_text).collect::<Clusters>().mean()
    };
    (1..=longest).map(share).collect()
}

/// How many n-grams a text has, and how many of them were never counted.
fn counted(evidence: &dyn Evidence, tokens: &[TokenId], n: usize) -> (usize, usize) {
    let is_new = |ngram: &&[TokenId]| {
        let (&last, context) = ngram.split_last().expect("n is at least 1");
        ngram.contains(&TokenId::UNKNOWN) || evidence.of_token(context, last).order < n
    };
    let ngrams = tokens.windows(n);
    (ngrams.len(), ngrams.filter(is_new).count())
}
