//! `counterpoint generate`: a voice goes on from a prompt.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::columns::{Columns, Side};
use super::console::Console;
use super::guard::{self, GuardArgs};
use super::prompt::{PromptArgs, fold, ids};
use super::tune;
use crate::error::Result;
use crate::open::Opened;
use crate::progress::Stage;
use crate::sample::guard::{Guard, Scene, Way, generate_guarded};
use crate::sample::{
    CompleteBars, Constraint, Dice, Ended, Found, Limits, Sampling, Written, beam, generate_within,
};
use crate::token::{TokenId, readable};

/// Let a voice go on from a prompt.
///
/// The same seed gives the same text on every machine. Without a prompt a sentence is written from
/// its start.
///
/// With wishes (--contain, --never and the others) the text is drawn from the model's own
/// distribution given that it keeps them: texts are written freely, and the first that keeps them all
/// is it. With --contain and --end-with it is a whole sentence. Where none of --tries texts keeps
/// them, 400 are led to the wishes and one is drawn by its probability, nearly from the same
/// distribution, and a line says so. What cannot be is refused with the reason.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  counterpoint generate -m fables \"Once upon a time\" --seed 7
  counterpoint generate -m fables --count 5 --temperature 0.8 --top-p 0.95
  counterpoint generate -m fables \"The fox\" --contain river --end-with \"the bridge.\"
  counterpoint generate -m fables --never Pip --max-copied 6 --copied-from fables-index
  counterpoint generate -m fables \"The fox\" --beam 5
  counterpoint generate -m tunes \"[M:6/8][K:G]\" --start --complete-bars --midi jig.mid")]
pub(super) struct Args {
    /// The model to ask
    #[arg(short, long, value_name = "NAME", help_heading = "Model")]
    model: String,
    #[command(flatten)]
    prompt: PromptArgs,
    #[command(flatten)]
    sampling: SamplingArgs,
    #[command(flatten)]
    wishes: GuardArgs,
    /// No dice: look for the N most probable sentences, and show their bits (beam search: what it
    /// finds has its exact probability, but it may miss a more probable one)
    #[arg(
        long,
        value_name = "N",
        help_heading = "Sampling",
        value_parser = clap::value_parser!(u16).range(1..=1000),
        conflicts_with_all = ["seed", "count", "temperature", "top_k", "top_p", "min_p", "stop", "tries"]
    )]
    beam: Option<u16>,
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
    let source = args.wishes.open_source(console)?;
    let guard = args.wishes.guard(&opened, source.as_ref(), console)?;
    let scene = Scene {
        model,
        reading: opened.voice.reading(),
        context: &context,
        sampling: &sampling,
        limits: &limits,
        rule: bars.as_ref().map(|bars| bars as &dyn Constraint),
    };
    let files = tune::Files::asked(args.midi.as_deref(), args.picture.as_deref());
    let job = Job {
        args,
        opened: &opened,
        prompt: &text,
        scene,
        guard,
        bars: bars.as_ref(),
        files,
    };
    match args.beam {
        Some(number) => job.beam(number.into(), console),
        None => job.draw(console),
    }
}

/// What is to be written.
struct Job<'a> {
    args: &'a Args,
    opened: &'a Opened,
    prompt: &'a str,
    scene: Scene<'a>,
    guard: Guard<'a>,
    bars: Option<&'a CompleteBars>,
    files: tune::Files<'a>,
}

