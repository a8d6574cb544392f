//! Here is a record of JSON Lines, give me the text in one field of it.
//!
//! The record is walked, not stored: whatever else it holds, however large or
//! deep, is checked and passed over.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::error::{Error, ErrorKind, Result};

/// So many names of fields are enough for a hint.
const NAMES_SHOWN: usize = 8;

/// The text in `field` of this record; a dot in `field` leads into an inner object.
pub(super) fn text(record: &[u8], field: &str) -> Result<String> {
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

enum Found {
    Nothing,
    Text(String),
    Other(&'static str),
}

/// The way that is left to the field; a visitor of the value it starts from.
#[derive(Clone, Copy)]
struct At<'p>(&'p [&'p str]);

impl At<'_> {
    /// A value that has no fields, though some may be asked of it.
    fn leaf(self, kind: &'static str) -> Found {
        match self.0 {
            [] => Found::Other(kind),
            _ => Found::Nothing,
        }
    }
}

impl<'de> DeserializeSeed<'de> for At<'_> {
    type Value = Found;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Found, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for At<'_> {
    type Value = Found;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Found, E> {
        Ok(match self.0 {
            [] => Found::Text(text.to_owned()),
            _ => Found::Nothing,
        })
    }

    fn visit_bool<E>(self, _: bool) -> Result<Found, E> {
        Ok(self.leaf("true or false"))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Found, E> {
        Ok(self.leaf("a number"))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Found, E> {
        Ok(self.leaf("a number"))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Found, E> {
        Ok(self.leaf("a number"))
    }

    fn visit_unit<E>(self) -> Result<Found, E> {
        Ok(self.leaf("null"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Found, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(self.leaf("a list"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Found, A::Error> {
        let mut found = self.leaf("an object");
        while let Some(name) = object.next_key::<String>()? {
            match self.0 {
                [first, rest @ ..] if *first == name => {
                    found = object.next_value_seed(At(rest))?;
                }
                _ => {
                    object.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(found)
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
    fn depth_costs_nothing() {
        let deep = [r#"{"x":"#, &"[".repeat(100_000), &"]".repeat(100_000), "}"].concat();
        assert!(text(deep.as_bytes(), "text").is_err());
    }
}
