#define _POSIX_C_SOURCE 200809L
#include "store/table/where.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/words/number.h"
#include "loglog/units.h"

static const char blanks[] = " \t\r\n";

typedef struct cursor {
    const char *text, *at;
} cursor;

static ll_status wrong(const cursor *c, const char *want, ll_error *err) {
    int position = (int)(c->at - c->text) + 1;
    if (!*c->at) return LL_FAIL(err, LL_EINPUT, "where: position %d: the clause ends, expected %s", position, want);
    return LL_FAIL(err, LL_EINPUT, "where: position %d: '%.20s', expected %s", position, c->at, want);
}

/* A quoted or bare word; stop: the bytes that end a bare one. */
static ll_status read_word(cursor *c, char *out, size_t size, const char *stop, const char *want, bool *quoted,
                           ll_error *err) {
    c->at += strspn(c->at, blanks);
    const char q[2] = { *c->at, 0 };
    *quoted = q[0] == '\'' || q[0] == '"';
    const char *from = c->at + *quoted;
    size_t n = strcspn(from, *quoted ? q : stop);
    if (*quoted && from[n] == 0) return wrong(c, "a closing quote", err);
    if (n == 0 && !*quoted) return wrong(c, want, err);
    if (n >= size) return wrong(c, "a shorter word", err);
    memcpy(out, from, n);
    out[n] = 0;
    c->at = from + n + *quoted;
    return LL_OK;
}

static ll_status read_op(cursor *c, ll_where_op *op, ll_error *err) {
    static const struct {
        const char *text;
        ll_where_op op;
    } ops[] = { { "<=", LL_WHERE_LE }, { ">=", LL_WHERE_GE }, { "!=", LL_WHERE_NE },
                { "=", LL_WHERE_EQ },  { "<", LL_WHERE_LT },  { ">", LL_WHERE_GT } };
    c->at += strspn(c->at, blanks);
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        size_t n = strlen(ops[i].text);
        if (strncmp(c->at, ops[i].text, n) != 0) continue;
        *op = ops[i].op;
        c->at += n;
        return LL_OK;
    }
    return wrong(c, "one of = != < <= > >=", err);
}

static ll_status read_term(cursor *c, ll_where_term *t, ll_error *err) {
    bool quoted;
    c->at += strspn(c->at, blanks);
    t->position = (int)(c->at - c->text) + 1;
    LL_TRY(read_word(c, t->name, sizeof t->name, " \t\r\n=!<>'\"", "the name of a column", &quoted, err));
    LL_TRY(read_op(c, &t->op, err));
    LL_TRY(read_word(c, t->text, sizeof t->text, " \t\r\n=!<>'\"", "a value", &quoted, err));
    t->is_number = !quoted && ll_units_parse(t->text, &t->num);
    return LL_OK;
}

ll_status ll_where_parse(ll_where *w, const char *text, ll_error *err) {
    w->n = 0;
    if (!text || !text[strspn(text, blanks)]) return LL_OK;
    cursor c = { text, text };
    for (;;) {
        if (w->n == LL_WHERE_MAX) return wrong(&c, "at most 32 comparisons", err);
        LL_TRY(read_term(&c, &w->term[w->n++], err));
        c.at += strspn(c.at, blanks);
        if (!*c.at) return LL_OK;
        if (strncasecmp(c.at, "and", 3) != 0 || !c.at[3] || !strchr(blanks, c.at[3]))
            return wrong(&c, "'and' or the end (a value with blanks stands in quotes)", err);
        c.at += 3;
    }
}

static bool compare(ll_where_op op, double sign) {
    switch (op) {
    case LL_WHERE_EQ: return sign == 0;
    case LL_WHERE_NE: return sign != 0;
    case LL_WHERE_LT: return sign < 0;
    case LL_WHERE_LE: return sign <= 0;
    case LL_WHERE_GT: return sign > 0;
    case LL_WHERE_GE: return sign >= 0;
    }
    return false;
}

bool ll_where_holds(const ll_where_term *t, const char *text, double num) {
    char shown[LL_NUMBER_TEXT];
    bool missing = text ? !*text : isnan(num);
    if (missing) return t->op == (*t->text ? LL_WHERE_NE : LL_WHERE_EQ);
    if (t->is_number && (!text || ll_units_parse(text, &num)))
        return compare(t->op, (double)(num > t->num) - (double)(num < t->num));
    if (t->is_number) return t->op == LL_WHERE_NE;
    if (!text) text = ll_number_show(num, shown);
    return compare(t->op, strcmp(text, t->text));
}

bool ll_is_missing(const char *text) {
    static const char *const words[] = { "nan", "na", "n/a", "null", "none" };
    text += strspn(text, blanks);
    size_t n = strcspn(text, blanks);
    if (text[n + strspn(text + n, blanks)]) return false;
    if (n == 0) return true;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == n && strncasecmp(text, words[i], n) == 0) return true;
    return false;
}
