//! Here is an outlook and a rule, give me what the rule leaves of it.

use crate::model::{Distribution, Outlook};
use crate::token::TokenId;

/// What may be written at all, whatever a voice thinks of it.
///
/// The voice's distribution is cut to what is allowed before it is reshaped, so a token's share of
/// the dice is its exact probability given that something allowed comes.
pub trait Constraint {
    /// True if this token may come next.
    fn allows(&self, token: TokenId) -> bool;

    /// This token came.
    fn push(&mut self, token: TokenId);

    /// The same rule at the same place, for another text.
    fn boxed(&self) -> Box<dyn Constraint>;
}

/// What a rule leaves of an outlook; what it forbids is impossible.
pub(super) fn allowed(outlook: &dyn Outlook, rule: &dyn Constraint, tokens: usize) -> Distribution {
    let log_prob = |token| match rule.allows(token) {
        true => outlook.log_prob(token).ln(),
        false => f64::NEG_INFINITY,
    };
    let all = (0..tokens as u32).map(TokenId);
    Distribution::from_log_probs(all.map(log_prob).collect())
}

#[cfg(test)]
mod tests {
    use super::super::Sampling;
    use super::*;

    fn distribution(p: &[f64]) -> Distribution {
        Distribution::from_log_probs(p.iter().map(|p: &f64| p.ln()).collect())
    }

    /// `<unk>`, `<s>`, `</s>` and two words.
    const P: [f64; 5] = [0.0, 0.0, 0.2, 0.5, 0.3];

    #[test]
    fn a_rule_cuts_before_anything_else_and_the_rest_keeps_its_ratio() {
        struct Not(u32);
        impl Constraint for Not {
            fn allows(&self, token: TokenId) -> bool {
                token.0 != self.0
            }
            fn push(&mut self, _: TokenId) {}
            fn boxed(&self) -> Box<dyn Constraint> {
                Box::new(Not(self.0))
            }
        }
        let among = |sampling: &Sampling, u| {
            let left = allowed(&distribution(&P), &Not(3), P.len());
            sampling.draw(&left, u).unwrap().token.0
        };
        let plain = Sampling::default();
        // 0.3 and 0.2 are left: three fifths and two.
        assert_eq!((among(&plain, 0.599), among(&plain, 0.601)), (4, 2));
        assert_eq!(among(&plain.top_k(1).unwrap(), 0.999), 4);
    }
}
