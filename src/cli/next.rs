//! `counterpoint next`: what may come after a text, and on what evidence.

use serde_json::{Value, json};

use super::columns::{Columns, Side, bar, count, figure, percent};
use super::console::Console;
use super::prompt::{PromptArgs, ids, shown};
use crate::error::Result;
use crate::explain::{Because, ngram, unbounded};
use crate::model::{Candidate, Evidence, LanguageModel, Outlook};
use crate::ngram::Scorer;
use crate::open::Voice;
use crate::token::{TokenId, Vocabulary};

/// Show what may come next: probabilities, times seen, entropy.
///
/// "seen 41×" is how often the longest known end of your text was seen; "order" is the length of
/// the n-gram that a line rests on, and the shades of its bar are what each order adds. Few sightings with a small entropy are thin evidence.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  counterpoint next -m fables \"down to the river and over the\" --top 5")]
pub(super) struct Args {
    /// The model to ask
    #[arg(short, long, value_name = "NAME", help_heading = "Model")]
    model: String,
    #[command(flatten)]
    prompt: PromptArgs,
    /// How many candidates to show
    #[arg(long, default_value_t = 10, value_name = "N", help_heading = "Output")]
    top: usize,
    /// One JSON object
    #[arg(long, help_heading = "Output")]
    json: bool,
}

pub(super) fn run(args: &Args, console: &Console) -> Result<()> {
    let opened = console.open(&args.model)?;
    let text = args.prompt.text()?;
    let mut context = args.prompt.before();
    context.extend(ids(&text, &opened.voice)?);
    if let Voice::Scores(scorer) = &opened.voice {
        return scores(args, scorer, &context, console);
    }
    if is_fragment(&opened.voice, &context) {
        console.say(FRAGMENT);
    }
    let model = opened.voice.language_model()?;
    match args.json {
        true => console.print_json(&answer(model, &text, &context, args)),
        false => console.print(table(&opened.voice, model, &context, args.top)),
    }
}

const FRAGMENT: &str = "\
note: the text is shorter than the model's context, so a lower order answers alone; Kneser–Ney's
      lower orders count different neighbours, not occurrences: give more text, or --start";

/// True if a lower order of Kneser–Ney is asked for its own sake, which it was not made for.
fn is_fragment(voice: &Voice, context: &[TokenId]) -> bool {
    let (Ok(model), Some(header)) = (voice.language_model(), voice.ngram_header()) else {
        return false;
    };
    let short = model.context_len().is_some_and(|len| context.len() < len);
    short && context.first() != Some(&TokenId::START) && header.is_kneser_ney()
}

fn answer(model: &dyn LanguageModel, text: &str, context: &[TokenId], args: &Args) -> Value {
    let outlook = model.outlook(context);
    let vocabulary = model.vocabulary();
    let top = outlook.best(args.top);
    let listed: f64 = top.iter().map(|c| c.log_prob.probability()).sum();
    let mut answer = json!({
        "model": args.model,
        "text": text,
        "context": context.iter().map(|id| id.0).collect::<Vec<_>>(),
        "entropy_bits": outlook.entropy_bits(),
        "effective_choices": outlook.effective_choices(),
        "covering_50": outlook.covering(0.5),
        "covering_90": outlook.covering(0.9),
        "top": top.iter().map(|c| candidate(vocabulary, model.evidence(), context, c)).collect::<Vec<_>>(),
        "tail": {"types": vocabulary.predicted() - top.len(), "p": (1.0 - listed).max(0.0)},
    });
    if let Some(evidence) = model.evidence() {
        let seen = evidence.of_context(context);
        answer["order_used"] = seen.order.into();
        answer["context_count"] = seen.times_seen.into();
        answer["distinct_followers"] = seen.followers.into();
    }
    answer
}

/// One candidate, as `next` and `narrow` give it in JSON.
pub(super) fn candidate(
    vocabulary: &Vocabulary,
    evidence: Option<&dyn Evidence>,
    context: &[TokenId],
    candidate: &Candidate,
) -> Value {
    let mut value = json!({
        "id": candidate.token.0,
        "text": vocabulary.display(candidate.token),
        "p": candidate.log_prob.probability(),
        "logprob": candidate.log_prob.ln(),
    });
    if let Some(evidence) = evidence {
        let seen = evidence.of_token(context, candidate.token);
        value["order"] = seen.order.into();
        value["count"] = seen.times_seen.into();
    }
    value
}

/// The answer for people.
fn table(voice: &Voice, model: &dyn LanguageModel, context: &[TokenId], top: usize) -> String {
    let outlook = model.outlook(context);
    let vocabulary = model.vocabulary();
    let mut out = headline(model, &*outlook, context);
    let mut columns = Columns::new(&[Side::Left, Side::Left, Side::Right, Side::Right, Side::Left]);
    let candidates = outlook.best(top);
    let mut lower = false;
    for candidate in &candidates {
        let p = candidate.log_prob.probability();
        let (times, order) = match model.evidence() {
            Some(evidence) => seen(evidence, context, candidate.token),
            None => Default::default(),
        };
        let surface = shown(vocabulary, candidate.token);
        let share = by_order(voice, model, context, candidate.token);
        let shaded = share.map_or_else(|| bar(p, WIDTH), |shares| shaded(&shares, WIDTH));
        lower |= shaded.contains(&SHADES[1..]);
        columns.row([surface, shaded, percent(p), times, order]);
    }
    let listed: f64 = candidates.iter().map(|c| c.log_prob.probability()).sum();
    let others = format!(
        "{} others",
        count((vocabulary.predicted() - candidates.len()) as u64)
    );
    let rest = percent((1.0 - listed).max(0.0));
    columns.row(["…".into(), others, rest, String::new(), String::new()]);
    out.push_str(&columns.to_string());
    if lower {
        out.push_str(LEGEND);
    }
    out
}

