//! Here are voices and a text that none has seen; show what each makes of it, and how sure that is.

use serde_json::{Value, json};

use super::details;
use crate::cli::columns::{Columns, Side, bytes, count, perplexity, rate};
use crate::cli::console::Console;
use crate::cli::prompt::on_one_line;
use crate::cli::reading::{FormArgs, reading_stage, stdin_once};
use crate::cli::score;
use crate::compare::bootstrap::{Bootstrap, Difference, Interval, Resampling, bootstrap};
use crate::compare::{Closeness, Details, HeldOut, Judged, Places, Writer};
use crate::compare::{details as look_closely, held_out, together};
use crate::error::{Error, ErrorKind, Result};
use crate::evaluate::Sentence;
use crate::model::LanguageModel;
use crate::open::Opened;
use crate::progress::Stage;
use crate::text::Batch;
use crate::token::{self, TokenText};

/// A text that no voice has seen, and how closely to look at what they make of it.
#[derive(clap::Args)]
pub(in crate::cli) struct OnArgs {
    /// A text that none has seen (may be given more than once)
    #[arg(long, value_name = "HELDOUT", help_heading = "Corpus")]
    pub(in crate::cli) on: Vec<String>,
    #[command(flatten)]
    form: FormArgs,
    /// At how many places of the text to ask for whole distributions, evenly spread
    #[arg(
        long,
        default_value_t = 2_000,
        value_name = "N",
        help_heading = "Corpus"
    )]
    sample: usize,
    /// How often to resample the sentences for the intervals
    #[arg(
        long,
        default_value_t = 1_000,
        value_name = "N",
        help_heading = "Corpus"
    )]
    resamples: usize,
    /// Show perplexities also where the vocabularies differ, though they cannot be compared
    #[arg(long, help_heading = "Output")]
    perplexity_anyway: bool,
    /// How many places to show of each kind
    #[arg(long, default_value_t = 3, value_name = "N", help_heading = "Output")]
    shown: usize,
}

impl OnArgs {
    /// True if there is a text.
    pub(in crate::cli) fn is_given(&self) -> bool {
        !self.on.is_empty()
    }

    /// What cannot be is refused before the work.
    pub(in crate::cli) fn check(&self) -> Result<()> {
        // Each model reads the text for itself, as its tokens are.
        stdin_once(&self.on, &self.on, "--on -")?;
        match self.sample {
            0 => Err(Error::new(ErrorKind::Usage, "no place is to be asked").at("--sample 0")),
            _ => Ok(()),
        }
    }
}

/// One line of the table.
pub(in crate::cli) struct Row {
    pub(in crate::cli) name: String,
    pub(in crate::cli) figures: HeldOut,
    pub(in crate::cli) interval: Option<Interval>,
    pub(in crate::cli) size: Option<u64>,
}

/// What voices made of a text.
pub(in crate::cli) struct Measured {
    /// A row for each voice, and one for all of them mixed, if they share a vocabulary.
    pub(in crate::cli) rows: Vec<Row>,
    /// What every row but the first differs by, from the first; nothing if the voices do not read
    /// the same sentences.
    pub(in crate::cli) differences: Vec<Difference>,
    pub(in crate::cli) resampling: Resampling,
    sentences_a_block: usize,
    /// True if perplexities can be compared.
    pub(in crate::cli) same_tokens: bool,
    perplexity_shown: bool,
    tables_wanted: bool,
    pub(in crate::cli) details: Option<Details>,
    texts: Texts,
}

/// Texts as voices read them: voices that read alike share one.
struct Texts {
    texts: Vec<Vec<Sentence>>,
    /// The text of each voice.
    of_voice: Vec<usize>,
}

impl Texts {
    fn of(&self, voice: usize) -> &[Sentence] {
        &self.texts[self.of_voice[voice]]
    }
}

