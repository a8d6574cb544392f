//! Here are ids, give me a model: count, smooth, table.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::arpa::{self, Arpa, Spelling};
use super::columns::{InFile, InMemory};
use super::compile::Compiler;
use super::format;
use super::header::NgramHeader;
use super::making::Making;
use super::table::Table;
use crate::count::forecast::{self, Allotment};
use crate::count::{Census, Order, Pruning, TIMES_READ, either};
use crate::error::Result;
use crate::pages::give_back;
use crate::progress::{Progress, Stage};
use crate::smooth::{Estimate, Smoothing, Unlisted};
use crate::store::{Depot, Writer};
use crate::token::{AnyText, Reading, TokenText, Vocabulary};

/// What to build.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How text became tokens.
    pub reading: Reading,
    /// The highest order.
    pub order: Order,
    /// What is made of the counts.
    pub estimate: Estimate,
    /// What is left out.
    pub pruning: Pruning,
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
    /// How many bytes of temporary files there were.
    pub temporary: u64,
}

/// What was written as ARPA.
pub struct Spelled {
    /// What is known besides the numbers.
    pub header: NgramHeader,
    /// How many n-grams each order has, order 1 first.
    pub sizes: Vec<usize>,
    /// How many surfaces are spelled differently, because they hold white space.
    pub changed: usize,
}

/// What a job may take.
#[derive(Clone, Debug)]
pub struct Resources {
    /// Bytes of memory.
    pub memory: u64,
    /// Where temporary files go.
    pub temporary: PathBuf,
}

impl Resources {
    /// How many positions a text may have at most to be counted in memory.
    pub fn most_positions(&self, order: Order) -> u64 {
        forecast::most_positions(self.memory, order)
    }

    /// How they are shared out while a text is counted.
    pub fn allot(&self, text: &AnyText, types: usize, order: Order) -> Allotment {
        let (positions, types) = (text.positions(), types as u64);
        match text {
            AnyText::Whole(_) => Allotment::inside(self.memory, positions, types, order),
            AnyText::Stored(_) => Allotment::outside(self.memory, positions, types),
        }
    }

    /// How they are shared out while counts of so many positions are read.
    pub fn allot_counts(&self, positions: u64, types: usize) -> Allotment {
        Allotment::outside(self.memory, positions, types as u64)
    }
}

/// Counts a text and smooths the counts, all in memory; stages `first_stage` and the one after.
///
/// # Errors
/// If the text has no sentences or too many n-grams.
pub fn build(
    text: TokenText,
    vocabulary: Vocabulary,
    plan: &Plan,
    first_stage: Stage,
    progress: &dyn Progress,
) -> Result<Built> {
    let depot = Depot::in_memory();
    let compiler = Compiler::in_memory(plan, &depot, progress);
    let census = compiler.count(AnyText::Whole(text), vocabulary.len(), first_stage)?;
    let mut columns = InMemory::default();
    let put = |making: Making| making.put(&mut columns);
    let compiled = compiler.compile(census, &vocabulary, second(first_stage), put)?;
    Ok(Built {
        header: compiled.header,
        vocabulary: compiled.vocabulary.unwrap_or(vocabulary),
        table: Table::of_own(columns.levels),
    })
}

/// Counts a text, smooths the counts and writes the model file, each column as soon as it is there;
/// stages `first_stage` and the one after.
///
/// # Errors
/// If the text has no sentences or too many n-grams; if writing fails.
pub fn build_file(
    text: AnyText,
    vocabulary: &Vocabulary,
    plan: &Plan,
    resources: &Resources,
    path: &Path,
    first_stage: Stage,
    progress: &dyn Progress,
) -> Result<Written> {
    let writer = Writer::create(path, format::KIND)?;
    let allotment = resources.allot(&text, vocabulary.len(), plan.order);
    let depot = Depot::new(allotment.depot, &resources.temporary);
    let compiler = Compiler {
        plan,
        depot: &depot,
        memory: allotment.work,
        progress,
    };
    let census = compiler.count(text, vocabulary.len(), first_stage)?;
    compiler.write(census, vocabulary, writer, second(first_stage))
}

/// Smooths the counts of a census and writes the model file, with about so many bytes of memory beside
/// the depot; `counted` is the stage before.
///
/// # Errors
/// If writing fails.
pub fn build_file_from_census(
    census: Census,
    vocabulary: &Vocabulary,
    plan: &Plan,
    (depot, memory): (&Depot, u64),
    path: &Path,
    counted: Stage,
    progress: &dyn Progress,
) -> Result<Written> {
    let writer = Writer::create(path, format::KIND)?;
    let compiler = Compiler {
        plan,
        depot,
        memory,
        progress,
    };
    compiler.write(census, vocabulary, writer, second(counted))
}

/// Counts a text, smooths the counts and writes ARPA, each order while the next is smoothed; stages
/// `first_stage` and the one after. `name` is for messages.
///
/// # Errors
/// As [`build`] and [`arpa::write`]; then what was written has no end.
pub fn build_arpa(
    text: TokenText,
    vocabulary: &Vocabulary,
    plan: &Plan,
    first_stage: Stage,
    progress: &dyn Progress,
    out: &mut dyn Write,
    name: &Path,
) -> Result<Spelled> {
    if let Estimate::Probabilities(Smoothing::AddK(_)) = plan.estimate {
        arpa::check(Unlisted::Uniform)?;
    }
    let depot = Depot::in_memory();
    let compiler = Compiler::in_memory(plan, &depot, progress);
    let census = compiler.count(AnyText::Whole(text), vocabulary.len(), first_stage)?;
    let mut changed = 0;
    let compiled = compiler.compile(census, vocabulary, second(first_stage), |making| {
        let spelling = Spelling::new(making.vocabulary)?;
        changed = spelling.changed;
        let arpa = Arpa::begin(&spelling, making.sizes, out, name)?;
        making.write(arpa)
    })?;
    Ok(Spelled {
        header: compiled.header,
        sizes: compiled.sizes,
        changed,
    })
}

fn second(first: Stage) -> Stage {
    Stage {
        number: first.number + 1,
        name: "smooth",
        unit: "n-grams",
        ..first
    }
}

impl<'p> Compiler<'p> {
    /// A compiler that takes all the memory it needs.
    fn in_memory(plan: &'p Plan, depot: &'p Depot, progress: &'p dyn Progress) -> Self {
        Compiler {
            plan,
            depot,
            memory: u64::MAX,
            progress,
        }
    }

    fn write(
        &self,
        census: Census,
        vocabulary: &Vocabulary,
        writer: Writer,
        stage: Stage,
    ) -> Result<Written> {
        let mut file = InFile::begin(writer)?;
        let put = |making: Making| making.put(&mut file);
        let compiled = self.compile(census, vocabulary, stage, put)?;
        let vocabulary = compiled.vocabulary.as_ref().unwrap_or(vocabulary);
        let bytes = format::finish(file.end()?, self.plan.order, vocabulary, &compiled.header)?;
        Ok(Written {
            header: compiled.header,
            sizes: compiled.sizes,
            bytes,
            temporary: self.depot.bytes_on_disk(),
        })
    }

    fn count(&self, text: AnyText, vocabulary_len: usize, stage: Stage) -> Result<Census> {
        self.progress.stage(Stage {
            name: "count",
            unit: "tokens",
            total: Some(text.positions() * TIMES_READ),
            ..stage
        });
        give_back();
        let (order, depot, progress) = (self.plan.order, self.depot, self.progress);
        either::count(text, vocabulary_len, order, self.memory, depot, progress)
    }
}
