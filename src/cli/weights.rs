//! `counterpoint weights`: what is inside the neural voice.

use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};

use super::columns::{Columns, Side, count, percent};
use super::console::{Console, done};
use super::prompt::{ids, shown};
use super::reading::spare;
use super::why::{best_other, near, reasons};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Distribution, LanguageModel};
use crate::neural::{Change, NeuralModel, Tensor};
use crate::open::{Opened, Voice, path_of};
use crate::prob::bits;
use crate::store::AtomicFile;
use crate::token::TokenId;
use crate::weights::{draw, map};

/// Show what the weights of a neural model mean.
///
/// Without any other option it lists the tensors. --near shows which tokens lie close to a token,
/// --map where tokens lie, --token what pushed a choice after a --context, and --change what one
/// weight more or less would do to what comes next.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  counterpoint weights -m fables-nn --near fox river
  counterpoint weights -m fables-nn --map fables.svg
  counterpoint weights -m fables-nn --context \"once upon a\" --token time
  counterpoint weights -m fables-nn --context \"once upon a\" --change output.bias:3,0=+0.5")]
pub(super) struct Args {
    /// The neural model
    #[arg(short, long, value_name = "NAME", help_heading = "Model")]
    model: String,
    /// Show the tokens whose embeddings lie nearest to these (cosine)
    #[arg(long, num_args = 1.., value_name = "TOKEN", help_heading = "Questions")]
    near: Vec<String>,
    /// Draw where the most probable tokens lie (two principal components), as SVG; - for standard
    /// output
    #[arg(long, value_name = "FILE.svg", help_heading = "Questions")]
    map: Option<String>,
    /// Say what pushed this token, after --context
    #[arg(long, value_name = "TOKEN", help_heading = "Questions")]
    token: Option<String>,
    /// Add to a weight: TENSOR:ROW,COLUMN=+0.5; what comes next before and after (may be given more
    /// than once, for changes made together)
    #[arg(long, value_name = "CHANGE", value_parser = change, help_heading = "Questions")]
    change: Vec<Change>,
    /// The text before
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true,
        help_heading = "Context"
    )]
    context: String,
    /// The text starts a sentence (<s> is put before it)
    #[arg(long, help_heading = "Context")]
    start: bool,
    /// The token that --token is preferred to, or not [default: the most probable other one]
    #[arg(
        long,
        value_name = "TOKEN",
        requires = "token",
        help_heading = "Context"
    )]
    against: Option<String>,
    /// How many tokens the map shows
    #[arg(long, value_name = "N", default_value_t = 150, help_heading = "Output")]
    map_tokens: usize,
    /// How many lines each answer has
    #[arg(long, value_name = "N", default_value_t = 10, help_heading = "Output")]
    top: usize,
    /// One JSON object
    #[arg(long, help_heading = "Output")]
    json: bool,
}

/// For clap: `TENSOR:ROW,COLUMN=+0.5`.
fn change(word: &str) -> std::result::Result<Change, String> {
    let parse = || {
        let (place, by) = word.split_once('=')?;
        let (tensor, place) = place.rsplit_once(':')?;
        let (row, col) = place.split_once(',')?;
        let signed = by.starts_with(['+', '-']);
        let by: f32 = by
            .parse()
            .ok()
            .filter(|by: &f32| signed && by.is_finite())?;
        Some(Change {
            tensor: tensor.to_owned(),
            row: row.trim().parse().ok()?,
            col: col.trim().parse().ok()?,
            by,
        })
    };
    parse().ok_or_else(|| "a change is TENSOR:ROW,COLUMN=+0.5, its amount with + or -".to_owned())
}

