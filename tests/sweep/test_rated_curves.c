/* The rates along the runs of a store: of every row that of its schedule, whatever the points. */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/file.h"
#include "sweep/design/design.h"
#include "sweep/design/rated_curves.h"

/* Steps of the points, few and early; the run's end comes last. */
static const int64_t at[] = { 3, 200, 300, 500, 800, 1500 };
enum { AT = sizeof at / sizeof *at };

static void put_run(ll_store *s, const char *ladder, const ll_rung *rung, const char *role) {
    ll_run r;
    ll_run_init(&r);
    snprintf(r.id, sizeof r.id, "%s/%s", *ladder ? ladder : "brought", rung->name);
    snprintf(r.ladder, sizeof r.ladder, "%s", ladder);
    snprintf(r.name, sizeof r.name, "%s", rung->name);
    snprintf(r.role, sizeof r.role, "%s", role);
    r.state = LL_RUN_DONE;
    r.params = rung->count.params;
    r.tokens = rung->tokens;
    r.flops = r.flops_exact = rung->flops;
    r.steps = (double)rung->steps;
    r.vocab = 257;
    r.lr = rung->lr;
    r.loss = 2;
    assert_ok(ll_store_put_run(s, &r, err));
    for (int k = 0; k <= AT; k++) {
        const int64_t step = k < AT ? at[k] : rung->steps;
        ll_point p = { .step = step, .loss = 4 - 0.1 * k, .se = 0.01, .train_loss = NAN };
        p.tokens = rung->tokens * (double)step / (double)rung->steps;
        assert_ok(ll_store_put_point(s, r.id, &p, err));
    }
}

typedef struct planted {
    char folder[LL_PATH_MAX], path[LL_PATH_MAX];
    ll_rung *rungs;
    int64_t n;
} planted;

/* A ladder of a grid of two sizes and two lengths, the fourth run excluded; and the first run as one of no ladder. */
static planted plant(const char *schedule, const char *command) {
    planted p;
    ll_spec spec;
    ll_store *s;
    const char *const set[] = { "data.source",        "markov",     "design.kind",    "grid",
                                "design.params",      "6000,25000", "design.tokens",  "400000,800000",
                                "train.batch_tokens", "256",        "train.schedule", schedule,
                                "engine.command",     command };
    support_folder(p.folder);
    assert_ok(ll_file_join(p.path, p.folder, "loglog.db", err));
    assert_ok(ll_options_default(ll_spec_table, ll_spec_count, &spec, err));
    for (size_t i = 0; i < sizeof set / sizeof *set; i += 2)
        if (*set[i + 1])
            assert_ok(ll_options_set(ll_spec_table, ll_spec_count, &spec, set[i], set[i + 1], "test", err));
    if (*command) strcpy(spec.engine.kind, "command");
    assert_ok(ll_design_rungs(&spec, 257, &p.rungs, &p.n, err));
    ll_ladder ladder = { .id = "0123456789abcdef", .name = "planted", .data = "{}", .spec = ll_spec_text(&spec) };
    assert_non_null(ladder.spec);
    assert_ok(ll_store_open(&s, p.path, LL_STORE_WRITE, err));
    assert_ok(ll_store_put_ladder(s, &ladder, err));
    for (int i = 0; i < 4; i++) put_run(s, ladder.id, &p.rungs[i], i == 3 ? "excluded" : "fit");
    put_run(s, "", &p.rungs[0], "fit");
    ll_store_close(s);
    free(ladder.spec);
    return p;
}

static ll_rated_curves read_all(const planted *p, const char *where, const char *judge) {
    ll_store *s;
    ll_rated_curves c;
    assert_ok(ll_store_open(&s, p->path, LL_STORE_READ, err));
    assert_ok(ll_rated_curves_read(&c, s, "", where, judge, err));
    ll_store_close(s);
    return c;
}

static const ll_rung *rung_at(const planted *p, const ll_table *t, int64_t i) {
    for (int64_t k = 0; k < p->n; k++)
        if (strcmp(t->text[LL_COL_RUN][i], p->rungs[k].name) == 0) return &p->rungs[k];
    return NULL;
}

