//! Here is a byte, give me the character that GPT-2's files write for it, and back.
//!
//! Visible characters of Latin-1 stand for themselves, the other bytes for the characters from U+0100
//! on, in order: so that every piece can be written in JSON and nobody trips over blanks.

/// True if the byte's own character stands for it.
fn is_visible(byte: u8) -> bool {
    matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF)
}

/// The character that stands for a byte.
pub(super) fn character(byte: u8) -> char {
    if is_visible(byte) {
        return byte.into();
    }
    let before = (0..byte).filter(|&other| !is_visible(other)).count();
    char::from_u32(0x100 + before as u32).expect("U+0100 to U+0143 are characters")
}

/// The bytes that a piece stands for, if all its characters stand for bytes.
pub(super) fn bytes(piece: &str) -> Option<Vec<u8>> {
    let byte = |character: char| match character as u32 {
        own @ 0..=0xFF => u8::try_from(own).ok().filter(|&byte| is_visible(byte)),
        other @ 0x100..=0x143 => HIDDEN.get(other as usize - 0x100).copied(),
        _ => None,
    };
    piece.chars().map(byte).collect()
}

/// How the bytes are written.
pub(super) fn spelled(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| character(byte)).collect()
}

/// The bytes that characters from U+0100 on stand for.
const HIDDEN: [u8; 68] = {
    let mut hidden = [0; 68];
    let (mut byte, mut found) = (0, 0);
    while byte < 256 {
        let visible = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte != 0xAD);
        if !visible {
            hidden[found] = byte as u8;
            found += 1;
        }
        byte += 1;
    }
    hidden
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_a_character_of_its_own() {
        let all: Vec<u8> = (0..=255).collect();
        let spelled = spelled(&all);
        assert_eq!(bytes(&spelled), Some(all));
        assert_eq!(character(b' '), 'Ġ');
        assert_eq!(character(b'\n'), 'Ċ');
        assert_eq!(bytes("a b"), None);
        assert_eq!(bytes("▁"), None);
    }
}
