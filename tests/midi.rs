//! MIDI files are a corpus like any other.

mod common;

use common::Workshop;

const TUNES: &str = include_str!("../corpora/tunes.abc");

/// A format 1 file at 96 ticks a quarter: a track of 3/4 in F, a flute, a bass, drums.
fn waltz() -> Vec<u8> {
    let signs = b"\x00\xFF\x58\x04\x03\x02\x18\x08\x00\xFF\x59\x02\xFF\x00\x00\xFF\x2F\x00";
    // Running status, and a note-on of velocity 0 that ends a note.
    let flute = b"\x00\x90\x41\x50\x60\x41\x00\x00\x45\x50\x60\x45\x00\x00\x48\x50\x60\x48\x00\
        \x00\x4A\x50\x83\x00\x4A\x00\x00\xFF\x2F\x00";
    let bass =
        b"\x00\x81\x29\x00\x00\x91\x29\x50\x00\x91\x30\x50\x82\x20\x81\x29\x00\x00\x81\x30\x00\
        \x00\xFF\x2F\x00";
    let drums = b"\x00\x99\x24\x50\x60\x89\x24\x00\x00\xFF\x2F\x00";
    file(1, [0, 96], &[signs, flute, bass, drums])
}

fn file(format: u8, division: [u8; 2], tracks: &[&[u8]]) -> Vec<u8> {
    let mut file = b"MThd\0\0\0\x06\0".to_vec();
    file.extend([format, 0, tracks.len() as u8]);
    file.extend(division);
    for track in tracks {
        file.extend(b"MTrk");
        file.extend((track.len() as u32).to_be_bytes());
        file.extend(*track);
    }
    file
}

#[test]
fn a_folder_of_midi_and_abc_is_built_and_asked() {
    let shop = Workshop::new();
    std::fs::create_dir(shop.path("tunes")).unwrap();
    shop.write("tunes/waltz.mid", waltz());
    shop.write("tunes/tunes.abc", TUNES);
    let build = [
        "build",
        "tunes",
        "-o",
        "tunes",
        "--tokenizer",
        "notes",
        "--order",
        "3",
    ];
    shop.good(&build);
    let next = shop.good(&["next", "-m", "tunes", "[M:3/4] [L:1/8] [K:F] F2 A2"]);
    assert!(next.contains("C5:1/4"), "{next}");
    shop.good(&["score", "-m", "tunes", "tunes/waltz.mid"]);
    shop.good(&[
        "build",
        "tunes/*.mid",
        "-o",
        "waltz",
        "--tokenizer",
        "notes:common-key",
        "--order",
        "2",
    ]);
    let words = shop.run(&["build", "tunes/tunes.abc", "-o", "w", "--midi-grid", "16"]);
    words.failed_saying(2, &["--midi-grid", "--tokenizer notes"]);
}

#[test]
fn a_waltz_is_its_melody_or_all_its_parts() {
    let shop = Workshop::new();
    shop.write("waltz.mid", waltz());
    let vocabulary = |options: &[&str]| {
        let build = [
            "build",
            "waltz.mid",
            "-o",
            "w",
            "--tokenizer",
            "notes",
            "--order",
            "2",
        ];
        shop.good(&[&build[..], options].concat());
        shop.good(&["export", "-m", "w"])
    };
    let melody = vocabulary(&[]);
    for token in ["M:3/4", "K:F", "F4:1/4", "D5:3/4", "D5:1/4", "z:1/2"] {
        assert!(melody.contains(token), "{token}: {melody}");
    }
    assert!(
        !melody.contains("F2") && !melody.contains("V:2"),
        "{melody}"
    );
    let all = vocabulary(&["--midi-tracks", "all"]);
    assert!(all.contains("F2+C3:3/4") && all.contains("V:2"), "{all}");
    assert!(!all.contains("V:3"), "drums are left out: {all}");
}

#[test]
fn what_is_no_tune_is_refused_or_left_out_by_file_track_and_byte() {
    let shop = Workshop::new();
    let whole = waltz();
    shop.write("good.mid", &whole);
    let end = b"\x00\xFF\x2F\x00";
    let cases: [(&str, Vec<u8>, &str); 6] = [
        (
            "cut.mid",
            whole[..whole.len() - 30].to_vec(),
            "track 3, byte",
        ),
        ("two.mid", file(2, [0, 96], &[end]), "format 2"),
        ("smpte.mid", file(1, [0xE7, 40], &[end]), "SMPTE"),
        (
            "drums.mid",
            file(
                0,
                [0, 96],
                &[b"\x00\x99\x24\x50\x60\x89\x24\x00\x00\xFF\x2F\x00"],
            ),
            "no notes",
        ),
        (
            "running.mid",
            file(0, [0, 96], &[b"\x00\x40\x40\x40"]),
            "track 1, byte 22",
        ),
        (
            "bad.mid",
            file(0, [0, 96], &[b"\x00\xF3\x40\x40"]),
            "track 1, byte 22",
        ),
    ];
    for (name, bytes, expected) in cases {
        shop.write(name, bytes);
        let build = [
            "build",
            "good.mid",
            name,
            "-o",
            "m",
            "--tokenizer",
            "notes",
            "--order",
            "2",
        ];
        shop.run(&build).failed_saying(1, &[name, expected]);
        let skipped = shop.run(&[&build[..], &["--skip-malformed"]].concat());
        let warned = skipped.stderr.contains(&format!("left out {name}"));
        assert!(skipped.code == Some(0) && warned, "{skipped:?}");
    }
}
