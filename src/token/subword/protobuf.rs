//! Here is a message in protocol buffers, give me its fields.
//!
//! Only as much of the format as SentencePiece's models are written in: fields by number, each an
//! integer, four or eight bytes, or a stretch of bytes.

use super::tiktoken::broken;
use crate::error::Result;

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value<'m> {
    Integer(u64),
    Float(f32),
    Bytes(&'m [u8]),
    /// Eight bytes, of which nothing is made here.
    Eight,
}

impl<'m> Value<'m> {
    pub(super) fn bytes(self) -> Result<&'m [u8]> {
        match self {
            Value::Bytes(bytes) => Ok(bytes),
            _ => Err(cut()),
        }
    }

    pub(super) fn text(self) -> Result<&'m str> {
        str::from_utf8(self.bytes()?).map_err(|_| broken("a name in it is not UTF-8".into()))
    }

    pub(super) fn integer(self) -> Result<u64> {
        match self {
            Value::Integer(integer) => Ok(integer),
            _ => Err(cut()),
        }
    }

    pub(super) fn is_true(self) -> Result<bool> {
        Ok(self.integer()? != 0)
    }

    pub(super) fn float(self) -> Result<f32> {
        match self {
            Value::Float(float) => Ok(float),
            _ => Err(cut()),
        }
    }
}

/// Calls `each` with the number and the value of every field.
pub(super) fn fields<'m>(
    mut message: &'m [u8],
    mut each: impl FnMut(u64, Value<'m>) -> Result<()>,
) -> Result<()> {
    while !message.is_empty() {
        let tag = integer(&mut message)?;
        let value = match tag & 7 {
            0 => Value::Integer(integer(&mut message)?),
            1 => {
                take(&mut message, 8)?;
                Value::Eight
            }
            2 => {
                let length = integer(&mut message)?;
                Value::Bytes(take(
                    &mut message,
                    usize::try_from(length).map_err(|_| cut())?,
                )?)
            }
            5 => {
                let bytes = take(&mut message, 4)?;
                Value::Float(f32::from_le_bytes(
                    bytes.try_into().expect("there are four"),
                ))
            }
            _ => return Err(cut()),
        };
        each(tag >> 3, value)?;
    }
    Ok(())
}

/// Seven bits a byte, the lowest first; the top bit says that more follow.
fn integer(message: &mut &[u8]) -> Result<u64> {
    let mut found = 0;
    for shift in (0..64).step_by(7) {
        let byte = take(message, 1)?[0];
        found |= u64::from(byte & 0x7F) << shift;
        if byte < 0x80 {
            return Ok(found);
        }
    }
    Err(cut())
}

fn take<'m>(message: &mut &'m [u8], length: usize) -> Result<&'m [u8]> {
    let (taken, rest) = message.split_at_checked(length).ok_or_else(cut)?;
    *message = rest;
    Ok(taken)
}

fn cut() -> crate::error::Error {
    broken("it is no SentencePiece model, or a part of one".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_and_a_cut_message_is_refused() {
        let message = [
            0x08, 0x96, 0x01, 0x12, 2, b'h', b'i', 0x1D, 0, 0, 0x80, 0x3F,
        ];
        let mut found = Vec::new();
        let read = fields(&message, |number, value| {
            found.push((number, value));
            Ok(())
        });
        assert!(read.is_ok());
        let expected = [
            (1, Value::Integer(150)),
            (2, Value::Bytes(b"hi")),
            (3, Value::Float(1.0)),
        ];
        assert_eq!(found, expected);
        for end in [1, 2, 4, 6, 9] {
            assert!(fields(&message[..end], |_, _| Ok(())).is_err(), "{end}");
        }
        assert!(
            fields(
                &[
                    0x12, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1
                ],
                |_, _| Ok(())
            )
            .is_err()
        );
    }
}
