use proptest::prelude::*;

use super::*;
use crate::notes::abc::collection;
use crate::notes::{Event, Sound, Spelling, WHOLE, bars, perform};

const EXACT: Listening = Listening {
    tracks: Tracks::All,
    grid: Grid::Of(WHOLE as u16),
};

const MELODY: Listening = Listening {
    tracks: Tracks::Melody,
    grid: Grid::AsWritten,
};

/// What sounds: voice by voice, when it begins, how long it lasts, which key. A voice that is silent
/// has no number, as it has no track.
fn sounds(events: &[Event]) -> Vec<(usize, u64, u64, u8)> {
    let mut sounds = perform(events).sounds;
    sounds.retain(|sound| sound.length > 0);
    let mut voices: Vec<u16> = sounds.iter().map(|sound| sound.voice).collect();
    voices.sort_unstable();
    voices.dedup();
    let voice = |sound: &Sound| voices.partition_point(|&before| before < sound.voice);
    let mut sounds: Vec<_> = sounds
        .iter()
        .map(|sound| (voice(sound), sound.start, sound.length, sound.pitch.midi()))
        .collect();
    sounds.sort_unstable();
    sounds
}

/// Out as MIDI, in again, and by way of tokens and ABC once more.
fn go_round(abc: &str) {
    let tune = collection(abc).next().unwrap().read().unwrap();
    if sounds(&tune.events).is_empty() {
        // All of it stands in an ending that is never reached.
        return;
    }
    let bytes = write(&perform(&tune.events)).unwrap();
    let again = read(&bytes, EXACT).unwrap();
    assert_eq!(sounds(&again.events), sounds(&tune.events), "{abc}");
    let spelt = Spelling::default().spell(&again);
    let abc = Spelling::unspell(spelt.split(' ').map(str::as_bytes));
    let decoded = collection(&abc).next().unwrap().read().unwrap();
    assert_eq!(Spelling::default().spell(&decoded), spelt, "{abc}");
    assert_eq!(sounds(&decoded.events), sounds(&tune.events), "{abc}");
}

/// The tokens of the melody of some music in ABC, by way of MIDI.
fn heard(head: &str, music: &str) -> String {
    let abc = format!("X:1\n{head}\n{music}");
    let tune = collection(&abc).next().unwrap().read().unwrap();
    let bytes = write(&perform(&tune.events)).unwrap();
    let tune = read(&bytes, MELODY).unwrap();
    assert!(bars(&tune.events).incomplete.is_empty(), "{abc}");
    Spelling::default().spell(&tune)
}

#[test]
fn the_tunes_of_our_corpus_come_back() {
    let text = include_str!("../../../corpora/tunes.abc");
    let mut tunes = 0;
    for piece in collection(text) {
        let abc = &text[piece.start..];
        let end = abc.find("\n\n").unwrap_or(abc.len());
        go_round(&abc[..end]);
        tunes += 1;
    }
    assert!(tunes > 40, "{tunes} tunes");
}

fn music() -> impl Strategy<Value = String> {
    let note = "[_^=]?[A-Ga-g][,']?(|2|3|4|5|6|7|/2|3/2|/4|/3)-?";
    let chord = r"(\[CEG\]|\[D\^FA\]|\[_B,D-G\]|\[E-G-\])(|2|3|/2)-?";
    let other = r"z2?|x|\(3ABc|\(3z_BD2|\(5CDEFG|\(2Ac|\(7:4:7ABCDEFG|\{g\}A2|\{ef\}[CE]3";
    let line = r"\||\|\||\|:|:\||\|1|\|2|\[K:Eb\]|\[M:3/4\]\|?";
    let element = prop_oneof![6 => note, 2 => chord, 2 => other, 3 => line];
    prop::collection::vec(element, 1..40).prop_map(|elements| elements.join(" "))
}

proptest! {
    #[test]
    fn what_is_written_comes_back(
        key in prop::sample::select(vec!["C", "G", "Dm", "Bb", "Edor", "F#", "Gbmix"]),
        metre in prop::sample::select(vec!["4/4", "6/8", "5/8", "none", "C|"]),
        voices in prop::collection::vec(music(), 1..4),
    ) {
        let mut abc = format!("X:1\nM:{metre}\nL:1/8\nK:{key}\n");
        for (number, voice) in (1..).zip(&voices) {
            abc.push_str(&format!("V:{number}\n{voice} A2\n"));
        }
        go_round(&abc);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut file = b"MThd\0\0\0\x06\0\x01\0\x01\0\x60MTrk\0\0\0\xC8".to_vec();
        file.extend(&bytes);
        file.resize(22 + 200, 0);
        for listening in [EXACT, MELODY] {
            if let Err(refused) = read(&file, listening) {
                prop_assert!(!refused.what.is_empty());
            }
        }
    }
}

#[test]
fn tokens_are_those_of_the_same_tune_in_abc() {
    let head = "M:6/8\nL:1/8\nK:Em";
    let cases = [
        (
            "E2B BAB|d3 D3|]",
            "M:6/8 L:1/8 K:Em E4:1/4 B4:1/8 B4:1/8 A4:1/8 B4:1/8 | D5:3/8 D4:3/8 |]",
        ),
        (
            "B|ABc d3-|d z2 A2z|]",
            "M:6/8 L:1/8 K:Em B4:1/8 | A4:1/8 B4:1/8 C5:1/8 D5:3/8 - | D5:1/8 z:1/4 A4:1/4 z:1/8 |]",
        ),
        (
            "(3ABcA f3|A6|]",
            "M:6/8 L:1/8 K:Em (3:2:3 A4:1/8 B4:1/8 C5:1/8 A4:1/8 F#5:3/8 | A4:3/4 |]",
        ),
        (
            "z6|z6|[K:D]c3 z3|[M:2/4]c5- c3-|c2z2|]",
            "M:6/8 L:1/8 K:Em Z:2 | K:D C#5:3/8 z:3/8 | M:2/4 C#5:1/2 - | C#5:1/2 - | C#5:1/4 z:1/4 |]",
        ),
    ];
    for (music, tokens) in cases {
        assert_eq!(heard(head, music), tokens, "{music}");
    }
}
