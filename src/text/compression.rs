//! Here are the first bytes of a file, tell me how it is compressed, and undo it.
//!
//! All four formats allow several compressed pieces in one file, as parallel
//! compressors and `cat` make them; all pieces are read.

use std::io::{self, BufRead, Read};

use liblzma::stream::{CONCATENATED, Stream};

/// How many bytes [`Compression::of`] wants to see.
pub(super) const MAGIC_LEN: usize = 10;

/// An xz file may ask for any amount of memory; the largest preset needs 65 MiB.
const XZ_MEMORY: u64 = 256 << 20;

/// A way of compression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    Gzip,
    Zstd,
    Xz,
    Bzip2,
}

impl Compression {
    /// How a file that begins like this is compressed, if it is.
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0x1F, 0x8B, 0x08, ..] => Some(Compression::Gzip),
            [0x28, 0xB5, 0x2F, 0xFD, ..] => Some(Compression::Zstd),
            // A frame to be skipped, with which parallel compressors begin.
            [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..] => Some(Compression::Zstd),
            [0xFD, b'7', b'z', b'X', b'Z', 0, ..] => Some(Compression::Xz),
            // "BZh9" could be a word, so the number behind it (π, or √π at the end) must be there.
            [b'B', b'Z', b'h', b'1'..=b'9', number @ ..] => {
                let begins = number.starts_with(b"\x31\x41\x59\x26\x53\x59");
                let ends = number.starts_with(b"\x17\x72\x45\x38\x50\x90");
                (begins || ends).then_some(Compression::Bzip2)
            }
            _ => None,
        }
    }

    /// The name of the program that makes and tests such files.
    pub(super) fn program(self) -> &'static str {
        match self {
            Compression::Gzip => "gzip",
            Compression::Zstd => "zstd",
            Compression::Xz => "xz",
            Compression::Bzip2 => "bzip2",
        }
    }

    /// The text behind the compressed bytes.
    pub(super) fn decoder<R>(self, compressed: R) -> io::Result<Box<dyn Read + Send>>
    where
        R: BufRead + Send + 'static,
    {
        Ok(match self {
            Compression::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(compressed)),
            Compression::Zstd => Box::new(zstd::Decoder::with_buffer(compressed)?),
            Compression::Xz => {
                let stream = Stream::new_stream_decoder(XZ_MEMORY, CONCATENATED)?;
                Box::new(liblzma::bufread::XzDecoder::new_stream(compressed, stream))
            }
            Compression::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(compressed)),
        })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::text) const ALL: [Compression; 4] = [
        Compression::Gzip,
        Compression::Zstd,
        Compression::Xz,
        Compression::Bzip2,
    ];

    pub(in crate::text) fn compress(how: Compression, text: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let read = match how {
            Compression::Gzip => flate2::bufread::GzEncoder::new(text, flate2::Compression::best())
                .read_to_end(&mut bytes),
            Compression::Zstd => {
                bytes = zstd::encode_all(text, 3).unwrap();
                Ok(0)
            }
            Compression::Xz => liblzma::bufread::XzEncoder::new(text, 6).read_to_end(&mut bytes),
            Compression::Bzip2 => bzip2::bufread::BzEncoder::new(text, bzip2::Compression::best())
                .read_to_end(&mut bytes),
        };
        read.unwrap();
        bytes
    }

    fn expand(bytes: &[u8]) -> io::Result<Vec<u8>> {
        let how = Compression::of(bytes).expect("a known magic");
        let mut text = Vec::new();
        let bytes = io::Cursor::new(bytes.to_vec());
        how.decoder(bytes)?.read_to_end(&mut text)?;
        Ok(text)
    }

    #[test]
    fn every_format_goes_round_in_one_piece_and_in_several() {
        for how in ALL {
            let one = compress(how, b"one\ntwo\n");
            assert_eq!(Compression::of(&one), Some(how));
            assert_eq!(expand(&one).unwrap(), b"one\ntwo\n");
            let three = [one, compress(how, b""), compress(how, b"three")].concat();
            assert_eq!(expand(&three).unwrap(), b"one\ntwo\nthree", "{how:?}");
            assert_eq!(expand(&compress(how, b"")).unwrap(), b"", "{how:?}");
        }
    }

    #[test]
    fn every_truncation_is_an_error() {
        for how in ALL {
            let whole = compress(how, b"some text that goes on for a while, then ends");
            for length in MAGIC_LEN..whole.len() {
                assert!(expand(&whole[..length]).is_err(), "{how:?} cut at {length}");
            }
            let two = [&whole[..], &whole[..whole.len() - 1]].concat();
            assert!(expand(&two).is_err(), "{how:?} cut in its second piece");
        }
    }

    #[test]
    fn text_is_not_taken_for_compressed() {
        for text in [&b""[..], b"BZh9 is a word", b"P*M", b"(text)", b"7zXZ"] {
            assert_eq!(Compression::of(text), None);
        }
    }
}
