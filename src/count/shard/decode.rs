//! Here is a Parquet file, give me its columns.
//!
//! Nothing that a file says is believed before it was checked, and nothing is made
//! as large as a file says it is: rows come in batches. Each column of a batch is
//! decoded by a task of its own.

use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};

use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::file::reader::FileReader;
use parquet::file::serialized_reader::SerializedFileReader;
use rayon::prelude::*;

use super::encode::Values;
use super::keys::Keys;
use super::layout;
use super::places::{AGAIN, Places};
use crate::error::{Error, ErrorKind, Result};

/// How many rows are decoded at a time.
const ROWS_A_BATCH: usize = 1 << 16;

/// An open Parquet file of ours.
pub(super) struct TableReader {
    file: SerializedFileReader<Places>,
    keys: Keys,
    path: PathBuf,
}

impl TableReader {
    /// Opens a file and checks its digest, if it has one.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let at = |error: Error| error.at_least(path.display().to_string());
        let places = Places::open(path)?;
        places.check_ends().map_err(at)?;
        let file = guarded(|| {
            let file = SerializedFileReader::new(places.clone())?;
            let footer = file.metadata();
            let columns = footer.file_metadata().schema_descr().num_columns();
            layout::check(footer.row_groups(), columns, places.len)?;
            Ok(file)
        });
        let file = file.map_err(|error| damaged(path, error))?;
        let pairs = file.metadata().file_metadata().key_value_metadata();
        let keys = Keys::from_pairs(pairs).map_err(at)?;
        let path = path.to_owned();
        let table = TableReader { file, keys, path };
        table.check_digest(&places)?;
        Ok(table)
    }

    /// Reads the whole file once, if it has a digest.
    fn check_digest(&self, places: &Places) -> Result<()> {
        let Some(digest) = self.keys.digest() else {
            return Ok(());
        };
        let mut hasher = blake3::Hasher::new();
        let hashed = places.hash(&mut hasher);
        hashed.map_err(|error| Error::io("read", &self.path, error))?;
        layout::digest(self.file.metadata().row_groups(), &mut hasher);
        match hasher.finalize().to_hex().as_str() == digest {
            true => Ok(()),
            false => Err(self.broken("bytes of this file have changed: its digest does not hold")),
        }
    }

    pub(super) fn keys(&self) -> &Keys {
        &self.keys
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Refuses columns that are not named and typed so.
    pub(super) fn expect(&self, columns: &[(String, Values)]) -> Result<()> {
        use parquet::basic::Type;
        let schema = self.file.metadata().file_metadata().schema_descr();
        let is = |(place, (name, values)): (usize, &(String, Values))| {
            let column = schema.column(place);
            let kind = match values {
                Values::Ids(_) => Type::INT32,
                Values::Counts(_) => Type::INT64,
                Values::Surfaces(_) => Type::BYTE_ARRAY,
            };
            column.name() == name
                && column.path().parts().len() == 1
                && column.physical_type() == kind
                && column.max_rep_level() == 0
        };
        if schema.num_columns() == columns.len() && columns.iter().enumerate().all(is) {
            return Ok(());
        }
        let names: Vec<&str> = columns.iter().map(|(name, _)| &name[..]).collect();
        let what = format!("its columns are not {}", names.join(", "));
        Err(self.broken(what))
    }

    /// All rows of some columns, batch by batch.
    pub(super) fn batches(&self, columns: Vec<(usize, Values)>) -> Batches<'_> {
        Batches {
            table: self,
            group: 0,
            left: 0,
            columns: columns
                .into_iter()
                .map(|(place, values)| Column {
                    place,
                    reader: None,
                    values,
                    levels: Vec::new(),
                })
                .collect(),
        }
    }

    /// An error of this file.
    pub(super) fn broken(&self, what: impl Into<String>) -> Error {
        Error::new(ErrorKind::Corrupt, what)
            .at(self.path.display().to_string())
            .way_out(AGAIN)
    }
}

