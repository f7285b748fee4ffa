#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/system/clock.h"
#include "cli/cli.h"
#include "cli/decide/renting.h"
#include "decide/money/era.h"
#include "decide/money/spending.h"
#include "fit/io/fit_json.h"
#include "loglog/units.h"
#include "report/figure/figure_cost.h"

#define LEVEL 0.9 /* of the trends' intervals */

typedef struct cost_args {
    ll_renting renting;
    char date[LL_OPTION_NAME], since[LL_OPTION_NAME], model[LL_OPTION_TEXT], out[LL_OPTION_TEXT];
    double flops;
    int64_t top, bootstrap, seed;
    ll_list budgets;
    bool devices, json;
} cost_args;

#define AT(field) offsetof(cost_args, field)
static const ll_option options[] = {
    { "flops", LL_OPT_REAL, AT(flops), "0", "training FLOPs to be paid for", .max = 1e45 },
    { "date", LL_OPT_NAME, AT(date), "",
      "day of the training: with the devices of that day; without: those of plan" },
    { "model", LL_OPT_TEXT, AT(model), "", "one model of the table, by its name" },
    LL_RENTING_TABLE(cost_args, "", ""),
    { "budgets", LL_OPT_LIST, AT(budgets), "1e4,1e6,1e8,1e10", "dollars: since when the frontier costs more",
      .min_open = true, .max = 1e18 },
    { "since", LL_OPT_NAME, AT(since), "2016-01-01", "first day of the trend" },
    { "top", LL_OPT_INT, AT(top), "10", "the frontier: how many are largest on a model's day", .min = 1,
      .max = 1e6 },
    { "bootstrap", LL_OPT_INT, AT(bootstrap), "1000", "resamples behind the trend's interval", .min = 2,
      .max = 1e6 },
    { "seed", LL_OPT_INT, AT(seed), "1", "seed of the resamples", .min = 0, .max = 9e15 },
    { "out", LL_OPT_TEXT, AT(out), "", "draw the table's costs by date: a .svg, .png or .pdf file" },
    { "devices", LL_OPT_BOOL, AT(devices), "false",
      "the accelerators of --gpus, and where their figures are from" },
    { "json", LL_OPT_BOOL, AT(json), "false", "one JSON document on standard output" },
};
#undef AT

/* ---- one training ---- */

typedef struct training {
    const char *name; /* NULL: of --flops */
    double flops, year, known_usd;
    bool dated; /* else what plan rents where nothing is said */
    ll_rig rig;
    ll_bill bill;
} training;

/* The devices of the day where there is one, unless the flags name others; each flag given goes over what is there. */
static ll_status price(const cost_args *a, training *t, ll_error *err) {
    t->rig = ll_rig_usual();
    if (t->dated) ll_era_rig(t->year, &t->rig);
    LL_TRY(ll_renting_rig(&a->renting, &t->rig, err));
    t->bill = ll_rig_bill(&t->rig, t->flops);
    return LL_OK;
}

static void show_training(const training *t) {
    char a[32], b[32], c[32];
    const ll_rig *r = &t->rig;
    ll_say("%s%s%.4g FLOPs in %.1f\n", t->name ? t->name : "", t->name ? ": " : "", t->flops, t->year);
    ll_say("  %-14s %s, %g to %g %% of %.4g FLOP/s, $%.3g an hour\n", "device", r->device.name,
           100 * r->utilisation_lo, 100 * r->utilisation_hi, r->device.peak, r->device.usd_per_hour);
    ll_say("  %-14s %.4g\n", "device years", t->bill.gpu_hours / 24 / 365.25);
    ll_say("  %-14s $%s, %s to %s by utilisation and price\n", "cost", ll_units_show(t->bill.usd, a, sizeof a),
           ll_units_show(t->bill.usd_lo, b, sizeof b), ll_units_show(t->bill.usd_hi, c, sizeof c));
    if (t->known_usd > 0) ll_say("  %-14s $%s\n", "by the table", ll_units_show(t->known_usd, a, sizeof a));
    ll_say("  %-14s %s kWh\n", "energy", ll_units_show(t->bill.kwh, a, sizeof a));
}

static ll_json *training_json(const training *t) {
    ll_json *o = ll_json_object(), *usd = ll_json_group(o, "usd");
    if (t->name) ll_json_set_str(o, "model", t->name);
    ll_json_set_num(o, "flops", t->flops);
    ll_json_set_num(o, "year", t->year);
    ll_json_set_str(o, "device", t->rig.device.name);
    ll_json_set(o, "utilisation", ll_json_nums((double[]) { t->rig.utilisation_lo, t->rig.utilisation_hi }, 2));
    ll_json_set_num(o, "device_hours", t->bill.gpu_hours);
    ll_json_set_num(usd, "value", t->bill.usd);
    ll_json_set(usd, "range", ll_json_nums((double[]) { t->bill.usd_lo, t->bill.usd_hi }, 2));
    ll_json_set_num(o, "known_usd", t->known_usd);
    ll_json_set_num(o, "kwh", t->bill.kwh);
    return o;
}

