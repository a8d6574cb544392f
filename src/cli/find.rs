//! `counterpoint find`: how often a phrase stands in an indexed corpus, followed by what, and where.

use anstyle::Style;
use serde_json::{Value, json};

use super::columns::{Columns, Side, bar, count, percent};
use super::console::Console;
use super::passage::Passage;
use super::prompt::{fold, indexed, shown};
use crate::error::{Error, ErrorKind, Result};
use crate::model::LanguageModel;
use crate::suffix::{Found, UnboundedModel};
use crate::token::{TokenId, readable};

/// Find a phrase in an indexed corpus: how often, followed by what, and where.
///
/// The phrase is cut into tokens as the corpus was, and may be of any length; it does not go beyond
/// the end of a line. Lines are shown as grep -n shows them.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  counterpoint find -i fables-index \"down to the river\"
  counterpoint find -i fables-index \"Once\" --start --lines 3
  counterpoint find -i fables-index \"the fox\" --count")]
pub(super) struct Args {
    /// The index to ask, as `counterpoint index` made it
    #[arg(short, long, value_name = "NAME", help_heading = "Model")]
    index: String,
    /// The phrase
    #[arg(value_name = "TEXT")]
    phrase: String,
    /// The phrase starts a sentence
    #[arg(long, help_heading = "Context")]
    start: bool,
    /// Print only how often it stands there
    #[arg(long, help_heading = "Output", conflicts_with_all = ["json", "lines", "followers"])]
    count: bool,
    /// How many lines to show, in the corpus's order
    #[arg(long, default_value_t = 10, value_name = "N", help_heading = "Output")]
    lines: usize,
    /// How many of the tokens that follow to show
    #[arg(long, default_value_t = 5, value_name = "N", help_heading = "Output")]
    followers: usize,
    /// One JSON object
    #[arg(long, help_heading = "Output")]
    json: bool,
}

pub(super) fn run(args: &Args, console: &Console) -> Result<()> {
    let opened = console.open(&args.index)?;
    let model = indexed(&opened)?;
    let phrase = args.ids(model, console)?;
    let found = match phrase.contains(&TokenId::UNKNOWN) {
        // Tokens that the vocabulary does not tell apart are not the token that was asked for.
        true => Found::default(),
        false => model.array().find(&phrase),
    };
    if args.count {
        return console.print(format_args!("{}\n", found.count()));
    }
    let answer = Answer::new(args, model, phrase, found);
    match args.json {
        true => console.print_json(&answer.json()),
        false => console.print(answer.text()),
    }
}

impl Args {
    fn ids(&self, model: &UnboundedModel, console: &Console) -> Result<Vec<TokenId>> {
        let (reading, vocabulary) = (&model.header().reading, model.vocabulary());
        let mut ids: Vec<TokenId> = self.start.then_some(TokenId::START).into_iter().collect();
        let mut unknown = Vec::new();
        let folded = fold(&self.phrase, reading)?;
        let read = reading.tokens(&folded, |piece| {
            ids.push(vocabulary.id_or_unknown(piece));
            if vocabulary.id(piece).is_none() {
                unknown.push(readable(piece).into_owned());
            }
        });
        read.map_err(|error| error.at("the given text"))?;
        if ids.is_empty() {
            return Err(Error::new(ErrorKind::Usage, "there is no phrase to find")
                .way_out("give one: counterpoint find -i NAME \"once upon a time\""));
        }
        if !unknown.is_empty() {
            console.say(format_args!(
                "note: not in the vocabulary of {}: {}",
                self.index,
                unknown.join(" ")
            ));
        }
        Ok(ids)
    }
}

/// What there is to say of a phrase.
struct Answer<'a> {
    args: &'a Args,
    model: &'a UnboundedModel,
    phrase: Vec<TokenId>,
    found: Found,
    /// Most frequent first, then by id.
    followers: Vec<(TokenId, u64)>,
}

