//! Here are sections, give me one safe file, and back.
//!
//! In go named slices of plain numbers and a small header; out comes a file
//! that is either whole or absent, and that is refused when a single bit of it
//! has changed. [`Writer`] makes one, [`ModelFile`] opens one and hands its
//! sections out as [`Column`]s that read the file in place. [`AtomicFile`] is
//! the all-or-nothing write alone, for every other file the house makes.
//!
//! # The file, in bytes
//!
//! ```text
//!      0 ┌──────────────────────────────────────────────┐
//!        │ 0..8    magic  89 'C' 'T' 'P' 0D 0A 1A 0A     │
//!        │ 8..12   format version            u32        │
//!        │ 12..16  CRC32 of the metadata     u32        │  the prelude:
//!        │ 16..24  offset of the metadata    u64        │  64 bytes,
//!        │ 24..32  length of the metadata    u64        │  written last
//!        │ 32..40  length of the whole file  u64        │
//!        │ 40..60  zeros                                │
//!        │ 60..64  CRC32 of bytes 0..60      u32        │
//!     64 ├──────────────────────────────────────────────┤
//!        │ zeros                                        │
//!   4096 ├──────────────────────────────────────────────┤
//!        │ first section, little-endian                 │
//!        │ zeros to the next multiple of 4096           │
//!        ├──────────────────────────────────────────────┤
//!        │ second section                               │
//!        │ zeros to the next multiple of 4096           │
//!        ├──────────────────────────────────────────────┤
//!        │ …                                            │
//!        ├──────────────────────────────────────────────┤
//!        │ metadata: its version (one byte), then the   │
//!        │ kind of model, the name, offset, length and  │
//!        │ CRC32 of each section, and the model's header│
//!    end └──────────────────────────────────────────────┘
//! ```
//!
//! # Why so
//!
//! * Sections begin at pages, so that a mapped file is a table: nothing is
//!   parsed and nothing is copied. Opening half a gigabyte costs one pass for
//!   the checksums, and less than a millisecond without them.
//! * Every byte is covered: by a checksum, by a rule that it be zero, or by a
//!   length that leaves it no place. Offsets are stored though they follow from
//!   the lengths; a file in which the two disagree is refused, so that no
//!   reader ever has to reason about overlaps.
//! * The magic begins with a byte above 127 and holds both kinds of line end,
//!   as PNG's does: a transfer that "repairs" text destroys it visibly.
//! * The prelude comes last, after the rest has reached the disk. Together with
//!   the rename, a file under its own name is always complete.
//! * CRC32 guards against accidents. Against people there is
//!   [`ModelFile::blake3`], to compare with a published figure.
//!
//! The file is little-endian, and so is every machine it is read on.

#[cfg(target_endian = "big")]
compile_error!("models are mapped as they lie on disk, little-endian; this target is big-endian");

mod atomic;
mod column;
mod depot;
mod layout;
mod memory;
mod metadata;
mod packed;
mod partials;
mod past_cache;
mod reader;
mod recognise;
mod writer;

#[cfg(test)]
mod damage_tests;
#[cfg(test)]
mod process_tests;

pub use atomic::AtomicFile;
pub use column::Column;
#[cfg(feature = "parquet")]
pub(crate) use depot::read_at;
pub use depot::{Depot, Kept};
pub use layout::{FORMAT_VERSION, MAGIC};
pub use metadata::Section;
pub use packed::PackedFile;
pub use partials::discard_partials;
pub use past_cache::PastCache;
pub use reader::{ModelFile, OpenOptions};
pub(crate) use recognise::{ITS_ARPA, foreign_model};
pub use writer::{SectionWriter, Writer};
