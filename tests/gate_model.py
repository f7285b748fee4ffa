#!/usr/bin/env python3
"""The gate once more, from its documentation alone, held against the program's over random policies and evidence.

    gate_model.py DRIVER [N [SEED]]       DRIVER is gate_driver; N cases (2000), a seed (1)

Every case must have the same verdict: pass, fail, investigate, or refused as unusable. Prints the counts and every
disagreement, and ends with 1 where there is one.
"""
import json, math, random, subprocess, sys

DAY = 86400
SIGNERS = [  # RFC 8032, section 7.1: seeds and public keys
    ("ada", "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"),
    ("bob", "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"),
    ("eve", "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025")]
LADDER, OTHER = "0123456789abcdef", "fedcba9876543210"


# ---- the model: quantities are None, or (lo, hi, tail, value); lo and hi are None without an interval ----

def estimate(values, level):
    if not values:
        return None
    tail = (1 - level) / 2
    if len(values) == 1:
        return (None, None, tail, values[0])
    return (values[-2], values[-1], tail, values[0] if len(values) == 3 else 0.5 * (values[0] + values[1]))


def times(a, b):
    if a is None or b is None:
        return None
    ends = (None, None) if a[0] is None or b[0] is None else (a[0] * b[0], a[1] * b[1])
    return ends + (a[2] + b[2], a[3] * b[3])


def counted(v):
    return (v, v, 0.0, v)


def flops_of(case):
    e = case["e"]
    if case["flops"] is not None:
        return counted(case["flops"])
    return counted(e["flops"][0]) if len(e["flops"]) == 1 else estimate(e["flops"], e["level"])


def quantity(case, line):
    e = case["e"]
    if line["of"] == "flops":
        return flops_of(case)
    if line["of"] == "effective_flops":
        return times(flops_of(case), estimate(e["gain"], e["level"]))
    if line["of"] == "score":
        return estimate(e["scores"].get(line["score"], []), e["level"])
    if line["of"] == "bits_per_byte":
        q = estimate(e["loss"], e["level"])
        if q is None or not e["bytes_per_token"]:
            return None
        if q[0] is None:
            return q
        per = math.log(2) * e["bytes_per_token"]
        return (q[0] / per, q[1] / per, q[2], q[3] / per)
    return estimate(e[line["of"]], e["level"])


def judge(case, level, line):
    """What one line says."""
    measured = line["of"] in ("loss", "bits_per_byte")
    if case["when"] == 1 and measured or case["when"] == 2 and line["of"] == "forecast_loss":
        return "pass"  # asked at another time
    q = quantity(case, line)
    if q is None or q[0] is None or 1 - q[2] < line["probability"] - 1e-9:
        return "investigate"
    at = line["at"]
    reached = q[1] < at if line["falling"] else q[0] >= at
    free = q[0] >= at if line["falling"] else q[1] < at
    ready = level["requires"] and all(m in case["e"]["in_place"] for m in level["requires"])
    if reached:
        return "pass" if ready else "fail"
    if not free:
        return "investigate"
    near = line["of"] == "effective_flops" and not line["falling"] and q[1] * case["p"]["buffer"] >= at
    return "investigate" if near and not ready else "pass"


def cadence(case):
    p, e = case["p"], case["e"]
    if not p["needed"]:
        return []
    age = None if e["evaluated"] is None else case["now"] - e["evaluated"]
    time = "pass" if age is not None and 0 <= age <= p["every"] else "investigate"
    gain = estimate(e["gain"], e["level"])
    all_of = counted(case["most"]) if case["most"] is not None else flops_of(case)
    whole = times(all_of, gain)
    now = times(counted(case["trained"]), gain) if case["trained"] is not None else times(flops_of(case), gain)
    if case["trained"] == 0:
        now = counted(0.0)
    good = e["evaluated_flops"] > 0 and now is not None and now[1] is not None
    good = good and now[1] / e["evaluated_flops"] < p["every_compute"]
    if good and whole is not None:  # at far more than the model has: another model's
        good = e["evaluated_flops"] / (whole[3] if whole[1] is None else whole[1]) <= p["every_compute"]
    return [time, "pass" if good else "investigate"]


