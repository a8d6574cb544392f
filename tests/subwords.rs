//! Here is a tokenizer of someone else's; models carry it, and counts do.

mod common;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use common::Workshop;

/// Ranks of all bytes and of some pieces of English, as tiktoken has them, with GPT-2's pattern.
fn with_ranks() -> Workshop {
    let shop = Workshop::with_halves();
    let pieces = [
        "th", "the", " the", "an", "and", " and", "in", "ing", " a", " w", " to",
    ];
    let bytes = (0..=255u8).map(|byte| vec![byte]);
    let all = bytes.chain(pieces.map(|piece| piece.as_bytes().to_vec()));
    let line =
        |(rank, piece): (usize, Vec<u8>)| format!("{} {rank}\n", BASE64_STANDARD.encode(piece));
    shop.write(
        "gpt2.tiktoken",
        all.enumerate().map(line).collect::<String>(),
    );
    shop
}

#[test]
fn a_model_carries_its_tokenizer() {
    let shop = with_ranks();
    shop.good(&[
        "build",
        "a.txt",
        "-o",
        "a",
        "--tokenizer",
        "gpt2.tiktoken",
        "--order",
        "3",
    ]);
    let before = shop.good(&["next", "-m", "a", "the fox and", "--top", "3"]);
    std::fs::remove_file(shop.path("gpt2.tiktoken")).unwrap();
    assert_eq!(
        shop.good(&["next", "-m", "a", "the fox and", "--top", "3"]),
        before
    );
    shop.good(&[
        "train", "a.txt", "-o", "nn", "--like", "a", "--epochs", "1", "--hidden", "8",
    ]);
    let both = shop.good(&["compare", "-m", "a,nn", "--on", "b.txt"]);
    assert!(both.contains("bits/byte"), "{both}");
    shop.good(&["tokens", "--tokenizer", "models/nn.cpt", "the fox"]);
}

#[cfg(feature = "parquet")]
#[test]
fn counts_carry_their_tokenizer() {
    let shop = with_ranks();
    let reading = ["--tokenizer", "gpt2.tiktoken", "--order", "3"];
    shop.good(&[&["build", "all.txt", "-o", "text"], &reading[..]].concat());
    shop.good(&[&["count", "all.txt", "-o", "all.parquet"], &reading[..]].concat());
    std::fs::remove_file(shop.path("gpt2.tiktoken")).unwrap();
    shop.good(&["build", "--from-counts", "all.parquet", "-o", "counts"]);
    assert!(shop.read("models/counts.cpt") == shop.read("models/text.cpt"));
}

#[test]
fn what_is_no_tokenizer_is_named() {
    let shop = with_ranks();
    for (tokenizer, says) in [
        ("wordz", "there is no tokenizer 'wordz'"),
        ("a.txt", "the file of no tokenizer"),
    ] {
        let refused = shop.run(&["tokens", "--tokenizer", tokenizer, "the fox"]);
        refused.failed_saying(2, &[says, tokenizer]);
    }
}

#[test]
fn a_tokenizer_is_trained_shown_and_exported() {
    let shop = with_ranks();
    shop.good(&["tokenizer", "train", "a.txt", "--vocab", "400", "-o", "own"]);
    let info = shop.json(&["tokenizer", "info", "own", "--json"]);
    assert_eq!(info["pieces"], 400);
    assert_eq!(info["keeps_bytes"], true);
    shop.good(&["tokenizer", "export", "own", "-o", "tokenizer.json"]);
    let own = shop.good(&["tokenizer", "encode", "own", "b.txt"]);
    assert_eq!(
        shop.good(&["tokenizer", "encode", "tokenizer.json", "b.txt"]),
        own
    );
    shop.good(&["tokenizer", "import", "tokenizer.json", "-o", "again"]);
    assert_eq!(shop.good(&["tokenizer", "encode", "again", "b.txt"]), own);
    shop.run(&["next", "-m", "own", "the"])
        .failed_saying(2, &["tokenizer by itself"]);
    shop.run(&[
        "tokenizer",
        "train",
        "a.txt",
        "--vocab",
        "200",
        "-o",
        "small",
    ])
    .failed_saying(2, &["256"]);
}

#[test]
fn tokenizers_stand_side_by_side() {
    let shop = with_ranks();
    let several = "words,bytes,gpt2.tiktoken";
    let shown = shop.good(&["tokens", "--tokenizer", several, "the hand"]);
    for said in [
        "words: 2 tokens, 4.0 bytes",
        "bytes: 8 tokens",
        "gpt2: 4 tokens",
        "the│ │h│and",
    ] {
        assert!(shown.contains(said), "{shown}");
    }
    let one = shop.good(&["tokens", "--tokenizer", "gpt2.tiktoken", "the hand"]);
    assert!(one.contains("th + e"), "{one}");
}
