//! Here is a map, give me a picture of it: one SVG file that needs nothing else.
//!
//! Its colours follow the reader's (light or dark) by a media query. Labels are
//! put down one by one, those of the first tokens first: beside the dot, or
//! above or below it, wherever nothing is yet. One that finds no room is left
//! out; its dot stays, and says its name when pointed at.

use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use super::map::Map;

/// The drawing's size, and the room left free around the dots, in pixels.
const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 760.0;
const MARGIN: f64 = 60.0;

/// The height of a label's line, the width of one of its letters, and the radius of a dot.
const LINE: f64 = 14.0;
const LETTER: f64 = 7.2;
const DOT: f64 = 2.5;

const STYLE: &str = "\
svg { background: #fcfcfa; font: 12px ui-monospace, Menlo, Consolas, monospace; }
text { fill: #222; } .quiet { fill: #777; } .title { font-size: 15px; }
circle { fill: #b3541e; } line { stroke: #ddd; }
@media (prefers-color-scheme: dark) {
svg { background: #16181c; } text { fill: #e6e4df; } .quiet { fill: #8d9096; }
circle { fill: #f0a35e; } line { stroke: #34383f; }
}";

/// The picture of a map; `labels` are for its places, in their order.
///
/// # Panics
/// If there are fewer labels than places.
pub fn draw(map: &Map, labels: &[String], title: &str) -> String {
    assert!(labels.len() >= map.places.len(), "a label a place");
    let dots = dots(map);
    let placed = place_labels(&dots, labels);
    let mut svg = head(map, title);
    for ((x, y), label) in dots.iter().zip(labels) {
        let name = escaped(label);
        let circle = format!("<circle cx='{x:.1}' cy='{y:.1}' r='{DOT}'>");
        push(
            &mut svg,
            format_args!("{circle}<title>{name}</title></circle>"),
        );
    }
    for (label, place) in labels.iter().zip(placed) {
        if let Some(place) = place {
            // The baseline is a little above the line's lower edge.
            let (x, y) = (place.left, place.top + LINE - 3.5);
            let name = escaped(label);
            push(
                &mut svg,
                format_args!("<text x='{x:.1}' y='{y:.1}'>{name}</text>"),
            );
        }
    }
    svg + "</svg>\n"
}

fn push(svg: &mut String, line: std::fmt::Arguments) {
    writeln!(svg, "{line}").expect("strings take whatever is written");
}

fn head(map: &Map, title: &str) -> String {
    let mut svg = format!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {HEIGHT}' width='{WIDTH}' \
         height='{HEIGHT}' role='img'>\n<title>{0}</title>\n<style>\n{STYLE}\n</style>\n\
         <text class='title' x='20' y='28'>{0}</text>\n",
        escaped(title)
    );
    let [x, y] = map.variance.map(|share| 100.0 * share);
    let (right, bottom) = (WIDTH - 20.0, HEIGHT - 18.0);
    let axes = format!(
        "→ component 1: {x:.1} % of the variance · ↑ component 2: {y:.1} % · outside the picture: {:.1} %",
        100.0 - x - y
    );
    push(
        &mut svg,
        format_args!("<text class='quiet' x='20' y='{bottom}'>{axes}</text>"),
    );
    let rule = HEIGHT - 38.0;
    push(
        &mut svg,
        format_args!("<line x1='20' y1='{rule}' x2='{right}' y2='{rule}'/>"),
    );
    svg
}

/// Where the dots are: the map, as large as fits, with one scale for both directions.
fn dots(map: &Map) -> Vec<(f64, f64)> {
    let span = |along: fn(&super::Place) -> f64| {
        let values = map.places.iter().map(along);
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        })
    };
    let ((left, right), (low, high)) = (span(|place| place.x), span(|place| place.y));
    let room = (WIDTH - 2.0 * MARGIN, HEIGHT - 2.0 * MARGIN);
    let scale = (room.0 / (right - left)).min(room.1 / (high - low));
    // All at one point: any scale will do.
    let scale = if scale.is_finite() { scale } else { 1.0 };
    let dot = |place: &super::Place| {
        (
            WIDTH / 2.0 + scale * (place.x - (left + right) / 2.0),
            HEIGHT / 2.0 - scale * (place.y - (low + high) / 2.0),
        )
    };
    map.places.iter().map(dot).collect()
}

/// A place that something takes up.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Frame {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

impl Frame {
    fn of_dot((x, y): (f64, f64)) -> Self {
        Frame {
            left: x - DOT,
            top: y - DOT,
            right: x + DOT,
            bottom: y + DOT,
        }
    }

    fn meets(&self, other: &Frame) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }

    fn is_inside(&self) -> bool {
        self.left >= 4.0
            && self.right <= WIDTH - 4.0
            && self.top >= 36.0
            && self.bottom <= HEIGHT - 40.0
    }
}

