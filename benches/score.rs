//! Here is a corpus, and text of its kind; how long does a score of it take, beside KenLM's query?
//!
//! ```sh
//! cargo bench --bench score                                          # the fables
//! cargo bench --bench score -- corpus.txt held-out.txt 5             # a corpus, a text, an order
//! KENLM=/path/to/kenlm/build/bin cargo bench --bench score -- corpus.txt held-out.txt 5
//! KENLM=… RUNS=9 TIMES=20 cargo bench --bench score -- corpus.txt held-out.txt 5
//! ```
//!
//! Whole processes, from opening the model to the perplexity of the text: text to
//! ids included. `TIMES` puts the text so many times into one file, so that
//! opening the model is a small part. KenLM's probing model is made of the ARPA
//! that our model gives, so both hold the same numbers. The two run in turn, and
//! the figure to quote is the median of the ratios. A model of order 1, in which
//! a look-up is next to nothing, shows what there is around look-ups, and records
//! of JSON Lines what those cost.

mod common;

use std::fmt::Write;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Took, median, took, words};

/// So many lines make a record.
const LINES_A_RECORD: usize = 12;

struct Bench {
    runs: usize,
    text: PathBuf,
    records: PathBuf,
    tokens: f64,
    bytes: f64,
    folder: tempfile::TempDir,
}

fn main() {
    let words = words();
    let fables = concat!(env!("CARGO_MANIFEST_DIR"), "/corpora/fables.txt");
    let word = |at: usize, default| words.get(at).map_or(default, String::as_str);
    let (corpus, text, order) = (word(0, fables), word(1, fables), word(2, "5"));
    let bench = Bench::of(text);
    let (ours, unigrams) = (bench.path("ours.cpt"), bench.path("unigrams.cpt"));
    bench.build(corpus, &ours, order);
    bench.build(corpus, &unigrams, "1");
    println!(
        "{text} by order {order} of {corpus}, medians of {} runs",
        bench.runs
    );
    let theirs = std::env::var_os("KENLM").map(|kenlm| bench.rival(Path::new(&kenlm), &ours));
    let summary = |model: &Path| bench.score(model, &bench.text, &[]);
    bench.pairs(
        "summary",
        || summary(&ours),
        || theirs.as_ref().map(|query| bench.query(query)),
    );
    bench.pairs("order 1", || summary(&unigrams), || None);
    let filter = ["--jsonl", "text", "--keep-below", "200"];
    let records = |model: &Path| bench.score(model, &bench.records, &filter);
    bench.pairs("records", || records(&ours), || None);
    bench.pairs("records, order 1", || records(&unigrams), || None);
}

impl Bench {
    fn of(text: &str) -> Self {
        let number = |name, default: usize| {
            std::env::var(name).map_or(default, |n| n.parse().expect("a number"))
        };
        let folder = tempfile::tempdir().expect("a folder for the models");
        let (text_path, records) = (folder.path().join("text"), folder.path().join("records"));
        let text = fs::read_to_string(text).expect("a text");
        let text = text.repeat(number("TIMES", 1));
        let lines: Vec<&str> = text.lines().collect();
        let mut json = String::new();
        for (id, lines) in lines.chunks(LINES_A_RECORD).enumerate() {
            let text = serde_json::json!(lines.join("\n"));
            writeln!(json, "{{\"url\": \"https://example.org/{id}\", \"text\": {text}, \"language_score\": 0.98, \"tags\": [{id}, null]}}")
                .expect("a string takes all");
        }
        let tokens = text.split_ascii_whitespace().count() + lines.len();
        let bytes = text.len() as f64;
        fs::write(&text_path, &text).expect("room for the text");
        fs::write(&records, json).expect("room for the records");
        Bench {
            runs: number("RUNS", 5),
            text: text_path,
            records,
            tokens: tokens as f64,
            bytes,
            folder,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn build(&self, corpus: &str, model: &Path, order: &str) {
        let mut build = ours();
        build.args([
            "build",
            corpus,
            "--order",
            order,
            "--tokenizer",
            "whitespace",
        ]);
        took([build.args(["--specials", "skip", "-o"]).arg(model)]);
    }

    fn score(&self, model: &Path, text: &Path, more: &[&str]) -> Took {
        took([ours().args(["score", "-m"]).arg(model).arg(text).args(more)])
    }

    /// `query` with the same numbers in a model of KenLM's.
    fn rival(&self, kenlm: &Path, model: &Path) -> (PathBuf, PathBuf) {
        let (arpa, probing) = (self.path("ours.arpa"), self.path("theirs.binary"));
        took([ours()
            .args(["export", "-m"])
            .arg(model)
            .arg("-o")
            .arg(&arpa)]);
        let mut build_binary = Command::new(kenlm.join("build_binary"));
        took([build_binary.arg("probing").arg(&arpa).arg(&probing)]);
        (kenlm.join("query"), probing)
    }

    fn query(&self, (query, model): &(PathBuf, PathBuf)) -> Took {
        let text = File::open(&self.text).expect("the text");
        took([Command::new(query)
            .args(["-v", "summary"])
            .arg(model)
            .stdin(text)])
    }

    /// Runs both in turn, and tells the medians and the median of the ratios.
    fn pairs(&self, name: &str, ours: impl Fn() -> Took, theirs: impl Fn() -> Option<Took>) {
        let pairs: Vec<(Took, Option<Took>)> = (0..self.runs).map(|_| (ours(), theirs())).collect();
        let figures = |who: &str, all: Vec<Took>| {
            let wall = median(all.iter().map(|took| took.wall));
            let cpu = median(all.iter().map(|took| took.cpu));
            println!(
                "  {who}  {wall:7.3} s wall  {cpu:7.3} s of all cores  {:6.0} ns a token of all cores  {:6.1} MB/s of text",
                cpu * 1e9 / self.tokens,
                self.bytes / wall / 1e6,
            );
        };
        println!("{name}");
        figures(
            "counterpoint",
            pairs.iter().map(|(ours, _)| *ours).collect(),
        );
        let theirs: Vec<(Took, Took)> = pairs
            .iter()
            .filter_map(|(a, b)| Some((*a, (*b)?)))
            .collect();
        if !theirs.is_empty() {
            figures(
                "query       ",
                theirs.iter().map(|(_, theirs)| *theirs).collect(),
            );
            let wall = median(theirs.iter().map(|(ours, theirs)| theirs.wall / ours.wall));
            let cpu = median(theirs.iter().map(|(ours, theirs)| theirs.cpu / ours.cpu));
            println!("  ratio         {wall:7.2}         {cpu:7.2}");
        }
    }
}

fn ours() -> Command {
    Command::new(env!("CARGO_BIN_EXE_counterpoint"))
}
