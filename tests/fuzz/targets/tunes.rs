//! Tunes.

use super::check_refusal;
use counterpoint::notes::abc::{self, collection};
use counterpoint::notes::midi::{self, Grid, Listening, Tracks};
use counterpoint::notes::{Spelling, Tune, bars, perform, picture};

/// ABC: what is read is written, and read again as the same.
pub(super) fn abc(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for piece in collection(&text) {
        match piece.read() {
            Ok(tune) => {
                go_round(&tune);
                play(&tune);
            }
            Err(_) => piece.read_part().iter().for_each(play),
        }
    }
}

/// MIDI files: what is read is a tune like those in ABC.
pub(super) fn midi_file(bytes: &[u8]) {
    for tracks in [Tracks::Melody, Tracks::All] {
        for grid in [Grid::AsWritten, Grid::Of(16)] {
            match midi::read(bytes, Listening { tracks, grid }) {
                Ok(tune) => {
                    go_round(&tune);
                    play(&tune);
                }
                Err(unreadable) => assert!(!unreadable.what.is_empty()),
            }
        }
    }
}

/// As tokens, as ABC, and as tokens again, they are the same.
fn go_round(tune: &Tune) {
    for spelling in Spelling::ALL {
        let spelt = spelling.spell(tune);
        let abc = Spelling::unspell(spelt.split(' ').map(str::as_bytes));
        let again = collection(&abc).next().expect("a tune was written");
        let again = again
            .read()
            .unwrap_or_else(|bad| panic!("{}: {abc}", bad.what));
        assert_eq!(spelling.spell(&again), spelt, "by way of {abc}");
    }
}

fn play(tune: &Tune) {
    let _ = bars(&tune.events);
    let _ = abc::write(tune);
    let performance = perform(&tune.events);
    let _ = picture::piano_roll(&performance, "");
    if let Err(error) = midi::write(&performance) {
        check_refusal(&error);
    }
}
