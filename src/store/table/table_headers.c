/* The headers of a table for messages: those that may be meant first. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words/nearest.h"
#include "loglog/units.h"
#include "store/table/table_fill.h"

enum { SHOWN = 8, LOOKED_AT = 4096 };

/* Pieces of the names that such columns have elsewhere, the surest first. */
static const char *const stems[LL_COL_COUNT] = {
    [LL_COL_RUN] = "run name model",
    [LL_COL_PARAMS] = "param model_size size weights",
    [LL_COL_PARAMS_TOTAL] = "param model_size size weights",
    [LL_COL_TOKENS] = "token data examples",
    [LL_COL_FLOPS] = "flop compute",
    [LL_COL_LOSS] = "loss entropy xent nll bpb bits nats _ce value",
    [LL_COL_STEP] = "step iter",
    [LL_COL_BATCH_TOKENS] = "batch",
};

ll_status ll_headers_take(ll_table *t, const char *path, char *const *headers, int64_t n, const ll_cell *sample,
                          ll_error *err) {
    double v;
    t->headers = calloc((size_t)n + 1, sizeof *t->headers);
    for (int64_t i = 0; t->headers && i < n; i++) {
        const char *text = sample ? sample[i].text : NULL;
        if (!(t->headers[i].name = strdup(headers[i]))) break;
        t->headers[i].words = text && !ll_is_missing(text) && !ll_units_parse(text + strspn(text, " \t"), &v);
        t->n_headers++;
    }
    return t->n_headers == n && t->headers ? LL_OK : LL_FAIL(err, LL_ENOMEM, "%s: out of memory", path);
}

/* Above 0 for what may be meant by a column. */
static int stem_rank(const char *name, ll_column c) {
    char stem[16];
    int rank = 100;
    for (const char *p = stems[c]; p && *p; rank--) {
        size_t n = strcspn(p, " ");
        snprintf(stem, sizeof stem, "%.*s", (int)n, p);
        if (strstr(name, stem)) return rank;
        p += n + (p[n] == ' ');
    }
    return 0;
}

static int nearness(const ll_header *h, const char *wanted, ll_column c) {
    char name[LL_HEADER_MAX], want[LL_HEADER_MAX];
    ll_header_normalise(h->name, name);
    ll_header_normalise(wanted, want);
    if (!*name) return 0;
    if ((int)c < LL_COL_COUNT && stem_rank(name, c)) return stem_rank(name, c);
    if (strstr(name, want) || strstr(want, name)) return 80;
    const int d = ll_nearest_distance(name, (int)strlen(name), want, (int)strlen(want));
    return 3 * d < (int)strlen(want) ? 60 - d : 0;
}

typedef struct candidate {
    const ll_header *header;
    int near;
    int64_t at;
} candidate;

static int by_nearness(const void *a, const void *b) {
    const candidate *x = a, *y = b;
    return x->near != y->near ? y->near - x->near : (x->at > y->at) - (x->at < y->at);
}

static void list(const candidate *c, int64_t n, int64_t of, char *buf, size_t size) {
    size_t used = 0;
    *buf = 0;
    for (int64_t i = 0; i < n && used < size; i++)
        used += (size_t)snprintf(buf + used, size - used, "%s'%.40s'", i ? ", " : "", c[i].header->name);
    if (of > n && used < size) snprintf(buf + used, size - used, " and %lld more", (long long)(of - n));
}

const char *ll_headers_near(const ll_table *t, const char *wanted, ll_column c, char buf[LL_HEADERS_TEXT]) {
    const int64_t most = t->n_headers < LOOKED_AT ? t->n_headers : LOOKED_AT;
    const bool number = (int)c >= LL_COL_FIRST_NUMBER && (int)c < LL_COL_COUNT;
    candidate *all = malloc(((size_t)most + 1) * sizeof *all);
    int64_t n = 0, left_out = 0;
    snprintf(buf, LL_HEADERS_TEXT, "none");
    for (int64_t i = 0; all && i < most; i++) {
        const ll_header *h = &t->headers[i];
        if ((number && h->words) || !*h->name) left_out++;
        else all[n++] = (candidate) { h, nearness(h, wanted, c), i };
    }
    if (n) {
        qsort(all, (size_t)n, sizeof *all, by_nearness);
        list(all, n < SHOWN ? n : SHOWN, t->n_headers - left_out, buf, LL_HEADERS_TEXT);
    }
    free(all);
    return buf;
}

const char *ll_table_candidates(const ll_table *t, ll_column c, char buf[LL_HEADERS_TEXT]) {
    return ll_headers_near(t, ll_column_name(c), c, buf);
}
