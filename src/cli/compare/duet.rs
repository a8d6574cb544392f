//! Here are voices, a prompt and a seed; show how they go on, step by step, and where they part.

use anstyle::Style;
use serde_json::{Value, json};

use super::writing::Source;
use crate::cli::columns::{Columns, Side, percent};
use crate::cli::generate::{SamplingArgs, context, ended, whole_text};
use crate::cli::prompt::{PromptArgs, shown};
use crate::compare::fork::{Fork, Share, fork};
use crate::compare::{Duet, duet};
use crate::error::Result;
use crate::model::LanguageModel;
use crate::open::Opened;
use crate::sample::{Sampling, Written};
use crate::token::{Reading, TokenId};

/// A duet that was played.
pub(in crate::cli) struct Played<'m> {
    models: &'m [Opened],
    pub(in crate::cli) prompt: String,
    pub(in crate::cli) seed: u64,
    pub(in crate::cli) duet: Duet,
    /// The whole text of each.
    pub(in crate::cli) texts: Vec<String>,
    /// Where they part, if they draw from all they think possible.
    pub(in crate::cli) fork: Option<Fork>,
}

/// So many of the most probable tokens are shown where voices part.
const CHOICES: usize = 4;

/// The prompt, and what each voice begins with.
pub(super) fn begin(prompt: &PromptArgs, models: &[Opened]) -> Result<(String, Vec<Vec<TokenId>>)> {
    let (text, starts) = (prompt.text()?, prompt.starts());
    let contexts = models.iter().map(|model| context(&text, starts, model));
    let contexts = contexts.collect::<Result<_>>()?;
    Ok((text, contexts))
}

/// Lets all go on from a prompt, with the same dice.
pub(super) fn play<'m>(
    prompt: &str,
    contexts: &[Vec<TokenId>],
    sampling: &SamplingArgs,
    models: &'m [Opened],
) -> Result<Played<'m>> {
    let voices: Vec<(&dyn LanguageModel, &Reading)> = models
        .iter()
        .map(|model| Ok((model.voice.language_model()?, model.voice.reading())))
        .collect::<Result<_>>()?;
    let (how, limits) = (sampling.sampling()?, sampling.limits());
    let duet = duet(&voices, contexts, &how, &limits, sampling.seed);
    let texts = models.iter().zip(&duet.written);
    let texts = texts.map(|(model, written)| whole_text(prompt, written, &limits.stop, model));
    let texts = texts.collect::<Result<_>>()?;
    let fork = match how == Sampling::default() {
        true => {
            let voices: Vec<&dyn LanguageModel> = voices.iter().map(|(voice, _)| *voice).collect();
            fork(&voices, contexts, &duet, CHOICES)
        }
        false => None,
    };
    Ok(Played {
        models,
        prompt: prompt.to_owned(),
        seed: sampling.seed,
        duet,
        texts,
        fork,
    })
}

