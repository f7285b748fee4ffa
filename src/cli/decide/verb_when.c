#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "decide/when/timeline.h"
#include "fit/io/saved.h"
#include "fit/solve/columns.h"
#include "loglog/units.h"
#include "report/figure/figure_when.h"

typedef struct when_args {
    ll_timeline_text text;
    char assume[LL_OPTION_TEXT], fit[LL_OPTION_TEXT], out[LL_OPTION_TEXT];
    int64_t futures, seed;
    bool json;
} when_args;

static const ll_option options[] = {
    { "assume", LL_OPT_TEXT, offsetof(when_args, assume), "",
      "YAML file of assumptions; flags are set over it (examples/timelines)" },
    { "fit", LL_OPT_TEXT, offsetof(when_args, fit), "",
      "a saved fit in place of the published law, with its draws" },
    { "futures", LL_OPT_INT, offsetof(when_args, futures), "20000", "how many are drawn", .min = 1, .max = 1e7 },
    { "seed", LL_OPT_INT, offsetof(when_args, seed), "1", "of the draws", .min = 0, .max = 9e15 },
    { "out", LL_OPT_TEXT, offsetof(when_args, out), "", "draw the probability by year: a .svg, .png or .pdf file" },
    { "json", LL_OPT_BOOL, offsetof(when_args, json), "false", "one JSON document on standard output" },
};

/* A target, read in one unit. */
typedef struct reading {
    const char *name; /* in JSON */
    char words[160];
    ll_when when;
} reading;

enum { READINGS = 2 };

typedef struct answer {
    ll_saved_fit saved; /* of --fit; else empty */
    ll_timeline timeline;
    ll_compute_law law;
    reading reading[READINGS];
    int n;
} answer;

/* ---- for people ---- */

static void show_year(double year) {
    if (isinf(year)) ll_say("  %7s", "never");
    else ll_say("  %7.1f", year);
}

static void show_reading(const answer *a, const reading *r) {
    const ll_when *w = &r->when;
    ll_say("\n%s\n", r->words);
    if (isinf(w->flops)) {
        ll_say("  no budget reaches it by this law\n");
        return;
    }
    ll_say("  takes %.3g FLOPs, %.4g times the start's", w->flops, w->times);
    if (w->times > 1) ll_say(": %.1f doublings", log2(w->times));
    ll_say("\n");
    if (a->timeline.budget > a->timeline.usd)
        ll_say("  of which %.1f by spending $%.3g at once\n", log2(a->timeline.budget / a->timeline.usd),
               a->timeline.budget);
    if (w->past > 0) ll_say("  already reached by the start in %.3g %% of the futures\n", 100 * w->past);
    if (w->never > 0) ll_say("  never reached in %.3g %% of the futures\n", 100 * w->never);
    if (w->past >= 1) return;
    ll_say("  year  ");
    for (int k = 0; k < LL_WHEN_LEVELS; k++) ll_say("  %5g %%", 100 * ll_when_levels[k]);
    ll_say("\n        ");
    for (int k = 0; k < LL_WHEN_LEVELS; k++) show_year(w->year[k]);
    ll_say("\n");
}

static void show_growth(const char *name, const ll_spread *g) {
    if (!(g->lo > 0)) return;
    ll_say("  %-12s doubles every %.3g", name, 12 / g->hi);
    if (g->lo < g->hi) ll_say(" to %.3g", 12 / g->lo);
    ll_say(" months\n");
}

static void show(const answer *a) {
    const ll_timeline *t = &a->timeline;
    const double loss = ll_compute_loss(&a->law, LL_COMPUTE_POINT, t->flops),
                 chars = ll_spread_at(&t->chars_per_token, 0);
    ll_say("%s: %s   %s\n", a->law.id, a->law.form, a->law.source);
    if (a->law.n_draws == 0) ll_say("the law is taken as exact: it comes without draws\n");
    ll_say("from %.1f: %.3g FLOPs, $%.3g; the law's loss there is %.4g nats per token, %.3g bits per character at "
           "%.3g "
           "characters a token\n",
           t->year, t->flops, t->usd, loss, ll_units_bits_per_byte(loss, chars), chars);
    show_growth("compute", &t->compute);
    show_growth("spending", &t->spending);
    if (t->spending.lo > 0 && isfinite(t->most)) ll_say("  %-12s up to $%.3g\n", "", t->most);
    show_growth("price", &t->price);
    show_growth("algorithms", &t->algorithms);
    for (int k = 0; k < a->n; k++) show_reading(a, &a->reading[k]);
}

/* ---- JSON ---- */

static ll_json *reading_json(const reading *r) {
    const ll_when *w = &r->when;
    const ll_estimate year = { w->year[LL_WHEN_LEVELS / 2], NAN, w->year[0], w->year[LL_WHEN_LEVELS - 1] };
    ll_json *o = ll_json_object();
    ll_json_set_str(o, "reading", r->name);
    ll_json_set_num(o, "nats_per_token", w->nats_per_token);
    ll_json_set_num(o, "flops", w->flops);
    ll_json_set_num(o, "times", w->times);
    ll_json_set_num(o, "doublings", log2(w->times));
    ll_json_set(o, "year", ll_estimate_json(&year, ll_when_levels[LL_WHEN_LEVELS - 1] - ll_when_levels[0]));
    ll_json_set_num(o, "past", w->past);
    ll_json_set_num(o, "never", w->never);
    return o;
}

