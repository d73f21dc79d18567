"""Qwen3 in transformers, in f32 with random weights, beside ours in Q8_0 of the same size, in turn.

    cargo bench -p songwright-lyrics --bench stages --no-run     # says where the program lies
    pip install torch 'transformers>=5.24'
    python crates/lyrics/benches/peers/transformers_stages.py PROGRAM --folder FOLDER [--threads N] [--rounds N] [STAGE ...]

The folder is for our files, which the first run writes.
"""

import sys
from pathlib import Path

import torch
from transformers import DynamicCache, Qwen3Config, Qwen3ForCausalLM

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "stages"))
from side_by_side import compare  # noqa: E402

STAGES = tuple(f"{size}-q8_0-{what}" for size in ("0.6b", "1.7b") for what in ("read", "write"))
READ, WRITTEN = 128, 32


def ready(_folder, name):
    size, _, what = name.split("-")
    hidden, inner = {"0.6b": (1024, 3072), "1.7b": (2048, 6144)}[size]
    config = Qwen3Config(
        vocab_size=151936, hidden_size=hidden, intermediate_size=inner, num_hidden_layers=28,
        num_attention_heads=16, num_key_value_heads=8, head_dim=128, tie_word_embeddings=True,
        max_position_embeddings=40960, rope_parameters={"rope_type": "default", "rope_theta": 1e6},
    )
    model = Qwen3ForCausalLM(config).eval()
    prompt = torch.arange(1, READ + 1).unsqueeze(0)

    def read():
        cache = DynamicCache(config=config)
        model(prompt, past_key_values=cache, use_cache=True, logits_to_keep=1)
        return cache

    cache = read()

    def write():
        for token in range(READ, READ + WRITTEN):
            model(torch.tensor([[token]]), past_key_values=cache, use_cache=True, logits_to_keep=1)
        # As many of the last are forgotten.
        cache.crop(-WRITTEN)

    return {"read": read, "write": write}[what]


if __name__ == "__main__":
    compare("transformers", STAGES, ready)
