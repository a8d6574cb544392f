//! `counterpoint compare`: voices side by side.

use serde_json::{Value, json};

use super::columns::{Columns, Side, bytes, perplexity, rate};
use super::console::Console;
use super::generate::{SamplingArgs, context, ended, whole_text};
use super::prompt::{PromptArgs, VoicesArgs, shown};
use super::reading::{FormArgs, stdin_once};
use super::score;
use crate::compare::{Duet, HeldOut, duet, held_out, together};
use crate::error::{Error, ErrorKind, Result};
use crate::evaluate::Sentence;
use crate::model::LanguageModel;
use crate::open::Opened;
use crate::progress::Stage;
use crate::text::Batch;
use crate::token::{self, Reading, TokenId, TokenText};

/// Set voices side by side: the same dice, and held-out figures.
///
/// From one prompt all voices draw with the same dice, so that what differs is the voice. With
/// --on, each is scored on a text it has not seen; voices that share a vocabulary are mixed half
/// and half as well. Perplexities can be compared only within one vocabulary, bits per byte always.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  counterpoint compare -m fables,fables-nn \"Once upon a time\"
  counterpoint compare -m fables,fables-nn --on held-out.txt")]
pub(super) struct Args {
    #[command(flatten)]
    voices: VoicesArgs,
    #[command(flatten)]
    prompt: PromptArgs,
    /// A text that none has seen (may be given more than once)
    #[arg(long, value_name = "HELDOUT", help_heading = "Corpus")]
    on: Vec<String>,
    #[command(flatten)]
    form: FormArgs,
    #[command(flatten)]
    sampling: SamplingArgs,
    /// One JSON object
    #[arg(long, help_heading = "Output")]
    json: bool,
}

pub(super) fn run(args: &Args, console: &Console) -> Result<()> {
    if args.voices.model.len() < 2 {
        return Err(Error::new(ErrorKind::Usage, "it takes two to compare")
            .at(format!("-m {}", args.voices.model.join(",")))
            .way_out("name two models: -m fables,fables-nn"));
    }
    // Each model reads the text for itself, as its tokens are.
    stdin_once(&args.on, &args.on, "--on -")?;
    let models = console.open_all(&args.voices.model)?;
    let prompt = args.prompt.text()?;
    let mut answer = json!({"models": args.voices.model});
    // Without a held-out text the duet is all there is to show, even without a prompt.
    if !prompt.is_empty() || args.on.is_empty() {
        let (duet, texts) = play(args, &prompt, &models)?;
        match args.json {
            true => answer["duet"] = duet_json(args, &prompt, &models, &duet, &texts),
            false => console.print(duet_table(args, &models, &duet, &texts))?,
        }
    }
    if !args.on.is_empty() {
        let rows = measure(args, &models, console)?;
        match args.json {
            true => answer["held_out"] = rows.iter().map(Row::json).collect(),
            false => console.print(held_out_table(&models, &rows))?,
        }
    }
    match args.json {
        true => console.print_json(&answer),
        false => Ok(()),
    }
}

fn play(args: &Args, prompt: &str, models: &[Opened]) -> Result<(Duet, Vec<String>)> {
    let voices: Vec<(&dyn LanguageModel, &Reading)> = models
        .iter()
        .map(|model| Ok((model.voice.language_model()?, model.voice.reading())))
        .collect::<Result<_>>()?;
    let starts = args.prompt.starts();
    let contexts: Vec<Vec<TokenId>> = models
        .iter()
        .map(|model| context(prompt, starts, model))
        .collect::<Result<_>>()?;
    let (sampling, limits) = (args.sampling.sampling()?, args.sampling.limits());
    let duet = duet(&voices, &contexts, &sampling, &limits, args.sampling.seed);
    let texts = models.iter().zip(&duet.written);
    let texts = texts.map(|(model, written)| whole_text(prompt, written, &limits.stop, model));
    let texts = texts.collect::<Result<_>>()?;
    Ok((duet, texts))
}

fn duet_json(args: &Args, prompt: &str, models: &[Opened], duet: &Duet, texts: &[String]) -> Value {
    let voices = models
        .iter()
        .zip(&duet.written)
        .zip(texts)
        .map(|((model, written), text)| {
            let steps = written.steps.iter().map(|step| {
                json!({
                    "u": step.u,
                    "id": step.token.0,
                    "text": model.voice.vocabulary().display(step.token),
                    "logprob": step.log_prob.ln(),
                    "surprisal_bits": step.log_prob.surprisal_bits(),
                })
            });
            json!({
                "model": model.name,
                "text": text,
                "ended": ended(written.ended),
                "steps": steps.collect::<Vec<_>>(),
            })
        });
    json!({
        "prompt": prompt,
        "seed": args.sampling.seed,
        "parted": duet.parted,
        "voices": voices.collect::<Vec<_>>(),
    })
}

/// How many steps of a duet are shown one by one.
const STEPS_SHOWN: usize = 12;

