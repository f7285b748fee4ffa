#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/formats/parts.h"

/* Checkpoints of a bare transformer have no first word: "h.0.ln_1.weight". */
static ll_named *find(const ll_guest *g, const ll_tensors *t, const char *name) {
    ll_named *found = ll_tensors_find(t, name);
    const char *bare = strchr(name, '.');
    return found || g->form != LL_FORM_HF ? found : ll_tensors_find(t, bare + 1);
}

enum { SHAPE_TEXT = 24 * LL_NAMED_DIMS };

static const char *print_shape(char text[SHAPE_TEXT], int dims, const int64_t *shape) {
    *text = 0;
    for (int i = 0, at = 0; i < dims; i++)
        at += snprintf(text + at, (size_t)(SHAPE_TEXT - at), i ? ",%lld" : "%lld", (long long)shape[i]);
    return text;
}

static ll_status check_one(const ll_part *p, ll_named *t, const char *where, ll_error *err) {
    int64_t shape[2];
    const int dims = ll_part_shape(p, shape);
    if (!t) return LL_FAIL(err, LL_EFORMAT, "%s: there is no tensor '%s'", where, p->name);
    t->used = true;
    if (t->dims != dims || memcmp(t->shape, shape, (size_t)dims * sizeof *shape) != 0) {
        char got[SHAPE_TEXT], want[SHAPE_TEXT];
        return LL_FAIL(err, LL_EFORMAT, "%s: '%s' is [%s], expected [%s]", where, t->name,
                       print_shape(got, t->dims, t->shape), print_shape(want, dims, shape));
    }
    if (t->kind != LL_NUMBER_OTHER) return LL_OK;
    return LL_FAIL(err, LL_EFORMAT, "%s: '%s' is of %s, expected F32, F16 or BF16", where, t->name, t->kind_name);
}

/* Constants that older versions of transformers saved as well: the causal mask, and the frequencies of rotary
 * positions. */
static bool is_constant(const ll_guest *g, const char *name) {
    static const char *const ends[] = { ".attn.bias", ".attn.masked_bias", ".rotary_emb.inv_freq" };
    const size_t n = strlen(name);
    for (size_t i = 0; g->form == LL_FORM_HF && i < sizeof ends / sizeof *ends; i++)
        if (n > strlen(ends[i]) && strcmp(name + n - strlen(ends[i]), ends[i]) == 0) return true;
    return false;
}

/* A tied head that is there all the same has to be the embedding. */
static bool is_embedding(const ll_guest *g, const ll_tensors *t, const char *embedding, const ll_named *head) {
    const char *name = g->form == LL_FORM_HF ? "lm_head.weight" : "output.weight";
    if (strcmp(head->name, name) != 0 || head->kind == LL_NUMBER_OTHER) return false;
    const ll_named *wte = find(g, t, embedding);
    bool same = ll_named_size(wte) == ll_named_size(head);
    for (int64_t i = 0; same && i < ll_named_size(wte); i++) same = ll_named_get(wte, i) == ll_named_get(head, i);
    return same;
}

static ll_status check_rest(const ll_guest *g, const ll_tensors *t, const char *embedding, const char *where,
                            ll_error *err) {
    for (int64_t i = 0; i < t->n; i++)
        if (!t->of[i].used && !is_constant(g, t->of[i].name) && !is_embedding(g, t, embedding, &t->of[i]))
            return LL_FAIL(err, LL_EFORMAT, "%s: the tensor '%s' is none of a %s's", where, t->of[i].name,
                           ll_family_name(g->model.family));
    return LL_OK;
}

static ll_status check_all(const ll_guest *g, const ll_tensors *t, const ll_part *p, int64_t n, const char *where,
                           ll_error *err) {
    for (int64_t i = 0; i < n; i++) LL_TRY(check_one(&p[i], find(g, t, p[i].name), where, err));
    return check_rest(g, t, p[0].name, where, err);
}

static ll_status read_part(const ll_part *p, const ll_named *t, ll_real *params, const char *where, ll_error *err) {
    for (int64_t j = 0; j < p->R * p->K; j++) {
        const float v = ll_named_get(t, ll_part_place(p, j));
        if (!isfinite(v))
            return LL_FAIL(err, LL_EFORMAT, "%s: '%s' holds %g, expected finite numbers", where, t->name,
                           (double)v);
        params[p->at + j] = v;
    }
    return LL_OK;
}

/* Nothing is made for parameters that are not there. */
static ll_status read_all(const ll_guest *g, const ll_tensors *t, const ll_part *p, int64_t n, ll_real **params,
                          const char *where, ll_error *err) {
    LL_TRY(check_all(g, t, p, n, where, err));
    *params = malloc((size_t)ll_model_size(&g->model) * sizeof **params);
    if (!*params) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory for its parameters", where);
    for (int64_t i = 0; i < n; i++) LL_TRY(read_part(&p[i], find(g, t, p[i].name), *params, where, err));
    return LL_OK;
}

ll_status ll_parts_in(const ll_guest *g, const ll_tensors *t, ll_real **params, const char *where, ll_error *err) {
    const int64_t n = ll_parts(g, NULL);
    ll_part *p = calloc((size_t)n, sizeof *p);
    *params = NULL;
    if (!p) return LL_FAIL(err, LL_ENOMEM, "out of memory for a model's tensors");
    ll_parts(g, p);
    const ll_status s = read_all(g, t, p, n, params, where, err);
    free(p);
    if (s != LL_OK) free(*params), *params = NULL;
    return s;
}
