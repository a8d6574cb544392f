//! `counterpoint mix`: voices and a held-out text in, one voice of them all out.

use std::path::Path;
use std::time::Instant;

use serde_json::{Value, json};

use super::columns::{Columns, Side, bytes, count, percent, perplexity, seconds};
use super::console::{Console, done};
use super::prompt::same_tokens;
use super::reading::{FormArgs, spare};
use crate::error::{Error, ErrorKind, Result};
use crate::mixture::{Buckets, Mixture, MixtureHeader, Part, Standing, Tuned, Tuner, format};
use crate::model::LanguageModel;
use crate::open::{self, Opened, Voice};
use crate::progress::Stage;
use crate::store::{ModelFile, OpenOptions};
use crate::text::Batch;
use crate::token::TokenId;

/// Mix voices into one, with weights tuned to a held-out text.
///
/// The mixture is a model like any other: p = Σ λ·p of each voice. The weights λ are those under
/// which the text of --tune, which none of the voices may have seen, is most probable
/// (expectation–maximisation). Its file names its voices, which must stay where they are.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  counterpoint mix fables fables-nn --tune held-out.txt -o both
  counterpoint mix news talk law --tune letters.txt -o letters --by-count")]
pub(super) struct Args {
    /// The voices, two or more
    #[arg(required = true, num_args = 2.., value_name = "MODEL")]
    models: Vec<String>,
    /// The mixture's name (models/NAME.cpt), or a path
    #[arg(short, long, value_name = "NAME")]
    output: String,
    /// A text that none has seen (may be given more than once)
    #[arg(long, required = true, value_name = "HELDOUT", help_heading = "Corpus")]
    tune: Vec<String>,
    #[command(flatten)]
    form: FormArgs,
    /// Weights by how much of the context the first n-gram voice knows, and how often it saw that
    #[arg(long, help_heading = "Weights")]
    by_count: bool,
    /// Say what was mixed as one JSON object
    #[arg(long, help_heading = "Output")]
    json: bool,
}

pub(super) fn run(args: &Args, console: &Console) -> Result<()> {
    let start = Instant::now();
    let models = console.open_all(&args.models)?;
    let path = open::path_of(&args.output);
    let files = part_files(&args.models, &models, console)?;
    spare(files.iter().filter_map(|file| file.path().to_str()), &path)?;
    same_tokens(&models, "mix").map_err(|error| error.way_out(SHARED_TOKENS))?;
    let voices: Vec<&dyn LanguageModel> = models
        .iter()
        .map(|model| model.voice.language_model())
        .collect::<Result<_>>()?;
    let buckets = match args.by_count {
        true => Some(buckets(&voices)?),
        false => None,
    };
    let part = |(name, file): (&String, &ModelFile)| Part::of(name, file, &path);
    let parts = args.models.iter().zip(&files).map(part);
    let parts = parts.collect::<Result<Vec<Part>>>()?;
    let tuned = tune(args, &models[0], &voices, buckets, &path, console)?;
    let header = MixtureHeader {
        reading: models[0].voice.reading().clone(),
        parts,
        weights: tuned.weights,
        tuning: tuned.record,
    };
    // What cannot be opened is not to be written either.
    Mixture::new(voices, &header.weights)?;
    let size = format::save(&path, &header)?;
    if args.json {
        let mut value = facts(&header);
        value["model"] = args.output.clone().into();
        value["path"] = path.display().to_string().into();
        value["bytes"] = size.into();
        value["seconds"] = start.elapsed().as_secs_f64().into();
        return console.print_json(&value);
    }
    console.say(standings(&header));
    let tuning = &header.tuning;
    console.say(done(format_args!(
        "{}: {} voices, perplexity {}, {} steps to within {:.0e} nats a token of the best weights, {}, {}",
        args.output,
        header.parts.len(),
        perplexity(tuning.all.perplexity(tuning.all.ln_mixed)),
        tuning.steps,
        tuning.within,
        bytes(size),
        seconds(start.elapsed()),
    )));
    Ok(())
}

const SHARED_TOKENS: &str = "\
train a network with --like the other voice; count the texts of n-gram voices with one
      --vocabulary (counterpoint vocabulary, count, build --from-counts)";

/// The files of the voices. What is mixed is named, so it must be a file that can be named.
fn part_files(names: &[String], models: &[Opened], console: &Console) -> Result<Vec<ModelFile>> {
    let file = |(name, model): (&String, &Opened)| {
        let path = open::path_of(name);
        if let Voice::Mixture(..) = model.voice {
            return Err(format::nested().at(path.display().to_string()));
        }
        // It was checked when it was opened as a voice.
        let unverified = OpenOptions {
            verify: false,
            ..console.open_options()
        };
        ModelFile::open(&path, unverified)
    };
    names.iter().zip(models).map(file).collect()
}

/// Buckets by the counts of the first voice that has them.
fn buckets(voices: &[&dyn LanguageModel]) -> Result<Buckets> {
    let mut voices = voices.iter().enumerate();
    let found = voices.find_map(|(number, voice)| Buckets::by(number, *voice));
    found.ok_or_else(|| {
        let what = "none of these voices keeps counts to tell contexts apart by";
        Error::new(ErrorKind::Usage, what)
            .at("--by-count")
            .way_out("mix in an n-gram voice, or leave --by-count out")
    })
}

