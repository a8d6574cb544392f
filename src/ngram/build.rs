//! Here are ids, give me a model: count, smooth, table.

use std::path::Path;

use super::columns::{Columns, InFile, InMemory, Name, Numbers};
use super::format;
use super::header::NgramHeader;
use super::table::Table;
use crate::count::{Census, Order, PartLevel, refine};
use crate::error::Result;
use crate::progress::{Progress, Stage};
use crate::smooth::{Estimate, Smoother};
use crate::store::{Depot, Writer};
use crate::token::{Reading, TokenText, Vocabulary};

/// What to build.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How text became tokens.
    pub reading: Reading,
    /// The highest order.
    pub order: Order,
    /// What is made of the counts.
    pub estimate: Estimate,
}

/// The parts of a model, ready to be saved or asked.
pub struct Built {
    /// What is known besides the numbers.
    pub header: NgramHeader,
    /// The tokens.
    pub vocabulary: Vocabulary,
    /// The numbers.
    pub table: Table,
}

/// What was written to a file.
pub struct Written {
    /// What is known besides the numbers.
    pub header: NgramHeader,
    /// How many n-grams each order has, order 1 first.
    pub sizes: Vec<usize>,
    /// The file's length.
    pub bytes: u64,
}

/// Counts a text and smooths the counts; stages `first_stage` and the two after, of `stages`.
///
/// # Errors
/// If the text has no sentences or too many n-grams.
pub fn build(
    text: TokenText,
    vocabulary: Vocabulary,
    plan: Plan,
    first_stage: Stage,
    progress: &dyn Progress,
) -> Result<Built> {
    let depot = Depot::in_memory();
    let mut columns = InMemory::default();
    let made = make(
        text,
        vocabulary.len(),
        plan,
        &depot,
        &mut columns,
        first_stage,
        progress,
    )?;
    Ok(Built {
        header: made.header,
        vocabulary,
        table: Table::from_levels(columns.levels)?,
    })
}

/// Counts a text, smooths the counts and writes the model file, each column as soon as it is there.
///
/// # Errors
/// If the text has no sentences or too many n-grams; if writing fails.
pub fn build_file(
    text: TokenText,
    vocabulary: &Vocabulary,
    plan: Plan,
    path: &Path,
    depot: &Depot,
    first_stage: Stage,
    progress: &dyn Progress,
) -> Result<Written> {
    let mut writer = Writer::create(path, format::KIND)?;
    vocabulary.save(&mut writer)?;
    let mut file = InFile::begin(writer)?;
    let made = make(
        text,
        vocabulary.len(),
        plan,
        depot,
        &mut file,
        first_stage,
        progress,
    );
    let writer = file.end()?;
    let made = made?;
    let bytes = format::finish(writer, plan.order, &made.header)?;
    Ok(Written {
        header: made.header,
        sizes: made.sizes,
        bytes,
    })
}

struct Made {
    header: NgramHeader,
    sizes: Vec<usize>,
}

fn make(
    text: TokenText,
    vocabulary_len: usize,
    plan: Plan,
    depot: &Depot,
    columns: &mut dyn Columns,
    first_stage: Stage,
    progress: &dyn Progress,
) -> Result<Made> {
    progress.stage(Stage {
        name: "count",
        unit: "tokens",
        total: Some(refine::work(&text)),
        ..first_stage
    });
    let mut census = refine::count(text, vocabulary_len, plan.order, depot, progress)?;
    let orders = 1..=plan.order.get();
    let sizes: Vec<usize> = orders.clone().map(|order| census.len(order)).collect();
    progress.stage(Stage {
        number: first_stage.number + 1,
        name: "smooth",
        unit: "n-grams",
        total: Some(sizes.iter().sum::<usize>() as u64),
        ..first_stage
    });
    if plan.estimate.needs_adjusted() {
        census.adjust(u64::MAX, depot)?;
    }
    for order in orders.clone() {
        put_counted(&census, order, columns)?;
    }
    let smoother = smooth(&census, plan, columns, progress)?;
    Ok(Made {
        header: NgramHeader {
            reading: plan.reading,
            estimate: Some(plan.estimate),
            unlisted: smoother.unlisted(),
            discounts: smoother.discounts().to_vec(),
            sentences: census.extent().sentences,
            tokens: census.extent().tokens,
        },
        sizes,
    })
}

/// The columns that counting made.
fn put_counted(census: &Census, order: usize, columns: &mut dyn Columns) -> Result<()> {
    let of_parts = |numbers: &dyn Fn(usize, &PartLevel) -> Result<Numbers>| {
        let parts = census.parts().iter().enumerate();
        parts
            .map(|(number, part)| numbers(number, part.level(order)))
            .collect::<Result<Vec<_>>>()
    };
    let tokens = of_parts(&|_, level| Ok(Numbers::Tokens(level.tokens()?.into_owned())))?;
    columns.put(order, Name::Tokens, tokens)?;
    if order > 1 {
        let suffixes = of_parts(&|_, level| {
            Ok(match order {
                2 => Numbers::Tokens(level.tokens()?.into_owned()),
                _ => Numbers::Nodes(level.suffixes()?.into_owned()),
            })
        })?;
        columns.put(order, Name::Suffix, suffixes)?;
    }
    if order < census.order().get() {
        let parts = census.parts().len();
        let children = of_parts(&|number, level| {
            let first = census.nodes(number, order + 1).start as u32;
            let children = level.children()?;
            let kept = if number + 1 == parts {
                children.len()
            } else {
                children.len() - 1
            };
            Ok(Numbers::Nodes(
                children[..kept].iter().map(|child| first + child).collect(),
            ))
        })?;
        columns.put(order, Name::Children, children)?;
    }
    let seen = of_parts(&|_, level| Ok(Numbers::Bytes(level.raw()?.columns().0.to_vec())))?;
    columns.put(order, Name::TimesSeen, seen)?;
    let large = of_parts(&|number, level| {
        let first = census.nodes(number, order).start as u64;
        let raw = level.raw()?;
        let large = raw
            .columns()
            .1
            .iter()
            .map(|entry| crate::count::tally::LargeCount {
                index: first + entry.index,
                ..*entry
            });
        Ok(Numbers::Large(large.collect()))
    })?;
    columns.put(order, Name::TimesSeenLarge, large)
}

fn smooth<'c>(
    census: &'c Census,
    plan: Plan,
    columns: &mut dyn Columns,
    progress: &dyn Progress,
) -> Result<Smoother<'c>> {
    let mut smoother = Smoother::new(&plan.estimate, census, progress)?;
    columns.put(
        1,
        Name::Log10Prob,
        vec![Numbers::Logs(smoother.unigrams()?)],
    )?;
    for order in 2..=plan.order.get() {
        let parts = smoother.level(order, progress)?;
        let (mut probabilities, mut backoffs) = (Vec::new(), Vec::new());
        for part in parts {
            probabilities.push(Numbers::Logs(part.log10_prob));
            backoffs.push(Numbers::Logs(part.log10_backoff));
        }
        columns.put(order - 1, Name::Log10Backoff, backoffs)?;
        columns.put(order, Name::Log10Prob, probabilities)?;
    }
    Ok(smoother)
}
