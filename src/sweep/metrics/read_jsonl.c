/* JSON lines, and the objects that other formats have in them. */
#include <math.h>
#include <string.h>

#include "base/document/json.h"
#include "sweep/metrics/reader.h"

/* The value under name: the key itself, else down into the object along the dots. */
static const ll_json *look_up(const ll_json *o, const char *name) {
    char key[64];
    const ll_json *v = ll_json_get(o, name);
    for (const char *dot = name; !v && (dot = strchr(dot, '.')); dot++) {
        const size_t n = (size_t)(dot - name);
        if (n >= sizeof key) return NULL;
        memcpy(key, name, n);
        key[n] = 0;
        const ll_json *group = ll_json_get(o, key);
        if (ll_json_kind_of(group) == LL_JSON_OBJECT) v = look_up(group, dot + 1);
    }
    return v;
}

static bool number_of(const ll_json *v, double *out) {
    const char *text = ll_json_as_str(v);
    if (text) return ll_metric_number(text, strlen(text), out);
    *out = ll_json_as_num(v);
    return !isnan(*out);
}

/* Python's json writes NaN, Infinity and -Infinity, which are no JSON: as texts, they are. Room for twice n. */
static size_t quote_names(char *to, const char *from, size_t n) {
    static const char *const names[] = { "-Infinity", "Infinity", "NaN" };
    size_t used = 0;
    bool inside = false;
    for (size_t i = 0; i < n;) {
        size_t length = 1;
        bool name = false;
        for (int k = 0; k < 3 && !inside && !name; k++)
            if (strncmp(from + i, names[k], strlen(names[k])) == 0) name = true, length = strlen(names[k]);
        if (from[i] == '\\' && inside && i + 1 < n) length = 2;
        else if (from[i] == '"') inside = !inside;
        if (name) to[used++] = '"';
        memcpy(to + used, from + i, length);
        used += length;
        if (name) to[used++] = '"';
        i += length;
    }
    return used;
}

static ll_json *parse(const char *line, size_t n) {
    char quoted[2 * LL_METRIC_LINE];
    ll_json *o = NULL;
    if (ll_json_parse(line, n, "", &o, NULL) == LL_OK) return o;
    if (!strstr(line, "NaN") && !strstr(line, "Infinity")) return NULL;
    const size_t used = quote_names(quoted, line, n);
    return ll_json_parse(quoted, used, "", &o, NULL) == LL_OK ? o : NULL;
}

ll_status ll_metric_json_line(ll_metric_reader *r, char *line, size_t n, ll_error *err) {
    ll_metric_row row = { 0 };
    if (!line[strspn(line, " \t\r")] && strlen(line) == n) return LL_OK;
    ll_json *o = parse(line, n);
    if (ll_json_kind_of(o) != LL_JSON_OBJECT) {
        ll_json_free(o);
        return ll_metric_complain(r, "line %lld: no JSON object", (long long)r->line), LL_OK;
    }
    for (int m = 0; m < LL_METRIC_COUNT; m++) {
        const ll_json *v = *r->names->name[m] ? look_up(o, r->names->name[m]) : NULL;
        double number;
        if (v && number_of(v, &number)) ll_metric_put(&row, (ll_metric_kind)m, number);
    }
    ll_json_free(o);
    return ll_metric_tell(r, &row, err);
}

const ll_metric_format ll_metric_jsonl = {
    .name = "jsonl", .begins = "", .ends = ".jsonl", .line = ll_metric_json_line
};
