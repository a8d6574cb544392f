//! `counterpoint verify`: every byte of a model file, checked.

use super::columns::bytes;
use super::console::Console;
use crate::error::Result;
use crate::open::{open, path_of};
use crate::store::OpenOptions;

/// Check every byte of a model file: checksums, lengths, and every link of its table.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  counterpoint verify fables fables-nn")]
pub(super) struct Args {
    /// The models
    #[arg(required = true, value_name = "NAME")]
    models: Vec<String>,
    /// One JSON object
    #[arg(long, help_heading = "Output")]
    json: bool,
}

pub(super) fn run(args: &Args, console: &Console) -> Result<()> {
    let options = OpenOptions {
        verify: true,
        ..console.open_options()
    };
    let mut checked = Vec::new();
    for name in &args.models {
        let opened = open(name, options, console.progress())?;
        if args.json {
            checked.push(serde_json::json!({
                "model": name, "path": path_of(name), "bytes": opened.bytes, "whole": true,
            }));
        } else {
            console.print(format_args!("{name}: whole, {}\n", bytes(opened.bytes)))?;
        }
    }
    match args.json {
        true => console.print_json(&serde_json::json!({ "models": checked })),
        false => Ok(()),
    }
}
