#define _POSIX_C_SOURCE 200809L
#include "sweep/programme/answer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/file.h"
#include "base/system/program.h"
#include "base/words/printed.h"
#include "store/store.h"
#include "sweep/asking/ask_runs.h"
#include "sweep/constitution/loop.h"
#include "sweep/programme/chart.h"
#include "sweep/programme/derive.h"
#include "sweep/programme/frame.h"
#include "sweep/programme/moment.h"
#include "sweep/programme/quantity.h"
#include "sweep/programme/theory_arm.h"

enum { TABLES = 4 + LL_PROGRAMME_PROBES, WORDS = 64, FIT_S = 3600 }; /* FIT_S: what a fit may take */

typedef struct answering {
    const ll_programme_site *site;
    const ll_programme_experiment *e;
    struct {
        const char *name;
        char path[LL_PATH_MAX];
        ll_frame frame;
    } table[TABLES];
    int n;
    char probes[LL_OPTION_TEXT]; /* cut into words that the names point to */
    char data[LL_OPTION_TEXT];   /* of the probes' items */
    char skipped[LL_OPTION_TEXT + 64];
    ll_constitution house; /* whose loop is run or read: the experiment's, with some number of labels */
    ll_json *fit[LL_PROGRAMME_MOST];
} answering;

static void say(const answering *a, const char *words) {
    if (a->site->progress) a->site->progress(a->site->ctx, words);
}

/* ---- tables ---- */

/* The table of one arm as text. */
typedef ll_status print_arm(const answering *a, const char *ladder, const char *table, FILE *out, ll_error *err);

static ll_status print_store(const answering *a, const char *ladder, const char *table, FILE *out, ll_error *err) {
    ll_store *s;
    ll_table t;
    LL_TRY(ll_store_open_there(&s, a->site->store, LL_STORE_READ, err));
    ll_status status =
        (strcmp(table, "curves") == 0 ? ll_store_export_curves : ll_store_export)(s, ladder, "", &t, err);
    ll_store_close(s);
    if (status != LL_OK) return status;
    status = ll_table_print(&t, out, false, err);
    ll_table_clear(&t);
    return status;
}

static ll_status print_probe(const answering *a, const char *ladder, const char *table, FILE *out, ll_error *err) {
    const ll_probe_kind *probe = ll_probe_find(table);
    const ll_programme_probe *p = &a->e->probe;
    const ll_ask_opts opts = { .store = a->site->store,
                               .ladder = ladder,
                               .where = "",
                               .probe = { .windows = p->windows,
                                          .items = p->items,
                                          .shots = p->shots,
                                          .samples = p->samples,
                                          .temperature = p->temperature,
                                          .seed = (uint64_t)p->seed,
                                          .data = a->data } };
    ll_asked_runs asked;
    LL_TRY(ll_ask_runs(&asked, &opts, &probe, 1, err));
    ll_asked_runs_print(out, &asked, probe);
    ll_asked_runs_clear(&asked);
    return LL_OK;
}

static ll_status print_loop(const answering *a, const char *ladder, const char *table, FILE *out, ll_error *err) {
    const ll_loop_opts opts = { .store = a->site->store, .ladder = ladder, .where = "" };
    ll_loop_table t;
    (void)table;
    LL_TRY(ll_loop_read(&t, &a->house, &opts, err));
    ll_loop_print(out, &t, &a->house);
    ll_loop_table_clear(&t);
    return LL_OK;
}

/* How many constitutions there are, and one of them. */
static int64_t houses(const answering *a) {
    return a->e->labels.n ? a->e->labels.n : 1;
}

static ll_status choose_house(answering *a, int64_t k, ll_error *err) {
    if (a->e->labels.n)
        return ll_constitution_with_labels(&a->house, a->e->constitution, (int64_t)a->e->labels.v[k], err);
    if (a->e->constitution) a->house = *a->e->constitution;
    return LL_OK;
}

/* Of some labels a judge may be no better than chance: such a number of labels is left out, aloud. */
static ll_status run_loop(const answering *a, const ll_loop_opts *opts, ll_error *err) {
    ll_error why = { 0 };
    const ll_status s = ll_loop_run(&a->house, opts, &why);
    if (s == LL_EINPUT && a->e->labels.n) return say(a, why.msg), LL_OK;
    return s == LL_OK ? LL_OK : LL_FAIL(err, s, "%s", why.msg);
}

