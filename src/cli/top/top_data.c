#include "cli/top/top_data.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/clock.h"
#include "base/system/program.h"

enum { CURVE_POINTS = 400, WORDS = 16 };

/* ---- asking ---- */

/* The document that the program prints, and its text where text is not NULL. */
static ll_status ask(const ll_top_data *d, const char *const words[], ll_json **doc, char **text, ll_error *err) {
    const char *argv[WORDS] = { "/proc/self/exe" };
    ll_program p;
    int n = 1;
    for (; words[n - 1]; n++) argv[n] = words[n - 1];
    argv[n++] = "--json";
    argv[n++] = "--store";
    argv[n++] = d->store;
    LL_TRY(ll_program_run(&p, argv, "", 0, LL_PROGRAM_MINUTE, err));
    ll_status status = LL_OK;
    if (!p.out || *p.out != '{')
        status = LL_FAIL(err, p.code == 2 ? LL_EINPUT : LL_EIO, "%.*s",
                         (int)strcspn(p.complaint ? p.complaint : "", "\n"), p.complaint ? p.complaint : "");
    else status = ll_json_parse(p.out, p.size, words[0], doc, err);
    if (status == LL_OK && text) {
        *text = p.out;
        p.out = NULL;
    }
    ll_program_clear(&p);
    return status;
}

/* ---- rungs ---- */

static double number_at(const ll_json *columns, const char *name, size_t i) {
    return ll_json_as_num(ll_json_at(ll_json_get(columns, name), i));
}

static void text_at(const ll_json *columns, const char *name, size_t i, char *out, size_t size) {
    const char *text = ll_json_as_str(ll_json_at(ll_json_get(columns, name), i));
    snprintf(out, size, "%s", text ? text : "");
}

static void clear_rungs(ll_top_data *d) {
    for (int64_t i = 0; i < d->n; i++) {
        for (int k = 0; k < LL_TOP_AXES; k++) free(d->rungs[i].x[k]);
        free(d->rungs[i].y);
    }
    free(d->rungs);
    d->rungs = NULL;
    d->n = 0;
}

static ll_status read_rungs(ll_top_data *d, const ll_json *doc, ll_error *err) {
    const ll_json *columns = ll_json_get(doc, "columns");
    const int64_t n = ll_json_get_int(doc, "n", 0);
    char state[16];
    clear_rungs(d);
    d->rungs = calloc((size_t)n + 1, sizeof *d->rungs);
    if (!d->rungs) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)n);
    d->n = n;
    for (int64_t i = 0; i < n; i++) {
        ll_top_rung *r = &d->rungs[i];
        const size_t at = (size_t)i;
        text_at(columns, "name", at, r->name, sizeof r->name);
        text_at(columns, "failure", at, r->failure, sizeof r->failure);
        text_at(columns, "state", at, state, sizeof state);
        r->state = ll_run_state_named(state);
        r->params = number_at(columns, "params", at);
        r->tokens = number_at(columns, "tokens", at);
        r->loss = number_at(columns, "loss", at);
        r->hue = (int)(i % 8);
    }
    return LL_OK;
}

static ll_top_rung *find(ll_top_data *d, const char *name) {
    for (int64_t i = 0; name && i < d->n; i++)
        if (strcmp(d->rungs[i].name, name) == 0) return &d->rungs[i];
    return NULL;
}

static ll_status take_curve(ll_top_rung *r, const ll_json *points, ll_error *err) {
    const size_t n = ll_json_size(points);
    bool room = (r->y = malloc((n + 1) * sizeof *r->y)) != NULL;
    for (int k = 0; k < LL_TOP_AXES; k++) room &= (r->x[k] = malloc((n + 1) * sizeof *r->y)) != NULL;
    if (!room) return LL_FAIL(err, LL_ENOMEM, "out of memory for a curve");
    for (size_t i = 0; i < n; i++) { /* step, tokens, flops, loss */
        const ll_json *p = ll_json_at(points, i);
        r->x[0][i] = ll_json_as_num(ll_json_at(p, 1));
        r->x[1][i] = ll_json_as_num(ll_json_at(p, 0));
        r->x[2][i] = ll_json_as_num(ll_json_at(p, 2));
        r->y[i] = ll_json_as_num(ll_json_at(p, 3));
    }
    r->n = (int64_t)n;
    return LL_OK;
}

static ll_status take_curves(ll_top_data *d, const ll_json *doc, ll_error *err) {
    const ll_json *runs = ll_json_get(doc, "runs");
    for (size_t i = 0; i < ll_json_size(runs); i++) {
        const ll_json *run = ll_json_at(runs, i);
        ll_top_rung *r = find(d, ll_json_get_str(run, "name"));
        if (r && !r->y) LL_TRY(take_curve(r, ll_json_get(run, "points"), err));
    }
    return LL_OK;
}

