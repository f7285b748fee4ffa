#!/usr/bin/env python3
"""Compares probes with items from files with PyTorch: same weights and sets, read and asked anew.

    items_torch.py [EMULATOR...] PATH/items_probe
    items_torch.py --model STORE.db --sets FOLDER [--items N] PATH/items_probe

The first form writes small sets of its own; the second takes the published ones (blimp/, arc_easy.dev.jsonl,
crows_pairs.csv, ...) and a trained run. Every log-probability is held to 1e-4 nats, every item's answer to the item.
Written from the sets' formats and the papers' definitions, not from the C. Exit code 77: no PyTorch here.
"""
import argparse
import csv
import glob
import json
import math
import os
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from torch_check import FAMILIES, safetensors, torch

torch.set_num_threads(1)
BAR = 1e-4


# ---- the sets, as they are published ----


def jsonl(path):
    for file in sorted(glob.glob(path + "/*.jsonl")) if os.path.isdir(path) else [path]:
        for number, line in enumerate(open(file, encoding="utf-8"), 1):
            yield f"{os.path.basename(file)}:{number}", json.loads(line)


def blimp(path):
    for where, r in jsonl(path):
        yield where, "\n", [r["sentence_good"], r["sentence_bad"]], 0, None


def crows(path):
    with open(path, encoding="utf-8", newline="") as f:
        rows = csv.reader(f)
        names = next(rows)
        line = rows.line_num
        for r in rows:
            r = dict(zip(names, r))
            yield f"{os.path.basename(path)}:{line + 1}", "\n", [r["sent_more"], r["sent_less"]], 0, None
            line = rows.line_num


def winogender(path):
    rows = dict(l.rstrip("\n").split("\t") for l in open(path, encoding="utf-8"))
    for name, sentence in rows.items():
        parts = name.split(".")
        if parts[3:4] == ["male"]:
            she = rows[".".join(parts[:3] + ["female", "txt"])]
            yield ".".join(parts[:3]), "\n", [sentence, she], 0, None


def lettered(path):
    for _, r in jsonl(path):
        q = r["question"]
        labels = [c["label"] for c in q["choices"]]
        yield (r["id"], f"Question: {q['stem']}\nAnswer:", [" " + c["text"] for c in q["choices"]],
               labels.index(r["answerKey"]) if r["answerKey"] in labels else "ABCD".index(r["answerKey"]), "Answer:")


def piqa(path):
    for where, r in jsonl(path):
        yield where, f"Question: {r['goal']}\nAnswer:", [" " + r["sol1"], " " + r["sol2"]], int(r["label"]), "Answer:"


def hellaswag(path):
    for where, r in jsonl(path):
        yield (where, r["activity_label"] + ": " + r["ctx"], [" " + e for e in r["endings"]], int(r["label"]), "\n")


def lambada(path):
    for where, r in jsonl(path):
        text = r["text"].rstrip(" \t\r\n")
        word = text.split()[-1]
        cut = len(text) - len(word) - 1
        yield where, text[:cut], [text[cut:]], 0, None


SETS = {"blimp": blimp, "crows": crows, "winogender": winogender, "hellaswag": hellaswag, "arc": lettered,
        "csqa": lettered, "piqa": piqa, "lambada": lambada}
PUBLISHED = {"blimp": "blimp", "crows": "crows_pairs.csv", "winogender": "winogender.tsv",
             "hellaswag": "hellaswag_val.jsonl", "arc": "arc_easy.dev.jsonl", "csqa": "csqa.train.jsonl",
             "piqa": "piqa_valid.jsonl", "lambada": "lambada_test.jsonl"}


# ---- log-probabilities: bytes are tokens ----


def pieces(text, most):
    """At most so many bytes each, up to a blank where there is one, else whole characters."""
    while len(text) > most:
        cut = text.rfind(b" ", 1, most + 1)
        if cut < 1:
            cut = most
            while cut > 1 and text[cut] & 0xC0 == 0x80:
                cut -= 1
        yield text[:cut]
        text = text[cut:]
    yield text