/* The constitution's loop on the ladder of every arm; what is there is not done again. */
static ll_status run_loops(answering *a, ll_error *err) {
    for (int64_t k = 0; a->e->constitution && k < houses(a); k++) {
        LL_TRY(choose_house(a, k, err));
        for (int i = 0; i < a->e->n_arms; i++) {
            ll_loop_opts opts = { .store = a->site->store,
                                  .ladder = a->site->arm[a->e->arm[i]].ladder,
                                  .where = "" };
            if (!*opts.ladder) continue; /* a theory */
            LL_TRY(run_loop(a, &opts, err));
            opts.flip = true;
            if (a->e->flip) LL_TRY(run_loop(a, &opts, err));
        }
    }
    return LL_OK;
}

static bool asks_models(const char *table) {
    return ll_probe_find(table) || strcmp(table, "constitution") == 0;
}

static ll_status print_arm_to(const answering *a, const char *ladder, const char *table, char **text, size_t *size,
                              ll_error *err) {
    ll_printed p;
    FILE *out = ll_printed_open(&p);
    if (!out) return LL_FAIL(err, LL_ENOMEM, "out of memory for a table");
    print_arm *print = ll_probe_find(table) ? print_probe : asks_models(table) ? print_loop : print_store;
    const ll_status status = print(a, ladder, table, out, err);
    *text = ll_printed_close(&p);
    *size = p.size;
    return status == LL_OK && !*text ? LL_FAIL(err, LL_ENOMEM, "out of memory for a table") : status;
}

static ll_status add_text(ll_frame *frame, ll_status made, char *text, size_t size, const char *arm,
                          ll_error *err) {
    const ll_status s = made == LL_OK ? ll_frame_add(frame, text, size, arm, err) : made;
    free(text);
    return s;
}

/* A theory has no models to be asked, a ladder no exponents: then there are no rows. */
static ll_status add_arm(answering *a, ll_frame *frame, const char *table, int arm, ll_error *err) {
    const ll_programme_arm *of = &a->site->programme->arm[arm];
    const bool theory = *of->theory.kind, of_theories = strcmp(table, "exponents") == 0;
    const int64_t n = strcmp(table, "constitution") == 0 ? houses(a) : 1;
    char *text = NULL;
    size_t size = 0;
    if (theory ? asks_models(table) : of_theories) return LL_OK;
    if (theory) {
        const ll_status s = ll_theory_arm_table(a->site->folder, of->name, table, &text, &size, err);
        return add_text(frame, s, text, size, of->name, err);
    }
    for (int64_t k = 0; k < n; k++) {
        LL_TRY(choose_house(a, k, err));
        const ll_status s = print_arm_to(a, a->site->arm[arm].ladder, table, &text, &size, err);
        LL_TRY(add_text(frame, s, text, size, of->name, err));
    }
    return LL_OK;
}

static ll_status make_table(answering *a, int k, const char *name, ll_error *err) {
    char file[3 * LL_OPTION_NAME];
    a->table[k].name = name;
    snprintf(file, sizeof file, "%s-%s.csv", a->e->name, name);
    LL_TRY(ll_file_join(a->table[k].path, a->site->folder, file, err));
    for (int i = 0; i < a->e->n_arms; i++) LL_TRY(add_arm(a, &a->table[k].frame, name, a->e->arm[i], err));
    LL_TRY(ll_frame_derive(&a->table[k].frame, err));
    return ll_frame_write(&a->table[k].frame, a->table[k].path, err);
}

/* Loops are run and probes are asked first: what they measure stands in the table of runs, which is the first of
 * the tables. */
static ll_status make_tables(answering *a, ll_error *err) {
    char *rest = a->probes;
    strcpy(a->probes, a->e->probes);
    a->table[0].name = "runs"; /* empty until it is made */
    a->n = 1;
    LL_TRY(run_loops(a, err));
    if (a->e->constitution) LL_TRY(make_table(a, a->n++, "constitution", err));
    for (char *name; a->n < TABLES - 3 && (name = strtok_r(rest, " ", &rest));)
        LL_TRY(make_table(a, a->n++, name, err));
    LL_TRY(make_table(a, a->n++, "curves", err));
    if (ll_programme_tries_theory(a->site->programme, a->e)) LL_TRY(make_table(a, a->n++, "exponents", err));
    return make_table(a, 0, "runs", err);
}

static int table_named(const answering *a, const char *name) {
    for (int k = 0; k < a->n; k++)
        if (strcmp(a->table[k].name, name) == 0) return k;
    return 0; /* runs; the file was checked */
}

static const ll_frame *frame_named(void *ctx, const char *name) {
    const answering *a = ctx;
    return &a->table[table_named(a, name)].frame;
}

/* ---- fits ---- */

