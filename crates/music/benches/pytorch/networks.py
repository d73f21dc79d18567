"""ACE-Step v1's stages as plain PyTorch modules of the real sizes, with random weights.

Written from the description of the networks for measuring only: what costs time is here, names and
weights of checkpoints are not. Eager mode, as the reference runs.
"""

import torch
from torch import nn
from torch.nn import functional as F

EPS = 1e-6


def rms(x, eps=EPS):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps)


class Rotary:
    def __init__(self, size, positions, theta=1e6):
        frequencies = theta ** (-torch.arange(0, size, 2).float() / size)
        angles = torch.outer(torch.arange(positions).float(), frequencies)
        angles = torch.cat([angles, angles], -1)
        self.cos, self.sin = angles.cos()[None, None], angles.sin()[None, None]

    def __call__(self, x):
        even, odd = x.reshape(*x.shape[:-1], -1, 2).unbind(-1)
        turned = torch.stack([-odd, even], -1).flatten(-2)
        return x * self.cos[:, :, : x.shape[2]] + turned * self.sin[:, :, : x.shape[2]]


class DitBlock(nn.Module):
    def __init__(self, width=2560, heads=20, hidden=6400):
        super().__init__()
        self.heads = heads
        self.table = nn.Parameter(torch.randn(6, width))
        self.to_q, self.to_k, self.to_v, self.to_out = (nn.Linear(width, width) for _ in range(4))
        self.cross_q, self.cross_out = nn.Linear(width, width), nn.Linear(width, width)
        self.inverted = nn.Conv1d(width, 2 * hidden, 1)
        self.depth = nn.Conv1d(2 * hidden, 2 * hidden, 3, padding=1, groups=2 * hidden)
        self.point = nn.Conv1d(hidden, width, 1, bias=False)

    def by_head(self, x):
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def linear_attention(self, x, rotary):
        q = F.relu(rotary(self.by_head(self.to_q(x))))
        k = F.relu(rotary(self.by_head(self.to_k(x))))
        v = F.pad(self.by_head(self.to_v(x)), (0, 1), value=1.0)
        out = q @ (k.transpose(-1, -2) @ v)
        out = out[..., :-1] / (out[..., -1:] + 1e-15)
        return self.to_out(out.transpose(1, 2).flatten(2))

    def forward(self, x, modulation, keys, values, mask, rotary):
        shift1, scale1, gate1, shift2, scale2, gate2 = (self.table[None] + modulation).chunk(6, 1)
        x = x + gate1 * self.linear_attention(rms(x) * (1 + scale1) + shift1, rotary)
        q = rotary(self.by_head(self.cross_q(x)))
        seen = F.scaled_dot_product_attention(q, keys, values, attn_mask=mask)
        x = x + self.cross_out(seen.transpose(1, 2).flatten(2))
        wide = F.silu(self.inverted((rms(x) * (1 + scale2) + shift2).transpose(1, 2)))
        a, g = self.depth(wide).chunk(2, 1)
        return x + gate2 * self.point(a * F.silu(g)).transpose(1, 2)


class DitEnds(nn.Module):
    def __init__(self, width=2560):
        super().__init__()
        self.frame = nn.Conv2d(8, 2048, (16, 1), (16, 1))
        self.norm = nn.GroupNorm(32, 2048, eps=EPS)
        self.widen = nn.Conv2d(2048, width, 1)
        self.table = nn.Parameter(torch.randn(2, width))
        self.linear = nn.Linear(width, 128)

    def forward(self, latents, embedded):
        x = self.widen(self.norm(self.frame(latents))).flatten(2).transpose(1, 2)
        shift, scale = (self.table[None] + embedded[:, None]).chunk(2, 1)
        x = self.linear(rms(x) * (1 + scale) + shift)
        return x.unflatten(-1, (16, 8)).permute(0, 3, 2, 1)


class PixelRms(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.randn(channels)), nn.Parameter(torch.randn(channels))

    def forward(self, x):
        return (rms(x.movedim(1, -1), 1e-5) * self.weight + self.bias).movedim(-1, 1)


