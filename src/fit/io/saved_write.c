#include <stdlib.h>
#include <string.h>

#include "base/system/file.h"
#include "base/version.h"
#include "fit/io/saved.h"

static ll_json *names(const char *const *run, int64_t n) {
    ll_json *list = ll_json_array();
    for (int64_t i = 0; i < n; i++) ll_json_push(list, ll_json_str(run[i] ? run[i] : ""));
    return list;
}

static ll_json *runs(const ll_fit_data *d, const char *const *run) {
    ll_json *o = ll_json_object();
    if (run) ll_json_set(o, "run", names(run, d->n));
    for (int v = 0; v < LL_VAR_COUNT; v++)
        if (d->x[v]) ll_json_set(o, ll_var_name((ll_var)v), ll_json_nums(d->x[v], (size_t)d->n));
    ll_json_set(o, "loss", ll_json_nums(d->loss, (size_t)d->n));
    if (d->weight) ll_json_set(o, "weight", ll_json_nums(d->weight, (size_t)d->n));
    if (!d->cluster) return o;
    ll_json *cluster = ll_json_array();
    for (int64_t i = 0; i < d->n; i++) ll_json_push(cluster, ll_json_int(d->cluster[i]));
    ll_json_set(o, "cluster", cluster);
    return o;
}

static ll_json *draws(const ll_fit *fit) {
    const int p = fit->law->n_params;
    ll_json *list = ll_json_array();
    for (int64_t i = 0; i < fit->n_draws; i++) ll_json_push(list, ll_json_nums(fit->draws + i * p, (size_t)p));
    return list;
}

static ll_status write_text(const char *text, const char *path, ll_error *err) {
    ll_file f;
    LL_TRY(ll_file_create(&f, path, err));
    fputs(text, f.out);
    fputc('\n', f.out);
    return ll_file_commit(&f, err);
}

bool ll_saved_sum(const ll_json *doc, char hex[LL_HASH_HEX]) {
    char *text = ll_json_text(doc, false);
    if (!text) return false;
    ll_hash_of(text, strlen(text), hex);
    free(text);
    return true;
}

ll_status ll_saved_write(const ll_fit *fit, const ll_fit_context *context, const char *path, ll_error *err) {
    if (!context->convention) return LL_FAIL(err, LL_EINPUT, "%s: a fit is saved with its convention", path);
    ll_json *doc = ll_fit_json(fit, context);
    ll_json_set_str(doc, "version", LL_VERSION " " LL_COMMIT);
    ll_json_set(doc, "runs", runs(&fit->data, context->runs));
    ll_json_set(doc, "draws", draws(fit));
    if (context->spread > 0) ll_json_set_num(ll_json_group(doc, "belief"), "spread", context->spread);
    char sum[LL_HASH_HEX], *text = NULL;
    if (ll_saved_sum(doc, sum)) {
        ll_json_set_str(doc, "sum", sum);
        text = ll_json_text(doc, false);
    }
    ll_json_free(doc);
    if (!text) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory", path);
    ll_status s = write_text(text, path, err);
    free(text);
    return s;
}
