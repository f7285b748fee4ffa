/* The shape of a programme's result, and its figures. */
#include "report/programme/programme.h"

#include <stdio.h>
#include <string.h>

#include "base/document/json_shape.h"
#include "report/figure/figure_document.h"

static const size_t LARGEST = (size_t)64 << 20; /* bytes of a file */

static const ll_json_shape scale[] = {
    { "params", LL_SHAPE_SPAN, .or_null = true },
    { "tokens", LL_SHAPE_SPAN, .or_null = true },
    { "flops", LL_SHAPE_SPAN, .or_null = true },
    { 0 },
};

static const ll_json_shape here[] = {
    { "value", LL_SHAPE_NUMBER },
    { "ci", LL_SHAPE_SPAN, .or_null = true },
    { "level", LL_SHAPE_NUMBER, .lo = 0.01, .hi = 0.9999 },
    { 0 },
};

static const ll_json_shape published[] = {
    { "value", LL_SHAPE_NUMBER },
    { "ci", LL_SHAPE_SPAN, .or_null = true },
    { "source", LL_SHAPE_TEXT },
    { "scale", LL_SHAPE_OBJECT, .or_null = true, .of = scale },
    { 0 },
};

static const ll_json_shape quantity[] = {
    { "name", LL_SHAPE_TEXT },
    { "meaning", LL_SHAPE_TEXT },
    { "here", LL_SHAPE_OBJECT, .or_null = true, .of = here },
    { "published", LL_SHAPE_OBJECT, .or_null = true, .of = published },
    { "verdict", LL_SHAPE_WORD, .or_null = true, .words = "same different cannot_tell" },
    { "note", LL_SHAPE_TEXT, .or_null = true },
    { "command", LL_SHAPE_TEXT },
    { 0 },
};

static const ll_json_shape experiment[] = {
    { "question", LL_SHAPE_TEXT },
    { "arms", LL_SHAPE_TEXTS },
    { "runs", LL_SHAPE_NUMBER, .lo = 0, .hi = 1e9 },
    { "wall_s", LL_SHAPE_NUMBER, .lo = 0, .hi = 1e12 },
    { "scale", LL_SHAPE_OBJECT, .or_null = true, .of = scale },
    { "forbids", LL_SHAPE_TEXT },
    { "skipped", LL_SHAPE_TEXT, .or_null = true },
    { "quantities", LL_SHAPE_NAMED, .of = quantity },
    { "figure", LL_SHAPE_OBJECT, .or_null = true, .of = ll_figure_shape },
    { 0 },
};

static const ll_json_shape data[] = {
    { "name", LL_SHAPE_TEXT },
    { "bytes", LL_SHAPE_NUMBER, .lo = 0, .hi = 1e18 },
    { "tokens", LL_SHAPE_NUMBER, .lo = 0, .hi = 1e18 },
    { "hash", LL_SHAPE_TEXT },
    { 0 },
};

static const ll_json_shape result[] = {
    { "schema", LL_SHAPE_WORD, .words = "loglog.programme-result/1" },
    { "name", LL_SHAPE_TEXT },
    { "title", LL_SHAPE_TEXT },
    { "paper", LL_SHAPE_TEXT },
    { "data", LL_SHAPE_OBJECT, .or_null = true, .of = data },
    { "minutes", LL_SHAPE_NUMBER, .lo = 0, .hi = 1e9 },
    { "wall_s", LL_SHAPE_NUMBER, .lo = 0, .hi = 1e12 },
    { "command", LL_SHAPE_TEXT },
    { "version", LL_SHAPE_TEXT },
    { "machine", LL_SHAPE_TEXT },
    { "experiments", LL_SHAPE_NAMED, .of = experiment },
    { 0 },
};

static ll_status make_figure(ll_figure **out, const ll_json *e, const char *name, const char *where,
                             ll_error *err) {
    char place[LL_ERROR_MAX / 2];
    snprintf(place, sizeof place, "%.400s%sexperiments.%s.figure", where, *where ? ": " : "", name);
    return ll_figure_of_document(out, ll_json_get(e, "figure"), place, err);
}

static bool has_figure(const ll_json *e) {
    return ll_json_kind_of(ll_json_get(e, "figure")) == LL_JSON_OBJECT;
}

ll_status ll_programme_check(const ll_json *doc, const char *where, ll_error *err) {
    const ll_json *experiments, *e;
    LL_TRY(ll_json_check(result, doc, where, err));
    experiments = ll_json_get(doc, "experiments");
    for (const char *name = ll_json_next(experiments, NULL, &e); name; name = ll_json_next(experiments, name, &e)) {
        ll_figure *f;
        if (!has_figure(e)) continue;
        LL_TRY(make_figure(&f, e, name, where, err));
        ll_figure_free(f);
    }
    return LL_OK;
}

ll_status ll_programme_load(ll_json **out, const char *path, ll_error *err) {
    LL_TRY(ll_json_load(path, LARGEST, out, err));
    const ll_status s = ll_programme_check(*out, path, err);
    if (s == LL_OK) return LL_OK;
    ll_json_free(*out);
    *out = NULL;
    return s;
}

ll_status ll_programme_figure(ll_figure **out, const ll_json *doc, const char *name, ll_error *err) {
    const ll_json *e = ll_json_get(ll_json_get(doc, "experiments"), name);
    *out = NULL;
    if (!has_figure(e)) return LL_FAIL(err, LL_ESTATE, "experiment '%.80s' has no figure", name);
    return make_figure(out, e, name, "", err);
}
