//! Here is a record of JSON Lines, give me the text in one field of it; or add to it.
//!
//! The record is walked, not stored: whatever else it holds, however large or
//! deep, is checked and passed over. What is added goes before the last brace, so
//! that every byte of the record stays: numbers, escapes and the order of fields
//! are the writer's own.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::error::{Error, ErrorKind, Result};

/// So many names of fields are enough for a hint.
const NAMES_SHOWN: usize = 8;

/// The text in `field` of this record; a dot in `field` leads into an inner object.
pub(super) fn text<'r>(record: &'r [u8], field: &str) -> Result<Cow<'r, str>> {
    let path: Vec<&str> = field.split('.').collect();
    let mut json = serde_json::Deserializer::from_slice(record);
    let found = At(&path).deserialize(&mut json);
    let found = found.and_then(|found| json.end().map(|()| found));
    match found.map_err(|error| not_json(&error))? {
        Found::Text(text) => Ok(text),
        Found::Nothing => Err(missing(record, field)),
        Found::Other(kind) => {
            let what = format!("the field {field:?} holds {kind}, not text");
            Err(Error::new(ErrorKind::Input, what)
                .way_out("name the field that holds the text as a string"))
        }
    }
}

/// Appends a record that was read to `to`, with more fields at its end: `"a":1,"b":2`.
///
/// # Panics
/// If the record is no JSON object.
pub fn add_fields(record: &[u8], fields: &str, to: &mut Vec<u8>) {
    let object = record.trim_ascii_end();
    let (b'}', inside) = object.split_last().expect("an object has a brace") else {
        panic!("an object ends in a brace");
    };
    to.extend_from_slice(inside);
    if inside.trim_ascii() != b"{" {
        to.push(b',');
    }
    to.extend_from_slice(fields.as_bytes());
    to.push(b'}');
    to.extend_from_slice(&record[object.len()..]);
}

/// True if a record that was read has a field of this name itself, not in an inner object.
pub fn has_field(record: &[u8], name: &str) -> bool {
    // Rarely does a text hold the name in quotes that are not escaped.
    let spelled = memchr::memmem::find(record, format!("\"{name}\"").as_bytes()).is_some();
    let names = || serde_json::from_slice::<BTreeMap<String, IgnoredAny>>(record);
    spelled && names().is_ok_and(|names| names.contains_key(name))
}

fn not_json(error: &serde_json::Error) -> Error {
    let said = error.to_string();
    // Each record is its own document to the parser: its line number would mislead.
    let said = said.split(" at line ").next().unwrap_or_default();
    let column = error.column();
    Error::new(
        ErrorKind::Input,
        format!("not a JSON object: {said} (column {column})"),
    )
    .way_out("each line must hold one JSON object; leave out --jsonl to read the lines as they are")
}

fn missing(record: &[u8], field: &str) -> Error {
    let names: BTreeMap<String, IgnoredAny> = serde_json::from_slice(record).unwrap_or_default();
    let names: Vec<&str> = names.keys().map(String::as_str).take(NAMES_SHOWN).collect();
    let error = Error::new(ErrorKind::Input, format!("there is no field {field:?}"));
    match names.is_empty() {
        true => error.way_out("every record needs that field"),
        false => error.way_out(format!("this record's fields are {}", names.join(", "))),
    }
}

enum Found<'r> {
    Nothing,
    Text(Cow<'r, str>),
    Other(&'static str),
}

/// The way that is left to the field; a visitor of the value it starts from.
#[derive(Clone, Copy)]
struct At<'p>(&'p [&'p str]);

impl At<'_> {
    /// A value that has no fields, though some may be asked of it.
    fn leaf<'r>(self, kind: &'static str) -> Found<'r> {
        match self.0 {
            [] => Found::Other(kind),
            _ => Found::Nothing,
        }
    }
}

