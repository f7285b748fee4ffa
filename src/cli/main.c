#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/version.h"
#include "cli/cli.h"

static void overview(FILE *out) {
    fputs("loglog: scaling laws from text to a sealed forecast\n\n"
          "usage: loglog VERB [arguments]     loglog help VERB     loglog --version\n\n",
          out);
    for (const ll_verb *const *v = ll_verbs; *v; v++)
        if ((*v)->summary) fprintf(out, "  %-16s %s\n", (*v)->name, (*v)->summary);
    fputs("\nTry: loglog demo\n", out);
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

static int unknown(int argc, char **argv) {
    size_t n = strlen(argv[0]);
    bool group = false;
    for (const ll_verb *const *v = ll_verbs; *v; v++)
        if (strncmp((*v)->name, argv[0], n) == 0 && (*v)->name[n] == ' ') {
            fprintf(stderr, group ? ", %s" : "loglog: %s needs one of: %s", group ? (*v)->name + n + 1 : argv[0],
                    (*v)->name + n + 1);
            group = true;
        }
    if (group) return fputc('\n', stderr), LL_EXIT_USAGE;
    (void)argc;
    return ll_cli_usage("unknown verb '%.80s'; 'loglog help' lists them", argv[0]);
}

static int help(int argc, char **argv) {
    int used;
    if (argc == 0) return overview(stdout), LL_EXIT_DONE;
    const ll_verb *v = find(argc, argv, &used);
    if (!v) return unknown(argc, argv);
    ll_cli_help(v);
    return LL_EXIT_DONE;
}

static int act(int argc, char **argv) {
    int used;
    if (argc < 2) return overview(stderr), LL_EXIT_USAGE;
    if (!strcmp(argv[1], "--version")) return printf("loglog %s %s\n", LL_VERSION, LL_COMMIT), LL_EXIT_DONE;
    if (!strcmp(argv[1], "help") || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
        return help(argc - 2, argv + 2);
    const ll_verb *v = find(argc - 1, argv + 1, &used);
    return v ? v->run(v, argc - 1 - used, argv + 1 + used) : unknown(argc - 1, argv + 1);
}

int main(int argc, char **argv) {
    signal(SIGPIPE, SIG_IGN); /* a closed pipe and a full disk are errors to report, not deaths */
    signal(SIGXFSZ, SIG_IGN);
    const int code = act(argc, argv);
    return code == LL_EXIT_DONE ? ll_cli_flush() : code;
}
