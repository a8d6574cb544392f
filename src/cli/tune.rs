//! Here is what a voice of notes wrote; say which bars do not sum, and put it into files.

use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};

use super::console::{Console, done};
use crate::error::{Error, ErrorKind, Result};
use crate::notes::{Bars, Event, bars, midi, perform, picture};
use crate::open::Opened;
use crate::sample::{self, CompleteBars, Constraint};
use crate::store::AtomicFile;
use crate::token::{TokenId, Tokenizer};
use crate::warning::Warning;

/// The rule of complete bars, after a context.
pub(super) fn complete_bars(opened: &Opened, context: &[TokenId]) -> Result<CompleteBars> {
    must_be_of_notes(opened, "--complete-bars")?;
    let mut rule = CompleteBars::new(opened.voice.vocabulary());
    context.iter().for_each(|&token| rule.push(token));
    Ok(rule)
}

fn is_of_notes(opened: &Opened) -> bool {
    matches!(opened.voice.reading().tokenizer, Tokenizer::Notes(_))
}

fn must_be_of_notes(opened: &Opened, option: &str) -> Result<()> {
    if is_of_notes(opened) {
        return Ok(());
    }
    let what = format!("'{}' is no model of notes", opened.name);
    Err(Error::new(ErrorKind::Usage, what)
        .at(option)
        .way_out("build one: counterpoint build TUNES.abc -o NAME --tokenizer notes"))
}

/// A tune that was written.
pub(super) struct Written {
    events: Vec<Event>,
    bars: Bars,
}

impl Written {
    /// The tune of a prompt and what was written after it, if the model is one of notes.
    pub(super) fn of(
        opened: &Opened,
        context: &[TokenId],
        written: &sample::Written,
    ) -> Option<Self> {
        let vocabulary = opened.voice.vocabulary();
        let event = |token: TokenId| Event::parse(str::from_utf8(vocabulary.surface(token)).ok()?);
        let drawn = written.tokens();
        let tokens = context.iter().chain(&drawn).copied();
        is_of_notes(opened).then(|| {
            let events: Vec<Event> = tokens.filter_map(event).collect();
            let bars = bars(&events);
            Written { events, bars }
        })
    }

    /// A line that names the bars which do not sum, if there are any.
    pub(super) fn tell_incomplete(&self, seed: u64, within_rule: bool, console: &Console) {
        let Bars { all, incomplete } = &self.bars;
        if incomplete.is_empty() {
            return;
        }
        let numbers: Vec<String> = incomplete.iter().map(usize::to_string).collect();
        let way_out = match within_rule {
            true => "more --max-tokens may let it end",
            false => "--complete-bars draws none such",
        };
        let what = format!(
            "seed {seed}: {} of {all} bars do not sum to the metre ({}); {way_out}",
            incomplete.len(),
            numbers.join(", "),
        );
        console.progress().warn(Warning::Other(what));
    }

    pub(super) fn bars_json(&self) -> Value {
        json!({"all": self.bars.all, "incomplete": self.bars.incomplete})
    }
}

/// The files that a tune is to be put into.
pub(super) struct Files<'a> {
    midi: Option<&'a Path>,
    picture: Option<&'a Path>,
}

impl<'a> Files<'a> {
    pub(super) fn asked(midi: Option<&'a Path>, picture: Option<&'a Path>) -> Self {
        Files { midi, picture }
    }

    /// Refuses files for what is no tune, or for several.
    pub(super) fn check(&self, opened: &Opened, count: u64) -> Result<()> {
        let asked = [("--midi", self.midi), ("--picture", self.picture)];
        for (option, _) in asked.into_iter().filter(|(_, file)| file.is_some()) {
            must_be_of_notes(opened, option)?;
            if count != 1 {
                return Err(Error::new(ErrorKind::Usage, "a file holds one tune")
                    .at(format!("{option} --count {count}"))
                    .way_out("leave out --count, and give each tune its --seed and its file"));
            }
        }
        Ok(())
    }

    pub(super) fn write(&self, tune: &Written, model: &str, console: &Console) -> Result<()> {
        if self.midi.is_none() && self.picture.is_none() {
            return Ok(());
        }
        let performance = perform(&tune.events);
        if let Some(path) = self.midi {
            save(path, &midi::write(&performance)?, console)?;
        }
        if let Some(path) = self.picture {
            let title = format!("written by {model}");
            let svg = picture::piano_roll(&performance, &title);
            save(path, svg.as_bytes(), console)?;
        }
        Ok(())
    }
}

fn save(path: &Path, bytes: &[u8], console: &Console) -> Result<()> {
    let mut file = AtomicFile::create(path)?;
    file.write_all(bytes).map_err(|error| file.failure(error))?;
    file.commit()?;
    let what = format_args!("{}: {} bytes", path.display(), bytes.len());
    console.say(done(what));
    Ok(())
}
