use proptest::prelude::*;

use super::*;
use crate::notes::{Detail, Malformed, Spelling, Tune};

const FULL: Spelling = Spelling {
    detail: Detail::Full,
    common_key: false,
};

/// Tunes of many kinds, of our own.
const TUNES: &str = include_str!("../../../corpora/tunes.abc");

fn read(text: &str) -> Result<Tune, Malformed> {
    collection(text).next().unwrap().read()
}

fn part(text: &str) -> String {
    let tune = collection(text).next().unwrap().read_part().unwrap();
    FULL.spell(&tune)
}

/// The tokens of music in common time and one sharp, without its head.
fn music(text: &str) -> String {
    let tune = read(&format!("X:1\nM:4/4\nL:1/8\nK:G\n{text}")).unwrap();
    let tokens = FULL.spell(&tune);
    assert_stable(&tokens);
    tokens.strip_prefix("M:4/4 L:1/8 K:G ").unwrap().to_owned()
}

fn wrong(text: &str) -> String {
    let error = read(&format!("X:1\nK:G\n{text}")).unwrap_err();
    assert_eq!(error.line, 3, "{error:?}");
    error.what
}

fn assert_stable(tokens: &str) {
    let written = written(tokens);
    let again = collection(&written).next().unwrap().read();
    assert_eq!(FULL.spell(&again.unwrap()), tokens, "{written}");
}

fn written(tokens: &str) -> String {
    Spelling::unspell(tokens.split(' ').map(str::as_bytes))
}

#[test]
fn notes_sound_as_key_and_bar_say() {
    let cases = [
        ("F f", "F#4:1/8 F#5:1/8"),
        ("=F F f | F", "F4:1/8 F4:1/8 F5:1/8 | F#4:1/8"),
        ("^^C, __d'", "C##3:1/8 Dbb6:1/8"),
        (
            "c,' A2 B3/2 c/ d// e/4 g3/",
            "C5:1/8 A4:1/4 B4:3/16 C5:1/16 D5:1/32 E5:1/32 G5:3/16",
        ),
        (
            "A>B c<d e>>f",
            "A4:3/16 B4:1/16 C5:1/16 D5:3/16 E5:7/32 F#5:1/32",
        ),
        ("A > B{c}>d e", "A4:3/16 B4:3/32 { C5:1/8 } D5:1/16 E5:1/8"),
        ("^c-|c c|c", "C#5:1/8 - | C#5:1/8 C5:1/8 | C5:1/8"),
        (
            "[CEG]2 [C2E4]/ [c-e]2 [ce]",
            "C4+E4+G4:1/4 C4:1/8+E4:1/4 C5-+E5:1/4 C5+E5:1/8",
        ),
        ("A z2 x/ Z3", "A4:1/8 z:1/4 x:1/16 Z:3"),
        (
            "(3abc (5:4abcde (3::2 ab",
            "(3:2:3 A5:1/8 B5:1/8 C5:1/8 (5:4:5 A5:1/8 B5:1/8 C5:1/8 D5:1/8 E5:1/8 (3:2:2 A5:1/8 B5:1/8",
        ),
    ];
    for (abc, tokens) in cases {
        assert_eq!(music(abc), tokens, "{abc}");
    }
}

#[test]
fn bars_of_every_spelling_are_bars() {
    let cases = [
        ("|: A :| B :: c ||", "|: A4:1/8 :| B4:1/8 :: C5:1/8 ||"),
        ("A :||: B :|: c |]", "A4:1/8 :: B4:1/8 :: C5:1/8 |]"),
        (
            "[| A |1 B :|2 c |[3,4 d [| e",
            "[| A4:1/8 | [1 B4:1/8 :| [2 C5:1/8 | [3,4 D5:1/8 [| E5:1/8",
        ),
        (
            "A .| B [|] c ||: d ::| e",
            "A4:1/8 .| B4:1/8 [|] C5:1/8 |: D5:1/8 ::| E5:1/8",
        ),
        ("A | | B |\n|: c", "A4:1/8 | B4:1/8 |: C5:1/8"),
        ("A|[\"last time\"B", "A4:1/8 | [\"last_time\" B4:1/8"),
    ];
    for (abc, tokens) in cases {
        assert_eq!(music(abc), tokens, "{abc}");
    }
}

#[test]
fn fields_inside_a_tune_hold_from_there_on() {
    let changed = music("F [K:F] B | [M:3/4] [L:1/4] B\nK:D\nP:B\nF [r:a remark] [I:foo] F");
    assert_eq!(
        changed,
        "F#4:1/8 K:F Bb4:1/8 | M:3/4 Bb4:1/4 K:D P:B F#4:1/4 F#4:1/4"
    );
    assert_eq!(
        part("[R:Slip Jig][M:9/8][K:Em] F"),
        "R:slip_jig M:9/8 L:1/8 K:Em F#4:1/8"
    );
    assert_eq!(part("M:2/4\nF"), "M:2/4 F4:1/16");
    assert_eq!(part("GAB|"), "G4:1/8 A4:1/8 B4:1/8 |");
    assert_eq!(music("K:C clef=bass octave=-1\nC"), "K:C C3:1/8");
}

