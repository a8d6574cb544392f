//! Here is a voice and a text it has not seen, show how much each token of context narrows on average.
//!
//! Conditioning lowers entropy on average, so the average over held-out text is
//! where the claim is tested. At each position the last k tokens are shown, for
//! k = 0, 1, 2 …, and two things are asked: how many bits the true token took (the
//! cross-entropy, which no overconfident voice can lower by itself), and how many
//! bits the voice thought it would take (its entropy). Where a sentence has fewer
//! tokens before the position, all of them are shown.
//!
//! Positions of one sentence are not independent, so the margins treat sentences
//! as what was sampled (a ratio estimate over clusters, Cochran 1977, 9A).

use rayon::prelude::*;

use crate::model::LanguageModel;
use crate::progress::Progress;
use crate::token::TokenId;

/// Entropy, which takes a whole distribution as a rule, is asked at one position in so many.
const ENTROPY_ONE_IN: usize = 10;

/// Half of an interval that covers 95 % of a normal distribution, in standard errors.
const NORMAL_95: f64 = 1.96;

/// An average of bits over positions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mean {
    /// The average.
    pub bits: f64,
    /// Half of its 95 % interval; NaN if there is only one sentence.
    pub margin: f64,
}

/// The averages at one length of context.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CurvePoint {
    /// How many tokens of context are seen at most.
    pub context_len: usize,
    /// The surprisal of what came.
    pub surprisal: Mean,
    /// By how much it fell with the last token of context; `None` at length 0.
    pub gained: Option<Mean>,
    /// The entropy of the distribution.
    pub entropy: Mean,
}

/// The curve of one voice.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// The points, context length 0 first.
    pub points: Vec<CurvePoint>,
    /// How many positions were asked for their surprisal.
    pub positions: usize,
    /// How many of them for their entropy.
    pub entropies: usize,
}

/// What was asked at one position: bits by context length.
struct Asked {
    sentence: usize,
    surprisal: Vec<f64>,
    entropy: Option<Vec<f64>>,
}

/// Asks a voice at about `sample` positions, evenly spread over the sentences, with contexts of up to
/// `longest` tokens. `progress` advances by the positions.
pub fn curve(
    model: &dyn LanguageModel,
    sentences: &[&[TokenId]],
    longest: usize,
    sample: usize,
    progress: &dyn Progress,
) -> Curve {
    let longest = model
        .context_len()
        .map_or(longest, |most| most.min(longest));
    let positions = spread(sentences, sample);
    let asked: Vec<Asked> = positions
        .par_iter()
        .enumerate()
        .map(|(number, &(sentence, at))| {
            let entropy = number % ENTROPY_ONE_IN == 0;
            let asked = ask(model, sentences[sentence], sentence, at, longest, entropy);
            progress.advance(1);
            asked
        })
        .collect();
    let surprisal = |k: usize| move |asked: &Asked| Some(asked.surprisal[k]);
    let entropy = |k: usize| move |asked: &Asked| Some(asked.entropy.as_ref()?[k]);
    let gained = |k: usize| move |asked: &Asked| Some(asked.surprisal[k - 1] - asked.surprisal[k]);
    let point = |context_len: usize| CurvePoint {
        context_len,
        surprisal: mean(&asked, surprisal(context_len)),
        gained: (context_len > 0).then(|| mean(&asked, gained(context_len))),
        entropy: mean(&asked, entropy(context_len)),
    };
    Curve {
        points: (0..=longest).map(point).collect(),
        positions: asked.len(),
        entropies: asked.len().div_ceil(ENTROPY_ONE_IN),
    }
}

/// Positions, evenly spread: a sentence, and how many tokens are before the position.
fn spread(sentences: &[&[TokenId]], sample: usize) -> Vec<(usize, usize)> {
    // The end of each sentence is a position too.
    let all: usize = sentences.iter().map(|sentence| sentence.len() + 1).sum();
    let sample = sample.min(all);
    let mut wanted = (0..sample)
        .map(|number| (2 * number + 1) * all / (2 * sample))
        .peekable();
    let mut positions = Vec::with_capacity(sample);
    let mut before = 0;
    for (number, sentence) in sentences.iter().enumerate() {
        let end = before + sentence.len() + 1;
        while let Some(at) = wanted.next_if(|&at| at < end) {
            positions.push((number, at - before));
        }
        before = end;
    }
    positions
}

