#define _GNU_SOURCE
#include "cli/cli.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/words/nearest.h"

#include "base/system/starved.h"

static int exit_code(ll_status s) {
    if (s == LL_EREFUSED) return LL_EXIT_REFUSED;
    if (s == LL_EUNSURE) return LL_EXIT_UNKNOWN;
    return s == LL_EINPUT || s == LL_EFORMAT ? LL_EXIT_USAGE : LL_EXIT_FAILED;
}

int ll_cli_fail(const ll_error *err) {
    ll_say_flush();
    ll_say_prose(stderr, "loglog: %s", err->msg);
    return exit_code(err->code);
}

int ll_cli_usage(const char *fmt, ...) {
    char *text = NULL;
    va_list ap;
    va_start(ap, fmt);
    if (vasprintf(&text, fmt, ap) < 0) text = NULL;
    va_end(ap);
    ll_say_prose(stderr, "loglog: %s", text ? text : "out of memory");
    free(text);
    return LL_EXIT_USAGE;
}

static bool reader_is_gone(void) {
    struct pollfd p = { .fd = STDOUT_FILENO, .events = POLLOUT };
    return poll(&p, 1, 0) == 1 && p.revents & POLLERR;
}

/* What was made while memory ran out is not the answer, whoever went on without it. */
int ll_cli_flush(void) {
    if (ll_starved()) return ll_cli_fail(&(ll_error) { LL_ENOMEM, "out of memory" });
    if ((fflush(stdout) == 0 && !ferror(stdout)) || reader_is_gone()) return LL_EXIT_DONE;
    return ll_cli_fail(&(ll_error) { LL_EIO, "cannot write to standard output" });
}

int ll_cli_json(ll_json *doc) {
    ll_error err = { 0 };
    char *text;
    if (ll_json_answer(doc, 0, &text, &err) != LL_OK) return ll_cli_fail(&err);
    ll_say_json(text);
    free(text);
    return ll_cli_flush();
}

void ll_cli_unread(int64_t n, const char *first) {
    if (n)
        ll_say_to(stderr, "loglog: %lld files could not be read and are not in the shards; the first: %s\n",
                  (long long)n, first);
}

enum { FLAG = LL_NEAREST_WORD + 4 };

/* "dry_run" is typed as --dry-run. */
static const char *as_flag(const char *key, char flag[FLAG]) {
    snprintf(flag, FLAG, "--%s", key);
    for (char *p = flag; *p; p++)
        if (*p == '_') *p = '-';
    return flag;
}

static void print_options(const ll_option *table, int n) {
    for (int i = 0; i < n; i++) {
        const ll_option *o = &table[i];
        char flag[FLAG], *text;
        const bool preset = *o->preset && o->type != LL_OPT_BOOL;
        if (asprintf(&text, "%s%s%s%s%s%s", o->help, o->names ? "; one of: " : "", o->names ? o->names : "",
                     preset ? " [" : "", preset ? o->preset : "", preset ? "]" : "") < 0) {
            ll_counted(NULL);
            continue;
        }
        ll_say("  %-26s ", as_flag(o->key, flag));
        ll_say_wrapped(stdout, text, 29, 29);
        free(text);
    }
}

/* Line by line: what is laid out in lines stays so, and a long one is broken behind its own indent. */
static void print_help(const char *text) {
    for (size_t n; *text; text += n + (text[n] == '\n')) {
        const int indent = (int)strspn(text, " ");
        char *line = ll_counted(strndup(text, n = strcspn(text, "\n")));
        if (line) {
            ll_say("%*s", indent, "");
            ll_say_wrapped(stdout, line + indent, indent, indent ? indent + 2 : 0);
        }
        free(line);
    }
}

void ll_cli_help(const ll_verb *verb) {
    ll_say("loglog %s: %s\n\n", verb->name, verb->summary ? verb->summary : "");
    print_help(verb->help);
    if (verb->n_options) ll_say("\noptions:\n");
    print_options(verb->options, verb->n_options);
    if (verb->shared) ll_say("\nkeys of the spec, each also a flag:\n");
    if (verb->shared) print_options(verb->shared, *verb->n_shared);
}

