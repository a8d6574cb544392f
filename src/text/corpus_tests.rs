//! Here are texts of every make; each gives exactly its sentences, or an error that says where.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::compression::tests::{ALL, compress};
use super::{BlankLines, Corpus, CorpusOptions, InvalidUtf8, Normalisation, Unit};
use crate::error::{Error, ErrorKind, Result};
use crate::warning::Warning;

fn default() -> CorpusOptions {
    CorpusOptions::default()
}

fn documents() -> CorpusOptions {
    CorpusOptions {
        unit: Unit::Document,
        ..default()
    }
}

fn jsonl(unit: Unit) -> CorpusOptions {
    CorpusOptions {
        unit,
        jsonl_field: Some("text".to_owned()),
        ..default()
    }
}

fn invalid(invalid: InvalidUtf8) -> CorpusOptions {
    CorpusOptions {
        invalid,
        ..default()
    }
}

fn text(bytes: &[u8], options: CorpusOptions) -> Corpus {
    Corpus::from_text("a.txt", bytes, options)
}

fn sentences(corpus: &Corpus) -> Result<Vec<Vec<u8>>> {
    let mut all = Vec::new();
    for batch in corpus.batches() {
        all.extend(batch?.sentences().map(<[u8]>::to_vec));
    }
    Ok(all)
}

fn check(bytes: &[u8], options: CorpusOptions, expected: &[&[u8]]) {
    let found = sentences(&text(bytes, options)).unwrap();
    assert_eq!(found, expected, "{:?}", String::from_utf8_lossy(bytes));
}

fn error_of(bytes: &[u8], options: CorpusOptions) -> Error {
    sentences(&text(bytes, options)).unwrap_err()
}

fn open(path: &Path, options: CorpusOptions) -> Result<Corpus> {
    Corpus::open(&[path.to_str().unwrap().to_owned()], options)
}

#[test]
fn lines_are_sentences() {
    check(b"a b\nc\n", default(), &[b"a b", b"c"]);
    check(b"a b\nc", default(), &[b"a b", b"c"]);
    check(b"a\r\nb\r\r\nc\rd\r", default(), &[b"a", b"b\r", b"c\rd\r"]);
    check(b"\n", default(), &[b""]);
    check(b"a\n\n\nb\n", default(), &[b"a", b"", b"", b"b"]);
    check(
        b"\xEF\xBB\xBFa\n\xEF\xBB\xBFb",
        default(),
        &[b"a", b"\xEF\xBB\xBFb"],
    );
}

#[test]
fn documents_are_whole_files() {
    check(b"a\r\n\nb\n", documents(), &[b"a\r\n\nb\n"]);
    let corpus = text(b"a", documents());
    let batch = corpus.batches().next().unwrap().unwrap();
    assert_eq!((batch.place(0).as_str(), batch.first_line()), ("a.txt", 1));
}

#[test]
fn blank_sentences_are_skipped_on_request() {
    let options = CorpusOptions {
        blank: BlankLines::Skip,
        ..default()
    };
    check(
        "a\n \t\u{3000}\n\nb".as_bytes(),
        options.clone(),
        &[b"a", b"b"],
    );
    let corpus = text(b"\n\nthird\n\nfifth", options);
    let batch = corpus.batches().next().unwrap().unwrap();
    assert_eq!(batch.first_line(), 3);
    assert_eq!(batch.place(1), "a.txt, line 5");
}

#[test]
fn sentences_are_folded() {
    let options = CorpusOptions {
        normalise: Normalisation::Nfc,
        lowercase: true,
        ..default()
    };
    check(
        "E\u{301}T\nplain".as_bytes(),
        options,
        &["ét".as_bytes(), b"plain"],
    );
}

#[test]
fn jsonl_gives_the_lines_of_a_field_or_the_record() {
    let records = b"{\"text\": \"a\\nb\\n\"}\r\n\n{\"text\": \"\"}\n{\"text\": \"c\"}";
    check(records, jsonl(Unit::Line), &[b"a", b"b", b"c"]);
    check(records, jsonl(Unit::Document), &[b"a\nb\n", b"", b"c"]);
    let corpus = text(records, jsonl(Unit::Line));
    let batch = corpus.batches().next().unwrap().unwrap();
    assert_eq!(batch.place(1), "a.txt, line 1");
    assert_eq!(batch.place(2), "a.txt, line 4");
}