/* Words as a shell would part them: blanks between, single quotes around. NULL behind the last. */
static ll_status part(char *text, const char **words, int n, ll_error *err) {
    for (char *at = text; *(at += strspn(at, " "));) {
        const bool quoted = *at == '\'';
        if (n + 2 >= WORDS) return LL_FAIL(err, LL_EINPUT, "fit: expected at most %d words", WORDS);
        words[n++] = at += quoted;
        at += strcspn(at, quoted ? "'" : " ");
        if (*at) *at++ = 0;
    }
    words[n] = NULL;
    return LL_OK;
}

/* The value of EXPERIMENT.QUANTITY; NaN where it was not measured, or not yet. */
static double measured_before(const answering *a, const char *word) {
    char name[LL_OPTION_TEXT];
    const size_t n = strcspn(word, ".");
    if (!a->site->answered || !word[n]) return NAN;
    snprintf(name, sizeof name, "%.*s", (int)n, word);
    const ll_json *e = ll_json_get(a->site->answered, name), *all = e ? ll_json_get(e, "quantities") : NULL;
    const ll_json *q = all ? ll_json_get(all, word + n + 1) : NULL, *here = q ? ll_json_get(q, "here") : NULL;
    return here ? ll_json_get_num(here, "value") : NAN;
}

/* {EXPERIMENT.QUANTITY} becomes its value; false where there is none, which missing then names. */
static bool fill_in(const answering *a, const char *from, char out[LL_OPTION_TEXT], char missing[LL_OPTION_TEXT]) {
    size_t n = 0;
    for (const char *end; *from && n + 1 < LL_OPTION_TEXT; from = end) {
        end = *from == '{' ? strchr(from, '}') : NULL;
        if (!end) {
            out[n++] = *from;
            end = from + 1;
            continue;
        }
        snprintf(missing, LL_OPTION_TEXT, "%.*s", (int)(end - from - 1), from + 1);
        const double v = measured_before(a, missing);
        if (isnan(v)) return false;
        n += (size_t)snprintf(out + n, LL_OPTION_TEXT - n, "%.6g", v);
        end++;
    }
    out[n < LL_OPTION_TEXT ? n : LL_OPTION_TEXT - 1] = 0;
    return true;
}

/* why [LL_ERROR_MAX]: what the fit said where it refused. */
static ll_status run_fit(answering *a, int k, const char *flags, char *why, ll_error *err) {
    const ll_programme_quantity *q = &a->e->quantity[k];
    const char *words[WORDS] = { a->site->program, "fit", a->table[table_named(a, q->table)].path, "--json" };
    char text[LL_OPTION_TEXT];
    ll_program p;
    strcpy(text, flags);
    LL_TRY(part(text, words, 4, err));
    LL_TRY(ll_program_run(&p, words, NULL, 0, FIT_S, err));
    ll_status status = LL_OK;
    if (p.code == 0) status = ll_json_parse(p.out, p.size, q->name, &a->fit[k], err);
    else
        snprintf(why, LL_ERROR_MAX, "%.300s",
                 p.complaint && *p.complaint ? p.complaint : "the fit ended without a word");
    why[strcspn(why, "\n")] = 0;
    ll_program_clear(&p);
    return status;
}

static ll_status take_moment(answering *a, int k, char *why, ll_error *err) {
    const ll_programme_quantity *q = &a->e->quantity[k];
    ll_error refused = { 0 };
    const ll_status s = ll_moment_json(&a->fit[k], &a->table[table_named(a, q->table)].frame,
                                       strchr(q->take, '.') + 1, q->where, &refused);
    if (s == LL_ENOMEM) return LL_FAIL(err, s, "%s", refused.msg);
    if (s != LL_OK) snprintf(why, LL_ERROR_MAX, "%s", refused.msg);
    return LL_OK;
}

static ll_status answer_quantities(answering *a, ll_json *to, ll_error *err) {
    char why[LL_ERROR_MAX], flags[LL_OPTION_TEXT], missing[LL_OPTION_TEXT],
        command[LL_PATH_MAX + LL_OPTION_TEXT + 32];
    for (int k = 0; k < a->e->n_quantities; k++) {
        const ll_programme_quantity *q = &a->e->quantity[k];
        ll_json *o;
        *why = 0;
        if (!*q->fit) {
            strcpy(flags, q->where);
            LL_TRY(take_moment(a, k, why, err));
        } else if (fill_in(a, q->fit, flags, missing)) LL_TRY(run_fit(a, k, flags, why, err));
        else {
            snprintf(why, sizeof why, "it needs %.200s, which was not measured", missing);
            strcpy(flags, q->fit);
        }
        LL_TRY(ll_programme_quantity_json(&o, a->site->programme, q, a->fit[k], *why ? why : NULL, err));
        snprintf(command, sizeof command, "%s %s %s", *q->fit ? "loglog fit" : q->take,
                 a->table[table_named(a, q->table)].path, flags);
        ll_json_set_str(o, "command", command);
        ll_json_set(to, q->name, o);
    }
    return LL_OK;
}

