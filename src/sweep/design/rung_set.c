#include "sweep/design/rung_set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words/fold.h"

enum { MAX_RUNGS = 1 << 16, FIRST_ROOM = 64 };
#define MOST_TOKENS 1e18

/* Rungs by what they are alike in: those of one bucket are a chain. Numbers count from 1; 0 ends. */
enum { BUCKETS = 1 << 15 };
struct ll_rung_chains {
    int32_t first[BUCKETS], next[MAX_RUNGS];
};
typedef struct ll_rung_chains chains;

static size_t bucket_of(const void *key, size_t size) {
    const uint64_t h = ll_fold(LL_FOLD_START, key, size);
    return (size_t)((h ^ h >> 32) % BUCKETS);
}

static size_t name_bucket(const ll_rung *r) {
    return bucket_of(r->name, strlen(r->name));
}

static size_t run_bucket(const ll_rung *r) {
    const int64_t key[] = { r->model.width,   r->model.layers, r->batch,
                            (int64_t)r->seed, r->windows,      r->role == LL_RUNG_TRUNK ? 0 : r->steps };
    return bucket_of(key, sizeof key);
}

/* The same numbers will come of both. */
static bool same_run(const ll_rung *a, const ll_rung *b) {
    return a->role == b->role && a->seed == b->seed && a->windows == b->windows &&
           a->model.width == b->model.width && a->model.layers == b->model.layers &&
           a->model.heads == b->model.heads && a->model.ffw == b->model.ffw && a->batch == b->batch &&
           (a->steps == b->steps || a->role == LL_RUNG_TRUNK);
}

static bool same_name(const ll_rung *a, const ll_rung *b) {
    return !strcmp(a->name, b->name);
}

static bool is_there(const ll_rung_set *set, const chains *c, size_t bucket, const ll_rung *r,
                     bool (*same)(const ll_rung *, const ll_rung *)) {
    for (int32_t i = c->first[bucket]; i; i = c->next[i - 1])
        if (same(&set->at[i - 1], r)) return true;
    return false;
}

static void put_in(chains *c, size_t bucket, int64_t i) {
    c->next[i] = c->first[bucket];
    c->first[bucket] = (int32_t)i + 1;
}

static void enter(ll_rung_set *set, int64_t i) {
    put_in(set->by_name, name_bucket(&set->at[i]), i);
    put_in(set->by_run, run_bucket(&set->at[i]), i);
}

int ll_rung_by_flops(const void *a, const void *b) {
    const ll_rung *x = a, *y = b;
    if (x->flops != y->flops) return x->flops < y->flops ? -1 : 1;
    return strcmp(x->name, y->name);
}

void ll_rung_set_sort(ll_rung_set *set) {
    qsort(set->at, (size_t)set->n, sizeof *set->at, ll_rung_by_flops);
    memset(set->by_name->first, 0, sizeof set->by_name->first);
    memset(set->by_run->first, 0, sizeof set->by_run->first);
    for (int64_t i = 0; i < set->n; i++) enter(set, i);
}

static ll_status make_room(ll_rung_set *set, ll_error *err) {
    if (set->n < set->room) return LL_OK;
    ll_rung *at = realloc(set->at, 2 * (size_t)set->room * sizeof *at);
    if (!at) return LL_FAIL(err, LL_ENOMEM, "out of memory for a design");
    set->at = at;
    set->room *= 2;
    return LL_OK;
}

ll_status ll_rung_set_add(ll_rung_set *set, const ll_rung *r, ll_error *err) {
    if (set->n == MAX_RUNGS) return LL_FAIL(err, LL_EINPUT, "design: more than %d rungs", MAX_RUNGS);
    if ((double)r->steps > LL_RUNG_MOST_STEPS || r->tokens > MOST_TOKENS)
        return LL_FAIL(err, LL_EINPUT,
                       "design: rung %s would take %.3g tokens in %.3g steps, expected at most %g in %g", r->name,
                       r->tokens, (double)r->steps, MOST_TOKENS, LL_RUNG_MOST_STEPS);
    if (is_there(set, set->by_run, run_bucket(r), r, same_run)) return LL_OK;
    LL_TRY(make_room(set, err));
    ll_rung *new = &set->at[set->n];
    *new = *r;
    for (int k = 2; is_there(set, set->by_name, name_bucket(new), new, same_name); k++)
        snprintf(new->name, sizeof new->name, "%.35s-%d", r->name, k);
    enter(set, set->n++);
    return LL_OK;
}

ll_status ll_rung_set_init(ll_rung_set *set, ll_error *err) {
    *set = (ll_rung_set) { .at = malloc(FIRST_ROOM * sizeof(ll_rung)),
                           .room = FIRST_ROOM,
                           .by_name = calloc(1, sizeof(chains)),
                           .by_run = calloc(1, sizeof(chains)) };
    if (set->at && set->by_name && set->by_run) return LL_OK;
    ll_rung_set_clear(set);
    return LL_FAIL(err, LL_ENOMEM, "out of memory for a design");
}

ll_rung *ll_rung_set_take(ll_rung_set *set) {
    ll_rung *at = set->at;
    set->at = NULL;
    ll_rung_set_clear(set);
    return at;
}

void ll_rung_set_clear(ll_rung_set *set) {
    free(set->at);
    free(set->by_name);
    free(set->by_run);
    *set = (ll_rung_set) { 0 };
}
