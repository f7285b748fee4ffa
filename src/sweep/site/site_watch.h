/* What is new in a store since it was last looked at.
 *
 *     ll_site_watch w = { .store.path = "loglog.db" };
 *     LL_TRY(ll_site_watch_look(&w, &news, err));
 *     news.changed, news.training, news.ledger
 *     for (i < news.n) news.points[i]              documents {"run", "name", "points"}; taken over
 *     ll_site_watch_clear(&w);
 *
 * Points of the runs under way, and of those that have just ended. At the first look all that is there counts as known.
 */
#ifndef LL_SWEEP_SITE_SITE_WATCH_H
#define LL_SWEEP_SITE_SITE_WATCH_H

#include "sweep/site/site_store.h"

typedef struct ll_site_watched {
    char id[LL_RUN_ID];
    char name[224];
    double params;
    int64_t step; /* of the last point that was told; INT64_MIN: none */
    bool running;
} ll_site_watched;

typedef struct ll_site_watch {
    ll_site_store store;
    int64_t version; /* of the last look; 0: there was none */
    int64_t entries; /* of the ledger */
    ll_site_watched *at;
    int64_t n;
} ll_site_watch;

typedef struct ll_site_news {
    bool changed;   /* anything was written */
    bool training;  /* runs are under way */
    int64_t ledger; /* entries, where there are more than there were; else 0 */
    ll_json **points;
    int64_t n;
} ll_site_news;

ll_status ll_site_watch_look(ll_site_watch *w, ll_site_news *out, ll_error *err);
void ll_site_news_clear(ll_site_news *news);
void ll_site_watch_clear(ll_site_watch *w);

/* [step, tokens, 6 N tokens, loss] */
ll_json *ll_site_point_json(const ll_point *p, double params);

#endif
