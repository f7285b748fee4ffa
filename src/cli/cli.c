#include "cli/cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/starved.h"

static int exit_code(ll_status s) {
    if (s == LL_EREFUSED) return LL_EXIT_REFUSED;
    if (s == LL_EUNSURE) return LL_EXIT_UNKNOWN;
    return s == LL_EINPUT || s == LL_EFORMAT ? LL_EXIT_USAGE : LL_EXIT_FAILED;
}

int ll_cli_fail(const ll_error *err) {
    fprintf(stderr, "loglog: %s\n", err->msg);
    return exit_code(err->code);
}

int ll_cli_usage(const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    fputs("loglog: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    return LL_EXIT_USAGE;
}

/* What was made while memory ran out is not the answer, whoever went on without it. */
int ll_cli_flush(void) {
    if (ll_starved()) return ll_cli_fail(&(ll_error) { LL_ENOMEM, "out of memory" });
    if (fflush(stdout) == 0 && !ferror(stdout)) return LL_EXIT_DONE;
    return ll_cli_fail(&(ll_error) { LL_EIO, "cannot write to standard output" });
}

int ll_cli_json(ll_json *doc) {
    char *text = ll_json_text(doc, true);
    ll_json_free(doc);
    if (!text || ll_starved()) {
        free(text);
        return ll_cli_fail(&(ll_error) { LL_ENOMEM, "out of memory" });
    }
    puts(text);
    free(text);
    return ll_cli_flush();
}

void ll_cli_unread(int64_t n, const char *first) {
    if (n)
        fprintf(stderr, "loglog: %lld files could not be read and are not in the shards; the first: %s\n",
                (long long)n, first);
}

static void print_options(const ll_option *table, int n) {
    for (int i = 0; i < n; i++) {
        const ll_option *o = &table[i];
        char flag[64];
        snprintf(flag, sizeof flag, "--%s", o->key);
        for (char *p = flag; *p; p++)
            if (*p == '_') *p = '-';
        printf("  %-26s %s", flag, o->help);
        if (o->names) printf("; one of: %s", o->names);
        if (*o->preset && o->type != LL_OPT_BOOL) printf(" [%s]", o->preset);
        puts("");
    }
}

void ll_cli_help(const ll_verb *verb) {
    printf("loglog %s: %s\n\n%s", verb->name, verb->summary ? verb->summary : "", verb->help);
    if (verb->n_options) puts("\noptions:");
    print_options(verb->options, verb->n_options);
    if (verb->shared) puts("\nkeys of the spec, each also a flag:");
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

static ll_status set_flag(const ll_verb *verb, void *object, const char *key, const char *value, ll_error *err) {
    bool shared = verb->shared && (find(verb->shared, *verb->n_shared, key) || strchr(key, '.'));
    bool own = !shared || find(verb->options, verb->n_options, key);
    return ll_options_set(own ? verb->options : verb->shared, own ? verb->n_options : *verb->n_shared, object, key,
                          value, verb->name, err);
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
        if (!value && i + 1 < argc) value = argv[++i];
        if (!value) value = ""; /* an unknown flag is named as such, a known one misses its value */
        if (set_flag(verb, object, key, value, &err) != LL_OK) return ll_cli_fail(&err);
    }
    return -1;
}