#[test]
fn voices_keep_their_own_accidentals() {
    let text = "V:T name=\"Top part\"\nV:B clef=bass\nK:C\n[V:T] ^c c | [V:B] C, c |\nV:T\nc\n";
    let tune = read(&format!("X:1\nL:1/4\n{text}")).unwrap();
    let tokens = FULL.spell(&tune);
    assert_eq!(
        tokens,
        "L:1/4 K:C V:1 C#5:1/4 C#5:1/4 | V:2 C3:1/4 C5:1/4 | V:1 C5:1/4"
    );
    assert_stable(&tokens);
    assert_eq!(
        music("V:1\nA\nV:1\nB"),
        "A4:1/8 B4:1/8",
        "one voice is no voices"
    );
}

#[test]
fn ornaments_are_kept_by_name_and_text_for_people_is_not() {
    assert_eq!(
        music("\"Am7/E\"~A \"^slow\"T.B !f!(c +trill+d) {/g}e {ab}c !\nw: la la"),
        "\"Am7/E\" !roll! A4:1/8 !trill! !staccato! B4:1/8 !f! ( C5:1/8 !trill! D5:1/8 ) \
         {/ G5:1/8 } E5:1/8 { A5:1/8 B5:1/8 } C5:1/8"
    );
    assert_eq!(
        music("U: k = !accent!\nkA nB % not this"),
        "!accent! A4:1/8 B4:1/8"
    );
    let tune = read("X:1\nK:G\n\"G\"(A ~B)").unwrap();
    assert_eq!(Spelling::default().spell(&tune), "L:1/8 K:G A4:1/8 B4:1/8");
}

#[test]
fn what_is_not_understood_is_named() {
    let cases = [
        ("A [CE", "a chord is not closed"),
        ("{A", "grace notes are not closed"),
        ("A> |B", "broken rhythm has no note after it"),
        (">A", "no note before it"),
        ("\"Am", "not closed with \""),
        ("^/2A", "microtones"),
        ("m: ~n3 = n", "macros"),
        ("A0", "a length is none"),
        ("A/0", "a length is none"),
        ("A99999999999999999999", "a length is none"),
        ("c''''''''", "out of range"),
        ("(1A", "no tuplet"),
        ("(99:1:1A", "no tuplet"),
        ("(&A", "overlays"),
        ("K:H", "'H' is no key"),
        ("M:7", "'7' is no metre"),
        ("V:1 transpose=-2", "transpose=-2"),
        ("some words", "'s' is not understood"),
        ("A é", "'é' is not understood"),
    ];
    for (text, what) in cases {
        assert!(wrong(text).contains(what), "{text}: {}", wrong(text));
    }
    assert!(read("X:1\nK:G\nz4").unwrap_err().what.contains("no notes"));
    assert!(
        read("X:1\nA\n")
            .unwrap_err()
            .what
            .contains("before the field K")
    );
    assert!(
        read("X:1\nT:nothing\n")
            .unwrap_err()
            .what
            .contains("no field K")
    );
}

#[test]
fn a_collection_is_cut_at_blank_lines_and_its_head_holds_for_all() {
    let text = "L:1/4\n%%propagate-accidentals octave\nU:k=!accent!\n\nX:1\nK:C\n^cC\n\nwords\n\nX: 2 % two\nK:C\nkA\nX:3\nK:C\nL:1/8\nA";
    let pieces: Vec<_> = collection(text).collect();
    let facts: Vec<_> = pieces
        .iter()
        .map(|p| (p.number, p.reference.unwrap(), p.line))
        .collect();
    assert_eq!(facts, [(1, "1", 5), (2, "2", 11), (3, "3", 14)]);
    let tokens: Vec<_> = pieces
        .iter()
        .map(|p| FULL.spell(&p.read().unwrap()))
        .collect();
    assert_eq!(
        tokens,
        [
            "L:1/4 K:C C#5:1/4 C4:1/4",
            "L:1/4 K:C !accent! A4:1/4",
            "L:1/4 K:C A4:1/8"
        ]
    );
    assert_eq!(collection("\n \n").count(), 0);
}

#[test]
fn a_common_key_has_no_sharps_and_keeps_the_scale() {
    let common = Spelling {
        detail: Detail::Full,
        common_key: true,
    };
    let tune = read("X:1\nK:Edor\n\"Em\"E F G \"A/C#\"A B c d [K:D] c").unwrap();
    assert_eq!(
        common.spell(&tune),
        "L:1/8 K:Ddor \"Dm\" D4:1/8 E4:1/8 F4:1/8 \"G/B\" G4:1/8 A4:1/8 B4:1/8 C5:1/8 K:C B4:1/8"
    );
}

