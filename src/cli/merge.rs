//! `counterpoint merge`: count files in, one out.

use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::json;

use super::console::Console;
use super::count::{facts, summary};
use super::reading::spare;
use super::shards::{open, writing};
use crate::count::shard::{Shard, merge, together};
use crate::error::Result;

/// Add count files up, or take one of them out again.
///
/// All of them must have been counted with one vocabulary and one order. A file that comes twice
/// is refused, whether by itself or in a file that was merged before.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  counterpoint merge monday.parquet tuesday.parquet -o both.parquet
  counterpoint merge both.parquet --subtract monday.parquet -o rest.parquet")]
pub(super) struct Args {
    /// The count files
    #[arg(required = true, value_name = "SHARD")]
    shards: Vec<String>,
    /// A count file to take out
    #[arg(long, value_name = "SHARD")]
    subtract: Option<String>,
    /// The file to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Say what was merged as one JSON object
    #[arg(long, help_heading = "Output")]
    json: bool,
}

pub(super) fn run(args: &Args, console: &Console) -> Result<()> {
    let start = Instant::now();
    let read = args.shards.iter().chain(&args.subtract);
    spare(read.map(String::as_str), &args.output)?;
    let shards = open(&args.shards)?;
    let subtract = args
        .subtract
        .as_ref()
        .map(|path| Shard::open(Path::new(path)));
    let subtract = subtract.transpose()?;
    let less = subtract.as_ref().map_or(0, |shard| shard.facts().total);
    let total = together(&shards)?.total.saturating_sub(less);
    console.progress().stage(writing(1, total));
    let written = merge(&shards, subtract.as_ref(), &args.output, console.progress())?;
    if args.json {
        let mut said = facts(&written, &args.output);
        said["seconds"] = json!(start.elapsed().as_secs_f64());
        return console.print_json(&said);
    }
    console.say(summary(&written, &args.output, start));
    Ok(())
}
