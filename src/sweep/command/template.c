#define _POSIX_C_SOURCE 200809L
#include "sweep/command/template.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words/number.h"
#include "base/words/text.h"

/* ---- what is written ---- */

typedef struct written {
    char *text;
    size_t n, size; /* bytes so far, room */
} written;

static void put(written *w, char c) {
    if (w->n + 1 < w->size) w->text[w->n] = c;
    w->n++;
}

static void put_text(written *w, const char *text) {
    for (; *text; text++) put(w, *text);
}

/* Ends the text; LL_EINPUT where it did not fit. */
static ll_status close_text(written *w, ll_error *err) {
    const bool fits = w->n < w->size;
    w->text[fits ? w->n : w->size - 1] = 0;
    return fits ? LL_OK : LL_FAIL(err, LL_EINPUT, "the text is longer than %zu bytes", w->size - 1);
}

/* A value as text: whole numbers without a point, others as short as reads back the same. */
static const char *value_of(const ll_placeholder *p, char buf[LL_NUMBER_TEXT]) {
    if (p->text) return p->text;
    if (p->v != floor(p->v) || fabs(p->v) > 9e15) return ll_number_show(p->v, buf);
    snprintf(buf, LL_NUMBER_TEXT, "%lld", (long long)p->v);
    return buf;
}

/* What stands at *at: a placeholder's value, a brace, or the letter itself; moves on behind it. */
static ll_status put_next(written *w, const char *whole, const char **at, const ll_placeholders *places,
                          ll_error *err) {
    char buf[LL_NUMBER_TEXT];
    const ll_placeholder *place;
    size_t n = 1;
    const bool twice = (**at == '{' || **at == '}') && (*at)[1] == **at;
    if (twice || **at != '{') {
        put(w, **at);
        n += twice;
    } else {
        LL_TRY(ll_placeholder_find(places, whole, *at, &place, &n, err));
        if (place->spliced)
            return ll_placeholder_fail(places, whole, *at, err, "{%s} has to be a word of its own", place->name);
        put_text(w, value_of(place, buf));
    }
    *at += n;
    return LL_OK;
}

ll_status ll_template_fill(char *out, size_t size, const char *text, const ll_placeholders *places, ll_error *err) {
    written w = { out, 0, size };
    for (const char *at = text; *at;) LL_TRY(put_next(&w, text, &at, places, err));
    return close_text(&w, err);
}

/* ---- words ---- */

static const char blanks[] = " \t\r\n";

static ll_status add_word(ll_arguments *a, const char *word, ll_error *err) {
    if (a->n == LL_TEMPLATE_WORDS) return LL_FAIL(err, LL_EINPUT, "more than %d words", LL_TEMPLATE_WORDS);
    a->at[a->n] = strdup(word);
    return a->at[a->n] ? (a->n++, LL_OK) : LL_FAIL(err, LL_ENOMEM, "out of memory");
}

static ll_status put_word(written *w, const char *whole, const char **at, const ll_placeholders *places,
                          ll_error *err) {
    for (char quote = 0; **at && (quote || !strchr(blanks, **at));) {
        if (quote ? **at == quote : **at == '\'' || **at == '"') quote = quote ? 0 : **at, ++*at;
        else LL_TRY(put_next(w, whole, at, places, err));
        if (quote && !**at) return ll_placeholder_fail(places, whole, *at, err, "expected a closing %c", quote);
    }
    return close_text(w, err);
}

/* The spliced place that a word at this place is; NULL. */
static const ll_placeholder *spliced_at(const char *at, const ll_placeholders *places) {
    for (int i = 0; i < places->n; i++) {
        const ll_placeholder *p = &places->at[i];
        const size_t n = strlen(p->name);
        if (p->spliced && at[0] == '{' && strncmp(at + 1, p->name, n) == 0 && at[1 + n] == '}' &&
            (!at[n + 2] || strchr(blanks, at[n + 2])))
            return p;
    }
    return NULL;
}

/* depth: a spliced template holds no other one. */
static ll_status add_words(ll_arguments *a, const char *text, const ll_placeholders *places, int depth, char *room,
                           ll_error *err) {
    for (const char *at = text; *(at += strspn(at, blanks));) {
        const ll_placeholder *p = depth ? NULL : spliced_at(at, places);
        if (p) {
            LL_TRY(add_words(a, p->text, places, depth + 1, room, err));
            at += strlen(p->name) + 2;
            continue;
        }
        written w = { room, 0, LL_TEMPLATE_BYTES };
        LL_TRY(put_word(&w, text, &at, places, err));
        LL_TRY(add_word(a, room, err));
    }
    return LL_OK;
}

ll_status ll_template_words(ll_arguments *out, const char *text, const ll_placeholders *places, ll_error *err) {
    *out = (ll_arguments) { .at = calloc(LL_TEMPLATE_WORDS + 1, sizeof *out->at) };
    char *room = malloc(LL_TEMPLATE_BYTES);
    ll_status s =
        out->at && room ? add_words(out, text, places, 0, room, err) : LL_FAIL(err, LL_ENOMEM, "out of memory");
    free(room);
    if (s == LL_OK && out->n == 0) s = LL_FAIL(err, LL_EINPUT, "no words, expected a program and its arguments");
    if (s != LL_OK) ll_arguments_free(out);
    return s;
}

void ll_arguments_free(ll_arguments *a) {
    for (int i = 0; i < a->n; i++) free(a->at[i]);
    free(a->at);
    *a = (ll_arguments) { 0 };
}

/* ---- for a shell ---- */

static ll_status put_quoted(written *w, const char *value, char *room) {
    put_text(w, ll_text_quoted(value, room, LL_TEMPLATE_BYTES));
    return LL_OK;
}

/* The words of a spliced template, each quoted. */
static ll_status put_spliced(written *w, const ll_placeholder *p, const ll_placeholders *places, char *room,
                             ll_error *err) {
    ll_arguments a;
    if (!p->text[strspn(p->text, blanks)]) return LL_OK;
    LL_TRY(ll_template_words(&a, p->text, places, err));
    for (int i = 0; i < a.n; i++) {
        if (i) put(w, ' ');
        put_quoted(w, a.at[i], room);
    }
    ll_arguments_free(&a);
    return LL_OK;
}

static ll_status put_shell(written *w, const char *text, const ll_placeholders *places, char *room, ll_error *err) {
    char buf[LL_NUMBER_TEXT];
    for (const char *at = text; *at;) {
        const ll_placeholder *p;
        size_t n;
        if (*at != '{' || at[1] == '{') {
            LL_TRY(put_next(w, text, &at, places, err));
            continue;
        }
        LL_TRY(ll_placeholder_find(places, text, at, &p, &n, err));
        LL_TRY(p->spliced ? put_spliced(w, p, places, room, err) : put_quoted(w, value_of(p, buf), room));
        at += n;
    }
    return close_text(w, err);
}

ll_status ll_template_shell(char **out, const char *text, const ll_placeholders *places, ll_error *err) {
    written w = { malloc(LL_TEMPLATE_BYTES), 0, LL_TEMPLATE_BYTES };
    char *room = malloc(LL_TEMPLATE_BYTES);
    ll_status s =
        w.text && room ? put_shell(&w, text, places, room, err) : LL_FAIL(err, LL_ENOMEM, "out of memory");
    free(room);
    *out = w.text;
    if (s != LL_OK) free(w.text), *out = NULL;
    return s;
}
