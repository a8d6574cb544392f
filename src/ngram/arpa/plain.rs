//! Here is a table, give me its ARPA by the definition alone.
//!
//! Each n-gram is spelled from the root, sorted by its tokens, and
//! printed by `{}`. It is too slow and too large to ship and too plain to be
//! wrong: what is shipped is tested against it.

use std::fmt::Write;

use crate::ngram::{Node, Table};
use crate::token::{TokenId, Vocabulary, readable};

/// The text; the vocabulary's surfaces hold no white space.
pub(super) fn write(vocabulary: &Vocabulary, table: &Table) -> String {
    let mut out = String::from("\\data\\\n");
    for (size, n) in table.sizes().iter().zip(1..) {
        writeln!(out, "ngram {n}={size}").unwrap();
    }
    let mut ngrams = vec![(Vec::new(), Node::ROOT)];
    for n in 1..=table.order() {
        writeln!(out, "\n\\{n}-grams:").unwrap();
        ngrams = longer(table, &ngrams);
        ngrams.sort_by(|(a, _), (b, _)| a.cmp(b));
        for (ids, node) in &ngrams {
            out.push_str(&line(vocabulary, table, ids, *node));
        }
    }
    out + "\n\\end\\\n"
}

fn longer(table: &Table, contexts: &[(Vec<TokenId>, Node)]) -> Vec<(Vec<TokenId>, Node)> {
    let mut longer = Vec::new();
    for (ids, context) in contexts {
        for index in table.children(*context) {
            let token = table.levels()[ids.len()].tokens[index];
            let child = table.child(*context, token).unwrap();
            longer.push(([&ids[..], &[token]].concat(), child));
        }
    }
    longer
}

fn line(vocabulary: &Vocabulary, table: &Table, ids: &[TokenId], node: Node) -> String {
    let log10_prob = match ids {
        [TokenId::START] => 0.0,
        _ => table.log10_prob(node) as f32,
    };
    let words: Vec<_> = ids
        .iter()
        .map(|&id| readable(vocabulary.surface(id)))
        .collect();
    let line = format!("{}\t{}", number(log10_prob), words.join(" "));
    match ids.len() < table.order() {
        true => format!("{line}\t{}\n", number(table.log10_backoff(node) as f32)),
        false => line + "\n",
    }
}

/// As it is printed.
pub(super) fn number(log10: f32) -> String {
    match log10 {
        f32::NEG_INFINITY => "-99".into(),
        // Adding 0 turns −0 into 0.
        number => format!("{}", number + 0.0),
    }
}