/* "--dry-run=true" gives the key dry_run and a pointer to its value, NULL when none is attached. */
static const char *split_flag(const char *arg, char key[64]) {
    const char *equal = strchr(arg, '=');
    size_t n = equal ? (size_t)(equal - arg) : strlen(arg);
    snprintf(key, 64, "%.*s", (int)(n < 63 ? n : 63), arg);
    for (char *p = key; *p; p++)
        if (*p == '-') *p = '_';
    return equal ? equal + 1 : NULL;
}

static const ll_option *find(const ll_option *table, int n, const char *key) {
    for (int i = 0; i < n; i++)
        if (strcmp(table[i].key, key) == 0) return &table[i];
    return NULL;
}

/* The keys that the command line set; there is one command line. */
static struct {
    int n;
    const char *key[256];
} given;

bool ll_cli_given(const char *key) {
    for (int i = 0; i < given.n; i++)
        if (strcmp(given.key[i], key) == 0) return true;
    return false;
}

static void note(const ll_option *o) {
    if (given.n < (int)(sizeof given.key / sizeof *given.key)) given.key[given.n++] = o->key;
}

static ll_status unknown_flag(const ll_verb *verb, const char *key, ll_error *err) {
    char typed[FLAG], known[FLAG], hint[LL_NEAREST_HINT];
    ll_nearest near = { .word = as_flag(key, typed) };
    for (int i = 0; i < verb->n_options; i++) ll_nearest_try(&near, as_flag(verb->options[i].key, known));
    for (int i = 0; verb->shared && i < *verb->n_shared; i++)
        ll_nearest_try(&near, as_flag(verb->shared[i].key, known));
    return LL_FAIL(err, LL_EINPUT, "%s: unknown flag '%s'%s", verb->name, typed, ll_nearest_hint(&near, hint));
}

static ll_status set_flag(const ll_verb *verb, void *object, const char *key, const char *value, ll_error *err) {
    bool shared = verb->shared && (find(verb->shared, *verb->n_shared, key) || strchr(key, '.'));
    bool own = !shared || find(verb->options, verb->n_options, key);
    const ll_option *table = own ? verb->options : verb->shared;
    const int n = own ? verb->n_options : *verb->n_shared;
    const ll_option *o = find(table, n, key);
    char flag[FLAG];
    if (!o) return unknown_flag(verb, key, err);
    if (!value) return LL_FAIL(err, LL_EINPUT, "%s: %s: expected a value", verb->name, as_flag(key, flag));
    if (ll_cli_given(o->key))
        return LL_FAIL(err, LL_EINPUT, "%s: %s stands twice, expected once, with all that it is to say", verb->name,
                       as_flag(key, flag));
    note(o);
    return ll_options_set(table, n, object, key, value, verb->name, err);
}

int ll_cli_parse(const ll_verb *verb, void *object, ll_words *words, int argc, char **argv) {
    ll_error err = { 0 };
    if (ll_options_default(verb->options, verb->n_options, object, &err) != LL_OK) return ll_cli_fail(&err);
    if (verb->shared && ll_options_default(verb->shared, *verb->n_shared, object, &err) != LL_OK)
        return ll_cli_fail(&err);
    return ll_cli_flags(verb, object, words, argc, argv);
}

int ll_cli_flags(const ll_verb *verb, void *object, ll_words *words, int argc, char **argv) {
    ll_error err = { 0 };
    bool only_words = false;
    words->n = 0;
    given.n = 0;
    for (int i = 0; i < argc; i++) {
        const char *a = argv[i];
        if (!only_words && (strcmp(a, "--help") == 0 || strcmp(a, "-h") == 0)) {
            ll_cli_help(verb);
            return LL_EXIT_DONE;
        }
        if (only_words || a[0] != '-' || a[1] == 0) {
            if (words->n == 32) return ll_cli_usage("%s: too many words", verb->name);
            words->at[words->n++] = a;
            continue;
        }
        if (strcmp(a, "--") == 0) {
            only_words = true;
            continue;
        }
        if (strncmp(a, "--", 2) != 0) return ll_cli_usage("%s: unknown flag '%s'", verb->name, a);
        char key[64];
        const char *value = split_flag(a + 2, key);
        const ll_option *o = find(verb->options, verb->n_options, key);
        if (!value && o && o->type == LL_OPT_BOOL) value = "true";
        if (!value && i + 1 < argc && strncmp(argv[i + 1], "--", 2) != 0) value = argv[++i]; /* else with a '=' */
        if (set_flag(verb, object, key, value, &err) != LL_OK) return ll_cli_fail(&err);
    }
    return -1;
}
