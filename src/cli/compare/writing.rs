//! Here are voices and a prompt; let each write many texts, and show what they are like.

use anstyle::Style;
use rayon::prelude::*;
use serde_json::{Value, json};

use crate::cli::columns::{Columns, Side, count, figure, percent};
use crate::cli::console::Console;
use crate::cli::passage::Passage;
use crate::cli::prompt::{indexed, same_tokens_as};
use crate::compare::character::{Character, Corpus, Text, character, group_tokens};
use crate::compare::mean::Mean;
use crate::error::{Error, ErrorKind, Result};
use crate::evaluate::Sentence;
use crate::open::Opened;
use crate::progress::Stage;
use crate::sample::{Dice, Limits, Sampling, Written, generate};
use crate::suffix::UnboundedModel;
use crate::suffix::copied::{Matches, Span};
use crate::token::TokenId;

/// What of the texts to look for in the corpus.
#[derive(clap::Args)]
pub(in crate::cli) struct CopiedArgs {
    /// An index of the corpus, to find in it what they copy (see `counterpoint index`)
    #[arg(long, value_name = "INDEX", help_heading = "Model")]
    index: Option<String>,
    /// The shortest span that counts as copied, in tokens
    #[arg(long, default_value_t = 8, value_name = "N", help_heading = "Output")]
    least: usize,
}

/// The index, opened.
pub(in crate::cli) struct Source {
    opened: Opened,
    least: usize,
}

impl CopiedArgs {
    /// # Errors
    /// If it is no index, or not of the tokens of the voices.
    pub(in crate::cli) fn open(
        &self,
        models: &[Opened],
        console: &Console,
    ) -> Result<Option<Source>> {
        let Some(name) = &self.index else {
            return Ok(None);
        };
        let opened = console.open(name)?;
        indexed(&opened)?;
        for model in models {
            same_tokens_as(model, &opened, &format!("--index {name}"))
                .map_err(|error| error.way_out(INDEX_ITS_CORPUS))?;
        }
        let least = self.least;
        Ok(Some(Source { opened, least }))
    }
}

const INDEX_ITS_CORPUS: &str =
    "index the corpus that the models were built from, read as they read it";

impl Source {
    fn model(&self) -> &UnboundedModel {
        indexed(&self.opened).expect("it was opened as an index")
    }

    /// The spans of a text that stand in the corpus, with where.
    pub(in crate::cli) fn spans(&self, tokens: &[TokenId]) -> Vec<(Span, Passage<'_>)> {
        let model = self.model();
        let matches = Matches::of(model.array(), tokens);
        let with_source = |span: Span| {
            let passage = self.passage(&span);
            (span, passage)
        };
        matches.spans(self.least).map(with_source).collect()
    }

    fn passage(&self, span: &Span) -> Passage<'_> {
        let first = self.model().array().first_positions(&span.found, 1);
        Passage::new(self.model(), first[0], span.found.length)
    }
}

/// What voices wrote, many times.
pub(in crate::cli) struct Writings {
    pub(in crate::cli) characters: Vec<Character>,
    /// The first seed; each text has the next.
    pub(in crate::cli) seed: u64,
    pub(in crate::cli) least: Option<usize>,
    /// Who counted what is new, if it was no index.
    pub(in crate::cli) counts_of: Option<String>,
    /// Where the longest copied span of each stands.
    pub(in crate::cli) sources: Vec<Option<Value>>,
    lines: Vec<Option<String>>,
}

/// What is asked of every voice.
pub(in crate::cli) struct Wish<'a> {
    pub(in crate::cli) contexts: &'a [Vec<TokenId>],
    pub(in crate::cli) sampling: &'a Sampling,
    pub(in crate::cli) limits: &'a Limits,
    pub(in crate::cli) seed: u64,
    pub(in crate::cli) texts: usize,
}

