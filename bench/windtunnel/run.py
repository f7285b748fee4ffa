#!/usr/bin/env python3
"""The wind tunnel: `loglog backtest` over every public table, as one Markdown page on standard output.

    bench/windtunnel/run.py build/loglog > bench/windtunnel/RESULTS.md

Tables come from $LOGLOG_DATA/runs, else ../shared/data/runs; docs/data.md names the public origin of each.
"""
import datetime
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
FACTORS = ["3", "10", "30"]
METHODS = ["standard", "loglog"]
MANY = 10  # judged runs from which a table's own coverage and median say something


def tables():
    for line in open(os.path.join(HERE, "tables.txt")):
        if not line.startswith("#") and line.strip():
            yield dict(zip(["name", "source", "file", "where", "col", "cluster"], line.rstrip("\n").split("|")))


def backtest(loglog, folder, table):
    command = [loglog, "backtest", os.path.join(folder, table["file"]), "--law", "chinchilla", "--json",
               "--factor", ",".join(FACTORS), "--methods", ",".join(METHODS)]
    for flag in ("where", "col", "cluster"):
        if table[flag]:
            command += ["--" + flag, table[flag]]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["methods"]


def left_out():
    """What the numbers chosen without a table's source make of it: learn.c writes the file."""
    scores = {}
    for line in open(os.path.join(HERE, "left_out.txt")):
        name, factor, error, half, nine, interval, log, judged = line.rstrip("\n").split("|")
        scores[name, factor] = {"median_abs_rel_err": float(error), "coverage": {"50": float(half), "90": float(nine)},
                                "interval_score": float(interval), "log_score": float(log), "n_test": int(judged)}
    return scores


def mean(values):
    return sum(values) / len(values) if values else float("nan")


def apart(out, table, factor):
    o = out.get((table["name"], factor))
    return (f"{100 * o['median_abs_rel_err']:.2f} | {o['coverage']['90']:.2f} | {o['interval_score']:.3f}" if o
            else "- | - | -")


def row(table, factor, s, o, out):
    return (f"| {table['name']} | {factor} | {apart(out, table, factor)} | {s['n_fit']} | {s['n_test']} | {100 * s['median_abs_rel_err']:.2f} | "
            f"{100 * o['median_abs_rel_err']:.2f} | {o['median_abs_rel_err'] / s['median_abs_rel_err']:.2f} | "
            f"{s['coverage']['90']:.2f} | {o['coverage']['90']:.2f} | {s['interval_score']:.3f} | "
            f"{o['interval_score']:.3f} |")


def averages(scored, factor, at_least):
    pairs = [(s, o) for _, f, s, o in scored if f in factor and s["n_test"] >= at_least]
    return {
        "tables": len(pairs),
        "error_s": 100 * mean([s["median_abs_rel_err"] for s, _ in pairs]),
        "error_o": 100 * mean([o["median_abs_rel_err"] for _, o in pairs]),
        "ratio": mean([o["median_abs_rel_err"] / s["median_abs_rel_err"] for s, o in pairs]),
        "cover": [{m: mean([(s, o)[m]["coverage"][level] for s, o in pairs]) for m in (0, 1)}
                  for level in ("50", "80", "90", "95")],
        "score_s": mean([s["interval_score"] for s, _ in pairs]),
        "score_o": mean([o["interval_score"] for _, o in pairs]),
        "better": mean([o["interval_score"] < s["interval_score"] for s, o in pairs]),
    }


def average_rows(scored):
    for at_least, label in ((1, "all"), (MANY, f"{MANY} judged or more")):
        for factor in [[f] for f in FACTORS] + [FACTORS]:
            a = averages(scored, factor, at_least)
            cover = " | ".join(f"{c[0]:.2f} / {c[1]:.2f}" for c in a["cover"])
            yield (f"| {label} | {', '.join(factor)} | {a['tables']} | {a['error_s']:.2f} / {a['error_o']:.2f} | "
                   f"{a['ratio']:.2f} | {cover} | {a['score_s']:.3f} / {a['score_o']:.3f} | {a['better']:.2f} |")


def left_out_rows(out):
    """10 judged or more: what is promised of a source that nothing was learned from."""
    for factor in [[f] for f in FACTORS] + [FACTORS, ["100"]]:
        at = [o for (_, f), o in out.items() if f in factor and o["n_test"] >= MANY]
        yield (f"| {', '.join(factor)} | {len(at)} | {100 * mean([o['median_abs_rel_err'] for o in at]):.2f} | "
               f"{mean([o['coverage']['50'] for o in at]):.2f} | {mean([o['coverage']['90'] for o in at]):.2f} | "
               f"{min(o['coverage']['90'] for o in at):.2f} | {mean([o['interval_score'] for o in at]):.4f} | "
               f"{mean([o['log_score'] for o in at]):.2f} |")


