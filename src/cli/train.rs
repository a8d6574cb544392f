//! `counterpoint train`: a corpus in, the neural voice out.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::columns::{bytes, count, perplexity, seconds};
use super::console::{Console, done};
use super::reading::{
    CorpusArgs, FormArgs, ReadingArgs, VocabularyArgs, number, read, spare, stdin_once,
};
use crate::error::Result;
use crate::neural::{
    self, Architecture, Ending, NeuralHeader, NeuralModel, Softmax, Trained, TrainingOptions,
    TrainingRecord,
};
use crate::open;
use crate::token::{Numbered, Reading, TokenText, split_off_heldout};

/// Train the neural voice: a small n-gram network, by gradient descent.
///
/// Embeddings of the last tokens, a hidden layer, a softmax over the vocabulary (Bengio et al.
/// 2003). A part of the corpus is held out to see when it stops getting better; the best weights
/// are kept. Ctrl-C ends the training early and saves the best so far.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  counterpoint train corpora/fables.txt -o fables-nn --like fables
  counterpoint train letters.txt -o letters --tokenizer characters --unit document --epochs 10")]
pub(super) struct Args {
    #[command(flatten)]
    corpus: CorpusArgs,
    /// The model's name (models/NAME.cpt), or a path
    #[arg(short, long, value_name = "NAME")]
    output: String,
    /// Share the tokenizer and the vocabulary of this model, so that the two can be compared
    #[arg(long, value_name = "MODEL", help_heading = "Tokens", conflicts_with_all = ["tokenizer", "unit", "skip_blank", "lowercase", "normalise", "specials", "min_count", "vocabulary"])]
    like: Option<String>,
    #[command(flatten)]
    reading: ReadingArgs,
    #[command(flatten)]
    vocabulary: VocabularyArgs,
    #[command(flatten)]
    shape: ShapeArgs,
    #[command(flatten)]
    training: TrainingArgs,
    /// Say what was trained as one JSON object
    #[arg(long, help_heading = "Output")]
    json: bool,
}

/// The network's shape; what is not said suits the corpus.
#[derive(clap::Args)]
struct ShapeArgs {
    /// How many of the last tokens have a place of their own
    #[arg(long, value_name = "N", help_heading = "Network")]
    context: Option<usize>,
    /// How many fading sums of the tokens before those there are
    #[arg(long, value_name = "N", help_heading = "Network")]
    echoes: Option<usize>,
    /// How many tokens an echo goes back
    #[arg(long, value_name = "N", help_heading = "Network")]
    reach: Option<usize>,
    /// How many numbers stand for a token
    #[arg(long, value_name = "N", help_heading = "Network")]
    embedding: Option<usize>,
    /// The longest n-grams that have embeddings too, which they share by a hash; 1 for none
    #[arg(long, value_name = "N", help_heading = "Network")]
    ngrams: Option<usize>,
    /// How many embeddings the n-grams share
    #[arg(long, value_name = "N", help_heading = "Network")]
    buckets: Option<usize>,
    /// How many units a hidden layer has
    #[arg(long, value_name = "N", help_heading = "Network")]
    hidden: Option<usize>,
    /// How many hidden layers there are
    #[arg(long, value_name = "N", help_heading = "Network")]
    layers: Option<usize>,
    /// Predict tokens by weights of their own, not by the numbers that stand for them
    #[arg(long, help_heading = "Network")]
    untied: bool,
}

