#include "model/formats/parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* What is done to a part of ours on the way. */
enum {
    PLAIN = 0,
    TURNED = 1, /* rows in llama.cpp's order of rotary pairs */
    SHARED = 2, /* keys or values, which several heads may share */
    ACROSS = 4, /* transformers stores it [in,out] */
    QUERY = 8,  /* the first third is q, or all of it where it is one of three */
    LAST = 16,  /* the last norm */
    HEAD = 32   /* may be the token embedding once more */
};

/* Ours, which of how many equal parts of its rows, theirs ('#' is the layer). */
typedef struct row {
    const char *ours;
    int part, of;
    const char *name[2]; /* by ll_form */
    unsigned how;
} row;

static const row llama_rows[] = {
    { "wte", 0, 1, { "model.embed_tokens.weight", "token_embd.weight" }, PLAIN },
    { "norm1_w", 0, 1, { "model.layers.#.input_layernorm.weight", "blk.#.attn_norm.weight" }, PLAIN },
    { "qkv_w", 0, 3, { "model.layers.#.self_attn.q_proj.weight", "blk.#.attn_q.weight" }, TURNED | QUERY },
    { "qkv_w", 1, 3, { "model.layers.#.self_attn.k_proj.weight", "blk.#.attn_k.weight" }, TURNED | SHARED },
    { "qkv_w", 2, 3, { "model.layers.#.self_attn.v_proj.weight", "blk.#.attn_v.weight" }, SHARED },
    { "attn_w", 0, 1, { "model.layers.#.self_attn.o_proj.weight", "blk.#.attn_output.weight" }, PLAIN },
    { "norm2_w", 0, 1, { "model.layers.#.post_attention_layernorm.weight", "blk.#.ffn_norm.weight" }, PLAIN },
    { "gate_w", 0, 2, { "model.layers.#.mlp.gate_proj.weight", "blk.#.ffn_gate.weight" }, PLAIN },
    { "gate_w", 1, 2, { "model.layers.#.mlp.up_proj.weight", "blk.#.ffn_up.weight" }, PLAIN },
    { "down_w", 0, 1, { "model.layers.#.mlp.down_proj.weight", "blk.#.ffn_down.weight" }, PLAIN },
    { "normf_w", 0, 1, { "model.norm.weight", "output_norm.weight" }, LAST },
    { "head_w", 0, 1, { "lm_head.weight", "output.weight" }, HEAD },
};

static const row gpt_rows[] = {
    { "wte", 0, 1, { "transformer.wte.weight", "token_embd.weight" }, PLAIN },
    { "wpe", 0, 1, { "transformer.wpe.weight", "position_embd.weight" }, PLAIN },
    { "ln1_w", 0, 1, { "transformer.h.#.ln_1.weight", "blk.#.attn_norm.weight" }, PLAIN },
    { "ln1_b", 0, 1, { "transformer.h.#.ln_1.bias", "blk.#.attn_norm.bias" }, PLAIN },
    { "qkv_w", 0, 1, { "transformer.h.#.attn.c_attn.weight", "blk.#.attn_qkv.weight" }, ACROSS | QUERY },
    { "qkv_b", 0, 1, { "transformer.h.#.attn.c_attn.bias", "blk.#.attn_qkv.bias" }, QUERY },
    { "attn_w", 0, 1, { "transformer.h.#.attn.c_proj.weight", "blk.#.attn_output.weight" }, ACROSS },
    { "attn_b", 0, 1, { "transformer.h.#.attn.c_proj.bias", "blk.#.attn_output.bias" }, PLAIN },
    { "ln2_w", 0, 1, { "transformer.h.#.ln_2.weight", "blk.#.ffn_norm.weight" }, PLAIN },
    { "ln2_b", 0, 1, { "transformer.h.#.ln_2.bias", "blk.#.ffn_norm.bias" }, PLAIN },
    { "fc_w", 0, 1, { "transformer.h.#.mlp.c_fc.weight", "blk.#.ffn_up.weight" }, ACROSS },
    { "fc_b", 0, 1, { "transformer.h.#.mlp.c_fc.bias", "blk.#.ffn_up.bias" }, PLAIN },
    { "proj_w", 0, 1, { "transformer.h.#.mlp.c_proj.weight", "blk.#.ffn_down.weight" }, ACROSS },
    { "proj_b", 0, 1, { "transformer.h.#.mlp.c_proj.bias", "blk.#.ffn_down.bias" }, PLAIN },
    { "lnf_w", 0, 1, { "transformer.ln_f.weight", "output_norm.weight" }, LAST },
    { "lnf_b", 0, 1, { "transformer.ln_f.bias", "output_norm.bias" }, LAST },
};

static const struct family {
    const row *rows;
    int n;
} families[LL_FAMILY_COUNT] = {
    [LL_FAMILY_LLAMA] = { llama_rows, sizeof llama_rows / sizeof *llama_rows },
    [LL_FAMILY_GPT] = { gpt_rows, sizeof gpt_rows / sizeof *gpt_rows },
};

