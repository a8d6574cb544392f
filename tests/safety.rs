//! Here are models and what may befall them: damage, kill, a full disk, Ctrl-C, more threads.
//!
//! Under its own name lies the old model or the new one, whole; anything else is refused.

#![cfg(unix)]

mod common;

use std::path::Path;
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use common::{Ran, Workshop, fables};
use counterpoint::open::open;
use counterpoint::progress::Quiet;
use counterpoint::store::{ModelFile, OpenOptions};
use rayon::prelude::*;

fn opens(path: &Path, options: OpenOptions) -> bool {
    open(path.to_str().unwrap(), options, &Quiet).is_ok()
}

/// Writes each damaged copy of a model beside it and opens it as the command does; says what it
/// took for whole.
fn unnoticed(shop: &Workshop, model: &str, damages: Vec<Damage>) -> Vec<Damage> {
    let good = shop.read(model);
    let open_both_ways = |number: usize, path: &Path| {
        // Mapped and copied files go through different readers; every tenth goes through both.
        let map = |map| OpenOptions { verify: true, map };
        opens(path, map(true)) || (number.is_multiple_of(10) && opens(path, map(false)))
    };
    let damages: Vec<(usize, Damage)> = damages.into_iter().enumerate().collect();
    let pieces = damages
        .par_chunks(damages.len().div_ceil(64).max(1))
        .enumerate();
    pieces
        .flat_map_iter(|(piece, damages)| {
            let path = shop.path(&format!("damaged-{piece}.cpt"));
            let mut file = InPlace::create(&path, &good);
            let mut unnoticed = Vec::new();
            for &(number, damage) in damages {
                file.damage(damage);
                if open_both_ways(number, &path) {
                    unnoticed.push(damage);
                }
                file.mend(damage);
            }
            assert!(opens(&path, OpenOptions::default()), "mended, it is whole");
            unnoticed
        })
        .collect()
}

#[derive(Clone, Copy, Debug)]
enum Damage {
    /// A bit of the byte at.
    Flip { at: usize, bit: u8 },
    /// Only so many bytes are left.
    Cut { length: usize },
}

/// A copy of a model that is damaged and mended in place, which is faster than writing it anew.
struct InPlace<'g> {
    file: std::fs::File,
    good: &'g [u8],
}

impl<'g> InPlace<'g> {
    fn create(path: &Path, good: &'g [u8]) -> Self {
        std::fs::write(path, good).unwrap();
        let file = std::fs::File::options().write(true).open(path).unwrap();
        InPlace { file, good }
    }

    fn write_at(&self, bytes: &[u8], at: usize) {
        std::os::unix::fs::FileExt::write_all_at(&self.file, bytes, at as u64).unwrap();
    }

    fn damage(&mut self, damage: Damage) {
        match damage {
            Damage::Flip { at, bit } => self.write_at(&[self.good[at] ^ (1 << bit)], at),
            Damage::Cut { length } => self.file.set_len(length as u64).unwrap(),
        }
    }

    fn mend(&mut self, damage: Damage) {
        match damage {
            Damage::Flip { at, .. } => self.write_at(&[self.good[at]], at),
            Damage::Cut { length } => self.write_at(&self.good[length..], length),
        }
    }
}

/// Every bit of the prelude, the sections and the metadata; a bit of every byte of padding.
fn flips(path: &Path, length: usize) -> Vec<Damage> {
    let file = ModelFile::open(path, OpenOptions::default()).unwrap();
    let mut content = vec![false; length];
    content[..64].fill(true);
    let sections = file.sections().iter();
    let ends = sections.map(|section| {
        let start = section.offset as usize;
        let end = start + section.length as usize;
        content[start..end].fill(true);
        end.next_multiple_of(4096)
    });
    let metadata = ends.max().unwrap();
    content[metadata..].fill(true);
    let bits = |at: usize| match content[at] {
        true => (0..8).collect::<Vec<u8>>(),
        false => vec![(at % 8) as u8],
    };
    (0..length)
        .flat_map(|at| {
            bits(at)
                .into_iter()
                .map(move |bit| Damage::Flip { at, bit })
        })
        .collect()
}

fn no_damage_goes_unnoticed(shop: &Workshop, model: &str) {
    let path = shop.path(model);
    let length = shop.read(model).len();
    let flips = flips(&path, length);
    let content = flips.len().saturating_sub(length) / 7;
    assert!(
        (500..16_000).contains(&content),
        "{content} bytes of content"
    );
    let cuts = (0..length).map(|length| Damage::Cut { length });
    let damages = flips.into_iter().chain(cuts).collect();
    let unnoticed = unnoticed(shop, model, damages);
    assert!(
        unnoticed.is_empty(),
        "{} of {model}: {:?}",
        unnoticed.len(),
        unnoticed[0]
    );
}

