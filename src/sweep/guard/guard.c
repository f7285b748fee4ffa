#include "sweep/guard/guard.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/clock.h"
#include "decide/gate/effective.h"
#include "forecast/end/run_end.h"
#include "forecast/ledger/ledger_seal.h"
#include "stat/binomial.h"
#include "stat/student.h"
#include "sweep/guard/score_ahead.h"

static bool given(const char *path) {
    return path && *path;
}

static ll_status read_all(ll_guard *g, const ll_guard_opts *o, ll_error *err) {
    LL_TRY(ll_policy_load(&g->policy, o->policy, err));
    LL_TRY(ll_facts_init(&g->facts, &g->policy, err));
    if (given(o->evidence)) LL_TRY(ll_facts_load(&g->facts, &g->policy, o->evidence, err));
    return ll_waivers_load(g->waiver, &g->n_waivers, given(o->waivers) ? o->waivers : "", err);
}

ll_status ll_guard_open(ll_guard **out, const ll_guard_opts *o, ll_error *err) {
    *out = NULL;
    if (!given(o->policy)) {
        if (!given(o->evidence) && !given(o->waivers)) return LL_OK;
        return LL_FAIL(err, LL_EINPUT, "evidence and waivers are held against a policy: expected --policy too");
    }
    ll_guard *g = calloc(1, sizeof *g);
    if (!g) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    ll_guard_name(g, o->ladder, o->most_flops);
    ll_status s = read_all(g, o, err);
    if (s == LL_OK) *out = g;
    else ll_guard_close(g);
    return s;
}

/* An id has 16 digits. */
void ll_guard_name(ll_guard *g, const char *ladder, double most_flops) {
    snprintf(g->ladder, sizeof g->ladder, "%s", ladder);
    g->most_flops = most_flops > 0 ? most_flops : NAN;
}

void ll_guard_close(ll_guard *g) {
    if (g) ll_policy_clear(&g->policy);
    free(g);
}

/* ---- asking ---- */

ll_guard_moment ll_guard_moment_of(const ll_run *run, const ll_forecast *forecast) {
    bool done = run->state == LL_RUN_DONE;
    double flops = isnan(run->flops_exact) ? run->flops : run->flops_exact;
    return (ll_guard_moment) { .when = done ? LL_GATE_SINCE : LL_GATE_BEFORE,
                               .flops = flops,
                               .trained_flops = done ? flops : 0,
                               .loss = done ? run->loss : NAN,
                               .se = run->loss_se,
                               .bytes_per_token = run->bytes_per_token,
                               .forecast = forecast };
}

ll_status ll_guard_case(ll_gate_case *c, const ll_facts *facts, const ll_guard_moment *m, const char *ladder,
                        double now, ll_error *err) {
    double level = facts->level, z = ll_normal_quantile(0.5 + 0.5 * level);
    *c = ll_gate_case_of(facts, now);
    c->when = m->when;
    c->ladder = ladder;
    c->of[LL_OF_FLOPS] = ll_gate_counted(m->flops);
    c->of[LL_OF_FLOPS].known = !isnan(m->flops);
    c->trained_flops = m->trained_flops;
    if (m->bytes_per_token > 0) c->bytes_per_token = m->bytes_per_token;
    c->of[LL_OF_LOSS] = ll_gate_estimate(m->loss, m->loss - z * m->se, m->loss + z * m->se, level);
    c->of[LL_OF_LOSS].known = !isnan(m->loss);
    if (m->forecast) /* its quantiles .05, .5 and .95 */
        c->of[LL_OF_FORECAST_LOSS] =
            ll_gate_estimate(m->forecast->quantile[LL_FORECAST_MEDIAN], m->forecast->quantile[LL_FORECAST_LO90],
                             m->forecast->quantile[LL_FORECAST_HI90], 0.9);
    return *facts->fit ? ll_effective_from(&c->effective, facts->fit, ll_gate_loss(c), err) : LL_OK;
}

/* ---- a run of the store ---- */

static ll_status bound(const ll_facts *facts, const ll_run *run, const char *data_hash, ll_error *err) {
    return ll_facts_bound(facts, &(ll_facts_about) { run->ladder, run->id, run->name, data_hash }, err);
}

ll_status ll_guard_check_bound(const ll_guard *g, const ll_run *run, const char *data_hash, ll_error *err) {
    return g ? bound(&g->facts, run, data_hash, err) : LL_OK;
}

/* The ladder is looked up only for evidence that names its data. */
static ll_status check_bound(const ll_facts *facts, ll_store *s, const ll_run *run, ll_error *err) {
    ll_ladder ladder = { 0 };
    if (*facts->data_hash && *run->ladder) LL_TRY(ll_store_get_ladder(s, run->ladder, &ladder, err));
    ll_status status = bound(facts, run, ladder.data_hash, err);
    ll_ladder_clear(&ladder);
    return status;
}

