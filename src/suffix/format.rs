//! Here is an index, give me its file, and back.
//!
//! A model file of kind `unbounded` holds, beside its header, the vocabulary, what the tokenizer is
//! made of if it needs data, and
//!
//! | section | type | entries |
//! |---|---|---|
//! | `text` | u32 | the sentences end to end, each with its `<s>` and `</s>` |
//! | `places` | u32 | the same number: positions of the text, ordered by what is read from each |
//! | `begins` | u32 | one a token, and one: where its places begin |
//! | `sentences.begin` | u32 | one a sentence: where it begins in the text |
//! | `sentences.origin` | u64, u32, u32 | the byte, line and file it came from |
//! | `files.bytes`, `files.ends` | u8, u64 | the names of the files |
//! | `trust` | f64, f64 | see [`Trust`] |

use std::path::Path;

use super::array::SuffixArray;
use super::model::{UnboundedHeader, UnboundedModel};
use super::origin::Origins;
use super::trust::Trust;
use crate::error::Result;
use crate::model::LanguageModel;
use crate::store::{ModelFile, Writer};
use crate::token::Vocabulary;

/// The kind of model file that an index is.
pub const KIND: &str = "unbounded";

/// Writes an index, all or nothing; returns the file's length in bytes.
pub fn save(path: &Path, model: &UnboundedModel) -> Result<u64> {
    let array = model.array();
    let mut writer = Writer::create(path, KIND)?;
    writer.column("text", &array.text)?;
    writer.column("places", &array.places)?;
    writer.column("begins", &array.begins)?;
    writer.column("trust", model.trust().column())?;
    model.origins().save(&mut writer)?;
    model.header().reading.save(&mut writer)?;
    model.vocabulary().save(&mut writer)?;
    writer.finish(model.header())
}

/// Reads an index; its columns stay in the file, and what they say is checked.
pub fn load(file: &ModelFile) -> Result<UnboundedModel> {
    let mut header: UnboundedHeader = file.header()?;
    header.reading.complete(file)?;
    let (text, places) = (file.column("text")?, file.column("places")?);
    let array = SuffixArray::from_columns(text, places, file.column("begins")?)?;
    let origins = Origins::load(file, array.text())?;
    let trust = Trust::from_column(file.column("trust")?)?;
    UnboundedModel::new(header, Vocabulary::load(file)?, array, origins, trust)
}
