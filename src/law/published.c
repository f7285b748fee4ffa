#include "law/published.h"

#include <string.h>

#include "law/laws.h"
#include "loglog/units.h"

const ll_published ll_published_laws[] = {
    { "kaplan2020_n",
      "Kaplan et al. 2020, Table 5",
      &ll_law_power,
      "params (non-embedding)",
      { 8.8e13, 0.076 },
      LL_VAR_N,
      1 },
    { "kaplan2020_d", "Kaplan et al. 2020, Table 5", &ll_law_power, "tokens", { 5.4e13, 0.095 }, LL_VAR_D, 1 },
    { "kaplan2020_c",
      "Kaplan et al. 2020, Table 5",
      &ll_law_power,
      "flops, PF-days",
      { 1.6e7, 0.057 },
      LL_VAR_C,
      LL_PF_DAY },
    { "kaplan2020_cmin",
      "Kaplan et al. 2020, Table 5",
      &ll_law_power,
      "flops, PF-days",
      { 3.1e8, 0.050 },
      LL_VAR_C,
      LL_PF_DAY },
    { "kaplan2020", "Kaplan et al. 2020, Table 2", &ll_law_kaplan_nd, NULL, { 6.4e13, 1.8e13, 0.076, 0.103 } },
    /* exp of the TeX source's 0.5267228, 6.0073404, 6.0179186 */
    { "hoffmann2022",
      "Hoffmann et al. 2022, eq. 10, unrounded in the paper's source",
      &ll_law_chinchilla,
      NULL,
      { 1.6933736809989528, 406.4010175194737, 410.7228269450398, 0.33917084, 0.2849083 } },
    { "hoffmann2022_rounded",
      "Hoffmann et al. 2022, eq. 10",
      &ll_law_chinchilla,
      NULL,
      { 1.69, 406.4, 410.7, 0.34, 0.28 } },
    /* exp of the notebook's 0.59711196, 6.17795598, 7.64273236 */
    { "besiroglu2024",
      "Besiroglu et al. 2024, the notebook's digits",
      &ll_law_chinchilla,
      NULL,
      { 1.8168640400416654, 482.0057194215438, 2085.434195928221, 0.34781303, 0.36585412 } },
    { "besiroglu2024_huber",
      "Besiroglu et al. 2024, notebook: plain Huber of 1e-3, 240 runs",
      &ll_law_chinchilla,
      NULL,
      { 1.817235504463726, 477.84171252965143, 2143.8637880335505, 0.34731265761033453, 0.3671826173946711 } },
    { "besiroglu2024_outliers",
      "Besiroglu et al. 2024, Table 3: with the five outliers",
      &ll_law_chinchilla,
      NULL,
      { 1.89, 463.3, 12530, 0.345, 0.452 } },
    { "sardana2024_100",
      "Sardana et al. 2024, arXiv:2401.00448, Table 1: at most 100 tokens a parameter",
      &ll_law_chinchilla,
      NULL,
      { 0.17, 7.199, 25.97, 0.08, 0.13 } },
    { "sardana2024_all",
      "Sardana et al. 2024, arXiv:2401.00448, Table 1: all runs",
      &ll_law_chinchilla,
      NULL,
      { 1.45, 33.66, 138.9, 0.18, 0.24 } },
    { "nanogpt_n",
      "github.com/shehper/scaling_laws",
      &ll_law_power,
      "params (non-embedding)",
      { 3.8e13, 0.082 },
      LL_VAR_N,
      1 },
    { "nanogpt", "github.com/shehper/scaling_laws", &ll_law_kaplan_nd, NULL, { 1.32e14, 1.22e12, 0.076, 0.122 } },
    { "clark2022_dense",
      "Clark et al. 2022, arXiv:2202.01169",
      &ll_law_power,
      "params",
      { 3.568e13, 0.078 },
      LL_VAR_N,
      1 },
    { "kaplan2020_ns", "Kaplan et al. 2020, Table 3", &ll_law_kaplan_ns, NULL, { 6.5e13, 2.1e3, 0.077, 0.76 } },
    /* exp of 0.6254804, 6.255414, 7.3049974 */
    { "muennighoff2023_c4",
      "Muennighoff et al. 2023, arXiv:2305.16264, App. A: one pass over C4",
      &ll_law_chinchilla_tied,
      NULL,
      { 1.8691436784054858, 520.8249516599187, 1487.716093782861, 0.3526596 } },
    { "muennighoff2023",
      "Muennighoff et al. 2023, arXiv:2305.16264, App. A and B",
      &ll_law_data_constrained,
      NULL,
      { 1.8691436784054858, 520.8249516599187, 1487.716093782861, 0.3526596, 0.3526596, 15.387756, 5.309743 } },
    { "farseer2025",
      "Farseer, arXiv:2506.10972",
      &ll_law_farseer,
      NULL,
      { -0.124, 0.424, 0.123, 88.01, -6.287, -0.1, -0.021, -0.091, 0.169 },
      .status = "second-hand",
      .unit = "bits/character" },
    { .id = NULL },
};

const ll_published *ll_published_find(const char *id) {
    for (const ll_published *p = ll_published_laws; p->id; p++)
        if (strcmp(p->id, id) == 0) return p;
    return NULL;
}

double ll_published_loss(const ll_published *p, const double *x) {
    double at[LL_VAR_COUNT];
    memcpy(at, x, sizeof at);
    if (p->law->vars >> LL_VAR_X & 1) at[LL_VAR_X] = x[p->along] / (p->per_unit > 0 ? p->per_unit : 1);
    return p->law->eval(p->params, at);
}
