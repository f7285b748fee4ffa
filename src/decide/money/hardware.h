/* Accelerators, and what a number of FLOPs costs on them.
 *
 *     ll_rig rig = { .utilisation = 0.4, .pue = 1.15 };
 *     LL_TRY(ll_rig_parse("64xH100", &rig, err));
 *     ll_bill b = ll_rig_bill(&rig, 1e23);                     hours, dollars, kWh, days
 *     double C = ll_rig_flops(&rig, 30 * 24 * rig.count);      what 30 days of it compute
 *
 * Prices are typical for a rented device and move: override them. Pure and thread-safe.
 */
#ifndef LL_DECIDE_MONEY_HARDWARE_H
#define LL_DECIDE_MONEY_HARDWARE_H

#include <stddef.h>

#include "loglog/error.h"

typedef struct ll_hardware {
    const char *name;
    double peak;           /* FLOP/s, dense BF16 (V100: FP16), no sparsity */
    double memory;         /* bytes */
    double watts;          /* rated */
    double usd_per_hour;   /* the middle of the range below */
    double usd_lo, usd_hi; /* what an hour of one is typically rented for */
    const char *source;    /* of the figures, then of the price and its year; what is estimated is called so */
} ll_hardware;

extern const ll_hardware ll_hardware_catalogue[]; /* ends with name NULL */

/* Upper and lower case alike, and with or without blanks, '-' and '_': "TPU v5p"; NULL when unknown. */
const ll_hardware *ll_hardware_find(const char *name);
const char *ll_hardware_names(char *buf, size_t size); /* "V100, A100, ..."; returns buf */

/* What is rented, and how well it is used. */
typedef struct ll_rig {
    ll_hardware device;                                 /* a copy: each field may be overridden */
    double count;                                       /* devices; 0: not said */
    double utilisation, utilisation_lo, utilisation_hi; /* share of the peak that training computes with */
    double pue;                                         /* power of the building over that of the devices */
} ll_rig;

/* What is rented where nothing is said, and how training uses it: 38 to 50 % of the peak, power 1.15 times the
 * devices'. */
#define LL_RIG_DEVICE "H100"
#define LL_RIG_UTILISATION "0.38,0.5"
ll_rig ll_rig_usual(void);

/* "64xH100" or "H100" sets device and count; an unknown device or a count that is no whole number is LL_EINPUT. */
ll_status ll_rig_parse(const char *text, ll_rig *rig, ll_error *err);

typedef struct ll_bill {
    double gpu_hours;      /* C / (peak x utilisation x 3600) */
    double usd;            /* gpu_hours x price */
    double usd_lo, usd_hi; /* cheapest hour well used, dearest hour badly used */
    double kwh;            /* gpu_hours x rated power x pue: devices draw near their rating while they train */
    double days;           /* on count devices; NaN without */
} ll_bill;
ll_bill ll_rig_bill(const ll_rig *rig, double flops);

double ll_rig_flops(const ll_rig *rig, double gpu_hours); /* what those hours compute */

/* Devices that hold a training state of 16 bytes a parameter (weights and gradients in 2 bytes, master weights and
 * Adam's moments in 4 each: Rajbhandari et al. 2020, arXiv:1910.02054). Activations come on top. */
double ll_rig_devices(const ll_rig *rig, double params);

#endif
