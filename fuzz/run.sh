#!/bin/sh
# run.sh SECONDS [TARGET...]: fuzzes each target for so long, beginning with what was kept.
set -eu
cd "$(dirname "$0")/.."
seconds=$1
shift
[ $# -gt 0 ] || set -- abc arpa gpt2 kenlm midi model sentencepiece shards tiktoken tokenizer-json
for target in "$@"; do
    mkdir -p "fuzz/corpus/$target"
    cargo +nightly fuzz run "$target" "fuzz/corpus/$target" "tests/fuzz/corpus/$target" -- \
        -max_total_time="$seconds" -rss_limit_mb=2048 -max_len=65536 -timeout=20
done
