//! `counterpoint explain`: why a token has its probability.

use anstyle::Style;
use serde_json::{Value, json};

use super::columns::{Columns, Side, bar, count, percent};
use super::console::Console;
use super::passage::Passage;
use super::prompt::{ids, indexed, shown, the_token};
use super::why::{best_other, near, reasons};
use crate::error::Result;
use crate::explain::{
    Because, Explanation, Paid, Push, Share, Vote, ngram, slots, unbounded, votes,
};
use crate::model::LanguageModel;
use crate::neural::NeuralModel;
use crate::open::{Opened, Voice};
use crate::suffix::{Found, UnboundedModel};
use crate::token::{TokenId, Vocabulary};

/// Explain why a token has its probability.
///
/// Counts: the probability is a sum of what each order adds, and each line says what it counted:
/// (count − discount) / total is its own answer, and "passes on" what it leaves to the shorter
/// context. Below the highest order Kneser–Ney counts different tokens to the left, so its counts are
/// less than what was seen. A network: by how many bits each token of the context speaks for the token; those below
/// 0 speak against it; then which hidden units decided between it and the likeliest other token, and
/// which tokens lie near it and near the last ones of the context. A mixture: whose vote it is.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  counterpoint explain -m fables \"down to the river and over the\" old
  counterpoint explain -m fables \"down to the river\" and --index fables-index
  counterpoint explain -m fables-nn \"down to the river and over the\" old
  counterpoint explain -m fables-both \"down to the river and over the\" old")]
pub(super) struct Args {
    /// The model to ask
    #[arg(short, long, value_name = "NAME", help_heading = "Model")]
    model: String,
    /// An index of the corpus: lines of it where this happened are shown
    #[arg(short, long, value_name = "NAME", help_heading = "Model")]
    index: Option<String>,
    /// The text before the token
    #[arg(value_name = "TEXT")]
    context: String,
    /// The token; </s> is the end of the sentence
    #[arg(value_name = "TOKEN")]
    token: String,
    /// The text starts a sentence (<s> is put before it); otherwise it may stand anywhere
    #[arg(long, help_heading = "Context")]
    start: bool,
    /// How many lines of the corpus to show
    #[arg(
        long,
        default_value_t = 3,
        value_name = "N",
        help_heading = "Output",
        requires = "index"
    )]
    lines: usize,
    /// One JSON object
    #[arg(long, help_heading = "Output")]
    json: bool,
}

pub(super) fn run(args: &Args, console: &Console) -> Result<()> {
    let opened = console.open(&args.model)?;
    let index = args
        .index
        .as_deref()
        .map(|name| console.open(name))
        .transpose()?;
    let index = index.as_ref().map(indexed).transpose()?;
    let mut context: Vec<TokenId> = args.start.then_some(TokenId::START).into_iter().collect();
    context.extend(ids(&args.context, &opened.voice)?);
    let token = the_token(&args.token, &opened, console)?;
    let explanation = explain(&opened, &context, token)?;
    let seen = index.map(|index| Seen::new(index, opened.voice.vocabulary(), &context, token));
    match args.json {
        true => console.print_json(&answer(args, &opened, &context, token, &explanation, seen)),
        false => {
            let table = table(args, &opened, &context, token, &explanation);
            let lines = seen.map(|seen| seen.text(args)).unwrap_or_default();
            console.print(format_args!("{table}{lines}"))
        }
    }
}

fn explain(opened: &Opened, context: &[TokenId], token: TokenId) -> Result<Explanation> {
    Ok(match &opened.voice {
        Voice::Ngram(model) => ngram(model, context, token),
        Voice::Unbounded(model) => unbounded(model, context, token),
        Voice::Mixture(_, mixture) => votes(mixture, context, token),
        other => slots(other.language_model()?, context, token),
    })
}

/// The end of the context and the token together, as long as the corpus has them.
struct Seen<'i> {
    index: &'i UnboundedModel,
    found: Found,
}

impl<'i> Seen<'i> {
    fn new(
        index: &'i UnboundedModel,
        vocabulary: &Vocabulary,
        context: &[TokenId],
        token: TokenId,
    ) -> Self {
        // The index numbers tokens in its own way.
        let other = index.vocabulary();
        let renumber = |&id: &TokenId| other.id(vocabulary.surface(id));
        let phrase = context.iter().chain([&token]).map(renumber);
        let phrase: Vec<Option<TokenId>> = phrase.collect();
        let unknown = |id: &Option<TokenId>| id.is_none_or(|id| id == TokenId::UNKNOWN);
        let known = phrase.iter().rposition(unknown).map_or(0, |at| at + 1);
        let known: Vec<TokenId> = phrase[known..].iter().copied().flatten().collect();
        let found = index.array().longest_end(&known, 1);
        Seen { index, found }
    }

