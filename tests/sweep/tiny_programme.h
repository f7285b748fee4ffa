/* A programme of seconds: one ladder, an arm whose text is not there, a probe, a figure, a value of an earlier
 * experiment. */
#ifndef LL_TESTS_TINY_PROGRAMME_H
#define LL_TESTS_TINY_PROGRAMME_H

static const char tiny_programme[] =
    "schema: loglog.programme/1\n"
    "name: tiny\n"
    "spec:\n"
    "  data: {source: markov, vocab: 8, tokens: 100k}\n"
    "  model: {context: 16, layers: 1, widths: [8, 16]}\n"
    "  train: {eval_windows: 8, final_windows: 32, checkpoint: 0.1s}\n"
    "experiments:\n"
    "  - name: size\n"
    "    question: Does size help?\n"
    "    probes: position\n"
    "    probe: {windows: 40}\n"
    "    arms: [{name: grid, spec: {design: {kind: grid, params: [768, 3072], tokens: [10k, 20k, 40k]}}}]\n"
    "    quantities:\n"
    "      - {name: alpha, meaning: exponent, fit: --law power --x tokens --bootstrap 50 --starts 20, take: "
    "params.alpha,\n"
    "         published: kaplan2020_d.alpha}\n"
    "      - {name: spread, meaning: of losses, take: sd.loss, where: 'tokens_share > 0.9'}\n"
    "      - {name: first, meaning: what the probe put beside the losses, take: mean.position.1}\n"
    "    figure:\n"
    "      panels:\n"
    "        - {x: tokens, y: loss, by: params, behind: curves, law: alpha}\n"
    "        - {table: position, x: position, y: loss, se: loss_se}\n"
    "  - name: seeds\n"
    "    question: And chance?\n"
    "    arms: [grid, {name: other, input: elsewhere, spec: {data: {source: none}, design: {kind: grid, params: "
    "[768], tokens: [10k]}}}]\n"
    "  - name: again\n"
    "    question: Of a value that was measured before?\n"
    "    arms: [grid]\n"
    "    quantities:\n"
    "      - {name: near, meaning: none, fit: '--law power --x tokens --bootstrap 50 --starts 20 --fix "
    "alpha={size.alpha}', take: params.alpha}\n"
    "      - {name: far, meaning: none, fit: '--law power --fix alpha={size.omega}', take: params.alpha}\n"
    "  - name: asked\n"
    "    question: Of items that nobody gave?\n"
    "    arms: [grid]\n"
    "    probe: {data: '@items'}\n";

#endif
