//! `counterpoint compare`: voices side by side.

mod details;
mod duet;
mod held_out;
mod writing;

use serde_json::{Value, json};

use super::console::Console;
use super::generate::SamplingArgs;
use super::prompt::{PromptArgs, VoicesArgs};
use crate::error::{Error, ErrorKind, Result};
use crate::open::Opened;
use crate::token::TokenId;

pub(super) use details::{asked_at, calibration_sentence, signed, title};
pub(super) use duet::Played;
pub(super) use held_out::{Measured, OnArgs, Row};
pub(super) use writing::{CopiedArgs, Source, Writings};

use duet::{begin, play};
use held_out::measure;
use writing::{Wish, write};

/// Set voices side by side: the same dice, and held-out figures.
///
/// From one prompt all voices draw with the same dice, so that what differs is the voice. With
/// --on, each is scored on a text it has not seen, with 95 % intervals by the paired bootstrap over
/// sentences; voices that share a vocabulary are mixed evenly as well. Perplexities can be compared
/// only within one vocabulary, bits per byte always.
///
/// --tables shows where and why they differ: by how often a token was seen in training, how well its
/// context was known, the n-gram that backs it and its place in the sentence; how far apart the
/// voices are (Jensen–Shannon divergence) and how well they know how sure they may be (calibration),
/// at a sample of places; and what each foresaw best that the other did not. All voices are measured
/// against the first.
///
/// --texts lets each voice write, and shows how varied its texts are, how much they repeat
/// themselves, and, with --index, how much of them is copied, and from where.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  counterpoint compare -m fables,fables-nn \"Once upon a time\"
  counterpoint compare -m fables,fables-nn --on held-out.txt
  counterpoint compare -m fables,fables-nn --on held-out.txt --tables --shown 10
  counterpoint compare -m fables,fables-nn \"Once upon\" --texts 100 --index fables-index")]
pub(super) struct Args {
    #[command(flatten)]
    voices: VoicesArgs,
    #[command(flatten)]
    prompt: PromptArgs,
    #[command(flatten)]
    on: OnArgs,
    /// Show where and why they differ, with --on
    #[arg(long, help_heading = "Corpus", requires = "on")]
    tables: bool,
    #[command(flatten)]
    copied: CopiedArgs,
    /// Let each voice write N texts, and show what they are like
    #[arg(long, value_name = "N", help_heading = "Sampling")]
    texts: Option<usize>,
    #[command(flatten)]
    sampling: SamplingArgs,
    /// One JSON object
    #[arg(long, help_heading = "Output")]
    json: bool,
}

pub(super) fn run(args: &Args, console: &Console) -> Result<()> {
    args.on.check()?;
    let voices = Voices::open(&args.voices, &args.prompt, &args.copied, console)?;
    let asked = Asked {
        // Without a held-out text the duet is all there is to show, even without a prompt.
        duet: !voices.prompt.is_empty() || !args.on.is_given(),
        tables: args.tables,
        texts: args.texts,
    };
    let compared = voices.compare(&asked, &args.on, &args.sampling, console)?;
    match args.json {
        true => console.print_json(&compared.json(&voices)),
        false => console.print(compared.text(voices.source.as_ref())),
    }
}

/// Which parts are asked for.
pub(super) struct Asked {
    pub(super) duet: bool,
    pub(super) tables: bool,
    pub(super) texts: Option<usize>,
}

/// Voices, compared in the ways that were asked for.
pub(super) struct Compared<'m> {
    pub(super) duet: Option<Played<'m>>,
    pub(super) measured: Option<Measured>,
    pub(super) writings: Option<Writings>,
}

/// Voices that are to be compared.
pub(super) struct Voices {
    pub(super) models: Vec<Opened>,
    /// The corpus that they may have copied from.
    pub(super) source: Option<Source>,
    prompt: String,
    /// What each voice begins with.
    contexts: Vec<Vec<TokenId>>,
}

impl Voices {
    /// Opens what the command line names.
    pub(super) fn open(
        voices: &VoicesArgs,
        prompt: &PromptArgs,
        copied: &CopiedArgs,
        console: &Console,
    ) -> Result<Self> {
        two_voices(voices)?;
        let models = console.open_all(&voices.model)?;
        let source = copied.open(&models, console)?;
        let (prompt, contexts) = begin(prompt, &models)?;
        Ok(Voices {
            models,
            source,
            prompt,
            contexts,
        })
    }

    /// Compares them in the ways that are asked for.
    pub(super) fn compare(
        &self,
        asked: &Asked,
        on: &OnArgs,
        sampling: &SamplingArgs,
        console: &Console,
    ) -> Result<Compared<'_>> {
        let (models, source) = (&self.models[..], self.source.as_ref());
        let measured = match on.is_given() {
            true => Some(measure(on, models, asked.tables, sampling.seed, console)?),
            false => None,
        };
        let writings = match asked.texts {
            Some(texts) => {
                let wish = Wish {
                    contexts: &self.contexts,
                    sampling: &sampling.sampling()?,
                    limits: &sampling.limits(),
                    seed: sampling.seed,
                    texts,
                };
                let held_out = measured.as_ref().and_then(Measured::common_text);
                Some(write(models, &wish, source, held_out, console)?)
            }
            None => None,
        };
        let duet = match asked.duet {
            true => Some(play(&self.prompt, &self.contexts, sampling, models)?),
            false => None,
        };
        Ok(Compared {
            duet,
            measured,
            writings,
        })
    }
}

impl Compared<'_> {
    pub(super) fn json(&self, voices: &Voices) -> Value {
        let names: Vec<&str> = voices.models.iter().map(|model| &model.name[..]).collect();
        let mut answer = json!({"models": names});
        if let Some(duet) = &self.duet {
            answer["duet"] = duet.json(voices.source.as_ref());
        }
        if let Some(measured) = &self.measured {
            measured.add_to(&mut answer);
        }
        if let Some(writings) = &self.writings {
            answer["writings"] = writings.json();
        }
        answer
    }

    fn text(&self, source: Option<&Source>) -> String {
        let duet = self.duet.as_ref().map(|duet| duet.text(source));
        let measured = self.measured.as_ref().map(Measured::text);
        let writings = self.writings.as_ref().map(Writings::text);
        [duet, measured, writings].into_iter().flatten().collect()
    }
}

/// Refuses to compare a voice with nothing.
fn two_voices(voices: &VoicesArgs) -> Result<()> {
    match voices.model.len() {
        0 | 1 => Err(Error::new(ErrorKind::Usage, "it takes two to compare")
            .at(format!("-m {}", voices.model.join(",")))
            .way_out("name two models: -m fables,fables-nn")),
        _ => Ok(()),
    }
}
