//! What other programs write: models and tokenizers.

use counterpoint::ngram::arpa::{self, Imported, Leniency};
use counterpoint::ngram::kenlm;
use counterpoint::progress::Quiet;
use counterpoint::token::Tokenizer;
use counterpoint::token::subword::{self, Format, Origin, Subwords};
use counterpoint::{Error, Result};

use super::{check_refusal, questions};

/// A text that is hard on tokenizers: scripts, marks, blanks, digits, a flag, what is no UTF-8.
const TEXT: &[u8] =
    "The  cat's 3 naïve mats\r\n\tΑΒγ ﬁ e\u{301} 日本 🇫🇷 <s>▁Ġ##ing aaaaaaaaaaaa".as_bytes();

/// ARPA files, strictly and leniently.
pub(super) fn arpa(bytes: &[u8]) {
    for leniency in [Leniency::Strict, Leniency::Lenient] {
        let mut input = bytes;
        ask(arpa::read(&mut input, "fuzzed.arpa", leniency, &Quiet));
    }
}

/// KenLM's binaries.
pub(super) fn kenlm(bytes: &[u8]) {
    let mut input = bytes;
    ask(kenlm::read(&mut input, "fuzzed.binary", &Quiet));
}

fn ask(imported: Result<Imported>) {
    match imported.and_then(Imported::into_model) {
        Ok(model) => questions::ask(&model, false),
        Err(error) => check_refusal(&error),
    }
}

/// HuggingFace's `tokenizer.json`.
pub(super) fn tokenizer_json(bytes: &[u8]) {
    published_as(Format::HuggingFace, bytes);
}

/// SentencePiece's `.model`.
pub(super) fn sentencepiece(bytes: &[u8]) {
    published_as(Format::SentencePiece, bytes);
}

/// tiktoken's ranks, behind a line with the pattern.
pub(super) fn tiktoken(bytes: &[u8]) {
    published_as(Format::Tiktoken, bytes);
}

/// GPT-2's two files, parted by a NUL.
pub(super) fn gpt2(bytes: &[u8]) {
    let end = bytes
        .iter()
        .position(|&byte| byte == 0)
        .unwrap_or(bytes.len());
    let (vocabulary, merges) = (&bytes[..end], bytes.get(end + 1..).unwrap_or_default());
    let folder = tempfile::tempdir().expect("there is room for two small files");
    let write = |name, bytes| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("there is room for two small files");
        path
    };
    let paths = [
        write("encoder.json", vocabulary),
        write("vocab.bpe", merges),
    ];
    try_out(subword::import(&paths));
}

fn published_as(format: Format, bytes: &[u8]) {
    let bytes = bytes.to_vec();
    try_out(Subwords::new("fuzzed", Origin { format, bytes }));
}

fn try_out(tokenizer: Result<Subwords, Error>) {
    match tokenizer {
        Ok(tokenizer) => encode(&tokenizer),
        Err(error) => check_refusal(&error),
    }
}

/// Ids have surfaces, and byte-level tokenizers give the bytes back.
pub(super) fn encode(subwords: &Subwords) {
    let _ = (subwords.method(), subwords.added(), subwords.len());
    let tokenizer = Tokenizer::Subwords(subwords.clone());
    let invalid = [TEXT, b"\xff\xc3"].concat();
    for text in [TEXT, &invalid, b""] {
        match tokenizer.pieces(text) {
            Ok(pieces) => {
                let joined = tokenizer.join(pieces);
                assert!(
                    !tokenizer.keeps_bytes() || joined == text,
                    "bytes were lost"
                );
            }
            Err(error) => check_refusal(&error),
        }
    }
    if let Err(error) = export(subwords) {
        check_refusal(&error);
    }
}

/// What goes out comes in again and gives the same ids.
fn export(subwords: &Subwords) -> Result<()> {
    let bytes = subwords.to_tokenizer_json()?;
    let format = Format::HuggingFace;
    let again = Subwords::new("again", Origin { format, bytes })?;
    assert_eq!(again.encode(TEXT)?, subwords.encode(TEXT)?);
    Ok(())
}
