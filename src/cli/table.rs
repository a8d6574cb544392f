//! Here is how a table is to be kept; keep it so.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::error::{Error, ErrorKind, Result};
use crate::ngram::compact::{self, CompactTable, HIGHEST_ORDER, Precision};
use crate::ngram::{NgramHeader, Table, format};
use crate::progress::{Progress, Stage};
use crate::token::Vocabulary;

/// How the model's table is kept.
#[derive(Args)]
pub(super) struct TableArgs {
    /// How the table is kept [default: fast, or compact with --quantize]
    #[arg(long, value_enum, value_name = "KIND", help_heading = "Table")]
    table: Option<Kind>,
    /// Keep each n-gram's share of its probability in so many bits, 2 to 16, in a compact table
    ///
    /// A probability is the sum of the shares of its order and all lower ones, and back-offs are
    /// what shares leave: whatever is rounded, every distribution still sums to one. 8 bits hardly
    /// change a perplexity.
    #[arg(
        long,
        value_name = "BITS",
        help_heading = "Table",
        value_parser = clap::value_parser!(u8).range(2..=16)
    )]
    quantize: Option<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// All numbers and counts as they are, quickest to ask
    Fast,
    /// A third of the bytes, without counts; every number as it is unless quantised
    Compact,
}

impl TableArgs {
    /// How precisely a compact table is to be kept; `None` if a fast one is wanted, which is what
    /// goes without saying.
    pub(super) fn compact(&self) -> Result<Option<Precision>> {
        self.compact_or(Kind::Fast)
    }

    /// As [`compact`](Self::compact), which here is what goes without saying.
    pub(super) fn compact_by_default(&self) -> Result<Option<Precision>> {
        self.compact_or(Kind::Compact)
    }

    fn compact_or(&self, default: Kind) -> Result<Option<Precision>> {
        match (self.table, self.quantize) {
            (Some(Kind::Fast), Some(_)) => {
                let what = "only a compact table is quantised";
                Err(Error::new(ErrorKind::Usage, what)
                    .at("--table fast --quantize")
                    .way_out("leave one of them out"))
            }
            (_, Some(bits)) => Ok(Some(Precision::Quantised { bits })),
            (kind, None) => Ok(match kind.unwrap_or(default) {
                Kind::Fast => None,
                Kind::Compact => Some(Precision::Exact),
            }),
        }
    }
}

/// What a compact table cannot hold is refused before the work, not after it.
pub(super) fn check_compact(order: usize, backs_off: bool) -> Result<()> {
    let refuse = |what: String, way_out: &str| {
        let error = Error::new(ErrorKind::Usage, what).at("--table compact");
        Err(error.way_out(way_out))
    };
    if order > HIGHEST_ORDER {
        let what = format!("a compact table has at most order {HIGHEST_ORDER}");
        return refuse(what, "give a lower --order, or leave --table out");
    }
    if !backs_off {
        let what = "a compact table holds back-off models only, which this smoothing does not make";
        return refuse(
            what.into(),
            "leave --table out, or choose another --smoothing",
        );
    }
    Ok(())
}

/// Writes a model with its table kept as is wanted; returns the file's length. `stage` is that of
/// making a compact one.
pub(super) fn save(
    path: &Path,
    (header, vocabulary, table): (&NgramHeader, &Vocabulary, &Table),
    compact: Option<Precision>,
    stage: Stage,
    progress: &dyn Progress,
) -> Result<u64> {
    let Some(precision) = compact else {
        return format::save(path, header, vocabulary, table);
    };
    compact::check_header(header)?;
    let table = CompactTable::new(table, precision, stage, progress)?;
    compact::format::save(path, header, vocabulary, &table)
}

/// The stage of making a compact table.
pub(super) fn stage(number: usize, of: usize) -> Stage {
    Stage {
        number,
        of,
        name: "compact",
        unit: "n-grams",
        total: None,
    }
}

/// A model file on its way to another, gone with this.
pub(super) struct Passing(pub(super) PathBuf);

impl Passing {
    /// A place for what becomes the model at `path`, in a folder for temporary files.
    pub(super) fn to(path: &Path, folder: &Path) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Passing(folder.join(format!(".{name}.{}.fast", std::process::id())))
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        // It may not be there yet, and nobody is left to be told.
        let _ = std::fs::remove_file(&self.0);
    }
}
