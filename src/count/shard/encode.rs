//! Here are columns, give me one Parquet file.
//!
//! Rows come in groups, and each column of a group is encoded by a task of its
//! own and then put behind the one before. So the bytes depend on nothing but the
//! values, however many threads there are.
//!
//! A digest of all that lies before the footer goes into the footer: neither
//! Parquet nor zstd says by itself that a bit has changed.

use std::io::{self, Seek};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::{Compression, ZstdLevel};
use parquet::column::writer::{ColumnCloseResult, ColumnWriter, get_column_writer};
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::metadata::SortingColumn;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr};
use parquet::file::writer::{SerializedFileWriter, SerializedPageWriter, TrackedWrite};
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::ColumnDescPtr;
use rayon::prelude::*;

use super::keys::{Key, Keys};
use super::layout;
use crate::error::{Error, ErrorKind, Result};
use crate::store::AtomicFile;

/// How many rows a group has. It bounds memory, and it is a choice of the format: other groups are
/// other bytes.
pub(super) const ROWS_A_GROUP: usize = 1 << 20;

/// Past so many bytes of different values a column is no longer written by a dictionary.
const DICTIONARY_BYTES: usize = 4 << 20;

/// The values of one column in one group of rows.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Values {
    /// Ids.
    Ids(Vec<i32>),
    /// Counts.
    Counts(Vec<i64>),
    /// Surfaces.
    Surfaces(Vec<ByteArray>),
}

impl Values {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        match self {
            Values::Ids(values) => values.len(),
            Values::Counts(values) => values.len(),
            Values::Surfaces(values) => values.len(),
        }
    }

    /// Makes room for the next group.
    pub(super) fn clear(&mut self) {
        match self {
            Values::Ids(values) => values.clear(),
            Values::Counts(values) => values.clear(),
            Values::Surfaces(values) => values.clear(),
        }
    }
}

/// A Parquet file being written, all or nothing.
pub(super) struct TableWriter {
    writer: SerializedFileWriter<AtomicFile>,
    columns: Vec<ColumnDescPtr>,
    properties: WriterPropertiesPtr,
    digest: blake3::Hasher,
}

impl TableWriter {
    /// Begins a file of columns such as `required int32 w1;`, whose rows ascend by the first
    /// `sorted` of them.
    pub(super) fn create(path: &Path, columns: &str, sorted: usize) -> Result<Self> {
        let schema = parse_message_type(&format!("message counterpoint {{ {columns} }}"));
        let schema = Arc::new(schema.map_err(unwritten)?);
        let properties = Arc::new(properties(sorted));
        let file = AtomicFile::create(path)?;
        let writer = SerializedFileWriter::new(file, schema, Arc::clone(&properties));
        let writer = writer.map_err(unwritten)?;
        Ok(TableWriter {
            columns: writer.schema_descr().columns().to_vec(),
            writer,
            properties,
            digest: blake3::Hasher::new(),
        })
    }

    /// The next group of rows.
    pub(super) fn group(&mut self, values: &[Values]) -> Result<()> {
        let encoded = self.columns.par_iter().zip(values);
        let encoded = encoded.map(|(column, values)| encode(column, &self.properties, values));
        let encoded: Result<Vec<_>, _> = encoded.collect();
        let put = encoded.and_then(|columns| self.put(columns));
        put.map_err(|error| self.failure(error))
    }

    fn put(&mut self, columns: Vec<(Bytes, ColumnCloseResult)>) -> Result<(), ParquetError> {
        let mut group = self.writer.next_row_group()?;
        for (bytes, closed) in columns {
            self.digest.update(&bytes);
            group.append_column(&bytes, closed)?;
        }
        group.close().map(|_| ())
    }

    /// Completes the file with what is known about it; returns its length in bytes.
    pub(super) fn finish(mut self, mut keys: Keys) -> Result<u64> {
        layout::digest(self.writer.flushed_row_groups(), &mut self.digest);
        keys.set(Key::Digest, self.digest.finalize().to_hex());
        for pair in keys.into_pairs() {
            self.writer.append_key_value_metadata(pair);
        }
        let flushed = self.writer.flush();
        flushed.map_err(|error| self.writer.inner().failure(error))?;
        let mut file = self.writer.into_inner().map_err(unwritten)?;
        let bytes = file.stream_position();
        let bytes = bytes.map_err(|error| file.failure(error))?;
        file.commit()?;
        Ok(bytes)
    }

    fn failure(&self, error: ParquetError) -> Error {
        match error {
            ParquetError::External(source) => match source.downcast::<io::Error>() {
                Ok(source) => self.writer.inner().failure(*source),
                Err(source) => unwritten(ParquetError::External(source)),
            },
            error => unwritten(error),
        }
    }
}

fn properties(sorted: usize) -> WriterProperties {
    let ascending = |column| SortingColumn {
        column_idx: column as i32,
        descending: false,
        nulls_first: false,
    };
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_dictionary_page_size_limit(DICTIONARY_BYTES)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true)
        .set_sorting_columns(Some((0..sorted).map(ascending).collect()))
        .build()
}

/// One column of one group, as it will lie in the file.
fn encode(
    column: &ColumnDescPtr,
    properties: &WriterPropertiesPtr,
    values: &Values,
) -> Result<(Bytes, ColumnCloseResult), ParquetError> {
    let mut sink = TrackedWrite::new(Vec::new());
    let pages = Box::new(SerializedPageWriter::new(&mut sink));
    let mut writer = get_column_writer(Arc::clone(column), Arc::clone(properties), pages);
    match (&mut writer, values) {
        (ColumnWriter::Int32ColumnWriter(writer), Values::Ids(values)) => {
            writer.write_batch(values, None, None)?
        }
        (ColumnWriter::Int64ColumnWriter(writer), Values::Counts(values)) => {
            writer.write_batch(values, None, None)?
        }
        (ColumnWriter::ByteArrayColumnWriter(writer), Values::Surfaces(values)) => {
            writer.write_batch(values, None, None)?
        }
        _ => {
            let what = format!("column {} is of another type", column.name());
            return Err(ParquetError::General(what));
        }
    };
    let closed = writer.close()?;
    Ok((Bytes::from(sink.into_inner()?), closed))
}

/// What no text and no disk can be the cause of.
fn unwritten(error: ParquetError) -> Error {
    let what = format!("cannot write this Parquet file: {error}");
    Error::new(ErrorKind::Model, what).way_out("this is a fault of the program; please report it")
}
