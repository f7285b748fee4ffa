#define _POSIX_C_SOURCE 200809L
#include "store/observation.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/document/json.h"
#include "store/copies.h"
#include "store/run_table.h"
#include "store/table/table_fill.h"

const char *ll_observation_words(ll_observation kind) {
    static const char *const words[LL_OBSERVATION_COUNT] = { "observations",
                                                             "unfinished",
                                                             "failed",
                                                             "without a loss or that measure",
                                                             "trunks",
                                                             "held out and not scored yet",
                                                             "fine-tuned",
                                                             "excluded by hand",
                                                             "copies of other rows" };
    return words[kind];
}

/* ---- one run ---- */

static int by_id(const void *a, const void *b) {
    return strcmp(a, b);
}

static ll_observation of_role(const char *role) {
    if (strcmp(role, "trunk") == 0) return LL_NO_OBSERVATION_TRUNK;
    if (strcmp(role, "tuned") == 0) return LL_NO_OBSERVATION_TUNED;
    if (strcmp(role, "excluded") == 0) return LL_NO_OBSERVATION_EXCLUDED;
    return strcmp(role, "forecast") == 0 ? LL_NO_OBSERVATION_HELD_OUT : LL_OBSERVATION;
}

static bool is_scored(const ll_run *run, const ll_scored_runs *scored) {
    return strcmp(run->role, "scored") == 0 ||
           (scored && scored->n && bsearch(run->id, scored->id, (size_t)scored->n, sizeof *scored->id, by_id));
}

ll_observation ll_run_observation(const ll_run *run, const ll_scored_runs *scored) {
    if (run->state == LL_RUN_FAILED) return LL_NO_OBSERVATION_FAILED;
    if (run->state != LL_RUN_DONE) return LL_NO_OBSERVATION_UNFINISHED;
    if (!(run->loss > 0) || !isfinite(run->loss)) return LL_NO_OBSERVATION_LOSS;
    return is_scored(run, scored) ? LL_OBSERVATION : of_role(run->role);
}

void ll_runs_note_scored(ll_run *runs, int64_t n, const ll_scored_runs *scored) {
    for (int64_t i = 0; i < n; i++)
        if (strcmp(runs[i].role, "forecast") == 0 && is_scored(&runs[i], scored)) strcpy(runs[i].role, "scored");
}

/* ---- the scores in the ledger ---- */

static ll_status add_scored(ll_scored_runs *out, const ll_entry *e, ll_error *err) {
    ll_json *body;
    LL_TRY(ll_json_parse(e->body, strlen(e->body), "ledger", &body, err));
    const char *schema = ll_json_get_str(body, "schema"), *run = ll_json_get_str(body, "run");
    if (schema && strcmp(schema, "loglog.score/1") == 0 && run && strlen(run) < LL_RUN_ID)
        strcpy(out->id[out->n++], run);
    ll_json_free(body);
    return LL_OK;
}

/* In a chain that is broken no score can be believed, and without the scores another set of runs would be fitted. */
ll_status ll_store_scored_runs(ll_store *s, ll_scored_runs *out, ll_error *err) {
    ll_entry *entries;
    int64_t n;
    *out = (ll_scored_runs) { 0 };
    LL_TRY(ll_store_list_entries(s, &entries, &n, err));
    ll_status status = LL_OK;
    out->id = malloc(((size_t)n + 1) * sizeof *out->id);
    if (!out->id) status = LL_FAIL(err, LL_ENOMEM, "out of memory for %lld scores", (long long)n);
    for (int64_t i = 0; status == LL_OK && i < n; i++) status = add_scored(out, &entries[i], err);
    ll_entries_free(entries, n);
    if (status != LL_OK) ll_scored_runs_clear(out);
    else if (out->n) qsort(out->id, (size_t)out->n, sizeof *out->id, by_id);
    return status;
}

void ll_scored_runs_clear(ll_scored_runs *scored) {
    free(scored->id);
    *scored = (ll_scored_runs) { 0 };
}