/* Value and standard error as an interval; a share whose items all came out alike has Wilson's. */
static ll_gate_number number_of_score(const ll_run_score *m, double level) {
    const double z = ll_normal_quantile(0.5 + 0.5 * level);
    double lo = m->value - z * m->se, hi = m->value + z * m->se;
    if (m->se == 0 && (m->value == 0 || m->value == 1))
        ll_binomial_interval(m->value > 0 ? m->items : 0, m->items, level, &lo, &hi);
    return ll_gate_estimate(m->value, lo, hi, level);
}

/* The run's scores that the policy names, each by its last step, go over those of the evidence. */
static ll_status put_scores(ll_gate_case *c, ll_store *s, const ll_run *run, ll_error *err) {
    char name[LL_SCORE_NAME];
    ll_run_score *scores;
    int64_t n;
    LL_TRY(ll_store_list_scores(s, run->id, &scores, &n, err));
    for (int64_t k = 0; k < n; k++) {
        snprintf(name, sizeof name, "%s.%s", scores[k].probe, scores[k].metric);
        for (int i = 0; i < c->facts->n_scores; i++)
            if (strcmp(c->facts->score[i].name, name) == 0)
                c->score[i] = number_of_score(&scores[k], c->facts->level);
    }
    free(scores);
    return LL_OK;
}

/* Those that the policy asks for ahead of the run. What the runs do not tell stays as the evidence says. */
static ll_status put_scores_ahead(ll_gate_case *c, ll_store *s, const ll_run *run, ll_error *err) {
    for (int i = 0; i < c->facts->n_scores; i++) {
        ll_gate_number ahead;
        double factor;
        if (!ll_score_is_ahead(c->facts->score[i].name, &factor)) continue;
        LL_TRY(ll_score_ahead(&ahead, s, run, c->facts->score[i].name, c->facts->level, err));
        if (ahead.known) c->score[i] = ahead;
    }
    return LL_OK;
}

/* What a run under way will end at by its own curve so far; *known stays as it is where that says nothing yet. */
static ll_status foretell(ll_forecast *out, bool *known, ll_store *s, const ll_run *run, ll_error *err) {
    ll_courses c;
    ll_end_ground *g;
    ll_run_end e;
    ll_error none;
    if (run->state != LL_RUN_RUNNING) return LL_OK;
    LL_TRY(ll_courses_of_store(&c, s, run->ladder, err));
    int64_t i = c.n_finished;
    while (i < c.n && strcmp(c.at[i].name, run->name) != 0) i++;
    ll_status status = LL_OK;
    if (i < c.n && c.n_finished > 0) {
        status = ll_end_ground_new(&g, c.at, c.n_finished, c.by_tokens, 0, err);
        if (status == LL_OK && ll_run_end_of(&e, g, &c.at[i], 1, 0.9, &none) == LL_OK) {
            *out = ll_run_end_forecast(&e);
            *known = true;
        }
        if (status == LL_OK) ll_end_ground_free(g);
    }
    ll_courses_clear(&c);
    return status;
}

ll_status ll_guard_case_of_run(ll_gate_case *out, const ll_facts *facts, ll_store *s, const ll_run *run, double now,
                               ll_error *err) {
    ll_seal sealed;
    ll_error doubt = { 0 };
    bool found = false;
    LL_TRY(check_bound(facts, s, run, err));
    ll_status status = ll_seal_find(s, run->id, &sealed, &found, &doubt);
    if (status == LL_ENOMEM) return LL_FAIL(err, status, "%s", doubt.msg);
    LL_TRY(foretell(&sealed.forecast, &found, s, run, err));
    ll_guard_moment m = ll_guard_moment_of(run, found ? &sealed.forecast : NULL);
    m.when = LL_GATE_WHOLE;
    LL_TRY(ll_guard_case(out, facts, &m, run->ladder, now, err));
    LL_TRY(put_scores(out, s, run, err));
    LL_TRY(put_scores_ahead(out, s, run, err));
    if (status != LL_OK) snprintf(out->doubt, sizeof out->doubt, "%.250s", doubt.msg);
    return LL_OK;
}

/* ---- the answer ---- */

/* Why each waiver that was given does not hold, behind the reason. */
static void add_refused(const ll_guard *g, const ll_gate *answer, char *text, size_t size) {
    for (int i = 0; i < answer->n_refused; i++) {
        size_t used = strlen(text);
        snprintf(text + used, size - used, "; the waiver of %s does not hold: %s",
                 g->waiver[answer->refused[i].waiver].name, answer->refused[i].why);
    }
}

ll_status ll_guard_ask(const ll_guard *g, const ll_guard_moment *m, ll_error *err) {
    char reason[LL_GATE_REASON + 256];
    ll_gate answer;
    if (!g) return LL_OK;
    ll_gate_case c;
    LL_TRY(ll_guard_case(&c, &g->facts, m, g->ladder, ll_clock_unix(), err));
    c.most_flops = g->most_flops;
    ll_gate_ask(&answer, &g->policy, &c, g->waiver, g->n_waivers);
    if (answer.answer == LL_GATE_PASS) return LL_OK;
    ll_gate_reason(&answer, reason, sizeof reason);
    add_refused(g, &answer, reason, sizeof reason);
    bool no = answer.answer == LL_GATE_FAIL;
    return LL_FAIL(err, no ? LL_EREFUSED : LL_EUNSURE, "policy %s %s: %s", g->policy.name,
                   no ? "says no" : "cannot tell", reason);
}

