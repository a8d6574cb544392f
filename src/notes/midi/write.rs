//! Here is a tune as it is played, give me a Standard MIDI File.
//!
//! The file has format 1: a track of metres and keys, then a track for each
//! voice. It is played at 120 quarters a minute.

use midly::num::{u4, u7, u15, u24, u28};
use midly::{Format, Header, MetaMessage, MidiMessage, Smf, Timing, TrackEvent, TrackEventKind};

use crate::error::{Error, ErrorKind, Result};
use crate::notes::{Length, Metre, Performance, QUARTER, Sound, WHOLE};

/// So many millionths of a second a quarter note lasts.
const TEMPO: u32 = 500_000;

/// How hard a note is struck.
const VELOCITY: u8 = 80;

/// The bytes of a Standard MIDI File.
///
/// # Errors
/// If the tune lasts longer than such a file can say.
pub fn write(performance: &Performance) -> Result<Vec<u8>> {
    let timing = Timing::Metrical(u15::new(QUARTER as u16));
    let mut file = Smf::new(Header::new(Format::Parallel, timing));
    file.tracks
        .push(track(signs(performance), performance.end)?);
    let mut voices: Vec<u16> = performance.sounds.iter().map(|sound| sound.voice).collect();
    voices.sort_unstable();
    voices.dedup();
    for (place, voice) in voices.into_iter().enumerate() {
        let own = performance
            .sounds
            .iter()
            .filter(|sound| sound.voice == voice);
        file.tracks
            .push(track(strokes(own, channel(place)), performance.end)?);
    }
    let mut bytes = Vec::new();
    file.write_std(&mut bytes).map_err(|error| {
        Error::new(
            ErrorKind::Io,
            format!("the MIDI file is not written: {error}"),
        )
    })?;
    Ok(bytes)
}

/// The tenth channel is for drums.
fn channel(place: usize) -> u4 {
    let channel = place % 15;
    u4::new(if channel < 9 { channel } else { channel + 1 } as u8)
}

type Timed = (u64, TrackEventKind<'static>);

fn signs(performance: &Performance) -> Vec<Timed> {
    let meta = |at, message| (at, TrackEventKind::Meta(message));
    let mut signs = vec![meta(0, MetaMessage::Tempo(u24::new(TEMPO)))];
    let upbeat = upbeat(performance);
    if let Some((_, upbeat)) = upbeat {
        signs.extend(time(upbeat).map(|time| meta(0, time)));
    }
    for (at, metre) in &performance.metres {
        let at = upbeat.map_or(*at, |(end, _)| end.max(*at));
        signs.extend(metre.fraction().and_then(time).map(|time| meta(at, time)));
    }
    for (at, key) in &performance.keys {
        if let Ok(sharps @ -7..=7) = i8::try_from(key.sharps()) {
            signs.push(meta(*at, MetaMessage::KeySignature(sharps, key.is_minor())));
        }
    }
    signs
}

/// The time signature of so many so-many-eths, if MIDI has one.
fn time((above, below): (u64, u64)) -> Option<MetaMessage<'static>> {
    let above = u8::try_from(above).ok()?;
    let below = below
        .is_power_of_two()
        .then_some(below.trailing_zeros() as u8)?;
    Some(MetaMessage::TimeSignature(above, below, 24, 8))
}

/// Where a short first bar ends, and its length as a fraction: it is written as a metre of its own,
/// so that who reads the file draws the bars where they are.
fn upbeat(performance: &Performance) -> Option<(u64, (u64, u64))> {
    let end = *performance.bars.first()?;
    let (at, metre) = performance.metres.first()?;
    let bar = Metre::bar(metre)?;
    let length = Length::new(end, WHOLE)?;
    let fraction = (length.numerator().into(), length.denominator().into());
    (*at == 0 && length < bar && time(fraction).is_some()).then_some((end, fraction))
}

fn strokes<'s>(sounds: impl Iterator<Item = &'s Sound>, channel: u4) -> Vec<Timed> {
    let stroke = |at, message| (at, TrackEventKind::Midi { channel, message });
    let mut strokes = Vec::new();
    for sound in sounds.filter(|sound| sound.length > 0) {
        let (key, vel) = (u7::new(sound.pitch.midi()), u7::new(VELOCITY));
        let vel_off = u7::new(0);
        strokes.push(stroke(sound.start, MidiMessage::NoteOn { key, vel }));
        let end = sound.start + sound.length;
        strokes.push(stroke(end, MidiMessage::NoteOff { key, vel: vel_off }));
    }
    strokes
}

/// Events in the order of time; a note ends before another begins.
fn track(mut events: Vec<Timed>, end: u64) -> Result<Vec<TrackEvent<'static>>> {
    events.sort_by_key(|(at, kind)| {
        let begins = matches!(
            kind,
            TrackEventKind::Midi {
                message: MidiMessage::NoteOn { .. },
                ..
            }
        );
        (*at, begins)
    });
    let last = events.last().map_or(0, |(at, _)| *at);
    events.push((end.max(last), TrackEventKind::Meta(MetaMessage::EndOfTrack)));
    let mut before = 0;
    let mut track = Vec::with_capacity(events.len());
    for (at, kind) in events {
        let delta = u32::try_from(at - before).ok().and_then(u28::try_from);
        let delta = delta.ok_or_else(|| {
            Error::new(
                ErrorKind::Input,
                "the tune lasts longer than a MIDI file can say",
            )
        })?;
        track.push(TrackEvent { delta, kind });
        before = at;
    }
    Ok(track)
}
