//! Here is a small structure, give me its bytes, and back.
//!
//! What goes in is the directory of a file and a model's header: names, orders,
//! options, a few hundred bytes. What comes out begins with a version byte.
//! Everything that grows with the model, its vocabulary included, is a section
//! instead, so that hostile metadata can never cost more than a mebibyte.
//!
//! This is the only file that knows bincode. The crate is pinned to 2.0.1: all
//! its versions are unmaintained (RUSTSEC-2025-0141) and its last release does
//! not compile. What makes the pin bearable is how little is asked of it:
//! fixed-width little-endian numbers through serde, a limit of 1 MiB, no byte
//! left over. Its own derive macros are avoided, because they trust lengths
//! they have not checked. The version byte is the way out: another encoding is
//! version 2, and this file reads both.

use bincode::config::{Configuration, Fixint, Limit, LittleEndian};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::layout::{PAGE, Prelude, corrupt, page_up};
use crate::error::{Error, ErrorKind, Result};

const VERSION: u8 = 1;

/// More metadata than this is refused, by the writer as by the reader.
pub(super) const LIMIT: usize = 1 << 20;

fn config() -> Configuration<LittleEndian, Fixint, Limit<LIMIT>> {
    bincode::config::standard()
        .with_fixed_int_encoding()
        .with_limit::<LIMIT>()
}

/// The bytes of `value`, its version first.
pub(super) fn encode(value: &impl Serialize) -> Result<Vec<u8>> {
    let refuse = |what: String| {
        Error::new(ErrorKind::Model, what)
            .way_out("what grows with the model belongs in a section, not in its header")
    };
    let body = bincode::serde::encode_to_vec(value, config())
        .map_err(|error| refuse(format!("the header cannot be written: {error}")))?;
    if body.len() > LIMIT {
        let length = body.len();
        return Err(refuse(format!(
            "the header has {length} bytes; {LIMIT} is the limit"
        )));
    }
    let mut bytes = vec![VERSION];
    bytes.extend(body);
    Ok(bytes)
}

/// The value whose bytes these are, all of them.
pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    let Some((&version, body)) = bytes.split_first() else {
        return Err(corrupt("the metadata is empty"));
    };
    if version != VERSION {
        let what = format!("metadata version {version}; this program reads version {VERSION}");
        let newer = Error::new(ErrorKind::Format, what);
        return Err(newer.way_out("update counterpoint, or build the model again with this one"));
    }
    if body.len() > LIMIT {
        return Err(corrupt(
            "the metadata is larger than any counterpoint writes",
        ));
    }
    let (value, used) = bincode::serde::decode_from_slice(body, config())
        .map_err(|error| corrupt(format!("the metadata cannot be read: {error}")))?;
    if used != body.len() {
        return Err(corrupt("there are bytes left over after the metadata"));
    }
    Ok(value)
}

/// One section, as the directory lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Section {
    /// Its name, unique in the file.
    pub name: String,
    /// Where it begins, a multiple of 4096.
    pub offset: u64,
    /// How many bytes it has, padding aside.
    pub length: u64,
    /// The CRC32 of those bytes.
    pub crc: u32,
}

impl Section {
    /// Where the section ends, padding aside.
    pub(super) fn end(&self) -> Option<u64> {
        self.offset.checked_add(self.length)
    }
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Directory {
    pub(super) kind: String,
    pub(super) sections: Vec<Section>,
    /// The model's header, encoded by [`encode`] as well.
    pub(super) header: Vec<u8>,
}

impl Directory {
    /// Checks that the sections lie as the writer lays them: in order, each at the first page
    /// after the one before, the metadata right behind the last, and no name twice.
    pub(super) fn check(&self, prelude: &Prelude) -> Result<()> {
        let mut free = PAGE;
        for section in &self.sections {
            let name = &section.name;
            if section.offset != free {
                let offset = section.offset;
                return Err(corrupt(format!(
                    "section {name:?} begins at byte {offset}, not at {free}"
                )));
            }
            let end = section.end().and_then(page_up);
            let within = end.filter(|&end| end <= prelude.metadata_offset);
            free = within
                .ok_or_else(|| corrupt(format!("section {name:?} reaches beyond its place")))?;
        }
        if free != prelude.metadata_offset {
            return Err(corrupt("the sections do not reach to the metadata"));
        }
        self.check_names()
    }

    fn check_names(&self) -> Result<()> {
        let mut names: Vec<&str> = self.sections.iter().map(|s| s.name.as_str()).collect();
        names.sort_unstable();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(corrupt(format!("section {:?} is there twice", pair[0]))),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_metadata_goes_round_and_one_byte_more_does_not() {
        let most = vec![7_u8; LIMIT - 8];
        let bytes = encode(&most).unwrap();
        assert_eq!(decode::<Vec<u8>>(&bytes).unwrap(), most);
        let error = encode(&vec![7_u8; LIMIT - 7]).unwrap_err();
        assert!(error.to_string().contains("section"), "{error}");
    }

    #[test]
    fn bytes_left_over_are_refused() {
        let mut bytes = encode(&5_u32).unwrap();
        assert_eq!(decode::<u32>(&bytes).unwrap(), 5);
        bytes.push(0);
        assert!(decode::<u32>(&bytes).is_err());
        assert!(decode::<u32>(&bytes[..4]).is_err());
        assert!(decode::<u32>(&[]).is_err());
    }

    #[test]
    fn another_version_is_refused_by_name() {
        let mut bytes = encode(&5_u32).unwrap();
        bytes[0] = 2;
        let error = decode::<u32>(&bytes).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Format);
        assert!(error.what().contains("metadata version 2"));
    }

    #[test]
    fn a_hostile_length_costs_nothing() {
        let mut bytes = vec![VERSION];
        bytes.extend(u64::MAX.to_le_bytes());
        assert!(decode::<String>(&bytes).is_err());
        assert!(decode::<Vec<u64>>(&bytes).is_err());
    }

    #[test]
    fn names_must_be_utf8() {
        let mut bytes = encode(&"name").unwrap();
        *bytes.last_mut().unwrap() = 0xFF;
        assert!(decode::<String>(&bytes).is_err());
    }
}
