#include "sweep/asking/test_time.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "store/table/csv.h"

const char *const ll_way_names[LL_WAYS] = { "coverage", "majority", "best" };

/* ---- from scores ---- */

static double score_of(const ll_asked_run *r, const char *metric) {
    for (int64_t k = 0; k < r->n; k++)
        if (strcmp(r->scores[k].probe, ll_probe_samples.name) == 0 && strcmp(r->scores[k].metric, metric) == 0)
            return r->scores[k].value;
    return NAN;
}

static ll_test_time_at *place_of(ll_test_time_model *m, int64_t samples) {
    for (int g = 0; g < m->n; g++)
        if (m->at[g].samples == samples) return &m->at[g];
    if (m->n == LL_TEST_TIME_GRID) return NULL;
    m->at[m->n].samples = samples;
    m->at[m->n].flops = m->prompt_flops + (double)samples * m->sample_flops;
    return &m->at[m->n++];
}

static void read_share(ll_test_time_model *m, const ll_run_score *s) {
    for (int w = 0; w < LL_WAYS; w++) {
        const size_t length = strlen(ll_way_names[w]);
        char *end;
        if (strncmp(s->metric, ll_way_names[w], length) != 0 || s->metric[length] != '.') continue;
        const long long samples = strtoll(s->metric + length + 1, &end, 10);
        ll_test_time_at *at = *end || samples < 1 ? NULL : place_of(m, samples);
        if (at) at->by[w] = (ll_share) { s->value, s->se };
    }
}

static int by_samples(const void *a, const void *b) {
    const ll_test_time_at *x = a, *y = b;
    return (x->samples > y->samples) - (x->samples < y->samples);
}

static int by_params(const void *a, const void *b) {
    const ll_test_time_model *x = a, *y = b;
    return (x->run->params > y->run->params) - (x->run->params < y->run->params);
}

static ll_foretold foretold(const ll_asked_run *r, const char *law) {
    static const char *const names[] = { "told", "lo", "hi", "a", "b" };
    double v[5];
    for (int i = 0; i < 5; i++) {
        char metric[32];
        snprintf(metric, sizeof metric, "%s.%s", law, names[i]);
        v[i] = score_of(r, metric);
    }
    return (ll_foretold) { v[0], v[1], v[2], v[3], v[4] };
}

static void read_model(ll_test_time_model *m, const ll_asked_run *r) {
    *m = (ll_test_time_model) { .run = &r->run,
                                .train_flops = isfinite(r->run.flops_exact) ? r->run.flops_exact : r->run.flops,
                                .prompt_flops = score_of(r, "flops.prompt"),
                                .sample_flops = score_of(r, "flops.sample"),
                                .surprise = score_of(r, "surprise"),
                                .by_beta = foretold(r, "beta"),
                                .by_law = foretold(r, "law") };
    for (int64_t k = 0; k < r->n; k++)
        if (strcmp(r->scores[k].probe, ll_probe_samples.name) == 0) read_share(m, &r->scores[k]);
    qsort(m->at, (size_t)m->n, sizeof *m->at, by_samples);
}

ll_status ll_test_time_of(ll_test_time *out, const ll_asked_runs *asked, ll_error *err) {
    *out = (ll_test_time) { .model = calloc((size_t)asked->n + 1, sizeof *out->model) };
    if (!out->model) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)asked->n);
    for (; out->n < asked->n; out->n++) read_model(&out->model[out->n], &asked->of[out->n]);
    qsort(out->model, (size_t)out->n, sizeof *out->model, by_params);
    return LL_OK;
}

void ll_test_time_clear(ll_test_time *t) {
    free(t->model);
    *t = (ll_test_time) { 0 };
}

/* ---- a smaller model more often ---- */

static double samples_for(const ll_test_time_model *m, double share, ll_way way) {
    for (int g = 0; g < m->n; g++) {
        const double here = m->at[g].by[way].value;
        if (!(here >= share)) continue;
        if (g == 0) return (double)m->at[0].samples;
        const double before = m->at[g - 1].by[way].value, part = (share - before) / (here - before);
        const double from = log((double)m->at[g - 1].samples), to = log((double)m->at[g].samples);
        return exp(from + part * (to - from));
    }
    return NAN;
}

ll_test_time_swap_of ll_test_time_swap(const ll_test_time_model *small, const ll_test_time_model *large,
                                       ll_way way) {
    const double samples = large->n ? samples_for(small, large->at[0].by[way].value, way) : NAN;
    const double more = small->prompt_flops + samples * small->sample_flops - large->at[0].flops;
    const double saved = large->train_flops - small->train_flops;
    return (ll_test_time_swap_of) { samples, isnan(more) ? NAN : more > 0 ? saved / more : INFINITY };
}

/* ---- as a table ---- */

void ll_test_time_print(FILE *out, const ll_test_time *t) {
    fprintf(out, "run,params,tokens,train_flops,samples");
    for (int w = 0; w < LL_WAYS; w++) fprintf(out, ",%s,%s_se", ll_way_names[w], ll_way_names[w]);
    fprintf(out, ",flops_per_question\n");
    for (int64_t i = 0; i < t->n; i++)
        for (int g = 0; g < t->model[i].n; g++) {
            const ll_test_time_model *m = &t->model[i];
            ll_csv_print(out, m->run->name);
            ll_csv_next_number(out, m->run->params);
            ll_csv_next_number(out, m->run->tokens);
            ll_csv_next_number(out, m->train_flops);
            fprintf(out, ",%lld", (long long)m->at[g].samples);
            for (int w = 0; w < LL_WAYS; w++) {
                ll_csv_next_number(out, m->at[g].by[w].value);
                ll_csv_next_number(out, m->at[g].by[w].se);
            }
            ll_csv_next_number(out, m->at[g].flops);
            fputc('\n', out);
        }
}
