//! Here are numbers, give me their exponentials, their sums, their largest, a slice at a time.
//!
//! `f32::exp` is right to nearly the last bit and takes one number at a time.
//! A network asks for thousands at once and is content with seven digits, so it
//! is written here as a straight line of additions and products, which the
//! compiler turns into vector instructions: 1.4 nanoseconds instead of 3.5.

use crate::wide::widest;

/// 2^23 + 2^22: adding it to a small number rounds that number to an integer, kept in the low bits.
const ROUNDER: f32 = 12_582_912.0;

/// Sums are taken in so many lanes, which the compiler can put into vectors.
const LANES: usize = 16;

/// e^x to seven digits; NaN stays NaN.
///
/// x = n·ln 2 + r with |r| ≤ ½ ln 2 gives e^x = 2^n · e^r. The power of two is
/// a shift into the exponent's bits; e^r is its Taylor sum up to r⁶/720, whose
/// next term is below 1.2·10⁻⁷.
#[inline(always)]
fn exp(x: f32) -> f32 {
    // Beyond these, 2^n would leave the range of normal numbers.
    let x = x.clamp(-87.0, 88.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUNDER;
    let n = shifted - ROUNDER;
    // ln 2 in two parts, the first short enough for n · HIGH to be exact.
    const HIGH: f32 = 0.693_359_4;
    const LOW: f32 = -2.121_944_4e-4;
    let r = (x - n * HIGH) - n * LOW;
    let mut sum = 1.0 / 720.0;
    for coefficient in [1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        sum = sum * r + coefficient;
    }
    let exponent = (shifted.to_bits() << 23).wrapping_add(127 << 23);
    sum * f32::from_bits(exponent)
}

/// Replaces each x by e^(x − shift) and gives their sum.
pub(super) fn exp_all(values: &mut [f32], shift: f32) -> f64 {
    widest(|| exp_all_in_lanes(values, shift))
}

#[inline(always)]
fn exp_all_in_lanes(values: &mut [f32], shift: f32) -> f64 {
    // Short runs are summed in f32, in sixteen lanes; the runs are summed in f64.
    let mut total = 0.0;
    for run in values.chunks_mut(256) {
        let mut lanes = [0.0f32; LANES];
        let mut groups = run.chunks_exact_mut(LANES);
        for group in &mut groups {
            for (x, lane) in group.iter_mut().zip(&mut lanes) {
                *x = exp(*x - shift);
                *lane += *x;
            }
        }
        for x in groups.into_remainder() {
            *x = exp(*x - shift);
            lanes[0] += *x;
        }
        total += lanes.iter().map(|&lane| f64::from(lane)).sum::<f64>();
    }
    total
}

/// Replaces each x by x·σ(x) and gives its slope σ(x)·(1 + x − x·σ(x)), with σ(x) = 1 / (1 + e^−x).
pub(super) fn silu_all(values: &mut [f32], slopes: &mut [f32]) {
    widest(|| {
        for (x, slope) in values.iter_mut().zip(slopes) {
            let sigma = 1.0 / (1.0 + exp(-*x));
            let y = *x * sigma;
            *slope = sigma * (1.0 + *x - y);
            *x = y;
        }
    });
}

/// Σ a_i · b_i, in sixteen lanes.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    widest(|| dot_in_lanes(a, b))
}

#[inline(always)]
fn dot_in_lanes(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0f32; LANES];
    let (a_groups, b_groups) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest = a_groups.remainder().iter().zip(b_groups.remainder());
    let rest: f32 = rest.map(|(a, b)| a * b).sum();
    for (a, b) in a_groups.zip(b_groups) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += a * b;
        }
    }
    lanes.iter().sum::<f32>() + rest
}

/// Σ a_i, in sixteen lanes.
pub(super) fn sum(a: &[f32]) -> f32 {
    let mut lanes = [0.0f32; LANES];
    let groups = a.chunks_exact(LANES);
    let rest: f32 = groups.remainder().iter().sum();
    for group in groups {
        for (lane, a) in lanes.iter_mut().zip(group) {
            *lane += a;
        }
    }
    lanes.iter().sum::<f32>() + rest
}

/// row ← row + factor · other.
pub(super) fn add_scaled(row: &mut [f32], factor: f32, other: &[f32]) {
    widest(|| {
        for (x, y) in row.iter_mut().zip(other) {
            *x += factor * y;
        }
    });
}

