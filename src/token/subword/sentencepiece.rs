//! Here is a SentencePiece model, give me the tokenizer.
//!
//! The model is a message in protocol buffers: pieces with scores and kinds, and how text is
//! normalised. Its unigram model is a sum over the whole sentence; its merges are ranked by score, the
//! greatest first, and equal ones from the left.

use super::added::{Added, AddedToken};
use super::bpe::{Bpe, Characters, Spellings, Symbols, pairs_of_pieces};
use super::charsmap::CharsMap;
use super::coder::{Coder, Model, Workshops};
use super::join::Join;
use super::normalise::Normaliser;
use super::protobuf::{Value, fields};
use super::steps::Step;
use super::tiktoken::{broken, put};
use super::trie::Trie;
use super::unigram::{Rounding, Unigram};
use crate::error::{Error, ErrorKind, Result};

/// The visible blank.
const BLANK: &str = "▁";

/// What a piece is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Normal,
    Unknown,
    Control,
    UserDefined,
    Byte(u8),
}

struct Piece {
    spelled: String,
    score: f32,
    kind: Kind,
}

/// How a sentence is normalised.
pub(super) struct Sentence {
    map: Option<CharsMap>,
    /// Symbols that are left as they are.
    user_defined: Trie,
    blank_first: bool,
    blank_last: bool,
    single_blanks: bool,
    blank: &'static str,
}

/// The parts of a model that matter.
struct Proto {
    pieces: Vec<Piece>,
    model_type: u64,
    falls_back_to_bytes: bool,
    blank_last: bool,
    map: Vec<u8>,
    dummy_prefix: bool,
    single_blanks: bool,
    escapes_blanks: bool,
    denormalises: bool,
}

/// True if a file begins as a model does: with a piece.
pub(super) fn is_model(file: &[u8]) -> bool {
    file.first() == Some(&0x0A) && Proto::read(file).is_ok_and(|proto| !proto.pieces.is_empty())
}

pub(super) fn read(model: &[u8]) -> Result<Coder> {
    let proto = Proto::read(model)?;
    proto.refuse_what_is_not_done()?;
    let mut surfaces = Vec::new();
    let (mut unknown, mut bytes) = (None, Box::new([None; 256]));
    let mut user_defined = Vec::new();
    for (id, piece) in (0..).zip(&proto.pieces) {
        let surface = match piece.kind {
            Kind::Byte(byte) => {
                bytes[byte as usize] = Some(id);
                vec![byte]
            }
            _ => piece.spelled.clone().into_bytes(),
        };
        put(&mut surfaces, id, surface.into())?;
        match piece.kind {
            Kind::Unknown => unknown = Some(id),
            Kind::UserDefined => user_defined.push(AddedToken::plain(id, piece.spelled.clone())),
            _ => {}
        }
    }
    let unknown = unknown.ok_or_else(|| broken("it has no unknown piece".into()))?;
    let bytes = proto.falls_back_to_bytes.then_some(bytes);
    let sentence = Sentence {
        map: match proto.map.is_empty() {
            true => None,
            false => Some(CharsMap::of(&proto.map)?),
        },
        user_defined: Trie::of(
            (user_defined.iter()).map(|token| (token.content.as_bytes(), token.id)),
        ),
        blank_first: proto.dummy_prefix && !proto.blank_last,
        blank_last: proto.dummy_prefix && proto.blank_last,
        single_blanks: proto.single_blanks,
        blank: if proto.escapes_blanks { BLANK } else { " " },
    };
    let join = Join::Sentence {
        drops_first: !proto.blank_last && (proto.dummy_prefix || proto.single_blanks),
        drops_last: sentence.blank_last,
    };
    let is_bpe = proto.model_type == 2;
    Ok(Coder {
        surfaces,
        unknown: Some(unknown),
        fuses_unknown: true,
        by_bytes: false,
        added: Added::default(),
        normalisers: vec![Normaliser::Sentence(sentence)],
        added_after: Added::new(if is_bpe { user_defined } else { Vec::new() })?,
        steps: match is_bpe && proto.blanks_begin_pieces() {
            true => vec![Step::BeforeRuns('▁')],
            false => Vec::new(),
        },
        model: match is_bpe {
            true => Model::Bpe(proto.bpe(unknown, bytes)?),
            false => Model::Unigram(proto.unigram(unknown, bytes)),
        },
        joins: vec![join],
        workshops: Workshops::default(),
    })
}

