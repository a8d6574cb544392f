use std::path::Path;
use std::sync::Mutex;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::{Imported, Leniency, read, write};
use crate::error::Result;
use crate::model::LanguageModel;
use crate::progress::{Progress, Quiet, Stage};
use crate::smooth::Unlisted;
use crate::token::TokenId;
use crate::warning::Warning;

/// Keeps the warnings.
#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl Progress for Heard {
    fn stage(&self, _: Stage) {}
    fn advance(&self, _: u64) {}
    fn note(&self, _: &str) {}
    fn warn(&self, warning: Warning) {
        self.0.lock().unwrap().push(warning.to_string());
    }
}

const GOOD: &str = "\\data\\
ngram 1=5
ngram 2=3
ngram 3=1

\\1-grams:
-1\t<unk>
-99\t<s>\t-0.5
-0.75\t</s>
-0.5\ta\t-0.25
-0.625\tb\t-0.125

\\2-grams:
-0.25\t<s> a\t-0.0625
-0.125\ta b\t-0.03125
-0.5\tb </s>

\\3-grams:
-0.0625\t<s> a b

\\end\\
";

fn import(text: &str, leniency: Leniency) -> Result<(Imported, Vec<String>)> {
    let heard = Heard::default();
    let imported = read(&mut text.as_bytes(), "model.arpa", leniency, &heard)?;
    Ok((imported, heard.0.into_inner().unwrap()))
}

fn refusal(text: &str) -> String {
    import(text, Leniency::Strict)
        .err()
        .expect("refused")
        .to_string()
}

#[test]
fn a_good_file_comes_in_whole() {
    let (imported, warnings) = import(GOOD, Leniency::Strict).unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    let table = &imported.table;
    let [a, b] = [b"a", b"b"].map(|word| imported.vocabulary.id(word).unwrap());
    let context = table.locate(&[TokenId::START, a]);
    assert_eq!(table.log10_backoff(context), -0.0625);
    let ngram = table.child(context, b).unwrap();
    assert_eq!((ngram.length(), table.log10_prob(ngram)), (3, -0.0625));
    assert_eq!(table.log10_backoff(table.locate(&[TokenId::UNKNOWN])), 0.0);
}

#[test]
fn out_and_in_again_is_exact() {
    let (imported, _) = import(GOOD, Leniency::Strict).unwrap();
    let mut first = Vec::new();
    let write_out = |imported: &Imported, out: &mut Vec<u8>| {
        let (vocabulary, table) = (&imported.vocabulary, &imported.table);
        write(
            vocabulary,
            table,
            Unlisted::LowerOrder,
            out,
            Path::new("out"),
        )
        .unwrap();
    };
    write_out(&imported, &mut first);
    let text = String::from_utf8(first.clone()).unwrap();
    assert!(text.contains("-0.0625\t<s> a b\n"));
    let again = read(&mut &first[..], "again", Leniency::Strict, &Quiet).unwrap();
    let mut second = Vec::new();
    write_out(&again, &mut second);
    assert_eq!(first, second);
}

#[test]
fn text_before_the_data_and_odd_blanks_are_read() {
    let odd = GOOD
        .replace('\n', "\r\n")
        .replace("ngram 1=5", "ngram 1 = 5");
    let odd = format!("made by hand\r\n# comment\r\n{odd}").replace("<s> a b", "<s>\ta  b");
    let (imported, warnings) = import(odd.trim_end(), Leniency::Strict).unwrap();
    assert_eq!(imported.table.levels()[2].tokens.len(), 1);
    assert!(warnings.is_empty());
}

#[test]
fn wrong_counts_are_refused_by_both_numbers() {
    let wrong = GOOD.replace("ngram 2=3", "ngram 2=4");
    let message = refusal(&wrong);
    assert!(
        message.contains("says 4") && message.contains("has 3"),
        "{message}"
    );
    let (_, warnings) = import(&wrong, Leniency::Lenient).unwrap();
    assert_eq!(warnings.len(), 1);
}

