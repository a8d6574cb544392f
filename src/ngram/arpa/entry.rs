//! Here is the line of an n-gram, give me its words and its numbers.

use super::{LOG_ZERO, Leniency, decimal};
use crate::error::{Error, ErrorKind, Result};
use crate::token::readable;

/// What lines of one section have.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    /// So many words each.
    pub(super) n: usize,
    /// True if there is no order above, for which to back off.
    pub(super) top: bool,
    pub(super) leniency: Leniency,
}

/// Takes the next line's fields from a text; they lie between blanks and tabs. False at its end.
#[inline]
pub(super) fn split_line<'t>(text: &mut &'t [u8], fields: &mut Vec<&'t [u8]>) -> bool {
    fields.clear();
    let bytes = *text;
    let mut at = 0;
    let end = loop {
        while bytes.get(at).is_some_and(|&byte| is_blank(byte)) {
            at += 1;
        }
        match bytes.get(at) {
            None => break at,
            Some(b'\n') => break at + 1,
            Some(_) => {}
        }
        let start = at;
        while bytes
            .get(at)
            .is_some_and(|&byte| byte != b'\n' && !is_blank(byte))
        {
            at += 1;
        }
        fields.push(&bytes[start..at]);
    };
    *text = &bytes[end..];
    end > 0
}

#[inline]
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r')
}

impl Shape {
    /// log10 probability and back-off (0 if there is none) of a line that has these fields.
    #[inline]
    pub(super) fn numbers(self, fields: &[&[u8]]) -> Result<(f32, f32)> {
        let has_backoff = fields.len() == self.n + 2;
        if fields.len() != self.n + 1 && !has_backoff {
            return Err(self.wrong_number_of(fields));
        }
        let log10_prob = self.log10_prob(fields[0])?;
        let log10_backoff = match has_backoff && !self.top {
            true => log_zero(number(fields[self.n + 1], "back-off")?),
            false => 0.0,
        };
        Ok((log10_prob, log10_backoff))
    }

    #[cold]
    fn wrong_number_of(self, fields: &[&[u8]]) -> Error {
        let (found, n) = (fields.len(), self.n);
        wrong(format!(
            "{found} fields where a number, {n} words and perhaps a back-off belong"
        ))
    }

    #[inline]
    fn log10_prob(self, field: &[u8]) -> Result<f32> {
        let log10 = number(field, "log-probability")?;
        match self.leniency {
            _ if log10 <= 0.0 => Ok(log_zero(log10)),
            Leniency::Lenient => Ok(0.0),
            Leniency::Strict => Err(wrong(format!("the log-probability {log10} is positive"))
                .way_out("--lenient reads such values as 0, a probability of 1")),
        }
    }
}

/// A field as a number.
#[inline]
fn number(field: &[u8], what: &str) -> Result<f32> {
    match decimal::parse(field) {
        Some(number) if number.is_finite() => Ok(number),
        parsed => Err(no_number(field, what, parsed.is_some())),
    }
}

#[cold]
fn no_number(field: &[u8], what: &str, infinite: bool) -> Error {
    let field = readable(field);
    match infinite {
        true => {
            wrong(format!("the {what} is {field}")).way_out("ARPA writes a probability of 0 as -99")
        }
        false => wrong(format!("'{field}' is no {what}")),
    }
}

fn wrong(what: String) -> Error {
    Error::new(ErrorKind::Format, what)
}

/// How ARPA says that a probability is 0, as the logarithm that it is.
#[inline]
pub(in crate::ngram) fn log_zero(log10: f32) -> f32 {
    if log10 == LOG_ZERO {
        f32::NEG_INFINITY
    } else {
        log10
    }
}
