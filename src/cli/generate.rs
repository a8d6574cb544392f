//! `counterpoint generate`: a voice goes on from a prompt.

use std::path::PathBuf;

use serde_json::json;

use super::console::Console;
use super::prompt::{PromptArgs, fold, ids};
use super::tune;
use crate::error::Result;
use crate::open::Opened;
use crate::sample::{Constraint, Dice, Ended, Limits, Sampling, Written, generate_within};
use crate::token::{TokenId, readable};

/// Let a voice go on from a prompt.
///
/// The same seed gives the same text on every machine. Without a prompt a sentence is written from
/// its start.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  counterpoint generate -m fables \"Once upon a time\" --seed 7
  counterpoint generate -m fables --count 5 --temperature 0.8 --top-p 0.95
  counterpoint generate -m tunes \"[M:6/8][K:G]\" --start --complete-bars --midi jig.mid")]
pub(super) struct Args {
    /// The model to ask
    #[arg(short, long, value_name = "NAME", help_heading = "Model")]
    model: String,
    #[command(flatten)]
    prompt: PromptArgs,
    #[command(flatten)]
    sampling: SamplingArgs,
    /// Draw only what lets every bar sum to its metre (for a model of notes)
    #[arg(long, help_heading = "Sampling")]
    complete_bars: bool,
    /// Write the tune as a Standard MIDI File too (for a model of notes, and one text)
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    midi: Option<PathBuf>,
    /// Write a piano roll of the tune as SVG too
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    picture: Option<PathBuf>,
    /// How many texts to write, each with the next seed
    #[arg(long, default_value_t = 1, value_name = "N", help_heading = "Output")]
    count: u64,
    /// One JSON object
    #[arg(long, help_heading = "Output")]
    json: bool,
}

/// How tokens are drawn, and when the writing ends.
#[derive(clap::Args)]
pub(super) struct SamplingArgs {
    /// Decides the dice
    #[arg(long, default_value_t = 1, value_name = "N", help_heading = "Sampling")]
    pub(super) seed: u64,
    /// Below 1 sharpens, above 1 flattens; 0 always takes the most probable token
    #[arg(
        allow_negative_numbers = true,
        long,
        default_value_t = 1.0,
        value_name = "T",
        help_heading = "Sampling"
    )]
    temperature: f64,
    /// Draw from the K most probable tokens only
    #[arg(long, value_name = "K", help_heading = "Sampling")]
    top_k: Option<usize>,
    /// Draw from the fewest tokens that cover this share of the probability
    #[arg(
        allow_negative_numbers = true,
        long,
        value_name = "P",
        help_heading = "Sampling"
    )]
    top_p: Option<f64>,
    /// Draw only from tokens at least this share as probable as the best
    #[arg(
        allow_negative_numbers = true,
        long,
        value_name = "P",
        help_heading = "Sampling"
    )]
    min_p: Option<f64>,
    /// Let <unk> be drawn
    #[arg(long, help_heading = "Sampling")]
    unknown: bool,
    /// Write at most so many tokens
    #[arg(
        long,
        default_value_t = 100,
        value_name = "N",
        help_heading = "Sampling"
    )]
    max_tokens: usize,
    /// End before this text appears (may be given more than once)
    #[arg(long, value_name = "TEXT", help_heading = "Sampling")]
    stop: Vec<String>,
}

impl SamplingArgs {
    pub(super) fn sampling(&self) -> Result<Sampling> {
        let mut sampling = Sampling::default()
            .unknown(self.unknown)
            .temperature(self.temperature)?;
        if let Some(k) = self.top_k {
            sampling = sampling.top_k(k)?;
        }
        if let Some(share) = self.top_p {
            sampling = sampling.top_p(share)?;
        }
        if let Some(share) = self.min_p {
            sampling = sampling.min_p(share)?;
        }
        Ok(sampling)
    }

    pub(super) fn limits(&self) -> Limits {
        Limits {
            max_tokens: self.max_tokens,
            stop: self.stop.clone(),
        }
    }
}

pub(super) fn run(args: &Args, console: &Console) -> Result<()> {
    let opened = console.open(&args.model)?;
    let model = opened.voice.language_model()?;
    let (sampling, limits) = (args.sampling.sampling()?, args.sampling.limits());
    let text = args.prompt.text()?;
    let context = context(&text, args.prompt.starts(), &opened)?;
    let bars = match args.complete_bars {
        true => Some(tune::complete_bars(&opened, &context)?),
        false => None,
    };
    let files = tune::Files::asked(args.midi.as_deref(), args.picture.as_deref());
    files.check(&opened, args.count)?;
    let mut texts = Vec::new();
    for number in 0..args.count {
        let seed = args.sampling.seed.wrapping_add(number);
        let mut dice = Dice::new(seed);
        let reading = opened.voice.reading();
        let mut bars = bars.clone();
        let rule = bars.as_mut().map(|bars| bars as &mut dyn Constraint);
        let written = generate_within(
            model, reading, &context, &sampling, &limits, &mut dice, rule,
        );
        let whole = whole_text(&text, &written, &limits.stop, &opened)?;
        let tune = tune::Written::of(&opened, &context, &written);
        if let Some(tune) = &tune {
            tune.tell_incomplete(seed, args.complete_bars, console);
            files.write(tune, &args.model, console)?;
        }
        match args.json {
            true => texts.push(json!({
                "seed": seed,
                "text": whole,
                "ended": ended(written.ended),
                "bars": tune.as_ref().map(tune::Written::bars_json),
                "tokens": written.steps.iter().map(|step| json!({
                    "id": step.token.0,
                    "text": model.vocabulary().display(step.token),
                    "u": step.u,
                    "logprob": step.log_prob.ln(),
                })).collect::<Vec<_>>(),
            })),
            false => console.print(format_args!("{whole}\n"))?,
        }
    }
    if args.json {
        console.print_json(&json!({"model": args.model, "prompt": text, "texts": texts}))?;
    }
    Ok(())
}

/// The context of a prompt; without any text a sentence starts.
pub(super) fn context(text: &str, starts: bool, opened: &Opened) -> Result<Vec<TokenId>> {
    let ids = ids(text, &opened.voice)?;
    let mut context = Vec::new();
    if starts || ids.is_empty() {
        context.push(TokenId::START);
    }
    context.extend(ids);
    Ok(context)
}

/// The prompt and what was written after it, as one text, cut before a stop string.
pub(super) fn whole_text(
    prompt: &str,
    written: &Written,
    stop: &[String],
    opened: &Opened,
) -> Result<String> {
    let (reading, vocabulary) = (opened.voice.reading(), opened.voice.vocabulary());
    let prompt = fold(prompt, reading)?;
    let mut pieces: Vec<&[u8]> = Vec::new();
    reading.tokens(&prompt, |piece| pieces.push(piece))?;
    let before = reading.tokenizer.join(pieces.iter().copied()).len();
    let tokens = written.tokens();
    pieces.extend(tokens.iter().map(|&token| vocabulary.surface(token)));
    let whole = readable(&reading.tokenizer.join(pieces)).into_owned();
    let cut = stop
        .iter()
        .filter_map(|stop| whole.get(before..)?.find(stop.as_str()))
        .min();
    Ok(match cut {
        Some(at) => whole[..before + at].to_owned(),
        None => whole,
    })
}

/// Why the writing ended, in one word.
pub(super) fn ended(ended: Ended) -> &'static str {
    match ended {
        Ended::Sentence => "sentence",
        Ended::Length => "length",
        Ended::Stop => "stop",
        Ended::Impossible => "impossible",
    }
}
