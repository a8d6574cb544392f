//! Here is a prompt; give me the context it makes.

use clap::Args;
use std::io::Read;
use std::path::Path;

use super::console::Console;
use crate::error::{Error, ErrorKind, Result};
use crate::open::{Opened, Voice};
use crate::suffix::UnboundedModel;
use crate::token::{Reading, SPECIAL_SURFACES, TokenId, Vocabulary, readable};

/// The models that are asked the same.
#[derive(Args)]
pub(super) struct VoicesArgs {
    /// The models, with commas between them
    #[arg(
        short,
        long,
        value_name = "A,B",
        value_delimiter = ',',
        required = true,
        help_heading = "Model"
    )]
    pub(super) model: Vec<String>,
}

/// The text that a question is about.
#[derive(Args)]
pub(super) struct PromptArgs {
    /// The text before; - reads it from standard input
    #[arg(default_value = "", hide_default_value = true, value_name = "TEXT")]
    text: String,
    /// The text starts a sentence (<s> is put before it); otherwise it may stand anywhere
    #[arg(long, help_heading = "Context")]
    start: bool,
}

impl PromptArgs {
    /// The text itself.
    pub(super) fn text(&self) -> Result<String> {
        if self.text != "-" {
            return Ok(self.text.clone());
        }
        let mut text = String::new();
        let read = std::io::stdin().lock().read_to_string(&mut text);
        read.map_err(|error| Error::io("read", Path::new("standard input"), error))?;
        Ok(text.trim_end_matches(['\r', '\n']).to_owned())
    }

    /// What is known before the text: the sentence's start, or nothing.
    pub(super) fn before(&self) -> Vec<TokenId> {
        match self.start {
            true => vec![TokenId::START],
            false => Vec::new(),
        }
    }

    /// True if the text starts a sentence.
    pub(super) fn starts(&self) -> bool {
        self.start
    }
}

/// The ids of a text, read as the model's corpus was.
pub(super) fn ids(text: &str, voice: &Voice) -> Result<Vec<TokenId>> {
    let reading = voice.reading();
    let read = reading.ids(voice.vocabulary(), &fold(text, reading)?);
    read.map_err(|error| error.at("the given text"))
}

/// The text in the spelling the model knows: its normal form and its case, or its notes.
pub(super) fn fold(text: &str, reading: &Reading) -> Result<Vec<u8>> {
    let options = reading.corpus_options(None, false);
    Ok(options.spell(text)?.into_owned().into_bytes())
}

/// The one token that the word is.
pub(super) fn the_token(word: &str, opened: &Opened, console: &Console) -> Result<TokenId> {
    if word == SPECIAL_SURFACES[TokenId::END.index()] {
        return Ok(TokenId::END);
    }
    let (reading, vocabulary) = (opened.voice.reading(), opened.voice.vocabulary());
    let folded = fold(word, reading)?;
    let pieces = reading.tokenizer.pieces(&folded)?;
    let [piece] = pieces[..] else {
        let what = format!("'{word}' is {} tokens, not one", pieces.len());
        let pieces: Vec<String> = pieces
            .iter()
            .map(|p| format!("'{}'", readable(p)))
            .collect();
        return Err(
            Error::new(ErrorKind::Usage, what).way_out(match pieces.len() {
                0 => "name the token that comes after the text".into(),
                _ => format!("ask for one of {}", pieces.join(", ")),
            }),
        );
    };
    if vocabulary.id(piece).is_none() {
        console.say(format_args!(
            "note: '{}' is not in the vocabulary of {}: this is the probability of <unk>",
            readable(piece),
            opened.name
        ));
    }
    Ok(vocabulary.id_or_unknown(piece))
}

/// Models that a command shows side by side must read the same tokens.
pub(super) fn same_tokens(models: &[Opened], command: &str) -> Result<()> {
    let mut others = models[1..].iter();
    others.try_for_each(|other| same_tokens_as(&models[0], other, command))
}

/// The same of two.
pub(super) fn same_tokens_as(first: &Opened, other: &Opened, command: &str) -> Result<()> {
    let same = first.voice.vocabulary().same_as(other.voice.vocabulary())
        && first.voice.reading().tokenizer == other.voice.reading().tokenizer;
    if same {
        return Ok(());
    }
    let what = format!(
        "'{}' and '{}' do not share their tokens ({}, {} types; {}, {} types)",
        first.name,
        other.name,
        first.voice.reading().tokenizer,
        first.voice.vocabulary().len(),
        other.voice.reading().tokenizer,
        other.voice.vocabulary().len(),
    );
    Err(Error::new(ErrorKind::Usage, what)
        .at(command)
        .way_out(format!(
            "train the second to match: counterpoint train CORPUS -o NAME --like {}",
            first.name
        )))
}

/// The index in a model file.
///
/// # Errors
/// If the model is none.
pub(super) fn indexed(opened: &Opened) -> Result<&UnboundedModel> {
    match &opened.voice {
        Voice::Unbounded(model) => Ok(model),
        other => {
            let what = format!("'{}' is no index ({})", opened.name, other.describe());
            Err(Error::new(ErrorKind::Usage, what)
                .way_out("index the corpus: counterpoint index CORPUS -o NAME"))
        }
    }
}

/// A text for people, without what would break its line.
pub(super) fn on_one_line(text: &str) -> String {
    text.chars().map(visible).collect()
}

/// A token for people: blanks made visible.
pub(super) fn shown(vocabulary: &Vocabulary, token: TokenId) -> String {
    let surface = vocabulary.display(token);
    match surface.as_ref() {
        " " => "␣".into(),
        "\n" => "↵".into(),
        "\t" => "⇥".into(),
        "\r\n" => "␍↵".into(),
        "" => "(empty)".into(),
        _ => on_one_line(&surface),
    }
}

fn visible(character: char) -> char {
    match character {
        '\n' => '↵',
        '\t' => '⇥',
        control if control.is_control() => '\u{FFFD}',
        other => other,
    }
}