    fn passages(&self, lines: usize) -> impl Iterator<Item = Passage<'i>> {
        let found = self.found.clone();
        let most = if found.length > 0 { lines } else { 0 };
        let positions = self.index.array().first_positions(&found, most);
        let index = self.index;
        positions
            .into_iter()
            .map(move |at| Passage::new(index, at, found.length))
    }

    fn text(&self, args: &Args) -> String {
        let name = args.index.as_deref().unwrap_or_default();
        if self.found.length == 0 {
            return format!("{name} does not have the token\n");
        }
        let of = match self.found.length {
            1 => "the token alone".to_owned(),
            length => format!("{length} tokens in a row"),
        };
        let mut out = format!("in {name}: {of}, {}×\n", count(self.found.count()));
        for passage in self.passages(args.lines) {
            out.push_str(&passage.line(SEEN));
            out.push('\n');
        }
        out
    }

    fn json(&self, args: &Args) -> Value {
        json!({
            "index": args.index,
            "tokens": self.found.length,
            "count": if self.found.length > 0 { self.found.count() } else { 0 },
            "places": self.passages(args.lines).map(|passage| passage.json()).collect::<Vec<_>>(),
        })
    }
}

const SEEN: Style = anstyle::AnsiColor::Red.on_default().bold();

fn answer(
    args: &Args,
    opened: &Opened,
    context: &[TokenId],
    token: TokenId,
    explanation: &Explanation,
    seen: Option<Seen>,
) -> Value {
    let vocabulary = opened.voice.vocabulary();
    let mut value = json!({
        "model": args.model,
        "text": args.context,
        "context": context.iter().map(|id| id.0).collect::<Vec<_>>(),
        "token": {"id": token.0, "text": vocabulary.display(token)},
        "p": explanation.log_prob.probability(),
        "logprob": explanation.log_prob.ln(),
    });
    match &explanation.because {
        Because::Shares(shares) => {
            value["shares"] = shares.iter().map(share_json).collect::<Vec<_>>().into();
        }
        Because::Paid(paid) => {
            let backoff = |&(tokens, log10)| json!({"context_len": tokens, "log10_backoff": log10});
            value["matched_order"] = paid.order.into();
            value["log10_prob"] = paid.log10_prob.into();
            value["paid"] = paid.backoffs.iter().map(backoff).collect::<Vec<_>>().into();
        }
        Because::Pushes(pushes) => {
            let push = |push: &Push| json!({"id": push.token.0, "text": vocabulary.display(push.token), "bits": push.bits});
            value["pushes"] = pushes.iter().map(push).collect::<Vec<_>>().into();
        }
        Because::Votes(votes) => {
            let vote = |(name, vote): (String, &Vote)| json!({"voice": name, "weight": vote.weight, "p": vote.log_prob.probability(), "share": vote.share});
            value["votes"] = names(opened)
                .zip(votes)
                .map(vote)
                .collect::<Vec<_>>()
                .into();
        }
    }
    if let Voice::Neural(model) = &opened.voice {
        let Inside { why, near, .. } = Inside::of(model, context, token);
        value["why"] = why;
        value["near"] = near.into();
    }
    if let Some(seen) = seen {
        value["seen"] = seen.json(args);
    }
    value
}

fn share_json(share: &Share) -> Value {
    json!({
        "order": share.order,
        "p": share.probability,
        "times_seen": share.times_seen,
        "count": share.counted.map(|counted| counted.count),
        "discount": share.counted.map(|counted| counted.discount),
        "total": share.counted.map(|counted| counted.total),
        "passes_on": share.passes_on,
    })
}

/// The names of a mixture's voices.
fn names(opened: &Opened) -> impl Iterator<Item = String> {
    let parts = match &opened.voice {
        Voice::Mixture(header, _) => &header.parts[..],
        _ => &[],
    };
    parts.iter().map(|part| part.name.clone())
}

/// So many hidden units and neighbours are shown.
const INSIDE: usize = 5;

/// The tokens nearest to so many last ones of the context are shown.
const LAST: usize = 2;

/// What a network's weights had to do with it.
struct Inside {
    why: Value,
    near: Vec<Value>,
    text: String,
}

impl Inside {
    fn of(model: &NeuralModel, context: &[TokenId], token: TokenId) -> Self {
        let against = best_other(model, context, token);
        let (why, mut text) = reasons(model, context, token, against, INSIDE);
        text.insert(0, '\n');
        let mut near_all = Vec::new();
        let known = |token: &&TokenId| **token != TokenId::START && **token != TokenId::UNKNOWN;
        let last = context.iter().rev().filter(known).take(LAST);
        for &token in [token].iter().chain(last) {
            let (value, lines) = near(model, token, INSIDE);
            near_all.push(value);
            text.push_str(&format!("\n{lines}"));
        }
        Inside {
            why,
            near: near_all,
            text,
        }
    }
}

/// The answer for people.
fn table(
    args: &Args,
    opened: &Opened,
    context: &[TokenId],
    token: TokenId,
    explanation: &Explanation,
) -> String {
    let vocabulary = opened.voice.vocabulary();
    let p = explanation.log_prob;
    let head = format!(
        "p = {}, {:.1} bits: '{}' after \"{}\"\n",
        chance(p.probability()),
        p.surprisal_bits(),
        shown(vocabulary, token),
        args.context,
    );
    let because = match &explanation.because {
        Because::Shares(shares) => share_table(shares, vocabulary, context),
        Because::Paid(paid) => paid_table(paid, vocabulary, context),
        Because::Pushes(pushes) => push_table(pushes, vocabulary),
        Because::Votes(votes) => vote_table(votes, names(opened), p.probability()),
    };
    let inside = match &opened.voice {
        Voice::Neural(model) => Inside::of(model, context, token).text,
        _ => String::new(),
    };
    head + &because + &inside
}

