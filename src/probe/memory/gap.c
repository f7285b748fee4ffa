/* The gap between the loss on the text that trained and on text that did not, and the share of a gain that is memory.
 *
 * The gain G of a text is how far its loss lies below its cross-entropy under the frequencies of the training text's
 * tokens, on the same windows: a reference that remembers nothing, and that takes out how much harder one text is than
 * the other. The share that is memory is (G_trained - G_held_out) / G_trained: what of the gain on the training text
 * does not carry over. Windows with canaries are left out. */
#include <math.h>
#include <stdlib.h>

#include "probe/mean.h"
#include "probe/memory/memory.h"
#include "probe/windows.h"

typedef struct side {
    ll_probe_mean loss, gain; /* means of windows, nats per token */
} side;

/* -ln of the tokens' frequencies, each counted half a time more. */
static double *make_reference(const ll_shard *shard, int64_t V, ll_error *err) {
    double *nats = calloc((size_t)V, sizeof *nats);
    if (!nats) LL_FAIL(err, LL_ENOMEM, "out of memory for %lld tokens", (long long)V);
    for (int64_t i = 0; nats && i < shard->n; i++)
        if (shard->tokens[i] < V) nats[shard->tokens[i]]++;
    for (int64_t v = 0; nats && v < V; v++) nats[v] = log(((double)shard->n + 0.5 * (double)V) / (nats[v] + 0.5));
    return nats;
}

static void leave_out_canaries(ll_windows *w, const ll_tokenizer *t) {
    const int64_t all = w->n;
    w->n = 0;
    for (int64_t i = 0; i < all; i++)
        if (ll_memory_is_text(w->shard, t, w->start[i], w->T + 1)) w->start[w->n++] = w->start[i];
}

static void add_window(side *to, const ll_windows *w, int64_t i, const float *loss, const double *nats) {
    double own = 0, reference = 0;
    for (int64_t t = 0; t < w->T; t++) {
        own += loss[i * w->T + t] / (double)w->T;
        reference += nats[w->shard->tokens[w->start[i] + t + 1]] / (double)w->T;
    }
    ll_probe_mean_add(&to->loss, own);
    ll_probe_mean_add(&to->gain, reference - own);
}

/* Clears the windows. */
static ll_status read_side(side *to, const ll_probe_subject *s, ll_windows *w, const double *nats, ll_error *err) {
    leave_out_canaries(w, s->tokenizer);
    float *loss = malloc((size_t)(w->n * w->T + 1) * sizeof *loss);
    ll_status status =
        loss ? ll_windows_loss(s, w, loss, err) : LL_FAIL(err, LL_ENOMEM, "out of memory for a probe");
    for (int64_t i = 0; status == LL_OK && i < w->n; i++) add_window(to, w, i, loss, nats);
    free(loss);
    ll_windows_clear(w);
    return status;
}

static ll_status read_sides(side *trained, side *held_out, const ll_probe_subject *s, const double *nats,
                            ll_error *err) {
    ll_windows w;
    LL_TRY(ll_windows_seen(&w, s, s->opts->windows, err));
    LL_TRY(read_side(trained, s, &w, nats, err));
    LL_TRY(ll_windows_choose(&w, s->val, s->model->context, s->opts->windows, err));
    return read_side(held_out, s, &w, nats, err);
}

/* Standard errors of independent means; the share's by its derivatives in both. */
static void compare(ll_measures *out, const side *trained, const side *held_out) {
    const double a = trained->gain.mean, b = held_out->gain.mean;
    const double se_a = ll_probe_mean_se(&trained->gain), se_b = ll_probe_mean_se(&held_out->gain);
    const int64_t n = trained->loss.n + held_out->loss.n;
    ll_probe_mean_measure(&trained->loss, out, NAN, "trained");
    ll_probe_mean_measure(&held_out->loss, out, NAN, "held_out");
    ll_probe_put(out, "gap", held_out->loss.mean - trained->loss.mean,
                 hypot(ll_probe_mean_se(&trained->loss), ll_probe_mean_se(&held_out->loss)), NAN, n);
    if (a > 0) ll_probe_put(out, "share", 1 - b / a, hypot(se_b, b / a * se_a) / a, 0, n);
}

ll_status ll_memory_gap(const ll_probe_subject *s, ll_measures *out, ll_error *err) {
    side trained = { 0 }, held_out = { 0 };
    double *nats = make_reference(s->train, s->model->vocab, err);
    if (!nats) return LL_ENOMEM;
    const ll_status status = read_sides(&trained, &held_out, s, nats, err);
    free(nats);
    if (status == LL_OK && trained.loss.n && held_out.loss.n) compare(out, &trained, &held_out);
    return status;
}