def holds(case, w):
    """Genuine, of this policy and ladder, by a signer of it, issued and not expired."""
    named = [s for s in case["p"]["signers"] if SIGNERS[s][0] == w["by"]]
    return (bool(named) and not w["other"] and not w["changed"] and w["ladder"] == case["ladder"]
            and w["issued"] <= case["now"] < w["expires"])


def waived(case, name):
    by = {w["by"] for w in case["waivers"] if holds(case, w) and name in w["waives"]}
    return len(by) >= case["p"]["needed_signers"]


def verdict(case):
    if case["refused"]:
        return "refused"
    said = [(l["name"], judge(case, l, line)) for l in case["p"]["levels"] for line in l["lines"]]
    said += [("evaluation", v) for v in cadence(case)]
    open_ones = [v for name, v in said if v != "pass" and not waived(case, name)]
    open_ones += ["investigate"] if case["doubt"] else []
    return "fail" if "fail" in open_ones else "investigate" if open_ones else "pass"


# ---- random cases ----

COMPUTE = [1e22, 1e23, 5e23, 1e24, 2e24, 4e24, 6e24, 1e25, 2e25, 4e25, 1e26]
SMALL = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.9]
LOSS = [1.7, 1.8, 1.9, 2.0, 2.1, 2.2, 2.5]
LEVELS = [0.8, 0.85, 0.9, 0.9, 0.9, 0.95, 0.99]
DATES = {"2026-08-20": 1787184000, "2026-08-25": 1787616000, "2026-11-01": 1793491200, "2026-11-24": 1795478400,
         "2026-11-25": 1795564800, "2026-11-26": 1795651200, "2026-12-20": 1797724800}
NOW = 1795564800


