"""ACE-Step v1's stages in PyTorch and here, in turn, in f32 on the CPU, with random weights of the real shapes.

    cargo bench -p songwright-music --bench stages --no-run     # says where the program lies
    python crates/music/benches/pytorch/stages.py PROGRAM [--threads N] [--rounds N] [STAGE ...]
"""

import sys
from pathlib import Path

import torch
from torch import nn

import networks

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "stages"))
from side_by_side import compare  # noqa: E402

STAGES = (
    "block-107",
    "block-322",
    "block-645",
    "block-q8-107",
    "block-q8-322",
    "block-q8-645",
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


# What ours does with eight-bit weights stands beside floats here.
KINDS = {"block": block, "block-q8": block, "dit-ends": ends, "dcae": dcae, "vocoder": vocoder, "text": text, "lyrics": lyrics}


def ready(name):
    kind, length = name.rsplit("-", 1)
    return KINDS[kind](int(length))


if __name__ == "__main__":
    compare("PyTorch", STAGES, ready)
