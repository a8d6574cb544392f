//! `counterpoint narrow --on`: how much each token of context narrows on average.

use serde_json::{Value, json};

use super::columns::{Columns, Side, bar, count};
use super::console::Console;
use super::narrow::Args;
use super::reading::read;
use crate::error::{Error, ErrorKind, Result};
use crate::narrow::{Curve, Mean, curve};
use crate::open::{Opened, Voice};
use crate::progress::Stage;

pub(super) fn run(args: &Args, models: &[Opened], console: &Console) -> Result<()> {
    let first = &models[0].voice;
    let corpus = args.form.open(&args.on, first.reading())?;
    let stages = 1 + models.len();
    let text = read(
        &corpus,
        first.reading(),
        first.vocabulary(),
        (1, stages),
        console,
    )?;
    let sentences: Vec<_> = text.sentences().collect();
    let mut curves = Vec::with_capacity(models.len());
    for (model, number) in models.iter().zip(2..) {
        console.progress().stage(Stage {
            number,
            of: stages,
            name: "narrow",
            unit: "positions",
            total: Some(args.sample as u64),
        });
        let voice = model.voice.language_model()?;
        curves.push(curve(
            voice,
            &sentences,
            args.longest,
            args.sample,
            console.progress(),
        ));
    }
    match args.json {
        true => console.print_json(&answer(args, &curves)),
        false => {
            if models.iter().any(lower_orders_mislead) {
                console.say(LOWER_ORDERS);
            }
            console.print(table(args, &curves))
        }
    }
}

const LOWER_ORDERS: &str = "\
note: Kneser–Ney's lower orders count different neighbours, not occurrences: shown less context than
      it was made for, such a model does worse than one that was made for that";

fn lower_orders_mislead(model: &Opened) -> bool {
    matches!(&model.voice, Voice::Ngram(model) if model.header().is_kneser_ney())
}

/// What asks for nothing is refused before the work.
pub(super) fn check(args: &Args) -> Result<()> {
    let refuse = |what: &str, place: String| {
        Err(Error::new(ErrorKind::Usage, what)
            .at(place)
            .way_out("leave one of them out"))
    };
    if args.look_back || !args.prompt.text()?.is_empty() {
        return refuse(
            "the average over a text has no prompt and no direction",
            format!("--on {}", args.on.join(" ")),
        );
    }
    if args.sample == 0 {
        return refuse("no position is to be asked", "--sample 0".into());
    }
    Ok(())
}

fn answer(args: &Args, curves: &[Curve]) -> Value {
    let mean = |mean: Mean| {
        let margin = mean.margin.is_finite().then_some(mean.margin);
        json!({"bits": mean.bits.is_finite().then_some(mean.bits), "margin_95": margin})
    };
    let points = |curve: &Curve| {
        let points = curve.points.iter().map(|point| {
            json!({
                "context_len": point.context_len,
                "surprisal": mean(point.surprisal),
                "gained": point.gained.map(mean),
                "entropy": mean(point.entropy),
            })
        });
        points.collect::<Vec<_>>()
    };
    let curves = args.voices.model.iter().zip(curves).map(|(name, curve)| {
        json!({
            "model": name,
            "positions": curve.positions,
            "entropies": curve.entropies,
            "points": points(curve),
        })
    });
    json!({"mode": "curve", "curves": curves.collect::<Vec<_>>()})
}

fn table(args: &Args, curves: &[Curve]) -> String {
    let mut sides = vec![Side::Right];
    let mut head = vec!["context".to_owned()];
    for name in &args.voices.model {
        sides.extend([Side::Right, Side::Left, Side::Right, Side::Right]);
        head.extend([
            format!("{name} bits"),
            String::new(),
            "gained".into(),
            "H".into(),
        ]);
    }
    let mut columns = Columns::new(&sides);
    columns.row(head);
    let most = curves
        .iter()
        .map(|curve| curve.points.len())
        .max()
        .unwrap_or(0);
    for length in 0..most {
        let mut row = vec![length.to_string()];
        for curve in curves {
            let widest = curve.points[0].surprisal.bits;
            row.extend(match curve.points.get(length) {
                None => Default::default(),
                Some(point) => [
                    shown(point.surprisal),
                    bar(point.surprisal.bits / widest, 12),
                    point.gained.map(shown).unwrap_or_default(),
                    format!("{:.2}", point.entropy.bits),
                ],
            });
        }
        columns.row(row);
    }
    let Curve {
        positions,
        entropies,
        ..
    } = curves[0];
    format!(
        "{columns} averages over {} positions (H over {}) with 95% intervals\n",
        count(positions as u64),
        count(entropies as u64),
    )
}

/// "4.81 ±0.06".
fn shown(mean: Mean) -> String {
    match mean {
        Mean { bits, .. } if !bits.is_finite() => "∞".into(),
        // The sum with zero turns −0.0, which prints badly, into 0.0.
        Mean { bits, margin } => {
            let bits = (100.0 * bits).round() / 100.0 + 0.0;
            match margin.is_finite() {
                true => format!("{bits:.2} ±{margin:.2}"),
                false => format!("{bits:.2}"),
            }
        }
    }
}
