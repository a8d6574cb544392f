//! `counterpoint copied`: what of a text stands in an indexed corpus, and where it was copied from.

use anstyle::Style;
use rayon::prelude::*;
use serde_json::{Value, json};

use super::columns::{Columns, Side, count, percent};
use super::console::Console;
use super::passage::{Passage, place_json};
use super::prompt::indexed;
use super::reading::FormArgs;
use crate::error::Result;
use crate::model::LanguageModel;
use crate::progress::Stage;
use crate::store::Depot;
use crate::suffix::copied::{Matches, Span};
use crate::suffix::{BatchNote, Noted, Origins, UnboundedModel};
use crate::text::Batch;
use crate::token::{AnyText, Noting, Room, TokenText, read_noting, readable};

/// Find what of a text stands in an indexed corpus, the longest first.
///
/// A span is tokens of one line that stand in the corpus in a row, as many as possible. Give it what
/// a model generated, to see what it repeats; or a test set, to see what the corpus gives away.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  counterpoint copied -i fables-index essay.txt
  counterpoint generate -m fables \"The fox\" | counterpoint copied -i fables-index - --least 4")]
pub(super) struct Args {
    /// The index to look into, as `counterpoint index` made it
    #[arg(short, long, value_name = "NAME", help_heading = "Model")]
    index: String,
    /// The text: files, folders, patterns or -
    #[arg(required = true, value_name = "TEXT")]
    inputs: Vec<String>,
    #[command(flatten)]
    form: FormArgs,
    /// The shortest span that counts, in tokens
    #[arg(long, default_value_t = 8, value_name = "N", help_heading = "Output")]
    least: usize,
    /// How many spans to show
    #[arg(long, default_value_t = 10, value_name = "N", help_heading = "Output")]
    top: usize,
    /// One JSON object
    #[arg(long, help_heading = "Output")]
    json: bool,
}

/// The n of the n-grams whose novelty is shown.
const NOVELTY: std::ops::RangeInclusive<usize> = 1..=10;

pub(super) fn run(args: &Args, console: &Console) -> Result<()> {
    let opened = console.open(&args.index)?;
    let model = indexed(&opened)?;
    let (text, origins) = read(args, model, console)?;
    let sentences: Vec<_> = text.sentences().collect();
    let matches = sentences
        .par_iter()
        .map(|sentence| Matches::of(model.array(), sentence));
    let matches: Vec<Matches> = matches.collect();
    let answer = Answer::new(args, model, &text, &origins, &matches);
    match args.json {
        true => console.print_json(&answer.json()),
        false => console.print(answer.text()),
    }
}

fn read(args: &Args, model: &UnboundedModel, console: &Console) -> Result<(TokenText, Origins)> {
    let reading = &model.header().reading;
    let corpus = args.form.open(&args.inputs, reading)?;
    let (number, of, name, unit) = (1, 1, "tokenize", "bytes");
    let total = corpus.total_bytes();
    console.progress().stage(Stage {
        number,
        of,
        name,
        unit,
        total,
    });
    let mut noted = Noted::default();
    let noting = Noting {
        note: |batch: &Batch| BatchNote::of(batch),
        keep: |note| noted.keep(note),
    };
    let (room, depot) = (Room::UNBOUNDED, Depot::in_memory());
    let progress = console.progress();
    let text = read_noting(
        &corpus,
        reading,
        model.vocabulary(),
        room,
        &depot,
        noting,
        progress,
    )?;
    let AnyText::Whole(text) = text else {
        unreachable!("a text without bounds stays in memory")
    };
    let origins = noted.finish(text.padded())?;
    Ok((text, origins))
}

/// What there is to say of a text.
struct Answer<'a> {
    args: &'a Args,
    model: &'a UnboundedModel,
    text: &'a TokenText,
    origins: &'a Origins,
    /// Those to be shown, each with the number of its sentence, the longest first.
    spans: Vec<(usize, Span)>,
    /// How many there are in all.
    all: usize,
    /// How many tokens lie in one.
    covered: usize,
    /// Of the n-grams for every n, how many there are, and how many are new.
    novelty: Vec<(usize, usize)>,
}

