//! Here is what a job may take, and the corpus; say beforehand what it will take.

use std::path::{Path, PathBuf};

use clap::Args;

use super::columns::{bytes, rounded};
use super::console::Console;
use super::memory::Memory;
use crate::count::Order;
use crate::count::forecast::Forecast;
use crate::error::{Error, ErrorKind, Result};
use crate::ngram::Resources;
use crate::text::Corpus;
use crate::token::{Reading, Room};

/// How much memory a job may take, and where temporary files go.
#[derive(Args)]
pub(super) struct ResourceArgs {
    /// The most memory to take: 2G, 500M, 50% of all [default: 80% of what is available]
    ///
    /// What is not needed is not taken. What does not fit goes to temporary files, and the model is
    /// the same to the byte.
    #[arg(long, value_name = "SIZE", help_heading = "Resources")]
    memory: Option<Memory>,
    /// The folder for temporary files [default: $TMPDIR, or that of the output]
    #[arg(long, value_name = "FOLDER", help_heading = "Resources")]
    temp: Option<PathBuf>,
}

impl ResourceArgs {
    /// What a job that writes this file may take.
    ///
    /// # Errors
    /// If the folder for temporary files is none.
    pub(super) fn resources(&self, output: &Path) -> Result<Resources> {
        if let Some(folder) = self.temp.as_ref().filter(|folder| !folder.is_dir()) {
            return Err(Error::new(ErrorKind::Usage, "there is no such folder")
                .at(format!("--temp {}", folder.display()))
                .way_out("make it, or name another"));
        }
        let of_output = || match output.parent() {
            Some(folder) if folder.is_dir() => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        let system = || std::env::var_os("TMPDIR").map(PathBuf::from);
        let chosen = self.temp.clone().or_else(system).unwrap_or_else(of_output);
        Ok(Resources {
            memory: Memory::bytes(self.memory),
            temporary: chosen,
        })
    }
}

/// Says what memory and disk counting a corpus will take; returns the room for its text.
///
/// # Errors
/// If the beginning of the corpus cannot be read.
pub(super) fn announce(
    corpus: &Corpus,
    reading: &Reading,
    order: Order,
    resources: &Resources,
    console: &Console,
) -> Result<Room> {
    let most = resources.most_positions(order);
    let Some((tokens, positions)) = expected(corpus, reading)? else {
        console.say(format_args!(
            "plan: the length of the text is not known; at most {} of memory, then temporary files in {}",
            bytes(resources.memory),
            resources.temporary.display(),
        ));
        return Ok(Room { most, expected: 0 });
    };
    let forecast = Forecast::of(positions, order, resources.memory);
    let temporary = match forecast.temporary {
        0 => String::new(),
        temporary => format!(
            ", up to {} of temporary files in {}",
            bytes(temporary),
            resources.temporary.display()
        ),
    };
    console.say(format_args!(
        "plan: about {} tokens; up to {} of memory (of {}){temporary}; a model of up to {}",
        rounded(tokens),
        bytes(forecast.memory),
        bytes(resources.memory),
        bytes(forecast.model),
    ));
    // Half as much again, for a beginning is not the whole: what is not filled costs nothing, and a
    // text that outgrows its room is copied while all threads wait. And what counting reads beyond
    // the end.
    let expected = positions + positions / 2 + order.get() as u64;
    Ok(Room { most, expected })
}

/// About how many tokens and positions (tokens with every `<s>` and `</s>`) a corpus has, judging by its beginning; `None` if how much
/// of it there is to read is not known.
pub(super) fn expected(corpus: &Corpus, reading: &Reading) -> Result<Option<(u64, u64)>> {
    let Some(total) = corpus.total_bytes() else {
        return Ok(None);
    };
    let Some(batch) = corpus.batches().next().transpose()? else {
        return Ok(None);
    };
    let mut tokens = 0;
    for sentence in batch.sentences() {
        // What is refused here is refused again, with its place, when it is read.
        let _ = reading.tokens(sentence, |_| tokens += 1);
    }
    let share = total as f64 / batch.bytes_read().max(1) as f64;
    let scale = |count: usize| (count as f64 * share.max(1.0)) as u64;
    Ok(Some((scale(tokens), scale(tokens + 2 * batch.len()))))
}
