//! `counterpoint score`: how well a voice foresaw a text.

mod lines;
mod scorer;
mod summary;

use clap::ValueEnum;

use super::console::Console;
use super::reading::FormArgs;
use crate::error::Result;
use crate::evaluate::{ScoredBatch, Totals, each_scored};
use crate::open::Voice;
use crate::progress::Stage;
use lines::Lines;

pub(super) use summary::figures;

/// Score text: per token, per sentence, perplexity, bits per byte.
///
/// Perplexity is over all tokens, the end of each sentence included, as in KenLM's query. Tokens
/// that the model does not know (OOVs) are scored as <unk>; the second figure leaves them out.
/// Bits per byte count a newline for each sentence.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  counterpoint score -m fables held-out.txt
  zcat news.gz | counterpoint score -m news --by sentence -")]
pub(super) struct Args {
    /// Files, folders, patterns or - for standard input
    #[arg(value_name = "TEXT", default_value = "-")]
    inputs: Vec<String>,
    /// The model to ask
    #[arg(short, long, value_name = "NAME", help_heading = "Model")]
    model: String,
    #[command(flatten)]
    form: FormArgs,
    /// What to print
    #[arg(long, value_enum, default_value_t, help_heading = "Output")]
    by: By,
    /// One JSON object for the summary, or a line of JSON for each sentence with --by
    #[arg(long, help_heading = "Output", conflicts_with = "kenlm")]
    json: bool,
    /// Print what KenLM's query prints
    #[arg(long, help_heading = "Output", conflicts_with = "by")]
    kenlm: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum By {
    /// Figures of the whole text
    #[default]
    Summary,
    /// A line each: log10 p, tokens, OOVs, perplexity, text
    Sentence,
    /// A line each: token, id, order, log10 p, bits
    Token,
}

pub(super) fn run(args: &Args, console: &Console) -> Result<()> {
    let opened = console.open(&args.model)?;
    let reading = opened.voice.reading();
    let corpus = args.form.open(&args.inputs, reading)?;
    console.progress().stage(Stage {
        number: 1,
        of: 1,
        name: "score",
        unit: "bytes",
        total: corpus.total_bytes(),
    });
    if let Voice::Scores(scorer) = &opened.voice {
        return scorer::run(args, scorer, &corpus, console);
    }
    let model = opened.voice.language_model()?;
    let lines = args.lines();
    let mut totals = Totals::default();
    each_scored(
        &corpus,
        reading,
        model,
        console.progress(),
        |scored: &ScoredBatch| {
            let figures: Vec<Totals> = scored.sentences().map(|s| Totals::of(&s)).collect();
            let shown = lines.map(|lines| lines.show(scored, &figures, model, reading));
            Ok((figures, shown))
        },
        |(figures, shown)| {
            figures.iter().for_each(|sentence| totals.add(sentence));
            shown.map_or(Ok(()), |shown| console.write(shown.as_bytes()))
        },
    )?;
    args.sum_up(&totals, console)
}

impl Args {
    /// What is printed of every sentence.
    fn lines(&self) -> Option<Lines> {
        match (self.kenlm, self.by, self.json) {
            (true, _, _) => Some(Lines::Kenlm),
            (false, By::Summary, _) => None,
            (false, by, true) => Some(Lines::Json {
                tokens: by == By::Token,
            }),
            (false, By::Sentence, false) => Some(Lines::Sentence),
            (false, By::Token, false) => Some(Lines::Token),
        }
    }

    /// Prints the figures of the whole text, if they are wanted.
    fn sum_up(&self, totals: &Totals, console: &Console) -> Result<()> {
        match (self.kenlm, self.by, self.json) {
            (true, _, _) => console.print(summary::as_kenlm(totals)),
            (false, By::Summary, true) => console.print_json(&figures(&self.model, totals)),
            (false, By::Summary, false) => console.print(summary::table(totals)),
            _ => Ok(()),
        }
    }
}
