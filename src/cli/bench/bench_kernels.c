/* Each kernel of a table on one thread, at the shapes of one sequence of the model, and the machine's own peaks. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/system/clock.h"
#include "base/system/threads.h"
#include "cli/bench/bench.h"
#include "cli/print.h"
#include "loglog/random.h"
#include "loglog/units.h"
#include "tensor/choice/device.h"
#include "train/machine.h"

/* ---- the machine ---- */

static ll_json *card_json(const ll_card *c, int number) {
    char name[24], capability[24];
    ll_json *o = ll_json_object();
    snprintf(name, sizeof name, "cuda:%d", number);
    snprintf(capability, sizeof capability, "%d.%d", c->major, c->minor);
    ll_json_set_str(o, "device", name);
    ll_json_set_str(o, "title", c->title);
    ll_json_set_str(o, "compute_capability", capability);
    ll_json_set_num(o, "memory_bytes", c->memory);
    return o;
}

static void print_card(const ll_card *c, int number) {
    char memory[32];
    ll_say("cuda:%-4d  %s, compute capability %d.%d, %s; no kernels for it yet\n", number, c->title, c->major,
           c->minor, ll_units_show_bytes(c->memory, memory, sizeof memory));
}

/* That there are none, or nobody to ask, is an answer and no failure. */
static void show_cards(const ll_bench *b, ll_json *machine) {
    ll_card cards[LL_DEVICE_CARDS];
    ll_error why = { .msg = "no card" };
    ll_json *list = ll_json_array();
    int n;
    ll_device_cards(cards, &n, &why);
    for (int i = 0; i < n; i++) {
        ll_json_push(list, card_json(&cards[i], i));
        if (!b->json) print_card(&cards[i], i);
    }
    ll_json_set(machine, "cards", list);
    if (n > 0) return;
    ll_json_set_str(machine, "no_cards", why.msg);
    if (!b->json) ll_say("cuda       %s\n", why.msg);
}

ll_status ll_bench_machine(const ll_bench *b, ll_json *doc, ll_error *err) {
    ll_json *machine = ll_json_group(doc, "machine"), *peaks = ll_json_array();
    ll_json_set_int(machine, "threads", b->threads);
    for (int i = 0; i < b->n_tables; i++) {
        const ll_kernels *k = b->table[i];
        double peak = ll_machine_flops(k, b->threads);
        ll_json *o = ll_json_object();
        ll_json_set_str(o, "kernels", k->name);
        ll_json_set_str(o, "precision", k->precision);
        ll_json_set_num(o, "flops_per_s", peak);
        ll_json_push(peaks, o);
        if (!b->json)
            ll_say("%-10s %s  %7.1f GFLOP/s of multiply-adds on registers, %d threads\n", k->name, k->precision,
                   peak / 1e9, b->threads);
    }
    ll_json_set(machine, "peaks", peaks);
    double rate = ll_machine_bandwidth(b->threads);
    if (rate <= 0) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    ll_json_set_num(machine, "memory_bytes_per_s", rate);
    if (!b->json) ll_say("memory            %7.1f GB/s read, %d threads\n", rate / 1e9, b->threads);
    show_cards(b, machine);
    return LL_OK;
}

/* ---- kernels ---- */

/* The blocks every case works on, large enough for the largest. */
typedef struct desk {
    const ll_kernels *k;
    int64_t R, C, T, H, V, n_wide;
    float *x, *y, *w, *wide, *small, *work;
    int32_t *token;
} desk;

/* What a case did: FLOPs, or where the time goes to loads and stores, the bytes that one pass must move. */
typedef struct work {
    double flops, bytes;
} work;

static double product_flops(const desk *b) {
    return 8.0 * (double)(b->R * b->C * b->C);
}

static work matmul_fwd(desk *b) {
    b->k->matmul(b->wide, b->x, b->w, b->small, b->R, 4 * b->C, b->C, LL_MM_TB);
    return (work) { .flops = product_flops(b) };
}

static work matmul_dx(desk *b) {
    b->k->matmul(b->x, b->wide, b->w, NULL, b->R, b->C, 4 * b->C, 0);
    return (work) { .flops = product_flops(b) };
}

static work matmul_dw(desk *b) {
    b->k->matmul(b->w, b->wide, b->x, NULL, 4 * b->C, b->C, b->R, LL_MM_TA);
    return (work) { .flops = product_flops(b) };
}

static work attention_fwd(desk *b) {
    b->k->attention_fwd(b->y, b->small, b->wide, b->R / b->T, b->T, b->H, b->C / b->H, 0.1f, b->work, 0,
                        b->R / b->T * b->H);
    return (work) { .flops = 2.0 * (double)(b->R * (b->T + 1) * b->C) };
}

static work attention_bwd(desk *b) {
    b->k->attention_bwd(b->wide + 4 * b->R * b->C, b->x, b->wide, b->y, b->small, b->R / b->T, b->T, b->H,
                        b->C / b->H, 0.1f, b->work, 0, b->R / b->T * b->H);
    return (work) { .flops = 5.0 * (double)(b->R * (b->T + 1) * b->C) };
}