#[derive(clap::Args)]
struct TrainingArgs {
    /// How often the corpus is read [default: suits the corpus]
    #[arg(long, value_name = "N", help_heading = "Training")]
    epochs: Option<usize>,
    /// Train for so long (90s, 10m, 2h) instead of a number of epochs
    #[arg(long, value_name = "TIME", help_heading = "Training", conflicts_with = "epochs", value_parser = duration)]
    time: Option<u64>,
    /// Keep the training in this file, after each epoch and on Ctrl-C, and go on from it if it exists
    #[arg(long, value_name = "FILE", help_heading = "Training")]
    checkpoint: Option<PathBuf>,
    /// How many tokens make one step [default: suits the corpus]
    #[arg(long, value_name = "N", help_heading = "Training")]
    batch: Option<usize>,
    /// How far a step moves a weight, at the highest [default: suits the corpus]
    #[arg(
        allow_negative_numbers = true,
        long,
        value_name = "RATE",
        help_heading = "Training"
    )]
    learning_rate: Option<f32>,
    /// How probably a hidden unit is left out in a step [default: suits the corpus]
    #[arg(
        allow_negative_numbers = true,
        long,
        value_name = "P",
        help_heading = "Training"
    )]
    dropout: Option<f32>,
    /// How probably a number of an embedding is left out in a step [default: suits the corpus]
    #[arg(
        allow_negative_numbers = true,
        long,
        value_name = "P",
        help_heading = "Training"
    )]
    input_dropout: Option<f32>,
    /// How probably an example is shown with fewer tokens than the network can see
    /// [default: suits the corpus]
    #[arg(
        allow_negative_numbers = true,
        long,
        value_name = "P",
        help_heading = "Training"
    )]
    left_mask: Option<f32>,
    /// How much weights shrink a step, times the learning rate [default: 0]
    #[arg(
        allow_negative_numbers = true,
        long,
        value_name = "RATE",
        help_heading = "Training"
    )]
    weight_decay: Option<f32>,
    /// How many tokens stand for all in the softmax of a step, beside the batch's own; 0 for all
    /// tokens [default: all of up to 1,024, else 1,024]
    #[arg(long, value_name = "N", help_heading = "Training")]
    draws: Option<usize>,
    /// Learn logits that nearly are logarithms of probabilities, by a penalty of ALPHA·(ln Z)², so that
    /// `score --unnormalised` needs no softmax [default ALPHA: 0.1]
    #[arg(
        allow_negative_numbers = true,
        long,
        value_name = "ALPHA",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "0.1",
        help_heading = "Training"
    )]
    self_normalised: Option<f32>,
    /// Decides all that is random [default: 1]
    #[arg(long, value_name = "N", help_heading = "Training")]
    seed: Option<u64>,
    /// A text to hold out, instead of a twentieth of the corpus (may be given more than once)
    #[arg(long, value_name = "TEXT", help_heading = "Training")]
    heldout: Vec<String>,
}

pub(super) fn run(args: &Args, console: &Console) -> Result<()> {
    let start = Instant::now();
    stdin_once(
        &args.corpus.inputs,
        &args.training.heldout,
        "CORPUS - and --heldout -",
    )?;
    let path = open::path_of(&args.output);
    let (reading, numbered) = read_corpus(args, &path, console)?;
    let (training, heldout) = match args.training.heldout.is_empty() {
        true => split_off_heldout(&numbered.text),
        false => (
            numbered.text.clone(),
            read_heldout(args, &reading, &numbered, console)?,
        ),
    };
    let vocabulary = numbered.vocabulary;
    let mut shape = args.shape.architecture(vocabulary.len(), training.tokens());
    if args.training.self_normalised.is_some() && args.shape.layers.is_none() {
        // The second layer takes longer than the rest of a look-up.
        shape.layers = 1;
    }
    let options = args.training.options(vocabulary.len(), training.tokens());
    say_plan(
        &shape,
        &options,
        training.tokens() + training.len(),
        console,
    );
    let trained = neural::train_in_parts(
        shape,
        &options,
        &training.sentences().collect(),
        &heldout.sentences().collect(),
        args.training.checkpoint.as_deref(),
        console.progress(),
    )?;
    let header = NeuralHeader {
        reading,
        training: record(options, &training, &trained),
    };
    let model = NeuralModel::new(header, vocabulary, trained.network)?;
    let size = neural::format::save(&path, &model)?;
    report(args, &model, size, start, console)
}

/// Says what will be trained, and how long.
fn say_plan(shape: &Architecture, options: &TrainingOptions, examples: usize, console: &Console) {
    let long = match options.seconds {
        None => format!("{} epochs of", options.epochs),
        Some(time) => format!("{} on", seconds(Duration::from_secs(time))),
    };
    let tokens = count(examples as u64);
    console.say(format_args!("plan: {shape}; {long} {tokens} tokens"));
}

/// Seconds, from a number with its unit.
fn duration(text: &str) -> std::result::Result<u64, String> {
    let number = text.trim_end_matches(['s', 'm', 'h']);
    let unit = match &text[number.len()..] {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return Err("a time is a number and its unit: 90s, 10m, 2h".into()),
    };
    let seconds = number
        .parse()
        .ok()
        .and_then(|number: u64| number.checked_mul(unit));
    match seconds {
        Some(seconds @ 1..) => Ok(seconds),
        _ => Err("a time is a whole number of at least 1 and its unit: 90s, 10m, 2h".into()),
    }
}

/// The corpus, with a vocabulary of its own or that of the model it is to be like.
fn read_corpus(args: &Args, path: &Path, console: &Console) -> Result<(Reading, Numbered)> {
    let Some(name) = &args.like else {
        let reading = args.reading.reading()?;
        let corpus = args.corpus.open(&reading)?;
        spare(corpus.files(), path)?;
        let numbered = number(&corpus, &reading, &args.vocabulary, (1, 1), console)?;
        return Ok((reading, numbered));
    };
    let like = console.open(name)?;
    let (reading, vocabulary) = (
        like.voice.reading().clone(),
        like.voice.vocabulary().clone(),
    );
    let corpus = args.corpus.open(&reading)?;
    spare(corpus.files(), path)?;
    let text = read(&corpus, &reading, &vocabulary, (1, 1), console)?;
    Ok((reading, Numbered { vocabulary, text }))
}