/// sum ← sum + u₀·row₀ + … + u₃·row₃, with the rows end to end.
pub(super) fn add_four(sum: &mut [f32], u: &[f32; 4], rows: &[f32]) {
    let (a, rows) = rows.split_at(sum.len());
    let (b, rows) = rows.split_at(sum.len());
    let (c, d) = rows.split_at(sum.len());
    widest(|| {
        for ((((sum, a), b), c), d) in sum.iter_mut().zip(a).zip(b).zip(c).zip(d) {
            *sum += (u[0] * a + u[1] * b) + (u[2] * c + u[3] * d);
        }
    });
}

/// row ← factor · row.
pub(super) fn scale(row: &mut [f32], factor: f32) {
    widest(|| row.iter_mut().for_each(|x| *x *= factor));
}

/// row ← row ⊙ factors, as far as there are factors.
pub(super) fn multiply_by(row: &mut [f32], factors: &[f32]) {
    widest(|| {
        for (x, factor) in row.iter_mut().zip(factors) {
            *x *= factor;
        }
    });
}

/// The largest of some numbers; NaN if there is a NaN, −∞ if there is none.
pub(super) fn largest(values: &[f32]) -> f32 {
    widest(|| largest_in_lanes(values))
}

#[inline(always)]
fn largest_in_lanes(values: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let mut groups = values.chunks_exact(LANES);
    let larger = |a: f32, b: f32| if a >= b || a.is_nan() { a } else { b };
    for group in &mut groups {
        for (lane, &x) in lanes.iter_mut().zip(group) {
            *lane = larger(*lane, x);
        }
    }
    let rest = groups.remainder().iter();
    lanes
        .iter()
        .chain(rest)
        .copied()
        .fold(f32::NEG_INFINITY, larger)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_agrees_with_the_exact_one() {
        for step in -87_000..88_000 {
            let x = step as f32 / 1000.0;
            let exact = f64::from(x).exp();
            assert!((f64::from(exp(x)) / exact - 1.0).abs() < 3e-7, "exp {x}");
        }
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(f32::NEG_INFINITY) < 2e-38);
        assert!(exp(f32::NAN).is_nan());
    }

    #[test]
    fn silu_agrees_with_the_exact_one() {
        for step in -20_000..20_000 {
            let x = step as f32 / 1000.0;
            let (mut value, mut slope) = ([x], [0.0]);
            silu_all(&mut value, &mut slope);
            let silu = |x: f64| x / (1.0 + (-x).exp());
            let exact = f64::from(x);
            assert!((f64::from(value[0]) - silu(exact)).abs() < 3e-6, "silu {x}");
            let difference = (silu(exact + 1e-6) - silu(exact - 1e-6)) / 2e-6;
            assert!((f64::from(slope[0]) - difference).abs() < 1e-5, "slope {x}");
        }
    }

    #[test]
    fn sums_in_lanes_are_the_plain_sums() {
        for length in [0, 1, 15, 16, 17, 100] {
            let a: Vec<f32> = (0..length).map(|i| i as f32 - 7.5).collect();
            let b: Vec<f32> = (0..length).map(|i| (i % 5) as f32).collect();
            let plain: f32 = a.iter().zip(&b).map(|(a, b)| a * b).sum();
            assert_eq!(dot(&a, &b), plain, "small integers and halves add exactly");
            assert_eq!(sum(&a), a.iter().sum::<f32>());
        }
    }

    #[test]
    fn exp_all_sums_what_it_writes() {
        let mut values: Vec<f32> = (0..1000).map(|i| (i % 37) as f32 / 5.0).collect();
        let exact: f64 = values.iter().map(|&x| (f64::from(x) - 7.0).exp()).sum();
        let sum = exp_all(&mut values, 7.0);
        assert!((sum / exact - 1.0).abs() < 1e-6);
        let written: f64 = values.iter().map(|&x| f64::from(x)).sum();
        assert!((sum / written - 1.0).abs() < 1e-6);
    }

    #[test]
    fn the_largest_is_found_wherever_it_is() {
        for place in 0..40 {
            let mut values = vec![-3.0; 40];
            values[place] = -2.0;
            assert_eq!(largest(&values), -2.0);
            values[place] = f32::NAN;
            assert!(largest(&values).is_nan(), "NaN at {place}");
        }
        assert_eq!(largest(&[]), f32::NEG_INFINITY);
    }
}