static ll_json *answer_json(const when_args *args, const answer *a) {
    ll_json *o = ll_json_object(), *readings = ll_json_array();
    ll_json_set_str(o, "schema", "loglog.when/1");
    ll_json *law = ll_json_group(o, "law");
    ll_json_set_str(law, "id", a->law.id);
    ll_json_set_str(law, "form", a->law.form);
    ll_json_set_str(law, "source", a->law.source);
    ll_json_set_int(law, "draws", a->law.n_draws);
    ll_json_set(o, "assumptions", ll_options_json(ll_timeline_table, ll_timeline_count, &args->text));
    ll_json_set_int(o, "futures", args->futures);
    ll_json_set_int(o, "seed", args->seed);
    for (int k = 0; k < a->n; k++) ll_json_push(readings, reading_json(&a->reading[k]));
    ll_json_set(o, "readings", readings);
    return o;
}

/* ---- the verb ---- */

/* The target in its unit, and the best-known trap of the field beside it: the same number taken for the law's. */
static void name_readings(answer *a) {
    const ll_when_target *target = &a->timeline.target;
    const double chars = ll_spread_at(&a->timeline.chars_per_token, 0);
    reading *r = a->reading;
    a->n = target->bits_per_char > 0 ? 2 : 1;
    r[0].name = "target";
    if (a->n == 1) {
        snprintf(r[0].words, sizeof r[0].words, "target: %g nats per token", target->nats_per_token);
        return;
    }
    snprintf(r[0].words, sizeof r[0].words, "target: %g bits per character, %.4g nats per token",
             target->bits_per_char, ll_units_nats_per_token(target->bits_per_char, chars));
    r[1].name = "unit_slip";
    snprintf(r[1].words, sizeof r[1].words,
             "the slip of units: %g taken for nats per token, as if the law's loss were in bits per character",
             target->bits_per_char);
}

static ll_status run_readings(const when_args *args, answer *a, ll_error *err) {
    for (int k = 0; k < a->n; k++) {
        ll_when_target target = a->timeline.target;
        if (k > 0) target = (ll_when_target) { .nats_per_token = target.bits_per_char };
        LL_TRY(ll_when_run(&a->reading[k].when, &a->timeline, &a->law, &target, args->futures, (uint64_t)args->seed,
                           err));
    }
    return LL_OK;
}

static ll_status draw(const answer *a, const char *path, ll_error *err) {
    const ll_when *when[READINGS];
    const char *words[READINGS];
    ll_figure *f;
    for (int k = 0; k < a->n; k++) when[k] = &a->reading[k].when, words[k] = a->reading[k].words;
    LL_TRY(ll_figure_when(&f, when, words, a->n, err));
    return ll_figure_save(f, path, err);
}

static ll_status find_law(const when_args *args, answer *a, ll_error *err) {
    if (!*args->fit) return ll_compute_law_published(&a->law, args->text.law, err);
    LL_TRY(ll_saved_read(&a->saved, args->fit, err));
    if (strcmp(a->saved.loss_unit, LL_NATS_PER_TOKEN) != 0)
        return LL_FAIL(err, LL_EINPUT, "%s: losses are in %s, and a target is in %s", args->fit, a->saved.loss_unit,
                       LL_NATS_PER_TOKEN);
    return ll_compute_law_fitted(&a->law, &a->saved.fit, a->saved.along == LL_VAR_C, err);
}

static ll_status make(const when_args *args, answer *a, ll_error *err) {
    LL_TRY(ll_timeline_resolve(&args->text, &a->timeline, err));
    LL_TRY(find_law(args, a, err));
    name_readings(a);
    LL_TRY(run_readings(args, a, err));
    return *args->out ? draw(a, args->out, err) : LL_OK;
}

static int run(const ll_verb *verb, int argc, char **argv) {
    when_args args;
    answer a = { 0 };
    ll_words words;
    ll_error err = { 0 };
    int code = ll_cli_parse(verb, &args, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n) return ll_cli_usage("forecast when: unexpected word '%.80s'", words.at[0]);
    if (*args.assume) {
        if (ll_timeline_load(&args.text, args.assume, &err) != LL_OK) return ll_cli_fail(&err);
        ll_cli_flags(verb, &args, &words, argc, argv);
    }
    if (make(&args, &a, &err) != LL_OK) code = ll_cli_fail(&err);
    else if (args.json) code = ll_cli_json(answer_json(&args, &a));
    else show(&a), code = LL_EXIT_DONE;
    for (int k = 0; k < READINGS; k++) ll_when_clear(&a.reading[k].when);
    if (*args.fit) ll_saved_clear(&a.saved);
    return code;
}

const ll_verb ll_verb_forecast_when = {
    "forecast when",
    "the year in which growth brings the compute that a loss takes",
    "usage: loglog forecast when (--bits-per-char B | --nats-per-token L) [--assume FILE.yaml] [--law ID] "
    "[--json]\n\n"
    "The law gives the compute that the target takes; growth, from a run of the past, gives the year. Each growth "
    "is\n"
    "none, or a factor over a period, one of them a range that holds 90 %: 4..5x/1y, 2x/2.1..2.5y, 2x/8mo.\n"
    "A target in bits per character is also shown as the slip of units that takes it for nats per token.\n\n"
    "  loglog forecast when --bits-per-char 0.7\n"
    "  loglog forecast when --assume examples/timelines/gwern-compute.yaml\n"
    "  loglog forecast when --fit fit.json --nats-per-token 1.9\n",
    options,
    sizeof options / sizeof *options,
    run,
    ll_timeline_table,
    &ll_timeline_count,
};
