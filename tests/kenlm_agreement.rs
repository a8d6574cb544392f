//! Here is what KenLM made of two small texts; what we make of them must agree.
//!
//! KenLM has a quirk (its issues 405 and 427): the lower-order ends of its very
//! last n-gram enter the counts of counts with their raw count. With
//! [`CountsOfCountsRule::AsKenlm`] ours repeats it and agrees in every number;
//! by default it does not, and differs exactly where the quirk reaches.
//! `golden/README.md` says how the files were made.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use counterpoint::count::{Order, Pruning};
use counterpoint::ngram::{Built, Plan, arpa, build};
use counterpoint::progress::{Progress, Stage};
use counterpoint::smooth::{CountsOfCountsRule, Discounts, Estimate, Smoothing};
use counterpoint::text::Corpus;
use counterpoint::token::{Reading, Tokenizer, Vocabulary, VocabularyLimits, number};
use counterpoint::warning::Warning;

/// Log10 numbers that differ by less are the same: `f32` holds some seven digits.
const CLOSE: f64 = 1e-5;

/// What `lmplz` printed as D1, D2 and D3+ of each order, six digits each.
const SMALL_O2: [[f64; 3]; 2] = [[0.509804, 1.38824, 2.38824], [0.414062, 1.10562, 2.04919]];
const SMALL_O3: [[f64; 3]; 3] = [
    [0.509804, 1.38824, 2.38824],
    [0.63142, 1.28577, 1.57244],
    [0.520661, 1.24594, 2.18182],
];
const SMALL_O4: [[f64; 3]; 4] = [
    [0.509804, 1.38824, 2.38824],
    [0.63142, 1.28577, 1.57244],
    [0.69901, 1.36537, 1.41963],
    [0.639576, 1.26637, 2.27843],
];
const TINY_O5: [[f64; 3]; 5] = [
    [0.375, 1.55, 2.25],
    [0.625, 0.75, 3.0],
    [0.5, 1.0, 1.5],
    [0.761905, 1.54286, 3.0],
    [0.5, 1.0, 1.5],
];

struct Case {
    text: &'static str,
    arpa: &'static str,
    discounts: &'static [[f64; 3]],
}

const CASES: [Case; 4] = [
    Case {
        text: "small.txt",
        arpa: "small.o2.arpa",
        discounts: &SMALL_O2,
    },
    Case {
        text: "small.txt",
        arpa: "small.o3.arpa",
        discounts: &SMALL_O3,
    },
    Case {
        text: "small.txt",
        arpa: "small.o4.arpa",
        discounts: &SMALL_O4,
    },
    Case {
        text: "tiny.txt",
        arpa: "tiny.o5.arpa",
        discounts: &TINY_O5,
    },
];

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name)
}

fn text_of(name: &str) -> String {
    std::fs::read_to_string(golden(name)).unwrap()
}

/// Keeps which orders fell back to fixed discounts.
#[derive(Default)]
struct Fallbacks(Mutex<Vec<usize>>);

impl Progress for Fallbacks {
    fn stage(&self, _: Stage) {}
    fn advance(&self, _: u64) {}
    fn note(&self, _: &str) {}
    fn warn(&self, warning: Warning) {
        match warning {
            Warning::DiscountFallback { order, .. } => self.0.lock().unwrap().push(order),
            other => panic!("an unexpected warning: {other}"),
        }
    }
}

/// Our model of a text, and the orders that fell back.
fn ours(text: &str, order: usize, rule: CountsOfCountsRule) -> (Built, Vec<usize>) {
    ours_without(text, order, rule, |_| Pruning::default())
}

/// The same, without what is pruned.
fn ours_without(
    text: &str,
    order: usize,
    rule: CountsOfCountsRule,
    pruning: impl Fn(&Vocabulary) -> Pruning,
) -> (Built, Vec<usize>) {
    let reading = Reading {
        tokenizer: Tokenizer::Whitespace,
        ..Reading::DEFAULT
    };
    let options = reading.corpus_options(None, false);
    let corpus = Corpus::open(&[golden(text).to_str().unwrap().into()], options).unwrap();
    let fallbacks = Fallbacks::default();
    let numbered = number(&corpus, &reading, VocabularyLimits::default(), &fallbacks).unwrap();
    let pruning = pruning(&numbered.vocabulary);
    let built = build(
        numbered.text,
        numbered.vocabulary,
        &Plan {
            reading,
            order: Order::new(order).unwrap(),
            estimate: Estimate::Probabilities(Smoothing::ModifiedKneserNey(rule)),
            pruning,
        },
        Stage {
            number: 1,
            of: 2,
            name: "",
            unit: "",
            total: None,
        },
        &fallbacks,
    )
    .unwrap();
    (built, fallbacks.0.into_inner().unwrap())
}

fn exported(built: &Built) -> String {
    let mut out = Vec::new();
    let unlisted = built.header.unlisted;
    let (vocabulary, table) = (&built.vocabulary, &built.table);
    arpa::write(vocabulary, table, unlisted, &mut out, Path::new("ours")).unwrap();
    String::from_utf8(out).unwrap()
}