impl Proto {
    fn read(model: &[u8]) -> Result<Self> {
        let mut proto = Proto {
            pieces: Vec::new(),
            model_type: 1,
            falls_back_to_bytes: false,
            blank_last: false,
            map: Vec::new(),
            dummy_prefix: true,
            single_blanks: true,
            escapes_blanks: true,
            denormalises: false,
        };
        fields(model, |number, value| {
            match number {
                1 => proto.pieces.push(Piece::read(value.bytes()?)?),
                2 => proto.read_trainer(value.bytes()?)?,
                3 => proto.read_normaliser(value.bytes()?)?,
                5 => fields(value.bytes()?, |number, value| {
                    proto.denormalises |= number == 2 && !value.bytes()?.is_empty();
                    Ok(())
                })?,
                _ => {}
            }
            Ok(())
        })?;
        Ok(proto)
    }

    fn read_trainer(&mut self, spec: &[u8]) -> Result<()> {
        fields(spec, |number, value| {
            match number {
                3 => self.model_type = value.integer()?,
                24 => self.blank_last = value.is_true()?,
                35 => self.falls_back_to_bytes = value.is_true()?,
                _ => {}
            }
            Ok(())
        })
    }

    fn read_normaliser(&mut self, spec: &[u8]) -> Result<()> {
        fields(spec, |number, value| {
            match number {
                2 => self.map = value.bytes()?.to_vec(),
                3 => self.dummy_prefix = value.is_true()?,
                4 => self.single_blanks = value.is_true()?,
                5 => self.escapes_blanks = value.is_true()?,
                _ => {}
            }
            Ok(())
        })
    }

    fn refuse_what_is_not_done(&self) -> Result<()> {
        let refuse = |what: &str| {
            Err(Error::new(
                ErrorKind::Format,
                format!("{what} of SentencePiece cannot be had here"),
            )
            .way_out("use a model of the unigram or the BPE type"))
        };
        match self.model_type {
            1 | 2 => {}
            3 => return refuse("the model type WORD"),
            4 => return refuse("the model type CHAR"),
            other => return refuse(&format!("the model type {other}")),
        }
        match self.denormalises {
            true => refuse("a denormaliser"),
            false => Ok(()),
        }
    }

    /// True if a blank stands only where a piece begins, be it one or more of them: nothing is merged
    /// across what comes before it.
    fn blanks_begin_pieces(&self) -> bool {
        self.pieces.iter().all(|piece| {
            let rest = piece.spelled.trim_start_matches(BLANK);
            piece.kind != Kind::Normal || !rest.contains(BLANK)
        })
    }

    fn bpe(&self, unknown: u32, bytes: Option<Box<[Option<u32>; 256]>>) -> Result<Bpe> {
        let normal = || {
            let all = (0..).zip(&self.pieces);
            all.filter(|(_, piece)| piece.kind == Kind::Normal)
        };
        let pieces: Spellings = normal()
            .map(|(id, piece)| (piece.spelled.as_bytes().into(), id))
            .collect();
        let mut buffer = [0; 4];
        for (_, piece) in normal() {
            let strange = (piece.spelled.chars())
                .find(|c| !pieces.contains_key(c.encode_utf8(&mut buffer).as_bytes()));
            if let Some(strange) = strange {
                let what = format!(
                    "the piece {:?}, whose character {strange:?} is none,",
                    piece.spelled
                );
                return Err(
                    Error::new(ErrorKind::Format, format!("{what} cannot be merged here"))
                        .way_out("train the model with all characters it needs"),
                );
            }
        }
        let mut scores: Vec<f32> = normal().map(|(_, piece)| piece.score).collect();
        scores.sort_by(|a, b| b.total_cmp(a));
        scores.dedup();
        let rank = |id: u32| {
            let score = self.pieces[id as usize].score;
            scores.partition_point(|other| *other > score) as u32
        };
        let find = |piece: &[u8]| pieces.get(piece).copied();
        let all = normal().map(|(id, piece)| (piece.spelled.as_bytes(), id));
        Ok(Bpe {
            pairs: pairs_of_pieces(all, find, rank),
            symbols: Symbols::Characters(Characters {
                pieces,
                prefix: Vec::new(),
                suffix: Vec::new(),
                bytes,
                unknown: Some(unknown),
                fuse_unknown: true,
            }),
            whole: None,
        })
    }

