#include "forecast/hardware.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { STATE_BYTES = 16 }; /* of training, a parameter */

/* Vendors' data sheets; prices as of 2020 for the V100, of 2024 and 2025 for the others. */
const ll_hardware ll_hardware_catalogue[] = {
    { "V100", 125e12, 32e9, 300, 1.5, 1.5, 1.5 },    { "A100", 312e12, 80e9, 400, 1.6, 1.2, 2.0 },
    { "H100", 989e12, 80e9, 700, 3.0, 2.0, 4.0 },    { "H200", 989e12, 141e9, 700, 3.25, 2.5, 4.0 },
    { "B200", 2250e12, 180e9, 1000, 5.0, 4.0, 6.0 }, { NULL, 0, 0, 0, 0, 0, 0 },
};

const ll_hardware *ll_hardware_find(const char *name) {
    for (const ll_hardware *h = ll_hardware_catalogue; h->name; h++)
        if (strcasecmp(h->name, name) == 0) return h;
    return NULL;
}

const char *ll_hardware_names(char *buf, size_t size) {
    size_t used = 0;
    buf[0] = 0;
    for (const ll_hardware *h = ll_hardware_catalogue; h->name && used < size; h++)
        used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? ", " : "", h->name);
    return buf;
}

/* The count in front of the first 'x', where digits stand there; 0 where none do. */
static ll_status split_count(const char *text, const char **name, double *count, ll_error *err) {
    const size_t digits = strspn(text, "0123456789");
    *count = 0;
    *name = text;
    if (digits == 0) return LL_OK;
    *count = strtod(text, NULL);
    *name = text + digits + 1;
    if ((text[digits] == 'x' || text[digits] == 'X') && *count >= 1 && *count <= 1e9) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "'%.40s' names no devices, expected one or COUNTxDEVICE such as 64xH100", text);
}

ll_status ll_rig_parse(const char *text, ll_rig *rig, ll_error *err) {
    char known[256];
    const char *name;
    LL_TRY(split_count(text, &name, &rig->count, err));
    const ll_hardware *h = ll_hardware_find(name);
    if (!h)
        return LL_FAIL(err, LL_EINPUT, "no accelerator '%.40s' in the catalogue, expected one of: %s", name,
                       ll_hardware_names(known, sizeof known));
    rig->device = *h;
    return LL_OK;
}

static double hours(const ll_rig *r, double flops, double utilisation) {
    return flops / (r->device.peak * utilisation * 3600);
}

ll_bill ll_rig_bill(const ll_rig *r, double flops) {
    double h = hours(r, flops, r->utilisation);
    return (ll_bill) { .gpu_hours = h,
                       .usd = h * r->device.usd_per_hour,
                       .usd_lo = hours(r, flops, r->utilisation_hi) * r->device.usd_lo,
                       .usd_hi = hours(r, flops, r->utilisation_lo) * r->device.usd_hi,
                       .kwh = h * r->device.watts * r->pue / 1000,
                       .days = r->count > 0 ? h / r->count / 24 : NAN };
}

double ll_rig_flops(const ll_rig *r, double gpu_hours) {
    return gpu_hours * r->device.peak * r->utilisation * 3600;
}

double ll_rig_devices(const ll_rig *r, double params) {
    return ceil(STATE_BYTES * params / r->device.memory);
}
