/* What the verbs that pay for compute share: the flags of what is rented and how well it is used. */
#ifndef LL_CLI_DECIDE_RENTING_H
#define LL_CLI_DECIDE_RENTING_H

#include <stddef.h>

#include "base/document/option.h"
#include "decide/money/hardware.h"

typedef struct ll_renting {
    char gpus[LL_OPTION_NAME];
    ll_list utilisation;
    double price, watts, peak, memory, pue;
} ll_renting;

/* Rows of an option table over a struct that has an ll_renting called renting; a preset may be empty: not said. */
#define LL_RENTING_AT(type, field) (offsetof(type, renting) + offsetof(ll_renting, field))
#define LL_RENTING_TABLE(type, gpus_preset, utilisation_preset)                                                         \
    { "gpus", LL_OPT_NAME, LL_RENTING_AT(type, gpus), gpus_preset,                                                      \
      "accelerator of 'loglog cost --devices', or how many of it: 64xH100" },                                           \
        { "utilisation",                                                                                                \
          LL_OPT_LIST,                                                                                                  \
          LL_RENTING_AT(type, utilisation),                                                                             \
          utilisation_preset,                                                                                           \
          "share of the peak that training computes with: a number, or low,high",                                       \
          .min_open = true,                                                                                             \
          .max = 1 },                                                                                                   \
        { "price",                                                                                                      \
          LL_OPT_MONEY,                                                                                                 \
          LL_RENTING_AT(type, price),                                                                                   \
          "0",                                                                                                          \
          "dollars per device and hour; 0: the catalogue's",                                                            \
          .max = 1e6 },                                                                                                 \
        { "watts", LL_OPT_REAL, LL_RENTING_AT(type, watts), "0", "power of a device; 0: the catalogue's", .max = 1e6 }, \
        { "peak", LL_OPT_REAL, LL_RENTING_AT(type, peak), "0", "FLOP/s of a device; 0: the catalogue's", .max = 1e24 }, \
        { "memory",   LL_OPT_BYTES, LL_RENTING_AT(type, memory), "0", "memory of a device; 0: the catalogue's",         \
          .max = 1e18 },                                                                                                \
    {                                                                                                                   \
        "pue", LL_OPT_REAL, LL_RENTING_AT(type, pue), "1.15", "power of the building over that of its devices",         \
            .min = 1, .max = 10                                                                                         \
    }

/* Sets in rig what the flags say and leaves the rest. An unknown device, or a utilisation of more than two numbers
 * or with the higher first, is LL_EINPUT. */
ll_status ll_renting_rig(const ll_renting *r, ll_rig *rig, ll_error *err);

#endif
