#include <string.h>

#include "base/words/nearest.h"
#include "train/schedule.h"
#include "train/theory/theory.h"

#define AT(f) offsetof(ll_theory, f)
const ll_option ll_theory_table[] = {
    { "kind", LL_OPT_NAME, AT(kind), "", "which theory; 'loglog theory list' lists them" },
    { "widths", LL_OPT_LIST, AT(widths), "", "neurons of a hidden layer; features of linear, room of lookup",
      .max = 1e6 },
    { "samples", LL_OPT_LIST, AT(samples), "", "different training samples; 0: fresh ones in every step",
      .max = 1e8 },
    { "seeds", LL_OPT_INT, AT(seeds), "0", "runs of each, with seeds that follow one another", .max = 1000 },
    { "seed", LL_OPT_INT, AT(seed), "1", "the first seed", .min = 0, .max = 1e9 },
    { "alpha", LL_OPT_REAL, AT(alpha), "0", "exponent of the frequencies k^-(1+alpha), or of the spectrum",
      .max = 5 },
    { "tasks", LL_OPT_INT, AT(tasks), "0", "tasks of parity, facts of zipf", .max = 100000 },
    { "bits", LL_OPT_INT, AT(bits), "0", "bits of parity", .max = 30 },
    { "subset", LL_OPT_INT, AT(subset), "0", "bits that a task takes the parity of", .max = 30 },
    { "answers", LL_OPT_INT, AT(answers), "0", "answers that zipf chooses from", .max = 10000 },
    { "dimension", LL_OPT_INT, AT(dimension), "0", "of the manifold", .max = 64 },
    { "space", LL_OPT_INT, AT(space), "0", "coordinates of the space around it", .max = 64 },
    { "depth", LL_OPT_INT, AT(depth), "0", "hidden layers", .max = 16 },
    { "batch", LL_OPT_INT, AT(batch), "0", "samples in a step", .max = 1e6 },
    { "steps", LL_OPT_INT, AT(steps), "0", "steps of each run", .max = 1e15 },
    { "lr", LL_OPT_REAL, AT(lr), "0", "peak learning rate", .max = 100 },
    { "schedule", LL_OPT_NAME, AT(schedule), "", "cosine, wsd, constant or linear" },
    { "optimizer", LL_OPT_NAME, AT(optimizer), "", "adam, or sgd without momentum" },
    { "points", LL_OPT_INT, AT(points), "20", "of a run's curve, over its last three decades of steps", .min = 1,
      .max = LL_THEORY_POINTS },
};
#undef AT
const int ll_theory_count = sizeof ll_theory_table / sizeof *ll_theory_table;

extern const ll_theory_kind ll_theory_linear, ll_theory_lookup, ll_theory_zipf, ll_theory_parity,
    ll_theory_manifold;
const ll_theory_kind *const ll_theory_kinds[] = { &ll_theory_linear, &ll_theory_lookup,   &ll_theory_zipf,
                                                  &ll_theory_parity, &ll_theory_manifold, NULL };

const ll_theory_kind *ll_theory_find(const char *name) {
    for (const ll_theory_kind *const *k = ll_theory_kinds; *k; k++)
        if (strcmp((*k)->name, name) == 0) return *k;
    return NULL;
}

static ll_status kind_named(const char *name, const char *where, const ll_theory_kind **out, ll_error *err) {
    ll_nearest near = { .word = name };
    char hint[LL_NEAREST_HINT];
    if ((*out = ll_theory_find(name))) return LL_OK;
    for (const ll_theory_kind *const *k = ll_theory_kinds; *k; k++) ll_nearest_try(&near, (*k)->name);
    return LL_FAIL(err, LL_EINPUT, "%s: there is no theory '%.40s'%s 'loglog theory list' lists them", where, name,
                   *near.best ? ll_nearest_hint(&near, hint) : ";");
}

/* What was not said is the kind's own, by the type of the table's row. Returns whether the kind reads it at all. */
static bool fill(const ll_option *o, const ll_theory *preset, ll_theory *t, bool *said) {
    const char *from = (const char *)preset + o->offset;
    char *to = (char *)t + o->offset;
    switch (o->type) {
    case LL_OPT_INT: {
        const int64_t own = *(const int64_t *)(const void *)from;
        int64_t *now = (int64_t *)(void *)to;
        *said = *now != 0;
        if (!*said) *now = own;
        return own != 0;
    }
    case LL_OPT_REAL: {
        const double own = *(const double *)(const void *)from;
        double *now = (double *)(void *)to;
        *said = *now != 0;
        if (!*said) *now = own;
        return own != 0;
    }
    case LL_OPT_LIST: {
        const ll_list *own = (const ll_list *)(const void *)from;
        ll_list *now = (ll_list *)(void *)to;
        *said = now->n != 0;
        if (!*said) *now = *own;
        return own->n != 0;
    }
    default:
        *said = *to != 0;
        if (!*said) strcpy(to, from);
        return *from != 0;
    }
}

static bool of_every_kind(const char *key) {
    return !strcmp(key, "kind") || !strcmp(key, "seed") || !strcmp(key, "points");
}

static ll_status check(const ll_theory *t, const ll_theory_kind *kind, const char *where, ll_error *err) {
    ll_schedule_kind schedule;
    if (*t->schedule) LL_TRY(ll_schedule_named(t->schedule, &schedule, err));
    if (*t->optimizer && strcmp(t->optimizer, "adam") != 0 && strcmp(t->optimizer, "sgd") != 0)
        return LL_FAIL(err, LL_EINPUT, "%s: optimizer is '%s', expected adam or sgd", where, t->optimizer);
    if (t->alpha != 0 && t->alpha < 0.01) /* a draw of Zipf's law would not end */
        return LL_FAIL(err, LL_EINPUT, "%s: alpha is %g, expected at least 0.01", where, t->alpha);
    if (t->subset > t->bits)
        return LL_FAIL(err, LL_EINPUT, "%s: subset is %lld, expected at most the %lld bits", where,
                       (long long)t->subset, (long long)t->bits);
    if (t->space && t->space < t->dimension)
        return LL_FAIL(err, LL_EINPUT, "%s: space is %lld, expected at least the dimension, %lld", where,
                       (long long)t->space, (long long)t->dimension);
    for (int64_t i = 0; kind->lesson && i < t->widths.n; i++)
        if (!(t->widths.v[i] >= 1 && t->widths.v[i] <= 65536))
            return LL_FAIL(err, LL_EINPUT, "%s: widths holds %g, expected 1 to 65536 neurons", where,
                           t->widths.v[i]);
    for (int64_t i = 0; kind == &ll_theory_lookup && i < t->samples.n; i++)
        if (t->samples.v[i] < 1)
            return LL_FAIL(err, LL_EINPUT, "%s: samples holds %g, expected at least 1", where, t->samples.v[i]);
    return LL_OK;
}

ll_status ll_theory_resolve(ll_theory *t, const char *where, ll_error *err) {
    const ll_theory_kind *kind;
    LL_TRY(kind_named(t->kind, where, &kind, err));
    for (int i = 0; i < ll_theory_count; i++) {
        bool said;
        if (of_every_kind(ll_theory_table[i].key)) continue;
        if (!fill(&ll_theory_table[i], &kind->preset, t, &said) && said)
            return LL_FAIL(err, LL_EINPUT, "%s: %s means nothing to %s", where, ll_theory_table[i].key, kind->name);
    }
    return check(t, kind, where, err);
}
