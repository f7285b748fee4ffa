#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/system/clock.h"
#include "cli/cli.h"
#include "cli/show/show_run.h"
#include "cli/store_named.h"
#include "cli/train/ladder_rate.h"
#include "forecast/end/run_end.h"
#include "forecast/ledger/ledger_view.h"
#include "loglog/units.h"
#include "sweep/slurm/queue.h"
#include "sweep/sweep.h"

#define LIVE_S 10.0 /* a sweep that has not told for so long is gone */

typedef struct status_args {
    char store[LL_OPTION_TEXT];
    bool json, watch;
} status_args;

static const ll_option options[] = {
    { "store", LL_OPT_TEXT, offsetof(status_args, store), "loglog.db", "the store" },
    { "watch", LL_OPT_BOOL, offsetof(status_args, watch), "false",
      "a line whenever a ladder moved, until none is being trained; with --json a document a line" },
    { "json", LL_OPT_BOOL, offsetof(status_args, json), "false", "one JSON document" },
};

/* One ladder, or with an empty id the imported runs. */
typedef struct tally {
    ll_ladder ladder;
    ll_run *runs;
    int64_t n, in[LL_RUN_STATES];
    double done, total; /* FLOPs, as 6ND */
    double share;       /* of the exact FLOPs, running rungs included where it is known how far they are */
    ll_live live;       /* of the process that trains it */
    bool is_live;       /* there is such a process now */
    ll_ladder_rate rate;
    ll_courses courses; /* what ends points into */
    ll_run_end *ends;   /* [n_ends] of the runs under way that can be foretold; owned */
    int64_t n_ends;
    bool on_slurm; /* jobs were submitted for it */
    ll_slurm_tally slurm;
    ll_error no_answer; /* of Slurm; code LL_OK where it answered */
} tally;

typedef struct house {
    tally *at;
    int64_t n;
    ll_forecast forecast; /* the last one sealed; run "" when there is none */
    ll_said said;         /* the last of a score; question "" when there is none */
    ll_error broken;      /* why the ledger cannot be believed; code LL_OK when it can */
} house;

static void count(tally *t, const ll_run *r) {
    const double flops = isnan(r->flops) ? 0 : r->flops;
    t->in[r->state]++;
    t->total += flops;
    if (r->state == LL_RUN_DONE) t->done += flops;
}

static bool worth_a_line(const ll_run *r) {
    return r->state == LL_RUN_RUNNING || r->state == LL_RUN_FAILED;
}

/* Imported runs may be a million: the database counts them, and those that a line is written of are read. */
static ll_status count_imported(tally *t, ll_store *s, ll_error *err) {
    ll_run_tally in;
    LL_TRY(ll_store_tally_runs(s, LL_LADDER_IMPORTED, &in, err));
    for (int k = 0; k < LL_RUN_STATES; k++) {
        t->in[k] = in.n[k];
        t->total += in.flops[k];
    }
    t->done = in.flops[LL_RUN_DONE];
    if (in.n[LL_RUN_RUNNING] + in.n[LL_RUN_FAILED] == 0) return LL_OK;
    return ll_store_list_runs(s, LL_LADDER_IMPORTED, -1, "state != done", &t->runs, &t->n, err);
}

static double exact(const ll_run *r) {
    return !isnan(r->flops_exact) ? r->flops_exact : isnan(r->flops) ? 0 : r->flops;
}

/* As the bar of the sweep showed it last; without its file, by the runs that are done. */
static void find_share(tally *t, const char *files) {
    char folder[LL_PATH_MAX];
    double done = 0, all = 0;
    if (!*t->ladder.id) return;
    if (ll_file_join(folder, files, t->ladder.id, NULL) == LL_OK && ll_live_read(&t->live, folder)) {
        t->share = t->live.share;
        t->is_live = t->in[LL_RUN_RUNNING] > 0 && fabs(ll_clock_unix() - t->live.written) < LIVE_S;
        return;
    }
    for (int64_t i = 0; i < t->n; i++) {
        all += exact(&t->runs[i]);
        if (t->runs[i].state == LL_RUN_DONE) done += exact(&t->runs[i]);
    }
    t->share = all > 0 ? done / all : 0;
}

