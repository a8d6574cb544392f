//! Here is where the children of every context begin, fill a column of theirs, on all threads.

use rayon::prelude::*;

/// So many contexts a thread goes through at once.
const AT_ONCE: usize = if cfg!(test) { 3 } else { 1 << 14 };

/// A number for each child, from its context and its own place; `children` has one entry more than
/// there are contexts, from 0 to the number of children, and never falls.
pub(super) fn fill<T: Send + Default + Clone>(
    children: &[u32],
    number: impl Fn(usize, usize) -> T + Sync,
) -> Vec<T> {
    let total = children.last().map_or(0, |&end| end as usize);
    let mut column = vec![T::default(); total];
    let mut stretches = Vec::new();
    let mut rest = &mut column[..];
    for first in (0..children.len().saturating_sub(1)).step_by(AT_ONCE) {
        let bounds = &children[first..children.len().min(first + AT_ONCE + 1)];
        let len = (bounds[bounds.len() - 1] - bounds[0]) as usize;
        let (own, others) = rest.split_at_mut(len);
        stretches.push((first, bounds, own));
        rest = others;
    }
    stretches.into_par_iter().for_each(|(first, bounds, own)| {
        let mut places = own.iter_mut().zip(bounds[0] as usize..);
        for (context, ends) in (first..).zip(bounds.windows(2)) {
            let followers = (ends[1] - ends[0]) as usize;
            for (slot, place) in places.by_ref().take(followers) {
                *slot = number(context, place);
            }
        }
    });
    column
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_child_is_asked_with_its_context(counts in prop::collection::vec(0u32..4, 0..40)) {
            let mut children = vec![0];
            let mut plain = Vec::new();
            for (context, &count) in counts.iter().enumerate() {
                let end = children[context] + count;
                plain.extend((children[context]..end).map(|place| (context, place as usize)));
                children.push(end);
            }
            prop_assert_eq!(fill(&children, |context, place| (context, place)), plain);
        }
    }
}
