/* A plan in words: what to train, what it will reach, and what speaks against believing it. */
#include "report/page/html_decision.h"

#include <math.h>

#include "forecast/study/study.h"
#include "loglog/units.h"
#include "report/escape.h"
#include "report/page/html_parts.h"

/* What to train, or what was settled. */
static void answer(FILE *out, const ll_plan *p, const ll_question *q) {
    char N[32], D[32], C[LL_SHOW_SIZE], ratio[LL_SHOW_SIZE];
    const bool settled = p->ask.params > 0 && p->ask.tokens > 0;
    fputs(settled ? "" : "With ", out);
    ll_escape_html(out, q->words);
    fprintf(out, ", %s FLOPs", ll_show(p->point.C, 3, C));
    if (!settled)
        fprintf(out, ", train %s parameters on %s tokens", ll_units_show(p->point.N, N, sizeof N),
                ll_units_show(p->point.D, D, sizeof D));
    fprintf(out, ", %s tokens a parameter: ", ll_show(p->ratio.value, 3, ratio));
}

static void reaches(FILE *out, const ll_plan *p) {
    char v[3][LL_SHOW_SIZE];
    fprintf(out, "a loss of %s nats/token", ll_html_show(&p->loss, p->loss.value, v[0]));
    if (isfinite(p->loss.lo))
        fprintf(out, " (forecast, %g %% interval: %s to %s)", 100 * p->level,
                ll_html_show(&p->loss, p->loss.lo, v[1]), ll_html_show(&p->loss, p->loss.hi, v[2]));
}

void ll_html_plan_words(FILE *out, const ll_plan *p, const ll_question *q) {
    answer(out, p, q);
    reaches(out, p);
    fputc('.', out);
}

void ll_html_plan_departure(FILE *out, const ll_plan *p) {
    const char *side = ll_study_departs(&p->loss, &p->law);
    char v[3][LL_SHOW_SIZE];
    if (!side) return;
    fprintf(out,
            "The law alone says %s (%s to %s): the runs near that size lie %s the law, and the forecast follows "
            "them. ",
            ll_html_show(&p->law, p->law.value, v[0]), ll_html_show(&p->law, p->law.lo, v[1]),
            ll_html_show(&p->law, p->law.hi, v[2]), side);
}

/* Where tokens run out, or are served too. */
static void data(FILE *out, const ll_plan *p) {
    char tokens[32];
    if (p->ask.unique_tokens > 0)
        fprintf(out, "That is %.3g passes over %s unique tokens. ", p->epochs,
                ll_units_show(p->ask.unique_tokens, tokens, sizeof tokens));
    if (p->ask.unique_tokens > 0 && p->repeats.borrowed)
        fprintf(out,
                "What repeated tokens are worth is borrowed (R*_D %.4g, R*_N %.4g, %s), and no interval here holds "
                "its doubt. ",
                p->repeats.R_D, p->repeats.R_N, p->repeats.source);
    if (p->ask.inference_tokens > 0)
        fprintf(out, "The FLOPs serve %s tokens as well. ",
                ll_units_show(p->ask.inference_tokens, tokens, sizeof tokens));
}

/* Where another size is forecast to end lower: the law's N and D are not to be taken unread. */
static void lower(FILE *out, const ll_plan *p) {
    char N[32], D[32], v[2][LL_SHOW_SIZE];
    fprintf(out,
            "The forecast is lower at another size: %s nats/token with %s parameters on %s tokens, %.2g below the "
            "planned run, whose loss it is forecast to reach with %s times the budget: the runs depart from the "
            "law. ",
            ll_html_show(&p->loss, p->lower.forecast, v[0]), ll_units_show(p->lower.at.N, N, sizeof N),
            ll_units_show(p->lower.at.D, D, sizeof D), p->loss.value - p->lower.forecast,
            ll_show(p->lower.more_flops, 2, v[1]));
}

static void regret(FILE *out, const ll_plan *p) {
    if (isfinite(p->lower.size)) {
        lower(out, p);
        return;
    }
    if (!isfinite(p->regret.loss)) return;
    if (p->ask.params > 0 || p->ask.tokens > 0)
        fprintf(
            out,
            "Against the best size for the same compute that gives away %.2g nats/token on average, or %.2g %% of "
            "the budget. ",
            p->regret.loss, 100 * p->regret.flops);
    else
        fprintf(
            out,
            "The law is known only so well: on average that size misses the best by %.2g nats/token, or %.2g %% of "
            "the budget, which is the most that knowing the law exactly could save. ",
            p->regret.loss, 100 * p->regret.flops);
}

static void doubts(FILE *out, const ll_plan *p) {
    char text[LL_SHOW_SIZE];
    if (ll_plan_is_beaten(p))
        fprintf(out,
                "A finished run came to %s nats/token with no more compute: the fitted surface does not follow its "
                "runs, and the plan is worth little. ",
                ll_html_show(&p->loss, p->seen, text));
    if (p->reach > 10)
        fprintf(out,
                "This is %s times the largest compute that was fitted: the interval holds only if the law does.",
                ll_show(p->reach, 3, text));
}

void ll_html_plan_sentence(FILE *out, const ll_plan *p, const ll_question *q) {
    fputs("<p class=\"verdict\"><strong>", out);
    ll_html_plan_words(out, p, q);
    fputs("</strong> ", out);
    ll_html_plan_departure(out, p);
    data(out, p);
    regret(out, p);
    doubts(out, p);
    fputs("</p>\n", out);
}
