/* A model that is only asked, behind a server whose answers are known: it always violates, says why when it is
 * asked, and then writes an answer that does not. */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/http/http_server.h"
#include "base/words/printed.h"
#include "sweep/constitution/loop_asked.h"

#if defined(LL_HAVE_CURL) && defined(LL_HAVE_MICROHTTPD) && defined(LL_HAVE_PCRE2)

enum { PROMPTS = 5, HELD = 4, TRIES = 3 };
static char folder[LL_PATH_MAX], prompts[LL_PATH_MAX], url[64];
static ll_http_server *server;
static bool stubborn; /* what it writes again violates, too */

static ll_status list_models(void *ctx, const ll_http_request *request, ll_http_answer *answer, ll_error *err) {
    (void)ctx, (void)request, (void)err;
    static char models[] = "{\"data\": [{\"id\": \"stub\"}]}";
    answer->body = models;
    answer->size = sizeof models - 1;
    answer->lent = true;
    return LL_OK;
}

static const char *says(const char *prompt) {
    if (strstr(prompt, "The answer again")) return stubborn ? " still X" : " quite calm";
    if (strstr(prompt, "breaks this principle:")) return " It has the letter X.";
    return " with X in it";
}

static ll_status complete(void *ctx, const ll_http_request *request, ll_http_answer *answer, ll_error *err) {
    ll_json *doc;
    ll_printed text;
    (void)ctx;
    LL_TRY(ll_json_parse(request->body, request->size, "request", &doc, err));
    const char *prompt = ll_json_get_str(doc, "prompt");
    const int64_t n = ll_json_get_int(doc, "n", 1);
    FILE *out = ll_printed_open(&text);
    fputs("{\"choices\": [", out);
    for (int64_t i = 0; i < n; i++)
        fprintf(out,
                "%s{\"index\": %lld, \"text\": \"%s\", \"finish_reason\": \"stop\", \"logprobs\": {\"tokens\": "
                "[\"%s\"], "
                "\"token_logprobs\": [-1]}}",
                i ? ", " : "", (long long)i, says(prompt), says(prompt));
    fputs("]}", out);
    answer->body = ll_printed_close(&text);
    answer->size = text.size;
    ll_json_free(doc);
    return LL_OK;
}

static int setup(void **state) {
    static const ll_http_route routes[] = { { .method = "GET", .path = "/v1/models", .answer = list_models },
                                            { .method = "POST", .path = "/v1/completions", .answer = complete } };
    static const ll_http_service services[] = { { .routes = routes, .n_routes = 2 } };
    char text[1024] = "prompt,who\n", path[LL_PATH_MAX];
    (void)state;
    support_folder(folder);
    for (int i = 0; i < PROMPTS; i++) snprintf(text + strlen(text), 64, "Say %d:,me\n", i);
    support_write(folder, "prompts.csv", text, strlen(text), prompts);
    static const char house[] =
        "name: calm\nprinciples: [{id: x, words: No X., judge: {kind: rule, pattern: X}}]\n";
    support_write(folder, "house.yaml", house, sizeof house - 1, path);
    assert_ok(ll_http_server_start(&server, &(ll_http_server_opts) { .services = services, .n_services = 1 }, err));
    snprintf(url, sizeof url, "http://127.0.0.1:%d/v1", ll_http_server_port(server));
    return 0;
}

static int teardown(void **state) {
    (void)state;
    ll_http_server_stop(server);
    support_remove(folder);
    return 0;
}

static ll_constitution house(const char *judge) {
    ll_constitution c;
    char text[512];
    const int n = snprintf(text, sizeof text,
                           "name: calm\ngold: {kind: rule, pattern: calm, required: true}\n"
                           "principles: [{id: x, words: No X., judge: %s}]\n"
                           "prompts: {held_out: %d}\nrevise: {rounds: 2, tries: %d}\nbest_of: 4\n",
                           judge, HELD, TRIES);
    assert_ok(ll_constitution_parse(&c, text, (size_t)n, "house.yaml", err));
    return c;
}

