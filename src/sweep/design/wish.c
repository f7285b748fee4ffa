#include "sweep/design/wish.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "loglog/units.h"

#define POLL_S 10.0

static const char *const engines_own[] = { "array",
                                           "dependency",
                                           "job-name",
                                           "output",
                                           "error",
                                           "open-mode",
                                           "parsable",
                                           "requeue",
                                           "no-requeue",
                                           "wrap",
                                           "hold",
                                           "wait",
                                           "test-only",
                                           "chdir",
                                           "input",
                                           "begin",
                                           "kill-on-invalid-dep" };

static bool is_own(const char *key) {
    for (size_t i = 0; i < sizeof engines_own / sizeof *engines_own; i++)
        if (strcmp(key, engines_own[i]) == 0) return true;
    return false;
}

static bool is_named(const char *key) {
    const size_t letters = strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return letters >= 2 && key[letters] == 0 && key[0] != '-';
}

static ll_status number(const char *key, const char *text, double least, double most, double *out, ll_error *err) {
    if (ll_units_parse(text, out) && *out >= least && *out <= most) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "engine.slurm: %s '%.40s', expected %g to %g", key, text, least, most);
}

static ll_status whole(const char *key, const char *text, int64_t most, int64_t *out, ll_error *err) {
    double v;
    LL_TRY(number(key, text, 1, (double)most, &v, err));
    *out = (int64_t)v;
    return (double)*out == v
               ? LL_OK
               : LL_FAIL(err, LL_EINPUT, "engine.slurm: %s '%.40s', expected a whole number", key, text);
}

/* option is "--key=value" in text, and stays there where it is passed on. */
static ll_status take(ll_slurm_wish *w, char *option, ll_error *err) {
    char *key = option + 2, *value = strchr(key, '=');
    if (!value) return LL_FAIL(err, LL_EINPUT, "engine.slurm: '%.60s', expected key: value", key);
    *value++ = 0;
    for (char *c = key; *c; c++)
        if (*c == '_') *c = '-';
    if (!is_named(key))
        return LL_FAIL(err, LL_EINPUT, "engine.slurm: '%.60s', expected a long option of sbatch", key);
    if (is_own(key)) return LL_FAIL(err, LL_EINPUT, "engine.slurm: %s is said by the engine itself", key);
    for (const char *c = value; *c; c++)
        if ((unsigned char)*c < ' ')
            return LL_FAIL(err, LL_EINPUT, "engine.slurm: %s holds a control character", key);
    if (!strcmp(key, "throttle")) return whole(key, value, 1 << 20, &w->throttle, err);
    if (!strcmp(key, "poll")) return number(key, value, 0.1, 3600, &w->poll_s, err);
    if (!strcmp(key, "cpus-per-task")) LL_TRY(whole(key, value, 4096, &w->cpus, err));
    if (!strcmp(key, "partition")) w->partition = value;
    if (!strncmp(key, "mem", 3)) w->memory = true;
    if (!strcmp(value, "false")) return LL_OK;
    if (strcmp(value, "true") != 0) value[-1] = '=';
    if (w->n == LL_SLURM_WISHES)
        return LL_FAIL(err, LL_EINPUT, "engine.slurm: more than %d options", LL_SLURM_WISHES);
    w->option[w->n++] = option;
    return LL_OK;
}

/* Where the item at text ends: at the comma before the next that has a = of its own. */
static size_t item_length(const char *text) {
    size_t n = strcspn(text, ",");
    while (text[n]) {
        const char *next = text + n + 1;
        const size_t m = strcspn(next, ",");
        if (memchr(next, '=', m)) break;
        n += 1 + m;
    }
    return n;
}

ll_status ll_slurm_wish_read(ll_slurm_wish *w, const char *text, ll_error *err) {
    *w = (ll_slurm_wish) { .cpus = 1, .poll_s = POLL_S };
    size_t used = 0;
    for (const char *at = text; *at;) {
        const size_t n = item_length(at);
        if (used + n + 3 > sizeof w->text) return LL_FAIL(err, LL_EINPUT, "engine.slurm: too long");
        char *option = w->text + used;
        used += (size_t)sprintf(option, "--%.*s", (int)n, at) + 1;
        LL_TRY(take(w, option, err));
        at += n + (at[n] == ',');
    }
    return LL_OK;
}