/// Lets every voice write so many texts, each with the next seed, the same dice for all; beside them
/// stand as many sentences of a held-out text, if there is one.
pub(in crate::cli) fn write(
    models: &[Opened],
    wish: &Wish,
    source: Option<&Source>,
    held_out: Option<&[Sentence]>,
    console: &Console,
) -> Result<Writings> {
    if wish.texts < 2 {
        let what = "what one text is like says nothing of its voice";
        return Err(Error::new(ErrorKind::Usage, what).at(format!("--texts {}", wish.texts)));
    }
    let mut names: Vec<&str> = Vec::new();
    let mut all: Vec<Vec<Text>> = Vec::new();
    for (number, model) in models.iter().enumerate() {
        console.progress().stage(Stage {
            number: number + 1,
            of: models.len(),
            name: "write",
            unit: "texts",
            total: Some(wish.texts as u64),
        });
        names.push(&model.name);
        all.push(written(model, number, wish, console)?);
    }
    if let Some(sentences) = held_out {
        names.push("the held-out text");
        all.push(chosen(sentences, wish.texts));
    }
    let same = |model: &&Opened| {
        let first = models[0].voice.vocabulary();
        model.voice.vocabulary().same_as(first) && model.voice.evidence().is_some()
    };
    let counting = models.iter().find(same).filter(|_| source.is_none());
    let share_tokens = models.iter().all(|model| {
        model
            .voice
            .vocabulary()
            .same_as(models[0].voice.vocabulary())
    });
    let corpus = match (source, counting) {
        (Some(source), _) => Corpus::Index(source.model().array(), source.least),
        (None, Some(model)) if share_tokens => {
            let voice = model.voice.language_model()?;
            let order = voice.context_len().map_or(5, |context| context + 1);
            Corpus::Counts(model.voice.evidence().expect("chosen for it"), order)
        }
        _ => Corpus::Unknown,
    };
    let group = all
        .iter()
        .map(|texts| group_tokens(texts))
        .min()
        .unwrap_or(0);
    let characters = names.iter().zip(&all);
    let characters: Vec<Character> = characters
        .map(|(name, texts)| character(name, texts, &corpus, group))
        .collect();
    let longest = |character: &Character| {
        let passage = source?.passage(&character.longest.as_ref()?.1);
        Some((passage.json(), passage.line(COPIED)))
    };
    let (sources, lines) = characters.iter().map(longest).map(Option::unzip).unzip();
    Ok(Writings {
        counts_of: matches!(corpus, Corpus::Counts(..))
            .then(|| counting.map(|model| model.name.clone()))
            .flatten(),
        characters,
        seed: wish.seed,
        least: source.map(|source| source.least),
        sources,
        lines,
    })
}

const COPIED: Style = anstyle::AnsiColor::Red.on_default().bold();

fn written(model: &Opened, number: usize, wish: &Wish, console: &Console) -> Result<Vec<Text>> {
    let voice = model.voice.language_model()?;
    let text = |at: usize| {
        let mut dice = Dice::new(wish.seed.wrapping_add(at as u64));
        let (reading, context) = (model.voice.reading(), &wish.contexts[number]);
        let written = generate(
            voice,
            reading,
            context,
            wish.sampling,
            wish.limits,
            &mut dice,
        );
        console.progress().advance(1);
        as_text(&written)
    };
    Ok((0..wish.texts).into_par_iter().map(text).collect())
}

fn as_text(written: &Written) -> Text {
    let bits = written
        .steps
        .iter()
        .map(|step| step.log_prob.surprisal_bits());
    Text {
        tokens: written.tokens(),
        bits: bits.collect(),
    }
}

/// So many sentences, evenly spread.
fn chosen(sentences: &[Sentence], number: usize) -> Vec<Text> {
    let number = number.min(sentences.len());
    let text = |at: usize| Text {
        tokens: sentences[(2 * at + 1) * sentences.len() / (2 * number)]
            .ids
            .clone(),
        bits: Vec::new(),
    };
    (0..number).map(text).collect()
}