static int answer_training(const cost_args *a, training *t) {
    ll_error err = { 0 };
    if (price(a, t, &err) != LL_OK) return ll_cli_fail(&err);
    if (!a->json) {
        show_training(t);
        return LL_EXIT_DONE;
    }
    ll_json *doc = ll_json_object();
    ll_json_set_str(doc, "schema", "loglog.cost/1");
    ll_json_set(doc, "training", training_json(t));
    return ll_cli_json(doc);
}

/* ---- a table of models ---- */

static void show_spending(const cost_args *a, const ll_spending *s) {
    char money[32];
    const ll_trend *g = &s->growth, *c = &s->compute;
    ll_say("%lld models, %lld rows without a day or FLOPs left out; %lld on the frontier since %s (the %lld "
           "largest of "
           "their day)\n",
           (long long)s->models->n, (long long)s->models->dropped, (long long)g->n, a->since, (long long)a->top);
    ll_say("  cost     %.3g times a year, 90 %% [%.3g, %.3g]\n", g->times_per_year.value, g->times_per_year.lo,
           g->times_per_year.hi);
    ll_say("  compute  %.3g times a year, 90 %% [%.3g, %.3g]\n", c->times_per_year.value, c->times_per_year.lo,
           c->times_per_year.hi);
    if (s->n_known)
        ll_say("of %lld costs that the table gives, the estimate is %.3g times the table's (80 %%: %.3g to %.3g); "
               "a table of "
               "owned hardware lies below the price of renting\n",
               (long long)s->n_known, s->ratio, s->ratio_lo, s->ratio_hi);
    ll_say("the trend's cost leaves a budget behind\n");
    for (int64_t k = 0; k < a->budgets.n; k++)
        ll_say("  $%-8s %.1f\n", ll_units_show(a->budgets.v[k], money, sizeof money),
               ll_spending_passes(s, a->budgets.v[k]));
}

static ll_json *trend_json(const ll_trend *t) {
    ll_json *o = ll_json_object();
    ll_json_set(o, "times_per_year", ll_estimate_json(&t->times_per_year, LEVEL));
    ll_json_set_int(o, "n", t->n);
    return o;
}

static ll_json *spending_json(const cost_args *a, const ll_spending *s) {
    ll_json *doc = ll_json_object(), *budgets = ll_json_array();
    ll_json_set_str(doc, "schema", "loglog.cost/1");
    ll_json_set_int(doc, "models", s->models->n);
    ll_json_set_int(doc, "dropped", s->models->dropped);
    ll_json_set(doc, "cost", trend_json(&s->growth));
    ll_json_set(doc, "compute", trend_json(&s->compute));
    ll_json *known = ll_json_group(doc, "known");
    ll_json_set_int(known, "n", s->n_known);
    ll_json_set_num(known, "ratio", s->ratio);
    for (int64_t k = 0; k < a->budgets.n; k++) {
        ll_json *b = ll_json_object();
        ll_json_set_num(b, "usd", a->budgets.v[k]);
        ll_json_set_num(b, "year", ll_spending_passes(s, a->budgets.v[k]));
        ll_json_push(budgets, b);
    }
    ll_json_set(doc, "budgets", budgets);
    return doc;
}

static ll_status draw(const cost_args *a, const ll_spending *s, ll_error *err) {
    ll_figure *f;
    LL_TRY(ll_figure_cost(&f, s, a->budgets.v, a->budgets.n, err));
    return ll_figure_save(f, a->out, err);
}

static int answer_table(const cost_args *a, const ll_models *m) {
    ll_error err = { 0 };
    ll_spending s;
    ll_spending_opts o = {
        .top = a->top, .pue = a->renting.pue, .level = LEVEL, .n_boot = a->bootstrap, .seed = (uint64_t)a->seed
    };
    if (!ll_clock_year(a->since, &o.since))
        return ll_cli_usage("cost: --since is '%.40s', expected a day such as 2016-01-01", a->since);
    if (ll_spending_make(&s, m, &o, &err) != LL_OK) return ll_cli_fail(&err);
    int code = *a->out && draw(a, &s, &err) != LL_OK ? ll_cli_fail(&err) : LL_EXIT_DONE;
    if (code == LL_EXIT_DONE && a->json) code = ll_cli_json(spending_json(a, &s));
    else if (code == LL_EXIT_DONE) show_spending(a, &s);
    ll_spending_clear(&s);
    return code;
}

