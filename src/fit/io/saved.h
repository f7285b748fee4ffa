/* A fit that outlives its program: the document loglog.fit/1 with the draws and the runs that it stands on.
 *
 *     LL_TRY(ll_saved_write(&fit, &context, "fit.json", err));
 *     ll_saved_fit s;
 *     LL_TRY(ll_saved_read(&s, "fit.json", err));
 *     use(s.fit.draws, ll_fit_derived(&s.fit, f, ctx), s.loss_unit);
 *     ll_saved_clear(&s);
 *
 * Beyond what ll_fit_json writes the file has
 *     "version"  of the program that fitted
 *     "runs"     {"params": [n], "tokens": [n], ..., "loss": [n]} and, where there were, "weight", "cluster" and
 *                "run", the names
 *     "draws"    [n_draws][n_params], in the law's order, each parameter in its own unit
 *     "belief"   {"spread": s}, where it is known
 *     "sum"      SHA-256 of the document without it, as one line; who changes a fit by hand leaves it out
 * with every bit of every number. What is read back is a whole ll_fit, but for competing optima, influence and
 * warnings: every interval that follows from it is the one that the fresh fit gives.
 */
#ifndef LL_FIT_IO_SAVED_H
#define LL_FIT_IO_SAVED_H

#include "base/document/hash.h"
#include "fit/io/fit_json.h"

typedef struct ll_saved_fit {
    ll_fit fit;
    ll_var along;          /* what X is, in a law of one variable */
    ll_json *convention;   /* owned: which N, the source and its hash */
    char **run;            /* [fit.n] names; owned, or NULL where there were none */
    double spread;         /* of the belief that forecasts stand on; 0 where the file has none */
    const char *loss_unit; /* "nats per token" and the like; borrowed from convention */
} ll_saved_fit;

/* Written beside and renamed. context->convention is taken; without one, which says the unit, it is LL_EINPUT. */
ll_status ll_saved_write(const ll_fit *fit, const ll_fit_context *context, const char *path, ll_error *err);

/* The file is hostile until read: another schema, a law that is not known, arrays of the wrong shape, numbers that
 * are not finite or outside the law's bounds, a sum that is another's are LL_EFORMAT with the key named. On failure
 * out is empty. */
ll_status ll_saved_read(ll_saved_fit *out, const char *path, ll_error *err);
void ll_saved_clear(ll_saved_fit *s);

/* The sum of a document that has none in it; false when out of memory. */
bool ll_saved_sum(const ll_json *doc, char hex[LL_HASH_HEX]);

#endif