    fn unigram(&self, unknown: u32, bytes: Option<Box<[Option<u32>; 256]>>) -> Unigram {
        let all = || (0..).zip(&self.pieces);
        let normal = || all().filter(|(_, piece)| piece.kind == Kind::Normal);
        let scores = || normal().map(|(_, piece)| piece.score);
        let (lowest, highest) = (
            scores().fold(f32::MAX, f32::min),
            scores().fold(f32::MIN_POSITIVE, f32::max),
        );
        let score = |piece: &Piece| match piece.kind {
            // It is always chosen.
            Kind::UserDefined => f64::from(piece.spelled.len() as f32 * highest - 0.1),
            _ => f64::from(piece.score),
        };
        Unigram {
            trie: Trie::of(
                all()
                    .filter(|(_, piece)| matches!(piece.kind, Kind::Normal | Kind::UserDefined))
                    .map(|(id, piece)| (piece.spelled.as_bytes(), id)),
            ),
            scores: self.pieces.iter().map(score).collect(),
            lowest: f64::from(lowest),
            unknown,
            bytes,
            rounding: Rounding::Single,
        }
    }
}

impl Piece {
    fn read(message: &[u8]) -> Result<Self> {
        let (mut spelled, mut score, mut kind) = (String::new(), 0.0, 1);
        fields(message, |number, value: Value| {
            match number {
                1 => spelled = value.text()?.to_owned(),
                2 => score = value.float()?,
                3 => kind = value.integer()?,
                _ => {}
            }
            Ok(())
        })?;
        let kind = match kind {
            1 => Kind::Normal,
            2 => Kind::Unknown,
            3 => Kind::Control,
            4 => Kind::UserDefined,
            6 => Kind::Byte(byte(&spelled)?),
            5 => {
                let what = "unused pieces of SentencePiece cannot be had here";
                return Err(Error::new(ErrorKind::Format, what)
                    .at(format!("the piece {spelled:?}"))
                    .way_out("use the model without a restricted vocabulary"));
            }
            other => return Err(broken(format!("a piece of the unknown kind {other}"))),
        };
        match spelled.is_empty() {
            true => Err(broken("a piece is empty".into())),
            false => Ok(Piece {
                spelled,
                score,
                kind,
            }),
        }
    }
}

/// The byte that `<0x2E>` stands for.
pub(super) fn byte(piece: &str) -> Result<u8> {
    let digits = piece
        .strip_prefix("<0x")
        .and_then(|rest| rest.strip_suffix('>'));
    let byte = digits
        .filter(|digits| digits.len() == 2)
        .and_then(|digits| u8::from_str_radix(digits, 16).ok());
    byte.ok_or_else(|| broken(format!("{piece:?} stands for no byte")))
}

impl Sentence {
    /// What a place becomes, and how many bytes it has.
    fn at<'s>(&'s self, rest: &'s str) -> (&'s str, usize) {
        if let Some((length, _)) = self.user_defined.longest(rest.as_bytes()) {
            return (&rest[..length], length);
        }
        let mapped = self
            .map
            .as_ref()
            .and_then(|map| map.longest(rest.as_bytes()));
        // A damaged map may end within a character.
        let mapped = mapped.filter(|(length, _)| rest.is_char_boundary(*length));
        if let Some((length, replacement)) = mapped {
            return (replacement, length);
        }
        let length = rest.chars().next().map_or(0, char::len_utf8);
        (&rest[..length], length)
    }

    pub(super) fn apply(&self, text: &str) -> String {
        let mut rest = text;
        if self.single_blanks {
            while let (" ", length) = self.at(rest) {
                rest = &rest[length..];
            }
        }
        if rest.is_empty() {
            return String::new();
        }
        let mut out = String::with_capacity(rest.len() + rest.len() / 2);
        if self.blank_first {
            out.push_str(self.blank);
        }
        let mut after_blank = self.single_blanks;
        while !rest.is_empty() {
            let (mut found, length) = self.at(rest);
            if after_blank {
                found = found.trim_start_matches(' ');
            }
            if !found.is_empty() {
                for character in found.chars() {
                    match character {
                        ' ' => out.push_str(self.blank),
                        other => out.push(other),
                    }
                }
                after_blank = self.single_blanks && found.ends_with(' ');
            }
            rest = &rest[length..];
        }
        if self.single_blanks {
            out.truncate(out.trim_end_matches(self.blank).len());
        }
        if self.blank_last {
            out.push_str(self.blank);
        }
        out
    }
}
