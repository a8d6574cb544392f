//! Here are the parts around the model; say what each does.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use super::{broken, flag, kind, refused, text};
use crate::error::Result;
use crate::token::subword::charsmap::CharsMap;
use crate::token::subword::join::Join;
use crate::token::subword::known::GPT2_AS_PUBLISHED;
use crate::token::subword::normalise::{Needle, Normaliser};
use crate::token::subword::split::Matcher;
use crate::token::subword::steps::{Behaviour, Kind, Prepended, Step};

/// The parts of a sequence, or the part itself.
fn sequence<'v>(part: &'v Value, list: &str) -> Result<Vec<&'v Value>> {
    match part {
        Value::Null => Ok(Vec::new()),
        _ if kind(part)? != "Sequence" => Ok(vec![part]),
        _ => {
            let inner = part[list].as_array();
            let inner = inner.ok_or_else(|| broken(format!("a sequence has no {list}")))?;
            let inner = inner.iter().map(|part| sequence(part, list));
            Ok(inner.collect::<Result<Vec<_>>>()?.concat())
        }
    }
}

pub(super) fn normalisers(part: &Value) -> Result<Vec<Normaliser>> {
    let mut normalisers = Vec::new();
    for part in sequence(part, "normalizers")? {
        match kind(part)? {
            "BertNormalizer" => bert(part, &mut normalisers)?,
            "NFC" => normalisers.push(Normaliser::Nfc),
            "NFD" => normalisers.push(Normaliser::Nfd),
            "NFKC" => normalisers.push(Normaliser::Nfkc),
            "NFKD" => normalisers.push(Normaliser::Nfkd),
            "Lowercase" => normalisers.push(Normaliser::Lowercase),
            "StripAccents" => normalisers.push(Normaliser::StripMarks),
            "Strip" => normalisers.push(Normaliser::Strip {
                left: flag(part, "strip_left")?,
                right: flag(part, "strip_right")?,
            }),
            "Replace" => normalisers.push(Normaliser::Replace {
                found: needle(&part["pattern"])?,
                with: text(part, "content")?.to_owned(),
            }),
            "Prepend" => normalisers.push(Normaliser::Prepend(text(part, "prepend")?.to_owned())),
            "Nmt" => normalisers.push(Normaliser::Nmt),
            "Precompiled" => {
                let map = BASE64_STANDARD.decode(text(part, "precompiled_charsmap")?);
                let map = map.map_err(|_| broken("its map of characters is damaged".into()))?;
                normalisers.push(Normaliser::Map(CharsMap::of(&map)?));
            }
            other => return Err(refused(&format!("the normalizer {other}"))),
        }
    }
    Ok(normalisers)
}

fn bert(part: &Value, normalisers: &mut Vec<Normaliser>) -> Result<()> {
    let lowercase = flag(part, "lowercase")?;
    let strips = match &part["strip_accents"] {
        Value::Null => lowercase,
        _ => flag(part, "strip_accents")?,
    };
    let all = [
        (flag(part, "clean_text")?, Normaliser::CleanText),
        (
            flag(part, "handle_chinese_chars")?,
            Normaliser::ApartChinese,
        ),
        (strips, Normaliser::StripNonspacing),
        (lowercase, Normaliser::Lowercase),
    ];
    normalisers.extend(
        all.into_iter()
            .filter_map(|(is_set, normaliser)| is_set.then_some(normaliser)),
    );
    Ok(())
}

fn needle(pattern: &Value) -> Result<Needle> {
    match (pattern["String"].as_str(), pattern["Regex"].as_str()) {
        (Some(text), None) if !text.is_empty() => Ok(Needle::Text(text.to_owned())),
        (None, Some(regex)) => Ok(Needle::Pattern(Matcher::of(regex)?)),
        _ => Err(broken(
            "a pattern is neither a text nor a regular expression".into(),
        )),
    }
}

