#define _POSIX_C_SOURCE 200809L
#include "cli/train/conduct.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/system/clock.h"
#include "base/system/threads.h"
#include "base/version.h"
#include "base/words/nearest.h"
#include "cli/progress.h"
#include "cli/train/launch.h"
#include "sweep/programme/theory_arm.h"
#include "sweep/workers/pace.h"
#include "tensor/choice/kernel_tables.h"

/* Of the time; the rest is reading, probes and fits, and what the pace did not foresee. */
#define TRAINING_SHARE 0.75

/* ---- which experiments, which arms ---- */

static ll_status want(ll_conduct *c, const char *name, ll_error *err) {
    const int i = ll_programme_find(c->programme, name);
    ll_nearest near = { .word = name };
    char hint[LL_NEAREST_HINT];
    for (int k = 0; k < c->programme->n_experiments; k++) ll_nearest_try(&near, c->programme->experiment[k].name);
    if (i < 0)
        return LL_FAIL(err, LL_EINPUT, "--only: %s has no experiment '%.40s'%s; 'programme show' lists them",
                       c->programme->name, name, ll_nearest_hint(&near, hint));
    c->wanted[i] = true;
    return LL_OK;
}

static ll_status choose(ll_conduct *c, ll_error *err) {
    char names[LL_OPTION_TEXT], *rest = names;
    snprintf(names, sizeof names, "%s", c->orders.only);
    for (char *name; (name = strtok_r(rest, ",", &rest));) LL_TRY(want(c, name, err));
    for (int i = 0; i < c->programme->n_experiments; i++) {
        if (!*c->orders.only) c->wanted[i] = true;
        for (int k = 0; c->wanted[i] && k < c->programme->experiment[i].n_arms; k++)
            c->arm[c->programme->experiment[i].arm[k]].needed = true;
    }
    return LL_OK;
}

/* The text of that name; false where none was given. */
static bool text_of(const ll_conduct *c, const char *input, char path[LL_OPTION_TEXT]) {
    char list[LL_OPTION_TEXT], *rest = list;
    if (strcmp(input, "text") == 0) return snprintf(path, LL_OPTION_TEXT, "%s", c->orders.text), *path != 0;
    snprintf(list, sizeof list, "%s", c->orders.input);
    for (char *item; (item = strtok_r(rest, ",", &rest));) {
        char *equal = strchr(item, '=');
        if (!equal || strncmp(item, input, (size_t)(equal - item)) != 0 || input[equal - item]) continue;
        return snprintf(path, LL_OPTION_TEXT, "%s", equal + 1), *path != 0;
    }
    return false;
}

/* In data.also NAME=@INPUT stands for a text of --input; one that was not given is left out. */
static void fill_also(const ll_conduct *c, ll_spec *spec) {
    char list[LL_OPTION_TEXT], path[LL_OPTION_TEXT], *rest = list;
    strcpy(list, spec->data.also);
    *spec->data.also = 0;
    for (char *item; (item = strtok_r(rest, ",", &rest));) {
        const char *from = strstr(item, "=@");
        const size_t used = strlen(spec->data.also), room = sizeof spec->data.also - used;
        if (from && !text_of(c, from + 2, path)) continue;
        if (from)
            snprintf(spec->data.also + used, room, "%s%.*s=%s", used ? "," : "", (int)(from - item), item, path);
        else snprintf(spec->data.also + used, room, "%s%s", used ? "," : "", item);
    }
}

static bool has_data(const ll_spec *s) {
    return *s->data.text || *s->data.shards || strcmp(s->data.source, "none") != 0;
}

/* ---- specs ---- */

static ll_status count_rungs(ll_conduct_arm *arm, int64_t vocab, ll_error *err) {
    ll_rung *rungs;
    LL_TRY(ll_design_rungs(&arm->spec, vocab, &rungs, &arm->rungs, err));
    free(rungs);
    return LL_OK;
}

/* The time of an arm: its share among all that have a text, whether they are asked for now or not, so that one
 * experiment alone is what it would be among the others. */
static double seconds_of(const ll_conduct *c, int i) {
    double all = 0;
    for (int k = 0; k < c->programme->n_arms; k++)
        if (!*c->site.arm[k].skipped) all += c->programme->arm[k].share;
    return 60 * c->orders.minutes * TRAINING_SHARE * c->programme->arm[i].share / all;
}

/* What the data's tokens are is known once some of it was read. */
static ll_status look_at_data(const ll_conduct *c, int i, int64_t *vocab, ll_error *err) {
    const ll_sweep_opts o = { .store = c->store, .where = c->programme->where, .dry = true };
    ll_sweep s;
    LL_TRY(ll_sweep_prepare(&s, &c->arm[i].spec, &o, err));
    *vocab = s.train.vocab;
    ll_sweep_clear(&s);
    return LL_OK;
}