static void follow(const char *schedule) {
    planted p = plant(schedule, "");
    ll_rated_curves c = read_all(&p, "", "");
    const ll_table *t = &c.table;
    int64_t points = 0, runs = 0;
    double gap = 0;
    assert_int_equal(c.unknown, 1);
    for (int64_t i = 0; i < t->rows; i++) {
        const ll_rung *rung = rung_at(&p, t, i);
        assert_non_null(rung);
        assert_true(rung != &p.rungs[3]);
        const double step = t->num[LL_COL_STEP][i];
        const bool first = i == 0 || t->cluster[i] != t->cluster[i - 1];
        runs += first;
        assert_true(first ? step == 0 : step > t->num[LL_COL_STEP][i - 1]);
        if (!first) gap = fmax(gap, (step - t->num[LL_COL_STEP][i - 1]) / (double)rung->steps);
        assert_close(t->num[LL_COL_LR][i], rung->lr * ll_schedule_at(&rung->schedule, (int64_t)step), 1e-12);
        assert_true(t->num[LL_COL_PARAMS][i] == rung->count.params);
        assert_true(c.fitted[i] == (t->num[LL_COL_LOSS][i] > 0) && !c.judged[i]);
        points += c.fitted[i];
    }
    assert_int_equal(runs, 3);
    assert_int_equal(points, 3 * (AT + 1));
    assert_true(gap < 0.02); /* the points alone leave half of a run between them */
    ll_rated_curves_clear(&c);
    free(p.rungs);
}

static void rates_are_those_of_the_schedule(void **state) {
    (void)state;
    follow("cosine");
    follow("wsd");
    follow("linear");
}

static void runs_are_fitted_or_judged(void **state) {
    (void)state;
    planted p = plant("wsd", "");
    char where[64], judge[64];
    snprintf(where, sizeof where, "name = '%s'", p.rungs[0].name);
    snprintf(judge, sizeof judge, "name = '%s'", p.rungs[2].name);
    ll_rated_curves c = read_all(&p, where, judge);
    assert_int_equal(c.unknown, 1); /* its namesake of no ladder */
    for (int64_t i = 0; i < c.table.rows; i++) {
        const ll_rung *rung = rung_at(&p, &c.table, i);
        const bool point = c.table.num[LL_COL_LOSS][i] > 0;
        assert_true(c.fitted[i] == (point && rung == &p.rungs[0]));
        assert_true(c.judged[i] == (point && rung == &p.rungs[2]));
    }
    ll_rated_curves_clear(&c);
    free(p.rungs);
}

/* The verb reads them where no table is named; what a command trained has rates that nobody knows. */
static void the_verb_reads_a_store(void **state) {
    (void)state;
    static char out[1 << 16], said[4096];
    planted p = plant("cosine", "");
    if (support_run(p.folder, "fit --law multi_power_n --store loglog.db --bootstrap 0 --json", out, sizeof out,
                    said, sizeof said) != 0)
        fail_msg("%s", said);
    assert_non_null(strstr(out, "\"n_curves\": 3"));
    assert_int_equal(support_run(p.folder, "fit --law multi_power_n --store loglog.db --bootstrap 0", out,
                                 sizeof out, said, sizeof said),
                     0);
    assert_non_null(strstr(out, "warning: 1 run"));
    if (support_run(p.folder, "fit --law multi_power_n --store loglog.db --ladder all --bootstrap 0 --json", out,
                    sizeof out, said, sizeof said) != 0)
        fail_msg("%s", said);
    assert_non_null(strstr(out, "\"n_curves\": 3"));
    assert_int_equal(support_run(p.folder, "fit --law multi_power_n --store loglog.db --ladder imported", out,
                                 sizeof out, said, sizeof said),
                     2);
    assert_non_null(strstr(said, "no done run whose spec tells its schedule"));
    free(p.rungs);
    p = plant("cosine", "train {lr}");
    assert_int_equal(
        support_run(p.folder, "fit --law multi_power_n --store loglog.db", out, sizeof out, said, sizeof said), 2);
    assert_non_null(strstr(said, "no done run whose spec tells its schedule"));
    assert_true(*out == 0 && strchr(said, '\n') && !strchr(said, '\n')[1]);
    free(p.rungs);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates_are_those_of_the_schedule),
        cmocka_unit_test(runs_are_fitted_or_judged),
        cmocka_unit_test(the_verb_reads_a_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
