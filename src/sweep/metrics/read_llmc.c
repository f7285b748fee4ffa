#include <string.h>

#include "sweep/metrics/reader.h"

/* "s:250 tel:5.1234": a validation; "s:251 trl:5.2 lr:0.0006 norm:1.2": a step; "s:250 eval:0.31": HellaSwag, of no
 * meaning here. (llm.c, llmc/logger.h) */
static ll_status read_line(ll_metric_reader *r, char *line, size_t n, ll_error *err) {
    static const struct {
        const char *key;
        ll_metric_kind metric;
    } keys[] = { { "s:", LL_METRIC_STEP }, { "tel:", LL_METRIC_LOSS }, { "trl:", LL_METRIC_TRAIN_LOSS } };
    ll_metric_row row = { 0 };
    if (strncmp(line, "s:", 2) != 0 || strlen(line) != n) {
        if (n) ll_metric_complain(r, "line %lld: does not begin with s:STEP", (long long)r->line);
        return LL_OK;
    }
    for (const char *at = line; *(at += strspn(at, " \r"));) {
        const size_t length = strcspn(at, " \r");
        double v;
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
            const size_t key = strlen(keys[k].key);
            if (length > key && !strncmp(at, keys[k].key, key) && ll_metric_number(at + key, length - key, &v))
                ll_metric_put(&row, keys[k].metric, v);
        }
        at += length;
    }
    return ll_metric_tell(r, &row, err);
}

const ll_metric_format ll_metric_llmc = { .name = "llmc", .begins = "main", .ends = ".log", .line = read_line };