static ll_status fit_to_time(ll_conduct *c, int i, ll_pace *pace, ll_error *err) {
    ll_conduct_arm *arm = &c->arm[i];
    const ll_theory *t = &arm->theory;
    int64_t vocab;
    if (*t->kind) {
        arm->rungs = t->widths.n * t->samples.n * t->seeds;
        return ll_theory_fit_to_time(&arm->theory, 0, seconds_of(c, i), &arm->predicted_s, err);
    }
    LL_TRY(ll_kernels_named(arm->spec.train.kernels, arm->spec.train.precision, &pace->kernels, err));
    LL_TRY(look_at_data(c, i, &vocab, err));
    LL_TRY(
        ll_pace_scale(pace, &arm->spec, vocab, ll_threads_available(), seconds_of(c, i), &arm->predicted_s, err));
    return count_rungs(arm, vocab, err);
}

static ll_status write_spec(const ll_conduct *c, int i, ll_error *err) {
    ll_file f;
    char comment[3 * LL_OPTION_NAME + 64];
    snprintf(comment, sizeof comment, "An arm of programme %s; 'loglog theory run' takes it too.",
             c->programme->name);
    if (*c->arm[i].theory.kind) return ll_theory_arm_write(&c->arm[i].theory, c->arm[i].path, comment, err);
    char *text = ll_spec_text(&c->arm[i].spec);
    if (!text) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    ll_status s = ll_file_create(&f, c->arm[i].path, err);
    if (s == LL_OK) {
        fprintf(f.out,
                "# An arm of programme %s, for about %.0f s of training on this machine; 'loglog run' takes it "
                "too.\n%s",
                c->programme->name, c->arm[i].predicted_s, text);
        s = ll_file_commit(&f, err);
    }
    free(text);
    return s;
}

static ll_status skip(ll_conduct *c, int i, const char *why, const char *word, const char *end) {
    snprintf(c->site.arm[i].skipped, sizeof c->site.arm[i].skipped, "%s%.200s%s", why, word, end);
    return LL_OK;
}

static ll_status settle_theory(ll_conduct *c, int i, const char *like, ll_error *err) {
    ll_conduct_arm *arm = &c->arm[i];
    if (access(arm->path, F_OK) == 0) return ll_theory_arm_load(&arm->theory, arm->path, err);
    arm->theory = c->programme->arm[i].theory;
    if (!*c->orders.like) return LL_OK;
    if (access(like, F_OK) != 0) return skip(c, i, "it is no arm of ", c->orders.like, "");
    return ll_theory_arm_load(&arm->theory, like, err);
}

/* Made once, from the pace of this machine or the specs of another folder; read ever after. */
static ll_status settle_spec(ll_conduct *c, int i, ll_error *err) {
    const ll_programme_arm *of = &c->programme->arm[i];
    ll_conduct_arm *arm = &c->arm[i];
    char file[2 * LL_OPTION_NAME], like[LL_PATH_MAX] = "", path[LL_OPTION_TEXT];
    snprintf(file, sizeof file, "%s.yaml", of->name);
    LL_TRY(ll_file_join(arm->path, c->orders.out, file, err));
    if (*c->orders.like) LL_TRY(ll_file_join(like, c->orders.like, file, err));
    arm->predicted_s = NAN;
    if (*of->theory.kind) return settle_theory(c, i, like, err);
    if (access(arm->path, F_OK) == 0) {
        LL_TRY(ll_spec_load(&arm->spec, arm->path, err));
        return ll_spec_check(&arm->spec, arm->path, err);
    }
    const bool given = text_of(c, of->input, path);
    if (*c->orders.like) {
        if (access(like, F_OK) != 0) return skip(c, i, "it is no arm of ", c->orders.like, "");
        LL_TRY(ll_spec_load(&arm->spec, like, err));
    } else LL_TRY(ll_programme_spec(c->programme, of, &arm->spec, err));
    fill_also(c, &arm->spec);
    if (given) snprintf(arm->spec.data.text, sizeof arm->spec.data.text, "%s", path);
    if (!has_data(&arm->spec) && strcmp(of->input, "text") == 0)
        return skip(c, i, "no text: give --", "text", " PATH");
    if (!has_data(&arm->spec)) return skip(c, i, "no text: give --input ", of->input, "=PATH");
    return ll_spec_check(&arm->spec, c->programme->where, err);
}

static bool is_new(const ll_conduct *c, int i) {
    return c->arm[i].needed && !*c->site.arm[i].skipped && access(c->arm[i].path, F_OK) != 0;
}

