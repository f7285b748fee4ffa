#include <string.h>

#include "store/table/csv.h"
#include "sweep/metrics/reader.h"

typedef struct columns {
    int64_t at[LL_METRIC_COUNT]; /* -1: there is none */
    bool known;
} columns;

/* The header, first or again. */
static bool is_header(const ll_metric_reader *r, const ll_csv *c) {
    for (int64_t i = 0; i < c->n; i++)
        if (strcmp(c->cell[i], r->names->name[LL_METRIC_LOSS]) == 0) return true;
    return false;
}

static ll_status take_header(const ll_metric_reader *r, columns *s, const ll_csv *c, ll_error *err) {
    if (!is_header(r, c))
        return LL_FAIL(err, LL_EFORMAT,
                       "line %lld: no column '%.60s' among the %lld of the header, '%.60s' the first",
                       (long long)r->line, r->names->name[LL_METRIC_LOSS], (long long)c->n, c->cell[0]);
    for (int m = 0; m < LL_METRIC_COUNT; m++) {
        s->at[m] = -1;
        for (int64_t i = 0; i < c->n && *r->names->name[m]; i++)
            if (strcmp(c->cell[i], r->names->name[m]) == 0) s->at[m] = i;
    }
    s->known = true;
    return LL_OK;
}

static ll_status take_cells(ll_metric_reader *r, const ll_csv *c, ll_error *err) {
    columns *s = r->state;
    ll_metric_row row = { 0 };
    if (!s->known || is_header(r, c)) return take_header(r, s, c, err);
    for (int m = 0; m < LL_METRIC_COUNT; m++) {
        double v;
        if (s->at[m] < 0 || s->at[m] >= c->n || !*c->cell[s->at[m]]) continue;
        if (ll_metric_number(c->cell[s->at[m]], strlen(c->cell[s->at[m]]), &v))
            ll_metric_put(&row, (ll_metric_kind)m, v);
        else ll_metric_complain(r, "line %lld: column '%.40s' is no number", (long long)r->line, r->names->name[m]);
    }
    return ll_metric_tell(r, &row, err);
}

static ll_status read_line(ll_metric_reader *r, char *line, size_t n, ll_error *err) {
    ll_csv c;
    if (memchr(line, 0, n) || ll_csv_open(&c, line, n, "", NULL) != LL_OK)
        return ll_metric_complain(r, "line %lld: no CSV", (long long)r->line), LL_OK;
    ll_status s = LL_OK;
    if (ll_csv_next(&c, NULL) != LL_OK) ll_metric_complain(r, "line %lld: no CSV", (long long)r->line);
    else if (c.n) s = take_cells(r, &c, err);
    ll_csv_close(&c);
    return s;
}

const ll_metric_format ll_metric_csv = {
    .name = "csv", .begins = "", .ends = ".csv", .state = sizeof(columns), .line = read_line
};
