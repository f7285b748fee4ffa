/* A whole ladder by its parts: trained in a scratch folder, its processes' time and the program's own. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/clock.h"
#include "base/system/scratch_folder.h"
#include "base/system/threads.h"
#include "cli/bench/bench.h"
#include "cli/print.h"
#include "cli/progress.h"
#include "loglog/units.h"

enum { BAR = 72, ENTRIES = LL_PARTS + 3 };

typedef struct entry {
    const char *name;
    char mark; /* in the bar */
    double cpu_s;
    bool around; /* counts as what lies around the steps */
} entry;

typedef struct ladder_profile {
    char name[LL_OPTION_NAME];
    int64_t rungs, done;
    int cores;
    double wall_s, cpu_s; /* of all processes, this one among them */
    double busy;          /* share of the cores' time */
    entry part[ENTRIES];
} ladder_profile;

/* ---- the ladder ---- */

/* Progress first: its watch gets this as what it knows. */
typedef struct timed {
    ll_progress progress;
    double until; /* by ll_clock_now */
} timed;

static bool is_over(void *ctx) {
    const timed *t = ctx;
    return ll_progress_stop(NULL) || ll_clock_now() > t->until;
}

/* LL_OK also where the time was up. */
static ll_status train(ll_sweep *s, double seconds, bool quiet, ll_error *err) {
    timed t = { .until = seconds > 0 ? ll_clock_now() + seconds : INFINITY };
    ll_progress_init(&t.progress, s, quiet);
    ll_sweep_watch watch = ll_progress_watch(&t.progress);
    watch.stop = is_over;
    const ll_status status = ll_sweep_run(s, &watch, err);
    ll_progress_end(&t.progress);
    if (status != LL_ESTOP) return status;
    return ll_progress_stop(NULL) ? LL_FAIL(err, LL_ESTOP, "stopped; nothing of the ladder is kept") : LL_OK;
}

static double sum_of(const ll_sweep *s, ll_train_part part) {
    double sum = 0;
    for (int i = 0; i < LL_SWEEP_STAGES; i++) sum += s->use[i].part_s[part];
    return sum;
}

/* text_s: of this process until the data was there; own_s: since then. */
static void fill(ladder_profile *p, const ll_sweep *s, double text_s, double own_s) {
    static const char marks[LL_PARTS] = { 'b', '=', 'p', 'e', 'c', 't' };
    double children = 0, told = 0;
    for (int i = 0; i < LL_SWEEP_STAGES; i++) children += s->use[i].cpu_s, p->done += s->use[i].rungs;
    for (int i = 0; i < LL_PARTS; i++) {
        const ll_train_part k = (ll_train_part)i;
        const bool around = k != LL_PART_STEPS && k != LL_PART_TELLING;
        p->part[i] = (entry) { ll_train_part_name(k), marks[i], sum_of(s, k), around };
        told += p->part[i].cpu_s;
    }
    p->part[LL_PARTS] = (entry) { "end", 'x', fmax(0, children - told), false };
    p->part[LL_PARTS + 1] = (entry) { "data", 'd', text_s, false };
    p->part[LL_PARTS + 2] = (entry) { "store and forecasts", 'l', own_s, false };
    p->cpu_s = text_s + own_s + fmax(children, told);
}

static ll_status measure(ladder_profile *p, const char *path, const char *folder, double seconds, bool quiet,
                         ll_error *err) {
    char store[LL_PATH_MAX];
    ll_spec spec;
    ll_sweep s;
    LL_TRY(ll_spec_load(&spec, path, err));
    if (strcmp(spec.engine.kind, "local") != 0)
        return LL_FAIL(err, LL_EINPUT,
                       "%s: engine.kind: is %s, expected local: only our own trainer tells its parts", path,
                       spec.engine.kind);
    LL_TRY(ll_file_join(store, folder, "loglog.db", err));
    const ll_sweep_opts o = { .store = store,
                              .where = path,
                              .command = "loglog bench",
                              .program = "/proc/self/exe",
                              .stop = ll_progress_stop };
    const double began = ll_clock_now();
    ll_progress_listen();
    LL_TRY(ll_sweep_prepare(&s, &spec, &o, err));
    const double ready = ll_clock_cpu();
    snprintf(p->name, sizeof p->name, "%s", s.spec.name);
    p->rungs = s.n;
    p->cores = ll_threads_available();
    const ll_status status = train(&s, seconds, quiet, err);
    p->wall_s = ll_clock_now() - began;
    if (status == LL_OK) fill(p, &s, ready, ll_clock_cpu() - ready);
    p->busy = p->cpu_s / p->wall_s / p->cores;
    ll_sweep_clear(&s);
    return status;
}

