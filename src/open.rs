//! Here is a name, give me the voice.
//!
//! A name is a path if there is a file of that path, or if it looks like one (it
//! has a separator, or ends in `.cpt`); otherwise it is a model in the folder of
//! models: `fables` is `models/fables.cpt`, `news.2026` is `models/news.2026.cpt`. An ARPA file or
//! a binary of KenLM is as good as a model: it is read on the spot.

use std::io::Read;
use std::path::{Path, PathBuf, is_separator};

use crate::error::{Error, ErrorKind, Result};
use crate::mixture::{self, Mixture, MixtureHeader};
use crate::model::{Evidence, LanguageModel};
use crate::neural::{self, NeuralModel};
use crate::ngram::arpa::{self, Imported, Leniency};
use crate::ngram::compact::{self, CompactModel};
use crate::ngram::{self, NgramHeader, NgramModel, Scorer, kenlm};
use crate::progress::Progress;
use crate::store::{ModelFile, OpenOptions};
use crate::suffix::{self, UnboundedModel};
use crate::text;
use crate::token::subword::{self, Subwords};
use crate::token::{Reading, Tokenizer, Vocabulary};

/// The ending of model files.
pub const ENDING: &str = "cpt";

/// The folder of models: `$COUNTERPOINT_MODELS`, or `models` where the command runs.
pub fn folder() -> PathBuf {
    std::env::var_os("COUNTERPOINT_MODELS").map_or_else(|| "models".into(), PathBuf::from)
}

/// Where the model of this name lies, or is to lie.
pub fn path_of(name: &str) -> PathBuf {
    let path = Path::new(name);
    // What names no file, as `.` and `a/` do, is no name of a model either: who writes refuses it.
    let names_no_file = path.file_name().is_none() || name.ends_with(is_separator);
    let is_path = names_no_file
        || path.components().count() > 1
        || path.extension().is_some_and(|ending| ending == ENDING)
        || path.is_file();
    match is_path {
        true => path.to_owned(),
        false => folder().join(format!("{name}.{ENDING}")),
    }
}

/// A model by name.
pub struct Opened {
    /// The name it was asked for by.
    pub name: String,
    /// How large its file is; a mixture's, with those of its voices.
    pub bytes: u64,
    /// Which voice it is.
    pub voice: Voice,
}

/// What a model file can hold.
pub enum Voice {
    /// The statistical voice.
    Ngram(NgramModel),
    /// The statistical voice over a compact table.
    Compact(CompactModel),
    /// The neural voice.
    Neural(Box<NeuralModel>),
    /// An indexed corpus, and the voice of contexts without bound.
    Unbounded(UnboundedModel),
    /// Several voices as one.
    Mixture(Box<MixtureHeader>, Mixture<Box<dyn LanguageModel>>),
    /// Scores that are no probabilities.
    Scores(Scorer),
}

impl Voice {
    /// The language model, if its numbers are probabilities.
    ///
    /// # Errors
    /// If they are scores: what asks for a distribution cannot use them.
    pub fn language_model(&self) -> Result<&dyn LanguageModel> {
        match self {
            Voice::Ngram(model) => Ok(model),
            Voice::Compact(model) => Ok(model),
            Voice::Neural(model) => Ok(&**model),
            Voice::Unbounded(model) => Ok(model),
            Voice::Mixture(_, model) => Ok(model),
            Voice::Scores(_) => {
                let what = "stupid back-off gives scores, which do not sum to one";
                Err(Error::new(ErrorKind::Model, what).way_out(
                    "`next` and `score` rank with it; for probabilities build with another --smoothing",
                ))
            }
        }
    }

    /// The language model by itself, if its numbers are probabilities.
    ///
    /// # Errors
    /// As for [`language_model`](Self::language_model).
    pub fn into_language_model(self) -> Result<Box<dyn LanguageModel>> {
        self.language_model()?;
        Ok(match self {
            Voice::Ngram(model) => Box::new(model),
            Voice::Compact(model) => Box::new(model),
            Voice::Neural(model) => model,
            Voice::Unbounded(model) => Box::new(model),
            Voice::Mixture(_, model) => Box::new(model),
            Voice::Scores(_) => unreachable!("refused above"),
        })
    }

    /// The tokens it knows.
    pub fn vocabulary(&self) -> &Vocabulary {
        match self {
            Voice::Ngram(model) => model.vocabulary(),
            Voice::Compact(model) => model.vocabulary(),
            Voice::Neural(model) => model.vocabulary(),
            Voice::Unbounded(model) => model.vocabulary(),
            Voice::Mixture(_, model) => model.vocabulary(),
            Voice::Scores(scorer) => scorer.vocabulary(),
        }
    }

