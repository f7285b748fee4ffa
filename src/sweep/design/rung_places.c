#include "sweep/design/rung_places.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/document/yaml.h"
#include "data/shard.h"
#include "sweep/command/expression.h"
#include "sweep/command/template.h"

/* ---- placeholders ---- */

static void put(ll_rung_places *p, const char *name, double v) {
    p->at[p->places.n++] = (ll_placeholder) { name, NULL, v, false };
}

static void put_text(ll_rung_places *p, const char *name, const char *text) {
    p->at[p->places.n++] = (ll_placeholder) { name, text, NAN, false };
}

static void put_shape(ll_rung_places *p, const ll_model *m) {
    put(p, "layers", (double)m->layers);
    put(p, "width", (double)m->width);
    put(p, "heads", (double)m->heads);
    put(p, "ffw", (double)m->ffw);
    put(p, "context", (double)m->context);
}

static void put_numbers(ll_rung_places *p, const ll_rung *r) {
    put_shape(p, &r->model);
    put(p, "head", (double)r->model.width / (double)r->model.heads);
    put(p, "params", r->count.params);
    put(p, "params_total", r->count.params_total);
    put(p, "tokens", r->tokens);
    put(p, "unique_tokens", fmin(ll_rung_unique(r), r->tokens));
    put(p, "flops", r->flops);
    put(p, "steps", (double)r->steps);
    put(p, "start_step", (double)r->start_step);
    put(p, "batch", (double)r->batch);
    put(p, "batch_tokens", (double)(r->batch * r->model.context));
    put(p, "lr", r->lr);
    put(p, "warmup", (double)r->schedule.warmup);
    put(p, "cooldown", (double)r->schedule.cooldown);
    put(p, "seed", (double)r->seed);
}

static void put_texts(ll_rung_places *p, const char *name, const ll_spec *spec) {
    put_text(p, "name", name);
    put_text(p, "family", spec->model.family);
    put_text(p, "schedule", spec->train.schedule);
    put_text(p, "out", p->out);
    put_text(p, "parent", p->parent);
    put_text(p, "branch_steps", p->branches);
    put_text(p, "train_shard", p->train);
    put_text(p, "val_shard", p->val);
    put_text(p, "resume", spec->engine.resume);
    p->at[p->places.n - 1].spliced = true;
}

ll_status ll_rung_out(char out[LL_PATH_MAX], const char *folder, const char *rung, ll_error *err) {
    return ll_file_join(out, folder, rung, err);
}

static void list_branches(ll_rung_places *p, const ll_rung *rungs, int64_t n, int64_t trunk) {
    size_t used = 0;
    for (int64_t k = 0; k < n; k++)
        if (rungs[k].trunk == trunk && used + 24 < sizeof p->branches)
            used += (size_t)sprintf(p->branches + used, used ? ",%lld" : "%lld", (long long)rungs[k].start_step);
}

ll_status ll_rung_places_of(ll_rung_places *p, const ll_rung *rungs, int64_t n, int64_t i, const ll_spec *spec,
                            const char *folder, const char *prefix, ll_error *err) {
    const ll_rung *r = &rungs[i];
    memset(p, 0, sizeof *p);
    p->places.at = p->at;
    LL_TRY(ll_rung_out(p->out, folder, r->name, err));
    if (r->trunk >= 0) LL_TRY(ll_rung_out(p->parent, folder, rungs[r->trunk].name, err));
    if (*prefix) {
        LL_TRY(ll_shard_path(p->train, prefix, "train", err));
        LL_TRY(ll_shard_path(p->val, prefix, "val", err));
    }
    list_branches(p, rungs, n, i);
    put_numbers(p, r);
    put_texts(p, r->name, spec);
    return LL_OK;
}

/* ---- counts ---- */

bool ll_rung_counts_total(const ll_spec *s) {
    return ll_spec_has_command(s) && *s->engine.count.total && !*s->engine.count.nonembedding;
}