/* ---- what was run ---- */

static ll_json *span_json(const ll_frame *f, const char *column) {
    const int64_t c = ll_frame_column(f, column);
    double lo = INFINITY, hi = -INFINITY;
    for (int64_t i = 0; i < f->rows; i++) {
        const double v = ll_frame_num(f, i, c);
        if (isfinite(v)) lo = fmin(lo, v), hi = fmax(hi, v);
    }
    return ll_json_interval(lo <= hi, lo, hi);
}

static void describe(const answering *a, ll_json *o) {
    const ll_frame *runs = &a->table[table_named(a, "runs")].frame;
    const int64_t arm = a->n ? ll_frame_column(runs, "arm") : -1;
    ll_json *arms = ll_json_array(), *scale = ll_json_object();
    double wall = 0;
    for (int i = 0; i < a->e->n_arms; i++) {
        const char *name = a->site->programme->arm[a->e->arm[i]].name;
        char words[128];
        int64_t n = 0;
        for (int64_t r = 0; r < runs->rows; r++) n += strcmp(ll_frame_text(runs, r, arm), name) == 0;
        snprintf(words, sizeof words, "%s: %lld runs", name, (long long)n);
        ll_json_push(arms, ll_json_str(words));
        wall += a->site->arm[a->e->arm[i]].wall_s;
    }
    ll_json_set_str(o, "question", a->e->question);
    ll_json_set(o, "arms", arms);
    ll_json_set_int(o, "runs", runs->rows);
    ll_json_set_num(o, "wall_s", wall);
    ll_json_set(scale, "params", span_json(runs, "params"));
    ll_json_set(scale, "tokens", span_json(runs, "tokens"));
    ll_json_set(scale, "flops", span_json(runs, "flops"));
    ll_json_set(o, "scale", scale);
    ll_json_set_str(o, "forbids", a->e->forbids);
}

static bool find_data(answering *a) {
    const char *data = a->e->probe.data;
    if (*data == '@') return a->site->input && a->site->input(a->site->ctx, data + 1, a->data);
    strcpy(a->data, data);
    return true;
}

static const char *skipped(answering *a) {
    for (int i = 0; i < a->e->n_arms; i++)
        if (!*a->site->arm[a->e->arm[i]].ladder && !a->site->arm[a->e->arm[i]].tried)
            return a->site->arm[a->e->arm[i]].skipped;
    if (find_data(a)) return NULL;
    snprintf(a->skipped, sizeof a->skipped, "no items: give --input %s=PATH", a->e->probe.data + 1);
    return a->skipped;
}

static ll_status answer(answering *a, ll_json *o, ll_error *err) {
    const char *why = skipped(a);
    ll_json *quantities = ll_json_object(), *figure = NULL;
    ll_status status = LL_OK;
    say(a, a->e->name);
    if (!why) status = make_tables(a, err);
    describe(a, o);
    ll_json_set(o, "skipped", why ? ll_json_str(why) : ll_json_num(NAN));
    ll_json_set(o, "quantities", quantities);
    if (!why && status == LL_OK) status = answer_quantities(a, quantities, err);
    if (!why && status == LL_OK)
        status = ll_chart_json(&figure, &(ll_chart_source) { a->e, frame_named, a->fit, a }, err);
    ll_json_set(o, "figure", figure ? figure : ll_json_num(NAN));
    return status;
}

ll_status ll_programme_answer(ll_json **out, const ll_programme_site *site, const ll_programme_experiment *e,
                              ll_error *err) {
    answering *a = calloc(1, sizeof *a);
    *out = NULL;
    if (!a) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    a->site = site;
    a->e = e;
    ll_json *o = ll_json_object();
    const ll_status status = answer(a, o, err);
    for (int k = 0; k < a->n; k++) ll_frame_clear(&a->table[k].frame);
    for (int k = 0; k < LL_PROGRAMME_MOST; k++) ll_json_free(a->fit[k]);
    free(a);
    if (status == LL_OK) *out = o;
    else ll_json_free(o);
    return status == LL_OK ? status : ll_error_prefix(err, "experiment %s", e->name);
}
