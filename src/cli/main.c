#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/version.h"
#include "base/words/nearest.h"
#include "cli/cli.h"
#include "cli/store_named.h"

static void line(FILE *out, const ll_verb *v) {
    if (!v->summary) return;
    ll_say_to(out, "  %-24s ", v->name);
    ll_say_wrapped(out, v->summary, 27, 27);
}

static void overview(FILE *out) {
    ll_say_to(out, "loglog: scaling laws from text to a sealed forecast\n\n"
                   "usage: loglog VERB [arguments]     loglog help VERB     loglog --version\n\n");
    for (const ll_verb *const *v = ll_verbs; *v; v++) line(out, *v);
    ll_say_to(out, "\nTry: loglog demo\n");
}

/* The verb whose one or two words stand first; *used is how many. */
static const ll_verb *find(int argc, char **argv, int *used) {
    char two[128];
    snprintf(two, sizeof two, "%.60s %.60s", argv[0], argc > 1 ? argv[1] : "");
    for (const ll_verb *const *v = ll_verbs; *v; v++) {
        bool pair = strchr((*v)->name, ' ') != NULL;
        if (strcmp((*v)->name, pair ? two : argv[0]) != 0) continue;
        *used = pair ? 2 : 1;
        return *v;
    }
    return NULL;
}

/* "data" in front of " build": verbs of two words whose first one this is. */
static bool is_group(const ll_verb *v, const char *word) {
    size_t n = strlen(word);
    return v->summary && strncmp(v->name, word, n) == 0 && v->name[n] == ' ';
}

static int group_help(const char *group) {
    for (const ll_verb *const *v = ll_verbs; *v; v++)
        if (is_group(*v, group)) line(stdout, *v);
    ll_say("\n'loglog help %s VERB' shows one\n", group);
    return LL_EXIT_DONE;
}

static bool asks_for_help(const char *word) {
    return !strcmp(word, "--help") || !strcmp(word, "-h");
}

static int unknown_second(const char *group, const char *second) {
    char hint[LL_NEAREST_HINT], known[256] = "";
    ll_nearest near = { .word = second ? second : "" };
    for (const ll_verb *const *v = ll_verbs; *v; v++) {
        size_t used = strlen(known);
        if (!is_group(*v, group)) continue;
        const char *name = (*v)->name + strlen(group) + 1;
        ll_nearest_try(&near, name);
        snprintf(known + used, sizeof known - used, "%s%s", used ? ", " : "", name);
    }
    return ll_cli_usage("%s needs one of: %s%s", group, known, ll_nearest_hint(&near, hint));
}

/* The nearest verb, or first word of a verb, is named. help: a first word alone is a question, too. */
static int unknown(int argc, char **argv, bool help) {
    char hint[LL_NEAREST_HINT];
    ll_nearest near = { .word = argv[0] };
    for (const ll_verb *const *v = ll_verbs; *v; v++) {
        char first[LL_NEAREST_WORD];
        if (is_group(*v, argv[0]) && (argc > 1 ? asks_for_help(argv[1]) : help)) return group_help(argv[0]);
        if (is_group(*v, argv[0])) return unknown_second(argv[0], argc > 1 ? argv[1] : NULL);
        snprintf(first, sizeof first, "%.*s", (int)strcspn((*v)->name, " "), (*v)->name);
        if ((*v)->summary) ll_nearest_try(&near, first);
    }
    return ll_cli_usage("unknown verb '%s'%s 'loglog help' lists them", argv[0],
                        *near.best ? ll_nearest_hint(&near, hint) : ";");
}

static int help(int argc, char **argv) {
    int used;
    if (argc == 0) return overview(stdout), LL_EXIT_DONE;
    const ll_verb *v = find(argc, argv, &used);
    if (!v) return unknown(argc, argv, true);
    ll_cli_help(v);
    return LL_EXIT_DONE;
}

static int act(int argc, char **argv) {
    int used;
    if (argc < 2) return overview(stderr), LL_EXIT_USAGE;
    if (!strcmp(argv[1], "--version")) return ll_say("loglog %s %s\n", LL_VERSION, LL_COMMIT), LL_EXIT_DONE;
    if (!strcmp(argv[1], "help") || asks_for_help(argv[1])) return help(argc - 2, argv + 2);
    const ll_verb *v = find(argc - 1, argv + 1, &used);
    return v ? v->run(v, argc - 1 - used, argv + 1 + used) : unknown(argc - 1, argv + 1, false);
}

static void notice(const char *line) {
    ll_say_flush();
    ll_say_prose(stderr, "loglog: %s", line);
}

int main(int argc, char **argv) {
    ll_error err = { 0 };
    signal(SIGPIPE, SIG_IGN); /* a closed pipe and a full disk are errors to report, not deaths */
    signal(SIGXFSZ, SIG_IGN);
    ll_store_on_notice(notice);
    const int code = ll_cli_hide_passwords(argc, argv, &err) == LL_OK ? act(argc, argv) : ll_cli_fail(&err);
    ll_say_flush();
    return code == LL_EXIT_DONE ? ll_cli_flush() : code;
}
