//! Here is a token, give me those that lie close to it.
//!
//! Close is the cosine of the angle between embeddings: 1 for the same
//! direction, 0 for no relation, −1 for the opposite. Directions, because a
//! length has much to do with how often a token was seen (Schakel & Wilson 2015).

use crate::neural::Network;
use crate::token::TokenId;

/// A token close to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbour {
    /// Which token.
    pub token: TokenId,
    /// The cosine between their embeddings.
    pub cosine: f64,
}

/// The `k` tokens nearest to a token, the nearest first; equals in order of id.
///
/// # Panics
/// If the id is not in the network's vocabulary.
pub fn nearest(network: &Network, token: TokenId, k: usize) -> Vec<Neighbour> {
    let to = network.embedding(token);
    let others = (0..network.architecture().vocabulary as u32).map(TokenId);
    let others = others.filter(|other| *other != token);
    let neighbour = |token| Neighbour {
        token,
        cosine: cosine(to, network.embedding(token)),
    };
    let mut neighbours: Vec<Neighbour> = others.map(neighbour).collect();
    neighbours.sort_by(|a, b| b.cosine.total_cmp(&a.cosine));
    neighbours.truncate(k);
    neighbours
}

/// The cosine of the angle between two vectors; 0 if one has no direction.
fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let lengths = (dot(a, a) * dot(b, b)).sqrt();
    match lengths > 0.0 {
        true => (dot(a, b) / lengths).clamp(-1.0, 1.0),
        false => 0.0,
    }
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    let products = a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b));
    products.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cosines_of_known_angles() {
        assert_eq!(cosine(&[3.0, 0.0], &[0.0, 9.0]), 0.0);
        assert_eq!(cosine(&[1.0, 1.0], &[2.0, 2.0]), 1.0);
        assert_eq!(cosine(&[1.0, 0.0], &[-5.0, 0.0]), -1.0);
        assert_eq!(cosine(&[0.0, 0.0], &[1.0, 0.0]), 0.0);
        assert!((cosine(&[1.0, 0.0], &[1.0, 1.0]) - 0.5f64.sqrt()).abs() < 1e-12);
    }
}
