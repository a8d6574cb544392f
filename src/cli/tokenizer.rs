//! `counterpoint tokenizer`: train, import, export and look at tokenizers of subwords.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::{Subcommand, ValueEnum};
use serde_json::json;

use super::columns::{bytes, count, seconds};
use super::console::{Console, done};
use super::reading::{CorpusArgs, spare};
use crate::error::{Error, ErrorKind, Result};
use crate::open::{self, path_of};
use crate::store::AtomicFile;
use crate::text::{CorpusOptions, InvalidUtf8};
use crate::token::readable;
use crate::token::subword::{self, BpeOptions, Format, PatternName};
use crate::token::{Reading, Subwords, Tokenizer};

/// Train, import, export and look at tokenizers of subwords.
///
/// A tokenizer has a name as a model has, and `--tokenizer NAME` reads with it. A model keeps the one
/// it was built with.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  counterpoint tokenizer train my.txt --vocab 8k -o mine
  counterpoint tokenizer import encoder.json vocab.bpe -o gpt2
  counterpoint build my.txt --tokenizer gpt2 -o my-model")]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Train(TrainArgs),
    Import(ImportArgs),
    Export(ExportArgs),
    Info(InfoArgs),
    Encode(EncodeArgs),
}

/// Train byte-pair encoding on a corpus.
///
/// It is byte-level, so any text can be read with it and comes back as it was. The merges are those
/// that HuggingFace's BpeTrainer finds in the same lines with the same settings.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  counterpoint tokenizer train corpora/fables.txt --vocab 1k -o fables-1k")]
struct TrainArgs {
    #[command(flatten)]
    corpus: CorpusArgs,
    /// The tokenizer's name (models/NAME.cpt), or a path
    #[arg(short, long, value_name = "NAME")]
    output: String,
    /// What is trained
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "KIND",
        help_heading = "Tokens"
    )]
    kind: KindArg,
    /// How many pieces there are to be, bytes and special tokens included; 8k is 8,000
    #[arg(long, default_value = "8k", value_name = "N", help_heading = "Tokens", value_parser = size)]
    vocab: usize,
    /// What parts the text; merges never cross it
    #[arg(long, value_enum, default_value_t, help_heading = "Tokens")]
    pattern: PatternArg,
    /// Pairs seen less often are not merged
    #[arg(long, default_value_t = 2, value_name = "N", help_heading = "Tokens")]
    min_count: u64,
    /// A token that stands for itself; may be given again
    #[arg(long, value_name = "TOKEN", help_heading = "Tokens")]
    special: Vec<String>,
    /// Say what was trained as one JSON object
    #[arg(long, help_heading = "Output")]
    json: bool,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum KindArg {
    /// Byte-pair encoding
    #[default]
    Bpe,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum PatternArg {
    /// Words with the blank before them; numbers and punctuation apart
    #[default]
    Gpt2,
    /// Numbers in groups of three, line ends apart
    Cl100k,
    /// The same, and words are parted where small letters come before capital ones
    O200k,
}

/// "8k" as 8,000, for clap.
fn size(word: &str) -> std::result::Result<usize, String> {
    let (digits, times) = match word.strip_suffix(['k', 'K']) {
        Some(digits) => (digits, 1000),
        None => (word, 1),
    };
    let number = digits.parse::<usize>().ok();
    let number = number.and_then(|number| number.checked_mul(times));
    let few = number.filter(|&number| number <= 2_000_000);
    few.ok_or_else(|| "give a number up to 2 million, as 8000 or 8k".into())
}

/// Take a tokenizer from the files it was published in.
///
/// HuggingFace's tokenizer.json, a SentencePiece .model, a .tiktoken file of ranks (with its pattern
/// in NAME.meta.json beside it, or under the name it was published by), or GPT-2's vocabulary and
/// merges. What cannot be done as the original does it is refused.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  counterpoint tokenizer import tokenizer.json -o bert
  counterpoint tokenizer import cl100k_base.tiktoken -o cl100k")]
struct ImportArgs {
    /// Its file, or its two files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The tokenizer's name (models/NAME.cpt), or a path
    #[arg(short, long, value_name = "NAME")]
    output: String,
}

/// Write a tokenizer as HuggingFace's tokenizer.json.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  counterpoint tokenizer export fables-1k -o tokenizer.json")]
struct ExportArgs {
    /// A tokenizer, a model that has one, or a tokenizer's file
    #[arg(value_name = "NAME")]
    name: String,
    /// The file to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

/// Say what a tokenizer is.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  counterpoint tokenizer info fables-1k")]
struct InfoArgs {
    /// A tokenizer, a model that has one, or a tokenizer's file
    #[arg(value_name = "NAME")]
    name: String,
    /// One JSON object
    #[arg(long, help_heading = "Output")]
    json: bool,
}

/// Write the original's ids of a text, a line for each line.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  counterpoint tokenizer encode gpt2 my.txt")]
struct EncodeArgs {
    /// A tokenizer, a model that has one, or a tokenizer's file
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    corpus: CorpusArgs,
}

pub(super) fn run(args: &Args, console: &Console) -> Result<()> {
    match &args.command {
        Command::Train(args) => train(args, console),
        Command::Import(args) => import(args, console),
        Command::Export(args) => export(args, console),
        Command::Info(args) => info(args, console),
        Command::Encode(args) => encode(args, console),
    }
}

/// The tokenizer of this name, if it is one of subwords.
fn open(name: &str) -> Result<Subwords> {
    match open::tokenizer(name)? {
        Tokenizer::Subwords(subwords) => Ok(subwords),
        other => {
            let what = format!("'{name}' reads {other}, not subwords");
            Err(Error::new(ErrorKind::Usage, what)
                .way_out("name a tokenizer that was trained or imported, or a file of one"))
        }
    }
}

fn train(args: &TrainArgs, console: &Console) -> Result<()> {
    let start = Instant::now();
    let path = path_of(&args.output);
    let corpus = args.corpus.open_as(CorpusOptions {
        invalid: InvalidUtf8::Keep,
        ..CorpusOptions::default()
    })?;
    spare(corpus.files(), &path)?;
    let KindArg::Bpe = args.kind;
    let options = BpeOptions {
        vocabulary: args.vocab,
        pattern: match args.pattern {
            PatternArg::Gpt2 => PatternName::Gpt2,
            PatternArg::Cl100k => PatternName::Cl100k,
            PatternArg::O200k => PatternName::O200k,
        },
        min_count: args.min_count,
        specials: args.special.clone(),
    };
    let trained = subword::train_bpe(&name_of(&path), &corpus, &options, console.progress())?;
    let size = trained.save_alone(&path)?;
    if args.json {
        return console.print_json(&json!({
            "tokenizer": args.output, "path": path, "pieces": trained.len(),
            "bytes": size, "seconds": start.elapsed().as_secs_f64(),
        }));
    }
    console.say(done(format_args!(
        "{}: {}, {} pieces, {}, {}",
        args.output,
        trained.method(),
        count(trained.len() as u64),
        bytes(size),
        seconds(start.elapsed())
    )));
    if trained.len() < args.vocab {
        console.say("  the text has no more pairs that are seen often enough");
    }
    Ok(())
}

/// What a tokenizer is called that lies there.
fn name_of(path: &Path) -> String {
    let name = path.file_stem().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn import(args: &ImportArgs, console: &Console) -> Result<()> {
    let path = path_of(&args.output);
    spare(args.files.iter().filter_map(|file| file.to_str()), &path)?;
    let imported = subword::import(&args.files)?;
    let named = Subwords::new(&name_of(&path), imported.origin().clone())?;
    let size = named.save_alone(&path)?;
    console.say(done(format_args!(
        "{}: {}, {} pieces, {}",
        args.output,
        named.method(),
        count(named.len() as u64),
        bytes(size)
    )));
    Ok(())
}

fn export(args: &ExportArgs, console: &Console) -> Result<()> {
    spare([args.name.as_str()], &args.output)?;
    let json = open(&args.name)?.to_tokenizer_json()?;
    let mut file = AtomicFile::create(&args.output)?;
    let written = std::io::Write::write_all(&mut file, &json);
    written.map_err(|error| file.failure(error))?;
    file.sync()?;
    file.commit()?;
    console.say(done(format_args!(
        "{}: {}",
        args.output.display(),
        bytes(json.len() as u64)
    )));
    Ok(())
}

fn info(args: &InfoArgs, console: &Console) -> Result<()> {
    let tokenizer = open(&args.name)?;
    let published = match tokenizer.origin().format {
        Format::HuggingFace => "tokenizer.json",
        Format::SentencePiece => "SentencePiece",
        Format::Tiktoken => "tiktoken",
    };
    let comes_back = match tokenizer.keeps_bytes() {
        true => "any text comes back byte by byte",
        false => "text comes back as its normaliser leaves it",
    };
    let longest = tokenizer
        .ids()
        .map(|id| (tokenizer.surface(id).len(), id))
        .max();
    let longest = longest.map(|(_, id)| readable(tokenizer.surface(id)).into_owned());
    if args.json {
        return console.print_json(&json!({
            "name": tokenizer.name(), "method": tokenizer.method(), "pieces": tokenizer.len(),
            "format": published, "keeps_bytes": tokenizer.keeps_bytes(),
            "special": tokenizer.added(), "longest": longest, "blake3": tokenizer.digest(),
        }));
    }
    let mut out = String::new();
    let mut row = |name: &str, value: String| out += &format!("{name:<14} {value}\n");
    row("tokenizer", tokenizer.name().to_owned());
    row("method", tokenizer.method().to_owned());
    row("pieces", count(tokenizer.len() as u64));
    row("read from", published.to_owned());
    row("decoding", comes_back.to_owned());
    row(
        "sentences",
        "its own marks of beginning and end are left out".to_owned(),
    );
    row(
        "added tokens",
        match tokenizer.added() {
            none if none.is_empty() => "none".into(),
            some => some.join(" "),
        },
    );
    row(
        "longest piece",
        format!("{:?}", longest.unwrap_or_default()),
    );
    row("BLAKE3", tokenizer.digest().to_owned());
    console.print(out)
}

fn encode(args: &EncodeArgs, console: &Console) -> Result<()> {
    let tokenizer = open(&args.name)?;
    let reading = Reading {
        tokenizer: Tokenizer::Subwords(tokenizer.clone()),
        ..Reading::DEFAULT
    };
    let corpus = args.corpus.open(&reading)?;
    for batch in corpus.batches() {
        let batch = batch?;
        let mut lines = String::new();
        for (number, sentence) in batch.sentences().enumerate() {
            let ids = tokenizer
                .encode(sentence)
                .map_err(|error| error.at(batch.place(number)))?;
            let ids: Vec<String> = ids.iter().map(u32::to_string).collect();
            lines += &ids.join(" ");
            lines.push('\n');
        }
        console.print(lines)?;
    }
    Ok(())
}