    /// How it reads text.
    pub fn reading(&self) -> &Reading {
        match self {
            Voice::Ngram(model) => &model.header().reading,
            Voice::Compact(model) => &model.header().reading,
            Voice::Neural(model) => &model.header().reading,
            Voice::Unbounded(model) => &model.header().reading,
            Voice::Mixture(header, _) => &header.reading,
            Voice::Scores(scorer) => &scorer.header().reading,
        }
    }

    /// What its counts say, if it has counts.
    pub fn evidence(&self) -> Option<&dyn Evidence> {
        match self {
            Voice::Ngram(model) => model.evidence(),
            Voice::Compact(model) => model.evidence(),
            Voice::Neural(model) => model.evidence(),
            Voice::Unbounded(model) => model.evidence(),
            Voice::Mixture(_, model) => model.evidence(),
            Voice::Scores(scorer) => Some(scorer),
        }
    }

    /// What is known of it besides its numbers, if it is made of n-grams.
    pub fn ngram_header(&self) -> Option<&NgramHeader> {
        match self {
            Voice::Ngram(model) => Some(model.header()),
            Voice::Compact(model) => Some(model.header()),
            Voice::Scores(scorer) => Some(scorer.header()),
            Voice::Neural(_) | Voice::Unbounded(_) | Voice::Mixture(..) => None,
        }
    }

    /// Its kind and method, in a few words.
    pub fn describe(&self) -> String {
        let ngram = |order: usize, method: String| format!("order {order}, {method}");
        match self {
            Voice::Ngram(model) => ngram(model.table().order(), model.header().method()),
            Voice::Compact(model) => ngram(model.table().order(), model.header().method()),
            Voice::Scores(scorer) => ngram(scorer.table().order(), scorer.header().method()),
            Voice::Unbounded(model) => {
                format!("contexts of any length, {}", model.header().estimate)
            }
            Voice::Neural(model) => {
                format!("neural, {}", model.network().architecture())
            }
            Voice::Mixture(header, _) => {
                let names: Vec<&str> = header.parts.iter().map(|part| &part.name[..]).collect();
                format!("a mixture of {}", names.join(", "))
            }
        }
    }
}

/// Opens the model of this name.
///
/// # Errors
/// If there is none (the message names those there are), or it is damaged.
pub fn open(name: &str, options: OpenOptions, progress: &dyn Progress) -> Result<Opened> {
    let path = path_of(name);
    if !path.is_file() {
        return Err(no_such_model(name, &path));
    }
    if let Some(imported) = import(&path, progress)? {
        return Ok(Opened {
            name: name.into(),
            bytes: std::fs::metadata(&path).map_or(0, |metadata| metadata.len()),
            voice: Voice::Ngram(imported.into_model()?),
        });
    }
    let file = ModelFile::open(&path, options)?;
    let at = |error: Error| error.at_least(path.display().to_string());
    let (voice, bytes) = match file.kind() {
        mixture::format::KIND => load_mixture(&file, options).map_err(at)?,
        _ => (load(&file).map_err(at)?, 0),
    };
    Ok(Opened {
        name: name.into(),
        bytes: file.len() + bytes,
        voice,
    })
}

/// The tokenizer of this name: one that needs no data, an imported or trained one, that of a model, or
/// one in the file that it was published in.
///
/// # Errors
/// If there is none, or it is damaged, or it asks for something that cannot be done as the original
/// does it.
pub fn tokenizer(name: &str) -> Result<Tokenizer> {
    if let Ok(tokenizer) = name.parse() {
        return Ok(tokenizer);
    }
    let path = path_of(name);
    if !path.exists() {
        return Err(no_such_tokenizer(name, &path));
    }
    if path.extension().is_none_or(|ending| ending != ENDING) {
        return Ok(Tokenizer::Subwords(subword::import(&[path])?));
    }
    let file = ModelFile::open(&path, OpenOptions::default())?;
    let tokenizer = match file.kind() {
        subword::KIND => Subwords::load_alone(&file).map(Tokenizer::Subwords),
        _ => load(&file).map(|voice| voice.reading().tokenizer.clone()),
    };
    tokenizer.map_err(|error| error.at_least(path.display().to_string()))
}

