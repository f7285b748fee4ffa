#!/usr/bin/env python3
"""Every method of `loglog backtest` over every public table, as one Markdown page on standard output.

    bench/windtunnel/methods.py build/loglog > bench/windtunnel/METHODS.md

Takes minutes: a resample of bnsl or m4 is a descent of its own. Tables as for run.py.
"""
import os
import sys

import run

run.METHODS = ["standard", "loglog", "isoflop", "bnsl", "m4"]


def cell(score):
    if "missing" in score:
        return "-"
    return f"{100 * score['median_abs_rel_err']:.2f} / {score['coverage']['90']:.2f} / {score['interval_score']:.3f}"


def main():
    loglog = sys.argv[1] if len(sys.argv) > 1 else "build/loglog"
    folder = os.path.join(os.environ.get("LOGLOG_DATA", "../shared/data"), "runs")
    common, silent, rows = [], {}, []
    for table in run.tables():
        methods = run.backtest(loglog, folder, table)
        for factor in run.FACTORS:
            scores = [methods[m][factor] for m in run.METHODS]
            for m, s in zip(run.METHODS, scores):
                if "missing" in s:
                    silent.setdefault(m, []).append(f"{table['name']} at {factor}: {s['missing']}")
            if any("missing" not in s for s in scores):
                rows.append(f"| {table['name']} | {factor} | {scores[1]['n_fit']} | {scores[1]['n_test']} | "
                            + " | ".join(map(cell, scores)) + " |")
            if table["source"] != "none" and not any("missing" in s for s in scores):
                common.append((factor, scores))
    print("# Every method in the wind tunnel\n\n"
          "Made by `bench/windtunnel/methods.py build/loglog > bench/windtunnel/METHODS.md`; law chinchilla, seed 1.\n"
          "Each cell: median relative error in %, share inside the 90 % interval, interval score of ln loss (lower is\n"
          "better). isoflop, bnsl and m4 are those of `src/forecast/trial/valleys.h`: approach 2, its bottoms along a power law\n"
          "with a floor, a broken law or M4. They know no prior and were tuned to nothing; loglog's numbers were chosen\n"
          "over these same tables (LEARNED.md says what is left when a source is held out).\n\n"
          f"| table | factor | fitted | judged | {' | '.join(run.METHODS)} |\n|---|---|---|---|" + "---|" * len(run.METHODS))
    print("\n".join(rows))
    print("\nMeans over the tables of which all five speak:\n\n"
          f"| factor | tables | {' | '.join(run.METHODS)} |\n|---|---|" + "---|" * len(run.METHODS))
    for factor in run.FACTORS:
        at = [s for f, s in common if f == factor]
        means = [{"median_abs_rel_err": run.mean([s[m]["median_abs_rel_err"] for s in at]),
                  "coverage": {"90": run.mean([s[m]["coverage"]["90"] for s in at])},
                  "interval_score": run.mean([s[m]["interval_score"] for s in at])} for m in range(len(run.METHODS))]
        print(f"| {factor} | {len(at)} | " + " | ".join(map(cell, means)) + " |")
    print("\nWhere a method has nothing to say, and why:\n")
    for m, why in silent.items():
        print(f"- {m}: " + "; ".join(why))


if __name__ == "__main__":
    main()