impl Writings {
    pub(in crate::cli) fn json(&self) -> Value {
        let characters = self.characters.iter().zip(&self.sources);
        let characters = characters.map(|(character, source)| {
            let mut value = json!(character);
            value["longest_source"] = json!(source);
            value
        });
        json!({
            "seed": self.seed,
            "copied_from": self.least,
            "counts_of": self.counts_of,
            "by": characters.collect::<Vec<_>>(),
        })
    }

    /// The figures, each with its name, by voice.
    pub(in crate::cli) fn figures(&self) -> Vec<(String, Vec<String>)> {
        let all = &self.characters;
        let row = |name: &str, of: &dyn Fn(&Character) -> String| {
            (name.to_owned(), all.iter().map(of).collect::<Vec<_>>())
        };
        let mut rows = vec![
            row("tokens a text", &|by| with_margin(by.length, figure)),
            row("surprisal to itself, bits a token", &|by| {
                let shown = |mean| with_margin(mean, |bits| format!("{bits:.2}"));
                by.surprisal_bits.map_or_else(String::new, shown)
            }),
        ];
        for n in 0..all[0].distinct.len() {
            let what = ["different tokens", "different pairs", "different triples"][n];
            rows.push(row(what, &|by| shares(by.distinct[n])));
        }
        rows.push(row("tokens that repeat four from before", &|by| {
            shares(by.repeated)
        }));
        for n in 0..all[0].novelty.len() {
            let name = format!("n-grams new to the corpus, n = {}", n + 1);
            rows.push(row(&name, &|by| shares(by.novelty[n])));
        }
        if let Some(least) = self.least {
            let name = format!("tokens in spans of {least} or more that were copied");
            rows.push(row(&name, &|by| by.copied.map_or_else(String::new, shares)));
            rows.push(row("tokens of the longest copied span", &|by| {
                by.longest_copied
                    .map_or_else(|| "0".into(), |tokens| tokens.to_string())
            }));
        }
        rows
    }

    pub(in crate::cli) fn text(&self) -> String {
        let mut sides = vec![Side::Left];
        sides.extend(vec![Side::Right; self.characters.len()]);
        let mut columns = Columns::new(&sides);
        let names = self.characters.iter().map(|by| by.voice.clone());
        columns.row(std::iter::once("what they write".to_owned()).chain(names));
        for (name, figures) in self.figures() {
            columns.row(std::iter::once(name).chain(figures));
        }
        let mut out = format!("\n{columns} {}\n", self.how());
        for (by, line) in self.characters.iter().zip(&self.lines) {
            if let (Some(line), Some(tokens)) = (line, by.longest_copied) {
                out += &format!(" {}, {tokens} tokens: {line}\n", by.voice);
            }
        }
        out
    }

    /// How it was measured, in a sentence.
    pub(in crate::cli) fn how(&self) -> String {
        let last = self.seed.wrapping_add(self.characters[0].texts as u64 - 1);
        let counted = match &self.counts_of {
            Some(voice) => format!("; new is what {voice} has not counted"),
            None => String::new(),
        };
        format!(
            "{} texts of each, seeds {} to {last}, with 95% intervals; how many are different, among the first {} tokens of a tenth of the texts{counted}",
            count(self.characters[0].texts as u64),
            self.seed,
            count(self.characters[0].group_tokens as u64),
        )
    }
}

fn shares(mean: Mean) -> String {
    match mean.value.is_nan() {
        true => "n/a".into(),
        false => with_margin(mean, percent),
    }
}

fn with_margin(mean: Mean, shown: impl Fn(f64) -> String) -> String {
    // Texts that are all alike in this do not tell how far others may be off.
    match mean.margin > 0.0 && mean.margin.is_finite() {
        true => format!("{} ±{}", shown(mean.value), shown(mean.margin)),
        false => shown(mean.value),
    }
}