static ll_loop_asked asked(void) {
    return (ll_loop_asked) {
        .endpoint = { .url = url, .timeout_s = 20 }, .prompts = prompts, .column = "prompt", .store = "none.db"
    };
}

static const ll_loop_row *row(const ll_loop_table *t, const char *stage) {
    for (int64_t i = 0; i < t->rows; i++)
        if (strcmp(t->row[i].stage, stage) == 0) return &t->row[i];
    fail_msg("no stage %s", stage);
    return NULL;
}

/* The first round of words mends every answer; sampled again it is the same each time. */
static void revises_itself(void **state) {
    (void)state;
    ll_loop_table t;
    const ll_constitution c = house("{kind: rule, pattern: X}");
    const ll_loop_asked how = asked();
    stubborn = false;
    assert_ok(ll_loop_ask(&t, &c, &how, err));
    assert_int_equal(t.runs, 1);
    assert_string_equal(t.run[0].name, "stub");
    assert_int_equal(row(&t, "before")->n, HELD);
    assert_true(row(&t, "before")->value[LL_LOOP_ALL] == 1 && row(&t, "before")->value[LL_LOOP_GOLD] == 1);
    assert_true(row(&t, "resampled")->value[LL_LOOP_ALL] == 1 && row(&t, "bestof.4")->value[LL_LOOP_ALL] == 1);
    const ll_loop_row *written = row(&t, "written");
    assert_true(written->value[LL_LOOP_ALL] == 0 && written->value[LL_LOOP_GOLD] == 0);
    assert_true(written->value[LL_LOOP_ROUNDS] == HELD && written->value[LL_LOOP_SAMPLES] == HELD + HELD * TRIES);
    assert_true(row(&t, "resampled")->value[LL_LOOP_ROUNDS] == 2 * HELD);
    ll_loop_table_clear(&t);
    stubborn = true;
    assert_ok(ll_loop_ask(&t, &c, &how, err));
    assert_true(row(&t, "written")->value[LL_LOOP_ALL] == 1 &&
                row(&t, "written")->value[LL_LOOP_ROUNDS] == 2 * HELD);
    ll_loop_table_clear(&t);
}

static void refused(void **state) {
    (void)state;
    ll_loop_table t;
    ll_error why = { 0 };
    const ll_constitution rule = house("{kind: rule, pattern: X}"), learned = house("{kind: learned}");
    ll_loop_asked how = asked();
    assert_int_equal(ll_loop_ask(&t, &learned, &how, &why), LL_EINPUT);
    assert_non_null(strstr(why.msg, "learned"));
    how.column = "text";
    assert_int_equal(ll_loop_ask(&t, &rule, &how, &why), LL_EFORMAT);
    assert_non_null(strstr(why.msg, "prompts.csv"));
    how = asked();
    how.endpoint.url = "http://127.0.0.1:1/v1";
    how.endpoint.retries = -1;
    assert_int_equal(ll_loop_ask(&t, &rule, &how, &why), LL_EIO);
    assert_int_equal(t.rows, 0);
}

static void as_a_user(void **state) {
    (void)state;
    char line[512], out[1 << 14], why[4096];
    stubborn = false;
    snprintf(
        line, sizeof line,
        "constitution run --constitution house.yaml --endpoint %s --prompts prompts.csv --column prompt --json",
        url);
    assert_int_equal(support_run(folder, line, out, sizeof out, why, sizeof why), 0);
    assert_non_null(strstr(out, "\"written\""));
    assert_int_equal(support_run(folder, "constitution run --constitution house.yaml --endpoint x", out, sizeof out,
                                 why, sizeof why),
                     2);
    assert_non_null(strstr(why, "belong together"));
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(revises_itself), cmocka_unit_test(refused),
                                        cmocka_unit_test(as_a_user) };
    return cmocka_run_group_tests(tests, setup, teardown);
}

#else

int main(void) {
    printf("SKIPPED: this build has no libcurl, libmicrohttpd or PCRE2\n");
    return 0;
}

#endif
