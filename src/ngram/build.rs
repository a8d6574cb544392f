//! Here are ids, give me a model: count, smooth, table.

use std::path::Path;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use super::columns::{Columns, InFile, InMemory, Name, Numbers};
use super::format;
use super::header::NgramHeader;
use super::table::Table;
use crate::count::{Adjusted, Census, Order, PartLevel, refine};
use crate::error::Result;
use crate::progress::{Progress, Stage};
use crate::smooth::{Estimate, SmoothedPart, Smoother};
use crate::store::{Depot, Kept, Writer};
use crate::token::{Reading, TokenId, TokenText, Vocabulary};

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

/// Counts a text and smooths the counts; stages `first_stage` and the one after.
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
    let mut census = count(
        text,
        vocabulary.len(),
        plan.order,
        &depot,
        first_stage,
        progress,
    )?;
    let mut columns = InMemory::default();
    let header = compile(
        &mut census,
        plan,
        &depot,
        &mut columns,
        first_stage,
        progress,
    )?;
    Ok(Built {
        header,
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
    let mut census = count(
        text,
        vocabulary.len(),
        plan.order,
        depot,
        first_stage,
        progress,
    )?;
    let mut file = InFile::begin(writer)?;
    let header = compile(&mut census, plan, depot, &mut file, first_stage, progress)?;
    let bytes = format::finish(file.end()?, plan.order, &header)?;
    Ok(Written {
        header,
        sizes: sizes(&census),
        bytes,
    })
}

fn count(
    text: TokenText,
    vocabulary_len: usize,
    order: Order,
    depot: &Depot,
    first_stage: Stage,
    progress: &dyn Progress,
) -> Result<Census> {
    progress.stage(Stage {
        name: "count",
        unit: "tokens",
        total: Some(refine::work(&text)),
        ..first_stage
    });
    refine::count(text, vocabulary_len, order, depot, progress)
}

fn sizes(census: &Census) -> Vec<usize> {
    (1..=census.order().get())
        .map(|order| census.len(order))
        .collect()
}

/// Puts every column of the table of a census.
///
/// What counting made is put by a thread of its own, while smoothing goes up the orders.
fn compile(
    census: &mut Census,
    plan: Plan,
    depot: &Depot,
    columns: &mut dyn Columns,
    first_stage: Stage,
    progress: &dyn Progress,
) -> Result<NgramHeader> {
    progress.stage(Stage {
        number: first_stage.number + 1,
        name: "smooth",
        unit: "n-grams",
        total: Some(sizes(census).iter().sum::<usize>() as u64),
        ..first_stage
    });
    let orders = 1..=plan.order.get();
    let tokens: Vec<_> = orders
        .clone()
        .skip(2)
        .map(|order| census.take_tokens(order))
        .collect();
    let census = &*census;
    let (smoothed, waiting) = sync_channel(1);
    thread::scope(|scope| {
        let putting = scope.spawn(move || {
            put_tokens(census, tokens, columns)?;
            orders
                .clone()
                .try_for_each(|order| put_counted(census, order, columns))?;
            waiting
                .iter()
                .try_for_each(|(order, level)| put_smoothed(order, level, columns))
        });
        let header = smooth(census, plan, depot, smoothed, progress);
        let put = putting.join();
        put.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        header
    })
}

/// The last tokens of every order's n-grams, of which those from order 3 on are given away.
fn put_tokens(
    census: &Census,
    from_3: Vec<Vec<Kept<TokenId>>>,
    columns: &mut dyn Columns,
) -> Result<()> {
    for order in 1..=census.order().get().min(2) {
        let levels = census.parts().iter().map(|part| part.level(order));
        let tokens = |level: &PartLevel| Ok(Numbers::Tokens(level.tokens()?.into_owned()));
        columns.put(order, Name::Tokens, &mut levels.map(tokens))?;
    }
    for (order, tokens) in (3..).zip(from_3) {
        let take = |mut kept: Kept<TokenId>| Ok(Numbers::Tokens(kept.take()?));
        columns.put(order, Name::Tokens, &mut tokens.into_iter().map(take))?;
    }
    Ok(())
}

/// The other columns that counting made.
fn put_counted(census: &Census, order: usize, columns: &mut dyn Columns) -> Result<()> {
    let levels = || census.parts().iter().map(|part| part.level(order));
    if order > 1 {
        let suffixes =
            |level: &PartLevel| Ok(Numbers::Nodes(level.suffix_nodes(order)?.into_owned()));
        columns.put(order, Name::Suffix, &mut levels().map(suffixes))?;
    }
    if order < census.order().get() {
        let children = |part| Ok(Numbers::Nodes(census.child_nodes(part, order)?));
        columns.put(
            order,
            Name::Children,
            &mut (0..census.parts().len()).map(children),
        )?;
    }
    let small = |level: &PartLevel| Ok(Numbers::Bytes(level.raw()?.columns().0.to_vec()));
    columns.put(order, Name::TimesSeen, &mut levels().map(small))?;
    let large = |part| Ok(Numbers::Large(census.large_counts(part, order)?));
    columns.put(
        order,
        Name::TimesSeenLarge,
        &mut (0..census.parts().len()).map(large),
    )
}

/// Smooths order after order, and sends the numbers of each on.
fn smooth(
    census: &Census,
    plan: Plan,
    depot: &Depot,
    smoothed: SyncSender<(usize, Vec<SmoothedPart>)>,
    progress: &dyn Progress,
) -> Result<NgramHeader> {
    let adjusted = match plan.estimate.needs_adjusted() {
        true => Some(Adjusted::of(census, u64::MAX, depot)?),
        false => None,
    };
    let (adjusted, memory) = (adjusted.as_ref(), u64::MAX);
    let mut smoother = Smoother::new(&plan.estimate, census, adjusted, memory, depot, progress)?;
    for order in 1..=plan.order.get() {
        // Nobody listens any more after a failed write, and who wrote says why.
        let _ = smoothed.send((order, smoother.level(order, progress)?));
    }
    Ok(NgramHeader {
        reading: plan.reading,
        estimate: Some(plan.estimate),
        unlisted: smoother.unlisted(),
        discounts: smoother.discounts().to_vec(),
        sentences: census.extent().sentences,
        tokens: census.extent().tokens,
    })
}

/// The columns that smoothing an order made: its probabilities, and the back-offs of the order below.
fn put_smoothed(order: usize, parts: Vec<SmoothedPart>, columns: &mut dyn Columns) -> Result<()> {
    let (mut probabilities, mut backoffs) = (Vec::new(), Vec::new());
    for part in parts {
        probabilities.push(part.log10_prob);
        backoffs.push(part.log10_backoff);
    }
    let logs = |mut kept: Kept<f32>| Ok(Numbers::Logs(kept.take()?));
    if order > 1 {
        columns.put(
            order - 1,
            Name::Log10Backoff,
            &mut backoffs.into_iter().map(logs),
        )?;
    }
    columns.put(
        order,
        Name::Log10Prob,
        &mut probabilities.into_iter().map(logs),
    )
}
