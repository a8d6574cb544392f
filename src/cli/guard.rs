//! Here are wishes as words; give me the guard that keeps them.

use clap::Args;

use super::console::Console;
use super::prompt::{fold, ids};
use crate::error::{Error, ErrorKind, Result};
use crate::open::{Opened, Voice};
use crate::sample::guard::{Budget, Guard, Source, Spelt, Way, Wishes};
use crate::token::{TokenId, Tokenizer};
use crate::warning::Warning;

/// What is wished of the text.
#[derive(Args)]
pub(super) struct GuardArgs {
    /// The text must contain this word or phrase (may be given more than once)
    #[arg(long, value_name = "TEXT", help_heading = "Wishes")]
    contain: Vec<String>,
    /// It must begin with this, after the prompt
    #[arg(long, value_name = "TEXT", help_heading = "Wishes")]
    start_with: Option<String>,
    /// Its sentence must end with this
    #[arg(
        long,
        value_name = "TEXT",
        help_heading = "Wishes",
        conflicts_with = "stop"
    )]
    end_with: Option<String>,
    /// It must never have this word or phrase (may be given more than once)
    #[arg(long, value_name = "TEXT", help_heading = "Wishes")]
    never: Vec<String>,
    /// At most K tokens in a row may stand in the corpus in a row, those of the prompt with them
    #[arg(long, value_name = "K", help_heading = "Wishes", value_parser = at_least_one)]
    max_copied: Option<usize>,
    /// The corpus that counts for --max-copied: an index, or an n-gram model [default: the model]
    #[arg(
        long,
        value_name = "NAME",
        help_heading = "Wishes",
        requires = "max_copied"
    )]
    copied_from: Option<String>,
    /// Write so many texts freely and take the first that keeps the wishes; then lead
    #[arg(
        long,
        default_value_t = 1000,
        value_name = "N",
        help_heading = "Wishes"
    )]
    tries: usize,
}

fn at_least_one(text: &str) -> std::result::Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("1 token is the least that can be copied".into()),
        Ok(number) => Ok(number),
        Err(error) => Err(format!("{error}")),
    }
}

/// So many led texts are written, of which one is drawn.
const LED: usize = 400;

impl GuardArgs {
    pub(super) fn is_asked(&self) -> bool {
        let lists = !self.contain.is_empty() || !self.never.is_empty();
        let ends = self.start_with.is_some() || self.end_with.is_some();
        lists || ends || self.max_copied.is_some()
    }

    pub(super) fn budget(&self) -> Budget {
        Budget {
            free: self.tries,
            led: LED,
        }
    }

    /// The model that counts for what is copied, if it is another.
    pub(super) fn open_source(&self, console: &Console) -> Result<Option<Opened>> {
        let name = self.copied_from.as_ref();
        name.map(|name| console.open(name)).transpose()
    }