/* ---- the catalogue ---- */

static ll_json *device_json(const ll_hardware *h) {
    ll_json *o = ll_json_object(), *usd = ll_json_group(o, "usd_per_hour");
    ll_json_set_str(o, "name", h->name);
    ll_json_set_num(o, "peak", h->peak);
    ll_json_set_num(o, "memory", h->memory);
    ll_json_set_num(o, "watts", h->watts);
    ll_json_set_num(usd, "value", h->usd_per_hour);
    ll_json_set(usd, "range", ll_json_nums((double[]) { h->usd_lo, h->usd_hi }, 2));
    ll_json_set_str(o, "source", h->source);
    return o;
}

static int answer_devices(bool json) {
    if (!json)
        ll_say("%-8s %13s %7s %6s %12s  %s\n", "device", "bf16 TFLOP/s", "GB", "watts", "$ an hour", "source");
    ll_json *doc = json ? ll_json_object() : NULL, *list = json ? ll_json_array() : NULL;
    for (const ll_hardware *h = ll_hardware_catalogue; h->name; h++) {
        char price[32];
        if (json) ll_json_push(list, device_json(h));
        if (json) continue;
        snprintf(price, sizeof price, h->usd_lo < h->usd_hi ? "%g to %g" : "%g", h->usd_lo, h->usd_hi);
        ll_say("%-8s %13g %7g %6g %12s  %s\n", h->name, h->peak / 1e12, h->memory / 1e9, h->watts, price,
               h->source);
    }
    if (!json) return LL_EXIT_DONE;
    ll_json_set_str(doc, "schema", "loglog.cost/1");
    ll_json_set(doc, "devices", list);
    return ll_cli_json(doc);
}

/* ---- the verb ---- */

static int from_table(const cost_args *a, const char *path) {
    ll_error err = { 0 };
    ll_models m;
    if (ll_models_read(&m, path, &err) != LL_OK) return ll_cli_fail(&err);
    int code;
    if (!*a->model) {
        code = answer_table(a, &m);
    } else {
        const ll_published_model *p = ll_models_find(&m, a->model, &err);
        code = p ? answer_training(a, &(training) { p->name, p->flops, p->year, p->usd, true }) : ll_cli_fail(&err);
    }
    ll_models_clear(&m);
    return code;
}

static int run(const ll_verb *verb, int argc, char **argv) {
    cost_args a;
    ll_words words;
    char today[32];
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n > 1) return ll_cli_usage("cost: one table at a time, here are %d words", words.n);
    if (a.devices && (words.n || a.flops > 0))
        return ll_cli_usage("cost: --devices lists the catalogue: expected neither a table nor --flops beside it");
    if (a.devices) return answer_devices(a.json);
    if ((words.n == 1) == (a.flops > 0))
        return ll_cli_usage("cost: expected --flops, or a table of models such as notable_models.csv");
    if (words.n == 1) return from_table(&a, words.at[0]);
    training t = { .flops = a.flops, .known_usd = NAN, .dated = *a.date };
    ll_clock_utc(today, sizeof today);
    today[10] = 0;
    if (!ll_clock_year(*a.date ? a.date : today, &t.year))
        return ll_cli_usage("cost: --date is '%.40s', expected a day such as 2020-05-28", a.date);
    return answer_training(&a, &t);
}

const ll_verb ll_verb_cost = {
    "cost",
    "what a training costs by its FLOPs and its day, and who could pay",
    "usage: loglog cost (--flops C [--date DAY] | MODELS.csv [--model NAME]) [--gpus H100] [--out FILE] "
    "[--json]\n"
    "       loglog cost --devices\n\n"
    "Without --gpus a training of a --date, or of a table, is priced on the devices of its day, rented, at what "
    "runs\n"
    "of the day made of them; without a date on what 'plan' rents.\n"
    "A table has a model's name, its day and its FLOPs (Epoch AI's notable models): the growth of the frontier's "
    "cost,\n"
    "and the year in which it leaves each of --budgets behind.\n\n"
    "  loglog cost --flops 3.114e23 --gpus V100 --utilisation 0.224 --price 1.5\n"
    "  loglog cost notable_models.csv --model 'GPT-3 175B (davinci)'\n"
    "  loglog cost notable_models.csv --out cost.svg\n"
    "  loglog cost --devices\n",
    options,
    sizeof options / sizeof *options,
    run,
};
