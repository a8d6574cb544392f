//! Here is what was read, as far as it matters for what comes next.
//!
//! A state is the chain of all listed ends of what was read, from one token to the longest, each as
//! the place of its followers and what it gives those that do not follow it. An end that has no
//! followers and takes nothing off is left out, with all that are longer: it can never make a
//! difference (Li & Khudanpur 2008; Heafield 2011). So two texts with equal states are
//! continued alike for ever, and a decoder may keep the better of them and forget the other.

/// The longest context there can be.
pub(super) const LONGEST: usize = 15;

/// What was read; the default is nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct State {
    pub(super) len: u8,
    /// The contexts of one token, two, and so on; those beyond `len` are zeros.
    pub(super) contexts: [Context; LONGEST],
}

impl State {
    /// How many tokens of context can still make a difference.
    #[expect(clippy::len_without_is_empty, reason = "it is no container")]
    pub fn len(&self) -> usize {
        usize::from(self.len)
    }

    /// The contexts, the shortest first.
    #[inline(always)]
    pub(super) fn contexts(&self) -> &[Context] {
        &self.contexts[..self.len()]
    }

    /// Adds a context that is one token longer.
    #[inline(always)]
    pub(super) fn push(&mut self, context: Context) {
        self.contexts[self.len()] = context;
        self.len += 1;
    }
}

/// One listed end of what was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Context {
    /// The place of its first follower, one order up; 0 if there is none.
    pub(super) begin: u32,
    /// How many followers it has.
    pub(super) count: u32,
    pub(super) weight: Weight,
}

impl Context {
    #[inline(always)]
    pub(super) fn followers(&self) -> std::ops::Range<usize> {
        let begin = self.begin as usize;
        begin..begin + self.count as usize
    }
}

/// What a context gives to tokens that do not follow it: the bits of an `f32`, so that states can be
/// compared and hashed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Weight(u32);

impl Weight {
    /// It is what the followers leave, and is added up when it is asked for.
    pub(super) const LEFT: Weight = Weight(u32::MAX);

    /// A stored number, which is not NaN.
    #[inline(always)]
    pub(super) fn stored(number: f32) -> Self {
        // Adding 0 turns −0 into 0: they are equal, and so are their bits.
        Weight((number + 0.0).to_bits())
    }

    /// The stored number, if there is one.
    #[inline(always)]
    pub(super) fn number(self) -> Option<f32> {
        (self != Weight::LEFT).then(|| f32::from_bits(self.0))
    }
}