/* ---- the runs of a store ---- */

/* Different texts, up to enough to tell that there are some. */
enum { ENOUGH = 16 };
typedef struct kinds {
    int64_t n;
    char *seen[ENOUGH]; /* owned */
} kinds;

enum { KINDS = 3 };
static const struct {
    const char *words;
    size_t offset;
} kind_of[KINDS] = { { "ladders", offsetof(ll_run, ladder) },
                     { "imported files", offsetof(ll_run, source) },
                     { "families", offsetof(ll_run, family) } };

/* Of a plain question a run is read, noted and forgotten. Where other measures or the points of curves are asked for,
 * the runs are held. */
typedef struct selection {
    ll_observed *o;
    const char *which; /* the ladder */
    int64_t room;      /* of o->flops and o->loss */
    ll_run *runs;      /* [n] held */
    int64_t n;
    ll_run_table rows;
    kinds kinds[KINDS];
    ll_scored_runs scored;
} selection;

static void selection_clear(selection *sel) {
    for (int k = 0; k < KINDS; k++)
        for (int64_t i = 0; i < sel->kinds[k].n; i++) free(sel->kinds[k].seen[i]);
    free(sel->runs);
    ll_scored_runs_clear(&sel->scored);
}

static bool is_word(const char *ladder, const char *word) {
    return ladder && strcmp(ladder, word) == 0;
}

/* The ladder that is meant: its id into o->ladder, "" where the imported runs or all are. */
static ll_status choose_ladder(ll_observed *o, ll_store *s, const char *wanted, ll_error *err) {
    ll_ladder ladder;
    ll_error none = { 0 };
    if (is_word(wanted, LL_LADDER_ALL) || is_word(wanted, LL_LADDER_IMPORTED)) return LL_OK;
    const bool newest = !wanted || !*wanted;
    const ll_status status = ll_store_get_ladder(s, newest ? "" : wanted, &ladder, newest ? &none : err);
    if (newest && status == LL_EINPUT) return LL_OK;
    if (status != LL_OK) return newest ? LL_FAIL(err, status, "%s", none.msg) : status;
    snprintf(o->ladder, sizeof o->ladder, "%s", ladder.id);
    snprintf(o->ladder_name, sizeof o->ladder_name, "%s", ladder.name);
    snprintf(o->spec_hash, sizeof o->spec_hash, "%s", ladder.spec_hash);
    snprintf(o->data_hash, sizeof o->data_hash, "%s", ladder.data_hash);
    ll_ladder_clear(&ladder);
    return LL_OK;
}

/* The chosen ladder, and how many finished runs others have: none where all are meant, or where no ladder was found. */
static ll_status choose_runs(ll_observed *o, selection *sel, ll_store *s, const ll_observe_opts *opts,
                             ll_error *err) {
    int64_t all, here;
    LL_TRY(choose_ladder(o, s, opts->ladder, err));
    sel->which = is_word(opts->ladder, LL_LADDER_ALL) ? "" : *o->ladder ? o->ladder : LL_LADDER_IMPORTED;
    if (*sel->which && (*o->ladder || is_word(opts->ladder, LL_LADDER_IMPORTED))) {
        LL_TRY(ll_store_count_runs(s, "", LL_RUN_DONE, opts->where, &all, err));
        LL_TRY(ll_store_count_runs(s, sel->which, LL_RUN_DONE, opts->where, &here, err));
        o->elsewhere = all - here;
    }
    return ll_store_scored_runs(s, &sel->scored, err);
}

/* ---- observations among them ---- */

static ll_status no_memory(const selection *sel, ll_error *err) {
    return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)sel->o->n_finished);
}

static bool note_kinds(selection *sel, const ll_run *run) {
    for (int k = 0; k < KINDS; k++) {
        kinds *of = &sel->kinds[k];
        const char *text = (const char *)run + kind_of[k].offset;
        int64_t i = 0;
        while (i < of->n && strcmp(of->seen[i], text) != 0) i++;
        if (i < of->n || i == ENOUGH) continue;
        if (!(of->seen[of->n] = strdup(text))) return false;
        of->n++;
    }
    return true;
}

