//! What is matched by hand is what a regular expression matches.

use proptest::prelude::*;

use super::pattern::Pattern;
use super::*;

const PATTERNS: [&str; 9] = [
    // GPT-2, as first published and as tiktoken writes it since.
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s",
    // cl100k, as first published, as others spell it, and as tiktoken writes it since.
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"('s|'S|'t|'T|'re|'rE|'Re|'RE|'ve|'vE|'Ve|'VE|'m|'M|'ll|'lL|'Ll|'LL|'d|'D)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s",
    // One digit at a time.
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    // o200k, and its heirs without contractions.
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}+| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
];

fn matches(matcher: &Matcher, text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let each = |range, _| {
        found.push(range);
        Ok(())
    };
    matcher.each(text.as_bytes(), 0..text.len(), each).unwrap();
    found
}

fn assert_by_hand_as_by_engine(text: &str) {
    for pattern in PATTERNS {
        let by_hand = matches(&Matcher::of(pattern).unwrap(), text);
        let by_engine = matches(&Matcher::by_engine(pattern).unwrap(), text);
        assert_eq!(by_hand, by_engine, "{pattern} on {text:?}");
    }
}

#[test]
fn these_patterns_are_matched_by_hand() {
    for pattern in PATTERNS {
        assert!(Pattern::of(pattern).is_some(), "{pattern}");
    }
    for other in [r"\w+", r"\p{L}+|\s+", &PATTERNS[0][1..], ""] {
        assert_eq!(Pattern::of(other), None, "{other}");
    }
}

#[test]
fn white_space_and_its_end_are_parted_as_the_pattern_says() {
    for text in [
        "",
        " ",
        "  ",
        "a  ",
        "a  b",
        "\n",
        "a\n",
        "a\n  ",
        "a\n  b",
        " \n \n",
        "a \r\n\r\n b",
        "\u{a0}\u{a0}a",
        "\t\tb",
        "a\u{85}b",
        "x\n/\n",
        "  \n  ",
    ] {
        assert_by_hand_as_by_engine(text);
    }
}

/// What can stand next to each other.
const BITS: &str = "('s|'S|'ll|'Re|'ſ|'|a|bc|Z|ABC|9|1234| |  |\t|\n|\r|\r\n|\u{85}|\u{a0}|\u{3000}|\\.|/|_|-|é|E\u{301}|\u{301}|ǅ|ʰ|٣|½|中|क|ि|🇫|👩|\u{200D}|[a-z]{5,20}|\\PC)";

proptest! {
    #[test]
    fn hands_match_as_the_engine_does(
        text in prop::collection::vec(BITS, 0..40).prop_map(|bits| bits.concat()),
    ) {
        assert_by_hand_as_by_engine(&text);
    }

    #[test]
    fn any_bytes_are_covered_without_a_gap(text in prop::collection::vec(any::<u8>(), 0..100)) {
        for pattern in PATTERNS {
            for matcher in [Matcher::of(pattern).unwrap(), Matcher::by_engine(pattern).unwrap()] {
                let mut end = 0;
                matcher.each(&text, 0..text.len(), |range, _| {
                    assert!(range.start == end && range.end > end);
                    end = range.end;
                    Ok(())
                }).unwrap();
                prop_assert_eq!(end, text.len());
            }
        }
    }
}
