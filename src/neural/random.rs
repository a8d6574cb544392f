//! Here is a seed and a purpose, give me a stream of random numbers of its own.
//!
//! Every draw belongs to a purpose and, where many draw at once, to a number
//! (a step, a block of examples). Each such pair has its own stream of one
//! ChaCha generator, so what is drawn depends on the seed alone, never on which
//! thread came first.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// What random numbers are drawn for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    /// The first values of the parameters.
    Weights,
    /// The order of the examples in an epoch.
    Order,
    /// How much context an example sees.
    Mask,
    /// Which hidden units stay in.
    Dropout,
    /// Which tokens stand for all in the softmax.
    Candidates,
}

/// The stream of this purpose and number.
pub(super) fn stream(seed: u64, purpose: Purpose, number: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(((purpose as u64) << 56) | number);
    rng
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    #[test]
    fn streams_repeat_and_differ() {
        let first = |seed, purpose, number| stream(seed, purpose, number).next_u64();
        let one = first(7, Purpose::Dropout, 1);
        assert_eq!(one, first(7, Purpose::Dropout, 1));
        assert_ne!(one, first(7, Purpose::Dropout, 2));
        assert_ne!(one, first(7, Purpose::Order, 1));
        assert_ne!(one, first(8, Purpose::Dropout, 1));
    }
}
