#include "forecast/prior/borrowed.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/document/hash.h"
#include "base/system/file.h"
#include "base/words/number.h"

static const char SCHEMA[] = "loglog.prior/1", FILE_NAME[] = "loglog.prior.json";
enum { FILE_MOST = 1 << 16 };

/* ---- the numbers by name ---- */

#define NUMBERS(X)      \
    X(exponent)         \
    X(exponent_sd)      \
    X(floor)            \
    X(floor_sd)         \
    X(term)             \
    X(term_sd)          \
    X(mixing)           \
    X(mixing_sd)        \
    X(noise)            \
    X(noise_sd)         \
    X(noise_growth)     \
    X(noise_growth_sd)  \
    X(discrepancy)      \
    X(discrepancy_sd)   \
    X(length)           \
    X(length_ratio)     \
    X(excess_growth)    \
    X(excess_growth_sd) \
    X(excess_noise)     \
    X(in_cluster)       \
    X(in_cluster_sd)    \
    X(drift)            \
    X(drift_growth)     \
    X(floor_growth)     \
    X(bend)             \
    X(known)            \
    X(odd_share)        \
    X(odd)              \
    X(spread)           \
    X(spread_parts)

/* What one's own ladders may change. */
#define LEARNED(X) X(odd_share) X(spread) X(spread_parts)