static void say_mixed(ll_observed *o, const selection *sel) {
    for (int k = 0; k < KINDS; k++) {
        const int64_t n = sel->kinds[k].n;
        const size_t used = strlen(o->mixed);
        if (n > 1)
            snprintf(o->mixed + used, sizeof o->mixed - used, "%s%lld%s %s", used ? ", " : "", (long long)n,
                     n == ENOUGH ? " or more" : "", kind_of[k].words);
    }
}

/* FLOPs and loss of every finished run: the two halves of one block. */
static bool note_finished(selection *sel, const ll_run *run) {
    ll_observed *o = sel->o;
    if (run->state != LL_RUN_DONE) return true;
    if (o->n_finished == sel->room) {
        const int64_t room = sel->room ? 2 * sel->room : 64;
        double *bigger = realloc(o->flops, 2 * (size_t)room * sizeof *bigger);
        if (!bigger) return false;
        memcpy(bigger + room, bigger + sel->room, (size_t)sel->room * sizeof *bigger);
        o->flops = bigger;
        o->loss = bigger + room;
        sel->room = room;
    }
    o->flops[o->n_finished] = run->flops;
    o->loss[o->n_finished++] = run->loss;
    return true;
}

/* Whether it is an observation; what it is not is counted. */
static bool is_observed(selection *sel, ll_run *run) {
    const ll_observation kind = ll_run_observation(run, &sel->scored);
    sel->o->left_out[kind] += kind != LL_OBSERVATION;
    if (kind == LL_OBSERVATION) ll_runs_note_scored(run, 1, &sel->scored);
    return kind == LL_OBSERVATION;
}

static ll_status take_run(void *ctx, const ll_run *run, ll_error *err) {
    selection *sel = ctx;
    ll_run copy = *run;
    if (!note_finished(sel, &copy)) return no_memory(sel, err);
    if (!is_observed(sel, &copy)) return LL_OK;
    if (!note_kinds(sel, &copy)) return no_memory(sel, err);
    return ll_run_table_add(&sel->rows, &copy, err);
}

/* ---- other measures than the loss ---- */

/* What is fitted stands where the loss does; a run that lacks it, or the variable, has none. */
static ll_status put_measures(selection *sel, ll_store *s, const ll_observe_opts *opts, bool *nats, ll_error *err) {
    ll_run_measure m;
    const char *const names[] = { opts->y, opts->x };
    *nats = true;
    for (int k = 0; k < 2; k++) {
        if (!names[k] || !*names[k]) continue;
        LL_TRY(ll_measure_runs(&m, s, names[k], sel->runs, sel->n, err));
        for (int64_t i = 0; i < sel->n; i++) {
            if (k == 0) sel->runs[i].loss = m.value[i], sel->runs[i].loss_se = m.se[i];
            else if (isnan(m.value[i])) sel->runs[i].loss = NAN;
        }
        if (k == 0) *nats = m.nats;
        ll_run_measure_clear(&m);
    }
    return LL_OK;
}

static ll_status name_measures(ll_observed *o, const selection *sel, ll_store *s, const ll_observe_opts *opts,
                               bool nats, ll_error *err) {
    ll_table *t = &o->table;
    ll_run_measure x;
    if (opts->y && *opts->y) {
        snprintf(t->header[LL_COL_LOSS], LL_HEADER_MAX, "%s", opts->y);
        if (!nats) t->loss_unit = LL_LOSS_UNSTATED;
    }
    if (!opts->x || !*opts->x || t->rows == 0) return LL_OK;
    LL_TRY(ll_measure_runs(&x, s, opts->x, sel->runs, sel->n, err));
    t->x = x.value;
    snprintf(t->x_header, sizeof t->x_header, "%s", opts->x);
    return LL_OK;
}