impl<'a> Answer<'a> {
    fn new(
        args: &'a Args,
        model: &'a UnboundedModel,
        text: &'a TokenText,
        origins: &'a Origins,
        matches: &[Matches],
    ) -> Self {
        let of = |(number, matches): (usize, &Matches)| {
            let spans = matches.spans(args.least);
            spans.map(|span| (number, span)).collect::<Vec<_>>()
        };
        let mut spans: Vec<_> = matches.iter().enumerate().flat_map(of).collect();
        let all = spans.len();
        spans.sort_by_key(|(number, span)| {
            (std::cmp::Reverse(span.found.length), *number, span.start)
        });
        spans.truncate(args.top);
        let ngrams = |n| {
            let counts = matches.iter().map(|matches| matches.ngrams(n));
            counts.fold((0, 0), |(all, new), (more, of_them)| {
                (all + more, new + of_them)
            })
        };
        Answer {
            args,
            model,
            text,
            origins,
            spans,
            all,
            covered: matches
                .iter()
                .map(|matches| matches.covered(args.least))
                .sum(),
            novelty: NOVELTY.map(ngrams).collect(),
        }
    }

    /// Where in the text that was given a span is.
    fn place(&self, number: usize, span: &Span) -> crate::suffix::Place<'a> {
        let before: usize = (0..number)
            .map(|number| self.text.padded_sentence(number).len())
            .sum();
        self.origins.place((before + 1 + span.start) as u32)
    }

    fn source(&self, span: &Span) -> Passage<'a> {
        let first = self.model.array().first_positions(&span.found, 1);
        Passage::new(self.model, first[0], span.found.length)
    }

    fn words(&self, number: usize, span: &Span) -> String {
        let tokens = &self.text.sentence(number)[span.start..span.end()];
        let text = self
            .model
            .header()
            .reading
            .text(self.model.vocabulary(), tokens);
        readable(&text).into_owned()
    }

    fn share(&self) -> f64 {
        self.covered as f64 / self.text.tokens().max(1) as f64
    }

    fn json(&self) -> Value {
        let span = |(number, span): &(usize, Span)| {
            json!({
                "tokens": span.found.length,
                "text": self.words(*number, span),
                "at": place_json(&self.place(*number, span)),
                "count": span.found.count(),
                "source": self.source(span).json(),
            })
        };
        let novelty = NOVELTY.zip(&self.novelty);
        let novelty = novelty.map(|(n, (all, new))| json!({"n": n, "ngrams": all, "new": new}));
        json!({
            "index": self.args.index,
            "tokens": self.text.tokens(),
            "least": self.args.least,
            "covered": self.covered,
            "share": self.share(),
            "spans": self.all,
            "longest": self.spans.iter().map(span).collect::<Vec<_>>(),
            "novelty": novelty.collect::<Vec<_>>(),
        })
    }

    fn text(&self) -> String {
        let mut out = format!(
            "{} of {} tokens ({}) lie in {} spans of {} or more that {} has\n",
            count(self.covered as u64),
            count(self.text.tokens() as u64),
            percent(self.share()),
            count(self.all as u64),
            self.args.least,
            self.args.index,
        );
        for (number, span) in &self.spans {
            let place = self.place(*number, span);
            let line = place
                .line
                .map_or_else(String::new, |line| format!(":{line}"));
            let times = match span.found.count() {
                1 => String::new(),
                times => format!(", {}× in all", count(times)),
            };
            out.push_str(&format!(
                "{} tokens, {}{line}{times}\n",
                span.found.length, place.file
            ));
            out.push_str(&format!("  {}\n", self.source(span).line(COPIED)));
        }
        out + &self.novelty_table()
    }

    fn novelty_table(&self) -> String {
        let mut columns = Columns::new(&[Side::Right; 11]);
        let shown = NOVELTY.zip(&self.novelty).filter(|(_, (all, _))| *all > 0);
        let (mut head, mut row) = (vec!["n".to_owned()], vec!["new n-grams".to_owned()]);
        for (n, (all, new)) in shown {
            head.push(n.to_string());
            row.push(percent(*new as f64 / *all as f64));
        }
        columns.row(head);
        columns.row(row);
        columns.to_string()
    }
}

const COPIED: Style = anstyle::AnsiColor::Red.on_default().bold();
