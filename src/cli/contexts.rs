//! Here is a model, list the contexts that narrow most, and those that leave most open.

use serde_json::{Value, json};

use super::columns::{Columns, Side, count, figure};
use super::console::Console;
use super::prompt::shown;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Candidate, LanguageModel};
use crate::ngram::NgramModel;
use crate::ngram::next::{Narrowing, Sought, contexts};
use crate::open::{Opened, Voice};
use crate::token::TokenId;

/// Lists the contexts of each kind that is sought, of those that were seen so often.
pub(super) fn list(
    opened: &Opened,
    sought: &[Sought],
    seen: u64,
    number: usize,
    as_json: bool,
    console: &Console,
) -> Result<()> {
    if number == 0 {
        let error = Error::new(ErrorKind::Usage, "no context is to be listed");
        return Err(error.way_out("ask for one or more"));
    }
    let Voice::Ngram(model) = &opened.voice else {
        let what = "only an n-gram model has a table of contexts to go through";
        return Err(Error::new(ErrorKind::Usage, what).way_out("name an n-gram model"));
    };
    let (mut value, mut text) = (json!({"model": opened.name}), String::new());
    for &sought in sought {
        let found = contexts(model, sought, seen, number, console.progress())?;
        if !text.is_empty() {
            text.push_str("\nleave most open\n");
        }
        text.push_str(&table(model, &found));
        let name = match sought {
            Sought::Decisive => "decisive",
            Sought::Open => "open",
        };
        value[name] = found.iter().map(|one| context_json(model, one)).collect();
    }
    match as_json {
        true => console.print_json(&value),
        false if sought.len() > 1 => console.print(format_args!("narrow most\n{text}")),
        false => console.print(text),
    }
}

fn context_json(model: &NgramModel, one: &Narrowing) -> Value {
    let tokens = model.table().tokens_of(one.context);
    let shown = |token: &TokenId| model.vocabulary().display(*token).into_owned();
    json!({
        "context": tokens.iter().map(shown).collect::<Vec<_>>(),
        "ids": tokens.iter().map(|token| token.0).collect::<Vec<_>>(),
        "count": one.times_seen,
        "entropy_bits": one.entropy_bits,
        "effective_choices": one.entropy_bits.exp2(),
        "narrowing_bits": one.narrowing_bits,
        "next": most_probable(model, &tokens).map(|next| json!({
            "id": next.token.0,
            "text": shown(&next.token),
            "p": next.log_prob.probability(),
        })),
    })
}

fn table(model: &NgramModel, found: &[Narrowing]) -> String {
    let right = Side::Right;
    let mut columns = Columns::new(&[Side::Left, right, right, right, right, Side::Left]);
    columns.row(["context", "seen", "narrows", "H", "≈choices", "next"]);
    for one in found {
        let tokens = model.table().tokens_of(one.context);
        let surfaces = tokens.iter().map(|&token| shown(model.vocabulary(), token));
        let next = most_probable(model, &tokens).map(|next| {
            let share = 100.0 * next.log_prob.probability();
            format!("{} {share:.0}%", shown(model.vocabulary(), next.token))
        });
        columns.row([
            surfaces.collect::<Vec<_>>().join(" "),
            format!("{}×", count(one.times_seen)),
            format!("{:.1}", one.narrowing_bits),
            format!("{:.1}", one.entropy_bits),
            figure(one.entropy_bits.exp2()),
            next.unwrap_or_default(),
        ]);
    }
    columns.to_string()
}

fn most_probable(model: &NgramModel, context: &[TokenId]) -> Option<Candidate> {
    model.outlook(context).best(1).first().copied()
}