#[test]
fn a_bad_record_is_an_error_with_its_line() {
    for bad in [
        "no json",
        "{\"other\": \"a\"}",
        "{\"text\": 1}",
        "{\"text\": \"a\"",
    ] {
        let records = format!("{{\"text\": \"a\"}}\n{bad}\n");
        let error = error_of(records.as_bytes(), jsonl(Unit::Line));
        assert_eq!(error.place(), Some("a.txt, line 2"), "{bad}");
        assert_eq!(error.kind(), ErrorKind::Input);
    }
    let error = error_of(
        b"{\"text\": \"a\"}\n{\"text\": \"\xFF\"}",
        jsonl(Unit::Line),
    );
    assert_eq!(error.place(), Some("a.txt, byte 24"));
}

#[test]
fn invalid_utf8_is_refused_with_its_place() {
    let error = error_of(b"\xEF\xBB\xBFab\nc\xFFd\n", default());
    assert_eq!(error.place(), Some("a.txt, byte 7"));
    assert!(error.what().contains("0xFF in line 2"), "{error}");
    assert!(error.advice().unwrap().contains("--lossy"), "{error}");
    let error = error_of(b"a\nbc\xC3", documents());
    assert_eq!(error.place(), Some("a.txt, byte 4"));
    for how in ALL {
        let error = error_of(&compress(how, b"a\n\xFF"), default());
        assert_eq!(error.place(), Some("a.txt, byte 2"), "of the text");
    }
}

#[test]
fn invalid_utf8_is_replaced_and_counted_or_kept() {
    let corpus = text(b"a\nb\xFFc\n\xE2\x82\n", invalid(InvalidUtf8::Replace));
    for _pass in 0..2 {
        let found = sentences(&corpus).unwrap();
        assert_eq!(found[1], "b\u{FFFD}c".as_bytes());
        assert_eq!(found[2], "\u{FFFD}".as_bytes());
        let (sequences, first) = (2, "a.txt, byte 3".to_owned());
        let expected = Warning::ReplacedBytes { sequences, first };
        assert_eq!(corpus.warnings(), [expected]);
    }
    check(b"b\xFFc", invalid(InvalidUtf8::Keep), &[b"b\xFFc"]);
}

#[test]
fn foreign_encodings_are_refused_by_name() {
    for (bytes, name) in [
        (&b"\xFF\xFEa\0"[..], "UTF-16"),
        (b"\xFE\xFF\0a", "UTF-16"),
        (b"\xFF\xFE\0\0a\0\0\0", "UTF-32"),
    ] {
        for how in [InvalidUtf8::Refuse, InvalidUtf8::Replace] {
            let error = error_of(bytes, invalid(how));
            assert!(error.what().contains(name), "{error}");
            assert!(error.advice().unwrap().contains("iconv"), "{error}");
        }
        check(bytes, invalid(InvalidUtf8::Keep), &[bytes]);
    }
}

#[test]
fn a_corpus_without_a_sentence_is_an_error() {
    let skip = CorpusOptions {
        blank: BlankLines::Skip,
        ..default()
    };
    for (bytes, options) in [
        (&b""[..], default()),
        (b"\xEF\xBB\xBF", default()),
        (b"", documents()),
        (b" \n\n", skip),
        (b"{\"text\": \"\"}\n", jsonl(Unit::Line)),
    ] {
        let corpus = text(bytes, options);
        let mut batches = corpus.batches();
        let error = batches.next().unwrap().unwrap_err();
        assert!(error.what().contains("no text"), "{error}");
        assert!(batches.next().is_none());
    }
}

#[test]
fn compressed_files_read_like_plain_ones_whatever_their_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("corpus.txt");
    for how in ALL {
        let pieces = [compress(how, b"\xEF\xBB\xBFone\nt"), compress(how, b"wo\n")];
        fs::write(&path, pieces.concat()).unwrap();
        let corpus = open(&path, default()).unwrap();
        assert_eq!(sentences(&corpus).unwrap(), [b"one", b"two"], "{how:?}");
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() - 3]).unwrap();
        let error = sentences(&open(&path, default()).unwrap()).unwrap_err();
        assert_eq!(error.place(), path.to_str(), "{error}");
        assert!(error.what().contains(how.program()), "{error}");
    }
}

