//! Here are windows of tokens, give me the numbers that enter the first layer.
//!
//! The last C tokens of a window have a slot each, so the network knows where
//! each of them stands. What was before them is heard more and more faintly, in
//! K *echoes* (the fixed-size ordinally forgetting encoding of Zhang et al.
//! 2015): fading sums of the embeddings of the R tokens before the slots,
//!
//! ```text
//! x   = d ⊙ [ u₁ … u_C  echo₁ … echo_K ]
//! u_c = e(w_c) + Σ_{1<n≤N} e(w_{c+n−1} … w_c)       the n-grams that end in the slot
//! echo_k = s_k · Σ_{i<R} f_k^i · e(w_{C+1+i})       w_{C+1} is the youngest
//! f_k = ½^(1/halflife_k)                            2, 8, 32, … tokens
//! ```
//!
//! where s_k makes Σ (s_k·f_k^i)² = 1, so that an echo is about as loud as an
//! embedding. An echo costs as many weights as one slot, and tells what the
//! sentence is about. "No token here" has an embedding for the slots, and is
//! silent in the echoes.
//!
//! A letter says little by itself, and *th* much more than *t* and *h* do. Where tokens are few,
//! n-grams have embeddings too, G of them, which they share by a hash (Tito Svenstrup et al.
//! 2017). They cost look-ups and no products, and are learnt in every slot that they pass. An n-gram
//! never met adds nothing: they begin at 0. Backward, from δx:
//!
//! ```text
//! δe(w) = Σ d ⊙ δx over the slots that hold w, or that the n-gram w ends in,
//!         + s_k·f_k^i · d ⊙ δx over the echoes
//! ```

use super::architecture::Architecture;
use super::elementary::add_scaled;
use super::matrix::Matrix;

/// How loud each token of an echo's reach is: s_k · f_k^i for each k, the youngest token first.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Echoes {
    pub(super) loudness: Vec<Vec<f32>>,
}

impl Echoes {
    /// The echoes of a shape.
    pub(super) fn of(shape: &Architecture) -> Self {
        let one = |echo: usize| {
            let half_life = 2.0 * 4f64.powi(echo as i32);
            let fading = 0.5f64.powf(half_life.recip());
            let faded: Vec<f64> = (0..shape.reach).map(|i| fading.powi(i as i32)).collect();
            let scale = faded.iter().map(|f| f * f).sum::<f64>().sqrt().recip();
            faded.iter().map(|f| (scale * f) as f32).collect()
        };
        Echoes {
            loudness: (0..shape.echoes).map(one).collect(),
        }
    }
}

/// The embedding that an n-gram shares with those of the same hash.
#[cfg(test)]
pub(super) fn ngram_row(shape: &Architecture, ngram: &[u32]) -> u32 {
    let hash = ngram.iter().rev().fold(0, |hash, &token| mix(hash, token));
    shared_row(shape, hash)
}

/// The embeddings of the n-grams that these tokens end with, from n = 2 to N or to where there is
/// no token.
pub(super) fn ngram_rows(shape: &Architecture, tokens: &[u32]) -> impl Iterator<Item = u32> {
    let none = shape.vocabulary as u32;
    let from_last = tokens.iter().rev().take(shape.ngrams);
    let known = from_last.take_while(move |&&token| token != none);
    let hashes = known.scan(0, |hash, &token| {
        *hash = mix(*hash, token);
        Some(*hash)
    });
    hashes.skip(1).map(|hash| shared_row(shape, hash))
}

/// The hash of an n-gram one token older.
fn mix(hash: u64, older: u32) -> u64 {
    let mixed = (hash ^ u64::from(older))
        .wrapping_add(1)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ (mixed >> 29)
}

/// The row at which a hash falls, evenly spread.
fn shared_row(shape: &Architecture, hash: u64) -> u32 {
    let bucket = ((hash >> 32) * shape.buckets as u64) >> 32;
    (shape.vocabulary as u64 + 1 + bucket) as u32
}

/// Fills a row of x for each window of R + C tokens, oldest first.
pub(super) fn look_up(
    shape: &Architecture,
    echoes: &Echoes,
    embeddings: &Matrix,
    windows: &[u32],
    inputs: &mut Matrix,
) {
    let none = shape.vocabulary as u32;
    let each = windows.chunks_exact(shape.window());
    for (row, window) in inputs.each_row_mut().zip(each) {
        let (old, recent) = window.split_at(shape.reach);
        let (slots, sums) = row.split_at_mut(shape.context * shape.embedding);
        let each = slots.chunks_exact_mut(shape.embedding).zip(recent);
        for (place, (slot, &token)) in each.enumerate() {
            slot.copy_from_slice(embeddings.row(token as usize));
            for row in ngram_rows(shape, &window[..=shape.reach + place]) {
                add_scaled(slot, 1.0, embeddings.row(row as usize));
            }
        }
        sums.fill(0.0);
        let heard = old.iter().rev().take_while(|&&token| token != none);
        for (age, &token) in heard.enumerate() {
            let embedding = embeddings.row(token as usize);
            let sums = sums.chunks_exact_mut(shape.embedding);
            for (sum, loudness) in sums.zip(&echoes.loudness) {
                add_scaled(sum, loudness[age], embedding);
            }
        }
    }
}

/// Adds the δx of some windows to the gradient of the embeddings they looked up.
pub(super) fn give_back(
    shape: &Architecture,
    echoes: &Echoes,
    windows: &[u32],
    delta: &Matrix,
    gradient: &mut Matrix,
) {
    let none = shape.vocabulary as u32;
    let mut of_echoes = vec![0.0; shape.embedding];
    let each = windows.chunks_exact(shape.window());
    for (row, window) in delta.each_row().zip(each) {
        let (old, recent) = window.split_at(shape.reach);
        let (slots, sums) = row.split_at(shape.context * shape.embedding);
        let each = slots.chunks_exact(shape.embedding).zip(recent);
        for (place, (delta, &token)) in each.enumerate() {
            add_scaled(gradient.row_mut(token as usize), 1.0, delta);
            for row in ngram_rows(shape, &window[..=shape.reach + place]) {
                add_scaled(gradient.row_mut(row as usize), 1.0, delta);
            }
        }
        let heard = old.iter().rev().take_while(|&&token| token != none);
        for (age, &token) in heard.enumerate() {
            of_echoes.fill(0.0);
            let sums = sums.chunks_exact(shape.embedding);
            for (sum, loudness) in sums.zip(&echoes.loudness) {
                add_scaled(&mut of_echoes, loudness[age], sum);
            }
            add_scaled(gradient.row_mut(token as usize), 1.0, &of_echoes);
        }
    }
}