/* By the curves of the ladder's finished runs; a run that they do not speak of has no end. */
static ll_status foretell(tally *t, ll_store *s, ll_error *err) {
    ll_end_ground *g;
    ll_error none;
    if (!t->in[LL_RUN_RUNNING]) return LL_OK;
    LL_TRY(ll_courses_of_store(&t->courses, s, t->ladder.id, err));
    const ll_courses *c = &t->courses;
    if (!c->n_finished || c->n == c->n_finished) return LL_OK;
    t->ends = malloc((size_t)(c->n - c->n_finished) * sizeof *t->ends);
    if (!t->ends) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)c->n);
    LL_TRY(ll_end_ground_new(&g, c->at, c->n_finished, c->by_tokens, 0, err));
    for (int64_t i = c->n_finished; i < c->n; i++)
        t->n_ends += ll_run_end_of(&t->ends[t->n_ends], g, &c->at[i], 1, 0.9, &none) == LL_OK;
    ll_end_ground_free(g);
    return LL_OK;
}

/* What of the ladder is in Slurm's queue, where jobs were submitted for it. */
static void ask_slurm(tally *t, const char *files) {
    char folder[LL_PATH_MAX], jobs[LL_PATH_MAX];
    ll_slurm_queue q;
    if (!*t->ladder.id || ll_file_join(folder, files, t->ladder.id, NULL) != LL_OK ||
        ll_file_join(jobs, folder, "slurm", NULL) != LL_OK || access(jobs, F_OK) != 0)
        return;
    t->on_slurm = t->in[LL_RUN_DONE] < t->n;
    if (!t->on_slurm || ll_slurm_queue_read(&q, t->ladder.id, &t->no_answer) != LL_OK) return;
    t->slurm = ll_slurm_tally_of(&q);
    ll_slurm_queue_free(&q);
}

static ll_status read_last_forecasts(ll_store *s, house *h, ll_error *err) {
    ll_ledger_view v;
    LL_TRY(ll_ledger_view_store(&v, s, err));
    if (v.n_seals) h->forecast = v.seals[v.n_seals - 1].forecast;
    for (int64_t i = 0; i < v.n_said; i++)
        if (*v.said[i].ground.quantity) h->said = v.said[i];
    ll_ledger_view_clear(&v);
    return LL_OK;
}

static ll_status read_house(ll_store *s, house *h, const char *path, ll_error *err) {
    char files[LL_PATH_MAX];
    LL_TRY(ll_sweep_files(files, path, err));
    ll_ladder *ladders;
    int64_t n;
    LL_TRY(ll_store_list_ladders(s, &ladders, &n, err));
    h->at = calloc((size_t)n + 1, sizeof *h->at);
    if (!h->at) {
        ll_ladders_free(ladders, n);
        return LL_FAIL(err, LL_ENOMEM, "out of memory");
    }
    h->n = n;
    for (int64_t i = 0; i < n; i++) h->at[i].ladder = ladders[i];
    free(ladders);
    for (int64_t i = 0; i < n; i++) {
        LL_TRY(ll_store_list_runs(s, h->at[i].ladder.id, -1, NULL, &h->at[i].runs, &h->at[i].n, err));
        for (int64_t k = 0; k < h->at[i].n; k++) count(&h->at[i], &h->at[i].runs[k]);
        h->at[i].rate = ll_ladder_rate_of(h->at[i].runs, h->at[i].n);
        find_share(&h->at[i], files);
        if (foretell(&h->at[i], s, &h->broken) != LL_OK && h->broken.code != LL_ESTATE)
            return LL_FAIL(err, h->broken.code, "%s", h->broken.msg);
        ask_slurm(&h->at[i], files);
    }
    tally *imported = &h->at[n];
    LL_TRY(count_imported(imported, s, err));
    for (int k = 0; k < LL_RUN_STATES && h->n == n; k++) h->n += imported->in[k] > 0;
    ll_status status = read_last_forecasts(s, h, &h->broken);
    return status == LL_OK || status == LL_ESTATE ? LL_OK : LL_FAIL(err, status, "%s", h->broken.msg);
}

static void clear_house(house *h) {
    for (int64_t i = 0; i < h->n; i++) {
        ll_ladder_clear(&h->at[i].ladder);
        free(h->at[i].runs);
        free(h->at[i].ends);
        ll_courses_clear(&h->at[i].courses);
    }
    free(h->at);
}

/* ---- for people ---- */

