/* Parts: which of their tensors holds which part of our parameters, in the checkpoints of Hugging Face's transformers
 * and of llama.cpp. One table for each family says it once for both ways.
 *
 *     ll_guest g = { .model = model, .form = LL_FORM_HF, .kv_heads = model.heads };
 *     int64_t n = ll_parts(&g, NULL);                            how many, into parts of the caller's
 *     ll_part_print(&p[i], params, LL_NUMBER_F32, out, err);     as they have them
 *
 *     LL_TRY(ll_parts_in(&g, &tensors, &params, where, err));    free(params)
 *
 * What differs:
 *   muP           they have no factors of it: that of the head, base_width / width, goes into the gain (and bias) of
 *                 the last norm, that of attention, sqrt(base_head / head size), into the queries. What comes in is its
 *                 own base shape, where both factors are one.
 *   rotary pairs  ours and transformers turn (i, i + S/2); llama.cpp's llama turns (2i, 2i + 1), so that its rows of q
 *                 and k are in another order.
 *   q, k, v       one matrix here and in GPT-2, three in llama; gate and up one matrix here.
 *   GPT-2         transformers stores its matrices [in,out].
 *   shared keys   where several heads of a llama share keys and values, these are repeated as they come in.
 */
#ifndef LL_MODEL_FORMATS_PARTS_H
#define LL_MODEL_FORMATS_PARTS_H

#include <stdio.h>

#include "model/formats/tensors.h"
#include "model/model.h"

typedef enum ll_form { LL_FORM_HF = 0, LL_FORM_GGUF } ll_form;

typedef struct ll_part {
    char name[LL_NAMED_NAME];
    bool vector;
    int64_t R, K;     /* rows and columns of it here; a vector is one row */
    int64_t at;       /* where it begins in our block */
    int64_t rows;     /* theirs: fewer than R where keys are shared */
    unsigned how;     /* of the table */
    int64_t S, group; /* head size; heads that share a key */
    int64_t scaled;   /* of its numbers here the first so many are multiplied by */
    double factor;    /* this on the way out */
} ll_part;

/* A model of others as it is read. */
typedef struct ll_guest {
    ll_model model; /* base_width and base_head its own */
    ll_form form;
    int64_t kv_heads;
    bool tied; /* the head is the token embedding */
} ll_guest;

/* LL_EINPUT of a family that they do not have. */
ll_status ll_parts_have(ll_family family, ll_error *err);

/* How many; out may be NULL. */
int64_t ll_parts(const ll_guest *g, ll_part *out);
int64_t ll_part_size(const ll_part *p);                /* numbers, theirs */
int ll_part_shape(const ll_part *p, int64_t shape[2]); /* theirs, outermost first: how many dimensions */
ll_number_kind ll_part_kind(const ll_part *p, ll_number_kind kind); /* of matrices; gains and biases stay F32 */
int64_t ll_part_place(const ll_part *p, int64_t j);                 /* where number j of ours stands in theirs */

/* As F32 or BF16. */
ll_status ll_part_print(const ll_part *p, const ll_real *params, ll_number_kind kind, FILE *out, ll_error *err);

/* *params [ll_model_size] is the caller's. LL_EFORMAT names the tensor that is missing, has another shape, other
 * numbers or one that is not finite, or is none of such a model: what is not understood is not left out. */
ll_status ll_parts_in(const ll_guest *g, const ll_tensors *t, ll_real **params, const char *where, ll_error *err);

#endif
