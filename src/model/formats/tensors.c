#include "model/formats/tensors.h"

#include <stdlib.h>

int64_t ll_number_bytes(ll_number_kind kind) {
    return kind == LL_NUMBER_F32 ? 4 : kind == LL_NUMBER_OTHER ? 0 : 2;
}

int64_t ll_named_size(const ll_named *t) {
    int64_t n = 1;
    for (int i = 0; i < t->dims; i++) n *= t->shape[i];
    return n;
}

float ll_named_get(const ll_named *t, int64_t i) {
    float whole;
    uint16_t half;
    if (t->kind == LL_NUMBER_F32) return memcpy(&whole, t->at + 4 * i, sizeof whole), whole;
    memcpy(&half, t->at + 2 * i, sizeof half);
    return t->kind == LL_NUMBER_F16 ? ll_float_of_f16(half) : ll_float_of_bf16(half);
}

ll_status ll_tensors_map(ll_tensors *t, const char *path, const ll_map **map, ll_error *err) {
    ll_map *more = realloc(t->map, (size_t)(t->n_maps + 1) * sizeof *more);
    if (!more) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory", path);
    t->map = more;
    LL_TRY(ll_map_open(&t->map[t->n_maps], path, err));
    *map = &t->map[t->n_maps++];
    return LL_OK;
}

ll_status ll_tensors_push(ll_tensors *t, const ll_named *named, ll_error *err) {
    if (t->n == LL_TENSORS_MAX) return LL_FAIL(err, LL_EFORMAT, "more than %d tensors", LL_TENSORS_MAX);
    if (t->n == t->room) {
        const int64_t room = t->room ? 2 * t->room : 64;
        ll_named *more = realloc(t->of, (size_t)room * sizeof *more);
        if (!more) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld tensors", (long long)room);
        t->of = more;
        t->room = room;
    }
    t->of[t->n++] = *named;
    return LL_OK;
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const ll_named *)a)->name, ((const ll_named *)b)->name);
}

ll_status ll_tensors_sort(ll_tensors *t, const char *where, ll_error *err) {
    if (t->n) qsort(t->of, (size_t)t->n, sizeof *t->of, by_name);
    for (int64_t i = 1; i < t->n; i++)
        if (by_name(&t->of[i - 1], &t->of[i]) == 0)
            return LL_FAIL(err, LL_EFORMAT, "%s: the tensor '%s' is there twice", where, t->of[i].name);
    return LL_OK;
}

ll_named *ll_tensors_find(const ll_tensors *t, const char *name) {
    ll_named key;
    if (!t->n || strlen(name) >= sizeof key.name) return NULL;
    strcpy(key.name, name);
    return bsearch(&key, t->of, (size_t)t->n, sizeof *t->of, by_name);
}

void ll_tensors_clear(ll_tensors *t) {
    for (int64_t i = 0; i < t->n_maps; i++) ll_map_close(&t->map[i]);
    free(t->map);
    free(t->of);
    *t = (ll_tensors) { 0 };
}