#[test]
fn an_accidental_is_written_where_readers_could_differ() {
    let cases = [
        // Does the sharp reach the octave above? Does a grace note's count? Does a tie carry it?
        ("K:C C#4:1/8 C#5:1/8 C5:1/8", "^C^c =c"),
        ("K:C { C#5:1/8 } D5:1/8 C#5:1/8", "{^c}d^c"),
        ("K:C C#5:1/8 - | C#5:1/8", "^c- | ^c"),
        ("K:C C#5:1/8 K:C C5:1/8", "^c [K:C] =c"),
        ("K:C C#5:1/8 C#5:1/8 D5:1/8", "^cc d"),
    ];
    for (tokens, abc) in cases {
        let written = written(tokens);
        let body = written.split("K:C\n").nth(1).unwrap();
        let plain = |text: &str| text.replace(' ', "");
        assert_eq!(plain(body), plain(abc), "{tokens}");
    }
}

#[test]
fn every_tune_of_the_corpus_goes_round() {
    let mut tunes = 0;
    for piece in collection(TUNES) {
        let tokens = FULL.spell(&piece.read().unwrap());
        assert_stable(&tokens);
        tunes += 1;
    }
    assert_eq!(tunes, 96);
}

/// Tokens of every kind, in any order.
fn any_tokens() -> impl Strategy<Value = String> {
    const KINDS: &str = "M:6/8 M:3/4 L:1/4 K:G K:Bbm K:Dphr,^f V:1 V:2 V:9 P:B R:jig F#5:1/8 F5:1/8 F4:1/4 \
        B3:1/3 C-1:7/64 C4+E4:1/4 C4-+E4:1/4 C4:1/4+E4:1/2 z:1/8 x:1 Z:2 - | || |: :| :: .| [|] |] \
        [1 [1,2 [\"x\" (3:2:3 (5:3:4 { {/ } & ( ) \"Am\" !trill! !fff! <unk> nonsense";
    let kinds: Vec<&str> = KINDS.split_whitespace().collect();
    prop::collection::vec(prop::sample::select(kinds), 0..40).prop_map(|tokens| tokens.join(" "))
}

/// A tune of the corpus with some of its bytes changed, cut out or doubled.
fn bruised() -> impl Strategy<Value = String> {
    let changes =
        prop::collection::vec((any::<prop::sample::Index>(), 0..4u8, any::<char>()), 1..6);
    const MUSIC: &str = "|:[](){}<>-/'\",^_=zZx!+~.&%\\VKML1239 \nABcd";
    (any::<prop::sample::Index>(), changes).prop_map(|(which, changes)| {
        let tunes: Vec<&str> = TUNES.split("\n\n").collect();
        let mut tune: Vec<char> = which.get(&tunes).chars().collect();
        for (place, how, any) in changes {
            let at = place.index(tune.len().max(1));
            let music: Vec<char> = MUSIC.chars().collect();
            match how {
                0 if at < tune.len() => _ = tune.remove(at),
                1 => tune.insert(at, any),
                2 => tune.insert(at, *place.get(&music)),
                _ => tune.extend_from_within(at..),
            }
        }
        tune.into_iter().collect()
    })
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in prop_oneof![any::<String>(), bruised()]) {
        for piece in collection(&text) {
            let Ok(tune) = piece.read() else { continue };
            prop_assert!(tune.events.len() <= 4 * text.len() + 8);
            let tokens = FULL.spell(&tune);
            let written = written(&tokens);
            let again = collection(&written).next().unwrap().read();
            let again = again.map(|again| FULL.spell(&again));
            prop_assert_eq!(again.as_deref(), Ok(tokens.as_str()), "{}", written);
        }
    }

    #[test]
    fn any_tokens_make_abc_that_can_be_read(tokens in any_tokens()) {
        let written = written(&format!("M:4/4 L:1/8 K:D {tokens} A4:1/8"));
        let read = collection(&written).next().unwrap().read();
        prop_assert!(read.is_ok(), "{:?}\n{}", read, written);
        let once = FULL.spell(&read.unwrap());
        assert_stable(&once);
    }
}

#[test]
fn bars_that_meet_where_something_is_left_out_are_shared() {
    let tune = read("X:1\nL:1/8\nK:C\nA:|\nP:B\n|B|]").unwrap();
    for spelling in Spelling::ALL {
        let tokens = spelling.spell(&tune);
        let again = read(&written(&tokens)).unwrap();
        assert_eq!(spelling.spell(&again), tokens, "{spelling:?}");
    }
    assert_eq!(
        Spelling::default().spell(&tune),
        "L:1/8 K:C A4:1/8 :| B4:1/8 |]"
    );
}
