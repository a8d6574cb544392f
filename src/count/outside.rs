//! Here is a text too large for the memory, give me the same census.
//!
//! The text waits in a depot, piece by piece. As many pieces as fit are sorted at
//! a time, exactly as [`refine`](super::refine) sorts a whole text, and their rows
//! go to the depot as runs, one for each part. Then part after part is merged from
//! its runs, which gives its trie in one pass; suffixes are found by
//! walking down the trie, since no position has its row at hand any more.

use rayon::prelude::*;

use super::census::{Census, Extent, Part};
use super::grow::Growth;
use super::merge::{Shared, merge};
use super::part::Division;
use super::runs::{RunReader, RunWriter};
use super::sort::RowSorter;
use super::{Order, descend, partition};
use crate::error::Result;
use crate::pages::give_back;
use crate::progress::Progress;
use crate::store::{Depot, Kept};
use crate::token::{StoredText, TokenId};

/// Bytes of memory a position takes while it is sorted: its token, its place, its share of the keys
/// of the parts in work, and its share of a run before that is kept.
const BYTES_A_POSITION: u64 = 14;

/// Counts every n-gram of orders 1 to `order`, with about so many bytes of memory beside the depot.
///
/// # Errors
/// If the depot's disk fails.
pub fn count(
    text: StoredText,
    vocabulary_len: usize,
    order: Order,
    memory: u64,
    depot: &Depot,
    progress: &dyn Progress,
) -> Result<Census> {
    let extent = Extent {
        sentences: text.sentences(),
        tokens: text.tokens(),
    };
    let division = Division::of(&text.counts(vocabulary_len)?);
    let mut runs = Vec::new();
    let mut pieces = text.into_pieces().into_iter().peekable();
    while pieces.peek().is_some() {
        let mut segment: Vec<TokenId> = Vec::new();
        let fits = |piece: &Kept<TokenId>, held: usize| {
            held == 0 || (held + piece.len()) as u64 * BYTES_A_POSITION <= memory
        };
        while let Some(mut piece) = pieces.next_if(|piece| fits(piece, segment.len())) {
            segment.extend_from_slice(&piece.take()?);
        }
        runs.push(sort(
            segment,
            vocabulary_len,
            order,
            &division,
            depot,
            progress,
        )?);
        give_back();
    }
    let parts = merge_parts(&runs, order, &division, depot, progress)?;
    drop(runs);
    give_back();
    let mut census = Census::new(order, extent, division, parts)?;
    descend::find_suffixes(&mut census, memory, depot, |_| ())?;
    Ok(census)
}

/// A run for each part, of the rows that begin in this segment of the text.
fn sort(
    mut segment: Vec<TokenId>,
    vocabulary_len: usize,
    order: Order,
    division: &Division,
    depot: &Depot,
    progress: &dyn Progress,
) -> Result<Vec<Kept<u8>>> {
    let rows = partition::rows_by_token(&segment, vocabulary_len);
    let layout = partition::Layout::new(division, &rows, 1);
    let mut positions = partition::positions(&segment, division, &rows, &layout);
    segment.resize(segment.len() + order.get(), TokenId::UNKNOWN);
    let tasks = layout.split(&mut positions).into_par_iter().enumerate();
    let new_sorter = || RowSorter::new(&segment, vocabulary_len, order.get());
    tasks
        .map_init(new_sorter, |sorter, (part, positions)| {
            let mut run = RunWriter::default();
            sorter.sort_all(division.tokens(part), &rows, positions, &mut run);
            progress.advance(positions.len() as u64);
            depot.keep(run.finish())
        })
        .collect()
}

/// The trie of each part, from its runs.
pub(super) fn merge_parts(
    runs: &[Vec<Kept<u8>>],
    order: Order,
    division: &Division,
    depot: &Depot,
    progress: &dyn Progress,
) -> Result<Vec<Part>> {
    let parts = (0..division.len()).into_par_iter();
    let merged = parts.map(|part| {
        let runs = runs.iter().map(|run| run[part].read());
        let runs = runs.collect::<Result<Vec<_>>>()?;
        let mut growth = Growth::new(order.get(), division.tokens(part));
        let mut rows = Shared::new(&mut growth);
        merge(runs.iter().map(|run| RunReader::new(run)), |row, count| {
            rows.take(row, count);
            Ok(())
        })?;
        progress.advance(growth.seen());
        Part::keep(growth.finish(), depot)
    });
    merged.collect()
}
