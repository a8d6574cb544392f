"""The neural voice written in PyTorch: the same network, data, batches and optimiser.

It is there to be compared with, in processor time and in perplexity:

    pip install torch numpy
    OMP_WAIT_POLICY=PASSIVE python benches/neural_in_torch.py train.txt heldout.txt --epochs 8
    time counterpoint train train.txt -o nn --tokenizer whitespace --specials unknown \
        --heldout heldout.txt --epochs 8

with the shape and the choices that the plan of `train` shows, on as many threads
(`--threads`, `RAYON_NUM_THREADS`). Random numbers differ, and Adam is lazy there and dense here,
so losses agree in what they come to, not digit by digit.

With --beside it is the partner of `cargo bench --bench steps`, which gives it weights and text, and
asks for losses or times in turns.
"""

import argparse
import json
import math
import pathlib
import resource
import sys
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

UNKNOWN, START, END = 0, 1, 2


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("train", nargs="?")
    parser.add_argument("heldout", nargs="?")
    parser.add_argument("--beside", type=pathlib.Path)
    parser.add_argument("--threads", type=int, default=1)
    for name, default in dict(context=5, echoes=2, reach=32, embedding=128, hidden=256, layers=2,
                              epochs=8, batch=256, draws=1024).items():
        parser.add_argument(f"--{name}", type=int, default=default)
    for name, default in dict(dropout=0.3, input_dropout=0.1, left_mask=0.2, warm_up=0.02,
                              learning_rate=3e-3).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=float, default=default)
    return parser.parse_args()


def read(path, vocabulary, grow):
    sentences = []
    for line in open(path, encoding="utf-8"):
        words = line.split()
        if grow:
            for word in words:
                vocabulary.setdefault(word, len(vocabulary))
        sentences.append([START] + [vocabulary.get(word, UNKNOWN) for word in words] + [END])
    return sentences


class Examples:
    """All sentences end to end, each after as many empty places as a window has."""

    def __init__(self, sentences, window, none):
        ids, places, length = [], [], 0
        for sentence in sentences:
            ids += [none] * window + sentence
            places.append(np.arange(length + window + 1, length + window + len(sentence)))
            length += window + len(sentence)
        self.ids, self.places = torch.tensor(ids), np.concatenate(places)
        self.offsets = torch.arange(-window, 0)

    def at(self, places):
        places = torch.from_numpy(places)
        return self.ids[places[:, None] + self.offsets], self.ids[places]


class Network(nn.Module):
    def __init__(self, args, counts):
        super().__init__()
        self.args, self.vocabulary = args, len(counts)
        inputs = (args.context + args.echoes) * args.embedding
        self.embeddings = nn.Embedding(self.vocabulary + 1, args.embedding)
        nn.init.normal_(self.embeddings.weight, std=0.1)
        sizes = [inputs] + [args.hidden] * args.layers
        self.layers = nn.ModuleList(nn.Linear(i, o, bias=False) for i, o in zip(sizes, sizes[1:]))
        self.norms = nn.ModuleList(nn.LayerNorm(args.hidden) for _ in self.layers)
        self.projection = nn.Linear(args.hidden, args.embedding, bias=False)
        for layer in [*self.layers, self.projection]:
            nn.init.normal_(layer.weight, std=layer.in_features ** -0.5)
        self.bias = nn.Parameter(torch.tensor(
            np.log((counts + 1) / (counts.sum() + len(counts))), dtype=torch.float))
        ages = np.arange(args.reach)[::-1]
        loudness = np.stack([0.5 ** (ages / (2 * 4 ** k)) for k in range(args.echoes)])
        loudness /= np.sqrt((loudness ** 2).sum(1, keepdims=True))
        self.register_buffer("loudness", torch.tensor(loudness, dtype=torch.float))

    def forward(self, windows):
        args = self.args
        old, recent = windows[:, :args.reach], windows[:, args.reach:]
        heard = self.embeddings(old) * (old != self.vocabulary)[:, :, None]
        echoes = torch.einsum("ki,bie->bke", self.loudness, heard)
        x = torch.cat([self.embeddings(recent).flatten(1), echoes.flatten(1)], 1)
        h = F.dropout(x, args.input_dropout, self.training)
        for number, (layer, norm) in enumerate(zip(self.layers, self.norms)):
            y = F.dropout(F.silu(norm(layer(h))), args.dropout, self.training)
            h = y if number == 0 else h + y
        return self.projection(h)

    def logits(self, outputs, tokens=None):
        if tokens is None:
            logits = outputs @ self.embeddings.weight[:-1].T + self.bias
            return logits.index_fill(1, torch.tensor([START]), -1e9)
        return outputs @ self.embeddings(tokens).T + self.bias[tokens]


def masked(windows, args, none):
    """Some examples see fewer tokens than there are."""
    few = torch.rand(len(windows)) < args.left_mask
    slots = torch.randint(0, args.context, few.shape)
    heard = (max(args.reach, 1) ** torch.rand(few.shape)).long().clamp(max=args.reach - 1)
    third = torch.randint(0, 3, few.shape)
    seen = torch.where((third == 1) & (args.reach > 0), args.context, slots)
    seen = torch.where((third == 2) & (args.reach > 1), args.context + heard, seen)
    kept = torch.where(few, seen, windows.shape[1])
    young = torch.arange(windows.shape[1]) >= windows.shape[1] - kept[:, None]
    return torch.where(young, windows, none)