/// Does what the decoder may not survive: its panic is an error like any other.
///
/// Our own files never come so far when they are damaged, for their digest is checked before. A file
/// that another program wrote has none.
fn guarded<T>(decode: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, ParquetError> {
    let decoded = panic::catch_unwind(AssertUnwindSafe(decode));
    decoded.unwrap_or_else(|_| Err(ParquetError::General("the decoder gave up".into())))
}

fn damaged(path: &Path, error: ParquetError) -> Error {
    let place = path.display().to_string();
    match error {
        ParquetError::External(source) => match source.downcast::<io::Error>() {
            Ok(source) => Error::io("read", path, *source),
            Err(source) => damaged(path, ParquetError::General(source.to_string())),
        },
        error => Error::new(ErrorKind::Corrupt, format!("cannot be read: {error}"))
            .at(place)
            .way_out(AGAIN),
    }
}

/// The rows of a file, batch by batch.
pub(super) struct Batches<'t> {
    table: &'t TableReader,
    /// The next group of rows.
    group: usize,
    /// How many rows of the present one are left.
    left: usize,
    columns: Vec<Column>,
}

struct Column {
    place: usize,
    reader: Option<ColumnReader>,
    values: Values,
    levels: Vec<i16>,
}

impl Batches<'_> {
    /// Decodes the next batch, and says how many rows it has; 0 at the end.
    pub(super) fn advance(&mut self) -> Result<usize> {
        while self.left == 0 {
            if self.group == self.table.file.num_row_groups() {
                return Ok(0);
            }
            let opened = guarded(|| self.open_group());
            opened.map_err(|error| damaged(&self.table.path, error))?;
        }
        let rows = self.left.min(ROWS_A_BATCH);
        self.left -= rows;
        let read = guarded(|| {
            let columns = self.columns.par_iter_mut();
            columns.map(|column| column.read(rows)).collect()
        });
        let read: Vec<usize> = read.map_err(|error| damaged(&self.table.path, error))?;
        match read.iter().all(|&read| read == rows) {
            true => Ok(rows),
            false => Err(self.table.broken("some of its columns are too short")),
        }
    }

    /// The values of one of the columns asked for.
    pub(super) fn values(&self, column: usize) -> &Values {
        &self.columns[column].values
    }

    fn open_group(&mut self) -> Result<(), ParquetError> {
        let group = self.table.file.get_row_group(self.group)?;
        self.left = usize::try_from(group.metadata().num_rows())
            .map_err(|_| ParquetError::General("a negative number of rows".into()))?;
        for column in &mut self.columns {
            if column.place >= group.num_columns() {
                return Err(ParquetError::General("a column is missing".into()));
            }
            column.reader = Some(group.get_column_reader(column.place)?);
        }
        self.group += 1;
        Ok(())
    }
}

impl Column {
    /// Reads so many values; fewer came if some are missing.
    fn read(&mut self, rows: usize) -> Result<usize, ParquetError> {
        self.values.clear();
        self.levels.clear();
        let levels = &mut self.levels;
        match (&mut self.reader, &mut self.values) {
            (Some(ColumnReader::Int32ColumnReader(reader)), Values::Ids(values)) => {
                read_all(reader, rows, levels, values)
            }
            (Some(ColumnReader::Int64ColumnReader(reader)), Values::Counts(values)) => {
                read_all(reader, rows, levels, values)
            }
            (Some(ColumnReader::ByteArrayColumnReader(reader)), Values::Surfaces(values)) => {
                read_all(reader, rows, levels, values)
            }
            _ => Err(ParquetError::General("a column of another type".into())),
        }
    }
}

fn read_all<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    rows: usize,
    levels: &mut Vec<i16>,
    values: &mut Vec<T::T>,
) -> Result<usize, ParquetError> {
    let (_, read, _) = reader.read_records(rows, Some(levels), None, values)?;
    Ok(read)
}
