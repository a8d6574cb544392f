"""What other libraries make of some strings, for tests/subwords.rs.

    pip install tokenizers==0.23.3 tiktoken==0.14.0 sentencepiece==0.2.3
    python tests/golden/subword_tokenizers.py

Trains small tokenizers on the fables and writes, beside their files, the ids that each library gives
for every line of tests/golden/tokenizers/strings.txt.
"""

import base64
import json
import pathlib

import sentencepiece
import tiktoken
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

here = pathlib.Path(__file__).parent
out = here / "tokenizers"
fables = (here.parent.parent / "corpora" / "fables.txt").read_text("utf-8").split("\n")[:-1]
strings = (out / "strings.txt").read_text("utf-8").split("\n")[:-1]
bytes_of_gpt2 = pre_tokenizers.ByteLevel.alphabet()

CL100K = r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"


def ids(name, encode):
    lines = (" ".join(map(str, encode(string))) for string in strings)
    (out / f"{name}.ids").write_text("".join(line + "\n" for line in lines), "utf-8")


def huggingface(name, model, trainer, normalizer, pre_tokenizer, decoder, added=()):
    tokenizer = Tokenizer(model)
    for part, value in (("normalizer", normalizer), ("pre_tokenizer", pre_tokenizer), ("decoder", decoder)):
        if value is not None:
            setattr(tokenizer, part, value)
    tokenizer.train_from_iterator(fables, trainer)
    tokenizer.add_tokens(list(added))
    (out / f"{name}.json").write_text(tokenizer.to_str(), "utf-8")
    ids(name, lambda string: tokenizer.encode(string, add_special_tokens=False).ids)
    return tokenizer


def bpe(pieces, **more):
    return trainers.BpeTrainer(vocab_size=pieces, show_progress=False, **more)


gpt2 = huggingface(
    "gpt2-like", models.BPE(), bpe(600, initial_alphabet=bytes_of_gpt2, special_tokens=["<|endoftext|>"]),
    None, pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel(),
)
huggingface(
    "llama-like", models.BPE(byte_fallback=True, fuse_unk=True, unk_token="<unk>"),
    bpe(600, special_tokens=["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]),
    normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]), None,
    decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]),
)
huggingface(
    "clip-like", models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"),
    bpe(300, special_tokens=["<unk>"], end_of_word_suffix="</w>"),
    normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]),
    pre_tokenizers.Split(Regex(r"'s|'t|'re|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"), "removed", invert=True),
    decoders.BPEDecoder("</w>"),
    [AddedToken("<mask>", lstrip=True, special=True, normalized=False), AddedToken("FOX", single_word=True)],
)
huggingface(
    "bert-like", models.WordPiece(unk_token="[UNK]"),
    trainers.WordPieceTrainer(vocab_size=400, special_tokens=["[UNK]", "[MASK]"], show_progress=False),
    normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer(), decoders.WordPiece(),
)
huggingface(
    "unigram", models.Unigram(),
    trainers.UnigramTrainer(vocab_size=300, special_tokens=["<unk>"], unk_token="<unk>", show_progress=False),
    normalizers.NFKC(), pre_tokenizers.Metaspace(), decoders.Metaspace(),
)

# The same pieces as tiktoken ranks them: bytes first, then by merge.
vocabulary = json.loads(gpt2.to_str())["model"]
to_byte, hidden = {}, 0
for byte in range(256):
    if 0x21 <= byte <= 0x7E or 0xA1 <= byte <= 0xAC or 0xAE <= byte:
        to_byte[chr(byte)] = byte
    else:
        to_byte[chr(0x100 + hidden)] = byte
        hidden += 1
spell = lambda piece: bytes(to_byte[character] for character in piece)
ranks = {bytes([byte]): byte for byte in range(256)}
for left, right in vocabulary["merges"]:
    ranks.setdefault(spell(left) + spell(right), len(ranks))
lines = (f"{base64.b64encode(piece).decode()} {rank}\n" for piece, rank in ranks.items())
(out / "cl100k-like.tiktoken").write_text("".join(lines))
special = {"<|endoftext|>": len(ranks)}
meta = {"pat_str": CL100K, "special_tokens": special}
(out / "cl100k-like.meta.json").write_text(json.dumps(meta))
encoding = tiktoken.Encoding("cl100k-like", pat_str=CL100K, mergeable_ranks=ranks, special_tokens=special)
ids("cl100k-like", lambda string: encoding.encode(string, allowed_special="all"))

for name, options in {
    "sentencepiece-bpe": dict(
        model_type="bpe", normalization_rule_name="identity", byte_fallback=True, vocab_size=600,
        user_defined_symbols=["<sep>", "the quick"], remove_extra_whitespaces=False,
    ),
    "sentencepiece-unigram": dict(model_type="unigram", vocab_size=300, normalization_rule_name="nmt_nfkc"),
}.items():
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(fables), model_prefix=str(out / name), minloglevel=2, **options
    )
    (out / f"{name}.vocab").unlink()
    model = sentencepiece.SentencePieceProcessor(model_file=str(out / f"{name}.model"))
    ids(name, model.encode)