/// The steps, and whether bytes are the symbols after them.
pub(super) fn steps(part: &Value) -> Result<(Vec<Step>, bool)> {
    let mut steps = Vec::new();
    let mut by_bytes = false;
    for part in sequence(part, "pretokenizers")? {
        let name = kind(part)?;
        if by_bytes {
            return Err(refused(&format!(
                "the pre-tokenizer {name} after ByteLevel"
            )));
        }
        match name {
            "ByteLevel" => {
                by_bytes = true;
                if flag(part, "add_prefix_space")? {
                    steps.push(Step::BlankFirst);
                }
                if part["use_regex"] != Value::Bool(false) {
                    steps.push(matching(
                        Matcher::of(GPT2_AS_PUBLISHED)?,
                        Behaviour::Isolated,
                        false,
                    ));
                }
            }
            "Split" => {
                let matcher = match needle(&part["pattern"])? {
                    Needle::Pattern(matcher) => matcher,
                    Needle::Text(text) => Matcher::of(&fancy_regex::escape(&text))?,
                };
                let inverted = flag(part, "invert")?;
                steps.push(matching(matcher, behaviour(&part["behavior"])?, inverted));
            }
            "Metaspace" => steps.push(metaspace(part)?),
            "BertPreTokenizer" => {
                steps.push(Step::At(Kind::Blank, Behaviour::Removed));
                steps.push(Step::At(Kind::Punctuation, Behaviour::Isolated));
            }
            "Whitespace" => {
                let matcher = Matcher::of(r"\w+|[^\w\s]+")?;
                steps.push(matching(matcher, Behaviour::Removed, true));
            }
            "WhitespaceSplit" => steps.push(Step::At(Kind::Blank, Behaviour::Removed)),
            "Punctuation" => {
                let behaviour = match &part["behavior"] {
                    Value::Null => Behaviour::Isolated,
                    named => behaviour(named)?,
                };
                steps.push(Step::At(Kind::Punctuation, behaviour));
            }
            "Digits" => {
                let behaviour = match flag(part, "individual_digits")? {
                    true => Behaviour::Isolated,
                    false => Behaviour::Contiguous,
                };
                steps.push(Step::At(Kind::Numeric, behaviour));
            }
            "CharDelimiterSplit" => {
                steps.push(Step::At(
                    Kind::One(character(part, "delimiter")?),
                    Behaviour::Removed,
                ));
            }
            other => return Err(refused(&format!("the pre-tokenizer {other}"))),
        }
    }
    Ok((steps, by_bytes))
}

fn matching(matcher: Matcher, behaviour: Behaviour, inverted: bool) -> Step {
    Step::Match {
        matcher,
        behaviour,
        inverted,
    }
}

fn behaviour(named: &Value) -> Result<Behaviour> {
    match named.as_str() {
        Some("Removed") => Ok(Behaviour::Removed),
        Some("Isolated") => Ok(Behaviour::Isolated),
        Some("MergedWithPrevious") => Ok(Behaviour::MergedWithPrevious),
        Some("MergedWithNext") => Ok(Behaviour::MergedWithNext),
        Some("Contiguous") => Ok(Behaviour::Contiguous),
        _ => Err(refused(&format!("the behavior {named}"))),
    }
}

fn metaspace(part: &Value) -> Result<Step> {
    let prepended = match (&part["prepend_scheme"], &part["add_prefix_space"]) {
        (Value::Null, Value::Bool(false)) => Prepended::Never,
        (Value::Null, _) => Prepended::Always,
        (scheme, _) => match scheme.as_str() {
            Some("always") => Prepended::Always,
            Some("first") => Prepended::First,
            Some("never") => Prepended::Never,
            _ => return Err(refused(&format!("the prepend scheme {scheme}"))),
        },
    };
    Ok(Step::Visible {
        blank: character(part, "replacement")?,
        prepended,
        cut: part["split"] != Value::Bool(false),
    })
}

fn character(part: &Value, name: &str) -> Result<char> {
    let mut characters = text(part, name)?.chars();
    match (characters.next(), characters.next()) {
        (Some(character), None) => Ok(character),
        _ => Err(broken(format!("{name} is not one character"))),
    }
}

/// Refuses a post-processor that does more than put special tokens around a text.
pub(super) fn check_post_processor(part: &Value) -> Result<()> {
    for part in sequence(part, "processors")? {
        match kind(part)? {
            "TemplateProcessing" | "BertProcessing" | "RobertaProcessing" | "ByteLevel" => {}
            other => return Err(refused(&format!("the post-processor {other}"))),
        }
    }
    Ok(())
}

pub(super) fn joins(part: &Value, by_bytes: bool) -> Result<Vec<Join>> {
    if part.is_null() {
        return Ok(vec![Join::Blanks]);
    }
    let mut joins = Vec::new();
    for part in sequence(part, "decoders")? {
        match kind(part)? {
            "ByteLevel" if by_bytes => {}
            // Pieces of bytes are bytes already.
            "ByteFallback" => {}
            "Fuse" => joins.push(Join::Fuse),
            "Metaspace" => {
                let Step::Visible {
                    blank, prepended, ..
                } = metaspace(part)?
                else {
                    unreachable!("it is one");
                };
                joins.push(Join::Visible {
                    blank: blank.into(),
                    drops_first: prepended != Prepended::Never,
                });
            }
            "WordPiece" => joins.push(Join::Words {
                prefix: text(part, "prefix")?.into(),
                tidies: flag(part, "cleanup")?,
            }),
            "BPEDecoder" => joins.push(Join::Suffix(text(part, "suffix")?.into())),
            "Strip" => joins.push(Join::Strip {
                content: character(part, "content")?.into(),
                left: count(part, "start")?,
                right: count(part, "stop")?,
            }),
            "Replace" => joins.push(Join::Replace {
                found: needle(&part["pattern"])?,
                with: text(part, "content")?.to_owned(),
            }),
            other => return Err(refused(&format!("the decoder {other}"))),
        }
    }
    Ok(joins)
}

fn count(part: &Value, name: &str) -> Result<usize> {
    let count = part[name].as_u64().filter(|&count| count <= 1 << 16);
    let count = count.ok_or_else(|| broken(format!("{name} is no small number")))?;
    Ok(count as usize)
}