impl Played<'_> {
    /// The names, what was written and the whole texts.
    pub(in crate::cli) fn voices(&self) -> impl Iterator<Item = (&Opened, &Written, &str)> {
        let written = self.models.iter().zip(&self.duet.written);
        let texts = self.texts.iter().map(String::as_str);
        written
            .zip(texts)
            .map(|((model, written), text)| (model, written, text))
    }

    /// How one of the voices would have drawn, by where the dice fall.
    pub(in crate::cli) fn token(&self, voice: usize, token: TokenId) -> String {
        shown(self.models[voice].voice.vocabulary(), token)
    }

    pub(in crate::cli) fn json(&self, source: Option<&Source>) -> Value {
        let voices = self.voices().map(|(model, written, text)| {
            let steps = written.steps.iter().map(|step| {
                json!({
                    "u": step.u,
                    "id": step.token.0,
                    "text": model.voice.vocabulary().display(step.token),
                    "logprob": step.log_prob.ln(),
                    "surprisal_bits": step.log_prob.surprisal_bits(),
                })
            });
            let copied = source.map(|source| {
                let spans = source.spans(&written.tokens()).into_iter();
                let spans = spans.map(|(span, passage)| {
                    json!({
                        "step": span.start,
                        "tokens": span.found.length,
                        "count": span.found.count(),
                        "source": passage.json(),
                    })
                });
                spans.collect::<Vec<_>>()
            });
            json!({
                "model": model.name,
                "text": text,
                "ended": ended(written.ended),
                "steps": steps.collect::<Vec<_>>(),
                "copied": copied,
            })
        });
        json!({
            "prompt": self.prompt,
            "seed": self.seed,
            "parted": self.duet.parted,
            "fork": self.fork.as_ref().map(|fork| self.fork_json(fork)),
            "voices": voices.collect::<Vec<_>>(),
        })
    }

    fn fork_json(&self, fork: &Fork) -> Value {
        let of_voice = |(voice, shares): (usize, &Vec<Share>)| {
            let shares = shares.iter().map(|share| {
                let mut value = json!(share);
                value["text"] = self.token(voice, share.token).into();
                value
            });
            shares.collect::<Vec<_>>()
        };
        let shares = fork.shares.iter().enumerate().map(of_voice);
        json!({"step": fork.step, "u": fork.u, "shares": shares.collect::<Vec<_>>()})
    }

    pub(in crate::cli) fn text(&self, source: Option<&Source>) -> String {
        let mut out = format!(
            "the same dice for all, seed {}\n{}",
            self.seed,
            self.steps()
        );
        out += &match self.duet.parted {
            Some(step) => format!("they part at step {}\n", step + 1),
            None => "they never part\n".into(),
        };
        if let Some(fork) = &self.fork {
            out += &self.fork_table(fork).to_string();
        }
        let mut whole = Columns::new(&[Side::Left, Side::Left]);
        for (model, _, text) in self.voices() {
            whole.row([model.name.as_str(), text]);
        }
        out += &whole.to_string();
        for (model, written, _) in self.voices() {
            let spans = source.map(|source| source.spans(&written.tokens()));
            for (span, passage) in spans.unwrap_or_default() {
                let tokens = span.found.length;
                let line = passage.line(COPIED);
                out += &format!(
                    " {}, {tokens} tokens in a row are copied: {line}\n",
                    model.name
                );
            }
        }
        out
    }

    fn steps(&self) -> String {
        let written = self.duet.written.iter();
        let most = written
            .map(|written| written.steps.len())
            .max()
            .unwrap_or(0);
        let mut sides = vec![Side::Right, Side::Right];
        let mut head = vec!["step".to_string(), "dice".into()];
        for model in self.models {
            sides.extend([Side::Left, Side::Right]);
            head.extend([model.name.clone(), "bits".into()]);
        }
        let mut columns = Columns::new(&sides);
        columns.row(head);
        for step in 0..most.min(STEPS_SHOWN) {
            columns.row(self.row(step));
        }
        match most > STEPS_SHOWN {
            true => format!("{columns}  … and {} steps more\n", most - STEPS_SHOWN),
            false => columns.to_string(),
        }
    }

    fn row(&self, step: usize) -> Vec<String> {
        let u = self
            .duet
            .written
            .iter()
            .find_map(|written| Some(written.steps.get(step)?.u));
        let mark = if self.duet.parted == Some(step) {
            "≠"
        } else {
            ""
        };
        let mut row = vec![
            format!("{mark}{}", step + 1),
            u.map_or(String::new(), |u| format!("{u:.3}")),
        ];
        for (model, written, _) in self.voices() {
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

    /// What each voice would have drawn at the fork, by where the dice fall.
    fn fork_table(&self, fork: &Fork) -> Columns {
        let mut columns = Columns::new(&[Side::Left; 3]);
        for (voice, shares) in fork.shares.iter().enumerate() {
            for (place, share) in shares.iter().enumerate() {
                let name = if place == 0 {
                    &self.models[voice].name[..]
                } else {
                    ""
                };
                let mark = match share.drawn {
                    true => format!("  ← the dice, {:.3}", fork.u),
                    false => String::new(),
                };
                columns.row([
                    name.to_owned(),
                    format!("{} {}", self.token(voice, share.token), percent(share.p)),
                    format!("{:.3}–{:.3}{mark}", share.from, share.to),
                ]);
            }
        }
        columns
    }
}

const COPIED: Style = anstyle::AnsiColor::Red.on_default().bold();

/// How many steps of a duet are shown one by one.
const STEPS_SHOWN: usize = 12;
