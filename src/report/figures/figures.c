#include "report/figures/figures.h"

#include <stdio.h>
#include <string.h>

#include "loglog/units.h"
#include "report/show.h"

const ll_ladder_figure ll_ladder_figures[] = {
    { "triptych",
      "The laws of compute, data and parameters, each a straight line where it is a power law, after Kaplan et al. "
      "2020, figure 1. Grey lines behind the first are the learning curves, where they are recorded; the law of "
      "compute follows their lower edge. Each law stands on the large marks: that of compute on the best runs for "
      "their compute, those of data and parameters on runs that share their size or their tokens. Small marks are "
      "the other runs. Beyond the largest run the fan is the forecast of what the best runs of more compute will "
      "reach; open marks are what is planned and what was sealed.",
      ll_figure_triptych, LL_PLACE_TOP },
    { "c",
      "Loss against training compute, C = 6ND. On log-log axes a power law is a straight line; with a floor it "
      "bends. The law stands on the large marks; the small ones are runs too small or too large for their compute, "
      "as their colour shows. The band holds 90 % of the bootstrap draws of the curve, without the scatter of "
      "single runs or doubt about the form. Beyond the largest run the fan is the forecast: what the runs that the "
      "fitted surface calls best will reach, median and 50, 90 and 99 % intervals. Open marks are what is planned "
      "and what was sealed, with 90 % intervals.",
      ll_figure_of_c },
    { "d", "Loss against training tokens, marks and band as in the figure of compute.", ll_figure_of_d },
    { "n", "Loss against parameters, marks and band as in the figure of compute; the colour is the tokens seen.",
      ll_figure_of_n },
    { "isoflop",
      "At one budget of compute a model can be too small or too large for its tokens: loss against N, one parabola "
      "in ln N for each budget, the minima as stars.",
      ll_figure_isoflop },
    { "frontier",
      "The size and the tokens that give the lowest loss for a budget, from the fitted surface, with 90 % bands of "
      "the bootstrap draws. Stars are the minima of the isoFLOP valleys, which do not know the surface.",
      ll_figure_frontier },
    { "curves",
      "Validation loss of every run while it trained, over the tokens seen and over the compute spent, after "
      "Kaplan et "
      "al. 2020, figure 2. Colour is the number of parameters, as at the ends; a dashed line was held out. Where "
      "larger models are more sample-efficient, they lie lower at equal tokens; at equal compute the lower edge "
      "passes "
      "from small models to large ones.",
      ll_figure_curves },
    { "forecast",
      "Each bar is a forecast that was sealed before its run was trained: the narrower the interval the darker, "
      "99, "
      "90 and 50 %, and its median a line. The diamond is what came.",
      ll_figure_forecast },
    { "residuals",
      "How far each run lies from the fitted surface, in per cent of its loss: above zero is worse than the "
      "surface "
      "says. A trend or a bend along C would mean that the surface has the wrong form there.",
      ll_figure_residuals },
    { "calibration",
      "Of all scored forecasts in this ledger, the share whose outcome lay inside the central interval of each "
      "level. "
      "Honest intervals follow the dashed line and stay in the band nine times in ten; below it they are too "
      "narrow, above it too wide. Few forecasts make a wide band: it rules little out.",
      ll_figure_scored, LL_PLACE_DECISION },
    { "plan",
      "Each curve spends one budget on every size of model, by the fitted surface: small models see many tokens, "
      "large ones few. The star is the plan, its bar the 90 % interval of the law there. The flatter the bottom, "
      "the less a wrong size costs.",
      ll_figure_plan, LL_PLACE_DECISION },
    { 0 },
};

const ll_ladder_figure *ll_ladder_figure_find(const char *name) {
    for (const ll_ladder_figure *k = ll_ladder_figures; k->name; k++)
        if (strcmp(k->name, name) == 0) return k;
    return NULL;
}

const char *ll_ladder_figure_names(char *buf, size_t size) {
    size_t used = 0;
    for (const ll_ladder_figure *k = ll_ladder_figures; k->name && used < size; k++)
        used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? " " : "", k->name);
    return buf;
}

ll_axis ll_figure_n_axis(const ll_evidence *e) {
    ll_axis a = ll_figure_axis("N, parameters", "");
    a.counts = true;
    switch (e->params_are) {
    case LL_PARAMS_NONEMBEDDING: strcpy(a.unit, "non-embedding"); break;
    case LL_PARAMS_TOTAL: strcpy(a.unit, "all"); break;
    default: strcpy(a.unit, "count not stated"); break;
    }
    return a;
}

ll_axis ll_figure_d_axis(void) {
    ll_axis a = ll_figure_axis("D, training tokens", "");
    a.counts = true;
    return a;
}

const char *ll_figure_run_words(const ll_evidence *e, const ll_run *r, char *buf, size_t size) {
    char N[32], D[32], C[LL_SHOW_SIZE];
    snprintf(buf, size, "%.60s: N %s, D %s, C %s, loss %.5g", *r->name ? r->name : r->id,
             ll_units_show(ll_evidence_n(e, r), N, sizeof N), ll_units_show(r->tokens, D, sizeof D),
             ll_show(ll_evidence_c(e, r), 3, C), r->loss);
    return buf;
}

ll_axis ll_figure_axis(const char *label, const char *unit) {
    ll_axis a = { .log = true };
    snprintf(a.label, sizeof a.label, "%s", label);
    snprintf(a.unit, sizeof a.unit, "%s", unit);
    return a;
}

void ll_figure_loss_axes(ll_figure *f, const ll_evidence *e, const char *left) {
    f->y = ll_figure_axis(left, "nats/token");
    if (!(e->bytes_per_token > 0)) return;
    f->right = ll_figure_axis("loss", "bits/byte");
    f->right_scale = ll_units_bits_per_byte(1, e->bytes_per_token);
}
