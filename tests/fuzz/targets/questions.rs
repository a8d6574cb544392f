//! Here is a voice that was opened, ask it; what it says must hold together.

use counterpoint::model::LanguageModel;
use counterpoint::open::Voice;
use counterpoint::token::TokenId;

/// A voice of more tokens than this is asked nothing: it would take too long.
const MOST: usize = 1 << 16;

/// So far may sums be off that were rounded to `f32` on their way.
const TOLERANCE: f64 = 1e-3;

/// Asks a voice about a few contexts. `sums_to_one` says whether the voice promises it for any
/// numbers that its file may hold.
pub(super) fn ask(model: &dyn LanguageModel, sums_to_one: bool) {
    let len = model.vocabulary().len();
    if len > MOST {
        return;
    }
    for context in contexts(len) {
        let answer = model.distribution(&context);
        let log_probs = answer.log_probs();
        assert_eq!(log_probs[TokenId::START.index()], f64::NEG_INFINITY);
        assert!(
            log_probs.iter().all(|p| !p.is_nan()),
            "{context:?}: not a number"
        );
        let sum: f64 = log_probs.iter().map(|p| p.exp()).sum();
        if sums_to_one {
            assert!((sum - 1.0).abs() < TOLERANCE, "{context:?} sums to {sum}");
        }
        let mut cursor = model.cursor();
        context.iter().for_each(|&token| cursor.push(token));
        for id in (0..len).step_by(len / 8 + 1) {
            let token = TokenId(id as u32);
            let expected = log_probs[id];
            for found in [model.log_prob(&context, token), cursor.log_prob(token)] {
                let found = found.ln();
                let near = (found - expected).abs() <= TOLERANCE * (1.0 + expected.abs());
                assert!(
                    found == expected || near,
                    "{context:?}: {found} and {expected}"
                );
            }
        }
        let outlook = model.outlook(&context);
        let best = outlook.best(10);
        assert!(best.is_sorted_by(|a, b| a.log_prob.ln() >= b.log_prob.ln()));
        let _ = (outlook.entropy_bits(), outlook.mass());
        if let Some(first) = best.first() {
            let _ = outlook.rank(first.token);
        }
        ask_evidence(model, &context);
    }
}

fn ask_evidence(model: &dyn LanguageModel, context: &[TokenId]) {
    if let Some(evidence) = model.evidence() {
        let _ = evidence.of_context(context);
        let _ = evidence.of_token(context, TokenId::END);
    }
}

/// Asks what was opened, whatever it is.
pub(super) fn ask_voice(voice: &Voice) {
    let _ = voice.describe();
    match voice {
        Voice::Scores(scorer) => {
            let len = scorer.vocabulary().len();
            for context in contexts(len.min(MOST)) {
                let _ = scorer.score(&context, TokenId::END);
            }
        }
        // Their tables are taken from anywhere, and hold the numbers they were given.
        Voice::Ngram(model) => ask(model, false),
        Voice::Compact(model) => ask(model, false),
        Voice::Neural(model) => ask(&**model, true),
        Voice::Unbounded(model) => ask(model, true),
        Voice::Mixture(_, model) => ask(model, true),
    }
}

/// No context, the start of a sentence, and some tokens of the vocabulary.
fn contexts(len: usize) -> [Vec<TokenId>; 5] {
    let token = |number: usize| TokenId((number % len.max(1)) as u32);
    let inner = |number: usize| match token(number) {
        TokenId::START | TokenId::END => TokenId::UNKNOWN,
        token => token,
    };
    [
        vec![],
        vec![TokenId::START],
        vec![TokenId::START, inner(3)],
        vec![inner(4), inner(5), inner(3)],
        vec![inner(7), inner(11), inner(3), inner(4), inner(5), inner(9)],
    ]
}
