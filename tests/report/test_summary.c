/* What a demo says at its end. */
#define _POSIX_C_SOURCE 200809L
#include "planted_ladder.h"

#include <math.h>
#include <stdlib.h>

#include "base/system/file.h"
#include "cli/show/show_summary.h"

static char *summary_of(const ll_evidence *e) {
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    ll_summary_print(out, e);
    fclose(out);
    return text;
}

/* The ladder is planted on a surface, so the valleys' exponent is that of the surface. */
static void both_exponents_stand_together(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], store[LL_PATH_MAX], *text;
    ll_evidence *e;
    support_folder(folder);
    assert_ok(ll_file_join(store, folder, "loglog.db", err));
    plant(store, "summed");
    assert_ok(ll_evidence_gather(&e, &(ll_evidence_opts) { .store = store }, err));
    text = summary_of(e);
    assert_non_null(strstr(text, "by the isoFLOP valleys N ~ C^"));
    assert_non_null(strstr(text, "the two agree within their intervals"));
    free(text);
    e->frontier.a = (ll_estimate) { 0.05, 0.01, 0.04, 0.06 };
    text = summary_of(e);
    assert_non_null(strstr(text, "further apart than their intervals allow"));
    free(text);
    e->frontier.a = (ll_estimate) { 0.05, 0.2, 0.04, 0.6 }; /* skewed: the long side faces the valleys' */
    text = summary_of(e);
    assert_non_null(strstr(text, "the two agree within their intervals"));
    free(text);
    e->frontier.a.lo = e->frontier.a.hi = NAN;
    text = summary_of(e);
    assert_null(strstr(text, "further apart"));
    assert_non_null(strstr(text, "nothing says whether the two agree"));
    free(text);
    e->study.data.n = 3; /* too few for valleys: the surface speaks alone */
    text = summary_of(e);
    assert_non_null(strstr(text, "compute-optimal N ~ C^0.050"));
    assert_null(strstr(text, "valleys"));
    free(text);
    ll_evidence_free(e);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(both_exponents_stand_together) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
