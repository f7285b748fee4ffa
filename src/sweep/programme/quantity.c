#define _POSIX_C_SOURCE 200809L
#include "sweep/programme/quantity.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "law/paper.h"
#include "law/published.h"
#include "loglog/units.h"

/* ---- the paper ---- */

static bool of_law(const ll_published *p, const char *constant, ll_programme_paper *out) {
    for (int j = 0; j < p->law->n_params; j++)
        if (strcmp(p->law->params[j].name, constant) == 0)
            return *out = (ll_programme_paper) { p->params[j], p->source }, true;
    return false;
}

static bool of_paper(const ll_paper *p, const char *constant, ll_programme_paper *out) {
    char names[LL_OPTION_TEXT], *rest = names;
    int j = 0;
    snprintf(names, sizeof names, "%s", p->names);
    for (char *name; (name = strtok_r(rest, " ", &rest)); j++)
        if (strcmp(name, constant) == 0) return *out = (ll_programme_paper) { p->constant[j], p->source }, true;
    return false;
}

ll_status ll_programme_published(const ll_programme_quantity *q, ll_programme_paper *out, ll_error *err) {
    char id[LL_OPTION_TEXT];
    *out = (ll_programme_paper) { NAN, q->source };
    if (*q->value) ll_units_parse(q->value, &out->value);
    if (!*q->published) return LL_OK;
    snprintf(id, sizeof id, "%s", q->published);
    char *dot = strchr(id, '.');
    *dot = 0;
    const ll_published *law = ll_published_find(id);
    const ll_paper *paper = ll_paper_find(id);
    if ((law && of_law(law, dot + 1, out)) || (paper && of_paper(paper, dot + 1, out))) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "quantity %s: 'loglog paper' has no '%.80s'", q->name, q->published);
}

/* ---- here ---- */

/* What stands at a path of keys, each up to a dot or, as a column of a score is called, with the rest as one; NULL
 * where nothing does. */
static const ll_json *at_path(const ll_json *doc, const char *path) {
    char key[LL_OPTION_TEXT];
    while (doc) {
        const char *dot = strchr(path, '.');
        if (!dot || ll_json_get(doc, path)) return ll_json_get(doc, path);
        snprintf(key, sizeof key, "%.*s", (int)(dot - path), path);
        doc = ll_json_get(doc, key);
        path = dot + 1;
    }
    return NULL;
}

typedef struct measured {
    double value, lo, hi, level;
} measured;

static measured measure(const ll_json *fit, const char *take) {
    const ll_json *at = fit ? at_path(fit, take) : NULL, *ci = at ? ll_json_get(at, "ci") : NULL;
    measured m = { NAN, NAN, NAN, NAN };
    if (!at) return m;
    m.value = ll_json_get(at, "value") ? ll_json_get_num(at, "value") : ll_json_as_num(at);
    m.level = ll_json_get_num(at, "level");
    if (!ci || ll_json_size(ci) != 2) return m;
    m.lo = ll_json_as_num(ll_json_at(ci, 0));
    m.hi = ll_json_as_num(ll_json_at(ci, 1));
    return m;
}

static const char *verdict_of(const measured *m, double published) {
    if (isnan(published)) return NULL;
    if (!isfinite(m->lo) || !isfinite(m->hi)) return "cannot tell";
    if (published < m->lo || published > m->hi) return "different";
    return m->hi - m->lo <= fabs(published) ? "same" : "cannot tell";
}

static void set_text_or_null(ll_json *o, const char *key, const char *text) {
    if (text && *text) ll_json_set_str(o, key, text);
    else ll_json_set_num(o, key, NAN);
}

static ll_json *here_json(const measured *m) {
    ll_json *o = ll_json_object();
    ll_json_set_num(o, "value", m->value);
    ll_json_set(o, "ci", ll_json_interval(isfinite(m->lo) && isfinite(m->hi), m->lo, m->hi));
    ll_json_set_num(o, "level", isnan(m->level) ? 0.9 : m->level);
    return o;
}

static ll_json *span_json(const ll_list *of) {
    return ll_json_interval(of->n == 2, of->v[0], of->v[1]);
}

static ll_json *published_json(const ll_programme_paper *p, const ll_programme *of) {
    ll_json *o = ll_json_object(), *scale = ll_json_object();
    ll_json_set(scale, "params", span_json(&of->params));
    ll_json_set(scale, "tokens", span_json(&of->tokens));
    ll_json_set(scale, "flops", span_json(&of->flops));
    ll_json_set_num(o, "value", p->value);
    ll_json_set_num(o, "ci", NAN);
    ll_json_set_str(o, "source", p->source);
    ll_json_set(o, "scale", scale);
    return o;
}

ll_status ll_programme_quantity_json(ll_json **out, const ll_programme *p, const ll_programme_quantity *q,
                                     const ll_json *fit, const char *why, ll_error *err) {
    ll_programme_paper paper;
    const measured m = measure(fit, q->take);
    char note[LL_ERROR_MAX];
    *out = NULL;
    LL_TRY(ll_programme_published(q, &paper, err));
    snprintf(note, sizeof note, "%s", why ? why : "");
    if (fit && isnan(m.value)) snprintf(note, sizeof note, "the fit says nothing of %.80s", q->take);
    ll_json *o = *out = ll_json_object();
    ll_json_set_str(o, "name", q->name);
    ll_json_set_str(o, "meaning", q->meaning);
    ll_json_set(o, "here", isnan(m.value) ? ll_json_num(NAN) : here_json(&m));
    ll_json_set(o, "published", isnan(paper.value) ? ll_json_num(NAN) : published_json(&paper, p));
    set_text_or_null(o, "verdict", isnan(m.value) ? NULL : verdict_of(&m, paper.value));
    set_text_or_null(o, "note", note);
    return LL_OK;
}