/* Further measures as columns of their own. */
static ll_status take_measures(ll_observed *o, const selection *sel, ll_store *s, const char *list, ll_error *err) {
    ll_table *t = &o->table;
    ll_run_measure m;
    if (!list || !*list) return LL_OK;
    t->measures = calloc(LL_TABLE_MEASURES_MOST, sizeof *t->measures);
    if (!t->measures) return LL_FAIL(err, LL_ENOMEM, "out of memory for the measures");
    for (const char *from = list; from; from = strchr(from, ',') ? strchr(from, ',') + 1 : NULL) {
        if (t->n_measures == LL_TABLE_MEASURES_MOST)
            return LL_FAIL(err, LL_EINPUT, "more than %d measures are asked for", (int)t->n_measures);
        ll_table_measure *to = &t->measures[t->n_measures];
        snprintf(to->name, sizeof to->name, "%.*s", (int)strcspn(from, ","), from);
        LL_TRY(ll_measure_runs(&m, s, to->name, sel->runs, sel->n, err));
        to->value = m.value, to->se = m.se;
        t->n_measures++;
    }
    return LL_OK;
}

/* ---- points of their curves ---- */

static ll_status take_points(selection *sel, ll_store *s, const ll_observe_opts *opts, ll_error *err) {
    ll_run *points;
    int64_t n;
    if (opts->y && *opts->y)
        return LL_FAIL(err, LL_EINPUT, "y is %.60s, and the points of learning curves have a loss only", opts->y);
    LL_TRY(ll_runs_to_points(s, sel->runs, sel->n, &points, &n, err));
    free(sel->runs);
    sel->runs = points;
    sel->n = n;
    return LL_OK;
}

static ll_status cluster_by_run(ll_table *t, const selection *sel, ll_error *err) {
    int64_t cluster = 0;
    t->cluster = malloc(((size_t)sel->n + 1) * sizeof *t->cluster);
    if (!t->cluster) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld points", (long long)sel->n);
    for (int64_t i = 0; i < sel->n; i++) {
        cluster += i > 0 && strcmp(sel->runs[i].id, sel->runs[i - 1].id) != 0;
        t->cluster[i] = cluster;
    }
    t->names_repeat = t->clustered_by_run = true;
    return LL_OK;
}

/* Runs that are held: their losses may become those of another measure before they are looked at. */
static ll_status take_held(selection *sel, ll_store *s, const ll_observe_opts *opts, bool *nats, ll_error *err) {
    LL_TRY(ll_store_list_runs(s, sel->which, -1, opts->where, &sel->runs, &sel->n, err));
    for (int64_t i = 0; i < sel->n; i++)
        if (!note_finished(sel, &sel->runs[i])) return no_memory(sel, err);
    LL_TRY(put_measures(sel, s, opts, nats, err));
    int64_t kept = 0;
    for (int64_t i = 0; i < sel->n; i++)
        if (is_observed(sel, &sel->runs[i])) sel->runs[kept++] = sel->runs[i];
    sel->n = kept;
    for (int64_t i = 0; i < sel->n; i++)
        if (!note_kinds(sel, &sel->runs[i])) return no_memory(sel, err);
    if (opts->curves) LL_TRY(take_points(sel, s, opts, err));
    for (int64_t i = 0; i < sel->n; i++) LL_TRY(ll_run_table_add(&sel->rows, &sel->runs[i], err));
    return LL_OK;
}

static bool is_asked(const char *text) {
    return text && *text;
}

static ll_status observe(ll_observed *o, selection *sel, ll_store *s, const ll_observe_opts *opts, ll_error *err) {
    const bool held = opts->curves || is_asked(opts->y) || is_asked(opts->x) || is_asked(opts->measures);
    bool nats = true;
    LL_TRY(choose_runs(o, sel, s, opts, err));
    ll_run_table_open(&sel->rows, false);
    const ll_status status = held ? take_held(sel, s, opts, &nats, err)
                                  : ll_store_visit_listed(s, sel->which, -1, opts->where, take_run, sel, err);
    LL_TRY(ll_run_table_close(&sel->rows, status, &o->table, err));
    say_mixed(o, sel);
    if (opts->curves) LL_TRY(cluster_by_run(&o->table, sel, err));
    LL_TRY(name_measures(o, sel, s, opts, nats, err));
    return take_measures(o, sel, s, opts->measures, err);
}

