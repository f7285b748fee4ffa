#!/usr/bin/env python3
"""Models that leave and enter the house, against readers written from the published formats and architectures.

    formats_torch.py PATH/loglog PATH/formats_probe

Out: what 'loglog export' wrote is read from config.json, safetensors and GGUF alone, and the forward pass of the
architecture (PyTorch, in double) gives the logits that we give. In: checkpoints made here, of shapes that ours do not have
(shared keys, tied heads, several files, halves, bare names), give the logits of that forward pass after
'loglog import-weights'. Exit code 77: no PyTorch here.
"""
import json
import math
import os
import struct
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
torch.manual_seed(4)
LOGLOG, PROBE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
BAR = 1e-4
bad = []


def hold(what, ok, said=""):
    print(f"{'ok' if ok else 'FAILED'}: {what} {said}")
    if not ok:
        bad.append(what)


def near(what, got, want, bar=BAR):
    error = float((got - want).abs().max())
    hold(what, got.shape == want.shape and error <= bar and float(want.std()) > 0.1, f"worst {error:.1e}, bar {bar:g}")


def loglog(*words):
    return subprocess.run([LOGLOG, *words], capture_output=True, text=True)


def ours(path, context, vocab):
    out = path + ".logits"
    subprocess.run([PROBE, "logits", path, out], check=True)
    return torch.frombuffer(bytearray(open(out, "rb").read()), dtype=torch.float32).reshape(context, vocab).double()


def tokens(context, vocab):
    return torch.tensor([(37 * t + 11) % vocab for t in range(context)])


# ---- the formats ----

DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


def read_safetensors(path):
    raw = open(path, "rb").read()
    length = int.from_bytes(raw[:8], "little")
    out = {}
    for name, t in json.loads(raw[8 : 8 + length]).items():
        if name != "__metadata__":
            begin, end = (8 + length + o for o in t["data_offsets"])
            out[name] = torch.frombuffer(bytearray(raw[begin:end]), dtype=DTYPES[t["dtype"]]).reshape(t["shape"])
    return out


def raw_bytes(t):
    return t.contiguous().view(torch.int16 if t.element_size() == 2 else torch.int32).numpy().tobytes()


def write_safetensors(path, tensors):
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, t in tensors.items():
        kind = next(k for k, d in DTYPES.items() if d == t.dtype)
        header[name] = {"dtype": kind, "shape": list(t.shape), "data_offsets": [len(data), len(data) + t.numel() * t.element_size()]}
        data += raw_bytes(t)
    text = json.dumps(header).encode()
    open(path, "wb").write(struct.pack("<Q", len(text)) + text + data)


PLAIN = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}


def read_gguf(path):
    raw, at = open(path, "rb").read(), 0

    def take(form):
        nonlocal at
        v = struct.unpack_from(form, raw, at)[0]
        at += struct.calcsize(form)
        return v

    def text():
        nonlocal at
        n = take("<Q")
        at += n
        return raw[at - n : at].decode()

    def value(kind):
        if kind == 8:
            return text()
        if kind == 9:
            inner, n = take("<I"), take("<Q")
            return [value(inner) for _ in range(n)]
        return take(PLAIN[kind])

    assert raw[:4] == b"GGUF"
    at = 4
    assert take("<I") == 3
    n_tensors, n_keys = take("<Q"), take("<Q")
    meta = {}
    for _ in range(n_keys):
        key = text()
        meta[key] = value(take("<I"))
    infos = []
    for _ in range(n_tensors):
        name, dims = text(), take("<I")
        shape = [take("<Q") for _ in range(dims)][::-1]
        infos.append((name, shape, {0: torch.float32, 1: torch.float16, 30: torch.bfloat16}[take("<I")], take("<Q")))
    align = meta.get("general.alignment", 32)
    base = -(-at // align) * align
    out = {}
    for name, shape, dtype, offset in infos:
        assert offset % align == 0
        size = math.prod(shape) * (4 if dtype == torch.float32 else 2)
        out[name] = torch.frombuffer(bytearray(raw[base + offset : base + offset + size]), dtype=dtype).reshape(shape)
    return meta, out


def write_gguf(path, meta, tensors):
    def text(s):
        return struct.pack("<Q", len(s.encode())) + s.encode()

    def value(v):
        if isinstance(v, bool):
            return struct.pack("<I?", 7, v)
        if isinstance(v, int):
            return struct.pack("<II", 4, v)
        if isinstance(v, float):
            return struct.pack("<If", 6, v)
        if isinstance(v, str):
            return struct.pack("<I", 8) + text(v)
        if v and isinstance(v[0], float):
            return struct.pack("<IIQ", 9, 6, len(v)) + b"".join(struct.pack("<f", x) for x in v)
        return struct.pack("<IIQ", 9, 8, len(v)) + b"".join(text(x) for x in v)

    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(meta))
    head += b"".join(text(k) + value(v) for k, v in meta.items())
    offset, data = 0, b""
    for name, t in tensors.items():
        kind = {torch.float32: 0, torch.float16: 1, torch.bfloat16: 30}[t.dtype]
        head += text(name) + struct.pack("<I", t.dim()) + b"".join(struct.pack("<Q", s) for s in reversed(t.shape))
        head += struct.pack("<IQ", kind, len(data))
        data += raw_bytes(t)
        data += bytes(-len(data) % 32)
    open(path, "wb").write(head + bytes(-len(head) % 32) + data)


