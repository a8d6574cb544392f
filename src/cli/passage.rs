//! Here is a place in an indexed corpus; show what stands there, and where that is.

use anstyle::Style;
use serde_json::{Value, json};

use super::prompt::on_one_line;
use crate::model::LanguageModel;
use crate::suffix::{Place, UnboundedModel};
use crate::token::{TokenId, readable};

/// So many tokens are shown to either side.
const AROUND: usize = 12;

const NAME: Style = anstyle::AnsiColor::Magenta.on_default();
const LINE: Style = anstyle::AnsiColor::Green.on_default();

/// Some tokens of the corpus, with what stands around them.
pub(super) struct Passage<'m> {
    place: Place<'m>,
    before: String,
    matched: String,
    after: String,
}

impl<'m> Passage<'m> {
    /// The tokens from a position on, as many as `length`.
    pub(super) fn new(model: &'m UnboundedModel, position: u32, length: usize) -> Self {
        let place = model.origins().place(position);
        let text = model.array().text();
        let start = position as usize;
        let end = text.len().min(start + length);
        let first = (place.begin + 1).max(start.saturating_sub(AROUND));
        let stop = text.len().min(end + AROUND);
        let last = text[end..stop]
            .iter()
            .position(|&token| token == TokenId::END);
        let last = last.map_or(stop, |ahead| end + ahead);
        let is_mark = |token: &TokenId| [TokenId::START, TokenId::END].contains(token);
        let upto = |end: usize| {
            let tokens = text.get(first..end).unwrap_or_default().iter().copied();
            let tokens: Vec<TokenId> = tokens.filter(|token| !is_mark(token)).collect();
            let text = model.header().reading.text(model.vocabulary(), &tokens);
            on_one_line(&readable(&text))
        };
        // What comes first is spelt the same whatever follows it.
        let (before, matched, whole) = (upto(start), upto(end), upto(last));
        let cut = |whole: &str, part: &str| whole.get(part.len()..).unwrap_or_default().to_owned();
        let more = text.get(last).is_some_and(|&token| token != TokenId::END);
        Passage {
            after: cut(&whole, &matched) + if more { " …" } else { "" },
            matched: cut(&matched, &before),
            before: if first > place.begin + 1 { "… " } else { "" }.to_owned() + &before,
            place,
        }
    }

    /// "file:line:", and the text with the match in a style.
    pub(super) fn line(&self, style: Style) -> String {
        let matched = self.matched.trim_start();
        let blank = &self.matched[..self.matched.len() - matched.len()];
        let text = format!(
            "{}{blank}{style}{matched}{style:#}{}",
            self.before, self.after
        );
        format!("{} {}", self.source(), text.trim())
    }

    fn source(&self) -> String {
        let file = self.place.file;
        match self.place.line {
            Some(line) => format!("{NAME}{file}{NAME:#}:{LINE}{line}{LINE:#}:"),
            None => format!("{NAME}{file}{NAME:#}:"),
        }
    }

    pub(super) fn json(&self) -> Value {
        let mut value = place_json(&self.place);
        value["before"] = self.before.as_str().into();
        value["match"] = self.matched.as_str().into();
        value["after"] = self.after.as_str().into();
        value
    }
}

/// Where a token stands, for programs.
pub(super) fn place_json(place: &Place) -> Value {
    json!({
        "file": place.file,
        "line": place.line,
        "byte_of_line": place.byte,
        "token_of_line": place.token,
        "sentence": place.sentence,
    })
}
