//! Here are KenLM's binaries; they go in as ARPA does, and come out as the ARPA they were made of.
//!
//! `kenlm/README.md` says how they were made.

mod common;

use std::fs;
use std::path::Path;

use common::Workshop;

/// Sorted lines, for a binary has an order of its own.
fn lines(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}

fn shop_with(names: &[&str]) -> Workshop {
    let shop = Workshop::new();
    for name in names {
        let file = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/kenlm")
            .join(name);
        shop.write(name, fs::read(file).unwrap());
    }
    shop
}

#[test]
fn what_goes_in_as_a_binary_comes_out_as_its_arpa() {
    let shop = shop_with(&["tiny4.arpa", "tiny4.trie", "tiny4.probing"]);
    let arpa = shop.good(&["export", "-m", "tiny4.arpa"]);
    for binary in ["tiny4.trie", "tiny4.probing"] {
        shop.good(&["import", binary, "-o", "imported"]);
        let again = shop.good(&["export", "-m", "imported"]);
        assert_eq!(lines(&again), lines(&arpa), "{binary}");
        // Without import as well.
        let straight = shop.good(&["export", "-m", binary]);
        assert_eq!(straight, again, "{binary}");
    }
    let info = shop.good(&["info", "-m", "tiny4.trie"]);
    assert!(info.contains("order 4, imported"), "{info}");
}
