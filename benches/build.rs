//! Here is a corpus; how long does a model of it take, beside KenLM?
//!
//! ```sh
//! cargo bench --bench build                                  # the fables
//! cargo bench --bench build -- corpus.txt 5                  # a corpus, an order
//! KENLM=/path/to/kenlm/build/bin cargo bench --bench build -- corpus.txt 5
//! KENLM=… MEMORY=4G RUNS=7 cargo bench --bench build -- corpus.txt 5
//! ```
//!
//! Whole processes, from text to a model that can be asked (`lmplz` and then
//! `build_binary probing`), and from text to ARPA (`lmplz` alone). With a rival the
//! two run in turn, so that a machine that slows down slows both; the figure to
//! quote is the median of the ratios. Processor time is what the system charges to
//! finished children (Linux).

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Took, median, took, words};

/// What both can make of a text.
#[derive(Clone, Copy)]
enum Job {
    Model,
    Arpa,
}

struct Bench {
    corpus: String,
    order: String,
    memory: String,
    runs: usize,
    kenlm: Option<PathBuf>,
    folder: tempfile::TempDir,
}

fn main() {
    let bench = Bench::from_environment();
    println!(
        "{}, order {}, medians of {} runs",
        bench.corpus, bench.order, bench.runs
    );
    for (job, name) in [(Job::Model, "text to model"), (Job::Arpa, "text to ARPA")] {
        bench.run(job, name);
    }
}

impl Bench {
    fn from_environment() -> Self {
        let words = words();
        let fables = concat!(env!("CARGO_MANIFEST_DIR"), "/corpora/fables.txt");
        let variable = |name, default: &str| std::env::var(name).unwrap_or(default.to_owned());
        let corpus = words.first().map_or(fables, String::as_str).to_owned();
        assert!(Path::new(&corpus).is_file(), "there is no corpus {corpus}");
        Bench {
            corpus,
            order: words.get(1).map_or("5", String::as_str).to_owned(),
            memory: variable("MEMORY", "1G"),
            runs: variable("RUNS", "5").parse().expect("RUNS is a number"),
            kenlm: std::env::var_os("KENLM").map(PathBuf::from),
            folder: tempfile::tempdir().expect("a folder for the models"),
        }
    }

    fn run(&self, job: Job, name: &str) {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..self.runs {
            ours.push(took(&mut [self.our_command(job)]));
            if let Some(kenlm) = &self.kenlm {
                theirs.push(took(&mut self.rival_commands(kenlm, job)));
            }
        }
        let figures = |all: &[Took]| {
            let (wall, cpu) = (
                median(all.iter().map(|t| t.wall)),
                median(all.iter().map(|t| t.cpu)),
            );
            format!("{wall:8.3} s wall  {cpu:8.3} s of all cores")
        };
        println!("{name}");
        println!("  counterpoint  {}", figures(&ours));
        if !theirs.is_empty() {
            println!("  KenLM         {}", figures(&theirs));
            let pairs = || theirs.iter().zip(&ours);
            let wall = median(pairs().map(|(theirs, ours)| theirs.wall / ours.wall));
            let cpu = median(pairs().map(|(theirs, ours)| theirs.cpu / ours.cpu));
            println!("  ratio         {wall:8.2}         {cpu:8.2}");
        }
    }

    fn our_command(&self, job: Job) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_counterpoint"));
        command.args(["build", &self.corpus, "--order", &self.order]);
        command.args(["--tokenizer", "whitespace", "--specials", "skip"]);
        match job {
            Job::Model => command.arg("-o").arg(self.folder.path().join("ours.cpt")),
            Job::Arpa => command
                .arg("--arpa")
                .arg(self.folder.path().join("ours.arpa")),
        };
        command
    }

    fn rival_commands(&self, kenlm: &Path, job: Job) -> Vec<Command> {
        let (arpa, folder) = (self.folder.path().join("theirs.arpa"), self.folder.path());
        let mut lmplz = Command::new(kenlm.join("lmplz"));
        lmplz.args(["-o", &self.order, "-S", &self.memory, "--discount_fallback"]);
        lmplz.args(["--skip_symbols", "--text", &self.corpus]);
        lmplz.arg("-T").arg(folder).arg("--arpa").arg(&arpa);
        let mut build_binary = Command::new(kenlm.join("build_binary"));
        build_binary
            .arg("probing")
            .arg(&arpa)
            .arg(folder.join("theirs.binary"));
        match job {
            Job::Model => vec![lmplz, build_binary],
            Job::Arpa => vec![lmplz],
        }
    }
}
