"""SDXL's parts in diffusers and here, in turn, in f32 on the CPU, with random weights of the real shapes.

    cargo bench -p songwright-cover --bench stages --no-run     # says where the program lies
    python crates/cover/benches/diffusers/stages.py PROGRAM [--threads N] [--rounds N] [STAGE ...]
"""

import sys
from pathlib import Path

import torch
from diffusers import AutoencoderKL, AutoencoderTiny, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "stages"))
from side_by_side import compare  # noqa: E402

STAGES = ("clip-l", "clip-g", "unet-512", "vae-512", "tiny-512", "unet-1024", "vae-1024", "tiny-1024")


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


def ready(name):
    kind, size = name.rsplit("-", 1)
    if kind == "clip":
        return clip(size == "g")
    return {"unet": unet, "vae": vae, "tiny": tiny}[kind](int(size) // 8)


if __name__ == "__main__":
    compare("diffusers", STAGES, ready)
