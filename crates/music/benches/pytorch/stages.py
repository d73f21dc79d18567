"""Both sides of each stage in turn: PyTorch in this process, ours in another.

    cargo bench -p songwright-music --bench stages --no-run     # says where the program lies
    python crates/music/benches/pytorch/stages.py PROGRAM [--threads N] [--rounds N] [STAGE ...]

CPU seconds and wall seconds are those of the fastest round. On a machine that does other things as
well, the CPU seconds at one thread are what can be compared; PyTorch's idle threads spin, so for more
threads it is the wall seconds.
"""

import argparse
import os
import subprocess
import sys
import time

import torch
from torch import nn

import networks

STAGES = (
    "block-107",
    "block-322",
    "block-645",
    "dit-ends-322",
    "dcae-107",
    "vocoder-172",
    "vocoder-861",
    "text-24",
    "lyrics-300",
)
PROMPT = 325


def block(frames):
    blocks = [networks.DitBlock() for _ in range(2)]
    x, modulation = torch.randn(1, frames, 2560), torch.randn(1, 6, 2560)
    keys, values = torch.randn(1, 20, PROMPT, 128), torch.randn(1, 20, PROMPT, 128)
    mask, rotary = torch.zeros(1, 1, 1, PROMPT), networks.Rotary(128, frames)
    turn = 0

    def run():
        nonlocal turn
        turn += 1
        blocks[turn % 2](x, modulation, keys, values, mask, rotary)

    return run


def ends(frames):
    model = networks.DitEnds()
    latents, embedded = torch.randn(1, 8, 16, frames), torch.randn(1, 2560)
    return lambda: model(latents, embedded)


def dcae(frames):
    model, latents = networks.DcaeDecoder(), torch.randn(1, 8, 16, frames)
    return lambda: model(latents)


def vocoder(frames):
    model, mel = networks.Vocoder(), torch.randn(2, 128, frames)
    return lambda: model(mel)


def text(tokens):
    blocks = nn.ModuleList(networks.TextBlock() for _ in range(12))
    embedding, last = nn.Embedding(1000, 768), torch.randn(768)
    ids, buckets = torch.arange(tokens)[None], torch.randint(0, 32, (tokens, tokens))

    def run():
        x = embedding(ids)
        for layer in blocks:
            x = layer(x, buckets)
        return networks.rms(x) * last

    return run


def lyrics(tokens):
    layers = nn.ModuleList(networks.LyricLayer() for _ in range(6))
    embed, last = nn.Sequential(nn.Linear(1024, 1024), nn.LayerNorm(1024)), nn.LayerNorm(1024)
    x, table = torch.randn(1, tokens, 1024), torch.randn(1, 2 * tokens - 1, 1024)
    mask = torch.ones(1, 1, 1, tokens, dtype=torch.bool)

    def run():
        y = embed(x) * 32
        for layer in layers:
            y = layer(y, table, mask)
        return last(y)

    return run


KINDS = {"block": block, "dit-ends": ends, "dcae": dcae, "vocoder": vocoder, "text": text, "lyrics": lyrics}


def measure(run):
    cpu, wall = time.process_time(), time.perf_counter()
    run()
    return time.process_time() - cpu, time.perf_counter() - wall


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("stages", nargs="*", default=STAGES)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_intermixed_args()
    torch.set_num_threads(asked.threads)
    torch.set_grad_enabled(False)
    torch.manual_seed(0)
    environment = os.environ | {"RAYON_NUM_THREADS": str(asked.threads)}
    ours = subprocess.Popen(
        [asked.program, "--serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    )

    def answer(name):
        print(name, file=ours.stdin, flush=True)
        return tuple(float(word) for word in ours.stdout.readline().split())

    print(f"{asked.threads} thread(s), torch {torch.__version__}, the best of {asked.rounds}", file=sys.stderr)
    print("| Stage | PyTorch CPU s | ours CPU s | ratio | PyTorch wall s | ours wall s | ratio |")
    print("|---|---|---|---|---|---|---|")
    for name in asked.stages:
        kind, length = name.rsplit("-", 1)
        run = KINDS[kind](int(length))
        run()
        rounds = [(measure(run), answer(name)) for _ in range(asked.rounds)]
        theirs = [min(theirs[i] for theirs, _ in rounds) for i in range(2)]
        own = [min(own[i] for _, own in rounds) for i in range(2)]
        cells = []
        for i in range(2):
            cells += [f"{theirs[i]:.3f}", f"{own[i]:.3f}", f"{own[i] / theirs[i]:.2f}"]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)
    ours.stdin.close()
    ours.wait()


main()