/// Has every voice score the text; with `closely` looks where and why they differ, if they share
/// their tokens.
pub(in crate::cli) fn measure(
    args: &OnArgs,
    models: &[Opened],
    closely: bool,
    seed: u64,
    console: &Console,
) -> Result<Measured> {
    let voices: Vec<&dyn LanguageModel> = models
        .iter()
        .map(|model| model.voice.language_model())
        .collect::<Result<_>>()?;
    let stages = 2 * models.len() + usize::from(closely);
    let texts = read(args, models, stages, console)?;
    let mut figures = Vec::new();
    for (number, &voice) in voices.iter().enumerate() {
        let text = texts.of(number);
        console.progress().stage(Stage {
            number: models.len() + number + 1,
            of: stages,
            name: "score",
            unit: "tokens",
            total: Some(
                text.iter()
                    .map(|sentence| sentence.ids.len() as u64 + 1)
                    .sum(),
            ),
        });
        figures.push(held_out(voice, text, console.progress()));
    }
    let same_tokens = texts.texts.len() == 1;
    let places: Vec<Places> = (0..models.len())
        .map(|voice| Places::of(texts.of(voice)))
        .collect();
    let details = match closely && same_tokens && !places[0].is_empty() {
        true => {
            console.progress().stage(Stage {
                number: stages,
                of: stages,
                name: "ask",
                unit: "places",
                total: Some(args.sample.min(places[0].len()) as u64),
            });
            Some(look(args, models, &voices, &figures, &places[0], console))
        }
        false => None,
    };
    let resampling = Resampling {
        times: args.resamples,
        seed,
    };
    let mut names: Vec<String> = models.iter().map(|model| model.name.clone()).collect();
    let mut sizes: Vec<Option<u64>> = models.iter().map(|model| Some(model.bytes)).collect();
    if same_tokens && let Some(mixed) = together(texts.of(0), &figures) {
        names.push(format!("{} evenly mixed", names.join(" + ")));
        sizes.push(None);
        figures.push(mixed);
    }
    let outcome = resample(&names, &places, &figures, resampling);
    let rows = names
        .into_iter()
        .zip(figures)
        .zip(sizes)
        .zip(outcome.intervals);
    Ok(Measured {
        rows: rows
            .map(|(((name, figures), size), interval)| Row {
                name,
                figures,
                interval,
                size,
            })
            .collect(),
        differences: outcome.differences,
        resampling,
        sentences_a_block: outcome.sentences_a_block,
        same_tokens,
        perplexity_shown: same_tokens || args.perplexity_anyway,
        tables_wanted: closely,
        details,
        texts,
    })
}

fn look(
    args: &OnArgs,
    models: &[Opened],
    voices: &[&dyn LanguageModel],
    figures: &[HeldOut],
    places: &Places,
    console: &Console,
) -> Details {
    let judged = models.iter().zip(voices).map(|(model, &voice)| Judged {
        name: &model.name,
        model: voice,
    });
    let writer = Writer {
        reading: models[0].voice.reading(),
        vocabulary: models[0].voice.vocabulary(),
    };
    let closeness = Closeness {
        sample: args.sample,
        shown: args.shown,
    };
    let judged: Vec<Judged> = judged.collect();
    look_closely(
        &judged,
        figures,
        places,
        &writer,
        closeness,
        console.progress(),
    )
}

/// The intervals of all rows, if the voices read the same sentences.
fn resample(
    names: &[String],
    places: &[Places],
    figures: &[HeldOut],
    resampling: Resampling,
) -> Bootstrap {
    let sentences = |places: &Places| places.sentences().len();
    let same = places
        .iter()
        .all(|other| sentences(other) == sentences(&places[0]));
    if !same || sentences(&places[0]) == 0 {
        return Bootstrap {
            sentences_a_block: 1,
            intervals: vec![None; figures.len()],
            differences: Vec::new(),
        };
    }
    // The mixture reads as its first voice does.
    let places = places.iter().chain([&places[0]]);
    let rows = names.iter().zip(places).zip(figures);
    let rows: Vec<_> = rows
        .map(|((name, places), figures)| (&name[..], places, figures))
        .collect();
    bootstrap(&rows, resampling)
}

fn read(args: &OnArgs, models: &[Opened], stages: usize, console: &Console) -> Result<Texts> {
    let mut texts: Vec<Vec<Sentence>> = Vec::new();
    let mut of_voice: Vec<usize> = Vec::new();
    for (number, model) in models.iter().enumerate() {
        let reads_alike = |earlier: &Opened| {
            earlier.voice.reading() == model.voice.reading()
                && earlier.voice.vocabulary().same_as(model.voice.vocabulary())
        };
        if let Some(earlier) = models[..number].iter().position(reads_alike) {
            of_voice.push(of_voice[earlier]);
            continue;
        }
        of_voice.push(texts.len());
        texts.push(read_as(args, model, (number + 1, stages), console)?);
    }
    Ok(Texts { texts, of_voice })
}

fn read_as(
    args: &OnArgs,
    model: &Opened,
    (number, of): (usize, usize),
    console: &Console,
) -> Result<Vec<Sentence>> {
    let corpus = args.form.open(&args.on, model.voice.reading())?;
    console.progress().stage(reading_stage(&corpus, number, of));
    let mut text = Vec::new();
    let sentences = |batch: &Batch, ids: TokenText| {
        let sentences = batch.sentences().zip(ids.sentences());
        let sentence = sentences.map(|(text, ids)| Sentence {
            ids: ids.to_vec(),
            bytes: text.len(),
        });
        Ok(sentence.collect::<Vec<_>>())
    };
    token::each_read(
        &corpus,
        model.voice.reading(),
        model.voice.vocabulary(),
        console.progress(),
        sentences,
        |sentences| {
            text.extend(sentences);
            Ok(())
        },
    )?;
    Ok(text)
}

impl Measured {
    /// The text, if all voices read the same tokens.
    pub(in crate::cli) fn common_text(&self) -> Option<&[Sentence]> {
        self.same_tokens.then(|| self.texts.of(0))
    }