#[test]
fn positive_infinite_and_meaningless_numbers_are_refused_by_line() {
    for (bad, word) in [
        ("0.25", "positive"),
        ("inf", "-99"),
        ("NaN", "-99"),
        ("x", "'x'"),
    ] {
        let message = refusal(&GOOD.replace("-0.625\tb", &format!("{bad}\tb")));
        assert!(
            message.contains("line 11") && message.contains(word),
            "{message}"
        );
    }
    let lenient = GOOD.replace("-0.625\tb", "0.25\tb");
    let (imported, _) = import(&lenient, Leniency::Lenient).unwrap();
    assert_eq!(imported.table.levels()[0].log10_prob[4], 0.0);
}

#[test]
fn a_missing_unk_is_supplied_and_a_capital_one_is_an_alias() {
    let without = GOOD
        .replace("-1\t<unk>\n", "")
        .replace("ngram 1=5", "ngram 1=4");
    let (imported, warnings) = import(&without, Leniency::Strict).unwrap();
    assert_eq!(imported.table.levels()[0].log10_prob[0], -100.0);
    assert!(warnings[0].contains("<unk>"));

    let (imported, warnings) = import(&GOOD.replace("<unk>", "<UNK>"), Leniency::Strict).unwrap();
    assert_eq!(imported.table.levels()[0].log10_prob[0], -1.0);
    assert!(warnings[0].contains("<UNK>"));
}

#[test]
fn missing_sentence_marks_are_allowed_and_said() {
    let bare = "\\data\\\nngram 1=2\n\n\\1-grams:\n-0.3 a\n-0.3 <unk>\n\n\\end\\\n";
    let (imported, warnings) = import(bare, Leniency::Strict).unwrap();
    assert_eq!(warnings.len(), 2, "<s> and </s>: {warnings:?}");
    assert_eq!(
        imported.vocabulary.len(),
        4,
        "and order 1 alone is no fault"
    );
}

#[test]
fn minus_99_is_a_probability_of_zero() {
    let (imported, _) = import(&GOOD.replace("-0.625\tb", "-99\tb"), Leniency::Strict).unwrap();
    assert_eq!(imported.table.levels()[0].log10_prob[4], f32::NEG_INFINITY);
}

#[test]
fn missing_suffixes_and_contexts_are_inserted_with_their_backed_off_probability() {
    let without = GOOD
        .replace("-0.125\ta b\t-0.03125\n", "")
        .replace("ngram 2=3", "ngram 2=2");
    let (imported, warnings) = import(&without, Leniency::Strict).unwrap();
    assert!(
        warnings[0].starts_with("model.arpa: 1 contexts or suffixes"),
        "{warnings:?}"
    );
    let a_b = [b"a", b"b"].map(|word| imported.vocabulary.id(word).unwrap());
    let table = &imported.table;
    let ngram = table.child(table.locate(&a_b[..1]), a_b[1]).unwrap();
    assert_eq!(
        table.log10_prob(ngram),
        -0.25 + -0.625,
        "back-off of a, then b"
    );
}

#[test]
fn other_breaches_say_what_belongs_where() {
    let cases = [
        (GOOD.replace("\\data\\", "data"), "\\data\\"),
        (GOOD.replace("\\2-grams:", "\\3-grams:"), "\\2-grams:"),
        (GOOD.replace("\\end\\\n", ""), "cut short"),
        (
            GOOD.replace("b </s>", "b c"),
            "'c' is not among the unigrams\n  --> model.arpa, line 16",
        ),
        (GOOD.replace("b </s>", "b"), "fields"),
        (GOOD.replace("-0.625\tb", "-0.625\ta"), "twice"),
        (
            GOOD.replace("b </s>", "a b"),
            "the 2-gram 'a b' is listed twice",
        ),
        (
            GOOD.replace("ngram 1=5\nngram 2=3\nngram 3=1\n", ""),
            "header",
        ),
        (GOOD.replace("ngram 3=1", "ngram 9=1"), "ngram 3="),
        (String::new(), "\\data\\"),
    ];
    for (text, expected) in cases {
        let message = refusal(&text);
        assert!(message.contains(expected), "{expected}: {message}");
    }
}

#[test]
fn every_truncation_is_refused() {
    for end in 0..GOOD.len() - 1 {
        let cut = import(&GOOD[..end], Leniency::Strict);
        assert!(cut.is_err(), "cut at {end}");
    }
}

