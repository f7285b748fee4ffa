#include "cli/law/asked.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/clock.h"
#include "base/words/text.h"
#include "cli/store_named.h"
#include "loglog/units.h"
#include "sweep/guard/guard.h"

struct ll_asked {
    ll_guard *guard;
    ll_gate_case about;
    ll_gate answer;
    char words[256], command[16 * LL_OPTION_TEXT];
};

/* ---- the command that asks the same ---- */

static void add_word(ll_asked *q, const char *flag, const char *word) {
    char quoted[4 * LL_OPTION_TEXT];
    const size_t used = strlen(q->command);
    snprintf(q->command + used, sizeof q->command - used, "%s %s", flag,
             ll_text_quoted(word, quoted, sizeof quoted));
}

static void add_number(ll_asked *q, const char *flag, double v) {
    const size_t used = strlen(q->command);
    if (v > 0) snprintf(q->command + used, sizeof q->command - used, " %s %.17g", flag, v);
}

static void begin_command(ll_asked *q, const ll_asking *how) {
    snprintf(q->command, sizeof q->command, "loglog gate check");
    add_word(q, "", how->policy);
    if (*how->evidence) add_word(q, " --evidence", how->evidence);
    if (*how->waivers) add_word(q, " --waiver", how->waivers);
}

/* An interval has a meaning only at its level, and the evidence's is one for all. */
static void add_forecast(ll_asked *q, const ll_forecast *f) {
    const size_t used = strlen(q->command);
    if (fabs(q->guard->facts.level - 0.9) < 1e-9)
        snprintf(q->command + used, sizeof q->command - used, " --forecast-loss %.17g,%.17g,%.17g",
                 f->quantile[LL_FORECAST_MEDIAN], f->quantile[LL_FORECAST_LO90], f->quantile[LL_FORECAST_HI90]);
}

/* ---- what is asked about ---- */

/* A moment of a run that no store holds. */
static ll_status ask_moment(ll_asked *q, const ll_evidence *e, ll_guard_moment *m, const char *id, const char *name,
                            ll_error *err) {
    const char *data = *e->ladder.data_hash ? e->ladder.data_hash : ll_study_data_hash(&e->study);
    LL_TRY(ll_facts_bound(&q->guard->facts, &(ll_facts_about) { e->ladder.id, id, name, data }, err));
    add_number(q, "--flops", m->flops);
    add_number(q, "--loss", m->loss);
    if (m->forecast) add_forecast(q, m->forecast);
    add_number(q, "--bytes-per-token", m->bytes_per_token);
    m->when = LL_GATE_WHOLE;
    return ll_guard_case(&q->about, &q->guard->facts, m, e->ladder.id, ll_clock_unix(), err);
}

static ll_status about_plan(ll_asked *q, ll_evidence *e, ll_error *err) {
    const ll_question *asked = &e->question[0];
    const ll_plan_point *at = &e->plan[0].point;
    ll_outlook o;
    char N[32], D[32];
    LL_TRY(ll_study_outlook(&e->study, at->N, at->D, asked->ask.unique_tokens, &o, err));
    snprintf(q->words, sizeof q->words, "the planned run of %s parameters on %s tokens",
             ll_units_show(at->N, N, sizeof N), ll_units_show(at->D, D, sizeof D));
    return ask_moment(q, e,
                      &(ll_guard_moment) { .flops = at->C,
                                           .trained_flops = NAN,
                                           .loss = NAN,
                                           .se = NAN,
                                           .bytes_per_token = e->bytes_per_token,
                                           .forecast = &o.forecast },
                      "that is planned", "", err);
}

static ll_status about_run(ll_asked *q, const ll_asking *how, const ll_evidence *e, const ll_run *run,
                           ll_error *err) {
    ll_guard_moment m = ll_guard_moment_of(run, NULL);
    ll_store *s;
    snprintf(q->words, sizeof q->words, "run %.64s", run->name);
    if (!*how->store) return ask_moment(q, e, &m, run->id, run->name, err);
    add_word(q, " --run", run->id);
    add_word(q, " --store", how->store);
    LL_TRY(ll_cli_open_store(&s, how->store, LL_STORE_READ, err));
    const ll_status status = ll_guard_case_of_run(&q->about, &q->guard->facts, s, run, ll_clock_unix(), err);
    ll_store_close(s);
    return status;
}

/* The run of most compute; NULL where there is none. */
static const ll_run *largest(const ll_evidence *e) {
    const ll_run *run = NULL;
    for (int64_t i = 0; i < e->n_runs; i++)
        if (!run || e->runs[i].flops > run->flops) run = &e->runs[i];
    return run;
}

static ll_status choose(ll_asked *q, const ll_asking *how, ll_evidence *e, ll_error *err) {
    const ll_run *run = largest(e);
    begin_command(q, how);
    if (how->planned && e->n_plans > 0) return about_plan(q, e, err);
    if (!how->planned && run) return about_run(q, how, e, run, err);
    snprintf(q->words, sizeof q->words, "the evidence alone: there is no %s", how->planned ? "plan" : "run");
    q->about = ll_gate_case_of(&q->guard->facts, ll_clock_unix());
    return LL_OK;
}

/* ---- the answer ---- */

ll_status ll_asked_open(ll_asked **out, const ll_asking *how, ll_evidence *e, ll_error *err) {
    ll_guard *guard;
    *out = NULL;
    LL_TRY(ll_guard_open(&guard, &(ll_guard_opts) { how->policy, how->evidence, how->waivers, "", 0 }, err));
    if (!guard) return LL_OK;
    ll_asked *q = calloc(1, sizeof *q);
    if (!q) {
        ll_guard_close(guard);
        return LL_FAIL(err, LL_ENOMEM, "out of memory");
    }
    q->guard = guard;
    const ll_status s = choose(q, how, e, err);
    if (s != LL_OK) return ll_asked_close(q), s;
    ll_gate_ask(&q->answer, &guard->policy, &q->about, guard->waiver, guard->n_waivers);
    *out = q;
    return LL_OK;
}

ll_report_gate ll_asked_gate(const ll_asked *q) {
    return (ll_report_gate) { &q->guard->policy, &q->answer, q->guard->waiver, q->words, q->command, q->about.now };
}

void ll_asked_close(ll_asked *q) {
    if (q) ll_guard_close(q->guard);
    free(q);
}
