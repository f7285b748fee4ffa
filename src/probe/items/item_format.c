/* A row becomes an item by the format. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/file.h"
#include "base/words/printed.h"
#include "probe/items/items.h"

enum { KEY = 64, SWAP = 80 };

static const char BLANKS[] = " \t\r\n";

/* ---- what stands under a path ---- */

static const ll_json *under(const ll_json *v, const char *path, size_t size) {
    char key[KEY];
    for (const char *end = path + size; v && path < end;) {
        const char *dot = memchr(path, '.', (size_t)(end - path));
        const char *stop = dot ? dot : end;
        snprintf(key, sizeof key, "%.*s", (int)(stop - path), path);
        v = ll_json_get(v, key);
        path = stop + 1;
    }
    return v;
}

static const char *text_under(const ll_row *row, const char *path, size_t size, ll_error *err) {
    const char *text = ll_json_as_str(under(row->record, path, size));
    if (text && *text) return text;
    LL_ROW_WRONG(row, err, "expected a text under '%.*s'", (int)size, path);
    return NULL;
}

typedef struct texts {
    const char *at[LL_ITEM_CHOICES]; /* borrowed from the row */
    int n;
} texts;

static ll_status add_text(texts *t, const ll_row *row, const ll_json *v, const char *path, ll_error *err) {
    const char *text = ll_json_as_str(v);
    if (!text || !text[strspn(text, BLANKS)])
        return LL_ROW_WRONG(row, err, "expected texts under '%s', none of them empty", path);
    if (t->n == LL_ITEM_CHOICES) return LL_ROW_WRONG(row, err, "expected at most %d choices", LL_ITEM_CHOICES);
    t->at[t->n++] = text;
    return LL_OK;
}

static ll_status gather(texts *t, const ll_row *row, const char *paths, ll_error *err) {
    for (const char *path = paths; *path; path += strspn(path, " ")) {
        const size_t size = strcspn(path, " "), whole = strcspn(path, " [");
        const char *key =
            whole < size ? path + whole + strlen("[].") : NULL; /* of each in a list: ends the paths */
        const ll_json *v = under(row->record, path, whole);
        if (ll_json_kind_of(v) != LL_JSON_ARRAY) LL_TRY(add_text(t, row, v, paths, err));
        else
            for (size_t i = 0; i < ll_json_size(v); i++)
                LL_TRY(add_text(t, row, key ? ll_json_get(ll_json_at(v, i), key) : ll_json_at(v, i), paths, err));
        path += size;
    }
    return LL_OK;
}

/* ---- from a row to an item ---- */

static ll_json *joined(const char *a, size_t a_size, const char *b, size_t b_size) {
    char *text = malloc(a_size + b_size + 1);
    if (!text) return NULL;
    memcpy(text, a, a_size);
    memcpy(text + a_size, b, b_size);
    text[a_size + b_size] = 0;
    ll_json *v = ll_json_str(text);
    free(text);
    return v;
}

static ll_status print_context(FILE *out, const ll_row *row, const char *form, ll_error *err) {
    while (*form) {
        const size_t plain = strcspn(form, "{");
        fwrite(form, 1, plain, out);
        form += plain;
        if (!*form) break;
        const size_t size = strcspn(form, "}") - 1;
        const char *text = text_under(row, form + 1, size, err);
        if (!text) return LL_EFORMAT;
        fputs(text, out);
        form += size + 2;
    }
    return LL_OK;
}

static ll_status set_context(ll_json *told, const ll_row *row, const char *form, ll_error *err) {
    ll_printed p;
    FILE *out = ll_printed_open(&p);
    const ll_status status = out ? print_context(out, row, form, err) : LL_OK;
    char *text = ll_printed_close(&p);
    if (text && status == LL_OK) ll_json_set_str(told, "context", text);
    free(text);
    return status;
}

/* The right choice by its label; where labels are numbers, a letter says it by its place (some files of ARC). */
static ll_status find_label(int *right, const ll_item_format *f, const ll_row *row, const char *text, int n,
                            ll_error *err) {
    texts labels = { .n = 0 };
    LL_TRY(gather(&labels, row, f->labels, err));
    for (int c = 0; c < labels.n && c < n && text; c++) {
        const bool by_place = strchr("0123456789", labels.at[c][0]) && text[0] == 'A' + c && !text[1];
        if (by_place || strcmp(labels.at[c], text) == 0) return *right = c, LL_OK;
    }
    return LL_ROW_WRONG(row, err, "expected under '%s' the label of one of the %d choices", f->right, n);
}

