#!/usr/bin/env python3
"""Samples from a gpt in PyTorch, batched over a key-value cache: the peer of run.py.

usage: torch_sampler.py WEIGHTS.safetensors <lines of JSON {"batch":, "threads":, "seconds":} or "greedy"

Written for speed: the prompt is read once for all, caches are allocated once, nothing tracks gradients, and the head is
one product. Attention is of its own: the fused one where the version has it.
"""

import json
import math
import sys
import time

import torch
import torch.nn.functional as F


def safetensors(path):
    raw = open(path, "rb").read()
    length = int.from_bytes(raw[:8], "little")
    out = {}
    for name, t in json.loads(raw[8:8 + length]).items():
        if name.startswith("param."):
            begin, end = (8 + length + o for o in t["data_offsets"])
            out[name[6:]] = torch.frombuffer(bytearray(raw[begin:end]), dtype=torch.float32).reshape(t["shape"]).clone()
    return out


class Sampler:
    def __init__(self, w, heads):
        self.w, self.H = w, heads
        self.L, self.C = w["ln1_w"].shape[0], w["wte"].shape[1]
        self.S = self.C // heads
        self.fused = hasattr(F, "scaled_dot_product_attention")

    def start(self, batch, room):
        self.keys = torch.empty(self.L, batch, self.H, room, self.S)
        self.values = torch.empty(self.L, batch, self.H, room, self.S)

    def step(self, x, at):
        """x [R,n] tokens at positions at .. at+n: logits [R,V] after the last."""
        w, (R, n) = self.w, x.shape
        h = w["wte"][x] + w["wpe"][at:at + n]
        for l in range(self.L):
            a = F.layer_norm(h, (self.C, ), w["ln1_w"][l].flatten(), w["ln1_b"][l].flatten(), 1e-5)
            qkv = F.linear(a, w["qkv_w"][l], w["qkv_b"][l].flatten()).view(R, n, 3, self.H, self.S)
            q, k, v = qkv.permute(2, 0, 3, 1, 4)
            self.keys[l, :R, :, at:at + n], self.values[l, :R, :, at:at + n] = k, v
            k, v = self.keys[l, :R, :, :at + n], self.values[l, :R, :, :at + n]
            if self.fused:
                o = F.scaled_dot_product_attention(q, k, v, is_causal=n > 1)
            else:
                scores = q @ k.transpose(-1, -2) * (1 / math.sqrt(self.S))
                if n > 1:
                    scores += torch.full((n, n), -math.inf).triu(1)
                o = scores.softmax(-1) @ v
            h = h + F.linear(o.transpose(1, 2).reshape(R, n, self.C), w["attn_w"][l], w["attn_b"][l].flatten())
            f = F.layer_norm(h, (self.C, ), w["ln2_w"][l].flatten(), w["ln2_b"][l].flatten(), 1e-5)
            f = F.gelu(F.linear(f, w["fc_w"][l], w["fc_b"][l].flatten()), approximate="tanh")
            h = h + F.linear(f, w["proj_w"][l], w["proj_b"][l].flatten())
        h = F.layer_norm(h[:, -1], (self.C, ), w["lnf_w"].flatten(), w["lnf_b"].flatten(), 1e-5)
        return F.linear(h, w["wte"])

    def draw(self, prompt, length, batch, greedy=False):
        logits = self.step(prompt[None], 0).expand(batch, -1)
        n = len(prompt)
        self.keys[:, 1:, :, :n] = self.keys[:, :1, :, :n]
        self.values[:, 1:, :, :n] = self.values[:, :1, :, :n]
        out = torch.empty(batch, length, dtype=torch.long)
        for t in range(length):
            # exponentials raced: torch.multinomial is slower than its own definition
            next_ = logits.argmax(-1) if greedy else (logits.softmax(-1) / torch.empty(batch, logits.shape[-1]).exponential_()).argmax(-1)
            out[:, t] = next_
            if t + 1 < length:
                logits = self.step(next_[:, None], n + t)
        return out


def main():
    shape = json.loads(sys.argv[2])
    s = Sampler(safetensors(sys.argv[1]), shape["heads"])
    prompt = torch.tensor([i * 7 % 256 for i in range(shape["prompt"])])
    length = shape["length"]
    torch.set_flush_denormal(True)
    print(json.dumps({"torch": torch.__version__}), flush=True)
    with torch.inference_mode():
        for line in sys.stdin:
            if line.strip() == "greedy":
                s.start(1, len(prompt) + length)
                print(json.dumps(s.draw(prompt, length, 1, True)[0].tolist()), flush=True)
                continue
            job = json.loads(line)
            torch.set_num_threads(job["threads"])
            s.start(job["batch"], len(prompt) + length)
            n, start, cpu = 0, time.perf_counter(), time.process_time()
            while time.process_time() - cpu < job["seconds"]:
                s.draw(prompt, length, job["batch"])
                n += job["batch"] * length
            wall, cpu = time.perf_counter() - start, time.process_time() - cpu
            print(json.dumps({"tokens_per_s": n / wall, "tokens_per_cpu_s": n / cpu}), flush=True)


main()
