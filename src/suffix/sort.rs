//! Here is a text, give me all its places in the order of what is read from each.
//!
//! The suffix array is made by induced sorting (Nong, Zhang & Chan 2011) in time
//! and memory that are linear whatever the text repeats; `libsais` does that as
//! fast as anybody, and a text has one suffix array only, so the order does not
//! depend on who makes it.

use libsais::SuffixArrayConstruction;

use crate::error::{Error, ErrorKind, Result};
use crate::token::TokenId;

/// Beyond the text, the sorter likes a little room of its own for its counts of tokens.
const ROOM: usize = 6 << 10;

/// The longest text that can be sorted, in positions.
pub(super) const LONGEST: usize = i32::MAX as usize - ROOM;

/// The places of a text, ordered by what is read from each to the text's end.
///
/// The text is changed meanwhile, and is what it was at the end.
///
/// # Errors
/// If the text is longer than [`LONGEST`], or memory runs out.
pub(super) fn sorted_places(text: &mut [TokenId]) -> Result<Vec<u32>> {
    if text.len() > LONGEST {
        return Err(too_long(text.len()));
    }
    let mut places = vec![0i32; text.len() + ROOM];
    let ids: &mut [i32] = bytemuck::cast_slice_mut(text);
    let sorted = SuffixArrayConstruction::for_text_mut(ids)
        .in_borrowed_buffer(&mut places)
        .single_threaded()
        .run();
    if let Err(error) = sorted {
        let what = format!("the text cannot be sorted: {error:?}");
        return Err(
            Error::new(ErrorKind::Io, what).way_out("give it more memory, or index less text")
        );
    }
    places.truncate(text.len());
    Ok(bytemuck::allocation::cast_vec(places))
}

fn too_long(positions: usize) -> Error {
    let what =
        format!("the text has {positions} tokens and sentence marks; an index holds {LONGEST}");
    Error::new(ErrorKind::Input, what).way_out("index parts of it, each under a name of its own")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn assert_sorted(mut text: Vec<TokenId>) {
        let places = sorted_places(&mut text).unwrap();
        let mut plain: Vec<u32> = (0..text.len() as u32).collect();
        plain.sort_by_key(|&place| &text[place as usize..]);
        assert_eq!(places, plain);
    }

    proptest! {
        #[test]
        fn places_are_sorted(text in prop::collection::vec((0u32..7).prop_map(TokenId), 0..200)) {
            assert_sorted(text);
        }
    }

    #[test]
    fn repeats_are_no_trouble() {
        assert_sorted(vec![TokenId(3); 3000]);
        assert_sorted((0..3000).map(|i| TokenId(i % 7)).collect());
        assert_sorted((0..25_000).map(|i| TokenId(i * i % 20_011)).collect());
    }
}