    /// The guard of these wishes for a voice.
    ///
    /// # Errors
    /// If a word is none of the voice's, or what is copied cannot be told.
    pub(super) fn guard<'c>(
        &self,
        opened: &'c Opened,
        source: Option<&'c Opened>,
        console: &Console,
    ) -> Result<Guard<'c>> {
        let wishes = Wishes {
            contain: spell_all(&self.contain, "--contain", opened)?,
            start: self
                .start_with
                .as_deref()
                .map(|text| spell(text, "--start-with", opened))
                .transpose()?,
            end: self
                .end_with
                .as_deref()
                .map(|text| spell(text, "--end-with", opened))
                .transpose()?,
            never: self.never(opened, console)?,
            most_copied: self.max_copied,
        };
        let source = match self.max_copied {
            Some(most) => Some(corpus(most, opened, source.unwrap_or(opened))?),
            None => None,
        };
        Ok(Guard::new(wishes, source))
    }

    /// What the voice has no token for does not come anyway.
    fn never(&self, opened: &Opened, console: &Console) -> Result<Vec<Spelt>> {
        let mut never = Vec::new();
        for text in &self.never {
            match spell(text, "--never", opened) {
                Ok(spelt) => never.push(spelt),
                Err(error) if error.kind() == ErrorKind::Model => {
                    let what = format!("{}: it never comes", error.what());
                    console.progress().warn(Warning::Other(what));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(never)
    }
}

fn spell_all(texts: &[String], option: &str, opened: &Opened) -> Result<Vec<Spelt>> {
    texts
        .iter()
        .map(|text| spell(text, option, opened))
        .collect()
}

/// The tokens that spell a text, alone and in the midst of another.
fn spell(text: &str, option: &str, opened: &Opened) -> Result<Spelt> {
    let mut ways = vec![ids(text, &opened.voice)?];
    if let Tokenizer::Subwords(_) = opened.voice.reading().tokenizer {
        ways.push(ids(&format!(" {text}"), &opened.voice)?);
        ways.dedup();
    }
    if ways[0].is_empty() {
        return Err(Error::new(ErrorKind::Usage, "there is no token in it")
            .at(format!("{option} '{text}'"))
            .way_out("give a word or a phrase"));
    }
    ways.retain(|way| !way.contains(&TokenId::UNKNOWN));
    match ways.is_empty() {
        true => Err(unknown(text, option, opened)),
        false => Ok(Spelt {
            text: text.into(),
            ways,
        }),
    }
}

fn unknown(text: &str, option: &str, opened: &Opened) -> Error {
    let (reading, vocabulary) = (opened.voice.reading(), opened.voice.vocabulary());
    let spelt = fold(text, reading).unwrap_or_default();
    let mut strangers = Vec::new();
    // The text was read before.
    let _ = reading.tokens(&spelt, |piece| {
        if vocabulary.id(piece).is_none() {
            strangers.push(format!("'{}'", String::from_utf8_lossy(piece)));
        }
    });
    let what = format!(
        "'{}' has never seen {}",
        opened.name,
        strangers.join(" and ")
    );
    Error::new(ErrorKind::Model, what)
        .at(format!("{option} '{text}'"))
        .way_out(
            "wish for words of its corpus (spelling and case count), or build it from more text",
        )
}

/// The corpus that must not be copied from.
fn corpus<'c>(most: usize, opened: &Opened, source: &'c Opened) -> Result<&'c dyn Source> {
    if !source.voice.vocabulary().same_as(opened.voice.vocabulary()) {
        let what = format!(
            "'{}' and '{}' do not share their tokens",
            opened.name, source.name
        );
        return Err(Error::new(ErrorKind::Usage, what)
            .at(format!("--copied-from {}", source.name))
            .way_out(format!(
                "index the corpus so that they do: counterpoint index CORPUS -o NAME --like {}",
                opened.name
            )));
    }
    let corpus: &dyn Source = match &source.voice {
        Voice::Ngram(model) => model,
        Voice::Unbounded(model) => model,
        other => {
            let what = format!(
                "'{}' does not say what its corpus has ({})",
                source.name,
                other.describe()
            );
            return Err(Error::new(ErrorKind::Usage, what)
                .at("--max-copied")
                .way_out("give an index of the corpus: --copied-from NAME, made by counterpoint index CORPUS -o NAME"));
        }
    };
    match corpus.longest_run().filter(|&longest| most > longest) {
        None => Ok(corpus),
        Some(longest) => {
            let what = format!(
                "'{}' knows of {} tokens in a row at most",
                source.name,
                longest + 1
            );
            Err(Error::new(ErrorKind::Usage, what)
                .at(format!("--max-copied {most}"))
                .way_out(format!(
                    "give at most {longest}, or an index, which knows all: --copied-from NAME"
                )))
        }
    }
}

/// A draw from so many independent candidates is near one from all there are.
const ENOUGH: f64 = 20.0;

/// How a text came about, for people; nothing if it is drawn exactly.
pub(super) fn led(seed: u64, way: &Way) -> Option<String> {
    let Way::Led {
        tries,
        effective,
        chance,
    } = way
    else {
        return None;
    };
    let rare = match 1.0 / chance {
        rare if rare < 1e15 => format!(
            "about one text in {}",
            super::columns::rounded(rare.round() as u64)
        ),
        _ => "next to no text".into(),
    };
    let near = match *effective {
        many if many >= ENOUGH => "nearly",
        _ => "roughly",
    };
    Some(format!(
        "note: seed {seed}: {rare} keeps these wishes by itself, so {tries} were led to them and one drawn by\n      \
         its probability: {near} as the voice would write it (worth {effective:.0} independent candidates)",
    ))
}
