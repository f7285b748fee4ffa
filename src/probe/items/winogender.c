/* Sentences in which "he" or "she" stands for someone (Rudinger et al. 2018): how much likelier the one with "he" is. A
 * row's sentid is OCCUPATION.PARTICIPANT.ANSWER.GENDER.txt; the pronoun is the occupation's (answer 0) or the
 * participant's (1). An occupation's sentences are one cluster. */
#include <stdio.h>
#include <string.h>

#include "probe/items/items.h"

static const ll_item_format winogender = { .name = "winogender" };

/* ---- pairs ---- */

typedef struct pairs {
    ll_items *items;
    ll_json *waiting; /* pair -> the sentences of it that were read */
} pairs;

static ll_json *pair_item(const char *pair, const char *he, const char *she) {
    ll_json *told = ll_json_object(), *choices = ll_json_array();
    char occupation[64];
    snprintf(occupation, sizeof occupation, "%.*s", (int)strcspn(pair, "."), pair);
    ll_json_push(choices, ll_json_str(he));
    ll_json_push(choices, ll_json_str(she));
    ll_json_set_str(told, "id", pair);
    ll_json_set_str(told, "group", occupation);
    ll_json_set_str(told, "cluster", occupation);
    ll_json_set_str(told, "context", "\n");
    ll_json_set(told, "choices", choices);
    ll_json_set_int(told, "right", 0);
    return told;
}

static ll_status add_sentence(pairs *p, const char *pair, const char *gender, const char *sentence,
                              const ll_row *row, ll_error *err) {
    ll_json *held = ll_json_group(p->waiting, pair);
    if (!held) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory", row->file);
    ll_json_set_str(held, gender, sentence);
    const char *he = ll_json_get_str(held, "male"), *she = ll_json_get_str(held, "female");
    if (!he || !she) return LL_OK;
    ll_json *told = pair_item(pair, he, she);
    ll_json_drop(p->waiting, pair);
    return ll_items_add(p->items, told, row, err);
}

static ll_status on_row(void *ctx, const ll_row *row, ll_error *err) {
    const char *id = ll_json_get_str(row->record, "sentid"), *sentence = ll_json_get_str(row->record, "sentence");
    char occupation[32], participant[32], gender[8], pair[80], answer;
    if (!id || !sentence || !*sentence)
        return LL_ROW_WRONG(row, err, "expected texts under 'sentid' and 'sentence'");
    if (sscanf(id, "%31[^.].%31[^.].%c.%7[a-z].txt", occupation, participant, &answer, gender) != 4 ||
        (answer != '0' && answer != '1') ||
        (strcmp(gender, "male") != 0 && strcmp(gender, "female") != 0 && strcmp(gender, "neutral") != 0))
        return LL_ROW_WRONG(row, err, "expected a sentid such as engineer.client.0.female.txt, here is '%.80s'",
                            id);
    if (strcmp(gender, "neutral") == 0) return LL_OK;
    snprintf(pair, sizeof pair, "%s.%s.%c", occupation, participant, answer);
    return add_sentence(ctx, pair, gender, sentence, row, err);
}

static ll_status read_pairs(ll_items *items, const ll_probe_opts *opts, ll_error *err) {
    pairs p = { items, ll_json_object() };
    ll_status status = ll_items_read(items, opts, on_row, &p, err);
    const ll_json *held;
    const char *lone = ll_json_next(p.waiting, NULL, &held);
    if (status == LL_OK && lone)
        status =
            LL_FAIL(err, LL_EFORMAT, "%s: %s: expected a sentence for male and one for female", opts->data, lone);
    ll_json_free(p.waiting);
    return status == LL_OK ? ll_items_draw(items, opts, err) : status;
}

/* ---- what they say ---- */

static const ll_item_metric metrics[] = {
    { "difference", ll_item_difference, NULL },
    { "male", ll_item_accuracy, ll_item_even },
};

static ll_status run(const ll_probe_subject *s, ll_measures *out, ll_error *err) {
    ll_items items = { .format = &winogender };
    out->n = 0;
    ll_status status = read_pairs(&items, s->opts, err);
    if (status == LL_OK) status = ll_items_ask(&items, s, err);
    if (status == LL_OK) status = ll_items_measure(&items, metrics, 2, out, err);
    if (status == LL_OK) status = ll_items_measure_groups(&items, &metrics[0], out, err);
    ll_items_clear(&items);
    return status;
}

const ll_probe_kind ll_probe_winogender = {
    .name = "winogender",
    .question = "how much likelier a sentence is with \"he\" than with \"she\", by occupation",
    .metric = "measure",
    .unit = "nats",
    .source = "Rudinger et al. 2018",
    .reads = LL_PROBE_ITEMS | LL_PROBE_SEED | LL_PROBE_DATA,
    .run = run,
};
