#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/system/measure.h"
#include "cli/cli.h"
#include "report/show.h"

#define MOST_NATS 700 /* of one token or word: exp of more is no number */

typedef struct units_args {
    char as[LL_OPTION_NAME];
    double bytes_per_token, chars_per_token, words_per_token;
    bool json;
} units_args;

#define AT(field) offsetof(units_args, field)
static const ll_option options[] = {
    { "bytes_per_token", LL_OPT_REAL, AT(bytes_per_token), "0", "bytes in a token, on average; 0: not known",
      .max = 1e6 },
    { "chars_per_token", LL_OPT_REAL, AT(chars_per_token), "0", "characters in a token; 0: not known", .max = 1e6 },
    { "words_per_token", LL_OPT_REAL, AT(words_per_token), "0", "words in a token, such as 0.75; 0: not known",
      .max = 1e6 },
    { "as", LL_OPT_NAME, AT(as), "", "one view alone, such as bits/byte" },
    { "json", LL_OPT_BOOL, AT(json), "false", "one JSON document on standard output" },
};
#undef AT

static const char *const ratio_flag[LL_PER_COUNT] = { "", "--bytes-per-token", "--chars-per-token",
                                                      "--words-per-token" };
static const char *const ratio_key[LL_PER_COUNT] = { "", "bytes_per_token", "chars_per_token", "words_per_token" };

/* What was asked. */
typedef struct quantity {
    double value;
    const ll_unit *unit;
    ll_ratios ratios;
} quantity;

static bool view(const quantity *q, const ll_unit *as, double *v, ll_per *lacks) {
    return ll_unit_convert(q->unit, as, &q->ratios, q->value, v, lacks);
}

static int refuse_unit(const char *word, ll_measure measure) {
    char known[512] = "";
    for (const ll_unit *u = ll_units_list; u->name; u++) {
        const size_t used = strlen(known);
        if (measure && u->measure != measure) continue;
        snprintf(known + used, sizeof known - used, "%s%s", used ? ", " : "", u->name);
    }
    return ll_cli_usage("units: '%.80s' %s, expected one of: %s", word,
                        measure ? "is no view of this" : "names no unit", known);
}

/* A perplexity below one and a loss below zero do not exist, and exp of too large a loss is no number. */
static int check(const quantity *q) {
    const bool loss = q->unit->measure == LL_MEASURE_LOSS, perplexity = loss && q->unit->size == 0;
    double nats;
    ll_per lacks;
    if (perplexity ? q->value < 1 : q->value < 0)
        return ll_cli_usage("units: %g %s, expected at least %d", q->value, q->unit->name, perplexity);
    for (const ll_unit *u = ll_units_list; loss && u->name; u++)
        if (u->size == 1 && view(q, u, &nats, &lacks) && nats > MOST_NATS)
            return ll_cli_usage("units: %g %s are %g %s, expected at most %d", q->value, q->unit->name, nats,
                                u->name, MOST_NATS);
    return -1;
}

/* ---- text ---- */

static void show_view(const ll_unit *u, double v) {
    char text[LL_SHOW_SIZE];
    ll_say("  %-17s %s\n", u->name, ll_show(v, 4, text));
}

/* A loss of a byte has no view but its own without bytes per token, and the other ratios then help nothing. */
static void show_lacking(const quantity *q) {
    static const char *const things[] = { "token", "byte", "char", "word" };
    const ll_per own = q->unit->per;
    const bool alone = own != LL_PER_TOKEN && !(q->ratios.per_token[own] > 0);
    const char *between = "not without its ratio: ";
    if (alone) ll_say("%sanything but per %s (%s)", between, things[own], ratio_flag[own]);
    for (int p = LL_PER_BYTE; p < LL_PER_COUNT && !alone; p++) {
        if (q->ratios.per_token[p] > 0) continue;
        ll_say("%sper %s (%s)", between, things[p], ratio_flag[p]);
        between = ", ";
    }
    if (alone || *between == ',') ll_say("\n");
}

