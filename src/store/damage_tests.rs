//! Here are good files; whatever happens to them, nobody is lied to.
//!
//! The promises of the container, each tried out: every flipped bit and every
//! truncation is refused, hostile files with repaired checksums are safe, a save
//! is all or nothing, readers survive replacement.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::layout::{PAGE, PRELUDE, Prelude};
use super::metadata::{self, Directory};
use super::{ModelFile, OpenOptions, Section, Writer};
use crate::error::{Error, ErrorKind, Result};

/// A small model of two tables and an empty one, saved at `path`.
fn save(path: &Path, mark: u32) -> Result<()> {
    let mut writer = Writer::create(path, "test")?;
    writer.column("ids", &[mark, 2, 3])?;
    writer.section("empty", b"")?;
    writer.section_with("marks", |section| {
        (0..100).try_for_each(|_| section.column(&[mark]))
    })?;
    writer.finish(&("header", mark))?;
    Ok(())
}

fn small_file() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("small.model");
    save(&path, 7).unwrap();
    fs::read(&path).unwrap()
}

fn refused(bytes: &[u8], damage: impl Fn() -> String) {
    let opened = ModelFile::from_bytes("damaged.model", bytes);
    let error = opened
        .err()
        .unwrap_or_else(|| panic!("{} went unnoticed", damage()));
    assert!(
        error.place().is_some() && error.advice().is_some(),
        "{error}"
    );
}

/// A save that can be told from another, and is whole.
fn mark_of(file: &ModelFile) -> u32 {
    let (_, mark): (String, u32) = file.header().unwrap();
    assert_eq!(*file.column::<u32>("ids").unwrap(), [mark, 2, 3]);
    assert_eq!(*file.column::<u32>("marks").unwrap(), [mark; 100]);
    mark
}

#[test]
fn a_file_goes_round_mapped_and_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("small.model");
    save(&path, 7).unwrap();
    for (verify, map) in [(true, true), (true, false), (false, true), (false, false)] {
        let file = ModelFile::open(&path, OpenOptions { verify, map }).unwrap();
        assert_eq!(mark_of(&file), 7);
        assert_eq!((file.kind(), file.path()), ("test", path.as_path()));
        assert_eq!(file.bytes("empty").unwrap(), b"");
        assert_eq!(file.len(), fs::metadata(&path).unwrap().len());
        let hash = blake3::hash(&fs::read(&path).unwrap());
        assert_eq!(file.blake3(), hash.to_hex().as_str());
    }
}

#[test]
fn every_flipped_bit_is_refused() {
    let mut bytes = small_file();
    ModelFile::from_bytes("good.model", &bytes).unwrap();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            bytes[at] ^= 1 << bit;
            refused(&bytes, || format!("bit {bit} of byte {at}"));
            bytes[at] ^= 1 << bit;
        }
    }
}

#[test]
fn every_truncation_and_every_appendix_is_refused() {
    let mut bytes = small_file();
    for length in 0..bytes.len() {
        refused(&bytes[..length], || format!("a cut at {length}"));
    }
    for more in [1, 3, 64, 4096] {
        let length = bytes.len();
        bytes.resize(length + more, 0);
        refused(&bytes, || format!("{more} bytes more"));
        bytes.truncate(length);
    }
}

#[test]
fn damage_is_refused_on_disk_as_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("damaged.model");
    let good = small_file();
    let (verify, map) = (true, false);
    for at in (0..good.len()).step_by(97) {
        let mut bytes = good.clone();
        bytes[at] ^= 4;
        fs::write(&path, &bytes).unwrap();
        assert!(ModelFile::open(&path, OpenOptions::default()).is_err());
        assert!(ModelFile::open(&path, OpenOptions { verify, map }).is_err());
        fs::write(&path, &good[..at]).unwrap();
        assert!(ModelFile::open(&path, OpenOptions::default()).is_err());
    }
}

/// The small file with its directory or its prelude changed, and all checksums right again.
fn forged(change: impl FnOnce(&mut Directory, &mut Prelude)) -> Vec<u8> {
    let mut bytes = small_file();
    let mut prelude = Prelude::decode(&bytes[..PRELUDE], bytes.len() as u64).unwrap();
    let body = prelude.metadata_offset as usize;
    let mut directory: Directory = metadata::decode(&bytes[body..]).unwrap();
    bytes.truncate(body);
    change(&mut directory, &mut prelude);
    let metadata = metadata::encode(&directory).unwrap();
    bytes.extend(&metadata);
    prelude.metadata_crc = crc32fast::hash(&metadata);
    prelude.metadata_length = metadata.len() as u64;
    prelude.total_length = bytes.len() as u64;
    bytes[..PRELUDE].copy_from_slice(&prelude.encode());
    bytes
}

#[test]
fn hostile_directories_with_good_checksums_are_refused() {
    type Forgery = fn(&mut Directory);
    let forgeries: [(&str, Forgery); 10] = [
        ("an offset beyond all", |d| d.sections[0].offset = u64::MAX),
        ("a length beyond all", |d| d.sections[0].length = u64::MAX),
        ("a length past the end", |d| d.sections[2].length = PAGE + 1),
        ("an overlap", |d| d.sections[2].offset = PAGE),
        ("the prelude as a section", |d| d.sections[0].offset = 0),
        ("a misaligned section", |d| d.sections[0].offset += 4),
        ("sections out of order", |d| d.sections.swap(0, 2)),
        ("a section left out", |d| drop(d.sections.remove(0))),
        ("a name twice", |d| d.sections[1].name = "ids".to_owned()),
        ("a section shorter than its bytes", |d| {
            d.sections[0].length = 4;
            d.sections[0].crc = crc32fast::hash(&7_u32.to_le_bytes());
        }),
    ];
    ModelFile::from_bytes("unchanged.model", &forged(|_, _| ())).unwrap();
    for (what, forge) in forgeries {
        refused(&forged(|directory, _| forge(directory)), || what.to_owned());
    }
}

