/* Maps learned from examples in the context (Brown et al. 2020; for small linear maps Garg et al. 2022): each item
 * draws a map of its own, shows 0 to 32 of its values and asks for one. Maps are one to one and the question is any
 * of their arguments: who does not read it is at chance, whatever was shown. Shots of an item grow, so that more of
 * them are compared with fewer on the same question. */
#include <stdio.h>

#include "probe/made/questions.h"

enum { MAPS = 2, COUNTS = 7, MOST = 32, CHOICES = 10, ITEMS = 200 };
static const int shots[COUNTS] = { 0, 1, 2, 4, 8, 16, MOST };

typedef struct map {
    const char *name;
    int size;             /* arguments, and values */
    char argument, value; /* the first of each */
} map;
static const map maps[MAPS] = { { "symbol", 8, 'a', 'A' }, { "linear", 10, '0', '0' } };

static void draw_map(ll_rng *r, int which, int to[CHOICES]) {
    static const int units[] = { 1, 3, 7, 9 }; /* without a divisor in common with 10 */
    if (which == 0) {
        ll_made_shuffle(r, to, maps[0].size);
        return;
    }
    const int a = units[ll_rng_below(r, 4)], b = (int)ll_rng_below(r, 10);
    for (int x = 0; x < 10; x++) to[x] = (a * x + b) % 10;
}

typedef struct item {
    char shown[3 * MOST + 2]; /* "aC fB ... f": the last 3 k + 1 bytes have k shots */
    int right;
} item;

/* Every so many shots have each argument once. */
static item make(const ll_probe_opts *opts, int which, int64_t i) {
    const map *m = &maps[which];
    ll_rng r = ll_made_rng(opts, LL_MADE_FEWSHOT, which, i);
    int to[CHOICES], order[CHOICES];
    item it;
    char *at = it.shown + 3 * MOST;
    draw_map(&r, which, to);
    const int asked = (int)ll_rng_below(&r, m->size);
    it.right = to[asked];
    at[0] = (char)(m->argument + asked);
    at[1] = 0;
    for (int k = 0; k < MOST; k++) {
        if (k % m->size == 0) ll_made_shuffle(&r, order, m->size);
        const int x = order[k % m->size];
        at -= 3;
        at[0] = (char)(m->argument + x);
        at[1] = (char)(m->value + to[x]);
        at[2] = ' ';
    }
    return it;
}

static ll_status add(ll_questions *q, const ll_probe_opts *opts, int which, int64_t i, ll_error *err) {
    const item it = make(opts, which, i);
    for (int k = 0; k < COUNTS; k++)
        for (int c = 0; c < maps[which].size; c++) {
            const char choice[] = { (char)(maps[which].value + c), 0 };
            LL_TRY(ll_questions_add(q, it.shown + 3 * (MOST - shots[k]), choice, err));
        }
    return LL_OK;
}

/* Of one map, whose questions begin at *at. */
static void measure(const ll_probe_subject *s, const ll_questions *q, int which, int64_t items, int64_t *at,
                    ll_measures *out) {
    const map *m = &maps[which];
    ll_probe_mean right[COUNTS] = { 0 }, gain = { 0 };
    for (int64_t i = 0; i < items; i++) {
        const item it = make(s->opts, which, i);
        double credit[COUNTS];
        for (int k = 0; k < COUNTS; k++, *at += m->size) {
            char metric[sizeof out->of->metric];
            snprintf(metric, sizeof metric, "%s.%d", m->name, shots[k]);
            credit[k] = ll_questions_credit(q, *at, m->size, it.right);
            ll_probe_mean_add(&right[k], credit[k]);
            ll_questions_tell(q, s, i, metric, *at, m->size, it.right);
        }
        ll_probe_mean_add(&gain, credit[COUNTS - 1] - credit[0]);
    }
    for (int k = 0; k < COUNTS; k++)
        ll_probe_mean_measure(&right[k], out, 1.0 / m->size, "%s.%d", m->name, shots[k]);
    ll_probe_mean_measure(&gain, out, 0, "%s.gain", m->name);
}

static ll_status run(const ll_probe_subject *s, ll_measures *out, ll_error *err) {
    const int64_t items = s->opts->items > 0 ? s->opts->items : ITEMS;
    ll_questions q = { 0 };
    ll_status status = LL_OK;
    int64_t at = 0;
    out->n = 0;
    for (int which = 0; which < MAPS; which++)
        for (int64_t i = 0; status == LL_OK && i < items; i++) status = add(&q, s->opts, which, i, err);
    if (status == LL_OK) status = ll_questions_ask(&q, s->lm, err);
    for (int which = 0; status == LL_OK && which < MAPS; which++) measure(s, &q, which, items, &at, out);
    ll_questions_clear(&q);
    return status;
}

const ll_probe_kind ll_probe_fewshot = {
    .name = "fewshot",
    .question = "how many examples in the context teach a map that was never seen",
    .metric = "map.shots",
    .unit = "share of right answers",
    .source = "Brown et al. 2020; Garg et al. 2022",
    .details =
        "Each item draws a map: symbol sends 8 letters to 8 capitals in any order, linear a digit x to a x + b "
        "mod 10 with a 1, 3, 7 or 9. It shows 0, 1, 2, 4, 8, 16 or 32 of its values, 'aC fB', in any order, each "
        "argument once before one comes again, and asks for one of any argument. symbol.4 is the share of right "
        "answers behind 4 shots, chance 1 in 8 (linear: 1 in 10); who remembers all reaches (k + 1) / 8 with "
        "symbol. symbol.gain: 32 shots against none. 200 items of each map; the longest has 98 bytes, and of "
        "what finds no room in the context the first shots are left out.",
    .reads = LL_PROBE_ITEMS | LL_PROBE_SEED,
    .run = run,
};
