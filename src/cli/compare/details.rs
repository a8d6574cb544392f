//! Here is where and why voices differ; show it in a terminal.

use anstyle::Style;

use crate::cli::columns::{Columns, Side, count, percent, perplexity};
use crate::cli::prompt::on_one_line;
use crate::compare::buckets::{Parting, Row, Table};
use crate::compare::calibration::{BINS, Bin, Calibration};
use crate::compare::mean::Mean;
use crate::compare::probe::{Choice, Divergence};
use crate::compare::wins::{Win, Wins};
use crate::compare::{Details, Excerpt};

const MARKED: Style = anstyle::AnsiColor::Red.on_default().bold();

/// All of it, a part after another.
pub(super) fn text(details: &Details) -> String {
    let mut out = String::new();
    for table in &details.tables {
        out += &bucket_table(details, table);
    }
    for divergence in &details.divergences {
        out += &divergence_text(details, divergence);
    }
    out += &calibration_text(details);
    for wins in &details.wins {
        out += &wins_text(details, wins);
    }
    out
}

/// What the places of a table are parted by, and the head of its buckets.
pub(in crate::cli) fn title(by: Parting) -> (&'static str, &'static str) {
    match by {
        Parting::Frequency => ("by how often the token was seen in training", "seen"),
        Parting::Context => ("by how often the whole context was seen", "context"),
        Parting::Order => (
            "by the longest n-gram that ends in the token and was seen",
            "tokens long",
        ),
        Parting::Position => ("by the place in the sentence", "place"),
    }
}

fn bucket_table(details: &Details, table: &Table) -> String {
    let voices = details.voices.len();
    let mut sides = vec![Side::Left];
    sides.extend(vec![Side::Right; 1 + 2 * voices]);
    let mut columns = Columns::new(&sides);
    let (what, head) = title(table.by);
    let mut head = vec![head.to_owned(), "tokens".into(), String::new()];
    head.extend(details.voices.iter().cloned());
    let first = &details.voices[0];
    head.extend(
        details.voices[1..]
            .iter()
            .map(|voice| format!("{voice} − {first}")),
    );
    columns.row(head);
    for row in &table.rows {
        columns.row(bucket_row(row));
    }
    let counts = match (table.by, &details.counts_of) {
        (Parting::Position, _) | (_, None) => String::new(),
        (_, Some(voice)) => format!(", as {voice} counted"),
    };
    format!("\n{what}{counts} (bits a token)\n{columns}")
}

fn bucket_row(row: &Row) -> Vec<String> {
    let mut cells = vec![row.bucket.clone(), count(row.tokens), percent(row.share)];
    cells.extend(row.bits.iter().map(|&bits| perplexity(bits)));
    cells.extend(row.differences.iter().map(|&mean| signed(mean)));
    cells
}

/// "+0.31 ±0.02".
pub(in crate::cli) fn signed(mean: Mean) -> String {
    let value = match mean.value {
        value if value.is_nan() => return "n/a".into(),
        value if !value.is_finite() => "∞".into(),
        value if value.abs() < 0.005 => "0.00".to_owned(),
        value => format!("{value:+.2}").replace('-', "−"),
    };
    match mean.margin.is_finite() {
        true => format!("{value} ±{:.2}", mean.margin),
        false => value,
    }
}

fn divergence_text(details: &Details, divergence: &Divergence) -> String {
    let (first, other) = (&details.voices[0], &divergence.voice);
    let mut out = format!(
        "\n{first} and {other} are {:.3} ±{:.3} bits apart, of at most 1 (Jensen–Shannon divergence, {})\n",
        divergence.mean_bits.value,
        divergence.mean_bits.margin,
        asked_at(details),
    );
    let mut columns = Columns::new(&[Side::Right, Side::Left, Side::Left]);
    for place in &divergence.places {
        columns.row([
            format!("{:.2}", place.bits),
            String::new(),
            excerpt(&place.text),
        ]);
        for (name, top) in [(first, &place.first), (other, &place.other)] {
            columns.row([String::new(), name.clone(), choices(top)]);
        }
    }
    out += &columns.to_string();
    out
}

/// "at 2,000 of 241,211 places".
pub(in crate::cli) fn asked_at(details: &Details) -> String {
    let (sample, places) = (details.sample as u64, details.places as u64);
    match sample == places {
        true => format!("at all {} places", count(places)),
        false => format!("at {} of {} places", count(sample), count(places)),
    }
}

