//! Here are the options that say what a corpus is; give me its ids.

use std::convert::Infallible;
use std::path::Path;

use clap::{Args, ValueEnum};

use super::console::Console;
use crate::error::{Error, ErrorKind, Result};
use crate::notes::midi::{Grid, Listening, Tracks};
use crate::open;
use crate::progress::Stage;
use crate::text::{BlankLines, Corpus, CorpusOptions, Malformed, Normalisation, Unit};
use crate::token::VocabularyLimits;
use crate::token::{self, Numbered, Reading, SpecialsInText, TokenText, Tokenizer, Vocabulary};

/// Where the text comes from.
#[derive(Args)]
pub(super) struct CorpusArgs {
    /// Files, folders, patterns or - for standard input; gz, zst, xz and bz2 too
    #[arg(required = true, value_name = "CORPUS")]
    pub(super) inputs: Vec<String>,
    #[command(flatten)]
    pub(super) form: FormArgs,
}

/// What the files look like.
#[derive(Args)]
pub(super) struct FormArgs {
    /// The input is JSON Lines; the text is in this field (a.b for an inner one)
    #[arg(long, value_name = "FIELD", help_heading = "Corpus")]
    jsonl: Option<String>,
    /// Replace bytes that are not UTF-8 by U+FFFD instead of refusing them
    #[arg(long, help_heading = "Corpus")]
    lossy: bool,
    /// Leave out records that are malformed or have no such text, and tunes that are not
    /// understood, and say so, instead of stopping at the first
    #[arg(long, help_heading = "Corpus")]
    skip_malformed: bool,
    /// Whose notes of MIDI files to read, where tokens are notes: the highest part's, or those of
    /// every track, each a voice with its chords
    #[arg(long, value_enum, value_name = "WHICH", help_heading = "Corpus")]
    midi_tracks: Option<TracksArg>,
    /// Move the notes of MIDI files to the nearest 1/N of a whole note, such as 16 or 48; otherwise
    /// a regular file stays as it is, and others are moved to sixteenths and triplet eighths
    #[arg(long, value_name = "N", help_heading = "Corpus", value_parser = clap::value_parser!(u16).range(1..))]
    midi_grid: Option<u16>,
}

#[derive(Clone, Copy, ValueEnum)]
enum TracksArg {
    /// The highest part, a note at a time (this is the default)
    Melody,
    /// Every track and channel but drums
    All,
}

impl FormArgs {
    /// Opens a corpus to be read so.
    pub(super) fn open(&self, inputs: &[String], reading: &Reading) -> Result<Corpus> {
        self.check(reading)?;
        Corpus::open(inputs, self.options(reading))
    }

    /// Refuses to leave out what is malformed where nothing can be, and choices about MIDI files where
    /// they are not read.
    pub(super) fn check(&self, reading: &Reading) -> Result<()> {
        self.check_for(matches!(reading.tokenizer, Tokenizer::Notes(_)))
    }

    fn check_for(&self, of_notes: bool) -> Result<()> {
        if self.skip_malformed && self.jsonl.is_none() && !of_notes {
            let what = "only records and tunes can be malformed";
            return Err(Error::new(ErrorKind::Usage, what)
                .at("--skip-malformed")
                .way_out("it is for --jsonl and for --tokenizer notes"));
        }
        let of_midi = self.midi_tracks.map(|_| "--midi-tracks");
        let of_midi = of_midi.or(self.midi_grid.map(|_| "--midi-grid"));
        match of_midi.filter(|_| !of_notes) {
            Some(option) => {
                let what = "only where tokens are notes are MIDI files read";
                let error = Error::new(ErrorKind::Usage, what).at(option);
                Err(error.way_out("add --tokenizer notes, or leave it out"))
            }
            None => Ok(()),
        }
    }

    /// How a corpus is to be read.
    pub(super) fn options(&self, reading: &Reading) -> CorpusOptions {
        self.applied_to(reading.corpus_options(self.jsonl.clone(), self.lossy))
    }

    fn applied_to(&self, mut options: CorpusOptions) -> CorpusOptions {
        if self.skip_malformed {
            options.malformed = Malformed::Skip;
        }
        options.listening = Listening {
            tracks: match self.midi_tracks {
                Some(TracksArg::All) => Tracks::All,
                Some(TracksArg::Melody) | None => Tracks::Melody,
            },
            grid: self.midi_grid.map_or(Grid::AsWritten, Grid::Of),
        };
        options
    }
}

