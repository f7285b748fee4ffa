#define _GNU_SOURCE /* strcasestr */
#include "store/table/published_models.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/system/clock.h"
#include "base/system/file.h"
#include "loglog/units.h"
#include "store/table/csv.h"

enum { MAX_BYTES = 1 << 28 };

/* ---- columns ---- */

enum { NAME, DAY, FLOPS, USD, FIELDS };
static const char *const headers[FIELDS] = { "Model", "Publication date", "Training compute (FLOP)",
                                             "Training compute cost" };

static ll_status find_columns(const ll_csv *c, int64_t column[FIELDS], ll_error *err) {
    for (int f = 0; f < FIELDS; f++) column[f] = -1;
    for (int64_t k = 0; k < c->n; k++)
        for (int f = 0; f < FIELDS; f++) {
            const size_t n = f == USD ? strlen(headers[f]) : strlen(c->cell[k]) + 1;
            if (column[f] < 0 && strncmp(c->cell[k], headers[f], n) == 0) column[f] = k;
        }
    for (int f = 0; f < USD; f++)
        if (column[f] < 0)
            return LL_FAIL(err, LL_EINPUT, "%s:%lld: no column '%s'", c->path, (long long)c->line, headers[f]);
    return LL_OK;
}

/* ---- rows ---- */

static const char *cell(const ll_csv *c, int64_t column) {
    return column >= 0 && column < c->n ? c->cell[column] : "";
}

static ll_status bad(const ll_csv *c, int field, const char *text, const char *expected, ll_error *err) {
    return LL_FAIL(err, LL_EINPUT, "%s:%lld: %s is '%.40s', expected %s", c->path, (long long)c->line,
                   headers[field], text, expected);
}

/* *known: the row has what a model needs. */
static ll_status parse(const ll_csv *c, const int64_t column[FIELDS], ll_published_model *m, bool *known,
                       ll_error *err) {
    const char *name = cell(c, column[NAME]), *day = cell(c, column[DAY]), *flops = cell(c, column[FLOPS]),
               *usd = cell(c, column[USD]);
    *known = *name && *day && *flops;
    if (!*known) return LL_OK;
    if (strlen(name) >= sizeof m->name) return bad(c, NAME, name, "a name of at most 255 bytes", err);
    strcpy(m->name, name);
    m->usd = NAN;
    if (!ll_clock_year(day, &m->year)) return bad(c, DAY, day, "a day such as 2020-05-28", err);
    if (!ll_units_parse(flops, &m->flops) || !(m->flops > 0)) return bad(c, FLOPS, flops, "a number above 0", err);
    if (*usd && (!ll_units_money(usd, &m->usd) || !(m->usd > 0))) return bad(c, USD, usd, "dollars above 0", err);
    return LL_OK;
}

static ll_status push(ll_models *m, int64_t *room, const ll_published_model *model, ll_error *err) {
    if (m->n == *room) {
        *room = *room ? 2 * *room : 256;
        ll_published_model *more = realloc(m->at, (size_t)*room * sizeof *more);
        if (!more) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld models", (long long)*room);
        m->at = more;
    }
    m->at[m->n++] = *model;
    return LL_OK;
}

static ll_status read_rows(ll_models *m, ll_csv *c, ll_error *err) {
    int64_t column[FIELDS], room = 0;
    LL_TRY(ll_csv_next(c, err));
    LL_TRY(find_columns(c, column, err));
    for (;;) {
        ll_published_model model;
        bool known;
        LL_TRY(ll_csv_next(c, err));
        if (c->n == 0) return LL_OK;
        LL_TRY(parse(c, column, &model, &known, err));
        if (known) LL_TRY(push(m, &room, &model, err));
        else m->dropped++;
    }
}

static int by_year(const void *a, const void *b) {
    const ll_published_model *p = a, *q = b;
    return p->year < q->year ? -1 : p->year > q->year ? 1 : strcmp(p->name, q->name);
}

ll_status ll_models_read(ll_models *m, const char *path, ll_error *err) {
    char *text;
    size_t size;
    ll_csv c;
    *m = (ll_models) { 0 };
    LL_TRY(ll_file_read(path, MAX_BYTES, &text, &size, err));
    ll_status s = ll_csv_open(&c, text, size, path, err);
    if (s == LL_OK) {
        s = read_rows(m, &c, err);
        ll_csv_close(&c);
    }
    free(text);
    if (s == LL_OK && m->n == 0) s = LL_FAIL(err, LL_EINPUT, "%s: no model with a name, a day and FLOPs", path);
    if (s != LL_OK) ll_models_clear(m);
    else qsort(m->at, (size_t)m->n, sizeof *m->at, by_year);
    return s;
}

void ll_models_clear(ll_models *m) {
    free(m->at);
    *m = (ll_models) { 0 };
}

/* ---- by name ---- */

const ll_published_model *ll_models_find(const ll_models *m, const char *name, ll_error *err) {
    const ll_published_model *part = NULL;
    char some[256] = "";
    int parts = 0;
    for (int64_t i = 0; i < m->n; i++) {
        if (strcasecmp(m->at[i].name, name) == 0) return &m->at[i];
        if (!strcasestr(m->at[i].name, name)) continue;
        const size_t used = strlen(some);
        snprintf(some + used, sizeof some - used, "%s%.80s", parts ? ", " : "", m->at[i].name);
        part = &m->at[i];
        parts++;
    }
    if (parts == 1) return part;
    if (parts == 0) LL_FAIL(err, LL_EINPUT, "no model '%.60s' in the table", name);
    else LL_FAIL(err, LL_EINPUT, "'%.60s' names %d models: %.180s", name, parts, some);
    return NULL;
}
