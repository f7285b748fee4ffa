#define _POSIX_C_SOURCE 200809L
#include "probe/judge/labels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe/items/rows.h"

typedef struct reading {
    ll_labelled_texts *out;
    const ll_labels_opts *opts;
    int64_t room;
    int32_t group; /* of the row */
} reading;

static ll_status add(reading *r, const char *text, bool label, ll_error *err) {
    ll_labelled_texts *l = r->out;
    if (l->n == r->room) {
        r->room = r->room ? 2 * r->room : 1024;
        ll_labelled *bigger = realloc(l->of, (size_t)r->room * sizeof *bigger);
        if (!bigger) return LL_FAIL(err, LL_ENOMEM, "out of memory for labelled texts");
        l->of = bigger;
    }
    const size_t size = strlen(text);
    char *own = malloc(size + 1);
    if (!own) return LL_FAIL(err, LL_ENOMEM, "out of memory for labelled texts");
    memcpy(own, text, size + 1);
    l->of[l->n++] = (ll_labelled) { own, size, label, r->group };
    return LL_OK;
}

static ll_status text_of(const ll_row *row, const char *column, const char **text, ll_error *err) {
    *text = ll_json_get_str(row->record, column);
    return *text ? LL_OK : LL_ROW_WRONG(row, err, "expected a text in column '%.60s'", column);
}

/* A text, a number or a truth value. */
static ll_status label_of(const reading *r, const ll_row *row, bool *label, ll_error *err) {
    const ll_json *v = ll_json_get(row->record, r->opts->label);
    const char *word = ll_json_as_str(v);
    char number[32];
    if (v && ll_json_as_bool(v, label)) return LL_OK;
    if (!word && v && ll_json_as_num(v) == ll_json_as_num(v)) {
        snprintf(number, sizeof number, "%g", ll_json_as_num(v));
        word = number;
    }
    if (!word) return LL_ROW_WRONG(row, err, "expected a label in column '%.60s'", r->opts->label);
    *label = strcmp(word, r->opts->positive) == 0;
    return LL_OK;
}

static ll_status group_of(reading *r, const ll_row *row, ll_error *err) {
    ll_labelled_texts *l = r->out;
    const char *name;
    if (!r->opts->group || !*r->opts->group) return LL_OK;
    LL_TRY(text_of(row, r->opts->group, &name, err));
    for (r->group = 0; r->group < l->n_groups; r->group++)
        if (strcmp(l->group[r->group], name) == 0) return LL_OK;
    if (l->n_groups == LL_LABEL_GROUPS_MOST)
        return LL_ROW_WRONG(row, err, "column '%.60s' has more than %d groups", r->opts->group,
                            LL_LABEL_GROUPS_MOST);
    if (!l->group) l->group = calloc(LL_LABEL_GROUPS_MOST, sizeof *l->group);
    if (!l->group || !(l->group[l->n_groups] = strdup(name)))
        return LL_FAIL(err, LL_ENOMEM, "out of memory for groups");
    l->n_groups++;
    return LL_OK;
}

/* Where two texts part, at the beginning of a word. */
static size_t shared(const char *a, const char *b) {
    size_t n = 0;
    while (a[n] && a[n] == b[n]) n++;
    while (n && (unsigned char)a[n - 1] > 32) n--;
    return n;
}

static ll_status on_row(void *ctx, const ll_row *row, ll_error *err) {
    reading *r = ctx;
    const char *text, *better;
    bool label;
    if (r->opts->most && r->out->n >= r->opts->most * (r->out->pairs ? 2 : 1)) return LL_OK;
    LL_TRY(group_of(r, row, err));
    if (!r->out->pairs) {
        LL_TRY(text_of(row, r->opts->text, &text, err));
        LL_TRY(label_of(r, row, &label, err));
        return add(r, text, label, err);
    }
    LL_TRY(text_of(row, r->opts->worse, &text, err));
    LL_TRY(text_of(row, r->opts->better, &better, err));
    const size_t n = shared(text, better);
    LL_TRY(add(r, text + n, true, err));
    return add(r, better + n, false, err);
}

ll_status ll_labels_read(ll_labelled_texts *out, const ll_labels_opts *opts, ll_error *err) {
    reading r = { .out = out, .opts = opts };
    *out = (ll_labelled_texts) { .pairs = *opts->better || *opts->worse };
    const ll_status s = ll_rows_read(opts->path, on_row, &r, err);
    if (s != LL_OK) ll_labels_clear(out);
    return s;
}

void ll_labels_clear(ll_labelled_texts *l) {
    for (int64_t i = 0; i < l->n; i++) free((char *)l->of[i].text);
    for (int32_t g = 0; g < l->n_groups; g++) free(l->group[g]);
    free(l->group);
    free(l->of);
    *l = (ll_labelled_texts) { 0 };
}
