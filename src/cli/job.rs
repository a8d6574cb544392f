//! Here is a corpus that was read, and a plan; make the model, and say what it took.

use std::path::Path;
use std::time::Instant;

use super::columns::{bytes, count};
use super::console::{Console, done};
use super::export;
use super::table::{self, Passing};
use super::usage::Usage;
use crate::count::forecast::Forecast;
use crate::error::{Error, ErrorKind, Result};
use crate::ngram::compact::Precision;
use crate::ngram::{self, Plan, Resources, Written};
use crate::open;
use crate::progress::Stage;
use crate::store::{ModelFile, OpenOptions};
use crate::token::{AnyText, Numbered};

/// Reading, counting, smoothing, and making the table compact.
pub(super) fn stages(compact: Option<Precision>) -> usize {
    3 + usize::from(compact.is_some())
}

/// A corpus that was read, on its way to a model.
pub(super) struct Job<'j> {
    /// The model's name, unless ARPA alone is wanted.
    pub(super) output: Option<&'j str>,
    pub(super) arpa: Option<&'j str>,
    pub(super) json: bool,
    /// How precise a compact table is to be, if one is wanted.
    pub(super) compact: Option<Precision>,
    pub(super) plan: &'j Plan,
    pub(super) resources: &'j Resources,
    pub(super) console: &'j Console,
    pub(super) start: Instant,
    /// How many bytes of text went to the disk.
    pub(super) stored: u64,
}

impl Job<'_> {
    /// Makes what is wanted.
    pub(super) fn run(&self, numbered: Numbered<AnyText>) -> Result<()> {
        match self.output {
            Some(output) => self.write(output, |path, counting| {
                let (plan, resources) = (self.plan, self.resources);
                let progress = self.console.progress();
                let (text, vocabulary) = (numbered.text, &numbered.vocabulary);
                ngram::build_file(text, vocabulary, plan, resources, path, counting, progress)
            }),
            None => self.write_arpa_alone(numbered),
        }
    }

    fn counting(&self) -> Stage {
        Stage {
            number: 2,
            of: stages(self.compact),
            name: "count",
            unit: "tokens",
            total: None,
        }
    }

    /// Has the model built and written, makes its table compact and writes ARPA as well if that is
    /// wanted, and says what there is to say. `build` gets the path and the stage of counting.
    pub(super) fn write(
        &self,
        output: &str,
        build: impl FnOnce(&Path, Stage) -> Result<Written>,
    ) -> Result<()> {
        let path = open::path_of(output);
        let passing = self
            .compact
            .map(|_| Passing::to(&path, &self.resources.temporary));
        let built_at = passing.as_ref().map_or(&path, |passing| &passing.0);
        let mut built = build(built_at, self.counting())?;
        if self.arpa.is_some() || self.compact.is_some() {
            let unverified = OpenOptions {
                verify: false,
                ..OpenOptions::default()
            };
            let model = ModelFile::open(built_at, unverified)?;
            // What is mapped needs no name, and what has none is not left behind by a kill.
            drop(passing);
            let (header, vocabulary, table) = ngram::format::load_own(&model)?;
            if let Some(arpa) = self.arpa {
                export::write(&vocabulary, &table, header.unlisted, arpa, self.console)?;
            }
            if self.compact.is_some() {
                let (last, progress) = (stages(self.compact), self.console.progress());
                let parts = (&header, &vocabulary, &table);
                let stage = table::stage(last, last);
                built.bytes = table::save(&path, parts, self.compact, stage, progress)?;
            }
        }
        self.report(output, &built)
    }

    /// Counts, smooths and writes ARPA; there is no table in between.
    fn write_arpa_alone(&self, numbered: Numbered<AnyText>) -> Result<()> {
        let (positions, order) = (numbered.text.positions(), self.plan.order);
        let AnyText::Whole(text) = numbered.text else {
            return Err(too_large_for_arpa_alone());
        };
        // What was counted is written from where it lies.
        let counting = Forecast::of(positions, order, u64::MAX).memory;
        if counting > self.resources.memory {
            return Err(too_large_for_arpa_alone());
        }
        let arpa = self.arpa.unwrap_or("-");
        let built = export::to(arpa, order.get(), self.console, |out, name| {
            let (vocabulary, progress) = (&numbered.vocabulary, self.console.progress());
            let plan = self.plan;
            let built =
                ngram::build_arpa(text, vocabulary, plan, self.counting(), progress, out, name)?;
            Ok((built.changed, built))
        })?;
        let written = Written {
            header: built.header,
            sizes: built.sizes,
            bytes: std::fs::metadata(arpa).map_or(0, |facts| facts.len()),
            temporary: 0,
        };
        self.report(arpa, &written)
    }

    fn report(&self, output: &str, built: &Written) -> Result<()> {
        let usage = Usage::since(self.start);
        if self.json {
            return self.console.print_json(&self.json(output, built, usage));
        }
        self.console.say(super::info::discount_table(
            &built.sizes,
            &built.header.discounts,
        ));
        self.console.say(done(format_args!(
            "{output}: order {}, {}, {} types, {} tokens, {}, {usage}",
            built.sizes.len(),
            built.header.method(),
            count(built.sizes[0] as u64),
            count(built.header.tokens),
            bytes(built.bytes),
        )));
        if self.output.is_some() {
            let line = format_args!("  try: counterpoint next -m {output} \"…\"");
            self.console.say(line);
        }
        Ok(())
    }

    fn json(&self, output: &str, built: &Written, usage: Usage) -> serde_json::Value {
        let discounts = built.header.discounts.iter().map(|d| d.by_count());
        serde_json::json!({
            "model": self.output,
            "path": self.output.map_or_else(|| output.into(), open::path_of),
            "order": built.sizes.len(),
            "method": built.header.method(),
            "tokenizer": built.header.reading.tokenizer.name(),
            "sentences": built.header.sentences,
            "tokens": built.header.tokens,
            "vocabulary": built.sizes[0],
            "ngrams": built.sizes,
            "pruned": built.header.pruned,
            "discounts": discounts.collect::<Vec<_>>(),
            "bytes": built.bytes,
            "temporary_bytes": built.temporary + self.stored,
            "seconds": usage.wall.as_secs_f64(),
            "cpu_seconds": usage.cpu.map(|cpu| cpu.as_secs_f64()),
            "peak_memory_bytes": usage.peak_memory,
        })
    }
}

fn too_large_for_arpa_alone() -> Error {
    let what = "what is counted in this much text does not fit into the memory allowed";
    Error::new(ErrorKind::Usage, what)
        .at("--arpa without -o")
        .way_out("name a model with -o, from which ARPA is written, or give more --memory")
}
