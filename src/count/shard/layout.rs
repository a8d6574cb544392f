//! Here is what a footer says about where things lie; add it to the file's digest, and hold it to
//! the file.
//!
//! A decoder takes the footer on trust, and some of what it may say makes decoders
//! stop dead. So all that leads a decoder through the file is part of the digest,
//! and what lies outside of the file is refused in any case.

use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};

/// Adds the places, sizes and types of all columns.
pub(super) fn digest(groups: &[RowGroupMetaData], hasher: &mut blake3::Hasher) {
    for group in groups {
        hasher.update(&group.num_rows().to_le_bytes());
        for column in group.columns() {
            let described = column.column_descr();
            let numbers = [
                column.data_page_offset(),
                column.dictionary_page_offset().unwrap_or(-1),
                column.compressed_size(),
                column.num_values(),
                column.column_type() as i64,
                i64::from(described.max_def_level()),
                i64::from(described.max_rep_level()),
            ];
            for number in numbers {
                hasher.update(&number.to_le_bytes());
            }
            hasher.update(column.compression().to_string().as_bytes());
        }
    }
}

/// Refuses groups that lack a column, and columns that lie outside of a file of this length.
pub(super) fn check(
    groups: &[RowGroupMetaData],
    columns: usize,
    len: u64,
) -> Result<(), ParquetError> {
    let general = |what: &str| Err(ParquetError::General(what.to_owned()));
    for group in groups {
        if group.num_columns() != columns {
            return general("a group of rows lacks a column");
        }
        if !group
            .columns()
            .iter()
            .all(|column| lies_within(column, len))
        {
            return general("a column lies outside of the file");
        }
    }
    Ok(())
}

fn lies_within(column: &ColumnChunkMetaData, len: u64) -> bool {
    let data = column.data_page_offset();
    let start = column.dictionary_page_offset().unwrap_or(data);
    let (size, end) = (
        column.compressed_size(),
        start.checked_add(column.compressed_size()),
    );
    let is_before_end = end.is_some_and(|end| u64::try_from(end).is_ok_and(|end| end <= len));
    is_before_end && start >= 0 && size >= 0 && data >= 0
}