/// One line of an ARPA file; text and numbers apart.
#[derive(Debug)]
struct Line<'a> {
    text: &'a str,
    numbers: Vec<f64>,
}

/// Every line, sorted by its text, for each writer has an order of its own; entries are recognised
/// by their tabs.
fn lines(arpa: &str) -> Vec<Line<'_>> {
    let line = |line| match str::split_once(line, '\t') {
        None => Line {
            text: line,
            numbers: Vec::new(),
        },
        Some((log10, rest)) => {
            let (text, backoff) = rest.split_once('\t').unzip();
            let numbers = [Some(log10), backoff].into_iter().flatten();
            Line {
                text: text.unwrap_or(rest),
                numbers: numbers.map(|number| number.parse().unwrap()).collect(),
            }
        }
    };
    let mut lines: Vec<Line> = arpa.lines().map(line).collect();
    lines.sort_by_key(|line| line.text);
    lines
}

/// The largest difference of probabilities, order by order. The two files must have the same lines
/// with the same fields, so that numbers are all that can differ.
fn differences(ours: &str, kenlm: &str) -> BTreeMap<usize, f64> {
    let (ours, kenlm) = (lines(ours), lines(kenlm));
    assert_eq!(ours.len(), kenlm.len());
    let mut largest = BTreeMap::new();
    for (our, their) in ours.iter().zip(&kenlm) {
        assert_eq!(our.text, their.text);
        assert_eq!(our.numbers.len(), their.numbers.len(), "{}", our.text);
        for (a, b) in our.numbers.iter().zip(&their.numbers) {
            let order = our.text.split(' ').count();
            let so_far: &mut f64 = largest.entry(order).or_default();
            *so_far = so_far.max((a - b).abs());
        }
    }
    largest
}

#[test]
fn with_the_quirk_every_number_agrees() {
    for case in CASES {
        let order = case.discounts.len();
        let (built, _) = ours(case.text, order, CountsOfCountsRule::AsKenlm);
        let differences = differences(&exported(&built), &text_of(case.arpa));
        assert_eq!(differences.len(), order);
        assert!(
            differences.values().all(|&difference| difference < CLOSE),
            "{}: {differences:?}",
            case.arpa
        );
    }
}

#[test]
fn what_is_pruned_is_what_kenlm_prunes_and_the_rest_agrees() {
    let by_counts = [
        (3, vec![0, 0, 1], "small.o3.prune-0-0-1.arpa"),
        (4, vec![0, 1, 2], "small.o4.prune-0-1-2.arpa"),
        (3, vec![1, 1, 1], "small.o3.prune-1-1-1.arpa"),
        (3, vec![1], "small.o3.prune-1-1-1.arpa"),
    ];
    for (order, thresholds, arpa) in by_counts {
        let pruning = |_: &Vocabulary| Pruning::new(thresholds.clone(), None).unwrap();
        agrees_without(order, pruning, arpa);
    }
    let words = text_of("small.words.txt");
    let by_words = |vocabulary: &Vocabulary| {
        let mut wanted = vec![false; vocabulary.len()];
        for id in words
            .split_whitespace()
            .filter_map(|word| vocabulary.id(word.as_bytes()))
        {
            wanted[id.index()] = true;
        }
        Pruning::new(Vec::new(), Some(wanted)).unwrap()
    };
    agrees_without(3, by_words, "small.o3.limit.arpa");
}

fn agrees_without(order: usize, pruning: impl Fn(&Vocabulary) -> Pruning, arpa: &str) {
    let (built, _) = ours_without("small.txt", order, CountsOfCountsRule::AsKenlm, pruning);
    let differences = differences(&exported(&built), &text_of(arpa));
    assert_eq!(differences.len(), order);
    let all_agree = differences.values().all(|&difference| difference < CLOSE);
    assert!(all_agree, "{arpa}: {differences:?}");
}

#[test]
fn with_the_quirk_the_discounts_are_those_that_kenlm_prints() {
    for case in CASES {
        let order = case.discounts.len();
        let (built, _) = ours(case.text, order, CountsOfCountsRule::AsKenlm);
        for (ours, printed) in built.header.discounts.iter().zip(case.discounts) {
            for (d, printed) in ours.by_count().iter().zip(printed) {
                assert!((d - printed).abs() < CLOSE, "{}: {ours:?}", case.arpa);
            }
        }
    }
}

#[test]
fn the_same_orders_fall_back() {
    let (built, fallbacks) = ours("tiny.txt", 5, CountsOfCountsRule::AsKenlm);
    assert_eq!(fallbacks, [3, 5]);
    let fixed: Vec<bool> = built
        .header
        .discounts
        .iter()
        .map(|d| *d == Discounts::FALLBACK)
        .collect();
    assert_eq!(fixed, [false, false, true, false, true]);
    let (_, fallbacks) = ours("small.txt", 4, CountsOfCountsRule::AsKenlm);
    assert!(fallbacks.is_empty());
}

