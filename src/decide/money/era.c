#include "decide/money/era.h"

#include <math.h>

/* From the year on. MFU: PaLM's Table 3 (Chowdhery et al. 2022) has 21 to 46 % for runs of 2020 to 2022; dense BF16
 * runs report 38 to 50 % since (Llama team 2024: 38 to 43 %). */
static const struct {
    double year;
    const char *device;
    double utilisation_lo, utilisation_hi;
} eras[] = { { 2018, "V100", 0.20, 0.35 },
             { 2021, "A100", 0.30, 0.46 },
             { 2023.5, "H100", 0.38, 0.50 },
             { 2026, "B200", 0.38, 0.50 } };
enum { ERAS = sizeof eras / sizeof *eras };

/* Years in which the FLOPs of a dollar double, machine-learning GPUs (Hobbhahn et al. 2022). */
static const double doubling = 2.07;

void ll_era_rig(double year, ll_rig *rig) {
    int k = 0;
    while (k + 1 < ERAS && year >= eras[k + 1].year) k++;
    rig->device = *ll_hardware_find(eras[k].device);
    rig->utilisation_lo = eras[k].utilisation_lo;
    rig->utilisation_hi = eras[k].utilisation_hi;
    rig->utilisation = (rig->utilisation_lo + rig->utilisation_hi) / 2;
    if (year < eras[0].year) rig->device.peak *= exp2((year - eras[0].year) / doubling);
}