fn vote_table(votes: &[Vote], names: impl Iterator<Item = String>, p: f64) -> String {
    use Side::{Left, Right};
    let mut columns = Columns::new(&[Left, Right, Right, Right, Left, Right]);
    columns.row(["voice", "weight", "says", "adds to p", "", "of it"]);
    for (vote, name) in votes.iter().zip(names) {
        let says = vote.log_prob.probability();
        columns.row([
            name,
            percent(vote.weight),
            chance(says),
            chance(vote.weight * says),
            bar(vote.share, 16),
            percent(vote.share),
        ]);
    }
    columns.row(["sum", "", "", &chance(p), "", ""]);
    columns.to_string()
}

/// What a line of the orders says.
const SHARES: &str = " each order adds what it counted, less a discount; what it passes on is shared out with one token less\n";

fn share_table(shares: &[Share], vocabulary: &Vocabulary, context: &[TokenId]) -> String {
    use Side::{Left, Right};
    let mut columns = Columns::new(&[Right, Left, Left, Right, Right, Left, Right]);
    columns.row([
        "order",
        "after",
        "adds to p",
        "",
        "seen",
        "(count − discount) / total",
        "passes on",
    ]);
    let p: f64 = shares.iter().map(|share| share.probability).sum();
    for share in shares.iter().rev() {
        let counted = share.counted.map(|counted| {
            let (number, total) = (count(counted.count), count(counted.total));
            format!("({number} − {:.2}) / {total}", counted.discount)
        });
        let is_lowest = share.order == 0;
        columns.row([
            if is_lowest {
                String::new()
            } else {
                share.order.to_string()
            },
            match share.order {
                0 => "every token alike".into(),
                order => end_of(context, order - 1, vocabulary),
            },
            bar(share.probability / p, 16),
            chance(share.probability),
            share
                .times_seen
                .map_or_else(String::new, |times| format!("{}×", count(times))),
            counted.unwrap_or_default(),
            if is_lowest {
                String::new()
            } else {
                chance(share.passes_on)
            },
        ]);
    }
    let blank = String::new;
    columns.row([
        blank(),
        "sum".into(),
        blank(),
        chance(p),
        blank(),
        blank(),
        blank(),
    ]);
    format!("{columns}{SHARES}")
}

/// Some last tokens of a context.
fn end_of(context: &[TokenId], length: usize, vocabulary: &Vocabulary) -> String {
    match length {
        0 => "∅".into(),
        _ => {
            let end = &context[context.len() - length..];
            let tokens: Vec<String> = end.iter().map(|&id| shown(vocabulary, id)).collect();
            tokens.join(" ")
        }
    }
}

fn paid_table(paid: &Paid, vocabulary: &Vocabulary, context: &[TokenId]) -> String {
    let mut columns = Columns::new(&[Side::Left, Side::Right, Side::Right]);
    columns.row(["", "log10", "factor"]);
    let mut row = |what: String, log10: f64| {
        columns.row([what, format!("{log10:.4}"), chance(10f64.powf(log10))]);
    };
    for &(length, log10) in &paid.backoffs {
        let after = end_of(context, length, vocabulary);
        row(format!("not listed after \"{after}\": back-off"), log10);
    }
    row(
        match paid.order {
            0 => "what every unseen token gets".into(),
            order => format!(
                "listed at order {order}, after \"{}\"",
                end_of(context, order - 1, vocabulary)
            ),
        },
        paid.log10_prob,
    );
    let backoffs: f64 = paid.backoffs.iter().map(|(_, log10)| log10).sum();
    row("product".into(), backoffs + paid.log10_prob);
    columns.to_string()
}

fn push_table(pushes: &[Push], vocabulary: &Vocabulary) -> String {
    let mut columns = Columns::new(&[Side::Left, Side::Right, Side::Left]);
    columns.row([
        "token",
        "bits",
        "if it were another, that much less probable",
    ]);
    let most = pushes
        .iter()
        .map(|push| push.bits.abs())
        .fold(1.0, f64::max);
    for push in pushes {
        let against = if push.bits < 0.0 { "− " } else { "" };
        columns.row([
            shown(vocabulary, push.token),
            format!("{:+.1}", push.bits),
            format!("{against}{}", bar(push.bits.abs() / most, 24)),
        ]);
    }
    columns.to_string()
}

/// A probability: "94.4%", "0.02%", "3e-7".
fn chance(p: f64) -> String {
    match p {
        p if p == 0.0 || p >= 0.001 => percent(p),
        p if p >= 0.000_1 => format!("{:.2}%", 100.0 * p),
        p => format!("{p:.0e}"),
    }
}
