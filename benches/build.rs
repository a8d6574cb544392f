//! Here is a corpus; how long does a model of it take, beside lmplz?
//!
//! ```sh
//! cargo bench --bench build                                  # the fables
//! cargo bench --bench build -- corpus.txt 5                  # a corpus, an order
//! LMPLZ=/path/to/lmplz cargo bench --bench build -- corpus.txt 5
//! ```
//!
//! Whole processes, from text to ARPA, because that is what both can make. With a
//! rival the two run in turn, so that a machine that slows down slows both; the
//! figure to quote is the median of the ratios.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

const RUNS: usize = 5;

fn main() {
    // Cargo adds a word of its own.
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    let fables = concat!(env!("CARGO_MANIFEST_DIR"), "/corpora/fables.txt");
    let corpus = words.first().map_or(fables, String::as_str);
    let order = words.get(1).map_or("5", String::as_str);
    assert!(Path::new(corpus).is_file(), "there is no corpus {corpus}");
    let folder = tempfile::tempdir().expect("a folder for the models");
    let rival = std::env::var("LMPLZ").ok();
    let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let a = seconds(&mut our_command(corpus, order, folder.path()));
        ours.push(a);
        if let Some(lmplz) = &rival {
            let b = seconds(&mut rival_command(lmplz, corpus, order, folder.path()));
            theirs.push(b);
            ratios.push(b / a);
        }
    }
    println!("{corpus}, order {order}, medians of {RUNS} runs");
    println!("counterpoint  {:.3} s", median(&mut ours));
    if rival.is_some() {
        println!("lmplz         {:.3} s", median(&mut theirs));
        println!("lmplz / counterpoint  {:.2}", median(&mut ratios));
    }
}

fn our_command(corpus: &str, order: &str, folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_counterpoint"));
    command.args([
        "build",
        corpus,
        "--order",
        order,
        "--tokenizer",
        "whitespace",
    ]);
    command.arg("-o").arg(folder.join("model.cpt"));
    command.arg("--arpa").arg(folder.join("ours.arpa"));
    command
}

fn rival_command(lmplz: &str, corpus: &str, order: &str, folder: &Path) -> Command {
    let mut command = Command::new(lmplz);
    command.args([
        "-o",
        order,
        "-S",
        "1G",
        "--discount_fallback",
        "--text",
        corpus,
    ]);
    command
        .arg("-T")
        .arg(folder)
        .arg("--arpa")
        .arg(folder.join("theirs.arpa"));
    command
}

fn seconds(command: &mut Command) -> f64 {
    let start = Instant::now();
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    let status = status.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(status.success(), "{command:?}: {status}");
    start.elapsed().as_secs_f64()
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
