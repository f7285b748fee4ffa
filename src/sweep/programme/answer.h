/* What a programme's runs say: tables of an experiment, fits of them, its quantities and its figure.
 *
 *     ll_programme_site site = { .programme = p, .folder = "kaplan2020", .store = "kaplan2020/loglog.db",
 *                                .program = "/proc/self/exe" };
 *     strcpy(site.arm[0].ladder, sweep.id);                    for each arm that is trained
 *     ll_json *e;
 *     LL_TRY(ll_programme_answer(&e, &site, &p->experiment[0], err));       of docs/schemas
 *
 * Tables are written to FOLDER/EXPERIMENT-TABLE.csv, and each fit is the program's own 'fit', whose command stands in
 * the answer: whoever doubts a number runs it.
 */
#ifndef LL_SWEEP_PROGRAMME_ANSWER_H
#define LL_SWEEP_PROGRAMME_ANSWER_H

#include "base/document/json.h"
#include "sweep/programme/programme_file.h"

typedef struct ll_programme_place {
    char ladder[17];   /* "": not trained */
    bool tried;        /* a theory */
    char skipped[256]; /* why neither */
    double wall_s;     /* that its training took; NaN: not known */
} ll_programme_place;

typedef struct ll_programme_site {
    const ll_programme *programme;
    const char *folder, *store;
    const char *program; /* what runs as loglog */
    ll_programme_place arm[LL_PROGRAMME_MOST];
    const ll_json
        *answered; /* experiments that were, by name; {EXPERIMENT.QUANTITY} of a fit is a value of theirs */
    void (*progress)(void *ctx, const char *words); /* or NULL */
    /* The path that --input gives by a name, into path; false where it gives none. NULL: it gives none at all. */
    bool (*input)(void *ctx, const char *name, char path[LL_OPTION_TEXT]);
    void *ctx;
} ll_programme_site;

/* An experiment of which an arm is not trained is answered with why it is skipped. A fit that refuses is a note. */
ll_status ll_programme_answer(ll_json **out, const ll_programme_site *site, const ll_programme_experiment *e,
                              ll_error *err);

#endif
