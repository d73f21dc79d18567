"""SDXL's parts in diffusers and here, in turn, in f32 on the CPU, with random weights of the real shapes.

    python stages.py PATH_OF_THE_BENCH [--threads N] [NAME…]

Prints a table: the fastest of the rounds on either side, CPU and wall seconds, and their ratio.
"""

import argparse
import subprocess
import time

import torch
from diffusers import AutoencoderKL, AutoencoderTiny, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

ROUNDS = 3


def clip(second):
    size, layers, heads = (1280, 32, 20) if second else (768, 12, 12)
    config = CLIPTextConfig(
        vocab_size=1000, hidden_size=size, intermediate_size=4 * size, projection_dim=size,
        num_hidden_layers=layers, num_attention_heads=heads,
        hidden_act="gelu" if second else "quick_gelu",
    )
    model = (CLIPTextModelWithProjection if second else CLIPTextModel)(config).eval()
    ids = torch.arange(77).unsqueeze(0)
    return lambda: model(ids, output_hidden_states=True)


def unet(side):
    model = UNet2DConditionModel(
        in_channels=4, out_channels=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        block_out_channels=(320, 640, 1280), layers_per_block=2, cross_attention_dim=2048,
        transformer_layers_per_block=(1, 2, 2), attention_head_dim=(5, 10, 20),
        use_linear_projection=True, addition_embed_type="text_time", addition_time_embed_dim=256,
        projection_class_embeddings_input_dim=2816,
    ).eval()
    latents, text = torch.randn(1, 4, side, side), torch.randn(1, 77, 2048)
    added = {"text_embeds": torch.randn(1, 1280), "time_ids": torch.rand(1, 6) * 512}
    return lambda: model(latents, 999, text, added_cond_kwargs=added)


def vae(side):
    model = AutoencoderKL(
        block_out_channels=(128, 256, 512, 512), layers_per_block=2, latent_channels=4,
        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
    ).eval()
    latents = torch.randn(1, 4, side, side)
    return lambda: model.decode(latents)


def tiny(side):
    model = AutoencoderTiny().eval()
    latents = torch.randn(1, 4, side, side)
    return lambda: model.decode(latents)


def stage(name):
    kind, size = name.rsplit("-", 1)
    if kind == "clip":
        return clip(size == "g")
    return {"unet": unet, "vae": vae, "tiny": tiny}[kind](int(size) // 8)


def spent(run):
    cpu, wall = time.process_time(), time.perf_counter()
    run()
    return time.process_time() - cpu, time.perf_counter() - wall


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bench")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.set_grad_enabled(False)
    names = args.names or ["clip-l", "clip-g", "unet-512", "vae-512", "tiny-512", "unet-1024", "vae-1024"]
    ours = subprocess.Popen(
        [args.bench, "--serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={"RAYON_NUM_THREADS": str(args.threads)},
    )
    print("| Stage | diffusers CPU s | ours CPU s | ratio | diffusers wall s | ours wall s | ratio |")
    print("|---|---|---|---|---|---|---|")
    for name in names:
        run = stage(name)
        run()
        theirs_best, ours_best = [float("inf")] * 2, [float("inf")] * 2
        for _ in range(ROUNDS):
            theirs_best = [min(a, b) for a, b in zip(theirs_best, spent(run))]
            ours.stdin.write(name + "\n")
            ours.stdin.flush()
            numbers = map(float, ours.stdout.readline().split())
            ours_best = [min(a, b) for a, b in zip(ours_best, numbers)]
        row = [f"{theirs_best[i]:.3f} | {ours_best[i]:.3f} | {ours_best[i] / theirs_best[i]:.2f}" for i in (0, 1)]
        print(f"| {name} | {row[0]} | {row[1]} |", flush=True)
        del run


if __name__ == "__main__":
    main()