class DcaeRes(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm = PixelRms(channels)

    def forward(self, x):
        return x + self.norm(self.conv2(F.silu(self.conv1(x))))


class DcaeVit(nn.Module):
    def __init__(self, channels, head=32):
        super().__init__()
        self.head, wide = head, 3 * channels
        self.qkv = nn.ModuleList(nn.Linear(channels, channels, bias=False) for _ in range(3))
        self.view = nn.Sequential(
            nn.Conv2d(wide, wide, 5, padding=2, groups=wide, bias=False),
            nn.Conv2d(wide, wide, 1, groups=wide // head, bias=False),
        )
        self.to_out = nn.Linear(2 * channels, channels, bias=False)
        self.norm_out = PixelRms(channels)
        self.inverted = nn.Conv2d(channels, 8 * channels, 1)
        self.depth = nn.Conv2d(8 * channels, 8 * channels, 3, padding=1, groups=8 * channels)
        self.point = nn.Conv2d(4 * channels, channels, 1, bias=False)
        self.norm = PixelRms(channels)

    def forward(self, x):
        pixels = x.movedim(1, -1)
        qkv = torch.cat([layer(pixels) for layer in self.qkv], -1).movedim(-1, 1)
        all_views = torch.cat([qkv, self.view(qkv)], 1)
        q, k, v = all_views.flatten(2).unflatten(1, (-1, 3 * self.head)).chunk(3, 2)
        v = F.pad(v, (0, 0, 0, 1), value=1.0)
        out = (v @ F.relu(k).transpose(-1, -2)) @ F.relu(q)
        out = (out[:, :, :-1] / (out[:, :, -1:] + 1e-15)).flatten(1, 2).unflatten(2, x.shape[2:])
        x = x + self.norm_out(self.to_out(out.movedim(1, -1)).movedim(-1, 1))
        a, g = self.depth(F.silu(self.inverted(x))).chunk(2, 1)
        return x + self.norm(self.point(a * F.silu(g)))


class DcaeUp(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.times = 4 * outputs // inputs

    def forward(self, x):
        shortcut = F.pixel_shuffle(x.repeat_interleave(self.times, 1), 2)
        return self.conv(F.interpolate(x, scale_factor=2, mode="nearest")) + shortcut


class DcaeDecoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv_in = nn.Conv2d(8, 1024, 3, padding=1)
        layers = [DcaeVit(1024) for _ in range(3)]
        for inputs in (1024, 512, 256):
            outputs = inputs // 2
            layers += [DcaeUp(inputs, outputs), *(DcaeRes(outputs) for _ in range(3))]
        self.layers = nn.Sequential(*layers)
        self.norm_out, self.conv_out = PixelRms(128), nn.Conv2d(128, 2, 3, padding=1)

    def forward(self, x):
        x = self.conv_in(x) + x.repeat_interleave(128, 1)
        return self.conv_out(F.relu(self.norm_out(self.layers(x))))


class ConvNext(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.depth = nn.Conv1d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width, eps=EPS)
        self.widen, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.gamma = nn.Parameter(torch.randn(width))

    def forward(self, x):
        y = self.norm(self.depth(x).transpose(1, 2))
        return x + (self.gamma * self.narrow(F.gelu(self.widen(y)))).transpose(1, 2)


class TimeNorm(nn.LayerNorm):
    def forward(self, x):
        return super().forward(x.transpose(1, 2)).transpose(1, 2)


class GanRes(nn.Module):
    def __init__(self, channels, taps):
        super().__init__()
        conv = lambda d: nn.Conv1d(channels, channels, taps, dilation=d, padding=(taps * d - d) // 2)
        self.first = nn.ModuleList(conv(d) for d in (1, 3, 5))
        self.second = nn.ModuleList(conv(1) for _ in range(3))

    def forward(self, x):
        for first, second in zip(self.first, self.second):
            x = x + second(F.silu(first(F.silu(x))))
        return x


class GanLayer(nn.Module):
    def __init__(self, channels, rate):
        super().__init__()
        self.up = nn.ConvTranspose1d(channels, channels // 2, 2 * rate, rate, rate // 2)
        self.blocks = nn.ModuleList(GanRes(channels // 2, taps) for taps in (3, 7, 11, 13))

    def forward(self, x):
        x = self.up(F.silu(x))
        return torch.stack([block(x) for block in self.blocks]).mean(0)


class Vocoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv1d(128, 128, 7, padding=3, padding_mode="replicate")
        layers, width = [TimeNorm(128, eps=EPS)], 128
        for depth, wide in ((3, 128), (3, 256), (9, 384), (3, 512)):
            if wide != width:
                layers += [TimeNorm(width, eps=EPS), nn.Conv1d(width, wide, 1)]
                width = wide
            layers += [ConvNext(width) for _ in range(depth)]
        layers += [TimeNorm(512, eps=EPS), nn.Conv1d(512, 1024, 13, padding=6)]
        channels = 1024
        for rate in (4, 4, 2, 2, 2, 2, 2):
            layers.append(GanLayer(channels, rate))
            channels //= 2
        self.layers = nn.Sequential(*layers)
        self.post = nn.Conv1d(channels, 1, 13, padding=6)

    def forward(self, mel):
        return torch.tanh(self.post(F.silu(self.layers(self.stem(mel)))))


class TextBlock(nn.Module):
    def __init__(self, width=768, heads=12, hidden=2048):
        super().__init__()
        self.heads = heads
        self.norms = nn.Parameter(torch.randn(2, width))
        self.q, self.k, self.v, self.o = (nn.Linear(width, width, bias=False) for _ in range(4))
        self.wi_0, self.wi_1 = nn.Linear(width, hidden, bias=False), nn.Linear(width, hidden, bias=False)
        self.wo = nn.Linear(hidden, width, bias=False)
        self.bias = nn.Embedding(32, heads)

    def forward(self, x, buckets):
        y = rms(x) * self.norms[0]
        q, k, v = (f(y).unflatten(-1, (self.heads, -1)).transpose(1, 2) for f in (self.q, self.k, self.v))
        scores = q @ k.transpose(-1, -2) + self.bias(buckets).permute(2, 0, 1)[None]
        x = x + self.o((scores.softmax(-1) @ v).transpose(1, 2).flatten(2))
        y = rms(x) * self.norms[1]
        return x + self.wo(F.gelu(self.wi_0(y), approximate="tanh") * self.wi_1(y))


class LyricLayer(nn.Module):
    def __init__(self, width=1024, heads=16, hidden=4096):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.q, self.k, self.v, self.out = (nn.Linear(width, width) for _ in range(4))
        self.pos = nn.Linear(width, width, bias=False)
        self.u, self.w = nn.Parameter(torch.randn(1, heads, 1, 64)), nn.Parameter(torch.randn(1, heads, 1, 64))
        self.w_1, self.w_2 = nn.Linear(width, hidden), nn.Linear(hidden, width)

    def forward(self, x, table, mask):
        by_head = lambda y: y.unflatten(-1, (self.heads, -1)).transpose(1, 2)
        y, tokens = self.norm1(x), x.shape[1]
        q, k, v, p = by_head(self.q(y)), by_head(self.k(y)), by_head(self.v(y)), by_head(self.pos(table))
        place = F.pad((q + self.w) @ p.transpose(-1, -2), (1, 0))
        place = place.view(1, self.heads, 2 * tokens, tokens)[:, :, 1:].reshape(1, self.heads, tokens, -1)
        scores = ((q + self.u) @ k.transpose(-1, -2) + place[..., :tokens]) / 8
        shares = scores.masked_fill(~mask, float("-inf")).softmax(-1).masked_fill(~mask, 0.0)
        x = x + self.out((shares @ v).transpose(1, 2).flatten(2))
        return x + self.w_2(F.silu(self.w_1(self.norm2(x))))
