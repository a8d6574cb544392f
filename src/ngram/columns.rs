//! Here are columns as they are made, piece by piece; put them where the model will be.
//!
//! A table in memory takes them as they come. A file is written by a thread of
//! its own, which also brings what it wrote to the disk: the next column is
//! computed meanwhile, and little is left to wait for at the end.

use std::io;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use super::table::TableLevel;
use crate::count::tally::LargeCount;
use crate::error::Result;
use crate::store::Writer;
use crate::token::TokenId;

/// A column of a table: see [`TableLevel`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    Tokens,
    Log10Prob,
    Log10Backoff,
    Suffix,
    Children,
    TimesSeen,
    TimesSeenLarge,
}

impl Name {
    /// The section of a model file.
    pub(super) fn section(self, order: usize) -> String {
        let name = match self {
            Name::Tokens => "tokens",
            Name::Log10Prob => "log10-prob",
            Name::Log10Backoff => "log10-backoff",
            Name::Suffix => "suffix",
            Name::Children => "children",
            Name::TimesSeen => "times-seen",
            Name::TimesSeenLarge => "times-seen-large",
        };
        format!("{order}.{name}")
    }
}

/// Numbers of any type that a column can have.
pub(super) enum Numbers {
    Tokens(Vec<TokenId>),
    Bytes(Vec<u8>),
    Nodes(Vec<u32>),
    Logs(Vec<f32>),
    Large(Vec<LargeCount>),
}

impl Numbers {
    fn bytes(&self) -> &[u8] {
        match self {
            Numbers::Tokens(numbers) => bytemuck::cast_slice(numbers),
            Numbers::Bytes(numbers) => numbers,
            Numbers::Nodes(numbers) => bytemuck::cast_slice(numbers),
            Numbers::Logs(numbers) => bytemuck::cast_slice(numbers),
            Numbers::Large(numbers) => bytemuck::cast_slice(numbers),
        }
    }
}

/// Something that takes whole columns.
pub(super) trait Columns {
    /// Takes a column of one order, as pieces that follow one another.
    fn put(&mut self, order: usize, name: Name, pieces: Vec<Numbers>) -> Result<()>;
}

/// A table in memory.
#[derive(Default)]
pub(super) struct InMemory {
    pub(super) levels: Vec<TableLevel>,
}

impl Columns for InMemory {
    fn put(&mut self, order: usize, name: Name, pieces: Vec<Numbers>) -> Result<()> {
        if self.levels.len() < order {
            self.levels.resize_with(order, TableLevel::default);
        }
        let level = &mut self.levels[order - 1];
        match name {
            Name::Tokens => level.tokens = whole(&pieces),
            Name::Log10Prob => level.log10_prob = whole(&pieces),
            Name::Log10Backoff => level.log10_backoff = whole(&pieces),
            Name::Suffix => level.suffix = whole(&pieces),
            Name::Children => level.children = whole(&pieces),
            Name::TimesSeen => level.times_seen = whole(&pieces),
            Name::TimesSeenLarge => level.times_seen_large = whole(&pieces),
        }
        Ok(())
    }
}

fn whole<T: bytemuck::Pod>(pieces: &[Numbers]) -> crate::store::Column<T> {
    let bytes = pieces
        .iter()
        .map(|piece| piece.bytes().len())
        .sum::<usize>();
    let mut numbers: Vec<T> = Vec::with_capacity(bytes / size_of::<T>());
    for piece in pieces {
        numbers.extend_from_slice(bytemuck::cast_slice(piece.bytes()));
    }
    numbers.into()
}

/// How many columns may wait to be written.
const COLUMNS_WAITING: usize = 2;

/// A model file, written by a thread of its own and brought to the disk by another.
pub(super) struct InFile {
    columns: SyncSender<(String, Vec<Numbers>)>,
    writing: JoinHandle<Result<Writer>>,
    syncing: JoinHandle<io::Result<()>>,
}

impl InFile {
    pub(super) fn begin(mut writer: Writer) -> Result<Self> {
        let (columns, waiting) = sync_channel::<(String, Vec<Numbers>)>(COLUMNS_WAITING);
        let (written, unsynced) = sync_channel::<()>(1);
        let file = writer.handle()?;
        let syncing = thread::spawn(move || unsynced.iter().try_for_each(|()| file.sync_data()));
        let writing = thread::spawn(move || {
            for (section, pieces) in waiting {
                writer.section_with(&section, |section| {
                    pieces
                        .into_iter()
                        .try_for_each(|piece| section.write(piece.bytes()))
                })?;
                writer.flush()?;
                // If it is still busy with what came before, it will hear of the next column.
                let _ = written.try_send(());
            }
            Ok(writer)
        });
        Ok(InFile {
            columns,
            writing,
            syncing,
        })
    }

    /// Waits until all is written, and gives the file back.
    pub(super) fn end(self) -> Result<Writer> {
        drop(self.columns);
        let writer = joined(self.writing)?;
        joined(self.syncing).map_err(|error| writer.failure(error))?;
        Ok(writer)
    }
}

fn joined<T>(thread: JoinHandle<T>) -> T {
    let ended = thread.join();
    ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

impl Columns for InFile {
    fn put(&mut self, order: usize, name: Name, pieces: Vec<Numbers>) -> Result<()> {
        // Nobody takes columns any more after a failed write; `end` says why.
        let _ = self.columns.send((name.section(order), pieces));
        Ok(())
    }
}