static const ll_live_rung *live_of(const tally *t, const ll_run *r) {
    for (int i = 0; t->is_live && i < t->live.n; i++)
        if (strcmp(t->live.at[i].name, r->name) == 0) return &t->live.at[i];
    return NULL;
}

static const ll_run_end *end_of(const tally *t, const ll_run *r) {
    for (int64_t i = 0; i < t->n_ends && r->state == LL_RUN_RUNNING; i++)
        if (strcmp(t->ends[i].run, r->name) == 0) return &t->ends[i];
    return NULL;
}

static void print_run(const tally *t, const ll_run *r) {
    char left[32], loss[32] = "-";
    const ll_live_rung *at = live_of(t, r);
    const ll_run_end *end = end_of(t, r);
    ll_say("  %-8s %-20s ", ll_run_state_name(r->state), r->name);
    if (at && !isnan(at->train_loss)) snprintf(loss, sizeof loss, "%.4g", at->train_loss);
    if (at)
        ll_say("step %lld/%lld  loss %s  %s left\n", (long long)at->step, (long long)at->steps, loss,
               ll_units_show_seconds(at->left_s, left, sizeof left));
    else if (r->state == LL_RUN_FAILED) ll_say("%s\n", r->failure);
    else if (t->slurm.running + t->slurm.waiting > 0) ll_say("since %s, by Slurm\n", r->started);
    else ll_say("since %s, but no process tells of it: the same command goes on\n", r->started);
    if (end)
        ll_say("  %-8s %-20s will end at %.4f (90 %%: %.4f to %.4f), by %.0f %% of its curve and %lld others\n", "",
               "", end->loss.value, end->loss.lo, end->loss.hi, 100 * end->seen, (long long)end->n_curves);
}

static void print_ladder(const tally *t) {
    char left[32];
    ll_say("ladder %s (%s, %s)\n  %.0f %% done", t->ladder.name, t->ladder.id, t->ladder.created,
           floor(100 * t->share));
    if (t->is_live && !isnan(t->live.left_s))
        ll_say(", about %s left", ll_units_show_seconds(t->live.left_s, left, sizeof left));
    ll_say(":");
}

static void print_slurm(const tally *t) {
    const ll_slurm_tally *in = &t->slurm;
    if (t->no_answer.code != LL_OK) ll_say("  of Slurm nothing is known now: %s\n", t->no_answer.msg);
    else if (in->running + in->waiting == 0)
        ll_say("  Slurm's queue holds nothing of it: the same command goes on\n");
    else
        ll_say("  Slurm's queue: %lld running, %lld waiting%s%s%s\n", (long long)in->running,
               (long long)in->waiting, in->waiting ? " (" : "", in->why, in->waiting ? ")" : "");
}

static void print_tally(const tally *t) {
    char done[32], total[32];
    const char *comma = "";
    if (*t->ladder.id) print_ladder(t);
    else ll_say("imported\n ");
    for (int k = 0; k < LL_RUN_STATES; k++) {
        if (!t->in[k]) continue;
        ll_say("%s %lld %s", comma, (long long)t->in[k], ll_run_state_name((ll_run_state)k));
        comma = ",";
    }
    ll_say("%s\n", *comma ? "" : " no runs");
    if (*t->ladder.id && t->total > 0)
        ll_say("  runs of %s FLOP are done, of %s, both as 6ND\n", ll_units_show(t->done, done, sizeof done),
               ll_units_show(t->total, total, sizeof total));
    if (t->on_slurm) print_slurm(t);
    if (t->rate.seconds > 0)
        ll_say("  trained at %.1f GFLOP/s, exact, over %s\n", t->rate.flops / t->rate.seconds / 1e9,
               ll_units_show_seconds(t->rate.seconds, total, sizeof total));
    for (int64_t i = 0; i < t->n; i++)
        if (worth_a_line(&t->runs[i])) print_run(t, &t->runs[i]);
}

static void print_forecast(const ll_forecast *f) {
    if (!*f->run) return;
    ll_say("last forecast: ");
    ll_say("%s", f->run);
    ll_say(", loss %.4f (90 %%: %.4f to %.4f), sealed ", f->quantile[LL_FORECAST_MEDIAN],
           f->quantile[LL_FORECAST_LO90], f->quantile[LL_FORECAST_HI90]);
    ll_say("%s", f->sealed);
    ll_say("\n");
}

