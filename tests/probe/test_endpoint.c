/* The models of a store through HTTP and directly: the same scores and samples, to the last bit. */
#define _GNU_SOURCE
#include "serving.h"

#include <math.h>
#include <pthread.h>

#include "loglog/random.h"
#include "probe/endpoint/endpoint.h"
#include "probe/local_lm.h"
#include "sweep/asking/subject.h"

#if defined(LL_HAVE_CURL) && defined(LL_HAVE_MICROHTTPD)

enum { ASKS = 120, ROOM = 400, THREADS = 3 };

static char db[LL_PATH_MAX], names[2][200];
static int n_models;

static void add_model(const char *name, const char *tokenizer) {
    ll_store *s;
    ll_ladder ladder;
    ll_run *runs;
    int64_t n;
    service_train(name, tokenizer);
    assert_ok(ll_store_open(&s, db, LL_STORE_READ, err));
    assert_ok(ll_store_get_ladder(s, name, &ladder, err));
    assert_ok(ll_store_list_runs(s, ladder.id, LL_RUN_DONE, "", &runs, &n, err));
    ll_ladder_clear(&ladder);
    assert_int_equal(n, 1);
    snprintf(names[n_models++], sizeof names[0], "%.199s", runs[0].id);
    free(runs);
    ll_store_close(s);
}

static int set_up(void **state) {
    scratch_make(state);
    assert_ok(ll_file_join(db, folder, "loglog.db", err));
    service_text();
    add_model("bytes", "bytes");
#ifdef LL_HAVE_SENTENCEPIECE
    add_model("pieces", "bpe:330");
#endif
    service_start();
    return 0;
}

static int tear_down(void **state) {
    service_stop();
    return scratch_remove(state);
}

static ll_lm *through_http(const char *model) {
    ll_lm *lm;
    const ll_endpoint_opts opts = {
        .url = service.url, .model = model, .timeout_s = 60, .batch = 7, .parallel = 3
    };
    assert_ok(ll_lm_endpoint(&lm, &opts, err));
    return lm;
}

/* Characters of one to four bytes, up to more than three contexts of them; what is scored is shorter than one. */
static char text[ASKS][ROOM];
static void some_asks(ll_lm_ask ask[ASKS], uint64_t seed) {
    static const char *const chars[] = { "a",
                                         "e",
                                         "t",
                                         " ",
                                         "h",
                                         "\n",
                                         "7",
                                         "\"",
                                         "\\",
                                         "\xc3\xa9",
                                         "\xc3\x9f",
                                         "\xe4\xb8\xad",
                                         "\xf0\x9f\x98\x80",
                                         "\xef\xbf\xbd",
                                         "bytes:" };
    ll_rng r = ll_rng_at(seed, LL_STREAM_NOISE, 1);
    for (int i = 0; i < ASKS; i++) {
        const int64_t n = 2 + ll_rng_below(&r, i % 3 ? 20 : 90),
                      scored = 1 + ll_rng_below(&r, n - 1 < 7 ? n - 1 : 7);
        size_t seam = 0, size = 0;
        for (int64_t j = 0; j < n; j++) {
            const char *c = chars[ll_rng_below(&r, 15)];
            if (j == n - scored) seam = size;
            if (j > n - scored && c[0] == 'b') c = "b"; /* "bytes:" in a continuation may be too long */
            memcpy(text[i] + size, c, strlen(c));
            size += strlen(c);
        }
        ask[i] = (ll_lm_ask) { { text[i], seam }, { text[i] + seam, size - seam } };
    }
}

typedef struct asking {
    ll_lm *lm;
    const ll_lm_ask *ask;
    int64_t n;
    ll_lm_score score[ASKS];
    ll_status status;
    ll_error err;
} asking;

static void *ask_all(void *ctx) {
    asking *a = ctx;
    a->status = ll_lm_loglikelihood(a->lm, a->ask, a->n, a->score, &a->err);
    return NULL;
}

static void assert_same(const ll_lm_score *a, const ll_lm_score *b, const ll_lm_ask *ask) {
    if (memcmp(&a->logprob, &b->logprob, sizeof a->logprob) == 0 && a->tokens == b->tokens &&
        a->greedy == b->greedy)
        return;
    fail_msg("'%.*s|%.*s': %.17g of %d tokens, greedy %d; directly %.17g, %d, %d", (int)ask->context.size,
             ask->context.at, (int)ask->continuation.size, ask->continuation.at, a->logprob, (int)a->tokens,
             a->greedy, b->logprob, (int)b->tokens, b->greedy);
}

/* Those that are refused directly are refused through HTTP, one by one; *n of the others are moved to the front. */
static void part(ll_lm *here, ll_lm *there, ll_lm_ask *ask, int64_t *n, int64_t *refused) {
    *n = *refused = 0;
    for (int i = 0; i < ASKS; i++) {
        ll_lm_score s;
        ll_error why = { 0 };
        if (ll_lm_loglikelihood(here, &ask[i], 1, &s, NULL) == LL_OK) ask[(*n)++] = ask[i];
        else if (++*refused < 5) assert_int_not_equal(ll_lm_loglikelihood(there, &ask[i], 1, &s, &why), LL_OK);
    }
}