/* With nothing to train there is nothing to answer. */
static ll_status check_any(const ll_conduct *c, ll_error *err) {
    const char *why = "";
    for (int i = 0; i < c->programme->n_arms; i++) {
        if (c->arm[i].needed && !*c->site.arm[i].skipped) return LL_OK;
        if (c->arm[i].needed && !*why) why = c->site.arm[i].skipped;
    }
    return LL_FAIL(err, LL_EINPUT, "programme %s: %s", c->programme->name, why);
}

/* Nothing is written before every arm has its spec. */
static ll_status settle_specs(ll_conduct *c, ll_error *err) {
    ll_pace pace = { 0 };
    for (int i = 0; i < c->programme->n_arms; i++) LL_TRY(settle_spec(c, i, err));
    LL_TRY(check_any(c, err));
    for (int i = 0; i < c->programme->n_arms && !*c->orders.like; i++) {
        if (is_new(c, i)) LL_TRY(fit_to_time(c, i, &pace, err));
    }
    if (c->orders.dry) return LL_OK;
    LL_TRY(ll_file_mkdir(c->orders.out, err));
    for (int i = 0; i < c->programme->n_arms; i++)
        if (is_new(c, i)) LL_TRY(write_spec(c, i, err));
    return LL_OK;
}

ll_status ll_conduct_open(ll_conduct **out, const ll_programme *p, const ll_orders *orders, ll_error *err) {
    ll_conduct *c = *out = calloc(1, sizeof *c);
    if (!c) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    c->programme = p;
    c->orders = *orders;
    c->started = ll_clock_now();
    c->site = (ll_programme_site) {
        .programme = p, .folder = orders->out, .store = c->store, .program = "/proc/self/exe"
    };
    ll_status s = choose(c, err);
    if (s == LL_OK) s = ll_file_join(c->store, orders->out, "loglog.db", err);
    if (s == LL_OK) s = ll_file_join(c->result, orders->out, "result.json", err);
    if (s == LL_OK) s = ll_file_join(c->walls, orders->out, "walls.json", err);
    if (s == LL_OK) s = settle_specs(c, err);
    return s;
}

/* ---- training ---- */

/* Seconds that the arms took, over all calls. */
static ll_json *load_walls(const ll_conduct *c) {
    ll_json *walls = NULL;
    ll_error none = { 0 };
    if (ll_json_load(c->walls, 1 << 20, &walls, &none) != LL_OK) walls = ll_json_object();
    return walls;
}

static ll_status write_document(const ll_json *doc, const char *path, ll_error *err) {
    ll_file f;
    char *text = ll_json_text(doc, true);
    if (!text) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    ll_status s = ll_file_create(&f, path, err);
    if (s == LL_OK) fprintf(f.out, "%s\n", text), s = ll_file_commit(&f, err);
    free(text);
    return s;
}

static ll_status note_wall(const ll_conduct *c, int i, double seconds, ll_error *err) {
    const char *name = c->programme->arm[i].name;
    ll_json *walls = load_walls(c);
    const double before = ll_json_get_num(walls, name);
    ll_json_set_num(walls, name, seconds + (isnan(before) ? 0 : before));
    const ll_status s = write_document(walls, c->walls, err);
    ll_json_free(walls);
    return s;
}

/* Runs that failed are named and leave a gap; the others are measured all the same. */
static ll_status train_arm(ll_conduct *c, int i, ll_error *err) {
    const ll_sweep_opts o = { .store = c->store,
                              .changed = "refuse",
                              .where = c->arm[i].path,
                              .command = c->orders.command,
                              .program = "/proc/self/exe",
                              .stop = ll_progress_stop };
    ll_sweep s;
    LL_TRY(ll_sweep_prepare(&s, &c->arm[i].spec, &o, err));
    const double start = ll_clock_now();
    ll_status status = ll_launch(&s, c->orders.quiet, err);
    snprintf(c->site.arm[i].ladder, sizeof c->site.arm[i].ladder, "%s", s.id);
    const double took = s.use[0].rungs ? ll_clock_now() - start : 0;
    ll_sweep_clear(&s);
    ll_error wall = { 0 };
    const ll_status noted = note_wall(c, i, took, &wall);
    if (status == LL_ENUM) {
        ll_say_prose(stderr, "loglog: %s", err->msg);
        status = LL_OK;
    }
    return status == LL_OK && noted != LL_OK ? LL_FAIL(err, noted, "%s", wall.msg) : status;
}

