//! Here is how far a training is, give me its learning rate.
//!
//! The rate rises over the first steps, while Adam's means know little, and then
//! falls linearly to 0, where the noise of the batches dies down:
//!
//! ```text
//! rate(s) = peak · min(s / w, (1 − s) / (1 − w), 1)      s from 0 to 1, w = warm-up
//! ```
//!
//! How far it is, s, is told by the steps taken, or, when a training is given a
//! time instead of a number of epochs, by the clock. Either way it lands.

use std::time::{Duration, Instant};

use super::options::TrainingOptions;

/// What tells how far a training is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Schedule {
    /// So many steps in all.
    Steps(u64),
    /// So much time in all, of which some may have passed in an earlier run.
    Time {
        limit: Duration,
        before: Duration,
        since: Instant,
    },
}

impl Schedule {
    /// The schedule of a training with so many steps an epoch.
    pub(super) fn new(options: &TrainingOptions, steps: u64, before: Duration) -> Self {
        match options.seconds {
            None => Schedule::Steps(steps * options.epochs as u64),
            Some(seconds) => Schedule::Time {
                limit: Duration::from_secs(seconds),
                before,
                since: Instant::now(),
            },
        }
    }

    /// s before step t, counted from 1; at 1 the training is over.
    pub(super) fn share(&self, t: u64) -> f64 {
        match self {
            Schedule::Steps(total) => t as f64 / (total + 1) as f64,
            Schedule::Time { limit, .. } => {
                (self.elapsed().as_secs_f64() / limit.as_secs_f64()).min(1.0)
            }
        }
    }

    /// How long the training has taken, if that counts.
    pub(super) fn elapsed(&self) -> Duration {
        match self {
            Schedule::Steps(_) => Duration::ZERO,
            Schedule::Time { before, since, .. } => *before + since.elapsed(),
        }
    }
}

/// The learning rate at s.
pub(super) fn rate(options: &TrainingOptions, share: f64) -> f32 {
    let rising = f64::from(options.warm_up);
    let up = share / rising;
    let down = (1.0 - share) / (1.0 - rising);
    (f64::from(options.learning_rate) * up.min(down).clamp(0.0, 1.0)) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_rises_then_falls_to_nothing() {
        let options = TrainingOptions {
            learning_rate: 1.0,
            warm_up: 0.1,
            epochs: 2,
            ..Default::default()
        };
        let schedule = Schedule::new(&options, 50, Duration::ZERO);
        let rates: Vec<f32> = (1..=100)
            .map(|t| rate(&options, schedule.share(t)))
            .collect();
        assert!(rates[..10].is_sorted() && rates[0] < 0.1);
        assert!(rates[10] > 0.95 && rates[10] <= 1.0);
        assert!(rates[10..].is_sorted_by(|a, b| a > b));
        assert!(rates[99] > 0.0 && rates[99] < 0.02);
        assert!(schedule.share(100) < 1.0 && schedule.share(101) >= 1.0);
        let single = Schedule::Steps(1).share(1);
        assert!(rate(&options, single) > 0.5, "a single step is a step");
    }

    #[test]
    fn a_time_lands_the_rate_when_it_is_over() {
        let options = TrainingOptions {
            seconds: Some(10),
            ..Default::default()
        };
        let after = |seconds| {
            let before = Duration::from_secs_f64(seconds);
            rate(&options, Schedule::new(&options, 50, before).share(1))
        };
        assert!(after(5.0) < options.learning_rate && after(5.0) > after(9.0));
        assert_eq!(after(10.0), 0.0);
    }
}