fn ask(
    model: &dyn LanguageModel,
    sentence: &[TokenId],
    number: usize,
    at: usize,
    longest: usize,
    with_entropy: bool,
) -> Asked {
    let token = sentence.get(at).copied().unwrap_or(TokenId::END);
    let context = [&[TokenId::START], &sentence[..at]].concat();
    let (mut surprisal, mut entropy) = (Vec::new(), Vec::new());
    for length in 0..=longest {
        if length > context.len() {
            surprisal.push(surprisal[length - 1]);
            entropy.extend(entropy.last().copied());
            continue;
        }
        let seen = &context[context.len() - length..];
        surprisal.push(model.log_prob(seen, token).surprisal_bits());
        if with_entropy {
            entropy.push(model.outlook(seen).entropy_bits());
        }
    }
    Asked {
        sentence: number,
        surprisal,
        entropy: with_entropy.then_some(entropy),
    }
}

/// The mean of what was asked, and its margin over sentences.
fn mean(asked: &[Asked], value: impl Fn(&Asked) -> Option<f64>) -> Mean {
    let values: Vec<(usize, f64)> = asked
        .iter()
        .filter_map(|asked| Some((asked.sentence, value(asked)?)))
        .collect();
    let count = values.len() as f64;
    let bits = values.iter().map(|(_, value)| value).sum::<f64>() / count;
    let sentences = values.chunk_by(|a, b| a.0 == b.0);
    let off = sentences.map(|values| values.iter().map(|(_, value)| value - bits).sum::<f64>());
    let off: Vec<f64> = off.collect();
    let clusters = off.len() as f64;
    let squares: f64 = off.iter().map(|off| off * off).sum();
    let error = (squares * clusters / (clusters - 1.0)).sqrt() / count;
    Mean {
        bits,
        margin: NORMAL_95 * error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Cursor, WindowCursor};
    use crate::prob::LogProb;
    use crate::progress::Quiet;
    use crate::token::Vocabulary;

    /// Gives the token before it again with a half, and shares the rest out evenly.
    struct Echo(Vocabulary);

    impl LanguageModel for Echo {
        fn vocabulary(&self) -> &Vocabulary {
            &self.0
        }

        fn context_len(&self) -> Option<usize> {
            Some(1)
        }

        fn log_probs(&self, context: &[TokenId], out: &mut [f64]) {
            for (log_prob, id) in out.iter_mut().zip(self.0.ids()) {
                *log_prob = self.log_prob(context, id).ln();
            }
        }

        fn log_prob(&self, context: &[TokenId], token: TokenId) -> LogProb {
            let even = 1.0 / self.0.predicted() as f64;
            LogProb::from_probability(match (token, context.last()) {
                (TokenId::START, _) => 0.0,
                (_, Some(&last)) if last != TokenId::START => {
                    even / 2.0 + if token == last { 0.5 } else { 0.0 }
                }
                _ => even,
            })
        }

        fn cursor(&self) -> Box<dyn Cursor + '_> {
            Box::new(WindowCursor::new(self))
        }
    }

    fn echo() -> Echo {
        let mut vocabulary = Vocabulary::new();
        for word in ["a", "b"] {
            vocabulary.add(word.as_bytes());
        }
        Echo(vocabulary)
    }

    #[test]
    fn the_curve_is_the_average_over_all_positions() {
        let (a, b) = (TokenId(3), TokenId(4));
        let sentences: [&[TokenId]; 2] = [&[a, a, b], &[b]];
        let curve = curve(&echo(), &sentences, 5, 100, &Quiet);
        assert_eq!((curve.positions, curve.points.len()), (6, 2));
        assert!((curve.points[0].surprisal.bits - 2.0).abs() < 1e-12);
        // Positions: a b after <s>; a after a; b after a; </s> after b, twice.
        let expected = [2.0, -(0.625f64.log2()), 3.0, 3.0, 2.0, 3.0];
        let mean = expected.iter().sum::<f64>() / 6.0;
        assert!((curve.points[1].surprisal.bits - mean).abs() < 1e-12);
        let gained = curve.points[1].gained.unwrap();
        assert!((gained.bits - (2.0 - mean)).abs() < 1e-12);
        // By hand: the sentences are off by so much, together.
        let off = [
            4.0 * mean - expected[..4].iter().sum::<f64>(),
            2.0 * mean - 5.0,
        ];
        let margin = 1.96 * ((off[0] * off[0] + off[1] * off[1]) * 2.0).sqrt() / 6.0;
        assert!((curve.points[1].surprisal.margin - margin).abs() < 1e-12);
        assert!((curve.points[0].entropy.bits - 2.0).abs() < 1e-12);
    }

    #[test]
    fn a_sample_is_spread_evenly_and_ends_are_positions() {
        let sentence = [TokenId(3); 9];
        let sentences = [&sentence[..]; 10];
        assert_eq!(spread(&sentences, 1000).len(), 100);
        let ten: Vec<_> = (0..10).map(|number| (number, 5)).collect();
        assert_eq!(spread(&sentences, 10), ten);
        assert!(spread(&sentences, 100).contains(&(3, 9)));
    }
}
