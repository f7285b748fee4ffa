#include "base/document/json_shape.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/words/nearest.h"

/* A place in the document, and the way that led there. */
typedef struct place {
    const char *where;
    char at[256];
    ll_error *err;
} place;

static place below(const place *p, const char *key) {
    place q = *p;
    const size_t used = strlen(q.at);
    snprintf(q.at + used, sizeof q.at - used, "%s%.60s", used ? "." : "", key);
    return q;
}

static place item(const place *p, size_t i) {
    place q = *p;
    const size_t used = strlen(q.at);
    snprintf(q.at + used, sizeof q.at - used, "[%zu]", i);
    return q;
}

static ll_status expected(const place *p, const char *what) {
    return LL_FAIL(p->err, LL_EFORMAT, "%s: %s: expected %s", p->where, *p->at ? p->at : "document", what);
}

/* ---- what stands under a key ---- */

static ll_status check_number(const place *p, const ll_json_shape *s, const ll_json *v) {
    const double x = ll_json_as_num(v);
    const bool bounded = s->lo != 0 || s->hi != 0;
    char range[80];
    if (isfinite(x) && (!bounded || (x >= s->lo && x <= s->hi))) return LL_OK;
    snprintf(range, sizeof range, "a number from %g to %g", s->lo, s->hi);
    return expected(p, bounded ? range : "a number");
}

static ll_status check_span(const place *p, const ll_json *v) {
    const double lo = ll_json_as_num(ll_json_at(v, 0)), hi = ll_json_as_num(ll_json_at(v, 1));
    return ll_json_size(v) == 2 && lo <= hi ? LL_OK : expected(p, "two numbers, the lower first");
}

static ll_status check_items(const place *p, const ll_json *v, bool texts) {
    if (ll_json_kind_of(v) != LL_JSON_ARRAY)
        return expected(p, texts ? "an array of texts" : "an array of numbers");
    for (size_t i = 0; i < ll_json_size(v); i++) {
        const ll_json *one = ll_json_at(v, i);
        const place q = item(p, i);
        if (texts && !ll_json_as_str(one)) return expected(&q, "a text");
        if (!texts && ll_json_kind_of(one) != LL_JSON_NULL && !isfinite(ll_json_as_num(one)))
            return expected(&q, "a number or null");
    }
    return LL_OK;
}

/* "same different cannot_tell": is it one of them? */
static bool is_word(const char *text, const char *words) {
    const size_t n = strlen(text);
    for (const char *w = words; *w; w += strcspn(w, " "), w += *w == ' ') {
        bool same = strcspn(w, " ") == n;
        for (size_t i = 0; i < n && same; i++) same = text[i] == (w[i] == '_' ? ' ' : w[i]);
        if (same) return true;
    }
    return false;
}

static ll_status check_word(const place *p, const ll_json_shape *s, const ll_json *v) {
    const char *text = ll_json_as_str(v);
    char one_of[200];
    if (text && is_word(text, s->words)) return LL_OK;
    int n = snprintf(one_of, sizeof one_of, "one of ");
    for (const char *w = s->words; *w && n + 3 < (int)sizeof one_of; w++) {
        n += snprintf(one_of + n, sizeof one_of - (size_t)n, "%s", *w == ' ' ? ", " : (char[]) { *w, 0 });
        if (one_of[n - 1] == '_') one_of[n - 1] = ' ';
    }
    return expected(p, one_of);
}

/* ---- objects ---- */

static ll_status check_object(const place *p, const ll_json_shape *shape, const ll_json *v);

static ll_status check_list(const place *p, const ll_json_shape *s, const ll_json *v) {
    char many[80];
    const size_t n = ll_json_size(v);
    snprintf(many, sizeof many, "an array of %g to %g objects", s->lo, s->hi);
    if (ll_json_kind_of(v) != LL_JSON_ARRAY || (double)n < s->lo || (double)n > s->hi) return expected(p, many);
    for (size_t i = 0; i < n; i++) {
        const place q = item(p, i);
        LL_TRY(check_object(&q, s->of, ll_json_at(v, i)));
    }
    return LL_OK;
}

static bool is_name(const char *text) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    const size_t n = strlen(text);
    return n > 0 && n <= LL_SHAPE_NAME && strspn(text, letters) == n;
}

static ll_status check_named(const place *p, const ll_json_shape *s, const ll_json *v) {
    const ll_json *value;
    if (ll_json_kind_of(v) != LL_JSON_OBJECT) return expected(p, "an object");
    for (const char *key = ll_json_next(v, NULL, &value); key; key = ll_json_next(v, key, &value)) {
        const place q = below(p, key);
        if (!is_name(key)) return expected(&q, "a name of at most 64 letters, digits, '_' and '-'");
        LL_TRY(check_object(&q, s->of, value));
    }
    return LL_OK;
}

static ll_status check_value(const place *p, const ll_json_shape *s, const ll_json *v) {
    bool truth;
    if (s->or_null && ll_json_kind_of(v) == LL_JSON_NULL) return LL_OK;
    switch (s->kind) {
    case LL_SHAPE_TEXT: return ll_json_as_str(v) ? LL_OK : expected(p, "a text");
    case LL_SHAPE_WORD: return check_word(p, s, v);
    case LL_SHAPE_BOOL: return ll_json_as_bool(v, &truth) ? LL_OK : expected(p, "true or false");
    case LL_SHAPE_NUMBER: return check_number(p, s, v);
    case LL_SHAPE_SPAN: return check_span(p, v);
    case LL_SHAPE_NUMBERS: return check_items(p, v, false);
    case LL_SHAPE_TEXTS: return check_items(p, v, true);
    case LL_SHAPE_LIST: return check_list(p, s, v);
    case LL_SHAPE_NAMED: return check_named(p, s, v);
    default: return check_object(p, s->of, v);
    }
}

static ll_status check_known(const place *p, const ll_json_shape *shape, const ll_json *v) {
    const ll_json *value;
    for (const char *key = ll_json_next(v, NULL, &value); key; key = ll_json_next(v, key, &value)) {
        ll_nearest near = { .word = key };
        char hint[LL_NEAREST_HINT];
        const ll_json_shape *s = shape;
        for (; s->key && strcmp(s->key, key) != 0; s++) ll_nearest_try(&near, s->key);
        if (s->key) continue;
        const place q = below(p, key);
        return LL_FAIL(p->err, LL_EFORMAT, "%s: %s: unknown key%s", p->where, q.at, ll_nearest_hint(&near, hint));
    }
    return LL_OK;
}

static ll_status check_object(const place *p, const ll_json_shape *shape, const ll_json *v) {
    if (ll_json_kind_of(v) != LL_JSON_OBJECT) return expected(p, "an object");
    LL_TRY(check_known(p, shape, v));
    for (const ll_json_shape *s = shape; s->key; s++) {
        const ll_json *value = ll_json_get(v, s->key);
        const place q = below(p, s->key);
        if (!value && !s->may_lack) return LL_FAIL(p->err, LL_EFORMAT, "%s: %s: missing", p->where, q.at);
        if (value) LL_TRY(check_value(&q, s, value));
    }
    return LL_OK;
}

ll_status ll_json_check(const ll_json_shape *shape, const ll_json *object, const char *where, ll_error *err) {
    const place top = { .where = where, .err = err };
    return check_object(&top, shape, object);
}
