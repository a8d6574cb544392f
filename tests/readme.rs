//! Here is README; everything it shows is run, and shows what it says.
//!
//! Each `console` block holds commands after `$` and what they print. They run in
//! order in one folder that has the corpora. What counts alone decides is compared
//! to the letter; where times, sizes or weights come in, which differ from
//! machine to machine, all figures are taken for equal, and of a text that a
//! network wrote only the first line is compared.
//!
//! `BLESS=1 cargo test --test readme` writes into README what the commands print now.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn repository() -> PathBuf {
    env!("CARGO_MANIFEST_DIR").into()
}

/// A command of README and what it is said to print.
#[derive(Debug, PartialEq)]
struct Shown {
    command: String,
    output: String,
}

/// How closely the output must be what README says.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Closeness {
    /// To the letter.
    Exact,
    /// But for figures and the blanks that line them up.
    Figures,
    /// The first line, but for figures.
    FirstLine,
}

impl Shown {
    fn closeness(&self) -> Closeness {
        let says = |word: &str| self.command.contains(word);
        match () {
            () if [
                " build ",
                " index ",
                " train ",
                " count ",
                " merge ",
                " mix ",
                " convert ",
                "--on",
            ]
            .into_iter()
            .any(says) =>
            {
                Closeness::Figures
            }
            () if says("-nn") => Closeness::FirstLine,
            () => Closeness::Exact,
        }
    }

    fn is_printed_by(&self, printed: &str) -> bool {
        let first = |text: &str| figures_masked(text.lines().next().unwrap_or_default());
        match self.closeness() {
            Closeness::Exact => self.output == printed,
            Closeness::Figures => figures_masked(&self.output) == figures_masked(printed),
            Closeness::FirstLine => first(&self.output) == first(printed),
        }
    }
}

/// The text with every figure, its unit's prefix included, as `#`, and single blanks.
fn figures_masked(text: &str) -> String {
    // An interval's lower end stands behind a bracket.
    let is_figure = |word: &str| {
        word.trim_start_matches('[')
            .starts_with(|c: char| c.is_ascii_digit())
    };
    let word = |word: &str| match is_figure(word) {
        true => "#".to_string(),
        false => word.trim_matches(|c| "kMG".contains(c)).to_string(),
    };
    let line = |line: &str| {
        line.split_whitespace()
            .map(word)
            .collect::<Vec<_>>()
            .join(" ")
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn shown(readme: &str) -> Vec<Shown> {
    let mut found: Vec<Shown> = Vec::new();
    let mut inside = false;
    for line in readme.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if let (true, Some(command)) = (inside, line.strip_prefix("$ ")) {
            let (command, output) = (command.to_owned(), String::new());
            found.push(Shown { command, output });
        } else if inside {
            let last = found.last_mut().expect("a block begins with a command");
            last.output.push_str(line);
            last.output.push('\n');
        }
    }
    found
}

/// The words of a command line, with quotes as a shell has them.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for character in line.chars() {
        match (quote, character) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(character),
            (None, ' ') => words.push(String::new()),
            _ => words.last_mut().unwrap().push(character),
        }
    }
    words
}

/// What a command prints, on whichever stream it does.
fn run(line: &str, folder: &Path) -> String {
    let words = words(line);
    assert_eq!(
        words[0], "counterpoint",
        "README runs only our own command: {line}"
    );
    let output = Command::new(env!("CARGO_BIN_EXE_counterpoint"))
        .args(&words[1..])
        .current_dir(folder)
        .env_remove("COUNTERPOINT_MODELS")
        .output()
        .unwrap();
    let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert!(output.status.success(), "{line}\n{err}");
    if out.is_empty() { err } else { out }
}

fn folder_with_corpora() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let corpora = folder.path().join("corpora");
    fs::create_dir(&corpora).unwrap();
    for entry in fs::read_dir(repository().join("corpora")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, corpora.join(path.file_name().unwrap())).unwrap();
    }
    folder
}

#[test]
fn what_readme_shows_is_what_the_commands_print() {
    let path = repository().join("README.md");
    let mut readme = fs::read_to_string(&path).unwrap();
    let folder = folder_with_corpora();
    run("counterpoint demo", folder.path());
    let shown = shown(&readme);
    assert!(shown.len() >= 8, "only {} commands found", shown.len());
    let bless = std::env::var_os("BLESS").is_some();
    let mut wrong = String::new();
    for shown in shown {
        let printed = run(&shown.command, folder.path());
        if bless {
            let block = |output: &str| format!("$ {}\n{output}", shown.command);
            readme = readme.replacen(&block(&shown.output), &block(&printed), 1);
        } else if !shown.is_printed_by(&printed) {
            wrong.push_str(&format!("$ {}\n{printed}\n", shown.command));
        }
    }
    if bless {
        fs::write(&path, readme).unwrap();
    }
    assert!(
        wrong.is_empty(),
        "README says otherwise; the commands print:\n{wrong}"
    );
}

#[test]
fn its_two_commands_run_the_demo_and_the_tests() {
    let readme = fs::read_to_string(repository().join("README.md")).unwrap();
    let block = readme
        .split("```sh\n")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    let commands: Vec<&str> = block
        .lines()
        .map(|line| line.split('#').next().unwrap().trim())
        .collect();
    assert_eq!(commands, ["cargo run --release -- demo", "cargo test"]);
    let ci = fs::read_to_string(repository().join(".ci/run")).unwrap();
    assert!(
        ci.lines().any(|line| line == commands[1]),
        "CI runs README's test command"
    );
}

#[test]
fn every_file_it_links_to_is_there() {
    let readme = fs::read_to_string(repository().join("README.md")).unwrap();
    for link in readme.split("](").skip(1) {
        let target = link.split(')').next().unwrap();
        assert!(repository().join(target).exists(), "{target}");
    }
}

#[test]
fn masks_hide_figures_and_nothing_else() {
    assert_eq!(figures_masked(" a   1,234  3.1 MB 85k"), "a # # B #");
    assert_ne!(figures_masked("demo 1"), figures_masked("demos 1"));
    let shown = |command: &str| Shown {
        command: command.into(),
        output: "seen 3×\nx\n".into(),
    };
    assert!(!shown("counterpoint next").is_printed_by("seen 4×\nx\n"));
    assert!(shown("counterpoint compare -m a-nn").is_printed_by("seen 3×\ny\n"));
}
