//! Here are raw counts, give me Kneser–Ney's.
//!
//! The adjusted count a(g) of an n-gram (Kneser & Ney 1995; as in KenLM,
//! Heafield et al. 2013) is
//! - its raw count, if it is of the highest order or begins with `<s>`;
//! - otherwise the number of different tokens seen before it, `<s>` among them.
//!
//! A word that follows only "San" says little about a new context, however often
//! it was seen: it has one left neighbour. `<s>` itself is never predicted; its
//! adjusted count is 0.
//!
//! Counts of counts, from which the discounts come, are taken here too, because
//! KenLM has a quirk in them (its issues 405 and 427): when its input ends, the
//! lower-order ends of the very last n-gram are entered with their raw count. On
//! a small corpus that moves probabilities in the first decimal. Ours are right
//! by default; [`CountsOfCounts::as_kenlm`] repeats the quirk, bit for bit.

use rayon::prelude::*;

use super::{Adjusted, Census, Counts, Read};
use crate::error::Result;
use crate::token::TokenId;

/// Fills in the adjusted counts of every level.
pub(super) fn adjust(counts: &mut Counts) {
    for order in 1..=counts.levels.len() {
        let adjusted = match counts.levels.get(order) {
            None => counts.level(order).raw.clone(),
            Some(_) => left_neighbours(counts, order),
        };
        counts.levels[order - 1].adjusted = adjusted;
    }
    counts.levels[0].adjusted[TokenId::START.index()] = 0;
}

fn left_neighbours(counts: &Counts, order: usize) -> Vec<u64> {
    let level = counts.level(order);
    let mut adjusted = vec![0; level.len()];
    for &suffix in &counts.level(order + 1).suffix {
        adjusted[suffix as usize] += 1;
    }
    let starts = counts.sentence_starts(order);
    adjusted[starts.clone()].copy_from_slice(&level.raw[starts]);
    adjusted
}

/// How many n-grams of one order have an adjusted (or raw) count of 1, 2, 3 and 4.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CountsOfCounts {
    /// `seen[k - 1]` n-grams have count k.
    seen: [u64; 4],
}

impl CountsOfCounts {
    /// From any counts.
    pub fn of(counts: &[u64]) -> Self {
        let mut this = CountsOfCounts::default();
        counts.iter().for_each(|&count| this.change(count, 1));
        this
    }

    /// Of the adjusted counts of an order.
    pub fn adjusted(counts: &Counts, order: usize) -> Self {
        Self::of(&counts.level(order).adjusted)
    }

    /// Of the adjusted counts of an order, with KenLM's quirk.
    pub fn as_kenlm(counts: &Counts, order: usize) -> Self {
        let mut this = Self::adjusted(counts, order);
        if let Some(node) = last_in_suffix_order(counts, order) {
            let level = counts.level(order);
            this.change(level.adjusted[node], -1);
            this.change(level.raw[node], 1);
        }
        this
    }

    /// Of the raw counts of an order of a census, with 0 for `<s>`, which is never predicted.
    pub fn raw_in(census: &Census, order: usize) -> Result<Self> {
        let raw = |part: usize| census.parts()[part].level(order).raw();
        let mut this = Self::in_parts(census, raw)?;
        if order == 1 {
            this.change(census.extent().sentences, -1);
        }
        Ok(this)
    }

    /// Of the adjusted counts of an order of a census.
    pub fn adjusted_in(census: &Census, adjusted: &Adjusted, order: usize) -> Result<Self> {
        Self::in_parts(census, |part| adjusted.read(census, part, order))
    }

    /// Of the adjusted counts of an order of a census, with KenLM's quirk.
    pub fn as_kenlm_in(census: &Census, adjusted: &Adjusted, order: usize) -> Result<Self> {
        let mut this = Self::adjusted_in(census, adjusted, order)?;
        if let Some((part, node)) = last_in_suffix_order_of(census, order)? {
            this.change(adjusted.read(census, part, order)?.get(node), -1);
            this.change(census.parts()[part].level(order).raw()?.get(node), 1);
        }
        Ok(this)
    }

    /// Small counts are bytes, and the others do not matter here.
    fn in_parts<'c>(
        census: &Census,
        counts: impl Fn(usize) -> Result<Read<'c>> + Sync,
    ) -> Result<Self> {
        let of_part = |part: usize| {
            let mut of_byte = [0u64; 256];
            let counts = counts(part)?;
            counts
                .columns()
                .0
                .iter()
                .for_each(|&count| of_byte[usize::from(count)] += 1);
            Ok([1, 2, 3, 4].map(|k| of_byte[k]))
        };
        let add = |a: [u64; 4], b: [u64; 4]| Ok([0, 1, 2, 3].map(|k| a[k] + b[k]));
        let parts = (0..census.parts().len()).into_par_iter().map(of_part);
        let seen = parts.try_reduce(|| [0; 4], add)?;
        Ok(CountsOfCounts { seen })
    }

    /// t_k, for k from 1 to 4.
    pub fn t(&self, k: usize) -> u64 {
        self.seen[k - 1]
    }

    fn change(&mut self, count: u64, by: i64) {
        if let Some(seen) = count
            .checked_sub(1)
            .and_then(|k| self.seen.get_mut(k as usize))
        {
            *seen = seen.wrapping_add_signed(by);
        }
    }
}

