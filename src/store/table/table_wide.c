#include "store/table/table_wide.h"

#include <stdlib.h>
#include <string.h>

static const char gap[] = " - ";

/* The last gap: a run's name may hold others. */
static char *find_gap(char *header) {
    char *last = NULL;
    for (char *p = header; (p = strstr(p, gap)); p++) last = p;
    return last;
}

static bool is_wide(char **headers, int64_t n) {
    for (int64_t i = 1; i < n; i++) {
        const char *at = find_gap(headers[i]);
        if (!at || at == headers[i] || !at[strlen(gap)]) return false;
    }
    return n > 1;
}

/* The place of a text in a list, appended when it is new. */
static int64_t place(char **list, int64_t *n, char *text) {
    for (int64_t i = 0; i < *n; i++)
        if (strcmp(list[i], text) == 0) return i;
    list[*n] = text;
    return (*n)++;
}

/* Which run and which metric each column is; cuts the headers. run [n], metric [n]: scratch. */
static ll_status lay_out(ll_wide *w, char **headers, int64_t n, int64_t *run, int64_t *metric, const char *path,
                         ll_error *err) {
    static char run_header[] = "run";
    w->headers[0] = headers[0];
    w->headers[1] = run_header;
    for (int64_t i = 1; i < n; i++) {
        char *at = find_gap(headers[i]);
        *at = 0;
        run[i] = place(w->runs, &w->n_runs, headers[i]);
        metric[i] = 2 + place(w->headers + 2, &w->n_headers, at + strlen(gap));
    }
    w->n_headers += 2;
    w->source = malloc((size_t)(w->n_runs * w->n_headers) * sizeof *w->source);
    w->cells = calloc((size_t)w->n_headers, sizeof *w->cells);
    if (!w->source || !w->cells) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory", path);
    for (int64_t k = 0; k < w->n_runs * w->n_headers; k++) w->source[k] = -1;
    for (int64_t i = 1; i < n; i++) {
        int64_t *source = &w->source[run[i] * w->n_headers + metric[i]];
        if (*source >= 0)
            return LL_FAIL(err, LL_EINPUT, "%s: the column '%.80s - %.80s' stands there twice", path,
                           w->runs[run[i]], w->headers[metric[i]]);
        *source = i;
    }
    return LL_OK;
}

ll_status ll_wide_open(ll_wide *w, char **headers, int64_t n, const char *path, ll_error *err) {
    *w = (ll_wide) { 0 };
    if (!is_wide(headers, n)) return LL_OK;
    if (n > LL_WIDE_MAX) return LL_FAIL(err, LL_EINPUT, "%s: more than %d columns of runs", path, LL_WIDE_MAX);
    w->headers = malloc((size_t)(n + 2) * sizeof *w->headers);
    w->runs = malloc((size_t)n * sizeof *w->runs);
    int64_t *scratch = malloc(2 * (size_t)n * sizeof *scratch);
    ll_status s = w->headers && w->runs && scratch ? lay_out(w, headers, n, scratch, scratch + n, path, err)
                                                   : LL_FAIL(err, LL_ENOMEM, "%s: out of memory", path);
    free(scratch);
    if (s != LL_OK) ll_wide_close(w);
    return s;
}

bool ll_wide_row(ll_wide *w, int64_t run, const ll_cell *cells) {
    const int64_t *source = w->source + run * w->n_headers;
    bool any = false;
    w->cells[0] = cells[0];
    w->cells[1].text = w->runs[run];
    for (int64_t k = 2; k < w->n_headers; k++) {
        w->cells[k].text = source[k] >= 0 ? cells[source[k]].text : "";
        any = any || !ll_is_missing(w->cells[k].text);
    }
    return any;
}

void ll_wide_close(ll_wide *w) {
    free(w->headers);
    free(w->runs);
    free(w->source);
    free(w->cells);
    *w = (ll_wide) { 0 };
}
