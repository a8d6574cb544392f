//! Here are figures; say in plain words what they say, and no more.

use super::html::{escaped, voice};
use crate::cli::columns::{count, figure};
use crate::cli::compare::Measured;
use crate::compare::Details;
use crate::compare::bootstrap::Interval;
use crate::compare::buckets::Table;
use crate::open::Opened;
use crate::text::Unit;
use crate::token::Tokenizer;

/// What a token is to these voices, in the plural.
pub(super) fn tokens(model: &Opened) -> &'static str {
    match model.voice.reading().tokenizer {
        Tokenizer::Words => "words and punctuation marks",
        Tokenizer::Whitespace => "words",
        Tokenizer::Characters => "characters",
        Tokenizer::Bytes => "bytes",
        Tokenizer::Notes(_) => "notes and bar lines",
        Tokenizer::Subwords(_) => "pieces of words",
    }
}

/// What a voice takes for a text of its own, from start to end.
pub(super) fn sentence(model: &Opened) -> &'static str {
    let reading = model.voice.reading();
    match (&reading.tokenizer, reading.unit) {
        (Tokenizer::Notes(_), _) | (_, Unit::Tune(_)) => "tune",
        (_, Unit::Document) => "document",
        (_, Unit::Line) => "sentence",
    }
}

/// The page in a few sentences.
pub(super) fn brief(measured: &Measured, models: &[Opened]) -> Vec<String> {
    let mut said = Vec::new();
    let name = |number: usize| voice(&models[number].name, number);
    let choices = |number: usize| {
        let perplexity = measured.rows[number].figures.totals.perplexity();
        perplexity.is_finite().then(|| figure(perplexity))
    };
    if measured.same_tokens {
        let each: Option<Vec<String>> = (0..models.len())
            .map(|number| Some(format!("{} among {}", name(number), choices(number)?)))
            .collect();
        if let Some(each) = each {
            said.push(format!(
                "Before each token the voices had to guess what comes. On average their guess was as hard \
                 as choosing blindly among so many equally likely tokens: {}. Fewer is better.",
                each.join(", ")
            ));
        }
    }
    if let Some(details) = &measured.details {
        let right =
            details.calibrations.iter().enumerate().map(|(number, by)| {
                format!("{} {:.0} times", name(number), 100.0 * by.right.value)
            });
        said.push(format!(
            "Of every hundred tokens, the first guess was right: {}.",
            right.collect::<Vec<_>>().join(", ")
        ));
    }
    for difference in measured.differences.iter().take(models.len() - 1) {
        let other = models
            .iter()
            .position(|model| model.name == difference.voice);
        let other = other.map_or_else(|| escaped(&difference.voice), name);
        let times = measured.resampling.times;
        let won = (difference.better * times as f64).round() as usize;
        let foresees = |better: &str, worse: &str, won: usize| {
            format!(
                "{better} foresees this text better than {worse}. That is more than the luck of these {}s: \
                 when as many were drawn from them at random, {} times over, it came out so in {}.",
                sentence(&models[0]),
                count(times as u64),
                count(won as u64),
            )
        };
        said.push(match difference.interval {
            Some(Interval { low, .. }) if low > 0.0 => foresees(&name(0), &other, times - won),
            Some(Interval { high, .. }) if high < 0.0 => foresees(&other, &name(0), won),
            _ => format!(
                "Which of {} and {other} foresees such text better, this text cannot tell.",
                name(0)
            ),
        });
    }
    if let (true, Some(mixed)) = (measured.same_tokens, measured.rows.last()) {
        let alone = measured.rows[..models.len()].iter();
        let bits = |row: &crate::cli::compare::Row| row.figures.totals.bits_per_byte();
        let best = alone.map(bits).fold(f64::INFINITY, f64::min);
        if bits(mixed) < best && measured.rows.len() > models.len() {
            let perplexity = mixed.figures.totals.perplexity();
            said.push(format!(
                "Asked together, with equal weight, they do better than each alone: {} \
                 choices. They err in different places.",
                figure(perplexity)
            ));
        }
    }
    said
}

/// What was read.
pub(super) fn text_read(measured: &Measured, model: &Opened, files: &[String]) -> String {
    let totals = &measured.rows[0].figures.totals;
    format!(
        "Judged on {}: {} {}s, {} tokens, {} bytes.",
        escaped(&files.join(", ")),
        count(totals.sentences()),
        sentence(model),
        count(totals.tokens()),
        count(totals.bytes()),
    )
}

/// Which rows of a table show a difference from the first voice that is larger than its margin.
pub(super) fn verdicts(
    details: &Details,
    table: &Table,
    number: impl Fn(&str) -> usize,
) -> Vec<String> {
    let first = voice(&details.voices[0], 0);
    let others = details.voices[1..].iter().enumerate();
    let said = others.map(|(at, name)| {
        let rows_where = |sign: f64| {
            let rows = table.rows.iter().filter(|row| {
                let difference = row.differences[at];
                sign * difference.value > difference.margin
            });
            rows.map(|row| row.bucket.as_str())
                .collect::<Vec<_>>()
                .join(", ")
        };
        let other = voice(name, number(name));
        match (rows_where(1.0), rows_where(-1.0)) {
            (a, b) if a.is_empty() && b.is_empty() => {
                format!("Between {first} and {other} no row differs by more than its margin.")
            }
            (a, b) if b.is_empty() => surely(&first, &other, &a),
            (a, b) if a.is_empty() => surely(&other, &first, &b),
            (a, b) => format!("{first} is better at: {a}; {other} at: {b}."),
        }
    });
    said.collect()
}

fn surely(better: &str, worse: &str, rows: &str) -> String {
    format!(
        "{better} is better than {worse} at: {rows}. Other rows differ by less than their margins."
    )
}
