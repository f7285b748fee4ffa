#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/law/procedures.h"
#include "law/paper.h"
#include "law/published.h"
#include "report/figures/figures.h"
#include "store/observation.h"
#include "tensor/choice/kernel_tables.h"

/* What may stand next on a command line, for the completions of shells, which know nothing themselves:
 *
 *     loglog complete plot tri           the words after 'loglog', the last one as far as it is typed
 *
 * A line a candidate: the word, a tab, what it means. No line: a file's name, or something nobody can know. */

typedef struct line {
    int n;       /* of words before the one that is typed */
    char **word; /* [n + 1] */
    const char *here;
} line;

static void offer(const line *l, const char *word, const char *meaning) {
    if (strncmp(word, l->here, strlen(l->here)) == 0) ll_say("%s\t%s\n", word, meaning ? meaning : "");
}

static void offer_words(const line *l, const char *words) {
    char one[LL_OPTION_NAME];
    while (words && *words) {
        const int n = (int)strcspn(words, " ");
        snprintf(one, sizeof one, "%.*s", n, words);
        offer(l, one, "");
        words += n + strspn(words + n, " ");
    }
}

/* ---- verbs ---- */

static size_t first_word(const ll_verb *v) {
    return strcspn(v->name, " ");
}

static bool begins(const ll_verb *v, const char *word) {
    return v->summary && first_word(v) == strlen(word) && strncmp(v->name, word, first_word(v)) == 0;
}

/* Verbs of one first word stand together in the list, or further apart: each is offered once. */
static void offer_verbs(const line *l) {
    char word[LL_OPTION_NAME];
    for (const ll_verb *const *v = ll_verbs; *v; v++) {
        bool seen = !(*v)->summary;
        snprintf(word, sizeof word, "%.*s", (int)first_word(*v), (*v)->name);
        for (const ll_verb *const *u = ll_verbs; u < v && !seen; u++) seen = begins(*u, word);
        if (!seen) offer(l, word, strchr((*v)->name, ' ') ? "several verbs" : (*v)->summary);
    }
    offer(l, "help", "every option of a verb, and an example");
}

static bool offer_seconds(const line *l, const char *group) {
    bool any = false;
    for (const ll_verb *const *v = ll_verbs; *v; v++) {
        if (!begins(*v, group) || !strchr((*v)->name, ' ')) continue;
        offer(l, (*v)->name + first_word(*v) + 1, (*v)->summary);
        any = true;
    }
    return any;
}

static const ll_verb *verb_of(const line *l) {
    char two[128];
    snprintf(two, sizeof two, "%.60s %.60s", l->word[0], l->n > 1 ? l->word[1] : "");
    for (const ll_verb *const *v = ll_verbs; *v; v++)
        if (strcmp((*v)->name, strchr((*v)->name, ' ') ? two : l->word[0]) == 0) return *v;
    return NULL;
}

/* ---- what is in a store ---- */

static const char *store_of(const line *l) {
    for (int i = 0; i + 1 < l->n; i++)
        if (strcmp(l->word[i], "--store") == 0) return l->word[i + 1];
    for (int i = 0; i < l->n; i++)
        if (strncmp(l->word[i], "--store=", 8) == 0) return l->word[i] + 8;
    return "loglog.db";
}

/* What cannot be read is not offered. */
static void offer_runs(const line *l) {
    ll_store *s;
    ll_run *runs = NULL;
    int64_t n = 0;
    if (ll_store_open(&s, store_of(l), LL_STORE_READ, NULL) != LL_OK) return;
    if (ll_store_list_runs(s, "", -1, NULL, &runs, &n, NULL) == LL_OK)
        for (int64_t i = 0; i < n; i++) offer(l, runs[i].name, ll_run_state_name(runs[i].state));
    free(runs);
    ll_store_close(s);
}

static void offer_ladders(const line *l) {
    ll_store *s;
    ll_ladder *ladders = NULL;
    int64_t n = 0;
    offer(l, LL_LADDER_ALL, "every run");
    offer(l, LL_LADDER_IMPORTED, "imported runs");
    if (ll_store_open(&s, store_of(l), LL_STORE_READ, NULL) != LL_OK) return;
    if (ll_store_list_ladders(s, &ladders, &n, NULL) == LL_OK)
        for (int64_t i = 0; i < n; i++) offer(l, ladders[i].id, ladders[i].name);
    ll_ladders_free(ladders, n);
    ll_store_close(s);
}

