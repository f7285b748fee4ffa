#include "cli/decide/renting.h"

static void override(double *to, double wanted) {
    if (wanted > 0) *to = wanted;
}

ll_status ll_renting_rig(const ll_renting *r, ll_rig *rig, ll_error *err) {
    const ll_list *u = &r->utilisation;
    ll_error why = { 0 };
    if (*r->gpus && ll_rig_parse(r->gpus, rig, &why) != LL_OK)
        return LL_FAIL(err, LL_EINPUT, "--gpus: %s", why.msg);
    if (u->n > 2 || (u->n > 0 && u->v[0] > u->v[u->n - 1]))
        return LL_FAIL(err, LL_EINPUT, "--utilisation: expected one share, or low,high");
    if (u->n > 0) {
        rig->utilisation_lo = u->v[0];
        rig->utilisation_hi = u->v[u->n - 1];
        rig->utilisation = (rig->utilisation_lo + rig->utilisation_hi) / 2;
    }
    rig->pue = r->pue;
    override(&rig->device.peak, r->peak);
    override(&rig->device.memory, r->memory);
    override(&rig->device.watts, r->watts);
    override(&rig->device.usd_per_hour, r->price);
    override(&rig->device.usd_lo, r->price);
    override(&rig->device.usd_hi, r->price);
    return LL_OK;
}