fn read_heldout(
    args: &Args,
    reading: &Reading,
    numbered: &Numbered,
    console: &Console,
) -> Result<TokenText> {
    let form: &FormArgs = &args.corpus.form;
    let corpus = form.open(&args.training.heldout, reading)?;
    spare(corpus.files(), &open::path_of(&args.output))?;
    read(&corpus, reading, &numbered.vocabulary, (1, 1), console)
}

/// How far echoes go back that are asked for where none are the default.
const REACH: usize = 32;

/// How many embeddings n-grams share that are asked for where none are the default.
const BUCKETS: usize = 1 << 16;

impl ShapeArgs {
    fn architecture(&self, vocabulary: usize, tokens: usize) -> Architecture {
        let suits = Architecture::for_text(vocabulary, tokens);
        Architecture {
            context: self.context.unwrap_or(suits.context),
            embedding: self.embedding.unwrap_or(suits.embedding),
            echoes: self.echoes.unwrap_or(suits.echoes),
            reach: match (self.reach, self.echoes) {
                (Some(reach), _) => reach,
                (None, Some(0)) => 0,
                (None, Some(_)) if suits.reach == 0 => REACH,
                (None, _) => suits.reach,
            },
            ngrams: self.ngrams.unwrap_or(suits.ngrams),
            buckets: match (self.buckets, self.ngrams) {
                (Some(buckets), _) => buckets,
                (None, Some(..=1)) => 0,
                (None, Some(_)) if suits.buckets == 0 => BUCKETS,
                (None, _) => suits.buckets,
            },
            hidden: self.hidden.unwrap_or(suits.hidden),
            layers: self.layers.unwrap_or(suits.layers),
            tied: !self.untied,
            vocabulary,
        }
    }
}

impl TrainingArgs {
    fn options(&self, vocabulary: usize, tokens: usize) -> TrainingOptions {
        let suits = TrainingOptions::for_text(vocabulary, tokens);
        TrainingOptions {
            epochs: self.epochs.unwrap_or(suits.epochs),
            seconds: self.time,
            batch: self.batch.unwrap_or(suits.batch),
            learning_rate: self.learning_rate.unwrap_or(suits.learning_rate),
            dropout: self.dropout.unwrap_or(suits.dropout),
            input_dropout: self.input_dropout.unwrap_or(suits.input_dropout),
            left_mask: self.left_mask.unwrap_or(suits.left_mask),
            weight_decay: self.weight_decay.unwrap_or(suits.weight_decay),
            softmax: match self.draws {
                None => suits.softmax,
                Some(0) => Softmax::Full,
                Some(draws) => Softmax::Sampled { draws },
            },
            self_normalised: self.self_normalised.unwrap_or(suits.self_normalised),
            seed: self.seed.unwrap_or(suits.seed),
            ..suits
        }
    }
}

/// What is kept of a training in its model's header.
pub(super) fn record(
    options: TrainingOptions,
    training: &TokenText,
    trained: &Trained,
) -> TrainingRecord {
    TrainingRecord {
        options,
        examples: (training.tokens() + training.len()) as u64,
        history: trained.history.clone(),
        ending: trained.ending,
        normalisation: trained.normalisation,
    }
}

fn report(
    args: &Args,
    model: &NeuralModel,
    size: u64,
    start: Instant,
    console: &Console,
) -> Result<()> {
    let shape = model.network().architecture();
    let record = &model.header().training;
    if args.json {
        return console.print_json(&serde_json::json!({
            "model": args.output,
            "path": open::path_of(&args.output),
            "architecture": shape,
            "parameters": shape.parameters(),
            "training": record,
            "bytes": size,
            "seconds": start.elapsed().as_secs_f64(),
        }));
    }
    let heldout = match record.heldout_loss() {
        Some(loss) => format!("held-out perplexity {}, ", perplexity(loss.exp())),
        None => String::new(),
    };
    let early = match record.ending {
        Ending::Interrupted => "stopped early, ",
        Ending::Complete | Ending::NoLongerBetter => "",
    };
    if let Some(near) = record.normalisation {
        console.say(format_args!(
            "self-normalised: |ln Z| is {:.3} nats in the mean, {:.3} at most",
            near.mean, near.largest
        ));
    }
    console.say(done(format_args!(
        "{}: {early}{} parameters, {heldout}{}, {}",
        args.output,
        count(shape.parameters().unwrap_or(0) as u64),
        bytes(size),
        seconds(start.elapsed()),
    )));
    Ok(())
}
