"""Both sides of each stage in turn: PyTorch in this process, ours in another.

CPU seconds and wall seconds are those of the fastest round. On a machine that does other things as
well, the CPU seconds at one thread are what can be compared; PyTorch's idle threads spin, so for more
threads it is the wall seconds.
"""

import argparse
import functools
import os
import subprocess
import sys
import time

import torch


def spent(run):
    """CPU seconds of all threads, and wall seconds."""
    cpu, wall = time.process_time(), time.perf_counter()
    run()
    return time.process_time() - cpu, time.perf_counter() - wall


@torch.no_grad()
def compare(theirs, names, ready):
    """Prints a table. `ready` makes a stage of `names` ready, as something to call; `theirs` is who runs it.

    Where there is a folder, it is given to `ready` before the name.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("program", help="the benchmark, as `cargo bench --no-run` says where it lies")
    parser.add_argument("stages", nargs="*", default=names)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", help="of files that both sides read")
    asked = parser.parse_intermixed_args()
    torch.set_num_threads(asked.threads)
    torch.manual_seed(0)
    environment = os.environ | {"RAYON_NUM_THREADS": str(asked.threads)}
    command = [asked.program, "--serve"]
    if asked.folder:
        command += ["--folder", asked.folder]
        ready = functools.partial(ready, asked.folder)
    ours = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    )

    def answer(name):
        print(name, file=ours.stdin, flush=True)
        return tuple(float(word) for word in ours.stdout.readline().split())

    print(f"{asked.threads} thread(s), torch {torch.__version__}, the best of {asked.rounds}", file=sys.stderr)
    print(f"| Stage | {theirs} CPU s | ours CPU s | ratio | {theirs} wall s | ours wall s | ratio |")
    print("|---|---|---|---|---|---|---|")
    for name in asked.stages:
        run = ready(name)
        run()
        rounds = [(spent(run), answer(name)) for _ in range(asked.rounds)]
        best = [min(other[i] for other, _ in rounds) for i in range(2)]
        own = [min(own[i] for _, own in rounds) for i in range(2)]
        cells = []
        for i in range(2):
            cells += [f"{best[i]:.3f}", f"{own[i]:.3f}", f"{own[i] / best[i]:.2f}"]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)
        del run
    ours.stdin.close()
    ours.wait()
