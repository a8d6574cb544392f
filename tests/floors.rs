//! Here are the sources; no floor reaches up.
//!
//! The folders of `src` are the path of the data, and a module may use only
//! what lies on lower floors. This test reads every `crate::` path, in `use`
//! lines and in code, and compares floors.

use std::fs;
use std::path::{Path, PathBuf};

/// The house, from the ground up. Modules on one line are neighbours, which may not use each other,
/// but for what is listed in `AMONG_NEIGHBOURS`.
const FLOORS: [&[&str]; 9] = [
    &["error", "prob", "warning", "progress", "pages", "wide"],
    &["notes", "text", "store"],
    &["token"],
    &["count", "model"],
    &["smooth"],
    &["ngram", "suffix", "neural", "mixture"],
    &[
        "sample", "narrow", "explain", "evaluate", "compare", "open", "weights",
    ],
    &[],
    &["cli", "main"],
];

/// What a module may use of its own floor, because it is made of it.
const AMONG_NEIGHBOURS: [(&str, &str); 4] = [
    ("progress", "warning"),
    ("text", "notes"),
    ("compare", "evaluate"),
    ("compare", "sample"),
];

fn floor(module: &str) -> usize {
    let found = FLOORS.iter().position(|floor| floor.contains(&module));
    found.unwrap_or_else(|| {
        panic!("`{module}` has no floor: give it one in this test and in lib.rs")
    })
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// The module at the top of `src` that a file belongs to.
fn module_of(source: &Path, src: &Path) -> String {
    let first = source
        .strip_prefix(src)
        .unwrap()
        .components()
        .next()
        .unwrap();
    first
        .as_os_str()
        .to_str()
        .unwrap()
        .trim_end_matches(".rs")
        .to_owned()
}

/// The modules at the top of the crate that a line names.
fn used(line: &str) -> Vec<&str> {
    let code = line.split("//").next().unwrap_or_default();
    let paths = code
        .match_indices("crate::")
        .map(|(at, found)| &code[at + found.len()..]);
    let name = |path: &'_ str| {
        path.find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(path.len())
    };
    paths
        .map(|path| &path[..name(path)])
        .filter(|name| !name.is_empty())
        .collect()
}

#[test]
fn no_floor_reaches_up() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let mut paths = 0;
    for file in files {
        let module = module_of(&file, &src);
        if module == "lib" {
            continue;
        }
        for (number, line) in fs::read_to_string(&file).unwrap().lines().enumerate() {
            assert!(
                !line.contains("crate::{"),
                "{}: one `use` a module",
                file.display()
            );
            for other in used(line) {
                paths += 1;
                let allowed = floor(other) < floor(&module)
                    || other == module
                    || AMONG_NEIGHBOURS.contains(&(&module, other));
                let place = format!("{}:{}", file.display(), number + 1);
                assert!(
                    allowed,
                    "{place}: `{module}` uses `{other}`, which is not below it"
                );
            }
        }
    }
    assert!(
        paths > 200,
        "only {paths} paths were read: the test no longer sees them"
    );
}

#[test]
fn the_test_sees_paths() {
    assert_eq!(used("use crate::count::{Counts, Order};"), ["count"]);
    assert_eq!(
        used("    crate::prob::bits(x) + crate::token::f()"),
        ["prob", "token"]
    );
    assert!(used("// crate::cli").is_empty());
}

#[test]
fn the_command_line_stays_thin() {
    let main = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/main.rs");
    assert!(fs::read_to_string(main).unwrap().lines().count() <= 60);
}
