//! Here are the options for records, and a corpus; write records back, with figures or by figures.

use std::path::Path;

use clap::ValueEnum;
use serde_json::{Value, json};

use super::sorting::{FieldNames, Sorting};
use super::{Args, figures};
use crate::cli::columns::{Columns, Side, count, percent, perplexity};
use crate::cli::console::{Console, done};
use crate::cli::reading::spare;
use crate::error::{Error, ErrorKind, Result};
use crate::evaluate::{Measure, Thresholds, Totals, each_scored};
use crate::open::{self, Opened};
use crate::store::PackedFile;
use crate::text::{Corpus, Unit};

/// What becomes of the records of JSON Lines, or of the lines of plain text.
#[derive(clap::Args)]
pub(super) struct RecordArgs {
    /// Write each record back with its figures as fields after its own: perplexity, bits_per_byte,
    /// log10_prob, tokens, oovs; --add=PREFIX puts a prefix before these names
    #[arg(
        long,
        value_name = "PREFIX",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "",
        requires = "jsonl",
        help_heading = "Records"
    )]
    add: Option<String>,
    /// Write records into files, one more than there are thresholds (--at); a name in .gz or .zst
    /// is compressed
    #[arg(long, value_name = "FILE", num_args = 2.., requires = "at", help_heading = "Records")]
    split: Vec<String>,
    /// The thresholds between the files of --split: a record that reaches one goes into the next
    /// file, and one that holds no sentence into the last
    #[arg(
        long,
        value_name = "X,…",
        value_delimiter = ',',
        requires = "split",
        help_heading = "Records"
    )]
    at: Vec<f64>,
    /// Write the records below this threshold to standard output, and no others
    #[arg(
        long,
        value_name = "X",
        conflicts_with = "split",
        help_heading = "Records"
    )]
    keep_below: Option<f64>,
    /// What thresholds are of [default: perplexity]
    #[arg(long, value_enum, value_name = "FIGURE", help_heading = "Records")]
    measure: Option<MeasureArg>,
}

#[derive(Clone, Copy, ValueEnum)]
enum MeasureArg {
    /// Over all tokens, the end of each sentence included
    Perplexity,
    /// Comparable across models
    BitsPerByte,
}

/// Where the records of one class go.
enum Sink {
    Stdout,
    File(Box<PackedFile>),
    Nowhere,
}

/// What was in one class.
#[derive(Clone, Default)]
struct Class {
    records: u64,
    totals: Totals,
}

impl RecordArgs {
    /// True if records are to be written.
    pub(super) fn are_given(&self) -> bool {
        self.add.is_some() || !self.split.is_empty() || self.keep_below.is_some()
    }

    /// True if they go to files, and not to standard output.
    pub(super) fn write_files(&self) -> bool {
        !self.split.is_empty()
    }

    /// Refuses what has no meaning together.
    pub(super) fn check(&self) -> Result<()> {
        let refuse =
            |what: &str, way_out: &str| Err(Error::new(ErrorKind::Usage, what).way_out(way_out));
        let (files, thresholds) = (self.split.len(), self.at.len());
        if files > 0 && files != thresholds + 1 {
            let what = format!("{files} files for {thresholds} thresholds");
            return refuse(
                &what,
                "--split names one file more than --at has thresholds: --split a b c --at 200,1000",
            );
        }
        let twice = |(number, name): (usize, &String)| self.split[..number].contains(name);
        if self.split.iter().enumerate().any(twice) {
            return refuse("--split names a file twice", "give each a name of its own");
        }
        if self.split.iter().any(|name| name == "-") {
            return refuse(
                "--split writes files only",
                "--keep-below writes to standard output",
            );
        }
        if self.measure.is_some() && self.at.is_empty() && self.keep_below.is_none() {
            return refuse(
                "--measure says what thresholds are of, and there are none",
                "give --at with --split, or --keep-below",
            );
        }
        Ok(())
    }

    fn sorting(&self) -> Result<Sorting> {
        let measure = match self.measure {
            None | Some(MeasureArg::Perplexity) => Measure::Perplexity,
            Some(MeasureArg::BitsPerByte) => Measure::BitsPerByte,
        };
        let at = self.keep_below.map_or(self.at.clone(), |below| vec![below]);
        Ok(Sorting {
            thresholds: Thresholds::new(measure, at)?,
            added: self.add.as_deref().map(FieldNames::with_prefix),
            kept: if self.keep_below.is_some() {
                1
            } else {
                self.at.len() + 1
            },
        })
    }