static ll_status find_right(int *right, const ll_item_format *f, const ll_row *row, int n, ll_error *err) {
    const ll_json *v = f->right ? under(row->record, f->right, strlen(f->right)) : NULL;
    const char *text = ll_json_as_str(v);
    *right = 0;
    if (!f->right) return LL_OK;
    if (f->labels) return find_label(right, f, row, text, n, err);
    for (int c = 0; c < n; c++) {
        char digits[16];
        snprintf(digits, sizeof digits, "%d", c);
        if (text ? strcmp(text, digits) == 0 : ll_json_as_num(v) == c) return *right = c, LL_OK;
    }
    return LL_ROW_WRONG(row, err, "expected under '%s' a number from 0 to %d", f->right, n - 1);
}

/* The next word of a text, in small letters, without what ends it; returns what follows. */
static const char *next_word(const char *at, char word[SWAP / 2]) {
    at += strspn(at, BLANKS);
    const size_t size = strcspn(at, BLANKS);
    size_t n = size;
    while (n > 0 && strchr(".,;:!?\"", at[n - 1])) n--;
    snprintf(word, SWAP / 2, "%.*s", (int)n, at);
    for (char *c = word; *c; c++)
        if (*c >= 'A' && *c <= 'Z') *c = (char)(*c - 'A' + 'a');
    return at + size;
}

/* The first words in which two texts differ, in the order of the alphabet. */
static const char *swap_of(const char *a, const char *b, char out[SWAP]) {
    char x[SWAP / 2], y[SWAP / 2];
    do {
        a = next_word(a, x);
        b = next_word(b, y);
    } while (strcmp(x, y) == 0 && *a && *b);
    const bool in_order = strcmp(x, y) <= 0;
    snprintf(out, SWAP, "%s|%s", in_order ? x : y, in_order ? y : x);
    return out;
}

static ll_status set_choices(ll_json *told, const ll_item_format *f, const ll_row *row, ll_error *err) {
    const char *joint = f->joint ? f->joint : "";
    texts t = { .n = 0 };
    int right;
    LL_TRY(gather(&t, row, f->choices, err));
    if (t.n < 2) return LL_ROW_WRONG(row, err, "expected at least two choices under '%s'", f->choices);
    LL_TRY(find_right(&right, f, row, t.n, err));
    ll_json *list = ll_json_array();
    for (int c = 0; c < t.n; c++) ll_json_push(list, joined(joint, strlen(joint), t.at[c], strlen(t.at[c])));
    ll_json_set(told, "choices", list);
    ll_json_set_int(told, "right", right);
    char swap[SWAP];
    if (f->cluster_is_swap) ll_json_set_str(told, "cluster", swap_of(t.at[0], t.at[1], swap));
    return LL_OK;
}

/* The blank before the last word is the word's. */
static ll_status split_last_word(ll_json *told, const ll_item_format *f, const ll_row *row, ll_error *err) {
    const char *text = text_under(row, f->last_word, strlen(f->last_word), err);
    if (!text) return LL_EFORMAT;
    size_t end = strlen(text), word;
    while (end > 0 && strchr(BLANKS, text[end - 1])) end--;
    for (word = end; word > 0 && !strchr(BLANKS, text[word - 1]);) word--;
    if (word < 2) return LL_ROW_WRONG(row, err, "expected at least two words under '%s'", f->last_word);
    ll_json *list = ll_json_array();
    ll_json_push(list, joined(text + word - 1, end - word + 1, "", 0));
    ll_json_set(told, "choices", list);
    ll_json_set(told, "context", joined(text, word - 1, "", 0));
    return LL_OK;
}

/* The file's name up to its first dot, as a metric is called. */
static void set_file_group(ll_json *told, const char *file) {
    char name[sizeof((ll_measured *)0)->metric];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(file, "."), file);
    for (char *c = name; *c; c++)
        if (!strchr(LL_ITEM_GROUP_LETTERS, *c)) *c = '_';
    ll_json_set_str(told, "group", name);
}

static ll_status set_names(ll_json *told, const ll_item_format *f, const ll_row *row, ll_error *err) {
    const struct {
        const char *key, *path;
    } names[] = { { "id", f->id }, { "group", f->group }, { "cluster", f->cluster } };
    for (int k = 0; k < 3; k++) {
        const char *text = names[k].path ? text_under(row, names[k].path, strlen(names[k].path), err) : NULL;
        if (text) ll_json_set_str(told, names[k].key, text);
        else if (names[k].path) return LL_EFORMAT;
    }
    if (f->group_is_file) set_file_group(told, ll_file_name(row->file));
    return LL_OK;
}

ll_status ll_items_row(void *ctx, const ll_row *row, ll_error *err) {
    ll_items *items = ctx;
    const ll_item_format *f = items->format;
    ll_json *told = ll_json_object();
    ll_status status = set_names(told, f, row, err);
    if (status == LL_OK && f->last_word) status = split_last_word(told, f, row, err);
    else if (status == LL_OK) {
        status = set_context(told, row, f->context, err);
        if (status == LL_OK) status = set_choices(told, f, row, err);
    }
    if (status == LL_OK) return ll_items_add(items, told, row, err);
    ll_json_free(told);
    return status;
}