const char *ll_prior_hash(const ll_prior *prior, char hex[65]) {
    ll_hash h;
    uint8_t digest[LL_HASH_BYTES];
    char line[64];
    const ll_number_scope scope = ll_number_begin();
    ll_hash_init(&h);
#define FEED(name) \
    snprintf(line, sizeof line, #name "=%.17g\n", prior->name), ll_hash_update(&h, line, strlen(line));
    NUMBERS(FEED)
#undef FEED
    ll_number_end(scope);
    ll_hash_final(&h, digest);
    return ll_hash_hex(digest, hex);
}

/* ---- what there is ---- */

/* The judged numbers are the first rows of bench/windtunnel/RESULTS.md: five sources of tables, each left out in
 * turn. */
void ll_borrowed_public(ll_borrowed *out) {
    *out = (ll_borrowed) { .prior = ll_prior_default,
                           .name = "public",
                           .ladders = LL_PRIOR_SOURCES,
                           .forecasts = LL_PRIOR_JUDGED,
                           .interval_score = ll_prior_left_out.interval_score,
                           .covered90 = ll_prior_left_out.covered90,
                           .log_score = ll_prior_left_out.log_score };
    ll_prior_hash(&out->prior, out->hash);
}

void ll_borrowed_none(ll_borrowed *out) {
    *out = (ll_borrowed) {
        .prior = ll_prior_none, .name = "none", .interval_score = NAN, .covered90 = NAN, .log_score = NAN
    };
    ll_prior_hash(&out->prior, out->hash);
}

/* ---- the file ---- */

bool ll_borrowed_beside(char *path, const char *store) {
    char folder[LL_PATH_MAX];
    if (!store || !*store || strstr(store, "://")) return false;
    ll_file_folder(folder, store);
    return ll_file_join(path, folder, FILE_NAME, NULL) == LL_OK;
}

static ll_status number(const ll_json *from, const char *key, double least, double most, const char *path,
                        double *to, ll_error *err) {
    *to = ll_json_get_num(from, key);
    if (*to >= least && *to <= most) return LL_OK;
    return LL_FAIL(err, LL_EFORMAT, "%s: %s is no number from %g to %g", path, key, least, most);
}

static ll_status parse(ll_borrowed *out, const ll_json *doc, const char *path, ll_error *err) {
    const char *schema = ll_json_get_str(doc, "schema"), *from = ll_json_get_str(doc, "from");
    const ll_json *numbers = ll_json_get(doc, "numbers"), *left_out = ll_json_get(doc, "left_out");
    if (!schema || strcmp(schema, SCHEMA) != 0)
        return LL_FAIL(err, LL_EFORMAT, "%s: schema is '%.40s', expected '%s'", path, schema ? schema : "", SCHEMA);
    ll_borrowed_public(out);
    if (!from || strcmp(from, out->hash) != 0)
        return LL_FAIL(
            err, LL_ESTATE,
            "%s: from is '%.12s', and this program's public numbers are %.12s: learn again with 'forecast "
            "learn', or --prior public",
            path, from ? from : "", out->hash);
    strcpy(out->name, "learned");
    LL_TRY(number(numbers, "odd_share", 0, 0.5, path, &out->prior.odd_share, err));
    LL_TRY(number(numbers, "spread", 0.1, 10, path, &out->prior.spread, err));
    LL_TRY(number(numbers, "spread_parts", 1, 1e6, path, &out->prior.spread_parts, err));
    out->ladders = ll_json_get_int(left_out, "ladders", 0);
    out->forecasts = ll_json_get_int(left_out, "forecasts", 0);
    out->interval_score = ll_json_get_num(left_out, "interval_score");
    out->covered90 = ll_json_get_num(left_out, "covered90");
    out->log_score = ll_json_get_num(left_out, "log_score");
    ll_prior_hash(&out->prior, out->hash);
    return LL_OK;
}

static ll_status load(ll_borrowed *out, const char *path, ll_error *err) {
    ll_json *doc;
    LL_TRY(ll_json_load(path, FILE_MOST, &doc, err));
    const ll_status status = parse(out, doc, path, err);
    ll_json_free(doc);
    return status;
}

ll_status ll_borrowed_named(ll_borrowed *out, const char *word, const char *store, ll_error *err) {
    char path[LL_PATH_MAX];
    const bool said = word && *word;
    ll_borrowed_public(out);
    if (!said) return ll_borrowed_beside(path, store) && access(path, F_OK) == 0 ? load(out, path, err) : LL_OK;
    if (strcmp(word, "public") == 0) return LL_OK;
    if (strcmp(word, "none") == 0) return ll_borrowed_none(out), LL_OK;
    if (access(word, F_OK) == 0) return load(out, word, err);
    return LL_FAIL(err, LL_EINPUT, "--prior is '%.80s', expected public, none or a file of 'forecast learn'", word);
}

ll_status ll_borrowed_save(const ll_borrowed *b, const char *head, const char *path, ll_error *err) {
    ll_borrowed base;
    ll_file f;
    ll_borrowed_public(&base);
    ll_json *doc = ll_json_object(), *own = ll_borrowed_json(b);
    ll_json_set_str(doc, "schema", SCHEMA);
    ll_json_set_str(doc, "from", base.hash);
    ll_json_set_str(doc, "ledger", head);
    ll_json *numbers = ll_json_group(doc, "numbers");
#define SET(name) ll_json_set_num(numbers, #name, b->prior.name);
    LEARNED(SET)
#undef SET
    ll_json_set(doc, "left_out", ll_json_copy(ll_json_get(own, "left_out")));
    char *text = ll_json_text(doc, true);
    ll_json_free(own);
    ll_json_free(doc);
    if (!text) return LL_FAIL(err, LL_ENOMEM, "out of memory for %s", path);
    ll_status status = ll_file_create(&f, path, err);
    if (status == LL_OK) {
        fprintf(f.out, "%s\n", text);
        status = ll_file_commit(&f, err);
    }
    free(text);
    return status;
}

/* ---- in words ---- */

const char *ll_borrowed_words(const ll_borrowed *b, char *out, size_t size) {
    if (b->ladders == 0)
        snprintf(out, size, "nothing borrowed: the runs fitted are all that it stands on (prior %s, %.8s)", b->name,
                 b->hash);
    else
        snprintf(out, size,
                 "borrowed: prior %s, %.8s; over %lld %s left out in turn its 90 %% intervals held %.0f %% of %lld "
                 "forecasts, interval score %.3f",
                 b->name, b->hash, (long long)b->ladders,
                 strcmp(b->name, "public") == 0 ? "sources of tables" : "ladders of one's own", 100 * b->covered90,
                 (long long)b->forecasts, b->interval_score);
    return out;
}

ll_json *ll_borrowed_json(const ll_borrowed *b) {
    ll_json *o = ll_json_object();
    ll_json_set_str(o, "name", b->name);
    ll_json_set_str(o, "hash", b->hash);
    if (b->ladders == 0) return o;
    ll_json *left_out = ll_json_group(o, "left_out");
    ll_json_set_int(left_out, "ladders", b->ladders);
    ll_json_set_int(left_out, "forecasts", b->forecasts);
    ll_json_set_num(left_out, "interval_score", b->interval_score);
    ll_json_set_num(left_out, "covered90", b->covered90);
    ll_json_set_num(left_out, "log_score", b->log_score);
    return o;
}
