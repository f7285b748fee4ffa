#include "sweep/asking/saved_items.h"

#include <stdlib.h>
#include <string.h>

static ll_status path_of(char path[LL_PATH_MAX], const ll_items_of *w, ll_error *err) {
    char name[LL_PATH_MAX];
    const int size = snprintf(name, sizeof name, "%s.%s.jsonl", w->run, w->probe);
    if (size >= LL_PATH_MAX) return LL_FAIL(err, LL_EINPUT, "%.80s...: too long a name for a file", w->run);
    for (char *c = name; *c; c++)
        if (*c == '/') *c = '-';
    return ll_file_join(path, w->folder, name, err);
}

static char *first_line(const ll_items_of *w) {
    ll_json *o = ll_json_object();
    ll_json_set_str(o, "schema", "loglog.probe-items/1");
    ll_json_set_str(o, "run", w->run);
    ll_json_set_str(o, "probe", w->probe);
    ll_json_set_str(o, "settings", w->settings);
    char *text = ll_json_text(o, false);
    ll_json_free(o);
    return text;
}

bool ll_saved_items_there(const ll_items_of *whose) {
    char path[LL_PATH_MAX], *line = first_line(whose);
    char *found = line ? calloc(1, strlen(line) + 2) : NULL;
    FILE *f = found && path_of(path, whose, NULL) == LL_OK ? fopen(path, "rb") : NULL;
    const bool same = f && fgets(found, (int)strlen(line) + 2, f) && strncmp(found, line, strlen(line)) == 0 &&
                      found[strlen(line)] == '\n';
    if (f) fclose(f);
    free(found);
    free(line);
    return same;
}

static void put_line(ll_saved_items *s, char *text) {
    if (text) fprintf(s->file.out, "%s\n", text);
    else s->starved = true;
    free(text);
}

ll_status ll_saved_items_begin(ll_saved_items *s, const ll_items_of *whose, ll_error *err) {
    char path[LL_PATH_MAX];
    s->starved = false;
    LL_TRY(path_of(path, whose, err));
    LL_TRY(ll_file_mkdir(whose->folder, err));
    LL_TRY(ll_file_create(&s->file, path, err));
    put_line(s, first_line(whose));
    return LL_OK;
}

void ll_saved_items_put(void *ctx, ll_json *item) {
    put_line(ctx, ll_json_text(item, false));
    ll_json_free(item);
}

ll_status ll_saved_items_end(ll_saved_items *s, ll_status status, ll_error *err) {
    if (status == LL_OK && s->starved) status = LL_FAIL(err, LL_ENOMEM, "%s: out of memory", s->file.path);
    if (status == LL_OK) return ll_file_commit(&s->file, err);
    ll_file_abandon(&s->file);
    return status;
}
