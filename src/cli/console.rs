//! Here is a terminal, or a pipe; say things to it.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

use anstream::ColorChoice;
use clap::ValueEnum;
use serde::Serialize;

use super::progress::Bars;
use crate::error::{Error, ErrorKind, Result};
use crate::open::{self, Opened};
use crate::progress::Progress;
use crate::store::{self, OpenOptions};

/// Options of every command.
#[derive(clap::Args)]
pub(super) struct Global {
    /// Threads to work with [default: all]
    #[arg(long, global = true, value_name = "N", help_heading = "Global options")]
    threads: Option<usize>,
    /// When to use colour
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        help_heading = "Global options"
    )]
    color: Color,
    /// Show no progress
    #[arg(long, short, global = true, help_heading = "Global options")]
    quiet: bool,
    /// Open models at once, without checking what they hold: a damaged one may answer wrongly
    #[arg(long, global = true, help_heading = "Global options")]
    no_verify: bool,
    /// Read models into memory instead of mapping their files
    #[arg(long, global = true, help_heading = "Global options")]
    no_mmap: bool,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

/// Where results, progress and warnings go.
pub(super) struct Console {
    bars: Bars,
    open: OpenOptions,
}

impl Console {
    pub(super) fn new(global: &Global) -> Result<Self> {
        match global.color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        }
        .write_global();
        if let Some(threads) = global.threads {
            set_threads(threads)?;
        }
        let bars = Bars::new(!global.quiet && io::stderr().is_terminal());
        stop_cleanly(bars.stop_flag());
        Ok(Console {
            bars,
            open: OpenOptions {
                verify: !global.no_verify,
                map: !global.no_mmap,
            },
        })
    }

    /// Who watches long work.
    pub(super) fn progress(&self) -> &dyn Progress {
        &self.bars
    }

    /// How model files are opened.
    pub(super) fn open_options(&self) -> OpenOptions {
        self.open
    }

    /// Opens a model by name.
    pub(super) fn open(&self, name: &str) -> Result<Opened> {
        open::open(name, self.open, self.progress())
    }

    /// Opens models by names.
    pub(super) fn open_all(&self, names: &[String]) -> Result<Vec<Opened>> {
        names.iter().map(|name| self.open(name)).collect()
    }

    /// Says something to standard error, after the progress bars are gone.
    pub(super) fn say(&self, line: impl Display) {
        self.bars.finish();
        tell(line);
    }

    /// Writes a result to standard output.
    pub(super) fn print(&self, result: impl Display) -> Result<()> {
        self.bars.finish();
        let mut out = anstream::stdout().lock();
        let written = write!(out, "{result}").and_then(|()| out.flush());
        written.map_err(|error| Error::io("write", Path::new("standard output"), error))
    }

    /// Writes a part of a result to standard output; in a pipe or a file it is these very bytes, and
    /// the progress goes on to be shown.
    pub(super) fn write(&self, bytes: &[u8]) -> Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        let written = match io::stdout().is_terminal() {
            true => {
                self.bars.finish();
                anstream::stdout().lock().write_all(bytes)
            }
            false => io::stdout().lock().write_all(bytes),
        };
        let flushed = written.and_then(|()| io::stdout().flush());
        flushed.map_err(|error| Error::io("write", Path::new("standard output"), error))
    }

    /// Writes a result to standard output as one JSON object.
    pub(super) fn print_json(&self, result: &impl Serialize) -> Result<()> {
        let text = serde_json::to_string_pretty(result).map_err(|error| {
            Error::new(
                ErrorKind::Model,
                format!("the result cannot be written as JSON: {error}"),
            )
        })?;
        self.print(format_args!("{text}\n"))
    }
}

fn set_threads(threads: usize) -> Result<()> {
    if threads == 0 {
        return Err(Error::new(ErrorKind::Usage, "--threads cannot be 0")
            .way_out("leave it out to use all processors"));
    }
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build_global();
    pool.map_err(|error| {
        Error::new(
            ErrorKind::Io,
            format!("cannot start {threads} threads: {error}"),
        )
    })
}

/// Ctrl-C asks the work to stop. Work that can end well does (training keeps its best weights); a
/// second one, or work that asks for no such thing, ends at once and leaves no partial file.
fn stop_cleanly(flag: super::progress::StopFlag) {
    // Without a handler Ctrl-C still ends the process, and the next save sweeps what it left.
    let _ = ctrlc::set_handler(move || {
        if flag.ask() {
            return;
        }
        store::discard_partials();
        std::process::exit(130);
    });
}

const RED: anstyle::Style = anstyle::AnsiColor::Red.on_default().bold();
const GREEN: anstyle::Style = anstyle::AnsiColor::Green.on_default().bold();

/// Writes a line to standard error. If that is closed or full nobody can be told, and the work
/// goes on: its outcome does not depend on who listens.
pub(super) fn tell(line: impl Display) {
    let _ = writeln!(anstream::stderr().lock(), "{line}");
}

/// An error as it is shown.
pub(super) fn failure(error: &Error) -> String {
    format!("{RED}error:{RED:#} {error}")
}

/// A line that says that something was done.
pub(super) fn done(what: impl Display) -> String {
    format!("{GREEN}✓{GREEN:#} {what}")
}
