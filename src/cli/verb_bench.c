#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/threads.h"
#include "cli/cli.h"
#include "loglog/random.h"
#include "loglog/units.h"
#include "train/throughput.h"

typedef struct bench_args {
    int64_t layers, width, heads, context, batch, vocab, threads;
    double seconds;
    char family[LL_OPTION_NAME], kernels[LL_OPTION_NAME];
    bool train, json;
} bench_args;

#define AT(f) offsetof(bench_args, f)
static const ll_option options[] = {
    { "train", LL_OPT_BOOL, AT(train), "false", "time training, not the kernels" },
    { "layers", LL_OPT_INT, AT(layers), "2", "blocks", .min = 1, .max = 512 },
    { "width", LL_OPT_INT, AT(width), "64", "width", .min = 2, .max = 65536 },
    { "heads", LL_OPT_INT, AT(heads), "4", "heads", .min = 1, .max = 4096 },
    { "context", LL_OPT_INT, AT(context), "256", "tokens a model sees", .min = 2, .max = 65536 },
    { "batch", LL_OPT_INT, AT(batch), "16", "sequences a step", .min = 1, .max = 65536 },
    { "vocab", LL_OPT_INT, AT(vocab), "257", "vocabulary", .min = 2, .max = 65536 },
    { "family", LL_OPT_NAME, AT(family), "gpt", "gpt or llama", .names = "gpt llama" },
    { "kernels", LL_OPT_NAME, AT(kernels), "auto",
      "kernel table; auto: the fastest of each precision; all: each that runs here" },
    { "threads", LL_OPT_INT, AT(threads), "0", "0: all cores", .max = 4096 },
    { "seconds", LL_OPT_DURATION, AT(seconds), "2s", "of each measurement", .max = 3600, .min_open = true },
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
    m->ffw = m->family == LL_FAMILY_LLAMA ? (8 * a->width / 3 + 7) / 8 * 8 : 4 * a->width;
    if (m->base_head < 1) m->base_head = 1;
    return ll_model_check(m, err);
}

/* all: every table that runs here; auto: the fastest of each precision. */
static void fill_tables(char *out, size_t size, const char *kernels) {
    const char *bf16 = ll_kernels_list("bf16"), *fp32 = ll_kernels_list("fp32");
    if (strcmp(kernels, "all") == 0) snprintf(out, size, "%s", ll_kernels_list(NULL));
    else if (strcmp(kernels, "auto") == 0)
        snprintf(out, size, "%.*s %.*s", (int)strcspn(fp32, " "), fp32, (int)strcspn(bf16, " "), bf16);
    else snprintf(out, size, "%s", kernels);
}

/* ---- training ---- */

static ll_json *throughput_json(const ll_throughput *t, const ll_kernels *k) {
    ll_json *o = ll_json_object();
    ll_json_set_num(o, "tokens_per_s", t->tokens_per_s);
    ll_json_set_num(o, "flops_per_s", t->flops_per_s);
    ll_json_set_num(o, "peak_flops_per_s", t->peak);
    ll_json_set_num(o, "share_of_peak", t->share_of_peak);
    ll_json_set_str(o, "precision", k->precision);
    ll_json_set_str(o, "kernels", k->name);
    ll_json_set_int(o, "trainers", t->trainers);
    ll_json_set_int(o, "threads", t->threads);
    return o;
}

static int bench_train(const bench_args *a, const ll_model *m, const char *tables, int threads) {
    ll_error err = { 0 };
    char list[256], rate[32];
    ll_throughput best = { 0 };
    const ll_kernels *fastest = NULL;
    ll_json *all = ll_json_array();
    snprintf(list, sizeof list, "%s", tables);
    for (char *name = strtok(list, " "); name; name = strtok(NULL, " ")) {
        const ll_kernels *k;
        ll_throughput t;
        if (ll_kernels_named(name, NULL, &k, &err) != LL_OK ||
            ll_throughput_measure(&t, m, k, a->batch, threads, a->seconds, &err) != LL_OK) {
            ll_json_free(all);
            return ll_cli_fail(&err);
        }
        if (t.tokens_per_s > best.tokens_per_s) best = t, fastest = k;
        ll_json_push(all, throughput_json(&t, k));
        if (!a->json)
            printf("%-10s %s  %8s tokens/s  %7.1f GFLOP/s  %5.1f %% of peak  (%d x %d threads)\n", k->name,
                   k->precision, ll_units_show(t.tokens_per_s, rate, sizeof rate), t.flops_per_s / 1e9,
                   100 * t.share_of_peak, t.trainers, t.threads);
    }
    ll_json *doc = throughput_json(&best, fastest);
    ll_json_set_str(doc, "schema", "loglog.bench/1");
    ll_json_set(doc, "all", all);
    if (a->json) return ll_cli_json(doc);
    ll_json_free(doc);
    return LL_EXIT_DONE;
}

