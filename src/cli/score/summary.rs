//! Here are the figures of a text; show them as a table, as JSON, or as KenLM does.

use serde_json::{Value, json};

use crate::cli::columns::{Columns, Side, count, perplexity};
use crate::evaluate::Totals;

/// The figures of a text as a table.
pub(super) fn table(totals: &Totals) -> Columns {
    let mut columns = Columns::new(&[Side::Left, Side::Right, Side::Left]);
    let bytes = format!("over {} bytes", count(totals.bytes()));
    let tokens = "with the end of each sentence";
    for (name, figure, note) in [
        ("sentences", count(totals.sentences()), ""),
        ("tokens", count(totals.tokens()), tokens),
        ("OOVs", count(totals.unknown()), "scored as <unk>"),
        (
            "perplexity",
            perplexity(totals.perplexity()),
            "OOVs included",
        ),
        (
            "",
            perplexity(totals.perplexity_without_unknown()),
            "OOVs left out",
        ),
        ("bits/token", perplexity(totals.bits_per_token()), ""),
        ("bits/byte", perplexity(totals.bits_per_byte()), &bytes),
    ] {
        columns.row([name, &figure, note]);
    }
    columns
}

/// The figures of a text as KenLM's query sums them up.
pub(super) fn as_kenlm(totals: &Totals) -> String {
    format!(
        "Perplexity including OOVs:\t{}\nPerplexity excluding OOVs:\t{}\nOOVs:\t{}\nTokens:\t{}\n",
        totals.perplexity(),
        totals.perplexity_without_unknown(),
        totals.unknown(),
        totals.tokens(),
    )
}

/// The figures of a text as JSON.
pub(in crate::cli) fn figures(model: &str, totals: &Totals) -> Value {
    json!({
        "model": model,
        "sentences": totals.sentences(),
        "tokens": totals.tokens(),
        "oovs": totals.unknown(),
        "bytes": totals.bytes(),
        "logprob": totals.log_prob().ln(),
        "perplexity": totals.perplexity(),
        "perplexity_without_oovs": totals.perplexity_without_unknown(),
        "bits_per_token": totals.bits_per_token(),
        "bits_per_byte": totals.bits_per_byte(),
    })
}
