//! Here is what was played, give me the parts of it, each as what sounds from when to when.

use std::collections::BTreeMap;

use super::{Recording, Stroke, Tracks};

/// Keys that sound together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sounding {
    pub(super) start: u64,
    pub(super) end: u64,
    /// From the lowest up, and whether each goes on in what follows.
    pub(super) keys: Vec<(u8, bool)>,
}

/// What sounds in each part, in order and without overlaps; silence is what is between.
pub(super) fn parts(recording: &Recording, tracks: Tracks) -> Vec<Vec<Sounding>> {
    let mut parts: BTreeMap<(u32, u8), Vec<Stroke>> = BTreeMap::new();
    for stroke in &recording.strokes {
        parts
            .entry((stroke.track, stroke.channel))
            .or_default()
            .push(*stroke);
    }
    let mut parts: Vec<Vec<Stroke>> = parts.into_values().collect();
    parts.iter_mut().for_each(part_equals);
    match tracks {
        Tracks::All => parts.iter().map(|part| together(part)).collect(),
        Tracks::Melody => {
            let highest = highest(&parts);
            let melody = highest.map(|part| together(&upper(&parts[part])));
            melody.into_iter().collect()
        }
    }
}

/// Brings strokes in the order of time; a key that is struck again ends, and is struck once at a time.
fn part_equals(strokes: &mut Vec<Stroke>) {
    strokes.sort_by_key(|stroke| (stroke.key, stroke.start, stroke.end));
    for later in (1..strokes.len()).rev() {
        let next = strokes[later];
        let stroke = &mut strokes[later - 1];
        if stroke.key == next.key && stroke.end > next.start {
            stroke.end = next.start;
        }
    }
    strokes.retain(|stroke| stroke.start < stroke.end);
    strokes.sort_by_key(|stroke| (stroke.start, stroke.key));
}

/// The part that lies highest on average, of those that sound at least a quarter as long as any.
fn highest(parts: &[Vec<Stroke>]) -> Option<usize> {
    let length = |stroke: &Stroke| u128::from(stroke.end - stroke.start);
    let sounds = |part: &Vec<Stroke>| part.iter().map(length).sum::<u128>();
    let height = |part: &Vec<Stroke>| {
        let sum: u128 = part.iter().map(|s| length(s) * u128::from(s.key)).sum();
        sum as f64 / sounds(part).max(1) as f64
    };
    let longest = parts.iter().map(sounds).max()?;
    let busy = (0..parts.len()).filter(|&part| {
        let sounds = sounds(&parts[part]);
        sounds > 0 && 4 * sounds >= longest
    });
    // Of equals the first.
    busy.rev()
        .max_by(|&a, &b| height(&parts[a]).total_cmp(&height(&parts[b])))
}

/// The highest of strokes in the order of time. A lower one that begins while a higher one sounds is
/// of another voice, unless the higher one is nearly over: then one was merely held into the other.
fn upper(strokes: &[Stroke]) -> Vec<Stroke> {
    let mut upper: Vec<Stroke> = Vec::new();
    for &stroke in strokes {
        match upper.last_mut() {
            Some(last) if last.end > stroke.start => {
                let left = last.end - stroke.start;
                if stroke.key < last.key && 2 * left >= last.end - last.start {
                    continue;
                }
                match last.start == stroke.start {
                    true => *last = stroke,
                    false => {
                        last.end = stroke.start;
                        upper.push(stroke);
                    }
                }
            }
            _ => upper.push(stroke),
        }
    }
    upper
}

/// What sounds between every two times at which a key is struck or let go.
fn together(strokes: &[Stroke]) -> Vec<Sounding> {
    let times = strokes.iter().flat_map(|stroke| [stroke.start, stroke.end]);
    let mut times: Vec<u64> = times.collect();
    times.sort_unstable();
    times.dedup();
    let mut strokes = strokes.iter().peekable();
    let mut down: Vec<Stroke> = Vec::new();
    let mut sounding = Vec::new();
    for span in times.windows(2) {
        let [start, end] = span else {
            continue;
        };
        down.retain(|stroke| stroke.end > *start);
        while let Some(stroke) = strokes.next_if(|stroke| stroke.start <= *start) {
            down.push(*stroke);
        }
        if !down.is_empty() {
            let mut keys: Vec<(u8, bool)> = down.iter().map(|s| (s.key, s.end > *end)).collect();
            keys.sort_unstable();
            sounding.push(Sounding {
                start: *start,
                end: *end,
                keys,
            });
        }
    }
    sounding
}
