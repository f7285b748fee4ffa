#!/usr/bin/env python3
"""Compares the families with PyTorch: same weights and batch, then fifty steps of AdamW.

    torch_check.py [EMULATOR...] PATH/torch_probe

Written from the papers' equations, not from the C. Exit code 77: no PyTorch here.
"""
import json
import math
import subprocess
import sys
import tempfile

try:
    import torch
    import torch.nn.functional as F
except ImportError:
    print("SKIPPED: python3 has no torch (Debian: python3-torch)")
    sys.exit(77)

torch.set_num_threads(1)


def safetensors(path):
    raw = open(path, "rb").read()
    length = int.from_bytes(raw[:8], "little")
    out = {}
    for name, t in json.loads(raw[8 : 8 + length]).items():
        if name == "__metadata__":
            continue
        begin, end = (8 + length + o for o in t["data_offsets"])
        data = torch.frombuffer(bytearray(raw[begin:end]), dtype=torch.float32)
        out[name] = data.reshape(t["shape"]).clone()
    return {k[len("param.") :]: v for k, v in out.items() if k.startswith("param.")}


def attention(qkv, c, turn):
    B, T, _ = qkv.shape
    H, S = c["heads"], c["width"] // c["heads"]
    q, k, v = (p.reshape(B, T, H, S).transpose(1, 2) for p in qkv.chunk(3, dim=-1))
    q, k = turn(q), turn(k)
    score = q @ k.transpose(-1, -2) * (math.sqrt(c["base_head"]) / S)
    mask = torch.ones(T, T, dtype=torch.bool).tril()
    return (score.masked_fill(~mask, -math.inf).softmax(-1) @ v).transpose(1, 2).reshape(B, T, H * S)


def gpt(w, x, c):
    h = w["wte"][x] + w["wpe"][: x.shape[1]]
    norm = lambda a, i, l: F.layer_norm(a, a.shape[-1:], w[i + "_w"][l], w[i + "_b"][l], 1e-5)
    for l in range(c["layers"]):
        a = attention(norm(h, "ln1", l) @ w["qkv_w"][l].T + w["qkv_b"][l], c, lambda p: p)
        h = h + a @ w["attn_w"][l].T + w["attn_b"][l]
        f = norm(h, "ln2", l) @ w["fc_w"][l].T + w["fc_b"][l]
        f = 0.5 * f * (1 + torch.tanh(math.sqrt(2 / math.pi) * (f + 0.044715 * f**3)))
        h = h + f @ w["proj_w"][l].T + w["proj_b"][l]
    h = F.layer_norm(h, h.shape[-1:], w["lnf_w"], w["lnf_b"], 1e-5)
    return h @ w["wte"].T


