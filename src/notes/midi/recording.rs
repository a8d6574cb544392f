//! Here are the bytes of a Standard MIDI File, give me what is played in it, and when.

use std::collections::{BTreeMap, VecDeque};

use midly::{EventIter, Format, MetaMessage, MidiMessage, Timing, TrackEventKind};

use super::Unreadable;
use crate::notes::{Key, Metre};

/// The tenth channel, counted from 0.
const DRUMS: u8 = 9;

/// No tune has more ticks than this; a finer unit of them still fits into 64 bits.
const LATEST: u64 = 1 << 40;

/// What a file holds of music.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recording {
    /// A whole note lasts so long; all times are in this unit.
    pub whole: u64,
    /// What was played, in the order of tracks and of their ends; without drums.
    pub strokes: Vec<Stroke>,
    /// The metres, and where each begins, in order.
    pub metres: Vec<(u64, Metre)>,
    /// The keys.
    pub keys: Vec<(u64, Key)>,
    /// What the file or its tune is called.
    pub titles: Vec<String>,
}

/// A note that was played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stroke {
    /// The track it is in, from 0.
    pub track: u32,
    /// Its channel, from 0.
    pub channel: u8,
    /// Which key; middle C is 60.
    pub key: u8,
    /// When it begins.
    pub start: u64,
    /// When it ends.
    pub end: u64,
}

/// True if a file begins as a Standard MIDI File does, alone or within RIFF.
pub fn is_midi(bytes: &[u8]) -> bool {
    bytes.starts_with(b"MThd")
        || bytes.starts_with(b"RIFF") && bytes[4..].get(4..8) == Some(b"RMID")
}

impl Recording {
    /// Reads a file.
    ///
    /// # Errors
    /// What breaks the format, with its track and byte; if the file is of format 2, or its time is
    /// in SMPTE frames.
    pub fn read(bytes: &[u8]) -> Result<Self, Unreadable> {
        let (header, mut tracks) =
            midly::parse(bytes).map_err(|error| Unreadable::whole(error.to_string()))?;
        if header.format == Format::Sequential {
            let what = "it holds independent sequences (format 2), and not one tune";
            return Err(Unreadable::whole(what));
        }
        let quarter = match header.timing {
            Timing::Metrical(ticks) => u64::from(ticks.as_int()),
            Timing::Timecode(..) => {
                let what = "its time is in SMPTE frames, which have no beats";
                return Err(Unreadable::whole(what));
            }
        };
        if quarter == 0 {
            return Err(Unreadable::whole("a quarter note of it lasts no time"));
        }
        let mut recording = Recording {
            whole: 4 * quarter,
            ..Recording::default()
        };
        // What follows the tracks that the header promises is padding.
        let promised = tracks.size_hint().0;
        for number in 0..promised {
            let at = |rest: &[u8]| place(number, bytes, rest);
            let before = tracks.unread();
            let track = tracks.next().ok_or_else(|| Unreadable {
                place: Some(at(before)),
                what: format!("the file ends; it should have {promised} tracks"),
            })?;
            let track = track.map_err(|error| Unreadable {
                place: Some(at(before)),
                what: error.to_string(),
            })?;
            recording.track(number as u32, track, at)?;
        }
        recording.metres.sort_by_key(|(at, _)| *at);
        recording.keys.sort_by_key(|(at, _)| *at);
        Ok(recording)
    }

    fn track(
        &mut self,
        number: u32,
        mut events: EventIter,
        at: impl Fn(&[u8]) -> String,
    ) -> Result<(), Unreadable> {
        let mut now = 0;
        let mut down: BTreeMap<(u8, u8), VecDeque<u64>> = BTreeMap::new();
        loop {
            let before = events.unread();
            let Some(event) = events.next() else {
                break;
            };
            let event = event.map_err(|error| Unreadable {
                place: Some(at(before)),
                what: error.to_string(),
            })?;
            now += u64::from(event.delta.as_int());
            if now > LATEST {
                return Err(Unreadable {
                    place: Some(at(before)),
                    what: "no tune lasts so long".to_owned(),
                });
            }
            match event.kind {
                TrackEventKind::Midi { channel, message } if channel.as_int() != DRUMS => {
                    let channel = channel.as_int();
                    match message {
                        MidiMessage::NoteOn { key, vel } if vel > 0 => {
                            down.entry((channel, key.as_int()))
                                .or_default()
                                .push_back(now);
                        }
                        MidiMessage::NoteOn { key, .. } | MidiMessage::NoteOff { key, .. } => {
                            let key = key.as_int();
                            let began = down.get_mut(&(channel, key)).and_then(VecDeque::pop_front);
                            if let Some(start) = began {
                                self.stroke(number, channel, key, start..now);
                            }
                        }
                        _ => {}
                    }
                }
                TrackEventKind::Meta(MetaMessage::EndOfTrack) => break,
                TrackEventKind::Meta(meta) => self.meta(now, meta),
                _ => {}
            }
        }
        // What nobody ends lasts to the end.
        for ((channel, key), starts) in down {
            for start in starts {
                self.stroke(number, channel, key, start..now);
            }
        }
        Ok(())
    }

    fn stroke(&mut self, track: u32, channel: u8, key: u8, time: std::ops::Range<u64>) {
        self.strokes.push(Stroke {
            track,
            channel,
            key,
            start: time.start,
            end: time.end,
        });
    }

    fn meta(&mut self, now: u64, meta: MetaMessage) {
        match meta {
            MetaMessage::TimeSignature(above, below, ..) if below < 16 => {
                let metre = Metre::parse(&format!("{above}/{}", 1u32 << below));
                self.metres.extend(metre.map(|metre| (now, metre)));
            }
            MetaMessage::KeySignature(sharps @ -7..=7, minor) => {
                self.keys.push((now, Key::of_sharps(sharps.into(), minor)));
            }
            MetaMessage::TrackName(name) if self.titles.is_empty() => {
                let name = String::from_utf8_lossy(name).trim().to_owned();
                self.titles
                    .extend(Some(name).filter(|name| !name.is_empty()));
            }
            _ => {}
        }
    }
}

/// "track 2, byte 123": both counted as people and editors do, tracks from 1, bytes from 0.
fn place(track: usize, file: &[u8], rest: &[u8]) -> String {
    let byte = (rest.as_ptr() as usize).saturating_sub(file.as_ptr() as usize);
    let byte = match rest.is_empty() {
        true => file.len(),
        false => byte,
    };
    format!("track {}, byte {byte}", track + 1)
}
