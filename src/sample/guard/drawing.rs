//! Here is a voice, a guard and a budget; give me one text that keeps the wishes.

use std::collections::BTreeMap;

use super::super::{Dice, Written};
use super::wishes::{Guard, Wish};
use super::writing::{Scene, free, led};
use crate::error::{Error, ErrorKind, Result};
use crate::progress::Progress;

/// How much may be tried.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// So many free texts.
    pub free: usize,
    /// And then so many led ones, of which one is drawn.
    pub led: usize,
}

/// A text that keeps its wishes.
#[derive(Clone, Debug)]
pub struct Guarded {
    /// The text.
    pub written: Written,
    /// How it came about.
    pub way: Way,
}

/// How a text came about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Way {
    /// It is the first of so many free texts that kept the wishes: drawn exactly from the voice's
    /// distribution, given that they are kept.
    Free {
        /// How many were written.
        tries: usize,
    },
    /// It was drawn by weight from led texts: nearly from the same distribution.
    Led {
        /// How many were written.
        tries: usize,
        /// As many independent ones would say as much (Kong 1992): the nearer to 1, the less sure.
        effective: f64,
        /// How probable it is that a free text keeps the wishes.
        chance: f64,
    },
}

/// The most and the least patient led text, by the decimal logarithm of their patience.
const PATIENCE: (f64, f64) = (-1.0, -5.0);

/// Writes a text that keeps all wishes.
///
/// # Errors
/// If nothing can keep them, with the reason; if nothing did, with what the texts did instead.
/// `progress` advances by the texts.
pub fn generate_guarded(
    scene: &Scene,
    guard: &Guard,
    budget: Budget,
    dice: &mut Dice,
    progress: &dyn Progress,
) -> Result<Guarded> {
    guard.check(scene)?;
    let mut breaches = BTreeMap::new();
    for tries in 1..=budget.free {
        stop_if_asked(progress)?;
        match free(scene, guard, dice) {
            Ok(written) => {
                let way = Way::Free { tries };
                return Ok(Guarded { written, way });
            }
            Err(wish) => *breaches.entry(wish).or_insert(0) += 1,
        }
        progress.advance(1);
    }
    match lead(scene, guard, budget.led, dice, progress)? {
        Some(guarded) => Ok(guarded),
        None => Err(fruitless(guard, &breaches, budget)),
    }
}

fn stop_if_asked(progress: &dyn Progress) -> Result<()> {
    match progress.should_stop() {
        true => Err(Error::new(
            ErrorKind::Interrupted,
            "stopped before a text kept the wishes",
        )),
        false => Ok(()),
    }
}

/// One of so many led texts, drawn by weight; `None` if none kept the wishes.
fn lead(
    scene: &Scene,
    guard: &Guard,
    tries: usize,
    dice: &mut Dice,
    progress: &dyn Progress,
) -> Result<Option<Guarded>> {
    let mut texts = Vec::new();
    for number in 0..tries {
        stop_if_asked(progress)?;
        let along = number as f64 / tries as f64;
        let patience = 10f64.powf(PATIENCE.0 + along * (PATIENCE.1 - PATIENCE.0));
        texts.extend(led(scene, guard, patience, dice).ok());
        progress.advance(1);
    }
    let most = texts
        .iter()
        .map(|(_, weight)| *weight)
        .fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = texts
        .iter()
        .map(|(_, weight)| (weight - most).exp())
        .collect();
    let sum: f64 = weights.iter().sum();
    let squares: f64 = weights.iter().map(|weight| weight * weight).sum();
    let u = dice.throw() * sum;
    let mut passed = 0.0;
    let hit = weights.iter().position(|weight| {
        passed += weight;
        u < passed
    });
    let way = Way::Led {
        tries,
        effective: sum * sum / squares,
        chance: sum * most.exp() / tries as f64,
    };
    let chosen = hit.or_else(|| texts.len().checked_sub(1));
    Ok(chosen.map(|chosen| Guarded {
        written: texts.swap_remove(chosen).0,
        way,
    }))
}

/// Why nothing came of it.
fn fruitless(guard: &Guard, breaches: &BTreeMap<Wish, usize>, budget: Budget) -> Error {
    let mut said: Vec<_> = breaches.iter().collect();
    said.sort_by_key(|(_, texts)| std::cmp::Reverse(**texts));
    let said = said
        .into_iter()
        .map(|(&wish, texts)| format!("{texts} {}", guard.breach(wish)));
    let said: Vec<String> = said.collect();
    let what = match said.is_empty() {
        true => "none of the texts that were tried keeps all wishes".to_owned(),
        false => format!("of {} texts {}", budget.free, said.join(", ")),
    };
    let led = match budget.led {
        0 => String::new(),
        led => format!(", and none of {led} that were led towards the wishes keeps them all"),
    };
    Error::new(ErrorKind::Model, format!("no such text was found: {what}{led}")).way_out(
        "wish for less, allow more --max-tokens or --tries, or draw more freely (--temperature, --top-k, \
         --top-p, --min-p)",
    )
}
