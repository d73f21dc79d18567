"""Whole pictures of diffusers' own pipelines on the small networks of the set `sdxl`, its seeds and all; and a latent
decoded in tiles. Writes `artist.*` and `tiled.*` into that set.

    python tests/golden/generate_sdxl_artist.py tests/golden/sdxl     (torch, diffusers, transformers, tokenizers)
"""

import json
import pathlib
import sys

import torch
from diffusers import (
    AutoencoderKL,
    EulerAncestralDiscreteScheduler,
    StableDiffusionXLImg2ImgPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

SET = pathlib.Path(sys.argv[1])
LENGTH, BOS, EOS, BANG = 77, 812, 813, 0

RUNS = [
    {"prompt": "a red fox, ink", "seed": 5, "steps": 2, "width": 64, "height": 64},
    {"prompt": "City at night!, oil", "seed": 4294967295, "steps": 3, "width": 128, "height": 64},
    {"prompt": "a red fox, ink", "seed": 9, "steps": 2, "width": 64, "height": 64,
     "guidance_scale": 4.0, "negative_prompt": "rain, text, letters, watermark, signature, blurry, low quality"},
    {"prompt": "a red fox, ink", "seed": 7, "steps": 4, "width": 64, "height": 64, "strength": 0.6},
    {"prompt": "City at night!, oil", "seed": 8, "steps": 5, "width": 128, "height": 64, "strength": 1.0},
]


def config(name):
    return json.loads((SET / f"{name}.config.json").read_text())


def loaded(model, name):
    names = model.state_dict().keys()
    stored = load_file(SET / f"{name}.weights.safetensors")
    # Newer transformers leave a level of the published names out.
    short = {key if key in names else key.removeprefix("text_model."): tensor for key, tensor in stored.items()}
    missing, unexpected = model.load_state_dict(short, strict=False)
    assert not unexpected and all("position_ids" in key for key in missing), (name, missing, unexpected)
    return model.eval()


unet = loaded(UNet2DConditionModel.from_config(config("unet")), "unet")
vae = loaded(AutoencoderKL.from_config(config("vae")), "vae")
first = loaded(CLIPTextModel(CLIPTextConfig(**config("text_encoder"))), "text_encoder")
second = loaded(CLIPTextModelWithProjection(CLIPTextConfig(**config("text_encoder_2"))), "text_encoder_2")
tokenizer = Tokenizer.from_file(str(SET / "tiny_tokenizer.json"))
scheduler = EulerAncestralDiscreteScheduler.from_config(json.loads((SET / "pipeline.runs.json").read_text())["scheduler"])


def encoded(prompt):
    tokenizer.no_padding()
    ids = tokenizer.encode(prompt, add_special_tokens=False).ids[: LENGTH - 2]
    ids = [BOS, *ids, EOS]

    def padded(token):
        return torch.tensor([ids + [token] * (LENGTH - len(ids))])

    one = first(padded(EOS), output_hidden_states=True)
    two = second(padded(BANG), output_hidden_states=True)
    # The first place of the largest id, as the set's own pooled output: padding lies behind it.
    return torch.cat([one.hidden_states[-2], two.hidden_states[-2]], -1), two.text_embeds


def source(width, height):
    """A picture with something in it, as whole bytes."""
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    planes = [(x * 3 + y) % 256, (y * 4) % 256, ((x - width // 2) ** 2 + (y - height // 2) ** 2) // 8 % 256]
    return torch.stack(planes, -1).to(torch.uint8)


tensors, told = {}, []
with torch.no_grad():
    for index, run in enumerate(RUNS):
        wanted = {"vae": vae, "text_encoder": None, "text_encoder_2": None, "tokenizer": None, "tokenizer_2": None,
                  "unet": unet, "scheduler": scheduler, "add_watermarker": False}
        tokens, pooled = encoded(run["prompt"])
        asked = {"prompt_embeds": tokens, "pooled_prompt_embeds": pooled, "num_inference_steps": run["steps"],
                 "guidance_scale": run.get("guidance_scale", 0.0), "output_type": "pt",
                 "generator": torch.Generator().manual_seed(run["seed"])}
        if "negative_prompt" in run:
            tokens, pooled = encoded(run["negative_prompt"])
            asked |= {"negative_prompt_embeds": tokens, "negative_pooled_prompt_embeds": pooled}
        if "strength" in run:
            picture = source(run["width"], run["height"])
            tensors[f"{index}.source"] = picture
            image = picture.permute(2, 0, 1)[None].float() / 255
            asked |= {"image": image, "strength": run["strength"], "original_size": (run["height"], run["width"]),
                      "target_size": (run["height"], run["width"])}
            pipe = StableDiffusionXLImg2ImgPipeline(**wanted)
        else:
            asked |= {"width": run["width"], "height": run["height"]}
            pipe = StableDiffusionXLPipeline(**wanted)
        pipe.set_progress_bar_config(disable=True)
        drawn = pipe(**asked).images
        tensors[f"{index}.u8_nhwc"] = (drawn * 255).round().to(torch.uint8).permute(0, 2, 3, 1).contiguous()
        told.append(run)
    save_file(tensors, SET / "artist.io.safetensors")
    (SET / "artist.runs.json").write_text(json.dumps({"runs": told}, indent=1) + "\n")

    latents = torch.randn(1, 4, 21, 34, generator=torch.Generator().manual_seed(3))
    vae.enable_tiling()
    vae.tile_latent_min_size, vae.tile_sample_min_size, vae.tile_overlap_factor = 8, 64, 0.25
    tiles = vae.decode(latents).sample
    save_file({"latents": latents, "tiles": tiles}, SET / "tiled.io.safetensors")