fn no_such_tokenizer(name: &str, path: &Path) -> Error {
    let own = Tokenizer::ALL.map(|tokenizer| tokenizer.to_string());
    let what = format!("there is no tokenizer '{name}'");
    Error::new(ErrorKind::Usage, what)
        .at(path.display().to_string())
        .way_out(format!(
            "choose {}, a file, or make one of this name: counterpoint tokenizer import FILE -o {name}",
            own.join(", ")
        ))
}

/// A mixture, and how large the files of its voices are.
fn load_mixture(file: &ModelFile, options: OpenOptions) -> Result<(Voice, u64)> {
    let header = mixture::format::load(file)?;
    let (mut voices, mut bytes) = (Vec::new(), 0);
    for part in &header.parts {
        let file = part.open(file.path(), options)?;
        let voice =
            load(&file).map_err(|error| error.at_least(file.path().display().to_string()))?;
        voices.push(voice.into_language_model()?);
        bytes += file.len();
    }
    let mixture = Mixture::new(voices, &header.weights)?;
    Ok((Voice::Mixture(Box::new(header), mixture), bytes))
}

/// The voice that is whole in this file.
///
/// # Errors
/// If it is damaged, is of an unknown kind, or is a mixture or a tokenizer.
pub fn load(file: &ModelFile) -> Result<Voice> {
    match file.kind() {
        ngram::format::KIND => {
            let (header, vocabulary, table) = ngram::format::load(file)?;
            Ok(match header.is_score() {
                true => Voice::Scores(Scorer::new(header, vocabulary, table)?),
                false => Voice::Ngram(NgramModel::new(header, vocabulary, table)?),
            })
        }
        suffix::format::KIND => Ok(Voice::Unbounded(suffix::format::load(file)?)),
        compact::format::KIND => {
            let (header, vocabulary, table) = compact::format::load(file)?;
            let model = CompactModel::new(header, vocabulary, table)?;
            Ok(Voice::Compact(model))
        }
        neural::format::KIND => Ok(Voice::Neural(Box::new(neural::format::load(file)?))),
        subword::KIND => {
            let what = "this is a tokenizer by itself, not a model";
            Err(Error::new(ErrorKind::Usage, what).way_out(
                "build a model with it: counterpoint build CORPUS --tokenizer NAME -o MODEL",
            ))
        }
        mixture::format::KIND => Err(mixture::format::nested()),
        kind if neural::format::FORMER_KINDS.contains(&kind) => Err(neural::format::too_old()),
        other => {
            let what = format!("a model of the unknown kind '{other}'");
            Err(Error::new(ErrorKind::Format, what).way_out("a newer counterpoint may open it"))
        }
    }
}

/// Reads a file of another toolkit, plain or compressed; nothing if it is none.
fn import(path: &Path, progress: &dyn Progress) -> Result<Option<Imported>> {
    let shown = path.display().to_string();
    let mut input = text::open_decompressed(path)?;
    let mut head = Vec::new();
    let mut beginning = input.by_ref().take(kenlm::MAGIC.len() as u64);
    let read = beginning.read_to_end(&mut head);
    read.map_err(|error| Error::io("read", path, error))?;
    if head == kenlm::MAGIC {
        return kenlm::read(&mut kenlm::MAGIC.chain(input), &shown, progress).map(Some);
    }
    match arpa::is_arpa(path)? {
        true => {
            let mut input = text::open_decompressed(path)?;
            arpa::read(&mut input, &shown, Leniency::Strict, progress).map(Some)
        }
        false => Ok(None),
    }
}

fn no_such_model(name: &str, path: &Path) -> Error {
    let there = names();
    let way_out = match there.is_empty() {
        true => format!("build it first: counterpoint build CORPUS -o {name}"),
        false => format!(
            "there are {}; or build it: counterpoint build CORPUS -o {name}",
            there.join(", ")
        ),
    };
    Error::new(ErrorKind::Usage, format!("there is no model '{name}'"))
        .at(path.display().to_string())
        .way_out(way_out)
}

/// The names of the models in the folder of models, in order.
pub fn names() -> Vec<String> {
    let entries = std::fs::read_dir(folder()).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    let models = paths.filter(|path| path.extension().is_some_and(|ending| ending == ENDING));
    let mut names: Vec<String> = models
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_models_and_paths_are_paths() {
        for (name, file) in [("fables", "fables.cpt"), ("news.2026", "news.2026.cpt")] {
            assert_eq!(path_of(name), folder().join(file));
        }
        for path in ["./fables", "a/b", "b.cpt", "Cargo.toml"] {
            assert_eq!(path_of(path), Path::new(path));
        }
    }
}