fn duet_table(args: &Args, models: &[Opened], duet: &Duet, texts: &[String]) -> String {
    let most = duet
        .written
        .iter()
        .map(|written| written.steps.len())
        .max()
        .unwrap_or(0);
    let mut sides = vec![Side::Right, Side::Right];
    let mut head = vec!["step".to_string(), "dice".into()];
    for model in models {
        sides.extend([Side::Left, Side::Right]);
        head.extend([model.name.clone(), "bits".into()]);
    }
    let mut columns = Columns::new(&sides);
    columns.row(head);
    for step in 0..most.min(STEPS_SHOWN) {
        columns.row(duet_row(models, duet, step));
    }
    let mut out = format!(
        "the same dice for all, seed {}\n{columns}",
        args.sampling.seed
    );
    if most > STEPS_SHOWN {
        out.push_str(&format!("  … and {} steps more\n", most - STEPS_SHOWN));
    }
    out.push_str(&match duet.parted {
        Some(step) => format!("they part at step {}\n", step + 1),
        None => "they never part\n".into(),
    });
    let mut whole = Columns::new(&[Side::Left, Side::Left]);
    for (model, text) in models.iter().zip(texts) {
        whole.row([model.name.as_str(), text.as_str()]);
    }
    out + &whole.to_string()
}

fn duet_row(models: &[Opened], duet: &Duet, step: usize) -> Vec<String> {
    let u = duet
        .written
        .iter()
        .find_map(|written| Some(written.steps.get(step)?.u));
    let mark = if duet.parted == Some(step) { "≠" } else { "" };
    let mut row = vec![
        format!("{mark}{}", step + 1),
        u.map_or(String::new(), |u| format!("{u:.3}")),
    ];
    for (model, written) in models.iter().zip(&duet.written) {
        match written.steps.get(step) {
            Some(drawn) => row.extend([
                shown(model.voice.vocabulary(), drawn.token),
                format!("{:.1}", drawn.log_prob.surprisal_bits()),
            ]),
            None => row.extend([String::new(), String::new()]),
        }
    }
    row
}

/// One line of the held-out table.
struct Row {
    name: String,
    figures: HeldOut,
    size: Option<u64>,
}

impl Row {
    fn json(&self) -> Value {
        let mut value = score::figures(&self.name, &self.figures.totals);
        value["tokens_per_second"] = self.figures.tokens_per_second().into();
        value["bytes_on_disk"] = self.size.into();
        value
    }
}

fn measure(args: &Args, models: &[Opened], console: &Console) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let mut texts: Vec<Vec<Sentence>> = Vec::new();
    for (number, model) in models.iter().enumerate() {
        let voice = model.voice.language_model()?;
        let text = read(args, model, number + 1, models.len(), console)?;
        rows.push(Row {
            name: model.name.clone(),
            figures: held_out(voice, &text),
            size: Some(model.bytes),
        });
        texts.push(text);
    }
    let voices: Vec<&dyn LanguageModel> = models
        .iter()
        .map(|model| model.voice.language_model())
        .collect::<Result<_>>()?;
    if let Some(mixture) = together(&voices) {
        rows.push(Row {
            name: format!("{} evenly mixed", args.voices.model.join(" + ")),
            figures: held_out(&mixture, &texts[0]),
            size: None,
        });
    }
    Ok(rows)
}

fn read(
    args: &Args,
    model: &Opened,
    number: usize,
    of: usize,
    console: &Console,
) -> Result<Vec<Sentence>> {
    let corpus = args.form.open(&args.on, model.voice.reading())?;
    console.progress().stage(Stage {
        number,
        of,
        name: "score",
        unit: "bytes",
        total: corpus.total_bytes(),
    });
    let mut text = Vec::new();
    let sentences = |batch: &Batch, ids: TokenText| {
        let sentences = batch.sentences().zip(ids.sentences());
        let sentence = sentences.map(|(text, ids)| Sentence {
            ids: ids.to_vec(),
            bytes: text.len(),
        });
        Ok(sentence.collect::<Vec<_>>())
    };
    token::each_read(
        &corpus,
        model.voice.reading(),
        model.voice.vocabulary(),
        console.progress(),
        sentences,
        |sentences| {
            text.extend(sentences);
            Ok(())
        },
    )?;
    Ok(text)
}

fn held_out_table(models: &[Opened], rows: &[Row]) -> String {
    let mut columns = Columns::new(&[
        Side::Left,
        Side::Right,
        Side::Right,
        Side::Right,
        Side::Right,
        Side::Right,
    ]);
    columns.row([
        "model",
        "bits/byte",
        "perplexity",
        "OOVs",
        "tokens/s",
        "size",
    ]);
    let first = models[0].voice.vocabulary();
    let comparable = models
        .iter()
        .all(|model| model.voice.vocabulary().same_as(first));
    for row in rows {
        let totals = &row.figures.totals;
        columns.row([
            row.name.clone(),
            perplexity(totals.bits_per_byte()),
            perplexity(totals.perplexity()),
            totals.unknown().to_string(),
            rate(row.figures.tokens_per_second()),
            row.size.map_or_else(String::new, bytes),
        ]);
    }
    let note = match comparable {
        true => "",
        false => " vocabularies differ: compare bits/byte, not perplexity\n",
    };
    format!("{columns}{note}")
}