static void scores_are_the_same_to_the_bit(void **state) {
    (void)state;
    for (int m = 0; m < n_models; m++) {
        ll_subject s;
        ll_lm_ask ask[ASKS];
        static ll_lm_score direct[ASKS];
        static asking a[THREADS];
        pthread_t thread[THREADS];
        int64_t n, refused;
        assert_ok(ll_subject_run(&s, db, names[m], 1, err));
        some_asks(ask, 7 + (uint64_t)m);
        for (int k = 0; k < THREADS; k++) a[k] = (asking) { .lm = through_http(names[m]) };
        part(s.lm, a[0].lm, ask, &n, &refused);
        assert_true(n > ASKS / 2);
        assert_ok(ll_lm_loglikelihood(s.lm, ask, n, direct, err));
        for (int k = 0; k < THREADS; k++) {
            a[k].ask = ask;
            a[k].n = n;
            assert_int_equal(pthread_create(&thread[k], NULL, ask_all, &a[k]), 0);
        }
        for (int k = 0; k < THREADS; k++) {
            pthread_join(thread[k], NULL);
            if (a[k].status != LL_OK) fail_msg("%s", a[k].err.msg);
            for (int64_t i = 0; i < n; i++) assert_same(&a[k].score[i], &direct[i], &ask[i]);
            ll_lm_close(a[k].lm);
        }
        ll_subject_close(&s);
    }
}

static void samples_are_the_same_to_the_bit(void **state) {
    (void)state;
    static const ll_lm_prompt prompts[] = {
        { .text = { "the cat", 7 }, .samples = 6, .most = 24, .stop = "", .temperature = 1, .seed = 3 },
        { .text = { "caf\xc3\xa9", 5 },
          .samples = 5,
          .most = 60,
          .stop = " ",
          .temperature = 0.7,
          .seed = UINT64_MAX },
        { .text = { "na", 2 }, .samples = 3, .most = 12, .stop = "\xc3\xa9", .temperature = 0, .seed = 0 },
        { .text = { "a", 1 }, .samples = 130, .most = 5, .stop = "\n", .temperature = 3, .seed = 1 },
    };
    for (int m = 0; m < n_models; m++) {
        ll_subject s;
        ll_lm *http = through_http(names[m]);
        assert_ok(ll_subject_run(&s, db, names[m], 1, err));
        for (size_t p = 0; p < sizeof prompts / sizeof *prompts; p++) {
            static ll_lm_sample a[130], b[130];
            const int64_t n = prompts[p].samples;
            assert_ok(ll_lm_sample_text(http, &prompts[p], a, err));
            assert_ok(ll_lm_sample_text(s.lm, &prompts[p], b, err));
            for (int64_t j = 0; j < n && j < 128; j++) /* the rest is of another request, and has another seed */
                if (a[j].size != b[j].size || memcmp(a[j].text, b[j].text, a[j].size) != 0 ||
                    a[j].tokens != b[j].tokens || memcmp(&a[j].logprob, &b[j].logprob, sizeof a[j].logprob) != 0)
                    fail_msg("model %d, prompt %zu, sample %d: '%s' %d %.17g, directly '%s' %d %.17g", m, p, (int)j,
                             a[j].text, (int)a[j].tokens, a[j].logprob, b[j].text, (int)b[j].tokens, b[j].logprob);
            ll_lm_samples_clear(a, n);
            ll_lm_samples_clear(b, n);
        }
        ll_lm_close(http);
        ll_subject_close(&s);
    }
}

/* The first that is listed, by its id, or by the name behind the slash; and how much of a text it sees. */
static void a_model_goes_by_its_name(void **state) {
    (void)state;
    ll_lm *lm;
    ll_error err = { 0 };
    const char *const asked[] = { NULL, "", names[0], strchr(names[0], '/') + 1 };
    for (int i = 0; i < 4; i++) {
        lm = through_http(asked[i]);
        assert_int_equal(lm->context, 32);
        assert_true(isnan(lm->token_flops));
        ll_lm_close(lm);
    }
    const ll_lm_ask ask = { { "a", 1 }, { "b", 1 } };
    ll_lm_score s;
    lm = through_http("nobody");
    assert_int_equal(ll_lm_loglikelihood(lm, &ask, 1, &s, &err), LL_EIO);
    says(err.msg, "answers 404");
    says(err.msg, "nobody");
    ll_lm_close(lm);
}

/* The verb prints through HTTP what it prints of the store. */
static void a_probe_gives_the_same_scores(void **state) {
    (void)state;
    char path[LL_PATH_MAX], pairs[1 << 14] = "", command[512], direct[1 << 14];
    for (int i = 0; i < 20; i++) {
        char line[400];
        snprintf(line, sizeof line,
                 "{\"sentence_good\": \"the cat says %d caf\xc3\xa9\", \"sentence_bad\": \"cat the says %d "
                 "caf\xc3\xa9\", "
                 "\"field\": \"syntax\", \"linguistics_term\": \"agreement\", \"UID\": \"one\"}\n",
                 i, i);
        strcat(pairs, line);
    }
    support_write(folder, "pairs.jsonl", pairs, strlen(pairs), path);
    gives("probe run blimp --ladder bytes --data pairs.jsonl --json --again", 0);
    const char *at = strstr(out, "\"metrics\"");
    assert_non_null(at);
    strcpy(direct, at);
    snprintf(command, sizeof command,
             "probe run blimp --endpoint %s --model %s --data pairs.jsonl --json --save items", service.url,
             names[0]);
    gives(command, 0);
    at = strstr(out, "\"metrics\"");
    assert_non_null(at);
    assert_string_equal(at, direct);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_the_same_to_the_bit),
        cmocka_unit_test(samples_are_the_same_to_the_bit),
        cmocka_unit_test(a_model_goes_by_its_name),
        cmocka_unit_test(a_probe_gives_the_same_scores),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

#else

int main(void) {
    print_message("SKIPPED: this build has no libcurl or no libmicrohttpd\n");
    return 0;
}

#endif
