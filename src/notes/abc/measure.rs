//! Here is what stands after a note, tell me how long it is.

use super::body::Music;
use super::reader::Wrong;
use crate::notes::Length;

/// How many units are written: `2`, `3/2`, `/`, `//`; none written is one.
pub(super) fn written_length(music: &mut Music) -> Result<Length, Wrong> {
    let digits = |music: &mut Music| music.take_while(|c| c.is_ascii_digit()).to_owned();
    let above = digits(music);
    let mut below = 1u64;
    while music.takes("/") {
        let by = match digits(music).as_str() {
            "" => Some(2),
            digits => digits.parse().ok(),
        };
        below = by.and_then(|by| below.checked_mul(by)).unwrap_or(0);
    }
    let above = if above.is_empty() {
        Some(1)
    } else {
        above.parse().ok()
    };
    let length = above.and_then(|above| Length::new(above, below));
    length
        .filter(|length| !length.is_zero())
        .ok_or_else(|| "a length is none or out of range".into())
}

/// In the time of how many notes a tuplet of `p` is, where it does not say (ABC standard 2.1, 4.13).
pub(super) fn default_time(p: u64, compound: bool) -> Option<u64> {
    match p {
        2 | 4 | 8 => Some(3),
        3 | 6 => Some(2),
        5 | 7 | 9 => Some(if compound { 3 } else { 2 }),
        _ => None,
    }
}