fn tune(
    args: &Args,
    first: &Opened,
    voices: &[&dyn LanguageModel],
    buckets: Option<Buckets>,
    output: &Path,
    console: &Console,
) -> Result<Tuned> {
    let corpus = args.form.open(&args.tune, first.voice.reading())?;
    spare(corpus.files(), output)?;
    console.progress().stage(Stage {
        number: 1,
        of: 1,
        name: "score",
        unit: "bytes",
        total: corpus.total_bytes(),
    });
    let mut tuner = Tuner::new(voices, buckets);
    for batch in corpus.batches() {
        let batch = batch?;
        let sentences = sentences(&batch, &first.voice)?;
        let sentences: Vec<&[TokenId]> = sentences.iter().map(|ids| &ids[..]).collect();
        tuner.read(&sentences);
        console.progress().advance(batch.bytes_read());
    }
    let warnings = corpus.warnings().into_iter();
    warnings.for_each(|warning| console.progress().warn(warning));
    tuner
        .finish()
        .map_err(|error| error.at(format!("--tune {}", args.tune.join(" "))))
}

/// The ids of the sentences of a batch, as a voice reads them.
fn sentences(batch: &Batch, voice: &Voice) -> Result<Vec<Vec<TokenId>>> {
    let ids = |(number, text): (usize, &[u8])| {
        let ids = voice.reading().ids(voice.vocabulary(), text);
        ids.map_err(|error| error.at(batch.place(number)))
    };
    batch.sentences().enumerate().map(ids).collect()
}

/// What is known about a mixture, for `mix` and `info`.
pub(super) fn facts(header: &MixtureHeader) -> Value {
    let tuning = &header.tuning;
    let all = &tuning.all;
    let mut value = json!({
        "kind": "mixture",
        "tokens": all.tokens,
        "impossible_tokens": tuning.impossible,
        "voices": voices(header, all),
        "perplexity": all.perplexity(all.ln_mixed),
        "perplexity_even": all.perplexity(tuning.ln_even),
        "steps": tuning.steps,
        "within_nats_per_token": tuning.within,
    });
    if let Some(buckets) = header.weights.buckets() {
        let each = tuning.by_bucket.iter().enumerate();
        let bucket = |(number, standing): (usize, &Standing)| {
            let (length, seen) = buckets.describe(number);
            json!({
                "context_tokens": length,
                "seen": seen,
                "tokens": standing.tokens,
                "voices": voices(header, standing),
                "perplexity": standing.perplexity(standing.ln_mixed),
            })
        };
        value["perplexity_alike"] = all.perplexity(tuning.ln_alike).into();
        value["by_count_of"] = header.parts[buckets.voice()].name.clone().into();
        value["buckets"] = each.map(bucket).collect();
    }
    value
}

fn voices(header: &MixtureHeader, standing: &Standing) -> Vec<Value> {
    let voice = |(i, part): (usize, &Part)| {
        json!({
            "model": part.name,
            "path": part.path,
            "weight": standing.weights[i],
            "perplexity": standing.perplexity(standing.ln_alone[i]),
            "best_at": standing.best_at[i],
        })
    };
    header.parts.iter().enumerate().map(voice).collect()
}

/// Where each voice earns its weight, for `mix` and `info`.
pub(super) fn standings(header: &MixtureHeader) -> String {
    let tuning = &header.tuning;
    let all = &tuning.all;
    let mut columns = Columns::new(&[Side::Left, Side::Right, Side::Right, Side::Right]);
    columns.row(["held out", "perplexity", "weight", "foresaw best"]);
    for (i, part) in header.parts.iter().enumerate() {
        columns.row([
            part.name.clone(),
            perplexity(all.perplexity(all.ln_alone[i])),
            percent(all.weights[i]),
            count(all.best_at[i]),
        ]);
    }
    let mut whole = |name: &str, ln: f64| {
        let figure = perplexity(all.perplexity(ln));
        columns.row([name, &figure, "", ""]);
    };
    whole("evenly mixed", tuning.ln_even);
    match header.weights.buckets() {
        Some(_) => {
            whole("one set of weights", tuning.ln_alike);
            whole("weights by count", all.ln_mixed);
        }
        None => whole("mixed", all.ln_mixed),
    }
    let mut out = format!("{columns}");
    if let Some(buckets) = header.weights.buckets() {
        out.push_str(&bucket_table(header, &buckets));
    }
    if tuning.impossible > 0 {
        let tokens = count(tuning.impossible);
        out.push_str(&format!(
            " {tokens} tokens that no voice thinks possible are left out\n"
        ));
    }
    out
}

fn bucket_table(header: &MixtureHeader, buckets: &Buckets) -> String {
    let parts = header.parts.iter();
    let mut sides = vec![Side::Left, Side::Left, Side::Right];
    sides.extend(vec![Side::Right; 2 * header.parts.len() + 1]);
    let mut columns = Columns::new(&sides);
    let mut head: Vec<String> = ["known", "seen", "tokens"].map(String::from).to_vec();
    head.extend(parts.clone().map(|part| format!("λ {}", part.name)));
    head.extend(parts.map(|part| part.name.clone()));
    head.push("mixed".into());
    columns.row(head);
    for (number, standing) in header.tuning.by_bucket.iter().enumerate() {
        if standing.tokens > 0 {
            columns.row(bucket_row(buckets.describe(number), standing));
        }
    }
    let name = &header.parts[buckets.voice()].name;
    format!("\nby what {name} knows of the context: weights, then perplexities\n{columns}")
}

fn bucket_row((length, seen): (usize, &str), standing: &Standing) -> Vec<String> {
    let known = match length {
        0 => "nothing".into(),
        1 => "1 token".into(),
        length => format!("{length} tokens"),
    };
    let mut row = vec![known, seen.to_owned(), count(standing.tokens)];
    row.extend(standing.weights.iter().map(|&weight| percent(weight)));
    let alone = standing.ln_alone.iter().chain([&standing.ln_mixed]);
    row.extend(alone.map(|&ln| perplexity(standing.perplexity(ln))));
    row
}
