//! Here are the parts of a model file, give me the file with its checksums right, and back.
//!
//! A fuzzer that changes a model file only ever meets the checksums. So it is given
//! the parts: the kind, the header, and each section with its name, all of them with
//! their length in front, and none of the padding. Lengths that promise more than
//! there is get what there is. The frame is that of the documentation of
//! `counterpoint::store`.

use counterpoint::store::{FORMAT_VERSION, MAGIC, ModelFile};
use serde::Serialize;

const PAGE: usize = 4096;
const PRELUDE: usize = 64;

#[derive(Serialize)]
struct Section {
    name: String,
    offset: u64,
    length: u64,
    crc: u32,
}

#[derive(Serialize)]
struct Directory {
    kind: String,
    sections: Vec<Section>,
    header: Vec<u8>,
}

/// A model file of the parts that these bytes describe.
pub(crate) fn seal(mut parts: &[u8]) -> Vec<u8> {
    let kind = text(take(&mut parts, 1));
    let header = take(&mut parts, 2).to_vec();
    let mut file = vec![0; PAGE];
    let mut sections = Vec::new();
    while !parts.is_empty() {
        let name = text(take(&mut parts, 1));
        let bytes = take(&mut parts, 4);
        sections.push(Section {
            name,
            offset: file.len() as u64,
            length: bytes.len() as u64,
            crc: crc32fast::hash(bytes),
        });
        file.extend_from_slice(bytes);
        file.resize(file.len().next_multiple_of(PAGE), 0);
    }
    let directory = Directory {
        kind,
        sections,
        header,
    };
    let config = bincode::config::standard().with_fixed_int_encoding();
    let mut metadata = vec![1];
    metadata.extend(bincode::serde::encode_to_vec(&directory, config).expect("memory is written"));
    let prelude = prelude(&file, &metadata);
    file[..PRELUDE].copy_from_slice(&prelude);
    file.extend(metadata);
    file
}

fn prelude(file: &[u8], metadata: &[u8]) -> [u8; PRELUDE] {
    let (offset, length) = (file.len() as u64, metadata.len() as u64);
    let mut bytes = [0; PRELUDE];
    bytes[0..8].copy_from_slice(&MAGIC);
    bytes[8..12].copy_from_slice(&FORMAT_VERSION.to_le_bytes());
    bytes[12..16].copy_from_slice(&crc32fast::hash(metadata).to_le_bytes());
    bytes[16..24].copy_from_slice(&offset.to_le_bytes());
    bytes[24..32].copy_from_slice(&length.to_le_bytes());
    bytes[32..40].copy_from_slice(&(offset + length).to_le_bytes());
    let crc = crc32fast::hash(&bytes[..60]);
    bytes[60..].copy_from_slice(&crc.to_le_bytes());
    bytes
}

/// The bytes that describe the parts of a model file, from which a fuzzer can begin.
#[allow(dead_code, reason = "who makes inputs calls it, and a test does")]
pub(crate) fn parts(file: &ModelFile, whole: &[u8]) -> Vec<u8> {
    let mut parts = Vec::new();
    put(&mut parts, 1, file.kind().as_bytes());
    put(&mut parts, 2, &header(file, whole));
    for section in file.sections() {
        put(&mut parts, 1, section.name.as_bytes());
        let bytes = file.bytes(&section.name).expect("it lists its sections");
        put(&mut parts, 4, bytes);
    }
    parts
}

/// The header is what ends the file, with its length in eight bytes in front.
fn header(file: &ModelFile, whole: &[u8]) -> Vec<u8> {
    let listed = |section: &counterpoint::store::Section| 8 + section.name.len() + 8 + 8 + 4;
    let sections: usize = file.sections().iter().map(listed).sum();
    let before = 1 + 8 + file.kind().len() + 8 + sections + 8;
    let metadata = u64::from_le_bytes(whole[16..24].try_into().expect("eight bytes"));
    whole[metadata as usize + before..].to_vec()
}

fn put(parts: &mut Vec<u8>, width: usize, bytes: &[u8]) {
    parts.extend_from_slice(&(bytes.len() as u64).to_le_bytes()[..width]);
    parts.extend_from_slice(bytes);
}

/// The next part, whose length stands in `width` bytes.
pub(super) fn take<'p>(parts: &mut &'p [u8], width: usize) -> &'p [u8] {
    let (length, rest) = parts.split_at(width.min(parts.len()));
    let length = length
        .iter()
        .rev()
        .fold(0usize, |sum, &byte| (sum << 8) | usize::from(byte));
    let (part, rest) = rest.split_at(length.min(rest.len()));
    *parts = rest;
    part
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