/* ---- kernels ---- */

/* The blocks every case works on, large enough for the largest. */
typedef struct bench {
    const ll_kernels *k;
    int64_t R, C, T, H, V, n_wide;
    float *x, *y, *w, *wide, *small, *work;
    int32_t *token;
} bench;

static double matmul_fwd(bench *b) {
    b->k->matmul(b->wide, b->x, b->w, b->small, b->R, 4 * b->C, b->C, LL_MM_TB);
    return 8.0 * (double)(b->R * b->C * b->C);
}

static double matmul_dx(bench *b) {
    b->k->matmul(b->x, b->wide, b->w, NULL, b->R, b->C, 4 * b->C, 0);
    return 8.0 * (double)(b->R * b->C * b->C);
}

static double matmul_dw(bench *b) {
    b->k->matmul(b->w, b->wide, b->x, NULL, 4 * b->C, b->C, b->R, LL_MM_TA);
    return 8.0 * (double)(b->R * b->C * b->C);
}

static double attention_fwd(bench *b) {
    b->k->attention_fwd(b->y, b->small, b->wide, b->R / b->T, b->T, b->H, b->C / b->H, 0.1f, b->work);
    return 2.0 * (double)(b->R * (b->T + 1) * b->C);
}

static double attention_bwd(bench *b) {
    b->k->attention_bwd(b->wide + 4 * b->R * b->C, b->x, b->wide, b->y, b->small, b->R / b->T, b->T, b->H,
                        b->C / b->H, 0.1f, b->work);
    return 5.0 * (double)(b->R * (b->T + 1) * b->C);
}

static double layernorm(bench *b) {
    b->k->layernorm_fwd(b->y, b->small, b->small + b->R, b->x, b->w, b->w + b->C, b->R, b->C);
    return 8.0 * (double)(b->R * b->C);
}

static double gelu(bench *b) {
    b->k->gelu_fwd(b->wide + 4 * b->R * b->C, b->wide, 4 * b->R * b->C);
    return 4.0 * 25 * (double)(b->R * b->C);
}

static double cross_entropy(bench *b) {
    b->k->xent_fwd(b->small, b->wide, b->token, b->R, b->V, 1);
    return 15.0 * (double)(b->R * b->V);
}

static const struct {
    const char *name;
    double (*run)(bench *b); /* returns its FLOPs; those of the pointwise ones are nominal */
} cases[] = { { "matmul forward", matmul_fwd },
              { "matmul dx", matmul_dx },
              { "matmul dw", matmul_dw },
              { "attention forward", attention_fwd },
              { "attention backward", attention_bwd },
              { "layernorm", layernorm },
              { "gelu", gelu },
              { "cross-entropy", cross_entropy } };

static void fill_one(float *x, int64_t n, ll_rng *r) {
    for (int64_t i = 0; i < n; i++) x[i] = (float)ll_rng_normal(r);
}

/* Inputs of unit size for every case, whatever the one before left. */
static void fill(bench *b) {
    ll_rng r = ll_rng_at(1, LL_STREAM_SAMPLE, 0);
    fill_one(b->x, b->R * b->C, &r);
    fill_one(b->y, b->R * b->C, &r);
    fill_one(b->w, 4 * b->C * b->C, &r);
    fill_one(b->wide, b->n_wide, &r);
    fill_one(b->small, b->R * (b->H + 2), &r);
}

/* The best of many: what the machine does when nothing disturbs it. */
static double fastest(bench *b, int c, double seconds) {
    fill(b);
    double best = 0, start = ll_clock_now(), before = start, now;
    do {
        double flops = cases[c].run(b);
        now = ll_clock_now();
        if (flops / (now - before) > best) best = flops / (now - before);
        before = now;
    } while (now - start < seconds);
    return best;
}

