//! Here is the neural voice as the command trains it: kept, resumed, timed, and refused when too old.

mod common;

use common::{Workshop, fables};
use counterpoint::neural::{checkpoint, format};
use counterpoint::store::Writer;

const SMALL: &str = "--embedding 8 --hidden 16 --context 2";

fn train(shop: &Workshop, more: &str) {
    let words = format!("train a.txt {SMALL} {more}");
    shop.good(&words.split(' ').collect::<Vec<_>>());
}

#[test]
fn a_network_of_an_earlier_version_is_refused_by_name() {
    let shop = Workshop::new();
    std::fs::create_dir_all(shop.path("models")).unwrap();
    for kind in format::FORMER_KINDS {
        let writer = Writer::create(&shop.path("models/old.cpt"), kind).unwrap();
        writer.finish(&()).unwrap();
        let ran = shop.run(&["info", "-m", "old"]);
        ran.failed_saying(1, &["models/old.cpt", "earlier version", "train it again"]);
    }
}

#[test]
fn a_checkpoint_changes_no_byte_and_is_gone_on_from() {
    let shop = Workshop::new();
    shop.write("a.txt", fables(60));
    train(&shop, "-o plain --epochs 3");
    train(&shop, "-o kept --epochs 3 --checkpoint kept.training");
    let plain = shop.read("models/plain.cpt");
    assert!(plain == shop.read("models/kept.cpt"));
    train(&shop, "-o again --epochs 3 --checkpoint kept.training");
    assert!(plain == shop.read("models/again.cpt"));

    let words = format!("train a.txt {SMALL} -o other --epochs 4 --checkpoint kept.training");
    let other = shop.run(&words.split(' ').collect::<Vec<_>>());
    other.failed_saying(
        2,
        &["kept.training", "another text, shape or choice", "help: "],
    );
    let ran = shop.run(&["info", "-m", "./kept.training"]);
    ran.failed_saying(1, &["kept.training", checkpoint::KIND]);
    let words = format!("train a.txt {SMALL} -o other --checkpoint models/plain.cpt");
    let other = shop.run(&words.split(' ').collect::<Vec<_>>());
    other.failed_saying(1, &["models/plain.cpt", "no training", "help: "]);
    assert!(plain == shop.read("models/plain.cpt"));
}

#[test]
fn a_time_instead_of_epochs() {
    let shop = Workshop::new();
    shop.write("a.txt", fables(60));
    train(&shop, "-o nn --time 1s");
    let info = shop.json(&["info", "-m", "nn", "--json"]);
    assert_eq!(info["training"]["options"]["seconds"], 1);
    assert_eq!(info["training"]["ending"], "complete");
    for time in ["0s", "5", "1.5m", "soon", "99999999999999999999s"] {
        let ran = shop.run(&["train", "a.txt", "-o", "x", "--time", time]);
        ran.failed_saying(2, &["--time", time, "a time is"]);
    }
}

#[test]
fn a_self_normalised_network_scores_without_a_softmax() {
    let shop = Workshop::new();
    shop.write("a.txt", fables(60));
    train(&shop, "-o near --epochs 2 --self-normalised");
    let info = shop.json(&["info", "-m", "near", "--json"]);
    let near = &info["training"]["normalisation"];
    assert!(near["mean"].as_f64() <= near["largest"].as_f64(), "{near}");
    assert_eq!(info["architecture"]["layers"], 1);
    let score = ["score", "-m", "near", "a.txt", "--json"];
    let scores = shop.json(&[&score[..], &["--unnormalised"]].concat());
    assert_eq!(scores["tokens"], shop.json(&score)["tokens"]);
    assert!(scores["log10_score"].as_f64() < Some(0.0), "{scores}");
    assert!(scores.get("perplexity").is_none());

    train(&shop, "-o far --epochs 1");
    let ran = shop.run(&["score", "-m", "far", "a.txt", "--unnormalised"]);
    ran.failed_saying(2, &["not self-normalised", "--self-normalised"]);
}