fn choices(top: &[Choice]) -> String {
    let choice = |choice: &Choice| format!("{} {}", on_one_line(&choice.text), percent(choice.p));
    top.iter().map(choice).collect::<Vec<_>>().join("  ")
}

fn excerpt(text: &Excerpt) -> String {
    let [before, token, after] =
        [&text.before, &text.token, &text.after].map(|part| on_one_line(part));
    format!("{before}{MARKED}{token}{MARKED:#}{after}")
}

/// How wide the bars of the reliability diagram are.
const DIAGRAM: usize = 20;

fn calibration_text(details: &Details) -> String {
    let mut out = format!(
        "\nhow sure, and how right: the probability of what was thought most probable, and how often it came ({})\n",
        asked_at(details),
    );
    let mut sides = vec![Side::Left];
    let mut head = vec!["said".to_owned()];
    for calibration in &details.calibrations {
        sides.extend([Side::Right, Side::Right, Side::Left]);
        head.extend([calibration.voice.clone(), "came".into(), String::new()]);
    }
    let mut columns = Columns::new(&sides);
    columns.row(head);
    for at in 0..BINS {
        let from = at as f64 / BINS as f64;
        let bins: Vec<Option<&Bin>> = details
            .calibrations
            .iter()
            .map(|calibration| calibration.bins.iter().find(|bin| bin.from == from))
            .collect();
        if bins.iter().all(Option::is_none) {
            continue;
        }
        let mut row = vec![format!("{}–{}%", 100 * at / BINS, 100 * (at + 1) / BINS)];
        row.extend(bins.into_iter().flat_map(bin_cells));
        columns.row(row);
    }
    out += &columns.to_string();
    out += " ┃ where the bar would end if it came as often as promised\n";
    for calibration in &details.calibrations {
        out += &format!(" {}\n", calibration_sentence(calibration));
    }
    out
}

fn bin_cells(bin: Option<&Bin>) -> [String; 3] {
    match bin {
        None => Default::default(),
        Some(bin) => [
            format!("{}×", count(bin.places as u64)),
            percent(bin.right.value),
            reliability(bin),
        ],
    }
}

/// A bar of how often it came, with a mark where it was promised to end.
fn reliability(bin: &Bin) -> String {
    let cell = |share: f64| (share * DIAGRAM as f64).round() as usize;
    let (right, promised) = (cell(bin.right.value), cell(bin.promised).min(DIAGRAM - 1));
    let character = |at: usize| match (at == promised, at < right) {
        (true, _) => '┃',
        (_, true) => '█',
        _ => ' ',
    };
    (0..DIAGRAM).map(character).collect()
}

/// "fables: off by 3.1% on average (ECE); expected 4.1 bits, met 4.6: too sure of itself".
pub(in crate::cli) fn calibration_sentence(calibration: &Calibration) -> String {
    let (expected, met) = (calibration.expected_bits, calibration.met_bits);
    let judgement = match met.value - expected.value {
        off if off.abs() <= met.margin.hypot(expected.margin) => "as sure as it may be",
        off if off > 0.0 => "too sure of itself",
        _ => "less sure than it might be",
    };
    format!(
        "{}: off by {} on average (ECE), right {} of the time; expected {} bits a token, met {}: {judgement}",
        calibration.voice,
        percent(calibration.error),
        percent(calibration.right.value),
        perplexity(expected.value),
        perplexity(met.value),
    )
}

fn wins_text(details: &Details, wins: &Wins) -> String {
    let (first, other) = (&details.voices[0], &wins.voice);
    let mut out = format!(
        "\n{first} foresaw {} tokens better than {other}, which foresaw {} better; most\n",
        count(wins.first_better),
        count(wins.other_better),
    );
    let mut columns = Columns::new(&[Side::Left, Side::Right, Side::Left]);
    for (name, wins) in [(first, &wins.first), (other, &wins.other)] {
        for win in wins {
            columns.row(win_row(name, win));
        }
    }
    out += &columns.to_string();
    out
}

fn win_row(name: &str, win: &Win) -> [String; 3] {
    let bits = match win.bits.is_finite() {
        true => format!("{:.1} bits", win.bits),
        false => "∞ bits".into(),
    };
    [name.to_owned(), bits, excerpt(&win.text)]
}