def bars(scored):
    every, many = averages(scored, FACTORS, 1), averages(scored, FACTORS, MANY)
    worst = min((o["coverage"]["90"], t["name"], f) for t, f, s, o in scored if s["n_test"] >= MANY)
    yield ("90 % intervals cover 85 to 95 % on average", f"{every['cover'][2][1]:.3f} ({many['cover'][2][1]:.3f} over "
           f"tables with {MANY} judged or more)", 0.85 <= every["cover"][2][1] <= 0.95)
    yield (f"no table of {MANY} judged runs under 60 %", f"lowest {worst[0]:.2f}: {worst[1]} at {worst[2]}",
           worst[0] >= 0.6)
    score = averages(scored, FACTORS, MANY)["score_o"]
    yield (f"mean interval score at most 0.065 over tables with {MANY} judged or more", f"{score:.4f}", score <= 0.065)
    half = many["cover"][0][1]
    yield ("50 % intervals cover 45 to 60 % there", f"{half:.3f}", 0.45 <= half <= 0.6)
    yield ("interval score better than standard's on three tables of four", f"{every['better']:.2f}",
           every["better"] >= 0.75)
    for factor, bar in (("10", 0.45), ("3", 0.3)):
        a, b = averages(scored, [factor], 1), averages(scored, [factor], MANY)
        yield (f"median error at {factor}x at most {bar} of standard's, mean of the tables' ratios",
               f"{a['ratio']:.2f} over all, {b['ratio']:.2f} over tables with {MANY} judged or more; ratio of the mean "
               f"errors {a['error_o'] / a['error_s']:.2f}", a["ratio"] <= bar)


def main():
    loglog = sys.argv[1] if len(sys.argv) > 1 else "build/loglog"
    folder = os.path.join(os.environ.get("LOGLOG_DATA", "../shared/data"), "runs")
    rows, scored, out = [], [], left_out()
    for table in tables():
        methods = backtest(loglog, folder, table)
        for factor in FACTORS:
            s, o = methods["standard"][factor], methods["loglog"][factor]
            if "missing" in s or "missing" in o:
                continue
            rows.append(row(table, factor, s, o, out))
            if table["source"] != "none":
                scored.append((table, factor, s, o))
    print("# The wind tunnel\n\n"
          "Fitted are the runs up to the largest compute over the factor, judged all above. Made by\n"
          f"`bench/windtunnel/run.py build/loglog > bench/windtunnel/RESULTS.md`, {datetime.date.today()}; law chinchilla, seed 1. standard is\n"
          "Huber on log loss (delta 1e-3, summed) with its case or cluster bootstrap and residuals; loglog is the\n"
          "method of `src/forecast/belief/posterior.h` with the numbers of `src/forecast/belief/prior.c`, which were chosen over these\n"
          "same tables: LEARNED.md says what is left when a source is held out. Errors are medians over the judged runs,\n"
          "in %; the interval score is of ln loss (lower is better).\n\n"
          "## With a table's source left out\n\n"
          f"Tables with {MANY} judged or more, each forecast with numbers chosen without the tables of its source\n"
          "(`build/bench/learn bench/windtunnel/tables.txt all bench/windtunnel/left_out.txt`).\n\n"
          "| factor | tables | median error % | 50 % covers | 90 % covers | least of a table | interval score | log score |\n"
          "|---|---|---|---|---|---|---|---|\n" + "\n".join(left_out_rows(out)) + "\n\n"
          "## With the numbers of prior.c\n\n"
          "| table | factor | source left out: error | 90 % covers | interval score | fitted | judged | error, standard | loglog | ratio | 90 % covers, standard | loglog | "
          "interval score, standard | loglog |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|---|")
    print("\n".join(rows))
    print("\nAverages over the tables (standard / loglog), the last row of the table above left out:\n\n"
          "| tables | factor | n | median error % | mean of ratios | 50 % covers | 80 % | 90 % | 95 % | "
          "interval score | share of tables where loglog's is better |\n|---|---|---|---|---|---|---|---|---|---|---|")
    print("\n".join(average_rows(scored)))
    print("\n| bar | measured | holds |\n|---|---|---|")
    for bar, measured, holds in bars(scored):
        print(f"| {bar} | {measured} | {'yes' if holds else '**no**'} |")


if __name__ == "__main__":
    main()
