/* A quantity of a programme: what was measured here, what was published, and whether they are the same.
 *
 *     ll_json *q;
 *     LL_TRY(ll_programme_quantity_json(&q, programme, &experiment->quantity[0], fit, NULL, err));
 *
 * fit is the document of 'loglog fit --json', or NULL with why in words. The verdict is 'same' where the published
 * value lies in the interval here and the interval is no wider than the value itself; 'different' where it lies
 * outside; else 'cannot tell': an interval that holds everything confirms nothing.
 */
#ifndef LL_SWEEP_PROGRAMME_QUANTITY_H
#define LL_SWEEP_PROGRAMME_QUANTITY_H

#include "base/document/json.h"
#include "sweep/programme/programme_file.h"

/* LL_EINPUT: what is published has no such id or constant. A measure that the fit does not give is null, with a
 * note. */
ll_status ll_programme_quantity_json(ll_json **out, const ll_programme *p, const ll_programme_quantity *q,
                                     const ll_json *fit, const char *why, ll_error *err);

/* The published value and where it stands; NaN and "" of a quantity that was not published. */
typedef struct ll_programme_paper {
    double value;
    const char *source; /* borrowed */
} ll_programme_paper;
ll_status ll_programme_published(const ll_programme_quantity *q, ll_programme_paper *out, ll_error *err);

#endif
