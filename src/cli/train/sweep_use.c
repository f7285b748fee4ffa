#include "cli/train/sweep_use.h"

#include <math.h>

#include "base/system/threads.h"
#include "cli/print.h"
#include "loglog/units.h"
#include "train/machine.h"

static const char *const names[LL_SWEEP_STAGES] = { "fit", "forecast" };

static ll_sweep_use sum(const ll_sweep *s) {
    ll_sweep_use all = { 0 };
    for (int i = 0; i < LL_SWEEP_STAGES; i++) {
        if (s->use[i].rungs == 0) continue;
        all.rungs += s->use[i].rungs;
        all.wall_s += s->use[i].wall_s;
        all.cpu_s += s->use[i].cpu_s;
        all.flops += s->use[i].flops;
    }
    return all;
}

/* Of the table that trained, on all cores; of a command unknown. */
static double peak(const ll_sweep *s) {
    return !s->kernels ? NAN : ll_machine_flops(s->kernels, ll_threads_available());
}

static double busy(const ll_sweep_use *u) {
    return u->cpu_s / u->wall_s / ll_threads_available();
}

void ll_use_print(FILE *out, const ll_sweep *s) {
    char flops[32], wall[32], pace[32];
    const ll_sweep_use all = sum(s);
    if (all.rungs == 0) return;
    double rate = all.flops / all.wall_s;
    if (ll_spec_on_slurm(&s->spec)) { /* of the machines nothing is known here */
        ll_say_prose(out, "%s exact FLOP in %s: %.1f GFLOP/s, with the time in the queue",
                     ll_units_show(all.flops, flops, sizeof flops),
                     ll_units_show_seconds(all.wall_s, wall, sizeof wall), rate / 1e9);
        return;
    }
    if (!s->kernels) {
        ll_say_prose(out, "%s FLOP in %s: %s FLOP/s", ll_units_show(all.flops, flops, sizeof flops),
                     ll_units_show_seconds(all.wall_s, wall, sizeof wall), ll_units_show(rate, pace, sizeof pace));
        return;
    }
    ll_say_prose(out, "%s exact FLOP in %s: %.1f GFLOP/s, %.1f %% of this machine's peak; cores busy %.0f %%",
                 ll_units_show(all.flops, flops, sizeof flops),
                 ll_units_show_seconds(all.wall_s, wall, sizeof wall), rate / 1e9, 100 * rate / peak(s),
                 100 * busy(&all));
}

static ll_json *stage_json(const char *name, const ll_sweep_use *u, bool here) {
    ll_json *o = ll_json_object();
    ll_json_set_str(o, "stage", name);
    ll_json_set_int(o, "rungs", u->rungs);
    ll_json_set_num(o, "wall_s", u->wall_s);
    ll_json_set_num(o, "cpu_s", u->cpu_s);
    if (here) ll_json_set_num(o, "busy", busy(u));
    ll_json_set_num(o, "flops", u->flops);
    ll_json_set_num(o, "flops_per_s", u->flops / u->wall_s);
    return o;
}

ll_json *ll_use_json(const ll_sweep *s) {
    ll_json *o = ll_json_object(), *stages = ll_json_array();
    const ll_sweep_use all = sum(s);
    const bool here = !ll_spec_on_slurm(&s->spec);
    for (int i = 0; i < LL_SWEEP_STAGES; i++)
        if (s->use[i].rungs > 0) ll_json_push(stages, stage_json(names[i], &s->use[i], here));
    ll_json_set(o, "stages", stages);
    if (all.rungs == 0) return o;
    ll_json_set_num(o, "flops_per_s", all.flops / all.wall_s);
    if (!here) return o;
    double most = peak(s);
    ll_json_set_num(o, "peak_flops_per_s", most);
    ll_json_set_num(o, "share_of_peak", all.flops / all.wall_s / most);
    return o;
}
