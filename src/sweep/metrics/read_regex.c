#define _POSIX_C_SOURCE 200809L
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words/nearest.h"
#include "sweep/metrics/reader.h"

enum { GROUPS = 16, PATTERN = 2048 };

typedef struct matcher {
    regex_t regex;
    bool compiled;
    int group[LL_METRIC_COUNT]; /* 0: none */
} matcher;

/* The metric called so by the spec; -1. */
static int metric_of(const ll_metric_names *names, const char *name, size_t n) {
    for (int m = 0; m < LL_METRIC_COUNT; m++)
        if (strlen(names->name[m]) == n && strncmp(names->name[m], name, n) == 0) return m;
    return -1;
}

static ll_status no_metric(const ll_metric_names *names, const char *name, size_t n, ll_error *err) {
    char word[LL_NEAREST_WORD], hint[LL_NEAREST_HINT];
    ll_nearest near = { .word = word };
    snprintf(word, sizeof word, "%.*s", (int)(n < sizeof word ? n : sizeof word - 1), name);
    for (int m = 0; m < LL_METRIC_COUNT; m++) ll_nearest_try(&near, names->name[m]);
    return LL_FAIL(err, LL_EINPUT, "group '%s' is the name of no metric%s", word, ll_nearest_hint(&near, hint));
}

/* POSIX has no names for groups: (?<loss> becomes ( and its number is kept. */
static ll_status strip_names(matcher *s, const ll_metric_names *names, char out[PATTERN], ll_error *err) {
    int group = 0;
    size_t n = 0;
    bool bracket = false;
    for (const char *p = names->pattern; *p; p++) {
        if (n + 2 >= PATTERN) return LL_FAIL(err, LL_EINPUT, "the pattern is longer than %d letters", PATTERN);
        out[n++] = *p;
        if (*p == '\\' && p[1]) out[n++] = *++p;
        else if (*p == '[') bracket = true;
        else if (*p == ']') bracket = false;
        else if (*p == '(' && !bracket) {
            group++;
            if (strncmp(p + 1, "?<", 2) != 0) continue;
            const char *name = p + 3;
            const size_t length = strcspn(name, ">");
            const int m = metric_of(names, name, length);
            if (!name[length] || m < 0) return no_metric(names, name, length, err);
            s->group[m] = group;
            p = name + length;
        }
    }
    out[n] = 0;
    return LL_OK;
}

static ll_status open_pattern(ll_metric_reader *r, ll_error *err) {
    matcher *s = r->state;
    char pattern[PATTERN], why[160];
    LL_TRY(strip_names(s, r->names, pattern, err));
    const int bad = regcomp(&s->regex, pattern, REG_EXTENDED);
    if (bad) {
        regerror(bad, &s->regex, why, sizeof why);
        return LL_FAIL(err, LL_EINPUT, "'%.200s' is no pattern: %s", r->names->pattern, why);
    }
    s->compiled = true;
    for (int m = 0; m < LL_METRIC_COUNT; m++) {
        const int given = atoi(r->names->name[m]);
        if (!s->group[m] && given > 0) s->group[m] = given;
        if (s->group[m] >= GROUPS || s->group[m] > (int)s->regex.re_nsub)
            return LL_FAIL(err, LL_EINPUT, "the pattern has no group %d", s->group[m]);
    }
    if (!s->group[LL_METRIC_LOSS] && !s->group[LL_METRIC_TRAIN_LOSS])
        return LL_FAIL(err, LL_EINPUT, "no group of the pattern is the loss: write (?<%s>...)",
                       *r->names->name[LL_METRIC_LOSS] ? r->names->name[LL_METRIC_LOSS] : "loss");
    return LL_OK;
}

static ll_status match_line(ll_metric_reader *r, char *line, size_t n, ll_error *err) {
    const matcher *s = r->state;
    regmatch_t at[GROUPS];
    ll_metric_row row = { 0 };
    if (strlen(line) != n || regexec(&s->regex, line, GROUPS, at, 0) != 0) return LL_OK;
    for (int m = 0; m < LL_METRIC_COUNT; m++) {
        const regmatch_t *g = &at[s->group[m]];
        double v;
        if (!s->group[m] || g->rm_so < 0) continue;
        if (ll_metric_number(line + g->rm_so, (size_t)(g->rm_eo - g->rm_so), &v))
            ll_metric_put(&row, (ll_metric_kind)m, v);
        else
            ll_metric_complain(r, "line %lld: what the pattern takes for a metric is no number",
                               (long long)r->line);
    }
    return ll_metric_tell(r, &row, err);
}

static void close_pattern(ll_metric_reader *r) {
    matcher *s = r->state;
    if (s->compiled) regfree(&s->regex);
}

const ll_metric_format ll_metric_regex = { .name = "regex",
                                           .begins = "",
                                           .ends = ".log",
                                           .state = sizeof(matcher),
                                           .open = open_pattern,
                                           .line = match_line,
                                           .close = close_pattern };
