//! Here is a symmetric matrix, give me its axes and how far it reaches along each.
//!
//! Jacobi's method (1846): turn the two axes i and j until their entry is zero,
//! for every pair in order, and again until nothing is left beside the
//! diagonal. Each turn makes the sum of squares beside the diagonal smaller,
//! and after a few rounds it is gone (Golub & Van Loan 2013, §8.5). Slower than
//! others for large matrices, it is short, exact to the last digits, and does the
//! same on every machine.

/// More rounds than this are never needed: the squares fall faster than geometrically.
const MOST_ROUNDS: usize = 60;

/// An axis of a symmetric matrix.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Axis {
    /// The eigenvalue.
    pub(super) value: f64,
    /// The eigenvector, of length 1, its largest entry (the first of equals) positive.
    pub(super) direction: Vec<f64>,
}

/// All axes of a symmetric matrix, given in rows, from the largest eigenvalue to the smallest.
pub(super) fn axes(mut matrix: Vec<Vec<f64>>) -> Vec<Axis> {
    let size = matrix.len();
    // The rows become the axes.
    let mut turned: Vec<Vec<f64>> = (0..size)
        .map(|i| (0..size).map(|j| f64::from(u8::from(i == j))).collect())
        .collect();
    for _ in 0..MOST_ROUNDS {
        let mut still = true;
        for i in 0..size {
            for j in i + 1..size {
                if let Some(turn) = Turn::to_clear(&matrix, i, j) {
                    turn.both_sides(&mut matrix);
                    turn.rows(&mut turned);
                    still = false;
                }
            }
        }
        if still {
            break;
        }
    }
    let mut axes: Vec<Axis> = turned
        .into_iter()
        .enumerate()
        .map(|(i, direction)| Axis {
            value: matrix[i][i],
            direction: with_sign(direction),
        })
        .collect();
    axes.sort_by(|a, b| b.value.total_cmp(&a.value));
    axes
}

/// A direction or its opposite, whichever has its largest entry positive.
fn with_sign(mut direction: Vec<f64>) -> Vec<f64> {
    let largest = direction.iter().fold(0.0f64, |largest, &entry| {
        if entry.abs() > largest.abs() {
            entry
        } else {
            largest
        }
    });
    if largest < 0.0 {
        direction.iter_mut().for_each(|entry| *entry = -*entry);
    }
    direction
}

/// A turn of the plane of the axes i and j.
struct Turn {
    i: usize,
    j: usize,
    cosine: f64,
    sine: f64,
}

impl Turn {
    /// The smaller turn that makes entry (i, j) zero; `None` if it is nothing beside the diagonal.
    fn to_clear(matrix: &[Vec<f64>], i: usize, j: usize) -> Option<Self> {
        let (entry, on, other) = (matrix[i][j], matrix[i][i], matrix[j][j]);
        if entry.abs() <= f64::EPSILON * (on.abs() * other.abs()).sqrt() {
            return None;
        }
        let slope = (other - on) / (2.0 * entry);
        let tangent = slope.signum() / (slope.abs() + slope.hypot(1.0));
        let cosine = tangent.hypot(1.0).recip();
        Some(Turn {
            i,
            j,
            cosine,
            sine: tangent * cosine,
        })
    }

    fn pair(&self, a: f64, b: f64) -> (f64, f64) {
        let (cosine, sine) = (self.cosine, self.sine);
        (cosine * a - sine * b, sine * a + cosine * b)
    }

    fn rows(&self, rows: &mut [Vec<f64>]) {
        let (before, from) = rows.split_at_mut(self.j);
        for (a, b) in before[self.i].iter_mut().zip(&mut from[0]) {
            (*a, *b) = self.pair(*a, *b);
        }
    }

    fn both_sides(&self, matrix: &mut [Vec<f64>]) {
        self.rows(matrix);
        for row in matrix {
            (row[self.i], row[self.j]) = self.pair(row[self.i], row[self.j]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn symmetric() -> impl Strategy<Value = Vec<Vec<f64>>> {
        (1usize..9).prop_flat_map(|size| {
            let entries = proptest::collection::vec(-3.0f64..3.0, size * size);
            entries.prop_map(move |entries| {
                let at = |i: usize, j: usize| entries[i.min(j) * size + i.max(j)];
                (0..size)
                    .map(|i| (0..size).map(|j| at(i, j)).collect())
                    .collect()
            })
        })
    }

    fn dot(a: &[f64], b: &[f64]) -> f64 {
        a.iter().zip(b).map(|(a, b)| a * b).sum()
    }

    proptest! {
        #[test]
        fn axes_are_what_the_matrix_only_stretches(matrix in symmetric()) {
            let axes = axes(matrix.clone());
            for axis in &axes {
                for (row, entry) in matrix.iter().zip(&axis.direction) {
                    prop_assert!((dot(row, &axis.direction) - axis.value * entry).abs() < 1e-9);
                }
                for other in &axes {
                    let expected = f64::from(u8::from(std::ptr::eq(axis, other)));
                    prop_assert!((dot(&axis.direction, &other.direction) - expected).abs() < 1e-9);
                }
                let largest = axis.direction.iter().copied().fold(0.0, f64::max);
                prop_assert!(axis.direction.iter().all(|entry| -entry <= largest + 1e-12));
            }
            prop_assert!(axes.is_sorted_by(|a, b| a.value >= b.value));
            let trace: f64 = (0..matrix.len()).map(|i| matrix[i][i]).sum();
            let sum: f64 = axes.iter().map(|axis| axis.value).sum();
            prop_assert!((trace - sum).abs() < 1e-9);
        }
    }

    #[test]
    fn a_known_matrix() {
        let found = axes(vec![vec![2.0, 1.0], vec![1.0, 2.0]]);
        assert!((found[0].value - 3.0).abs() < 1e-12 && (found[1].value - 1.0).abs() < 1e-12);
        assert!((found[0].direction[0] - 0.5f64.sqrt()).abs() < 1e-12);
        assert_eq!(axes(vec![vec![0.0; 3]; 3])[2].value, 0.0);
    }
}