static ll_status try_theory(ll_conduct *c, int i, ll_error *err) {
    const bool live = !c->orders.quiet && ll_say_width(stderr) > 0;
    const ll_theory_watch watch = { .stop = ll_progress_stop, .progress = live ? ll_progress_runs : NULL };
    const double start = ll_clock_now();
    const ll_status s = ll_theory_arm_run(&c->arm[i].theory, c->orders.out, c->programme->arm[i].name, &watch, err);
    if (live) ll_say_to(stderr, "\r\033[2K");
    LL_TRY(s);
    c->site.arm[i].tried = true;
    return note_wall(c, i, ll_clock_now() - start, err);
}

ll_status ll_conduct_train(ll_conduct *c, ll_error *err) {
    ll_progress_listen();
    for (int i = 0, k = 0; i < c->programme->n_arms; i++) {
        if (!c->arm[i].needed) continue;
        k++;
        if (*c->site.arm[i].skipped) continue;
        if (!c->orders.quiet) ll_say_prose(stderr, "arm %s (%d)", c->programme->arm[i].name, k);
        LL_TRY((*c->arm[i].theory.kind ? try_theory : train_arm)(c, i, err));
    }
    return LL_OK;
}

/* ---- answering ---- */

static void say_experiment(void *ctx, const char *words) {
    (void)ctx;
    ll_say_prose(stderr, "answering: %s", words);
}

static bool input_of(void *ctx, const char *name, char path[LL_OPTION_TEXT]) {
    return text_of(ctx, name, path);
}

/* Of the first arm that read something; null where none did. */
static ll_json *data_json(const ll_conduct *c) {
    for (int i = 0; i < c->programme->n_arms; i++) {
        ll_store *s;
        ll_ladder ladder;
        ll_error none = { 0 };
        ll_json *data = NULL, *o = NULL;
        if (!*c->site.arm[i].ladder || ll_store_open(&s, c->store, LL_STORE_READ, &none) != LL_OK) continue;
        if (ll_store_get_ladder(s, c->site.arm[i].ladder, &ladder, &none) == LL_OK) {
            if (ll_json_parse(ladder.data, strlen(ladder.data), "data", &data, &none) == LL_OK) {
                o = ll_json_object();
                ll_json_set_str(o, "name", ll_file_name(c->arm[i].spec.data.text));
                ll_json_set_num(o, "bytes", ll_json_get_num(data, "bytes"));
                ll_json_set_num(o, "tokens", ll_json_get_num(data, "tokens"));
                ll_json_set_str(o, "hash", ladder.data_hash);
            }
            ll_json_free(data);
            ll_ladder_clear(&ladder);
        }
        ll_store_close(s);
        if (o) return o;
    }
    return ll_json_num(NAN);
}

static ll_status answer_all(ll_conduct *c, ll_json *experiments, double *wall, ll_error *err) {
    ll_json *walls = load_walls(c);
    *wall = 0;
    for (int i = 0; i < c->programme->n_arms; i++) {
        const double took = ll_json_get_num(walls, c->programme->arm[i].name);
        c->site.arm[i].wall_s = isnan(took) ? 0 : took;
        *wall += c->site.arm[i].wall_s;
    }
    ll_json_free(walls);
    if (!c->orders.quiet) c->site.progress = say_experiment;
    c->site.input = input_of;
    c->site.ctx = c;
    for (int i = 0; i < c->programme->n_experiments; i++) {
        ll_json *o;
        if (!c->wanted[i]) continue;
        c->site.answered = experiments;
        LL_TRY(ll_programme_answer(&o, &c->site, &c->programme->experiment[i], err));
        ll_json_set(experiments, c->programme->experiment[i].name, o);
    }
    return LL_OK;
}

ll_status ll_conduct_answer(ll_conduct *c, ll_json **out, ll_error *err) {
    ll_json *doc = ll_json_object(), *experiments = ll_json_object();
    double wall;
    char machine[64];
    *out = NULL;
    snprintf(machine, sizeof machine, "%d cores", ll_threads_available());
    ll_json_set_str(doc, "schema", "loglog.programme-result/1");
    ll_json_set_str(doc, "name", c->programme->name);
    ll_json_set_str(doc, "title", c->programme->title);
    ll_json_set_str(doc, "paper", c->programme->paper);
    ll_json_set(doc, "data", data_json(c));
    ll_json_set_num(doc, "minutes", c->orders.minutes);
    ll_status s = answer_all(c, experiments, &wall, err);
    ll_json_set_num(doc, "wall_s", wall);
    ll_json_set_str(doc, "command", c->orders.command);
    ll_json_set_str(doc, "version", LL_VERSION " " LL_COMMIT);
    ll_json_set_str(doc, "machine", machine);
    ll_json_set(doc, "experiments", experiments);
    if (s == LL_OK) s = write_document(doc, c->result, err);
    if (s == LL_OK) *out = doc;
    else ll_json_free(doc);
    return s;
}

void ll_conduct_close(ll_conduct *c) {
    free(c);
}
