#include "sweep/workers/live.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/document/json.h"
#include "base/system/clock.h"
#include "base/system/file.h"

enum { MOST_BYTES = 1 << 16 };
#define LEAST_SHARE 0.002 /* of the ladder, before a pace is taken of it */

void ll_live_begin(ll_live *l, const ll_rung *rungs, const ll_task_state *state, int64_t n) {
    *l = (ll_live) { .rungs = n, .left_s = NAN, .began = ll_clock_now() };
    for (int64_t i = 0; i < n; i++) {
        l->cost += rungs[i].cost;
        if (state[i] != LL_TASK_DONE) continue;
        l->done++;
        l->cost_done += rungs[i].cost;
    }
    l->cost_before = l->cost_done;
    ll_live_update(l);
}

static ll_live_rung *find(ll_live *l, const ll_rung *r) {
    for (int i = 0; i < l->n; i++)
        if (strcmp(l->at[i].name, r->name) == 0) return &l->at[i];
    return NULL;
}

void ll_live_started(ll_live *l, const ll_rung *r) {
    if (l->n == LL_LIVE_RUNGS) return;
    ll_live_rung *at = &l->at[l->n++];
    *at = (ll_live_rung) {
        .steps = r->steps, .train_loss = NAN, .tokens_per_s = NAN, .left_s = NAN, .cost = r->cost
    };
    snprintf(at->name, sizeof at->name, "%s", r->name);
}

/* A branch begins where its trunk handed over. What a first event finds done was done before. */
void ll_live_event(ll_live *l, const ll_rung *r, const ll_train_event *e) {
    ll_live_rung *at = find(l, r);
    if (!at || e->steps <= r->start_step) return;
    const bool first = isnan(at->tokens_per_s);
    at->share = (double)(e->step - r->start_step) / (double)(e->steps - r->start_step);
    at->share = fmin(fmax(at->share, 0), 1);
    at->step = e->step;
    at->train_loss = e->train_loss;
    at->tokens_per_s = e->tokens_per_s;
    at->left_s = e->left_s;
    if (first) l->cost_before += at->share * at->cost;
}

void ll_live_ended(ll_live *l, const ll_rung *r, bool done) {
    ll_live_rung *at = find(l, r);
    l->done += done;
    l->cost_done += done ? r->cost : at ? at->share * at->cost : 0;
    if (at) *at = l->at[--l->n];
}

void ll_live_update(ll_live *l) {
    double cost = l->cost_done;
    for (int i = 0; i < l->n; i++) cost += l->at[i].share * l->at[i].cost;
    const double now = (cost - l->cost_before) / l->cost;
    l->share = l->cost > 0 ? cost / l->cost : 0;
    l->spent_s = ll_clock_now() - l->began;
    l->left_s = now > LEAST_SHARE ? l->spent_s * (1 - l->share) / now : NAN;
}

/* ---- the file ---- */

ll_json *ll_live_rung_json(const ll_live_rung *at) {
    ll_json *o = ll_json_object();
    ll_json_set_str(o, "name", at->name);
    ll_json_set_int(o, "step", at->step);
    ll_json_set_int(o, "steps", at->steps);
    ll_json_set_num(o, "train_loss", at->train_loss);
    ll_json_set_num(o, "tokens_per_s", at->tokens_per_s);
    ll_json_set_num(o, "left_s", at->left_s);
    return o;
}

void ll_live_write(ll_live *l, const char *folder) {
    char path[LL_PATH_MAX];
    ll_file f;
    ll_json *doc = ll_json_object(), *list = ll_json_array();
    l->written = ll_clock_unix();
    ll_json_set_num(doc, "written", l->written);
    ll_json_set_num(doc, "share", l->share);
    ll_json_set_num(doc, "spent_s", l->spent_s);
    ll_json_set_num(doc, "left_s", l->left_s);
    ll_json_set_int(doc, "done", l->done);
    ll_json_set_int(doc, "rungs", l->rungs);
    for (int i = 0; i < l->n; i++) ll_json_push(list, ll_live_rung_json(&l->at[i]));
    ll_json_set(doc, "running", list);
    char *text = ll_json_text(doc, false);
    ll_json_free(doc);
    if (text && ll_file_join(path, folder, "progress.json", NULL) == LL_OK &&
        ll_file_create(&f, path, NULL) == LL_OK) {
        fputs(text, f.out);
        ll_file_commit(&f, NULL);
    }
    free(text);
}

static void read_rung(ll_live_rung *at, const ll_json *o) {
    const char *name = ll_json_get_str(o, "name");
    snprintf(at->name, sizeof at->name, "%s", name ? name : "");
    at->step = ll_json_get_int(o, "step", 0);
    at->steps = ll_json_get_int(o, "steps", 0);
    at->train_loss = ll_json_get_num(o, "train_loss");
    at->tokens_per_s = ll_json_get_num(o, "tokens_per_s");
    at->left_s = ll_json_get_num(o, "left_s");
}

bool ll_live_read(ll_live *l, const char *folder) {
    char path[LL_PATH_MAX], *text;
    size_t size;
    ll_json *doc;
    *l = (ll_live) { 0 };
    if (ll_file_join(path, folder, "progress.json", NULL) != LL_OK ||
        ll_file_read(path, MOST_BYTES, &text, &size, NULL) != LL_OK)
        return false;
    const bool read = ll_json_parse(text, size, path, &doc, NULL) == LL_OK;
    free(text);
    if (!read) return false;
    const ll_json *list = ll_json_get(doc, "running");
    l->written = ll_json_get_num(doc, "written");
    l->share = ll_json_get_num(doc, "share");
    l->spent_s = ll_json_get_num(doc, "spent_s");
    l->left_s = ll_json_get_num(doc, "left_s");
    for (size_t i = 0; i < ll_json_size(list) && l->n < LL_LIVE_RUNGS; i++)
        read_rung(&l->at[l->n++], ll_json_at(list, i));
    ll_json_free(doc);
    return l->share >= 0 && l->share <= 1;
}
