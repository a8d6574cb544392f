//! Here are shares of probabilities, give me a few numbers that stand for all of them.
//!
//! What matters is how far each probability moves, in proportion: a share that is most of its
//! probability should be kept well, one that hardly adds to it need not be. So the numbers are the
//! least squares of the logarithm, each share counting by the square of its part in its
//! probability. They are found as Lloyd found them (1957, printed 1982; one-dimensional k-means):
//! every share goes to the nearest number, every number to the mean of its shares, again and again.
//! Where they begin is where the theory of many numbers says they end: as dense as the cube root of
//! the density of the shares (Panter & Dite 1951). KenLM's bins of equal population would crowd
//! where many shares are equal anyway.
//!
//! Shares are looked at through a histogram, so fine that its own error does not matter, and added
//! up in chunks of fixed size: the numbers are the same for any number of threads.

use rayon::prelude::*;

/// A share, and the part it is of its probability.
pub(super) type Part = (f32, f32);

/// Fewer bits of the mantissa do not tell shares apart: those that are left do to one in 4,000.
const IGNORED_BITS: u32 = 12;

/// The largest share is 1.
const BINS: usize = (1f32.to_bits() >> IGNORED_BITS) as usize + 1;

/// How often numbers are moved at most.
const ROUNDS: usize = 60;

/// Into how many chunks all shares are cut at most, and how many shares a chunk has at least.
const CHUNKS: usize = 8;
const FEWEST: usize = 1 << 20;

/// Numbers that stand for shares; the first is 0, all ascend.
pub(super) struct Quantiser {
    values: Vec<f32>,
    /// The code of all shares of a bin.
    codes: Vec<u16>,
}

/// All that fell into one bin.
#[derive(Clone, Copy, Default)]
struct Bin {
    weight: f64,
    /// The shares, each by its weight.
    sum: f64,
}

/// A bin that is not empty.
struct Point {
    bin: usize,
    weight: f64,
    ln: f64,
}

fn bin_of(share: f32) -> usize {
    (share.to_bits() >> IGNORED_BITS) as usize
}

impl Quantiser {
    /// As many numbers as codes of so many bits can tell apart, for shares between 0 and 1.
    pub(super) fn fitting(parts: &[Part], bits: u8) -> Self {
        let points = points(parts);
        let centres = lloyd(&points, (1 << bits) - 1);
        let mut values = vec![0.0];
        values.extend(centres.iter().map(|ln| ln.exp() as f32));
        let mut codes = vec![0; BINS];
        for (centre, points) in nearest(&points, &centres) {
            for point in points {
                codes[point.bin] = centre as u16 + 1;
            }
        }
        Quantiser { values, codes }
    }

    /// The number nearest to a share that it was fitted to.
    pub(super) fn code(&self, share: f32) -> u16 {
        match share > 0.0 {
            true => self.codes[bin_of(share)],
            false => 0,
        }
    }

    /// What a code stands for.
    pub(super) fn value(&self, code: u16) -> f64 {
        f64::from(self.values[usize::from(code)])
    }

    /// What the codes stand for.
    pub(super) fn values(&self) -> &[f32] {
        &self.values
    }
}

/// The histogram of shares above 0, ascending.
fn points(parts: &[Part]) -> Vec<Point> {
    let chunk = parts.len().div_ceil(CHUNKS).max(FEWEST);
    let histograms = parts.par_chunks(chunk).map(|parts| {
        let mut bins = vec![Bin::default(); BINS];
        for &(share, part) in parts.iter().filter(|(share, _)| *share > 0.0) {
            let bin = &mut bins[bin_of(share)];
            let weight = f64::from(part) * f64::from(part);
            bin.weight += weight;
            bin.sum += weight * f64::from(share);
        }
        bins
    });
    let histograms: Vec<Vec<Bin>> = histograms.collect();
    let total = (0..BINS).map(|bin| {
        histograms.iter().fold(Bin::default(), |total, bins| Bin {
            weight: total.weight + bins[bin].weight,
            sum: total.sum + bins[bin].sum,
        })
    });
    let filled = total.enumerate().filter(|(_, bin)| bin.sum > 0.0);
    filled
        .map(|(bin, Bin { weight, sum })| Point {
            bin,
            weight,
            ln: (sum / weight).ln(),
        })
        .collect()
}