ll_status ll_observe(ll_observed *o, ll_store *s, const ll_observe_opts *opts, ll_error *err) {
    selection sel = { .o = o };
    *o = (ll_observed) { 0 };
    const ll_status status = observe(o, &sel, s, opts, err);
    selection_clear(&sel);
    if (status != LL_OK) ll_observed_clear(o);
    return status;
}

ll_status ll_observe_store(ll_observed *o, const char *path, const ll_observe_opts *opts, ll_error *err) {
    ll_store *s;
    *o = (ll_observed) { 0 };
    LL_TRY(ll_store_open(&s, path, LL_STORE_READ, err));
    const ll_status status = ll_observe(o, s, opts, err);
    ll_store_close(s);
    return status;
}

/* ---- the rows of a table ---- */

/* Rows without a role are observations. */
static ll_status leave_out_roles(ll_observed *o, ll_error *err) {
    ll_table *t = &o->table;
    const int64_t dropped = t->dropped;
    bool *keep = t->text[LL_COL_ROLE] ? malloc((size_t)(t->rows + 1) * sizeof *keep) : NULL;
    if (!t->text[LL_COL_ROLE]) return LL_OK;
    if (!keep) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld rows", (long long)t->rows);
    for (int64_t i = 0; i < t->rows; i++) {
        const char *role = t->text[LL_COL_ROLE][i];
        const ll_observation kind = of_role(role ? role : "");
        keep[i] = kind == LL_OBSERVATION;
        o->left_out[kind] += !keep[i];
    }
    ll_table_keep_rows(t, keep);
    t->dropped = dropped;
    free(keep);
    return LL_OK;
}

/* Where copies alone repeated the names of runs, rows are no clusters. */
static void settle_clusters(ll_table *t) {
    bool repeat = false;
    int64_t most = -1;
    for (int64_t i = 0; i < t->rows; i++) {
        repeat |= t->cluster[i] <= most;
        if (t->cluster[i] > most) most = t->cluster[i];
    }
    if (repeat) return;
    free(t->cluster);
    t->cluster = NULL;
    t->clustered_by_run = false;
}

/* Two rows of one run would count it twice. */
static ll_status leave_out_copies(ll_observed *o, bool losses, ll_error *err) {
    ll_table *t = &o->table;
    const int64_t dropped = t->dropped;
    bool *keep = t->cells ? malloc((size_t)(t->rows + 1) * sizeof *keep) : NULL;
    if (!t->cells) return LL_OK;
    if (!keep) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld rows", (long long)t->rows);
    int64_t *n = &o->left_out[LL_NO_OBSERVATION_COPY];
    const ll_status status = ll_copies_find(t, losses, keep, n, err);
    if (status == LL_OK && *n) ll_table_keep_rows(t, keep);
    if (status == LL_OK && *n && t->clustered_by_run) settle_clusters(t);
    t->dropped = dropped;
    free(keep);
    return status;
}

ll_status ll_observe_table(ll_observed *o, const char *path, const ll_table_opts *opts, ll_error *err) {
    *o = (ll_observed) { 0 };
    LL_TRY(ll_table_read(&o->table, path, opts, err));
    snprintf(o->data_hash, sizeof o->data_hash, "%s", o->table.hash);
    o->left_out[LL_NO_OBSERVATION_LOSS] = o->table.without_loss;
    ll_status status = leave_out_roles(o, err);
    if (status == LL_OK) status = leave_out_copies(o, !(opts && opts->y && *opts->y), err);
    if (status != LL_OK) ll_observed_clear(o);
    return status;
}

void ll_observed_clear(ll_observed *o) {
    ll_table_clear(&o->table);
    free(o->flops);
    *o = (ll_observed) { 0 };
}