ll_status ll_parts_have(ll_family family, ll_error *err) {
    if (families[family].rows) return LL_OK;
    return LL_FAIL(err, LL_EINPUT,
                   "a model of the family %s has no form in transformers or llama.cpp: expected llama or gpt",
                   ll_family_name(family));
}

/* ---- the parts ---- */

static void name_part(char out[LL_NAMED_NAME], const char *pattern, int64_t layer) {
    const char *mark = strchr(pattern, '#');
    if (!mark) snprintf(out, LL_NAMED_NAME, "%s", pattern);
    else snprintf(out, LL_NAMED_NAME, "%.*s%lld%s", (int)(mark - pattern), pattern, (long long)layer, mark + 1);
}

static ll_part part_of(const ll_guest *g, const row *r, const ll_tensor *t, int64_t layer) {
    const ll_model *m = &g->model;
    ll_part p = { .vector = t->role == LL_ROLE_GAIN || t->role == LL_ROLE_BIAS,
                  .R = t->rows / r->of,
                  .K = t->cols,
                  .S = m->width / m->heads,
                  .group = r->how & SHARED ? m->heads / g->kv_heads : 1,
                  .factor = 1 };
    p.at = t->offset + (layer * t->rows + r->part * p.R) * t->cols;
    p.rows = p.R / p.group;
    p.how = (r->how & TURNED && g->form == LL_FORM_GGUF ? TURNED : 0) |
            (r->how & ACROSS && g->form == LL_FORM_HF ? ACROSS : 0) | (r->how & SHARED);
    if (r->how & QUERY) {
        p.factor = sqrt((double)m->base_head / (double)p.S);
        p.scaled = r->of == 3 ? p.R * p.K : p.R * p.K / 3;
    } else if (r->how & LAST) {
        p.factor = (double)m->base_width / (double)m->width;
        p.scaled = p.K;
    }
    name_part(p.name, r->how & HEAD && g->tied ? families[m->family].rows[0].name[g->form] : r->name[g->form],
              layer);
    return p;
}

static const ll_tensor *tensor_named(const ll_tensor *t, const char *name) {
    while (strcmp(t->name, name) != 0) t++;
    return t;
}

int64_t ll_parts(const ll_guest *g, ll_part *out) {
    const struct family *f = &families[g->model.family];
    ll_tensor t[LL_MODEL_MAX_TENSORS];
    int64_t n = 0;
    ll_model_tensors(&g->model, t);
    for (int i = 0; i < f->n; i++) {
        const row *r = &f->rows[i];
        const ll_tensor *ours = tensor_named(t, r->ours);
        for (int64_t l = 0; l < ours->layers; l++, n++)
            if (out) out[n] = part_of(g, r, ours, l);
    }
    return n;
}

int64_t ll_part_size(const ll_part *p) {
    return p->rows * p->K;
}

int ll_part_shape(const ll_part *p, int64_t shape[2]) {
    const bool across = p->how & ACROSS;
    shape[0] = p->vector || across ? p->K : p->rows;
    shape[1] = across ? p->rows : p->K;
    return p->vector ? 1 : 2;
}

ll_number_kind ll_part_kind(const ll_part *p, ll_number_kind kind) {
    return p->vector ? LL_NUMBER_F32 : kind;
}

int64_t ll_part_place(const ll_part *p, int64_t j) {
    int64_t r = j / p->K, head = r / p->S, s = r % p->S;
    const int64_t c = j % p->K;
    if (p->how & TURNED) s = 2 * (s % (p->S / 2)) + s / (p->S / 2);
    if (p->how & (TURNED | SHARED)) r = head / p->group * p->S + s;
    return p->how & ACROSS ? c * p->rows + r : r * p->K + c;
}

/* ---- going out ---- */

static void scale(const ll_part *p, const ll_real *params, float *numbers) {
    for (int64_t j = 0; j < p->R * p->K; j++)
        numbers[ll_part_place(p, j)] = (float)(j < p->scaled ? p->factor * params[p->at + j] : params[p->at + j]);
}

/* In place: a half takes the room of what is behind it already. */
static void halve(float *numbers, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        const uint16_t half = ll_bf16_of_float(numbers[i]);
        memcpy((char *)numbers + 2 * i, &half, sizeof half);
    }
}

ll_status ll_part_print(const ll_part *p, const ll_real *params, ll_number_kind kind, FILE *out, ll_error *err) {
    const size_t n = (size_t)ll_part_size(p);
    float *numbers = malloc(n * sizeof *numbers);
    if (!numbers) return LL_FAIL(err, LL_ENOMEM, "out of memory for '%s'", p->name);
    scale(p, params, numbers);
    if (kind == LL_NUMBER_BF16) halve(numbers, (int64_t)n);
    const bool written = fwrite(numbers, (size_t)ll_number_bytes(kind), n, out) == n;
    free(numbers);
    return written ? LL_OK : LL_FAIL(err, LL_EIO, "cannot write '%s'", p->name);
}
