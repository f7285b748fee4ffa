#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/file.h"
#include "probe/judge/classifier.h"

enum { FILE_MOST = 1 << 28 };
#define SCHEMA "loglog.judge/1"
#define AT(f) offsetof(ll_classifier_opts, f)
static const ll_option opts_table[] = { LL_CLASSIFIER_ROWS(AT) };
#undef AT
enum { OPTS = sizeof opts_table / sizeof *opts_table };

ll_json *ll_classifier_report_json(const ll_classifier *c) {
    const ll_classifier_report *r = &c->report;
    ll_json *o = ll_json_object(), *accuracy = ll_json_object(), *bins = ll_json_array();
    ll_json_set_str(o, "of", r->pairs ? "pairs" : "texts");
    ll_json_set_int(o, "learnt", r->learnt);
    ll_json_set_int(o, "calibrated", r->calibrated);
    ll_json_set_int(o, "judged", r->judged);
    ll_json_set_num(accuracy, "value", r->accuracy);
    ll_json_set(accuracy, "ci", ll_json_interval(true, r->lo, r->hi));
    ll_json_set_num(accuracy, "level", 0.9);
    ll_json_set_num(accuracy, "chance", 0.5);
    ll_json_set(o, "accuracy", accuracy);
    ll_json_set_num(o, "calibration", r->calibration);
    for (int b = 0; b < LL_CLASSIFIER_BINS; b++) {
        if (!r->bin[b].n) continue;
        ll_json *bin = ll_json_object();
        ll_json_set_int(bin, "n", r->bin[b].n);
        ll_json_set_num(bin, "said", r->bin[b].said);
        ll_json_set_num(bin, "share", r->bin[b].share);
        ll_json_push(bins, bin);
    }
    ll_json_set(o, "bins", bins);
    return o;
}

static ll_json *weights_json(const ll_classifier *c) {
    ll_json *all = ll_json_array();
    for (int64_t i = 0; i < (int64_t)1 << c->opts.bits; i++) {
        if (c->weight[i] == 0) continue;
        ll_json_push(all, ll_json_int(i));
        ll_json_push(all, ll_json_num(c->weight[i]));
    }
    return all;
}

ll_status ll_classifier_write(const ll_classifier *c, const char *path, ll_error *err) {
    ll_json *doc = ll_json_object();
    ll_file f;
    ll_json_set_str(doc, "schema", SCHEMA);
    ll_json_set(doc, "settings", ll_options_json(opts_table, OPTS, &c->opts));
    ll_json_set_num(doc, "scale", c->scale);
    ll_json_set_num(doc, "shift", c->shift);
    ll_json_set(doc, "report", ll_classifier_report_json(c));
    ll_json_set(doc, "weights", weights_json(c));
    char *text = ll_json_text(doc, false);
    ll_json_free(doc);
    if (!text) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory", path);
    ll_status s = ll_file_create(&f, path, err);
    if (s == LL_OK) {
        fprintf(f.out, "%s\n", text);
        s = ll_file_commit(&f, err);
    }
    free(text);
    return s;
}

static ll_status read_weights(ll_classifier *c, const ll_json *all, const char *path, ll_error *err) {
    const int64_t places = (int64_t)1 << c->opts.bits;
    const size_t n = all ? ll_json_size(all) : 1;
    if (n % 2) return LL_FAIL(err, LL_EFORMAT, "%s: weights: expected places and numbers by turns", path);
    for (size_t i = 0; i < n; i += 2) {
        const double at = ll_json_as_num(ll_json_at(all, i)), w = ll_json_as_num(ll_json_at(all, i + 1));
        if (!(at >= 0 && at < (double)places && at == floor(at)) || !isfinite(w))
            return LL_FAIL(err, LL_EFORMAT, "%s: weights: number %zu is no place below %lld with a finite weight",
                           path, i / 2 + 1, (long long)places);
        c->weight[(int64_t)at] = w;
    }
    return LL_OK;
}

static ll_status read_settings(ll_classifier *c, const ll_json *settings, const char *path, ll_error *err) {
    char text[64];
    LL_TRY(ll_options_default(opts_table, OPTS, &c->opts, err));
    for (int i = 0; i < OPTS; i++) {
        const double v = settings ? ll_json_get_num(settings, opts_table[i].key) : NAN;
        if (isnan(v))
            return LL_FAIL(err, LL_EFORMAT, "%s: settings.%s: expected a number", path, opts_table[i].key);
        snprintf(text, sizeof text, "%.17g", v);
        LL_TRY(ll_options_set(opts_table, OPTS, &c->opts, opts_table[i].key, text, path, err));
    }
    return LL_OK;
}

static ll_status read_doc(ll_classifier *c, const ll_json *doc, const char *path, ll_error *err) {
    const char *schema = ll_json_get_str(doc, "schema");
    if (!schema || strcmp(schema, SCHEMA) != 0)
        return LL_FAIL(err, LL_EFORMAT, "%s: expected a judge of 'constitution train-judge', of the form %s", path,
                       SCHEMA);
    LL_TRY(read_settings(c, ll_json_get(doc, "settings"), path, err));
    c->scale = ll_json_get_num(doc, "scale");
    c->shift = ll_json_get_num(doc, "shift");
    if (!isfinite(c->scale) || !isfinite(c->shift))
        return LL_FAIL(err, LL_EFORMAT, "%s: scale or shift is no finite number", path);
    const ll_json *report = ll_json_get(doc, "report"), *accuracy = report ? ll_json_get(report, "accuracy") : NULL;
    const ll_json *ci = accuracy ? ll_json_get(accuracy, "ci") : NULL;
    c->report.accuracy = accuracy ? ll_json_get_num(accuracy, "value") : NAN;
    c->report.lo = ci ? ll_json_as_num(ll_json_at(ci, 0)) : NAN;
    c->report.hi = ci ? ll_json_as_num(ll_json_at(ci, 1)) : NAN;
    if (!(c->report.lo > 0.5))
        return LL_FAIL(err, LL_EINPUT, "%s: the judge's report does not say that it is better than chance", path);
    c->weight = calloc((size_t)1 << c->opts.bits, sizeof *c->weight);
    if (!c->weight) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory", path);
    return read_weights(c, ll_json_get(doc, "weights"), path, err);
}

ll_status ll_classifier_read(ll_classifier **out, const char *path, ll_error *err) {
    ll_json *doc;
    ll_classifier *c = *out = NULL;
    LL_TRY(ll_json_load(path, FILE_MOST, &doc, err));
    c = calloc(1, sizeof *c);
    ll_status s = c ? read_doc(c, doc, path, err) : LL_FAIL(err, LL_ENOMEM, "%s: out of memory", path);
    ll_json_free(doc);
    if (s == LL_OK) *out = c;
    else ll_classifier_free(c);
    return s;
}
