//! `counterpoint narrow`: how each token of context narrows the choices, in one voice or several.

use serde_json::{Value, json};

use super::columns::{Columns, Side, bar, count, figure};
use super::console::Console;
use super::curve;
use super::next::candidate;
use super::prompt::{PromptArgs, VoicesArgs, ids, same_tokens, shown};
use super::reading::FormArgs;
use crate::error::{Error, ErrorKind, Result};
use crate::model::LanguageModel;
use crate::narrow::{Width, forward, look_back};
use crate::open::Opened;
use crate::token::{TokenId, Vocabulary};

/// Show how each token of context narrows the choices.
///
/// Each line reads one token more of your text: H is how open the next token is, in bits, and
/// ≈choices is 2^H, as many equally likely choices. "seen" and "followers" say what the counts
/// rest on: few choices after few sightings are thin evidence. ▲ marks a step that widened, as
/// one step may; on average over a language each step narrows.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  counterpoint narrow -m fables \"once upon a time\" --start
  counterpoint narrow -m fables,fables-nn \"down to the river and over the\" --look-back
  counterpoint narrow -m fables,fables-index --on held-out.txt")]
pub(super) struct Args {
    #[command(flatten)]
    pub(super) voices: VoicesArgs,
    #[command(flatten)]
    pub(super) prompt: PromptArgs,
    /// Show the average over a text that none has seen, for contexts of 0, 1, 2 … tokens (may be
    /// given more than once)
    #[arg(long, value_name = "HELDOUT", help_heading = "Corpus")]
    pub(super) on: Vec<String>,
    #[command(flatten)]
    pub(super) form: FormArgs,
    /// The longest context to show the average for
    #[arg(
        long,
        default_value_t = 10,
        value_name = "N",
        help_heading = "Corpus",
        requires = "on"
    )]
    pub(super) longest: usize,
    /// How many positions of the text to ask
    #[arg(
        long,
        default_value_t = 5000,
        value_name = "N",
        help_heading = "Corpus",
        requires = "on"
    )]
    pub(super) sample: usize,
    /// Stay at the end of the text, and let its last 0, 1, 2 … tokens be seen
    #[arg(long, help_heading = "Context")]
    pub(super) look_back: bool,
    /// How many candidates of each step --json lists
    #[arg(
        long,
        default_value_t = 10,
        value_name = "N",
        help_heading = "Output",
        requires = "json"
    )]
    top: usize,
    /// One JSON object
    #[arg(long, help_heading = "Output")]
    pub(super) json: bool,
}

pub(super) fn run(args: &Args, console: &Console) -> Result<()> {
    if !args.on.is_empty() {
        curve::check(args)?;
    }
    let models = console.open_all(&args.voices.model)?;
    same_tokens(&models, "narrow")?;
    if !args.on.is_empty() {
        return curve::run(args, &models, console);
    }
    let voices: Vec<&dyn LanguageModel> = models
        .iter()
        .map(|model| model.voice.language_model())
        .collect::<Result<_>>()?;
    let text = args.prompt.text()?;
    let ids = ids(&text, &models[0].voice)?;
    if ids.is_empty() {
        return Err(
            Error::new(ErrorKind::Usage, "there is no text to narrow with")
                .way_out("give a text: counterpoint narrow -m NAME \"once upon a time\""),
        );
    }
    let before = args.prompt.before();
    let widths = |voice: &&dyn LanguageModel| match args.look_back {
        true => look_back(*voice, &[&before[..], &ids].concat(), args.top),
        false => forward(*voice, &before, &ids, args.top),
    };
    let steps: Vec<Vec<Width>> = voices.iter().map(widths).collect();
    match args.json {
        true => console.print_json(&answer(args, &models, &voices, &before, &ids, &steps)),
        false => console.print(table(
            &args.voices.model,
            &voices,
            args.prompt.starts(),
            &steps,
        )),
    }
}

fn answer(
    args: &Args,
    models: &[Opened],
    voices: &[&dyn LanguageModel],
    before: &[TokenId],
    ids: &[TokenId],
    steps: &[Vec<Width>],
) -> Value {
    let vocabulary = models[0].voice.vocabulary();
    let token = |id: &TokenId| json!({"id": id.0, "text": vocabulary.display(*id), "bytes": vocabulary.surface(*id)});
    let whole = [before, ids].concat();
    let most = steps.iter().map(Vec::len).max().unwrap_or(0);
    let step = |step: usize| {
        let mut by_model = serde_json::Map::new();
        let mut added = None;
        for (position, name) in args.voices.model.iter().enumerate() {
            // Voices look back over different lengths: the shorter one has said all it can.
            if let Some(width) = steps[position].get(step) {
                added = added.or(width.added);
                let context = match args.look_back {
                    true => &whole[whole.len() - width.context_len..],
                    false => &whole[..width.context_len],
                };
                by_model.insert(name.clone(), width_json(voices[position], context, width));
            }
        }
        json!({"step": step, "added": added.map(|id| id.0), "models": by_model})
    };
    json!({
        "mode": if args.look_back { "lookback" } else { "forward" },
        "tokens": ids.iter().map(token).collect::<Vec<_>>(),
        "steps": (0..most).map(step).collect::<Vec<_>>(),
    })
}

