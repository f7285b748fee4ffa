/* A panel: the judges of a constitution, opened for one run, and what they say together.
 *
 *     ll_panel p;
 *     LL_TRY(ll_panel_open(&p, &constitution, store, lm, threads, err));
 *     LL_TRY(ll_panel_ask(&p, &answers, false, err));
 *     ll_panel_close(&p);
 */
#ifndef LL_SWEEP_CONSTITUTION_PANEL_H
#define LL_SWEEP_CONSTITUTION_PANEL_H

#include "sweep/asking/subject.h"
#include "sweep/constitution/answers.h"

typedef struct ll_panel {
    const ll_constitution *of;
    ll_juror
        *judge[LL_PRINCIPLES_MOST + 1]; /* the last place, [of->n], is the gold one's; NULL where there is none */
    ll_subject subject[LL_PRINCIPLES_MOST + 1]; /* models of likelihoods */
} ll_panel;

/* lm: the run's own, borrowed. Learned judges are not there before ll_panel_learn. */
ll_status ll_panel_open(ll_panel *p, const ll_constitution *c, const char *store, ll_lm *lm, int threads,
                        ll_error *err);
void ll_panel_close(ll_panel *p);

/* How many answers learned judges learn from; 0: there is none to learn. Then they are taught by what the gold
 * judge says of these. */
int64_t ll_panel_labels(const ll_panel *p);
ll_status ll_panel_learn(ll_panel *p, const ll_answers *answers, ll_error *err);

/* Fills what the answers hold of judgements. gold: that judge as well. */
ll_status ll_panel_ask(const ll_panel *p, ll_answers *answers, bool gold, ll_error *err);

#endif