#[test]
fn other_kinds_of_files_are_refused_by_what_they_are() {
    let long = [b"\x05\0\x07".as_slice(), &[b'x'; 1 << 20]].concat();
    let cases: [(&[u8], &str); 8] = [
        (
            b"mmap lm http://kheafield.com/code format version 5\n\0",
            "a KenLM binary",
        ),
        (b"Trie Language Model\x03\x90\x01\0\0", "a Sphinx binary"),
        (b"\x11\0\0\0Darpa Trigram LM\0", "a Sphinx DMP file"),
        (&crate::store::MAGIC, "a counterpoint model"),
        (b"\xFF\xFE\\\0d\0", "UTF-16"),
        (b"\xeb\0\0\0\x1d\0\0\0", "binary data"),
        (&long, "binary data"),
        (b"the cat sat\n", "no \\data\\ line"),
    ];
    for (bytes, expected) in cases {
        let refused = read(&mut &bytes[..], "model", Leniency::Lenient, &Quiet);
        let message = refused.err().expect("refused").to_string();
        assert!(message.contains(expected), "{expected}: {message}");
    }
}

#[test]
fn a_byte_order_mark_is_taken_off() {
    let (imported, _) = import(&format!("\u{FEFF}{GOOD}"), Leniency::Strict).unwrap();
    assert_eq!(imported.table.order(), 3);
}

#[test]
fn numbers_may_be_spelled_in_any_way() {
    let odd = GOOD
        .replace("-0.5\ta", "-5e-1\ta")
        .replace("-0.25\t<s> a", "-.25\t<s> a")
        .replace("-0.125\ta b", "-1.25E-1\ta b")
        .replace("-99\t<s>", "-99.000\t<s>");
    let (plain, _) = import(GOOD, Leniency::Strict).unwrap();
    let (imported, warnings) = import(&odd, Leniency::Strict).unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    for (level, expected) in imported.table.levels().iter().zip(plain.table.levels()) {
        assert_eq!(level.log10_prob.to_vec(), expected.log10_prob.to_vec());
    }
}

#[test]
fn the_first_wrong_line_is_named_however_many_follow() {
    let lines = |n: usize| -> String { (0..n).map(|k| format!("-1\tw{k}\n")).collect() };
    let pairs: String = (0..500)
        .map(|k| format!("-1\tw{k} w{}\n", 499 - k))
        .collect();
    let text = format!(
        "\\data\\\nngram 1=500\nngram 2=500\n\n\\1-grams:\n{}\n\\2-grams:\n{pairs}\n\\end\\\n",
        lines(500)
    );
    assert!(import(&text, Leniency::Strict).is_ok());
    let wrong = text
        .replace("w300 w199", "w300 x")
        .replace("w400 w99", "w400");
    // Four lines of header, a title, 500 unigrams, a blank, a title, and 300 bigrams before.
    assert!(
        refusal(&wrong).contains("model.arpa, line 808"),
        "{}",
        refusal(&wrong)
    );
}

#[test]
fn blank_lines_inside_sections_are_passed_over() {
    let airy = GOOD
        .replace("-grams:\n", "-grams:\n\n")
        .replace("-0.5\ta", "\n \t\n-0.5\ta");
    let (imported, warnings) = import(&airy, Leniency::Strict).unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    assert_eq!(imported.table.levels()[1].tokens.len(), 3);
    let cut = airy.split("-0.125\ta b").next().unwrap();
    assert!(refusal(cut).contains("says 3 n-grams of order 2, the file ends after 1"));
}

#[test]
fn a_highest_order_may_be_empty() {
    let empty = GOOD
        .replace("ngram 3=1", "ngram 3=0")
        .replace("-0.0625\t<s> a b\n", "");
    let (imported, _) = import(&empty, Leniency::Strict).unwrap();
    assert_eq!(imported.table.order(), 3);
    let model = imported.into_model().unwrap();
    let [a, b] = [b"a", b"b"].map(|word| model.vocabulary().id(word).unwrap());
    let log10 = model.log_prob(&[TokenId::START, a], b).log10();
    assert!((log10 - (-0.0625 - 0.125)).abs() < 1e-7, "{log10}");
}

