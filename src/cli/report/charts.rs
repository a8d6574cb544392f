//! Here are figures of voices; draw them as SVG.

use std::fmt::Write;

use super::html::{escaped, hue};
use crate::cli::compare::Row;
use crate::compare::calibration::Calibration;
use crate::compare::character::Character;

/// Bits per byte with their intervals, a line for each voice.
pub(super) fn intervals(rows: &[Row]) -> Option<String> {
    let known: Option<Vec<_>> = rows.iter().map(|row| row.interval).collect();
    let known = known?;
    let low = known
        .iter()
        .map(|interval| interval.low)
        .fold(f64::INFINITY, f64::min);
    let high = known
        .iter()
        .map(|interval| interval.high)
        .fold(0.0, f64::max);
    let room = (high - low).max(1e-6);
    let x = |bits: f64| 10.0 + 480.0 * (bits - low) / room;
    let height = 44 * rows.len() + 24;
    let mut out = format!(
        "<figure><svg class=\"broad\" viewBox=\"0 0 500 {height}\" width=\"500\" height=\"{height}\" role=\"img\" aria-label=\"{}\">",
        escaped(&alt(rows)),
    );
    for (number, (row, interval)) in rows.iter().zip(&known).enumerate() {
        let (y, class) = (44 * number + 30, hue(number));
        let bits = row.figures.totals.bits_per_byte();
        let _ = write!(
            out,
            "<text x=\"10\" y=\"{}\">{}: {bits:.3}</text>\
             <line class=\"s{class}\" stroke-width=\"3\" x1=\"{:.1}\" x2=\"{:.1}\" y1=\"{y}\" y2=\"{y}\"/>\
             <circle class=\"f{class}\" cx=\"{:.1}\" cy=\"{y}\" r=\"6\"/>",
            y - 12,
            escaped(&row.name),
            x(interval.low),
            x(interval.high),
            x(bits),
        );
    }
    let y = height - 4;
    let _ = write!(
        out,
        "<text x=\"10\" y=\"{y}\">{low:.2}</text><text x=\"490\" y=\"{y}\" text-anchor=\"end\">{high:.2}</text>",
    );
    out.push_str("</svg><figcaption>Bits per byte, with 95% intervals: further left is better.</figcaption></figure>\n");
    Some(out)
}

fn alt(rows: &[Row]) -> String {
    let of = |row: &Row| format!("{} {:.3}", row.name, row.figures.totals.bits_per_byte());
    let all: Vec<String> = rows.iter().map(of).collect();
    format!("Bits per byte: {}", all.join(", "))
}

/// A reliability diagram: what was promised to the right, how often it came upwards.
pub(super) fn reliability(calibration: &Calibration, voice: usize) -> String {
    let (x, y) = (
        |share: f64| 40.0 + 220.0 * share,
        |share: f64| 230.0 - 220.0 * share,
    );
    let mut out = format!(
        "<figure><svg viewBox=\"0 0 270 270\" width=\"270\" height=\"270\" role=\"img\" \
         aria-label=\"Reliability of {}; the table below has its numbers\">\
         <rect class=\"back\" x=\"40\" y=\"10\" width=\"220\" height=\"220\"/>\
         <line class=\"axis\" x1=\"40\" y1=\"230\" x2=\"260\" y2=\"10\" stroke-dasharray=\"4 4\"/>\
         <text x=\"40\" y=\"246\">0%</text><text x=\"260\" y=\"246\" text-anchor=\"end\">100%</text>\
         <text x=\"150\" y=\"262\" text-anchor=\"middle\">promised</text>\
         <text x=\"34\" y=\"18\" text-anchor=\"end\">100%</text>\
         <text x=\"30\" y=\"120\" text-anchor=\"middle\" transform=\"rotate(-90 22 120)\">came</text>",
        escaped(&calibration.voice),
    );
    let class = hue(voice);
    for bin in &calibration.bins {
        let (at, right) = (x(bin.promised), bin.right.value);
        if bin.right.margin.is_finite() {
            let ends = [right - bin.right.margin, right + bin.right.margin];
            let [low, high] = ends.map(|end| y(end.clamp(0.0, 1.0)));
            let _ = write!(
                out,
                "<line class=\"s{class}\" x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{low:.1}\" y2=\"{high:.1}\"/>"
            );
        }
        let _ = write!(
            out,
            "<circle class=\"f{class}\" cx=\"{at:.1}\" cy=\"{:.1}\" r=\"4\"/>",
            y(right)
        );
    }
    out + &format!(
        "</svg><figcaption>{}</figcaption></figure>\n",
        escaped(&calibration.voice)
    )
}

/// The share of new n-grams by n, a line for each writer.
pub(super) fn novelty(characters: &[Character]) -> String {
    let most = characters
        .iter()
        .map(|by| by.novelty.len())
        .max()
        .unwrap_or(0);
    let x = |n: usize| 50.0 + 440.0 * (n - 1) as f64 / (most.max(2) - 1) as f64;
    let y = |share: f64| 200.0 - 190.0 * share;
    let height = 244 + 22 * characters.len();
    let mut out = format!(
        "<figure><svg class=\"broad\" viewBox=\"0 0 500 {height}\" width=\"500\" height=\"{height}\" role=\"img\" \
         aria-label=\"New n-grams by length; the table below has its numbers\">\
         <rect class=\"back\" x=\"50\" y=\"10\" width=\"440\" height=\"190\"/>\
         <text x=\"44\" y=\"20\" text-anchor=\"end\">100%</text><text x=\"44\" y=\"200\" text-anchor=\"end\">0%</text>\
         <text x=\"270\" y=\"236\" text-anchor=\"middle\">tokens in a row</text>"
    );
    for n in 1..=most {
        let _ = write!(
            out,
            "<text x=\"{:.1}\" y=\"218\" text-anchor=\"middle\">{n}</text>",
            x(n)
        );
    }
    for (number, by) in characters.iter().enumerate() {
        let known = by
            .novelty
            .iter()
            .zip(1..)
            .filter(|(mean, _)| mean.value.is_finite());
        let points: Vec<String> = known
            .map(|(mean, n)| format!("{:.1},{:.1}", x(n), y(mean.value)))
            .collect();
        let class = hue(number);
        let (dash, key) = (
            ["0", "7 4", "2 3", "9 3 2 3", "1 5"][class],
            254 + 22 * number,
        );
        let _ = write!(
            out,
            "<polyline class=\"line s{class}\" stroke-dasharray=\"{dash}\" points=\"{}\"/>\
             <line class=\"line s{class}\" stroke-dasharray=\"{dash}\" x1=\"50\" x2=\"78\" y1=\"{key}\" y2=\"{key}\"/>\
             <text x=\"86\" y=\"{}\">{}</text>",
            points.join(" "),
            key + 4,
            escaped(&by.voice),
        );
    }
    out + "</svg><figcaption>How much of what they write the corpus does not have.</figcaption></figure>\n"
}