static void show(const quantity *q) {
    char text[LL_SHOW_SIZE];
    double v;
    ll_per lacks;
    ll_say("%s %s\n", ll_show(q->value, 6, text), q->unit->name);
    for (const ll_unit *u = ll_units_list; u->name; u++)
        if (u != q->unit && view(q, u, &v, &lacks)) show_view(u, v);
    if (q->unit->measure == LL_MEASURE_LOSS) show_lacking(q);
}

/* ---- JSON ---- */

static ll_json *document(const quantity *q) {
    ll_json *doc = ll_json_object();
    double v;
    ll_per lacks;
    ll_json_set_str(doc, "schema", "loglog.units/1");
    ll_json *given = ll_json_group(doc, "given"), *ratios = ll_json_group(doc, "ratios");
    ll_json_set_num(given, "value", q->value);
    ll_json_set_str(given, "unit", q->unit->name);
    for (int p = LL_PER_BYTE; p < LL_PER_COUNT; p++)
        if (q->ratios.per_token[p] > 0) ll_json_set_num(ratios, ratio_key[p], q->ratios.per_token[p]);
    ll_json *views = ll_json_group(doc, "views"), *needs = ll_json_group(doc, "needs");
    for (const ll_unit *u = ll_units_list; u->name; u++)
        if (view(q, u, &v, &lacks)) ll_json_set_num(views, u->name, v);
        else if (lacks != LL_PER_COUNT) ll_json_set_str(needs, u->name, ratio_key[lacks]);
    return doc;
}

/* ---- the verb ---- */

static int one_view(quantity *q, const units_args *a) {
    const ll_unit *as = ll_unit_find(a->as);
    char text[LL_SHOW_SIZE];
    double v;
    ll_per lacks;
    if (!as || as->measure != q->unit->measure) return refuse_unit(a->as, q->unit->measure);
    if (!view(q, as, &v, &lacks))
        return ll_cli_usage("units: %s of %s needs %s: there is no such number without it", as->name, q->unit->name,
                            ratio_flag[lacks]);
    if (a->json) return ll_cli_json(document(q));
    ll_say("%s %s\n", ll_show(v, 6, text), as->name);
    return LL_EXIT_DONE;
}

static int run(const ll_verb *verb, int argc, char **argv) {
    units_args a;
    ll_words words;
    char text[256];
    quantity q = { 0 };
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n < 1 || words.n > 2)
        return ll_cli_usage("units: expected a number and its unit, such as 1.73 nats/token, here are %d words",
                            words.n);
    const int n =
        snprintf(text, sizeof text, "%s%s%s", words.at[0], words.n > 1 ? " " : "", words.n > 1 ? words.at[1] : "");
    if (n >= (int)sizeof text || !ll_unit_read(text, &q.value, &q.unit))
        return ll_cli_usage("units: '%.80s', expected a number and its unit, such as 1.73 nats/token", text);
    if (!q.unit) return refuse_unit(text, 0);
    q.ratios = (ll_ratios) { { 1, a.bytes_per_token, a.chars_per_token, a.words_per_token } };
    code = check(&q);
    if (code >= 0) return code;
    if (*a.as) return one_view(&q, &a);
    if (a.json) return ll_cli_json(document(&q));
    show(&q);
    return LL_EXIT_DONE;
}

const ll_verb ll_verb_units = {
    "units",
    "a loss, compute or time in every unit that it can be said in",
    "usage: loglog units VALUE UNIT [--bytes-per-token R] [--chars-per-token R] [--words-per-token R] [--as "
    "UNIT]\n\n"
    "A loss per token is one per byte, character or word only with the ratio of the two, which belongs to the "
    "text\n"
    "and its tokenizer: without it that view does not appear, and --as is refused. GPT-3's 1.73 is nats per "
    "token;\n"
    "at about four characters a token it is about 0.62 bits per character, to be held against a human 0.7.\n\n"
    "  loglog units 1.73 nats/token --chars-per-token 4\n"
    "  loglog units 1.73 nats/token --bytes-per-token 4.2 --as bits/byte\n"
    "  loglog units 0.98 bits/byte --bytes-per-token 4.4\n"
    "  loglog units 3640 PF-days\n"
    "  loglog units 30d\n",
    options,
    sizeof options / sizeof *options,
    run,
};