#[test]
fn a_wrong_count_is_said_before_anything_is_supplied() {
    let heard = Heard::default();
    let cut = "\\data\\\nngram 1=91\n\n\\1-grams:\n-0.5\t</s>\t-0.25\n";
    let refused = read(&mut cut.as_bytes(), "cut.arpa", Leniency::Strict, &heard);
    assert!(
        refused
            .err()
            .expect("refused")
            .to_string()
            .contains("says 91")
    );
    assert!(heard.0.into_inner().unwrap().is_empty());
}

#[test]
fn words_that_are_not_utf8_are_kept_and_said() {
    let latin: Vec<u8> = GOOD
        .replace("\tb", "\tb_")
        .replace(" b", " b_")
        .bytes()
        .map(|byte| if byte == b'_' { 0xE9 } else { byte })
        .collect();
    let heard = Heard::default();
    let imported = read(&mut &latin[..], "latin.arpa", Leniency::Strict, &heard).unwrap();
    assert!(imported.vocabulary.id(b"b\xE9").is_some());
    let warnings = heard.0.into_inner().unwrap();
    assert!(warnings[0].contains("1 of its words are not UTF-8, the first at latin.arpa, line 11"));
}

#[test]
fn huge_promises_and_orders_are_refused_without_taking_memory() {
    let promised = GOOD.replace("ngram 3=1", "ngram 3=1000000000000000000");
    assert!(refusal(&promised).contains("has 1"));
    let beyond = GOOD.replace("ngram 3=1", "ngram 3=99999999999999999999999");
    assert!(refusal(&beyond).contains("line 4"));
    assert!(refusal(&GOOD.replace("ngram 1=5", "ngram 300=5")).contains("ngram 300=5"));
    let orders: String = (1..=256).map(|n| format!("ngram {n}=1\n")).collect();
    let orders = format!("\\data\\\n{orders}");
    assert!(refusal(&orders).contains("255"));
    let nothing = "\\data\\\nngram 1=0\n\n\\1-grams:\n\n\\end\\\n";
    assert!(refusal(nothing).contains("no word is listed"));
    assert!(refusal(&GOOD.replace("-0.625\tb", "-1e400\tb")).contains("-1e400"));
}

#[test]
fn a_file_that_leaves_out_nearly_everything_is_refused() {
    // One n-gram of 200 different words has some 20,000 contexts and suffixes.
    let order = 200;
    let words: Vec<String> = (1..=order).map(|n| format!("w{n}")).collect();
    let unigrams: String = words.iter().map(|word| format!("-3\t{word}\n")).collect();
    let counts: String = (2..order).map(|n| format!("ngram {n}=0\n")).collect();
    let sections: String = (2..order).map(|n| format!("\\{n}-grams:\n\n")).collect();
    let text = format!(
        "\\data\\\nngram 1={order}\n{counts}ngram {order}=1\n\n\\1-grams:\n{unigrams}\n{sections}\\{order}-grams:\n-0.5\t{}\n\n\\end\\\n",
        words.join(" "),
    );
    assert!(refusal(&text).contains("are not listed"));
}

#[test]
fn the_lenient_take_a_cut_highest_order_and_no_less() {
    let cut = GOOD.split("-0.0625\t<s> a b").next().unwrap();
    let (imported, warnings) = import(cut, Leniency::Lenient).unwrap();
    assert_eq!(imported.table.levels()[2].tokens.len(), 0);
    assert!(warnings[0].contains("ends after 0") && warnings[1].contains("\\end\\"));
    assert!(refusal(cut).contains("--lenient"));

    let cut = GOOD.split("-0.5\tb </s>").next().unwrap();
    let refused = import(cut, Leniency::Lenient).err().expect("refused");
    assert!(refused.to_string().contains("ends after 2"), "{refused}");
    assert!(!refusal(cut).contains("--lenient"));
}