impl<'de> DeserializeSeed<'de> for At<'_> {
    type Value = Found<'de>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Found<'de>, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for At<'_> {
    type Value = Found<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Found<'de>, E> {
        Ok(match self.0 {
            [] => Found::Text(Cow::Owned(text.to_owned())),
            _ => Found::Nothing,
        })
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Found<'de>, E> {
        Ok(match self.0 {
            [] => Found::Text(Cow::Borrowed(text)),
            _ => Found::Nothing,
        })
    }

    fn visit_bool<E>(self, _: bool) -> Result<Found<'de>, E> {
        Ok(self.leaf("true or false"))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Found<'de>, E> {
        Ok(self.leaf("a number"))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Found<'de>, E> {
        Ok(self.leaf("a number"))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Found<'de>, E> {
        Ok(self.leaf("a number"))
    }

    fn visit_unit<E>(self) -> Result<Found<'de>, E> {
        Ok(self.leaf("null"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Found<'de>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(self.leaf("a list"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Found<'de>, A::Error> {
        let mut found = self.leaf("an object");
        let (wanted, rest) = match self.0 {
            [first, rest @ ..] => (Some(*first), rest),
            [] => (None, self.0),
        };
        while let Some(is_wanted) = object.next_key_seed(Is(wanted))? {
            match is_wanted {
                true => found = object.next_value_seed(At(rest))?,
                false => _ = object.next_value::<IgnoredAny>()?,
            }
        }
        Ok(found)
    }
}

/// Asks of the name of a field, which need not be kept, whether it is the one that is wanted.
struct Is<'p>(Option<&'p str>);

impl<'de> DeserializeSeed<'de> for Is<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<bool, D::Error> {
        json.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Is<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E>(self, name: &str) -> Result<bool, E> {
        Ok(self.0 == Some(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found() {
        let record =
            r#" {"id": 1, "text": "a\nb\u00e9", "meta": {"deep": {"text": "c"}, "x": []}} "#;
        assert_eq!(text(record.as_bytes(), "text").unwrap(), "a\nbé");
        assert_eq!(text(record.as_bytes(), "meta.deep.text").unwrap(), "c");
    }

    #[test]
    fn everything_else_is_an_error_that_says_so() {
        let cases = [
            (r#"{"id": 1, "body": "a"}"#, "no field", "body, id"),
            (r#"{"text": 7}"#, "a number", "string"),
            (r#"{"text": null}"#, "null", "string"),
            (r#"{"text": ["a"]}"#, "a list", "string"),
            (r#"{"text": {"a": "b"}}"#, "an object", "string"),
            (r#"{}"#, "no field", "every record"),
            (r#""text""#, "no field", "every record"),
            (r#"{"text": "a"} {"#, "trailing", "one JSON object"),
            (r#"{"text": "a""#, "EOF", "one JSON object"),
            (r#"{"text": "\ud800"}"#, "column", "one JSON object"),
            ("plain words", "column 1)", "one JSON object"),
        ];
        for (record, what, advice) in cases {
            let error = text(record.as_bytes(), "text").unwrap_err();
            assert!(error.what().contains(what), "{record}: {error}");
            assert!(
                error.advice().unwrap().contains(advice),
                "{record}: {error}"
            );
        }
        let inner = text(br#"{"a": {"b": 1}}"#, "a.c").unwrap_err();
        assert!(inner.what().contains("no field \"a.c\""), "{inner}");
    }

    #[test]
    fn fields_are_added_and_every_byte_stays() {
        let cases = [
            (
                r#"{"a": 1.0e5, "b":"\u00e9"}"#,
                r#"{"a": 1.0e5, "b":"\u00e9","x":2}"#,
            ),
            ("{ \"a\" : {} } \r", "{ \"a\" : {} ,\"x\":2} \r"),
            ("{}", "{\"x\":2}"),
            (" { } ", " { \"x\":2} "),
        ];
        for (record, expected) in cases {
            let mut with = Vec::new();
            add_fields(record.as_bytes(), "\"x\":2", &mut with);
            assert_eq!(String::from_utf8(with).unwrap(), expected);
        }
    }

    #[test]
    fn a_field_is_one_of_the_record_itself() {
        let record = br#"{"a": {"tokens": 1}, "b": "tokens"}"#;
        for (name, has) in [("a", true), ("b", true), ("tokens", false), ("d", false)] {
            assert_eq!(has_field(record, name), has, "{name}");
        }
    }

    #[test]
    fn depth_costs_nothing() {
        let deep = [r#"{"x":"#, &"[".repeat(100_000), &"]".repeat(100_000), "}"].concat();
        assert!(text(deep.as_bytes(), "text").is_err());
    }
}
