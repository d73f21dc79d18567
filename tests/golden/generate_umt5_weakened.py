"""UMT5's encoder as entropy-rectifying guidance weakens it: ACE-Step's `get_text_embeddings_null` multiplies what
the query projections of the blocks 8 and 9 give with 0.01. Writes `weakened.*` into the set `umt5`.

    python tests/golden/generate_umt5_weakened.py tests/golden/umt5     (torch, transformers, safetensors)
"""

import json
import pathlib
import sys

import torch
from safetensors.torch import save_file
from transformers import UMT5Config, UMT5EncoderModel

SET = pathlib.Path(sys.argv[1])
TAU, FIRST, END = 0.01, 8, 10

config = json.loads((SET / "umt5.config.json").read_text())
# As deep as the published encoder, so that the weakened blocks are in its middle.
config["num_layers"] = 12
torch.manual_seed(7)
model = UMT5EncoderModel(UMT5Config(**config)).eval()
with torch.no_grad():
    for name, weight in model.named_parameters():
        is_norm = name.endswith("layer_norm.weight")
        weight.normal_(1.0 if is_norm else 0.0, 0.2 if is_norm else weight.shape[-1] ** -0.5)

ids = torch.randint(2, config["vocab_size"], (1, 40))
plain = model(ids).last_hidden_state
hooks = [
    model.encoder.block[i].layer[0].SelfAttention.q.register_forward_hook(lambda _m, _i, out: out * TAU)
    for i in range(FIRST, END)
]
weakened = model(ids).last_hidden_state
for hook in hooks:
    hook.remove()
print("weakening changes", (plain - weakened).abs().max().item())

names = {"encoder.embed_tokens.weight"}
weights = {name: w.detach().contiguous() for name, w in model.state_dict().items() if name not in names}
save_file(weights, SET / "weakened.weights.safetensors")
save_file(
    {"ids": ids, "plain": plain.detach().contiguous(), "weakened": weakened.detach().contiguous()},
    SET / "weakened.io.safetensors",
)
(SET / "weakened.config.json").write_text(json.dumps(config) + "\n")