static ll_status prepare(bench *b, const ll_model *m, const ll_kernels *k, ll_error *err) {
    *b = (bench) { .k = k, .R = m->context, .C = m->width, .T = m->context, .H = m->heads, .V = m->vocab };
    int64_t wide = 8 * b->R * b->C, logits = b->R * b->V;
    size_t n[6] = { (size_t)(b->R * b->C),
                    (size_t)(b->R * b->C),
                    (size_t)(4 * b->C * b->C + 4 * b->C),
                    (size_t)(wide > logits ? wide : logits),
                    (size_t)(b->R * (b->H + 2) + 4 * b->C),
                    (size_t)LL_ATTENTION_WORK(b->T, b->C / b->H) };
    float **at[6] = { &b->x, &b->y, &b->w, &b->wide, &b->small, &b->work };
    b->n_wide = (int64_t)n[3];
    b->token = calloc((size_t)b->R, sizeof *b->token);
    for (int i = 0; i < 6; i++) *at[i] = aligned_alloc(64, (n[i] * sizeof(float) + 63) / 64 * 64);
    bool all = b->token && b->x && b->y && b->w && b->wide && b->small && b->work;
    return all ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory");
}

static void finish(bench *b) {
    float *at[6] = { b->x, b->y, b->w, b->wide, b->small, b->work };
    for (int i = 0; i < 6; i++) free(at[i]);
    free(b->token);
}

static int bench_kernels(const bench_args *a, const ll_model *m, const char *tables) {
    ll_error err = { 0 };
    char list[256];
    ll_json *doc = ll_json_object(), *out = ll_json_array();
    snprintf(list, sizeof list, "%s", tables);
    for (char *name = strtok(list, " "); name; name = strtok(NULL, " ")) {
        const ll_kernels *k;
        bench b = { 0 };
        ll_status s = ll_kernels_named(name, NULL, &k, &err);
        ll_threads_flush_denormals();
        if (s == LL_OK) s = prepare(&b, m, k, &err);
        double peak = s == LL_OK ? ll_throughput_peak(k, 1) : 0;
        if (s == LL_OK && !a->json) printf("%s, one thread: peak %.1f GFLOP/s\n", k->name, peak / 1e9);
        for (size_t c = 0; s == LL_OK && c < sizeof cases / sizeof *cases; c++) {
            double rate = fastest(&b, (int)c, a->seconds / 4);
            if (!a->json) printf("  %-20s %8.1f GFLOP/s  %5.1f %%\n", cases[c].name, rate / 1e9, 100 * rate / peak);
            ll_json *row = ll_json_object();
            ll_json_set_str(row, "kernels", k->name);
            ll_json_set_str(row, "kernel", cases[c].name);
            ll_json_set_num(row, "flops_per_s", rate);
            ll_json_set_num(row, "share_of_peak", rate / peak);
            ll_json_push(out, row);
        }
        finish(&b);
        if (s != LL_OK) {
            ll_json_free(doc);
            ll_json_free(out);
            return ll_cli_fail(&err);
        }
    }
    ll_json_set_str(doc, "schema", "loglog.bench/1");
    ll_json_set(doc, "kernels", out);
    if (a->json) return ll_cli_json(doc);
    ll_json_free(doc);
    return LL_EXIT_DONE;
}

static int run(const ll_verb *verb, int argc, char **argv) {
    bench_args a;
    ll_words words;
    ll_model m;
    ll_error err = { 0 };
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n) return ll_cli_usage("bench: unexpected word '%.80s'", words.at[0]);
    if (model_of(&a, &m, &err) != LL_OK) return ll_cli_fail(&err);
    char tables[256];
    fill_tables(tables, sizeof tables, a.kernels);
    int threads = a.threads ? (int)a.threads : ll_threads_available();
    return a.train ? bench_train(&a, &m, tables, threads) : bench_kernels(&a, &m, tables);
}

const ll_verb ll_verb_bench = {
    "bench",
    "time training, or each kernel, on this machine",
    "usage: loglog bench [--train] [--layers L --width d --heads H --context T --batch B] [--kernels all] "
    "[--json]\n\n"
    "With --train: tokens per second of the whole machine, the better of one trainer on all cores and one trainer "
    "a\n"
    "core, and its share of what the multiply-add units can do, counting 6 N, the head and causal attention.\n"
    "Without: each kernel of the table on one thread.\n\n"
    "example: loglog bench --train --layers 2 --width 32 --heads 2\n",
    options,
    sizeof options / sizeof *options,
    run,
    NULL,
    NULL,
};
