//! Model files of every kind.

use counterpoint::Result;
use counterpoint::mixture::{self, Mixture};
use counterpoint::ngram::arpa::{self, Leniency};
use counterpoint::open::{self, Voice};
use counterpoint::progress::Quiet;
use counterpoint::store::{MAGIC, ModelFile};
use counterpoint::token::subword::{self, Subwords};

use super::{check_refusal, imports, questions, sealed};

/// A file as it stands, if it begins as one; otherwise the parts of one, sealed.
pub(super) fn model(bytes: &[u8]) {
    let sealed = match bytes.starts_with(&MAGIC) {
        true => bytes.to_vec(),
        false => sealed::seal(bytes),
    };
    if let Err(error) = ModelFile::from_bytes("fuzzed", &sealed).and_then(|file| ask(&file)) {
        check_refusal(&error);
    }
}

fn ask(file: &ModelFile) -> Result<()> {
    match file.kind() {
        mixture::format::KIND => ask_mixture(file),
        subword::KIND => {
            imports::encode(&Subwords::load_alone(file)?);
            Ok(())
        }
        _ => {
            questions::ask_voice(&open::load(file)?);
            Ok(())
        }
    }
}

/// Its voices are files beside it; here are as many as it wants.
fn ask_mixture(file: &ModelFile) -> Result<()> {
    let header = mixture::format::load(file)?;
    if header.parts.len() > 64 {
        return Ok(());
    }
    let voice = |_| Voice::Ngram(small_model()?).into_language_model();
    let voices = header.parts.iter().map(voice).collect::<Result<Vec<_>>>()?;
    let model = Mixture::new(voices, &header.weights)?;
    questions::ask_voice(&Voice::Mixture(Box::new(header), model));
    Ok(())
}

fn small_model() -> Result<counterpoint::ngram::NgramModel> {
    let mut text: &[u8] = include_bytes!("../../golden/tiny.o5.arpa");
    arpa::read(&mut text, "tiny", Leniency::Strict, &Quiet)?.into_model()
}