/// The orders in which KenLM's last n-gram is counted wrongly, found anew from the text: those below
/// the highest in which the raw count of its end is not the adjusted one.
fn orders_with_the_quirk(built: &Built, text: &str, order: usize) -> BTreeSet<usize> {
    let mut raw: BTreeMap<Vec<u32>, u64> = BTreeMap::new();
    let mut before: BTreeMap<Vec<u32>, BTreeSet<u32>> = BTreeMap::new();
    for line in text.lines() {
        let id = |word: &str| built.vocabulary.id(word.as_bytes()).unwrap().0;
        let words = ["<s>"]
            .into_iter()
            .chain(line.split_ascii_whitespace())
            .chain(["</s>"]);
        let ids: Vec<u32> = words.map(id).collect();
        for start in 0..ids.len() {
            for end in start + 1..=ids.len().min(start + order) {
                let ngram = ids[start..end].to_vec();
                if start > 0 {
                    before
                        .entry(ngram.clone())
                        .or_default()
                        .insert(ids[start - 1]);
                }
                *raw.entry(ngram).or_default() += 1;
            }
        }
    }
    let highest = raw.keys().filter(|ngram| ngram.len() == order);
    let last = highest.max_by_key(|ngram| ngram.iter().rev().copied().collect::<Vec<_>>());
    let last = last.unwrap();
    let differs = |n: &usize| {
        let end = &last[order - n..];
        raw[end] != before[end].len() as u64
    };
    (1..order).filter(differs).collect()
}

#[test]
fn by_default_only_the_discounts_that_the_quirk_touches_differ_and_what_rests_on_them() {
    for case in CASES {
        let order = case.discounts.len();
        let (quirky, _) = ours(case.text, order, CountsOfCountsRule::AsKenlm);
        let (exact, _) = ours(case.text, order, CountsOfCountsRule::Exact);
        let touched = orders_with_the_quirk(&exact, &text_of(case.text), order);
        let pairs = quirky.header.discounts.iter().zip(&exact.header.discounts);
        let differing: BTreeSet<usize> = (1..)
            .zip(pairs)
            .filter(|(_, (quirky, exact))| quirky != exact)
            .map(|(n, _)| n)
            .collect();
        assert_eq!(differing, touched, "{}", case.arpa);
        // A probability rests on the discounts of its own order and of all below.
        let first = differing.first().copied().unwrap_or(order + 1);
        for (n, difference) in differences(&exported(&exact), &text_of(case.arpa)) {
            match n < first {
                true => assert!(difference < CLOSE, "{}, order {n}", case.arpa),
                false => assert!(difference > CLOSE, "{}, order {n}", case.arpa),
            }
        }
    }
}

/// The answer of a sentence or of the text, as `query` prints it.
fn queried() -> String {
    let run = Command::new(env!("CARGO_BIN_EXE_counterpoint"))
        .args(["score", "--kenlm", "-m"])
        .args([golden("small.o3.arpa"), golden("small.heldout.txt")])
        .output()
        .unwrap();
    let said = String::from_utf8(run.stderr).unwrap();
    assert!(run.status.success(), "{said}");
    String::from_utf8(run.stdout).unwrap()
}

/// True if two fields are alike: equal, or numbers that agree so far.
fn alike(ours: &str, kenlm: &str, tolerance: impl Fn(f64) -> f64) -> bool {
    let numbers = ours.parse::<f64>().ok().zip(kenlm.parse::<f64>().ok());
    let near = |(a, b): (f64, f64)| (a - b).abs() < tolerance(b);
    ours == kenlm || numbers.is_some_and(near)
}

#[test]
fn a_query_is_answered_word_by_word_as_kenlm_does() {
    let (ours, kenlm) = (queried(), text_of("small.o3.query.txt"));
    let sentences = kenlm.lines().filter(|line| line.contains("Total:"));
    let mut compared = 0;
    for (our, their) in ours.lines().zip(sentences) {
        // word=id, the length of the n-gram, log10 p, tab; at the end the sum and the OOVs.
        let fields = |line: &'_ str| -> Vec<String> {
            line.replace('\t', " \t ")
                .split(' ')
                .map(String::from)
                .collect()
        };
        let (our, their) = (fields(our), fields(their));
        assert_eq!(our.len(), their.len(), "{our:?}");
        for (a, b) in our.iter().zip(&their) {
            let is_log10 = b.contains('.');
            assert!(a == b || is_log10 && alike(a, b, |_| CLOSE), "{a} for {b}");
        }
        compared += 1;
    }
    assert_eq!(compared, text_of("small.heldout.txt").lines().count());
}

#[test]
fn the_summary_of_a_query_is_kenlms() {
    let (ours, kenlm) = (queried(), text_of("small.o3.summary.txt"));
    let ours: Vec<&str> = ours.lines().rev().take(4).collect();
    let kenlm: Vec<&str> = kenlm.lines().rev().collect();
    assert_eq!(kenlm.len(), 4);
    for (our, their) in ours.iter().zip(kenlm) {
        let (title, figure) = our.split_once('\t').unwrap();
        let (their_title, their_figure) = their.split_once('\t').unwrap();
        assert_eq!(title, their_title);
        assert!(
            alike(figure, their_figure, |b| b * 1e-5),
            "{our} for {their}"
        );
    }
}
