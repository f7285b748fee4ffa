#include "sweep/site/site_watch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

ll_json *ll_site_point_json(const ll_point *p, double params) {
    ll_json *o = ll_json_array();
    ll_json_push(o, ll_json_int(p->step));
    ll_json_push(o, ll_json_num(p->tokens));
    ll_json_push(o, ll_json_num(6 * params * p->tokens));
    ll_json_push(o, ll_json_num(p->loss));
    return o;
}

/* ---- the runs that are watched ---- */

static ll_site_watched *find(ll_site_watch *w, const char *id) {
    for (int64_t i = 0; i < w->n; i++)
        if (strcmp(w->at[i].id, id) == 0) return &w->at[i];
    return NULL;
}

static ll_status see(void *ctx, const ll_run *r, ll_error *err) {
    ll_site_watch *w = ctx;
    ll_site_watched *at = find(w, r->id);
    if (!at) {
        ll_site_watched *bigger = realloc(w->at, (size_t)(w->n + 1) * sizeof *bigger);
        if (!bigger) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)w->n);
        w->at = bigger;
        at = &w->at[w->n++];
        *at = (ll_site_watched) { .step = INT64_MIN };
        snprintf(at->id, sizeof at->id, "%s", r->id);
        snprintf(at->name, sizeof at->name, "%s", r->name);
    }
    at->params = ll_run_count(r);
    at->running = true;
    return LL_OK;
}

/* Who has ended is looked at once more, and then no longer. */
static void forget_ended(ll_site_watch *w) {
    int64_t n = 0;
    for (int64_t i = 0; i < w->n; i++)
        if (w->at[i].running) w->at[n++] = w->at[i];
    w->n = n;
}

/* ---- news ---- */

static ll_status push(ll_site_news *news, ll_json *doc, ll_error *err) {
    ll_json **bigger = realloc(news->points, (size_t)(news->n + 1) * sizeof *bigger);
    if (!bigger) {
        ll_json_free(doc);
        return LL_FAIL(err, LL_ENOMEM, "out of memory for the points of %lld runs", (long long)news->n);
    }
    news->points = bigger;
    news->points[news->n++] = doc;
    return LL_OK;
}

static ll_status tell_points(ll_site_watch *w, ll_site_watched *r, bool first, ll_site_news *out, ll_error *err) {
    ll_point *points;
    int64_t n;
    LL_TRY(ll_store_list_points_behind(w->store.store, r->id, r->step, &points, &n, err));
    ll_status status = LL_OK;
    if (n > 0) r->step = points[n - 1].step;
    if (n > 0 && !first) {
        ll_json *doc = ll_json_object(), *list = ll_json_array();
        ll_json_set_str(doc, "run", r->id);
        ll_json_set_str(doc, "name", r->name);
        for (int64_t i = 0; i < n; i++) ll_json_push(list, ll_site_point_json(&points[i], r->params));
        ll_json_set(doc, "points", list);
        status = push(out, doc, err);
    }
    free(points);
    return status;
}

static ll_status look(ll_site_watch *w, ll_site_news *out, ll_error *err) {
    const bool first = w->version == 0;
    int64_t entries;
    for (int64_t i = 0; i < w->n; i++) w->at[i].running = false;
    LL_TRY(ll_store_visit_runs(w->store.store, "", LL_RUN_RUNNING, "ladder != ''", see, w, err));
    for (int64_t i = 0; i < w->n; i++) LL_TRY(tell_points(w, &w->at[i], first, out, err));
    forget_ended(w);
    LL_TRY(ll_store_count_entries(w->store.store, &entries, err));
    if (entries > w->entries && !first) out->ledger = entries;
    w->entries = entries;
    out->changed = true;
    w->version = w->store.version;
    return LL_OK;
}

ll_status ll_site_watch_look(ll_site_watch *w, ll_site_news *out, ll_error *err) {
    *out = (ll_site_news) { 0 };
    ll_status status = ll_site_store_look(&w->store, err);
    if (status == LL_OK && w->store.version != w->version) status = look(w, out, err);
    if (status != LL_OK) ll_site_news_clear(out);
    out->training = w->n > 0;
    return status;
}

void ll_site_news_clear(ll_site_news *news) {
    for (int64_t i = 0; i < news->n; i++) ll_json_free(news->points[i]);
    free(news->points);
    *news = (ll_site_news) { 0 };
}

void ll_site_watch_clear(ll_site_watch *w) {
    ll_site_store_close(&w->store);
    free(w->at);
    w->at = NULL;
    w->n = 0;
}
