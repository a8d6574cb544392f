//! Here is a temporary folder and the words of a command line; run the command there, and look.

// Each test file uses a part of this.
#![allow(dead_code)]

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// The built-in fables, which every test learns from.
pub(crate) const FABLES: &str = include_str!("../../corpora/fables.txt");

/// The first lines of the fables.
pub(crate) fn fables(lines: usize) -> String {
    FABLES
        .lines()
        .take(lines)
        .flat_map(|line| [line, "\n"])
        .collect()
}

/// A folder of its own, in which commands run.
pub(crate) struct Workshop {
    folder: TempDir,
}

impl Workshop {
    /// An empty folder.
    pub(crate) fn new() -> Self {
        Workshop {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// A folder with a corpus `a.txt` and both voices of it, `a` and `a-nn`.
    pub(crate) fn with_voices() -> Self {
        let shop = Workshop::with_corpus();
        shop.good(&["build", "a.txt", "-o", "a", "--order", "3"]);
        shop.good(&[
            "train",
            "a.txt",
            "-o",
            "a-nn",
            "--like",
            "a",
            "--epochs",
            "1",
            "--embedding",
            "8",
            "--hidden",
            "8",
            "--context",
            "3",
        ]);
        shop
    }

    /// A folder with a corpus `a.txt` only, and a text `held.txt` of its kind.
    pub(crate) fn with_corpus() -> Self {
        let shop = Workshop::new();
        let text = fables(330);
        shop.write(
            "a.txt",
            text.split_inclusive('\n').take(300).collect::<String>(),
        );
        shop.write(
            "held.txt",
            text.split_inclusive('\n').skip(300).collect::<String>(),
        );
        shop
    }

    /// A folder with a corpus `all.txt`, one of whose lines is empty, and its halves `a.txt` and
    /// `b.txt`.
    pub(crate) fn with_halves() -> Self {
        let shop = Workshop::new();
        let text = fables(400);
        let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
        lines.insert(7, "\n");
        shop.write("all.txt", lines.concat());
        shop.write("a.txt", lines[..150].concat());
        shop.write("b.txt", lines[150..].concat());
        shop
    }

    /// The halves, counted with one vocabulary `v.parquet` as `a.parquet` and `b.parquet`.
    pub(crate) fn with_counted_halves() -> Self {
        let shop = Workshop::with_halves();
        shop.good(&["vocabulary", "all.txt", "-o", "v.parquet"]);
        for name in ["a", "b"] {
            let (text, shard) = (format!("{name}.txt"), format!("{name}.parquet"));
            let words = ["count", &text, "-o", &shard, "--id", name];
            let with = ["--order", "3", "--vocabulary", "v.parquet"];
            shop.good(&[&words[..], &with].concat());
        }
        shop
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The command, ready to be run here.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_counterpoint"));
        command
            .args(words)
            .current_dir(self.folder.path())
            .env_remove("COUNTERPOINT_MODELS")
            .env_remove("NO_COLOR")
            .env_remove("CLICOLOR_FORCE")
            .stdin(Stdio::null());
        command
    }

    /// The command under `sh`, whose script runs it as "$@".
    pub(crate) fn command_under(&self, script: &str, words: &[&str]) -> Command {
        let mut command = Command::new("sh");
        command
            .args(["-c", script, "sh", env!("CARGO_BIN_EXE_counterpoint")])
            .args(words)
            .current_dir(self.folder.path())
            .env_remove("COUNTERPOINT_MODELS")
            .stdin(Stdio::null());
        command
    }

    /// Runs the command to its end.
    pub(crate) fn run(&self, words: &[&str]) -> Ran {
        Ran::of(words, self.command(words).output().unwrap())
    }

    /// Runs the command with this text as its standard input.
    pub(crate) fn run_with_input(&self, words: &[&str], input: &[u8]) -> Ran {
        let mut command = self.command(words);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        Ran::of(words, child.wait_with_output().unwrap())
    }

    /// Runs a command that must succeed, and gives what it said on standard output.
    pub(crate) fn good(&self, words: &[&str]) -> String {
        self.run(words).good()
    }

    /// Runs a command that must succeed and answer with JSON.
    pub(crate) fn json(&self, words: &[&str]) -> Value {
        self.run(words).json()
    }

    /// Every file here and in the folder of models, by name, in order.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut names = Vec::new();
        for folder in [self.path(""), self.path("models")] {
            for entry in fs::read_dir(folder).into_iter().flatten() {
                let entry = entry.unwrap();
                if entry.file_type().unwrap().is_file() {
                    names.push(entry.file_name().into_string().unwrap());
                }
            }
        }
        names.sort();
        names
    }

    /// The temporaries that lie about.
    pub(crate) fn partials(&self) -> Vec<String> {
        let mut names = self.files();
        names.retain(|name| name.ends_with(".partial"));
        names
    }
}

/// What a command did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) line: String,
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn of(words: &[&str], output: Output) -> Self {
        let ran = Ran {
            line: words.join(" "),
            code: output.status.code(),
            stdout: output.stdout,
            stderr: String::from_utf8(output.stderr).unwrap(),
        };
        assert!(!ran.stderr.contains("panicked"), "{ran:?}");
        ran
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).unwrap()
    }

    #[track_caller]
    pub(crate) fn good(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        assert!(!self.stderr.contains("error:"), "{self:?}");
        self.text().to_owned()
    }

    #[track_caller]
    pub(crate) fn json(self) -> Value {
        let line = self.line.clone();
        let text = self.good();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{line}: {error}\n{text}"))
    }

    /// A failure as they all are: an error on standard error, perhaps after the plan of the work,
    /// and nothing else anywhere.
    #[track_caller]
    pub(crate) fn failed(&self, code: i32) {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert!(self.stdout.is_empty(), "{self:?}");
        let planned = self.stderr.starts_with("plan: ");
        let (_, after_plan) = self.stderr.split_once('\n').unwrap_or_default();
        let error = if planned { after_plan } else { &self.stderr };
        assert!(error.starts_with("error: "), "{self:?}");
    }

    /// A failure whose message says all of this.
    #[track_caller]
    pub(crate) fn failed_saying(&self, code: i32, said: &[&str]) {
        self.failed(code);
        for part in said {
            assert!(self.stderr.contains(part), "no {part:?} in {self:?}");
        }
    }
}
