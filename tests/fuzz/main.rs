//! Every input that a fuzzer found worth keeping, asked again.

mod targets;

use std::fs;
use std::path::PathBuf;

use counterpoint::mixture;
use counterpoint::open;
use counterpoint::store::ModelFile;
use counterpoint::token::subword;

use targets::sealed::{parts, seal};

fn corpus(target: &str) -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.join("tests/fuzz/corpus").join(target)
}

#[test]
fn kept_inputs_keep_their_promises() {
    for (name, target) in targets::ALL {
        let folder = fs::read_dir(corpus(name)).expect("every target has inputs");
        let mut inputs: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
        inputs.sort();
        assert!(!inputs.is_empty(), "{name} has no inputs");
        for input in inputs {
            // Shown if the test fails.
            println!("{}", input.display());
            target(&fs::read(&input).unwrap());
        }
    }
}

#[test]
fn parts_are_sealed_to_files_that_open() {
    let kinds = [
        "ngram",
        "compact",
        "quantized",
        "scores",
        "network",
        "index",
        "mixture",
        "bpe",
    ];
    for kind in kinds {
        let described = fs::read(corpus("model").join(kind)).unwrap();
        let sealed = seal(&described);
        let file = ModelFile::from_bytes(kind, &sealed).unwrap();
        match file.kind() {
            mixture::format::KIND => drop(mixture::format::load(&file).unwrap()),
            subword::KIND => drop(subword::Subwords::load_alone(&file).unwrap()),
            _ => drop(open::load(&file).unwrap_or_else(|error| panic!("{kind}: {error}"))),
        }
        assert_eq!(parts(&file, &sealed), described, "{kind}");
    }
}
