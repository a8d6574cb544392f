//! `counterpoint narrow`: how each token of context narrows the choices, in one voice or several.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::columns::{Columns, Side, bar, count, figure, percent};
use super::console::Console;
use super::contexts;
use super::curve;
use super::next::candidate;
use super::prompt::{PromptArgs, VoicesArgs, ids, same_tokens, shown, the_token};
use super::reading::FormArgs;
use crate::error::{Error, ErrorKind, Result};
use crate::model::LanguageModel;
use crate::narrow::{Width, forward, look_back};
use crate::ngram::next::Sought;
use crate::open::Opened;
use crate::token::{TokenId, Vocabulary};

/// Show how each token of context narrows the choices.
///
/// Each line reads one token more of your text, and says how open the next one is then. H is the
/// uncertainty in bits; ≈choices is 2^H: as many equally likely tokens would leave you as unsure.
/// "half" and "90%" are how many of the likeliest tokens it takes to be right half of the time, and
/// nine times in ten. "came" is how probable the token was that came, "rank" its place among all.
/// "gained" is how many bits the token took off the uncertainty about what is next. "seen" and
/// "followers" say what the counts rest on: few choices after few sightings are thin evidence. ▲ marks
/// a step that widened, as one step may; on average over a language each step narrows.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  counterpoint narrow -m fables \"once upon a time\" --start
  counterpoint narrow -m fables,fables-nn \"down to the river and over the\" --look-back --then old
  counterpoint narrow -m fables --contexts 10
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
    /// The token that comes after the text: how probable it is at the last step, or with --look-back
    /// at each
    #[arg(long, value_name = "TOKEN", help_heading = "Context", conflicts_with_all = ["on", "contexts"])]
    then: Option<String>,
    /// List the N contexts of an n-gram model whose first token narrows most, and the N that leave most
    /// open
    #[arg(long, value_name = "N", help_heading = "Corpus", conflicts_with_all = ["on", "look_back", "start", "text"])]
    contexts: Option<usize>,
    /// Only contexts that were seen so often
    #[arg(
        long,
        default_value_t = 10,
        value_name = "TIMES",
        help_heading = "Corpus",
        requires = "contexts"
    )]
    seen: u64,
    /// Show every column, for several models too
    #[arg(long, help_heading = "Output", conflicts_with_all = ["on", "contexts"])]
    wide: bool,
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
    if let Some(number) = args.contexts {
        let [model] = &models[..] else {
            return Err(
                Error::new(ErrorKind::Usage, "contexts are those of one model")
                    .at("--contexts")
                    .way_out("name one n-gram model with -m"),
            );
        };
        let sought = [Sought::Decisive, Sought::Open];
        return contexts::list(model, &sought, args.seen, number, args.json, console);
    }
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
    let then = args
        .then
        .as_deref()
        .map(|word| the_token(word, &models[0], console));
    let then = then.transpose()?;
    let widths = |voice: &&dyn LanguageModel| match args.look_back {
        true => look_back(*voice, &[&before[..], &ids].concat(), then, args.top),
        false => forward(*voice, &before, &ids, then, args.top),
    };
    let steps: Vec<Vec<Width>> = voices.iter().map(widths).collect();
    match args.json {
        true => console.print_json(&answer(args, &models, &voices, &before, &ids, &steps)),
        false => {
            let mode = Mode {
                starts: args.prompt.starts(),
                look_back: args.look_back,
                then,
                wide: args.wide || voices.len() == 1,
            };
            console.print(table(&args.voices.model, &voices, mode, &steps))
        }
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
        "gained_bits": width.gained_bits,
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

/// How the steps are to be shown.
#[derive(Clone, Copy)]
pub(super) struct Mode {
    /// The text starts a sentence.
    pub(super) starts: bool,
    /// The steps go back from the end of the text.
    pub(super) look_back: bool,
    /// What came after the text.
    pub(super) then: Option<TokenId>,
    /// Every column is shown.
    pub(super) wide: bool,
}

impl Mode {
    /// A column says how probable the token was that came.
    fn says_came(self) -> bool {
        !self.look_back || self.then.is_some()
    }

    /// The step at which a line's token was expected: going back, it is the same token every time.
    fn expected_at(self, step: usize) -> Option<usize> {
        match self.look_back {
            true => Some(step),
            false => step.checked_sub(1),
        }
    }
}

/// The answer for people; `demo` shows it too.
pub(super) fn table(
    names: &[String],
    voices: &[&dyn LanguageModel],
    mode: Mode,
    steps: &[Vec<Width>],
) -> String {
    let vocabulary = voices[0].vocabulary();
    let counted = voices.iter().position(|voice| voice.evidence().is_some());
    let mut sides = vec![Side::Left];
    let mut head = vec!["+token".to_string()];
    if counted.is_some() {
        sides.extend([Side::Right; 3]);
        head.extend(["seen", "followers", "order"].map(String::from));
    }
    for name in names {
        voice_head(name, mode, &mut head, &mut sides);
    }
    let mut columns = Columns::new(&sides);
    columns.row(head);
    let most = steps.iter().map(Vec::len).max().unwrap_or(0);
    for step in 0..most {
        let mut cells = vec![first_cell(vocabulary, mode.starts, steps, step)];
        if let Some(voice) = counted {
            cells.extend(evidence_cells(steps[voice].get(step)));
        }
        for widths in steps {
            voice_cells(widths, step, vocabulary, mode, &mut cells);
        }
        columns.row(cells);
    }
    // What comes after the text has no line of its own but this.
    if let Some(then) = mode.then.filter(|_| !mode.look_back) {
        let mut cells = vec![shown(vocabulary, then)];
        if counted.is_some() {
            cells.extend([(); 3].map(|()| String::new()));
        }
        for widths in steps {
            voice_cells(widths, most, vocabulary, mode, &mut cells);
        }
        columns.row(cells);
    }
    let counts = match counted {
        Some(_) => COUNTS,
        None => "",
    };
    let widened = why_widened(vocabulary, counted, mode, steps);
    format!("{columns}{CHOICES}{counts}{widened}")
}

/// What stands in the columns, for who has not read the help.
const CHOICES: &str = " ≈choices: the next token is as hard to guess as one of so many equally likely ones; H: that in bits\n";
const COUNTS: &str =
    " seen: how often the corpus has the last tokens; followers: how many different ones came next there;
 order: how many tokens that is, with the next one\n";

fn voice_head(name: &str, mode: Mode, head: &mut Vec<String>, sides: &mut Vec<Side>) {
    let mut add = |titles: &[&str], side: &[Side]| {
        head.extend(titles.iter().map(|&title| title.to_owned()));
        sides.extend(side);
    };
    let (left, right) = (Side::Left, Side::Right);
    if mode.says_came() {
        add(&["came"], &[right]);
        if mode.wide {
            add(&["rank"], &[right]);
        }
    }
    add(
        &[&format!("{name} H"), "", "≈choices"],
        &[right, left, right],
    );
    if mode.wide {
        add(&["half", "90%", "gained"], &[right; 3]);
    }
    add(&[""], &[left]);
}

/// What one voice says in a line.
fn voice_cells(
    widths: &[Width],
    step: usize,
    vocabulary: &Vocabulary,
    mode: Mode,
    cells: &mut Vec<String>,
) {
    if mode.says_came() {
        let before = mode.expected_at(step).and_then(|before| widths.get(before));
        let came = before.and_then(|before| before.actual);
        cells.push(came.map_or_else(String::new, |came| percent(came.log_prob.probability())));
        if mode.wide {
            cells.push(came.map_or_else(String::new, |came| count(came.rank as u64)));
        }
    }
    let Some(width) = widths.get(step) else {
        let blank = if mode.wide { 7 } else { 4 };
        cells.extend((0..blank).map(|_| String::new()));
        return;
    };
    let most = (vocabulary.predicted() as f64).log2();
    cells.extend([
        format!("{:.1}", width.entropy_bits),
        bar(width.entropy_bits / most, 12),
        figure(width.effective_choices),
    ]);
    if mode.wide {
        let gained = width.gained_bits.map(|gained| format!("{gained:+.1}"));
        cells.extend([
            count(width.covering_50 as u64),
            count(width.covering_90 as u64),
            gained.unwrap_or_default(),
        ]);
    }
    cells.push(if width.widened { "▲" } else { "" }.into());
}

/// So many steps that widened are explained.
const EXPLAINED: usize = 3;

/// Lines that say what ▲ means, and what the counts have to do with it.
fn why_widened(
    vocabulary: &Vocabulary,
    counted: Option<usize>,
    mode: Mode,
    steps: &[Vec<Width>],
) -> String {
    if !steps.iter().flatten().any(|width| width.widened) {
        return String::new();
    }
    let mut lines = String::from(
        " ▲ widened: this step left more choices than the one before, as single steps may\n",
    );
    let widths = counted.map_or(&[][..], |voice| &steps[voice]);
    let pairs = widths.windows(2).filter(|pair| pair[1].widened);
    for pair in pairs.take(EXPLAINED) {
        let [before, after] = pair else {
            unreachable!("windows of two")
        };
        let (Some(then), Some(now), Some(token)) = (before.evidence, after.evidence, after.added)
        else {
            continue;
        };
        let token = shown(vocabulary, token);
        let followers = count(now.followers);
        // Going back, a context can only become longer.
        let why = match (mode.look_back, now.order.cmp(&then.order)) {
            (false, Ordering::Less) => format!(
                "'{token}' is new after what was before, so only the last {} of the text still count",
                now.order - 1
            ),
            (false, Ordering::Equal) => format!(
                "with '{token}' the last {} of the text count, as many as before, and other ones",
                now.order - 1
            ),
            (false, Ordering::Greater) if now.followers == 1 => {
                format!("after '{token}' the corpus goes on in one way")
            }
            (false, Ordering::Greater) => {
                format!("after '{token}' the corpus goes on in {followers} ways")
            }
            (true, Ordering::Less | Ordering::Equal) => {
                format!("with '{token}' before them, these were never seen")
            }
            (true, Ordering::Greater) => format!(
                "the choices after '{token}' are more alike, though only {followers} were seen"
            ),
        };
        lines.push_str(&format!("   {why}\n"));
    }
    lines
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
