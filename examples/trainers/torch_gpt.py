#!/usr/bin/env python3
"""A GPT in one file of PyTorch, for a ladder that loglog drives: see torch_gpt.yaml.

It learns the bytes of a text, appends a line of JSON to OUT/metrics.jsonl at every evaluation, keeps its state in
OUT/state.pt and goes on from one with --resume. SIGTERM makes it save and end. Debian's python3-torch is enough.
"""
import argparse
import json
import math
import os
import signal

import torch
from torch import nn
from torch.nn import functional as F


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x, mask):
        B, T, C = x.shape
        q, k, v = (t.view(B, T, self.heads, -1).transpose(1, 2) for t in self.qkv(self.norm1(x)).split(C, 2))
        score = q @ k.transpose(2, 3) / math.sqrt(C // self.heads) + mask
        x = x + self.proj((score.softmax(3) @ v).transpose(1, 2).reshape(B, T, C))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class GPT(nn.Module):
    def __init__(self, layers, width, heads, context, vocab=256):
        super().__init__()
        self.token, self.place = nn.Embedding(vocab, width), nn.Embedding(context, width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, vocab, bias=False)
        self.register_buffer("mask", torch.full((context, context), float("-inf")).triu(1))
        for p in self.parameters():
            if p.dim() > 1:
                nn.init.normal_(p, std=0.02)

    def forward(self, x, y):
        h = self.token(x) + self.place.weight
        for block in self.blocks:
            h = block(h, self.mask)
        return F.cross_entropy(self.head(self.norm(h)).flatten(0, 1), y.flatten())


def windows(text, at, context):
    """Inputs and targets [B, T] that begin at the given places."""
    index = at[:, None] + torch.arange(context + 1)[None, :]
    cut = text[index].long()
    return cut[:, :-1], cut[:, 1:]


def main():
    a = argparse.ArgumentParser()
    for name in "layers width heads context steps batch warmup seed".split():
        a.add_argument("--" + name, type=int, required=True)
    a.add_argument("--lr", type=float, required=True)
    a.add_argument("--text", required=True)
    a.add_argument("--out", required=True)
    a.add_argument("--evals", type=int, default=8)
    a.add_argument("--resume")
    a = a.parse_args()

    torch.set_num_threads(1)
    torch.manual_seed(a.seed)
    text = torch.frombuffer(bytearray(open(a.text, "rb").read()), dtype=torch.uint8)
    split = int(0.9 * len(text))
    train, val = text[:split], text[split:]
    model = GPT(a.layers, a.width, a.heads, a.context)
    adam = torch.optim.AdamW(model.parameters(), lr=a.lr, betas=(0.9, 0.95), weight_decay=0.1)
    step = 0
    if a.resume:
        state = torch.load(a.resume)
        model.load_state_dict(state["model"])
        adam.load_state_dict(state["adam"])
        step = state["step"]

    stop = []
    signal.signal(signal.SIGTERM, lambda *_: stop.append(1))

    def save():
        path = os.path.join(a.out, "state.pt")
        torch.save({"model": model.state_dict(), "adam": adam.state_dict(), "step": step}, path + ".new")
        os.replace(path + ".new", path)

    @torch.no_grad()
    def evaluate():
        at = torch.linspace(0, len(val) - a.context - 2, 64).long()
        return model(*windows(val, at, a.context)).item()

    with open(os.path.join(a.out, "metrics.jsonl"), "a") as metrics:
        while step < a.steps and not stop:
            draw = torch.Generator().manual_seed(a.seed * 1_000_003 + step)  # by the step: a resumed run sees the same
            at = torch.randint(0, len(train) - a.context - 1, (a.batch,), generator=draw)
            share = step / a.steps
            rate = a.lr * min(1, (step + 1) / max(1, a.warmup)) * 0.5 * (1 + math.cos(math.pi * share))
            for group in adam.param_groups:
                group["lr"] = rate
            adam.zero_grad()
            loss = model(*windows(train, at, a.context))
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1)
            adam.step()
            step += 1
            if step == a.steps or step % max(1, a.steps // a.evals) == 0:
                row = {"step": step, "tokens_seen": step * a.batch * a.context, "loss": loss.item()}
                row["val_loss"] = evaluate()
                row["params_total"] = sum(p.numel() for p in model.parameters())
                save()
                metrics.write(json.dumps(row) + "\n")
                metrics.flush()
    if stop:
        save()


if __name__ == "__main__":
    main()
