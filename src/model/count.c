#include "model/count.h"

ll_count ll_count_of(const ll_model *m) {
    ll_tensor t[LL_MODEL_MAX_TENSORS];
    int n = ll_model_tensors(m, t);
    ll_count c = { 0 };
    for (int i = 0; i < n; i++)
        if (t[i].role == LL_ROLE_HIDDEN || t[i].role == LL_ROLE_RESIDUAL) c.params += (double)ll_tensor_size(&t[i]);
    c.params_head = c.params + (double)(m->vocab * m->width);
    c.params_total = (double)ll_model_size(m);
    double attention = 0;
    if (ll_family_attends(m->family))
        attention = 2.0 * (double)(m->context + 1) * (double)m->width * (double)m->layers;
    c.flops_token = 3 * (2 * c.params_head + attention);
    return c;
}

double ll_count_decoding(const ll_model *m, int64_t behind, int64_t n) {
    const double seen = (double)n * (double)behind + (double)n * (double)(n + 1) / 2;
    const double attention = ll_family_attends(m->family) ? 4 * (double)(m->width * m->layers) * seen : 0;
    return 2 * ll_count_of(m).params_head * (double)n + attention;
}

double ll_count_kaplan_params(const ll_shape *s) {
    return 2 * s->width * s->layers * (2 * s->heads * s->key + s->ffw);
}

double ll_count_kaplan_forward(const ll_shape *s) {
    return 2 * ll_count_kaplan_params(s) + 2 * s->layers * s->context * s->heads * s->key;
}

double ll_count_chinchilla_forward(const ll_shape *s, bool vocabulary) {
    double T = s->context, d = s->width, kh = s->key * s->heads;
    double block = 2 * 3 * T * d * kh        /* q, k, v */
                   + 2 * T * T * kh          /* q k^T */
                   + 3 * s->heads * T * T    /* softmax */
                   + 2 * T * T * kh          /* weighted v */
                   + 2 * T * kh * d          /* out */
                   + 2 * T * 2 * d * s->ffw; /* feed-forward */
    return s->layers * block + (vocabulary ? 4 * T * s->vocab * d : 0);
}
