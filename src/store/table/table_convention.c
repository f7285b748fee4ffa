/* What a count of parameters counts and what a loss is measured in: by the name of its column, or as given. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "loglog/units.h"
#include "store/table/table_fill.h"

static const char *header_of(const ll_fill *f, ll_column c) {
    return f->of[c] < 0 ? "" : f->headers[f->of[c]];
}

/* "(B)" at the end of a header, or "(1E21)". A letter may be a sign instead, as of batches, and is held to be one where
 * the number is large itself (ll_fill's times). */
static bool unit_of(const char *header, double *times) {
    const char *open = strrchr(header, '('), *close = open ? strchr(open, ')') : NULL;
    char text[16];
    if (!close || close[1] || close - open > 9) return false;
    const bool letter = close - open == 2 && strchr("kKMBT", open[1]);
    const bool power = isdigit((unsigned char)open[1]) && strpbrk(open, "eE");
    snprintf(text, sizeof text, "%s%.*s", letter ? "1" : "", (int)(close - open - 1), open + 1);
    if (!(letter || power) || !ll_units_parse(text, times) || !(*times > 0)) return false;
    if (letter) *times = -*times;
    return true;
}

void ll_fill_units(ll_fill *f) {
    static const ll_column counts[] = { LL_COL_PARAMS, LL_COL_PARAMS_TOTAL,  LL_COL_TOKENS,
                                        LL_COL_FLOPS,  LL_COL_UNIQUE_TOKENS, LL_COL_BATCH_TOKENS };
    for (size_t k = 0; k < sizeof counts / sizeof *counts; k++)
        if (f->times[counts[k]] == 0) unit_of(header_of(f, counts[k]), &f->times[counts[k]]);
}

static ll_status bind_params(ll_fill *f, const char *are, ll_error *err) {
    ll_table *t = f->t;
    bool stated = strcmp(header_of(f, LL_COL_PARAMS), "params") == 0;
    bool total = are && strcmp(are, "total") == 0, given = are && *are;
    if (given && !total && strcmp(are, "nonembedding") != 0)
        return LL_FAIL(err, LL_EINPUT, "params-are: '%.40s', expected total or nonembedding", are);
    if (stated && total)
        return LL_FAIL(
            err, LL_EINPUT,
            "%s: the column 'params' is non-embedding by its name; --col params_total=params says otherwise",
            f->path);
    t->params_are = total ? LL_PARAMS_TOTAL : stated || given ? LL_PARAMS_NONEMBEDDING : LL_PARAMS_UNSTATED;
    return LL_OK;
}

static bool ends_with(const char *name, const char *tail) {
    size_t n = strlen(name), k = strlen(tail);
    return n >= k && strcmp(name + n - k, tail) == 0 && (n == k || name[n - k - 1] == '_');
}

/* The unit that a header names; false when it names none. */
static bool named_unit(const char *header, ll_loss_unit *unit) {
    static const struct {
        const char *tail;
        ll_loss_unit unit;
    } tails[] = { { "nats", LL_LOSS_NATS },
                  { "bpb", LL_LOSS_BITS_PER_BYTE },
                  { "bits_per_byte", LL_LOSS_BITS_PER_BYTE },
                  { "bits_per_token", LL_LOSS_BITS_PER_TOKEN },
                  { "loss_unstated", LL_LOSS_UNSTATED } }; /* as ll_table_write names it */
    char name[LL_HEADER_MAX];
    ll_header_normalise(header, name);
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++)
        if (ends_with(name, tails[i].tail)) return *unit = tails[i].unit, true;
    return false;
}

/* Whether a header speaks of a loss at all: a column bound by hand may hold an accuracy. "": no header. */
static bool names_a_loss(const char *header) {
    char name[LL_HEADER_MAX];
    ll_header_normalise(header, name);
    return !*header || ll_header_is(header, LL_COL_LOSS) || strstr(name, "loss") || strstr(name, "nll") ||
           strstr(name, "entropy");
}

static ll_status bind_unit(ll_fill *f, const char *given, ll_error *err) {
    static const char *const names[] = { "nats", "bits_per_byte", "bits_per_token" };
    const char *header = header_of(f, LL_COL_LOSS);
    bool named = named_unit(header, &f->t->loss_unit);
    if (!named && !names_a_loss(header)) f->t->loss_unit = LL_LOSS_UNSTATED;
    if (!given || !*given) return LL_OK;
    for (int u = 0; u < 3; u++) {
        if (strcmp(given, names[u]) != 0) continue;
        if (named && f->t->loss_unit != LL_LOSS_UNSTATED && (int)f->t->loss_unit != u)
            return LL_FAIL(err, LL_EINPUT, "%s: the column '%.60s' is in %s by its name, loss-unit says %s",
                           f->path, header, names[f->t->loss_unit], given);
        f->t->loss_unit = (ll_loss_unit)u;
        return LL_OK;
    }
    return LL_FAIL(err, LL_EINPUT, "loss-unit: '%.40s', expected nats, bits_per_byte or bits_per_token", given);
}

ll_status ll_fill_convention(ll_fill *f, const char *params_are, const char *loss_unit, ll_error *err) {
    LL_TRY(bind_params(f, params_are, err));
    return bind_unit(f, loss_unit, err);
}