static void print_said(const ll_said *s) {
    const ll_prediction *p = &s->what;
    if (!*s->question) return;
    ll_say("last forecast of a score: %s, %.4f (90 %%: %.4f to %.4f), sealed %s", s->question,
           ll_prediction_quantile(p, s->ln_scale, 0.5), ll_prediction_quantile(p, s->ln_scale, 0.05),
           ll_prediction_quantile(p, s->ln_scale, 0.95), s->sealed);
    ll_say(p->judged ? ", came %.4f\n" : "\n", p->score.outcome);
}

static int print_house(const house *h, const char *store) {
    for (int64_t i = 0; i < h->n; i++) print_tally(&h->at[i]);
    if (h->n == 0) ll_cli_say_no_runs(store);
    print_forecast(&h->forecast);
    print_said(&h->said);
    return LL_EXIT_DONE;
}

/* ---- for programs ---- */

static ll_json *live_json(const tally *t) {
    ll_json *list = ll_json_array();
    for (int i = 0; t->is_live && i < t->live.n; i++) ll_json_push(list, ll_live_rung_json(&t->live.at[i]));
    return list;
}

static ll_json *tally_json(const tally *t) {
    ll_json *o = ll_json_object(), *runs = ll_json_array();
    ll_json_set_str(o, "ladder", t->ladder.id);
    ll_json_set_str(o, "name", *t->ladder.id ? t->ladder.name : "imported");
    ll_json_set_str(o, "created", t->ladder.created);
    for (int k = 0; k < LL_RUN_STATES; k++)
        ll_json_set_int(ll_json_group(o, "states"), ll_run_state_name((ll_run_state)k), t->in[k]);
    ll_json_set_num(o, "flops_done", t->done);
    ll_json_set_num(o, "flops_total", t->total);
    if (*t->ladder.id) {
        ll_json_set_num(o, "share", t->share);
        ll_json_set_bool(o, "at_work", t->is_live);
        ll_json_set_num(o, "left_s", t->is_live ? t->live.left_s : NAN);
        ll_json_set(o, "live", live_json(t));
    }
    if (t->on_slurm && t->no_answer.code == LL_OK) {
        ll_json *slurm = ll_json_group(o, "slurm");
        ll_json_set_int(slurm, "running", t->slurm.running);
        ll_json_set_int(slurm, "waiting", t->slurm.waiting);
        ll_json_set_str(slurm, "why", t->slurm.why);
    }
    if (t->rate.seconds > 0) {
        ll_json_set_num(o, "train_s", t->rate.seconds);
        ll_json_set_num(o, "train_flops_per_s", t->rate.flops / t->rate.seconds);
    }
    for (int64_t i = 0; i < t->n; i++)
        if (worth_a_line(&t->runs[i])) ll_json_push(runs, ll_run_json(&t->runs[i]));
    ll_json_set(o, "attention", runs);
    if (t->n_ends) {
        ll_json *ends = ll_json_array();
        for (int64_t i = 0; i < t->n_ends; i++) ll_json_push(ends, ll_run_end_json(&t->ends[i]));
        ll_json_set(o, "ends", ends);
    }
    return o;
}

static ll_json *house_document(const house *h) {
    ll_json *doc = ll_json_object(), *ladders = ll_json_array();
    ll_json_set_str(doc, "schema", "loglog.status/1");
    for (int64_t i = 0; i < h->n; i++) ll_json_push(ladders, tally_json(&h->at[i]));
    ll_json_set(doc, "ladders", ladders);
    if (*h->forecast.run) ll_json_set(doc, "forecast", ll_forecast_json(&h->forecast));
    if (*h->said.question) ll_json_set(doc, "score_forecast", ll_said_json(&h->said));
    return doc;
}

/* ---- in a pipe ---- */

#define LOOK_S 1.0 /* between two looks, and ten times as long as one takes */
enum { SHARE = 10, LINE = 512 };

/* "2026-11-29T13:31:05Z demo 62 %, 12 done, 3 running, about 3m left" */
static void line_of(const tally *t, char line[LINE]) {
    char left[32];
    int n = snprintf(line, LINE, "%.60s %.0f %%", t->ladder.name, floor(100 * t->share));
    for (int k = 0; k < LL_RUN_STATES; k++)
        if (t->in[k])
            n += snprintf(line + n, (size_t)(LINE - n), ", %lld %s", (long long)t->in[k],
                          ll_run_state_name((ll_run_state)k));
    if (t->is_live && !isnan(t->live.left_s))
        snprintf(line + n, (size_t)(LINE - n), ", about %s left",
                 ll_units_show_seconds(t->live.left_s, left, sizeof left));
}

