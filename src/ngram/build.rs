//! Here are ids, give me a model: count, smooth, table.

use std::path::Path;

use super::columns::{InFile, InMemory};
use super::compile::Compiler;
use super::format;
use super::header::NgramHeader;
use super::table::Table;
use crate::count::{Census, Order, Pruning, refine};
use crate::error::Result;
use crate::progress::{Progress, Stage};
use crate::smooth::Estimate;
use crate::store::{Depot, Writer};
use crate::token::{Reading, TokenText, Vocabulary};

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
}

/// Counts a text and smooths the counts; stages `first_stage` and the one after.
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
    let compiler = Compiler {
        plan,
        depot: &Depot::in_memory(),
        memory: u64::MAX,
        progress,
    };
    let census = compiler.count(text, vocabulary.len(), first_stage)?;
    let mut columns = InMemory::default();
    let compiled = compiler.compile(census, &vocabulary, &mut columns, second(first_stage))?;
    Ok(Built {
        header: compiled.header,
        vocabulary: compiled.vocabulary.unwrap_or(vocabulary),
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
    plan: &Plan,
    path: &Path,
    first_stage: Stage,
    progress: &dyn Progress,
) -> Result<Written> {
    let writer = Writer::create(path, format::KIND)?;
    let compiler = Compiler {
        plan,
        depot: &Depot::in_memory(),
        memory: u64::MAX,
        progress,
    };
    let census = compiler.count(text, vocabulary.len(), first_stage)?;
    let mut file = InFile::begin(writer)?;
    let compiled = compiler.compile(census, vocabulary, &mut file, second(first_stage))?;
    let vocabulary = compiled.vocabulary.as_ref().unwrap_or(vocabulary);
    let bytes = format::finish(file.end()?, plan.order, vocabulary, &compiled.header)?;
    Ok(Written {
        header: compiled.header,
        sizes: compiled.sizes,
        bytes,
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

impl Compiler<'_> {
    fn count(&self, text: TokenText, vocabulary_len: usize, stage: Stage) -> Result<Census> {
        self.progress.stage(Stage {
            name: "count",
            unit: "tokens",
            total: Some(refine::work(&text)),
            ..stage
        });
        refine::count(
            text,
            vocabulary_len,
            self.plan.order,
            self.depot,
            self.progress,
        )
    }
}