class Model:
    def __init__(self, weights, c):
        self.c, self.net = c, FAMILIES[c["family"]]
        self.w = {k: v.double() for k, v in safetensors(weights).items()}

    def logprobs(self, asked):
        """Of (context, continuation) pairs of bytes: windows of one length are read together."""
        T, by_length, out = self.c["context"], {}, [0.0] * len(asked)
        for k, (context, continuation) in enumerate(asked):
            before = context
            for piece in pieces(continuation, max(1, T // 2)):
                window = (before + piece)[-(T + 1):]
                by_length.setdefault(len(window), []).append((k, window, len(piece)))
                before += piece
        for windows in by_length.values():
            for at in range(0, len(windows), 64):
                self.read(windows[at:at + 64], out)
        return out

    def read(self, windows, out):
        tokens = torch.tensor([list(w) for _, w, _ in windows])
        logits = self.net(self.w, tokens[:, :-1], self.c) * (self.c["base_width"] / self.c["width"])
        said = logits.log_softmax(-1).gather(-1, tokens[:, 1:, None])[..., 0]
        for row, (k, _, n) in zip(said, windows):
            out[k] += float(row[-n:].sum())


# ---- what the items say ----


def best(scores, right):
    top = max(scores)
    return (1 / scores.count(top)) if scores[right] == top else 0.0


def share(items, scores):
    """Of the items answered rightly by a score of each choice, and of those that are too close to tell."""
    right = close = 0.0
    for i in items:
        v = scores(i)
        lead = v[i[3]] - max(u for c, u in enumerate(v) if c != i[3])
        right += best(v, i[3])
        close += abs(lead) < 2 * BAR
    return right / len(items), close / len(items)


def metrics_of(name, items):
    """Means over (logprob, neutral, choices, right), by the definitions, and how far off they may be."""
    mean = lambda f: (lambda m: (m, BAR * max(1, abs(m))))(sum(map(f, items)) / len(items))
    size = lambda text: len(text.encode())
    if name == "lambada":
        logprob = mean(lambda i: i[0][0])
        word = math.exp(-logprob[0])
        return {"logprob": logprob, "perplexity": (word, BAR * word)}
    if name in ("crows", "winogender", "blimp"):
        out = {{"crows": "stereotype", "winogender": "male", "blimp": "accuracy"}[name]: share(items, lambda i: i[0])}
        return out if name == "blimp" else dict(out, difference=mean(lambda i: i[0][0] - i[0][1]))

    def brier(i):
        top = max(i[0])
        p = [math.exp(v - top) for v in i[0]]
        return sum((q / sum(p) - (c == i[3])) ** 2 for c, q in enumerate(p))

    return {"accuracy": share(items, lambda i: i[0]),
            "accuracy_token": share(items, lambda i: [v / size(t) for v, t in zip(i[0], i[2])]),
            "accuracy_byte": share(items, lambda i: [v / size(t) for v, t in zip(i[0], i[2])]),
            "accuracy_pmi": share(items, lambda i: [v - u for v, u in zip(i[0], i[1])]),
            "brier": mean(brier),
            "logprob": mean(lambda i: i[0][i[3]]),
            "logprob_byte": mean(lambda i: i[0][i[3]] / size(i[2][i[3]]))}


def compare(name, probe, model, told):
    """Holds every item that was told against the set; returns what differs."""
    known = {}
    for item in SETS[name](probe["data"]):
        known.setdefault(item[0], item)
    items, worst, other, close = [], 0.0, 0, 0
    asked, bad = [], []
    for t in told:
        _, context, choices, right, neutral = known[t["id"]]
        if (context, choices, right) != (t["context"], t["choices"], t.get("right", 0)) or neutral != t.get("neutral"):
            bad.append(f"{name}: item {t['id']} is another")
        asked += [(context.encode(), c.encode()) for c in choices]
        asked += [(neutral.encode(), c.encode()) for c in choices] if neutral else []
    got = iter(model.logprobs(asked))
    for t in told:
        _, _, choices, right, neutral = known[t["id"]]
        ours = [next(got) for _ in choices]
        alone = [next(got) for _ in choices] if neutral else None
        pairs = list(zip(ours, t["logprob"])) + (list(zip(alone, t["neutral_logprob"])) if neutral else [])
        worst = max([worst] + [abs(a - b) for a, b in pairs])
        lead = sorted(ours)[-1] - sorted(ours)[-2] if len(ours) > 1 else math.inf
        close += 0 < lead < 2 * BAR
        other += lead >= 2 * BAR and best(ours, right) != best(t["logprob"], right)
        items.append((ours, alone, choices, right))
    print(f"{name}: {len(told)} items, {len(asked)} log-probabilities, worst difference {worst:.1e} (bar {BAR:g}), "
          f"{other} answered otherwise, {close} too close to tell, {len(told) / probe['seconds']:.0f} items/s")
    if not worst <= BAR or other:
        bad.append(f"{name}: log-probabilities or answers")
    for metric, (value, tolerance) in metrics_of(name, items).items():
        m = probe["metrics"][metric]
        if not abs(m["value"] - value) <= tolerance + 1e-9:
            bad.append(f"{name}.{metric}: {m['value']}, PyTorch {value}")
        se, chance = ("-" if m[k] is None else f"{m[k]:.4f}" for k in ("se", "chance"))
        print(f"    {metric:16} {m['value']:10.4f}  se {se:>8}  chance {chance:>7}")
    return bad


# ---- small sets of words ----


def write_sets(folder):
    r = random.Random(1)
    words = "the a of stone river\u2019s walked \u201cquietly\u201d na\u00efve over under seven old green and".split()
    text = lambda n: " ".join(r.choice(words) for _ in range(n))
    path = lambda name: os.path.join(folder, name)

    def lines(name, rows):
        with open(path(name), "w", encoding="utf-8") as f:
            f.writelines(json.dumps(row, ensure_ascii=bool(k % 2)) + "\n" for k, row in enumerate(rows))

    os.mkdir(path("blimp"))
    for uid in ("one", "two"):
        lines(f"blimp/{uid}.jsonl", [{"sentence_good": text(5), "sentence_bad": text(5), "UID": uid,
                                      "linguistics_term": uid} for _ in range(8)])
    with open(path("crows_pairs.csv"), "w", encoding="utf-8", newline="") as f:
        rows = csv.writer(f)
        rows.writerow(["", "sent_more", "sent_less", "stereo_antistereo", "bias_type"])
        rows.writerows([k, f'{text(3)}, "{text(2)}"', f'{text(3)}, "{text(2)}"', "stereo", "age"] for k in range(10))
    with open(path("winogender.tsv"), "w", encoding="utf-8") as f:
        f.write("sentid\tsentence\n")
        for job in ("pilot", "nurse", "cook", "clerk"):
            for other in ("guest", "someone"):
                for answer in "01":
                    for gender, word in (("male", "he"), ("female", "she"), ("neutral", "they")):
                        f.write(f"{job}.{other}.{answer}.{gender}.txt\tThe {job} said {word} {text(2)}.\n")
    question = lambda k, labels: {
        "id": f"q{k}", "answerKey": r.choice(labels),
        "question": {"stem": text(6) + "?", "choices": [{"text": text(r.randint(1, 9)), "label": l} for l in labels]}}
    lines("arc_easy.dev.jsonl", [question(k, "ABCD" if k % 3 else "123") for k in range(12)])
    lines("csqa.train.jsonl", [question(k, "ABCDE") for k in range(12)])
    lines("piqa_valid.jsonl", [{"goal": text(4), "sol1": text(20), "sol2": text(15), "label": k % 2} for k in range(8)])
    lines("hellaswag_val.jsonl", [{"activity_label": text(1), "ctx": text(9), "label": k % 4,
                                   "endings": [text(4) for _ in range(4)]} for k in range(8)])
    lines("lambada_test.jsonl", [{"text": text(r.randint(2, 20))} for _ in range(10)])


def check(probe, model, sets, items):
    with tempfile.TemporaryDirectory() as folder:
        if not sets:
            sets = os.path.join(folder, "sets")
            os.mkdir(sets)
            write_sets(sets)
        asked = [f"{name}={os.path.join(sets, file)}" for name, file in PUBLISHED.items()]
        done = subprocess.run([*probe, model, folder, str(items), *asked], check=True, stdout=subprocess.PIPE)
        c = json.loads(done.stdout)
        print(f"{c['family']}: {c['layers']} layers, width {c['width']}, context {c['context']}, kernels {c['kernels']}")
        net = Model(folder + "/weights.safetensors", c)
        bad = []
        with torch.no_grad():
            for name, p in c["probes"].items():
                told = [json.loads(l) for l in open(f"{folder}/{name}.jsonl", encoding="utf-8")]
                bad += compare(name, p, net, told)
        return bad


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--model")
    options.add_argument("--sets")
    options.add_argument("--items", type=int, default=0)
    options.add_argument("probe", nargs="+")
    o = options.parse_args()
    torch.set_default_dtype(torch.float64)
    bad = [b for m in ([o.model] if o.model else FAMILIES) for b in check(o.probe, m, o.sets, o.items)]
    for b in bad:
        print("FAILED", b)
    return 1 if bad else 0


sys.exit(main())