/// Refuses to write where it reads: the name is easily mistyped, and the text would be gone.
pub(super) fn spare<'f>(read: impl IntoIterator<Item = &'f str>, written: &Path) -> Result<()> {
    let Ok(written_file) = written.canonicalize() else {
        return Ok(());
    };
    for file in read {
        if Path::new(file)
            .canonicalize()
            .is_ok_and(|file| file == written_file)
        {
            let what = "this file is read, and would be replaced";
            return Err(Error::new(ErrorKind::Usage, what)
                .at(written.display().to_string())
                .way_out("give what is written another name"));
        }
    }
    Ok(())
}

/// Refuses to read standard input a second time, which would find nothing.
pub(super) fn stdin_once(first: &[String], second: &[String], options: &str) -> Result<()> {
    let is_stdin = |name: &String| name == "-";
    if first.iter().any(is_stdin) && second.iter().any(is_stdin) {
        let what = "standard input can be read only once";
        return Err(Error::new(ErrorKind::Usage, what)
            .at(options)
            .way_out("save it to a file, and name the file"));
    }
    Ok(())
}

impl CorpusArgs {
    /// Opens the corpus to be read by what is no model's reading.
    pub(super) fn open_as(&self, options: CorpusOptions) -> Result<Corpus> {
        self.form.check_for(false)?;
        let options = CorpusOptions {
            jsonl_field: self.form.jsonl.clone(),
            ..options
        };
        Corpus::open(&self.inputs, self.form.applied_to(options))
    }

    pub(super) fn open(&self, reading: &Reading) -> Result<Corpus> {
        self.form.open(&self.inputs, reading)
    }
}

/// How text becomes tokens.
#[derive(Args)]
pub(super) struct ReadingArgs {
    /// What a token is: words (numbers too, punctuation apart), whitespace (what stands between
    /// blanks, exactly as KenLM splits), characters (what a reader takes for one), bytes (of any file), notes (of
    /// tunes in ABC and MIDI files; notes:full keeps chord symbols and ornaments, notes:common-key transposes);
    /// or a subword tokenizer by its name or its file
    #[arg(
        long,
        default_value = "words",
        value_name = "KIND|NAME|FILE",
        help_heading = "Tokens"
    )]
    pub(super) tokenizer: String,
    /// What a sentence is
    #[arg(long, value_enum, default_value_t, help_heading = "Tokens")]
    unit: UnitArg,
    /// Leave blank lines out, instead of taking each for an empty sentence
    #[arg(long, help_heading = "Tokens")]
    skip_blank: bool,
    /// Bring the text to lower case
    #[arg(long, help_heading = "Tokens")]
    lowercase: bool,
    /// Bring the text to a Unicode normal form
    #[arg(long, value_enum, value_name = "FORM", help_heading = "Tokens")]
    normalise: Option<NormaliseArg>,
    /// What to do with <unk>, <s> and </s> in the text
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "WHAT",
        help_heading = "Tokens"
    )]
    specials: SpecialsArg,
}

/// Which tokens get an id of their own.
#[derive(Args)]
pub(super) struct VocabularyArgs {
    /// Tokens seen less often become <unk>
    #[arg(long, default_value_t = 1, value_name = "N", help_heading = "Tokens")]
    min_count: u64,
    /// Keep the N most frequent tokens, specials included; others become <unk>. Where counts are
    /// files, a vocabulary file: its tokens, numbers and tokenizer
    #[arg(long, value_name = "N|FILE", help_heading = "Tokens", value_parser = size_or_file)]
    vocabulary: Option<VocabularyArg>,
}

/// How many tokens to keep, or the file that says which.
#[derive(Clone, Debug)]
enum VocabularyArg {
    Size(usize),
    File(String),
}

