//! Here is a sentence with its scores; show it in a line, or in a line for each token.

use std::fmt::Write;

use serde_json::json;

use crate::evaluate::{ScoredBatch, SentenceScore, Totals};
use crate::model::{Evidence, LanguageModel};
use crate::token::{Reading, SPECIAL_SURFACES, TokenId, readable};

/// What is printed of every sentence.
#[derive(Clone, Copy)]
pub(super) enum Lines {
    /// "log10 p, tokens, OOVs, perplexity, text".
    Sentence,
    /// "token, id, order, log10 p, bits" for each token, and an empty line.
    Token,
    /// One JSON object, with its tokens or without.
    Json { tokens: bool },
    /// "word=id order log10<TAB>… Total: sum OOV: n", as KenLM's query has it.
    Kenlm,
}

impl Lines {
    /// Shows the sentences of a batch, whose figures are known.
    pub(super) fn show(
        self,
        scored: &ScoredBatch,
        totals: &[Totals],
        model: &dyn LanguageModel,
        reading: &Reading,
    ) -> String {
        let mut out = String::new();
        let sentences = scored.sentences().zip(totals);
        for ((sentence, totals), text) in sentences.zip(scored.batch().sentences()) {
            // Writing to a string does not fail.
            let _ = match self {
                Lines::Sentence => by_sentence(&mut out, totals, text),
                Lines::Token => by_token(&mut out, model, &sentence),
                Lines::Json { tokens } => as_json(&mut out, model, &sentence, totals, tokens),
                Lines::Kenlm => as_kenlm(&mut out, model, &words(reading, text), &sentence, totals),
            };
        }
        out
    }
}

fn by_sentence(out: &mut String, totals: &Totals, text: &[u8]) -> std::fmt::Result {
    writeln!(
        out,
        "{}\t{}\t{}\t{}\t{}",
        totals.log_prob().log10(),
        totals.tokens(),
        totals.unknown(),
        totals.perplexity(),
        one_line(&readable(text)),
    )
}

fn by_token(
    out: &mut String,
    model: &dyn LanguageModel,
    sentence: &SentenceScore,
) -> std::fmt::Result {
    let orders = orders(model, sentence);
    for (position, (token, log_prob)) in sentence.scores().enumerate() {
        let surface = one_line(&model.vocabulary().display(token));
        write!(out, "{surface}\t{}\t", token.0)?;
        if let Some(orders) = &orders {
            write!(out, "{}", orders[position])?;
        }
        let (log10, bits) = (log_prob.log10(), log_prob.surprisal_bits());
        writeln!(out, "\t{log10}\t{bits}")?;
    }
    writeln!(out)
}

fn as_json(
    out: &mut String,
    model: &dyn LanguageModel,
    sentence: &SentenceScore,
    totals: &Totals,
    tokens: bool,
) -> std::fmt::Result {
    let mut value = json!({
        "logprob": totals.log_prob().ln(),
        "tokens": totals.tokens(),
        "oovs": totals.unknown(),
        "perplexity": totals.perplexity(),
        "bytes": sentence.bytes,
    });
    if tokens {
        let orders = orders(model, sentence);
        let scores = sentence.scores().enumerate();
        let scores = scores.map(|(position, (token, log_prob))| {
            json!({
                "text": model.vocabulary().display(token),
                "id": token.0,
                "logprob": log_prob.ln(),
                "order": orders.as_ref().map(|orders| orders[position]),
            })
        });
        value["scores"] = scores.collect();
    }
    writeln!(out, "{value}")
}

/// The length of the n-gram that each token's probability rests on, if the voice has counts.
fn orders(model: &dyn LanguageModel, sentence: &SentenceScore) -> Option<Vec<usize>> {
    let evidence = model.evidence()?;
    let tokens = sentence.scores().map(|(token, _)| token);
    Some(orders_by(evidence, tokens))
}

fn orders_by(evidence: &dyn Evidence, tokens: impl Iterator<Item = TokenId>) -> Vec<usize> {
    let mut context = vec![TokenId::START];
    tokens
        .map(|token| {
            let order = evidence.of_token(&context, token).order;
            context.push(token);
            order
        })
        .collect()
}

/// The words of a sentence as they stand in the text, and its end.
fn words(reading: &Reading, text: &[u8]) -> Vec<String> {
    let mut words = Vec::new();
    let read = reading.tokens(text, |piece| words.push(one_line(&readable(piece))));
    read.expect("it was read before");
    words.push(SPECIAL_SURFACES[TokenId::END.index()].into());
    words
}

/// The words are those of the text, also where the model does not know them.
fn as_kenlm(
    out: &mut String,
    model: &dyn LanguageModel,
    words: &[String],
    sentence: &SentenceScore,
    totals: &Totals,
) -> std::fmt::Result {
    let orders = orders(model, sentence).unwrap_or_else(|| vec![0; words.len()]);
    for (((token, log_prob), order), surface) in sentence.scores().zip(orders).zip(words) {
        let log10 = log_prob.log10() as f32;
        write!(out, "{surface}={} {order} {log10}\t", token.0)?;
    }
    let (total, unknown) = (totals.log_prob().log10() as f32, totals.unknown());
    writeln!(out, "Total: {total} OOV: {unknown}")
}

/// The text with marks for what would end its line or its field.
pub(super) fn one_line(text: &str) -> String {
    text.replace('\n', "↵")
        .replace('\t', "⇥")
        .replace('\r', "␍")
}
