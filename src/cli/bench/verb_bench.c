#include <stdio.h>
#include <string.h>

#include "base/system/threads.h"
#include "cli/bench/bench.h"
#include "cli/cli.h"
#include "tensor/choice/device.h"
#include "tensor/choice/kernel_tables.h"

typedef struct bench_args {
    int64_t layers, width, heads, context, batch, vocab, threads;
    double seconds;
    char family[LL_OPTION_NAME], kernels[LL_OPTION_NAME], device[LL_OPTION_NAME];
    bool train, profile, json;
} bench_args;

#define MEASURE_S 2.0

#define AT(f) offsetof(bench_args, f)
static const ll_option options[] = {
    { "train", LL_OPT_BOOL, AT(train), "false", "time training, not the kernels" },
    { "profile", LL_OPT_BOOL, AT(profile), "false",
      "where the time goes of a training step, or of a spec's ladder" },
    { "layers", LL_OPT_INT, AT(layers), "2", "blocks", .min = 1, .max = 512 },
    { "width", LL_OPT_INT, AT(width), "64", "width", .min = 2, .max = 65536 },
    { "heads", LL_OPT_INT, AT(heads), "4", "heads", .min = 1, .max = 4096 },
    { "context", LL_OPT_INT, AT(context), "256", "tokens a model sees", .min = 2, .max = 65536 },
    { "batch", LL_OPT_INT, AT(batch), "16", "sequences a step", .min = 1, .max = 65536 },
    { "vocab", LL_OPT_INT, AT(vocab), "257", "vocabulary", .min = 2, .max = 65536 },
    { "family", LL_OPT_NAME, AT(family), "gpt", "what is trained", .names = LL_FAMILY_NAMES },
    { "kernels", LL_OPT_NAME, AT(kernels), "auto",
      "kernel table; auto: the fastest of each precision; all: each that runs here" },
    { "device", LL_OPT_NAME, AT(device), "auto", LL_DEVICE_HELP },
    { "threads", LL_OPT_INT, AT(threads), "0", "0: all cores", .max = 4096 },
    { "seconds", LL_OPT_DURATION, AT(seconds), "0s",
      "of each measurement, or of a ladder; 0: 2s, and the whole ladder", .max = 1e6 },
    { "json", LL_OPT_BOOL, AT(json), "false", "one JSON document on standard output" },
};
#undef AT

static ll_status model_of(const bench_args *a, ll_model *m, ll_error *err) {
    *m = (ll_model) { .layers = a->layers,
                      .width = a->width,
                      .heads = a->heads,
                      .context = a->context,
                      .vocab = a->vocab,
                      .base_width = a->width,
                      .base_head = a->width / a->heads };
    LL_TRY(ll_family_named(a->family, &m->family, err));
    m->ffw = ll_family_ffw(m->family, a->width);
    if (!ll_family_attends(m->family)) m->heads = 1;
    if (m->base_head < 1) m->base_head = 1;
    return ll_model_check(m, err);
}

/* all: every table that runs here; auto: the fastest of each precision. */
static ll_status fill_tables(ll_bench *b, const char *kernels, ll_error *err) {
    const char *bf16 = ll_kernels_list("bf16"), *fp32 = ll_kernels_list("fp32");
    char list[512];
    if (strcmp(kernels, "all") == 0) snprintf(list, sizeof list, "%s", ll_kernels_list(NULL));
    else if (strcmp(kernels, "auto") == 0)
        snprintf(list, sizeof list, "%.*s %.*s", (int)strcspn(fp32, " "), fp32, (int)strcspn(bf16, " "), bf16);
    else snprintf(list, sizeof list, "%s", kernels);
    for (char *name = strtok(list, " "); name && b->n_tables < LL_BENCH_TABLES; name = strtok(NULL, " "))
        LL_TRY(ll_kernels_named(name, NULL, &b->table[b->n_tables++], err));
    return LL_OK;
}

static ll_status measure(const bench_args *a, ll_json *doc, ll_error *err) {
    ll_bench b = { .batch = a->batch,
                   .seconds = a->seconds > 0 ? a->seconds : MEASURE_S,
                   .threads = a->threads ? (int)a->threads : ll_threads_available(),
                   .json = a->json };
    LL_TRY(ll_device_named(a->device, NULL, err));
    LL_TRY(model_of(a, &b.model, err));
    LL_TRY(fill_tables(&b, a->kernels, err));
    if (a->train) LL_TRY(ll_bench_train(&b, doc, err));
    if (a->profile) LL_TRY(ll_bench_profile(&b, doc, err));
    if (a->train || a->profile) return LL_OK;
    LL_TRY(ll_bench_machine(&b, doc, err));
    return ll_bench_kernels(&b, doc, err);
}

static int run(const ll_verb *verb, int argc, char **argv) {
    bench_args a;
    ll_words words;
    ll_error err = { 0 };
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    const bool ladder = words.n == 1 && a.profile && !a.train;
    if (words.n && !ladder)
        return ll_cli_usage(
            "bench: unexpected word '%.80s'; a ladder's time is told by 'loglog bench --profile SPEC.yaml'",
            words.at[a.profile && !a.train]);
    ll_json *doc = ll_json_object();
    ll_json_set_str(doc, "schema", "loglog.bench/1");
    ll_status status = ladder ? ll_bench_ladder(words.at[0], a.seconds, a.json, doc, &err) : measure(&a, doc, &err);
    if (status == LL_OK && a.json) return ll_cli_json(doc);
    ll_json_free(doc);
    return status == LL_OK ? LL_EXIT_DONE : ll_cli_fail(&err);
}

const ll_verb ll_verb_bench = {
    "bench",
    "time training, the parts of a step or of a ladder, or each kernel, on this machine",
    "usage: loglog bench [--train] [--profile] [--layers L --width d --heads H --context T --batch B]\n"
    "                    [--kernels all] [--device cpu] [--json]\n"
    "       loglog bench --profile SPEC.yaml [--seconds 60] [--json]\n\n"
    "With --train: tokens per second of the whole machine, one trainer on all cores and one trainer a core, and "
    "the\n"
    "share of what the multiply-add units can do, counting 6 N, the head and causal attention.\n"
    "With --profile: where the time of one step goes, on one thread.\n"
    "With --profile and a spec: its ladder is trained in a scratch folder (in TMPDIR, else /tmp), and the "
    "processor's\n"
    "time of all its processes is divided into the steps and what lies around them. --seconds stops it before its "
    "end.\n"
    "Without: the machine's own peaks, the cards it has, and each kernel of the table on one thread.\n\n"
    "example: loglog bench --train --layers 2 --width 32 --heads 2\n",
    options,
    sizeof options / sizeof *options,
    run,
    NULL,
    NULL,
};
