//! Here are columns as they are made, piece by piece; put them where the model will be.
//!
//! A table in memory takes them as they come. A file writes them one after the
//! other, while a thread of its own brings what was written to the disk: little
//! is left to wait for at the end.

use std::io;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use super::table::TableLevel;
use crate::count::tally::LargeCount;
use crate::error::Result;
use crate::store::{Column, Writer};
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

/// Something that takes columns.
pub(super) trait Columns: Send {
    /// Takes a column of one order, as pieces that follow one another.
    fn put(&mut self, order: usize, name: Name, pieces: Pieces) -> Result<()>;
}

/// The pieces of a column, in order.
pub(super) type Pieces<'p> = &'p mut dyn Iterator<Item = Result<Numbers>>;

/// A table in memory.
#[derive(Default)]
pub(super) struct InMemory {
    pub(super) levels: Vec<TableLevel>,
}

impl Columns for InMemory {
    fn put(&mut self, order: usize, name: Name, pieces: Pieces) -> Result<()> {
        if self.levels.len() < order {
            self.levels.resize_with(order, TableLevel::default);
        }
        let level = &mut self.levels[order - 1];
        match name {
            Name::Tokens => level.tokens = whole(pieces)?,
            Name::Log10Prob => level.log10_prob = whole(pieces)?,
            Name::Log10Backoff => level.log10_backoff = whole(pieces)?,
            Name::Suffix => level.suffix = whole(pieces)?,
            Name::Children => level.children = whole(pieces)?,
            Name::TimesSeen => level.times_seen = whole(pieces)?,
            Name::TimesSeenLarge => level.times_seen_large = whole(pieces)?,
        }
        Ok(())
    }
}

/// The pieces as one, each let go as soon as it is copied.
fn whole<T: bytemuck::Pod>(pieces: Pieces) -> Result<Column<T>> {
    let pieces: Vec<Numbers> = pieces.collect::<Result<_>>()?;
    let bytes: usize = pieces.iter().map(|piece| piece.bytes().len()).sum();
    let mut numbers: Vec<T> = Vec::with_capacity(bytes / size_of::<T>());
    for piece in pieces {
        numbers.extend_from_slice(bytemuck::cast_slice(piece.bytes()));
    }
    Ok(numbers.into())
}

/// A model file: what is written is brought to the disk by a thread of its own.
pub(super) struct InFile {
    writer: Writer,
    written: SyncSender<()>,
    syncing: JoinHandle<io::Result<()>>,
}

impl InFile {
    pub(super) fn begin(writer: Writer) -> Result<Self> {
        let (written, unsynced) = sync_channel::<()>(1);
        let file = writer.handle()?;
        let syncing = thread::spawn(move || unsynced.iter().try_for_each(|()| file.sync_data()));
        Ok(InFile {
            writer,
            written,
            syncing,
        })
    }

    /// Waits until all that was written is on the disk, and gives the file back.
    pub(super) fn end(self) -> Result<Writer> {
        drop(self.written);
        let synced = self.syncing.join();
        let synced = synced.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        synced.map_err(|error| self.writer.failure(error))?;
        Ok(self.writer)
    }
}

impl Columns for InFile {
    fn put(&mut self, order: usize, name: Name, pieces: Pieces) -> Result<()> {
        self.writer.section_with(&name.section(order), |section| {
            for piece in pieces {
                section.write(piece?.bytes())?;
            }
            Ok(())
        })?;
        self.writer.flush()?;
        // If the other thread is still busy with what came before, it will hear of the next column.
        let _ = self.written.try_send(());
        Ok(())
    }
}
