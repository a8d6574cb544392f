//! Here are shards, give me the census that their texts together have.
//!
//! A row of full length that begins in its sentence is a row of the census as it
//! is, and they come in order. What is missing are the rows that begin near the
//! end of a sentence and are cut short by it; they are the ends of the shard's
//! rows that end in `</s>`:
//!
//! ```text
//! shard, N = 3       rows that begin at one position each
//! <s> <s> a          -
//! <s> a b            <s> a b
//! a b </s>           a b </s>    b </s>    </s>
//!
//! <s> <s> c          -
//! <s> c </s>         <s> c </s>  c </s>    </s>
//!
//! <s> <s> </s>       <s> </s>    </s>
//! ```
//!
//! From there on it is as with a text that does not fit into memory: runs for each
//! part, merged into its trie, and suffixes by walking down.

use super::facts::Facts;
use super::read::{RowReader, Shard};
use super::short::{ShortRows, shared};
use crate::count::grow::Rows;
use crate::count::merge::SortedRows;
use crate::count::runs::RunWriter;
use crate::count::{Census, Division, descend, outside};
use crate::error::{Error, ErrorKind, Result};
use crate::pages::give_back;
use crate::progress::Progress;
use crate::store::{Depot, Kept};
use crate::token::TokenId;

/// What shards are together.
///
/// # Errors
/// If there is none, if they do not fit together, or one comes twice.
pub fn together(shards: &[Shard]) -> Result<Facts> {
    let (first, others) = shards.split_first().ok_or_else(|| {
        Error::new(ErrorKind::Usage, "there is no shard").way_out("name one at least")
    })?;
    let places =
        |other: &Shard| format!("{} and {}", first.path().display(), other.path().display());
    others
        .iter()
        .try_fold(first.facts().clone(), |facts, other| {
            let sum = facts.plus(other.facts());
            sum.map_err(|error| error.at_least(places(other)))
        })
}

/// How many units [`recount`] will advance by.
pub fn work(facts: &Facts) -> u64 {
    facts
        .total
        .saturating_mul(2)
        .saturating_add(facts.sentences)
}

/// The census of shards, with about so many bytes of memory beside the depot.
///
/// # Errors
/// If the shards do not fit together, or one is damaged; if the depot's disk fails.
pub fn recount(
    shards: &[Shard],
    memory: u64,
    depot: &Depot,
    progress: &dyn Progress,
) -> Result<Census> {
    let facts = together(shards)?;
    let mut seen = vec![0; facts.vocabulary_len];
    shards
        .iter()
        .try_for_each(|shard| shard.add_tokens(&mut seen))?;
    seen[TokenId::START.index()] = facts.sentences;
    let division = Division::of(&seen);
    let mut intake = Intake {
        division: &division,
        depot,
        short: ShortRows::new((facts.order.get() - 1).max(1), memory),
        runs: Vec::new(),
    };
    if facts.order.get() == 1 {
        intake.short.push(&[TokenId::START], facts.sentences);
    }
    for shard in shards {
        intake.take(&mut shard.rows(), progress)?;
    }
    let runs = intake.finish()?;
    let parts = outside::merge_parts(&runs, facts.order, &division, depot, progress)?;
    drop(runs);
    give_back();
    let mut census = Census::new(facts.order, facts.extent(), division, parts)?;
    descend::find_suffixes(&mut census, memory, depot, |_| ())?;
    Ok(census)
}

/// Rows of shards on their way into runs.
struct Intake<'a> {
    division: &'a Division,
    depot: &'a Depot,
    short: ShortRows,
    runs: Vec<Vec<Kept<u8>>>,
}

/// How many rows are reported at a time.
const ROWS_A_REPORT: u64 = 1 << 16;

impl Intake<'_> {
    /// Takes all rows of one shard.
    fn take(&mut self, rows: &mut RowReader, progress: &dyn Progress) -> Result<()> {
        let mut full = FullRows::default();
        let (mut taken, mut unreported) = (0, 0);
        while rows.advance()? {
            let (row, count) = (rows.row(), rows.count());
            let padding = padding(row);
            if padding == 0 {
                full.row(row, count, self.division, self.depot)?;
            }
            if row.last() == Some(&TokenId::END) {
                self.take_ends(&row[padding..], padding > 0, count)?;
            }
            taken += 1;
            unreported += count;
            if taken % ROWS_A_REPORT == 0 {
                progress.advance(std::mem::take(&mut unreported));
            }
        }
        progress.advance(unreported);
        self.runs.push(full.finish(self.division, self.depot)?);
        Ok(())
    }

    /// The rows that the end of a sentence cuts short; the whole sentence is one if it is shorter
    /// than a row.
    fn take_ends(&mut self, row: &[TokenId], is_short: bool, count: u64) -> Result<()> {
        for begin in usize::from(!is_short)..row.len() {
            self.short.push(&row[begin..], count);
        }
        match self.short.is_full() {
            true => self.end_short(),
            false => Ok(()),
        }
    }

    fn end_short(&mut self) -> Result<()> {
        self.runs
            .push(self.short.take_runs(self.division, self.depot)?);
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<Vec<Kept<u8>>>> {
        self.end_short()?;
        Ok(self.runs)
    }
}

/// How many `<s>` stand in front of the one that begins the sentence.
fn padding(row: &[TokenId]) -> usize {
    let starts = row.iter().take_while(|&&token| token == TokenId::START);
    starts.count().saturating_sub(1)
}

/// Rows of full length, in order, on their way into a run for each part.
#[derive(Default)]
struct FullRows {
    before: Vec<TokenId>,
    run: RunWriter,
    runs: Vec<Kept<u8>>,
}

impl FullRows {
    fn row(
        &mut self,
        row: &[TokenId],
        count: u64,
        division: &Division,
        depot: &Depot,
    ) -> Result<()> {
        while row[0].0 >= division.tokens(self.runs.len()).end {
            self.end_part(depot)?;
        }
        let shared = shared(&self.before, row);
        self.run.row(shared, &row[shared..], count);
        self.before.truncate(shared);
        self.before.extend_from_slice(&row[shared..]);
        Ok(())
    }

    fn end_part(&mut self, depot: &Depot) -> Result<()> {
        self.before.clear();
        let run = std::mem::take(&mut self.run);
        self.runs.push(depot.keep(run.finish())?);
        Ok(())
    }

    fn finish(mut self, division: &Division, depot: &Depot) -> Result<Vec<Kept<u8>>> {
        while self.runs.len() < division.len() {
            self.end_part(depot)?;
        }
        Ok(self.runs)
    }
}