/* ---- lists of the program ---- */

static void offer_published(const line *l) {
    for (const ll_published *p = ll_published_laws; p->id; p++) offer(l, p->id, p->source);
}

static void offer_papers(const line *l) {
    offer_published(l);
    for (const ll_paper *const *table = ll_papers; *table; table++)
        for (const ll_paper *p = *table; p->id; p++) offer(l, p->id, p->source);
}

static void offer_laws(const line *l, const ll_verb *v) {
    if (strcmp(v->name, "plan") == 0 || strcmp(v->name, "forecast when") == 0) offer_published(l);
    if (strcmp(v->name, "forecast when") == 0) return;
    for (const ll_law *const *law = ll_laws; *law; law++) offer(l, (*law)->name, (*law)->form);
    for (const ll_procedure *p = ll_procedures; p->name; p++) offer(l, p->name, p->form);
}

static void offer_figures(const line *l) {
    for (const ll_ladder_figure *f = ll_ladder_figures; f->name; f++) offer(l, f->name, f->caption);
}

/* ---- flags ---- */

/* "--dry-run" of dry_run */
static void flag_of(const ll_option *o, char flag[64]) {
    snprintf(flag, 64, "--%s", o->key);
    for (char *p = flag; *p; p++)
        if (*p == '_') *p = '-';
}

static void offer_flags(const line *l, const ll_option *rows, int n) {
    char flag[64];
    for (int i = 0; i < n; i++) {
        flag_of(&rows[i], flag);
        offer(l, flag, rows[i].help);
    }
}

static const ll_option *flag_named(const ll_option *rows, int n, const char *word) {
    char flag[64];
    for (int i = 0; i < n; i++) {
        flag_of(&rows[i], flag);
        if (strcmp(flag, word) == 0) return &rows[i];
    }
    return NULL;
}

/* The flag whose value is typed; NULL where none is. */
static const ll_option *flag_before(const line *l, const ll_verb *v) {
    const char *word = l->word[l->n - 1];
    const ll_option *o = flag_named(v->options, v->n_options, word);
    if (!o && v->shared) o = flag_named(v->shared, *v->n_shared, word);
    return o && o->type != LL_OPT_BOOL ? o : NULL;
}

static void offer_values(const line *l, const ll_verb *v, const ll_option *o) {
    const char *dot = strrchr(o->key, '.'), *key = dot ? dot + 1 : o->key;
    if (o->names) offer_words(l, o->names);
    else if (strcmp(key, "law") == 0) offer_laws(l, v);
    else if (strcmp(key, "run") == 0) offer_runs(l);
    else if (strcmp(key, "ladder") == 0) offer_ladders(l);
    else if (strcmp(key, "kernels") == 0) offer(l, "auto", "the fastest"), offer_words(l, ll_kernels_list(NULL));
}

/* ---- the verb ---- */

static void offer_words_of(const line *l, const ll_verb *v) {
    static const char *const of_runs[] = { "sample", "runs show", "runs drop" };
    for (size_t i = 0; i < sizeof of_runs / sizeof *of_runs; i++)
        if (strcmp(v->name, of_runs[i]) == 0) offer_runs(l);
    if (strcmp(v->name, "plot") == 0) offer_figures(l);
    if (strcmp(v->name, "paper") == 0) offer_papers(l);
}

static void complete(const line *l) {
    if (l->n == 0) return offer_verbs(l);
    if (strcmp(l->word[0], "help") == 0) {
        if (l->n == 1) offer_verbs(l);
        else if (l->n == 2) offer_seconds(l, l->word[1]);
        return;
    }
    if (l->n == 1 && offer_seconds(l, l->word[0])) return;
    const ll_verb *v = verb_of(l);
    if (!v || !v->summary) return;
    const ll_option *o = flag_before(l, v);
    if (o) return offer_values(l, v, o);
    if (l->here[0] != '-') return offer_words_of(l, v);
    offer_flags(l, v->options, v->n_options);
    if (v->shared) offer_flags(l, v->shared, *v->n_shared);
}

static int run(const ll_verb *verb, int argc, char **argv) {
    (void)verb;
    if (argc == 0) return ll_cli_usage("complete: expected the words of a command line");
    complete(&(line) { argc - 1, argv, argv[argc - 1] });
    return LL_EXIT_DONE;
}

const ll_verb ll_verb_complete = { "complete", NULL, "usage: loglog complete WORD...\n", NULL, 0, run, NULL, NULL };
