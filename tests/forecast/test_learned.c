#include "support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "forecast/ledger/own_ladders.h"
#include "loglog/random.h"
#include "scratch.h"
#include "stat/student.h"

enum { MOST = 120 };
static ll_seal seals[MOST];
static ll_error why;

static void refuses(ll_status status, ll_status expected, const char *words) {
    assert_int_equal(status, expected);
    assert_non_null(strstr(why.msg, words));
}

/* ladders of three forecasts each, which miss by so many times the sd that they were sealed with. */
static int64_t plant(int ladders, double times, double spread) {
    int64_t n = 0;
    ll_rng rng = ll_rng_at(3, LL_STREAM_NOISE, (uint64_t)ladders);
    for (int l = 0; l < ladders; l++)
        for (int k = 0; k < 3; k++, n++) {
            ll_seal *s = &seals[n];
            ll_forecast *f = &s->forecast;
            *s = (ll_seal) { .seq = n + 1, .scored = true, .forecast = { .mean = log(2.5), .sd = 0.01 } };
            for (int q = 0; q < LL_FORECAST_QUANTILES; q++)
                f->quantile[q] = 2.5 * exp(0.01 * ll_normal_quantile(ll_forecast_levels[q]));
            snprintf(f->data_hash, sizeof f->data_hash, "%064d", l);
            f->prior_spread = spread;
            s->score = ll_forecast_score(f, 2.5 * exp(0.01 * times * ll_rng_normal(&rng)));
        }
    return n;
}

static ll_borrowed learned(int ladders, double times, double spread) {
    ll_borrowed b;
    assert_ok(ll_learn_from_seals(&b, seals, plant(ladders, times, spread), err));
    return b;
}

/* Forecasts that are right keep their width; those that miss twice as far get nearly twice of it, the more the more
 * ladders say so; and on the ladders that were left out their intervals hold what they promise. */
static void spread(void **state) {
    (void)state;
    const ll_borrowed right = learned(40, 1, 1), wrong = learned(40, 2, 1), few = learned(2, 2, 1);
    assert_true(fabs(right.prior.spread - 1) < 0.15 && right.covered90 > 0.84);
    assert_true(wrong.prior.spread > 1.5 && wrong.prior.spread < 2.1);
    assert_true(few.prior.spread > 1 && few.prior.spread < wrong.prior.spread);
    assert_true(wrong.covered90 > 0.75);
    assert_int_equal(wrong.ladders, 40);
    assert_int_equal(wrong.forecasts, 120);
    assert_true(wrong.prior.spread_parts == ll_prior_default.spread_parts + 40);
    assert_true(wrong.prior.odd_share > ll_prior_default.odd_share);
    /* sealed with intervals that were twice as wide already, and right: the same is learned */
    assert_true(fabs(learned(40, 1, 2).prior.spread - wrong.prior.spread) < 0.2);
}

static void nothing_to_learn(void **state) {
    (void)state;
    ll_borrowed b;
    plant(1, 1, 1);
    seals[0].scored = false;
    refuses(ll_learn_from_seals(&b, seals, 1, &why), LL_EINPUT, "no scored forecast");
    refuses(ll_learn_from_seals(&b, seals, 0, &why), LL_EINPUT, "no scored forecast");
}

static void words_and_files(void **state) {
    (void)state;
    ll_borrowed b, back;
    char words[256], hex[65];
    assert_ok(ll_borrowed_named(&b, "none", NULL, err));
    assert_string_equal(b.name, "none");
    assert_non_null(strstr(ll_borrowed_words(&b, words, sizeof words), "nothing borrowed"));
    assert_ok(ll_borrowed_named(&b, "", NULL, err));
    assert_string_equal(b.name, "public");
    assert_string_equal(b.hash, ll_prior_hash(&ll_prior_default, hex));
    refuses(ll_borrowed_named(&b, "no-such-file", NULL, &why), LL_EINPUT, "--prior is 'no-such-file'");
    const ll_borrowed own = learned(10, 2, 1);
    char path[LL_PATH_MAX + 32], store[LL_PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/loglog.prior.json", folder);
    snprintf(store, sizeof store, "%s/loglog.db", folder);
    assert_ok(ll_borrowed_save(&own, "abc", path, err));
    assert_ok(ll_borrowed_named(&back, path, NULL, err));
    assert_string_equal(back.hash, own.hash);
    assert_true(back.prior.spread == own.prior.spread && back.covered90 == own.covered90);
    assert_ok(ll_borrowed_named(&back, "", store, err)); /* what lies beside the store */
    assert_string_equal(back.name, "learned");
    assert_ok(ll_borrowed_named(&back, "public", store, err));
    assert_string_equal(back.name, "public");
}

/* What is no such file, or was learned from other numbers, is refused with a line that names it. */
static void hostile_files(void **state) {
    (void)state;
    static const struct {
        const char *text, *why;
        ll_status status;
    } bad[] = {
        { "", "", LL_EFORMAT },
        { "[1]", "schema is ''", LL_EFORMAT },
        { "{\"schema\": \"loglog.fit/1\"}", "schema is 'loglog.fit/1'", LL_EFORMAT },
        { "{\"schema\": \"loglog.prior/1\", \"from\": \"00\"}", "learn again", LL_ESTATE },
        { "{\"schema\": \"loglog.prior/1\", \"from\": \"%s\"}", "odd_share is no number", LL_EFORMAT },
        { "{\"schema\": \"loglog.prior/1\", \"from\": \"%s\", \"numbers\": {\"odd_share\": 0.1, \"spread\": -1}}",
          "spread is no number", LL_EFORMAT }
    };
    char path[LL_PATH_MAX + 32], hex[65];
    snprintf(path, sizeof path, "%s/bad.json", folder);
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        ll_borrowed b;
        FILE *f = fopen(path, "w");
        assert_non_null(f);
        const char *at = strstr(bad[k].text, "%s");
        fprintf(f, "%.*s%s%s", at ? (int)(at - bad[k].text) : (int)strlen(bad[k].text), bad[k].text,
                at ? ll_prior_hash(&ll_prior_default, hex) : "", at ? at + 2 : "");
        fclose(f);
        refuses(ll_borrowed_named(&b, path, NULL, &why), bad[k].status, bad[k].why);
        assert_non_null(strstr(why.msg, "bad.json"));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(spread), cmocka_unit_test(nothing_to_learn),
                                        cmocka_unit_test(words_and_files), cmocka_unit_test(hostile_files) };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