fn width_json(model: &dyn LanguageModel, context: &[TokenId], width: &Width) -> Value {
    let vocabulary = model.vocabulary();
    let top = width
        .top
        .iter()
        .map(|c| candidate(vocabulary, model.evidence(), context, c));
    let listed: f64 = width.top.iter().map(|c| c.log_prob.probability()).sum();
    let mut value = json!({
        "context_len": width.context_len,
        "entropy_bits": width.entropy_bits,
        "effective_choices": width.effective_choices,
        "covering_50": width.covering_50,
        "covering_90": width.covering_90,
        "widened": width.widened,
        "top": top.collect::<Vec<_>>(),
        "tail": {"types": vocabulary.predicted() - width.top.len(), "p": (1.0 - listed).max(0.0)},
    });
    if let Some(seen) = width.evidence {
        value["order_used"] = seen.order.into();
        value["context_count"] = seen.times_seen.into();
        value["distinct_followers"] = seen.followers.into();
    }
    if let Some(actual) = width.actual {
        value["actual"] = json!({
            "id": actual.token.0,
            "p": actual.log_prob.probability(),
            "surprisal_bits": actual.log_prob.surprisal_bits(),
            "rank": actual.rank,
        });
    }
    value
}

/// The answer for people; `demo` shows it too.
pub(super) fn table(
    names: &[String],
    voices: &[&dyn LanguageModel],
    starts: bool,
    steps: &[Vec<Width>],
) -> String {
    let counted = voices.iter().position(|voice| voice.evidence().is_some());
    let mut sides = vec![Side::Left];
    let mut head = vec!["+token".to_string()];
    if counted.is_some() {
        sides.extend([Side::Right; 3]);
        head.extend(["seen", "followers", "order"].map(String::from));
    }
    for name in names {
        sides.extend([Side::Right, Side::Left, Side::Right, Side::Left]);
        head.extend([
            format!("{name} H"),
            String::new(),
            "≈choices".into(),
            String::new(),
        ]);
    }
    let mut columns = Columns::new(&sides);
    columns.row(head);
    let most = steps.iter().map(Vec::len).max().unwrap_or(0);
    for step in 0..most {
        let vocabulary = voices[0].vocabulary();
        let mut cells = vec![first_cell(vocabulary, starts, steps, step)];
        if let Some(voice) = counted {
            cells.extend(evidence_cells(steps[voice].get(step)));
        }
        for (widths, voice) in steps.iter().zip(voices) {
            cells.extend(width_cells(widths.get(step), voice.vocabulary()));
        }
        columns.row(cells);
    }
    let widened = steps.iter().flatten().any(|width| width.widened);
    let note = match widened {
        true => {
            " ▲ widened: this step left more choices than the one before, as single steps may\n"
        }
        false => "",
    };
    format!("{columns}{note}")
}

fn first_cell(vocabulary: &Vocabulary, starts: bool, steps: &[Vec<Width>], step: usize) -> String {
    let added = steps.iter().find_map(|widths| widths.get(step)?.added);
    match added {
        Some(token) => shown(vocabulary, token),
        None if starts && step == 0 => "<s>".into(),
        None => "∅".into(),
    }
}

fn evidence_cells(width: Option<&Width>) -> [String; 3] {
    match width.and_then(|width| width.evidence) {
        Some(seen) => [
            seen.times_seen.map_or_else(|| "?".into(), count),
            count(seen.followers),
            seen.order.to_string(),
        ],
        None => Default::default(),
    }
}

fn width_cells(width: Option<&Width>, vocabulary: &Vocabulary) -> [String; 4] {
    let Some(width) = width else {
        return Default::default();
    };
    let most = (vocabulary.predicted() as f64).log2();
    let mark = if width.widened { "▲" } else { "" };
    [
        format!("{:.1}", width.entropy_bits),
        bar(width.entropy_bits / most, 12),
        figure(width.effective_choices),
        mark.into(),
    ]
}
