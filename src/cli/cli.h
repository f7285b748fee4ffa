/* The terminal: the only floor that prints, reads argv or decides the exit code.
 *
 * A verb is a name ("fit", "data build"), a help text with an example, an option table and a function:
 *
 *     static int run_fit(const ll_verb *verb, int argc, char **argv) {
 *         fit_args a;
 *         ll_words words;
 *         int code = ll_cli_parse(verb, &a, &words, argc, argv);
 *         if (code >= 0) return code;                        --help, or a bad flag
 *         ll_error err = { 0 };
 *         if (do_it(&a, &err) != LL_OK) return ll_cli_fail(&err);
 *         return 0;
 *     }
 *     const ll_verb ll_verb_fit = { "fit", "fit a law to runs", "usage and example...", table, COUNT, run_fit };
 */
#ifndef LL_CLI_CLI_H
#define LL_CLI_CLI_H

#include "base/document/option.h"
#include "cli/print.h"

enum { LL_EXIT_DONE = 0, LL_EXIT_FAILED = 1, LL_EXIT_USAGE = 2, LL_EXIT_REFUSED = 3, LL_EXIT_UNKNOWN = 4 };

typedef struct ll_verb ll_verb;
struct ll_verb {
    const char *name;    /* one word, or two: "data build" */
    const char *summary; /* for the list of verbs; no full stop; NULL: not for people, not listed */
    const char *help;    /* "usage: ..." and an example, several lines */
    const ll_option *options;
    int n_options;
    int (*run)(const ll_verb *verb, int argc, char **argv);
    const ll_option *shared; /* a second table over the same struct, such as the spec's; may be NULL */
    const int *n_shared;
};

/* The words that are no flags, in order. Borrowed from argv. */
typedef struct ll_words {
    int n;
    const char *at[32];
} ll_words;

/* Fills object (the struct of the verb's table) with defaults, then flags: --key value, --key=value, --bool;
 * '-' and '_' are the same. Returns -1 to go on, else the exit code (0 after --help, 2 after an error). */
int ll_cli_parse(const ll_verb *verb, void *object, ll_words *words, int argc, char **argv);

/* The flags alone, over what object holds: to set them once more after a file was read. */
int ll_cli_flags(const ll_verb *verb, void *object, ll_words *words, int argc, char **argv);

/* Whether the flags last read set the option of this key: what was asked for, and not the default. */
bool ll_cli_given(const char *key);

/* Prints "loglog: message" on standard error; 2 for unusable input, 3 and 4 for a gate's answer, 1 for failed work.
 */
int ll_cli_fail(const ll_error *err);

/* The same for a line of one's own; always 2. */
int ll_cli_usage(const char *fmt, ...) LL_PRINTF(1, 2);

/* 0, or 1 with its line when standard output has refused anything that was written to it. A reader that closed the
 * pipe has what it wanted: 0. */
int ll_cli_flush(void);

/* Says on standard error that files of a text could not be read; nothing where n is 0. */
void ll_cli_unread(int64_t n, const char *first);

/* Prints the document on standard output and frees it; 0, or 1 when standard output refuses it. */
int ll_cli_json(ll_json *doc);

void ll_cli_help(const ll_verb *verb);

/* Every verb, in the order of the way through the house; ends with NULL. */
extern const ll_verb *const ll_verbs[];

#endif
