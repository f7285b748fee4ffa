/* A programme carried out: its arms get specs that fit the time, are trained one after the other, and are answered.
 *
 *     ll_conduct *c;
 *     LL_TRY(ll_conduct_open(&c, programme, &orders, err));          specs written, or read where they are there
 *     LL_TRY(ll_conduct_train(c, err));
 *     LL_TRY(ll_conduct_answer(c, &doc, err));                       loglog.programme-result/1
 *     ll_conduct_close(c);
 */
#ifndef LL_CLI_TRAIN_CONDUCT_H
#define LL_CLI_TRAIN_CONDUCT_H

#include "base/document/json.h"
#include "base/system/file.h"
#include "sweep/programme/answer.h"

typedef struct ll_orders {
    const char *text, *input; /* of --text; "NAME=PATH,NAME=PATH" of --input */
    const char *only;         /* experiments, with commas between; "": all */
    const char *out, *like;   /* folders; like "": none */
    const char *command;      /* for the record */
    double minutes;
    bool dry, quiet;
} ll_orders;

typedef struct ll_conduct_arm {
    bool needed; /* by an experiment that was asked for */
    ll_spec spec;
    ll_theory theory;       /* in its place; kind "": none */
    char path[LL_PATH_MAX]; /* of the one or the other */
    int64_t rungs;
    double predicted_s; /* of training here; NaN: not known */
} ll_conduct_arm;

typedef struct ll_conduct {
    const ll_programme *programme;
    ll_orders orders;
    bool wanted[LL_PROGRAMME_MOST]; /* experiments */
    ll_conduct_arm arm[LL_PROGRAMME_MOST];
    char store[LL_PATH_MAX], result[LL_PATH_MAX], walls[LL_PATH_MAX];
    ll_programme_site site;
    double started;
} ll_conduct;

/* A dry run writes nothing. */
ll_status ll_conduct_open(ll_conduct **out, const ll_programme *p, const ll_orders *orders, ll_error *err);

/* LL_ESTOP when stopped: what is trained is safe, and the next call goes on. */
ll_status ll_conduct_train(ll_conduct *c, ll_error *err);

/* Written to FOLDER/result.json as well. */
ll_status ll_conduct_answer(ll_conduct *c, ll_json **out, ll_error *err);
void ll_conduct_close(ll_conduct *c);

#endif