/// A place for each label that finds one.
fn place_labels(dots: &[(f64, f64)], labels: &[String]) -> Vec<Option<Frame>> {
    let mut taken: Vec<Frame> = dots.iter().copied().map(Frame::of_dot).collect();
    let mut place = |(&dot, label): (&(f64, f64), &String)| {
        let free =
            |frame: &Frame| frame.is_inside() && !taken.iter().any(|other| frame.meets(other));
        let found = around(dot, LETTER * label.width() as f64)
            .into_iter()
            .find(free)?;
        taken.push(found);
        Some(found)
    };
    dots.iter().zip(labels).map(&mut place).collect()
}

/// Where the label of a dot may be, best first.
fn around((x, y): (f64, f64), width: f64) -> [Frame; 8] {
    let gap = DOT + 2.0;
    let frame = |left: f64, top: f64| Frame {
        left,
        top,
        right: left + width,
        bottom: top + LINE,
    };
    let (right, left, middle) = (x + gap, x - gap - width, x - width / 2.0);
    let (above, level, below) = (y - gap - LINE, y - LINE / 2.0, y + gap);
    [
        frame(right, level),
        frame(left, level),
        frame(middle, above),
        frame(middle, below),
        frame(right, above + LINE / 2.0),
        frame(right, below - LINE / 2.0),
        frame(left, above + LINE / 2.0),
        frame(left, below - LINE / 2.0),
    ]
}

/// Text as XML holds it; what XML cannot hold becomes U+FFFD.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            control if control.is_control() => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::TokenId;
    use crate::weights::Place;

    fn map_of(points: &[(f64, f64)]) -> Map {
        let places = points.iter().map(|&(x, y)| Place {
            token: TokenId(0),
            x,
            y,
        });
        Map {
            places: places.collect(),
            variance: [0.5, 0.25],
        }
    }

    #[test]
    fn no_label_lies_on_another_or_on_a_dot() {
        let points: Vec<(f64, f64)> = (0..150)
            .map(f64::from)
            .map(|i| ((i * 1.7).sin() * i.sqrt(), (i * 2.3).cos() * i.sqrt()))
            .collect();
        let labels: Vec<String> = (0..150).map(|i| "x".repeat(1 + i % 9)).collect();
        let dots = dots(&map_of(&points));
        let placed: Vec<Frame> = place_labels(&dots, &labels).into_iter().flatten().collect();
        assert!(
            placed.len() > 100,
            "most labels find room: {}",
            placed.len()
        );
        for (number, frame) in placed.iter().enumerate() {
            assert!(placed[..number].iter().all(|other| !frame.meets(other)));
            assert!(dots.iter().all(|&dot| !frame.meets(&Frame::of_dot(dot))));
        }
    }

    #[test]
    fn pictures_are_well_formed_whatever_the_tokens() {
        let labels = ["<unk>", "a&b", "\u{1}\"'"].map(String::from);
        let svg = draw(
            &map_of(&[(0.0, 0.0), (1.0, 2.0), (-3.0, 1.0)]),
            &labels,
            "x < y",
        );
        assert!(svg.contains("&lt;unk&gt;") && svg.contains("a&amp;b") && svg.contains("x &lt; y"));
        assert!(!svg.contains('\u{1}'));
        assert!(svg.contains("prefers-color-scheme: dark"));
        assert_eq!(svg.matches("<circle").count(), 3);
        for same in [&[][..], &[(1.0, 1.0)], &[(1.0, 1.0), (1.0, 1.0)]] {
            assert!(!draw(&map_of(same), &labels, "few").contains("NaN"));
        }
    }
}
