/* A rung as a command sees it: what its placeholders stand for, and how N is counted by the spec's own expressions.
 *
 *     ll_rung_places p;
 *     LL_TRY(ll_rung_places_of(&p, rungs, i, &spec, folder, prefix, err));
 *     LL_TRY(ll_template_words(&a, spec.engine.command, &p.places, err));
 */
#ifndef LL_SWEEP_DESIGN_RUNG_PLACES_H
#define LL_SWEEP_DESIGN_RUNG_PLACES_H

#include "base/system/file.h"
#include "sweep/command/placeholders.h"
#include "sweep/design/design.h"
#include "sweep/metrics/metrics.h"

enum { LL_RUNG_PLACES = 40 };

typedef struct ll_rung_places {
    ll_placeholders places; /* points into the struct: not to be copied */
    ll_placeholder at[LL_RUNG_PLACES];
    char out[LL_PATH_MAX], parent[LL_PATH_MAX], train[LL_PATH_MAX], val[LL_PATH_MAX], branches[512];
} ll_rung_places;

/* folder: the ladder's, "" where it is not known yet; prefix: of the shards, "" where the spec names none. */
ll_status ll_rung_places_of(ll_rung_places *out, const ll_rung *rungs, int64_t n, int64_t i, const ll_spec *spec,
                            const char *folder, const char *prefix, ll_error *err);

/* FOLDER/RUNG, where a command's rung keeps what it writes. */
ll_status ll_rung_out(char out[LL_PATH_MAX], const char *folder, const char *rung, ll_error *err);

/* What the command calls its metrics; borrows the spec. */
void ll_rung_metric_names(const ll_spec *spec, ll_metric_names *out);

/* The engine's templates, expressions and names, before there are rungs. where: the spec's file. */
ll_status ll_rung_places_check(const ll_spec *spec, const char *where, ll_error *err);

/* Counts of a shape by engine.count, over those of the family: N of the ladder is params, and total alone takes its
 * place. What is not said is NaN. Without a command nothing changes. */
void ll_rung_count(const ll_spec *spec, const ll_model *m, ll_count *count);

/* Whether the N of the ladder counts everything. */
bool ll_rung_counts_total(const ll_spec *spec);

#endif