/// For clap.
fn size_or_file(word: &str) -> Result<VocabularyArg, Infallible> {
    let size = word.parse().map(VocabularyArg::Size);
    Ok(size.unwrap_or_else(|_| VocabularyArg::File(word.to_owned())))
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum UnitArg {
    /// Each line is a sentence
    #[default]
    Line,
    /// Each file, or each JSON record, is one; line ends are white space or tokens
    Document,
}

#[derive(Clone, Copy, ValueEnum)]
enum NormaliseArg {
    /// Canonical composition
    Nfc,
    /// Compatibility composition
    Nfkc,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum SpecialsArg {
    /// An error that names the place
    #[default]
    Refuse,
    /// Treat them as white space
    Skip,
    /// Count <unk> as the unknown token
    Unknown,
}

impl ReadingArgs {
    /// # Errors
    /// If the tokenizer is not there, or not understood.
    pub(super) fn reading(&self) -> Result<Reading> {
        let reading = self.reading_with(open::tokenizer(&self.tokenizer)?);
        let is_notes = matches!(reading.tokenizer, Tokenizer::Notes(_));
        let is_plain = Reading {
            tokenizer: Tokenizer::default(),
            specials: SpecialsInText::default(),
            ..reading.clone()
        } == Reading::DEFAULT;
        if is_notes && !is_plain {
            let what = "a tune is always a sentence, and notes have no case or form";
            return Err(Error::new(ErrorKind::Usage, what)
                .at("--tokenizer notes")
                .way_out("leave out --unit, --skip-blank, --lowercase and --normalise"));
        }
        Ok(reading)
    }

    /// The same, with another tokenizer.
    pub(super) fn reading_with(&self, tokenizer: Tokenizer) -> Reading {
        Reading {
            tokenizer,
            unit: match self.unit {
                UnitArg::Line => Unit::Line,
                UnitArg::Document => Unit::Document,
            },
            blank: match self.skip_blank {
                true => BlankLines::Skip,
                false => BlankLines::Keep,
            },
            normalise: match self.normalise {
                None => Normalisation::None,
                Some(NormaliseArg::Nfc) => Normalisation::Nfc,
                Some(NormaliseArg::Nfkc) => Normalisation::Nfkc,
            },
            lowercase: self.lowercase,
            specials: match self.specials {
                SpecialsArg::Refuse => SpecialsInText::Refuse,
                SpecialsArg::Skip => SpecialsInText::Skip,
                SpecialsArg::Unknown => SpecialsInText::Unknown,
            },
        }
    }
}

impl VocabularyArgs {
    pub(super) fn limits(&self) -> Result<VocabularyLimits> {
        let max_size = match &self.vocabulary {
            None => None,
            Some(VocabularyArg::Size(size)) => Some(*size),
            Some(VocabularyArg::File(file)) => {
                let what = "a vocabulary file numbers the tokens of count files only";
                return Err(Error::new(ErrorKind::Usage, what)
                    .at(format!("--vocabulary {file}"))
                    .way_out("give a number of tokens; or `counterpoint count` first, and then `build --from-counts`"));
            }
        };
        Ok(VocabularyLimits {
            min_count: self.min_count,
            max_size,
        })
    }

    /// The vocabulary file, if one is named; limits beside it would mean nothing.
    #[cfg(feature = "parquet")]
    pub(super) fn file(&self) -> Result<Option<&Path>> {
        match &self.vocabulary {
            Some(VocabularyArg::File(file)) if self.min_count > 1 => {
                let what = "a vocabulary file says already which tokens there are";
                Err(Error::new(ErrorKind::Usage, what)
                    .at(format!(
                        "--vocabulary {file} --min-count {}",
                        self.min_count
                    ))
                    .way_out("leave --min-count out, or give it when the vocabulary is made"))
            }
            Some(VocabularyArg::File(file)) => Ok(Some(Path::new(file))),
            _ => Ok(None),
        }
    }

    /// The vocabulary file, where limits mean nothing at all.
    #[cfg(feature = "parquet")]
    pub(super) fn file_or_none(&self) -> Result<Option<&Path>> {
        match &self.vocabulary {
            Some(VocabularyArg::Size(size)) => {
                let what = "count files say already which tokens there are";
                Err(Error::new(ErrorKind::Usage, what)
                    .at(format!("--vocabulary {size}"))
                    .way_out("name the vocabulary file, or leave --vocabulary out; a file whose name is a number is ./NUMBER"))
            }
            _ => self.file(),
        }
    }
}

pub(super) fn reading_stage(corpus: &Corpus, number: usize, of: usize) -> Stage {
    Stage {
        number,
        of,
        name: "tokenize",
        unit: "bytes",
        total: corpus.total_bytes(),
    }
}

/// Reads a corpus and numbers its tokens, as stage `number` of `of`.
pub(super) fn number(
    corpus: &Corpus,
    reading: &Reading,
    vocabulary: &VocabularyArgs,
    (number, of): (usize, usize),
    console: &Console,
) -> Result<Numbered> {
    console.progress().stage(reading_stage(corpus, number, of));
    token::number(corpus, reading, vocabulary.limits()?, console.progress())
}

/// Reads a corpus with a vocabulary that is already there, as stage `number` of `of`.
pub(super) fn read(
    corpus: &Corpus,
    reading: &Reading,
    vocabulary: &Vocabulary,
    (number, of): (usize, usize),
    console: &Console,
) -> Result<TokenText> {
    console.progress().stage(reading_stage(corpus, number, of));
    token::read(corpus, reading, vocabulary, console.progress())
}