static work layernorm(desk *b) {
    b->k->layernorm_fwd(b->y, b->small, b->small + b->R, b->x, b->w, b->w + b->C, b->R, b->C);
    return (work) { .bytes = 8.0 * (double)(b->R * b->C) };
}

static work gelu(desk *b) {
    b->k->gelu_fwd(b->wide + 4 * b->R * b->C, b->wide, b->R, 4 * b->C);
    return (work) { .bytes = 4 * 8.0 * (double)(b->R * b->C) };
}

static work lstm_cell(desk *b) {
    b->k->lstm_fwd(b->wide + 4 * b->R * b->C, b->y, b->wide, b->x, b->R, b->C);
    return (work) { .bytes = 11 * 4.0 * (double)(b->R * b->C) };
}

static work cross_entropy(desk *b) {
    b->k->xent_fwd(b->small, b->wide, b->token, b->R, b->V, 1);
    return (work) { .bytes = 4.0 * (double)(b->R * b->V) };
}

static const struct {
    const char *name;
    work (*run)(desk *b);
} cases[] = { { "matmul forward", matmul_fwd },
              { "matmul dx", matmul_dx },
              { "matmul dw", matmul_dw },
              { "attention forward", attention_fwd },
              { "attention backward", attention_bwd },
              { "layernorm", layernorm },
              { "gelu", gelu },
              { "lstm cell", lstm_cell },
              { "cross-entropy", cross_entropy } };

static void fill_one(float *x, int64_t n, ll_rng *r) {
    for (int64_t i = 0; i < n; i++) x[i] = (float)ll_rng_normal(r);
}

/* Inputs of unit size for every case, whatever the one before left. */
static void fill(desk *b) {
    ll_rng r = ll_rng_at(1, LL_STREAM_SAMPLE, 0);
    fill_one(b->x, b->R * b->C, &r);
    fill_one(b->y, b->R * b->C, &r);
    fill_one(b->w, 4 * b->C * b->C, &r);
    fill_one(b->wide, b->n_wide, &r);
    fill_one(b->small, b->R * (b->H + 2), &r);
}

/* The best of many, per second: what the machine does when nothing disturbs it. */
static work fastest(desk *b, int c, double seconds) {
    fill(b);
    work done = { 0 };
    double least = INFINITY, start = ll_clock_now(), before = start, now;
    do {
        done = cases[c].run(b);
        now = ll_clock_now();
        least = fmin(least, now - before);
        before = now;
    } while (now - start < seconds);
    return (work) { done.flops / least, done.bytes / least };
}

static ll_status prepare(desk *b, const ll_model *m, const ll_kernels *k, ll_error *err) {
    *b = (desk) { .k = k, .R = m->context, .C = m->width, .T = m->context, .H = m->heads, .V = m->vocab };
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

static void finish(desk *b) {
    float *at[6] = { b->x, b->y, b->w, b->wide, b->small, b->work };
    for (int i = 0; i < 6; i++) free(at[i]);
    free(b->token);
}

static void show(const ll_bench *b, const ll_kernels *k, const char *name, work rate, double peak, ll_json *out) {
    ll_json *row = ll_json_object();
    ll_json_set_str(row, "kernels", k->name);
    ll_json_set_str(row, "kernel", name);
    if (rate.flops > 0) {
        if (!b->json) ll_say("  %-20s %8.1f GFLOP/s  %5.1f %%\n", name, rate.flops / 1e9, 100 * rate.flops / peak);
        ll_json_set_num(row, "flops_per_s", rate.flops);
        ll_json_set_num(row, "share_of_peak", rate.flops / peak);
    } else {
        if (!b->json) ll_say("  %-20s %8.1f GB/s\n", name, rate.bytes / 1e9);
        ll_json_set_num(row, "bytes_per_s", rate.bytes);
    }
    ll_json_push(out, row);
}

static ll_status time_table(const ll_bench *b, const ll_kernels *k, ll_json *out, ll_error *err) {
    desk d;
    ll_status s = prepare(&d, &b->model, k, err);
    double peak = ll_machine_flops(k, 1);
    if (s == LL_OK && !b->json) ll_say("%s, one thread: peak %.1f GFLOP/s\n", k->name, peak / 1e9);
    for (size_t c = 0; s == LL_OK && c < sizeof cases / sizeof *cases; c++)
        show(b, k, cases[c].name, fastest(&d, (int)c, b->seconds / 4), peak, out);
    finish(&d);
    return s;
}

ll_status ll_bench_kernels(const ll_bench *b, ll_json *doc, ll_error *err) {
    ll_json *out = ll_json_array();
    ll_json_set(doc, "kernels", out);
    ll_threads_flush_denormals();
    for (int i = 0; i < b->n_tables; i++) LL_TRY(time_table(b, b->table[i], out, err));
    return LL_OK;
}