#[test]
fn hostile_preludes_with_good_checksums_are_refused() {
    for offset in [0, 64, 4096, 8192 + 1, 1 << 40, u64::MAX - 10, u64::MAX] {
        let bytes = forged(|_, prelude| prelude.metadata_offset = offset);
        refused(&bytes, || format!("metadata at {offset}"));
    }
    let length = small_file().len() as u64;
    for metadata_length in [0, 1, length, u64::MAX] {
        let mut bytes = small_file();
        let prelude = Prelude::decode(&bytes[..PRELUDE], length).unwrap();
        let prelude = Prelude {
            metadata_length,
            ..prelude
        };
        bytes[..PRELUDE].copy_from_slice(&prelude.encode());
        refused(&bytes, || format!("{metadata_length} bytes of metadata"));
    }
}

#[test]
fn a_name_that_is_not_utf8_is_refused() {
    let mut bytes = small_file();
    let mut prelude = Prelude::decode(&bytes[..PRELUDE], bytes.len() as u64).unwrap();
    let metadata = &mut bytes[prelude.metadata_offset as usize..];
    let at = metadata.windows(5).position(|w| w == b"empty").unwrap();
    metadata[at] = 0xFF;
    prelude.metadata_crc = crc32fast::hash(metadata);
    bytes[..PRELUDE].copy_from_slice(&prelude.encode());
    refused(&bytes, || "a name of other bytes".to_owned());
}

#[test]
fn a_wrong_question_is_an_error_with_its_place() {
    let file = ModelFile::from_bytes("small.model", &small_file()).unwrap();
    let error = file.column::<u32>("weights").unwrap_err();
    assert_eq!(error.place(), Some("small.model, section \"weights\""));
    assert_eq!(error.kind(), ErrorKind::Format);
    assert!(file.column::<u64>("ids").is_err(), "12 bytes are no u64s");
    assert!(file.header::<(String, u64, u64)>().is_err());
    assert!(file.header::<String>().is_err(), "bytes left over");
}

#[test]
fn what_is_no_model_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let open = |path: &Path| ModelFile::open(path, OpenOptions::default()).unwrap_err();
    let arpa = folder.path().join("a.arpa");
    fs::write(&arpa, "\\data\\\nngram 1=1\n").unwrap();
    assert!(open(&arpa).what().contains("ARPA"));
    assert!(open(folder.path()).what().contains("not a file"));
    assert_eq!(open(&folder.path().join("absent")).kind(), ErrorKind::Io);
}

#[test]
fn a_writer_that_failed_or_was_misused_leaves_the_old_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.model");
    save(&path, 1).unwrap();
    let mut writer = Writer::create(&path, "test").unwrap();
    writer.section("a", b"1").unwrap();
    assert!(writer.section("a", b"2").is_err(), "the same name twice");
    assert!(writer.section("", b"2").is_err());
    let stop = || Error::new(ErrorKind::Interrupted, "stop");
    assert!(writer.section_with("b", |_| Err(stop())).is_err());
    assert!(writer.finish(&()).is_err(), "a section is incomplete");
    let file = ModelFile::open(&path, OpenOptions::default()).unwrap();
    assert_eq!(mark_of(&file), 1);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn readers_survive_replacement() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.model");
    save(&path, 0).unwrap();
    let old = ModelFile::open(&path, OpenOptions::default()).unwrap();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| (1..50).for_each(|mark| save(&path, mark).unwrap()));
        while !writer.is_finished() {
            mark_of(&ModelFile::open(&path, OpenOptions::default()).unwrap());
        }
    });
    assert_eq!(mark_of(&old), 0, "the mapping keeps the old file");
    let new = ModelFile::open(&path, OpenOptions::default()).unwrap();
    assert_eq!(mark_of(&new), 49);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_sections_go_round(
        sections in prop::collection::btree_map("[a-zé]{1,9}", prop::collection::vec(any::<u8>(), 0..9000), 0..6),
        header: (u64, String, Option<f64>),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("any.model");
        let mut writer = Writer::create(&path, "any").unwrap();
        for (name, bytes) in &sections {
            writer.section(name, bytes).unwrap();
        }
        let length = writer.finish(&header).unwrap();
        let file = ModelFile::open(&path, OpenOptions::default()).unwrap();
        prop_assert_eq!(file.len(), length);
        let names: Vec<&String> = file.sections().iter().map(|s: &Section| &s.name).collect();
        prop_assert_eq!(names, sections.keys().collect::<Vec<_>>());
        for (name, bytes) in &sections {
            prop_assert_eq!(file.bytes(name).unwrap(), &bytes[..]);
            prop_assert_eq!(&*file.column::<u8>(name).unwrap(), &bytes[..]);
        }
        let again: (u64, String, Option<f64>) = file.header().unwrap();
        prop_assert_eq!((again.0, again.1), (header.0, header.1));
        prop_assert_eq!(again.2.map(f64::to_bits), header.2.map(f64::to_bits));
    }

    #[test]
    fn any_bytes_give_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(ModelFile::from_bytes("any", &bytes).is_err());
    }
}