pub(super) fn run(args: &Args, console: &Console) -> Result<()> {
    let opened = console.open(&args.model)?;
    let Voice::Neural(model) = &opened.voice else {
        let what = format!(
            "'{}' has no weights: {}",
            args.model,
            opened.voice.describe()
        );
        return Err(Error::new(ErrorKind::Usage, what)
            .at("weights -m")
            .way_out("name a model made by `train`; `next` and `info` show what others know"));
    };
    if args.json && args.map.as_deref() == Some("-") {
        let what = "--json and the picture cannot both go to standard output";
        return Err(Error::new(ErrorKind::Usage, what).way_out("name a file for it: map.svg"));
    }
    let mut answers = Answers {
        json: json!({"model": args.model}),
        text: Vec::new(),
    };
    let mut context = if args.start {
        vec![TokenId::START]
    } else {
        Vec::new()
    };
    context.extend(ids(&args.context, &opened.voice)?);
    for token in &args.near {
        let (value, text) = near(model, known(token, "--near", &opened)?, args.top);
        answers.add("near", value, text);
    }
    if let Some(token) = &args.token {
        let token = known(token, "--token", &opened)?;
        let against = match &args.against {
            Some(other) => known(other, "--against", &opened)?,
            None => best_other(model, &context, token),
        };
        let (value, text) = reasons(model, &context, token, against, args.top);
        answers.add("why", value, text);
    }
    if !args.change.is_empty() {
        answers.add_change(model, &context, &args.change, args.top)?;
    }
    if let Some(file) = &args.map {
        draw_map(args, model, file, &mut answers, console)?;
    }
    if answers.text.is_empty() && args.map.is_none() {
        answers.add_tensors(model);
    }
    match args.json {
        true => console.print_json(&answers.json),
        false => console.print(answers.text.join("\n")),
    }
}

/// The token of a word, which must be in the vocabulary and may be predicted.
fn known(word: &str, option: &str, opened: &Opened) -> Result<TokenId> {
    let found = opened.voice.vocabulary().id(word.as_bytes());
    match found.filter(|token| *token != TokenId::START) {
        Some(token) => Ok(token),
        None => {
            let what = format!("'{word}' is no token that '{}' predicts", opened.name);
            Err(Error::new(ErrorKind::Usage, what)
                .at(format!("{option} {word}"))
                .way_out(format!(
                    "it reads text as {}; `counterpoint tokens` shows how",
                    opened.voice.reading().tokenizer
                )))
        }
    }
}

/// What was asked, answered for people and for programs.
struct Answers {
    json: Value,
    text: Vec<String>,
}

impl Answers {
    /// Adds an answer to the list of its kind.
    fn add(&mut self, kind: &str, value: Value, text: String) {
        match self.json[kind].as_array_mut() {
            Some(list) => list.push(value),
            None => self.json[kind] = json!([value]),
        }
        self.text.push(text);
    }

    fn add_change(
        &mut self,
        model: &NeuralModel,
        context: &[TokenId],
        changes: &[Change],
        top: usize,
    ) -> Result<()> {
        let network = model.network().changed(changes)?;
        let changed =
            NeuralModel::new(model.header().clone(), model.vocabulary().clone(), network)?;
        let (before, after) = (model.distribution(context), changed.distribution(context));
        let vocabulary = model.vocabulary();
        let tokens = either_top(&before, &after, top);
        let p = |distribution: &Distribution, token| distribution.log_prob(token).probability();
        let mut columns = Columns::new(&[Side::Left, Side::Right, Side::Right, Side::Right]);
        columns.row(["", "before", "after", "bits"]);
        for &token in &tokens {
            columns.row([
                shown(vocabulary, token),
                percent(p(&before, token)),
                percent(p(&after, token)),
                format!("{:+.3}", gained_bits(&before, &after, token)),
            ]);
        }
        let list = tokens.iter().map(|&token| {
            json!({
                "id": token.0,
                "text": vocabulary.display(token),
                "p_before": p(&before, token),
                "p_after": p(&after, token),
            })
        });
        let (h, h_after) = (before.entropy_bits(), after.entropy_bits());
        let value = json!({
            "changes": changes.iter().map(described).collect::<Vec<_>>(),
            "entropy_bits_before": h,
            "entropy_bits_after": h_after,
            "top": list.collect::<Vec<_>>(),
        });
        let what = changes.iter().map(described).collect::<Vec<_>>().join(", ");
        let text = format!("with {what}\nH {h:.3} → {h_after:.3} bits\n{columns}");
        self.add("change", value, text);
        Ok(())
    }