typedef struct teller {
    const status_args *args;
    char (*said)[LINE]; /* [n] of each ladder, what was said last */
    int64_t n;
    char *document; /* with --json */
    bool training;
} teller;

static ll_status say_lines(teller *t, const house *h, ll_error *err) {
    char line[LINE], now[32];
    char(*bigger)[LINE] = realloc(t->said, (size_t)(h->n + 1) * sizeof *bigger);
    if (!bigger) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld ladders", (long long)h->n);
    t->said = bigger;
    for (; t->n < h->n; t->n++) t->said[t->n][0] = 0;
    for (int64_t i = 0; i < h->n; i++) {
        const tally *at = &h->at[i];
        line_of(at, line);
        const bool first = !*t->said[i], under_way = at->in[LL_RUN_RUNNING] > 0 || i == h->n - 1;
        if (*at->ladder.id && strcmp(line, t->said[i]) != 0 && (!first || under_way))
            ll_say("%s %s\n", ll_clock_utc(now, sizeof now), line);
        memcpy(t->said[i], line, sizeof line);
    }
    return LL_OK;
}

static ll_status say_document(teller *t, const house *h, ll_error *err) {
    ll_json *doc = house_document(h);
    char *text = ll_json_text(doc, false);
    ll_json_free(doc);
    if (!text) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    if (!t->document || strcmp(text, t->document) != 0) ll_say_json(text);
    free(t->document);
    t->document = text;
    return LL_OK;
}

static ll_status say_moved(teller *t, ll_error *err) {
    ll_store *s;
    house h = { 0 };
    LL_TRY(ll_cli_open_store(&s, t->args->store, LL_STORE_READ, err));
    ll_status status = read_house(s, &h, t->args->store, err);
    ll_store_close(s);
    if (status == LL_OK) status = (t->args->json ? say_document : say_lines)(t, &h, err);
    t->training = false;
    for (int64_t i = 0; i < h.n; i++) t->training |= h.at[i].in[LL_RUN_RUNNING] > 0;
    clear_house(&h);
    return status;
}

/* Sleeps; true: meanwhile whoever read has gone. */
static bool is_left(double seconds) {
    struct pollfd p = { .fd = STDOUT_FILENO };
    return poll(&p, 1, (int)(1000 * seconds)) > 0;
}

/* Until nothing is being trained, or nobody reads any more. */
static int watch(const status_args *a) {
    teller t = { .args = a };
    ll_error err = { 0 };
    int code;
    double took;
    do {
        took = ll_clock_now();
        code = say_moved(&t, &err) == LL_OK ? ll_cli_flush() : ll_cli_fail(&err);
        took = ll_clock_now() - took;
    } while (code == LL_EXIT_DONE && t.training && !is_left(fmax(LOOK_S, SHARE * took)));
    free(t.said);
    free(t.document);
    return code;
}

/* ---- once ---- */

static int tell(const status_args *a) {
    ll_error err = { 0 };
    ll_store *s;
    house h = { 0 };
    if (ll_cli_open_store(&s, a->store, LL_STORE_READ, &err) != LL_OK) return ll_cli_fail(&err);
    ll_status status = read_house(s, &h, a->store, &err);
    ll_store_close(s);
    int code = status != LL_OK ? ll_cli_fail(&err)
               : a->json       ? ll_cli_json(house_document(&h))
                               : print_house(&h, a->store);
    if (code == LL_EXIT_DONE && h.broken.code != LL_OK) code = ll_cli_fail(&h.broken);
    clear_house(&h);
    return code;
}

static int run_status(const ll_verb *verb, int argc, char **argv) {
    status_args a;
    ll_words words;
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n) return ll_cli_usage("status: unexpected '%.80s'", words.at[0]);
    return a.watch ? watch(&a) : tell(&a);
}

const ll_verb ll_verb_status = { "status",
                                 "how far each ladder is, and what failed",
                                 "usage: loglog status [--watch] [--json]\n"
                                 "\n"
                                 "example: loglog status --store runs/loglog.db\n"
                                 "         loglog status --watch | tee ladder.log\n",
                                 options,
                                 (int)(sizeof options / sizeof options[0]),
                                 run_status };