#[test]
fn every_flipped_bit_and_every_cut_of_a_statistical_voice_is_refused() {
    let shop = Workshop::new();
    shop.write("a.txt", "the fox saw the wolf\nthe wolf saw the owl\n");
    shop.good(&["build", "a.txt", "-o", "small.cpt", "--order", "2"]);
    no_damage_goes_unnoticed(&shop, "small.cpt");
}

#[test]
fn every_flipped_bit_and_every_cut_of_a_neural_voice_is_refused() {
    let shop = Workshop::new();
    shop.write("a.txt", "the fox saw the wolf\nthe wolf saw the owl\n");
    let words = "train a.txt -o small.cpt --epochs 1 --context 2 --embedding 2 --hidden 2";
    shop.good(&words.split(' ').collect::<Vec<_>>());
    no_damage_goes_unnoticed(&shop, "small.cpt");
}

fn start(shop: &Workshop, words: &[&str]) -> Child {
    let mut command = shop.command(words);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn interrupt(child: &Child) {
    let sent = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
}

/// Waits for something that must come about.
fn until(what: &str, mut come_about: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !come_about() {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "waited for {what}"
        );
        sleep(Duration::from_millis(1));
    }
}

#[test]
fn whoever_kills_a_build_leaves_the_old_model_or_the_new() {
    let shop = Workshop::new();
    shop.write("old.txt", fables(600));
    shop.write("new.txt", fables(2500));
    let model = shop.path("models/m.cpt");
    let words = |corpus| ["build", corpus, "-o", "m"];
    shop.good(&words("new.txt"));
    let new = shop.read("models/m.cpt");
    shop.good(&words("old.txt"));
    let old = shop.read("models/m.cpt");
    let begun = Instant::now();
    shop.good(&words("new.txt"));
    let whole = begun.elapsed();
    let (mut olds, mut orphans) = (0, 0);
    let mut moment = 12_345_u64;
    const ROUNDS: u64 = 48;
    for round in 0..ROUNDS {
        std::fs::write(&model, &old).unwrap();
        let mut child = start(&shop, &words("new.txt"));
        // Half of the moments anywhere in a build, half just after its writing has begun.
        moment = moment
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let share = (moment >> 33) as f64 / (1_u64 << 31) as f64;
        if round % 2 == 0 {
            sleep(whole.mul_f64(1.1 * share));
        } else {
            until("a temporary", || {
                !shop.partials().is_empty() || child.try_wait().unwrap().is_some()
            });
            sleep(Duration::from_millis(5).mul_f64(share));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        orphans += shop.partials().len();
        let left = shop.read("models/m.cpt");
        assert!(
            left == old || left == new,
            "round {round}: neither the old nor the new"
        );
        assert!(opens(&model, OpenOptions::default()), "round {round}");
        olds += u64::from(left == old);
        if !shop.partials().is_empty() {
            shop.good(&words("old.txt"));
            assert_eq!(shop.partials(), [""; 0], "round {round}");
        }
    }
    assert!(
        olds > 0 && orphans > 0,
        "{olds} old, {orphans} orphans: no kill came midway"
    );
}

#[test]
fn one_thread_or_eight_the_bytes_are_the_same() {
    let shop = Workshop::new();
    // Sentences are read by the thousand, n-grams smoothed by the 4,096, files by the 4 MB: there
    // must be several of each, or one thread does all.
    shop.write("a.txt", fables(2500));
    shop.write("long.txt", fables(2500).repeat(22));
    let same = |words: &str| {
        let made: Vec<Vec<u8>> = ["1", "2", "8"]
            .iter()
            .map(|threads| {
                let words: Vec<&str> = words.split(' ').collect();
                shop.good(&[&words[..], &["-o", "made.cpt", "--threads", threads]].concat());
                shop.read("made.cpt")
            })
            .collect();
        assert!(made[0] == made[1] && made[0] == made[2], "{words}");
    };
    for smoothing in [
        "kneser-ney",
        "witten-bell",
        "absolute",
        "add-k",
        "stupid-backoff",
    ] {
        same(&format!("build a.txt --smoothing {smoothing}"));
    }
    for tokenizer in ["whitespace", "characters", "bytes"] {
        same(&format!(
            "build a.txt --order 4 --tokenizer {tokenizer} --min-count 2"
        ));
    }
    same("build long.txt --order 2");
    same("train a.txt --epochs 1 --embedding 16 --hidden 24");
    same("train a.txt --epochs 1 --tokenizer characters --hidden 16");
    shop.good(&["build", "a.txt", "-o", "a"]);
    same("export -m a");
}

#[test]
fn a_full_disk_keeps_what_was_there_and_says_so() {
    let shop = Workshop::with_corpus();
    shop.good(&["build", "a.txt", "-o", "a"]);
    shop.good(&["export", "-m", "a", "-o", "a.arpa"]);
    shop.good(&["train", "held.txt", "-o", "nn", "--epochs", "1"]);
    let kept = ["models/a.cpt", "models/nn.cpt", "a.arpa"];
    let before = kept.map(|name| shop.read(name));
    // 32 or 64 kB, as the shell counts, are less than any of these needs.
    let limited = "ulimit -f 64; exec \"$@\"";
    for (words, place) in [
        (
            &["build", "held.txt", "a.txt", "-o", "a"][..],
            "--> models/a.cpt",
        ),
        (&["export", "-m", "a", "-o", "a.arpa"], "--> a.arpa"),
        (
            &["train", "a.txt", "-o", "nn", "--epochs", "1"],
            "--> models/nn.cpt",
        ),
        (&["import", "a.arpa", "-o", "a"], "--> models/a.cpt"),
        (&["build", "a.txt", "-o", "fresh"], "--> models/fresh.cpt"),
    ] {
        let ran = shop.command_under(limited, words).output().unwrap();
        Ran::of(words, ran).failed_saying(1, &["cannot write", place, "help: "]);
        assert!(kept.map(|name| shop.read(name)) == before, "{words:?}");
        assert_eq!(shop.partials(), [""; 0], "{words:?}");
    }
    assert!(!shop.path("models/fresh.cpt").exists());
}

/// Waits until the command would hear of Ctrl-C; before that it ends as any process does.
fn until_it_listens(child: &Child) {
    if !cfg!(target_os = "linux") {
        return sleep(Duration::from_millis(500));
    }
    let status = format!("/proc/{}/status", child.id());
    until("a handler of SIGINT", || {
        let status = std::fs::read_to_string(&status).unwrap_or_default();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let caught = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        caught.is_some_and(|mask| mask & 2 != 0)
    });
}

#[test]
fn ctrl_c_ends_a_training_with_the_best_so_far() {
    let shop = Workshop::new();
    shop.write("a.txt", fables(600));
    let words = "train a.txt -o nn --epochs 100000 --hidden 16";
    let words: Vec<&str> = words.split(' ').collect();
    // While the corpus is still being read there is no best to save, and it ends at once.
    let interrupted_after = |wait| {
        let child = start(&shop, &words);
        until_it_listens(&child);
        sleep(Duration::from_millis(wait));
        interrupt(&child);
        let ran = Ran::of(&words, child.wait_with_output().unwrap());
        (ran.code != Some(130)).then_some(ran)
    };
    let ran = [500, 2000, 8000].into_iter().find_map(interrupted_after);
    let ran = ran.expect("in eight seconds it is training");
    assert!(ran.stderr.contains("stopped early"), "{ran:?}");
    ran.good();
    let info = shop.json(&["info", "-m", "nn", "--json"]);
    assert_eq!(info["training"]["ending"], "interrupted");
    let history = info["training"]["history"].as_array().unwrap();
    assert!((1..100_000).contains(&history.len()));
    shop.good(&["generate", "-m", "nn", "the"]);
    assert_eq!(shop.partials(), [""; 0]);
}

#[test]
fn ctrl_c_ends_a_build_at_once_and_leaves_nothing() {
    let shop = Workshop::new();
    shop.write("a.txt", fables(2500));
    shop.write("long.txt", fables(2500).repeat(100));
    shop.good(&["build", "a.txt", "-o", "m"]);
    let old = shop.read("models/m.cpt");
    let words = ["build", "long.txt", "-o", "m", "--order", "8"];
    let mut while_writing = false;
    for wait in [Some(0), Some(100), None] {
        let mut child = start(&shop, &words);
        until_it_listens(&child);
        match wait {
            Some(wait) => sleep(Duration::from_millis(wait)),
            None => until("a temporary", || {
                while_writing |= !shop.partials().is_empty();
                while_writing || child.try_wait().unwrap().is_some()
            }),
        }
        interrupt(&child);
        let ran = Ran::of(&words, child.wait_with_output().unwrap());
        assert_eq!(ran.code, Some(130), "{wait:?}: {ran:?}");
        assert!(!ran.stderr.contains("error"), "{ran:?}");
        assert_eq!(shop.partials(), [""; 0], "{wait:?}");
        assert!(shop.read("models/m.cpt") == old, "{wait:?}");
    }
    assert!(while_writing);
}