impl Job<'_> {
    /// As many texts as are asked for, each with its seed.
    fn draw(&self, console: &Console) -> Result<()> {
        self.files.check(self.opened, self.args.count)?;
        let mut texts = Vec::new();
        for number in 0..self.args.count {
            let seed = self.args.sampling.seed.wrapping_add(number);
            let (written, way) = self.one(seed, console)?;
            if let Some(note) = way.as_ref().and_then(|way| guard::led(seed, way)) {
                console.say(note);
            }
            let whole = self.whole(&written)?;
            let tune = tune::Written::of(self.opened, self.scene.context, &written);
            if let Some(tune) = &tune {
                tune.tell_incomplete(seed, self.args.complete_bars, console);
                self.files.write(tune, &self.args.model, console)?;
            }
            if !self.args.json {
                console.print(format_args!("{whole}\n"))?;
                continue;
            }
            let mut text = self.text_json(&whole, &written, true);
            text["seed"] = seed.into();
            text["bars"] = tune.as_ref().map(tune::Written::bars_json).into();
            if let Some(way) = &way {
                text["way"] = way_json(way);
            }
            texts.push(text);
        }
        self.print_json(texts, console)
    }

    /// One text, and how it came about if there are wishes.
    fn one(&self, seed: u64, console: &Console) -> Result<(Written, Option<Way>)> {
        let mut dice = Dice::new(seed);
        if self.args.wishes.is_asked() {
            let budget = self.args.wishes.budget();
            console
                .progress()
                .stage(stage("try", "texts", budget.free + budget.led));
            let guarded = generate_guarded(
                &self.scene,
                &self.guard,
                budget,
                &mut dice,
                console.progress(),
            )?;
            return Ok((guarded.written, Some(guarded.way)));
        }
        let Scene {
            model,
            reading,
            context,
            sampling,
            limits,
            ..
        } = self.scene;
        let mut bars = self.bars.cloned();
        let rule = bars.as_mut().map(|bars| bars as &mut dyn Constraint);
        let written = generate_within(model, reading, context, sampling, limits, &mut dice, rule);
        Ok((written, None))
    }

    /// The most probable that are found.
    fn beam(&self, number: usize, console: &Console) -> Result<()> {
        self.files.check(self.opened, 1)?;
        console
            .progress()
            .stage(stage("look", "steps", self.scene.limits.max_tokens));
        let unknown = self.args.sampling.unknown;
        let found = beam(
            &self.scene,
            &self.guard,
            number,
            unknown,
            console.progress(),
        )?;
        let best = found.first().map(|best| &best.written);
        let tune = best.and_then(|best| tune::Written::of(self.opened, self.scene.context, best));
        if let Some(tune) = tune {
            self.files.write(&tune, &self.args.model, console)?;
        }
        let mut columns = Columns::new(&[Side::Right, Side::Left]);
        let mut texts = Vec::new();
        for Found { written, log_prob } in &found {
            let whole = self.whole(written)?;
            let mut text = self.text_json(&whole, written, false);
            text["logprob"] = log_prob.ln().into();
            texts.push(text);
            columns.row([format!("{:.2} bits", log_prob.surprisal_bits()), whole]);
        }
        match self.args.json {
            true => self.print_json(texts, console),
            false => console.print(columns),
        }
    }

    fn whole(&self, written: &Written) -> Result<String> {
        whole_text(self.prompt, written, &self.scene.limits.stop, self.opened)
    }

    fn text_json(&self, whole: &str, written: &Written, diced: bool) -> Value {
        let token = |step: &crate::sample::Step| {
            let mut token = json!({
                "id": step.token.0,
                "text": self.scene.model.vocabulary().display(step.token),
                "logprob": step.log_prob.ln(),
            });
            if diced {
                token["u"] = step.u.into();
            }
            token
        };
        json!({
            "text": whole,
            "ended": ended(written.ended),
            "tokens": written.steps.iter().map(token).collect::<Vec<_>>(),
        })
    }

    fn print_json(&self, texts: Vec<Value>, console: &Console) -> Result<()> {
        if !self.args.json {
            return Ok(());
        }
        console
            .print_json(&json!({"model": self.args.model, "prompt": self.prompt, "texts": texts}))
    }
}

fn stage(name: &'static str, unit: &'static str, total: usize) -> Stage {
    Stage {
        number: 1,
        of: 1,
        name,
        unit,
        total: Some(total as u64),
    }
}

fn way_json(way: &Way) -> Value {
    match way {
        Way::Free { tries } => json!({"drawn": "exactly", "tries": tries}),
        Way::Led {
            tries,
            effective,
            chance,
        } => {
            json!({"drawn": "nearly", "led": tries, "effective": effective, "chance": chance})
        }
    }
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