    /// Where each class goes.
    fn sinks(&self, corpus: &Corpus, model: &str) -> Result<Vec<Sink>> {
        if self.split.is_empty() {
            return Ok(match self.keep_below {
                Some(_) => vec![Sink::Stdout, Sink::Nowhere],
                None => vec![Sink::Stdout],
            });
        }
        let model = open::path_of(model);
        let create = |name: &String| {
            let path = Path::new(name);
            spare(corpus.files().chain(model.to_str()), path)?;
            Ok(Sink::File(Box::new(PackedFile::create(path)?)))
        };
        self.split.iter().map(create).collect()
    }
}

/// Scores the records of a corpus and writes them where they belong.
pub(super) fn run(args: &Args, opened: &Opened, corpus: &Corpus, console: &Console) -> Result<()> {
    let model = opened.voice.language_model()?;
    let reading = opened.voice.reading();
    let options = corpus.options();
    if options.jsonl_field.is_none() && options.unit != Unit::Line {
        let what = "to this model a whole file or tune is one sentence: there are no lines to pick";
        return Err(Error::new(ErrorKind::Usage, what)
            .way_out("with --jsonl each record is one; or use a model built with --unit line"));
    }
    let sorting = args.records.sorting()?;
    let mut sinks = args.records.sinks(corpus, &args.model)?;
    let mut classes = vec![Class::default(); sinks.len()];
    each_scored(
        corpus,
        reading,
        model,
        console.progress(),
        |scored| sorting.sort(scored),
        |sorted| {
            for (class, totals) in &sorted.records {
                classes[*class].records += 1;
                classes[*class].totals.add(totals);
            }
            let mut written = sinks.iter_mut().zip(&sorted.bytes);
            written.try_for_each(|(sink, bytes)| match sink {
                Sink::Stdout => console.write(bytes),
                Sink::File(file) => file.write(bytes),
                Sink::Nowhere => Ok(()),
            })
        },
    )?;
    let files = sinks.into_iter().filter_map(|sink| match sink {
        Sink::File(file) => Some(*file),
        _ => None,
    });
    PackedFile::commit_all(files.collect())?;
    report(args, &classes, console)
}

fn report(args: &Args, classes: &[Class], console: &Console) -> Result<()> {
    let all: u64 = classes.iter().map(|class| class.records).sum();
    let share = |class: &Class| percent(class.records as f64 / all.max(1) as f64);
    let names = &args.records.split;
    match (names.is_empty(), args.json) {
        (true, _) => {
            let kept = match args.records.keep_below {
                Some(below) => format!(
                    "{} of {} records are below {below} ({})",
                    count(classes[0].records),
                    count(all),
                    share(&classes[0]),
                ),
                None => format!("{} records", count(all)),
            };
            let mean = perplexity(classes[0].totals.perplexity());
            console.say(done(format_args!("{kept}, perplexity {mean}")));
            Ok(())
        }
        (false, true) => console.print_json(&json!({
            "records": all,
            "files": names.iter().zip(classes).map(as_json(&args.model)).collect::<Vec<_>>(),
        })),
        (false, false) => {
            let mut columns = Columns::new(&[
                Side::Left,
                Side::Right,
                Side::Right,
                Side::Right,
                Side::Right,
                Side::Right,
            ]);
            columns.row([
                "file",
                "records",
                "",
                "bytes of text",
                "perplexity",
                "bits/byte",
            ]);
            for (name, class) in names.iter().zip(classes) {
                columns.row([
                    name.clone(),
                    count(class.records),
                    share(class),
                    count(class.totals.bytes()),
                    perplexity(class.totals.perplexity()),
                    perplexity(class.totals.bits_per_byte()),
                ]);
            }
            console.print(columns)
        }
    }
}

fn as_json(model: &str) -> impl Fn((&String, &Class)) -> Value {
    move |(name, class)| {
        let mut value = figures(model, &class.totals);
        value["path"] = name.as_str().into();
        value["records"] = class.records.into();
        value
    }
}
