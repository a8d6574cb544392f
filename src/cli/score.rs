//! `counterpoint score`: how well a voice foresaw a text.

use std::f64::consts::LN_10;

use clap::ValueEnum;
use serde_json::{Value, json};

use super::columns::{Columns, Side, count, perplexity};
use super::console::Console;
use super::reading::FormArgs;
use crate::error::{Error, ErrorKind, Result};
use crate::evaluate::{Sentence, SentenceScore, Totals, score};
use crate::model::{Evidence, LanguageModel};
use crate::ngram::Scorer;
use crate::open::{Opened, Voice};
use crate::prob::CompensatedSum;
use crate::progress::Stage;
use crate::text::{Batch, Corpus};
use crate::token::{Reading, SPECIAL_SURFACES, TokenId, readable};

/// Score text: per token, per sentence, perplexity, bits per byte.
///
/// Perplexity is over all tokens, the end of each sentence included, as in KenLM's query. Tokens
/// that the model does not know (OOVs) are scored as <unk>; the second figure leaves them out.
/// Bits per byte count a newline for each sentence.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  counterpoint score -m fables held-out.txt
  zcat news.gz | counterpoint score -m news --by sentence -")]
pub(super) struct Args {
    /// Files, folders, patterns or - for standard input
    #[arg(value_name = "TEXT", default_value = "-")]
    inputs: Vec<String>,
    /// The model to ask
    #[arg(short, long, value_name = "NAME", help_heading = "Model")]
    model: String,
    #[command(flatten)]
    form: FormArgs,
    /// What to print
    #[arg(long, value_enum, default_value_t, help_heading = "Output")]
    by: By,
    /// One JSON object for the summary, or a line of JSON for each sentence with --by
    #[arg(long, help_heading = "Output", conflicts_with = "kenlm")]
    json: bool,
    /// Print what KenLM's query prints
    #[arg(long, help_heading = "Output", conflicts_with = "by")]
    kenlm: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum By {
    /// Figures of the whole text
    #[default]
    Summary,
    /// A line each: log10 p, tokens, OOVs, perplexity, text
    Sentence,
    /// A line each: token, id, order, log10 p, bits
    Token,
}

pub(super) fn run(args: &Args, console: &Console) -> Result<()> {
    let opened = console.open(&args.model)?;
    let corpus = args.form.open(&args.inputs, opened.voice.reading())?;
    console.progress().stage(Stage {
        number: 1,
        of: 1,
        name: "score",
        unit: "bytes",
        total: corpus.total_bytes(),
    });
    if let Voice::Scores(scorer) = &opened.voice {
        return scores(args, scorer, &corpus, console);
    }
    let model = opened.voice.language_model()?;
    let mut totals = Totals::default();
    for batch in corpus.batches() {
        let batch = batch?;
        let sentences = sentences(&batch, &opened)?;
        let scored = score(model, &sentences);
        let mut out = String::new();
        for (number, sentence) in scored.iter().enumerate() {
            totals.add(sentence);
            out.push_str(&match (args.kenlm, args.by) {
                (true, _) => {
                    let words = words(opened.voice.reading(), batch.sentence(number));
                    as_kenlm(model, &words, sentence)
                }
                (false, By::Summary) => String::new(),
                (false, By::Sentence) => by_sentence(args, model, &batch, number, sentence),
                (false, By::Token) => by_token(args, model, sentence),
            });
        }
        if !out.is_empty() {
            console.print(out)?;
        }
        console.progress().advance(batch.bytes_read());
    }
    corpus
        .warnings()
        .into_iter()
        .for_each(|warning| console.progress().warn(warning));
    summary(args, &totals, console)
}

/// The sentences of a batch, as the model reads them.
pub(super) fn sentences(batch: &Batch, opened: &Opened) -> Result<Vec<Sentence>> {
    let (reading, vocabulary) = (opened.voice.reading(), opened.voice.vocabulary());
    let one = |(number, text): (usize, &[u8])| {
        let ids = reading.ids(vocabulary, text);
        let place = |error: Error| error.at(batch.place(number));
        Ok(Sentence {
            ids: ids.map_err(place)?,
            bytes: text.len(),
        })
    };
    batch.sentences().enumerate().map(one).collect()
}

fn summary(args: &Args, totals: &Totals, console: &Console) -> Result<()> {
    if args.kenlm {
        return console.print(format_args!(
            "Perplexity including OOVs:\t{}\nPerplexity excluding OOVs:\t{}\nOOVs:\t{}\nTokens:\t{}\n",
            totals.perplexity(),
            totals.perplexity_without_unknown(),
            totals.unknown(),
            totals.tokens(),
        ));
    }
    if args.json && args.by == By::Summary {
        return console.print_json(&figures(&args.model, totals));
    }
    if args.by != By::Summary {
        return Ok(());
    }
    let mut columns = Columns::new(&[Side::Left, Side::Right, Side::Left]);
    columns.row([
        "sentences".to_string(),
        count(totals.sentences()),
        String::new(),
    ]);
    columns.row([
        "tokens".into(),
        count(totals.tokens()),
        "with the end of each sentence".into(),
    ]);
    columns.row([
        "OOVs".into(),
        count(totals.unknown()),
        "scored as <unk>".into(),
    ]);
    columns.row([
        "perplexity".into(),
        perplexity(totals.perplexity()),
        "OOVs included".into(),
    ]);
    let without = perplexity(totals.perplexity_without_unknown());
    columns.row(["".into(), without, "OOVs left out".into()]);
    columns.row([
        "bits/token".into(),
        perplexity(totals.bits_per_token()),
        String::new(),
    ]);
    let bytes = format!("over {} bytes", count(totals.bytes()));
    columns.row([
        "bits/byte".into(),
        perplexity(totals.bits_per_byte()),
        bytes,
    ]);
    console.print(columns)
}

/// The figures of a text as JSON.
pub(super) fn figures(model: &str, totals: &Totals) -> Value {
    json!({
        "model": model,
        "sentences": totals.sentences(),
        "tokens": totals.tokens(),
        "oovs": totals.unknown(),
        "bytes": totals.bytes(),
        "logprob": totals.log_prob().ln(),
        "perplexity": totals.perplexity(),
        "perplexity_without_oovs": totals.perplexity_without_unknown(),
        "bits_per_token": totals.bits_per_token(),
        "bits_per_byte": totals.bits_per_byte(),
    })
}

fn by_sentence(
    args: &Args,
    model: &dyn LanguageModel,
    batch: &Batch,
    number: usize,
    sentence: &SentenceScore,
) -> String {
    if args.json {
        return token_lists(model, sentence, false);
    }
    let totals: Totals = [sentence].into_iter().collect();
    format!(
        "{}\t{}\t{}\t{}\t{}\n",
        sentence.log_prob().log10(),
        totals.tokens(),
        totals.unknown(),
        totals.perplexity(),
        one_line(&readable(batch.sentence(number))),
    )
}

fn by_token(args: &Args, model: &dyn LanguageModel, sentence: &SentenceScore) -> String {
    if args.json {
        return token_lists(model, sentence, true);
    }
    let orders = orders(model, sentence);
    let mut out = String::new();
    for (position, score) in sentence.tokens.iter().enumerate() {
        let order = orders
            .as_ref()
            .map_or_else(String::new, |orders| orders[position].to_string());
        out.push_str(&format!(
            "{}\t{}\t{order}\t{}\t{}\n",
            one_line(&model.vocabulary().display(score.token)),
            score.token.0,
            score.log_prob.log10(),
            score.log_prob.surprisal_bits(),
        ));
    }
    out + "\n"
}

/// One sentence as one line of JSON.
fn token_lists(model: &dyn LanguageModel, sentence: &SentenceScore, tokens: bool) -> String {
    let totals: Totals = [sentence].into_iter().collect();
    let mut value = json!({
        "logprob": sentence.log_prob().ln(),
        "tokens": totals.tokens(),
        "oovs": totals.unknown(),
        "perplexity": totals.perplexity(),
        "bytes": sentence.bytes,
    });
    if tokens {
        let orders = orders(model, sentence);
        let scores = sentence.tokens.iter().enumerate().map(|(position, score)| {
            json!({
                "text": model.vocabulary().display(score.token),
                "id": score.token.0,
                "logprob": score.log_prob.ln(),
                "order": orders.as_ref().map(|orders| orders[position]),
            })
        });
        value["scores"] = scores.collect();
    }
    format!("{value}\n")
}

/// The length of the n-gram that each token's probability rests on, if the voice has counts.
fn orders(model: &dyn LanguageModel, sentence: &SentenceScore) -> Option<Vec<usize>> {
    let evidence = model.evidence()?;
    Some(orders_by(
        evidence,
        sentence.tokens.iter().map(|score| score.token),
    ))
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

/// "word=id order log10<TAB>… Total: sum OOV: n", as KenLM's query prints a sentence. The words are
/// those of the text, also where the model does not know them.
fn as_kenlm(model: &dyn LanguageModel, words: &[String], sentence: &SentenceScore) -> String {
    let orders = orders(model, sentence).unwrap_or_else(|| vec![0; sentence.tokens.len()]);
    let mut out = String::new();
    for ((score, order), surface) in sentence.tokens.iter().zip(orders).zip(words) {
        let log10 = score.log_prob.log10() as f32;
        out.push_str(&format!("{surface}={} {order} {log10}\t", score.token.0));
    }
    let (total, unknown) = (sentence.log_prob().log10() as f32, sentence.unknown());
    out + &format!("Total: {total} OOV: {unknown}\n")
}

fn one_line(text: &str) -> String {
    text.replace('\n', "↵")
        .replace('\t', "⇥")
        .replace('\r', "␍")
}

/// Stupid back-off has sums of scores, and no perplexity.
fn scores(args: &Args, scorer: &Scorer, corpus: &Corpus, console: &Console) -> Result<()> {
    if args.kenlm || args.by == By::Token {
        let what = "stupid back-off has scores by sentence and in sum only";
        return Err(Error::new(ErrorKind::Usage, what).way_out("use --by sentence, or no --by"));
    }
    let mut total = CompensatedSum::default();
    let (mut sentences, mut tokens, mut oovs) = (0u64, 0u64, 0u64);
    for batch in corpus.batches() {
        let batch = batch?;
        let mut out = String::new();
        for (number, text) in batch.sentences().enumerate() {
            let ids = scorer.header().reading.ids(scorer.vocabulary(), text);
            let ids = ids.map_err(|error| error.at(batch.place(number)))?;
            let (sum, unknown) = sentence_score(scorer, &ids);
            oovs += unknown;
            (sentences, tokens) = (sentences + 1, tokens + ids.len() as u64 + 1);
            total.add(sum);
            if args.by == By::Sentence {
                let log10 = sum / LN_10;
                out.push_str(&match args.json {
                    true => format!(
                        "{}\n",
                        json!({"log10_score": log10, "tokens": ids.len() + 1})
                    ),
                    false => format!("{log10}\t{}\n", one_line(&readable(text))),
                });
            }
        }
        console.print(out)?;
        console.progress().advance(batch.bytes_read());
    }
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

/// The sum of the scores of the tokens it knows, and how many it does not.
///
/// An unknown token has no relative frequency, and so no score: one would make every sum −∞.
fn sentence_score(scorer: &Scorer, ids: &[TokenId]) -> (f64, u64) {
    let mut context = vec![TokenId::START];
    let (mut sum, mut unknown) = (0.0, 0);
    for &token in ids.iter().chain([&TokenId::END]) {
        match scorer.score(&context, token).0 {
            score if score.is_finite() => sum += score,
            _ => unknown += 1,
        }
        context.push(token);
    }
    (sum, unknown)
}