    fn add_tensors(&mut self, model: &NeuralModel) {
        let sides = [
            Side::Left,
            Side::Right,
            Side::Right,
            Side::Right,
            Side::Right,
            Side::Right,
        ];
        let mut columns = Columns::new(&sides);
        columns.row([
            "tensor",
            "rows",
            "columns",
            "smallest",
            "root mean square",
            "largest",
        ]);
        let mut list = Vec::new();
        for tensor in model.network().parts() {
            let [least, middle, most] = spread(&tensor);
            columns.row([
                tensor.name.clone(),
                count(tensor.rows as u64),
                count(tensor.cols as u64),
                format!("{least:.3}"),
                format!("{middle:.3}"),
                format!("{most:.3}"),
            ]);
            list.push(json!({
                "name": tensor.name, "rows": tensor.rows, "columns": tensor.cols,
                "smallest": least, "root_mean_square": middle, "largest": most,
            }));
        }
        self.json["tensors"] = list.into();
        self.text.push(columns.to_string());
    }
}

/// The most probable tokens before and after, in the order of the better place.
fn either_top(before: &Distribution, after: &Distribution, top: usize) -> Vec<TokenId> {
    let (before, after) = (before.top(top), after.top(top));
    let mut tokens: Vec<TokenId> = Vec::new();
    for token in before.iter().chain(&after).map(|candidate| candidate.token) {
        if !tokens.contains(&token) {
            tokens.push(token);
        }
    }
    tokens
}

fn gained_bits(before: &Distribution, after: &Distribution, token: TokenId) -> f64 {
    bits(after.log_prob(token).ln() - before.log_prob(token).ln())
}

fn described(change: &Change) -> String {
    format!(
        "{}:{},{}={:+}",
        change.tensor, change.row, change.col, change.by
    )
}

/// The smallest number, the root of the mean square, and the largest.
fn spread(tensor: &Tensor) -> [f64; 3] {
    let values = || tensor.values.iter().map(|&value| f64::from(value));
    let squares: f64 = values().map(|value| value * value).sum();
    [
        values().fold(f64::INFINITY, f64::min),
        (squares / tensor.values.len() as f64).sqrt(),
        values().fold(f64::NEG_INFINITY, f64::max),
    ]
}

/// Draws the tokens that are most probable where nothing is known, but for the special ones.
fn draw_map(
    args: &Args,
    model: &NeuralModel,
    file: &str,
    answers: &mut Answers,
    console: &Console,
) -> Result<()> {
    let vocabulary = model.vocabulary();
    let ranked = model.distribution(&[]).ranked();
    let tokens = ranked.iter().map(|candidate| candidate.token);
    let tokens: Vec<TokenId> = tokens
        .filter(|token| token.index() >= TokenId::SPECIALS)
        .take(args.map_tokens)
        .collect();
    let map = map(model.network(), &tokens);
    let labels: Vec<String> = tokens
        .iter()
        .map(|&token| shown(vocabulary, token))
        .collect();
    let title = format!(
        "{}: embeddings of its {} most probable tokens",
        args.model,
        tokens.len()
    );
    let picture = draw(&map, &labels, &title);
    if file == "-" {
        return console.print(picture);
    }
    let path = Path::new(file);
    spare(path_of(&args.model).to_str(), path)?;
    let mut written = AtomicFile::create(path)?;
    let all = written.write_all(picture.as_bytes());
    all.map_err(|error| written.failure(error))?;
    written.commit()?;
    let places = map.places.iter().map(|place| {
        let name = vocabulary.display(place.token);
        json!({"id": place.token.0, "text": name, "x": place.x, "y": place.y})
    });
    answers.json["map"] = json!({
        "path": file,
        "variance": map.variance,
        "places": places.collect::<Vec<_>>(),
    });
    if !args.json {
        let [x, y] = map.variance.map(percent);
        console.say(done(format_args!(
            "{file}: {} tokens, two components with {x} and {y} of their variance",
            tokens.len()
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_read_to_the_letter() {
        let read = change("hidden.weights:3,12=-0.25").unwrap();
        assert_eq!(
            (read.tensor.as_str(), read.row, read.col, read.by),
            ("hidden.weights", 3, 12, -0.25)
        );
        assert_eq!(described(&read), "hidden.weights:3,12=-0.25");
        for wrong in [
            "",
            "a:1,2",
            "a:1,2=0.5",
            "a:1=+0.5",
            "a:1,-2=+1",
            "a:1,2=+inf",
            "1,2=+1",
        ] {
            assert!(change(wrong).is_err(), "{wrong}");
        }
    }
}