/// At most so many centres, ascending.
fn lloyd(points: &[Point], most: usize) -> Vec<f64> {
    if points.len() <= most {
        return points.iter().map(|point| point.ln).collect();
    }
    let mut centres = spread(points, most);
    for _ in 0..ROUNDS {
        let mut moved = false;
        let means: Vec<(usize, f64)> = nearest(points, &centres)
            .map(|(centre, points)| (centre, mean(points)))
            .collect();
        for (centre, mean) in means {
            moved |= centres[centre] != mean;
            centres[centre] = mean;
        }
        if !moved {
            break;
        }
    }
    centres
}

/// Centres as dense as the cube root of the density.
fn spread(points: &[Point], count: usize) -> Vec<f64> {
    let total: f64 = points.iter().map(|point| point.weight.cbrt()).sum();
    let (mut sum, mut centres) = (0.0, Vec::with_capacity(count));
    for point in points {
        sum += point.weight.cbrt();
        while centres.len() < count && sum >= total * (centres.len() as f64 + 0.5) / count as f64 {
            centres.push(point.ln);
        }
    }
    centres.resize(count, points[points.len() - 1].ln);
    centres
}

fn mean(points: &[Point]) -> f64 {
    let weight: f64 = points.iter().map(|point| point.weight).sum();
    let sum: f64 = points.iter().map(|point| point.weight * point.ln).sum();
    // Rounding must not carry the mean of equal points away from them.
    (sum / weight).clamp(points[0].ln, points[points.len() - 1].ln)
}

/// The points nearest to each centre that has any; both ascend.
fn nearest<'p>(
    points: &'p [Point],
    centres: &'p [f64],
) -> impl Iterator<Item = (usize, &'p [Point])> {
    let mut left = points;
    centres
        .iter()
        .enumerate()
        .filter_map(move |(index, centre)| {
            let own = match centres.get(index + 1) {
                Some(next) => left.partition_point(|point| point.ln < centre.midpoint(*next)),
                None => left.len(),
            };
            let (own, others) = left.split_at(own);
            left = others;
            (!own.is_empty()).then_some((index, own))
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parts() -> impl Strategy<Value = Vec<Part>> {
        let share = prop_oneof![2 => 1e-7f32..1.0, 1 => Just(0.25), 1 => Just(0.0), 1 => Just(1.0)];
        prop::collection::vec((share, 0.01f32..1.0), 0..300)
    }

    proptest! {
        #[test]
        fn every_share_gets_the_nearest_number(parts in parts(), bits in 2u8..10) {
            let quantiser = Quantiser::fitting(&parts, bits);
            let values = quantiser.values.clone();
            prop_assert!(values.len() <= 1 << bits && values[0] == 0.0 && values.is_sorted());
            for &(share, _) in &parts {
                let own = quantiser.value(quantiser.code(share));
                if share == 0.0 {
                    prop_assert_eq!(own, 0.0);
                    continue;
                }
                let distance = |value: f64| (value.ln() - f64::from(share).ln()).abs();
                for &other in &values[1..] {
                    prop_assert!(distance(own) <= distance(other.into()) + 5e-4);
                }
            }
        }

        #[test]
        fn few_distinct_shares_are_kept(shares in prop::collection::btree_set(1u32..4000, 1..15), bits in 4u8..17) {
            let parts: Vec<Part> = shares.iter().map(|&n| (n as f32 / 4000.0, 1.0)).collect();
            let quantiser = Quantiser::fitting(&parts, bits);
            for (share, _) in parts {
                let own = quantiser.value(quantiser.code(share));
                prop_assert!((own - f64::from(share)).abs() <= f64::from(share) * 5e-4);
            }
        }
    }

    #[test]
    fn more_bits_err_less() {
        let parts: Vec<Part> = (1..20_000).map(|n| (1.0 / n as f32, 1.0)).collect();
        let error = |bits: u8| -> f64 {
            let quantiser = Quantiser::fitting(&parts, bits);
            let errors = parts.iter().map(|&(share, _)| {
                (quantiser.value(quantiser.code(share)) / f64::from(share))
                    .ln()
                    .powi(2)
            });
            errors.sum::<f64>() / parts.len() as f64
        };
        let errors = [2, 4, 6, 8, 10].map(error);
        assert!(errors.is_sorted_by(|a, b| a > b), "{errors:?}");
        assert!(errors[3] < 1e-3, "{errors:?}");
    }
}
