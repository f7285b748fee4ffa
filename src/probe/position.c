/* Loss by position in the context: what a token more of context is worth (Kaplan et al. 2020, figures 7 and 20). The
 * metric is how many tokens the model has seen; beyond 2, positions of one octave (3 to 4, 5 to 8, ...) are one, called
 * by the last of them; the last octave ends with the context. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "probe/probes.h"
#include "probe/windows.h"

typedef struct reading {
    const ll_probe_subject *s;
    int64_t windows;
    float *loss; /* [windows,T] */
} reading;

/* Mean over the positions from..to (counted from 1) of every window, and its standard error over the windows. */
static void measure(ll_measured *out, const reading *r, int64_t from, int64_t to) {
    const int64_t T = r->s->model->context, W = r->windows;
    double sum = 0, square = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int64_t w = 0; w < W; w++) {
            double mean = 0;
            for (int64_t p = from; p <= to; p++) mean += r->loss[w * T + p - 1] / (double)(to - from + 1);
            if (pass == 0) sum += mean / (double)W;
            else square += (mean - sum) * (mean - sum);
        }
    snprintf(out->metric, sizeof out->metric, "%lld", (long long)to);
    out->value = sum;
    out->se = W > 1 ? sqrt(square / (double)(W - 1) / (double)W) : NAN;
    out->chance = NAN;
    out->n = W * (to - from + 1);
}

static ll_status run(const ll_probe_subject *s, ll_measures *out, ll_error *err) {
    const int64_t T = s->model->context;
    ll_windows w;
    out->n = 0;
    LL_TRY(ll_windows_choose(&w, s->val, T, s->opts->windows, err));
    const reading r = { .s = s, .windows = w.n, .loss = malloc((size_t)(w.n * T) * sizeof(float)) };
    ll_status status =
        r.loss ? ll_windows_loss(s, &w, r.loss, err) : LL_FAIL(err, LL_ENOMEM, "out of memory for a probe");
    for (int64_t from = 1, to = 1; status == LL_OK && from <= T; from = to + 1, to = to < T / 2 ? 2 * to : T)
        measure(&out->of[out->n++], &r, from, to);
    free(r.loss);
    ll_windows_clear(&w);
    return status;
}

const ll_probe_kind ll_probe_position = {
    .name = "position",
    .question = "how the loss falls with the tokens of context that the model has seen",
    .metric = "position",
    .unit = "nats per token",
    .source = "Kaplan et al. 2020",
    .details =
        "Windows of the validation text. A metric is the mean loss after so many tokens of context, with the "
        "standard error over the windows; 4 stands for positions 3 and 4, 8 for 5 to 8, and so on.",
    .reads = LL_PROBE_WINDOWS,
    .needs_model = true,
    .run = run,
};