/// How long the bar of a certain token is.
const WIDTH: usize = 24;

/// What the longest context seen says, one shorter by a token, by two, and all shorter ones.
const SHADES: [char; 4] = ['█', '▓', '▒', '░'];

const LEGEND: &str =
    " █ says the longest context seen, ▓ one a token shorter, ▒ two, ░ still shorter ones\n";

/// What each order adds to a probability, by how many tokens it is shorter than the longest context
/// seen; `None` if the voice is no sum over orders.
fn by_order(
    voice: &Voice,
    model: &dyn LanguageModel,
    context: &[TokenId],
    token: TokenId,
) -> Option<[f64; 4]> {
    let explanation = match voice {
        Voice::Ngram(model) => ngram(model, context, token),
        Voice::Unbounded(model) => unbounded(model, context, token),
        _ => return None,
    };
    let Because::Shares(shares) = explanation.because else {
        return None;
    };
    let longest = model.evidence()?.of_context(context).order;
    let mut by_order = [0.0; 4];
    for share in shares {
        let shorter = longest.saturating_sub(share.order);
        by_order[shorter.min(SHADES.len() - 1)] += share.probability;
    }
    Some(by_order)
}

/// A bar whose parts have shades; one that is too short for that has none.
fn shaded(shares: &[f64; 4], width: usize) -> String {
    let cells = |share: f64| (share * width as f64).round() as usize;
    let mut drawn = String::new();
    let (mut reached, mut sum) = (0, 0.0);
    for (share, shade) in shares.iter().zip(SHADES) {
        sum += share;
        drawn.extend(std::iter::repeat_n(
            shade,
            cells(sum).saturating_sub(reached),
        ));
        reached = reached.max(cells(sum));
    }
    match drawn.is_empty() {
        true => bar(sum, width),
        false => drawn,
    }
}

fn headline(model: &dyn LanguageModel, outlook: &dyn Outlook, context: &[TokenId]) -> String {
    let mut lines = String::new();
    if let Some(evidence) = model.evidence() {
        let seen = evidence.of_context(context);
        let times = seen
            .times_seen
            .map(|times| format!("seen {}×, ", count(times)));
        let most = model.context_len().map(|len| format!(" of {}", len + 1));
        lines = format!(
            "{}{}, order {}{}: {}\n",
            times.unwrap_or_default(),
            followers(seen.followers),
            seen.order,
            most.unwrap_or_default(),
            match seen.order - 1 {
                0 => "no token of the context counts".into(),
                1 => "the last token counts".into(),
                tokens => format!("the last {tokens} tokens count"),
            },
        );
    }
    let (bits, choices) = (outlook.entropy_bits(), outlook.effective_choices());
    let of = count(model.vocabulary().predicted() as u64);
    let choices = figure(choices);
    lines
        + &format!(
            "H {bits:.1} bits ≈ {choices} choices of {of}: as hard to guess as one of {choices} equally likely tokens\n"
        )
}

fn followers(number: u64) -> String {
    match number {
        1 => "1 follower".into(),
        number => format!("{} different followers", count(number)),
    }
}

/// "25×", "order 4".
fn seen(evidence: &dyn Evidence, context: &[TokenId], token: TokenId) -> (String, String) {
    let seen = evidence.of_token(context, token);
    let times = seen.times_seen.map(|times| format!("{}×", count(times)));
    (times.unwrap_or_default(), format!("order {}", seen.order))
}

/// Stupid back-off ranks; there is no distribution to show.
fn scores(args: &Args, scorer: &Scorer, context: &[TokenId], console: &Console) -> Result<()> {
    let ids = scorer.vocabulary().ids().filter(|&id| id != TokenId::START);
    let mut ranked: Vec<(TokenId, f64)> = ids.map(|id| (id, scorer.score(context, id).0)).collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    ranked.truncate(args.top);
    let vocabulary = scorer.vocabulary();
    if args.json {
        let top = ranked.iter().map(
            |&(id, score)| json!({"id": id.0, "text": vocabulary.display(id), "log_score": score}),
        );
        return console.print_json(&json!({
            "model": args.model,
            "scores": "stupid back-off, not probabilities",
            "top": top.collect::<Vec<_>>(),
        }));
    }
    let mut columns = Columns::new(&[Side::Left, Side::Right, Side::Right, Side::Left]);
    for (id, score) in ranked {
        let (times, order) = seen(scorer, context, id);
        columns.row([
            shown(vocabulary, id),
            format!("{:.4}", score.exp()),
            times,
            order,
        ]);
    }
    console.print(format_args!(
        "scores of stupid back-off, not probabilities\n{columns}"
    ))
}
