//! Here is a text and what counts say of it; part its places into buckets, in several ways.
//!
//! An average hides where voices differ. So the same places are parted by how
//! often their token was seen in training, by how well its context was known, by
//! the longest n-gram that backs it, and by where in the sentence it stands. Every
//! place is in one bucket of each table, so the tables sum to the same total.

use rayon::prelude::*;
use serde::Serialize;

use super::held_out::HeldOut;
use super::mean::{Clusters, Mean};
use super::places::{Place, Places};
use crate::model::{Evidence, LanguageModel};
use crate::token::TokenId;

/// So many sentences are added up by a thread at a time.
const SENTENCES_A_BATCH: usize = 256;

/// A context of a voice without bound counts as known if so many tokens of it are.
const LONGEST_OF_UNBOUNDED: usize = 4;

/// A way of parting places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Parting {
    /// By how often the token was seen in training.
    Frequency,
    /// By how often the whole context was seen.
    Context,
    /// By the length of the longest n-gram that ends in the token and was seen.
    Order,
    /// By the place in the sentence, from 1.
    Position,
}

/// The places parted in one way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Table {
    /// Which way.
    pub by: Parting,
    /// Buckets that hold any place.
    pub rows: Vec<Row>,
}

/// The places of one bucket.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Which it is, for people.
    pub bucket: String,
    /// How many places it holds.
    pub tokens: u64,
    /// Their share of all.
    pub share: f64,
    /// The mean surprisal of each voice there, in bits a token.
    pub bits: Vec<f64>,
    /// By how much each voice but the first differs from the first, in bits a token.
    pub differences: Vec<Mean>,
}

/// The voice whose counts say how well known a place is.
pub struct Witness<'m> {
    model: &'m dyn LanguageModel,
    longest: usize,
    /// How often each token was seen, by id; `None` if nobody counted.
    seen: Option<Vec<u64>>,
}

impl<'m> Witness<'m> {
    /// A voice that has counts; nothing if this one has none.
    pub fn of(model: &'m dyn LanguageModel) -> Option<Self> {
        let evidence = model.evidence()?;
        let seen = |token| evidence.of_token(&[], token).times_seen;
        Some(Witness {
            model,
            longest: model.context_len().unwrap_or(LONGEST_OF_UNBOUNDED),
            seen: model.vocabulary().ids().map(seen).collect(),
        })
    }

    fn evidence(&self) -> &dyn Evidence {
        self.model.evidence().expect("a witness has counts")
    }

    fn frequency(&self, place: &Place) -> Option<usize> {
        let seen = self.seen.as_ref()?;
        Some(match place.token() {
            TokenId::UNKNOWN => 0,
            token => 1 + FREQUENCIES.bucket(seen[token.index()]),
        })
    }

    fn context(&self, place: &Place) -> usize {
        let context = place.context(Some(self.longest));
        let known = self.evidence().of_context(&context);
        match (known.order > context.len(), known.times_seen) {
            (false, _) => 0,
            (true, None) => 1,
            (true, Some(times)) => 2 + TIMES.bucket(times),
        }
    }

    fn order(&self, place: &Place) -> usize {
        let context = place.context(Some(self.longest));
        let backed = self.evidence().of_token(&context, place.token());
        ORDERS.bucket(backed.order as u64)
    }
}

/// Numbers parted by the least of each bucket; the last has no end.
struct Steps(&'static [u64]);

const FREQUENCIES: Steps = Steps(&[0, 1, 2, 10, 100, 1_000, 10_000, 100_000]);
const TIMES: Steps = Steps(&[1, 2, 10, 100, 1_000]);
const ORDERS: Steps = Steps(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 17]);
const POSITIONS: Steps = Steps(&[1, 2, 3, 4, 5, 9, 17, 33, 65]);

impl Steps {
    fn bucket(&self, number: u64) -> usize {
        self.0.partition_point(|&least| least <= number).max(1) - 1
    }

    /// "2–9", "1", "100 or more".
    fn name(&self, bucket: usize) -> String {
        let least = self.0[bucket];
        match self.0.get(bucket + 1) {
            Some(&next) if next == least + 1 => least.to_string(),
            Some(&next) => format!("{least}–{}", next - 1),
            None => format!("{least} or more"),
        }
    }

    /// "never", "once", "2–9 times".
    fn times(&self, bucket: usize) -> String {
        match &self.name(bucket)[..] {
            "0" => "never".into(),
            "1" => "once".into(),
            several => format!("{several} times"),
        }
    }
}

impl Parting {
    /// All, in the order they are shown.
    const ALL: [Parting; 4] = [
        Parting::Frequency,
        Parting::Context,
        Parting::Order,
        Parting::Position,
    ];

    fn bucket(self, place: &Place, witness: Option<&Witness>) -> Option<usize> {
        match self {
            Parting::Frequency => witness?.frequency(place),
            Parting::Context => Some(witness?.context(place)),
            Parting::Order => Some(witness?.order(place)),
            Parting::Position => Some(POSITIONS.bucket(place.at as u64 + 1)),
        }
    }

