//! Here is stupid back-off and a text; show sums of scores, which have no perplexity.

use std::f64::consts::LN_10;

use serde_json::json;

use super::lines::one_line;
use super::{Args, By};
use crate::cli::columns::count;
use crate::cli::console::Console;
use crate::error::{Error, ErrorKind, Result};
use crate::ngram::Scorer;
use crate::prob::CompensatedSum;
use crate::text::{Batch, Corpus};
use crate::token::{self, TokenId, TokenText, readable};

/// The score of one sentence.
struct Score {
    /// ln of the scores' product.
    ln: f64,
    tokens: u64,
    unknown: u64,
}

pub(super) fn run(args: &Args, scorer: &Scorer, corpus: &Corpus, console: &Console) -> Result<()> {
    if args.kenlm || args.by == By::Token {
        let what = "stupid back-off has scores by sentence and in sum only";
        return Err(Error::new(ErrorKind::Usage, what).way_out("use --by sentence, or no --by"));
    }
    let mut total = CompensatedSum::default();
    let (mut sentences, mut tokens, mut oovs) = (0u64, 0u64, 0u64);
    token::each_read(
        corpus,
        &scorer.header().reading,
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
            " sentences    {}\n tokens       {}\n OOVs         {}, left out\n log10 score  {log10}\n scores are not probabilities: there is no perplexity\n",
            count(sentences),
            count(tokens),
            count(oovs),
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
    /// The sum over the tokens that are known.
    ///
    /// An unknown token has no relative frequency, and so no score: one would make every sum −∞.
    fn of(scorer: &Scorer, ids: &[TokenId]) -> Self {
        let mut context = vec![TokenId::START];
        let (mut ln, mut unknown) = (0.0, 0);
        for &token in ids.iter().chain([&TokenId::END]) {
            match scorer.score(&context, token).0 {
                score if score.is_finite() => ln += score,
                _ => unknown += 1,
            }
            context.push(token);
        }
        Score {
            ln,
            tokens: ids.len() as u64 + 1,
            unknown,
        }
    }
}