impl<'a> Answer<'a> {
    fn new(args: &'a Args, model: &'a UnboundedModel, phrase: Vec<TokenId>, found: Found) -> Self {
        let followers = model.array().followers(&found);
        let mut followers: Vec<(TokenId, u64)> = followers
            .map(|(token, found)| (token, found.count()))
            .collect();
        followers.sort_by_key(|&(token, times)| (std::cmp::Reverse(times), token));
        Answer {
            args,
            model,
            phrase,
            found,
            followers,
        }
    }

    fn passages(&self) -> Vec<Passage<'a>> {
        let positions = self
            .model
            .array()
            .first_positions(&self.found, self.args.lines);
        let length = self.phrase.len();
        let passage = |at| Passage::new(self.model, at, length);
        positions.into_iter().map(passage).collect()
    }

    /// The longest end of the phrase that the corpus has, where it does not have the phrase.
    fn longest_end(&self) -> (String, u64) {
        let unknown = self.phrase.iter().rposition(|&id| id == TokenId::UNKNOWN);
        let known = &self.phrase[unknown.map_or(0, |at| at + 1)..];
        let found = self.model.array().longest_end(known, 1);
        let end = &known[known.len() - found.length..];
        let text = self
            .model
            .header()
            .reading
            .text(self.model.vocabulary(), end);
        (
            readable(&text).into_owned(),
            if found.length > 0 { found.count() } else { 0 },
        )
    }

    fn json(&self) -> Value {
        let vocabulary = self.model.vocabulary();
        let follower = |&(token, times): &(TokenId, u64)| json!({"id": token.0, "text": vocabulary.display(token), "count": times});
        let shown = self.followers.iter().take(self.args.followers);
        let mut value = json!({
            "index": self.args.index,
            "text": self.args.phrase,
            "tokens": self.phrase.iter().map(|id| id.0).collect::<Vec<_>>(),
            "count": self.found.count(),
            "distinct_followers": self.followers.len(),
            "followers": shown.map(follower).collect::<Vec<_>>(),
            "places": self.passages().iter().map(Passage::json).collect::<Vec<_>>(),
        });
        if self.found.count() == 0 {
            let (text, times) = self.longest_end();
            value["longest_end"] = json!({"text": text, "count": times});
        }
        value
    }

    fn text(&self) -> String {
        if self.found.count() == 0 {
            let not = format!("\"{}\" is not in {}", self.args.phrase, self.args.index);
            return match self.longest_end() {
                (_, 0) => format!("{not}, nor is its last token\n"),
                (end, times) => format!("{not}; of its ends \"{end}\" is, {}×\n", count(times)),
            };
        }
        let different = match self.followers.len() {
            0 => "followed by nothing".into(),
            1 => "always followed by the same".into(),
            many => format!("{} different followers", count(many as u64)),
        };
        let mut out = format!("{}×, {different}\n", count(self.found.count()));
        out.push_str(&self.follower_table());
        for passage in self.passages() {
            out.push_str(&passage.line(MATCH));
            out.push('\n');
        }
        let more = self.found.count().saturating_sub(self.args.lines as u64);
        if more > 0 && self.args.lines > 0 {
            out.push_str(&format!(
                "and {} more places (--lines {})\n",
                count(more),
                self.found.count()
            ));
        }
        out
    }

    fn follower_table(&self) -> String {
        let mut columns = Columns::new(&[Side::Left, Side::Left, Side::Right, Side::Right]);
        let share = |times: u64| times as f64 / self.found.count() as f64;
        for &(token, times) in self.followers.iter().take(self.args.followers) {
            columns.row([
                shown(self.model.vocabulary(), token),
                bar(share(times), 24),
                percent(share(times)),
                format!("{}×", count(times)),
            ]);
        }
        let rest = self.followers.iter().skip(self.args.followers);
        let rest = rest.fold((0, 0), |(tokens, sum), (_, times)| {
            (tokens + 1, sum + times)
        });
        if let (others @ 1.., times) = rest {
            let others = format!("{} others", count(others));
            columns.row([
                "…".into(),
                others,
                percent(share(times)),
                format!("{}×", count(times)),
            ]);
        }
        columns.to_string()
    }
}

const MATCH: Style = anstyle::AnsiColor::Red.on_default().bold();
