"""The same GGUF files in llama.cpp and here, in turn.

    cargo bench -p songwright-lyrics --bench stages --no-run     # says where the program lies
    pip install torch llama-cpp-python     # builds llama.cpp for this processor; needs a C++ compiler
    PROGRAM --bench --folder FOLDER        # writes the files, and prints our own times
    python crates/lyrics/benches/peers/llama_cpp_stages.py PROGRAM --folder FOLDER [--threads N] [--rounds N] [STAGE ...]

128 tokens are read at once, and 32 are written behind them, one after the other.
"""

import sys
from pathlib import Path

import llama_cpp
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "stages"))
from side_by_side import compare  # noqa: E402

STAGES = tuple(
    f"{size}-{types}-{what}" for size in ("0.6b", "1.7b") for types in ("q8_0", "q4_k_m") for what in ("read", "write")
)
READ, WRITTEN = 128, 32


@llama_cpp.llama_log_callback
def quiet(_level, _text, _data):
    pass


def ready(folder, name):
    llama_cpp.llama_log_set(quiet, None)
    file, what = name.rsplit("-", 1)
    path = Path(folder) / f"{file}.gguf"
    model = llama_cpp.llama_model_load_from_file(str(path).encode(), llama_cpp.llama_model_default_params())
    if not model:
        raise SystemExit(f"llama.cpp does not read {path}")
    parameters = llama_cpp.llama_context_default_params()
    parameters.n_ctx = 2 * (READ + WRITTEN)
    parameters.n_batch = parameters.n_ubatch = READ
    parameters.n_threads = parameters.n_threads_batch = torch.get_num_threads()
    context = llama_cpp.llama_init_from_model(model, parameters)
    memory = llama_cpp.llama_get_memory(context)

    def decode(tokens):
        array = (llama_cpp.llama_token * len(tokens))(*tokens)
        if llama_cpp.llama_decode(context, llama_cpp.llama_batch_get_one(array, len(tokens))) != 0:
            raise SystemExit("llama.cpp did not read a token")
        # The first of the logits: all are there then.
        return llama_cpp.llama_get_logits_ith(context, -1)[0]

    def read():
        llama_cpp.llama_memory_clear(memory, False)
        decode(range(1, READ + 1))

    def write():
        llama_cpp.llama_memory_seq_rm(memory, 0, READ, -1)
        for token in range(READ, READ + WRITTEN):
            decode([token])

    if what == "read":
        return Held(read, model, context)
    read()
    return Held(write, model, context)


class Held:
    """A stage whose model goes when it goes."""

    def __init__(self, run, model, context):
        self.run, self.model, self.context = run, model, context

    def __call__(self):
        self.run()

    def __del__(self):
        llama_cpp.llama_free(self.context)
        llama_cpp.llama_model_free(self.model)


if __name__ == "__main__":
    compare("llama.cpp", STAGES, ready)
