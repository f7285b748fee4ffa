/* A table of published models, such as Epoch AI's notable models: name, day, training FLOPs, cost.
 *
 *     ll_models m;
 *     LL_TRY(ll_models_read(&m, "notable_models.csv", err));
 *     m.at[i].name, m.at[i].year, m.at[i].flops, m.at[i].usd
 *     ll_models_clear(&m);
 *
 * Columns by their headers: Model, Publication date, Training compute (FLOP), and, where there is one, a header
 * that begins with Training compute cost. Rows without a name, a day or FLOPs are left out and counted.
 */
#ifndef LL_STORE_TABLE_PUBLISHED_MODELS_H
#define LL_STORE_TABLE_PUBLISHED_MODELS_H

#include <stdint.h>

#include "loglog/error.h"

typedef struct ll_published_model {
    char name[256];
    double year;       /* of publication, with its fraction */
    double flops, usd; /* usd NaN: not known */
} ll_published_model;

typedef struct ll_models {
    int64_t n, dropped;
    ll_published_model *at; /* [n] by year; owned */
} ll_models;

/* A missing column, or a cell that is no day, number or amount: LL_EINPUT with file and line. */
ll_status ll_models_read(ll_models *m, const char *path, ll_error *err);
void ll_models_clear(ll_models *m);

/* The one of that name, letters' case aside, else the only one whose name holds it; NULL, and the nearest in err.
 */
const ll_published_model *ll_models_find(const ll_models *m, const char *name, ll_error *err);

#endif