/* ---- what is shown ---- */

static double around_s(const ladder_profile *p) {
    double sum = 0;
    for (int i = 0; i < ENTRIES; i++) sum += p->part[i].around ? p->part[i].cpu_s : 0;
    return sum;
}

static int by_time(const void *a, const void *b) {
    const entry *x = a, *y = b;
    return (x->cpu_s < y->cpu_s) - (x->cpu_s > y->cpu_s);
}

/* Every column is of the part in whose stretch its middle lies. */
static void print_bar(const ladder_profile *p) {
    char bar[BAR + 1] = "";
    double upto = p->part[0].cpu_s;
    for (int i = 0, column = 0; column < BAR; column++) {
        while (i + 1 < ENTRIES && (column + 0.5) / BAR * p->cpu_s > upto) upto += p->part[++i].cpu_s;
        bar[column] = p->part[i].mark;
    }
    ll_say("  |%s|\n", bar);
}

static void print_profile(const ladder_profile *p) {
    char wall[32], cpu[32];
    ll_say("%s: %lld of %lld rungs in %s on %d core%s, %s of the processor, cores busy %.0f %%\n", p->name,
           (long long)p->done, (long long)p->rungs, ll_units_show_seconds(p->wall_s, wall, sizeof wall), p->cores,
           p->cores == 1 ? "" : "s", ll_units_show_seconds(p->cpu_s, cpu, sizeof cpu), 100 * p->busy);
    print_bar(p);
    for (int i = 0; i < ENTRIES; i++)
        ll_say("  %c %-20s %10.3f s %7.2f %%\n", p->part[i].mark, p->part[i].name, p->part[i].cpu_s,
               100 * p->part[i].cpu_s / p->cpu_s);
    ll_say("start, packing, evaluation and saving together: %.2f %%\n", 100 * around_s(p) / p->cpu_s);
}

static ll_json *profile_json(const ladder_profile *p) {
    ll_json *o = ll_json_object(), *parts = ll_json_array();
    ll_json_set_str(o, "name", p->name);
    ll_json_set_int(o, "rungs", p->rungs);
    ll_json_set_int(o, "done", p->done);
    ll_json_set_int(o, "cores", p->cores);
    ll_json_set_num(o, "wall_s", p->wall_s);
    ll_json_set_num(o, "cpu_s", p->cpu_s);
    ll_json_set_num(o, "busy", p->busy);
    ll_json_set_num(o, "share_around_steps", around_s(p) / p->cpu_s);
    for (int i = 0; i < ENTRIES; i++) {
        ll_json *part = ll_json_object();
        ll_json_set_str(part, "name", p->part[i].name);
        ll_json_set_num(part, "cpu_s", p->part[i].cpu_s);
        ll_json_set_num(part, "share", p->part[i].cpu_s / p->cpu_s);
        ll_json_push(parts, part);
    }
    ll_json_set(o, "parts", parts);
    return o;
}

ll_status ll_bench_ladder(const char *spec, double seconds, bool json, ll_json *doc, ll_error *err) {
    char folder[LL_PATH_MAX];
    ladder_profile p = { 0 };
    LL_TRY(ll_scratch_make(folder, err));
    const ll_status status = measure(&p, spec, folder, seconds, json, err);
    ll_scratch_remove(folder);
    LL_TRY(status);
    qsort(p.part, ENTRIES, sizeof *p.part, by_time);
    if (!json) print_profile(&p);
    ll_json_set(doc, "ladder", profile_json(&p));
    return LL_OK;
}