/* NaN where there is no expression. */
static double value_of(const char *expression, const ll_model *m) {
    ll_rung_places p = { .places = { p.at, 0, NULL } };
    double v;
    if (!*expression) return NAN;
    put_shape(&p, m);
    return ll_expression_value(expression, &p.places, &v, NULL) == LL_OK ? v : NAN;
}

void ll_rung_count(const ll_spec *s, const ll_model *m, ll_count *count) {
    if (!ll_spec_has_command(s)) return;
    const double own = value_of(s->engine.count.nonembedding, m), total = value_of(s->engine.count.total, m);
    const double exact = value_of(s->engine.count.flops_token, m);
    if (*s->engine.count.nonembedding) count->params = own;
    if (ll_rung_counts_total(s)) count->params = total;
    count->params_head = NAN;
    count->params_total = total;
    count->flops_token = isnan(exact) ? 6 * count->params : exact;
}

/* ---- before there are rungs ---- */

/* A value of the spec's file by its key with dots; NULL where the file has none there. */
static const ll_yaml_node *value_at(const ll_yaml *doc, const char *key) {
    char part[64];
    const ll_yaml_node *node = ll_yaml_root(doc);
    for (size_t n; node && node->kind == LL_YAML_MAP && *key; key += n + (key[n] == '.')) {
        n = strcspn(key, ".");
        snprintf(part, sizeof part, "%.*s", (int)n, key);
        node = ll_yaml_get(node, part);
    }
    return node && node->kind == LL_YAML_SCALAR && !*key ? node : NULL;
}

/* Before what is wrong at a byte of a value: FILE:LINE:COLUMN and the key. Where another source gave it, such as a
 * flag, the column is the value's own. */
static ll_status name_place(const char *where, const char *key, const char *text, size_t fault, ll_error *err) {
    enum { MOST = 1 << 20 };
    char *file = NULL;
    size_t size;
    ll_yaml *doc = NULL;
    int line, column;
    const bool read = ll_file_read(where, MOST, &file, &size, NULL) == LL_OK &&
                      ll_yaml_parse(file, size, where, &doc, NULL) == LL_OK;
    const ll_yaml_node *node = read ? value_at(doc, key) : NULL;
    const bool found = node && strcmp(node->text, text) == 0 && ll_yaml_place(file, node, fault, &line, &column);
    ll_yaml_free(doc);
    free(file);
    if (found) return ll_error_prefix(err, "%s:%d:%d: %s", where, line, column, key);
    return fault ? ll_error_prefix(err, "%s: %s: column %zu", where, key, fault + 1)
                 : ll_error_prefix(err, "%s: %s", where, key);
}

static ll_status check_template(const char *text, const char *where, const char *key, const ll_placeholders *places,
                                bool shell, ll_error *err) {
    char path[LL_PATH_MAX], *line = NULL;
    size_t fault = 0;
    ll_arguments a = { 0 };
    const ll_placeholders p = { places->at, places->n, &fault };
    const bool is_path = !strcmp(key, "engine.metrics.file");
    ll_status s = is_path ? ll_template_fill(path, sizeof path, text, &p, err)
                  : shell ? ll_template_shell(&line, text, &p, err)
                          : ll_template_words(&a, text, &p, err);
    ll_arguments_free(&a);
    free(line);
    return s == LL_OK ? LL_OK : name_place(where, key, text, fault, err);
}

/* Of a small shape it has to be a number above 0. */
static ll_status check_count(const char *text, const char *where, const char *key, ll_error *err) {
    static const ll_model m = { .layers = 2, .width = 64, .heads = 4, .ffw = 256, .context = 128 };
    size_t fault = 0;
    ll_rung_places p = { .places = { p.at, 0, &fault } };
    double v = 1;
    put_shape(&p, &m);
    ll_status s = *text ? ll_expression_value(text, &p.places, &v, err) : LL_OK;
    if (s == LL_OK && !(v > 0 && isfinite(v)))
        s = LL_FAIL(err, LL_EINPUT, "is %g for 2 layers of width 64, expected a number above 0", v);
    return s == LL_OK ? LL_OK : name_place(where, key, text, fault, err);
}