    fn buckets(self) -> usize {
        match self {
            Parting::Frequency => 1 + FREQUENCIES.0.len(),
            Parting::Context => 2 + TIMES.0.len(),
            Parting::Order => ORDERS.0.len(),
            Parting::Position => POSITIONS.0.len(),
        }
    }

    fn name(self, bucket: usize) -> String {
        match (self, bucket) {
            (Parting::Frequency, 0) => "not in the vocabulary".into(),
            (Parting::Frequency, bucket) => FREQUENCIES.times(bucket - 1),
            (Parting::Context, 0) => "never as a whole".into(),
            (Parting::Context, 1) => "seen".into(),
            (Parting::Context, bucket) => TIMES.times(bucket - 2),
            (Parting::Order, bucket) => ORDERS.name(bucket),
            (Parting::Position, bucket) => POSITIONS.name(bucket),
        }
    }
}

/// What is added up of one bucket.
#[derive(Clone, Default)]
struct Sums {
    tokens: u64,
    bits: Vec<f64>,
    differences: Vec<Clusters>,
}

impl Sums {
    fn of(voices: usize) -> Self {
        Sums {
            tokens: 0,
            bits: vec![0.0; voices],
            differences: vec![Clusters::default(); voices - 1],
        }
    }

    /// Adds one sentence's places of this bucket.
    fn add_sentence(&mut self, tokens: u64, bits: &[f64]) {
        self.tokens += tokens;
        self.bits
            .iter_mut()
            .zip(bits)
            .for_each(|(sum, more)| *sum += more);
        for (clusters, more) in self.differences.iter_mut().zip(&bits[1..]) {
            clusters.add(more - bits[0], tokens as f64);
        }
    }

    fn merge(&mut self, other: &Sums) {
        self.tokens += other.tokens;
        self.bits
            .iter_mut()
            .zip(&other.bits)
            .for_each(|(sum, more)| *sum += more);
        let both = self.differences.iter_mut().zip(&other.differences);
        both.for_each(|(sum, more)| sum.merge(more));
    }
}

/// Parts the places of a text in every way the witness allows.
pub fn tables(places: &Places, voices: &[HeldOut], witness: Option<&Witness>) -> Vec<Table> {
    let numbers: Vec<usize> = (0..places.sentences().len()).collect();
    let batches: Vec<Vec<Vec<Sums>>> = numbers
        .par_chunks(SENTENCES_A_BATCH)
        .map(|sentences| add_up(places, sentences, voices, witness))
        .collect();
    let mut whole = empty(voices.len());
    for batch in &batches {
        for (table, more) in whole.iter_mut().zip(batch) {
            table
                .iter_mut()
                .zip(more)
                .for_each(|(row, more)| row.merge(more));
        }
    }
    let tables = Parting::ALL.into_iter().zip(whole);
    let tables = tables.map(|(by, sums)| table(by, &sums, places.len()));
    tables.filter(|table| !table.rows.is_empty()).collect()
}

fn empty(voices: usize) -> Vec<Vec<Sums>> {
    let table = |by: Parting| vec![Sums::of(voices); by.buckets()];
    Parting::ALL.into_iter().map(table).collect()
}

/// The sums of some sentences, table by table.
fn add_up(
    places: &Places,
    sentences: &[usize],
    voices: &[HeldOut],
    witness: Option<&Witness>,
) -> Vec<Vec<Sums>> {
    let mut sums = empty(voices.len());
    for &sentence in sentences {
        let tokens = &places.sentences()[sentence].ids[..];
        for (by, table) in Parting::ALL.into_iter().zip(&mut sums) {
            let mut own: Vec<(u64, Vec<f64>)> = vec![(0, vec![0.0; voices.len()]); by.buckets()];
            for (at, number) in places.of_sentence(sentence).enumerate() {
                let place = Place {
                    sentence,
                    tokens,
                    at,
                };
                let Some(bucket) = by.bucket(&place, witness) else {
                    break;
                };
                let (count, bits) = &mut own[bucket];
                *count += 1;
                let voices = bits.iter_mut().zip(voices);
                voices.for_each(|(sum, voice)| *sum += voice.surprisal_bits(number));
            }
            let rows = table
                .iter_mut()
                .zip(&own)
                .filter(|(_, (count, _))| *count > 0);
            rows.for_each(|(row, (count, bits))| row.add_sentence(*count, bits));
        }
    }
    sums
}

fn table(by: Parting, sums: &[Sums], all: usize) -> Table {
    let rows = sums.iter().enumerate().filter(|(_, sums)| sums.tokens > 0);
    let rows = rows.map(|(bucket, sums)| Row {
        bucket: by.name(bucket),
        tokens: sums.tokens,
        share: sums.tokens as f64 / all as f64,
        bits: sums
            .bits
            .iter()
            .map(|bits| bits / sums.tokens as f64)
            .collect(),
        differences: sums.differences.iter().map(Clusters::mean).collect(),
    });
    Table {
        by,
        rows: rows.collect(),
    }
}