# ---- the architectures, from their papers ----


def attend(q, k, v):
    """[H,T,S] each: causal, over sqrt(S)."""
    T = q.shape[1]
    score = (q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])).masked_fill(~torch.ones(T, T, dtype=torch.bool).tril(), -math.inf)
    return (score.softmax(-1) @ v).transpose(0, 1).reshape(T, -1)


def turn(p, base, halves):
    """Su et al. 2021: pair i of a head turns by t base^(-2i/S); pairs are (i, i + S/2), or (2i, 2i + 1)."""
    T, S = p.shape[-2:]
    angle = torch.arange(T).double()[:, None] * base ** (-2 * torch.arange(S // 2).double() / S)
    a, b = (p[..., : S // 2], p[..., S // 2 :]) if halves else (p[..., 0::2], p[..., 1::2])
    x, y = a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos()
    return torch.cat([x, y], -1) if halves else torch.stack([x, y], -1).flatten(-2)


def llama(w, x, c, names, halves):
    """names: of the tensors; c: heads, kv, layers, eps, base."""
    w = {k: v.double() for k, v in w.items()}
    norm = lambda a, g: a * torch.rsqrt((a * a).mean(-1, keepdim=True) + c["eps"]) * g
    h = w[names["embed"]][x]
    for l in range(c["layers"]):
        at = lambda name: w[names[name].replace("#", str(l))]
        a = norm(h, at("norm1"))
        heads = lambda m, n: (a @ m.T).reshape(len(x), n, -1).transpose(0, 1)
        q, k, v = heads(at("q"), c["heads"]), heads(at("k"), c["kv"]), heads(at("v"), c["kv"])
        q, k = turn(q, c["base"], halves), turn(k, c["base"], halves)
        k, v = (t.repeat_interleave(c["heads"] // c["kv"], 0) for t in (k, v))
        h = h + attend(q, k, v) @ at("o").T
        a = norm(h, at("norm2"))
        h = h + (F.silu(a @ at("gate").T) * (a @ at("up").T)) @ at("down").T
    return norm(h, w[names["norm"]]) @ w.get(names["head"], w[names["embed"]]).T


def gpt2(w, x, c, names, across):
    w = {k: v.double() for k, v in w.items()}
    apply = lambda a, m, b: a @ (m if across else m.T) + b
    norm = lambda a, g, b: F.layer_norm(a, a.shape[-1:], g, b, c["eps"])
    h = w[names["embed"]][x] + w[names["place"]][: len(x)]
    for l in range(c["layers"]):
        at = lambda name, end: w[names[name].replace("#", str(l)) + end]
        a = norm(h, at("norm1", ".weight"), at("norm1", ".bias"))
        qkv = apply(a, at("qkv", ".weight"), at("qkv", ".bias"))
        q, k, v = (p.reshape(len(x), c["heads"], -1).transpose(0, 1) for p in qkv.chunk(3, -1))
        h = h + apply(attend(q, k, v), at("o", ".weight"), at("o", ".bias"))
        a = norm(h, at("norm2", ".weight"), at("norm2", ".bias"))
        f = apply(a, at("fc", ".weight"), at("fc", ".bias"))
        f = 0.5 * f * (1 + torch.tanh(math.sqrt(2 / math.pi) * (f + 0.044715 * f**3)))
        h = h + apply(f, at("proj", ".weight"), at("proj", ".bias"))
    return norm(h, w[names["norm"] + ".weight"], w[names["norm"] + ".bias"]) @ w[names["embed"]].T


LAYER = "model.layers.#."
HF_LLAMA = {"embed": "model.embed_tokens.weight", "norm": "model.norm.weight", "head": "lm_head.weight",
            "norm1": LAYER + "input_layernorm.weight", "norm2": LAYER + "post_attention_layernorm.weight",
            **{k: LAYER + f"self_attn.{k}_proj.weight" for k in "qkvo"},
            **{k: LAYER + f"mlp.{k}_proj.weight" for k in ("gate", "up", "down")}}
GGUF_LLAMA = {"embed": "token_embd.weight", "norm": "output_norm.weight", "head": "output.weight",
              "norm1": "blk.#.attn_norm.weight", "norm2": "blk.#.ffn_norm.weight", "o": "blk.#.attn_output.weight",
              **{k: f"blk.#.attn_{k}.weight" for k in "qkv"},
              **{k: f"blk.#.ffn_{k}.weight" for k in ("gate", "up", "down")}}
BLOCK = "transformer.h.#."
HF_GPT2 = {"embed": "transformer.wte.weight", "place": "transformer.wpe.weight", "norm": "transformer.ln_f",
           "norm1": BLOCK + "ln_1", "norm2": BLOCK + "ln_2", "qkv": BLOCK + "attn.c_attn", "o": BLOCK + "attn.c_proj",
           "fc": BLOCK + "mlp.c_fc", "proj": BLOCK + "mlp.c_proj"}
GGUF_GPT2 = {"embed": "token_embd.weight", "place": "position_embd.weight", "norm": "output_norm",
             "norm1": "blk.#.attn_norm", "norm2": "blk.#.ffn_norm", "qkv": "blk.#.attn_qkv", "o": "blk.#.attn_output",
             "fc": "blk.#.ffn_up", "proj": "blk.#.ffn_down"}


def by_config(w, x, c):
    if c["architectures"] == ["LlamaForCausalLM"]:
        assert c["model_type"] == "llama" and c["hidden_act"] == "silu" and not c["tie_word_embeddings"]
        assert not c["attention_bias"] and not c["mlp_bias"] and not c.get("rope_scaling")
        assert w["model.layers.0.mlp.gate_proj.weight"].shape == (c["intermediate_size"], c["hidden_size"])
        return llama(w, x, {"heads": c["num_attention_heads"], "kv": c["num_key_value_heads"], "eps": c["rms_norm_eps"],
                            "layers": c["num_hidden_layers"], "base": c["rope_theta"]}, HF_LLAMA, True)
    assert c["architectures"] == ["GPT2LMHeadModel"] and c["model_type"] == "gpt2"
    assert c["activation_function"] == "gelu_new" and c["tie_word_embeddings"]
    assert w["transformer.h.0.mlp.c_fc.weight"].shape == (c["n_embd"], c["n_inner"])
    return gpt2(w, x, {"heads": c["n_head"], "layers": c["n_layer"], "eps": c["layer_norm_epsilon"]}, HF_GPT2, True)


def by_metadata(w, x, m):
    a = m["general.architecture"]
    c = {"heads": m[a + ".attention.head_count"], "layers": m[a + ".block_count"]}
    if a == "llama":
        c |= {"kv": m["llama.attention.head_count_kv"], "eps": m["llama.attention.layer_norm_rms_epsilon"],
              "base": m["llama.rope.freq_base"]}
        return llama(w, x, c, GGUF_LLAMA, False)
    assert a == "gpt2"
    return gpt2(w, x, c | {"eps": m["gpt2.attention.layer_norm_epsilon"]}, GGUF_GPT2, False)


# ---- out ----


def check_bytes(tokens_of, end):
    """Byte b is token b, written as GPT-2 writes bytes; 256 ends a document."""
    itself = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [b for b in range(256) if b not in itself]
    written = {**{b: chr(b) for b in itself}, **{b: chr(256 + i) for i, b in enumerate(others)}}
    return len(tokens_of) == 257 and all(tokens_of[b] == written[b] for b in range(256)) and end == 256


def leaves(family, folder):
    T, V = 48, 257
    mine = folder + f"/{family}.safetensors"
    subprocess.run([PROBE, "make", family, mine], check=True)
    want, x = ours(mine, T, V), tokens(T, V)
    for numbers, bar in (("f32", BAR), ("bf16", 0.5)):
        hf, gguf = folder + f"/{family}-{numbers}", folder + f"/{family}-{numbers}.gguf"
        for form, to in (("hf", hf), ("gguf", gguf)):
            said = loglog("export", "--weights", mine, "--format", form, "--out", to, "--numbers", numbers)
            hold(f"export {family} {form} {numbers}", said.returncode == 0, said.stderr)
        config = json.load(open(hf + "/config.json"))
        meta, w = read_gguf(gguf)
        near(f"{family} as transformers has it, {numbers}", by_config(read_safetensors(hf + "/model.safetensors"), x, config), want, bar)
        near(f"{family} as llama.cpp has it, {numbers}", by_metadata(w, x, meta), want, bar)
        assert config["vocab_size"] == V and config.get("max_position_embeddings", config.get("n_positions")) == T
        assert meta[meta["general.architecture"] + ".context_length"] == T
        for form, path in (("hf", hf), ("gguf", gguf)):
            back = folder + f"/back-{family}-{form}-{numbers}.safetensors"
            said = loglog("import-weights", path, "--out", back)
            hold(f"{family} comes back from {form}", said.returncode == 0 and "--tokenizer bytes" in said.stdout, said.stderr)
            near(f"{family} from {form}, {numbers}", ours(back, T, V), want, bar)
    vocabulary = json.load(open(hf + "/tokenizer.json"))
    hold("tokenizer.json holds the bytes", check_bytes({i: t for t, i in vocabulary["model"]["vocab"].items()}, vocabulary["added_tokens"][0]["id"])
         and vocabulary["model"]["merges"] == [] and vocabulary["pre_tokenizer"]["use_regex"] is False)
    hold("GGUF holds the bytes", check_bytes(meta["tokenizer.ggml.tokens"], meta["tokenizer.ggml.eos_token_id"])
         and meta["tokenizer.ggml.merges"] == [] and meta["tokenizer.ggml.token_type"] == [1] * 256 + [3])


# ---- in ----


def draw(*shape):
    return torch.randn(*shape) * (0.5 if len(shape) == 1 else 1.2 / math.sqrt(shape[-1]))


def llama_weights(names, L, C, Ff, V, kv, tied):
    shapes = {"embed": (V, C), "norm": (C,), "head": (V, C), "norm1": (C,), "norm2": (C,), "q": (C, C), "k": (kv, C), "v": (kv, C),
              "o": (C, C), "gate": (Ff, C), "up": (Ff, C), "down": (C, Ff)}
    return {name.replace("#", str(l)): draw(*shapes[k]) for k, name in names.items() if not (tied and k == "head")
            for l in range(L if "#" in name else 1)}


def gpt2_weights(names, L, C, Ff, V, T, across):
    shapes = {"embed": (V, C), "place": (T, C), "norm": C, "norm1": C, "norm2": C, "qkv": (3 * C, C), "o": (C, C), "fc": (Ff, C), "proj": (C, Ff)}
    out = {}
    for k, name in names.items():
        for l in range(L if "#" in name else 1):
            at, s = name.replace("#", str(l)), shapes[k]
            if k in ("embed", "place"):
                out[at] = draw(*s)
            elif isinstance(s, int):
                out[at + ".weight"], out[at + ".bias"] = 1 + draw(s), draw(s)
            else:
                out[at + ".weight"], out[at + ".bias"] = (draw(*s).T.contiguous() if across else draw(*s)), draw(s[0])
    return out


def enters(what, path, folder, want, T, V):
    out = folder + "/" + what.replace(" ", "-") + ".safetensors"
    said = loglog("import-weights", path, "--out", out)
    hold(f"{what} comes in", said.returncode == 0, said.stderr)
    if said.returncode == 0:
        near(what, ours(out, T, V), want)
    return said.stdout


def comes_in(folder):
    T, V, C, L, H, Ff = 20, 61, 24, 2, 6, 40
    x = tokens(T, V)
    base = {"model_type": "llama", "hidden_size": C, "intermediate_size": Ff, "num_hidden_layers": L, "num_attention_heads": H,
            "max_position_embeddings": T, "vocab_size": V, "rms_norm_eps": 1e-5}
    for kv, tied, kind in ((6, False, torch.float32), (2, False, torch.float16), (1, True, torch.bfloat16)):
        at = f"{folder}/llama-{kv}"
        os.mkdir(at)
        w = {k: v.to(kind) for k, v in llama_weights(HF_LLAMA, L, C, Ff, V, kv * C // H, tied).items()}
        config = base | {"num_key_value_heads": kv, "tie_word_embeddings": tied}
        json.dump(config, open(at + "/config.json", "w"))
        first = dict(list(w.items())[::2])
        rest = {k: v for k, v in w.items() if k not in first}
        write_safetensors(at + "/a-00001-of-00002.safetensors", first)
        write_safetensors(at + "/a-00002-of-00002.safetensors", rest)
        places = {k: f"a-0000{1 + (k in rest)}-of-00002.safetensors" for k in w}
        json.dump({"metadata": {}, "weight_map": places}, open(at + "/model.safetensors.index.json", "w"))
        want = llama(w, x, {"heads": H, "kv": kv, "layers": L, "eps": 1e-5, "base": 1e4}, HF_LLAMA, True)
        said = enters(f"llama of two files with {kv} keys and {kind}", at, folder, want, T, V)
        hold("what it does not say is said", ("share each key" in said) == (kv < H) and ("token embedding" in said) == tied)
        w = {k: v if v.dim() == 1 else v.to(kind) for k, v in llama_weights(GGUF_LLAMA, L, C, Ff, V, kv * C // H, tied).items()}
        meta = {"general.architecture": "llama", "llama.block_count": L, "llama.embedding_length": C, "llama.feed_forward_length": Ff,
                "llama.attention.head_count": H, "llama.attention.head_count_kv": kv, "llama.context_length": T,
                "llama.attention.layer_norm_rms_epsilon": 1e-5, "tokenizer.ggml.model": "llama",
                "tokenizer.ggml.tokens": [f"t{i}" for i in range(V)], "tokenizer.ggml.scores": [0.5] * V, "general.alignment": 32}
        write_gguf(f"{folder}/x{kv}.gguf", meta, w)
        want = llama(w, x, {"heads": H, "kv": kv, "layers": L, "eps": 1e-5, "base": 1e4}, GGUF_LLAMA, False)
        said = enters(f"GGUF llama with {kv} keys and {kind}", f"{folder}/x{kv}.gguf", folder, want, T, V)
        hold("a tokenizer that none here is", "no tokenizer: its metadata: its tokenizer is 'llama'" in said, said)
    for bare in (False, True):
        at = f"{folder}/gpt2-{bare}"
        os.mkdir(at)
        w = gpt2_weights(HF_GPT2, L, C, 4 * C, V, T, True)
        want = gpt2(w, x, {"heads": H, "layers": L, "eps": 1e-5}, HF_GPT2, True)
        if bare:
            w = {k[len("transformer.") :]: v for k, v in w.items()}
            w["h.0.attn.bias"] = torch.ones(1, 1, T, T)
        json.dump({"model_type": "gpt2", "n_embd": C, "n_layer": L, "n_head": H, "n_positions": T, "vocab_size": V, "n_inner": None},
                  open(at + "/config.json", "w"))
        write_safetensors(at + "/model.safetensors", w)
        enters(f"GPT-2 {'of bare names' if bare else ''}", at + ("/model.safetensors" if bare else ""), folder, want, T, V)
    w = gpt2_weights(GGUF_GPT2, L, C, 56, V, T, False)
    want = gpt2(w, x, {"heads": H, "layers": L, "eps": 1e-5}, GGUF_GPT2, False)
    w["output.weight"] = w["token_embd.weight"].clone()
    meta = {"general.architecture": "gpt2", "gpt2.block_count": L, "gpt2.embedding_length": C, "gpt2.feed_forward_length": 56,
            "gpt2.attention.head_count": H, "gpt2.context_length": T, "gpt2.attention.layer_norm_epsilon": 1e-5}
    write_gguf(folder + "/gpt2.gguf", meta, w)
    enters("GGUF GPT-2", folder + "/gpt2.gguf", folder, want, T, V)
    w["output.weight"][3, 4] += 1
    write_gguf(folder + "/untied.gguf", meta, w)
    said = loglog("import-weights", folder + "/untied.gguf", "--out", folder + "/untied.safetensors")
    hold("a GPT-2 with a head of its own is refused", said.returncode == 2 and "output.weight" in said.stderr
         and not os.path.exists(folder + "/untied.safetensors"), said.stderr)


with tempfile.TemporaryDirectory() as scratch:
    for name in ("llama", "gpt"):
        leaves(name, scratch)
    comes_in(scratch)
for b in bad:
    print("FAILED", b)
sys.exit(1 if bad else 0)