void ll_rung_metric_names(const ll_spec *s, ll_metric_names *out) {
    *out = (ll_metric_names) { .name = { [LL_METRIC_STEP] = s->engine.metrics.step,
                                         [LL_METRIC_TOKENS] = s->engine.metrics.tokens,
                                         [LL_METRIC_LOSS] = s->engine.metrics.loss,
                                         [LL_METRIC_TRAIN_LOSS] = s->engine.metrics.train_loss,
                                         [LL_METRIC_PARAMS] = s->engine.metrics.params,
                                         [LL_METRIC_PARAMS_TOTAL] = s->engine.metrics.params_total },
                               .pattern = s->engine.metrics.pattern };
}

static ll_status hear(void *ctx, const ll_metric_row *row, ll_error *err) {
    (void)ctx, (void)row, (void)err;
    return LL_OK;
}

static ll_status check_metrics(const ll_spec *s, const char *where, ll_error *err) {
    ll_metric_names names;
    ll_metric_reader *r;
    ll_rung_metric_names(s, &names);
    if (!*s->engine.metrics.loss)
        return LL_FAIL(err, LL_EINPUT, "%s: engine.metrics.loss: expected what the command calls its loss", where);
    if (!strcmp(s->engine.metrics.unit, "bits_per_byte") && !(s->engine.metrics.bytes_per_token > 0))
        return LL_FAIL(err, LL_EINPUT, "%s: engine.metrics.bytes_per_token: expected it, for losses in bits a byte",
                       where);
    ll_status status = ll_metric_reader_new(&r, s->engine.metrics.format, &names, hear, NULL, err);
    ll_metric_reader_free(r);
    return status == LL_OK ? LL_OK : ll_error_prefix(err, "%s: engine.metrics", where);
}

ll_status ll_rung_places_check(const ll_spec *s, const char *where, ll_error *err) {
    ll_rung_places p;
    const ll_rung none = { .trunk = -1, .model = { .heads = 1 } };
    const bool has = ll_spec_has_command(s), wanted = !strcmp(s->engine.kind, "command");
    if (wanted && !has)
        return LL_FAIL(err, LL_EINPUT, "%s: engine.command: expected the command that trains a run", where);
    if (!has) return LL_OK;
    if (!strcmp(s->engine.kind, "local"))
        return LL_FAIL(err, LL_EINPUT, "%s: engine.kind: is local beside an engine.command, expected command",
                       where);
    LL_TRY(ll_rung_places_of(&p, &none, 1, 0, s, "", "", err));
    if (*s->engine.resume) LL_TRY(check_template(s->engine.resume, where, "engine.resume", &p.places, false, err));
    LL_TRY(check_template(s->engine.command, where, "engine.command", &p.places, s->engine.shell, err));
    LL_TRY(check_template(s->engine.metrics.file, where, "engine.metrics.file", &p.places, false, err));
    if (!strcmp(s->design.kind, "wsd") && !strstr(s->engine.command, "{parent}"))
        return LL_FAIL(err, LL_EINPUT,
                       "%s: engine.command: expected {parent} and {start_step}, for branches of wsd", where);
    if (strstr(s->engine.command, "{params_total}") && !*s->engine.count.total)
        return LL_FAIL(err, LL_EINPUT, "%s: engine.count.total: expected it, for {params_total}", where);
    LL_TRY(check_metrics(s, where, err));
    LL_TRY(check_count(s->engine.count.nonembedding, where, "engine.count.nonembedding", err));
    LL_TRY(check_count(s->engine.count.total, where, "engine.count.total", err));
    return check_count(s->engine.count.flops_token, where, "engine.count.flops_token", err);
}
