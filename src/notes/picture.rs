//! Here is a tune as it is played, give me a picture of it: a piano roll in SVG.
//!
//! Time runs to the right and pitch upwards, eight bars a row. The picture needs
//! nothing beside it, and is light or dark as whoever looks at it has it.

use std::fmt::Write;

use super::{Performance, Sound, WHOLE};

const WIDTH: f64 = 960.0;
const MARGIN: f64 = 40.0;
/// A semitone is so high.
const SEMITONE: f64 = 6.0;
/// So much is free between rows.
const GAP: f64 = 28.0;
const BARS_A_ROW: usize = 8;
/// A picture of more rows is cut, and says so.
const MOST_ROWS: usize = 200;

const STYLE: &str = "\
svg{--paper:#fff;--ink:#1f2328;--faint:#d8dee4;--key:#f3f5f7;--a:#2563a8;--b:#b4531f;--c:#3c7d46}\
@media(prefers-color-scheme:dark){svg{--paper:#14171a;--ink:#e6e8ea;--faint:#3a4046;--key:#1d2125;\
--a:#79b4f0;--b:#f0a06c;--c:#86cf92}}\
.p{fill:var(--paper)}.k{fill:var(--key)}.l{stroke:var(--faint)}.e{stroke:var(--ink)}\
text{fill:var(--ink);font:12px system-ui,sans-serif}.a{fill:var(--a)}.b{fill:var(--b)}.c{fill:var(--c)}";

/// A stretch of time that is drawn as one row.
struct Row {
    from: u64,
    to: u64,
}

/// The SVG of a performance; `title` stands above it.
pub fn piano_roll(performance: &Performance, title: &str) -> String {
    let pitches = || performance.sounds.iter().map(|sound| sound.pitch.midi());
    let (low, high) = (pitches().min().unwrap_or(60), pitches().max().unwrap_or(72));
    // A fourth at least, so that one note alone has something around it.
    let (low, high) = (low.saturating_sub(1), high.max(low.saturating_add(5)) + 1);
    let all = rows(performance);
    let rows = &all[..all.len().min(MOST_ROWS)];
    let widest = rows
        .iter()
        .map(|row| row.to - row.from)
        .max()
        .unwrap_or(WHOLE)
        .max(1);
    let scale = (WIDTH - 2.0 * MARGIN) / widest as f64;
    let high_of_row = f64::from(high - low + 1) * SEMITONE;
    let height = MARGIN + rows.len() as f64 * (high_of_row + GAP) + GAP;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{0}\">\n\
         <style>{STYLE}</style>\n<rect class=\"p\" width=\"100%\" height=\"100%\"/>\n\
         <text x=\"{MARGIN}\" y=\"24\">{0}</text>\n",
        escaped(title)
    );
    for (number, row) in rows.iter().enumerate() {
        let top = MARGIN + number as f64 * (high_of_row + GAP);
        let place = Place {
            low,
            high,
            top,
            scale,
            from: row.from,
        };
        place.ground(&mut svg, row, performance);
        let within = |sound: &&Sound| sound.start < row.to && sound.start + sound.length > row.from;
        for sound in performance.sounds.iter().filter(within) {
            place.sound(&mut svg, sound, row);
        }
    }
    if all.len() > rows.len() {
        let y = height - GAP / 2.0;
        let _ = writeln!(
            svg,
            "<text x=\"{MARGIN}\" y=\"{y}\">… and {} rows more</text>",
            all.len() - rows.len()
        );
    }
    svg.push_str("</svg>\n");
    svg
}

fn rows(performance: &Performance) -> Vec<Row> {
    let mut ends: Vec<u64> = performance
        .bars
        .iter()
        .copied()
        .skip(BARS_A_ROW - 1)
        .step_by(BARS_A_ROW)
        .collect();
    if ends.last().is_none_or(|&last| last < performance.end) {
        ends.push(performance.end.max(1));
    }
    let starts = std::iter::once(0)
        .chain(ends.iter().copied())
        .collect::<Vec<u64>>();
    let row = |(&from, &to): (&u64, &u64)| Row { from, to };
    starts.iter().zip(&ends).map(row).collect()
}

/// Where a row is drawn.
struct Place {
    low: u8,
    high: u8,
    top: f64,
    scale: f64,
    from: u64,
}

impl Place {
    fn x(&self, tick: u64) -> f64 {
        MARGIN + tick.saturating_sub(self.from) as f64 * self.scale
    }

    fn y(&self, pitch: u8) -> f64 {
        self.top + f64::from(self.high - pitch) * SEMITONE
    }

    /// The black keys as stripes, the Cs by name, the bars as lines.
    fn ground(&self, svg: &mut String, row: &Row, performance: &Performance) {
        let (left, right) = (self.x(row.from), self.x(row.to));
        for pitch in self.low..=self.high {
            let (y, width) = (self.y(pitch), right - left);
            if [1, 3, 6, 8, 10].contains(&(pitch % 12)) {
                let _ = writeln!(
                    svg,
                    "<rect class=\"k\" x=\"{left:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{SEMITONE}\"/>"
                );
            }
            if pitch % 12 == 0 {
                let (y, octave) = (y + SEMITONE, i32::from(pitch) / 12 - 1);
                let _ = writeln!(svg, "<text x=\"12\" y=\"{y:.1}\">C{octave}</text>");
            }
        }
        let (top, bottom) = (self.top, self.y(self.low) + SEMITONE);
        let bars = performance
            .bars
            .iter()
            .filter(|&&bar| bar > row.from && bar < row.to);
        for (x, class) in bars
            .map(|&bar| (self.x(bar), "l"))
            .chain([(left, "e"), (right, "e")])
        {
            let _ = writeln!(
                svg,
                "<line class=\"{class}\" x1=\"{x:.1}\" y1=\"{top:.1}\" x2=\"{x:.1}\" y2=\"{bottom:.1}\"/>"
            );
        }
    }

    fn sound(&self, svg: &mut String, sound: &Sound, row: &Row) {
        let from = sound.start.max(row.from);
        let to = (sound.start + sound.length).min(row.to);
        let (x, y) = (self.x(from), self.y(sound.pitch.midi()));
        // A hair's breadth parts a note from the same note again.
        let width = ((to - from) as f64 * self.scale - 1.0).max(0.8);
        let class = ["a", "b", "c"][usize::from(sound.voice.max(1) - 1) % 3];
        let _ = writeln!(
            svg,
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{SEMITONE}\" rx=\"2\"><title>{}</title></rect>",
            sound.pitch
        );
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notes::abc::collection;
    use crate::notes::perform;

    #[test]
    fn every_note_is_drawn_in_the_rows_it_sounds_in() {
        let music = "ABcd|".repeat(8) + "A4-|A4|";
        let text = format!("X:1\nM:4/4\nL:1/4\nK:C\n{music}");
        let performance = perform(&collection(&text).next().unwrap().read().unwrap().events);
        let svg = piano_roll(&performance, "<A & B>");
        assert_eq!(svg.matches("<title>").count(), 33);
        assert_eq!(svg.matches("class=\"e\"").count(), 4, "two rows");
        assert!(svg.contains("&lt;A &amp; B>") && svg.ends_with("</svg>\n"));
        assert!(piano_roll(&Performance::default(), "").contains("</svg>"));
    }
}
