#include "decide/money/hardware.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words/number.h"

enum { STATE_BYTES = 16 }; /* of training, a parameter */

/* Peaks are dense, without sparsity; prices those of renting one by the hour, without the host's extras. */
const ll_hardware ll_hardware_catalogue[] = {
    { "V100", 125e12, 32e9, 300, 1.5, 1.5, 1.5,
      "NVIDIA V100 SXM2 data sheet, FP16; price: reserved clouds of 2020" },
    { "A100", 312e12, 80e9, 400, 1.6, 1.2, 2.0,
      "NVIDIA A100 80GB SXM data sheet; price: GPU clouds, 2024 and 2025" },
    { "H100", 989e12, 80e9, 700, 3.0, 2.0, 4.0, "NVIDIA H100 SXM data sheet; price: GPU clouds, 2024 and 2025" },
    { "H200", 989e12, 141e9, 700, 3.25, 2.5, 4.0, "NVIDIA H200 SXM data sheet; price: GPU clouds, 2024 and 2025" },
    { "B200", 2250e12, 180e9, 1000, 5.0, 4.0, 6.0,
      "NVIDIA DGX B200 data sheet, an eighth; price: GPU clouds, 2025" },
    { "MI300X", 1307e12, 192e9, 750, 2.5, 1.5, 3.5,
      "AMD Instinct MI300X data sheet; price: GPU clouds, 2025; large clouds list up to $6" },
    { "L40S", 362e12, 48e9, 350, 1.35, 0.8, 1.9, "NVIDIA L40S data sheet; price: GPU clouds, 2025" },
    { "RTX4090", 165e12, 24e9, 450, 0.5, 0.3, 0.7,
      "NVIDIA Ada white paper, FP32 accumulation; price: GPU clouds and markets, 2025" },
    { "TPUv4", 275e12, 32e9, 192, 2.3, 1.4, 3.2,
      "Jouppi et al. 2023, arXiv:2304.01433, the most power measured; price: Google's list, 2024, three years "
      "committed to on demand" },
    { "TPUv5e", 197e12, 16e9, 200, 0.9, 0.55, 1.2,
      "Google Cloud's TPU v5e page; power not published, an estimate; price: Google's list, 2024, three years "
      "committed to on demand" },
    { "TPUv5p", 459e12, 95e9, 500, 3.05, 1.9, 4.2,
      "Google Cloud's TPU v5p page; power not published, an estimate; price: Google's list, 2024, three years "
      "committed to on demand" },
    { "TPUv6e", 918e12, 32e9, 400, 1.95, 1.2, 2.7,
      "Google Cloud's TPU v6e (Trillium) page; power not published, an estimate; price: Google's list, 2025, three "
      "years committed to on demand" },
    { NULL, 0, 0, 0, 0, 0, 0, NULL },
};

/* The next character that counts. */
static int next_of(const char **p) {
    *p += strspn(*p, " -_");
    return **p ? tolower((unsigned char)*(*p)++) : 0;
}

static bool same_name(const char *a, const char *b) {
    int x, y;
    do {
        x = next_of(&a);
        y = next_of(&b);
    } while (x == y && x);
    return x == y;
}

const ll_hardware *ll_hardware_find(const char *name) {
    for (const ll_hardware *h = ll_hardware_catalogue; h->name; h++)
        if (same_name(h->name, name)) return h;
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
    *count = ll_number_read(text, NULL);
    *name = text + digits + 1;
    if ((text[digits] == 'x' || text[digits] == 'X') && *count >= 1 && *count <= 1e9) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "'%.40s' names no devices, expected one or COUNTxDEVICE such as 64xH100", text);
}

ll_rig ll_rig_usual(void) {
    return (ll_rig) { .device = *ll_hardware_find(LL_RIG_DEVICE),
                      .utilisation = (0.38 + 0.5) / 2,
                      .utilisation_lo = 0.38,
                      .utilisation_hi = 0.5,
                      .pue = 1.15 };
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