/* What the sweep tells of those that it trains now. */
static void take_live(ll_top_data *d) {
    const ll_json *live = ll_json_get(d->at, "live");
    for (int64_t i = 0; i < d->n; i++)
        d->rungs[i].step = d->rungs[i].steps = d->rungs[i].train_loss = d->rungs[i].rate = d->rungs[i].left_s = NAN;
    for (size_t i = 0; i < ll_json_size(live); i++) {
        const ll_json *at = ll_json_at(live, i);
        ll_top_rung *r = find(d, ll_json_get_str(at, "name"));
        if (!r) continue;
        r->step = ll_json_get_num(at, "step");
        r->steps = ll_json_get_num(at, "steps");
        r->train_loss = ll_json_get_num(at, "train_loss");
        r->rate = ll_json_get_num(at, "tokens_per_s");
        r->left_s = ll_json_get_num(at, "left_s");
    }
}

static int rank(const ll_top_rung *r) {
    switch ((ll_run_state)r->state) {
    case LL_RUN_RUNNING: return 0;
    case LL_RUN_FAILED: return 1;
    case LL_RUN_STOPPED: return 2;
    case LL_RUN_PLANNED: return 3;
    default: return 4;
    }
}

static int by_rank(const void *a, const void *b) {
    const ll_top_rung *x = a, *y = b;
    if (rank(x) != rank(y)) return rank(x) - rank(y);
    const double dx = x->params * x->tokens, dy = y->params * y->tokens;
    if (dx != dy) return dx > dy ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* ---- the whole ---- */

static ll_status read_ladder(ll_top_data *d, ll_error *err) {
    static const char columns[] = "name,state,params,tokens,loss,failure";
    ll_json *doc;
    const char *id = ll_json_get_str(d->at, "ladder");
    const char *ladder = id && *id ? id : LL_LADDER_IMPORTED;
    char points[16];
    snprintf(points, sizeof points, "%d", CURVE_POINTS);
    const char *const list[] = { "runs", "list", "--ladder", ladder, "--columns", columns, NULL };
    const char *const imported[] = { "runs", "list", "--where", "ladder = ''", "--columns", columns, NULL };
    const char *const curves[] = { "runs", "curves", "--ladder", ladder, "--points", points, NULL };
    LL_TRY(ask(d, id && *id ? list : imported, &doc, NULL, err));
    ll_status status = read_rungs(d, doc, err);
    ll_json_free(doc);
    LL_TRY(status);
    LL_TRY(ask(d, curves, &doc, NULL, err));
    status = take_curves(d, doc, err);
    ll_json_free(doc);
    snprintf(d->shown, sizeof d->shown, "%s", ladder);
    return status;
}

static void take_status(ll_top_data *d, ll_json *doc, char *text) {
    ll_json_free(d->status);
    free(d->status_text);
    d->status = doc;
    d->status_text = text;
    const ll_json *ladders = ll_json_get(doc, "ladders");
    d->n_ladders = (int64_t)ll_json_size(ladders);
    if (d->ladder >= d->n_ladders) d->ladder = d->n_ladders - 1;
    if (d->ladder < 0) d->ladder = 0;
    /* the newest stands last */
    d->at = d->n_ladders ? ll_json_at(ladders, (size_t)(d->n_ladders - 1 - d->ladder)) : NULL;
}

ll_status ll_top_refresh(ll_top_data *d, ll_error *err) {
    static const char *const words[] = { "status", NULL };
    const double began = ll_clock_now();
    ll_json *doc;
    char *text = NULL;
    LL_TRY(ask(d, words, &doc, &text, err));
    const bool same = d->status_text && strcmp(text, d->status_text) == 0;
    take_status(d, doc, text);
    const char *id = d->at ? ll_json_get_str(d->at, "ladder") : NULL, *ladder = id && *id ? id : LL_LADDER_IMPORTED;
    d->changed = !same || strcmp(ladder, d->shown) != 0;
    if (d->at && d->changed) {
        LL_TRY(read_ladder(d, err));
        take_live(d);
        qsort(d->rungs, (size_t)d->n, sizeof *d->rungs, by_rank);
    }
    d->took = ll_clock_now() - began;
    return LL_OK;
}

void ll_top_clear(ll_top_data *d) {
    clear_rungs(d);
    ll_json_free(d->status);
    free(d->status_text);
    *d = (ll_top_data) { 0 };
}