class Candidates:
    """Targets and draws that stand for all tokens, and how probably each is among them."""

    def __init__(self, counts, draws):
        unigram = counts / counts.sum()
        drawn = counts ** 0.75 / (counts ** 0.75).sum()
        self.draws, self.cumulative = draws, np.cumsum(drawn)
        self.not_target, self.not_drawn = (
            np.log1p(-np.minimum(p, 1 - 1e-9)) for p in (unigram, drawn))

    def loss(self, network, outputs, targets, rng):
        if self.draws == 0:
            return F.cross_entropy(network.logits(outputs), targets)
        points = rng.random(self.draws) * self.cumulative[-1]
        draws = np.searchsorted(self.cumulative, points)
        tokens = np.unique(np.concatenate([targets.numpy(), draws]))
        inclusion = -np.expm1(self.draws * self.not_drawn[tokens]
                              + (len(targets) - 1) * self.not_target[tokens])
        correction = torch.tensor(np.log(inclusion), dtype=torch.float)
        logits = network.logits(outputs, torch.from_numpy(tokens)) - correction
        columns = torch.from_numpy(np.searchsorted(tokens, targets.numpy()))
        return F.cross_entropy(logits, columns)


def rate(args, step, steps):
    share = step / (steps + 1)
    return args.learning_rate * min(share / args.warm_up, (1 - share) / (1 - args.warm_up))


def learn(optimiser, loss, rate):
    for group in optimiser.param_groups:
        group["lr"] = rate
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()


def load(network, folder):
    def tensor(name):
        return torch.from_numpy(np.fromfile(folder / name, dtype="<f4"))

    with torch.no_grad():
        places = {"embeddings": network.embeddings.weight, "output.bias": network.bias}
        for name, place in places.items():
            place.copy_(tensor(name).view_as(place))
        for number, (layer, norm) in enumerate(zip(network.layers, network.norms), 1):
            layer.weight.copy_(tensor(f"layer{number}.weights").view(layer.weight.T.shape).T)
            norm.weight.copy_(tensor(f"layer{number}.gain"))
            norm.bias.copy_(tensor(f"layer{number}.bias"))
        weight = network.projection.weight
        weight.copy_(tensor("projection").view(weight.T.shape).T)


def beside(args):
    """Answers each line of the input: a loss a step, or the wall or processor time of a run's step."""
    choices = json.loads((args.beside / "choices.json").read_text())
    vars(args).update(choices["shape"], dropout=0.0, input_dropout=0.0)
    args.learning_rate, args.warm_up = choices["rate"], choices["warm_up"]
    ids = np.fromfile(args.beside / "ids", dtype="<u4").astype(np.int64)
    sentences = [list(part) for part in np.split(ids, np.flatnonzero(ids == START))[1:]]
    text = Examples(sentences, args.context + args.reach, args.vocabulary)
    counts = np.bincount(ids, minlength=args.vocabulary).astype(float)
    counts[START] = 0
    candidates, rng = Candidates(counts, choices["draws"]), np.random.default_rng(1)
    batch, steps = choices["batch"], choices["steps"]

    def run():
        network = Network(args, counts)
        load(network, args.beside)
        optimiser = torch.optim.Adam(network.parameters(), fused=True)
        order = np.random.default_rng(1).permutation(text.places)
        for step in range(1, steps + 1):
            places = order[(step - 1) * batch % len(order):][:batch]
            windows, targets = text.at(places)
            loss = candidates.loss(network, network(windows), targets, rng)
            learn(optimiser, loss, rate(args, step, steps))
            yield loss

    losses = run()
    processor = 0.0
    for line in sys.stdin:
        if line == "loss\n":
            print(next(losses).item(), flush=True)
        elif line == "wall\n":
            for step, _ in enumerate(run(), 1):
                if step == choices["warm_up_steps"]:
                    start, spent = time.perf_counter(), time.process_time()
            count = steps - choices["warm_up_steps"]
            processor = (time.process_time() - spent) / count
            print((time.perf_counter() - start) / count, flush=True)
        else:
            print(processor, flush=True)


def main():
    args = arguments()
    torch.set_num_threads(args.threads)
    torch.manual_seed(1)
    if args.beside:
        return beside(args)
    rng = np.random.default_rng(1)
    vocabulary = {"<unk>": UNKNOWN, "<s>": START, "</s>": END}
    training = read(args.train, vocabulary, grow=True)
    window, none = args.context + args.reach, len(vocabulary)
    training = Examples(training, window, none)
    heldout = Examples(read(args.heldout, vocabulary, grow=False), window, none)
    counts = np.bincount(training.ids[training.places].numpy(), minlength=none).astype(float)
    candidates = Candidates(counts, args.draws)
    network = Network(args, counts)
    optimiser = torch.optim.Adam(network.parameters(), fused=True)
    steps = math.ceil(len(training.places) / args.batch) * args.epochs
    step = 0
    for epoch in range(1, args.epochs + 1):
        order = rng.permutation(training.places)
        for start in range(0, len(order), args.batch):
            windows, targets = training.at(order[start:start + args.batch])
            step += 1
            outputs = network(masked(windows, args, none))
            loss = candidates.loss(network, outputs, targets, rng)
            learn(optimiser, loss, rate(args, step, steps))
        trained = resource.getrusage(resource.RUSAGE_SELF).ru_utime
        network.eval()
        total = 0.0
        with torch.no_grad():
            for start in range(0, len(heldout.places), 512):
                windows, targets = heldout.at(heldout.places[start:start + 512])
                logits = network.logits(network(windows))
                total += F.cross_entropy(logits, targets, reduction="sum").item()
        network.train()
        perplexity = math.exp(total / len(heldout.places))
        print(f"epoch {epoch}/{args.epochs}  held-out perplexity {perplexity:.2f}  "
              f"CPU {trained:.1f} s", flush=True)


if __name__ == "__main__":
    main()
