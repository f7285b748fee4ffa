"""The peer: our gpt or lstm in PyTorch, timed on request.

usage: torch_trainer.py THREADS [CPU]      (run.py starts it; a CPU pins it there)

Reads one JSON object a line: {"family", "layers", "width", "heads", "context", "batch", "vocab", "precision",
"attention", "seconds"}. Warms up, answers {"ready": true}, waits for an empty line so that several trainers start together, trains
for that long (at least two steps) and answers {"tokens_per_s": ..., "loss": ...}.

What it is given: only forward, loss, backward and AdamW are inside the clock (ours draws its batches and clips there
too); gradients are set to None, the optimiser works on lists, denormals are flushed, and models are kept, so that
memory is warm. Attention is `plain` (two products and a softmax) or `fused` where this PyTorch has it; an lstm is nn.LSTM.
"""

import json
import os
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F


class Block(nn.Module):
    def __init__(self, width, heads, context, attention):
        super().__init__()
        self.heads, self.attention = heads, attention
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.register_buffer("future", torch.full((context, context), float("-inf")).triu(1))

    def attend(self, q, k, v):
        if self.attention == "fused":
            return F.scaled_dot_product_attention(q, k, v, is_causal=True)
        scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-2, -1)
        return F.softmax(scores + self.future, dim=-1) @ v

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(B, T, 3, self.heads, C // self.heads).permute(2, 0, 3, 1, 4)
        x = x + self.out(self.attend(q, k, v).transpose(1, 2).reshape(B, T, C))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class Model(nn.Module):
    def __init__(self, layers, width, heads, context, vocab, attention):
        super().__init__()
        self.tokens, self.places = nn.Embedding(vocab, width), nn.Embedding(context, width)
        self.blocks = nn.Sequential(*(Block(width, heads, context, attention) for _ in range(layers)))
        self.norm = nn.LayerNorm(width)
        for p in self.parameters():
            if p.dim() > 1:
                nn.init.normal_(p, 0, 0.02)

    def forward(self, x, y):
        h = self.norm(self.blocks(self.tokens(x) + self.places.weight))
        logits = F.linear(h, self.tokens.weight)
        return F.cross_entropy(logits.flatten(0, 1), y.flatten())


class Lstm(nn.Module):
    def __init__(self, layers, width, vocab):
        super().__init__()
        self.tokens, self.layers = nn.Embedding(vocab, width), nn.LSTM(width, width, layers, batch_first=True)

    def forward(self, x, y):
        logits = F.linear(self.layers(self.tokens(x))[0], self.tokens.weight)
        return F.cross_entropy(logits.flatten(0, 1), y.flatten())


class Trainer:
    def __init__(self, job):
        torch.manual_seed(1)
        kind, shape = Model, ("layers", "width", "heads", "context", "vocab", "attention")
        if job["family"] == "lstm":
            kind, shape = Lstm, ("layers", "width", "vocab")
        self.model = kind(*[job[k] for k in shape])
        self.optimiser = torch.optim.AdamW(
            self.model.parameters(), lr=1e-3, betas=(0.9, 0.99), weight_decay=0.1, foreach=True)
        self.bf16 = job["precision"] == "bf16"
        self.size = (job["batch"], job["context"] + 1)
        self.vocab = job["vocab"]

    def step(self):
        """Seconds that one step takes, its batch apart, and its loss."""
        tokens = torch.randint(self.vocab, self.size)
        x, y = tokens[:, :-1].contiguous(), tokens[:, 1:].contiguous()
        start = time.perf_counter()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.bf16):
            loss = self.model(x, y)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        value = loss.item()
        return time.perf_counter() - start, value


def serve(trainers, job):
    seconds = job.pop("seconds")
    key = json.dumps(job, sort_keys=True)
    if key not in trainers:
        trainers[key] = Trainer(job)
        trainers[key].step()
    trainer = trainers[key]
    trainer.step()
    print(json.dumps({"ready": True}), flush=True)
    sys.stdin.readline()
    steps, spent = 0, 0.0
    while spent < seconds or steps < 2:
        took, loss = trainer.step()
        steps, spent = steps + 1, spent + took
    rate = steps * job["batch"] * job["context"] / spent
    print(json.dumps({"tokens_per_s": rate, "loss": loss}), flush=True)


def main():
    threads = int(sys.argv[1])
    if len(sys.argv) > 2:
        os.sched_setaffinity(0, {int(sys.argv[2])})
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    fused = hasattr(F, "scaled_dot_product_attention")
    print(json.dumps({"torch": torch.__version__, "threads": torch.get_num_threads(), "fused": fused}), flush=True)
    trainers = {}
    for line in iter(sys.stdin.readline, ""):
        serve(trainers, json.loads(line))


main()
