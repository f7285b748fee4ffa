/* Named tensors of one or more files of others, which stay mapped into memory.
 *
 *     ll_tensors t = { 0 };
 *     LL_TRY(ll_safetensors_add(&t, "model.safetensors", err));
 *     LL_TRY(ll_tensors_sort(&t, "model.safetensors", err));
 *     ll_named *w = ll_tensors_find(&t, "lm_head.weight");      NULL where there is none
 *     ll_named_get(w, i)
 *     ll_tensors_clear(&t);
 */
#ifndef LL_MODEL_FORMATS_TENSORS_H
#define LL_MODEL_FORMATS_TENSORS_H

#include <stdbool.h>

#include "base/system/file.h"
#include "model/formats/half.h"

enum { LL_NAMED_NAME = 128, LL_NAMED_DIMS = 4, LL_TENSORS_MAX = 1 << 16 };

typedef enum ll_number_kind {
    LL_NUMBER_OTHER = 0, /* integers, quantised blocks: not read here */
    LL_NUMBER_F32,
    LL_NUMBER_F16,
    LL_NUMBER_BF16
} ll_number_kind;

typedef struct ll_named {
    char name[LL_NAMED_NAME];
    char kind_name[16]; /* as the file calls it: "F32", "Q4_0" */
    ll_number_kind kind;
    int dims;
    int64_t shape[LL_NAMED_DIMS]; /* outermost first */
    const uint8_t *at;            /* shape's product of numbers, anywhere in memory; NULL where they are not read */
    bool used;                    /* whoever takes it sets this */
} ll_named;

typedef struct ll_tensors {
    ll_named *of; /* [n] */
    int64_t n, room;
    ll_map *map; /* [n_maps] the files */
    int64_t n_maps;
} ll_tensors;

int64_t ll_number_bytes(ll_number_kind kind); /* 0 of others */
int64_t ll_named_size(const ll_named *t);     /* numbers in it */
float ll_named_get(const ll_named *t, int64_t i);

/* Maps a file for as long as the tensors live; *map is borrowed until the next call. */
ll_status ll_tensors_map(ll_tensors *t, const char *path, const ll_map **map, ll_error *err);
ll_status ll_tensors_push(ll_tensors *t, const ll_named *named, ll_error *err);

/* Before the first find: by name. LL_EFORMAT where a name is there twice. */
ll_status ll_tensors_sort(ll_tensors *t, const char *where, ll_error *err);
ll_named *ll_tensors_find(const ll_tensors *t, const char *name);
void ll_tensors_clear(ll_tensors *t);

#endif