    /// As parts of an object.
    pub(in crate::cli) fn add_to(&self, answer: &mut Value) {
        answer["held_out"] = self.rows.iter().map(|row| self.row_json(row)).collect();
        answer["differences"] = json!({
            "from": self.rows[0].name,
            "resamples": self.resampling.times,
            "seed": self.resampling.seed,
            "sentences_a_block": self.sentences_a_block,
            "of": self.differences,
        });
        if let Some(details) = &self.details {
            answer["details"] = json!(details);
        }
    }

    fn row_json(&self, row: &Row) -> Value {
        let mut value = score::figures(&row.name, &row.figures.totals);
        if !self.perplexity_shown {
            value["perplexity"] = Value::Null;
            value["perplexity_without_oovs"] = Value::Null;
        }
        value["bits_per_byte_95"] = json!(row.interval);
        value["tokens_per_second"] = row.figures.tokens_per_second().into();
        value["bytes_on_disk"] = row.size.into();
        value
    }

    /// For a terminal.
    pub(in crate::cli) fn text(&self) -> String {
        let mut out = self.table().to_string();
        if self.same_tokens {
            out += " perplexity: each token was as hard to guess as one of so many equally likely ones\n";
        }
        for note in self.notes() {
            out += &format!(" {note}\n");
        }
        match &self.details {
            Some(details) => out + &details::text(details),
            None => out,
        }
    }

    fn table(&self) -> Columns {
        let mut sides = vec![Side::Left];
        sides.extend([Side::Right; 6]);
        let mut columns = Columns::new(&sides);
        let (mut head, last) = (
            vec!["model", "bits/byte", "95% interval"],
            ["tokens/s", "size"],
        );
        if self.perplexity_shown {
            head.push("perplexity");
        }
        head.push("OOVs");
        columns.row(head.into_iter().chain(last));
        for row in &self.rows {
            let totals = &row.figures.totals;
            let mut cells = vec![
                row.name.clone(),
                perplexity(totals.bits_per_byte()),
                row.interval.map(interval).unwrap_or_default(),
            ];
            if self.perplexity_shown {
                cells.push(perplexity(totals.perplexity()));
            }
            cells.extend([
                totals.unknown().to_string(),
                row.figures
                    .tokens_per_second()
                    .map(rate)
                    .unwrap_or_default(),
                row.size.map(bytes).unwrap_or_default(),
            ]);
            columns.row(cells);
        }
        columns
    }

    /// What there is to say of the table.
    pub(in crate::cli) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if !self.same_tokens {
            notes.push(match self.perplexity_shown {
                true => "vocabularies differ: compare bits/byte, not perplexity".into(),
                false => {
                    "vocabularies differ, so perplexities cannot be compared and are left out \
                          (--perplexity-anyway)"
                        .to_owned()
                }
            });
        }
        let unknown = |row: &Row| row.figures.totals.unknown();
        if self
            .rows
            .iter()
            .any(|row| unknown(row) != unknown(&self.rows[0]))
        {
            notes.push(
                "what a voice does not know it need not spell: the one with more OOVs has it easier".into(),
            );
        }
        notes.extend(
            self.differences
                .iter()
                .map(|difference| self.verdict(difference)),
        );
        if self.differences.is_empty()
            && self.rows.iter().all(|row| row.figures.totals.tokens() > 0)
        {
            notes.push("the models do not read the same sentences: there are no intervals".into());
        }
        if self.tables_wanted && !self.same_tokens {
            notes.push("token by token only voices that share their tokens can be compared".into());
        }
        let drawn = match self.sentences_a_block {
            1 => "sentences".to_owned(),
            more => format!("blocks of {more} sentences"),
        };
        if self
            .differences
            .iter()
            .any(|difference| difference.interval.is_some())
        {
            notes.push(format!(
                "intervals: paired bootstrap over {drawn}, {} times, seed {}",
                count(self.resampling.times as u64),
                self.resampling.seed
            ));
        }
        notes
    }

    /// "B needs 0.07 [0.05, 0.09] fewer bits per byte than A".
    fn verdict(&self, difference: &Difference) -> String {
        let (name, first) = (on_one_line(&difference.voice), &self.rows[0].name);
        let bits = difference.bits_per_byte;
        let way = if bits < 0.0 { "fewer" } else { "more" };
        let Some(Interval { low, high }) = difference.interval else {
            return match bits.is_finite() {
                true => format!(
                    "{name} needs {:.3} {way} bits per byte than {first}",
                    bits.abs()
                ),
                false => format!(
                    "{name} and {first} differ without bound: one found impossible what came"
                ),
            };
        };
        if bits == 0.0 && low == 0.0 && high == 0.0 {
            return format!("{name} needs as many bits as {first}, everywhere");
        }
        let (low, high) = match bits < 0.0 {
            true => (-high, -low),
            false => (low, high),
        };
        let sure = match low > 0.0 {
            true => "",
            false => ": too close to call on this text",
        };
        format!(
            "{name} needs {:.3} [{low:.3}, {high:.3}] {way} bits per byte than {first}{sure}",
            bits.abs()
        )
    }
}

fn interval(interval: Interval) -> String {
    format!(
        "[{}, {}]",
        perplexity(interval.low),
        perplexity(interval.high)
    )
}
