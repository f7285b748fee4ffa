#include "probe/items/items.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/file.h"
#include "loglog/random.h"

enum { METRIC = sizeof((ll_measured *)0)->metric };

/* The number of a name, which is given where it is new; -1 where there is no name. */
static int64_t number_of(ll_item_names *names, const char *name) {
    if (!name) return -1;
    if (!names->number) names->number = ll_json_object();
    const int64_t known = ll_json_get_int(names->number, name, -1);
    if (known >= 0) return known;
    ll_json_set_int(names->number, name, names->n);
    return names->n++;
}

/* A group calls a metric. */
static bool is_metric_name(const char *name) {
    const size_t size = strlen(name);
    return size > 0 && size < METRIC && strspn(name, LL_ITEM_GROUP_LETTERS) == size;
}

static ll_status take_in(ll_items *items, ll_item *item, const ll_row *row, ll_error *err) {
    const char *group = ll_json_get_str(item->told, "group");
    if (group && !is_metric_name(group))
        return LL_ROW_WRONG(row, err, "'%.60s': expected the name of a metric, at most %d letters, digits, _ and -",
                            group, METRIC - 1);
    if (items->n == items->room) {
        const int64_t room = items->room ? 2 * items->room : 256;
        ll_item *bigger = realloc(items->of, (size_t)room * sizeof *bigger);
        if (!bigger) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory for %lld items", row->file, (long long)room);
        items->of = bigger;
        items->room = room;
    }
    item->group = number_of(&items->groups, group);
    item->cluster = number_of(&items->clusters, ll_json_get_str(item->told, "cluster"));
    items->of[items->n++] = *item;
    return LL_OK;
}

ll_status ll_items_add(ll_items *items, ll_json *told, const ll_row *row, ll_error *err) {
    if (!ll_json_get(told, "id")) {
        char id[300];
        snprintf(id, sizeof id, "%.250s:%lld", ll_file_name(row->file), (long long)row->line);
        ll_json_set_str(told, "id", id);
    }
    const ll_json *choices = ll_json_get(told, "choices");
    ll_item item = { .told = told,
                     .n = (int)ll_json_size(choices),
                     .right = (int)ll_json_get_int(told, "right", 0) };
    bool whole = item.n > 0 && ll_json_get_str(told, "id") && ll_json_get_str(told, "context");
    for (int c = 0; c < item.n; c++) whole = whole && ll_item_choice(&item, c);
    ll_status status = whole ? LL_OK : LL_FAIL(err, LL_ENOMEM, "%s: out of memory", row->file);
    if (status == LL_OK) status = take_in(items, &item, row, err);
    if (status != LL_OK) ll_json_free(told);
    return status;
}

const char *ll_item_choice(const ll_item *item, int c) {
    return ll_json_as_str(ll_json_at(ll_json_get(item->told, "choices"), (size_t)c));
}

/* Selection sampling (Knuth, The Art of Computer Programming, 3.4.2, algorithm S): every subset is as likely, and the
 * items stay in their order. */
ll_status ll_items_draw(ll_items *items, const ll_probe_opts *opts, ll_error *err) {
    if (items->n == 0) return LL_FAIL(err, LL_EINPUT, "%s: no item of %s", opts->data, items->format->name);
    const int64_t all = items->n;
    int64_t left = opts->items > 0 && opts->items < all ? opts->items : all;
    ll_rng rng = ll_rng_at(opts->seed, LL_STREAM_ITEMS, 0);
    items->n = items->choices = 0;
    for (int64_t i = 0; i < all; i++) {
        ll_item item = items->of[i];
        if (left == all - i || ll_rng_below(&rng, all - i) < left) {
            left--;
            item.first = items->choices;
            items->choices += item.n;
            items->of[items->n++] = item;
        } else ll_json_free(item.told);
    }
    return LL_OK;
}

ll_status ll_items_read(ll_items *items, const ll_probe_opts *opts, ll_row_sink *sink, void *ctx, ll_error *err) {
    if (!opts->data || !*opts->data)
        return LL_FAIL(err, LL_EINPUT, "%s: expected data, the file or folder of its items", items->format->name);
    return ll_rows_read(opts->data, sink, ctx, err);
}

void ll_items_clear(ll_items *items) {
    for (int64_t i = 0; i < items->n; i++) ll_json_free(items->of[i].told);
    ll_json_free(items->groups.number);
    ll_json_free(items->clusters.number);
    free(items->of);
    free(items->score);
    free(items->neutral);
    *items = (ll_items) { .format = items->format };
}
