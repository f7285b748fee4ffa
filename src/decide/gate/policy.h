/* A policy, loglog.policy/1: the lines that training is not to cross unseen, in one YAML file that people sign.
 *
 *     schema: loglog.policy/1
 *     name: house
 *     evaluate: {every_compute: 4, every: 92d, buffer: 6}
 *     sign: {needed: 1, by: [{name: ada, key: 64 hexadecimal digits}]}
 *     levels:
 *       - name: level-3
 *         lines: [{of: effective_flops, at_least: 1e26}, {of: score, score: autonomy, at_least: 0.5}]
 *         requires: [{name: weights_locked, what: how}]
 *
 * One line that is reached leads to the level; then everything that the level requires must be in place, and a
 * level that requires nothing cannot be allowed but by a waiver. Every key is bound by an option table: unknown
 * keys, wrong values and lines that contradict each other are errors with their line.
 */
#ifndef LL_DECIDE_GATE_POLICY_H
#define LL_DECIDE_GATE_POLICY_H

#include "base/document/hash.h"
#include "base/document/option.h"
#include "base/document/sign.h"

#define LL_POLICY_SCHEMA "loglog.policy/1"
#define LL_POLICY_EVALUATION "evaluation" /* what a waiver calls the cadence; no level's name */

enum { LL_POLICY_MOST = 16 }; /* levels; of a level: lines, measures; signers */

typedef enum ll_quantity {
    LL_OF_FLOPS = 0,     /* training compute, as counted */
    LL_OF_EFFECTIVE,     /* flops times the compute-equivalent gain over the reference recipe */
    LL_OF_LOSS,          /* measured, nats per token */
    LL_OF_FORECAST_LOSS, /* of the run to come, nats per token */
    LL_OF_BITS_PER_BYTE, /* measured loss over bytes per token */
    LL_OF_SCORE,         /* of an evaluation, by name */
    LL_OF_COUNT
} ll_quantity;
const char *ll_quantity_name(ll_quantity of);

/* Reached when the quantity is at or above at_least, or below below. */
typedef struct ll_policy_line {
    ll_quantity of;
    char score[LL_OPTION_NAME]; /* of LL_OF_SCORE */
    bool falling;               /* below, not at_least */
    double at;
    double probability; /* that a side must have to be believed */
} ll_policy_line;

typedef struct ll_policy_measure {
    char name[LL_OPTION_NAME], what[LL_OPTION_TEXT];
} ll_policy_measure;

typedef struct ll_policy_level {
    char name[LL_OPTION_NAME], about[LL_OPTION_TEXT];
    int n_lines, n_requires;
    ll_policy_line line[LL_POLICY_MOST];
    ll_policy_measure requires[LL_POLICY_MOST];
} ll_policy_level;

typedef struct ll_policy_signer {
    char name[LL_OPTION_NAME], key[LL_OPTION_TEXT];
} ll_policy_signer;

typedef struct ll_policy {
    char schema[LL_OPTION_NAME], name[LL_OPTION_NAME], source[LL_OPTION_TEXT];
    struct {
        bool needed;
        double every_compute; /* of effective compute, a factor */
        double every;         /* seconds */
        double buffer;        /* effective compute this close below a line is a warning */
    } evaluate;
    struct {
        int64_t needed; /* different signers of the same waiver's words */
        int n;
        ll_policy_signer by[LL_POLICY_MOST];
    } sign;
    int n_levels;
    ll_policy_level *level; /* [n_levels]; owned */
    char hash[LL_HASH_HEX]; /* of the file's bytes: what waivers are bound to */
} ll_policy;

ll_status ll_policy_load(ll_policy *p, const char *path, ll_error *err);
ll_status ll_policy_parse(ll_policy *p, const char *text, size_t size, const char *where, ll_error *err);
void ll_policy_clear(ll_policy *p);

ll_json *ll_policy_json(const ll_policy *p);

#endif
