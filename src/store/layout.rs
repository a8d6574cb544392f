//! Here are the figures of a file's frame, give me its first 64 bytes, and back.
//!
//! The magic, the version and the checksum keep their places in every version
//! to come, so that an old program can tell a newer file from a damaged one.

use super::recognise;
use crate::error::{Error, ErrorKind, Result};

/// The first eight bytes of every model file.
pub const MAGIC: [u8; 8] = *b"\x89CTP\r\n\x1a\n";

/// The version of the format that this program writes, and the newest it reads.
pub const FORMAT_VERSION: u32 = 1;

/// Sections begin at multiples of this.
pub(super) const PAGE: u64 = 4096;

/// The length of the prelude.
pub(super) const PRELUDE: usize = 64;

const CHECKED: usize = PRELUDE - 4;

/// The frame of a file: where its metadata lies, and where the file ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Prelude {
    pub(super) metadata_crc: u32,
    pub(super) metadata_offset: u64,
    pub(super) metadata_length: u64,
    pub(super) total_length: u64,
}

impl Prelude {
    pub(super) fn encode(&self) -> [u8; PRELUDE] {
        let mut bytes = [0; PRELUDE];
        bytes[0..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&FORMAT_VERSION.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.metadata_crc.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.metadata_offset.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.metadata_length.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.total_length.to_le_bytes());
        let crc = crc32fast::hash(&bytes[..CHECKED]);
        bytes[CHECKED..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// Reads the frame from the first bytes of a file that has `file_length` bytes in all.
    pub(super) fn decode(head: &[u8], file_length: u64) -> Result<Self> {
        if !head.starts_with(&MAGIC) {
            return Err(recognise::foreign(head));
        }
        let Some(head) = head.first_chunk::<PRELUDE>() else {
            return Err(corrupt("the file ends within its first 64 bytes"));
        };
        if u32_at(head, CHECKED) != crc32fast::hash(&head[..CHECKED]) {
            return Err(corrupt("the first 64 bytes do not match their checksum"));
        }
        check_version(u32_at(head, 8))?;
        if !is_zero(&head[40..CHECKED]) {
            return Err(corrupt("the reserved bytes 40 to 60 are not zero"));
        }
        let prelude = Prelude {
            metadata_crc: u32_at(head, 12),
            metadata_offset: u64_at(head, 16),
            metadata_length: u64_at(head, 24),
            total_length: u64_at(head, 32),
        };
        prelude.check(file_length)?;
        Ok(prelude)
    }

    fn check(&self, file_length: u64) -> Result<()> {
        if self.total_length != file_length {
            let expected = self.total_length;
            return Err(corrupt(format!(
                "the file has {file_length} bytes and should have {expected}"
            )));
        }
        let end = self.metadata_offset.checked_add(self.metadata_length);
        if self.metadata_offset < PAGE || end != Some(self.total_length) {
            return Err(corrupt("the metadata does not lie at the end of the file"));
        }
        Ok(())
    }
}

fn check_version(version: u32) -> Result<()> {
    if version == FORMAT_VERSION {
        return Ok(());
    }
    let what = format!("format version {version}; this program reads version {FORMAT_VERSION}");
    let way_out = if version > FORMAT_VERSION {
        "update counterpoint, or build the model again with this one"
    } else {
        "build the model again with this counterpoint"
    };
    Err(Error::new(ErrorKind::Format, what).way_out(way_out))
}

/// A damaged file of ours.
pub(super) fn corrupt(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Corrupt, what)
        .way_out("copy the file from its source again, or build the model again")
}

/// The first page boundary at or after `position`, if there is one.
pub(super) fn page_up(position: u64) -> Option<u64> {
    position.checked_next_multiple_of(PAGE)
}

pub(super) fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|&byte| byte == 0)
}

fn u32_at(head: &[u8; PRELUDE], at: usize) -> u32 {
    u32::from_le_bytes(std::array::from_fn(|i| head[at + i]))
}

fn u64_at(head: &[u8; PRELUDE], at: usize) -> u64 {
    u64::from_le_bytes(std::array::from_fn(|i| head[at + i]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRELUDE_OF_A_SMALL_FILE: Prelude = Prelude {
        metadata_crc: 7,
        metadata_offset: 8192,
        metadata_length: 100,
        total_length: 8292,
    };

    fn sealed(change: impl FnOnce(&mut [u8; PRELUDE])) -> [u8; PRELUDE] {
        let mut bytes = PRELUDE_OF_A_SMALL_FILE.encode();
        change(&mut bytes);
        let crc = crc32fast::hash(&bytes[..CHECKED]);
        bytes[CHECKED..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    #[test]
    fn a_prelude_goes_round() {
        let bytes = PRELUDE_OF_A_SMALL_FILE.encode();
        let again = Prelude::decode(&bytes, 8292).unwrap();
        assert_eq!(again, PRELUDE_OF_A_SMALL_FILE);
    }

    #[test]
    fn another_version_is_refused_by_name() {
        let newer = sealed(|bytes| bytes[8] = 9);
        let error = Prelude::decode(&newer, 8292).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Format);
        assert!(error.what().contains("version 9"), "{error}");
        assert!(error.advice().unwrap().contains("update"), "{error}");
        let older = sealed(|bytes| bytes[8] = 0);
        let error = Prelude::decode(&older, 8292).unwrap_err();
        assert!(error.advice().unwrap().contains("build"), "{error}");
    }

    #[test]
    fn reserved_bytes_must_be_zero_even_with_a_good_checksum() {
        for at in 40..CHECKED {
            let bytes = sealed(|bytes| bytes[at] = 1);
            assert!(Prelude::decode(&bytes, 8292).is_err(), "byte {at}");
        }
    }

    #[test]
    fn an_end_beyond_all_numbers_is_refused() {
        let bytes = sealed(|bytes| bytes[16..32].fill(0xFF));
        assert!(Prelude::decode(&bytes, 8292).is_err());
    }
}