def number(r, v):
    """The same number, as people write it."""
    forms = [repr(v), "%.17g" % v]
    if 1e12 <= v < 1e16 and v % 1e12 == 0:
        forms.append("%dT" % (v // 1e12))
    return r.choice(forms)


def interval(r, pool, most=3):
    n = r.choice([0, 1, 2, 3, 3, 3][:3 + most])
    v = sorted(r.choice(pool) for _ in range(n))
    return v if n < 3 else [v[1], v[0], v[2]]


def make_line(r, scores):
    of = r.choice(["flops", "effective_flops", "effective_flops", "loss", "forecast_loss", "bits_per_byte", "score", "score"])
    pool = {"flops": COMPUTE, "effective_flops": COMPUTE, "bits_per_byte": SMALL, "score": SMALL}.get(of, LOSS)
    falling = of in ("loss", "forecast_loss", "bits_per_byte") if r.random() < 0.9 else r.random() < 0.5
    return {"of": of, "score": r.choice(scores) if of == "score" else None, "falling": falling, "at": r.choice(pool),
            "probability": r.choice([0.95, 0.95, 0.95, 0.9, 0.8, 0.99])}


def make_policy(r):
    scores = ["autonomy", "cyber"]
    levels = []
    for k in range(r.choice([1, 1, 2, 3])):
        levels.append({"name": "level-%d" % (k + 2), "lines": [make_line(r, scores) for _ in range(r.choice([1, 1, 2, 3]))],
                       "requires": r.sample(["locked", "red_team", "board"], r.choice([0, 1, 1, 2]))})
    signers = r.sample([0, 1], r.choice([0, 1, 2, 2]))
    p = {"needed": r.random() < 0.4, "every_compute": r.choice([2, 4]), "every": r.choice([30, 92]) * DAY,
         "buffer": r.choice([4, 6]), "signers": signers, "levels": levels}
    p["needed_signers"] = r.randint(1, len(signers)) if signers else 1
    return p


def make_evidence(r, p):
    names = sorted({l["score"] for v in p["levels"] for l in v["lines"] if l["score"]})
    known = sorted({m for v in p["levels"] for m in v["requires"]})
    likely = r.random() < 0.6  # much is known and low, so that answers other than investigate are common
    some = lambda pool: interval(r, pool) if not likely else sorted(r.choice(pool) for _ in range(2))
    dated = r.random() < (0.95 if likely else 0.7)
    return {"flops": some(COMPUTE[:6] if likely else COMPUTE) if r.random() < 0.4 else [r.choice(COMPUTE)],
            "gain": some([1.0, 1.5, 2.0, 3.0]), "loss": some(LOSS), "forecast_loss": some(LOSS),
            "bytes_per_token": r.choice([0, 2.0, 4.0]) if not likely else 4.0, "level": r.choice(LEVELS),
            "evaluated": r.choice(list(DATES)) if dated else None,
            "evaluated_flops": r.choice(COMPUTE + [0, 1e20, 1e50]) if r.random() < 0.8 else 0,
            "scores": {n: some(SMALL) for n in names if r.random() < 0.9},
            "in_place": [m for m in known if r.random() < 0.6]}


def make_waiver(r, case):
    p = case["p"]
    names = [l["name"] for l in p["levels"]] + ["evaluation"]
    who = r.choice(p["signers"])
    w = {"by": SIGNERS[who][0], "waives": r.sample(names, r.randint(1, len(names))), "other": r.random() < 0.1,
         "ladder": r.choice([case["ladder"]] * 5 + ["", OTHER]), "issued": r.choice(["2026-11-01", "2026-11-25", "2026-11-26"]),
         "expires": r.choice(["2026-12-20"] * 4 + ["2026-11-25", "2026-11-26"]), "seed": SIGNERS[who][1], "changed": False}
    w["change"] = {}
    if r.random() < 0.2:
        w["change"] = r.choice([{"reason": "another"}, {"waives": "level-2,level-3,level-4,evaluation"},
                                {"ladder": OTHER if w["ladder"] != OTHER else ""}, {"expires": "2027-12-20"},
                                {"name": "eve"}, {"key": SIGNERS[2][2]}, {"issued": "2026-10-01"}])
        w["changed"] = True
        if w["change"].get("waives") == ",".join(w["waives"]):
            w["changed"], w["change"] = False, {}
    return w


def make_case(r):
    p = make_policy(r)
    case = {"p": p, "e": make_evidence(r, p), "now": NOW + r.choice([0, 0, 3600]), "ladder": r.choice(["", LADDER]),
            "when": r.choice([0, 0, 0, 1, 2]), "flops": None, "trained": None, "most": None, "refused": False,
            "doubt": "the chain is broken" if r.random() < 0.03 else ""}
    if case["when"]:
        case["flops"] = r.choice(COMPUTE)
        case["trained"] = 0 if case["when"] == 1 else case["flops"]
        case["most"] = max(case["flops"], r.choice(COMPUTE)) if r.random() < 0.5 else None
    case["waivers"] = [make_waiver(r, case) for _ in range(r.choice([0, 1, 1, 2, 3]))] if p["signers"] else []
    return case


# ---- as text ----

def line_text(r, l):
    parts = ["of: " + l["of"], "%s: %s" % ("below" if l["falling"] else "at_least", number(r, l["at"]))]
    if l["score"]:
        parts.append("score: " + l["score"])
    if l["probability"] != 0.95 or r.random() < 0.3:
        parts.append("probability: %r" % l["probability"])
    r.shuffle(parts)
    return "{" + ", ".join(parts) + "}"


def policy_text(r, p):
    cadence = ["needed: %s" % str(p["needed"]).lower(), "every_compute: %d" % p["every_compute"],
               "every: %dd" % (p["every"] // DAY), "buffer: %d" % p["buffer"]]
    r.shuffle(cadence)
    text = ["schema: loglog.policy/1", "name: house"]
    text += ["evaluate: {%s}" % ", ".join(cadence)] if r.random() < 0.5 else ["evaluate." + c for c in cadence]
    if p["signers"]:
        by = ", ".join("{name: %s, key: %s}" % (SIGNERS[s][0], SIGNERS[s][2]) for s in p["signers"])
        text.append("sign: {needed: %d, by: [%s]}" % (p["needed_signers"], by))
    text.append("levels:")
    for l in p["levels"]:
        text += ["  - name: " + l["name"], "    lines:"] + ["      - " + line_text(r, x) for x in l["lines"]]
        if l["requires"]:
            text.append("    requires: [%s]" % ", ".join("{name: %s}" % m for m in l["requires"]))
    return text


def evidence_text(r, e):
    values = lambda v: number(r, v[0]) if len(v) == 1 and r.random() < 0.5 else "[%s]" % ", ".join(number(r, x) for x in v)
    text = ["%s: %s" % (k, values(e[k])) for k in ("flops", "gain", "loss", "forecast_loss") if e[k]]
    text += ["level: %r" % e["level"], "bytes_per_token: %r" % e["bytes_per_token"]]
    if e["evaluated"]:
        text.append("evaluated: " + e["evaluated"])
    if e["evaluated_flops"]:
        text.append("evaluated_flops: " + number(r, e["evaluated_flops"]))
    r.shuffle(text)
    scores = {n: v for n, v in e["scores"].items() if v}
    if scores:
        text.append("scores: {%s}" % ", ".join("%s: %s" % (n, values(v)) for n, v in scores.items()))
    if e["in_place"]:
        text.append("in_place: [%s]" % ", ".join(e["in_place"]))
    return ["schema: loglog.evidence/1"] + text


def spoil(r, policy, evidence):
    """One thing that makes a file unusable."""
    long = "1." + "0" * 70 + "e30"
    kinds = [(evidence, "flops.x: 1"), (evidence, "level: 0.9"), (evidence, "schema: loglog.evidence/1"),
             (evidence, "in_place: [nobody]"), (evidence, "scores: {nothing: 1}"), (evidence, "evaluate: now"),
             (policy, "evaluate.needed: false"), (policy, "name: house"), (policy, "levls: {}"),
             (policy, "evaluate: {needed: false, needed: false}"), (policy, "sign.by: []"), (policy, "levels: []")]
    drop = {"flops": [long], "gain": ["[1, 2, \"\"]", "[\"\", 1, 2]", "[3, 1, 2]", "[1, 2, 3, 4]", "1,2,", "[1, nan]",
                                     "[1, %s]" % long, "[1, inf]", "[-1, 1]"],
            "evaluated": ["2026-02-30", "2027", "yesterday"]}
    if r.random() < 0.5:
        key = r.choice(list(drop))
        evidence[:] = [t for t in evidence if not t.startswith(key + ":")] + ["%s: %s" % (key, r.choice(drop[key]))]
        return
    text, more = r.choice(kinds)
    if more.startswith("evaluate.needed") or more.startswith("evaluate:") and text is policy:
        text[:] = [t for t in text if not t.startswith("evaluate")]
        text.append("evaluate: {needed: true}")
    text.append(more)


def as_line(r, case):
    policy, evidence = policy_text(r, case["p"]), evidence_text(r, case["e"])
    if r.random() < 0.1:
        spoil(r, policy, evidence)
        case["refused"] = True
    out = {k: case[k] for k in ("now", "ladder", "when", "flops", "trained", "most", "doubt")}
    out.update(policy="\n".join(policy) + "\n", evidence="\n".join(evidence) + "\n", waivers=[
        {"seed": w["seed"], "other": int(w["other"]), "change": w["change"],
         "text": {"reason": "why", "waives": ",".join(w["waives"]), "ladder": w["ladder"], "issued": w["issued"],
                  "expires": w["expires"]}} for w in case["waivers"]])
    case["e"]["evaluated"] = DATES.get(case["e"]["evaluated"])
    for w in case["waivers"]:
        w["issued"], w["expires"] = DATES[w["issued"]], DATES[w["expires"]]
    return json.dumps(out)


def main(driver, n, seed):
    r = random.Random(seed)
    cases = [make_case(r) for _ in range(n)]
    lines = [as_line(r, c) for c in cases]
    said = subprocess.run(driver, input="\n".join(lines) + "\n", stdout=subprocess.PIPE, universal_newlines=True,
                          check=True).stdout.splitlines()
    counts, wrong = {}, 0
    for case, line, got in zip(cases, lines, said):
        want, word = verdict(case), got.split(":")[0]
        counts[want] = counts.get(want, 0) + 1
        if want != word:
            wrong += 1
            print("the model says %s, the program %s%s\n%s" % (want, got, " (a false pass)" if word == "pass" else "", line))
    print("%d cases of seed %d: %s; %d disagreements" %
          (n, seed, ", ".join("%d %s" % (counts[k], k) for k in sorted(counts)), wrong))
    return 1 if wrong or len(said) != n or len(counts) < 4 else 0


if __name__ == "__main__":
    numbers = [int(a) for a in sys.argv[1:] if a.isdigit()]
    sys.exit(main([a for a in sys.argv[1:] if not a.isdigit()], *(numbers + [2000, 1][len(numbers):])))