def rotate(p):
    """Su et al. 2021, halves paired: the complex number (p_i, p_{i+S/2}) turns by t 10000^(-2i/S)."""
    T, S = p.shape[-2:]
    angle = torch.arange(T)[:, None] * 10000.0 ** (-2 * torch.arange(S // 2) / S)
    z = torch.complex(p[..., : S // 2], p[..., S // 2 :]) * torch.polar(torch.ones_like(angle), angle)
    return torch.cat([z.real, z.imag], -1)


def llama(w, x, c):
    h = w["wte"][x]
    norm = lambda a, g: a * torch.rsqrt((a * a).mean(-1, keepdim=True) + 1e-5) * g
    for l in range(c["layers"]):
        h = h + attention(norm(h, w["norm1_w"][l]) @ w["qkv_w"][l].T, c, rotate) @ w["attn_w"][l].T
        gate, up = (norm(h, w["norm2_w"][l]) @ w["gate_w"][l].T).chunk(2, dim=-1)
        h = h + (F.silu(gate) * up) @ w["down_w"][l].T
    return norm(h, w["normf_w"]) @ w["head_w"].T


def lstm(w, x, c):
    """nn.LSTM's own function and weights: the last of its two vectors of biases is zero."""
    zero = torch.zeros(c["layers"], x.shape[0], c["width"])
    per_layer = zip(w["gates_w"][0::2], w["gates_w"][1::2], w["gates_b"])
    flat = [v for ih, hh, b in per_layer for v in (ih, hh, b, torch.zeros_like(b))]
    return torch.lstm(w["wte"][x], (zero, zero), flat, True, c["layers"], 0.0, True, False, True)[0] @ w["wte"].T


def loss_of(model, w, x, y, c):
    logits = model(w, x, c) * (c["base_width"] / c["width"])
    return F.cross_entropy(logits.reshape(-1, logits.shape[-1]), y.reshape(-1))


def dpo_loss(model, w, x, y, c):
    """Rafailov et al. 2023, eq. 7, with a soft label; answers behind four tokens of the first two sequences."""
    logits = model(w, x[:2], c) * (c["base_width"] / c["width"])
    said = F.log_softmax(logits, -1).gather(-1, y[:2, :, None])[..., 0][:, 3:].sum(-1)
    z = 0.3 * ((said[0] + 70) - (said[1] + 72.5))
    return -0.8 * F.logsigmoid(z) - 0.2 * F.logsigmoid(-z)


def finetune_loss(model, w, x, y, c):
    """Half the mean over the first sequence's answer, behind four tokens, half that over all of the second."""
    logits = model(w, x[:2], c) * (c["base_width"] / c["width"])
    losses = F.cross_entropy(logits.transpose(1, 2), y[:2], reduction="none")
    return (losses[0, 3:].mean() + losses[1].mean()) / 2


FAMILIES = {"gpt": gpt, "llama": llama, "lstm": lstm}
HIDDEN = {"qkv_w", "attn_w", "fc_w", "proj_w", "gate_w", "down_w", "gates_w"}


def rate(c, step):
    if step < c["warmup"]:
        return (step + 1) / c["warmup"]
    done = (step - c["warmup"]) / (c["steps"] - c["warmup"])
    return c["end"] + (1 - c["end"]) * 0.5 * (1 + math.cos(math.pi * done))


def train(model, w, batches, c):
    """muP for Adam: hidden matrices learn at base_width / width; decay knows the peak rate alone."""
    hidden = [v for k, v in w.items() if k in HIDDEN]
    other = [v for k, v in w.items() if k not in HIDDEN]
    factor = c["base_width"] / c["width"]
    adam = torch.optim.AdamW(
        [{"params": hidden, "weight_decay": c["decay"] / factor, "factor": factor},
         {"params": other, "weight_decay": 0.0, "factor": 1.0}],
        betas=(c["beta1"], c["beta2"]), eps=c["eps"])
    clipped = 0
    for step, (x, y) in enumerate(batches):
        adam.zero_grad()
        loss_of(model, w, x, y, c).backward()
        norm = math.sqrt(sum(float(v.grad.double().pow(2).sum()) for v in w.values()))
        for v in w.values():
            if norm > c["clip"]:
                v.grad *= c["clip"] / norm
        clipped += norm > c["clip"]
        for g in adam.param_groups:
            g["lr"] = c["lr"] * rate(c, step) * g["factor"]
        adam.step()
    assert 0 < clipped, "clipping was never at work"


def check(family, probe):
    bad = []

    def hold(what, got, bar):
        print(f"{family}: {what}: {got:.2e} (bar {bar:g})")
        if not got <= bar:
            bad.append(what)

    with tempfile.TemporaryDirectory() as folder:
        c = json.loads(subprocess.run([*probe, family, folder], check=True, capture_output=True, text=True).stdout)
        w = {k: v.requires_grad_() for k, v in safetensors(folder + "/start.safetensors").items()}
        theirs = safetensors(folder + "/grads.safetensors")
        tuned = {name: safetensors(f"{folder}/{name}.safetensors") for name in ("dpo", "finetune")}
        end = safetensors(folder + "/end.safetensors")
        ints = torch.frombuffer(bytearray(open(folder + "/batches.bin", "rb").read()), dtype=torch.int32).long()
    n, T = c["batch"] * c["context"], c["context"]
    batches = [tuple(p.reshape(-1, T) for p in ints[2 * n * s : 2 * n * (s + 1)].chunk(2)) for s in range(c["steps"])]
    windows = tuple(p.reshape(-1, T) for p in ints[2 * n * c["steps"] :].chunk(2))
    model = FAMILIES[family]

    loss = loss_of(model, w, *batches[0], c)
    loss.backward()
    hold("loss", abs(loss.item() - c["loss"]) / loss.item(), 1e-5)
    whole = math.sqrt(sum(float(v.grad.pow(2).sum()) for v in w.values()))
    assert set(w) == set(theirs), "the tensors have other names"
    worst = 0.0
    for k, v in w.items():
        error = float((v.grad - theirs[k]).norm() / v.grad.norm())
        worst = max(worst, error)
        if error > 1e-4:
            hold("gradient of " + k, error, 1e-4)
    hold("worst gradient", worst, 1e-4)
    if "qkv_b" in w:
        C = c["width"]
        key = theirs["qkv_b"][:, C : 2 * C]
        hold("key bias, whose gradient is zero", float(key.norm()) / whole, 1e-4)

    for name, lesson in ("dpo", dpo_loss), ("finetune", finetune_loss):
        for v in w.values():
            v.grad = None
        loss = lesson(model, w, *batches[0], c)
        loss.backward()
        hold(f"loss of {name}", abs(loss.item() - c[name]) / loss.item(), 1e-5)
        whole = math.sqrt(sum(float(v.grad.pow(2).sum()) for v in w.values()))
        off = math.sqrt(sum(float((v.grad - tuned[name][k]).pow(2).sum()) for k, v in w.items()))
        hold(f"gradient of {name}", off / whole, 1e-4)

    train(model, w, batches, c)
    with torch.no_grad():
        final = loss_of(model, w, *windows, c).item()
        for b in (w, end):  # Adam turns the noise of a zero gradient into steps
            if "qkv_b" in b:
                b["qkv_b"][:, c["width"] : 2 * c["width"]] = 0
        after = {k: float((v - end[k]).norm() / v.norm()) for k, v in w.items()}
    print(f"{family}: loss {c['loss']:.5f} -> {c['final']:.5f}, PyTorch {final:.5f}, kernels {c['kernels']}")
    hold("loss after training", abs(final - c["final"]) / final, 1e-3)
    hold("worst tensor after training", max(after.values()), 1e-4)
    assert final < 0.95 * c["loss"], "nothing was learned"
    return bad


if __name__ == "__main__":
    failed = [f"{f}: {b}" for f in FAMILIES for b in check(f, sys.argv[1:])]
    for f in failed:
        print("FAILED", f)
    sys.exit(1 if failed else 0)
