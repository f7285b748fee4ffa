#include "sweep/command/hand_out.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/words/number.h"
#include "base/words/text.h"
#include "store/table/csv.h"
#include "sweep/command/template.h"

static bool ends(const char *path, const char *with) {
    const size_t n = strlen(path), k = strlen(with);
    return n > k && strcmp(path + n - k, with) == 0;
}

ll_status ll_hand_out_open(ll_hand_out *h, const char *path, ll_error *err) {
    *h = (ll_hand_out) { .script = ends(path, ".sh") };
    if (!h->script && !ends(path, ".csv")) return LL_FAIL(err, LL_EINPUT, "%s: expected a file .csv or .sh", path);
    LL_TRY(ll_file_create(&h->file, path, err));
    if (h->script)
        fputs("#!/bin/sh\n# A line for each run; its metrics come back with 'loglog runs import'.\n", h->file.out);
    return LL_OK;
}

void ll_hand_out_abandon(ll_hand_out *h) {
    ll_file_abandon(&h->file);
}

ll_status ll_hand_out_close(ll_hand_out *h, ll_error *err) {
    return ll_file_commit(&h->file, err);
}

/* The line for a shell, for free(). An argument vector is one too, each word quoted. */
static ll_status line_of(char **line, const char *command, bool shell, const ll_placeholders *places,
                         ll_error *err) {
    ll_arguments a;
    *line = NULL;
    if (shell) return ll_template_shell(line, command, places, err);
    LL_TRY(ll_template_words(&a, command, places, err));
    char *text = malloc(LL_TEMPLATE_BYTES), *word = malloc(LL_TEMPLATE_BYTES);
    size_t used = 0;
    ll_status s = text && word ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory");
    for (int i = 0; s == LL_OK && i < a.n; i++) {
        const char *quoted = ll_text_quoted(a.at[i], word, LL_TEMPLATE_BYTES);
        const int n = snprintf(text + used, LL_TEMPLATE_BYTES - used, "%s%s", i ? " " : "", quoted);
        if (n < 0 || used + (size_t)n >= LL_TEMPLATE_BYTES) s = LL_FAIL(err, LL_EINPUT, "the command is too long");
        used += (size_t)n;
    }
    free(word);
    ll_arguments_free(&a);
    if (s == LL_OK) *line = text;
    else free(text);
    return s;
}

static const char *text_of(const ll_placeholders *places, const char *name) {
    for (int i = 0; i < places->n; i++)
        if (strcmp(places->at[i].name, name) == 0) return places->at[i].text;
    return "";
}

static void write_line(ll_hand_out *h, const char *id, const char *line, const ll_placeholders *places) {
    char out[2 * LL_PATH_MAX];
    fprintf(h->file.out, "\n# %s\nmkdir -p %s\n%s\n", id, ll_text_quoted(text_of(places, "out"), out, sizeof out),
            line);
}

/* What a run's table knows by the same name goes first; a spliced placeholder is no value. */
static void write_header(FILE *out, const ll_placeholders *places) {
    fputs("run,loss", out);
    for (int i = 0; i < places->n; i++)
        if (!places->at[i].spliced) fprintf(out, ",%s", places->at[i].name);
    fputs(",command\n", out);
}

static void write_row(ll_hand_out *h, const char *id, const char *line, const ll_placeholders *places) {
    FILE *out = h->file.out;
    if (h->rungs == 0) write_header(out, places);
    ll_csv_print(out, id);
    fputc(',', out); /* the loss is to be filled in */
    for (int i = 0; i < places->n; i++) {
        const ll_placeholder *p = &places->at[i];
        if (p->spliced) continue;
        if (!p->text) ll_csv_next_number(out, p->v);
        else fputc(',', out), ll_csv_print(out, p->text);
    }
    fputc(',', out);
    ll_csv_print(out, line);
    fputc('\n', out);
}

ll_status ll_hand_out_rung(ll_hand_out *h, const char *id, const char *command, bool shell,
                           const ll_placeholders *places, ll_error *err) {
    char *line = NULL;
    if (*command) LL_TRY(line_of(&line, command, shell, places, err));
    else if (h->script) return LL_FAIL(err, LL_EINPUT, "a script takes a spec with an engine.command");
    (h->script ? write_line : write_row)(h, id, line ? line : "", places);
    h->rungs++;
    free(line);
    return LL_OK;
}