/* ---- when ---- */

void ll_guard_cadence(const ll_guard *g, const ll_rung *rung, ll_train_job *job) {
    if (!g) return;
    ll_gate_case c = ll_gate_case_of(&g->facts, 0);
    double a_step = rung->flops_exact / (double)rung->steps * (c.gain.known && c.gain.hi > 0 ? c.gain.hi : 1);
    job->ask_growth = g->policy.evaluate.every_compute;
    job->ask_from = g->facts.evaluated_flops > 0 ? g->facts.evaluated_flops / a_step : 1;
}

double ll_guard_ask_again(const ll_guard *g, double now) {
    double next = INFINITY, at;
    if (!g) return next;
    if (g->policy.evaluate.needed && ll_clock_parse(g->facts.evaluated, &at) && at + g->policy.evaluate.every > now)
        next = at + g->policy.evaluate.every + 1; /* that old is not yet too old */
    for (int i = 0; i < g->n_waivers; i++)
        if (ll_clock_parse(g->waiver[i].expires, &at) && at > now) next = fmin(next, at);
    return next;
}

/* ---- the ledger ---- */

/* When the entry says that it was written; -infinity when it does not. */
static double written_at(const ll_entry *e) {
    static const char *const keys[] = { "sealed", "scored", "recorded", "time" };
    ll_json *body;
    double at = -INFINITY;
    if (ll_json_parse(e->body, strlen(e->body), "ledger", &body, NULL) != LL_OK) return at;
    for (int k = 0; k < 4; k++) {
        const char *text = ll_json_get_str(body, keys[k]);
        double said;
        if (text && ll_clock_parse(text, &said)) at = fmax(at, said);
    }
    ll_json_free(body);
    return at;
}

ll_status ll_guard_check_clock(const ll_guard *g, ll_store *s, ll_error *err) {
    ll_entry *entries;
    ll_error doubt = { 0 };
    int64_t n;
    double last = -INFINITY;
    char text[32];
    if (!g) return LL_OK;
    ll_status status = ll_store_list_entries(s, &entries, &n, &doubt);
    if (status != LL_OK)
        return LL_FAIL(err, status == LL_ENOMEM ? status : LL_EUNSURE, "policy %s cannot tell: %s", g->policy.name,
                       doubt.msg);
    for (int64_t i = 0; i < n; i++) last = fmax(last, written_at(&entries[i]));
    ll_entries_free(entries, n);
    if (last <= ll_clock_unix()) return LL_OK;
    return LL_FAIL(err, LL_EUNSURE,
                   "policy %s cannot tell: the ledger has an entry of %s, after now: the clock was set back",
                   g->policy.name, ll_clock_iso(last, text, sizeof text));
}

/* A signature is hexadecimal: where it stands in an entry, that waiver stands. */
static bool is_recorded(const ll_entry *entries, int64_t n, const ll_waiver *w) {
    for (int64_t i = 0; i < n; i++)
        if (strstr(entries[i].body, w->signature)) return true;
    return false;
}

ll_status ll_guard_record_waivers(const ll_guard *g, ll_store *s, ll_error *err) {
    ll_entry *entries;
    int64_t n;
    char why[160], now[32];
    ll_status status = LL_OK;
    if (!g || !g->n_waivers) return LL_OK;
    LL_TRY(ll_store_list_entries(s, &entries, &n, err));
    for (int i = 0; i < g->n_waivers && status == LL_OK; i++) {
        const ll_waiver *w = &g->waiver[i];
        if (!ll_waiver_holds(w, &g->policy, g->ladder, ll_clock_unix(), why, sizeof why)) continue;
        if (is_recorded(entries, n, w)) continue;
        ll_json *doc = ll_waiver_json(w);
        ll_json_set_str(doc, "recorded", ll_clock_utc(now, sizeof now));
        status = ll_seal_append(s, doc, err);
    }
    ll_entries_free(entries, n);
    return status;
}

ll_status ll_guard_record_refusal(const ll_guard *g, ll_store *s, const char *run, const ll_error *why,
                                  ll_error *err) {
    char now[32];
    ll_json *doc = ll_json_object();
    ll_json_set_str(doc, "schema", "loglog.refusal/1");
    ll_json_set_str(doc, "run", run);
    ll_json_set_str(doc, "verdict",
                    ll_gate_answer_name(why->code == LL_EREFUSED ? LL_GATE_FAIL : LL_GATE_INVESTIGATE));
    ll_json_set_str(doc, "why", why->msg);
    ll_json_set_str(doc, "policy_hash", g->policy.hash);
    ll_json_set_str(doc, "time", ll_clock_utc(now, sizeof now));
    return ll_seal_append(s, doc, err);
}