#[test]
fn large_files_come_in_batches_of_whole_sentences() {
    let line = "a line of no great length, many times over\n";
    let bytes = line.repeat(250_000);
    for packed in [bytes.clone().into(), compress(ALL[0], bytes.as_bytes())] {
        let corpus = Corpus::from_text("a.txt", packed, default());
        let (mut lines, mut read) = (0, 0);
        for batch in corpus.batches() {
            let batch = batch.unwrap();
            assert!(batch.text_len() <= 4 << 20);
            assert_eq!(batch.first_line(), lines + 1);
            assert!(batch.sentences().all(|s| s == line.trim_end().as_bytes()));
            lines += batch.len() as u64;
            read += batch.bytes_read();
        }
        assert_eq!(lines, 250_000);
        assert_eq!(Some(read), corpus.total_bytes());
    }
}

#[test]
fn files_are_read_in_order_and_twice() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("a", "1\n2"), ("b", ""), ("c", "3")] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let corpus = open(folder.path(), default()).unwrap();
    assert_eq!(corpus.files().len(), 3);
    assert_eq!(corpus.total_bytes(), Some(4));
    for _pass in 0..2 {
        assert_eq!(sentences(&corpus).unwrap(), [b"1", b"2", b"3"]);
    }
    fs::remove_file(folder.path().join("c")).unwrap();
    assert_eq!(sentences(&corpus).unwrap_err().kind(), ErrorKind::Io);
}

#[test]
fn what_a_folder_passes_over_is_said() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("image"), b"\0").unwrap();
    fs::write(folder.path().join("tar"), compress(ALL[0], b"file\0\0\0")).unwrap();
    fs::write(folder.path().join("text"), compress(ALL[1], b"a")).unwrap();
    let corpus = open(folder.path(), default()).unwrap();
    assert_eq!(sentences(&corpus).unwrap(), [b"a"]);
    let warnings = corpus.warnings();
    assert_eq!(warnings.len(), 1);
    assert!(
        warnings[0].to_string().contains("2 files"),
        "{}",
        warnings[0]
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_pipe_is_read_once() {
    use std::io::Write;
    use std::os::fd::AsRawFd;
    let (reader, mut writer) = std::io::pipe().unwrap();
    writer.write_all(b"a\nb").unwrap();
    drop(writer);
    let path = format!("/proc/self/fd/{}", reader.as_raw_fd());
    let corpus = open(Path::new(&path), default()).unwrap();
    assert_eq!(corpus.total_bytes(), None);
    assert_eq!(sentences(&corpus).unwrap(), [b"a", b"b"]);
    let error = sentences(&corpus).unwrap_err();
    assert!(error.what().contains("only once"), "{error}");
}

#[test]
fn batches_go_between_threads() {
    fn between_threads<T: Send>() {}
    between_threads::<super::Batches<'_>>();
    between_threads::<&Corpus>();
}

proptest! {
    #[test]
    fn any_bytes_give_sentences_or_an_error(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        magic in prop::sample::select(vec![&b""[..], b"\x1F\x8B\x08", b"\x28\xB5\x2F\xFD", b"\xFD7zXZ\0", b"BZh91AY&SY"]),
        field in prop::option::of("[a.]{0,3}"),
    ) {
        let bytes = [magic, &bytes].concat();
        for invalid in [InvalidUtf8::Refuse, InvalidUtf8::Replace, InvalidUtf8::Keep] {
            let options = CorpusOptions { jsonl_field: field.clone(), lowercase: true, ..self::invalid(invalid) };
            let _ = sentences(&text(&bytes, options));
        }
    }

    #[test]
    fn lines_are_what_was_joined(lines in prop::collection::vec("[a-z é]{0,5}", 1..20)) {
        let joined = lines.join("\n") + "\n";
        let found = sentences(&text(joined.as_bytes(), default())).unwrap();
        let lines: Vec<_> = lines.into_iter().map(String::into_bytes).collect();
        prop_assert_eq!(found, lines);
    }
}