/// The node of the given order at which KenLM's last n-gram ends, if the order is below the
/// highest and the n-gram is that long.
///
/// Suffix order compares last tokens first. So the last n-gram ends in the highest id that was
/// seen, and each token before is the highest seen there; `<s>`, with nothing before it, ends it.
fn last_in_suffix_order(counts: &Counts, order: usize) -> Option<usize> {
    if order == counts.levels.len() {
        return None;
    }
    let predicted = |&node: &usize| counts.level(1).raw[node] > 0 && node != TokenId::START.index();
    let mut node = (0..counts.vocabulary_len()).rev().find(predicted)?;
    for longer in 2..=order {
        // First tokens ascend with nodes, so the last node with this suffix has the highest.
        let suffixes = &counts.level(longer).suffix;
        node = suffixes
            .iter()
            .rposition(|&suffix| suffix as usize == node)?;
    }
    Some(node)
}

/// The same node of a census, by part and place in it.
fn last_in_suffix_order_of(census: &Census, order: usize) -> Result<Option<(usize, usize)>> {
    if order == census.order().get() {
        return Ok(None);
    }
    let predicted = |part: usize, index: usize, count: u64| {
        let node = census.nodes(part, 1).start + index;
        count > 0 && node != TokenId::START.index()
    };
    let mut found = None;
    for (number, part) in census.parts().iter().enumerate().rev() {
        let raw = part.level(1).raw()?;
        let last =
            (0..part.level(1).len()).rfind(|&index| predicted(number, index, raw.get(index)));
        if last.is_some() {
            found = last.map(|index| (number, index));
            break;
        }
    }
    for longer in 2..=order {
        let Some((part, index)) = found else { break };
        let node = (census.nodes(part, longer - 1).start + index) as u32;
        found = last_with_suffix(census, longer, node)?;
    }
    Ok(found)
}

/// The last n-gram of an order with this suffix: its first token is the highest.
fn last_with_suffix(census: &Census, order: usize, suffix: u32) -> Result<Option<(usize, usize)>> {
    for (number, part) in census.parts().iter().enumerate().rev() {
        let level = part.level(order);
        let last = match order {
            2 => level.tokens()?.iter().rposition(|token| token.0 == suffix),
            _ => level.suffixes()?.iter().rposition(|&other| other == suffix),
        };
        if let Some(index) = last {
            return Ok(Some((number, index)));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::count::{Order, plain};
    use crate::token::TokenText;

    const A: TokenId = TokenId(3);
    const B: TokenId = TokenId(4);

    fn counts(order: usize) -> Counts {
        let text: TokenText = [vec![A, B], vec![B, B], vec![]].into_iter().collect();
        plain::count(&text, 5, Order::new(order).unwrap()).unwrap()
    }

    #[test]
    fn adjusted_counts_are_left_neighbours_below_the_top() {
        let counts = counts(2);
        // <unk> <s> </s> a b: </s> follows b and <s>, a follows <s>, b follows a, <s> and b.
        assert_eq!(counts.level(1).adjusted, [0, 0, 2, 1, 3]);
        assert_eq!(counts.level(1).raw, [0, 3, 3, 1, 3]);
        assert_eq!(counts.level(2).adjusted, counts.level(2).raw);
    }

    #[test]
    fn what_starts_a_sentence_keeps_its_raw_count() {
        let text: TokenText = vec![vec![A, B]; 5].into_iter().collect();
        let counts = plain::count(&text, 5, Order::new(3).unwrap()).unwrap();
        let start_a = counts.find(&[TokenId::START, A]).unwrap();
        assert_eq!(counts.level(2).adjusted[start_a], 5);
        let a_b = counts.find(&[A, B]).unwrap();
        assert_eq!(counts.level(2).adjusted[a_b], 1, "only <s> comes before");
    }

    #[test]
    fn kenlms_last_ngram_is_entered_raw() {
        let counts = counts(3);
        // The last trigram in suffix order ends in b b; before that only <s>: its ends are b and b b.
        let b = last_in_suffix_order(&counts, 1).unwrap();
        assert_eq!(b, B.index());
        let b_b = last_in_suffix_order(&counts, 2).unwrap();
        assert_eq!(Some(b_b), counts.find(&[B, B]));
        assert_eq!(last_in_suffix_order(&counts, 3), None);
        let right = CountsOfCounts::adjusted(&counts, 1);
        let quirk = CountsOfCounts::as_kenlm(&counts, 1);
        assert_eq!(right, quirk, "b has raw and adjusted count 3");
    }
}