/// What can befall a file.
#[derive(Clone, Debug)]
enum Harm {
    Flip(Index, u8),
    Cut(Index, u8),
    Truncate(Index),
    Repeat(Index),
    Drop(Index),
    Swap(Index, Index),
    Replace(Index, &'static str),
}

/// Fields that a reader may stumble over.
const ODD: [&str; 16] = [
    "1e400",
    "-1e400",
    "-inf",
    "NaN",
    "-99",
    "99",
    "1e-400",
    "-0",
    "-3e38",
    "",
    "\t\t",
    "<s>",
    "<unk>",
    "ngram 2=18446744073709551616",
    "\\end\\",
    "\\2-grams:",
];

fn harm() -> impl Strategy<Value = Harm> {
    let place = any::<Index>;
    prop_oneof![
        (place(), any::<u8>()).prop_map(|(at, byte)| Harm::Flip(at, byte)),
        (place(), 1..40u8).prop_map(|(at, length)| Harm::Cut(at, length)),
        place().prop_map(Harm::Truncate),
        place().prop_map(Harm::Repeat),
        place().prop_map(Harm::Drop),
        (place(), place()).prop_map(|(a, b)| Harm::Swap(a, b)),
        (place(), select(&ODD[..])).prop_map(|(at, field)| Harm::Replace(at, field)),
    ]
}

impl Harm {
    fn befall(&self, text: &mut Vec<u8>) {
        if text.is_empty() {
            return;
        }
        let mut lines: Vec<Vec<u8>> = text.split(|&b| b == b'\n').map(<[u8]>::to_vec).collect();
        match self {
            Harm::Flip(at, byte) => {
                let at = at.index(text.len());
                text[at] = *byte;
                return;
            }
            Harm::Cut(at, length) => {
                let start = at.index(text.len());
                let end = text.len().min(start + usize::from(*length));
                text.drain(start..end);
                return;
            }
            Harm::Truncate(at) => return text.truncate(at.index(text.len())),
            Harm::Repeat(at) => {
                let at = at.index(lines.len());
                lines.insert(at, lines[at].clone());
            }
            Harm::Drop(at) => {
                lines.remove(at.index(lines.len()));
            }
            Harm::Swap(a, b) => {
                let (a, b) = (a.index(lines.len()), b.index(lines.len()));
                lines.swap(a, b);
            }
            Harm::Replace(at, odd) => {
                let line = &mut lines[at.index(text.len()) % text.split(|&b| b == b'\n').count()];
                let mut fields: Vec<&[u8]> = line.split(|&b| b == b'\t').collect();
                let field = at.index(fields.len());
                fields[field] = odd.as_bytes();
                *line = fields.join(&b'\t');
            }
        }
        *text = lines.join(&b'\n');
    }
}

/// Whatever was let in is a model: every one of its probabilities is a number, and it goes out and
/// comes in as itself.
fn is_sound(imported: Imported) {
    let spell = |imported: &Imported| {
        let mut out = Vec::new();
        let (vocabulary, table) = (&imported.vocabulary, &imported.table);
        let unlisted = Unlisted::LowerOrder;
        write(vocabulary, table, unlisted, &mut out, Path::new("out")).map(|_| out)
    };
    if let Ok(first) = spell(&imported) {
        let again = read(&mut &first[..], "again", Leniency::Strict, &Quiet).unwrap();
        assert_eq!(spell(&again).unwrap(), first);
    }
    let model = imported.into_model().unwrap();
    let ids: Vec<TokenId> = model.vocabulary().ids().collect();
    let mut row = vec![0.0; ids.len()];
    for &a in &ids {
        for &b in &ids {
            model.log_probs(&[a, b], &mut row);
            assert!(
                row.iter().all(|p| !p.is_nan()),
                "after {a:?} {b:?}: {row:?}"
            );
        }
    }
}

proptest! {
    #[test]
    fn harmed_files_are_read_soundly_or_refused(harms in vec(harm(), 1..5), lenient in any::<bool>()) {
        let mut bytes = GOOD.as_bytes().to_vec();
        harms.iter().for_each(|harm| harm.befall(&mut bytes));
        let leniency = if lenient { Leniency::Lenient } else { Leniency::Strict };
        if let Ok(imported) = read(&mut &bytes[..], "harmed", leniency, &Quiet) {
            is_sound(imported);
        }
    }
}
