//! Witten–Bell: a new token is as likely as the context has had different followers.
//!
//! Bell, Cleary & Witten 1990 (method C of "Text Compression"; Witten & Bell
//! 1991), interpolated as in Chen & Goodman 1998, section 2.5, over raw counts:
//!
//! ```text
//! p(w | h) = c(hw) / (c(h·) + N1+(h·))  +  N1+(h·) / (c(h·) + N1+(h·)) · p(w | h′)
//! ```
//!
//! N1+(h·) is the number of different tokens seen after h; below order 1 lies
//! the uniform 1/V.

use super::{CountKind, Sharing};

pub(super) struct WittenBell;

impl Sharing for WittenBell {
    fn counts(&self) -> CountKind {
        CountKind::Raw
    }

    fn share(&self, _order: usize, counts: &[u64], shares: &mut [f64]) -> f64 {
        let total = counts.iter().sum::<u64>() as f64;
        let followers = counts.iter().filter(|count| **count > 0).count() as f64;
        if followers == 0.0 {
            shares.fill(0.0);
            return 1.0;
        }
        for (share, &count) in shares.iter_mut().zip(counts) {
            *share = count as f64 / (total + followers);
        }
        followers / (total + followers)
    }
}
