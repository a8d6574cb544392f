//! Here is a text, and stupid back-off or a self-normalised network; show sums of scores, which
//! have no perplexity.

use std::f64::consts::LN_10;

use serde_json::json;

use super::lines::one_line;
use super::{Args, By};
use crate::cli::columns::count;
use crate::cli::console::Console;
use crate::error::{Error, ErrorKind, Result};
use crate::model::LanguageModel;
use crate::neural::{Lookup, NeuralModel};
use crate::ngram::Scorer;
use crate::prob::CompensatedSum;
use crate::text::{Batch, Corpus};
use crate::token::{self, Reading, TokenId, TokenText, Vocabulary, readable};

/// What scores tokens by numbers that do not sum to one.
pub(super) trait Ranking: Sync {
    fn reading(&self) -> &Reading;
    fn vocabulary(&self) -> &Vocabulary;
    /// The natural logarithm of the score of each token of a sentence and of its `</s>`; −∞ where
    /// there is none.
    fn scores(&self, sentence: &[TokenId]) -> Vec<f64>;
    /// Whether a token is none that it knows.
    fn is_unknown(&self, token: TokenId, score: f64) -> bool;
    /// What becomes of tokens that it does not know.
    const UNKNOWN: &'static str;
}

impl Ranking for Scorer {
    fn reading(&self) -> &Reading {
        &self.header().reading
    }

    fn vocabulary(&self) -> &Vocabulary {
        self.vocabulary()
    }

    fn scores(&self, sentence: &[TokenId]) -> Vec<f64> {
        let padded = [&[TokenId::START], sentence].concat();
        let next = sentence.iter().chain([&TokenId::END]).enumerate();
        next.map(|(read, &token)| self.score(&padded[..=read], token).0)
            .collect()
    }

    fn is_unknown(&self, _: TokenId, score: f64) -> bool {
        !score.is_finite()
    }

    /// They have no relative frequency, and so no score: one would make every sum −∞.
    const UNKNOWN: &'static str = "left out";
}

/// A self-normalised network, asked for logits.
pub(super) struct Logits<'m> {
    model: &'m NeuralModel,
    lookup: Lookup<'m>,
}

impl<'m> Logits<'m> {
    /// Computes the network's products.
    ///
    /// # Errors
    /// If it was not trained to be self-normalised: its logits would mean nothing by themselves.
    pub(super) fn of(model: &'m NeuralModel) -> Result<Self> {
        if model.header().training.normalisation.is_none() {
            let what = "this network is not self-normalised: its logits are no scores";
            return Err(Error::new(ErrorKind::Usage, what)
                .way_out("leave out --unnormalised, or train with --self-normalised"));
        }
        let lookup = Lookup::of(model.network());
        Ok(Logits { model, lookup })
    }
}

impl Ranking for Logits<'_> {
    fn reading(&self) -> &Reading {
        &self.model.header().reading
    }

    fn vocabulary(&self) -> &Vocabulary {
        self.model.vocabulary()
    }

    fn scores(&self, sentence: &[TokenId]) -> Vec<f64> {
        let mut reader = self.lookup.reader();
        let mut before = TokenId::START;
        let mut score = |&token: &TokenId| {
            reader.push(before);
            before = token;
            reader.score(token).0
        };
        sentence
            .iter()
            .chain([&TokenId::END])
            .map(&mut score)
            .collect()
    }

    fn is_unknown(&self, token: TokenId, _: f64) -> bool {
        token == TokenId::UNKNOWN
    }

    const UNKNOWN: &'static str = "scored as <unk>";
}

/// The score of one sentence.
struct Score {
    /// ln of the scores' product.
    ln: f64,
    tokens: u64,
    unknown: u64,
}

pub(super) fn run<R: Ranking>(
    args: &Args,
    scorer: &R,
    corpus: &Corpus,
    console: &Console,
) -> Result<()> {
    if args.kenlm || args.by == By::Token {
        let what = "scores that are no probabilities are given by sentence and in sum only";
        return Err(Error::new(ErrorKind::Usage, what).way_out("use --by sentence, or no --by"));
    }
    let mut total = CompensatedSum::default();
    let (mut sentences, mut tokens, mut oovs) = (0u64, 0u64, 0u64);
    token::each_read(
        corpus,
        scorer.reading(),
        scorer.vocabulary(),
        console.progress(),
        |batch, ids| {
            let scores: Vec<Score> = ids.sentences().map(|ids| Score::of(scorer, ids)).collect();
            let lines = match args.by {
                By::Sentence => lines(args, batch, &ids, &scores),
                _ => String::new(),
            };
            Ok((scores, lines))
        },
        |(scores, lines)| {
            for score in scores {
                sentences += 1;
                tokens += score.tokens;
                oovs += score.unknown;
                total.add(score.ln);
            }
            console.write(lines.as_bytes())
        },
    )?;
    let log10 = total.value() / LN_10;
    match (args.json, args.by) {
        (true, By::Summary) => console.print_json(&json!({
            "model": args.model,
            "sentences": sentences,
            "tokens": tokens,
            "oovs": oovs,
            "log10_score": log10,
        })),
        (false, By::Summary) => console.print(format_args!(
            " sentences    {}\n tokens       {}\n OOVs         {}, {}\n log10 score  {log10}\n scores are not probabilities: there is no perplexity\n",
            count(sentences),
            count(tokens),
            count(oovs),
            R::UNKNOWN,
        )),
        _ => Ok(()),
    }
}

/// A line for each sentence.
fn lines(args: &Args, batch: &Batch, ids: &TokenText, scores: &[Score]) -> String {
    let line = |number: usize| {
        let log10 = scores[number].ln / LN_10;
        match args.json {
            true => format!(
                "{}\n",
                json!({"log10_score": log10, "tokens": ids.sentence(number).len() + 1})
            ),
            false => format!("{log10}\t{}\n", one_line(&readable(batch.sentence(number)))),
        }
    };
    (0..ids.len()).map(line).collect()
}

impl Score {
    /// The sum over the tokens that have a score.
    fn of(scorer: &impl Ranking, ids: &[TokenId]) -> Self {
        let scores = scorer.scores(ids);
        let tokens = ids.iter().chain([&TokenId::END]).zip(&scores);
        let unknown = tokens.filter(|(token, score)| scorer.is_unknown(**token, **score));
        Score {
            ln: scores.iter().filter(|score| score.is_finite()).sum(),
            tokens: ids.len() as u64 + 1,
            unknown: unknown.count() as u64,
        }
    }
}
